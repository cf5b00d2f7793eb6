//! Entries about nobody: the realm's own acts, sealed under the realm's key.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::EntryId;
use counterfoil_store::Result;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy};

use crate::{Appended, Draft, Ledger};

impl Ledger {
    /// Appends entries that are about no person to the consent log, each chained to its record's previous entry.
    ///
    /// # Errors
    /// [`counterfoil_store::Error::Unexpected`] for a payload that JSON cannot say.
    pub fn append_for_realm(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        drafts: &[Draft],
    ) -> Result<Vec<Appended>> {
        let key = self.0.keys.named("realm")?;
        entries::take_head(conn, Log::Consent)?;
        let records: Vec<_> = drafts.iter().map(|draft| draft.record).collect();
        let mut last = entries::last_commitments(conn, &records)?;
        let mut new = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let prev = last.get(&draft.record).copied();
            let entry = self.seal_under(&key, SealedBy::Realm, now, draft, prev)?;
            last.insert(draft.record, entry.commitment);
            entries::note_record(conn, draft.record, None, entry.commitment)?;
            new.push(entry);
        }
        let ids: Vec<EntryId> = new.iter().map(|entry| entry.entry_id).collect();
        let first = entries::append(conn, Log::Consent, new)?;
        Ok(ids.into_iter().zip(first..).map(|(entry_id, seq)| Appended { seq, entry_id }).collect())
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
        let key = self.0.keys.named("realm")?;
        entries::take_head(conn, Log::Access)?;
        let mut new = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let entry = self.seal_under(&key, SealedBy::Realm, now, draft, None)?;
            entries::note_record(conn, draft.record, None, entry.commitment)?;
            new.push(entry);
        }
        let ids: Vec<EntryId> = new.iter().map(|entry| entry.entry_id).collect();
        let first = entries::append(conn, Log::Access, new)?;
        Ok(ids.into_iter().zip(first..).map(|(entry_id, seq)| Appended { seq, entry_id }).collect())
    }
}
