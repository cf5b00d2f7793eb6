//! The two keys of this app and everything that touches JOSE: ES256 only, whatever a header says.

use data_encoding::BASE64URL_NOPAD;
use josekit::{
    JoseError,
    jwk::{
        Jwk, KeyPair,
        alg::ec::{EcCurve, EcKeyPair},
    },
    jws::{ES256, JwsHeader, alg::ecdsa::EcdsaJwsSigner},
    jwt::{self, JwtPayload},
};
use serde_json::{Map, Value, json};

use crate::{
    failure::{Failure, Kind},
    folder::Folder,
};

/// The file of the key that says who the app is (`private_key_jwt`).
pub const CLIENT_KEY: &str = "client-key.json";
/// The file of the key that the tokens are bound to (DPoP).
pub const DPOP_KEY: &str = "dpop-key.json";

/// A P-256 key that signs with ES256.
#[derive(Debug)]
pub struct SigningKey {
    signer: EcdsaJwsSigner,
    public: Map<String, Value>,
    thumbprint: String,
    key_id: String,
}

impl SigningKey {
    /// Reads the key from the folder, or makes it there on the first run.
    pub fn load_or_make(folder: &Folder, file: &str) -> Result<Self, Failure> {
        let jwk = if let Some(bytes) = folder.read(file)? {
            Jwk::from_bytes(&bytes).map_err(|error| unusable(file, &error))?
        } else {
            let jwk = Jwk::generate_ec_key(EcCurve::P256).map_err(|error| unusable(file, &error))?;
            folder.write_json(file, jwk.as_ref())?;
            jwk
        };
        Self::from_jwk(&jwk).map_err(|error| unusable(file, &error))
    }

    /// Takes a private key that the caller brings, a JWK or a PEM file, as the key in the folder.
    pub fn adopt(folder: &Folder, file: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let jwk = if bytes.starts_with(b"-----BEGIN") {
            EcKeyPair::from_pem(bytes, Some(EcCurve::P256)).map(|pair| pair.to_jwk_key_pair())
        } else {
            Jwk::from_bytes(bytes)
        };
        let jwk = jwk.map_err(|error| unusable("--key", &error))?;
        let key = Self::from_jwk(&jwk).map_err(|error| unusable("--key", &error))?;
        // A private key that is written over is lost, and with it the registration of its public half.
        if folder.read(file)?.is_some() && Self::load_or_make(folder, file)?.thumbprint != key.thumbprint {
            let what = format!("{} holds another key already", folder.file(file).display());
            return Err(Failure::new(Kind::Local, what, "use another --folder, or move that file away"));
        }
        folder.write_json(file, jwk.as_ref())?;
        Ok(key)
    }

    fn from_jwk(jwk: &Jwk) -> Result<Self, JoseError> {
        let signer = ES256.signer_from_jwk(jwk)?;
        let coordinate = |name| jwk.parameter(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (x, y) = (coordinate("x"), coordinate("y"));
        // RFC 7638: exactly these members, in this order, without white space.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = BASE64URL_NOPAD.encode(&openssl::sha::sha256(canonical.as_bytes()));
        let key_id = jwk.key_id().unwrap_or(&thumbprint).to_owned();
        let public = object(json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}));
        Ok(Self { signer, public, thumbprint, key_id })
    }

    /// The public half as a bare JWK: the four members that a DPoP proof carries.
    pub fn public(&self) -> &Map<String, Value> {
        &self.public
    }

    /// The RFC 7638 thumbprint (SHA-256, base64url).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The name under which the server knows this key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public JWKS to register: `counterfoil apps add --jwks FILE` reads it.
    pub fn jwks(&self) -> Value {
        let mut key = self.public.clone();
        key.extend(object(json!({"kid": self.key_id, "alg": "ES256", "use": "sig"})));
        json!({"keys": [key]})
    }

    /// Signs the claims as a compact JWS; `header` is what stands there beside `alg`.
    pub fn sign(&self, header: Value, claims: Value) -> Result<String, Failure> {
        let sign = || {
            let header = JwsHeader::from_map(object(header))?;
            let claims = JwtPayload::from_map(object(claims))?;
            jwt::encode_with_signer(&claims, &header, &self.signer)
        };
        sign().map_err(|error| unusable("the signing key", &error))
    }
}

/// 128 random bits as text: the id of a proof or an assertion, used once.
pub fn random_id() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).map_err(|error| {
        Failure::new(Kind::Local, format!("no random bytes: {error}"), "check the system's random generator")
    })?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// The SHA-256 of a text in base64url, as `ath` wants it.
pub fn digest(text: &str) -> String {
    BASE64URL_NOPAD.encode(&openssl::sha::sha256(text.as_bytes()))
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn unusable(what: &str, error: &JoseError) -> Failure {
    Failure::new(
        Kind::Local,
        format!("{what} is not a usable P-256 private key ({})", error_kind(error)),
        "give a JWK or PEM file with an EC P-256 private key, or remove the file to make a new one and register that",
    )
}

// The text of a `JoseError` may quote what it could not read; its kind never does.
fn error_kind(error: &JoseError) -> &'static str {
    match error {
        JoseError::InvalidJson(_) => "not JSON",
        JoseError::InvalidJwkFormat(_) => "not a JWK",
        JoseError::InvalidKeyFormat(_) => "not an EC P-256 key",
        _ => "signing failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        (directory, folder)
    }

    #[test]
    fn the_same_key_is_read_again() {
        let (_directory, folder) = folder();
        let made = SigningKey::load_or_make(&folder, CLIENT_KEY).unwrap();
        let read = SigningKey::load_or_make(&folder, CLIENT_KEY).unwrap();
        assert_eq!(made.jwks(), read.jwks());
        assert_eq!(made.key_id(), made.thumbprint());
        assert!(!made.jwks().to_string().contains("\"d\""), "the private member stays here");
    }

    #[test]
    fn thumbprints_are_those_of_rfc_7638() {
        // The key of RFC 7515 appendix A.3; the thumbprint was worked out with another implementation.
        let jwk = json!({"kty":"EC","crv":"P-256","kid":"mine",
            "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"});
        let (_directory, folder) = folder();
        let key = SigningKey::adopt(&folder, CLIENT_KEY, jwk.to_string().as_bytes()).unwrap();
        assert_eq!(key.thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
        assert_eq!(key.key_id(), "mine");
        assert_eq!(SigningKey::load_or_make(&folder, CLIENT_KEY).unwrap().key_id(), "mine");
    }

    #[test]
    fn pem_is_a_key_too_and_rubbish_is_not_quoted() {
        let (_directory, folder) = folder();
        let pem = EcKeyPair::generate(EcCurve::P256).unwrap().to_pem_private_key();
        let key = SigningKey::adopt(&folder, CLIENT_KEY, &pem).unwrap();
        assert_eq!(key.public().get("x").and_then(Value::as_str).map(str::len), Some(43));
        assert!(SigningKey::adopt(&folder, CLIENT_KEY, &pem).is_ok());
        let other = EcKeyPair::generate(EcCurve::P256).unwrap().to_pem_private_key();
        assert!(SigningKey::adopt(&folder, CLIENT_KEY, &other).is_err(), "a key is never written over");
        let failure =
            SigningKey::adopt(&folder, CLIENT_KEY, b"{\"kty\":\"EC\",\"crv\":\"P-384\",\"d\":\"hush\"}");
        assert!(!failure.unwrap_err().to_string().contains("hush"));
    }
}
