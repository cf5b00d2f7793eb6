//! The URL space of the API, on one screen.

use actix_web::web::{ServiceConfig, delete, get, post, put, resource};

use crate::{
    asks, audit, changes, consents, decisions, delivered, grant, health, ledger, propagation, pseudonyms,
    purchase, purchases, receipt, summary, uses, volunteered, volunteered_items,
};

/// Adds every URL of the resource API. They need `web::Data<Oauth>` and `web::Data<Api>` among the app's
/// data, those under `/v1/audit` `web::Data<Sessions>` and `web::Data<Audits>`, and those about what customers volunteer
/// `web::Data<Volunteering>`.
#[rustfmt::skip]
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/v1/purchases").route(get().to(purchases::list)))
        .service(resource("/v1/purchases/{id}").route(get().to(purchase::show)))
        .service(resource("/v1/changes").route(get().to(changes::read)))
        .service(resource("/v1/summary").route(get().to(summary::show)))
        .service(resource("/v1/grant").route(get().to(grant::show)).route(delete().to(grant::end)))
        .service(resource("/v1/audit/as-of").route(get().to(audit::as_of)))
        .service(resource("/v1/audit/affected").route(get().to(audit::affected)))
        .service(resource("/v1/audit/by-config").route(get().to(audit::by_config)))
        .service(resource("/v1/audit/processing-record").route(get().to(audit::processing_record)))
        .service(resource("/v1/grants/{id}/receipt").route(get().to(receipt::show)))
        .service(resource("/v1/asks").route(get().to(asks::list)))
        .service(resource("/v1/volunteered").route(get().to(volunteered::list)).route(post().to(volunteered::submit)))
        .service(resource("/v1/volunteered/{id}").route(put().to(volunteered::correct)).route(delete().to(volunteered::withdraw)))
        .service(resource("/v1/consents").route(get().to(consents::list)))
        .service(resource("/v1/consents/{id}").route(get().to(consents::show)))
        .service(resource("/v1/consents/{id}/receipt").route(get().to(consents::receipt)))
        .service(resource("/v1/decisions").route(post().to(decisions::decide)))
        .service(resource("/v1/volunteered-items").route(get().to(volunteered_items::list)))
        .service(resource("/v1/uses").route(post().to(uses::report)))
        .service(resource("/v1/exchanges/{id}/delivered").route(post().to(delivered::record)))
        .service(resource("/v1/pseudonyms/resolve").route(post().to(pseudonyms::resolve)))
        .service(resource("/v1/propagation/{id}/ack").route(post().to(propagation::acknowledge)))
        .service(resource("/ledger").route(get().to(ledger::list)))
        .service(resource("/ledger/{log}/checkpoint").route(get().to(ledger::newest)))
        .service(resource("/ledger/{log}/{generation}/checkpoint").route(get().to(ledger::checkpoint)))
        .service(resource("/ledger/{log}/{generation}/vkey").route(get().to(ledger::vkey)))
        .service(resource("/ledger/{log}/{generation}/tile/{tile:.*}").route(get().to(ledger::tile)))
        .service(resource("/health/live").route(get().to(health::live)))
        .service(resource("/health/ready").route(get().to(health::ready)))
        .service(resource("/version").route(get().to(health::version)));
}
