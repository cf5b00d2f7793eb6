//! What a customer gets in return for what they volunteer.

use std::collections::BTreeMap;

use crate::entry::EntryType;
use crate::money;

/// Where an exchange stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It was promised before the question was answered.
    Promised,
    /// The question was answered: it is to be given.
    Due,
    /// It was given, and is never taken back.
    Delivered,
    /// It was not given in time.
    Overdue,
    /// It is no longer owed: what it was for was taken back before anybody fetched it.
    Forgone,
}

/// What can happen to an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// The question is answered.
    Owe,
    /// It is given.
    Deliver,
    /// It was not given in time.
    Miss,
    /// What it was for is taken back.
    Forgo {
        /// Whether a system of the retailer had fetched it: then it is paid all the same.
        fetched: bool,
    },
}

/// A step that the state machine does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an exchange that is {} cannot {act:?}", .from.name())]
pub struct IllegalTransition {
    /// Where the exchange stands.
    pub from: State,
    /// What was tried.
    pub act: Act,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Promised, Self::Due, Self::Delivered, Self::Overdue, Self::Forgone];

    /// The word stored, shown and written into entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Promised => "promised",
            Self::Due => "due",
            Self::Delivered => "delivered",
            Self::Overdue => "overdue",
            Self::Forgone => "forgone",
        }
    }

    /// Reads [`State::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The type of the entry with which it is reached.
    pub fn entry_type(self) -> EntryType {
        match self {
            Self::Promised => EntryType::ValuePromised,
            Self::Due => EntryType::ValueDue,
            Self::Delivered => EntryType::ValueDelivered,
            Self::Overdue => EntryType::ValueOverdue,
            Self::Forgone => EntryType::ValueForgone,
        }
    }

    /// Whether it is still to be given.
    pub fn is_owed(self) -> bool {
        matches!(self, Self::Due | Self::Overdue)
    }

    /// The state after `act`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the state machine has no such step.
    pub fn after(self, act: Act) -> Result<Self, IllegalTransition> {
        match (self, act) {
            (Self::Promised, Act::Owe) => Ok(Self::Due),
            (Self::Due | Self::Overdue, Act::Deliver) => Ok(Self::Delivered),
            (Self::Due, Act::Miss) => Ok(Self::Overdue),
            (Self::Promised | Self::Due | Self::Overdue, Act::Forgo { fetched: false }) => Ok(Self::Forgone),
            (from, act) => Err(IllegalTransition { from, act }),
        }
    }
}

/// Sums of amounts, each in its currency or unit: decimal numbers as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, rust_decimal::Decimal>);

impl Sums {
    /// Adds an amount; one that is no decimal number is nothing.
    pub fn add(&mut self, amount: &str, unit: &str) {
        if let Ok(amount) = money::read(amount, money::ANY_CURRENCY_PLACES) {
            let sum = self.0.entry(unit.to_owned()).or_default();
            *sum = sum.saturating_add(amount);
        }
    }

    /// Each currency or unit with its sum, in the order of their names; at least two places for what has any.
    pub fn iter(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(unit, sum)| {
            let places = if sum.fract().is_zero() { 0 } else { 2 };
            (unit.as_str(), format!("{}", money::at_least(*sum, places)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_these_steps_and_no_other() {
        use State as S;
        let owed = [S::Due, S::Overdue];
        let steps: [(Act, &[S], S); 5] = [
            (Act::Owe, &[S::Promised], S::Due),
            (Act::Deliver, &owed, S::Delivered),
            (Act::Miss, &[S::Due], S::Overdue),
            (Act::Forgo { fetched: false }, &[S::Promised, S::Due, S::Overdue], S::Forgone),
            (Act::Forgo { fetched: true }, &[], S::Forgone),
        ];
        for (act, from, to) in steps {
            for state in S::ALL {
                assert_eq!(State::from_name(state.name()), Some(state));
                let expected =
                    from.contains(&state).then_some(to).ok_or(IllegalTransition { from: state, act });
                assert_eq!(state.after(act), expected, "{state:?} {act:?}");
            }
        }
    }

    #[test]
    fn amounts_add_up_by_unit() {
        let mut sums = Sums::default();
        for (amount, unit) in [("5.00", "EUR"), ("0.1", "EUR"), ("100", "points"), ("nothing", "EUR")] {
            sums.add(amount, unit);
        }
        let all: Vec<_> = sums.iter().collect();
        assert_eq!(all, [("EUR", "5.10".to_owned()), ("points", "100".to_owned())]);
    }
}
