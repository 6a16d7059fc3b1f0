//! One window, its documents and their parts. Prints how many parts were loaded.

use crate::vectors;
use anyhow::{Context, ensure};
use satchel_app::platform::{self, Network, NetworkState};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tauri::http::{Request, Response};
use tauri::webview::{NewWindowResponse, PageLoadEvent, WebviewWindowBuilder};
use tauri::{AppHandle, WebviewUrl};

/// The smallest picture: 1 × 1, GIF.
const PICTURE: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
const PAGE: &str = "<!doctype html><title>leaks</title><body><script src=\"/page.js\"></script>";
const HANG: Duration = Duration::from_secs(180);

#[derive(Default)]
struct Seen {
    parts: Mutex<BTreeSet<String>>,
    found: Mutex<Option<Value>>,
}

pub fn open(mode: &str) -> anyhow::Result<()> {
    let seen = Arc::new(Seen::default());
    let network = Network::hold();
    let folder = tempfile::tempdir()?;
    let documents: Vec<Value> =
        vectors::read()?.into_iter().map(|v| json!({"id": v.id, "html": v.html})).collect();
    let documents = Value::from(documents).to_string();
    let mut context = tauri::generate_context!();
    // Its page asks the app for nothing; a plain link would be the only thing that the test can't stop.
    context.config_mut().app.windows.clear();

    let (answering, waiting, mode) = (seen.clone(), network.clone(), mode.to_owned());
    let shut = mode != "open";
    let data_dir = folder.path().to_owned();
    let app = tauri::Builder::default()
        .register_asynchronous_uri_scheme_protocol("mail", move |context, request, responder| {
            let (seen, network, documents) =
                (answering.clone(), waiting.clone(), documents.clone());
            let handle = context.app_handle().clone();
            tauri::async_runtime::spawn(async move {
                if request.uri().path() == "/ready" && shut {
                    assert_eq!(network.settled().await, NetworkState::Shut);
                }
                responder.respond(answer(&handle, &seen, &documents, &request));
            });
        })
        .setup(move |app| {
            let page = if mode == "app" {
                WebviewUrl::App("index.html".into())
            } else {
                WebviewUrl::CustomProtocol("mail://localhost/page".parse()?)
            };
            let builder = WebviewWindowBuilder::new(app.handle(), "main", page)
                .data_directory(data_dir.join("webview"))
                .inner_size(1200.0, 800.0)
                .on_new_window(|_, _| NewWindowResponse::Deny);
            let window = if shut {
                let opened = network.clone();
                let builder = builder.on_page_load(move |window, load| {
                    if mode == "app" && load.event() == PageLoadEvent::Finished {
                        let network = opened.clone();
                        tauri::async_runtime::spawn(async move {
                            assert_eq!(network.settled().await, NetworkState::Shut);
                            window.eval(include_str!("app.js"))
                        });
                    }
                });
                platform::attributes(builder, &network).build()?
            } else {
                builder.build()?
            };
            if shut {
                platform::shut(&window, &network, &data_dir);
            }
            Ok(())
        })
        .build(context)?;
    let handle = app.handle().clone();
    std::thread::spawn(move || {
        std::thread::sleep(HANG);
        handle.exit(3);
    });
    let code = app.run_return(|_, _| {});
    ensure!(code == 0, "the window did not come to its end ({code})");
    if let Some(found) = seen.found.lock().unwrap().take() {
        let expected = json!({
            "colour": "rgb(1, 2, 3)", "margin": "7px", "part": 1,
            "scripts": false, "internals": "undefined", "height": true,
        });
        ensure!(found == expected, "in the app's page a mail finds {found}");
    }
    println!("{}", seen.parts.lock().unwrap().len());
    Ok(())
}

fn answer(
    handle: &AppHandle,
    seen: &Seen,
    documents: &str,
    request: &Request<Vec<u8>>,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    let (kind, body) = match path {
        "/page" => ("text/html", PAGE.as_bytes().to_vec()),
        "/page.js" => ("text/javascript", include_bytes!("page.js").to_vec()),
        "/documents" => ("application/json", documents.as_bytes().to_vec()),
        "/done" => {
            handle.exit(0);
            ("text/plain", Vec::new())
        }
        _ => {
            if let Some(id) = path.strip_prefix("/part/") {
                seen.parts.lock().unwrap().insert(id.to_owned());
            }
            if let Some(found) = path.strip_prefix("/found/") {
                *seen.found.lock().unwrap() = Some(decoded(found));
                handle.exit(0);
            }
            ("image/gif", PICTURE.to_vec())
        }
    };
    Response::builder().header("content-type", kind).body(body).unwrap()
}

fn decoded(text: &str) -> Value {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escaped = byte == b'%';
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
        bytes.push(if escaped { digit() * 16 + digit() } else { byte });
    }
    serde_json::from_slice(&bytes).context("what the page found").unwrap()
}
