//! Android's WebView: its network loads are blocked, while interception, by which the app serves
//! itself, goes on. dns-prefetch passes this by; against that the sanitiser stands alone here.

use super::Done;
use jni::objects::JValue;
use std::net::SocketAddr;
use std::path::Path;
use tauri::webview::{PlatformWebview, WebviewWindowBuilder};
use tauri::{AppHandle, Wry};

pub fn attributes<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    _dead_end: SocketAddr,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    builder
}

pub fn shut(view: &PlatformWebview, _data_dir: &Path, done: Done) {
    view.jni_handle().exec(move |env, _, view| {
        let outcome = env
            .call_method(view, "getSettings", "()Landroid/webkit/WebSettings;", &[])
            .and_then(|settings| settings.l())
            .and_then(|settings| {
                env.call_method(settings, "setBlockNetworkLoads", "(Z)V", &[JValue::Bool(1)])
            });
        done(outcome.map(|_| ()).map_err(|error| error.to_string()));
    });
}
