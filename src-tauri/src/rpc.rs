//! The window's questions to the api. Nothing is decided here but what only a shell can know: whether
//! the window's network is shut, so that mail may be shown as HTML.

use crate::Shell;
use crate::platform::NetworkState;
use model::{Code, Trouble};
use serde_json::Value;
use tauri::State;
use tauri_plugin_opener::OpenerExt;

#[tauri::command]
pub async fn rpc(
    shell: State<'_, Shell>,
    id: String,
    method: String,
    params: Value,
) -> Result<Value, Trouble> {
    let shows = method == "message.show";
    let shut = !shows || shell.network.settled().await == NetworkState::Shut;
    let params = if shut { params } else { as_text(params) };
    let answer = shell.app.call(&id, &method, params).await?;
    if !shut && answer.get("html").is_some_and(|html| !html.is_null()) {
        return Err(Trouble::new(
            Code::Internal,
            "the window's network could not be shut, so mail is shown as text only",
        )
        .with("detail", "network open"));
    }
    Ok(answer)
}

#[tauri::command]
pub fn cancel(shell: State<'_, Shell>, id: String) {
    shell.app.cancel(&id);
}

/// Opens a link outside, after the api has looked at it: http, https and mailto only, with no tricks.
#[tauri::command]
pub async fn open_link(
    handle: tauri::AppHandle,
    shell: State<'_, Shell>,
    url: String,
) -> Result<(), Trouble> {
    open_outside(&handle, &shell.app, &url).await
}

pub async fn open_outside(
    handle: &tauri::AppHandle,
    app: &api::App,
    url: &str,
) -> Result<(), Trouble> {
    let question = serde_json::json!({ "url": url });
    let link = app.call("open-link", "link.check", question).await?;
    let Some(url) = link.get("url").and_then(Value::as_str) else {
        return Err(Trouble::new(Code::Internal, "the link's answer has no address"));
    };
    handle.opener().open_url(url, None::<&str>).map_err(|error| {
        Trouble::new(Code::Internal, format!("the link could not be opened outside: {error}"))
            .with("detail", error)
    })
}

/// The same question, but never for HTML.
fn as_text(mut params: Value) -> Value {
    if let Some(fields) = params.as_object_mut() {
        let form = fields.get("as").and_then(Value::as_str).unwrap_or("best");
        if !matches!(form, "raw" | "structure") {
            fields.insert("as".to_owned(), Value::from("text"));
        }
    }
    params
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn with_an_open_network_mail_is_asked_for_as_text() {
        assert_eq!(as_text(json!({"id": 4})), json!({"id": 4, "as": "text"}));
        assert_eq!(as_text(json!({"id": 4, "as": "best"})), json!({"id": 4, "as": "text"}));
        assert_eq!(as_text(json!({"id": 4, "as": "html"})), json!({"id": 4, "as": "text"}));
        assert_eq!(as_text(json!({"id": 4, "as": 7})), json!({"id": 4, "as": "text"}));
        assert_eq!(as_text(json!({"id": 4, "as": "raw"})), json!({"id": 4, "as": "raw"}));
    }
}
