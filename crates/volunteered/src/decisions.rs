//! Whether something may be used, for this, now.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::ConsentId;

/// Why something may be used, or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The customer agreed.
    Given,
    /// The customer objects: to the purpose, to marketing, or to being contacted on that way.
    Objected,
    /// The customer has gone dark.
    GoneDark,
    /// There is no such customer.
    UnknownCustomer,
    /// The customer was never asked, or nobody answered in time.
    NoConsent,
    /// The customer was asked and has not answered.
    Requested,
    /// The customer wants to be asked later.
    Deferred,
    /// The customer said no.
    Refused,
    /// The customer took it back.
    Withdrawn,
    /// Its time is over.
    Expired,
    /// The retailer ended it.
    Revoked,
    /// It was never valid.
    Invalidated,
    /// The customer agreed and told nothing of this kind.
    NoItem,
}

impl Reason {
    /// The word shown to systems.
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Objected => "objected",
            Self::GoneDark => "gone_dark",
            Self::UnknownCustomer => "unknown_customer",
            Self::NoConsent => "no_consent",
            Self::Requested => "requested",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Invalidated => "invalidated",
            Self::NoItem => "no_item",
        }
    }
}

/// The answer to whether something may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may.
    pub permitted: bool,
    /// The consent that it rests on.
    pub consent_id: Option<ConsentId>,
    /// Until when, unless somebody ends it before.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Reason,
}
