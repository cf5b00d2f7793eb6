//! The stylesheets and the icon.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use crate::page_set::PageSet;
use crate::pages::secure;

const CSS: &str = "text/css; charset=utf-8";

/// `GET /assets/tokens.css`
pub(crate) async fn tokens(set: web::Data<PageSet>) -> HttpResponse {
    asset(&set, "tokens.css", CSS)
}

/// `GET /assets/app.css`
pub(crate) async fn stylesheet(set: web::Data<PageSet>) -> HttpResponse {
    asset(&set, "app.css", CSS)
}

/// `GET /assets/icon.svg`
pub(crate) async fn icon(set: web::Data<PageSet>) -> HttpResponse {
    asset(&set, "icon.svg", "image/svg+xml")
}

fn asset(set: &PageSet, name: &str, content_type: &'static str) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    secure(&mut response, &[]);
    response
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .insert_header((CONTENT_TYPE, content_type))
        .body(set.files().text(name).to_owned())
}
