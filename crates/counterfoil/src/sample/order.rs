//! An order as `order.recorded.v1` in a structured `CloudEvent`.

use chrono::Months;

use super::Record;
use super::basket::{Basket, Channel, ChargeKind, Line, Subject, World};
use super::calendar::local;
use super::catalogue::Product;
use super::figures::{push_date, push_instant, push_money, push_number, push_quantity};
use super::payment::{Method, Tender};
use super::shops::Rate;

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Made and not yet handed over.
    Placed,
    /// Handed over.
    Fulfilled,
}

/// The order's event at Unix second `at`.
pub fn order_record(world: &World, basket: &Basket<'_>, stage: Stage, at: i64) -> Record {
    let key = world.customers.id(basket.customer);
    let revision = if stage == Stage::Fulfilled && basket.tracked { 2 } else { 1 };
    let mut out = open_event("o", "order.recorded.v1", basket, revision, at);
    out.push_str("\"orderId\":\"");
    push_order_id(&mut out, basket);
    out.push_str("\",\"revision\":");
    push_number(&mut out, revision);
    out.push_str(",\"customerId\":\"");
    out.push_str(&key);
    out.push_str(match stage {
        Stage::Placed => "\",\"status\":\"placed\"",
        Stage::Fulfilled => "\",\"status\":\"fulfilled\"",
    });
    push_circumstances(&mut out, basket);
    push_lines(&mut out, basket);
    push_charges(&mut out, basket);
    push_taxes(&mut out, basket);
    push_tenders(&mut out, basket, stage);
    push_loyalty(&mut out, basket);
    if basket.channel != Channel::Store {
        push_fulfilment(&mut out, basket, stage);
    }
    if basket.gift {
        out.push_str(",\"gift\":{\"isGift\":true}");
    }
    if basket.shared {
        out.push_str(",\"account\":\"shared\"");
    }
    out.push_str(",\"totals\":{\"grandTotal\":\"");
    push_money(&mut out, basket.total());
    out.push_str("\"}}}");
    Record { key, json: out }
}

/// The envelope up to and with `"data":{`.
pub fn open_event(kind: &str, event_type: &str, basket: &Basket<'_>, revision: u64, at: i64) -> String {
    let mut out = String::with_capacity(640 + 256 * basket.lines.len());
    out.push_str("{\"specversion\":\"1.0\",\"id\":\"");
    out.push_str(kind);
    out.push('-');
    push_order_id(&mut out, basket);
    out.push('-');
    push_number(&mut out, revision);
    out.push_str("\",\"source\":\"/hollin-marsh/orders\",\"type\":\"");
    out.push_str(event_type);
    out.push_str("\",\"time\":\"");
    let (wall, offset) = local(at, chrono_tz::UTC);
    push_instant(&mut out, wall, offset);
    out.push_str("\",\"datacontenttype\":\"application/json\",\"data\":{");
    out
}

/// The order's id: the shop's number and the order's own.
pub fn push_order_id(out: &mut String, basket: &Basket<'_>) {
    out.push_str(basket.shop.number);
    out.push('-');
    push_number(out, 100_000_000 + basket.number);
}

fn push_circumstances(out: &mut String, basket: &Basket<'_>) {
    let (wall, offset) = local(basket.placed, basket.shop.zone);
    out.push_str(match basket.channel {
        Channel::Store => ",\"channel\":\"store\",\"placedAt\":\"",
        Channel::Online => ",\"channel\":\"online\",\"placedAt\":\"",
        Channel::App => ",\"channel\":\"app\",\"placedAt\":\"",
    });
    push_instant(out, wall, offset);
    if basket.channel == Channel::Store {
        out.push_str("\",\"businessDate\":\"");
        push_date(out, wall.date());
        out.push_str("\",\"receiptNumber\":\"");
        push_number(out, basket.number % 100_000);
    }
    out.push_str("\",\"currency\":\"");
    out.push_str(basket.shop.currency);
    out.push_str("\",\"pricesIncludeTax\":true,\"seller\":{\"name\":\"Hollin & Marsh\"}");
    if basket.channel == Channel::Store {
        out.push_str(",\"location\":{");
        out.push_str(basket.shop.location);
        out.push('}');
    }
}

fn push_lines(out: &mut String, basket: &Basket<'_>) {
    out.push_str(",\"lines\":[");
    for (number, line) in (1..).zip(&basket.lines) {
        if number > 1 {
            out.push(',');
        }
        out.push_str("{\"lineId\":\"");
        push_number(out, number);
        out.push_str("\",");
        let weighed = match line.subject {
            Subject::Goods(product) => {
                out.push_str(&product.text);
                product.weighed
            }
            Subject::Deposit(of) => {
                out.push_str(r#""kind":"deposit","sku":"9001","name":"Bottle deposit","parentLineId":""#);
                push_number(out, of);
                out.push_str("\",");
                false
            }
            Subject::BottleReturn => {
                out.push_str(r#""kind":"deposit_return","sku":"9002","name":"Empty bottles returned","#);
                false
            }
        };
        out.push_str("\"quantity\":{\"value\":\"");
        push_quantity(out, line.quantity);
        out.push_str(if weighed { "\",\"unit\":\"KGM\"}" } else { "\",\"unit\":\"EA\"}" });
        if line.quantity != 1000 {
            out.push_str(",\"unitPrice\":\"");
            push_money(out, line.unit_price);
            out.push('"');
        }
        out.push_str(",\"gross\":\"");
        push_money(out, line.gross);
        out.push('"');
        if let Some(discount) = line.discount {
            out.push_str(",\"discounts\":[{");
            out.push_str(discount.text);
            out.push_str(",\"amount\":\"");
            push_money(out, discount.amount);
            out.push_str("\"}]");
        }
        out.push_str(",\"net\":\"");
        push_money(out, line.net());
        out.push('"');
        if let Subject::Goods(product) = line.subject {
            push_cover(out, basket, product);
        }
        // A till prints VAT per rate only; an invoice has it for each line.
        if basket.channel != Channel::Store {
            out.push_str(match line.rate() {
                Rate::Standard => ",\"taxes\":[{\"taxId\":\"standard\",\"amount\":\"",
                Rate::Reduced => ",\"taxes\":[{\"taxId\":\"reduced\",\"amount\":\"",
            });
            push_money(out, basket.shop.tax_inside(line.net(), line.rate()));
            out.push_str("\"}]");
        }
        out.push('}');
    }
    out.push(']');
}

/// Until when it may be brought back, and is under warranty.
fn push_cover(out: &mut String, basket: &Basket<'_>, product: &Product) {
    let bought = local(basket.placed, basket.shop.zone).0.date();
    for (name, months) in [("returnBy", product.return_months), ("warrantyUntil", product.warranty_months)] {
        if let Some(until) = bought.checked_add_months(Months::new(months)).filter(|_| months > 0) {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("\":\"");
            push_date(out, until);
            out.push('"');
        }
    }
}

fn push_charges(out: &mut String, basket: &Basket<'_>) {
    out.push_str(",\"charges\":[");
    for (place, charge) in basket.charges.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(match charge.kind {
            ChargeKind::Delivery => {
                r#"{"chargeId":"delivery","kind":"delivery","description":"Delivery to your door","amount":""#
            }
            ChargeKind::Donation => {
                r#"{"chargeId":"donation","kind":"donation","description":"For the food bank","amount":""#
            }
            ChargeKind::Rounding => {
                r#"{"chargeId":"rounding","kind":"rounding","description":"Rounded to coins","amount":""#
            }
        });
        push_money(out, charge.amount);
        out.push_str("\"}");
    }
    out.push(']');
}

fn push_taxes(out: &mut String, basket: &Basket<'_>) {
    out.push_str(",\"taxes\":[");
    let mut first = true;
    for (rate, id) in [(Rate::Standard, "standard"), (Rate::Reduced, "reduced")] {
        let lines: i64 = basket.lines.iter().filter(|line| line.rate() == rate).map(Line::net).sum();
        let delivery: i64 = basket
            .charges
            .iter()
            .filter(|charge| charge.kind == ChargeKind::Delivery && rate == Rate::Standard)
            .map(|charge| charge.amount)
            .sum();
        let gross = lines + delivery;
        if gross == 0 {
            continue;
        }
        if !first {
            out.push(',');
        }
        first = false;
        let amount = basket.shop.tax_inside(gross, rate);
        out.push_str("{\"taxId\":\"");
        out.push_str(id);
        out.push_str("\",\"type\":\"VAT\",\"rate\":\"");
        out.push_str(basket.shop.rate_word(rate));
        out.push_str("\",\"taxable\":\"");
        push_money(out, gross - amount);
        out.push_str("\",\"amount\":\"");
        push_money(out, amount);
        out.push_str("\"}");
    }
    out.push(']');
}

fn push_tenders(out: &mut String, basket: &Basket<'_>, stage: Stage) {
    out.push_str(",\"tenders\":[");
    for (place, tender) in basket.tenders.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_tender(out, basket, *tender, stage);
    }
    out.push(']');
    if stage == Stage::Placed {
        out.push_str(",\"payment\":\"open\"");
    }
}

fn push_tender(out: &mut String, basket: &Basket<'_>, tender: Tender, stage: Stage) {
    out.push_str("{\"method\":\"");
    out.push_str(tender.method.word());
    out.push_str("\",\"amount\":\"");
    push_money(out, tender.amount);
    out.push('"');
    if tender.change != 0 {
        out.push_str(",\"change\":\"");
        push_money(out, tender.change);
        out.push('"');
    }
    if tender.method == Method::Card {
        out.push_str(match (basket.channel, stage) {
            (Channel::Store, _) => ",\"last4\":\"",
            (_, Stage::Placed) => ",\"status\":\"authorised\",\"last4\":\"",
            (_, Stage::Fulfilled) => ",\"status\":\"captured\",\"last4\":\"",
        });
        push_number(out, 1000 + basket.customer.wrapping_mul(7919) % 9000);
        out.push_str(if basket.customer.is_multiple_of(2) {
            "\",\"scheme\":\"visa\""
        } else {
            "\",\"scheme\":\"mastercard\""
        });
    }
    out.push('}');
}

fn push_loyalty(out: &mut String, basket: &Basket<'_>) {
    out.push_str(",\"loyalty\":[");
    if let Some(points) = basket.points {
        out.push_str("{\"programmeId\":\"marsh-points\",\"earned\":\"");
        push_number(out, points.unsigned_abs());
        if let Some(tender) = basket.tenders.iter().find(|tender| tender.method == Method::Loyalty) {
            out.push_str("\",\"redeemed\":\"");
            push_number(out, tender.amount.unsigned_abs());
        }
        out.push_str("\",\"unit\":\"points\"}");
    }
    out.push(']');
}

fn push_fulfilment(out: &mut String, basket: &Basket<'_>, stage: Stage) {
    out.push_str(if basket.collected {
        ",\"fulfilments\":[{\"id\":\"1\",\"type\":\"pickup\""
    } else {
        ",\"fulfilments\":[{\"id\":\"1\",\"type\":\"delivery\""
    });
    match (stage, basket.delivered) {
        (Stage::Fulfilled, Some(at)) => {
            out.push_str(",\"status\":\"fulfilled\",\"at\":\"");
            let (wall, offset) = local(at, basket.shop.zone);
            push_instant(out, wall, offset);
            out.push('"');
        }
        _ => out.push_str(",\"status\":\"pending\""),
    }
    out.push_str("}]");
}
