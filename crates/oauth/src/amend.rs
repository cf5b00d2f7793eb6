//! Changing a grant that was given: its customer takes something out of it, puts back what they had left out
//! themselves, or lets it see what has joined their history since. An app never gets more than it asked for.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::{Act, CarveOuts, Dataset, Details, State};
use counterfoil_domain::ids::{GrantId, ObjectId, Person, PurchaseId};
use counterfoil_ledger::Draft;
use counterfoil_ledger::config::Shown;
use counterfoil_ledger::grants::BASIS;
use counterfoil_store::conn::Conn;
use counterfoil_store::grants::{self, Amending, Grant};
use counterfoil_store::hiding::{self, Window};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::{announcements, objects};
use serde_json::{Value, json};

use crate::Oauth;
use crate::grants::{GrantError, GrantView, view};

/// What the customer chose on the page that changes a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Datasets that stay; what is not among them is taken out for good.
    pub datasets: Vec<Dataset>,
    /// Ids of the asks that stay.
    pub asks: Vec<String>,
    /// Whether purchases on shared accounts stay.
    pub shared_accounts: bool,
    /// Ids of categories to leave out.
    pub categories: Vec<String>,
    /// Whether purchases keep their totals where something is left out of them.
    pub keep_totals: bool,
    /// Whether the app may also see what has joined the customer's history since they last agreed to that.
    pub with_joined: bool,
}

/// One change of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// What the page of its choices says.
    Choices(Amendment),
    /// One purchase is left out.
    LeaveOut(PurchaseId),
    /// One purchase is not left out any more.
    PutBack(PurchaseId),
}

/// A grant that its customer may change, with what the page about that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changeable {
    /// As it stands.
    pub view: GrantView,
    /// How many purchases joined the customer's history since they agreed, and would be seen if they agreed to that.
    pub joined: i64,
}

/// A grant of the customer's with what they could change.
///
/// # Errors
/// [`GrantError::NotFound`] for another customer's grant.
pub async fn changeable(oauth: &Oauth, person: Person, grant_id: GrantId) -> Result<Changeable, GrantError> {
    let now = oauth.clock().now();
    oauth
        .store()
        .read(move |conn| {
            let grant = find(conn, person, grant_id)?;
            let joined = joined(conn, &grant)?;
            Ok(Changeable { view: view(conn, grant, now)?, joined })
        })
        .await
}

/// The customer changes a grant; `page` is what the page showed on which they did. Gives whether anything is
/// different now. When this returns, nothing leaves any more that is not let out any more.
///
/// # Errors
/// [`GrantError::NotFound`] for another customer's grant or purchase, [`GrantError::Final`] for a grant that ended,
/// [`GrantError::InvalidChoice`] for more than it was given for, [`GrantError::TooMany`] for too many single purchases.
pub async fn amend(
    oauth: &Oauth,
    person: Person,
    grant_id: GrantId,
    change: Change,
    page: Shown,
) -> Result<bool, GrantError> {
    let (server, now) = (oauth.clone(), oauth.clock().now());
    let is_changed = oauth
        .store()
        .write(move |conn| {
            let before = find(conn, person, grant_id)?;
            check_purchase(conn, before.person, &change)?;
            if amended(conn, &before, &change, now)?.is_none() {
                return Ok::<_, GrantError>(false);
            }
            // In the feed of the person that the grant names, which is what its readers follow.
            let step = Changes { person: before.person, count: 1, narrowed: false };
            let counted = people::count_changes(conn, &[step])?;
            let seq = counted.get(&before.person).copied().ok_or(counterfoil_store::Error::Contended)?;
            announcements::announce(conn, &[before.person])?;
            let before = grants::lock(conn, grant_id)?.ok_or(GrantError::NotFound)?;
            // Somebody may have changed it in between.
            let Some(after) = amended(conn, &before, &change, now)? else { return Ok(false) };
            let agreed_seq = if after.with_joined { seq } else { before.agreed_seq };
            let amending = Amending {
                details: &after.details,
                carve_outs: &after.carve_outs,
                agreed_seq,
                changed_seq: seq,
                // Whatever changes here, changes what is shown of the past.
                resync: true,
            };
            grants::amend(conn, grant_id, &amending)?;
            // Tokens stay. They hold no rights: what they reach is read from the grant, which is narrower now. Where
            // it is wider than a moment ago, its customer has just agreed to that, with the same app.
            let access_size = server.ledger().gate(conn)?;
            let draft = Draft {
                display: Some(server.ledger().display(&page)),
                ..draft(&before, &after, access_size, now)
            };
            let keys = server.keys().person(before.person)?;
            server.ledger().append(conn, &keys, before.person, now, &[draft])?;
            Ok(true)
        })
        .await?;
    if is_changed {
        oauth.facts().forget_grant(grant_id);
    }
    Ok(is_changed)
}

/// A grant, if it is the customer's, by whatever name of theirs.
pub(crate) fn find(conn: &mut Conn, person: Person, grant_id: GrantId) -> Result<Grant, GrantError> {
    let grant = grants::find(conn, grant_id)?.ok_or(GrantError::NotFound)?;
    let history = hiding::history(conn, grant.person)?;
    if history.members.contains(&person) { Ok(grant) } else { Err(GrantError::NotFound) }
}

/// A single purchase must be one of the customer's own.
fn check_purchase(conn: &mut Conn, person: Person, change: &Change) -> Result<(), GrantError> {
    let Change::LeaveOut(id) = change else { return Ok(()) };
    let object = objects::find(conn, ObjectId::from(*id))?;
    let is_own = object.is_some_and(|object| object.person == Some(person));
    if is_own { Ok(()) } else { Err(GrantError::NotFound) }
}

fn joined(conn: &mut Conn, grant: &Grant) -> counterfoil_store::Result<i64> {
    let Details { from, to, shared_accounts: shared, .. } = grant.details;
    hiding::joined_since(conn, grant.person, grant.agreed_seq, Window { from, to, shared })
}

/// What a grant becomes.
struct Amended {
    details: Details,
    carve_outs: CarveOuts,
    with_joined: bool,
}

/// What a change makes of a grant; `None` if nothing is different.
fn amended(
    conn: &mut Conn,
    grant: &Grant,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Option<Amended>, GrantError> {
    let state = grant.state_at(now);
    state.after(Act::Amend).map_err(|error| GrantError::Final(error.from))?;
    let mut after =
        Amended { details: grant.details.clone(), carve_outs: grant.carve_outs.clone(), with_joined: false };
    match change {
        Change::Choices(choices) => {
            after.details.datasets.clone_from(&choices.datasets);
            after.details.shared_accounts = choices.shared_accounts;
            if let Some(volunteered) = &mut after.details.volunteered {
                volunteered.asks.retain(|named| choices.asks.contains(&named.ask));
            }
            after.details.volunteered =
                after.details.volunteered.filter(|volunteered| !volunteered.asks.is_empty());
            after.carve_outs.categories.clone_from(&choices.categories);
            after.carve_outs.keep_totals = choices.keep_totals;
            after.with_joined = choices.with_joined && joined(conn, grant)? > 0;
        }
        Change::LeaveOut(id) => after.carve_outs.purchases.push(*id),
        Change::PutBack(id) => after.carve_outs.purchases.retain(|other| other != id),
    }
    after.details = after.details.checked().map_err(|error| GrantError::InvalidChoice(error.0))?;
    after.carve_outs = after.carve_outs.checked().map_err(|_| GrantError::TooMany)?;
    if after.details.wider_than(&grant.details) {
        return Err(GrantError::InvalidChoice("more was chosen than the app was let have"));
    }
    let is_same =
        after.details == grant.details && after.carve_outs == grant.carve_outs && !after.with_joined;
    Ok((!is_same).then_some(after))
}

fn draft(before: &Grant, after: &Amended, access_size: i64, now: DateTime<Utc>) -> Draft {
    let choices = |details: &Details, carve_outs: &CarveOuts| -> Value {
        json!({ "granted": details, "carveOuts": carve_outs })
    };
    Draft {
        entry_type: EntryType::GrantAmended,
        record: before.record,
        actor: Actor::Customer,
        state: Some(State::name(before.state)),
        basis: Some(BASIS),
        effective_at: now,
        expires: before.expires_at,
        display: None,
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({
            "grantId": format!("{}", before.grant_id),
            "clientId": format!("{}", before.client_id),
            "before": choices(&before.details, &before.carve_outs),
            "after": choices(&after.details, &after.carve_outs),
            "withJoined": after.with_joined,
            "version": before.version + 1,
            "accessSize": access_size,
        })),
    }
}
