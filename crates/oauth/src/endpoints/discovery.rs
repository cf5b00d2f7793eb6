//! `GET /.well-known/counterfoil`: what this service offers to apps.

use actix_web::{HttpResponse, web};
use counterfoil_domain::grant::{Dataset, Lasting};
use serde_json::json;

use crate::{Oauth, Tier};

pub(crate) async fn card(oauth: web::Data<Oauth>) -> HttpResponse {
    let datasets: Vec<_> = Dataset::ALL
        .iter()
        .map(|dataset| json!({ "name": dataset.name(), "scope": dataset.scope() }))
        .collect();
    let durations: Vec<_> = Lasting::ALL.iter().map(|lasting| lasting.name()).collect();
    let tier = match oauth.settings().tier {
        Tier::Production => "production",
        Tier::Sandbox => "sandbox",
    };
    HttpResponse::Ok().json(json!({
        "issuer": oauth.issuer(),
        "tier": tier,
        "apiBase": oauth.address("/v1"),
        "apiVersions": ["v1"],
        "protectedResource": oauth.address("/.well-known/oauth-protected-resource"),
        "datasets": datasets,
        "durations": durations,
        "coverage": oauth.settings().coverage,
        "limits": {
            "accessTokenSeconds": oauth.settings().access_token_seconds,
            "requestSeconds": oauth.settings().request_seconds,
            "pageSize": { "default": 50, "most": 500 },
            "waitSeconds": 30,
            "waitingPolls": 4,
        },
    }))
}
