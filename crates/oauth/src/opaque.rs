//! Opaque secrets: a prefix that says what it is (and that secret scanners know), 256 random bits, and a checksum by
//! which garbage is refused without a look-up. Only the SHA-256 of one is stored.

use counterfoil_domain::clock::Entropy;
use data_encoding::BASE64URL_NOPAD;
use openssl::sha::sha256;

/// What an opaque secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
    /// An authorization code.
    Code,
    /// The reference of a pushed request.
    Request,
    /// An access token of one of the retailer's own systems.
    System,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Access => "cfa_",
            Self::Refresh => "cfr_",
            Self::Code => "cfc_",
            Self::Request => "cfp_",
            Self::System => "cfi_",
        }
    }
}

/// A secret just made.
pub(crate) struct Minted {
    /// What the client gets. Not kept.
    pub text: String,
    /// What is stored.
    pub hash: [u8; 32],
}

/// Makes a secret.
pub(crate) fn mint(kind: Kind, entropy: &Entropy) -> Minted {
    let body = format!("{}{}", kind.prefix(), BASE64URL_NOPAD.encode(&entropy.bytes::<32>()));
    let text = format!("{body}{}", checksum(&body));
    let hash = sha256(text.as_bytes());
    Minted { text, hash }
}

/// The hash under which a secret would be stored; `None` if it was not made here.
pub(crate) fn hash(kind: Kind, text: &str) -> Option<[u8; 32]> {
    // 4 of prefix, 43 of 32 bytes, 4 of checksum.
    let (body, check) = text.split_at_checked(47)?;
    let is_ours = text.len() == 51 && body.starts_with(kind.prefix()) && check == checksum(body);
    is_ours.then(|| sha256(text.as_bytes()))
}

fn checksum(body: &str) -> String {
    let [a, b, c, ..] = sha256(body.as_bytes());
    BASE64URL_NOPAD.encode(&[a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_told_without_a_look_up() {
        let entropy = Entropy::new(|buffer| buffer.fill(7));
        let minted = mint(Kind::Access, &entropy);
        assert_eq!(hash(Kind::Access, &minted.text), Some(minted.hash));
        assert_eq!(hash(Kind::Refresh, &minted.text), None);
        for end in 0..minted.text.len() {
            assert_eq!(hash(Kind::Access, &minted.text[..end]), None);
            let mut changed = minted.text.clone().into_bytes();
            changed[end] = if changed[end] == b'x' { b'y' } else { b'x' };
            assert_eq!(hash(Kind::Access, &String::from_utf8(changed).unwrap()), None);
        }
        assert_eq!(hash(Kind::Access, &"é".repeat(30)), None);
    }
}
