//! No value of what is hidden is anywhere, everything else is, and what is left adds up: random purchases, catalogues
//! and views. Every text of a purchase is one of its own, so that any that is served is told from all others.
//!
//! 20,000 cases, or 1,000,000 with `COUNTERFOIL_TEST_LONG=1` (some minutes). Each batch has a seed of its own, which
//! a failure tells; `COUNTERFOIL_TEST_SEED` begins with it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

#[cfg(test)]
mod client;
#[cfg(test)]
mod draw;
#[cfg(test)]
mod expect;
#[cfg(test)]
mod shape;

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    io::Write as _,
    sync::Arc,
    thread,
};

use chrono::DateTime;
use client::Served;
use counterfoil_domain::{
    catalogue::{Catalogue, CatalogueFile},
    purchase::{Purchase, Sections, Shows, Veil, View, project},
    stream::{Body, Decoded, Message, Sources, decode},
    summary::Summary,
};
use draw::{Draw, found, text};
use expect::{Expected, Wish, expect};
use shape::{CURRENCIES, Shape, catalogue, decimal};

/// Purchases of one batch, which are summed up together, and views of each.
const PURCHASES: usize = 4;
const VIEWS: usize = 8;

#[expect(clippy::disallowed_methods, reason = "how long to look is the tester's choice")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

fn stored(shape: &Shape, catalogue: &Arc<Catalogue>) -> Sections {
    let sources = Sources::default().with_catalogue(Arc::clone(catalogue));
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let mut purchase = Purchase::empty(now);
    for event in &shape.events {
        match decode(&Message { content_type: None, headers: &[], value: Some(event) }, &sources).unwrap() {
            Decoded::Event(event) => match event.body {
                Body::Order(order) => purchase.put_order(order, now),
                Body::Return(part) => purchase.put_return(part, now),
                Body::Refund(part) => purchase.put_refund(part, now),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    let sections = purchase.render("pur_test").unwrap().sections;
    let again = Purchase::read(&sections.view().unwrap()).unwrap().render("pur_test").unwrap().sections;
    assert_eq!(again, sections, "reading a purchase back changes it");
    sections
}

fn wish(draw: &mut Draw, file: &CatalogueFile) -> Wish {
    let mut is = || !draw.once_in(3);
    let shows = Shows { lines: is(), payment: is(), location: is(), documents: is() };
    let mut hidden: Vec<String> = Vec::new();
    if draw.once_in(2) {
        hidden.extend(file.categories.iter().filter(|_| draw.once_in(4)).map(|category| category.id.clone()));
    }
    if draw.once_in(16) {
        hidden.push("no-more".to_owned());
    }
    Wish { shows, hidden, holds_sensitive: draw.once_in(3), keep_totals: draw.once_in(4) }
}

fn show(sections: &Sections, view: &View) -> String {
    let mut out = Vec::new();
    project(sections.view().unwrap(), view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What is wrong with how a purchase is shown.
fn judge(
    shown: &str,
    sections: &Sections,
    shape: &Shape,
    expected: &Expected,
    shows: Shows,
) -> Result<(), String> {
    let found = found(shown, shape.markers);
    if let Some(at) = (0..found.len()).find(|at| found[*at] != expected.markers[*at]) {
        let how = if found[at] { "is shown" } else { "is not shown" };
        return Err(format!("{} {how}", text(u32::try_from(at).unwrap())));
    }
    let served: Served<'_> = serde_json::from_str(shown).map_err(|error| error.to_string())?;
    served.check()?;
    let places = CURRENCIES[shape.currency].1;
    if shape.has_order || !shape.refunds.is_empty() {
        let told = [&*served.totals.grand_total, &*served.totals.refunded];
        let worked_out = [decimal(expected.grand_total, places), decimal(expected.refunded, places)];
        if told != worked_out {
            return Err(format!("the totals are {told:?}, not {worked_out:?}"));
        }
    }
    if served.completeness.hidden_lines != expected.hidden_lines {
        return Err(format!(
            "{} lines are hidden, not {}",
            served.completeness.hidden_lines, expected.hidden_lines
        ));
    }
    let whole = View { shows, veil: Veil::default() };
    if expected.hidden_lines == 0 && shown != show(sections, &whole) {
        return Err("nothing is hidden, and yet it is shown otherwise".to_owned());
    }
    Ok(())
}

type Sums = BTreeMap<(i32, &'static str), (u64, i64, i64)>;

/// What a summary must say.
fn sums(shapes: &[Shape], expected: &[Expected]) -> Sums {
    let mut sums = Sums::new();
    for (own, (shape, expected)) in shapes.iter().zip(expected).enumerate() {
        if expected.fulfils.is_some_and(|order| order != own && shapes[order].has_order) {
            continue;
        }
        // Of returns alone, nothing tells a currency.
        let nothing = !shape.has_order && shape.refunds.is_empty();
        let currency = if nothing { "XXX" } else { CURRENCIES[shape.currency].0 };
        let sum = sums.entry((year(own), currency)).or_default();
        sum.0 += 1;
        sum.1 += expected.grand_total - expected.gift_cards.0;
        sum.2 += expected.refunded - expected.gift_cards.1;
        for (currency, amount) in &expected.refunded_other {
            sums.entry((year(own), CURRENCIES[*currency].0)).or_default().2 += amount;
        }
    }
    sums
}

fn year(own: usize) -> i32 {
    if own.is_multiple_of(2) { 2023 } else { 2024 }
}

fn judge_summary(summary: &Summary, shapes: &[Shape], expected: &[Expected]) -> Result<(), String> {
    let lines = summary.finish();
    if format!("{lines:?}").contains("Zq") {
        return Err("a summary holds a text of a purchase".to_owned());
    }
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line.year,
                line.currency,
                line.purchases,
                line.grand_total.clone(),
                line.refunded.clone(),
                line.net.clone(),
            )
        })
        .collect();
    let worked_out: Vec<_> = sums(shapes, expected)
        .into_iter()
        .map(|((year, currency), (count, total, refunded))| {
            let places =
                CURRENCIES.iter().find(|(code, _)| *code == currency).map_or(2, |(_, places)| *places);
            let text = |amount| decimal(amount, places);
            (year, currency, count, text(total), text(refunded), text(total - refunded))
        })
        .collect();
    if told != worked_out {
        return Err(format!("the summary is {told:?}, not {worked_out:?}"));
    }
    let counts = [summary.hidden_lines(), summary.unmapped_lines()];
    let count = |of: fn(&Expected) -> usize| u64::try_from(expected.iter().map(of).sum::<usize>()).unwrap();
    if counts != [count(|one| one.hidden_lines), count(|one| one.unmapped_lines)] {
        return Err(format!("the summary counts {counts:?} lines as hidden and unmapped"));
    }
    Ok(())
}

/// How many cases of each kind there were: a test that draws only easy ones proves nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    cases: usize,
    whole: usize,
    nothing_left: usize,
    kept: usize,
}

fn batch(seed: u64, count: &mut Count) {
    let mut draw = Draw::new(seed);
    let file = catalogue(&mut draw);
    let known = Arc::new(Catalogue::new(file.clone()).unwrap());
    let shapes: Vec<Shape> = (0..PURCHASES).map(|own| Shape::new(&mut draw, PURCHASES, own)).collect();
    // Some were stored under another catalogue.
    let old = Arc::new(Catalogue::new(catalogue(&mut draw)).unwrap());
    let all: Vec<Sections> =
        shapes.iter().map(|shape| stored(shape, if draw.once_in(4) { &old } else { &known })).collect();
    for _ in 0..VIEWS {
        let wish = wish(&mut draw, &file);
        let veil = Veil::new(Arc::clone(&known), &wish.hidden, wish.holds_sensitive, wish.keep_totals);
        let view = View { shows: wish.shows, veil };
        let mut summary = Summary::default();
        let mut expected = Vec::with_capacity(PURCHASES);
        for (own, (shape, sections)) in shapes.iter().zip(&all).enumerate() {
            let must = expect(shape, &file, &wish);
            let shown = show(sections, &view);
            if let Err(why) = judge(&shown, sections, shape, &must, wish.shows) {
                let sent: Vec<_> = shape.events.iter().map(|event| String::from_utf8_lossy(event)).collect();
                panic!(
                    "COUNTERFOIL_TEST_SEED={seed}: {why}\n{wish:?}\n{file:?}\nsent {sent:#?}\nserved {shown}"
                );
            }
            summary.add(sections.view().unwrap(), &view, year(own)).unwrap();
            count.cases += 1;
            count.whole += usize::from(must.hidden_lines == 0);
            count.kept += usize::from(must.hidden_lines > 0 && wish.keep_totals);
            count.nothing_left +=
                usize::from(must.hidden_lines > 0 && must.hidden_lines >= shape.lines.len());
            expected.push(must);
        }
        if let Err(why) = judge_summary(&summary, &shapes, &expected) {
            panic!("COUNTERFOIL_TEST_SEED={seed}: {why}\n{wish:?}");
        }
    }
}

#[test]
fn what_is_hidden_is_nowhere_and_what_is_left_adds_up() {
    let is_long = setting("COUNTERFOIL_TEST_LONG") == Some(1);
    let cases: usize = if is_long { 1_000_000 } else { 20_000 };
    let seed = setting("COUNTERFOIL_TEST_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    // Straight to standard error: what a passing test prints is not shown.
    std::io::stderr().write_all(format!("COUNTERFOIL_TEST_SEED={seed}, {cases} cases\n").as_bytes()).unwrap();
    let batches = u64::try_from(cases.div_ceil(PURCHASES * VIEWS)).unwrap();
    let workers = thread::available_parallelism().map_or(1, |count| u64::try_from(count.get()).unwrap());
    let counts: Vec<Count> = thread::scope(|scope| {
        let working: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    let mut count = Count::default();
                    let own = (0..batches).filter(|batch| batch % workers == worker);
                    own.for_each(|batch_number| batch(seed.wrapping_add(batch_number), &mut count));
                    count
                })
            })
            .collect();
        working.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let (all, whole) = (sum(|count| count.cases), sum(|count| count.whole));
    assert!(all >= cases, "{all} cases");
    for (what, number) in [
        ("whole", whole),
        ("partial", all - whole),
        ("bare", sum(|count| count.nothing_left)),
        ("kept", sum(|count| count.kept)),
    ] {
        assert!(number > all / 20, "only {number} of {all} cases are {what}");
    }
}
