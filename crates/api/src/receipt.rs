//! `GET /v1/grants/{id}/receipt`: what the ledger holds of the grant, as a file that others' software checks.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::access::{Access, OwnOrEnded};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_oauth::receipts::{PATIENCE, Receipts};

use crate::query;
use crate::setup::Api;

pub(crate) async fn show(
    request: HttpRequest,
    access: Access<OwnOrEnded>,
    api: web::Data<Api>,
    receipts: web::Data<Receipts>,
    grant: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    // A token reads its own grant; what another one is looks like what does not exist.
    if grant.parse().ok() != Some(access.grant_id) {
        return Err(Problem::new(Code::NotFound));
    }
    let receipt = receipts.for_app(access.grant_id, patience(&request)).await?;
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", receipt.name)))
        .body(receipt.bytes))
}

/// How long it may take (RFC 7240: `Prefer: wait=`): as long as we have patience, unless less is wanted.
pub(crate) fn patience(request: &HttpRequest) -> Duration {
    let preferences = request.headers().get_all("prefer").filter_map(|value| value.to_str().ok());
    let mut waits =
        preferences.flat_map(|value| value.split(',')).filter_map(|one| one.trim().strip_prefix("wait="));
    let wanted = waits.find_map(|seconds| seconds.parse().ok());
    wanted.map_or(PATIENCE, |seconds| Duration::from_secs(seconds).min(PATIENCE))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn it_waits_as_long_as_is_wanted_and_no_longer_than_we_do() {
        for (header, seconds) in [
            ("wait=0", 0),
            ("wait=2", 2),
            ("respond-async, wait=3", 3),
            ("wait=60", 5),
            ("wait=x", 5),
            ("", 5),
        ] {
            let request = TestRequest::default().insert_header(("prefer", header)).to_http_request();
            assert_eq!(patience(&request), Duration::from_secs(seconds), "{header}");
        }
    }
}
