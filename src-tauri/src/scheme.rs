//! `mail://localhost/part/MESSAGE/SECTION`: the parts of the messages on screen (the api knows which),
//! and nothing else. Whatever is not exactly that is 404, without a word on what was wrong with it.

use crate::Shell;
use model::Section;
use tauri::http::{Method, Request, Response, StatusCode, Uri, header};
use tauri::{Manager, UriSchemeContext, UriSchemeResponder};

pub const SCHEME: &str = "mail";

/// As the engine spells it in a page.
pub fn base() -> &'static str {
    if cfg!(any(windows, target_os = "android")) {
        "http://mail.localhost"
    } else {
        "mail://localhost"
    }
}

pub fn answer<R: tauri::Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let handle = context.app_handle().clone();
    let wanted = (request.method() == Method::GET)
        .then(|| address(request.uri()))
        .flatten()
        .filter(|_| context.webview_label() == crate::access::MAIN);
    let Some((message, section)) = wanted else {
        tracing::warn!("a part was asked for by no address of ours");
        return responder.respond(nothing());
    };
    tauri::async_runtime::spawn(async move {
        let shell = handle.state::<Shell>();
        match shell.app.part(message, &section).await {
            Ok(part) => responder.respond(found(part)),
            Err(error) => {
                tracing::info!(id = message, %error, "a part could not be served");
                responder.respond(nothing());
            }
        }
    });
}

/// Message and section, where the address is one of ours to the letter.
fn address(uri: &Uri) -> Option<(i64, String)> {
    // Windows and Android see http://mail.localhost/…, but hand the handler mail://localhost/….
    if !matches!(uri.host(), Some("localhost" | "mail.localhost")) {
        return None;
    }
    let mut pieces = uri.path().strip_prefix("/part/")?.split('/');
    let (message, section) = (pieces.next()?, pieces.next()?);
    if pieces.next().is_some() {
        return None;
    }
    let number = (1..=18).contains(&message.len()) && message.bytes().all(|b| b.is_ascii_digit());
    let message = message.parse().ok().filter(|_| number)?;
    let named = section.len() <= 64 && Section::parse(section).is_some_and(|s| !s.is_root());
    named.then(|| (message, section.to_owned()))
}

fn found(part: api::PartBody) -> Response<Vec<u8>> {
    let mut response = Response::builder().status(StatusCode::OK);
    for (name, value) in part.headers() {
        response = response.header(name, value);
    }
    response.body(part.bytes).unwrap_or_else(|_| nothing())
}

fn nothing() -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(i64, String)> {
        text.parse().ok().and_then(|uri| address(&uri))
    }

    #[test]
    fn an_address_of_ours_is_read() {
        assert_eq!(of("mail://localhost/part/42/1.2?name=a.png"), Some((42, "1.2".into())));
        assert_eq!(of("mail://localhost/part/42/1"), Some((42, "1".into())));
        assert_eq!(of("http://mail.localhost/part/7/2.1.3"), Some((7, "2.1.3".into())));
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "mail://localhost/",
            "mail://localhost/part/",
            "mail://localhost/part/42",
            "mail://localhost/part/42/",
            "mail://localhost/part//1",
            "mail://localhost/part/42/1/",
            "mail://localhost/part/42/1/2",
            "mail://localhost/part/42/../1",
            "mail://localhost/part/../part/42/1",
            "mail://localhost/part/42/%2e%2e",
            "mail://localhost/part/42/1.",
            "mail://localhost/part/42/.1",
            "mail://localhost/part/42/1..2",
            "mail://localhost/part/-42/1",
            "mail://localhost/part/+42/1",
            "mail://localhost/part/42x/1",
            "mail://localhost/part/42/TEXT",
            "mail://localhost/part/9999999999999999999/1",
            "mail://localhost/part/42/9999999999",
            "mail://localhost//part/42/1",
            "mail://localhost/PART/42/1",
            "mail://elsewhere/part/42/1",
            "mail://localhost.evil.example/part/42/1",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
