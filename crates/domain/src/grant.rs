//! A grant: one customer's instruction to give an app data. What it may hold, which transitions are legal.
//!
//! The wire form is RFC 9396 (`authorization_details`) with the types `purchase_history` and `volunteered`.

mod volunteered;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::PurchaseId;

pub use self::volunteered::{NamedAsk, Volunteered, VolunteeredAccess};

/// One kind of data a grant can hold; each has a scope of the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dataset {
    /// Dates, sums, returns and refunds. Every grant that lets out anything of purchases holds it.
    Purchases,
    /// Each item bought.
    Lines,
    /// Items that may say something about health, faith, sex life or similar; without it they are hidden.
    Sensitive,
    /// How it was paid.
    Payment,
    /// Which shop.
    Location,
    /// Till receipts and invoices as files.
    Documents,
}

impl Dataset {
    /// Those that are offered, in the order in which a page lists them.
    pub const ALL: [Self; 6] =
        [Self::Purchases, Self::Lines, Self::Sensitive, Self::Payment, Self::Location, Self::Documents];

    /// The scope that stands for it.
    pub fn scope(self) -> &'static str {
        match self {
            Self::Purchases => "purchases:read",
            Self::Lines => "purchases.lines:read",
            Self::Sensitive => "purchases.sensitive:read",
            Self::Payment => "purchases.payment:read",
            Self::Location => "purchases.location:read",
            Self::Documents => "purchases.documents:read",
        }
    }

    /// The dataset of a scope; `None` for any other word.
    pub fn from_scope(scope: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.scope() == scope)
    }

    /// The word used in `authorization_details` and on pages' form fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Lines => "lines",
            Self::Sensitive => "sensitive",
            Self::Payment => "payment",
            Self::Location => "location",
            Self::Documents => "documents",
        }
    }

    /// Reads [`Dataset::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.name() == name)
    }
}

/// How long a grant lasts from the moment it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lasting {
    /// 30 days.
    #[serde(rename = "P30D")]
    Days30,
    /// 90 days.
    #[serde(rename = "P90D")]
    Days90,
    /// 180 days.
    #[serde(rename = "P180D")]
    Days180,
    /// Until the customer, the app or the retailer ends it.
    #[serde(rename = "until_withdrawn")]
    UntilWithdrawn,
}

impl Lasting {
    /// Every choice, shortest first.
    pub const ALL: [Self; 4] = [Self::Days30, Self::Days90, Self::Days180, Self::UntilWithdrawn];

    /// The wire word, which is also the value of the page's choice.
    pub fn name(self) -> &'static str {
        match self {
            Self::Days30 => "P30D",
            Self::Days90 => "P90D",
            Self::Days180 => "P180D",
            Self::UntilWithdrawn => "until_withdrawn",
        }
    }

    /// Reads [`Lasting::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lasting| lasting.name() == name)
    }

    /// Length in days; `None` is without end.
    pub fn days(self) -> Option<i64> {
        match self {
            Self::Days30 => Some(30),
            Self::Days90 => Some(90),
            Self::Days180 => Some(180),
            Self::UntilWithdrawn => None,
        }
    }

    /// When a grant given at `given` ends.
    pub fn expires(self, given: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.days().map(|days| given + Duration::days(days))
    }

    /// Whether this asks for more time than `cap` allows.
    pub fn exceeds(self, cap: Self) -> bool {
        match (self.days(), cap.days()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(mine), Some(most)) => mine > most,
        }
    }
}

/// What a grant lets out, and what it lets an app do for its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// Datasets, sorted, without repetition; `purchases` is among them, unless there are none.
    pub datasets: Vec<Dataset>,
    /// First local date of purchases that may be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Last local date; absent is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// How long it lasts.
    pub duration: Lasting,
    /// What the app says it will do with the data. Its words, not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated_use: Option<String>,
    /// Purchases on shared accounts too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared_accounts: bool,
    /// The asks that it names, if it names any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volunteered: Option<Volunteered>,
}

/// What a grant leaves out, as its customer chose. The app is not told: what is left out is as if it did not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CarveOuts {
    /// Ids of categories whose lines are hidden, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Purchases that are hidden, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purchases: Vec<PurchaseId>,
    /// Whether a purchase keeps its totals and payment where lines of it are hidden.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_totals: bool,
}

impl CarveOuts {
    /// Single purchases that a grant may leave out; who wants more hides them from every app.
    pub const MOST_PURCHASES: usize = 500;

    /// Puts the lists in order. Without anything left out of it a purchase has its totals anyway, so `keep_totals` is
    /// kept as chosen: sensitive lines may be left out without being listed here.
    ///
    /// # Errors
    /// [`InvalidDetails`] for more purchases than [`CarveOuts::MOST_PURCHASES`].
    pub fn checked(mut self) -> Result<Self, InvalidDetails> {
        self.categories.sort_unstable();
        self.categories.dedup();
        self.purchases.sort_unstable();
        self.purchases.dedup();
        if self.purchases.len() > Self::MOST_PURCHASES {
            return Err(InvalidDetails("too many single purchases are left out"));
        }
        Ok(self)
    }
}

/// A request for details that cannot be granted; the text names the member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDetails(pub &'static str);

impl Details {
    /// Puts datasets and asks in order and checks the whole.
    ///
    /// # Errors
    /// [`InvalidDetails`] for an inverted window, a missing `purchases` dataset, a window or shared accounts without
    /// datasets, nothing at all, what [`Volunteered::checked`] says, or a `statedUse` over 200 characters.
    pub fn checked(mut self) -> Result<Self, InvalidDetails> {
        self.datasets.sort_unstable();
        self.datasets.dedup();
        self.volunteered = self.volunteered.map(Volunteered::checked).transpose()?;
        // Who only wants to tell something for a customer needs nothing of what the customer bought.
        let is_about_asks = self.datasets.is_empty() && self.volunteered.is_some();
        if !is_about_asks && !self.holds(Dataset::Purchases) {
            return Err(InvalidDetails("datasets must hold purchases"));
        }
        if is_about_asks && (self.from.is_some() || self.to.is_some() || self.shared_accounts) {
            return Err(InvalidDetails("from, to and sharedAccounts are about purchases"));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(InvalidDetails("from must not be later than to"));
        }
        if self.stated_use.as_ref().is_some_and(|text| text.chars().count() > 200) {
            return Err(InvalidDetails("statedUse must be at most 200 characters"));
        }
        Ok(self)
    }

    /// Whether it holds a dataset.
    pub fn holds(&self, dataset: Dataset) -> bool {
        self.datasets.contains(&dataset)
    }

    /// Whether its app may do this with the asks that it names.
    pub fn lets(&self, access: VolunteeredAccess) -> bool {
        self.volunteered.as_ref().is_some_and(|volunteered| volunteered.access.contains(&access))
    }

    /// The scopes that say the same as datasets and access, separated by spaces.
    pub fn scope(&self) -> String {
        let access = self.volunteered.iter().flat_map(|volunteered| &volunteered.access);
        let datasets = self.datasets.iter().map(|dataset| dataset.scope());
        let scopes: Vec<_> = datasets.chain(access.map(|access| access.scope())).collect();
        scopes.join(" ")
    }

    /// As much of it as a list of scopes, separated by spaces, leaves.
    #[must_use]
    pub fn cut_to(mut self, scope: &str) -> Self {
        let is_left = |word: &str| scope.split(' ').any(|left| left == word);
        self.datasets.retain(|dataset| is_left(dataset.scope()));
        if let Some(volunteered) = &mut self.volunteered {
            volunteered.access.retain(|access| is_left(access.scope()));
        }
        self.volunteered = self.volunteered.filter(|volunteered| !volunteered.access.is_empty());
        self
    }

    /// Whether this lets out more than `other` in any respect.
    pub fn wider_than(&self, other: &Self) -> bool {
        let earlier = match (self.from, other.from) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(mine), Some(theirs)) => mine < theirs,
        };
        let later = match (self.to, other.to) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(mine), Some(theirs)) => mine > theirs,
        };
        earlier
            || later
            || self.duration.exceeds(other.duration)
            || (self.shared_accounts && !other.shared_accounts)
            || self.datasets.iter().any(|dataset| !other.holds(*dataset))
            || match (&self.volunteered, &other.volunteered) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(mine), Some(theirs)) => mine.wider_than(theirs),
            }
    }
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Agreed; its code has not been redeemed yet.
    Given,
    /// In use.
    Active,
    /// Stopped for a while by the customer.
    Paused,
    /// The code was never redeemed. Final, like all that follow.
    Lapsed,
    /// Ended by the customer.
    Withdrawn,
    /// Ended by the app.
    Ended,
    /// Ended by the retailer.
    Revoked,
    /// Its time is over.
    Expired,
}

/// What can happen to a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The app redeems the code.
    Redeem,
    /// The customer changes what it lets out.
    Amend,
    /// The code expires unredeemed.
    Lapse,
    /// The customer stops sharing.
    Withdraw,
    /// The app ends it.
    End,
    /// The retailer ends it.
    Revoke,
    /// The agreed time is over.
    Expire,
}

/// A transition that the state machine does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a grant that is {from:?} cannot {act:?}")]
pub struct IllegalTransition {
    /// Where the grant stands.
    pub from: State,
    /// What was tried.
    pub act: Act,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Given,
        Self::Active,
        Self::Paused,
        Self::Lapsed,
        Self::Withdrawn,
        Self::Ended,
        Self::Revoked,
        Self::Expired,
    ];

    /// The word stored and shown to apps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Reads [`State::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing can happen to it any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Given | Self::Active | Self::Paused)
    }

    /// The state after `act`. Ended is final.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the state machine has no such step.
    pub fn after(self, act: Act) -> Result<Self, IllegalTransition> {
        match (self, act) {
            (Self::Given, Act::Redeem) => Ok(Self::Active),
            (Self::Given, Act::Lapse) => Ok(Self::Lapsed),
            (from, Act::Amend) if !from.is_final() => Ok(from),
            (from, Act::Withdraw) if !from.is_final() => Ok(Self::Withdrawn),
            (from, Act::End) if !from.is_final() => Ok(Self::Ended),
            (from, Act::Revoke) if !from.is_final() => Ok(Self::Revoked),
            (Self::Active | Self::Paused, Act::Expire) => Ok(Self::Expired),
            (from, act) => Err(IllegalTransition { from, act }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(datasets: &[Dataset], from: Option<&str>) -> Details {
        Details {
            datasets: datasets.to_vec(),
            from: from.map(|date| date.parse().unwrap()),
            to: None,
            duration: Lasting::Days90,
            stated_use: None,
            shared_accounts: false,
            volunteered: None,
        }
    }

    fn telling(access: &[VolunteeredAccess]) -> Volunteered {
        let asks = vec![NamedAsk { ask: "q1".to_owned(), version: 1 }];
        Volunteered { asks, access: access.to_vec() }
    }

    #[test]
    fn a_grant_may_be_about_asks_alone() {
        let base = Details { volunteered: Some(telling(&VolunteeredAccess::ALL)), ..details(&[], None) };
        let checked = base.clone().checked().unwrap();
        assert_eq!(checked.scope(), "volunteered:read volunteered:write");
        assert!(checked.lets(VolunteeredAccess::Write) && !checked.holds(Dataset::Purchases));
        let read = checked.clone().cut_to("purchases:read volunteered:read");
        assert_eq!(read.volunteered, Some(telling(&[VolunteeredAccess::Read])));
        assert_eq!(checked.cut_to("purchases:read").volunteered, None);
        assert!(details(&[], None).checked().is_err(), "nothing at all");
        assert!(Details { from: "2024-01-01".parse().ok(), ..base.clone() }.checked().is_err());
        assert!(Details { shared_accounts: true, ..base.clone() }.checked().is_err());
        let both = Details { datasets: vec![Dataset::Purchases], ..base.clone() };
        assert!(both.wider_than(&base) && !base.wider_than(&both));
        assert!(base.wider_than(&details(&[Dataset::Purchases], None)));
    }

    #[test]
    fn grants_from_before_there_were_asks_are_read() {
        let stored = r#"{"datasets":["purchases"],"duration":"P90D"}"#;
        let read: Details = serde_json::from_str(stored).unwrap();
        assert_eq!(read, details(&[Dataset::Purchases], None));
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }

    #[test]
    fn details_are_put_in_order_and_checked() {
        let checked = details(&[Dataset::Lines, Dataset::Purchases, Dataset::Lines], None).checked().unwrap();
        assert_eq!(checked.datasets, [Dataset::Purchases, Dataset::Lines]);
        assert_eq!(checked.scope(), "purchases:read purchases.lines:read");
        assert!(details(&[Dataset::Lines], None).checked().is_err());
        let inverted =
            Details { to: "2023-12-31".parse().ok(), ..details(&[Dataset::Purchases], Some("2024-01-01")) };
        assert!(inverted.checked().is_err());
    }

    #[test]
    fn wider_in_any_respect() {
        let base = details(&[Dataset::Purchases], Some("2024-01-01"));
        assert!(!base.wider_than(&base));
        assert!(details(&[Dataset::Purchases], None).wider_than(&base));
        assert!(details(&[Dataset::Purchases], Some("2023-12-31")).wider_than(&base));
        assert!(details(&[Dataset::Purchases, Dataset::Lines], Some("2024-01-01")).wider_than(&base));
        assert!(Details { duration: Lasting::UntilWithdrawn, ..base.clone() }.wider_than(&base));
        assert!(!Details { duration: Lasting::Days30, ..base.clone() }.wider_than(&base));
    }

    #[test]
    fn what_is_left_out_is_put_in_order() {
        let purchases = |count: u8| (0..count).rev().map(|n| PurchaseId([n; 16])).collect::<Vec<_>>();
        let chosen = CarveOuts {
            categories: vec!["wine".to_owned(), "health".to_owned(), "wine".to_owned()],
            purchases: [purchases(2), purchases(1)].concat(),
            keep_totals: true,
        };
        let checked = chosen.checked().unwrap();
        assert_eq!(checked.categories, ["health", "wine"]);
        assert_eq!(checked.purchases, [PurchaseId([0; 16]), PurchaseId([1; 16])]);
        let many = (0_u32..501).map(|n| PurchaseId([n.to_be_bytes(); 4].concat().try_into().unwrap()));
        let many = CarveOuts { purchases: many.collect(), ..CarveOuts::default() };
        assert!(many.checked().is_err());
    }

    #[test]
    fn ended_is_final() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
            for act in
                [Act::Redeem, Act::Amend, Act::Lapse, Act::Withdraw, Act::End, Act::Revoke, Act::Expire]
            {
                assert!(!(state.is_final() && state.after(act).is_ok()), "{state:?} {act:?}");
            }
        }
        assert_eq!(State::Given.after(Act::Redeem), Ok(State::Active));
        assert!(State::Active.after(Act::Redeem).is_err(), "a code works once");
        assert_eq!(State::Paused.after(Act::Amend), Ok(State::Paused), "a change is no way to go on");
    }
}
