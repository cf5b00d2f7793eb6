//! A customer is erased: their purchases from before go with all that belongs to them, the way from their names to them
//! goes, and what arrives later about before is dropped. What they bought since, and what was said of who is who since,
//! is a new person's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::stream::EventOrder;
use counterfoil_store::aliases::{self, Alias};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::erasures::{Destruction, Door};
use counterfoil_store::objects::{self, Kind, Latest, Object};
use counterfoil_store::people::{self, Identity, Removed};
use counterfoil_store::suppression::{self, Suppressed};
use counterfoil_store::{
    addresses, announcements, erasure_requests, erasures, links, purchases, quarantine, sessions, tombstones,
};

use crate::heirs::Heirs;
use crate::homes::homes;
use crate::leaving::note_left;
use crate::loading::load;
use crate::numbering::{Customers, Mover};
use crate::recorder::{RecordError, Recorder};
use crate::storing::{store_linked, store_loose};
use crate::subject::{Applied, against, latest_of};
use crate::workspace::{Found, Workspace};
use crate::write::update_objects;

/// An erasure, by whichever door.
#[derive(Debug, Clone)]
pub(crate) struct Erasure {
    /// Blind index of the customer's name.
    pub(crate) index: [u8; 16],
    /// Orders that go as well.
    pub(crate) orders: Vec<ObjectId>,
    /// What is about before goes.
    pub(crate) at: DateTime<Utc>,
    /// Its place among the events about that name, and the digest of its content, where it came as one.
    pub(crate) said: Option<(EventOrder, [u8; 32])>,
    /// By which door it came.
    pub(crate) door: Door,
}

/// The place of an erasure that no event said: behind every one that does.
const UNSAID: Latest = Latest { order_kind: 0, order_value: i64::MIN, digest: [0; 32] };

/// What came of an erasure.
pub(crate) struct Outcome {
    pub(crate) applied: Applied,
    /// Everybody who is no more.
    pub(crate) erased: Vec<Person>,
}

/// Who is erased, and who was of the same history but became so only afterwards.
#[derive(Debug, Default)]
struct Group {
    erased: Vec<Person>,
    staying: Vec<Person>,
}

/// Erases. `successors` are new persons, with keys, for those about whom there is something since; `held` are objects
/// that must be held too.
///
/// # Errors
/// [`RecordError::Succeed`] names those who need a successor and have none.
pub(crate) fn erase(
    recorder: &Recorder,
    conn: &mut Conn,
    erasure: &Erasure,
    successors: &HashMap<Person, Person>,
    held: &BTreeSet<ObjectId>,
    now: DateTime<Utc>,
) -> Result<Outcome, RecordError> {
    aliases::take_head(conn)?;
    let before = suppression::find(conn, &erasure.index)?;
    let stands = before.filter(|before| before.latest.order_value != UNSAID.order_value);
    let applied = stands
        .zip(erasure.said)
        .and_then(|(stands, (order, digest))| against(stands.latest, order, digest))
        .unwrap_or(Applied::Stored);
    let group = match applied {
        Applied::Stored => group(conn, erasure)?,
        // Nobody is erased again; the orders that an older erasure names are news all the same.
        Applied::Stale => Group::default(),
        _ => return Ok(Outcome { applied, erased: Vec::new() }),
    };
    let mut heirs = Heirs::new(successors, &group.erased);
    let said_since = said_since(conn, erasure, &group, &mut heirs)?;
    aliases::remove_of(conn, &group.erased)?;
    for alias in &said_since {
        aliases::put(conn, alias)?;
    }
    let mut ids = affected(conn, erasure, &group)?;
    ids.extend(held);
    let claimed: Vec<Object> = ids.iter().map(|id| Object::awaited(*id, Kind::Order)).collect();
    let existing = objects::claim(conn, &claimed)?;
    let mut workspace = Workspace::default();
    workspace.objects.extend(claimed.iter().map(|object| (object.id, object.clone())));
    workspace.objects.extend(existing.clone());
    load(recorder, conn, &mut workspace)?;
    sort_out(&mut workspace, erasure, &group, now);
    heirs.take_over(&mut workspace, erasure.at);
    heirs.all_there()?;
    let moved = find_homes(conn, &mut workspace, &group, &heirs)?;
    workspace.place_all(now);

    let packed = recorder.pack(&mut workspace, &[])?;
    let mut left = Vec::new();
    note_left(&workspace, &packed, &mut left);
    for left in &mut left {
        left.is_forgotten = matches!(&left.from, Found::Linked(person, ..) if group.erased.contains(person));
    }
    let written: HashMap<ObjectId, &Object> = claimed.iter().map(|object| (object.id, object)).collect();
    update_objects(conn, &workspace, &existing, &written)?;
    for order in &workspace.linked {
        if let Some(link) = workspace.links.get(order) {
            links::put(conn, *order, link)?;
        }
    }
    let linked = store_loose(conn, now, packed, &left)?;
    let (removed, missing) = replace_people(recorder, conn, erasure, &group, &heirs, &ids, now)?;
    if !missing.is_empty() {
        return Err(RecordError::Extend(missing));
    }
    let customers = Customers { held: group.staying.clone(), moved, ..Customers::default() };
    let numbered = store_linked(conn, now, linked, &left, &customers)?;
    tombstones::remove_of(conn, &group.erased)?;
    let orders: Vec<ObjectId> = ids.iter().copied().collect();
    quarantine::delete_of(conn, &named(recorder, erasure, &removed), &orders)?;
    if applied == Applied::Stored {
        suppress(conn, erasure, &removed)?;
    }
    erasures::begin(conn, &destructions(recorder, erasure, &group, &removed, now)?)?;
    erasure_requests::delete_of(conn, &group.erased)?;
    announcements::announce(conn, &[&group.erased[..], &numbered.told].concat())?;
    sessions::delete_of(conn, &group.erased)?;
    addresses::delete_of(conn, &group.erased)?;
    if !group.erased.is_empty() {
        entries::take_head(conn, Log::Access)?;
    }
    Ok(Outcome { applied, erased: group.erased })
}

/// Whether something was said at or after that time, as far as it is ordered by time at all.
pub(crate) fn is_since(latest: Latest, at: DateTime<Utc>) -> bool {
    latest.order_kind > 0 && latest.order_value >= at.timestamp_micros()
}

/// Who shares a history by what was said before the erasure.
fn group(conn: &mut Conn, erasure: &Erasure) -> Result<Group, RecordError> {
    let Some(named) = people::find(conn, &erasure.index)? else { return Ok(Group::default()) };
    let home = people::home(conn, named)?;
    let members = people::members(conn, home)?;
    let mut statements = aliases::active_from(conn, &members)?;
    statements.retain(|alias| !is_since(alias.latest, erasure.at));
    let homes = homes(&members, &statements, &HashMap::new());
    let (erased, staying) = members.into_iter().partition(|person| homes.get(person) == homes.get(&named));
    Ok(Group { erased, staying })
}

/// What was said since of those who are erased: it is about their successors.
fn said_since(
    conn: &mut Conn,
    erasure: &Erasure,
    group: &Group,
    heirs: &mut Heirs<'_>,
) -> Result<Vec<Alias>, RecordError> {
    let mut since = aliases::about(conn, &group.erased)?;
    since.retain(|alias| is_since(alias.latest, erasure.at));
    for alias in &mut since {
        for person in [&mut alias.from, &mut alias.into].into_iter().flatten() {
            *person = heirs.of(*person);
        }
    }
    Ok(since)
}

fn affected(conn: &mut Conn, erasure: &Erasure, group: &Group) -> Result<BTreeSet<ObjectId>, RecordError> {
    let mut ids: BTreeSet<ObjectId> = erasure.orders.iter().copied().collect();
    for person in group.erased.iter().chain(&group.staying) {
        ids.extend(purchases::ids_of(conn, *person)?.into_iter().map(|(id, _)| ObjectId::from(id)));
    }
    ids.extend(links::orders_of(conn, &group.erased)?);
    ids.extend(objects::claimed_elsewhere(conn, &group.erased)?);
    Ok(ids)
}

/// Drops the purchases from before of those who are erased, and the orders that the event names.
fn sort_out(workspace: &mut Workspace, erasure: &Erasure, group: &Group, now: DateTime<Utc>) {
    let mut gone = BTreeSet::new();
    for (id, slot) in &workspace.slots {
        let Some(Found::Linked(_, at, _)) = &slot.found else { continue };
        let is_theirs = workspace.named(*id, None).is_some_and(|named| group.erased.contains(&named.person));
        if is_theirs && *at < erasure.at {
            gone.insert(*id);
        }
    }
    for id in gone {
        workspace.erase(id, now);
    }
    for id in &erasure.orders {
        workspace.forget(PurchaseId::from(*id), now);
    }
}

/// Who is at home where from now on, heirs among them; those whose home is another than it was.
fn find_homes(
    conn: &mut Conn,
    workspace: &mut Workspace,
    group: &Group,
    heirs: &Heirs<'_>,
) -> Result<Vec<Mover>, RecordError> {
    let mut persons: Vec<Person> = heirs.new_ones().collect();
    persons.extend(&group.staying);
    let statements = aliases::active_from(conn, &persons)?;
    let others: Vec<Person> =
        statements.iter().filter_map(|alias| alias.into).filter(|into| !persons.contains(into)).collect();
    let outside = people::identities(conn, &others)?;
    let outside = outside.into_values().map(|identity| (identity.person, identity.home)).collect();
    let homes = homes(&persons, &statements, &outside);
    let staying = people::identities(conn, &group.staying)?;
    let mut moved = Vec::new();
    for person in persons {
        let home = homes.get(&person).copied().unwrap_or(person);
        let before = staying.get(&person).copied();
        let before = before.unwrap_or(Identity { person, home: person, home_since: None, not_before: None });
        if home == before.home {
            workspace.people.insert(person, before);
        } else {
            workspace.people.insert(person, Identity { home, home_since: None, ..before });
            // Who is erased hides nothing any more; whoever stays keeps what they hide.
            moved.push(Mover { person, old: person, new: home });
        }
    }
    for person in &group.erased {
        workspace.people.remove(person);
    }
    Ok(moved)
}

type Replaced = (BTreeMap<Person, Removed>, Vec<Object>);

/// Takes the rows of those who are erased away, and gives their names to their heirs. What came in until then must go
/// as well: its objects.
fn replace_people(
    recorder: &Recorder,
    conn: &mut Conn,
    erasure: &Erasure,
    group: &Group,
    heirs: &Heirs<'_>,
    held: &BTreeSet<ObjectId>,
    now: DateTime<Utc>,
) -> Result<Replaced, RecordError> {
    let mut removed = BTreeMap::new();
    for person in &group.erased {
        if let Some(row) = people::remove(conn, &recorder.keys, *person)? {
            removed.insert(*person, row);
        }
    }
    let missing = affected(conn, erasure, group)?;
    let missing = missing.difference(held).map(|id| Object::awaited(*id, Kind::Order)).collect();
    for (person, row) in &removed {
        if let Some(heir) = heirs.needed(*person) {
            people::succeed(conn, &recorder.keys, row, heir, erasure.at, now)?;
        }
    }
    Ok((removed, missing))
}

/// Blind indexes under which messages that could not be read may name those who are erased.
fn named(recorder: &Recorder, erasure: &Erasure, removed: &BTreeMap<Person, Removed>) -> Vec<[u8; 16]> {
    let of_stream =
        |removed: &Removed| std::str::from_utf8(&removed.id).ok().map(|id| recorder.keys.customer_index(id));
    let mut all = vec![erasure.index];
    all.extend(removed.values().map(|removed| removed.index));
    all.extend(removed.values().filter_map(of_stream));
    all
}

/// What is to be carried out once this is committed.
fn destructions(
    recorder: &Recorder,
    erasure: &Erasure,
    group: &Group,
    removed: &BTreeMap<Person, Removed>,
    now: DateTime<Utc>,
) -> Result<Vec<Destruction>, RecordError> {
    let mut all = Vec::with_capacity(group.erased.len());
    for person in &group.erased {
        let row = removed.get(person);
        let name = row.map(|row| recorder.retention.seal_name(&row.id)).transpose()?.flatten();
        // The request is in the chain of the one whom it names.
        let is_named = row.is_some_and(|row| row.index == erasure.index);
        let record = erasure.door.record.filter(|_| is_named);
        all.push(Destruction {
            person: *person,
            since: now,
            entered: false,
            door: Door { record, ..erasure.door.clone() },
            index: row.map(|row| row.index),
            name,
        });
    }
    Ok(all)
}

fn suppress(
    conn: &mut Conn,
    erasure: &Erasure,
    removed: &BTreeMap<Person, Removed>,
) -> Result<(), RecordError> {
    let unsaid = erasure.said.map_or(UNSAID, |(order, digest)| Latest {
        order_value: UNSAID.order_value,
        ..latest_of(order, digest)
    });
    // An event about a name is newer than the erasure of a name that it does not speak of, and than one that none said.
    let stands = |conn: &mut Conn, index: &[u8; 16]| {
        suppression::find(conn, index).map(|before| before.map_or(unsaid, |before| before.latest))
    };
    let latest = match erasure.said {
        Some((order, digest)) => latest_of(order, digest),
        None => stands(conn, &erasure.index)?,
    };
    suppression::put(conn, &erasure.index, &Suppressed { erased_at: erasure.at, latest })?;
    for removed in removed.values().filter(|removed| removed.index != erasure.index) {
        let latest = stands(conn, &removed.index)?;
        suppression::put(conn, &removed.index, &Suppressed { erased_at: erasure.at, latest })?;
    }
    Ok(())
}
