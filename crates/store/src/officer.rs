//! An officer's key: what is sealed to it is opened by whoever has its private half, kept elsewhere, and by nobody else.
//!
//! The form is CMS (RFC 5652, with AES-256-GCM as RFC 5084 has it), so that other software opens it as well:
//! `openssl cms -decrypt -inform DER -inkey officer.pem`. CMS names whom something is for by a certificate; where only a
//! public key is given, one is put around it that says nothing and that nobody is asked to trust.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::{X509, X509NameBuilder};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The least bits of an RSA key.
const RSA_BITS: u32 = 2_048;

/// A public key to which things are sealed.
#[derive(Clone)]
pub struct OfficerKey(X509);

impl std::fmt::Debug for OfficerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OfficerKey")
    }
}

/// Why a file holds no key of an officer.
#[derive(Debug, thiserror::Error)]
pub enum OfficerKeyError {
    /// It is neither a public key nor a certificate in PEM.
    #[error("it holds neither a public key nor a certificate (PEM)")]
    Unreadable,
    /// A kind of key to which CMS cannot seal.
    #[error("the key must be RSA of at least {RSA_BITS} bits, or of an elliptic curve such as P-256")]
    Unsuited,
    /// The library failed.
    #[error("the cipher failed")]
    Failed(#[from] ErrorStack),
}

impl OfficerKey {
    /// Reads a public key or a certificate, in PEM, and tries it.
    ///
    /// # Errors
    /// [`OfficerKeyError`] for anything else.
    pub fn from_pem(pem: &[u8]) -> Result<Self, OfficerKeyError> {
        let certificate = match X509::from_pem(pem) {
            Ok(certificate) => certificate,
            Err(_) => around(&PKey::public_key_from_pem(pem).map_err(|_| OfficerKeyError::Unreadable)?)?,
        };
        let key = certificate.public_key()?;
        let is_suited = match key.id() {
            Id::RSA => key.bits() >= RSA_BITS,
            Id::EC => true,
            _ => false,
        };
        let officer = Self(certificate);
        // What cannot be sealed to would be found out in the middle of an erasure.
        if is_suited && officer.seal(b"try").is_ok() { Ok(officer) } else { Err(OfficerKeyError::Unsuited) }
    }

    /// Seals bytes: CMS in DER.
    ///
    /// # Errors
    /// [`Error::Key`] when the library fails.
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let seal = || {
            let mut officers = Stack::new()?;
            officers.push(self.0.clone())?;
            CmsContentInfo::encrypt(&officers, plain, Cipher::aes_256_gcm(), CMSOptions::BINARY)?.to_der()
        };
        seal().map_err(|_: ErrorStack| Error::Key("nothing can be sealed to the officer's key"))
    }
}

/// A certificate around a public key, signed by a key that nobody keeps.
fn around(key: &PKey<Public>) -> Result<X509, ErrorStack> {
    let passing = PKey::generate_ed25519()?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "officer")?;
    let name = name.build();
    let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_not_before(Asn1Time::from_unix(0)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(0)?.as_ref())?;
    builder.set_pubkey(key)?;
    builder.sign(&passing, MessageDigest::null())?;
    Ok(builder.build())
}

/// Opens what was sealed to an officer, with the private key in PEM.
///
/// # Errors
/// [`Error::Key`] when that is no private key, or not the one.
pub fn open(private_pem: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let key = PKey::private_key_from_pem(private_pem)
        .map_err(|_| Error::Key("the officer's file holds no private key (PEM)"))?;
    let opened = CmsContentInfo::from_der(sealed).and_then(|cms| cms.decrypt_without_cert_check(&key));
    // Offline, by hand: nobody can ask often enough to learn from which of two failures it was.
    opened.map(Zeroizing::new).map_err(|_| Error::Key("the officer's key does not open this"))
}

#[cfg(test)]
mod tests {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    use openssl::pkey::Private;
    use openssl::rsa::Rsa;

    use super::*;

    fn halves(key: &PKey<Private>) -> (Vec<u8>, Vec<u8>) {
        (key.public_key_to_pem().unwrap(), key.private_key_to_pem_pkcs8().unwrap())
    }

    fn ec() -> PKey<Private> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    }

    #[test]
    fn only_the_private_half_opens() {
        for key in [PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap(), ec()] {
            let (public, private) = halves(&key);
            let officer = OfficerKey::from_pem(&public).unwrap();
            let sealed = officer.seal(b"customer-001").unwrap();
            assert!(!sealed.windows(12).any(|bytes| bytes == b"customer-001"));
            assert_ne!(sealed, officer.seal(b"customer-001").unwrap());
            assert_eq!(open(&private, &sealed).unwrap().as_slice(), b"customer-001");
            let (_, other) = halves(&ec());
            assert!(open(&other, &sealed).is_err());
            assert!(open(&public, &sealed).is_err());
            let mut changed = sealed.clone();
            *changed.last_mut().unwrap() ^= 1;
            assert!(open(&private, &changed).is_err(), "what was changed is not opened");
            let certificate = around(&PKey::public_key_from_pem(&public).unwrap()).unwrap();
            OfficerKey::from_pem(&certificate.to_pem().unwrap()).unwrap();
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let short = PKey::from_rsa(Rsa::generate(1_024).unwrap()).unwrap();
        let signing = PKey::generate_ed25519().unwrap();
        for pem in [halves(&short).0, halves(&signing).0] {
            assert!(matches!(OfficerKey::from_pem(&pem), Err(OfficerKeyError::Unsuited)));
        }
        for pem in [&b""[..], b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert!(matches!(OfficerKey::from_pem(pem), Err(OfficerKeyError::Unreadable)));
        }
    }
}
