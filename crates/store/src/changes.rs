//! The change feed of a customer: what stands between two numbers of it, for a reader to choose from. It is no table:
//! purchases stand in it at their latest number, tombstones where a purchase was.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, PurchaseId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::{customers, purchases, tombstones};
use crate::tombstones::Parting;

/// What happened at a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The order came, or a newer revision of it.
    Recorded,
    /// Something came back.
    Returned,
    /// Money came back.
    Refunded,
    /// It entered this history: a link, a merge, an alias.
    Linked,
    /// The customer shows it again.
    Revealed,
    /// The customer hides it from every app.
    Hidden,
    /// It is not this customer's any more, or not at this place of their history.
    Unlinked,
    /// It is nobody's any more.
    Erased,
}

impl Kind {
    /// Reads `purchases.change_kind`.
    pub fn from_code(code: i32) -> Option<Self> {
        [Self::Recorded, Self::Returned, Self::Refunded, Self::Linked, Self::Revealed, Self::Hidden]
            .get(usize::try_from(code).ok()?)
            .copied()
    }
}

/// One row of the feed, with what decides who may learn of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub change_seq: i64,
    /// What happened.
    pub kind: Kind,
    /// To which purchase.
    pub purchase_id: PurchaseId,
    /// Local date of the purchase, as it was then.
    pub local_date: NaiveDate,
    /// Whether it was on a shared account.
    pub shared: bool,
    /// The number at which it had last begun to be visible.
    pub shown_seq: i64,
    /// Since when it belongs, or belonged, to this customer for another reason than its own order.
    pub joined_seq: Option<i64>,
    /// Of a purchase that left: a revision above every one that was served, and when it left.
    pub left: Option<(i64, DateTime<Utc>)>,
}

/// Part of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The feed's latest number when reading began.
    pub upto: i64,
    /// The number through which `rows` are complete: `upto`, or less where there is more to read.
    pub through: i64,
    /// Rows in the order of their numbers.
    pub rows: Vec<Row>,
}

/// The latest number in a customer's feed; `None` when they are gone.
pub fn upto(conn: &mut Conn, person: Person) -> Result<Option<i64>> {
    Ok(customers::table
        .find(person.as_bytes().to_vec())
        .select(customers::change_seq)
        .first(conn)
        .optional()?)
}

/// What stands after `position`: at most `limit` purchases and `limit` tombstones. Tombstones up to `began`, where the
/// reader began, are left out: they tell of what it was never shown. `None` when the customer is gone.
///
/// The latest number is read first. What moves on after that has a greater one, and comes with a later page.
pub fn read(conn: &mut Conn, person: Person, position: i64, began: i64, limit: i64) -> Result<Option<Page>> {
    let Some(upto) = upto(conn, person)? else { return Ok(None) };
    let mut page = Page { upto, through: upto, rows: Vec::new() };
    if upto <= position {
        return Ok(Some(page));
    }
    page.add(standing(conn, person, position, upto, limit)?, limit);
    page.add(left(conn, person, position.max(began), upto, limit)?, limit);
    page.rows.retain(|row| row.change_seq <= page.through);
    page.rows.sort_by_key(|row| row.change_seq);
    Ok(Some(page))
}

impl Page {
    fn add(&mut self, rows: Vec<Row>, limit: i64) {
        let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
        if let Some(last) = rows.last().filter(|_| is_full) {
            self.through = self.through.min(last.change_seq);
        }
        self.rows.extend(rows);
    }
}

type StandingRow = (i64, i32, bool, Vec<u8>, NaiveDate, bool, i64, Option<i64>);

fn standing(conn: &mut Conn, person: Person, after: i64, upto: i64, limit: i64) -> Result<Vec<Row>> {
    let rows = purchases::table
        .filter(purchases::person.eq(person.as_bytes().to_vec()))
        .filter(purchases::change_seq.gt(after))
        .filter(purchases::change_seq.le(upto))
        .order(purchases::change_seq)
        .limit(limit)
        .select((
            purchases::change_seq,
            purchases::change_kind,
            purchases::hidden,
            purchases::purchase_id,
            purchases::local_date,
            purchases::shared,
            purchases::shown_seq,
            purchases::joined_seq,
        ))
        .load::<StandingRow>(conn)?;
    let read = |(change_seq, code, hidden, id, local_date, shared, shown_seq, joined_seq): StandingRow| {
        let kind = if hidden { Some(Kind::Hidden) } else { Kind::from_code(code) };
        Ok(Row {
            change_seq,
            kind: kind.ok_or_else(|| Error::corrupt("purchases", "change_kind", person))?,
            purchase_id: PurchaseId::from_slice(&id)
                .map_err(|_| Error::corrupt("purchases", "purchase_id", person))?,
            local_date,
            shared,
            shown_seq,
            joined_seq,
            left: None,
        })
    };
    rows.into_iter().map(read).collect()
}

type LeftRow = (i64, i32, Vec<u8>, NaiveDate, bool, i64, Option<i64>, i64, NaiveDateTime);

const LEFT: (
    tombstones::change_seq,
    tombstones::kind,
    tombstones::purchase_id,
    tombstones::local_date,
    tombstones::shared,
    tombstones::shown_seq,
    tombstones::joined_seq,
    tombstones::revision,
    tombstones::recorded_at,
) = (
    tombstones::change_seq,
    tombstones::kind,
    tombstones::purchase_id,
    tombstones::local_date,
    tombstones::shared,
    tombstones::shown_seq,
    tombstones::joined_seq,
    tombstones::revision,
    tombstones::recorded_at,
);

fn left(conn: &mut Conn, person: Person, after: i64, upto: i64, limit: i64) -> Result<Vec<Row>> {
    if upto <= after {
        return Ok(Vec::new());
    }
    let rows = tombstones::table
        .filter(tombstones::person.eq(person.as_bytes().to_vec()))
        .filter(tombstones::change_seq.gt(after))
        .filter(tombstones::change_seq.le(upto))
        .order(tombstones::change_seq)
        .limit(limit)
        .select(LEFT)
        .load::<LeftRow>(conn)?;
    rows.into_iter().map(|row| read_left(person, row)).collect()
}

fn read_left(person: Person, row: LeftRow) -> Result<Row> {
    let (change_seq, code, id, local_date, shared, shown_seq, joined_seq, revision, at) = row;
    let kind = match Parting::from_code(code) {
        Some(Parting::Unlinked) => Kind::Unlinked,
        Some(Parting::Erased) => Kind::Erased,
        None => return Err(Error::corrupt("tombstones", "kind", person)),
    };
    Ok(Row {
        change_seq,
        kind,
        purchase_id: PurchaseId::from_slice(&id)
            .map_err(|_| Error::corrupt("tombstones", "purchase_id", person))?,
        local_date,
        shared,
        shown_seq,
        joined_seq,
        left: Some((revision, at.and_utc())),
    })
}

/// How a purchase last left a customer's history, if it ever did.
pub fn last_left(conn: &mut Conn, person: Person, id: PurchaseId) -> Result<Option<Row>> {
    let row = tombstones::table
        .filter(tombstones::person.eq(person.as_bytes().to_vec()))
        .filter(tombstones::purchase_id.eq(id.as_bytes().to_vec()))
        .order(tombstones::change_seq.desc())
        .select(LEFT)
        .first::<LeftRow>(conn)
        .optional()?;
    row.map(|row| read_left(person, row)).transpose()
}

/// A purchase at its number.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Document {
    /// Its number.
    pub change_seq: i64,
    /// The sealed document.
    pub document: Vec<u8>,
}

/// The documents of the purchases that stand at these numbers. One that has moved on since is absent.
pub fn documents(conn: &mut Conn, person: Person, numbers: &[i64]) -> Result<Vec<Document>> {
    Ok(purchases::table
        .filter(purchases::person.eq(person.as_bytes().to_vec()))
        .filter(purchases::change_seq.eq_any(numbers.to_vec()))
        .order(purchases::change_seq)
        .select((purchases::change_seq, purchases::document))
        .load(conn)?)
}
