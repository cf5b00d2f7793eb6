//! The `categories.toml` that ships.

#![expect(clippy::expect_used, reason = "a test")]

use std::{collections::BTreeSet, path::Path};

use counterfoil_domain::catalogue::{Catalogue, CatalogueFile, Unmapped};

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterfoil").join(name);
    std::fs::read_to_string(path).expect(name)
}

fn shipped() -> Catalogue {
    Catalogue::new(toml::from_str::<CatalogueFile>(&file("categories.toml")).expect("TOML")).expect("rules")
}

fn id_of<'c>(catalogue: &'c Catalogue, path: &[&str], sku: &str) -> Option<(&'c str, bool)> {
    let category = catalogue.categories().get(catalogue.classify(path.iter().copied(), sku)?)?;
    Some((&category.id, category.is_sensitive))
}

#[test]
fn sensitive_goods_are_told_from_ordinary_ones() {
    let catalogue = shipped();
    assert_eq!(catalogue.unmapped(), Unmapped::Ordinary);
    for (path, id, is_sensitive) in [
        (&["DRUG GM", "VITAMINS"][..], "health", true),
        (&["DRUG GM", "FAMILY PLANNING"], "intimate", true),
        (&["DRUG GM", "BABY FOODS"], "family", true),
        (&["DRUG GM", "CIGARETTES"], "tobacco", true),
        (&["DRUG GM", "TOYS AND GAMES"], "leisure", false),
        (&["SPIRITS", "LIQUOR"], "alcohol", true),
        (&["GROCERY", "BEERS/ALES"], "alcohol", true),
        (&["GROCERY", "SOFT DRINKS"], "drinks", false),
        (&["GROCERY", "HISPANIC"], "groceries", false),
        (&["COSMETICS", "BATH"], "care", false),
        (&["Pharmacy", "Tests"], "health", true),
        (&["Drinks", "Wine"], "alcohol", true),
        (&["Drinks", "Water"], "drinks", false),
        (&["Books", "Religion"], "faith", true),
        (&["Books", "Fiction"], "media", false),
        (&["Religious & Ceremonial", "Prayer Beads"], "faith", true),
        (&["Health & Beauty", "Health Care", "First Aid"], "health", true),
        (&["Health & Beauty", "Personal Care", "Cosmetics"], "care", false),
    ] {
        assert_eq!(id_of(&catalogue, path, "1"), Some((id, is_sensitive)), "{path:?}");
    }
    assert_eq!(id_of(&catalogue, &["DRUG GM"], "1"), None, "a department of everything is in none");
    assert_eq!(id_of(&catalogue, &[], "9001"), Some(("deposits", false)));
}

#[test]
fn every_shelf_of_the_demo_shop_is_mapped() {
    let catalogue = shipped();
    let products = file("src/sample/products.txt");
    let shelves: BTreeSet<(&str, &str)> = products
        .lines()
        .filter(|row| !row.starts_with('#'))
        .filter_map(|row| {
            let mut cells = row.split(" | ");
            Some((cells.next()?, cells.next()?))
        })
        .collect();
    assert!(shelves.len() > 50, "{} shelves", shelves.len());
    let unmapped: Vec<_> =
        shelves.iter().filter(|(one, two)| id_of(&catalogue, &[one, two], "1").is_none()).collect();
    assert!(unmapped.is_empty(), "{unmapped:?}");
    let sensitive: BTreeSet<&str> = shelves
        .iter()
        .filter_map(|(one, two)| id_of(&catalogue, &[one, two], "1"))
        .filter_map(|(id, is_sensitive)| is_sensitive.then_some(id))
        .collect();
    assert_eq!(sensitive, ["alcohol", "family", "health"].into());
}

#[test]
fn what_customers_read_differs_by_category() {
    let catalogue = shipped();
    let names: BTreeSet<&str> = catalogue.categories().iter().map(|category| category.name("en")).collect();
    assert_eq!(names.len(), catalogue.categories().len());
}
