//! The one place that touches JOSE. What verifies a signature follows from the type of the key and from the list of
//! what is allowed; the header of a token can only agree with it (RFC 8725 section 3.1).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256};
use openssl::sha::sha256;
use serde_json::{Map, Value};

/// The signature algorithms that are accepted (FAPI 2.0 section 5.4.1).
pub(crate) const ALGORITHMS: [&str; 3] = ["PS256", "ES256", "EdDSA"];

/// Larger keys only serve to make us slow.
const MOST_RSA_BYTES: usize = 512;

const LEAST_RSA_BYTES: usize = 256;

const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A key that is not accepted; the text says which member and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnfitKey(pub &'static str);

/// A public key with the one algorithm it is used for.
#[derive(Debug)]
pub(crate) struct PublicKey {
    algorithm: &'static str,
    kid: Option<String>,
    thumbprint: String,
    verifier: Box<dyn JwsVerifier>,
}

impl PublicKey {
    /// Reads a JWK (RFC 7517).
    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, UnfitKey> {
        let material = Material::read(jwk)?;
        let kid = match jwk.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= 256 => Some(kid.clone()),
            Some(_) => return Err(UnfitKey("kid must be a string of at most 256 bytes")),
        };
        let parsed = Jwk::from_map(jwk.clone()).map_err(|_| UnfitKey("a member has a wrong type"))?;
        let thumbprint = material.thumbprint();
        let (algorithm, verifier): (_, Result<Box<dyn JwsVerifier>, _>) = match material {
            Material::Ec { .. } => ("ES256", ES256.verifier_from_jwk(&parsed).map(boxed)),
            Material::Rsa { .. } => ("PS256", PS256.verifier_from_jwk(&parsed).map(boxed)),
            Material::Okp { .. } => ("EdDSA", EdDSA.verifier_from_jwk(&parsed).map(boxed)),
        };
        let verifier = verifier.map_err(|_| {
            UnfitKey(
                "the key does not parse, or its use, key_ops or alg is not that of PS256, ES256 or EdDSA",
            )
        })?;
        Ok(Self { algorithm, kid, thumbprint, verifier })
    }

    /// SHA-256 thumbprint (RFC 7638), base64url.
    pub(crate) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Its name in a set.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether it made the signature of `token`.
    pub(crate) fn verifies(&self, token: &Compact<'_>) -> bool {
        token.algorithm() == Some(self.algorithm)
            && self.verifier.verify(token.signed, &token.signature).is_ok()
    }
}

fn boxed<V: JwsVerifier + 'static>(verifier: V) -> Box<dyn JwsVerifier> {
    Box::new(verifier)
}

/// The members that make a key what it is.
pub(crate) enum Material<'a> {
    Ec { x: &'a str, y: &'a str },
    Rsa { e: &'a str, n: &'a str },
    Okp { x: &'a str },
}

impl<'a> Material<'a> {
    /// Takes them out of a JWK and checks type, curve and length.
    pub(crate) fn read(jwk: &'a Map<String, Value>) -> Result<Self, UnfitKey> {
        if PRIVATE_MEMBERS.iter().any(|member| jwk.contains_key(*member)) {
            return Err(UnfitKey("only public keys; a private member is there"));
        }
        let member = |name| jwk.get(name).and_then(Value::as_str);
        match (member("kty"), member("crv")) {
            (Some("EC"), Some("P-256")) => {
                let x = encoded(member("x"), 32..=32).ok_or(UnfitKey("x must be 32 bytes of base64url"))?;
                let y = encoded(member("y"), 32..=32).ok_or(UnfitKey("y must be 32 bytes of base64url"))?;
                Ok(Self::Ec { x, y })
            }
            (Some("EC"), _) => Err(UnfitKey("crv of an EC key must be P-256")),
            (Some("OKP"), Some("Ed25519")) => {
                let x = encoded(member("x"), 32..=32).ok_or(UnfitKey("x must be 32 bytes of base64url"))?;
                Ok(Self::Okp { x })
            }
            (Some("OKP"), _) => Err(UnfitKey("crv of an OKP key must be Ed25519")),
            (Some("RSA"), _) => {
                let n = encoded(member("n"), LEAST_RSA_BYTES..=MOST_RSA_BYTES)
                    .ok_or(UnfitKey("n of an RSA key must have 2048 to 4096 bits"))?;
                let e =
                    encoded(member("e"), 3..=8).ok_or(UnfitKey("e of an RSA key must be at least 65537"))?;
                Ok(Self::Rsa { e, n })
            }
            _ => Err(UnfitKey("kty must be EC, RSA or OKP")),
        }
    }

    /// SHA-256 thumbprint (RFC 7638). The members are base64url, so nothing needs escaping.
    pub(crate) fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::Ec { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Rsa { e, n } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Okp { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        };
        BASE64URL_NOPAD.encode(&sha256(canonical.as_bytes()))
    }
}

/// A base64url text of a number of bytes without a leading zero byte too many.
fn encoded(text: Option<&str>, bytes: std::ops::RangeInclusive<usize>) -> Option<&str> {
    let text = text?;
    let decoded = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.contains(&decoded.len()).then_some(text)
}

/// A set of public keys (RFC 7517 section 5).
#[derive(Debug)]
pub(crate) struct KeySet(Vec<PublicKey>);

/// No client needs more, and each may be tried.
const MOST_KEYS: usize = 10;

impl KeySet {
    /// Reads a JWK Set.
    pub(crate) fn parse(json: &str) -> Result<Self, UnfitKey> {
        let set: Value = serde_json::from_str(json).map_err(|_| UnfitKey("not JSON"))?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(UnfitKey("keys must be a list"))?;
        if keys.is_empty() || keys.len() > MOST_KEYS {
            return Err(UnfitKey("keys must hold one to ten keys"));
        }
        let read = |key: &Value| {
            key.as_object().ok_or(UnfitKey("a key must be an object")).and_then(PublicKey::from_jwk)
        };
        keys.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The thumbprints, to find a key that is there twice.
    pub(crate) fn thumbprints(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(PublicKey::thumbprint)
    }

    /// Whether one of the keys made the signature. A `kid` narrows the choice among keys that carry one; where several
    /// carry the same, their types decide (FAPI 2.0 section 5.4.3).
    pub(crate) fn verifies(&self, token: &Compact<'_>) -> bool {
        let kid = token.header.get("kid");
        self.0
            .iter()
            .filter(|key| kid.is_none_or(|kid| key.kid().is_none_or(|own| kid.as_str() == Some(own))))
            .any(|key| key.verifies(token))
    }
}

/// A token that is not a JWS in compact form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotCompact;

/// A JWS in compact form (RFC 7515 section 7.1), read but not verified.
pub(crate) struct Compact<'a> {
    /// The protected header.
    pub header: Map<String, Value>,
    /// The payload.
    pub claims: Map<String, Value>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

impl fmt::Debug for Compact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compact")
    }
}

impl<'a> Compact<'a> {
    /// Reads one. Critical extensions are refused, since none is understood (RFC 7515 section 4.1.11).
    pub(crate) fn read(text: &'a str) -> Result<Self, NotCompact> {
        if text.len() > 8_192 {
            return Err(NotCompact);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(NotCompact)?;
        let (header, claims) = signed.split_once('.').ok_or(NotCompact)?;
        let header = object(header)?;
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(NotCompact);
        }
        Ok(Self {
            header,
            claims: object(claims)?,
            signed: signed.as_bytes(),
            signature: BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| NotCompact)?,
        })
    }

    fn algorithm(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    /// The type in the header.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.header.get("typ").and_then(Value::as_str)
    }

    /// A claim that is a string.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim that is a `NumericDate` (RFC 7519 section 2), in whole seconds; `Err` if it is something else.
    pub(crate) fn instant(&self, claim: &str) -> Result<Option<i64>, NotCompact> {
        match self.claims.get(claim) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let text = format!("{number}");
                let whole = text.split('.').next().unwrap_or_default();
                whole.parse().map(Some).map_err(|_| NotCompact)
            }
            Some(_) => Err(NotCompact),
        }
    }
}

fn object(part: &str) -> Result<Map<String, Value>, NotCompact> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| NotCompact)?;
    serde_json::from_slice(&bytes).map_err(|_| NotCompact)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638 section 3.1.
    #[test]
    fn thumbprint_of_the_rfc() {
        let jwk: Value = serde_json::from_str(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
        )
        .unwrap();
        let Ok(material) = Material::read(jwk.as_object().unwrap()) else { panic!("fit") };
        assert_eq!(material.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert!(PublicKey::from_jwk(jwk.as_object().unwrap()).is_err(), "alg RS256 is not allowed");
    }

    #[test]
    fn a_number_of_seconds_may_have_a_fraction() {
        let claims = BASE64URL_NOPAD.encode(br#"{"a":1700000000.75,"b":"1","c":1e9}"#);
        let header = BASE64URL_NOPAD.encode(b"{}");
        let text = format!("{header}.{claims}.");
        let token = Compact::read(&text).unwrap();
        assert_eq!(token.instant("a"), Ok(Some(1_700_000_000)));
        assert_eq!(token.instant("b"), Err(NotCompact));
        assert_eq!(token.instant("none"), Ok(None));
    }
}
