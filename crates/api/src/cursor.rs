//! Cursors: opaque, signed, bound to app, customer, filters and projection.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use counterfoil_domain::ids::{ClientId, Person, PurchaseId};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::keys::Secret;
use counterfoil_store::purchases::After;

/// What a cursor is good for.
pub(crate) struct Bound<'a> {
    pub(crate) client_id: ClientId,
    pub(crate) person: Person,
    /// The query without the cursor.
    pub(crate) query: &'a str,
    /// What is shown.
    pub(crate) projection: &'a [u8],
}

impl Bound<'_> {
    fn mac(&self, key: &Secret, place: &[u8]) -> [u8; 32] {
        key.mac(&[
            b"purchases",
            self.client_id.as_bytes(),
            self.person.as_bytes(),
            self.query.as_bytes(),
            self.projection,
            place,
        ])
    }

    /// The cursor that goes on after a purchase.
    pub(crate) fn write(&self, key: &Secret, after: After) -> String {
        let mut bytes = Vec::with_capacity(40);
        bytes.extend(after.purchased_at.timestamp_micros().to_be_bytes());
        bytes.extend(after.purchase_id.as_bytes());
        let mac = self.mac(key, &bytes);
        bytes.extend(mac.iter().take(16));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// [`Code::InvalidCursor`] for what is no cursor, [`Code::CursorMismatch`] for one of another app, customer, filter
    /// or projection.
    pub(crate) fn read(&self, key: &Secret, text: &str) -> Result<After, Problem> {
        let invalid =
            || Problem::new(Code::InvalidCursor).parameter("cursor", "is not a cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let (place, mac) =
            bytes.split_at_checked(24).filter(|(_, mac)| mac.len() == 16).ok_or_else(invalid)?;
        let expected = self.mac(key, place);
        if !expected.get(..16).is_some_and(|expected| openssl::memcmp::eq(expected, mac)) {
            return Err(
                Problem::new(Code::CursorMismatch).parameter("cursor", "was made for another request")
            );
        }
        let (at, id) = place.split_first_chunk::<8>().ok_or_else(invalid)?;
        Ok(After {
            purchased_at: DateTime::from_timestamp_micros(i64::from_be_bytes(*at)).ok_or_else(invalid)?,
            purchase_id: PurchaseId::from_slice(id).map_err(|_| invalid())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_what_it_was_made_for_alone() {
        let key = Secret::new([1; 32]);
        let bound = |client, person, query, projection: &'static str| Bound {
            client_id: ClientId([client; 16]),
            person: Person([person; 16]),
            query,
            projection: projection.as_bytes(),
        };
        let after = After { purchased_at: DateTime::UNIX_EPOCH, purchase_id: PurchaseId([7; 16]) };
        let cursor = bound(1, 1, "limit=5", "lines").write(&key, after);
        assert_eq!(bound(1, 1, "limit=5", "lines").read(&key, &cursor).unwrap(), after);
        for other in [
            bound(2, 1, "limit=5", "lines"),
            bound(1, 2, "limit=5", "lines"),
            bound(1, 1, "limit=6", "lines"),
            bound(1, 1, "limit=5", "payment"),
        ] {
            assert_eq!(other.read(&key, &cursor).unwrap_err().code(), Code::CursorMismatch);
        }
        assert_eq!(bound(1, 1, "", "").read(&key, "rubbish").unwrap_err().code(), Code::InvalidCursor);
    }
}
