//! Proofs of possession (RFC 9449): a token is worth nothing without the key it is bound to.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use openssl::sha::sha256;
use parking_lot::RwLock;
use serde_json::Value;
use url::Url;

use crate::Oauth;
use crate::form::single_header;
use crate::jose::{Compact, Material, PublicKey};
use crate::replay::{Seen, Sighting};

/// How old a proof may be, in seconds.
const PAST_SECONDS: i64 = 60;

/// How far a client's clock may be ahead, in seconds.
const FUTURE_SECONDS: i64 = 10;

/// Parsed keys kept; each takes about 2 kB.
const MOST_KEYS: usize = 4_096;

/// Why a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UnfitProof(pub &'static str);

/// What a proof must be about.
pub(crate) struct Expected<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The public address of the request: never the Host header's.
    pub address: &'a str,
    /// The access token, at the API.
    pub token: Option<&'a str>,
    /// The present.
    pub now: DateTime<Utc>,
}

/// Verifies proofs, and remembers which were used and the keys that made them.
#[derive(Debug)]
pub(crate) struct Proofs {
    seen: Seen,
    keys: RwLock<HashMap<String, Arc<PublicKey>>>,
}

impl Proofs {
    /// Remembers at most `most` proofs per generation.
    pub(crate) fn new(most: usize) -> Self {
        Self { seen: Seen::new(most), keys: RwLock::new(HashMap::new()) }
    }

    /// Verifies a proof (RFC 9449 section 4.3) and uses it up; gives the thumbprint of its key.
    pub(crate) fn verify(&self, proof: &str, expected: &Expected<'_>) -> Result<String, UnfitProof> {
        let proof = Compact::read(proof).map_err(|_| UnfitProof("The DPoP proof is not a JWT"))?;
        if proof.kind() != Some("dpop+jwt") {
            return Err(UnfitProof("typ of the DPoP proof must be dpop+jwt"));
        }
        check_claims(&proof, expected)?;
        let key = self.key(&proof)?;
        if !key.verifies(&proof) {
            return Err(UnfitProof(
                "The signature of the DPoP proof is not that of its key, or alg is not its key's",
            ));
        }
        let jti = proof.text("jti").filter(|jti| (1..=512).contains(&jti.len()));
        let jti = jti.ok_or(UnfitProof("jti is missing in the DPoP proof"))?;
        let digest = sha256(format!("{}.{jti}", key.thumbprint()).as_bytes());
        let [half, _] = halves(digest);
        match self.seen.record(half, expected.now) {
            Sighting::First => Ok(key.thumbprint().to_owned()),
            Sighting::Again => {
                Err(UnfitProof("The DPoP proof was used before; make a new one for each request"))
            }
            Sighting::Full => Err(UnfitProof("Too many DPoP proofs at once; try again in a minute")),
        }
    }

    /// The key that a proof carries, parsed once and kept by thumbprint.
    fn key(&self, proof: &Compact<'_>) -> Result<Arc<PublicKey>, UnfitProof> {
        let unfit =
            UnfitProof("jwk of the DPoP proof must be one public P-256, RSA (2048 or more) or Ed25519 key");
        let jwk = proof.header.get("jwk").and_then(Value::as_object).ok_or(unfit)?;
        let thumbprint = Material::read(jwk).map_err(|_| unfit)?.thumbprint();
        if let Some(key) = self.keys.read().get(&thumbprint) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(PublicKey::from_jwk(jwk).map_err(|_| unfit)?);
        let mut keys = self.keys.write();
        if keys.len() >= MOST_KEYS {
            keys.clear();
        }
        keys.insert(thumbprint, Arc::clone(&key));
        Ok(key)
    }
}

fn halves(digest: [u8; 32]) -> [u128; 2] {
    let (first, second) = digest.split_at(16);
    [first, second].map(|half| half.iter().fold(0, |sum, byte| (sum << 8) | u128::from(*byte)))
}

fn check_claims(proof: &Compact<'_>, expected: &Expected<'_>) -> Result<(), UnfitProof> {
    if proof.text("htm") != Some(expected.method) {
        return Err(UnfitProof("htm of the DPoP proof is not the method of this request"));
    }
    let htu = proof.text("htu").ok_or(UnfitProof("htu is missing in the DPoP proof"))?;
    if !is_same_address(htu, expected.address) {
        return Err(UnfitProof("htu of the DPoP proof is not the address of this request"));
    }
    let now = expected.now.timestamp();
    match proof.instant("iat") {
        Ok(Some(iat)) if iat >= now - PAST_SECONDS && iat <= now + FUTURE_SECONDS => {}
        Ok(Some(_)) => return Err(UnfitProof("iat of the DPoP proof is too old or in the future")),
        _ => return Err(UnfitProof("iat is missing in the DPoP proof")),
    }
    if let Some(token) = expected.token {
        let ath = BASE64URL_NOPAD.encode(&sha256(token.as_bytes()));
        if proof.text("ath") != Some(ath.as_str()) {
            return Err(UnfitProof("ath of the DPoP proof is not the hash of the access token"));
        }
    }
    Ok(())
}

/// RFC 9449 section 4.3, step 9: without query and fragment, normalised as RFC 3986 section 6.2.2 and 6.2.3 say.
fn is_same_address(sent: &str, ours: &str) -> bool {
    let normalised = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    normalised(sent).is_some_and(|sent| Some(sent) == normalised(ours))
}

/// The proof of a request, verified: `Ok(None)` when it carries none.
pub(crate) fn proof_of(
    oauth: &Oauth,
    request: &HttpRequest,
    token: Option<&str>,
) -> Result<Option<String>, UnfitProof> {
    let proof =
        single_header(request, "dpop").map_err(|_| UnfitProof("There must be exactly one DPoP header"))?;
    let Some(proof) = proof else { return Ok(None) };
    let address = oauth.address(request.path());
    let expected =
        Expected { method: request.method().as_str(), address: &address, token, now: oauth.clock().now() };
    oauth.proofs().verify(proof, &expected).map(Some)
}
