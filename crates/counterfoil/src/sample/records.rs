//! The stream: new orders as the calendar has them, and between them what older orders bring.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};

use super::basket::{Basket, World};
use super::calendar::Calendar;
use super::draw::Draw;
use super::order::{Stage, order_record};
use super::returns::{refund_record, return_record};
use super::{Record, Sample};

/// Stream of the seed that decides which messages come twice; orders use the streams from 0.
const REPEATS: u64 = u64::MAX - 1;

/// What happens to an order later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Delivered,
    ReturnRequested,
    ReturnCompleted,
    RefundIssued,
    RefundSettled,
}

/// Something that is going to happen; sorts by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: i64,
    order: u64,
    step: Step,
}

/// A new order whose time is known and whose content is not drawn yet.
struct Upcoming {
    order: u64,
    at: i64,
    draw: Draw,
}

/// Iterator over the records of a [`Sample`], by rising time.
pub struct Records {
    world: World,
    calendar: Calendar,
    orders: u64,
    upcoming: Option<Upcoming>,
    due: BinaryHeap<Reverse<Due>>,
    repeats: Draw,
    again: Option<Record>,
}

impl Records {
    /// Five of a thousand messages come twice.
    const REPEATED_PERMILLE: u64 = 5;

    pub(super) fn new(sample: &Sample) -> Self {
        let mut records = Self {
            world: sample.world(),
            calendar: Calendar::new(sample.start, sample.days, sample.orders),
            orders: sample.orders,
            upcoming: None,
            due: BinaryHeap::new(),
            repeats: Draw::new(sample.seed, REPEATS),
            again: None,
        };
        records.upcoming = records.order(0);
        records
    }

    fn order(&self, order: u64) -> Option<Upcoming> {
        if order >= self.orders {
            return None;
        }
        let mut draw = Draw::new(self.world.customers.seed, order);
        let at = self.calendar.order_time(order, draw.bits());
        Some(Upcoming { order, at, draw })
    }

    fn place(&mut self, upcoming: Upcoming) -> Option<Record> {
        self.upcoming = self.order(upcoming.order + 1);
        let Upcoming { order, at, draw } = upcoming;
        let basket = drawn(&self.world, self.orders, order, at, draw);
        let mut wait = |at: Option<i64>, step| {
            if let Some(at) = at.filter(|at| *at < self.calendar.end()) {
                self.due.push(Reverse(Due { at, order, step }));
            }
        };
        if let Some(comeback) = &basket.comeback {
            wait(comeback.requested, Step::ReturnRequested);
            wait(Some(comeback.completed), Step::ReturnCompleted);
            wait(Some(comeback.issued), Step::RefundIssued);
            wait(comeback.settled, Step::RefundSettled);
        }
        wait(basket.delivered, Step::Delivered);
        match basket.delivered {
            // Recorded for the first time when it is handed over.
            Some(_) if !basket.tracked => None,
            Some(_) => Some(order_record(&self.world, &basket, Stage::Placed, at)),
            None => Some(order_record(&self.world, &basket, Stage::Fulfilled, at)),
        }
    }

    fn continue_with(&self, due: Due) -> Option<Record> {
        let Upcoming { order, at, draw } = self.order(due.order)?;
        let basket = drawn(&self.world, self.orders, order, at, draw);
        let comeback = basket.comeback.as_ref();
        match due.step {
            Step::Delivered => Some(order_record(&self.world, &basket, Stage::Fulfilled, due.at)),
            Step::ReturnRequested => Some(return_record(&self.world, &basket, comeback?, false)),
            Step::ReturnCompleted => Some(return_record(&self.world, &basket, comeback?, true)),
            Step::RefundIssued => {
                let comeback = comeback?;
                Some(refund_record(&self.world, &basket, comeback, comeback.settled.is_none()))
            }
            Step::RefundSettled => Some(refund_record(&self.world, &basket, comeback?, true)),
        }
    }
}

/// The order as it was or will be drawn, whenever that is.
fn drawn(world: &World, orders: u64, order: u64, at: i64, mut draw: Draw) -> Basket<'_> {
    let customer = world.customers.of_order(order, orders, &mut draw);
    Basket::draw(world, &mut draw, order, customer, at)
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if let Some(record) = self.again.take() {
            return Some(record);
        }
        loop {
            let due = self.due.peek().map(|Reverse(due)| due.at);
            let record = match (self.upcoming.take(), due) {
                (None, None) => return None,
                (Some(upcoming), due) if due.is_none_or(|due| upcoming.at < due) => self.place(upcoming),
                (upcoming, _) => {
                    self.upcoming = upcoming;
                    self.due.pop().and_then(|Reverse(due)| self.continue_with(due))
                }
            };
            if let Some(record) = record {
                if self.repeats.permille(Self::REPEATED_PERMILLE) {
                    self.again = Some(record.clone());
                }
                return Some(record);
            }
        }
    }
}

/// New orders one at a time, for as long as they are asked for.
pub struct Trickle {
    world: World,
    last: u64,
    turn: u64,
}

impl Trickle {
    pub(super) fn new(sample: &Sample) -> Self {
        Self { world: sample.world(), last: 0, turn: 0 }
    }

    /// An order placed at `now`. Its number is the time in microseconds, far above those of the sample, so that a
    /// trickle that is started again repeats none.
    pub fn order_at(&mut self, now: DateTime<Utc>) -> Record {
        let number = u64::try_from(now.timestamp_micros()).unwrap_or(0).max(self.last + 1);
        self.last = number;
        let mut draw = Draw::new(self.world.customers.seed, number);
        let customer = self.world.customers.coming(self.turn, &mut draw);
        self.turn += 1;
        let basket = Basket::draw(&self.world, &mut draw, number, customer, now.timestamp());
        let stage = if basket.delivered.is_some() { Stage::Placed } else { Stage::Fulfilled };
        order_record(&self.world, &basket, stage, now.timestamp())
    }
}
