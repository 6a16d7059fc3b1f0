//! WebKitGTK: a content filter, which stops hints too, and a proxy that leads nowhere. Neither is enough:
//! dns-prefetch passes by the proxy, and the preconnect of a link that is clicked passes by the filter.
//! webkit2gtk has no binding for the filter store, its -sys crate has.
#![allow(unsafe_code)]

use super::{Done, RULES};
use std::ffi::{CStr, CString};
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;
use tauri::webview::{PlatformWebview, WebviewWindowBuilder};
use tauri::{AppHandle, Url, Wry};
use webkit2gtk::glib::object::ObjectType;
use webkit2gtk::{
    CacheModel, ContextMenuAction, ContextMenuExt, ContextMenuItemExt, SettingsExt,
    UserContentManager, WebContextExt, WebViewExt,
};
use webkit2gtk::{ffi, gio, glib};

pub fn attributes<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    dead_end: SocketAddr,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    match Url::parse(&format!("http://{dead_end}")) {
        Ok(url) => builder.proxy_url(url),
        Err(_) => builder,
    }
}

pub fn shut(view: &PlatformWebview, data_dir: &Path, done: Done) {
    let view = view.inner();
    if let Some(context) = view.context() {
        // "Disables the cache completely": the mail's pictures have one home, the store.
        context.set_cache_model(CacheModel::DocumentViewer);
    }
    if let Some(settings) = view.settings() {
        settings.set_enable_page_cache(false);
        settings.set_enable_webgl(false);
        settings.set_javascript_can_open_windows_automatically(false);
    }
    // The page can't take a browser's menu away in a frame without scripts.
    view.connect_context_menu(|_, menu, _, _| {
        for item in menu.items() {
            if !offered(item.stock_action()) {
                menu.remove(&item);
            }
        }
        menu.n_items() == 0
    });
    let Some(manager) = view.user_content_manager() else {
        return done(Err("the view has no content manager".to_owned()));
    };
    let folder = data_dir.join("webview").join("filters");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        return done(Err(format!("{}: {error}", folder.display())));
    }
    let Ok(folder) = CString::new(folder.as_os_str().as_bytes()) else {
        return done(Err("the data folder's name holds a NUL".to_owned()));
    };
    let rules = glib::Bytes::from_static(RULES.as_bytes());
    let waiting = Box::new(Waiting { manager, done });
    // SAFETY: called on the main thread, where with_webview runs us. The store keeps itself alive
    // until the callback, and so do the bytes; `waiting` is handed over and taken back exactly once,
    // there: GIO calls a GAsyncReadyCallback once, whatever happens.
    unsafe {
        let store = ffi::webkit_user_content_filter_store_new(folder.as_ptr());
        ffi::webkit_user_content_filter_store_save(
            store,
            c"satchel".as_ptr(),
            glib::translate::ToGlibPtr::to_glib_none(&rules).0,
            null_mut(),
            Some(compiled),
            Box::into_raw(waiting).cast(),
        );
        glib::gobject_ffi::g_object_unref(store.cast());
    }
}

/// Of a browser's menu, what one does with text: nothing that loads, saves, opens or goes back.
fn offered(action: ContextMenuAction) -> bool {
    use ContextMenuAction as Act;
    matches!(
        action,
        Act::CopyLinkToClipboard
            | Act::CopyImageToClipboard
            | Act::Copy
            | Act::Cut
            | Act::Paste
            | Act::PasteAsPlainText
            | Act::Delete
            | Act::SelectAll
            | Act::InsertEmoji
            | Act::InputMethods
            | Act::Unicode
            | Act::SpellingGuess
            | Act::NoGuessesFound
            | Act::IgnoreSpelling
            | Act::LearnSpelling
            | Act::IgnoreGrammar
    ) || (cfg!(debug_assertions) && action == Act::InspectElement)
}

/// What the compiler's answer needs.
struct Waiting {
    manager: UserContentManager,
    done: Done,
}

unsafe extern "C" fn compiled(
    store: *mut glib::gobject_ffi::GObject,
    result: *mut gio::ffi::GAsyncResult,
    waiting: glib::ffi::gpointer,
) {
    // SAFETY: the pointer is the box that `shut` gave away; the error is ours to free, and the filter,
    // which the manager takes a reference of its own on, ours to let go.
    unsafe {
        let Waiting { manager, done } = *Box::from_raw(waiting.cast::<Waiting>());
        let mut error = null_mut();
        let filter =
            ffi::webkit_user_content_filter_store_save_finish(store.cast(), result, &mut error);
        if filter.is_null() {
            let told = if error.is_null() {
                "the filter was not compiled".to_owned()
            } else {
                let text = CStr::from_ptr((*error).message).to_string_lossy().into_owned();
                glib::ffi::g_error_free(error);
                text
            };
            return done(Err(told));
        }
        ffi::webkit_user_content_manager_add_filter(manager.as_ptr(), filter);
        ffi::webkit_user_content_filter_unref(filter);
        done(Ok(()));
    }
}
