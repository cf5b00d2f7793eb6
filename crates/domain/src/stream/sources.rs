//! What is configured per CloudEvents `source`.

use std::{collections::HashMap, sync::Arc};

use chrono_tz::Tz;
use iso_currency::Currency;

use crate::{catalogue::Catalogue, json::push_member};

/// The seller of orders that name none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// The name a customer knows.
    pub name: String,
    /// The company's registered name.
    pub legal_name: Option<String>,
    /// Its VAT number.
    pub vat_id: Option<String>,
}

impl Seller {
    pub(crate) fn push(&self, out: &mut String) {
        out.push('{');
        let parts = [
            ("name", Some(&self.name)),
            ("legalName", self.legal_name.as_ref()),
            ("vatId", self.vat_id.as_ref()),
        ];
        for (name, text) in parts {
            if let Some(text) = text {
                push_member(out, name, text);
            }
        }
        out.push('}');
    }
}

/// The settings of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Ids of orders, returns and refunds are unique within a namespace.
    pub namespace: String,
    /// The scheme of the `customerId` of its orders, returns and refunds: "" is that of the stream itself, any other
    /// that of aliases.
    pub customer_scheme: String,
    /// The zone of times without offset.
    pub timezone: Option<Tz>,
    /// The seller of orders that name none.
    pub seller: Option<Seller>,
    /// The currency of a return that has neither an order nor a refund. `XXX` (no currency) if nothing is known.
    pub currency: Currency,
    /// The categories of its lines, the same for all sources: see [`Sources::with_catalogue`].
    pub catalogue: Arc<Catalogue>,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            namespace: String::new(),
            customer_scheme: String::new(),
            timezone: None,
            seller: None,
            currency: Currency::XXX,
            catalogue: Arc::default(),
        }
    }
}

/// All sources: named ones, and a default for the rest.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    default: Source,
    named: HashMap<String, Source>,
}

impl Sources {
    /// Sources with their settings by the `source` of their CloudEvents, and those of every other.
    pub fn new(default: Source, named: HashMap<String, Source>) -> Self {
        Self { default, named }
    }

    /// The same sources, the lines of all of them classified by `catalogue`.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Arc<Catalogue>) -> Self {
        for source in self.named.values_mut() {
            source.catalogue = Arc::clone(&catalogue);
        }
        self.default.catalogue = catalogue;
        self
    }

    /// The categories of lines.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.default.catalogue
    }

    /// The settings of `source`.
    pub fn of(&self, source: &str) -> &Source {
        self.named.get(source).unwrap_or(&self.default)
    }
}
