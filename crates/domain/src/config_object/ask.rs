//! What the retailer would like customers to tell.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reader::Reader;
use super::retention::after_period;
use super::rules::{AMOUNT, CURRENCY, PERIOD};
use super::{Kind, Reference, Texts};
use crate::money;

/// The dialect of JSON Schema that answers are described in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What is given in return, said before the question is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What it is, in plain words.
    pub says: Texts,
    /// Its estimated value: a decimal number as text. Zero for an answer that is worth nothing to the customer but the
    /// good it does.
    pub amount: String,
    /// The currency of the value (ISO 4217), unless it is counted in a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What the value is counted in, such as points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl Offer {
    fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let says = reader.texts("says");
        let amount = reader.word("amount", &AMOUNT);
        let currency = reader.optional_word("currency", &CURRENCY);
        let unit = reader.optional_text("unit");
        if reader.has("currency") == reader.has("unit") {
            reader.mistake("currency", "must be given, or else unit, and not both");
            return None;
        }
        Some(Self { says: says?, amount: amount?, currency, unit })
    }

    /// Whether it is worth anything.
    pub fn is_reward(&self) -> bool {
        money::read(&self.amount, money::ANY_CURRENCY_PLACES).is_ok_and(|amount| !amount.is_zero())
    }
}

/// A question to customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What it is called.
    pub title: Texts,
    /// Why it is asked.
    pub why: Texts,
    /// JSON Schema (2020-12) of the answer.
    pub schema: Map<String, Value>,
    /// What the answer may be used for.
    pub purpose: Reference,
    /// What is given in return.
    pub offer: Offer,
    /// What happens to somebody who does not answer.
    pub without: Texts,
    /// How long it can be answered from its publication on: a period such as `P14D` (ISO 8601).
    pub open_for: String,
}

impl Ask {
    /// When a version that was published at `published_at` is answered no more; `None` for one without an end.
    pub fn closes_at(&self, published_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        after_period(published_at, &self.open_for)
    }

    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let (title, why) = (reader.texts("title"), reader.texts("why"));
        let schema = read_schema(reader);
        let purpose = reader.named("purpose", Kind::Purpose);
        let offer = reader.table("offer").and_then(|mut table| {
            let offer = Offer::read(&mut table);
            table.finish();
            offer
        });
        let is_special = purpose.as_ref().is_some_and(|(_, body)| body.is_special());
        if is_special && offer.as_ref().is_some_and(Offer::is_reward) {
            // Consent that is paid for is not free where it is about health, faith or the like.
            reader.mistake("offer.amount", "must be 0: nobody is rewarded for data of a special category");
        }
        let (without, open_for) = (reader.texts("without"), reader.word("open_for", &PERIOD));
        Some(Self {
            title: title?,
            why: why?,
            schema: schema?,
            purpose: purpose?.0,
            offer: offer?,
            without: without?,
            open_for: open_for?,
        })
    }
}

fn read_schema(reader: &mut Reader<'_, '_>) -> Option<Map<String, Value>> {
    let schema = reader.members("schema")?;
    let dialect = schema.get("$schema");
    if schema.is_empty() {
        reader.mistake("schema", "must not be empty");
    } else if dialect.is_some_and(|dialect| dialect.as_str() != Some(DIALECT)) {
        reader.mistake("schema.$schema", format!("must be {DIALECT}, or left out"));
    } else {
        return Some(schema.clone());
    }
    None
}
