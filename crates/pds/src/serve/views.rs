//! What each page says, worked out from the purchases; the templates only lay it out.

pub mod came_back;
pub mod connection;
pub mod covered;
pub mod list;
pub mod one;
pub mod spending;

use serde::Serialize;

use crate::purchases::Purchase;

/// Where a page of a long list stands.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Which page this is, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// The page with what is newer.
    pub newer: Option<usize>,
    /// The page with what is older.
    pub older: Option<usize>,
}

/// The part of a long list that a page shows, and where that stands.
fn part<T>(all: &[T], page: usize, size: usize) -> (&[T], Place) {
    let of = all.len().div_ceil(size).max(1);
    let number = page.clamp(1, of);
    let shown = all.chunks(size).nth(number - 1).unwrap_or_default();
    let newer = (number > 1).then(|| number - 1);
    let older = (number < of).then(|| number + 1);
    (shown, Place { number, of, newer, older })
}

/// Where something was bought, as it is called.
fn place(purchase: &Purchase, shop: &str) -> String {
    let location = purchase.location.as_ref();
    let seller = purchase.seller.as_ref().map(|seller| seller.name.clone());
    location.and_then(|location| location.name.clone()).or(seller).unwrap_or_else(|| shop.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_end_is_the_last() {
        let all: Vec<usize> = (0..25).collect();
        let (shown, place) = part(&all, 9, 10);
        assert_eq!(shown, [20, 21, 22, 23, 24]);
        assert_eq!(place, Place { number: 3, of: 3, newer: Some(2), older: None });
        let (shown, place) = part(&all, 0, 10);
        assert_eq!((shown.len(), place.number, place.older), (10, 1, Some(2)));
        let (shown, place) = part::<u8>(&[], 1, 10);
        assert_eq!((shown.len(), place.of), (0, 1));
    }
}
