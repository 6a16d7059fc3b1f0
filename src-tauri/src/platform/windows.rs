//! WebView2: flags of Chromium, before it starts: no name resolves, and what needs none goes to a
//! proxy that leads nowhere. Tauri's own pages are intercepted before either.
#![allow(unsafe_code)]

use super::Done;
use std::net::SocketAddr;
use std::path::Path;
use tauri::webview::{PlatformWebview, WebviewWindowBuilder};
use tauri::{AppHandle, Wry};
use webview2_com::{NavigationStartingEventHandler, take_pwstr};
use windows_core::PWSTR;

pub fn attributes<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    dead_end: SocketAddr,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    builder.additional_browser_args(&format!(
        // The first are wry's own, which ours replace. wry drops proxy_url once there are arguments,
        // and without `<-loopback>` Chromium would go to 127.0.0.1 past any proxy.
        "--disable-features=msWebOOUI,msPdfOOUI,msSmartScreenProtection \
         --host-resolver-rules=\"MAP * ~NOTFOUND\" \
         --proxy-server=http://{dead_end} --proxy-bypass-list=<-loopback>"
    ))
}

pub fn shut(view: &PlatformWebview, _data_dir: &Path, done: Done) {
    // Tauri's on_navigation does not see frames here: the mail frame stays where it is.
    let stay = NavigationStartingEventHandler::create(Box::new(|_, args| {
        if let Some(args) = args {
            let mut uri = PWSTR::null();
            // SAFETY: `uri` receives a string that is ours to free, which take_pwstr does.
            let uri = unsafe {
                args.Uri(&mut uri)?;
                take_pwstr(uri)
            };
            // SAFETY: a call on the arguments of this very event.
            unsafe { args.SetCancel(!uri.starts_with("about:"))? };
        }
        Ok(())
    }));
    // SAFETY: with_webview runs us on the thread that owns the controller.
    let outcome = unsafe {
        let mut token = 0;
        view.controller()
            .CoreWebView2()
            .and_then(|core| core.add_FrameNavigationStarting(&stay, &mut token))
    };
    done(outcome.map_err(|error| error.to_string()));
}
