//! What a customer hides: purchases and categories from every app; and the history that their names lead to.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, PurchaseId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::people::{self, Changes};
use crate::purchases::After;
use crate::schema::{customers, purchases};

/// `change_kind` of a purchase that its customer showed again.
const REVEALED: i32 = 4;
/// `change_kind` of a purchase that its customer hid.
const HIDDEN: i32 = 5;

/// Where a person's purchases lie, and who else's lie there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The person under whom the purchases are stored.
    pub home: Person,
    /// Everybody whose home this is, in ascending order; the home is one of them, unless it is gone.
    pub members: Vec<Person>,
}

/// The history of a person.
pub fn history(conn: &mut Conn, person: Person) -> Result<History> {
    let home = people::home(conn, person)?;
    Ok(History { home, members: people::members(conn, home)? })
}

/// The latest number in a customer's change feed; `None` when there is no such customer (any more).
pub fn change_seq(conn: &mut Conn, person: Person) -> Result<Option<i64>> {
    Ok(customers::table
        .find(person.as_bytes().to_vec())
        .select(customers::change_seq)
        .first(conn)
        .optional()?)
}

/// Counts an act of the customer in the change feed of their history, and locks it; gives the act's number. Where
/// readers of every grant may see something else afterwards (`is_for_all`), the epochs of all members move: a grant
/// rests on the person it names, wherever that person's purchases lie.
///
/// # Errors
/// [`Error::Contended`] when the history is not the one that was looked at any more.
pub fn count_act(conn: &mut Conn, history: &History, is_for_all: bool) -> Result<i64> {
    let locked = history.members.iter().copied().filter(|person| is_for_all || *person == history.home);
    let changes: Vec<Changes> = locked
        .map(|person| Changes { person, count: i64::from(person == history.home), narrowed: is_for_all })
        .collect();
    let counted = people::count_changes(conn, &changes)?;
    if self::history(conn, history.home)? != *history {
        return Err(Error::Contended);
    }
    counted.get(&history.home).copied().ok_or(Error::Contended)
}

/// The ids of the categories that a customer hides from every app, in ascending order.
pub fn categories(conn: &mut Conn, home: Person) -> Result<Vec<String>> {
    let joined = customers::table
        .find(home.as_bytes().to_vec())
        .select(customers::hidden_categories)
        .first::<String>(conn)
        .optional()?
        .unwrap_or_default();
    Ok(joined.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect())
}

/// Writes which categories a customer hides, as of number `seq` of their change feed. Their row must be held.
pub fn set_categories(conn: &mut Conn, home: Person, ids: &[String], seq: i64) -> Result<()> {
    let mut sorted: Vec<&str> = ids.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    diesel::update(customers::table.find(home.as_bytes().to_vec()))
        .set((customers::hidden_categories.eq(sorted.join(",")), customers::veil_seq.eq(seq)))
        .execute(conn)?;
    Ok(())
}

/// Hides from every app in one history what is hidden in others, as of number `seq` of its change feed: histories become
/// one, or two again, and what somebody hid stays hidden wherever they are. Whether that hides more than before; then
/// the access head must be taken before the commit. All rows must be held.
pub fn unite(conn: &mut Conn, others: &[Person], home: Person, seq: i64) -> Result<bool> {
    let before = categories(conn, home)?;
    let mut all = before.clone();
    for other in others {
        all.extend(categories(conn, *other)?);
    }
    all.sort_unstable();
    all.dedup();
    if all == before {
        return Ok(false);
    }
    set_categories(conn, home, &all, seq)?;
    diesel::update(customers::table.find(home.as_bytes().to_vec()))
        .set(customers::customer_epoch.eq(customers::customer_epoch + 1))
        .execute(conn)?;
    Ok(true)
}

/// A purchase as its own customer sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct OwnRow {
    /// When, in UTC.
    pub purchased_at: NaiveDateTime,
    /// Which.
    pub purchase_id: Vec<u8>,
    /// Local date.
    pub local_date: NaiveDate,
    /// The sealed document.
    pub document: Vec<u8>,
    /// Whether it is hidden from every app.
    pub hidden: bool,
}

/// Which of their purchases a customer wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that are hidden from every app.
    Hidden,
    /// These.
    Among(Vec<PurchaseId>),
}

/// A page of a customer's own purchases, newest first.
pub fn page(
    conn: &mut Conn,
    home: Person,
    which: &Which,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<OwnRow>> {
    let mut query = purchases::table.filter(purchases::person.eq(home.as_bytes().to_vec())).into_boxed();
    match which {
        Which::All => {}
        Which::Hidden => query = query.filter(purchases::hidden.eq(true)),
        Which::Among(ids) => {
            let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            query = query.filter(purchases::purchase_id.eq_any(ids));
        }
    }
    if let Some(After { purchased_at, purchase_id }) = after {
        let (at, id) = (purchased_at.naive_utc(), purchase_id.as_bytes().to_vec());
        query = query
            .filter(purchases::purchased_at.le(at))
            .filter(purchases::purchased_at.lt(at).or(purchases::purchase_id.lt(id)));
    }
    Ok(query
        .order((purchases::purchased_at.desc(), purchases::purchase_id.desc()))
        .limit(limit)
        .select((
            purchases::purchased_at,
            purchases::purchase_id,
            purchases::local_date,
            purchases::document,
            purchases::hidden,
        ))
        .load(conn)?)
}

/// Whether a purchase is hidden from every app; `None` where it is not.
pub fn is_hidden(
    conn: &mut Conn,
    home: Person,
    purchased_at: DateTime<Utc>,
    id: PurchaseId,
) -> Result<Option<bool>> {
    let key = (home.as_bytes().to_vec(), purchased_at.naive_utc(), id.as_bytes().to_vec());
    Ok(purchases::table.find(key).select(purchases::hidden).first(conn).optional()?)
}

/// Hides a purchase from every app as of number `seq` of its customer's change feed, or shows it again. Its object's
/// row must be held.
///
/// # Errors
/// [`Error::Corrupt`] when the purchase is not where its object says.
pub fn set_hidden(
    conn: &mut Conn,
    home: Person,
    purchased_at: DateTime<Utc>,
    id: PurchaseId,
    hidden: bool,
    seq: i64,
) -> Result<()> {
    let key = (home.as_bytes().to_vec(), purchased_at.naive_utc(), id.as_bytes().to_vec());
    let target = purchases::table.find(key);
    let changed = if hidden {
        diesel::update(target)
            .set((
                purchases::hidden.eq(true),
                purchases::change_kind.eq(HIDDEN),
                purchases::change_seq.eq(seq),
            ))
            .execute(conn)?
    } else {
        diesel::update(target)
            .set((
                purchases::hidden.eq(false),
                purchases::change_kind.eq(REVEALED),
                purchases::change_seq.eq(seq),
                purchases::shown_seq.eq(seq),
            ))
            .execute(conn)?
    };
    if changed == 1 { Ok(()) } else { Err(Error::corrupt("objects", "purchased_at", id)) }
}

/// What of a history a grant covers, as far as counting needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First local date.
    pub from: Option<NaiveDate>,
    /// Last local date.
    pub to: Option<NaiveDate>,
    /// Whether purchases on shared accounts are among it.
    pub shared: bool,
}

/// How many purchases joined a history after number `agreed_seq` of its change feed and would be shown within `window`.
pub fn joined_since(conn: &mut Conn, home: Person, agreed_seq: i64, window: Window) -> Result<i64> {
    let mut query = purchases::table
        .filter(purchases::person.eq(home.as_bytes().to_vec()))
        .filter(purchases::joined_seq.gt(agreed_seq))
        .filter(purchases::hidden.eq(false))
        .into_boxed();
    if let Some(from) = window.from {
        query = query.filter(purchases::local_date.ge(from));
    }
    if let Some(to) = window.to {
        query = query.filter(purchases::local_date.le(to));
    }
    if !window.shared {
        query = query.filter(purchases::shared.eq(false));
    }
    Ok(query.count().get_result(conn)?)
}
