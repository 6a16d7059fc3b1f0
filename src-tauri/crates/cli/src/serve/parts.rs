//! `/part/MESSAGE/SECTION`: pictures in a mail, and what is saved.

use super::Shared;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{Code, Section};

pub async fn part(
    State(shared): State<Shared>,
    Path((message, section)): Path<(String, String)>,
) -> Response {
    let digits = !message.is_empty() && message.bytes().all(|b| b.is_ascii_digit());
    let named = Section::parse(&section).is_some_and(|s| !s.is_root());
    let (Ok(message), true) = (message.parse::<i64>(), digits && named) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match shared.app.part(message, &section).await {
        Ok(part) => {
            let headers = part.headers();
            let mut response = part.bytes.into_response();
            for (name, value) in headers {
                match HeaderValue::try_from(value) {
                    Ok(value) => {
                        response.headers_mut().insert(HeaderName::from_static(name), value)
                    }
                    Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                };
            }
            response
        }
        Err(trouble) => {
            tracing::info!(id = message, %trouble, "a part could not be served");
            match trouble.code {
                Code::NoSuchMessage | Code::NoSuchPart | Code::GoneFromServer => {
                    StatusCode::NOT_FOUND.into_response()
                }
                _ => StatusCode::BAD_GATEWAY.into_response(),
            }
        }
    }
}
