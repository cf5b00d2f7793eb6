//! Every component with its states, in the look and the words of this realm.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::failure::{Failure, Fault};
use crate::pages::Pages;
use crate::samples;

/// `GET /styleguide`: in a sandbox.
pub(crate) async fn show(pages: Pages) -> Result<HttpResponse, Fault> {
    if !pages.settings().has_styleguide {
        return Err(Fault::new(&pages, Failure::NotFound));
    }
    Ok(pages.page(StatusCode::OK, "styleguide.html", samples::styleguide(pages.words()), &[]))
}
