//! `satchel`: the same api as the window, for scripts, servers without a screen, and tests.

mod accounts;
mod args;
mod files;
mod mail;
mod out;
mod said;
mod search;
mod serve;
mod stop;
mod sync;
mod system;
mod watch;

use api::{App, Config, SecretsChoice};
use args::{Cli, Global, Verb};
use clap::Parser;
use model::{Code, Trouble};
use out::Out;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Unusable arguments end here, with 2.
    let cli = Cli::parse();
    logs(cli.global.verbose);
    let out = Out::new(cli.global.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(&out, &Trouble::new(Code::Internal, format!("no runtime: {error}")));
        }
    };
    let outcome = runtime.block_on(run(cli, &out));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => fail(&out, &trouble),
    }
}

fn fail(out: &Out, trouble: &Trouble) -> ExitCode {
    // Nothing is left to say where even this can't be said.
    let _ = out.trouble(trouble);
    ExitCode::from(1)
}

async fn run(cli: Cli, out: &Out) -> Result<(), Trouble> {
    match cli.verb {
        // No store is opened for a file.
        Verb::Parse { file } => return files::parse(out, &file),
        Verb::Render { file } => return files::render(out, &file),
        Verb::Serve { listen, token } => {
            return system::serve(|base| app(&cli.global, false, base), out, listen, token).await;
        }
        _ => {}
    }
    let app = app(&cli.global, reads_beside(&cli.verb), "mail://localhost".to_owned())?;
    open(&app).await?;
    let outcome = match cli.verb {
        Verb::Account(verb) => accounts::run(&app, out, verb).await,
        Verb::Mailbox(verb) => accounts::mailbox(&app, out, verb).await,
        Verb::Sync { account, until } => sync::run(&app, out, account, until).await,
        Verb::Thread { id } => mail::thread(&app, out, id).await,
        Verb::Search(args) => search::run(&app, out, args).await,
        Verb::Watch => watch::run(&app, out).await,
        Verb::Mailboxes { account } => accounts::mailboxes(&app, out, account).await,
        Verb::List(list) => mail::list(&app, out, list).await,
        Verb::Show { id, form } => mail::show(&app, out, id, form).await,
        Verb::Attachment { id, section, output, replace } => {
            mail::attachment(&app, out, id, section, &output, replace).await
        }
        Verb::Storage { budget, free } => system::storage(&app, out, budget, free).await,
        Verb::Doctor => system::doctor(&app, out).await,
        Verb::Parse { .. } | Verb::Render { .. } | Verb::Serve { .. } => Ok(()),
    };
    app.close().await;
    outcome
}

/// What changes nothing, and asks no server for more than it would like to, is answered beside a running engine.
fn reads_beside(verb: &Verb) -> bool {
    match verb {
        Verb::Account(verb) => matches!(verb, args::AccountVerb::List),
        Verb::Mailbox(_) | Verb::Sync { .. } | Verb::Watch | Verb::Serve { .. } => false,
        Verb::Search(search) => !search.server,
        _ => true,
    }
}

/// The app on the data folder that was named, not yet open.
fn app(global: &Global, beside: bool, part_base: String) -> Result<App, Trouble> {
    let data_dir = match &global.data_dir {
        Some(dir) => dir.clone(),
        None => directories::ProjectDirs::from("", "", "Satchel")
            .map(|dirs| dirs.data_dir().to_owned())
            .ok_or_else(|| {
                Trouble::new(
                    Code::FileFailed,
                    "this system names no data folder: give one with --data-dir",
                )
            })?,
    };
    let passphrase = std::env::var("SATCHEL_PASSPHRASE").ok().map(SecretString::from);
    let secrets = SecretsChoice::parse(&global.secrets, passphrase)
        .map_err(|e| Trouble::new(Code::BadRequest, e))?;
    let demo = std::env::var_os("SATCHEL_DEMO").is_some();
    Ok(App::new(Config { data_dir, secrets, part_base, demo, beside }))
}

/// Opens it; what a window would show as a screen is a refusal here.
async fn open(app: &App) -> Result<(), Trouble> {
    let started = ask(app, "app.start", json!({})).await?;
    match started.get("trouble") {
        Some(trouble) => Err(serde_json::from_value(trouble.clone()).unwrap_or_else(|_| {
            Trouble::new(Code::Internal, "the data folder could not be opened")
        })),
        None => Ok(()),
    }
}

async fn ask(app: &App, method: &str, params: Value) -> Result<Value, Trouble> {
    app.call("command-line", method, params).await
}

/// What could not be printed.
fn unsaid(error: std::io::Error) -> Trouble {
    Trouble::new(Code::FileFailed, format!("standard output: {error}")).with("detail", error)
}

fn logs(verbose: u8) {
    let level = match verbose {
        0 => "warn,rustls=off,rustls_platform_verifier=off",
        1 => "info,rustls=warn,rustls_platform_verifier=warn",
        _ => "debug,rustls=info",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SATCHEL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
