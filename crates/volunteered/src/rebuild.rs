//! Whether what the tables say is what the headers of the entries alone say.

use std::collections::HashSet;

use counterfoil_domain::entry::{EntryType, Family};
use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::objections::{self, Objection};
use counterfoil_store::{Error, consents, dark, exchanges, items, people, rights};

use crate::{VolunteeredError, Volunteering};

/// A record of which a table and the ledger say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The record.
    pub record: RecordId,
    /// Whose it is.
    pub person: Person,
    /// What the table says.
    pub stored: String,
    /// What the headers say.
    pub rebuilt: String,
}

/// Rows and records looked at together.
const PAGE: i64 = 500;
/// What a record is said to be that the table or the ledger does not have.
const NOTHING: &str = "nothing";

/// What the table of one kind says of its records.
struct Rows {
    table: &'static str,
    states: Vec<(RecordId, Person, String)>,
}

/// Holds every consent, item, exchange and objection, and whoever has gone dark, against the last header of its record,
/// both ways: what a table says that no entry says, and what entries say that no table has.
///
/// # Errors
/// The store's.
pub async fn check(v: &Volunteering) -> Result<Vec<Difference>, VolunteeredError> {
    let volunteering = v.clone();
    v.store().read_moment(move |conn| Ok(check_in(&volunteering, conn)?)).await
}

pub(crate) fn check_in(v: &Volunteering, conn: &mut Conn) -> counterfoil_store::Result<Vec<Difference>> {
    let mut differences = Vec::new();
    let mut known: HashSet<RecordId> = HashSet::new();
    for rows in tables(conn)? {
        for (record, person, stored) in rows.states {
            known.insert(record);
            let rebuilt = last_state(v, conn, person, record)?.map_or(NOTHING.to_owned(), |(_, state)| state);
            if rebuilt != stored {
                differences.push(Difference { table: rows.table, record, person, stored, rebuilt });
            }
        }
    }
    let mut after = None;
    loop {
        let page = people::persons(conn, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(differences) };
        after = Some(*last);
        for person in page {
            for record in entries::records_of(conn, person)?.into_iter().filter(|id| !known.contains(id)) {
                let Some((entry_type, rebuilt)) = last_state(v, conn, person, record)? else { continue };
                if let Some(table) = table_of(entry_type) {
                    let stored = NOTHING.to_owned();
                    differences.push(Difference { table, record, person, stored, rebuilt });
                }
            }
        }
    }
}

/// The table that must have a row where a record's last entry is of this type; none where there need be none.
fn table_of(last: EntryType) -> Option<&'static str> {
    match (last, last.family()) {
        (EntryType::ObjectionRaised, _) => Some("objections"),
        (EntryType::PersonGoneDark, _) => Some("dark"),
        (_, Family::Consent) => Some("consents"),
        (_, Family::Volunteered) => Some("items"),
        (_, Family::Value) => Some("exchanges"),
        _ => None,
    }
}

/// What the last entry of a record says: its type and its state.
fn last_state(
    v: &Volunteering,
    conn: &mut Conn,
    person: Person,
    record: RecordId,
) -> counterfoil_store::Result<Option<(EntryType, String)>> {
    let Some(entry) = entries::of_record(conn, Log::Consent, record, None, 1)?.pop() else { return Ok(None) };
    let (Some(evidence), true) = (v.keys().evidence(person)?, entry.header.is_some()) else {
        return Ok(None);
    };
    let header = v.ledger().open_under(&evidence, &entry)?.header;
    let text = |name: &str| header.get(name).and_then(serde_json::Value::as_str);
    let corrupt = || Error::corrupt("entries", "header", entry.seq);
    let entry_type = text("type").and_then(EntryType::from_name).ok_or_else(corrupt)?;
    Ok(Some((entry_type, text("state").unwrap_or_default().to_owned())))
}

/// A page of a table's rows, and what to go on after.
fn all<T, A>(
    conn: &mut Conn,
    read: impl Fn(&mut Conn, Option<A>) -> counterfoil_store::Result<Vec<T>>,
    place: impl Fn(&T) -> A,
) -> counterfoil_store::Result<Vec<T>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = read(conn, after)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(place(last));
        found.extend(page);
    }
}

fn tables(conn: &mut Conn) -> counterfoil_store::Result<Vec<Rows>> {
    let consents = all(conn, |conn, after| consents::page(conn, after, PAGE), |one| one.consent_id)?;
    let items = all(conn, |conn, after| items::page(conn, after, PAGE), |one| one.item_id)?;
    let exchanges = all(conn, |conn, after| exchanges::page(conn, after, PAGE), |one| one.exchange_id)?;
    let objections = all(
        conn,
        |conn, after: Option<Objection>| objections::page(conn, after.as_ref(), PAGE),
        Clone::clone,
    )?;
    let dark = all(conn, |conn, after| dark::page(conn, after, PAGE), |one| one.person)?;
    let rights = all(conn, |conn, after| rights::page(conn, after, PAGE), |one| one.right_id)?;
    let rights = rights.into_iter().map(|one| (one.record, one.person, one.state.name().to_owned()));
    let consents = consents.into_iter().map(|one| (one.record, one.person, one.state.iri().to_owned()));
    let items = items.into_iter().map(|one| (one.record, one.person, one.state.name().to_owned()));
    let exchanges = exchanges.into_iter().map(|one| (one.record, one.person, one.state.name().to_owned()));
    let objections = objections.into_iter().map(|one| (one.record, one.person, "raised".to_owned()));
    let dark = dark.into_iter().map(|one| (one.record, one.person, "dark".to_owned()));
    Ok(vec![
        Rows { table: "consents", states: consents.collect() },
        Rows { table: "items", states: items.collect() },
        Rows { table: "exchanges", states: exchanges.collect() },
        Rows { table: "objections", states: objections.collect() },
        Rows { table: "rights", states: rights.collect() },
        Rows { table: "dark", states: dark.collect() },
    ])
}
