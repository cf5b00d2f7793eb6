//! Customers become one, or two again: an alias is identified, a merge is made or undone. What lies with those whose
//! home changes goes where they go.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person};
use counterfoil_domain::stream::EventOrder;
use counterfoil_store::aliases::{self, Alias, AliasId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::objects::{self, Kind, Object};
use counterfoil_store::people::Identity;
use counterfoil_store::{announcements, links, people, purchases};

use crate::homes::homes;
use crate::leaving::note_left;
use crate::loading::load;
use crate::numbering::{Customers, Mover};
use crate::recorder::{RecordError, Recorder};
use crate::storing::{store_linked, store_loose};
use crate::subject::{Applied, against, latest_of};
use crate::workspace::Workspace;
use crate::write::update_objects;

/// What an event says of who is who.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) id: AliasId,
    /// Who is another, and who that is; absent in what only undoes it.
    pub(crate) between: Option<(Identity, Identity)>,
    pub(crate) active: bool,
    pub(crate) order: EventOrder,
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) digest: [u8; 32],
}

/// What came of a statement, and whose home is another now.
pub(crate) struct Outcome {
    pub(crate) applied: Applied,
    pub(crate) moved: Vec<Person>,
}

impl Statement {
    fn is_suppressed(&self) -> bool {
        let is_before =
            |who: &Identity| who.not_before.is_some_and(|erased| self.at.is_none_or(|at| at < erased));
        self.between.is_some_and(|(from, into)| is_before(&from) || is_before(&into))
    }
}

/// Writes a statement and moves what it moves. `held` are objects that must be held too.
pub(crate) fn join(
    recorder: &Recorder,
    conn: &mut Conn,
    statement: &Statement,
    held: &BTreeSet<ObjectId>,
    now: DateTime<Utc>,
) -> Result<Outcome, RecordError> {
    let settled = |applied| Ok(Outcome { applied, moved: Vec::new() });
    aliases::take_head(conn)?;
    if statement.is_suppressed() {
        return settled(Applied::Suppressed);
    }
    let before = aliases::find(conn, &statement.id)?;
    if let Some(before) = &before
        && let Some(applied) = against(before.latest, statement.order, statement.digest)
    {
        return settled(applied);
    }
    if let Some((from, into)) = statement.between
        && people::identities(conn, &[from.person, into.person])?.len() < 2
    {
        // Remembered from before an erasure.
        return Err(RecordError::Stale);
    }
    let stood = before.as_ref().map(|alias| (alias.from, alias.into)).unwrap_or_default();
    let said = statement.between.map(|(from, into)| (Some(from.person), Some(into.person)));
    let (from, into) = said.unwrap_or(stood);
    let latest = latest_of(statement.order, statement.digest);
    let new = Alias { id: statement.id, from, into, active: statement.active, latest };
    let group = group(conn, [stood.0, from])?;
    let movers = movers(conn, &group, &new)?;
    aliases::put(conn, &new)?;
    if !movers.is_empty() {
        move_purchases(recorder, conn, &group, &movers, held, now)?;
    }
    Ok(Outcome { applied: Applied::Stored, moved: movers.iter().map(|mover| mover.person).collect() })
}

/// Everybody whose home may change with what is said of these.
fn group(conn: &mut Conn, about: [Option<Person>; 2]) -> Result<HashMap<Person, Identity>, RecordError> {
    let mut group = Vec::new();
    for person in about.into_iter().flatten() {
        if !group.contains(&person) {
            let home = people::home(conn, person)?;
            group.extend(people::members(conn, home)?);
        }
    }
    Ok(people::identities(conn, &group)?)
}

fn movers(
    conn: &mut Conn,
    group: &HashMap<Person, Identity>,
    new: &Alias,
) -> Result<Vec<Mover>, RecordError> {
    let persons: Vec<Person> = group.keys().copied().collect();
    let mut statements = aliases::active_from(conn, &persons)?;
    statements.retain(|alias| alias.id != new.id);
    statements.push(new.clone());
    let others: Vec<Person> =
        statements.iter().filter_map(|alias| alias.into).filter(|into| !group.contains_key(into)).collect();
    let outside = people::identities(conn, &others)?;
    let outside = outside.into_values().map(|identity| (identity.person, identity.home)).collect();
    let homes = homes(&persons, &statements, &outside);
    let mut movers: Vec<Mover> = group
        .values()
        .filter_map(|identity| {
            let new = *homes.get(&identity.person)?;
            (new != identity.home).then_some(Mover { person: identity.person, old: identity.home, new })
        })
        .collect();
    movers.sort_unstable_by_key(|mover| mover.person);
    Ok(movers)
}

/// The objects whose purchases may go elsewhere: what lies at homes that somebody leaves, and what is linked to, or
/// unlinked from, anybody of the group.
fn affected(
    conn: &mut Conn,
    group: &HashMap<Person, Identity>,
    movers: &[Mover],
) -> Result<BTreeSet<ObjectId>, RecordError> {
    let old: BTreeSet<Person> = movers.iter().map(|mover| mover.old).collect();
    let mut ids = BTreeSet::new();
    for home in old {
        ids.extend(purchases::ids_of(conn, home)?.into_iter().map(|(id, _)| ObjectId::from(id)));
    }
    let persons: Vec<Person> = group.keys().copied().collect();
    ids.extend(links::orders_of(conn, &persons)?);
    Ok(ids)
}

fn move_purchases(
    recorder: &Recorder,
    conn: &mut Conn,
    group: &HashMap<Person, Identity>,
    movers: &[Mover],
    held: &BTreeSet<ObjectId>,
    now: DateTime<Utc>,
) -> Result<(), RecordError> {
    let mut ids = affected(conn, group, movers)?;
    ids.extend(held);
    let claimed: Vec<Object> = ids.iter().map(|id| Object::awaited(*id, Kind::Order)).collect();
    let existing = objects::claim(conn, &claimed)?;
    let mut workspace = Workspace { objects: existing.clone(), ..Workspace::default() };
    workspace.people.extend(group);
    load(recorder, conn, &mut workspace)?;
    for mover in movers {
        let new = Identity {
            home: mover.new,
            home_since: None,
            ..*group.get(&mover.person).ok_or(RecordError::Stale)?
        };
        workspace.people.insert(mover.person, new);
    }
    workspace.place_all(now);
    let packed = recorder.pack(&mut workspace, &[])?;
    let mut left = Vec::new();
    note_left(&workspace, &packed, &mut left);
    let customers =
        Customers { held: group.keys().copied().collect(), moved: movers.to_vec(), ..Customers::default() };
    update_objects(conn, &workspace, &existing, &HashMap::new())?;
    let linked = store_loose(conn, now, packed, &left)?;
    let numbered = store_linked(conn, now, linked, &left, &customers)?;
    // What came in until their rows were held must move as well.
    let missing: Vec<Object> =
        affected(conn, group, movers)?.difference(&ids).map(|id| Object::awaited(*id, Kind::Order)).collect();
    if !missing.is_empty() {
        return Err(RecordError::Extend(missing));
    }
    if !recorder.is_history() {
        announcements::announce(conn, &numbered.told)?;
    }
    if numbered.is_veiled || left.iter().any(|left| left.narrows) {
        entries::take_head(conn, Log::Access)?;
    }
    Ok(())
}
