//! Entries without a person: sealed under the realm's own key.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{EntryId, RecordId};
use counterfoil_store::Result;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy, StoredEntry};
use counterfoil_store::keys::Secret;
use counterfoil_store::trees;

use crate::{Appended, Draft, Ledger, Opened, Under, draft};

/// The name of the realm's key.
const KEY: &str = "realm";

impl Ledger {
    /// Appends entries that are about no person to the consent log, each chained to its record's previous entry.
    ///
    /// # Errors
    /// [`counterfoil_store::Error::Unexpected`] as for [`Ledger::append`].
    pub fn append_for_realm(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        drafts: &[Draft],
    ) -> Result<Vec<Appended>> {
        let key = self.realm_key()?;
        self.append_sealed(conn, None, &Under { key: &key, by: SealedBy::Realm }, now, drafts)
    }

    /// Appends entries that are about no person to the access log, where nothing is chained.
    ///
    /// # Errors
    /// [`counterfoil_store::Error::Unexpected`] for a payload that JSON cannot say.
    pub fn append_access_for_realm(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        drafts: &[Draft],
    ) -> Result<Vec<Appended>> {
        let key = self.realm_key()?;
        let under = Under { key: &key, by: SealedBy::Realm };
        self.take_head(conn, Log::Access)?;
        let mut new = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let entry = self.seal_under(&under, now, draft, None, None)?;
            entries::note_record(conn, draft.record, None, entry.commitment)?;
            new.push(entry);
        }
        let ids: Vec<EntryId> = new.iter().map(|entry| entry.entry_id).collect();
        let first = entries::append(conn, Log::Access, new)?;
        Ok(ids.into_iter().zip(first..).map(|(entry_id, seq)| Appended { seq, entry_id }).collect())
    }

    /// Appends an entry of the operation to either log, whatever the guard says: the caller has seen to that. With `end`
    /// it gets that number, and those that the database has lost are skipped.
    pub(crate) fn append_operation(
        &self,
        conn: &mut Conn,
        log: Log,
        end: Option<i64>,
        now: DateTime<Utc>,
        draft: &Draft,
    ) -> Result<EntryId> {
        let key = self.realm_key()?;
        let under = Under { key: &key, by: SealedBy::Realm };
        match log {
            Log::Access => {
                entries::take_head(conn, Log::Access)?;
                skip_to(conn, Log::Access, end)?;
                // In the access log nothing is chained.
                let entry = self.seal_under(&under, now, draft, None, None)?;
                let id = entry.entry_id;
                entries::note_record(conn, draft.record, None, entry.commitment)?;
                entries::append(conn, Log::Access, vec![entry])?;
                Ok(id)
            }
            Log::Consent => {
                entries::take_head(conn, Log::Consent)?;
                skip_to(conn, Log::Consent, end)?;
                let prev = entries::last_commitments(conn, &[draft.record])?.remove(&draft.record);
                let entry = self.seal_under(&under, now, draft, None, prev)?;
                let id = entry.entry_id;
                entries::note_record(conn, draft.record, None, entry.commitment)?;
                entries::append(conn, Log::Consent, vec![entry])?;
                Ok(id)
            }
        }
    }

    /// The record of something that belongs to the realm: the same each time for the same parts, and nothing to anybody
    /// without the realm's key.
    pub fn realm_record(&self, parts: &[&[u8]]) -> Result<RecordId> {
        let parts: Vec<&[u8]> = std::iter::once(b"record".as_slice()).chain(parts.iter().copied()).collect();
        let mac = self.realm_key()?.mac(&parts);
        Ok(RecordId(mac.first_chunk::<16>().copied().unwrap_or_default()))
    }

    /// Opens an entry that is about no person.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_for_realm(&self, entry: &StoredEntry) -> Result<Opened> {
        draft::open(self.keys(), &self.realm_key()?, entry)
    }

    pub(crate) fn realm_key(&self) -> Result<Secret> {
        self.keys().named(KEY)
    }
}

/// Skips numbers up to `end`, where there is one. The caller holds the head.
fn skip_to(conn: &mut Conn, log: Log, end: Option<i64>) -> Result<()> {
    end.map_or(Ok(()), |end| trees::skip_to(conn, log, end))
}
