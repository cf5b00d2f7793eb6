//! The two things an app signs: who it is (a client assertion), and that a token is in its own hands (a DPoP proof).

use chrono::{DateTime, Utc};
use oauth2::AccessToken;
use serde_json::json;
use url::{Position, Url};

use crate::{
    failure::Failure,
    keys::{SigningKey, digest, random_id},
};

/// Seconds for which a client assertion is good.
const ASSERTION_SECONDS: i64 = 60;

/// What a DPoP proof is about: one request, and the token that goes with it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The address; query and fragment are left out of the proof (RFC 9449 section 4.2).
    pub url: &'a Url,
    /// The last nonce of that server, if it ever gave one.
    pub nonce: Option<&'a str>,
    /// The access token that is sent along; `None` at the authorization server.
    pub token: Option<&'a AccessToken>,
}

/// A DPoP proof (RFC 9449): good for this one request, made with the key that the tokens are bound to.
pub fn dpop(key: &SigningKey, request: Request<'_>, now: DateTime<Utc>) -> Result<String, Failure> {
    let mut claims = json!({
        "jti": random_id()?,
        "htm": request.method,
        "htu": &request.url[..Position::AfterPath],
        "iat": now.timestamp(),
    });
    if let Some(members) = claims.as_object_mut() {
        members.extend(request.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        members.extend(request.token.map(|token| ("ath".to_owned(), json!(digest(token.secret())))));
    }
    key.sign(json!({"typ": "dpop+jwt", "jwk": key.public()}), claims)
}

/// A client assertion (RFC 7523): `aud` is the issuer as one plain string (FAPI 2.0, 5.3.2.1-8), and it is used once.
pub fn client_assertion(
    key: &SigningKey,
    client_id: &str,
    issuer: &str,
    now: DateTime<Utc>,
) -> Result<String, Failure> {
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": random_id()?,
        "iat": now.timestamp(),
        "exp": now.timestamp() + ASSERTION_SECONDS,
    });
    key.sign(json!({"typ": "JWT", "kid": key.key_id()}), claims)
}

#[cfg(test)]
mod tests {
    use josekit::{jwk::Jwk, jws::ES256, jwt};
    use serde_json::Value;

    use super::*;
    use crate::{folder::Folder, keys::DPOP_KEY};

    fn key() -> SigningKey {
        let directory = tempfile::tempdir().unwrap();
        SigningKey::load_or_make(&Folder::open(directory.path()).unwrap(), DPOP_KEY).unwrap()
    }

    fn verified(token: &str, key: &SigningKey) -> (Value, Value) {
        let jwk = Jwk::from_map(key.public().clone()).unwrap();
        let verifier = ES256.verifier_from_jwk(&jwk).unwrap();
        let (claims, header) = jwt::decode_with_verifier(token, &verifier).unwrap();
        (Value::Object(claims.into()), Value::Object(header.into()))
    }

    #[test]
    fn a_proof_names_request_token_and_nonce() {
        let key = key();
        let now = DateTime::from_timestamp(1_700_000_000, 5).unwrap();
        let url = Url::parse("https://shop.example/v1/purchases?limit=100#x").unwrap();
        // The token and its `ath` are the example of RFC 9449 section 7.1.
        let token = AccessToken::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".to_owned());
        let request = Request { method: "GET", url: &url, nonce: Some("n-1"), token: Some(&token) };
        let (claims, header) = verified(&dpop(&key, request, now).unwrap(), &key);
        assert_eq!(header, json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": key.public()}));
        assert_eq!(claims["htm"], "GET");
        assert_eq!(claims["htu"], "https://shop.example/v1/purchases");
        assert_eq!(claims["iat"], 1_700_000_000);
        assert_eq!(claims["nonce"], "n-1");
        assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");

        let bare = Request { nonce: None, token: None, ..request };
        let (other, _) = verified(&dpop(&key, bare, now).unwrap(), &key);
        assert!(other.get("ath").is_none() && other.get("nonce").is_none());
        assert_ne!(other["jti"], claims["jti"]);
    }

    #[test]
    fn an_assertion_is_for_the_issuer_alone_and_short_lived() {
        let key = key();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let (claims, header) =
            verified(&client_assertion(&key, "app_1", "https://shop.example", now).unwrap(), &key);
        assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": key.key_id()}));
        assert_eq!(claims["aud"], "https://shop.example");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app_1"), &json!("app_1")));
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_700_000_000), &json!(1_700_000_060)));
    }
}
