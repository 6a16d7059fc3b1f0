//! The Tauri shell: one window over the api, and nothing that could be tested without a window.
//! `cli` is the other front end over the same api; what only one of the two can do is in the wrong room.
//!
//! rpc, events and scheme carry; access, window and platform keep shut what must stay shut.

mod access;
mod events;
mod logs;
pub mod platform;
mod rpc;
mod scheme;
mod settings;
mod window;

use anyhow::Context;
use platform::Network;
use settings::Settings;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
#[cfg(mobile)]
use tauri::WindowEvent;
use tauri::ipc::Invoke;
use tauri::{AppHandle, Manager, RunEvent, Wry};

/// What every room of the shell may reach.
pub(crate) struct Shell {
    app: api::App,
    data_dir: PathBuf,
    network: Network,
}

/// A phone's way in; there nobody reads an exit status.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let _ = run_here();
}

/// Opens the window and returns when it is closed.
pub fn run_here() -> ExitCode {
    match start() {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<i32> {
    let builder = tauri::Builder::default();
    #[cfg(mobile)]
    let early = None;
    #[cfg(desktop)]
    let (builder, early) = {
        let settings = Settings::here(usual_folder()?)?;
        (desktop(builder, &settings), Some(settings))
    };
    let app = builder
        // Links are opened by `open_link` alone: no script of the plugin's in the page.
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(tauri_plugin_dialog::init())
        .register_asynchronous_uri_scheme_protocol(scheme::SCHEME, scheme::answer)
        .invoke_handler(guarded(tauri::generate_handler![rpc::rpc, rpc::cancel, rpc::open_link]))
        .setup(move |app| {
            // Tauri panics on an error from here.
            if let Err(error) = open_shell(app.handle(), early) {
                report(&error);
                std::process::exit(1);
            }
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window system")?;
    Ok(app.run_return(on_event))
}

/// One instance a data folder, and a window that comes back where it was.
#[cfg(desktop)]
fn desktop(mut builder: tauri::Builder<Wry>, settings: &Settings) -> tauri::Builder<Wry> {
    // A folder of its own may be open beside the usual one; the store's own lock keeps the same folder
    // from being opened twice, and says so in the window.
    if !settings.own_folder {
        builder = builder.plugin(tauri_plugin_single_instance::init(|handle, _, _| {
            if let Some(window) = handle.get_webview_window(access::MAIN) {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }));
    }
    let state = settings.data_dir.join("window.json");
    builder.plugin(
        tauri_plugin_window_state::Builder::new()
            // The plugin joins this to its own folder, and an absolute path wins.
            .with_filename(state.to_string_lossy())
            .build(),
    )
}

fn open_shell(handle: &AppHandle, early: Option<Settings>) -> anyhow::Result<()> {
    let settings = match early {
        Some(settings) => settings,
        None => Settings::here(handle.path().app_data_dir()?)?,
    };
    let logging = private_folder(&settings.data_dir).and_then(|()| logs::start(&settings.data_dir));
    match logging {
        Ok(guard) => {
            handle.manage(guard);
        }
        // A full or read-only disk: the store says so in the window.
        Err(error) => report(&error.context("no log is kept")),
    }
    let app = api::App::new(api::Config {
        data_dir: settings.data_dir.clone(),
        secrets: settings.secrets,
        part_base: scheme::base().to_owned(),
        demo: settings.demo,
        beside: false,
    });
    tauri::async_runtime::spawn(events::carry(app.clone(), handle.clone()));
    // As soon as the window has had the folder opened, mail arrives by itself.
    tauri::async_runtime::block_on(app.go_live());
    let network = Network::hold();
    handle.manage(Shell { app, data_dir: settings.data_dir, network: network.clone() });
    #[cfg(all(unix, desktop))]
    tauri::async_runtime::spawn(end_on_signal(handle.clone()));
    window::open(handle, &network).context("the window")
}

/// A session that ends, or Ctrl-C in the terminal: as if the window were closed.
#[cfg(all(unix, desktop))]
async fn end_on_signal(handle: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    handle.exit(0);
}

/// Holds every call against the access table before it reaches a command.
fn guarded(
    commands: impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static,
) -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    move |invoke| {
        let message = &invoke.message;
        let origin = message.headers().get("origin").and_then(|o| o.to_str().ok());
        match access::check(message.command(), message.webview_ref().label(), origin) {
            Ok(()) => commands(invoke),
            Err(why) => {
                let (command, window) = (message.command(), message.webview_ref().label());
                tracing::warn!(command, window, why, "a call was refused");
                invoke.resolver.reject(why);
                true
            }
        }
    }
}

fn on_event(handle: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::Exit => {
            let app = handle.state::<Shell>().app.clone();
            tauri::async_runtime::block_on(async move {
                // A server that does not answer a LOGOUT must not keep the window's process.
                if tokio::time::timeout(Duration::from_secs(5), app.close()).await.is_err() {
                    tracing::warn!("not everything was closed in time");
                }
            });
        }
        #[cfg(mobile)]
        RunEvent::WindowEvent { event: WindowEvent::Suspended, .. } => {
            // The system may stop us as soon as this returns: transactions end and sockets close before.
            let app = handle.state::<Shell>().app.clone();
            tauri::async_runtime::block_on(app.suspend());
        }
        #[cfg(mobile)]
        RunEvent::WindowEvent { event: WindowEvent::Resumed, .. } => {
            let app = handle.state::<Shell>().app.clone();
            tauri::async_runtime::spawn(async move { app.resume().await });
        }
        _ => {}
    }
}

impl Settings {
    fn here(usual: PathBuf) -> anyhow::Result<Self> {
        Self::read(|name| std::env::var_os(name), usual)
    }
}

/// The command line's, too.
#[cfg(desktop)]
fn usual_folder() -> anyhow::Result<PathBuf> {
    let folders =
        directories::ProjectDirs::from("", "", "Satchel").context("there is no home folder")?;
    Ok(folders.data_dir().to_owned())
}

/// Nobody else on this machine reads what is in it.
fn private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| path.display().to_string())
}

/// Where there is no window to say it in, and perhaps no log.
#[allow(clippy::print_stderr)]
fn report(error: &anyhow::Error) {
    eprintln!("Satchel: {error:#}");
}
