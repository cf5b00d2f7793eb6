//! The documents by which clients learn what is on: RFC 8414, RFC 9728, and the keys.

use actix_web::{HttpResponse, web};
use counterfoil_domain::grant::{Dataset, VolunteeredAccess};
use serde_json::{Value, json};

use crate::Oauth;
use crate::details;
use crate::jose::ALGORITHMS;

pub(crate) fn scopes() -> Vec<&'static str> {
    let datasets = Dataset::ALL.iter().map(|dataset| dataset.scope());
    datasets.chain(VolunteeredAccess::ALL.iter().map(|access| access.scope())).collect()
}

/// `GET /.well-known/oauth-authorization-server`
pub(crate) async fn server(oauth: web::Data<Oauth>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "issuer": oauth.issuer(),
        "authorization_endpoint": oauth.address("/oauth/authorize"),
        "token_endpoint": oauth.address("/oauth/token"),
        "pushed_authorization_request_endpoint": oauth.address("/oauth/par"),
        "introspection_endpoint": oauth.address("/oauth/introspect"),
        "revocation_endpoint": oauth.address("/oauth/revoke"),
        "jwks_uri": oauth.address("/oauth/jwks"),
        "require_pushed_authorization_requests": true,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": scopes(),
        "authorization_details_types_supported": details::TYPES,
        "prompt_values_supported": ["none", "consent"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "dpop_signing_alg_values_supported": ALGORITHMS,
    }))
}

/// `GET /.well-known/oauth-protected-resource`
pub(crate) async fn resource(oauth: web::Data<Oauth>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "resource": oauth.address("/v1"),
        "authorization_servers": [oauth.issuer()],
        "scopes_supported": scopes(),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ALGORITHMS,
        "dpop_bound_access_tokens_required": true,
        "authorization_details_types_supported": details::TYPES,
        "resource_documentation": oauth.address("/.well-known/counterfoil"),
    }))
}

/// `GET /oauth/jwks`: empty as long as nothing is signed.
pub(crate) async fn keys() -> HttpResponse {
    let none: [Value; 0] = [];
    HttpResponse::Ok().json(json!({ "keys": none }))
}
