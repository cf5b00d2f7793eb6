//! What the shops' own books say: a CSV file.

use std::collections::HashMap;

use chrono::NaiveDate;
use counterfoil_domain::money::read_amount;
use csv::{Position, ReaderBuilder, StringRecord, Trim};
use iso_currency::Currency;

/// The columns that must be there, and those that may.
const NEEDED: [&str; 4] = ["date", "shop", "purchases", "grandTotal"];
const POSSIBLE: [&str; 2] = ["namespace", "currency"];
/// Mistakes that are told at most.
const MOST: usize = 20;

/// One line of the books: a day of a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number in the file.
    pub(super) number: u64,
    pub(super) date: NaiveDate,
    /// `None` where the file has no such column.
    pub(super) namespace: Option<String>,
    /// Empty for orders that name none.
    pub(super) shop: String,
    /// `None` where the file has no such column.
    pub(super) currency: Option<Currency>,
    pub(super) purchases: i64,
    /// As it is written: a file without the column says nothing of its decimals.
    pub(super) grand_total: String,
}

/// Reads the books.
///
/// # Errors
/// What is wrong with them: line, column and what, a line each.
pub(super) fn read(text: &[u8]) -> Result<Vec<Line>, Vec<String>> {
    let mut numbers = Numbers { rest: text, passed: 0, line: 1 };
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let header = reader.headers().map_err(|error| vec![told(1, &error)])?.clone();
    let columns = columns(&header)?;
    let (mut lines, mut mistakes) = (Vec::new(), Vec::new());
    for record in reader.records() {
        if mistakes.len() >= MOST {
            break;
        }
        match record {
            Ok(record) => match line(numbers.at(record.position()), &record, &columns) {
                Ok(line) => lines.push(line),
                Err(mistake) => mistakes.push(mistake),
            },
            Err(error) => mistakes.push(told(numbers.at(error.position()), &error)),
        }
    }
    if mistakes.is_empty() { Ok(lines) } else { Err(mistakes) }
}

/// Counts lines: the reader's own count is behind where they end with CR and LF.
struct Numbers<'a> {
    rest: &'a [u8],
    passed: u64,
    line: u64,
}

impl Numbers<'_> {
    /// The line of a record, not before the last one that was asked for.
    fn at(&mut self, position: Option<&Position>) -> u64 {
        let target = position.map_or(self.passed, Position::byte);
        while let Some((first, rest)) = self.rest.split_first()
            && (self.passed < target || matches!(first, b'\r' | b'\n'))
        {
            self.line += u64::from(*first == b'\n');
            self.passed += 1;
            self.rest = rest;
        }
        self.line
    }
}

/// Where each column is.
fn columns(header: &StringRecord) -> Result<HashMap<&str, usize>, Vec<String>> {
    let mut mistakes = Vec::new();
    let mut columns = HashMap::new();
    for (index, name) in header.iter().enumerate() {
        if !NEEDED.contains(&name) && !POSSIBLE.contains(&name) {
            mistakes.push(format!("line 1, column {name}: not known; {}", known()));
        } else if columns.insert(name, index).is_some() {
            mistakes.push(format!("line 1, column {name}: is there twice"));
        }
    }
    for name in NEEDED.iter().filter(|name| !columns.contains_key(*name)) {
        mistakes.push(format!("line 1, column {name}: is missing; {}", known()));
    }
    if mistakes.is_empty() { Ok(columns) } else { Err(mistakes) }
}

fn known() -> String {
    format!("the columns are {}, and if need be {}", NEEDED.join(", "), POSSIBLE.join(", "))
}

fn line(number: u64, record: &StringRecord, columns: &HashMap<&str, usize>) -> Result<Line, String> {
    let field = |name: &str| columns.get(name).and_then(|index| record.get(*index));
    let wrong = |name: &str, what: &str| format!("line {number}, column {name}: {what}");
    let needed =
        |name: &str| field(name).filter(|text| !text.is_empty()).ok_or_else(|| wrong(name, "is empty"));
    let date = needed("date")?.parse().map_err(|_| wrong("date", "not a date such as 2025-01-31"))?;
    let purchases: u32 =
        needed("purchases")?.parse().map_err(|_| wrong("purchases", "not a number of purchases"))?;
    let currency = match field("currency") {
        None => None,
        Some(text) => {
            let known = Currency::from_code(text);
            Some(known.ok_or_else(|| wrong("currency", "not a currency such as EUR"))?)
        }
    };
    let grand_total = needed("grandTotal")?.to_owned();
    // Without a currency it is not known yet how many decimals there may be: as many as any has.
    if read_amount(&grand_total, currency.unwrap_or(Currency::CLF)).is_none() {
        return Err(wrong("grandTotal", "not an amount such as 12.30 in this currency"));
    }
    Ok(Line {
        number,
        date,
        namespace: field("namespace").map(str::to_owned),
        shop: field("shop").unwrap_or_default().to_owned(),
        currency,
        purchases: purchases.into(),
        grand_total,
    })
}

fn told(line: u64, error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {line}: {len} columns where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { err, .. } => format!("line {line}, column {}: not UTF-8", err.field() + 1),
        _ => format!("line {line}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        read(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn lines_are_read_as_they_are_meant() {
        let text = "\u{feff}date, shop,purchases,currency,grandTotal,namespace\r\n\
                    2025-01-31, 330 ,12,USD,-5.50,pos\r\n\
                    \r\n2025-02-01,\"Main, left\",0,JPY,0,\r\n";
        let lines = read(text.as_bytes()).unwrap();
        let line = |number, date: &str, shop: &str, purchases, currency, total: &str, namespace: &str| Line {
            number,
            date: date.parse().unwrap(),
            namespace: Some(namespace.to_owned()),
            shop: shop.to_owned(),
            currency: Some(currency),
            purchases,
            grand_total: total.to_owned(),
        };
        assert_eq!(
            lines,
            [
                line(2, "2025-01-31", "330", 12, Currency::USD, "-5.50", "pos"),
                line(4, "2025-02-01", "Main, left", 0, Currency::JPY, "0", ""),
            ]
        );
        let bare = read("date,shop,purchases,grandTotal\n2025-01-31,,1,1.2345\n".as_bytes()).unwrap();
        assert_eq!((&bare[0].namespace, bare[0].currency), (&None, None));
    }

    #[test]
    fn mistakes_name_line_and_column() {
        let header = "date,shop,purchases,grandTotal,currency\n";
        for (line, column) in [
            ("31.01.2025,1,1,1.00,EUR", "date"),
            ("2025-02-30,1,1,1.00,EUR", "date"),
            (",1,1,1.00,EUR", "date"),
            ("2025-01-31,1,-1,1.00,EUR", "purchases"),
            ("2025-01-31,1,1.0,1.00,EUR", "purchases"),
            ("2025-01-31,1,1,1.234,EUR", "grandTotal"),
            ("2025-01-31,1,1,\"1,00\",EUR", "grandTotal"),
            ("2025-01-31,1,1,,EUR", "grandTotal"),
            ("2025-01-31,1,1,1.00,euros", "currency"),
            ("2025-01-31,1,1,1.00,", "currency"),
        ] {
            let told = told(&format!("{header}2025-01-30,1,1,1.00,EUR\n{line}\n"));
            assert_eq!(told.len(), 1, "{line}: {told:?}");
            assert!(told[0].starts_with(&format!("line 3, column {column}: ")), "{line}: {told:?}");
        }
        let short = told(&format!("{header}2025-01-31,1\n"));
        assert_eq!(short, ["line 2: 2 columns where the header has 5"]);
        let all = told(&format!("{header}x,1,1,1.00,EUR\n2025-01-31,1,x,1.00,EUR\n"));
        assert_eq!(all.len(), 2, "all at once: {all:?}");
    }

    #[test]
    fn a_header_has_known_columns_once() {
        let header = |text: &str| told(&format!("{text}\n2025-01-31,1,1,1.00\n")).join("\n");
        assert!(header("date,store,purchases,grandTotal").contains("column store: not known"));
        assert!(header("date,store,purchases,grandTotal").contains("column shop: is missing"));
        assert!(header("date,shop,shop,grandTotal").contains("column shop: is there twice"));
        assert!(header("2025-01-31,1,1,1.00").contains("column date: is missing"), "no header at all");
        assert!(told("").join("\n").contains("column date: is missing"));
    }
}
