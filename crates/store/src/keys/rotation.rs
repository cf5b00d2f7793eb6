//! Wrapping every key anew under another master key, while others use and make keys.
//!
//! First the keystore says which master key is the present one; whoever makes a key asks, and holds that answer until the
//! key is there. So what is wrapped by the old one after that is nothing but old rows, and one pass finds them all. A pass
//! that was broken off is done again: what is wrapped by the new one already opens with it and is left alone.

use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use super::masters::Master;
use super::{Keys, named_place, on_keystore, wrapping_aad};
use crate::conn::{Conn, on_connection};
use crate::dialect;
use crate::error::{Error, Result};
use crate::people;
use crate::schema::{masters, named_keys, person_keys};

/// What a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrapped {
    /// Where the next step begins; absent behind the last one.
    pub after: Option<Person>,
    /// Rows that were looked at.
    pub rows: usize,
    /// Keys that were wrapped anew.
    pub keys: usize,
}

impl Keys {
    /// From now on keys are made under the master key that is first in the files. `false` when that was so before.
    ///
    /// # Errors
    /// [`Error::Key`] when the one that was present until now is not known.
    pub fn begin_rotation(&self) -> Result<bool> {
        let new = self.0.ring.first()?;
        on_keystore(&self.0.pool, |conn| {
            let before =
                dialect::present_master(conn)?.ok_or(Error::Key("the keystore has no master key"))?;
            self.0.ring.of(&before)?;
            diesel::update(masters::table.find("present"))
                .set(masters::master_id.eq(new.id.to_vec()))
                .execute(conn)?;
            Ok(before != new.id)
        })
    }

    /// Wraps the named keys anew; how many were not yet.
    ///
    /// # Errors
    /// [`Error::Key`] when one opens with no master key that is known.
    pub fn rewrap_named(&self) -> Result<usize> {
        let new = self.0.ring.first()?;
        on_keystore(&self.0.pool, |conn| {
            let rows = named_keys::table
                .select((named_keys::name, named_keys::wrapped))
                .load::<(String, Vec<u8>)>(conn)?;
            let mut count = 0;
            for (name, old) in rows {
                let Some(wrapped) = self.anew(&new, &named_place(&name), &old)? else { continue };
                // Only what is still what was read: a key that was destroyed meanwhile stays so.
                count += diesel::update(named_keys::table.find(&name).filter(named_keys::wrapped.eq(old)))
                    .set(named_keys::wrapped.eq(wrapped))
                    .execute(conn)?;
            }
            Ok(count)
        })
    }

    /// Wraps the keys of at most `limit` persons anew, behind `after` in the order of their bytes.
    ///
    /// # Errors
    /// [`Error::Key`] when one opens with no master key that is known.
    pub fn rewrap_persons(&self, after: Option<Person>, limit: i64) -> Result<Rewrapped> {
        let new = self.0.ring.first()?;
        on_keystore(&self.0.pool, |conn| {
            let behind = after.map_or_else(Vec::new, |person| person.as_bytes().to_vec());
            let rows = person_keys::table
                .filter(person_keys::person.gt(behind))
                .order(person_keys::person)
                .limit(limit)
                .select((
                    person_keys::person,
                    (person_keys::purchases, person_keys::volunteered, person_keys::evidence),
                ))
                .load::<(Vec<u8>, Wrapped)>(conn)?;
            let mut done = Rewrapped { after: None, rows: rows.len(), keys: 0 };
            for (person, wrapped) in rows {
                let person = people::person(&person)?;
                done.keys += self.rewrap_person(conn, &new, person, wrapped)?;
                done.after = Some(person);
            }
            Ok(done)
        })
    }

    fn rewrap_person(
        &self,
        conn: &mut Conn,
        new: &Master,
        person: Person,
        (purchases, volunteered, evidence): Wrapped,
    ) -> Result<usize> {
        let row = || person_keys::table.find(person.as_bytes().to_vec());
        let anew = |kind: &str, old: Option<Vec<u8>>| -> Result<Option<(Vec<u8>, Vec<u8>)>> {
            let Some(old) = old else { return Ok(None) };
            let wrapped = self.anew(new, &wrapping_aad(person.as_bytes(), kind), &old)?;
            Ok(wrapped.map(|wrapped| (old, wrapped)))
        };
        let mut count = 0;
        // Each only where it is still what was read: a key that was destroyed meanwhile stays so.
        if let Some((old, wrapped)) = anew("purchases", purchases)? {
            count += diesel::update(row().filter(person_keys::purchases.eq(old)))
                .set(person_keys::purchases.eq(wrapped))
                .execute(conn)?;
        }
        if let Some((old, wrapped)) = anew("volunteered", volunteered)? {
            count += diesel::update(row().filter(person_keys::volunteered.eq(old)))
                .set(person_keys::volunteered.eq(wrapped))
                .execute(conn)?;
        }
        if let Some((old, wrapped)) = anew("evidence", evidence)? {
            count += diesel::update(row().filter(person_keys::evidence.eq(old)))
                .set(person_keys::evidence.eq(wrapped))
                .execute(conn)?;
        }
        Ok(count)
    }

    /// A wrapped key under the new master key; `None` where it is already.
    fn anew(&self, new: &Master, place: &[u8], wrapped: &[u8]) -> Result<Option<Vec<u8>>> {
        let aead = &self.0.aead;
        if new.unwrap(aead, place, wrapped)?.is_some() {
            return Ok(None);
        }
        let key = self.0.ring.unwrap(aead, place, wrapped)?;
        new.wrap(aead, place, &key).map(Some)
    }

    /// How many persons have a row.
    pub fn persons(&self) -> Result<i64> {
        on_connection(&self.0.pool, |conn| Ok(person_keys::table.count().get_result(conn)?))
    }

    /// Lets go of what was overwritten, where the database keeps it.
    pub fn let_go(&self) -> Result<()> {
        on_connection(&self.0.pool, dialect::let_go_of_overwritten)
    }

    /// Writes a consistent copy of the keystore into an empty file; `false` where it is on PostgreSQL.
    pub fn backup(&self, file: &str) -> Result<bool> {
        on_connection(&self.0.pool, |conn| dialect::copy_to(conn, file))
    }
}

type Wrapped = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);
