//! WKWebView, on macOS and iOS: the content rules of WebKitGTK, by its own compiler. No proxy: it
//! would want macOS 14, and with the rules alone nothing of WebKit's got out.
#![allow(unsafe_code)]

use super::{Done, RULES};
use block2::RcBlock;
use objc2::MainThreadMarker;
use objc2::rc::Retained;
use objc2_foundation::{NSError, NSString};
use objc2_web_kit::{WKContentRuleList, WKContentRuleListStore, WKUserContentController};
use std::cell::Cell;
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
    let Some(main) = MainThreadMarker::new() else {
        return done(Err("not on the main thread".to_owned()));
    };
    // SAFETY: the pointer is the live view's content controller; we take a reference of our own on it.
    let controller: Option<Retained<WKUserContentController>> =
        unsafe { Retained::retain(view.controller().cast()) };
    // SAFETY: on the main thread, as the marker shows.
    let store = unsafe { WKContentRuleListStore::defaultStore(main) };
    let (Some(controller), Some(store)) = (controller, store) else {
        return done(Err("the view has no content controller or no rule store".to_owned()));
    };
    let done = Cell::new(Some(done));
    let answer = RcBlock::new(move |list: *mut WKContentRuleList, error: *mut NSError| {
        let Some(done) = done.take() else { return };
        // SAFETY: WebKit hands over either a list or an error, alive for this call, on the main thread.
        match unsafe { (list.as_ref(), error.as_ref()) } {
            (Some(list), _) => {
                unsafe { controller.addContentRuleList(list) };
                done(Ok(()));
            }
            (None, Some(error)) => done(Err(error.to_string())),
            (None, None) => done(Err("the rules were not compiled".to_owned())),
        }
    });
    // SAFETY: on the main thread; the store keeps the block until it has called it.
    unsafe {
        store.compileContentRuleListForIdentifier_encodedContentRuleList_completionHandler(
            Some(&NSString::from_str("satchel")),
            Some(&NSString::from_str(RULES)),
            Some(&answer),
        );
    }
}
