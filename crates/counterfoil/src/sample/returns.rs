//! What comes back: a return of some lines some days later, and the money for it.

use super::Record;
use super::basket::{Basket, Subject, World};
use super::calendar::{DAY, local};
use super::customers::Habit;
use super::draw::Draw;
use super::figures::{push_instant, push_money, push_number, push_quantity};
use super::order::{open_event, push_order_id};
use super::payment::Method;

/// Part of one line coming back; amount in minor units, quantity in thousandths.
#[derive(Clone, Copy, Debug)]
pub struct ReturnedLine {
    /// Number of the order's line, from 1.
    line: u64,
    quantity: i64,
    amount: i64,
    reason: &'static str,
}

/// One return with its refund; times are Unix seconds.
#[derive(Debug)]
pub struct Comeback {
    lines: Vec<ReturnedLine>,
    method: Method,
    /// When an order that was not made in a shop is announced to come back.
    pub requested: Option<i64>,
    /// When the goods are back.
    pub completed: i64,
    /// When the money is sent.
    pub issued: i64,
    /// When it has arrived, if not at once.
    pub settled: Option<i64>,
}

impl Comeback {
    /// Decides whether something of `basket` comes back, and what.
    pub fn draw(basket: &Basket<'_>, habit: Habit, draw: &mut Draw) -> Option<Self> {
        let permille = if habit == Habit::ManyReturns { 300 } else { 14 };
        if !draw.permille(permille) {
            return None;
        }
        let wanted = draw.between(1, 3);
        let reason = draw
            .pick(&["changed_mind", "wrong_size", "damaged", "faulty", "not_as_described"])
            .copied()
            .unwrap_or("changed_mind");
        let lines: Vec<ReturnedLine> = (1..)
            .zip(&basket.lines)
            .filter(|(_, line)| matches!(line.subject, Subject::Goods(product) if !product.weighed))
            .take(usize::try_from(wanted).unwrap_or(1))
            .map(|(number, line)| {
                let quantity = draw.between(1, line.quantity / 1000) * 1000;
                ReturnedLine { line: number, quantity, amount: line.net() * quantity / line.quantity, reason }
            })
            .collect();
        let method = basket.tenders.last().map_or(Method::Card, |tender| tender.method);
        if lines.iter().map(|line| line.amount).sum::<i64>() <= 0 {
            return None;
        }
        let since = basket.delivered.unwrap_or(basket.placed);
        let back = (since / DAY + draw.between(1, 21)) * DAY + draw.between(9 * 3600, 18 * 3600);
        Some(if basket.delivered.is_some() {
            let completed = back + draw.between(2, 5) * DAY;
            let issued = completed + 3600;
            Self { lines, method, requested: Some(back), completed, issued, settled: Some(issued + 2 * DAY) }
        } else {
            Self { lines, method, requested: None, completed: back, issued: back + 60, settled: None }
        })
    }

    fn amount(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }
}

/// `return.recorded.v1`; `complete` is whether the goods are back.
pub fn return_record(world: &World, basket: &Basket<'_>, comeback: &Comeback, complete: bool) -> Record {
    let at = if complete { comeback.completed } else { comeback.requested.unwrap_or(comeback.completed) };
    let revision = if complete && comeback.requested.is_some() { 2 } else { 1 };
    let key = world.customers.id(basket.customer);
    let mut out = open_event("r", "return.recorded.v1", basket, revision, at);
    out.push_str("\"returnId\":\"R");
    push_order_id(&mut out, basket);
    push_membership(&mut out, basket, &key, revision);
    out.push_str(if complete { ",\"status\":\"completed\"" } else { ",\"status\":\"requested\"" });
    out.push_str(",\"returnedAt\":\"");
    let (wall, offset) = local(at, basket.shop.zone);
    push_instant(&mut out, wall, offset);
    out.push_str("\",\"lines\":[");
    for (number, line) in (1..).zip(&comeback.lines) {
        if number > 1 {
            out.push(',');
        }
        out.push_str("{\"returnLineId\":\"");
        push_number(&mut out, number);
        out.push_str("\",\"lineId\":\"");
        push_number(&mut out, line.line);
        let sold = line.line.checked_sub(1).and_then(|at| basket.lines.get(usize::try_from(at).ok()?));
        if let Some(Subject::Goods(product)) = sold.map(|sold| sold.subject) {
            out.push_str("\",\"sku\":\"");
            out.push_str(&product.sku);
        }
        out.push_str("\",\"quantity\":{\"value\":\"");
        push_quantity(&mut out, line.quantity);
        out.push_str("\",\"unit\":\"EA\"},\"amount\":\"");
        push_money(&mut out, line.amount);
        out.push_str("\",\"reason\":\"");
        out.push_str(line.reason);
        out.push_str("\"}");
    }
    out.push_str("]}}");
    Record { key, json: out }
}

/// `refund.recorded.v1`; `settled` is whether the money has arrived.
pub fn refund_record(world: &World, basket: &Basket<'_>, comeback: &Comeback, settled: bool) -> Record {
    let at = if settled { comeback.settled.unwrap_or(comeback.issued) } else { comeback.issued };
    let revision = if settled && comeback.settled.is_some() { 2 } else { 1 };
    let key = world.customers.id(basket.customer);
    let mut out = open_event("f", "refund.recorded.v1", basket, revision, at);
    out.push_str("\"refundId\":\"F");
    push_order_id(&mut out, basket);
    out.push_str("\",\"returnId\":\"R");
    push_order_id(&mut out, basket);
    push_membership(&mut out, basket, &key, revision);
    out.push_str(",\"amount\":\"");
    push_money(&mut out, comeback.amount());
    out.push_str("\",\"currency\":\"");
    out.push_str(basket.shop.currency);
    out.push_str("\",\"issuedAt\":\"");
    let (wall, offset) = local(comeback.issued, basket.shop.zone);
    push_instant(&mut out, wall, offset);
    if settled {
        out.push_str("\",\"settledAt\":\"");
        let (wall, offset) = local(at, basket.shop.zone);
        push_instant(&mut out, wall, offset);
    }
    out.push_str("\",\"method\":\"");
    out.push_str(comeback.method.word());
    out.push_str(if settled { "\",\"status\":\"settled\"" } else { "\",\"status\":\"pending\"" });
    out.push_str(",\"allocations\":[");
    for (place, line) in comeback.lines.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str("{\"lineId\":\"");
        push_number(&mut out, line.line);
        out.push_str("\",\"amount\":\"");
        push_money(&mut out, line.amount);
        out.push_str("\"}");
    }
    out.push_str("]}}");
    Record { key, json: out }
}

/// The members that say where it belongs; closes the string before it.
fn push_membership(out: &mut String, basket: &Basket<'_>, customer: &str, revision: u64) {
    out.push_str("\",\"revision\":");
    push_number(out, revision);
    out.push_str(",\"orderId\":\"");
    push_order_id(out, basket);
    out.push_str("\",\"customerId\":\"");
    out.push_str(customer);
    out.push('"');
}
