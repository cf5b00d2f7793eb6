//! Forms and queries in which a parameter may stand once (RFC 6749 section 3.1), and headers that may.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::error::{ErrorCode, OauthError, refuse};

/// The largest form; a request with details is a few kilobytes.
const MOST_BYTES: usize = 64 * 1024;

/// The parameters of a request. One that is empty counts as absent (RFC 6749 section 3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, OauthError> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return refuse(ErrorCode::InvalidRequest, "A parameter was sent twice");
            }
        }
        parameters.retain(|_, value| !value.is_empty());
        Ok(Self(parameters))
    }

    /// A parameter, if it was sent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter that must be there.
    pub(crate) fn require(&self, name: &str, missing: &'static str) -> Result<&str, OauthError> {
        self.get(name).map_or_else(|| refuse(ErrorCode::InvalidRequest, missing), Ok)
    }
}

impl FromRequest for Form {
    type Error = OauthError;
    type Future = LocalBoxFuture<'static, Result<Self, OauthError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        let has_query = !request.query_string().is_empty();
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !is_form {
                return refuse(ErrorCode::InvalidRequest, "Send application/x-www-form-urlencoded");
            }
            if has_query {
                return refuse(ErrorCode::InvalidRequest, "Send parameters in the body, not in the address");
            }
            let unreadable = || OauthError::Refused(ErrorCode::InvalidRequest, "The body cannot be read");
            let payload = payload.await.map_err(|_| unreadable())?;
            let Ok(bytes) = payload.to_bytes_limited(MOST_BYTES).await else {
                return refuse(ErrorCode::InvalidRequest, "The body is larger than 64 KiB");
            };
            Self::parse(&bytes.map_err(|_| unreadable())?)
        })
    }
}

/// A header that may stand once: `Ok(None)` if absent, `Err` if it is there twice or is no text.
pub(crate) fn single_header<'r>(request: &'r HttpRequest, name: &str) -> Result<Option<&'r str>, Doubled> {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Doubled),
        (Some(_), Some(_)) => Err(Doubled),
    }
}

/// A header that is there more than once, or is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doubled;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stands_once_and_an_empty_one_is_absent() {
        let form = Form::parse(b"a=1&b=&c=%20x").unwrap();
        assert_eq!((form.get("a"), form.get("b"), form.get("c")), (Some("1"), None, Some(" x")));
        assert!(Form::parse(b"a=1&a=1").is_err());
        assert!(Form::parse(b"a=&a=1").is_err());
    }
}
