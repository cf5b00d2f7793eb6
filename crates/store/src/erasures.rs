//! Erasures that are not done yet: what was written with the erasure and is carried out right after it, or at the next
//! start. The purchases are gone by then; what is left is to end grants, write entries and destroy keys.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::entry::{Actor, Display};
use counterfoil_domain::ids::{Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::destructions;
use crate::{either, people};

/// By which door an erasure came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Who has it done: the customer, a member of staff, or the order stream as the system.
    pub actor: Actor,
    /// The chain that its request began, where the ledger has that already.
    pub record: Option<RecordId>,
    /// What the customer was shown.
    pub display: Option<Display>,
}

impl Door {
    /// The order stream's.
    pub fn of_stream() -> Self {
        Self { actor: Actor::System, record: None, display: None }
    }

    /// The customer's own page.
    pub fn of_customer(display: Display) -> Self {
        Self { actor: Actor::Customer, record: None, display: Some(display) }
    }
}

/// Something that is still to be done for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destruction {
    /// Who was erased.
    pub person: Person,
    /// When.
    pub since: DateTime<Utc>,
    /// Whether the ledger has its entries.
    pub entered: bool,
    /// By which door.
    pub door: Door,
    /// Blind index of the name.
    pub index: Option<[u8; 16]>,
    /// The name sealed to the officer, where something is held.
    pub name: Option<Vec<u8>>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = destructions, treat_none_as_default_value = false)]
struct Row {
    person: Vec<u8>,
    since: NaiveDateTime,
    entered: bool,
    actor_kind: String,
    actor_ref: Option<String>,
    record: Option<Vec<u8>>,
    display: Option<String>,
    customer_index: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
}

impl Row {
    fn of(new: &Destruction) -> Result<Self> {
        let (kind, reference) = match &new.door.actor {
            Actor::Customer => ("customer", None),
            Actor::Staff(name) => ("staff", Some(name.clone())),
            Actor::App(id) => ("app", Some(id.clone())),
            Actor::System => ("system", None),
        };
        let shown = |display: &Display| {
            let Display { build, language, template, words } = display;
            serde_json::to_string(&[build, language, template, words])
                .map_err(|error| Error::Unexpected(format!("{error}")))
        };
        Ok(Self {
            person: new.person.as_bytes().to_vec(),
            since: new.since.naive_utc(),
            entered: new.entered,
            actor_kind: kind.to_owned(),
            actor_ref: reference,
            record: new.door.record.map(|record| record.as_bytes().to_vec()),
            display: new.door.display.as_ref().map(shown).transpose()?,
            customer_index: new.index.map(|index| index.to_vec()),
            name: new.name.clone(),
        })
    }

    fn read(self) -> Result<Destruction> {
        let person = people::person(&self.person)?;
        let corrupt = |column| Error::corrupt("destructions", column, "?");
        let reference = self.actor_ref.unwrap_or_default();
        let actor = match self.actor_kind.as_str() {
            "customer" => Actor::Customer,
            "staff" => Actor::Staff(reference),
            "app" => Actor::App(reference),
            "system" => Actor::System,
            _ => return Err(corrupt("actor_kind")),
        };
        let shown = |text: String| {
            let [build, language, template, words] =
                serde_json::from_str(&text).map_err(|_| corrupt("display"))?;
            Ok::<_, Error>(Display { build, language, template, words })
        };
        let record = self.record.map(|bytes| RecordId::from_slice(&bytes).map_err(|_| corrupt("record")));
        let index = self.customer_index.map(|bytes| bytes.try_into().map_err(|_| corrupt("customer_index")));
        Ok(Destruction {
            person,
            since: self.since.and_utc(),
            entered: self.entered,
            door: Door { actor, record: record.transpose()?, display: self.display.map(shown).transpose()? },
            index: index.transpose()?,
            name: self.name,
        })
    }
}

/// Notes erasures; one that was noted before stays as it is.
pub fn begin(conn: &mut Conn, new: &[Destruction]) -> Result<()> {
    let rows = new.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
    either!(conn, c => diesel::insert_into(destructions::table).values(&rows).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// What is still to be done, oldest first.
pub fn open(conn: &mut Conn) -> Result<Vec<Destruction>> {
    let rows = destructions::table.order((destructions::since, destructions::person)).load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// Notes that the ledger has the entries; `false` when that was noted before.
pub fn enter(conn: &mut Conn, person: Person) -> Result<bool> {
    let changed = diesel::update(destructions::table.find(person.as_bytes().to_vec()))
        .filter(destructions::entered.eq(false))
        .set(destructions::entered.eq(true))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Nothing is left to be done.
pub fn finish(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(destructions::table.find(person.as_bytes().to_vec())).execute(conn)?;
    Ok(())
}
