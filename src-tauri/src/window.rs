//! The one window: where it may go (nowhere), and what becomes of a link in it (looked at in Rust,
//! then opened outside).

use crate::access::{MAIN, is_app_origin};
use crate::platform::{self, Network};
use crate::{Shell, rpc};
use tauri::webview::{NewWindowResponse, PermissionResponse, WebviewWindowBuilder};
use tauri::{AppHandle, Manager, Url, WebviewUrl};

/// What may happen to the top or a frame that wants to be elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Stay,
    Refuse,
    /// A link, where the engine has no new windows.
    OpenOutside,
}

pub fn open(handle: &AppHandle, network: &Network) -> tauri::Result<()> {
    let shell = handle.state::<Shell>();
    let moving = handle.clone();
    let linking = handle.clone();
    let builder = WebviewWindowBuilder::new(handle, MAIN, WebviewUrl::App("index.html".into()))
        .data_directory(shell.data_dir.join("webview"))
        .devtools(cfg!(debug_assertions))
        .on_navigation(move |url| match verdict(url) {
            Move::Stay => true,
            Move::Refuse => {
                tracing::warn!(scheme = url.scheme(), "the window or a frame tried to leave");
                false
            }
            Move::OpenOutside => {
                outside(&moving, url);
                false
            }
        })
        .on_new_window(move |url, _| {
            outside(&linking, &url);
            NewWindowResponse::Deny
        })
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny);
    #[cfg(desktop)]
    let builder = builder
        .title("Satchel")
        .inner_size(1280.0, 832.0)
        .min_inner_size(360.0, 480.0)
        .prevent_overflow();
    let window = platform::attributes(builder, network).build()?;
    platform::shut(&window, network, &shell.data_dir);
    Ok(())
}

/// A link that was clicked in a mail: checked, then handed to the system. Never opened here.
fn outside(handle: &AppHandle, url: &Url) {
    let (handle, url) = (handle.clone(), url.to_string());
    tauri::async_runtime::spawn(async move {
        let app = handle.state::<Shell>().app.clone();
        if let Err(error) = rpc::open_outside(&handle, &app, &url).await {
            tracing::warn!(%error, "a link was not opened");
        }
    });
}

/// WebKitGTK asks for frames too, so the mail frame's own `about:srcdoc` must pass.
fn verdict(url: &Url) -> Move {
    let phone = cfg!(any(target_os = "android", target_os = "ios"));
    match url.scheme() {
        "about" if matches!(url.path(), "srcdoc" | "blank") => Move::Stay,
        // not for URLs: http://tauri.localhost is the app's own on Windows and Android, and elsewhere a stranger's
        "tauri" | "http" | "https" if is_app_origin(&origin(url)) => Move::Stay,
        "http" | "https" | "mailto" if phone => Move::OpenOutside,
        _ => Move::Refuse,
    }
}

/// `Url::origin` is opaque for schemes that it does not know, `tauri` among them.
fn origin(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_leaves() {
        for url in
            ["tauri://localhost", "tauri://localhost/index.html", "about:srcdoc", "about:blank"]
        {
            assert_eq!(verdict(&url.parse().unwrap()), Move::Stay, "{url}");
        }
        for url in [
            "https://example.org/",
            "http://tauri.localhost/",
            "tauri://localhost.evil.example/",
            "tauri://localhost:8080/",
            "tauri://evil.example/localhost",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "blob:tauri://localhost/1",
            "mail://localhost/part/1/1",
            "ipc://localhost/rpc",
            "mailto:a@b.example",
            "about:config",
            "view-source:tauri://localhost",
        ] {
            assert_eq!(verdict(&url.parse().unwrap()), Move::Refuse, "{url}");
        }
    }
}
