//! One customer, several names: the persons with the same home. Whoever signs in decides about what they told by any of
//! them.

use counterfoil_domain::ids::Person;
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, people};

use chrono::{DateTime, Utc};

use crate::act::{Act, Done, finish_all};
use crate::customer::By;
use crate::{VolunteeredError, Volunteering};

/// All persons who are one customer, in ascending order.
pub(crate) fn of(conn: &mut Conn, person: Person) -> counterfoil_store::Result<Vec<Person>> {
    let home = people::home(conn, person)?;
    let mut members = people::members(conn, home)?;
    if !members.contains(&person) {
        members.push(person);
        members.sort_unstable();
    }
    Ok(members)
}

/// An act of a customer, on all their names at once.
pub(crate) struct Names {
    own: Person,
    acts: Vec<Act>,
}

impl Names {
    /// Takes the rows of all names, in ascending order.
    ///
    /// # Errors
    /// [`VolunteeredError::NotFound`] for a customer who is not there (any more); contention when who belongs to them
    /// has changed meanwhile.
    pub(crate) fn begin(
        v: &Volunteering,
        conn: &mut Conn,
        person: Person,
        by: &By,
        now: DateTime<Utc>,
    ) -> Result<Self, VolunteeredError> {
        let names = of(conn, person)?;
        let mut acts = Vec::with_capacity(names.len());
        for name in &names {
            acts.push(Act::begin(v, conn, *name, by.clone(), now)?);
        }
        if of(conn, person)? == names { Ok(Self { own: person, acts }) } else { Err(Error::Contended.into()) }
    }

    /// An act on one name alone.
    pub(crate) fn only(act: Act) -> Self {
        Self { own: act.person, acts: vec![act] }
    }

    /// The act on the name by which the customer signed in.
    pub(crate) fn own(&mut self) -> Result<&mut Act, VolunteeredError> {
        self.name(self.own)
    }

    /// The act on a name.
    ///
    /// # Errors
    /// [`VolunteeredError::NotFound`] for another customer's.
    pub(crate) fn name(&mut self, person: Person) -> Result<&mut Act, VolunteeredError> {
        self.acts.iter_mut().find(|act| act.person == person).ok_or(VolunteeredError::NotFound)
    }

    /// The acts on all names.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Act> {
        self.acts.iter_mut()
    }

    /// [`finish_all`].
    ///
    /// # Errors
    /// As there.
    pub(crate) fn finish(self, conn: &mut Conn) -> Result<Done, Error> {
        finish_all(self.acts, conn)
    }
}
