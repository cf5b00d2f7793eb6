//! A customer's own record leaves as a file: each part of it is sealed before it goes.

use chrono::{DateTime, NaiveDate, Utc};
use counterfoil_domain::entry::{Actor, Display, EntryType};
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::PersonKeys;
use counterfoil_store::{Contention, people};
use serde_json::json;

use crate::grants::BASIS;
use crate::{Appended, Draft, Ledger};

/// A part of a file that is about to leave.
#[derive(Debug, Clone)]
pub struct Part {
    /// Whose purchases.
    pub person: Person,
    /// Their epoch when the part was read.
    pub customer_epoch: i64,
    /// The form of the file: `csv` or `json`.
    pub form: &'static str,
    /// Its number in the file, from 1.
    pub number: u32,
    /// The entry of the file's first part; absent there.
    pub first: Option<EntryId>,
    /// Purchases in it.
    pub purchases: usize,
    /// Local date of the earliest.
    pub from: Option<NaiveDate>,
    /// Local date of the latest.
    pub to: Option<NaiveDate>,
    /// What was shown when the customer asked for it.
    pub display: Option<Display>,
}

/// Why a part may not leave.
#[derive(Debug, thiserror::Error)]
pub enum DownloadRefusal {
    /// Something that narrows came since it was read: read it again.
    #[error("the history was narrowed while it was read")]
    Changed,
    /// There is no such customer any more.
    #[error("the customer is gone")]
    Gone,
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Contention for DownloadRefusal {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl Ledger {
    /// Seals a part of a file for its customer: with the access log's head held, looks whether they are still there
    /// and nothing of theirs was narrowed, then writes the entry. The part may leave once this is committed.
    ///
    /// # Errors
    /// [`DownloadRefusal`] when it may not leave.
    pub fn seal_download(
        &self,
        conn: &mut Conn,
        keys: &PersonKeys,
        now: DateTime<Utc>,
        part: &Part,
    ) -> Result<Appended, DownloadRefusal> {
        self.take_head(conn, Log::Access)?;
        match people::epoch(conn, part.person)? {
            None => return Err(DownloadRefusal::Gone),
            Some(epoch) if epoch != part.customer_epoch => return Err(DownloadRefusal::Changed),
            Some(_) => {}
        }
        let draft = draft(keys, now, part);
        let entry = self.seal_entry(keys, now, &draft, None)?;
        let entry_id = entry.entry_id;
        entries::note_record(conn, draft.record, Some(part.person), entry.commitment)?;
        let seq = entries::append(conn, Log::Access, vec![entry])?;
        Ok(Appended { seq, entry_id })
    }
}

/// One record per customer, which needs no row of its own to be found again and is nothing to anybody without the
/// customer's key.
fn record(keys: &PersonKeys) -> RecordId {
    let mac = keys.evidence.mac(&[b"record", b"download"]);
    RecordId(mac.first_chunk::<16>().copied().unwrap_or_default())
}

fn draft(keys: &PersonKeys, now: DateTime<Utc>, part: &Part) -> Draft {
    Draft {
        entry_type: EntryType::DisclosureDownload,
        record: record(keys),
        actor: Actor::Customer,
        state: None,
        basis: Some(BASIS),
        effective_at: now,
        expires: None,
        display: part.display.clone(),
        cause: part.first,
        entry_id: None,
        config: None,
        payload: Some(json!({
            "form": part.form,
            "part": part.number,
            "purchases": part.purchases,
            "from": part.from,
            "to": part.to,
        })),
    }
}
