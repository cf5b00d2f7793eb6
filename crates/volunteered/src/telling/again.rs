//! Telling everything that stands once more: where systems are told for the first time, and after an older state of the
//! database was put back, whose versions readers may have seen pass.

use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_domain::item;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::{Error, Result, consents, items, people};

use super::News;
use crate::act::Act;
use crate::customer::By;
use crate::{VolunteeredError, Volunteering};

/// Customers looked at together.
const PAGE: i64 = 500;
/// By how much versions rise, so that they are above those that were told in a time of which the database knows nothing.
const LEAP: i64 = 1 << 20;

/// Tells where every consent stands and which items there are, as newer versions than whatever was told before, on the
/// calling thread; how many messages that are. Acts go on meanwhile.
///
/// # Errors
/// The store's. What was done until then stays done, and may be done again.
pub fn tell_all(v: &Volunteering) -> Result<usize> {
    let (mut told, mut after) = (0, None);
    loop {
        let page = v.store().read_blocking(|conn| people::persons(conn, after, PAGE))?;
        let Some(last) = page.last() else { return Ok(told) };
        after = Some(*last);
        for person in page {
            told += v.store().write_blocking(|conn| tell_all_of(v, conn, person))?;
        }
    }
}

fn tell_all_of(v: &Volunteering, conn: &mut Conn, person: Person) -> Result<usize> {
    let act = match Act::begin(v, conn, person, By::time(), v.clock().now()) {
        Ok(act) => act,
        // Erased meanwhile.
        Err(VolunteeredError::NotFound) => return Ok(0),
        Err(VolunteeredError::Store(error)) => return Err(error),
        Err(other) => return Err(Error::Unexpected(format!("{other}"))),
    };
    let (mut news, mut told) = (News::default(), 0);
    for consent in act.customer.consents.values() {
        let mut consent = consent.clone();
        let Some(entry) = last_entry(conn, consent.record)? else { continue };
        consent.version += LEAP;
        consents::put(conn, &consent)?;
        news.consent_changed(&act, &consent, entry)?;
        told += 1;
    }
    for item in act.customer.items.values().filter(|item| item.state == item::State::Live) {
        let mut item = item.clone();
        let Some(entry) = last_entry(conn, item.record)? else { continue };
        item.version += LEAP;
        items::put(conn, &item)?;
        news.item_changed(&act, &item, entry)?;
        told += 1;
    }
    news.hand_in(conn)?;
    Ok(told)
}

fn last_entry(conn: &mut Conn, record: RecordId) -> Result<Option<EntryId>> {
    let last = entries::of_record(conn, Log::Consent, record, None, 1)?.pop();
    let id = last.map(|entry| EntryId::from_slice(&entry.entry_id));
    id.transpose().map_err(|_| Error::corrupt("entries", "entry_id", record))
}
