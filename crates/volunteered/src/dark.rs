//! Going dark and starting again.

use chrono::{DateTime, Months, Utc};
use counterfoil_domain::config_object::Id;
use counterfoil_domain::consent;
use counterfoil_domain::entry::{EntryType, instant};
use counterfoil_domain::ids::Person;
use counterfoil_domain::item;
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::config::Shown;
use counterfoil_store::conn::Conn;
use counterfoil_store::dark::{self, Dark as Row};
use counterfoil_store::{answers, people};
use serde_json::json;

use crate::act::{Act, Says};
use crate::customer::By;
use crate::names::Names;
use crate::{VolunteeredError, Volunteering, names, published};

/// That a customer has gone dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dark {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when they are asked nothing.
    pub quiet_until: DateTime<Utc>,
}

/// What going dark did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoneDark {
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// Consents that were closed.
    pub closed: u32,
    /// Values that are gone.
    pub deleted: u32,
    /// Systems that had fetched something and are told.
    pub systems: u32,
}

/// How long nobody is asked anything after going dark, in months.
const QUIET_MONTHS: u32 = 12;
/// Going dark takes back whatever was agreed to: GDPR Art. 7(3).
pub(crate) const BASIS: &str = "eu-gdpr:A7-3";

/// Whether a customer has gone dark, by whichever of their names.
///
/// # Errors
/// The store's.
pub async fn of(v: &Volunteering, person: Person) -> Result<Option<Dark>, VolunteeredError> {
    v.store()
        .read(move |conn| {
            let names = names::of(conn, person)?;
            let dark = dark::among(conn, &names)?;
            let first = dark.iter().map(|dark| dark.since).min();
            let last = dark.iter().map(|dark| dark.quiet_until).max();
            Ok(first.zip(last).map(|(since, quiet_until)| Dark { since, quiet_until }))
        })
        .await
}

/// The customer stops telling the retailer, by all their names: every consent is closed, with an entry each, every value is gone, they
/// object to marketing and to every optional purpose, and are asked nothing for twelve months. When this returns the key
/// of what they told is destroyed.
///
/// # Errors
/// `NotNow("dark")` for a customer who has gone dark before.
pub async fn go(v: &Volunteering, person: Person, shown: &Shown) -> Result<GoneDark, VolunteeredError> {
    let (volunteering, now, by) = (v.clone(), v.clock().now(), By::customer(v, shown));
    let gone = v
        .store()
        .write(move |conn| {
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            if names.all().all(|act| act.customer.dark.is_some()) {
                return Err(VolunteeredError::NotNow("dark"));
            }
            let (mut closed, mut deleted, mut persons) = (0, 0, Vec::new());
            for act in names.all().filter(|act| act.customer.dark.is_none()) {
                act.settle(conn)?;
                let gone = go_in(act, conn)?;
                closed += gone.closed;
                deleted += gone.deleted;
                persons.push(act.person);
            }
            let done = names.finish(conn)?;
            Ok((GoneDark { at: now, closed, deleted, systems: done.systems }, persons))
        })
        .await?;
    let (gone, persons) = gone;
    for person in persons {
        destroy_key(v, person).await?;
    }
    Ok(gone)
}

/// Going dark, within an act of the customer. Whoever commits it calls [`finish`] right after.
pub(crate) fn go_in(act: &mut Act, conn: &mut Conn) -> Result<GoneDark, VolunteeredError> {
    if act.customer.dark.is_some() {
        return Err(VolunteeredError::NotNow("dark"));
    }
    let quiet_until = act.now.checked_add_months(Months::new(QUIET_MONTHS)).unwrap_or(act.now);
    let record = act.own_record(&["dark"])?;
    let cause = Some(act.say(Says {
        entry_type: EntryType::PersonGoneDark,
        record,
        state: "dark",
        basis: Some(BASIS),
        expires: None,
        config: None,
        cause: None,
        payload: json!({ "quietUntil": instant(quiet_until) }),
    }));
    let (mut closed, mut deleted) = (0, 0);
    for consent in act.customer.consents.values().cloned().collect::<Vec<_>>() {
        if consent.state.is_in_force() {
            act.close_consent(conn, consent.consent_id, consent::Act::Withdraw, cause)?;
            closed += 1;
        } else if consent.state.is_open() {
            act.step(conn, consent, consent::Act::Lapse, cause)?;
        }
    }
    for item in act.customer.items.values().cloned().collect::<Vec<_>>() {
        if !item.state.is_final() {
            act.end_item(conn, item.item_id, item::Act::Withdraw, cause)?;
        }
        deleted += 1;
    }
    for from in [answers::State::Shown, answers::State::Deferred] {
        act.close_answers(from, answers::State::Lapsed, |_, _| true);
    }
    act.object(&Subject::Marketing, cause)?;
    for purpose in published::purposes(conn)? {
        if let (true, Ok(id)) = (purpose.processing.is_optional(), Id::new(&purpose.id)) {
            act.object(&Subject::Purpose(id), cause)?;
        }
    }
    act.go_dark(Row { person: act.person, since: act.now, quiet_until, record, key_gone: false });
    Ok(GoneDark { at: act.now, closed, deleted, systems: 0 })
}

/// The customer starts again. What was deleted does not come back, and what they object to stays until they lift it, or
/// say yes to that very purpose.
///
/// # Errors
/// `NotNow("active")` for a customer who has not gone dark.
pub async fn start_again(v: &Volunteering, person: Person, shown: &Shown) -> Result<(), VolunteeredError> {
    // Nothing may be sealed under a key that is still to be destroyed.
    for name in v.store().read(move |conn| Ok::<_, VolunteeredError>(names::of(conn, person)?)).await? {
        destroy_key(v, name).await?;
    }
    let (volunteering, now, by) = (v.clone(), v.clock().now(), By::customer(v, shown));
    v.store()
        .write(move |conn| {
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let mut is_back = false;
            for act in names.all() {
                is_back |= start_again_in(act)?;
            }
            if !is_back {
                return Err(VolunteeredError::NotNow("active"));
            }
            names.finish(conn)?;
            Ok(())
        })
        .await
}

/// Starting again, within an act; whether they had gone dark.
fn start_again_in(act: &mut Act) -> Result<bool, VolunteeredError> {
    let Some(dark) = act.customer.dark.clone() else { return Ok(false) };
    if !dark.key_gone {
        // Gone dark again between the two steps.
        return Err(counterfoil_store::Error::Contended.into());
    }
    act.say(Says {
        entry_type: EntryType::PersonReturned,
        record: dark.record,
        state: "active",
        basis: Some(BASIS),
        expires: None,
        config: None,
        cause: None,
        payload: json!({}),
    });
    act.return_from_dark();
    Ok(true)
}

/// Destroys the keys that are still to be destroyed: what a process that died right after a commit left undone.
///
/// # Errors
/// The store's; what was destroyed until then stays so.
pub async fn finish(v: &Volunteering) -> Result<u32, VolunteeredError> {
    let open = v.store().read(|conn| Ok::<_, VolunteeredError>(dark::unfinished(conn)?)).await?;
    let mut done = 0;
    for dark in open {
        destroy_key(v, dark.person).await?;
        done += 1;
    }
    Ok(done)
}

/// Destroys the key of what a customer volunteered, if they have gone dark and it is not destroyed yet.
async fn destroy_key(v: &Volunteering, person: Person) -> Result<(), VolunteeredError> {
    let keys = v.keys().clone();
    v.store()
        .write(move |conn| {
            // Nobody starts again meanwhile, and nobody else destroys the key that comes after.
            if people::hold(conn, person)? && dark::find(conn, person)?.is_some_and(|dark| !dark.key_gone) {
                keys.renew_volunteered(person)?;
                dark::finish(conn, person)?;
            }
            Ok(())
        })
        .await
}
