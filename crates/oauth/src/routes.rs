//! The URL space of the authorization server, on one screen.

use actix_web::web::{ServiceConfig, delete, get, post, resource};

use crate::endpoints::{authorize, discovery, grant, introspect, metadata, par, revoke, token};

/// Adds every URL of the authorization server. `web::Data<Oauth>` and `web::Data<Sessions>` must be among the app's
/// data; [`crate::problem::complete`] should be around the app.
#[rustfmt::skip]
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/.well-known/oauth-authorization-server").route(get().to(metadata::server)))
        .service(resource("/.well-known/oauth-protected-resource").route(get().to(metadata::resource)))
        .service(resource("/.well-known/counterfoil").route(get().to(discovery::card)))
        .service(resource("/oauth/jwks").route(get().to(metadata::keys)))
        .service(resource("/oauth/par").route(post().to(par::push)))
        .service(resource("/oauth/authorize").route(get().to(authorize::begin)))
        .service(resource("/oauth/token").route(post().to(token::issue)))
        .service(resource("/oauth/introspect").route(post().to(introspect::tell)))
        .service(resource("/oauth/revoke").route(post().to(revoke::revoke)))
        .service(resource("/oauth/grants/{grant_id}").route(get().to(grant::show)).route(delete().to(grant::end)));
}
