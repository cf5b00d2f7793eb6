//! Consents after they were asked for: what the customer sees of them, how they are renewed, and how they end.

use chrono::{DateTime, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::ids::{ConsentId, Person};
use counterfoil_ledger::config::Shown;
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::{self, Consent};

use crate::act::Act;
use crate::asks::ConsentView;
use crate::customer::By;
use crate::items::{AppStanding, Withdrawn};
use crate::names::Names;
use crate::{VolunteeredError, Volunteering, names, published};

/// A customer's consents, by id.
///
/// # Errors
/// The store's.
pub async fn of(v: &Volunteering, person: Person) -> Result<Vec<ConsentView>, VolunteeredError> {
    let now = v.clock().now();
    v.store()
        .read(move |conn| {
            let mut all = Vec::new();
            for name in names::of(conn, person)? {
                all.extend(consents::of_person(conn, name)?);
            }
            all.sort_unstable_by_key(|consent| consent.consent_id);
            all.into_iter().map(|consent| view(conn, consent, now)).collect()
        })
        .await
}

/// The consents of an app's customer that were asked for with the asks that its grant names, by id.
///
/// # Errors
/// The store's.
pub async fn of_app(v: &Volunteering, app: &AppStanding) -> Result<Vec<ConsentView>, VolunteeredError> {
    let all = of(v, app.standing.person).await?;
    let is_named = |consent: &ConsentView| {
        app.asks.iter().any(|(named, _)| consent.ask.as_ref().is_some_and(|ask| ask == named))
    };
    Ok(all.into_iter().filter(is_named).collect())
}

/// One consent of a customer.
///
/// # Errors
/// [`VolunteeredError::NotFound`] for another's.
pub async fn find(
    v: &Volunteering,
    person: Person,
    consent_id: ConsentId,
) -> Result<ConsentView, VolunteeredError> {
    let now = v.clock().now();
    v.store()
        .read(move |conn| {
            let found = consents::find(conn, consent_id)?.ok_or(VolunteeredError::NotFound)?;
            if !names::of(conn, person)?.contains(&found.person) {
                return Err(VolunteeredError::NotFound);
            }
            view(conn, found, now)
        })
        .await
}

pub(crate) fn view(
    conn: &mut Conn,
    consent: Consent,
    now: DateTime<Utc>,
) -> Result<ConsentView, VolunteeredError> {
    let state = consent.state_at(now);
    Ok(ConsentView {
        purpose: published::purpose(conn, &consent.purpose_hash)?,
        consent_id: consent.consent_id,
        record: consent.record,
        ask: consent.ask,
        version: consent.version,
        requested_at: consent.requested_at,
        given_at: consent.given_at,
        ended_at: consent
            .ended_at
            .or_else(|| consent.expires_at.filter(|_| state == consent::State::Expired)),
        expires_at: consent.expires_at,
        state,
    })
}

/// The customer takes a consent back, and what they agreed to for the same purpose by another name with it. When this
/// returns nothing may be used under it, and the values that it covered are gone.
///
/// # Errors
/// [`VolunteeredError::NotFound`] for another's, [`VolunteeredError::NotNow`] for one that is not in force.
pub async fn withdraw(
    v: &Volunteering,
    person: Person,
    consent_id: ConsentId,
    shown: &Shown,
) -> Result<Withdrawn, VolunteeredError> {
    let (volunteering, now, by) = (v.clone(), v.clock().now(), By::customer(v, shown));
    v.store()
        .write(move |conn| {
            let found = consents::find(conn, consent_id)?.ok_or(VolunteeredError::NotFound)?;
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let act = names.name(found.person)?;
            act.settle(conn)?;
            act.close_consent(conn, consent_id, consent::Act::Withdraw, None)?;
            for other in names.all().filter(|act| act.person != found.person) {
                other.settle(conn)?;
                let same = other.customer.consent_to(&found.purpose);
                let same = same.filter(|consent| consent.state.is_in_force()).map(|same| same.consent_id);
                if let Some(same) = same {
                    other.close_consent(conn, same, consent::Act::Withdraw, None)?;
                }
            }
            let done = names.finish(conn)?;
            Ok(Withdrawn { at: now, systems: done.systems })
        })
        .await
}

/// The retailer ends a consent and says why; `staff` is a reference to who did.
///
/// # Errors
/// As for [`withdraw`].
pub async fn revoke(
    v: &Volunteering,
    consent_id: ConsentId,
    reason: String,
    staff: String,
) -> Result<Withdrawn, VolunteeredError> {
    close(v, consent_id, consent::Act::Revoke, By::staff(staff, reason)).await
}

/// It turned out that a consent was never valid; `staff` is a reference to who found out.
///
/// # Errors
/// As for [`withdraw`].
pub async fn invalidate(
    v: &Volunteering,
    consent_id: ConsentId,
    reason: String,
    staff: String,
) -> Result<Withdrawn, VolunteeredError> {
    close(v, consent_id, consent::Act::Invalidate, By::staff(staff, reason)).await
}

async fn close(
    v: &Volunteering,
    consent_id: ConsentId,
    step: consent::Act,
    by: By,
) -> Result<Withdrawn, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    v.store()
        .write(move |conn| {
            let person = owner_of(conn, consent_id)?;
            let mut act = Act::begin(&volunteering, conn, person, by.clone(), now)?;
            act.settle(conn)?;
            act.close_consent(conn, consent_id, step, None)?;
            let done = act.finish(conn)?;
            Ok(Withdrawn { at: now, systems: done.systems })
        })
        .await
}

fn owner_of(conn: &mut Conn, consent_id: ConsentId) -> Result<Person, VolunteeredError> {
    consents::find(conn, consent_id)?.map(|consent| consent.person).ok_or(VolunteeredError::NotFound)
}

/// The customer says yes again to what they agreed to: it ends later.
///
/// # Errors
/// [`VolunteeredError::NotFound`] for another's, [`VolunteeredError::NotNow`] for one that is not in force.
pub async fn renew(
    v: &Volunteering,
    person: Person,
    consent_id: ConsentId,
    shown: &Shown,
) -> Result<ConsentView, VolunteeredError> {
    let (volunteering, now, shown) = (v.clone(), v.clock().now(), shown.clone());
    v.store()
        .write(move |conn| {
            let owner = owner_of(conn, consent_id)?;
            let by = By::customer(&volunteering, &shown);
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let act = names.name(owner)?;
            act.check_not_dark()?;
            act.settle(conn)?;
            let found = act.customer.consents.get(&consent_id).cloned();
            let mut consent = found.ok_or(VolunteeredError::NotFound)?;
            let purpose = act.purpose(conn, &consent.purpose_hash)?;
            consent.expires_at = published::end_of(conn, &purpose, now)?;
            consent.reminded_at = None;
            act.step(conn, consent, consent::Act::Renew, None)?;
            let done = names.finish(conn)?;
            let renewed = done.customer(owner)?.consents.get(&consent_id).cloned();
            view(conn, renewed.ok_or(VolunteeredError::NotFound)?, now)
        })
        .await
}
