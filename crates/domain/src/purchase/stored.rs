//! Stored sections, read as far as a veil or a summary must know them.

use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{catalogue::Catalogue, json::Text, money::decimals};

use super::{Corrupt, Section, SectionsRef, render::RETURNED};

/// An amount of ours in minor units of a currency with `places` decimals. A sum may be longer than any amount of the
/// stream.
pub(crate) fn amount(text: &str, places: u32) -> Result<i128, Corrupt> {
    let number = Decimal::from_str_exact(text).ok().filter(|number| number.scale() <= places);
    let mut number = number.ok_or(Corrupt::new("a member is no amount"))?;
    number.rescale(places);
    Ok(number.mantissa())
}

/// The text of the list that is the whole of a section; of one that is not there an empty list.
pub(super) fn list<'a>(sections: &SectionsRef<'a>, section: Section) -> Result<&'a str, Corrupt> {
    Ok(sections.text(section)?.split_once(':').map_or("[]", |(_, list)| list))
}

/// The head.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    currency: Text<'a>,
    prices_include_tax: Option<bool>,
    pub(crate) order_id: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) related: Vec<Related<'a>>,
    pub(crate) totals: TotalsText<'a>,
}

/// A related order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Related<'a> {
    #[serde(borrow)]
    pub(crate) rel: Text<'a>,
    pub(crate) order_id: Text<'a>,
}

/// The totals, as far as they are summed up further.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TotalsText<'a> {
    #[serde(borrow)]
    pub(crate) grand_total: Text<'a>,
    pub(crate) refunded: Text<'a>,
    #[serde(default)]
    pub(crate) refunded_other: Vec<OtherText<'a>>,
}

/// What was refunded in another currency.
#[derive(Deserialize)]
pub(crate) struct OtherText<'a> {
    #[serde(borrow)]
    pub(crate) currency: Text<'a>,
    pub(crate) amount: Text<'a>,
}

impl<'a> Head<'a> {
    /// Reads a head that [`Head::object`] wrote.
    pub(crate) fn read(object: &'a str) -> Result<Self, Corrupt> {
        Ok(serde_json::from_str(object)?)
    }

    /// The head of stored sections with braces around it.
    pub(crate) fn object(sections: &SectionsRef<'_>) -> Result<String, Corrupt> {
        Ok(format!("{{{}}}", sections.text(Section::Head)?))
    }

    pub(crate) fn has_order(&self) -> bool {
        self.status.0 != RETURNED
    }

    pub(crate) fn currency(&self) -> Result<Currency, Corrupt> {
        currency_of(&self.currency.0)
    }

    pub(crate) fn taxes_included(&self) -> bool {
        self.prices_include_tax.unwrap_or(true)
    }
}

/// A currency that was written by its code.
pub(crate) fn currency_of(code: &str) -> Result<Currency, Corrupt> {
    Currency::from_code(code).ok_or(Corrupt::new("a currency is not known"))
}

/// The lines.
pub(crate) fn lines<'a>(sections: &SectionsRef<'a>) -> Result<Vec<LineText<'a>>, Corrupt> {
    let texts: Vec<&RawValue> = serde_json::from_str(list(sections, Section::Lines)?)?;
    texts
        .into_iter()
        .map(|text| Ok(LineText { text: text.get(), names: serde_json::from_str(text.get())? }))
        .collect()
}

/// A line, and what tells its category.
pub(crate) struct LineText<'a> {
    pub(super) text: &'a str,
    pub(super) names: Names<'a>,
}

/// What a line is called.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Names<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    kind: Text<'a>,
    pub(super) sku: Text<'a>,
    category: Option<Vec<Text<'a>>>,
    pub(super) parent_line_id: Option<Text<'a>>,
}

impl LineText<'_> {
    pub(crate) fn category(&self, catalogue: &Catalogue) -> Option<usize> {
        let path = self.names.category.iter().flatten().map(|Text(word)| &**word);
        catalogue.classify(path, &self.names.sku.0)
    }

    pub(crate) fn is_gift_card(&self) -> bool {
        self.names.kind.0 == "gift_card"
    }

    /// What it comes to.
    pub(crate) fn figures(&self, currency: Currency) -> Result<Figures, Corrupt> {
        let places = decimals(currency);
        let text: FiguresText<'_> = serde_json::from_str(self.text)?;
        let sum = |parts: Vec<AmountText<'_>>| {
            parts.iter().map(|part| amount(&part.amount.0, places)).sum::<Result<i128, Corrupt>>()
        };
        let (net, discounts) = (amount(&text.net.0, places)?, sum(text.discounts)?);
        let gross = text.gross.map(|Text(gross)| amount(&gross, places)).transpose()?;
        let refunded = text.refunded.map(|Text(refunded)| amount(&refunded, places)).transpose()?;
        Ok(Figures {
            gross: gross.unwrap_or(net + discounts),
            discounts,
            net,
            taxes: sum(text.taxes)?,
            refunded: refunded.unwrap_or_default(),
        })
    }
}

/// The amounts of a line, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(super) gross: i128,
    pub(super) discounts: i128,
    pub(super) net: i128,
    pub(super) taxes: i128,
    /// In the currency of the purchase.
    pub(crate) refunded: i128,
}

impl Figures {
    /// What the line adds to the total of an order.
    pub(crate) fn cost(&self, taxes_included: bool) -> i128 {
        self.net + if taxes_included { 0 } else { self.taxes }
    }
}

#[derive(Deserialize)]
struct FiguresText<'a> {
    #[serde(borrow)]
    gross: Option<Text<'a>>,
    discounts: Vec<AmountText<'a>>,
    net: Text<'a>,
    #[serde(default)]
    taxes: Vec<AmountText<'a>>,
    refunded: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct AmountText<'a> {
    #[serde(borrow)]
    amount: Text<'a>,
}
