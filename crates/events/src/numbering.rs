//! Numbers in customers' change feeds: each purchase that changed takes the next one of its customer, and so does each
//! tombstone.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use counterfoil_store::conn::Conn;
use counterfoil_store::hiding;
use counterfoil_store::people::{self, Changes, Identity};
use counterfoil_store::purchases::PurchaseRow;
use counterfoil_store::tombstones::Tombstone;

use crate::leaving::{Left, is_seen_alike};
use crate::packing::Linked;
use crate::placing::Joined;
use crate::recorder::RecordError;
use crate::workspace::Found;

/// What a hidden purchase's latest change is.
const HIDDEN: i32 = 5;

/// What a transaction does to customers beside their purchases.
#[derive(Debug, Default)]
pub(crate) struct Customers {
    /// Who they were taken for: it must still be so.
    pub(crate) expected: HashMap<Person, Identity>,
    /// Whose rows are taken all the same.
    pub(crate) held: Vec<Person>,
    /// Whose home is another now.
    pub(crate) moved: Vec<Mover>,
}

/// Somebody whose home changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mover {
    pub(crate) person: Person,
    pub(crate) old: Person,
    pub(crate) new: Person,
}

/// What is written once the numbers are known.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    pub(crate) rows: Vec<PurchaseRow>,
    pub(crate) tombstones: Vec<Tombstone>,
    /// Somebody's readers see less, because what others of the history hide is hidden too.
    pub(crate) is_veiled: bool,
    /// Everybody whose feed has news.
    pub(crate) told: Vec<Person>,
}

/// Takes the customers' rows, in order, and gives out numbers: tombstones first, so that a purchase that goes and
/// comes back at another place of the same history comes after it went.
///
/// # Errors
/// [`RecordError::Stale`] when somebody is not whom they were taken for.
pub(crate) fn number(
    conn: &mut Conn,
    mut linked: Vec<Linked>,
    left: &[Left],
    customers: &Customers,
    now: DateTime<Utc>,
) -> Result<Numbered, RecordError> {
    linked.sort_by_key(|linked| (linked.person, linked.row.purchased_at));
    let changes = changes(&linked, left, customers);
    if changes.is_empty() {
        return Ok(Numbered::default());
    }
    let counted = people::count(conn, &changes)?.ok_or(RecordError::Stale)?;
    for (person, identity) in &customers.expected {
        let is_so = counted
            .get(person)
            .is_some_and(|now| now.home == identity.home && now.home_since == identity.home_since);
        if !is_so {
            return Err(RecordError::Stale);
        }
    }
    let mut numbered = Numbered::default();
    for Mover { person, old, new } in &customers.moved {
        let last = counted.get(new).ok_or(RecordError::Stale)?.last;
        people::set_home(conn, *person, *new, Some(last))?;
        numbered.is_veiled |= hiding::unite(conn, &[*person, *old], *new, last)?;
    }
    let mut next: HashMap<Person, i64> = changes
        .iter()
        .filter_map(|change| Some((change.person, counted.get(&change.person)?.last - change.count + 1)))
        .collect();
    let mut take = |person: Person| {
        let seq = next.get_mut(&person).ok_or(RecordError::Stale)?;
        *seq += 1;
        Ok::<_, RecordError>(*seq - 1)
    };
    for left in left.iter().filter(|left| !left.is_forgotten) {
        if let (Found::Linked(person, ..), true) = (&left.from, left.told.is_some()) {
            numbered.tombstones.extend(left.tombstone(take(*person)?, now));
        }
    }
    for linked in linked {
        let last = counted.get(&linked.person).ok_or(RecordError::Stale)?.last;
        let number = if keeps_number(&linked) { None } else { Some(take(linked.person)?) };
        numbered.rows.push(filled_in(linked, number, last));
    }
    let news = changes.iter().filter(|change| change.count > 0).map(|change| change.person);
    numbered.told = news.collect();
    Ok(numbered)
}

/// A hidden purchase stays where it was hidden in the feed, whatever else happens to it.
fn keeps_number(linked: &Linked) -> bool {
    linked
        .was
        .as_ref()
        .is_some_and(|(person, was)| was.hidden && *person == linked.person && linked.may_stay_hidden)
}

fn changes(linked: &[Linked], left: &[Left], customers: &Customers) -> Vec<Changes> {
    let mut changes: BTreeMap<Person, Changes> = BTreeMap::new();
    let mut note = |person: Person, count: i64, narrowed: bool| {
        let changes = changes.entry(person).or_insert(Changes { person, count: 0, narrowed: false });
        changes.count += count;
        changes.narrowed |= narrowed;
    };
    for linked in linked {
        note(linked.person, i64::from(!keeps_number(linked)), false);
    }
    for left in left.iter().filter(|left| !left.is_forgotten) {
        if let Found::Linked(person, ..) = left.from {
            note(person, i64::from(left.told.is_some()), left.narrows);
        }
    }
    for person in customers.expected.keys().chain(&customers.held) {
        note(*person, 0, false);
    }
    for Mover { person, old, new } in &customers.moved {
        note(*person, 0, false);
        note(*old, 0, false);
        // A number of its own, so that who agreed before did not agree to this.
        note(*new, 1, false);
    }
    changes.into_values().collect()
}

fn filled_in(linked: Linked, number: Option<i64>, last: i64) -> PurchaseRow {
    let is_alike = linked.was.is_some_and(|(before, was)| is_seen_alike(&linked, before, &was));
    let Linked { mut row, joined, was, may_stay_hidden, person, .. } = linked;
    let before = was.filter(|(before, _)| *before == person).map(|(_, was)| was);
    row.hidden = may_stay_hidden && was.is_some_and(|(_, was)| was.hidden);
    if row.hidden {
        row.change_kind = HIDDEN;
    }
    let seq = number.or(before.map(|was| was.change_seq)).unwrap_or(last);
    row.change_seq = seq;
    row.shown_seq = before.filter(|_| is_alike).map_or(seq, |was| was.shown_seq);
    row.joined_seq = match joined {
        Joined::AsBefore => before.and_then(|was| was.joined_seq),
        Joined::Own => None,
        Joined::Since(since) => Some(before.and_then(|was| was.joined_seq).unwrap_or(since)),
        Joined::Now => Some(before.and_then(|was| was.joined_seq).unwrap_or(last)),
    };
    row
}
