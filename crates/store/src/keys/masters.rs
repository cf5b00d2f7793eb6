//! Master keys: the present one, and while keys are wrapped anew the one before it. They come from files that somebody
//! else reads; whoever finds that something does not open has them read once more.

use std::sync::Arc;

use parking_lot::RwLock;

use super::Secret;
use crate::aead::Aead;
use crate::error::{Error, Result};

type Read = dyn Fn() -> Result<Vec<Secret>> + Send + Sync;

/// Where master keys are read: the present one first, then the one before it, if it is still known.
#[derive(Clone)]
pub struct Masters(Arc<Read>);

impl Masters {
    /// Master keys that `read` gives, each time anew.
    pub fn new(read: impl Fn() -> Result<Vec<Secret>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl From<Secret> for Masters {
    /// One that stays the same.
    fn from(master: Secret) -> Self {
        Self::new(move || Ok(vec![master.clone()]))
    }
}

impl std::fmt::Debug for Masters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Masters")
    }
}

/// The fingerprint of a master key: tells which it is, and nothing of it.
pub(super) type MasterId = [u8; 16];

/// A master key by its fingerprint.
#[derive(Clone)]
pub(super) struct Master {
    pub(super) id: MasterId,
    secret: Secret,
}

impl Master {
    fn new(secret: Secret) -> Self {
        let id = super::first_half(&secret.mac(&[b"master"]));
        Self { id, secret }
    }

    /// Wraps a key for its place.
    pub(super) fn wrap(&self, aead: &Aead, place: &[u8], key: &Secret) -> Result<Vec<u8>> {
        let mut wrapped = Vec::new();
        aead.context()?.seal(self.secret.bytes(), place, key.bytes(), &mut wrapped)?;
        Ok(wrapped)
    }

    /// Unwraps a key of a place; `None` when another master key wrapped it.
    pub(super) fn unwrap(&self, aead: &Aead, place: &[u8], wrapped: &[u8]) -> Result<Option<Secret>> {
        let mut plain = Vec::new();
        if aead.context()?.open(self.secret.bytes(), place, wrapped, &mut plain).is_err() {
            return Ok(None);
        }
        super::secret(plain).map(Some)
    }
}

/// The master keys that are known.
pub(super) struct Ring {
    read: Masters,
    known: RwLock<Arc<[Master]>>,
}

impl Ring {
    pub(super) fn open(read: Masters) -> Result<Self> {
        let known = read_all(&read)?;
        Ok(Self { read, known: RwLock::new(known) })
    }

    fn known(&self) -> Arc<[Master]> {
        Arc::clone(&self.known.read())
    }

    /// Reads them again; what cannot be read now leaves those that are known.
    fn reread(&self) -> Arc<[Master]> {
        match read_all(&self.read) {
            Ok(read) => *self.known.write() = read,
            Err(error) => tracing::warn!(%error, "the master keys cannot be read again"),
        }
        self.known()
    }

    /// The one that is first in the files.
    pub(super) fn first(&self) -> Result<Master> {
        self.known().first().cloned().ok_or(Error::Key("there is no master key"))
    }

    /// The one with that fingerprint.
    pub(super) fn of(&self, id: &[u8]) -> Result<Master> {
        let find = |masters: Arc<[Master]>| masters.iter().find(|master| master.id == id).cloned();
        find(self.known())
            .or_else(|| find(self.reread()))
            .ok_or(Error::Key("the master key is not the one that wraps this keystore"))
    }

    /// Unwraps a key with whichever of them wrapped it.
    pub(super) fn unwrap(&self, aead: &Aead, place: &[u8], wrapped: &[u8]) -> Result<Secret> {
        self.try_all(aead, place, wrapped).map(|(_, key)| key)
    }

    /// Which of them wrapped a key.
    pub(super) fn wrapper_of(&self, aead: &Aead, place: &[u8], wrapped: &[u8]) -> Result<Master> {
        self.try_all(aead, place, wrapped).map(|(master, _)| master)
    }

    fn try_all(&self, aead: &Aead, place: &[u8], wrapped: &[u8]) -> Result<(Master, Secret)> {
        let find = |masters: Arc<[Master]>| -> Result<Option<(Master, Secret)>> {
            for master in masters.iter() {
                if let Some(key) = master.unwrap(aead, place, wrapped)? {
                    return Ok(Some((master.clone(), key)));
                }
            }
            Ok(None)
        };
        if let Some(found) = find(self.known())? {
            return Ok(found);
        }
        // Somebody may have brought in another one since.
        find(self.reread())?.ok_or(Error::Key("the master key is not the one that wrapped this keystore"))
    }
}

fn read_all(read: &Masters) -> Result<Arc<[Master]>> {
    Ok((read.0)()?.into_iter().map(Master::new).collect())
}
