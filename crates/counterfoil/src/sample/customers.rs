//! Who shops, and how: ten habits in turn, so that the number in a customer's id tells what to expect.

use super::draw::Draw;
use super::shops::{SHOPS, Shop};

/// A heavy family, many returns, a traveller, a shared card.
const LOOKED_AT: [u64; 4] = [0, 2, 3, 4];

/// Streams of the seed from which random customer ids come; far from those of orders.
const IDS: u64 = 1 << 62;

/// How a customer shops. The last digit of the id tells it: `customer-001`, `customer-011` … are heavy families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// …1: two big baskets a week.
    HeavyFamily,
    /// …2: bought once and never came back.
    OneOff,
    /// …3: sends a third of it back.
    ManyReturns,
    /// …4: shops wherever they are, in several currencies.
    Traveller,
    /// …5, …6: small baskets, often cash.
    Single,
    /// …7, …8: middling baskets.
    Couple,
    /// …9: orders by app.
    AppShopper,
    /// …0: a big basket a week.
    SmallFamily,
}

impl Habit {
    /// The habit of the customer at `index` (counted from 0, while ids are counted from 1).
    pub fn of(index: u64) -> Self {
        match index % 10 {
            0 => Self::HeavyFamily,
            1 => Self::OneOff,
            2 => Self::ManyReturns,
            3 => Self::Traveller,
            4 | 5 => Self::Single,
            6 | 7 => Self::Couple,
            8 => Self::AppShopper,
            _ => Self::SmallFamily,
        }
    }

    /// Lines of a weekly shop, from and to.
    pub fn basket(self) -> (i64, i64) {
        match self {
            Self::HeavyFamily => (7, 20),
            Self::SmallFamily => (6, 16),
            Self::Couple | Self::Traveller => (4, 12),
            Self::ManyReturns => (3, 8),
            Self::Single | Self::AppShopper | Self::OneOff => (2, 9),
        }
    }
}

/// Somebody in particular, beside the habits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persona {
    /// `customer-005` pays half of it with a card of the whole household.
    SharesCard,
    /// `customer-006` has not come since three fifths of the time.
    GoneQuiet,
}

impl Persona {
    /// Who the customer at `index` is, if somebody in particular.
    fn of(index: u64) -> Option<Self> {
        match index {
            4 => Some(Self::SharesCard),
            5 => Some(Self::GoneQuiet),
            _ => None,
        }
    }
}

/// The customers of one sample.
#[derive(Debug)]
pub struct Customers {
    /// How many.
    pub count: u64,
    /// Seed of random ids.
    pub seed: u64,
    /// Ids of 20 random characters instead of `customer-001`.
    pub random_ids: bool,
    /// Some are somebody in particular.
    pub personas: bool,
}

impl Customers {
    /// The customer of the order `index` of `orders`: each one-off buyer once, evenly over the whole time, and
    /// the others as often as their habit says.
    pub fn of_order(&self, index: u64, orders: u64, draw: &mut Draw) -> u64 {
        let one_off_buyers = ((self.count + 8) / 10).min(orders / 2);
        let wide = |at: u64| u128::from(at) * u128::from(one_off_buyers) / u128::from(orders.max(1));
        let (before, after) = (wide(index), wide(index + 1));
        if after > before {
            return 10 * u64::try_from(before).unwrap_or(0) + 1;
        }
        let customer = self.regular(draw);
        let is_late = index > orders / 5 * 3;
        if is_late && self.persona(customer) == Some(Persona::GoneQuiet) { customer + 1 } else { customer }
    }

    /// Somebody who comes now. Of somebodies in particular, those who are there to be looked at, in turn: whoever
    /// looks at one of them soon sees something new.
    pub fn coming(&self, turn: u64, draw: &mut Draw) -> u64 {
        let of_turn = usize::try_from(turn).ok().and_then(|turn| LOOKED_AT.get(turn % LOOKED_AT.len()));
        match of_turn {
            Some(customer) if self.personas => *customer,
            _ => self.regular(draw),
        }
    }

    /// Who this is, if somebody in particular.
    pub fn persona(&self, index: u64) -> Option<Persona> {
        Persona::of(index).filter(|_| self.personas)
    }

    /// Someone who comes back.
    fn regular(&self, draw: &mut Draw) -> u64 {
        loop {
            // How often each habit shops; together 64.
            let habit = match draw.below(64) {
                0..16 => 0,
                16..20 => 2,
                20..24 => 3,
                24..28 => 4,
                28..32 => 5,
                32..39 => 6,
                39..46 => 7,
                46..52 => 8,
                _ => 9,
            };
            let index = draw.below(self.count.div_ceil(10)) * 10 + habit;
            if index < self.count || self.count == 0 {
                return index;
            }
        }
    }

    /// The customer's id in the retailer's systems.
    pub fn id(&self, index: u64) -> String {
        if self.random_ids {
            Draw::new(self.seed, IDS + index).word(20)
        } else {
            format!("customer-{:03}", index + 1)
        }
    }

    /// Where this order is bought: at home, or anywhere for those who travel.
    pub fn shop(index: u64, draw: &mut Draw) -> &'static Shop {
        let [first, ..] = &SHOPS;
        let shop = if Habit::of(index) == Habit::Traveller {
            draw.pick(&SHOPS)
        } else {
            // Two of three customers live where the euro is.
            let home = index.wrapping_mul(7) + index / 10;
            usize::try_from(if home.is_multiple_of(3) {
                3 + home / 3 % 3
            } else {
                home % 3 - 1 + home / 9 % 2
            })
            .ok()
            .and_then(|at| SHOPS.get(at))
        };
        shop.unwrap_or(first)
    }
}
