//! JSON bodies, strictly: what is not known is refused by its place, and nothing of a value is repeated.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use counterfoil_oauth::problem::{Code, Problem};
use serde::de::DeserializeOwned;

/// Most bytes of a body.
const MOST: usize = 256 << 10;

/// Reads a body as `T`.
///
/// # Errors
/// [`Code::TooLarge`], and [`Code::InvalidRequest`] for another kind of content, for what is no JSON, and for members that
/// are missing, unknown or of another type.
pub(crate) fn read<T: DeserializeOwned>(request: &HttpRequest, body: &web::Bytes) -> Result<T, Problem> {
    let invalid = |detail: String| Problem::new(Code::InvalidRequest).detail(detail);
    let content =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(invalid("Send the body as application/json.".to_owned()));
    }
    if body.len() > MOST {
        return Err(Problem::new(Code::TooLarge));
    }
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        // What serde says of data may quote it.
        let what = if error.is_data() { "is not what the contract says" } else { "is no JSON" };
        invalid(format!("The body {what} (line {line}, column {column})."))
    })
}
