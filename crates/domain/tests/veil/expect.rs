//! What a view must show of a purchase: worked out from the shape of it, not from any JSON.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::{
    catalogue::{CatalogueFile, Unmapped},
    purchase::Shows,
};

use crate::{
    draw::Marker,
    shape::{LineRef, Refund, ReturnLine, Shape, Target},
};

/// A view, as a test describes it.
#[derive(Debug)]
pub struct Wish {
    pub shows: Shows,
    pub hidden: Vec<String>,
    pub holds_sensitive: bool,
    pub keep_totals: bool,
}

/// What must come of one purchase.
pub struct Expected {
    /// Of each marker, whether it must occur.
    pub markers: Vec<bool>,
    pub hidden_lines: usize,
    pub grand_total: i64,
    pub refunded: i64,
    pub refunded_other: BTreeMap<usize, i64>,
    /// What a summary takes off for gift cards: of the total, and of what was refunded.
    pub gift_cards: (i64, i64),
    pub unmapped_lines: usize,
    pub fulfils: Option<usize>,
}

/// The category of a line, found by trying all paths.
fn category(file: &CatalogueFile, path: &[String], sku: &str) -> Option<usize> {
    let categories = || file.categories.iter().enumerate();
    if let Some((index, _)) = categories().find(|(_, category)| category.skus.iter().any(|one| one == sku)) {
        return Some(index);
    }
    let fitting = categories()
        .flat_map(|(index, category)| category.paths.iter().map(move |path| (path.len(), path, index)));
    let fitting = fitting.filter(|(_, prefix, _)| path.starts_with(prefix));
    fitting.max_by_key(|(length, ..)| *length).map(|(_, _, index)| index)
}

struct Seen<'s> {
    shape: &'s Shape,
    file: &'s CatalogueFile,
    wish: &'s Wish,
    shown: Vec<bool>,
    markers: Vec<bool>,
    /// Lines that only returns and refunds name, and those of them without any name.
    unknown: BTreeSet<Marker>,
    nameless: usize,
}

impl Seen<'_> {
    fn hides(&self, category: Option<usize>) -> bool {
        let Wish { hidden, holds_sensitive, .. } = self.wish;
        match category {
            Some(index) => {
                let category = &self.file.categories[index];
                hidden.contains(&category.id) || (category.sensitive && !holds_sensitive)
            }
            None => !hidden.is_empty() || (self.file.unmapped == Unmapped::Sensitive && !holds_sensitive),
        }
    }

    fn hides_anything(&self) -> bool {
        (0..self.file.categories.len()).map(Some).chain([None]).any(|category| self.hides(category))
    }

    fn put(&mut self, markers: impl IntoIterator<Item = Marker>) {
        for marker in markers {
            self.markers[usize::try_from(marker).unwrap()] = true;
        }
    }

    fn is_shown(&self, line: LineRef) -> bool {
        match line {
            LineRef::Line(index) => self.shown[index],
            LineRef::Ghost(_) if self.shape.has_order => false,
            LineRef::Ghost(_) => {
                let mut named = self.seen_return_lines().filter(|other| other.line == Some(line)).peekable();
                named.peek().is_some() && named.all(|other| self.shows_back(other))
            }
        }
    }

    fn seen_return_lines(&self) -> impl Iterator<Item = &ReturnLine> {
        self.shape.returns.iter().filter(|part| !part.is_by_recipient).flat_map(|part| &part.lines)
    }

    fn shows_back(&self, back: &ReturnLine) -> bool {
        if !self.shape.has_order {
            let category = category(self.file, &[], &back.sku);
            return category.is_some() && !self.hides(category);
        }
        match back.line {
            Some(line) => self.is_shown(line),
            None => {
                let mut same = self
                    .shape
                    .lines
                    .iter()
                    .zip(&self.shown)
                    .filter(|(line, _)| line.sku == back.sku)
                    .peekable();
                same.peek().is_some() && same.all(|(_, shown)| *shown)
            }
        }
    }

    fn sees(&self, refund: &Refund) -> bool {
        !self
            .shape
            .returns
            .iter()
            .any(|part| part.is_by_recipient && refund.returned.is_some_and(|(_, id)| id == part.id))
    }

    /// Counts what is hidden without a line of the order.
    fn count_unknown(&mut self) {
        let mut unknown = BTreeSet::new();
        let mut nameless = 0;
        for back in self.seen_return_lines().filter(|back| !self.shows_back(back)) {
            match back.line {
                Some(LineRef::Ghost(id)) => drop(unknown.insert(id)),
                Some(LineRef::Line(_)) => {}
                None if self.shape.has_order && self.shape.lines.iter().any(|line| line.sku == back.sku) => {}
                None => nameless += 1,
            }
        }
        for refund in self.shape.refunds.iter().filter(|refund| self.sees(refund)) {
            for (target, _) in &refund.allocations {
                if let Target::Line(line @ LineRef::Ghost(id)) = target
                    && !self.is_shown(*line)
                {
                    unknown.insert(*id);
                }
            }
        }
        (self.unknown, self.nameless) = (unknown, nameless);
    }
}

/// What `wish` must show of `shape`.
pub fn expect(shape: &Shape, file: &CatalogueFile, wish: &Wish) -> Expected {
    let mut seen = Seen {
        shape,
        file,
        wish,
        shown: Vec::new(),
        markers: vec![false; usize::try_from(shape.markers).unwrap()],
        unknown: BTreeSet::new(),
        nameless: 0,
    };
    let categories: Vec<Option<usize>> =
        shape.lines.iter().map(|line| category(file, &line.path, &line.sku)).collect();
    seen.shown = categories.iter().map(|category| !seen.hides(*category)).collect();
    let mut hidden_lines = 0;
    if seen.hides_anything() {
        seen.count_unknown();
        hidden_lines =
            seen.shown.iter().filter(|shown| !**shown).count() + seen.unknown.len() + seen.nameless;
    }
    let whole = hidden_lines == 0;
    let any_line = whole || seen.shown.contains(&true);
    show_order(&mut seen, whole, any_line);
    show_parts(&mut seen, whole);
    let (grand_total, refunded, refunded_other) = totals(&seen, whole || wish.keep_totals);
    Expected {
        hidden_lines,
        grand_total,
        refunded,
        refunded_other,
        gift_cards: gift_cards(&seen),
        unmapped_lines: categories.iter().filter(|category| category.is_none()).count(),
        fulfils: shape.fulfils.filter(|_| any_line),
        markers: seen.markers,
    }
}

fn show_order(seen: &mut Seen<'_>, whole: bool, any_line: bool) {
    let (shape, shows) = (seen.shape, seen.wish.shows);
    let amounts = whole || seen.wish.keep_totals;
    seen.put([shape.order_id]);
    seen.put(shape.fulfilments.iter().copied());
    for (is_shown, markers) in [
        (amounts, &shape.charges),
        (amounts && shows.payment, &shape.payment),
        (any_line && shows.location, &shape.place),
        (any_line, &shape.telling),
        (whole && shows.documents, &shape.documents),
    ] {
        seen.put(markers.iter().copied().filter(|_| is_shown));
    }
    if !shows.lines {
        return;
    }
    let named = |seen: &Seen<'_>, line: LineRef| (whole || seen.is_shown(line)).then(|| shape.id_of(line));
    for (index, line) in shape.lines.iter().enumerate() {
        if seen.shown[index] {
            let sku = line.sku.strip_prefix("Zq").map(|text| text[..6].parse().unwrap());
            let parent = line.parent.and_then(|parent| named(seen, parent));
            seen.put(line.texts.iter().copied().chain(sku).chain([line.id]).chain(parent));
            seen.put(line.seller.filter(|_| shows.location));
        }
    }
    let fulfilled: Vec<Marker> = shape.fulfilled.iter().filter_map(|line| named(seen, *line)).collect();
    seen.put(fulfilled);
}

fn show_parts(seen: &mut Seen<'_>, whole: bool) {
    let (shape, shows, keeps) = (seen.shape, seen.wish.shows, seen.wish.keep_totals);
    let mut left = BTreeSet::new();
    for part in shape.returns.iter().filter(|part| !part.is_by_recipient) {
        let lines: Vec<&ReturnLine> =
            part.lines.iter().filter(|back| whole || seen.shows_back(back)).collect();
        if whole || !lines.is_empty() {
            left.insert(part.id);
            seen.put([part.id]);
        }
        for back in lines.into_iter().filter(|_| shows.lines) {
            let sku = back.sku.strip_prefix("Zq").map(|text| text[..6].parse().unwrap());
            seen.put(back.texts.iter().copied().chain(sku).chain(back.line.map(|line| shape.id_of(line))));
        }
    }
    for refund in &shape.refunds {
        if !seen.sees(refund) || !(whole || keeps || share(seen, refund).is_some()) {
            continue;
        }
        seen.put([refund.id]);
        seen.put(refund.returned.map(|(_, id)| id).filter(|id| whole || left.contains(id)));
        seen.put(refund.method.filter(|_| shows.payment));
        seen.put(refund.texts.iter().copied().filter(|_| whole || keeps));
        for (target, _) in &refund.allocations {
            let marker = match target {
                Target::Line(line) if shows.lines && (whole || seen.is_shown(*line)) => {
                    Some(shape.id_of(*line))
                }
                Target::Line(_) => None,
                Target::Else(text) => text.filter(|_| whole || keeps),
            };
            seen.put(marker);
        }
    }
}

/// How much of a refund is for lines that are shown; `None` where nothing of it is.
fn share(seen: &Seen<'_>, refund: &Refund) -> Option<i64> {
    let shown = refund.allocations.iter().filter_map(|(target, amount)| match target {
        Target::Line(line) if seen.is_shown(*line) => Some(*amount),
        _ => None,
    });
    shown.fold(None, |sum, amount| Some(sum.unwrap_or_default() + amount))
}

fn totals(seen: &Seen<'_>, of_all: bool) -> (i64, i64, BTreeMap<usize, i64>) {
    let shape = seen.shape;
    let mut total = shape.grand_total;
    if !of_all {
        let lines = shape.lines.iter().zip(&seen.shown).filter(|(_, shown)| **shown);
        total = lines.map(|(line, _)| cost(shape, line)).sum();
    }
    let (mut refunded, mut other) = (0, BTreeMap::new());
    for refund in shape.refunds.iter().filter(|refund| refund.counts && seen.sees(refund)) {
        let Some(amount) = (if of_all { Some(refund.amount) } else { share(seen, refund) }) else { continue };
        if refund.currency == shape.currency {
            refunded += amount;
        } else {
            *other.entry(refund.currency).or_default() += amount;
        }
    }
    (total, refunded, other)
}

fn cost(shape: &Shape, line: &crate::shape::Line) -> i64 {
    line.net + if shape.taxes_included { 0 } else { line.taxes.iter().sum() }
}

/// Only gift cards that are shown are known to be some.
fn gift_cards(seen: &Seen<'_>) -> (i64, i64) {
    let shape = seen.shape;
    let (mut total, mut refunded) = (0, 0);
    for (index, line) in
        shape.lines.iter().enumerate().filter(|(index, line)| line.is_gift_card && seen.shown[*index])
    {
        total += cost(shape, line);
        for refund in shape
            .refunds
            .iter()
            .filter(|refund| refund.counts && refund.currency == shape.currency && seen.sees(refund))
        {
            let for_it = refund
                .allocations
                .iter()
                .filter(|(target, _)| matches!(target, Target::Line(line) if *line == LineRef::Line(index)));
            refunded += for_it.map(|(_, amount)| amount).sum::<i64>();
        }
    }
    (total, refunded)
}
