//! What customers gave and got.

use counterfoil_domain::exchange::{State, Sums};
use counterfoil_domain::ids::ItemId;

use crate::items::ExchangeView;

/// One line of a customer's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceLine {
    /// For which item.
    pub item_id: ItemId,
    /// Id of the ask.
    pub ask: String,
    /// What is given for it.
    pub exchange: ExchangeView,
}

/// What a customer gave and got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// Everything that was ever promised, oldest first.
    pub lines: Vec<BalanceLine>,
    /// Items that the customer told, whether or not they still stand.
    pub told: u32,
    /// What is to be given.
    pub owed: Sums,
    /// What was given.
    pub got: Sums,
}

impl Balance {
    /// Adds a line and its amount.
    pub(crate) fn add(&mut self, line: BalanceLine) {
        let ExchangeView { state, amount, unit, .. } = &line.exchange;
        match state {
            State::Promised | State::Due | State::Overdue => self.owed.add(amount, unit),
            State::Delivered => self.got.add(amount, unit),
            State::Forgone => {}
        }
        self.lines.push(line);
    }
}
