//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key and request is carried out once.

use actix_web::HttpRequest;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_volunteered::once::Once;

use crate::setup::Api;

const HEADER: &str = "idempotency-key";
/// Most characters of a key.
const LONGEST: usize = 255;

/// The key of a request, if it has one. `caller` tells whose keys these are: those of others are others.
///
/// # Errors
/// [`Code::InvalidRequest`] for a header that is there twice, empty, too long, or not of visible characters.
pub(crate) fn of(
    api: &Api,
    request: &HttpRequest,
    caller: &[&[u8]],
    body: &[u8],
) -> Result<Option<Once>, Problem> {
    let mut values = request.headers().get_all(HEADER);
    let Some(value) = values.next() else { return Ok(None) };
    let invalid = |detail: &str| Problem::new(Code::InvalidRequest).detail(detail);
    if values.next().is_some() {
        return Err(invalid("Send one Idempotency-Key."));
    }
    let key = value.as_bytes();
    if key.is_empty() || key.len() > LONGEST || !key.iter().all(u8::is_ascii_graphic) {
        return Err(invalid("An Idempotency-Key has 1 to 255 visible ASCII characters."));
    }
    let secret = api.idempotency();
    let method = request.method().as_str().as_bytes();
    Ok(Some(Once {
        key_hash: secret.mac(&[caller, &[b"key", key]].concat()),
        request_mac: secret.mac(&[b"request", method, request.path().as_bytes(), body]),
    }))
}
