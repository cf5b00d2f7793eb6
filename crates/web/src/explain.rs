//! Pages that explain: what went wrong, and what the problem codes of the API mean.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::problem::Code;
use minijinja::context;

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::Pages;

/// `GET /error?code=`: nothing of the address is shown.
pub(crate) async fn error(pages: Pages, request: HttpRequest) -> HttpResponse {
    let fields = Fields::of_query(&request);
    let code = fields.one("code").ok().flatten().unwrap_or("");
    pages.failure(Failure::from_code(code))
}

/// `GET /problems/{code}`
pub(crate) async fn problem(pages: Pages, code: web::Path<String>) -> Result<HttpResponse, Fault> {
    let code = Code::from_name(&code).ok_or_else(|| Fault::new(&pages, Failure::NotFound))?;
    let values = context! {
        title => code.title(),
        code => code.name(),
        status => format!("{}", code.status()),
        retryable => code.is_retryable(),
        explanation => code.advice(),
    };
    Ok(pages.page(StatusCode::OK, "problem.html", values, &[]))
}
