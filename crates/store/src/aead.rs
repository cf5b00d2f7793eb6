//! AES-256-GCM, as everything at rest is sealed: 12 random bytes of nonce, ciphertext, 16 bytes of tag.

use counterfoil_domain::clock::Entropy;
use openssl::cipher::{Cipher, CipherRef};
use openssl::cipher_ctx::CipherCtx;

use crate::error::{Error, Result};

const NONCE: usize = 12;
const TAG: usize = 16;

/// Seals and opens. Making one fetches the cipher once, which is most of the cost of a short message.
pub struct Aead {
    cipher: &'static CipherRef,
    entropy: Entropy,
}

impl Aead {
    /// A sealer that draws its nonces from `entropy`.
    pub fn new(entropy: Entropy) -> Self {
        Self { cipher: Cipher::aes_256_gcm(), entropy }
    }

    /// A context to use for many messages in a row on one thread.
    pub fn context(&self) -> Result<Context<'_>> {
        Ok(Context { aead: self, ctx: CipherCtx::new().map_err(failed)? })
    }
}

impl std::fmt::Debug for Aead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aead")
    }
}

/// A cipher context that is reused from message to message.
pub struct Context<'a> {
    aead: &'a Aead,
    ctx: CipherCtx,
}

impl Context<'_> {
    /// Appends nonce, ciphertext and tag of `plain` to `out`. `aad` is authenticated and not stored.
    pub fn seal(&mut self, key: &[u8; 32], aad: &[u8], plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let nonce: [u8; NONCE] = self.aead.entropy.bytes();
        let mut tag = [0; TAG];
        out.reserve(NONCE + plain.len() + TAG);
        out.extend_from_slice(&nonce);
        self.ctx.encrypt_init(Some(self.aead.cipher), Some(key), Some(&nonce)).map_err(failed)?;
        self.ctx.cipher_update(aad, None).map_err(failed)?;
        self.ctx.cipher_update_vec(plain, out).map_err(failed)?;
        self.ctx.cipher_final_vec(out).map_err(failed)?;
        self.ctx.tag(&mut tag).map_err(failed)?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// Appends the plain text of `sealed` to `out`.
    ///
    /// # Errors
    /// [`Error::Key`] when key, `aad` or bytes are not those of the sealing.
    pub fn open(&mut self, key: &[u8; 32], aad: &[u8], sealed: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let (nonce, rest) = sealed.split_at_checked(NONCE).ok_or(DOES_NOT_OPEN)?;
        let (body, tag) =
            rest.len().checked_sub(TAG).and_then(|at| rest.split_at_checked(at)).ok_or(DOES_NOT_OPEN)?;
        let start = out.len();
        self.ctx.decrypt_init(Some(self.aead.cipher), Some(key), Some(nonce)).map_err(failed)?;
        self.ctx.cipher_update(aad, None).map_err(failed)?;
        self.ctx.cipher_update_vec(body, out).map_err(failed)?;
        self.ctx.set_tag(tag).map_err(failed)?;
        if self.ctx.cipher_final_vec(out).is_err() {
            out.truncate(start);
            return Err(DOES_NOT_OPEN);
        }
        Ok(())
    }
}

const DOES_NOT_OPEN: Error = Error::Key("sealed bytes do not open with this key");

fn failed(_: openssl::error::ErrorStack) -> Error {
    Error::Key("the cipher failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_context() {
        let aead = Aead::new(Entropy::new(|b| b.fill(3)));
        let mut context = aead.context().unwrap();
        let mut sealed = Vec::new();
        context.seal(&[1; 32], b"row 1", b"decaf", &mut sealed).unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"decaf"));
        let mut plain = Vec::new();
        context.open(&[1; 32], b"row 1", &sealed, &mut plain).unwrap();
        assert_eq!(plain, b"decaf");
        assert!(context.open(&[2; 32], b"row 1", &sealed, &mut plain).is_err());
        assert!(context.open(&[1; 32], b"row 2", &sealed, &mut plain).is_err());
        for n in 0..sealed.len() {
            assert!(context.open(&[1; 32], b"row 1", &sealed[..n], &mut plain).is_err());
        }
        assert_eq!(plain, b"decaf", "nothing is left of a failed opening");
    }
}
