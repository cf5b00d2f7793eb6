//! Objections (GDPR Art. 21): what a customer does not want, until they lift it.

use std::collections::BTreeSet;

use counterfoil_domain::ids::{EntryId, Person};
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::config::Shown;
use counterfoil_store::conn::Conn;
use counterfoil_store::objections::{self, Objection};

use crate::act::Act;
use crate::customer::By;
use crate::names::Names;
use crate::{VolunteeredError, Volunteering, kept, names, published};

/// What a customer objects to, by whichever of their names.
///
/// # Errors
/// The store's.
pub async fn of(v: &Volunteering, person: Person) -> Result<Vec<Objection>, VolunteeredError> {
    kept::bring_back(v, person).await?;
    v.store()
        .read(move |conn| {
            let names = names::of(conn, person)?;
            let mut all = objections::of_persons(conn, &names)?;
            all.sort_by_cached_key(|one| (one.subject.to_string(), one.raised_at));
            all.dedup_by(|later, first| later.subject == first.subject);
            Ok(all)
        })
        .await
}

/// What any of these persons, who are one customer, objects to.
///
/// # Errors
/// The store's.
pub fn standing_in(conn: &mut Conn, persons: &[Person]) -> counterfoil_store::Result<BTreeSet<Subject>> {
    let standing = objections::of_persons(conn, persons)?;
    Ok(standing.into_iter().map(|objection| objection.subject).collect())
}

/// The customer objects; `false` when they did before. When this returns, no decision says otherwise.
///
/// # Errors
/// [`VolunteeredError::UnknownPurpose`] for a purpose that nobody has published.
pub async fn raise(
    v: &Volunteering,
    person: Person,
    subject: &Subject,
    shown: &Shown,
) -> Result<bool, VolunteeredError> {
    change(v, person, subject, shown, Act::object).await
}

/// The customer objects no more; `false` when they did not.
///
/// # Errors
/// The store's.
pub async fn lift(
    v: &Volunteering,
    person: Person,
    subject: &Subject,
    shown: &Shown,
) -> Result<bool, VolunteeredError> {
    change(v, person, subject, shown, Act::lift).await
}

type Change = fn(&mut Act, &Subject, Option<EntryId>) -> Result<bool, counterfoil_store::Error>;

async fn change(
    v: &Volunteering,
    person: Person,
    subject: &Subject,
    shown: &Shown,
    change: Change,
) -> Result<bool, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (subject, shown) = (subject.clone(), shown.clone());
    v.store()
        .write(move |conn| {
            if let Subject::Purpose(id) = &subject
                && published::latest_purpose(conn, id.as_str())?.is_none()
            {
                return Err(VolunteeredError::UnknownPurpose);
            }
            let by = By::customer(&volunteering, &shown);
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            // By every name: it is to stand, and readers are to notice, even where names part again.
            let mut is_changed = false;
            for act in names.all() {
                is_changed |= change(act, &subject, None)?;
            }
            names.finish(conn)?;
            Ok(is_changed)
        })
        .await
}
