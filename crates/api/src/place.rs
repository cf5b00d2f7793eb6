//! Where a reader stands in the change feed, and the cursor that carries it: sealed, so that the raw numbers do not show
//! an app how much it may not see.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_domain::ids::{ClientId, GrantId, Person};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::keys::{Keys, Secret};

use crate::projection::{Bytes, Projection};

/// The form that is written.
const FORM: u8 = 1;
/// Bytes of the tag that says that a cursor is one of ours.
const TAG: usize = 16;

/// Where a reader stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The grant under which it read.
    pub(crate) grant_id: GrantId,
    /// The number up to which it has read.
    pub(crate) position: i64,
    /// The feed's latest number when it began to read.
    pub(crate) began: i64,
    /// How many changes it was given.
    pub(crate) count: i64,
    /// What was shown to it.
    pub(crate) projection: Projection,
}

/// An app that reads the feed of a customer: whose its cursors are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) client_id: ClientId,
    pub(crate) person: Person,
}

impl Reader {
    /// Each reader's cursors have a key of their own, so that another's do not open.
    fn key(self, cursors: &Secret) -> Secret {
        Secret::new(cursors.mac(&[b"changes", self.client_id.as_bytes(), self.person.as_bytes()]))
    }

    /// Makes a cursor. All have the same length, and no two are alike.
    pub(crate) fn seal(
        self,
        keys: &Keys,
        cursors: &Secret,
        place: &Place,
    ) -> counterfoil_store::Result<String> {
        let mut plain = Vec::with_capacity(41 + Projection::BYTES);
        plain.push(FORM);
        plain.extend(place.grant_id.as_bytes());
        for number in [place.position, place.began, place.count] {
            plain.extend(number.to_be_bytes());
        }
        place.projection.write(&mut plain);
        let mut sealed = keys.seal(&self.key(cursors), b"changes", &plain)?;
        let tag = tag(cursors, &sealed);
        sealed.extend(tag.iter().take(TAG));
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// [`Code::InvalidCursor`] for what is no cursor of a change feed, [`Code::CursorMismatch`] for another reader's.
    pub(crate) fn open(self, keys: &Keys, cursors: &Secret, text: &str) -> Result<Place, Problem> {
        let invalid =
            || Problem::new(Code::InvalidCursor).parameter("cursor", "is not a cursor of the change feed");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let at = bytes.len().checked_sub(TAG).ok_or_else(invalid)?;
        let (sealed, given) = bytes.split_at_checked(at).ok_or_else(invalid)?;
        if !tag(cursors, sealed).get(..TAG).is_some_and(|own| openssl::memcmp::eq(own, given)) {
            return Err(invalid());
        }
        let plain = keys.open_sealed(&self.key(cursors), b"changes", sealed).map_err(|_| {
            Problem::new(Code::CursorMismatch).parameter("cursor", "was made for another app or customer")
        })?;
        read(&plain).ok_or_else(invalid)
    }
}

fn tag(cursors: &Secret, sealed: &[u8]) -> [u8; 32] {
    cursors.mac(&[b"a cursor of changes", sealed])
}

fn read(plain: &[u8]) -> Option<Place> {
    let mut bytes = Bytes(plain);
    let [form] = bytes.take()?;
    let grant_id = GrantId(bytes.take()?);
    let mut number = || bytes.take().map(i64::from_be_bytes);
    let (position, began, count) = (number()?, number()?, number()?);
    let projection = Projection::read(&mut bytes)?;
    let is_whole = form == FORM && bytes.0.is_empty();
    is_whole.then_some(Place { grant_id, position, began, count, projection })
}
