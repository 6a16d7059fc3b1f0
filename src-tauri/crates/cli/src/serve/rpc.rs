//! The api's questions as POST. A page that is left does not end them: only `/cancel` does, as in the window.

use super::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Code, Trouble};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub struct Question {
    id: String,
    method: String,
    #[serde(default)]
    params: Value,
}

pub async fn call(State(shared): State<Shared>, Json(question): Json<Question>) -> Response {
    let Question { id, method, params } = question;
    let answer = tokio::spawn(async move { shared.app.call(&id, &method, params).await }).await;
    match answer {
        Ok(Ok(result)) => Json(result).into_response(),
        Ok(Err(trouble)) => {
            (status(trouble.code), Json(json!({ "error": trouble }))).into_response()
        }
        Err(fault) => {
            tracing::error!(%fault, "a question ended in a fault");
            let trouble =
                Trouble::new(Code::Internal, "a fault of Satchel's own; the log says more");
            (status(trouble.code), Json(json!({ "error": trouble }))).into_response()
        }
    }
}

#[derive(Deserialize)]
pub struct Cancel {
    id: String,
}

pub async fn cancel(State(shared): State<Shared>, Json(Cancel { id }): Json<Cancel>) -> StatusCode {
    shared.app.cancel(&id);
    StatusCode::NO_CONTENT
}

/// For those who read statuses; the interface reads the code.
fn status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::NoSuchAccount | Code::NoSuchMailbox | Code::NoSuchMessage | Code::NoSuchPart => {
            StatusCode::NOT_FOUND
        }
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
