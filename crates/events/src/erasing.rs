//! A customer is erased: their purchases from before go with all that belongs to them, the way from their names to them
//! goes, and what arrives later about before is dropped. What they bought since is a new person's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::stream::EventOrder;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::objects::{self, Kind, Latest, Object};
use counterfoil_store::people::{self, Identity, Removed};
use counterfoil_store::purchases::{self, PurchaseRow};
use counterfoil_store::suppression::{self, Suppressed};
use counterfoil_store::{aliases, announcements, erasures, links, sessions, tombstones, unlinked};

use crate::loading::load;
use crate::packing::{Linked, Packed};
use crate::recorder::{RecordError, Recorder};
use crate::subject::{Applied, against, latest_of};
use crate::workspace::{Found, Workspace};
use crate::write::update_objects;

/// An erasure as its event says it.
#[derive(Debug, Clone)]
pub(crate) struct Erasure {
    /// Blind index of the customer's name.
    pub(crate) index: [u8; 16],
    /// Orders that go as well.
    pub(crate) orders: Vec<ObjectId>,
    /// What is about before goes.
    pub(crate) at: DateTime<Utc>,
    pub(crate) order: EventOrder,
    pub(crate) digest: [u8; 32],
}

/// What came of an erasure.
pub(crate) struct Outcome {
    pub(crate) applied: Applied,
    /// Everybody who is no more.
    pub(crate) erased: Vec<Person>,
}

/// Erases. `successors` are new persons, with keys, for those who bought something since; `held` are objects that must
/// be held too.
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
    if let Some(before) = suppression::find(conn, &erasure.index)?
        && let Some(applied) = against(before.latest, erasure.order, erasure.digest)
    {
        return Ok(Outcome { applied, erased: Vec::new() });
    }
    let group = match people::find(conn, &erasure.index)? {
        Some(person) => {
            let home = people::home(conn, person)?;
            people::members(conn, home)?
        }
        None => Vec::new(),
    };
    aliases::remove_of(conn, &group)?;
    let mut ids = affected(conn, erasure, &group)?;
    ids.extend(held);
    let claimed: Vec<Object> = ids.iter().map(|id| Object::awaited(*id, Kind::Order)).collect();
    let existing = objects::claim(conn, &claimed)?;
    let mut workspace = Workspace::default();
    workspace.objects.extend(claimed.iter().map(|object| (object.id, object.clone())));
    workspace.objects.extend(existing.clone());
    load(recorder, conn, &mut workspace)?;
    workspace.people.extend(people::identities(conn, &group)?);
    sort_out(&mut workspace, erasure, &group, now);
    let kept = hand_over(&mut workspace, &group, successors, now)?;

    let packed = recorder.pack(&mut workspace, &[])?;
    let written: HashMap<ObjectId, &Object> = claimed.iter().map(|object| (object.id, object)).collect();
    update_objects(conn, &workspace, &existing, &written)?;
    links::remove_of(conn, &group)?;
    for order in &kept {
        if let Some(link) = workspace.links.get(order) {
            links::put(conn, *order, link)?;
        }
    }
    for (id, slot) in &workspace.slots {
        if slot.touched && slot.found == Some(Found::Unlinked) {
            unlinked::remove(conn, *id)?;
        }
    }
    for (id, packed) in &packed {
        if let Packed::Unlinked { waiting, document } = packed {
            unlinked::put(conn, *id, *waiting, now, document)?;
        }
    }
    let removed = remove_people(recorder, conn, &group)?;
    // What came in until their rows were gone must go as well.
    let missing: Vec<Object> = affected(conn, erasure, &group)?
        .difference(&ids)
        .map(|id| Object::awaited(*id, Kind::Order))
        .collect();
    if !missing.is_empty() {
        return Err(RecordError::Extend(missing));
    }
    let rows = succeed(recorder, conn, erasure, &removed, successors, packed, now)?;
    purchases::remove_of(conn, &group)?;
    purchases::insert(conn, rows)?;
    tombstones::remove_of(conn, &group)?;
    suppress(conn, erasure, &removed)?;
    erasures::begin(conn, &group, now)?;
    announcements::announce(conn, &group)?;
    sessions::delete_of(conn, &group)?;
    if !group.is_empty() {
        entries::take_head(conn, Log::Access)?;
    }
    Ok(Outcome { applied: Applied::Stored, erased: group })
}

fn affected(conn: &mut Conn, erasure: &Erasure, group: &[Person]) -> Result<BTreeSet<ObjectId>, RecordError> {
    let mut ids: BTreeSet<ObjectId> = erasure.orders.iter().copied().collect();
    for person in group {
        ids.extend(purchases::ids_of(conn, *person)?.into_iter().map(|(id, _)| ObjectId::from(id)));
    }
    ids.extend(links::orders_of(conn, group)?);
    Ok(ids)
}

/// Drops what is from before, and the orders that the event names.
fn sort_out(workspace: &mut Workspace, erasure: &Erasure, group: &[Person], now: DateTime<Utc>) {
    let named: BTreeSet<PurchaseId> = erasure.orders.iter().map(|id| PurchaseId::from(*id)).collect();
    let mut gone = named.clone();
    for (id, slot) in &workspace.slots {
        let Some(Found::Linked(person, at, _)) = &slot.found else { continue };
        if group.contains(person) && *at < erasure.at {
            gone.insert(*id);
        }
    }
    for id in gone {
        workspace.erase(id, now);
    }
}

/// Gives what stays to the successors of those whose it is; the orders about which something is still said.
fn hand_over(
    workspace: &mut Workspace,
    group: &[Person],
    successors: &HashMap<Person, Person>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<ObjectId>, RecordError> {
    let staying: Vec<PurchaseId> = workspace
        .slots
        .iter()
        .filter(|(_, slot)| !slot.touched)
        .filter(|(_, slot)| matches!(&slot.found, Some(Found::Linked(person, ..)) if group.contains(person)))
        .map(|(id, _)| *id)
        .collect();
    let mut heirless = BTreeSet::new();
    let mut kept = BTreeSet::new();
    for id in staying {
        let object_id = ObjectId::from(id);
        let link = workspace.links.get(&object_id).map(|link| link.person);
        let claim = workspace.objects.get(&object_id).and_then(|object| object.claim);
        for person in [link, claim].into_iter().flatten().filter(|person| group.contains(person)) {
            let Some(new) = successors.get(&person) else {
                heirless.insert(person);
                continue;
            };
            let heir = Identity { person: *new, home: *new, home_since: None, not_before: None };
            workspace.people.insert(*new, heir);
            if let Some(object) = workspace.objects.get_mut(&object_id)
                && object.claim == Some(person)
            {
                object.claim = Some(*new);
            }
            if let Some(link) = workspace.links.get_mut(&object_id)
                && link.person == person
            {
                link.person = *new;
                kept.insert(object_id);
            }
        }
        if let Some(slot) = workspace.slots.get_mut(&id) {
            slot.unplaced = true;
        }
    }
    if !heirless.is_empty() {
        return Err(RecordError::Succeed(heirless.into_iter().collect()));
    }
    workspace.place(now);
    Ok(kept)
}

fn remove_people(
    recorder: &Recorder,
    conn: &mut Conn,
    group: &[Person],
) -> Result<Vec<(Person, Removed)>, RecordError> {
    let mut removed = Vec::with_capacity(group.len());
    for person in group {
        if let Some(row) = people::remove(conn, &recorder.keys, *person)? {
            removed.push((*person, row));
        }
    }
    Ok(removed)
}

/// Makes the successors' rows, and numbers their purchases from 1 on.
fn succeed(
    recorder: &Recorder,
    conn: &mut Conn,
    erasure: &Erasure,
    removed: &[(Person, Removed)],
    successors: &HashMap<Person, Person>,
    packed: Vec<(PurchaseId, Packed)>,
    now: DateTime<Utc>,
) -> Result<Vec<PurchaseRow>, RecordError> {
    let mut of_person: BTreeMap<Person, Vec<Linked>> = BTreeMap::new();
    for (_, packed) in packed {
        match packed {
            Packed::Linked(linked) => of_person.entry(linked.person).or_default().push(*linked),
            // What waits was put back before.
            Packed::Unlinked { .. } => {}
        }
    }
    let mut rows = Vec::new();
    for (person, removed) in removed {
        let Some(new) = successors.get(person) else { continue };
        let Some(mut linked) = of_person.remove(new) else { continue };
        linked.sort_by_key(|linked| linked.row.purchased_at);
        let mut last = 0;
        for linked in linked {
            last += 1;
            let mut row = linked.row;
            row.change_seq = last;
            row.shown_seq = last;
            row.hidden = linked.was.is_some_and(|(_, was)| was.hidden);
            rows.push(row);
        }
        people::succeed(conn, &recorder.keys, removed, *new, erasure.at, last, now)?;
    }
    Ok(rows)
}

fn suppress(conn: &mut Conn, erasure: &Erasure, removed: &[(Person, Removed)]) -> Result<(), RecordError> {
    let latest = latest_of(erasure.order, erasure.digest);
    suppression::put(conn, &erasure.index, &Suppressed { erased_at: erasure.at, latest })?;
    for (_, removed) in removed.iter().filter(|(_, removed)| removed.index != erasure.index) {
        // A name that went with another's erasure: an event about itself is newer than this.
        let latest = match suppression::find(conn, &removed.index)? {
            Some(before) => before.latest,
            None => Latest { order_value: i64::MIN, ..latest },
        };
        suppression::put(conn, &removed.index, &Suppressed { erased_at: erasure.at, latest })?;
    }
    Ok(())
}
