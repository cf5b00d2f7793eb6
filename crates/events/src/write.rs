//! The transaction of a batch, in the lock order of the design: offsets, objects, unlinked, customers, purchases,
//! quarantine, and last the access head where somebody may see less than before.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::stream::Rejection;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::objects::{self, Kind, Object};
use counterfoil_store::offsets::{self, Move};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::purchases::{self, PurchaseRow};
use counterfoil_store::{Error, quarantine, unlinked};

use crate::holding;
use crate::message::Message;
use crate::packing::{Packed, Unpacking};
use crate::recorder::{Prepared, RecordError, Recorded, Recorder};
use crate::workspace::{Applied, Found, Subject, Workspace};

/// Writes a prepared batch. `extra` are objects outside the batch that must be held too.
pub(crate) fn write(
    recorder: &Recorder,
    conn: &mut Conn,
    messages: &[Message],
    prepared: &mut Prepared,
    extra: &[Object],
    moves: &[Move],
) -> Result<Recorded, RecordError> {
    for step in moves {
        if !offsets::advance(conn, step)? {
            return Err(RecordError::Fenced(step.topic.clone(), step.partition));
        }
    }
    let mut claimed: Vec<Object> = prepared.fresh.objects.values().cloned().collect();
    claimed.extend(extra.iter().filter(|object| !prepared.fresh.objects.contains_key(&object.id)).cloned());
    let existing = if claimed.is_empty() { HashMap::new() } else { objects::claim(conn, &claimed)? };

    let (again, settled) = split(prepared, &existing);
    let mut work = Settled {
        packed: prepared
            .packed
            .iter()
            .filter(|(id, _)| !settled.contains(&ObjectId::from(*id)))
            .cloned()
            .collect(),
        outcomes: prepared.outcomes.iter().copied().enumerate().filter(|(n, _)| !again.contains(n)).collect(),
        left: Vec::new(),
    };
    if !again.is_empty() {
        let batch = Batch { messages, prepared, again: &again, existing: &existing, claimed: &claimed };
        settle_again(recorder, conn, &batch, &mut work)?;
    }
    store_purchases(conn, prepared.now, work.packed, &work.left)?;
    let (done, held) = conclude(recorder, messages, prepared, &work.outcomes)?;
    quarantine::insert(conn, &held)?;
    if work.left.iter().any(|left| left.narrows) {
        entries::take_head(conn, Log::Access)?;
    }
    Ok(done)
}

/// Which subjects must be settled again because something they touch existed before, and which objects are theirs.
fn split(
    prepared: &mut Prepared,
    existing: &HashMap<ObjectId, Object>,
) -> (HashSet<usize>, HashSet<ObjectId>) {
    if existing.is_empty() {
        return (HashSet::new(), HashSet::new());
    }
    let groups: HashSet<usize> = existing.keys().map(|id| prepared.groups.of(*id)).collect();
    let mut again = HashSet::new();
    let mut objects = HashSet::new();
    for (index, (subject, group)) in prepared.subjects.iter().zip(&prepared.group_of).enumerate() {
        if groups.contains(group) {
            again.insert(index);
            objects.extend(subject.objects().map(|(id, _)| id));
        }
    }
    (again, objects)
}

/// A purchase that leaves the place where it was.
struct Left {
    id: PurchaseId,
    from: Found,
    /// Somebody who could see it may not any more.
    narrows: bool,
}

struct Settled {
    packed: Vec<(PurchaseId, Packed)>,
    outcomes: BTreeMap<usize, Applied>,
    left: Vec<Left>,
}

/// What is settled again, and against what.
struct Batch<'a> {
    messages: &'a [Message],
    prepared: &'a Prepared,
    again: &'a HashSet<usize>,
    existing: &'a HashMap<ObjectId, Object>,
    claimed: &'a [Object],
}

fn settle_again(
    recorder: &Recorder,
    conn: &mut Conn,
    batch: &Batch<'_>,
    work: &mut Settled,
) -> Result<(), RecordError> {
    let Batch { messages, prepared, again, existing, claimed } = *batch;
    let subjects: Vec<(usize, &Subject)> =
        prepared.subjects.iter().enumerate().filter(|(index, _)| again.contains(index)).collect();
    let mut wanted: HashSet<ObjectId> =
        subjects.iter().flat_map(|(_, subject)| subject.objects().map(|(id, _)| id)).collect();
    // What an object that stands belongs to must be held too: a part may have another purchase than is now said.
    let homes: HashSet<ObjectId> = wanted
        .iter()
        .filter_map(|id| existing.get(id))
        .map(|object| ObjectId::from(object.purchase_id))
        .collect();
    let held: HashSet<ObjectId> = claimed.iter().map(|object| object.id).collect();
    let missing: Vec<Object> = homes.difference(&held).map(|id| Object::awaited(*id, Kind::Order)).collect();
    if !missing.is_empty() {
        return Err(RecordError::Extend(missing));
    }
    wanted.extend(homes);
    // Held because an earlier try found that they change too.
    wanted.extend(held.iter().filter(|id| !prepared.fresh.objects.contains_key(*id)));

    let mut workspace = Workspace::default();
    workspace.objects.extend(wanted.iter().filter_map(|id| Some((*id, existing.get(id)?.clone()))));
    load(recorder, conn, &mut workspace)?;
    for (index, subject) in &subjects {
        let body = recorder.body(messages.get(subject.message))?;
        let applied = workspace.apply(subject, body, &recorder.keys, prepared.now);
        work.outcomes.insert(*index, applied);
    }
    if !workspace.missing.is_empty() {
        return Err(RecordError::Extend(workspace.missing));
    }
    let owned: Vec<Subject> = subjects.into_iter().map(|(_, subject)| subject.clone()).collect();
    let packed = recorder.pack(&mut workspace, &owned)?;
    note_left(&workspace, &packed, &mut work.left);
    work.packed.extend(packed);

    let written: HashMap<ObjectId, &Object> = claimed.iter().map(|object| (object.id, object)).collect();
    let changed: Vec<Object> = workspace
        .objects
        .values()
        .filter(|object| {
            existing.get(&object.id).or_else(|| written.get(&object.id).copied()) != Some(*object)
        })
        .cloned()
        .collect();
    objects::update(conn, &changed)?;
    Ok(())
}

/// Loads the purchases of the objects in hand.
fn load(recorder: &Recorder, conn: &mut Conn, workspace: &mut Workspace) -> Result<(), RecordError> {
    let mut unpacking = Unpacking::new(&recorder.codec, &recorder.keys, &recorder.unlinked)?;
    let homes: Vec<Object> = workspace
        .objects
        .values()
        .filter(|object| ObjectId::from(object.purchase_id) == object.id)
        .cloned()
        .collect();
    let loose: Vec<PurchaseId> =
        homes.iter().filter(|object| object.person.is_none()).map(|object| object.purchase_id).collect();
    let documents = unlinked::documents(conn, &loose)?;
    for object in homes {
        let id = object.purchase_id;
        match (object.person, object.purchased_at) {
            (Some(person), Some(at)) => {
                let document = purchases::document(conn, person, at, id)?
                    .ok_or_else(|| Error::corrupt("objects", "purchased_at", id))?;
                let purchase = unpacking.unpack(id, Some(person), &document)?;
                workspace.found(id, purchase, Some(person), Found::Linked(person, at));
            }
            _ => match documents.get(&id) {
                Some(document) => {
                    let purchase = unpacking.unpack(id, None, document)?;
                    workspace.found(id, purchase, None, Found::Unlinked);
                }
                None if object.latest.is_some() => {
                    return Err(Error::corrupt("objects", "person", id).into());
                }
                None => {}
            },
        }
    }
    Ok(())
}

/// Notes where touched purchases were found, so that the old rows go.
fn note_left(workspace: &Workspace, packed: &[(PurchaseId, Packed)], left: &mut Vec<Left>) {
    let now: HashMap<PurchaseId, &Packed> = packed.iter().map(|(id, packed)| (*id, packed)).collect();
    for (id, slot) in workspace.slots.iter().filter(|(_, slot)| slot.touched) {
        let Some(from) = slot.found else { continue };
        let narrows = match (from, now.get(id)) {
            (Found::Linked(person, _), Some(Packed::Linked(row))) => {
                slot.lessened || row.person != person.as_bytes()
            }
            (Found::Linked(..), _) => true,
            (Found::Unlinked, _) => false,
        };
        if from == Found::Unlinked && matches!(now.get(id), Some(Packed::Unlinked { .. })) {
            continue;
        }
        left.push(Left { id: *id, from, narrows });
    }
}

fn store_purchases(
    conn: &mut Conn,
    now: DateTime<Utc>,
    packed: Vec<(PurchaseId, Packed)>,
    left: &[Left],
) -> Result<(), Error> {
    let mut rows: Vec<PurchaseRow> = Vec::with_capacity(packed.len());
    for (id, packed) in packed {
        match packed {
            Packed::Linked(row) => rows.push(*row),
            Packed::Unlinked { waiting, document } => unlinked::put(conn, id, waiting, now, &document)?,
        }
    }
    for left in left.iter().filter(|left| left.from == Found::Unlinked) {
        unlinked::remove(conn, left.id)?;
    }
    number(conn, &mut rows, left)?;
    for left in left {
        if let Found::Linked(person, at) = left.from {
            purchases::remove(conn, person, at, left.id)?;
        }
    }
    purchases::insert(conn, rows)
}

/// Gives every purchase its number in its customer's change feed.
fn number(conn: &mut Conn, rows: &mut [PurchaseRow], left: &[Left]) -> Result<(), Error> {
    let mut changes: BTreeMap<Person, Changes> = BTreeMap::new();
    let mut count = |person: Person, narrowed: bool| {
        let changes = changes.entry(person).or_insert(Changes { person, count: 0, narrowed: false });
        changes.count += 1;
        changes.narrowed |= narrowed;
    };
    rows.sort_by(|a, b| (&a.person, a.purchased_at).cmp(&(&b.person, b.purchased_at)));
    for row in rows.iter() {
        count(
            Person::from_slice(&row.person).map_err(|_| Error::corrupt("purchases", "person", "?"))?,
            false,
        );
    }
    for left in left.iter().filter(|left| left.narrows) {
        if let Found::Linked(person, _) = left.from {
            count(person, true);
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let changes: Vec<Changes> = changes.into_values().collect();
    let last = people::count_changes(conn, &changes)?;
    let mut next: HashMap<Vec<u8>, i64> = changes
        .iter()
        .filter_map(|c| Some((c.person.as_bytes().to_vec(), last.get(&c.person)? - c.count + 1)))
        .collect();
    for row in rows {
        let seq = next.get_mut(&row.person).ok_or(Error::Contended)?;
        row.change_seq = *seq;
        *seq += 1;
    }
    Ok(())
}

/// Counts what became of the events and holds those that were refused.
fn conclude(
    recorder: &Recorder,
    messages: &[Message],
    prepared: &Prepared,
    outcomes: &BTreeMap<usize, Applied>,
) -> Result<(Recorded, Vec<quarantine::Quarantined>), Error> {
    let mut done = Recorded { counts: prepared.counts, refused: prepared.refused.clone() };
    let mut held = prepared.quarantined.clone();
    for (index, applied) in outcomes {
        let Some(subject) = prepared.subjects.get(*index) else { continue };
        match applied {
            Applied::Stored => done.counts.stored += 1,
            Applied::Duplicate => done.counts.duplicates += 1,
            Applied::Stale => done.counts.stale += 1,
            Applied::Refused(reason) => {
                let rejection = conflict(subject, reason);
                done.refused.push((subject.message, *reason));
                held.extend(holding::hold(
                    &recorder.keys,
                    messages.get(subject.message),
                    &rejection,
                    prepared.now,
                )?);
            }
        }
    }
    done.counts.quarantined = u64::try_from(held.len()).unwrap_or(u64::MAX);
    Ok((done, held))
}

fn conflict(subject: &Subject, reason: &'static str) -> Rejection {
    let detail = if reason == "revision_conflict" {
        "another event of the same object has the same order and other content"
    } else {
        "the object's earlier events are ordered in another way (revision, revisedAt or time)"
    };
    Rejection {
        reason,
        pointer: "/data".to_owned(),
        detail: detail.to_owned(),
        customer_id: subject.names.0.clone(),
        order_id: subject.names.1.clone(),
    }
}
