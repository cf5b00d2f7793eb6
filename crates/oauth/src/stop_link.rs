//! The link in a receipt that stops one agreement without signing in.
//!
//! Its token is a grant's id and a MAC over it, under a key of the realm that makes nothing else: it needs no row, is the
//! same whenever it is made, outlives changes of the grant, and is worth nothing for any other. Whoever has the token may
//! stop the agreement and see what it is about; nothing else.

use counterfoil_domain::ids::GrantId;
use counterfoil_store::keys::{Keys, Secret};
use data_encoding::BASE64URL_NOPAD;

/// What the token begins with, for whoever scans for secrets.
const PREFIX: &str = "cfs_";
/// The key's name in the keystore.
const KEY: &str = "stop";
const ID_BYTES: usize = 16;

/// Makes and reads stop tokens.
#[derive(Debug, Clone)]
pub struct StopTokens(Secret);

impl StopTokens {
    /// With the realm's key. Blocks for a moment.
    ///
    /// # Errors
    /// When the keystore does not answer.
    pub fn new(keys: &Keys) -> counterfoil_store::Result<Self> {
        keys.named(KEY).map(Self)
    }

    /// The token of a grant. It is a secret.
    pub fn token(&self, grant: GrantId) -> String {
        let bytes = [grant.as_bytes().as_slice(), &self.mac(grant)].concat();
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// The grant that a token stops; `None` if it was not made here.
    pub fn grant(&self, token: &str) -> Option<GrantId> {
        let bytes = BASE64URL_NOPAD.decode(token.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        let (id, mac) = bytes.split_first_chunk::<ID_BYTES>()?;
        let grant = GrantId(*id);
        let expected = self.mac(grant);
        (mac.len() == expected.len() && openssl::memcmp::eq(mac, &expected)).then_some(grant)
    }

    fn mac(&self, grant: GrantId) -> [u8; 32] {
        self.0.mac(&[b"stop link", grant.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stops_its_own_grant_and_no_other_text_does() {
        let tokens = StopTokens(Secret::new([7; 32]));
        let grant = GrantId([1; 16]);
        let token = tokens.token(grant);
        assert_eq!(tokens.token(grant), token, "it is always the same");
        assert_eq!(tokens.grant(&token), Some(grant));
        assert_eq!(StopTokens(Secret::new([8; 32])).grant(&token), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(tokens.grant(&String::from_utf8(changed).unwrap()), None, "at {at}");
            assert_eq!(tokens.grant(&token[..at]), None);
        }
        for odd in ["", "cfs_", &format!("{token}A"), &token.to_uppercase(), "cfs_é"] {
            assert_eq!(tokens.grant(odd), None, "{odd}");
        }
    }
}
