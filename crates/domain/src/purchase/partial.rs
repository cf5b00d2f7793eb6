//! A purchase of which something is hidden: which of its parts are left.
//!
//! A line is hidden with its category. What comes back is as visible as the line it belongs to:
//! - a line of a return belongs to the line it names, or, where it names none, to those with its sku, which must all be
//!   shown; one that belongs to none is hidden;
//! - where the order has not come, or there is none, a line of a return is shown if its sku alone tells a category that
//!   is;
//! - what a refund allots belongs to the line it names, of the order or of a return that stands alone.
//!
//! Each line that is hidden counts once, whether the order names it or only what comes back.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Members, Text};

use super::{Corrupt, Head, LineText, Section, SectionsRef, Veil, lines, stored};

/// A purchase of which something is hidden.
pub(crate) struct Partial<'a> {
    pub(super) sections: SectionsRef<'a>,
    /// The head with braces around it.
    pub(super) head: String,
    /// The lines that are shown.
    pub(super) lines: Vec<LineText<'a>>,
    /// The returns of which a line is shown.
    pub(super) returns: Vec<Return<'a>>,
    /// All refunds.
    pub(super) refunds: Vec<Refund<'a>>,
    /// By id, whether a line is shown.
    known: HashMap<Cow<'a, str>, bool>,
    /// How many lines are hidden.
    pub(super) hidden: usize,
}

/// A return, and the texts of its lines that are shown.
pub(super) struct Return<'a> {
    pub(super) members: Members<'a>,
    pub(super) lines: Vec<&'a str>,
}

/// A refund, and what of it is for lines that are shown.
pub(super) struct Refund<'a> {
    pub(super) members: Members<'a>,
    pub(super) allocations: Vec<Allocation<'a>>,
}

/// A part of a refund.
pub(super) struct Allocation<'a> {
    pub(super) text: &'a str,
    pub(super) amount: Cow<'a, str>,
    pub(super) is_for: For,
}

/// What a part of a refund is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    ShownLine,
    HiddenLine,
    /// A charge, or something else.
    NoLine,
}

impl<'a> Partial<'a> {
    /// Looks at every line; `None` where none is hidden.
    pub(super) fn of(sections: SectionsRef<'a>, veil: &Veil) -> Result<Option<Self>, Corrupt> {
        let head = Head::object(&sections)?;
        let mut all = lines(&sections)?;
        let mut census = Census::new(&all, veil, Head::read(&head)?.has_order());
        let returns = census.returns(stored::list(&sections, Section::Returns)?)?;
        let refunds = census.refunds(stored::list(&sections, Section::Refunds)?)?;
        let Census { known, hidden, unknown, .. } = census;
        let hidden = hidden + unknown.len();
        if hidden == 0 {
            return Ok(None);
        }
        all.retain(|line| known.get(&line.names.id.0).is_some_and(|shown| *shown));
        Ok(Some(Self { sections, head, lines: all, returns, refunds, known, hidden }))
    }

    /// Whether a line with this id is there and shown.
    pub(super) fn shows(&self, id: &str) -> bool {
        self.known.get(id).is_some_and(|shown| *shown)
    }

    /// How many lines are hidden, also of those that only what comes back names.
    pub(crate) fn hidden(&self) -> usize {
        self.hidden
    }

    /// The lines that are shown.
    pub(crate) fn lines(&self) -> &[LineText<'a>] {
        &self.lines
    }
}

/// What is known of lines while everything that names them is looked at.
struct Census<'v, 'a> {
    veil: &'v Veil,
    has_order: bool,
    known: HashMap<Cow<'a, str>, bool>,
    /// By sku, whether all lines of the order with it are shown.
    skus: HashMap<Cow<'a, str>, bool>,
    hidden: usize,
    /// Ids of lines that only a return or a refund names, and that are hidden.
    unknown: HashSet<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReturnLineText<'a> {
    #[serde(borrow)]
    line_id: Option<Text<'a>>,
    sku: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AllocationText<'a> {
    #[serde(borrow)]
    line_id: Option<Text<'a>>,
    amount: Text<'a>,
}

impl<'v, 'a> Census<'v, 'a> {
    fn new(lines: &[LineText<'a>], veil: &'v Veil, has_order: bool) -> Self {
        let mut known = HashMap::with_capacity(lines.len());
        let mut skus = HashMap::with_capacity(lines.len());
        let mut hidden = 0;
        for line in lines {
            let is_shown = veil.shows(line.category(veil.catalogue()));
            hidden += usize::from(!is_shown);
            known.insert(line.names.id.0.clone(), is_shown);
            *skus.entry(line.names.sku.0.clone()).or_insert(true) &= is_shown;
        }
        Self { veil, has_order, known, skus, hidden, unknown: HashSet::new() }
    }

    fn returns(&mut self, list: &'a str) -> Result<Vec<Return<'a>>, Corrupt> {
        let mut returns = Vec::new();
        for members in serde_json::from_str::<Vec<Members<'a>>>(list)? {
            let texts: Vec<&'a RawValue> = members.get("lines")?.unwrap_or_default();
            let mut lines = Vec::with_capacity(texts.len());
            for text in texts {
                if self.shows_returned(serde_json::from_str(text.get())?) {
                    lines.push(text.get());
                }
            }
            if !lines.is_empty() {
                returns.push(Return { members, lines });
            }
        }
        Ok(returns)
    }

    fn shows_returned(&mut self, line: ReturnLineText<'a>) -> bool {
        let ReturnLineText { line_id, sku: Text(sku) } = line;
        let id = line_id.map(|Text(id)| id);
        if !self.has_order {
            let category = self.veil.catalogue().classify_sku(&sku);
            let is_shown = category.is_some() && self.veil.shows(category);
            match id {
                Some(id) => {
                    if !is_shown {
                        self.unknown.insert(id.clone());
                    }
                    *self.known.entry(id).or_insert(true) &= is_shown;
                }
                None => self.hidden += usize::from(!is_shown),
            }
            return is_shown;
        }
        let Some(id) = id else {
            return self.skus.get(&sku).copied().unwrap_or_else(|| {
                self.hidden += 1;
                false
            });
        };
        self.named(id)
    }

    /// Whether the line that a part names is shown.
    fn named(&mut self, id: Cow<'a, str>) -> bool {
        match self.known.get(&id) {
            Some(is_shown) => *is_shown,
            None => {
                self.unknown.insert(id);
                false
            }
        }
    }

    fn refunds(&mut self, list: &'a str) -> Result<Vec<Refund<'a>>, Corrupt> {
        let mut refunds = Vec::new();
        for members in serde_json::from_str::<Vec<Members<'a>>>(list)? {
            let texts: Vec<&'a RawValue> = members.get("allocations")?.unwrap_or_default();
            let mut allocations = Vec::with_capacity(texts.len());
            for text in texts {
                let AllocationText { line_id, amount: Text(amount) } = serde_json::from_str(text.get())?;
                let is_for = match line_id.map(|Text(id)| self.named(id)) {
                    None => For::NoLine,
                    Some(true) => For::ShownLine,
                    Some(false) => For::HiddenLine,
                };
                allocations.push(Allocation { text: text.get(), amount, is_for });
            }
            refunds.push(Refund { members, allocations });
        }
        Ok(refunds)
    }
}
