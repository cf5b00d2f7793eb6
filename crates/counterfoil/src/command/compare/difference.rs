//! Where what is stored and what was expected differ.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use counterfoil_domain::money::{read_amount, write_amount};
use counterfoil_store::days::Day;
use iso_currency::Currency;
use serde::Serialize;

use super::books::Line;

/// Keyed hash of a shop; `None` for orders that name none.
type ShopIndex = Option<Vec<u8>>;
type Key = (NaiveDate, ShopIndex, String);

/// How many purchases, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    pub(super) purchases: i64,
    pub(super) grand_total: String,
}

/// A day of a shop that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Different {
    pub(super) date: NaiveDate,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) namespace: String,
    /// `None` where no line of the file names this shop: only a keyed hash of it is stored.
    pub(super) shop: Option<String>,
    /// That hash, where the shop is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shop_index: Option<String>,
    pub(super) currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stored: Option<Figures>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Comparison {
    /// Days of shops that are as expected.
    pub(super) equal: usize,
    /// Expected, and not stored.
    pub(super) missing: Vec<Different>,
    /// Stored, and not expected.
    pub(super) extra: Vec<Different>,
    /// Both, with other figures.
    pub(super) differing: Vec<Different>,
}

impl Comparison {
    /// Whether everything is as expected.
    pub(super) fn is_equal(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.differing.is_empty()
    }
}

struct Expected<'a> {
    line: &'a Line,
    grand_total: i64,
    currency: Currency,
}

/// Compares. `index` gives the keyed hash of a shop by namespace and name; `namespace` is that of a file without such
/// a column.
///
/// # Errors
/// What the file leaves open: line, column and what, a line each.
pub(super) fn compare(
    lines: &[Line],
    stored: &[Day],
    namespace: &str,
    index: impl Fn(&str, &str) -> Vec<u8>,
) -> Result<Comparison, Vec<String>> {
    let only = only_currency(lines, stored).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Vec::new();
    let mut shops: HashMap<ShopIndex, (&str, &str)> = HashMap::from([(None, ("", ""))]);
    let mut expected: BTreeMap<Key, Expected<'_>> = BTreeMap::new();
    for line in lines {
        let space = line.namespace.as_deref().unwrap_or(namespace);
        let shop = (!line.shop.is_empty()).then(|| index(space, &line.shop));
        if shop.is_some() {
            shops.insert(shop.clone(), (space, &line.shop));
        }
        let currency = line.currency.unwrap_or(only);
        let Some(grand_total) = read_amount(&line.grand_total, currency) else {
            let code = currency.code();
            mistakes.push(format!(
                "line {}, column grandTotal: not an amount in {code}, which is what is stored",
                line.number
            ));
            continue;
        };
        let key = (line.date, shop, currency.code().to_owned());
        if let Some(before) = expected.insert(key, Expected { line, grand_total, currency }) {
            mistakes.push(format!(
                "line {}, column shop: the same day, shop and currency as in line {} (orders without a shop have no \
                 namespace)",
                line.number, before.line.number
            ));
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let stored: BTreeMap<Key, &Day> = stored
        .iter()
        .map(|day| ((day.local_date, day.store_index.clone(), day.currency.clone()), day))
        .collect();
    Ok(held_against(&expected, &stored, &shops))
}

fn held_against(
    expected: &BTreeMap<Key, Expected<'_>>,
    stored: &BTreeMap<Key, &Day>,
    shops: &HashMap<ShopIndex, (&str, &str)>,
) -> Comparison {
    let mut comparison = Comparison::default();
    let keys: BTreeSet<&Key> = expected.keys().chain(stored.keys()).collect();
    for key in keys {
        let (wanted, found) = (expected.get(key), stored.get(key));
        let wants = wanted.map_or((0, 0), |wanted| (wanted.line.purchases, wanted.grand_total));
        let has = found.map_or((0, 0), |found| (found.purchases, found.grand_total));
        // A day on which nothing was sold needs no row.
        if wants == has {
            comparison.equal += 1;
            continue;
        }
        let currency = wanted.map_or_else(|| Currency::from_code(&key.2), |wanted| Some(wanted.currency));
        let figures = |(purchases, grand_total)| Figures {
            purchases,
            grand_total: write_amount(grand_total, currency.unwrap_or(Currency::XXX)),
        };
        let named = shops.get(&key.1);
        let different = Different {
            date: key.0,
            namespace: named.map_or_else(String::new, |(namespace, _)| (*namespace).to_owned()),
            shop: named.map(|(_, shop)| (*shop).to_owned()),
            shop_index: key
                .1
                .as_deref()
                .filter(|_| named.is_none())
                .map(|hash| data_encoding::HEXLOWER.encode(hash)),
            currency: key.2.clone(),
            expected: wanted.map(|_| figures(wants)),
            stored: found.map(|_| figures(has)),
        };
        match (wanted, found) {
            (Some(_), None) => comparison.missing.push(different),
            (None, _) => comparison.extra.push(different),
            (Some(_), Some(_)) => comparison.differing.push(different),
        }
    }
    comparison
}

/// The currency of a file that names none: the one that is stored.
fn only_currency(lines: &[Line], stored: &[Day]) -> Result<Currency, String> {
    let codes: BTreeSet<&str> = stored.iter().map(|day| day.currency.as_str()).collect();
    let is_needed = lines.iter().any(|line| line.currency.is_none());
    if is_needed && codes.len() > 1 {
        let codes: Vec<&str> = codes.into_iter().collect();
        return Err(format!("line 1, column currency: is needed, since {} are stored", codes.join(", ")));
    }
    Ok(codes.first().and_then(|code| Currency::from_code(code)).unwrap_or(Currency::XXX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::compare::books;

    const HEADER: &str = "date,shop,purchases,grandTotal,currency,namespace\n";

    fn index(namespace: &str, shop: &str) -> Vec<u8> {
        format!("{namespace}/{shop}").into_bytes()
    }

    fn stored(date: &str, shop: Option<&str>, currency: &str, purchases: i64, grand_total: i64) -> Day {
        let store_index = shop.map(|shop| shop.as_bytes().to_vec());
        Day {
            local_date: date.parse().unwrap(),
            store_index,
            currency: currency.to_owned(),
            purchases,
            grand_total,
        }
    }

    fn held(text: &str, stored: &[Day]) -> Result<Comparison, Vec<String>> {
        compare(&books::read(text.as_bytes()).unwrap(), stored, "pos", index)
    }

    fn figures(purchases: i64, total: &str) -> Figures {
        Figures { purchases, grand_total: total.to_owned() }
    }

    #[test]
    fn what_is_as_expected_is_equal() {
        let days = [
            stored("2025-01-31", Some("pos/1"), "EUR", 2, 1_050),
            stored("2025-01-31", None, "EUR", 1, -30),
            stored("2025-01-31", Some("pos/1"), "JPY", 1, 700),
        ];
        let text = "2025-01-31,1,2,10.5,EUR,pos\n2025-01-31,,1,-0.30,EUR,web\n2025-01-31,1,1,700,JPY,pos\n\
                    2025-01-01,1,0,0.00,EUR,pos\n";
        let comparison = held(&format!("{HEADER}{text}"), &days).unwrap();
        assert!(comparison.is_equal(), "{comparison:?}");
        assert_eq!(comparison.equal, 4, "a day without sales too");
    }

    #[test]
    fn what_is_not_is_told_with_both_figures() {
        let days = [
            stored("2025-01-31", Some("pos/1"), "EUR", 2, 1_050),
            stored("2025-02-01", Some("pos/2"), "EUR", 3, 300),
            stored("2025-02-01", Some("web/1"), "EUR", 9, 900),
        ];
        let text = "2025-01-31,1,2,10.51,EUR,pos\n2025-01-30,2,1,1.00,EUR,pos\n";
        let comparison = held(&format!("{HEADER}{text}"), &days).unwrap();
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let [differing] = comparison.differing.as_slice() else { panic!("{comparison:?}") };
        assert_eq!((differing.date, differing.shop.as_deref()), (date("2025-01-31"), Some("1")));
        assert_eq!(
            (&differing.expected, &differing.stored),
            (&Some(figures(2, "10.51")), &Some(figures(2, "10.50")))
        );
        let [missing] = comparison.missing.as_slice() else { panic!("{comparison:?}") };
        assert_eq!(
            (missing.date, &missing.expected, &missing.stored),
            (date("2025-01-30"), &Some(figures(1, "1.00")), &None)
        );
        let [known, unknown] = comparison.extra.as_slice() else { panic!("{comparison:?}") };
        assert_eq!((known.shop.as_deref(), &known.expected), (Some("2"), &None), "known by another day");
        assert_eq!((&unknown.shop, unknown.shop_index.as_deref()), (&None, Some("7765622f31")));
        assert_eq!(comparison.equal, 0);
    }

    #[test]
    fn without_the_column_the_file_is_in_the_one_currency_that_is_stored() {
        let text = "date,shop,purchases,grandTotal\n2025-01-31,1,2,10.50\n";
        let euros = stored("2025-01-31", Some("pos/1"), "EUR", 2, 1_050);
        assert!(held(text, std::slice::from_ref(&euros)).unwrap().is_equal());
        let yen = stored("2025-01-31", Some("pos/1"), "JPY", 2, 10);
        let told = held(text, std::slice::from_ref(&yen)).unwrap_err();
        assert_eq!(told, ["line 2, column grandTotal: not an amount in JPY, which is what is stored"]);
        let told = held(text, &[euros, yen]).unwrap_err();
        assert_eq!(told, ["line 1, column currency: is needed, since EUR, JPY are stored"]);
        assert_eq!(held(text, &[]).unwrap().missing.len(), 1);
    }

    #[test]
    fn a_day_of_a_shop_is_in_the_file_once() {
        let text = "2025-01-31,1,2,10.50,EUR,pos\n2025-01-31,1,2,1.00,EUR,web\n2025-01-31,1,2,1.00,EUR,pos\n";
        let told = held(&format!("{HEADER}{text}"), &[]).unwrap_err();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("line 4, column shop: ") && told[0].contains("line 2"), "{told:?}");
    }
}
