//! What customers who were erased had objected to: it outlives the erasure as keyed hashes, and stands again when they are
//! back.

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::Id;
use counterfoil_domain::ids::Person;
use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_store::conn::Conn;
use counterfoil_store::kept_objections::{self, mark};
use counterfoil_store::{Result, objections, people};

use crate::customer::By;
use crate::names::Names;
use crate::{VolunteeredError, Volunteering, names, published};

/// What is kept of one customer.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// What they object to.
    pub(crate) subjects: Vec<Subject>,
    /// The marks of that, and the one that there are any.
    pub(crate) marks: Vec<[u8; 16]>,
}

/// Keeps what a person objects to.
pub(crate) fn keep(
    v: &Volunteering,
    conn: &mut Conn,
    person: Person,
    index: &[u8; 16],
    now: DateTime<Utc>,
) -> Result<()> {
    let standing = objections::of_persons(conn, &[person])?;
    if standing.is_empty() {
        return Ok(());
    }
    let key = v.kept_key()?;
    let mut marks = vec![mark(key, index, None)?];
    for objection in &standing {
        marks.push(mark(key, index, Some(&objection.subject))?);
    }
    kept_objections::keep(conn, &marks, now)
}

/// Whether one of these objections is kept of a customer, by one of their names.
pub(crate) fn is_any(
    v: &Volunteering,
    conn: &mut Conn,
    indexes: &[[u8; 16]],
    subjects: &[Subject],
) -> Result<bool> {
    let key = v.kept_key()?;
    let pairs = indexes.iter().flat_map(|index| subjects.iter().map(move |subject| (index, subject)));
    let marks: Vec<[u8; 16]> =
        pairs.map(|(index, subject)| mark(key, index, Some(subject))).collect::<Result<_>>()?;
    Ok(!kept_objections::among(conn, &marks)?.is_empty())
}

/// What is kept of a customer. Where nothing is, and nearly always nothing is, one row is asked for.
pub(crate) fn of(v: &Volunteering, conn: &mut Conn, index: &[u8; 16]) -> Result<Kept> {
    let key = v.kept_key()?;
    let any = mark(key, index, None)?;
    if kept_objections::among(conn, &[any])?.is_empty() {
        return Ok(Kept::default());
    }
    let mut kept = Kept { subjects: Vec::new(), marks: vec![any] };
    let purposes = published::purpose_ids(conn)?;
    let subjects = std::iter::once(Subject::Marketing)
        .chain(Channel::ALL.map(Subject::Channel))
        .chain(purposes.iter().filter_map(|id| Id::new(id).ok()).map(Subject::Purpose));
    for subject in subjects {
        let mark = mark(key, index, Some(&subject))?;
        if !kept_objections::among(conn, &[mark])?.is_empty() {
            kept.subjects.push(subject);
            kept.marks.push(mark);
        }
    }
    Ok(kept)
}

/// Makes what is kept of a customer who is back stand again, by each of their names.
pub(crate) async fn bring_back(
    v: &Volunteering,
    person: Person,
) -> std::result::Result<(), VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let is_kept = v
        .store()
        .read(move |conn| {
            let key = volunteering.kept_key()?;
            let mut marks = Vec::new();
            for name in names::of(conn, person)? {
                if let Some(index) = people::index_of(conn, name)? {
                    marks.push(mark(key, &index, None)?);
                }
            }
            Ok::<_, VolunteeredError>(!kept_objections::among(conn, &marks)?.is_empty())
        })
        .await?;
    if !is_kept {
        return Ok(());
    }
    let volunteering = v.clone();
    v.store()
        .write(move |conn| {
            // What is kept comes back with whatever else is done; here nothing is.
            Names::begin(&volunteering, conn, person, &By::time(), now)?.finish(conn)?;
            Ok(())
        })
        .await
}
