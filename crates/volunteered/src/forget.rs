//! What erasure does here: everything ends, then everything goes.

use chrono::{DateTime, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::ids::Person;
use counterfoil_domain::item;
use counterfoil_store::conn::Conn;
use counterfoil_store::{answers, consents, dark, exchanges, idempotency, items, objections, rights};

use crate::act::Act;
use crate::customer::By;
use crate::{VolunteeredError, Volunteering, kept, telling};

/// Ends what still stands of a customer who was erased, with an entry each: consents are revoked, items withdrawn,
/// requests lapse. The keys must be there still.
///
/// # Errors
/// The store's.
pub fn end_in(
    v: &Volunteering,
    conn: &mut Conn,
    person: Person,
    now: DateTime<Utc>,
) -> counterfoil_store::Result<()> {
    let mut act = Act::on(v, conn, person, By::service("customer_erased"), now)?;
    act.is_last = true;
    end_all(&mut act, conn).map_err(|error| match error {
        VolunteeredError::Store(error) => error,
        // Only what can end is ended.
        other => counterfoil_store::Error::Unexpected(format!("{other}")),
    })?;
    act.finish(conn)?;
    Ok(())
}

fn end_all(act: &mut Act, conn: &mut Conn) -> Result<(), VolunteeredError> {
    for consent in act.customer.consents.values().cloned().collect::<Vec<_>>() {
        if consent.state.is_in_force() {
            act.close_consent(conn, consent.consent_id, consent::Act::Revoke, None)?;
        } else if consent.state.is_open() {
            act.step(conn, consent, consent::Act::Lapse, None)?;
        }
    }
    for item in act.customer.items.values().cloned().collect::<Vec<_>>() {
        if !item.state.is_final() {
            act.end_item(conn, item.item_id, item::Act::Withdraw, None)?;
        }
    }
    Ok(())
}

/// Keeps what a person objected to as keyed hashes of the blind index of their name, so that contact does not resume. It
/// comes before [`person_in`], in a transaction of its own.
///
/// # Errors
/// The store's.
pub fn keep_objections_in(
    v: &Volunteering,
    conn: &mut Conn,
    person: Person,
    index: &[u8; 16],
    now: DateTime<Utc>,
) -> counterfoil_store::Result<()> {
    kept::keep(v, conn, person, index, now)
}

/// Deletes every row that is about a person. Of places in the order it takes away whose they are: whoever reads on learns
/// from them that something is gone.
///
/// # Errors
/// The store's.
pub fn person_in(conn: &mut Conn, person: Person) -> counterfoil_store::Result<()> {
    idempotency::forget(conn, person)?;
    consents::forget(conn, person)?;
    items::forget(conn, person)?;
    exchanges::forget(conn, person)?;
    answers::forget(conn, person)?;
    objections::forget(conn, person)?;
    rights::forget(conn, person)?;
    dark::end(conn, person)?;
    telling::forget(conn, person)?;
    items::forget_places(conn, person)
}
