//! The transaction of a batch, in the lock order of the design: offsets, objects, links, unlinked, customers,
//! purchases, tombstones, quarantine, announcements, and last the access head where somebody may see less than before.

use std::collections::{BTreeMap, HashMap, HashSet};

use counterfoil_domain::ids::{ObjectId, PurchaseId};
use counterfoil_domain::stream::Rejection;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::objects::{self, Kind, Object};
use counterfoil_store::offsets::{self, Move};
use counterfoil_store::{Error, announcements, links, quarantine};

use crate::holding;
use crate::leaving::{Left, note_left};
use crate::loading::load;
use crate::message::Message;
use crate::naming::Names;
use crate::numbering::Customers;
use crate::packing::Packed;
use crate::recorder::{Prepared, RecordError, Recorded, Recorder};
use crate::storing::{store_linked, store_loose};
use crate::subject::{Applied, Carried, Subject, What};
use crate::workspace::Workspace;

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
        customers: Customers { expected: prepared.fresh.expected(&settled), ..Customers::default() },
    };
    let new_links = prepared.fresh.linked.iter().filter(|id| !settled.contains(id));
    let mut statements: Vec<_> =
        new_links.filter_map(|id| Some((*id, *prepared.fresh.links.get(id)?))).collect();
    if !again.is_empty() {
        let batch = Batch { messages, prepared, again: &again, existing: &existing, claimed: &claimed };
        let workspace = settle_again(recorder, conn, &batch, &mut work)?;
        statements.extend(workspace.linked.iter().filter_map(|id| Some((*id, *workspace.links.get(id)?))));
    }
    statements.sort_unstable_by_key(|(id, _)| *id);
    for (order, link) in &statements {
        links::put(conn, *order, link)?;
    }
    let linked = store_loose(conn, prepared.now, work.packed, &work.left)?;
    let numbered = store_linked(conn, prepared.now, linked, &work.left, &work.customers)?;
    let (done, held) = conclude(recorder, messages, prepared, &work.outcomes)?;
    quarantine::insert(conn, &held)?;
    if !recorder.is_history() {
        announcements::announce(conn, &numbered.told)?;
    }
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

struct Settled {
    packed: Vec<(PurchaseId, Packed)>,
    outcomes: BTreeMap<usize, Applied>,
    left: Vec<Left>,
    customers: Customers,
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
) -> Result<Workspace, RecordError> {
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
        let carried = match subject.what {
            What::Link(_) => Carried::Link,
            _ => Carried::Body(Box::new(recorder.body(messages.get(subject.message))?)),
        };
        let applied = workspace.apply(subject, carried, &recorder.keys, prepared.now);
        work.outcomes.insert(*index, applied);
    }
    if !workspace.missing.is_empty() {
        return Err(RecordError::Extend(workspace.missing));
    }
    workspace.place(prepared.now);
    let owned: Vec<Subject> = subjects.into_iter().map(|(_, subject)| subject.clone()).collect();
    let packed = recorder.pack(&mut workspace, &owned)?;
    note_left(&workspace, &packed, &mut work.left);
    work.packed.extend(packed);
    for (person, identity) in workspace.expected(&HashSet::new()) {
        // What is new was placed by what was remembered of them, and this by what was read now.
        if work.customers.expected.insert(person, identity).is_some_and(|other| other != identity) {
            return Err(RecordError::Stale);
        }
    }
    let written: HashMap<ObjectId, &Object> = claimed.iter().map(|object| (object.id, object)).collect();
    update_objects(conn, &workspace, existing, &written)?;
    Ok(workspace)
}

/// Rewrites the objects in hand that are not as they were found, or as they were written when they were claimed.
pub(crate) fn update_objects(
    conn: &mut Conn,
    workspace: &Workspace,
    existing: &HashMap<ObjectId, Object>,
    written: &HashMap<ObjectId, &Object>,
) -> Result<(), Error> {
    let changed: Vec<Object> = workspace
        .objects
        .values()
        .filter(|object| {
            existing.get(&object.id).or_else(|| written.get(&object.id).copied()) != Some(*object)
        })
        .cloned()
        .collect();
    objects::update(conn, &changed)
}

/// Counts what became of the messages and holds those that were refused.
fn conclude(
    recorder: &Recorder,
    messages: &[Message],
    prepared: &Prepared,
    outcomes: &BTreeMap<usize, Applied>,
) -> Result<(Recorded, Vec<quarantine::Quarantined>), Error> {
    let mut done = Recorded { counts: prepared.counts, refused: prepared.refused.clone() };
    let mut held = prepared.quarantined.clone();
    let mut of_message: BTreeMap<usize, (Applied, Option<Rejection>)> = BTreeMap::new();
    let mut note = |message: usize, applied: Applied, rejection: Option<Rejection>| {
        let entry = of_message.entry(message).or_insert((applied, None));
        entry.0 = entry.0.max(applied);
        entry.1 = entry.1.take().or(rejection);
    };
    // An event about several orders is counted once, by the most that came of it.
    for (index, applied) in outcomes {
        let Some(subject) = prepared.subjects.get(*index) else { continue };
        let rejection = match applied {
            Applied::Refused(reason) => Some(conflict(&subject.names, reason)),
            _ => None,
        };
        note(subject.message, *applied, rejection);
    }
    for (message, applied, names) in &prepared.acted {
        let rejection = match applied {
            Applied::Refused(reason) => Some(conflict(names, reason)),
            _ => None,
        };
        note(*message, *applied, rejection);
    }
    for (message, (applied, rejection)) in of_message {
        match applied {
            Applied::Stored => done.counts.stored += 1,
            Applied::Duplicate => done.counts.duplicates += 1,
            Applied::Stale => done.counts.stale += 1,
            Applied::Suppressed => done.counts.suppressed += 1,
            Applied::Refused(reason) => done.refused.push((message, reason)),
        }
        if let Some(rejection) = rejection {
            held.extend(holding::hold(&recorder.keys, messages.get(message), &rejection, prepared.now)?);
        }
    }
    done.counts.quarantined = u64::try_from(held.len()).unwrap_or(u64::MAX);
    Ok((done, held))
}

fn conflict(names: &Names, reason: &'static str) -> Rejection {
    let detail = if reason == "revision_conflict" {
        "another event of the same object has the same order and other content"
    } else {
        "the object's earlier events are ordered in another way (revision, revisedAt or time)"
    };
    Rejection {
        reason,
        pointer: "/data".to_owned(),
        detail: detail.to_owned(),
        customer_id: names.0.clone(),
        order_id: names.1.clone(),
    }
}
