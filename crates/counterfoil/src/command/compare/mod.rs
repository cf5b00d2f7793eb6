//! `compare`: what is stored, day by day and shop by shop, against what the shops' own books say.

mod books;
mod difference;

use counterfoil_store::{Error, days, purchases, unlinked};
use serde_json::json;

use self::difference::{Comparison, Different, Figures};
use crate::arguments::{Compare, Format};
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// The status of what came back without an order: no sale, so not in the books.
const WITHOUT_ORDER: &str = "returned";

/// What is stored and is in no line of the books.
#[derive(Debug, Clone, Copy)]
struct Apart {
    /// Orders that name no customer.
    guests: i64,
    /// Returns and refunds whose order has not come.
    waiting: i64,
    /// Returns and refunds that have none.
    without_order: i64,
}

/// Compares, and prints what came of it.
pub fn run(settings: &Settings, command: &Compare) -> Result<(), Failure> {
    let name = command.expected.display();
    let usage = |mistakes: Vec<String>| {
        let lines: Vec<String> = mistakes.into_iter().map(|mistake| format!("{name}: {mistake}")).collect();
        Failure::Usage(lines.join("\n"))
    };
    // Not the failure of a file, whose exit code would be that of a difference.
    let text = std::fs::read(&command.expected).map_err(|error| usage(vec![format!("{error}")]))?;
    let lines = books::read(&text).map_err(usage)?;
    let realm = Realm::open(settings)?;
    let (stored, apart) = realm.store.read_blocking(|conn| {
        let stored = days::days(conn, WITHOUT_ORDER)?;
        let (waiting, guests) = unlinked::counts(conn)?;
        let orders: i64 = stored.iter().map(|day| day.purchases).sum();
        let without_order = purchases::count(conn)? - orders;
        Ok::<_, Error>((stored, Apart { guests, waiting, without_order }))
    })?;
    let index = |namespace: &str, shop: &str| realm.keys.store_index(namespace, shop).to_vec();
    let namespace = &settings.ingest.default_source.namespace;
    let comparison = difference::compare(&lines, &stored, namespace, index).map_err(usage)?;
    match command.format {
        Format::Json => super::print(&report(&comparison, apart))?,
        Format::Table => super::write_out(table(&comparison, apart).as_bytes())?,
    }
    if comparison.is_equal() {
        Ok(())
    } else {
        Err(Failure::Different("what is stored is not what was expected".to_owned()))
    }
}

fn report(comparison: &Comparison, apart: Apart) -> serde_json::Value {
    json!({
        "isEqual": comparison.is_equal(),
        "equal": comparison.equal,
        "missing": comparison.missing,
        "extra": comparison.extra,
        "differing": comparison.differing,
        "guests": apart.guests,
        "waiting": apart.waiting,
        "withoutOrder": apart.without_order,
    })
}

/// For people: a line for each day of a shop that is not as expected, then the sums.
fn table(comparison: &Comparison, apart: Apart) -> String {
    let all = [
        ("missing", &comparison.missing),
        ("extra", &comparison.extra),
        ("differing", &comparison.differing),
    ];
    let mut rows: Vec<[String; 8]> = Vec::new();
    for (what, different) in all {
        rows.extend(different.iter().map(|one| row(what, one)));
    }
    let mut text = String::new();
    if !rows.is_empty() {
        rows.sort_by(|a, b| (&a[1], &a[2]).cmp(&(&b[1], &b[2])));
        let head = ["", "date", "shop", "currency", "expected", "sum", "stored", "sum"].map(str::to_owned);
        rows.insert(0, head);
        push_aligned(&mut text, &rows);
        text.push('\n');
    }
    let Comparison { equal, missing, extra, differing } = comparison;
    let (missing, extra, differing) = (missing.len(), extra.len(), differing.len());
    let Apart { guests, waiting, without_order } = apart;
    text + &format!(
        "days of shops: {equal} equal, {missing} missing, {extra} extra, {differing} differing\n\
         not in it: {guests} guest orders, {waiting} waiting for their order, {without_order} returns without an \
         order\n"
    )
}

fn row(what: &str, different: &Different) -> [String; 8] {
    let shop = match (&different.shop, &different.shop_index) {
        (Some(shop), _) if different.namespace.is_empty() => shop.clone(),
        (Some(shop), _) => format!("{}/{shop}", different.namespace),
        (None, Some(index)) => format!("unknown ({})", index.get(..8).unwrap_or(index)),
        (None, None) => String::new(),
    };
    let figures = |figures: &Option<Figures>| match figures {
        Some(figures) => [format!("{}", figures.purchases), figures.grand_total.clone()],
        None => ["-".to_owned(), "-".to_owned()],
    };
    let ([expected, wanted], [stored, found]) = (figures(&different.expected), figures(&different.stored));
    [
        what.to_owned(),
        format!("{}", different.date),
        shop,
        different.currency.clone(),
        expected,
        wanted,
        stored,
        found,
    ]
}

/// Words to the left, figures to the right.
fn push_aligned(text: &mut String, rows: &[[String; 8]]) {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..8).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(column, (cell, width))| {
                    if column < 4 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APART: Apart = Apart { guests: 3, waiting: 2, without_order: 1 };

    fn figures(purchases: i64, total: &str) -> Figures {
        Figures { purchases, grand_total: total.to_owned() }
    }

    fn different(date: &str, shop: Option<&str>) -> Different {
        Different {
            date: date.parse().unwrap(),
            namespace: String::new(),
            shop: shop.map(str::to_owned),
            shop_index: shop.is_none().then(|| "0123456789abcdef".to_owned()),
            currency: "EUR".to_owned(),
            expected: None,
            stored: Some(figures(12, "1234.50")),
        }
    }

    #[test]
    fn a_table_has_a_line_for_each_difference_by_date() {
        let comparison = Comparison {
            equal: 40,
            missing: Vec::new(),
            extra: vec![different("2025-02-01", None)],
            differing: vec![Different {
                expected: Some(figures(9, "-0.10")),
                ..different("2025-01-31", Some("330"))
            }],
        };
        assert_eq!(
            table(&comparison, APART),
            "           date        shop                currency  expected    sum  stored      sum\n\
             differing  2025-01-31  330                 EUR              9  -0.10      12  1234.50\n\
             extra      2025-02-01  unknown (01234567)  EUR              -      -      12  1234.50\n\
             \n\
             days of shops: 40 equal, 0 missing, 1 extra, 1 differing\n\
             not in it: 3 guest orders, 2 waiting for their order, 1 returns without an order\n"
        );
        let equal = Comparison { equal: 40, ..Comparison::default() };
        assert!(table(&equal, APART).starts_with("days of shops: 40 equal, 0 missing"));
    }

    #[test]
    fn a_report_says_what_is_absent_by_leaving_it_out() {
        let comparison = Comparison { extra: vec![different("2025-02-01", None)], ..Comparison::default() };
        let report = report(&comparison, APART);
        assert_eq!(report["isEqual"], json!(false));
        assert_eq!(
            report["extra"],
            json!([{
                "date": "2025-02-01", "shop": null, "shopIndex": "0123456789abcdef", "currency": "EUR",
                "stored": { "purchases": 12, "grandTotal": "1234.50" },
            }])
        );
        assert_eq!(report["guests"], json!(3));
    }
}
