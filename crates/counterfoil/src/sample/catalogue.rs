//! What Hollin & Marsh sells: a few hundred products in sixteen departments, from `products.txt`.

use super::draw::Draw;
use super::figures::{push_number, push_text};
use super::shops::Rate;

const PRODUCTS: &str = include_str!("products.txt");

/// Departments of a weekly shop; the others are shopped for on purpose.
const EVERYDAY: [&str; 7] = ["Grocery", "Drinks", "Household", "Beauty", "Baby", "Pets", "Pharmacy"];

/// Stream of the seed from which random product names come; orders use the streams from 0.
const NAMES: u64 = u64::MAX;

/// One product as it stands on a line.
#[derive(Debug)]
pub struct Product {
    /// The members `sku`, `name`, `gtin`, `brand`, `category` of a line, with a comma at the end.
    pub text: String,
    /// `sku`, as lines of returns name it.
    pub sku: String,
    /// Euro cents for one piece or one kilogram.
    pub cents: i64,
    /// Which VAT.
    pub rate: Rate,
    /// Sold by the kilogram (`KGM`), else by the piece (`EA`).
    pub weighed: bool,
    /// Bottles with a deposit in one piece.
    pub bottles: i64,
    /// Months in which it may be brought back; 0 for what is eaten.
    pub return_months: u32,
    /// Months of warranty; 0 where there is none.
    pub warranty_months: u32,
}

/// All products, by how they are shopped for.
#[derive(Debug)]
pub struct Catalogue {
    /// The weekly shop.
    pub everyday: Vec<Product>,
    /// One list for each other department.
    pub special: Vec<Vec<Product>>,
}

impl Catalogue {
    /// Reads the embedded list. With `random_names`, each name is 24 random characters drawn from `seed`.
    pub fn new(seed: u64, random_names: bool) -> Self {
        let mut names = random_names.then(|| Draw::new(seed, NAMES));
        let mut catalogue = Self { everyday: Vec::new(), special: Vec::new() };
        let mut last_department = "";
        let mut number = 10_000;
        for row in PRODUCTS.lines().filter(|row| !row.starts_with('#')).filter_map(Row::read) {
            for name in row.names() {
                number += 1;
                let name = names.as_mut().map_or(name, |draw| draw.word(24));
                let product = row.product(&name, number);
                if EVERYDAY.contains(&row.department) {
                    catalogue.everyday.push(product);
                } else if let Some(shelf) =
                    catalogue.special.last_mut().filter(|_| row.department == last_department)
                {
                    shelf.push(product);
                } else {
                    catalogue.special.push(vec![product]);
                }
                last_department = row.department;
            }
        }
        catalogue
    }
}

/// One line of `products.txt`.
struct Row<'a> {
    department: &'a str,
    category: &'a str,
    rate: Rate,
    weighed: bool,
    cents: i64,
    bottles: i64,
    brand: &'a str,
    name: &'a str,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut cells = line.split(" | ");
        let mut cell = || cells.next().map(str::trim);
        Some(Self {
            department: cell()?,
            category: cell()?,
            rate: if cell()? == "R" { Rate::Reduced } else { Rate::Standard },
            weighed: cell()? == "KGM",
            cents: cell()?.parse().ok()?,
            bottles: cell()?.parse().ok()?,
            brand: cell()?,
            name: cell()?,
        })
    }

    /// The name once for each word in its braces.
    fn names(&self) -> Vec<String> {
        let parts = self
            .name
            .split_once('{')
            .and_then(|(front, rest)| rest.split_once('}').map(|(choices, back)| (front, choices, back)));
        match parts {
            Some((front, choices, back)) => {
                choices.split(',').map(|choice| format!("{front}{choice}{back}")).collect()
            }
            None => vec![self.name.to_owned()],
        }
    }

    fn product(&self, name: &str, number: u64) -> Product {
        let mut sku = String::new();
        push_number(&mut sku, number);
        let mut text = format!("\"sku\":\"{sku}\",\"name\":");
        push_text(&mut text, name);
        // What is weighed at the till has no bar code of its own.
        if !self.weighed {
            text.push_str(",\"gtin\":\"");
            text.push_str(&gtin(number));
            text.push('"');
        }
        text.push_str(",\"brand\":");
        push_text(&mut text, self.brand);
        text.push_str(",\"category\":[");
        push_text(&mut text, self.department);
        text.push(',');
        push_text(&mut text, self.category);
        text.push_str("],");
        let Self { cents, rate, weighed, bottles, .. } = *self;
        let (return_months, warranty_months) = match self.department {
            "Electronics" => (1, 24),
            "Kitchen" | "Garden" => (2, 36),
            "Clothing" | "Shoes" | "Sports" | "Toys" | "Books" => (2, 0),
            _ => (0, 0),
        };
        Product { text, sku, cents, rate, weighed, bottles, return_months, warranty_months }
    }
}

/// A GTIN-13 of the range that GS1 leaves to a company's own use (prefix 20), so that it names no real product.
fn gtin(number: u64) -> String {
    let digits = format!("20{number:010}");
    let sum: u32 = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .zip([1, 3].into_iter().cycle())
        .map(|(d, w)| d * w)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let rows = PRODUCTS.lines().filter(|row| !row.starts_with('#'));
        assert!(rows.clone().all(|row| Row::read(row).is_some()));
        let catalogue = Catalogue::new(1, false);
        let count = catalogue.everyday.len() + catalogue.special.iter().map(Vec::len).sum::<usize>();
        assert!(count >= 300, "{count} products");
        assert!(EVERYDAY.len() + catalogue.special.len() >= 12);
        let shelves =
            rows.filter_map(Row::read).map(|row| row.department).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(
            shelves.len(),
            EVERYDAY.len() + catalogue.special.len(),
            "a department stands in one block"
        );
    }

    #[test]
    fn check_digits_are_right() {
        // Worked by hand: 2·1+0·3+…+1·3+2·1+3·3+4·1+5·3 = 2+3+2+9+4+15 = 35, so 5.
        assert_eq!(gtin(12_345), "2000000123455");
        assert_eq!(gtin(10_001).len(), 13);
    }

    #[test]
    fn random_names_are_long_and_repeatable() {
        let (one, two) = (Catalogue::new(7, true), Catalogue::new(7, true));
        let texts =
            |catalogue: &Catalogue| catalogue.everyday.iter().map(|p| p.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&one), texts(&two));
        assert!(!texts(&one).join("").contains("bread"));
    }
}
