//! The one stylesheet and the icon.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::pages::secure;

/// `GET /assets/app.css`
pub(crate) async fn stylesheet() -> HttpResponse {
    asset("text/css; charset=utf-8", include_str!("../assets/app.css"))
}

/// `GET /assets/icon.svg`
pub(crate) async fn icon() -> HttpResponse {
    asset("image/svg+xml", include_str!("../assets/icon.svg"))
}

fn asset(content_type: &'static str, text: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    secure(&mut response, &[]);
    response
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .insert_header((CONTENT_TYPE, content_type))
        .body(text)
}
