//! Rights that the retailer must answer (GDPR Art. 15, 16, 21(1)): a customer uses one, and the answer is due within a month.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::Actor;
use counterfoil_domain::ids::{Person, RecordId, RightId};
use counterfoil_domain::right::{self, Kind, State};
use counterfoil_ledger::Draft;
use counterfoil_ledger::config::Shown;
use counterfoil_store::conn::Conn;
use counterfoil_store::keys::Secret;
use counterfoil_store::rights::{self as rows, Right};
use counterfoil_store::{Error, people};
use serde_json::json;

use crate::customer::By;
use crate::{Fault, VolunteeredError, Volunteering, names};

/// Letters that a request or an answer may have.
const TEXT_LENGTH: usize = 10_000;
/// Requests of one customer that may wait for an answer at one time: each is work for a person.
const OPEN_AT_ONCE: usize = 20;
/// Requests that are read together where all are read.
const PAGE: i64 = 1_000;

/// What a customer asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which right.
    pub kind: Kind,
    /// What, in the customer's words.
    pub detail: String,
}

/// What the retailer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has done what was asked; what it did.
    Done(String),
    /// It does not do it; why, and where the customer can complain (Art. 12(4)).
    Refused(String),
}

/// A right that a customer uses, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightView {
    /// Its id.
    pub right_id: RightId,
    /// Whose.
    pub person: Person,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// Which right.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// When it was used.
    pub opened_at: DateTime<Utc>,
    /// Until when it is to be answered.
    pub due_at: DateTime<Utc>,
    /// When it was answered, refused or taken back.
    pub closed_at: Option<DateTime<Utc>>,
    /// What the customer asks.
    pub detail: String,
    /// What the retailer last said: its answer, its refusal, or why it needs longer.
    pub answer: Option<String>,
}

impl RightView {
    /// Whether an answer is owed that was due by `now`.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.state.is_open() && self.due_at <= now
    }
}

/// The rights that a customer uses or has used, by whichever of their names, oldest first.
///
/// # Errors
/// The store's.
pub async fn of(v: &Volunteering, person: Person) -> Result<Vec<RightView>, VolunteeredError> {
    let volunteering = v.clone();
    v.store()
        .read(move |conn| {
            let rights = of_names(conn, person)?;
            Ok(rights.iter().map(|right| view(&volunteering, right)).collect::<Result<_, Error>>()?)
        })
        .await
}

/// A right by its id, whoever's it is: for the retailer's staff.
///
/// # Errors
/// [`VolunteeredError::NotFound`].
pub async fn find(v: &Volunteering, right_id: RightId) -> Result<RightView, VolunteeredError> {
    let volunteering = v.clone();
    v.store()
        .read(move |conn| {
            let right = rows::find(conn, right_id)?.ok_or(VolunteeredError::NotFound)?;
            Ok(view(&volunteering, &right)?)
        })
        .await
}

/// Those that wait for an answer, the most pressing first, at most a thousand; `is_overdue` leaves only those whose time is
/// over. What they say stays sealed.
///
/// # Errors
/// The store's.
pub async fn open_ones(v: &Volunteering, is_overdue: bool) -> Result<Vec<Right>, VolunteeredError> {
    let by = is_overdue.then(|| v.clock().now());
    v.store().read(move |conn| Ok(rows::open(conn, by, PAGE)?)).await
}

/// How many answers are overdue.
///
/// # Errors
/// The store's.
pub async fn count_overdue(v: &Volunteering) -> Result<i64, VolunteeredError> {
    let now = v.clock().now();
    v.store().read(move |conn| Ok(rows::count_overdue(conn, now)?)).await
}

/// A customer uses a right.
///
/// # Errors
/// [`VolunteeredError::Invalid`] for a request that says nothing, [`VolunteeredError::TooLarge`],
/// [`VolunteeredError::NotNow`] where too many wait for an answer already.
pub async fn open(
    v: &Volunteering,
    person: Person,
    request: &Request,
    shown: &Shown,
) -> Result<RightView, VolunteeredError> {
    check_text("/detail", &request.detail)?;
    let (v, now, request) = (v.clone(), v.clock().now(), request.clone());
    let by = By::customer(&v, shown);
    v.clone()
        .store()
        .write(move |conn| {
            let evidence = hold(&v, conn, person)?;
            let open = of_names(conn, person)?.iter().filter(|right| right.state.is_open()).count();
            if open >= OPEN_AT_ONCE {
                return Err(VolunteeredError::NotNow("one too many that wait for an answer"));
            }
            let right_id = RightId(v.entropy().bytes());
            let right = Right {
                right_id,
                person,
                record: RecordId(v.entropy().bytes()),
                kind: request.kind,
                state: State::Requested,
                opened_at: now,
                due_at: right::due_at(now, false),
                closed_at: None,
                detail: v.keys().seal(&evidence, &place(right_id, "detail"), request.detail.as_bytes())?,
                answer: None,
            };
            write(&v, conn, &evidence, &right, &by, Some(&request.detail), now)?;
            Ok(view(&v, &right)?)
        })
        .await
}

/// A member of staff answers.
///
/// # Errors
/// [`VolunteeredError::NotFound`], [`VolunteeredError::NotNow`] for one that is answered or taken back,
/// [`VolunteeredError::Invalid`] for an answer that says nothing.
pub async fn answer(
    v: &Volunteering,
    staff: &str,
    right_id: RightId,
    answer: Answer,
) -> Result<RightView, VolunteeredError> {
    let (act, says) = match answer {
        Answer::Done(says) => (right::Act::Answer, says),
        Answer::Refused(says) => (right::Act::Refuse, says),
    };
    by_staff(v, staff, right_id, act, says).await
}

/// A member of staff says why the answer takes longer: once, and by two months (Art. 12(3)).
///
/// # Errors
/// As [`answer`]; [`VolunteeredError::NotNow`] also for one whose month is over: the customer was to be told within it.
pub async fn extend(
    v: &Volunteering,
    staff: &str,
    right_id: RightId,
    reason: String,
) -> Result<RightView, VolunteeredError> {
    by_staff(v, staff, right_id, right::Act::Extend, reason).await
}

/// The customer takes a request back.
///
/// # Errors
/// [`VolunteeredError::NotFound`] also for another customer's, [`VolunteeredError::NotNow`] for one that is answered.
pub async fn take_back(
    v: &Volunteering,
    person: Person,
    right_id: RightId,
    shown: &Shown,
) -> Result<RightView, VolunteeredError> {
    let by = By::customer(v, shown);
    step(v, Some(person), right_id, right::Act::TakeBack, None, by).await
}

async fn by_staff(
    v: &Volunteering,
    staff: &str,
    right_id: RightId,
    act: right::Act,
    says: String,
) -> Result<RightView, VolunteeredError> {
    check_text("/says", &says)?;
    let by = By { actor: Actor::Staff(staff.to_owned()), display: None, reason: None };
    step(v, None, right_id, act, Some(says), by).await
}

async fn step(
    v: &Volunteering,
    owner: Option<Person>,
    right_id: RightId,
    act: right::Act,
    says: Option<String>,
    by: By,
) -> Result<RightView, VolunteeredError> {
    let (v, now) = (v.clone(), v.clock().now());
    v.clone()
        .store()
        .write(move |conn| {
            let person = rows::find(conn, right_id)?.ok_or(VolunteeredError::NotFound)?.person;
            if let Some(owner) = owner
                && !names::of(conn, owner)?.contains(&person)
            {
                return Err(VolunteeredError::NotFound);
            }
            let evidence = hold(&v, conn, person)?;
            // As it stands now that nobody else can change it.
            let mut right = rows::find(conn, right_id)?.ok_or(VolunteeredError::NotFound)?;
            right.state =
                right.state.after(act).map_err(|error| VolunteeredError::NotNow(error.from.name()))?;
            if right.state == State::Extended {
                if right.due_at <= now {
                    return Err(VolunteeredError::NotNow("overdue"));
                }
                right.due_at = right::due_at(right.opened_at, true);
            }
            right.closed_at = (!right.state.is_open()).then_some(now);
            if let Some(says) = &says {
                right.answer = Some(v.keys().seal(&evidence, &place(right_id, "answer"), says.as_bytes())?);
            }
            write(&v, conn, &evidence, &right, &by, says.as_deref(), now)?;
            Ok(view(&v, &right)?)
        })
        .await
}

fn of_names(conn: &mut Conn, person: Person) -> counterfoil_store::Result<Vec<Right>> {
    let mut rights = Vec::new();
    for name in names::of(conn, person)? {
        rights.extend(rows::of_person(conn, name)?);
    }
    rights.sort_by_key(|right| (right.opened_at, right.right_id));
    Ok(rights)
}

/// Takes the customer's row, so that one act at a time concerns them; their evidence key.
fn hold(v: &Volunteering, conn: &mut Conn, person: Person) -> Result<Secret, VolunteeredError> {
    if !people::hold(conn, person)? {
        return Err(VolunteeredError::NotFound);
    }
    v.keys().evidence(person)?.ok_or(VolunteeredError::NotFound)
}

/// Writes the row and its entry. What is said is in the payload, which is under the same key as the row.
fn write(
    v: &Volunteering,
    conn: &mut Conn,
    evidence: &Secret,
    right: &Right,
    by: &By,
    says: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    rows::put(conn, right)?;
    let draft = Draft {
        entry_type: right.kind.entry_type(right.state),
        record: right.record,
        actor: by.actor.clone(),
        state: Some(right.state.name()),
        basis: Some(right.kind.basis()),
        effective_at: now,
        expires: right.state.is_open().then_some(right.due_at),
        display: by.display.clone(),
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({ "rightId": right.right_id, "kind": right.kind.name(), "says": says })),
    };
    v.ledger().append_under(conn, evidence, right.person, now, &[draft])?;
    Ok(())
}

/// What a sealed text is bound to.
fn place(right_id: RightId, column: &str) -> Vec<u8> {
    [b"right".as_slice(), column.as_bytes(), right_id.as_bytes()].concat()
}

fn view(v: &Volunteering, right: &Right) -> Result<RightView, Error> {
    let corrupt = |column| Error::corrupt("rights", column, right.right_id);
    let evidence = v.keys().evidence(right.person)?.ok_or_else(|| corrupt("person"))?;
    let open = |column: &'static str, sealed: &[u8]| {
        let bytes = v.keys().open_sealed(&evidence, &place(right.right_id, column), sealed)?;
        String::from_utf8(bytes).map_err(|_| corrupt(column))
    };
    Ok(RightView {
        right_id: right.right_id,
        person: right.person,
        record: right.record,
        kind: right.kind,
        state: right.state,
        opened_at: right.opened_at,
        due_at: right.due_at,
        closed_at: right.closed_at,
        detail: open("detail", &right.detail)?,
        answer: right.answer.as_deref().map(|sealed| open("answer", sealed)).transpose()?,
    })
}

fn check_text(pointer: &str, text: &str) -> Result<(), VolunteeredError> {
    if text.chars().count() > TEXT_LENGTH {
        return Err(VolunteeredError::TooLarge);
    }
    if text.trim().is_empty() {
        let says = "must not be empty".to_owned();
        return Err(VolunteeredError::Invalid(vec![Fault { pointer: pointer.to_owned(), says }]));
    }
    Ok(())
}
