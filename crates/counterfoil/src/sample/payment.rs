//! How an order is paid, to the cent.

use super::basket::{Basket, Channel, Charge, ChargeKind};
use super::customers::Habit;
use super::draw::Draw;

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Card,
    Cash,
    GiftCard,
    Loyalty,
    Account,
}

impl Method {
    /// The word of the order stream.
    pub fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Cash => "cash",
            Self::GiftCard => "gift_card",
            Self::Loyalty => "loyalty",
            Self::Account => "account",
        }
    }
}

/// One payment, in minor units; what it pays is `amount` − `change`.
#[derive(Clone, Copy, Debug)]
pub struct Tender {
    pub method: Method,
    pub amount: i64,
    pub change: i64,
}

/// Payments, and what rounding to the smallest coin adds to the bill.
pub struct Payment {
    pub tenders: Vec<Tender>,
    pub rounding: Option<Charge>,
}

/// Pays the whole of `basket`.
pub fn draw(basket: &Basket<'_>, habit: Habit, draw: &mut Draw) -> Payment {
    let total = basket.total();
    let cash = if habit == Habit::Single { 50 } else { 25 };
    if basket.channel == Channel::Store && draw.percent(cash) {
        return pay_cash(total, basket.shop.coin, draw);
    }
    let mut tenders = Vec::with_capacity(2);
    let mut due = total;
    // A round part by other means, when enough is left to pay by card.
    let part = basket.shop.price(500);
    if due > 3 * part {
        let method = match draw.below(100) {
            0..4 => Some(Method::GiftCard),
            4..8 if basket.customer % 3 != 1 => Some(Method::Loyalty),
            _ => None,
        };
        if let Some(method) = method {
            tenders.push(Tender { method, amount: part, change: 0 });
            due -= part;
        }
    }
    let account = basket.channel != Channel::Store && draw.percent(25);
    let method = if account { Method::Account } else { Method::Card };
    tenders.push(Tender { method, amount: due, change: 0 });
    Payment { tenders, rounding: None }
}

fn pay_cash(total: i64, coin: i64, draw: &mut Draw) -> Payment {
    let due = ((2 * total + coin) / (2 * coin)).max(1) * coin;
    let rounding = (due != total).then_some(Charge { kind: ChargeKind::Rounding, amount: due - total });
    let note = draw.pick(&[coin, 500, 1000, 2000, 5000]).copied().unwrap_or(coin);
    let given = (due + note - 1) / note * note;
    Payment { tenders: vec![Tender { method: Method::Cash, amount: given, change: given - due }], rounding }
}
