//! An app that a customer allowed something.

use actix_web::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use counterfoil_domain::grant::{Dataset, Lasting};
use counterfoil_domain::ids::{GrantId, RecordId};
use counterfoil_oauth::apps::{self, NewApp};
use counterfoil_oauth::consent::{self, Choice};
use counterfoil_store::tokens::{self, Token};
use counterfoil_store::{Error, grants};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::sha::sha256;
use serde_json::{Value, json};

use crate::realm::{Answer, ISSUER, Realm, entropy, now, page};

const REDIRECT: &str = "https://app.example/callback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SCOPE: &str = "purchases:read purchases.lines:read purchases.sensitive:read purchases.payment:read \
     purchases.location:read purchases.documents:read";

/// An app's grant, with what is needed to use it.
pub struct Grant {
    pub id: GrantId,
    pub token: String,
    key: Key,
}

struct Key(EcKey<Private>);

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    fn new() -> Self {
        Self(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap())
    }

    /// The public key as a JWK (RFC 7517).
    fn public(&self) -> Value {
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        self.0.public_key().affine_coordinates(self.0.group(), &mut x, &mut y, &mut context).unwrap();
        let text = |number: &BigNum| encode(&number.to_vec_padded(32).unwrap());
        json!({ "kty": "EC", "crv": "P-256", "x": text(&x), "y": text(&y) })
    }

    /// A JWS with ES256 (RFC 7515, RFC 7518 section 3.4).
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let input =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = EcdsaSig::sign(&sha256(input.as_bytes()), &self.0).unwrap();
        let halves = [signature.r(), signature.s()].map(|half| half.to_vec_padded(32).unwrap()).concat();
        format!("{input}.{}", encode(&halves))
    }

    /// A DPoP proof (RFC 9449).
    fn proof(&self, method: &Method, path: &str, token: Option<&str>) -> String {
        let mut claims = json!({
            "htm": method.as_str(), "htu": format!("{ISSUER}{path}"), "iat": now().timestamp(), "jti": jti(),
        });
        if let Some(token) = token {
            claims["ath"] = json!(encode(&sha256(token.as_bytes())));
        }
        self.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.public() }), &claims)
    }
}

/// An access token of the form that the authorization server makes: it ends with a checksum.
fn new_token() -> String {
    let body = format!("cfa_{}", encode(&entropy().bytes::<32>()));
    format!("{body}{}", encode(&sha256(body.as_bytes())[..3]))
}

fn jti() -> String {
    encode(&entropy().bytes::<16>())
}

/// What a customer allows: datasets from a date on.
pub struct Allowed {
    pub datasets: Vec<Dataset>,
    pub from: Option<NaiveDate>,
}

impl Default for Allowed {
    fn default() -> Self {
        Self { datasets: Dataset::ALL.to_vec(), from: None }
    }
}

impl Grant {
    /// A new app to which a customer allows everything.
    pub async fn of(realm: &Realm, customer_id: &str) -> Self {
        Self::allowed(realm, customer_id, Allowed::default()).await
    }

    /// A new app to which a customer allows something.
    pub async fn allowed(realm: &Realm, customer_id: &str, allowed: Allowed) -> Self {
        let (own, key) = (Key::new(), Key::new());
        let new = NewApp {
            name: "Budget".to_owned(),
            operator: "Budget Ltd".to_owned(),
            address: Some("1 High Street, Leeds".to_owned()),
            contact: Some("privacy@app.example".to_owned()),
            redirect_uris: vec![REDIRECT.to_owned()],
            scope: SCOPE.to_owned(),
            auth_method: "private_key_jwt".to_owned(),
            jwks: json!({ "keys": [own.public()] }).to_string(),
            max_duration: Lasting::Days180,
            window_from: None,
            purposes: None,
        };
        let client = apps::register(&realm.oauth, new).await.unwrap().to_string();
        let push = [
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", SCOPE),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let pushed = post(realm, &own, &client, "/oauth/par", &push, &[]).await;
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let reference = uri.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap();
        let session = realm.sign_in(customer_id).await;
        consent::open(&realm.oauth, reference, &session, &page()).await.unwrap();
        let choice = Choice {
            asks: Vec::new(),
            datasets: allowed.datasets,
            from: allowed.from,
            duration: Lasting::Days90,
            shared_accounts: false,
            categories: Vec::new(),
            keep_totals: false,
        };
        let back = consent::allow(&realm.oauth, &session, reference, choice, &page()).await.unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let proof = key.proof(&Method::POST, "/oauth/token", None);
        let answer = post(realm, &own, &client, "/oauth/token", &redeem, &[("dpop", &proof)]).await;
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
        Self { id: text("grant_id").parse().unwrap(), token: text("access_token"), key }
    }

    /// Another grant of the same customer to the same app, given later and changed like this.
    pub fn again(&self, realm: &Realm, change: impl FnOnce(&mut grants::Grant)) -> Self {
        let mut grant = realm.store.read_blocking(|conn| grants::find(conn, self.id)).unwrap().unwrap();
        grant.grant_id = GrantId(entropy().bytes());
        grant.record = RecordId(entropy().bytes());
        change(&mut grant);
        let token = new_token();
        let first = realm.store.read_blocking(|conn| tokens::find(conn, &sha256(self.token.as_bytes())));
        let access = Token {
            token_hash: sha256(token.as_bytes()),
            grant_id: grant.grant_id,
            scope: grant.details.scope(),
            parent: None,
            ..first.unwrap().unwrap()
        };
        let written: Result<(), Error> = realm.store.write_blocking(|conn| {
            grants::insert(conn, &grant)?;
            tokens::insert(conn, &access)
        });
        written.unwrap();
        Self { id: grant.grant_id, token, key: Key(self.key.0.clone()) }
    }

    /// Another access token of the grant, for less.
    pub fn with_scope(&self, realm: &Realm, scope: &str) -> Self {
        let token = new_token();
        let first = realm.store.read_blocking(|conn| tokens::find(conn, &sha256(self.token.as_bytes())));
        let access = Token {
            token_hash: sha256(token.as_bytes()),
            scope: scope.to_owned(),
            ..first.unwrap().unwrap()
        };
        realm.store.write_blocking(|conn| tokens::insert(conn, &access)).unwrap();
        Self { id: self.id, token, key: Key(self.key.0.clone()) }
    }

    /// The id of its app.
    pub fn client(&self, realm: &Realm) -> String {
        let grant = realm.store.read_blocking(|conn| grants::find(conn, self.id)).unwrap().unwrap();
        format!("{}", grant.client_id)
    }

    pub async fn get(&self, realm: &Realm, path: &str) -> Answer {
        self.call(realm, Method::GET, path, &[]).await
    }

    pub async fn call(&self, realm: &Realm, method: Method, path: &str, more: &[(&str, &str)]) -> Answer {
        let address = path.split('?').next().unwrap();
        let proof = self.key.proof(&method, address, Some(&self.token));
        let authorization = format!("DPoP {}", self.token);
        let mut headers = vec![("authorization", authorization.as_str()), ("dpop", proof.as_str())];
        headers.extend_from_slice(more);
        realm.send(method, path, &headers, "").await
    }
}

async fn post(
    realm: &Realm,
    key: &Key,
    client: &str,
    path: &str,
    form: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Answer {
    let seconds = now().timestamp();
    let claims = json!({
        "iss": client, "sub": client, "aud": ISSUER, "jti": jti(), "iat": seconds, "exp": seconds + 60,
    });
    let assertion = key.sign(&json!({ "alg": "ES256" }), &claims);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .append_pair("client_assertion", &assertion)
        .finish();
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    let answer = realm.send(Method::POST, path, &all, &body).await;
    assert!(answer.status < 300, "{}", answer.text());
    answer
}
