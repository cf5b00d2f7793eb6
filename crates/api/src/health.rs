//! Whether the process lives and takes requests. Readiness is the database and its schema, never the stream's lag.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::setup::Api;

pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

pub(crate) async fn ready(api: web::Data<Api>) -> HttpResponse {
    if api.readiness().is_draining() {
        return HttpResponse::ServiceUnavailable().json(json!({ "status": "stopping" }));
    }
    let store = api.store().clone();
    let migrated = web::block(move || store.is_migrated()).await;
    match migrated {
        Ok(Ok(true)) => HttpResponse::Ok().json(json!({ "status": "ok" })),
        Ok(Ok(false)) => {
            tracing::warn!("not ready: the schema is another version's");
            HttpResponse::ServiceUnavailable().json(json!({ "status": "unavailable" }))
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable().json(json!({ "status": "unavailable" }))
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable().json(json!({ "status": "unavailable" }))
        }
    }
}

pub(crate) async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "name": "counterfoil", "version": env!("CARGO_PKG_VERSION") }))
}
