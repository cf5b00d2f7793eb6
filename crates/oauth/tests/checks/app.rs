//! An app: its keys, and the requests it makes.

use actix_web::http::Method;
use counterfoil_domain::grant::{Dataset, Lasting};
use counterfoil_domain::ids::ClientId;
use counterfoil_oauth::apps::{self, NewApp};
use counterfoil_oauth::consent::{self, Choice};
use counterfoil_oauth::session::Session;
use data_encoding::BASE64URL_NOPAD;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jws::{ES256, EdDSA, HS256, JwsSigner, PS256, RS256};
use openssl::sha::sha256;
use serde_json::{Value, json};
use url::Url;

use crate::realm::{Answer, ISSUER, Realm, page, parameter};

/// Where answers go.
pub const REDIRECT: &str = "https://app.example/callback";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7636 appendix B.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// RFC 7523 section 2.2.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Every scope there is.
pub const SCOPE: &str = "purchases:read purchases.lines:read purchases.sensitive:read purchases.payment:read \
                         purchases.location:read purchases.documents:read";

/// An app.
pub struct App {
    /// Its registered id.
    pub id: String,
    /// The key that it authenticates with.
    pub key: Jwk,
    /// The key that its tokens are bound to.
    pub dpop: Jwk,
}

/// What a token request gave.
pub struct Tokens {
    /// The whole answer.
    pub answer: Answer,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The grant.
    pub grant: String,
}

pub fn ec_key() -> Jwk {
    Jwk::generate_ec_key(EcCurve::P256).unwrap()
}

pub fn ed_key() -> Jwk {
    Jwk::generate_ed_key(EdCurve::Ed25519).unwrap()
}

pub fn public(key: &Jwk) -> Value {
    Value::Object(key.to_public_key().unwrap().as_ref().clone())
}

pub fn thumbprint(key: &Jwk) -> String {
    let text = |name: &str| key.parameter(name).unwrap().as_str().unwrap().to_owned();
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y"));
    BASE64URL_NOPAD.encode(&sha256(canonical.as_bytes()))
}

/// Signs with the algorithm that the header names; `none` gives an empty signature.
pub fn sign(key: &Jwk, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let input = format!("{}.{}", encode(header), encode(claims));
    let signer: Box<dyn JwsSigner> = match header.get("alg").and_then(Value::as_str) {
        Some("PS256") => Box::new(PS256.signer_from_jwk(key).unwrap()),
        Some("RS256") => Box::new(RS256.signer_from_jwk(key).unwrap()),
        Some("EdDSA") => Box::new(EdDSA.signer_from_jwk(key).unwrap()),
        Some("HS256") => Box::new(HS256.signer_from_jwk(key).unwrap()),
        Some("none") => return format!("{input}."),
        _ => Box::new(ES256.signer_from_jwk(key).unwrap()),
    };
    format!("{input}.{}", BASE64URL_NOPAD.encode(&signer.sign(input.as_bytes()).unwrap()))
}

/// Members of `over` replace those of `base`; null removes.
pub fn with(mut base: Value, over: Value) -> Value {
    let members = base.as_object_mut().unwrap();
    let Value::Object(over) = over else { panic!("not an object") };
    for (name, value) in over {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    base
}

pub fn new_app(jwks: &Value) -> NewApp {
    NewApp {
        name: "Budget".to_owned(),
        operator: "Budget Ltd".to_owned(),
        address: Some("1 High Street, Leeds".to_owned()),
        contact: Some("privacy@app.example".to_owned()),
        redirect_uris: vec![
            REDIRECT.to_owned(),
            "http://127.0.0.1/cb".to_owned(),
            "https://app.example/q?x=1".to_owned(),
        ],
        scope: SCOPE.to_owned(),
        auth_method: "private_key_jwt".to_owned(),
        jwks: jwks.to_string(),
        max_duration: Lasting::Days180,
        window_from: None,
        purposes: None,
    }
}

/// What the customer chooses unless a test says otherwise.
pub fn all() -> Choice {
    Choice {
        asks: Vec::new(),
        datasets: Dataset::ALL.to_vec(),
        from: None,
        duration: Lasting::Days90,
        shared_accounts: false,
        categories: Vec::new(),
        keep_totals: false,
    }
}

fn jti() -> String {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).unwrap();
    data_encoding::HEXLOWER.encode(&bytes)
}

impl App {
    /// Registers an app with one ES256 key.
    pub async fn register(realm: &Realm) -> Self {
        Self::with_key(realm, ec_key()).await
    }

    /// Registers an app with a key.
    pub async fn with_key(realm: &Realm, key: Jwk) -> Self {
        let new = new_app(&json!({ "keys": [public(&key)] }));
        let id = apps::register(&realm.oauth, new).await.unwrap();
        Self::known(id, key)
    }

    /// An app that is registered already.
    pub fn known(id: ClientId, key: Jwk) -> Self {
        Self { id: id.to_string(), key, dpop: ec_key() }
    }

    /// Claims of a client assertion.
    pub fn claims(&self, realm: &Realm) -> Value {
        let now = realm.seconds();
        json!({ "iss": self.id, "sub": self.id, "aud": ISSUER, "jti": jti(), "iat": now, "exp": now + 60 })
    }

    /// A client assertion.
    pub fn assertion(&self, realm: &Realm) -> String {
        let alg = match self.key.key_type() {
            "OKP" => "EdDSA",
            "RSA" => "PS256",
            _ => "ES256",
        };
        sign(&self.key, &json!({ "alg": alg }), &self.claims(realm))
    }

    /// A proof's claims.
    pub fn proof_claims(realm: &Realm, method: &str, path: &str, token: Option<&str>) -> Value {
        let claims = json!({
            "htm": method, "htu": format!("{ISSUER}{path}"), "iat": realm.seconds(), "jti": jti(),
        });
        match token {
            Some(token) => with(claims, json!({ "ath": BASE64URL_NOPAD.encode(&sha256(token.as_bytes())) })),
            None => claims,
        }
    }

    /// A proof's header.
    pub fn proof_header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public(&self.dpop) })
    }

    /// A proof.
    pub fn proof(&self, realm: &Realm, method: &str, path: &str, token: Option<&str>) -> String {
        sign(&self.dpop, &self.proof_header(), &App::proof_claims(realm, method, path, token))
    }

    /// An authenticated form without a proof.
    pub async fn form(
        &self,
        realm: &Realm,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Answer {
        let assertion = self.assertion(realm);
        self.form_with(realm, path, headers, form, &assertion).await
    }

    /// A form with a given assertion.
    pub async fn form_with(
        &self,
        realm: &Realm,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
        assertion: &str,
    ) -> Answer {
        let mut all = form.to_vec();
        all.push(("client_assertion_type", ASSERTION_TYPE));
        all.push(("client_assertion", assertion));
        realm.post(path, headers, &all).await
    }

    /// The parameters of a plain request.
    pub fn request() -> Vec<(&'static str, &'static str)> {
        vec![
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", SCOPE),
            ("state", "s t/a+t=e"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
    }

    /// The plain request with some parameters replaced; an empty value removes.
    pub fn request_with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut form: Vec<(&str, &str)> = Self::request();
        form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        form.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        form
    }

    /// Pushes a request.
    pub async fn push(&self, realm: &Realm, form: &[(&str, &str)]) -> Answer {
        self.form(realm, "/oauth/par", &[], form).await
    }

    /// Pushes the plain request; gives its reference.
    pub async fn reference(&self, realm: &Realm) -> String {
        self.reference_of(realm, &Self::request()).await
    }

    /// Pushes a request; gives its reference.
    pub async fn reference_of(&self, realm: &Realm, form: &[(&str, &str)]) -> String {
        let answer = self.push(realm, form).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        reference(&answer)
    }

    /// Lets the customer allow a pushed request; gives the address that the browser is sent to.
    pub async fn allowed(&self, realm: &Realm, session: &Session, reference: &str, choice: Choice) -> Url {
        consent::open(&realm.oauth, reference, session, &page()).await.unwrap();
        consent::allow(&realm.oauth, session, reference, choice, &page()).await.unwrap()
    }

    /// A code for the plain request.
    pub async fn code(&self, realm: &Realm) -> String {
        let reference = self.reference(realm).await;
        let back = self.allowed(realm, &realm.session, &reference, all()).await;
        parameter(&back, "code").unwrap()
    }

    /// Redeems a code.
    pub async fn redeem(&self, realm: &Realm, code: &str) -> Answer {
        self.redeem_with(realm, &[("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)])
            .await
    }

    /// Redeems with these parameters.
    pub async fn redeem_with(&self, realm: &Realm, form: &[(&str, &str)]) -> Answer {
        let proof = self.proof(realm, "POST", "/oauth/token", None);
        let mut all = vec![("grant_type", "authorization_code")];
        all.extend_from_slice(form);
        self.form(realm, "/oauth/token", &[("dpop", &proof)], &all).await
    }

    /// Goes all the way to tokens.
    pub async fn connect(&self, realm: &Realm) -> Tokens {
        let code = self.code(realm).await;
        Tokens::of(self.redeem(realm, &code).await)
    }

    /// Goes all the way with a choice of the customer's.
    pub async fn connect_with(&self, realm: &Realm, choice: Choice) -> Tokens {
        let reference = self.reference(realm).await;
        let back = self.allowed(realm, &realm.session, &reference, choice).await;
        Tokens::of(self.redeem(realm, &parameter(&back, "code").unwrap()).await)
    }

    /// Refreshes.
    pub async fn refresh(&self, realm: &Realm, refresh: &str, more: &[(&str, &str)]) -> Answer {
        let proof = self.proof(realm, "POST", "/oauth/token", None);
        let mut all = vec![("grant_type", "refresh_token"), ("refresh_token", refresh)];
        all.extend_from_slice(more);
        self.form(realm, "/oauth/token", &[("dpop", &proof)], &all).await
    }

    /// Calls the API.
    pub async fn read(&self, realm: &Realm, path: &str, access: &str) -> Answer {
        self.call(realm, Method::GET, path, access).await
    }

    /// Calls an address with token and proof.
    pub async fn call(&self, realm: &Realm, method: Method, path: &str, access: &str) -> Answer {
        let address = path.split('?').next().unwrap();
        let proof = self.proof(realm, method.as_str(), address, Some(access));
        let authorization = format!("DPoP {access}");
        realm.send(method, path, &[("authorization", &authorization), ("dpop", &proof)], "").await
    }
}

impl Tokens {
    /// Reads a token answer.
    pub fn of(answer: Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let (access, refresh) = (answer.member("access_token"), answer.member("refresh_token"));
        let grant = answer.member("grant_id");
        Self { answer, access, refresh, grant }
    }
}

/// The reference in a `request_uri`.
pub fn reference(answer: &Answer) -> String {
    answer.member("request_uri").strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap().to_owned()
}
