//! Where everything is: the shop's own document first, then the metadata of its authorization server.

use serde::Deserialize;
use url::Url;

use crate::{
    failure::{Failure, Kind},
    wire::{Wire, is_loopback},
};

/// A Counterfoil server, as this client needs to know it.
#[derive(Debug)]
pub struct Service {
    /// The issuer: compared as a string, never normalised.
    pub issuer: String,
    /// Where the customer's browser goes.
    pub authorization_endpoint: Url,
    /// Where the request is pushed beforehand (PAR).
    pub push_endpoint: Url,
    /// Where codes and refresh tokens become access tokens.
    pub token_endpoint: Url,
    /// The scopes that the server offers, if it says.
    pub scopes: Option<Vec<String>>,
    /// The base of version 1 of the API, ending in `/v1`.
    api: Url,
}

/// `/.well-known/counterfoil`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    issuer: String,
    api_base: Url,
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    pushed_authorization_request_endpoint: Option<Url>,
    scopes_supported: Option<Vec<String>>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    dpop_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Service {
    /// Asks the server at `url` where things are.
    pub async fn discover(wire: &Wire, url: &Url) -> Result<Self, Failure> {
        require_https(url)?;
        let card: Card = wire.get_json(&under(url, &[".well-known", "counterfoil"])?).await?;
        let metadata = wire.get_json(&metadata_address(&card.issuer)?).await?;
        Self::join(card, metadata)
    }

    /// An address of the API, by the segments of its path after `/v1`.
    pub fn api(&self, segments: &[&str]) -> Result<Url, Failure> {
        under(&self.api, segments)
    }

    fn join(card: Card, metadata: Metadata) -> Result<Self, Failure> {
        // A document that names another issuer would let that issuer's answers pass for this one's (RFC 8414 3.3).
        if metadata.issuer != card.issuer {
            return Err(Failure::misunderstood(format!(
                "the server names the issuer {}, but its metadata says {}",
                card.issuer, metadata.issuer
            )));
        }
        let lacking =
            |what: &str| Failure::misunderstood(format!("the authorization server offers no {what}"));
        let offers = |list: &[String], word: &str| list.iter().any(|item| item == word);
        if !offers(&metadata.token_endpoint_auth_methods_supported, "private_key_jwt") {
            return Err(lacking("private_key_jwt"));
        }
        if !offers(&metadata.code_challenge_methods_supported, "S256") {
            return Err(lacking("PKCE with S256"));
        }
        if !offers(&metadata.dpop_signing_alg_values_supported, "ES256") {
            return Err(lacking("DPoP with ES256"));
        }
        if !metadata.authorization_response_iss_parameter_supported {
            return Err(lacking("iss in its answers (RFC 9207)"));
        }
        let push_endpoint = metadata
            .pushed_authorization_request_endpoint
            .ok_or_else(|| lacking("pushed authorization requests"))?;
        let service = Self {
            issuer: card.issuer,
            authorization_endpoint: metadata.authorization_endpoint,
            push_endpoint,
            token_endpoint: metadata.token_endpoint,
            scopes: metadata.scopes_supported,
            api: version_1(&card.api_base)?,
        };
        for url in
            [&service.authorization_endpoint, &service.push_endpoint, &service.token_endpoint, &service.api]
        {
            require_https(url)?;
        }
        Ok(service)
    }
}

/// RFC 8414 section 3.1: the well-known part goes between the host and the path of the issuer.
fn metadata_address(issuer: &str) -> Result<Url, Failure> {
    let issuer = Url::parse(issuer)
        .map_err(|error| Failure::misunderstood(format!("the issuer {issuer} is no address: {error}")))?;
    require_https(&issuer)?;
    let mut url = issuer.clone();
    url.set_path("/.well-known/oauth-authorization-server");
    let path: Vec<&str> = issuer.path().split('/').filter(|segment| !segment.is_empty()).collect();
    under(&url, &path)
}

/// The base may be given with or without the version; this client speaks version 1.
fn version_1(base: &Url) -> Result<Url, Failure> {
    if base.path().trim_end_matches('/').ends_with("/v1") { under(base, &[]) } else { under(base, &["v1"]) }
}

/// An address below another, by the segments of its path.
pub fn under(base: &Url, segments: &[&str]) -> Result<Url, Failure> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .map_err(|()| Failure::misunderstood(format!("{base} is not an http address")))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

/// Plain http is for a sandbox on this computer only.
pub fn require_https(url: &Url) -> Result<(), Failure> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(Failure::new(
            Kind::Refused,
            format!("{url} is neither https nor on this computer"),
            "use the https address of the server",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn join(change: fn(&mut Value, &mut Value)) -> Result<Service, String> {
        let mut card = json!({"issuer": "https://shop.example/sandbox", "apiBase": "https://shop.example/sandbox",
                              "datasets": ["purchases"]});
        let mut metadata = json!({
            "issuer": "https://shop.example/sandbox",
            "authorization_endpoint": "https://shop.example/sandbox/oauth/authorize",
            "token_endpoint": "https://shop.example/sandbox/oauth/token",
            "pushed_authorization_request_endpoint": "https://shop.example/sandbox/oauth/par",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256", "PS256"],
            "authorization_response_iss_parameter_supported": true});
        change(&mut card, &mut metadata);
        Service::join(serde_json::from_value(card).unwrap(), serde_json::from_value(metadata).unwrap())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn addresses_follow_the_documents() {
        let service = join(|_, _| ()).unwrap();
        assert_eq!(
            service.api(&["purchases"]).unwrap().as_str(),
            "https://shop.example/sandbox/v1/purchases"
        );
        let versioned = join(|card, _| card["apiBase"] = json!("https://api.shop.example/v1/")).unwrap();
        assert_eq!(versioned.api(&["grant"]).unwrap().as_str(), "https://api.shop.example/v1/grant");
    }

    #[test]
    fn what_is_missing_or_foreign_is_named() {
        type Change = fn(&mut Value, &mut Value);
        let cases: [(Change, &str); 6] = [
            (|_, metadata| metadata["issuer"] = json!("https://shop.example/sandbox/"), "issuer"),
            (|_, metadata| metadata["code_challenge_methods_supported"] = json!(["plain"]), "S256"),
            (|_, metadata| metadata["dpop_signing_alg_values_supported"] = json!([]), "DPoP"),
            (|_, metadata| metadata["authorization_response_iss_parameter_supported"] = json!(false), "iss"),
            (|_, metadata| metadata["pushed_authorization_request_endpoint"] = json!(null), "pushed"),
            (|_, metadata| metadata["token_endpoint"] = json!("http://shop.example/token"), "https"),
        ];
        for (change, word) in cases {
            let failure = join(change).unwrap_err();
            assert!(failure.contains(word), "{word}: {failure}");
        }
    }

    #[test]
    fn well_known_stands_before_the_path_of_the_issuer() {
        let address = |issuer: &str| metadata_address(issuer).unwrap().to_string();
        assert_eq!(address("https://a.example"), "https://a.example/.well-known/oauth-authorization-server");
        assert_eq!(
            address("http://127.0.0.1:8080/sandbox"),
            "http://127.0.0.1:8080/.well-known/oauth-authorization-server/sandbox"
        );
        assert!(metadata_address("http://a.example").is_err());
    }
}
