//! What a grant lets an app do with what its customer volunteers: the granted object of the type `volunteered`.

use serde::{Deserialize, Serialize};

use super::InvalidDetails;

/// One thing that an app may do with the asks that its grant names; each has a scope of the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolunteeredAccess {
    /// See what it has sent for its customer, and what became of it.
    Read,
    /// Send something for its customer, correct it, and take it back.
    Write,
}

impl VolunteeredAccess {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The scope that stands for it.
    pub fn scope(self) -> &'static str {
        match self {
            Self::Read => "volunteered:read",
            Self::Write => "volunteered:write",
        }
    }

    /// The access of a scope; `None` for any other word.
    pub fn from_scope(scope: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.scope() == scope)
    }
}

/// An ask in one version, as a grant names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedAsk {
    /// Its id.
    pub ask: String,
    /// The version that its customer agreed to be told for. A newer one needs a new grant.
    pub version: u32,
}

/// The asks that a grant names, and what its app may do with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volunteered {
    /// Sorted, each ask once; never empty.
    pub asks: Vec<NamedAsk>,
    /// Sorted, without repetition; never empty.
    pub access: Vec<VolunteeredAccess>,
}

impl Volunteered {
    /// Most asks of one grant: more than a customer could weigh one by one.
    pub const MOST_ASKS: usize = 20;

    /// Puts the lists in order.
    ///
    /// # Errors
    /// [`InvalidDetails`] for no asks or too many, an ask that is named twice, and for no access.
    pub fn checked(mut self) -> Result<Self, InvalidDetails> {
        self.asks.sort_unstable();
        self.access.sort_unstable();
        self.access.dedup();
        if self.asks.is_empty() || self.asks.len() > Self::MOST_ASKS {
            return Err(InvalidDetails("asks must name 1 to 20 asks"));
        }
        if self.asks.windows(2).any(|pair| matches!(pair, [one, other] if one.ask == other.ask)) {
            return Err(InvalidDetails("asks must name each ask once"));
        }
        if self.access.is_empty() {
            return Err(InvalidDetails("access must hold read or write"));
        }
        Ok(self)
    }

    /// Whether this lets do more than `other`.
    pub fn wider_than(&self, other: &Self) -> bool {
        self.asks.iter().any(|ask| !other.asks.contains(ask))
            || self.access.iter().any(|access| !other.access.contains(access))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volunteered(asks: &[(&str, u32)], access: &[VolunteeredAccess]) -> Volunteered {
        let named = |(ask, version): &(&str, u32)| NamedAsk { ask: (*ask).to_owned(), version: *version };
        Volunteered { asks: asks.iter().map(named).collect(), access: access.to_vec() }
    }

    #[test]
    fn asks_are_named_once_and_in_order() {
        let both = [VolunteeredAccess::Write, VolunteeredAccess::Read, VolunteeredAccess::Write];
        let checked = volunteered(&[("q2", 1), ("q1", 3)], &both).checked().unwrap();
        assert_eq!(checked, volunteered(&[("q1", 3), ("q2", 1)], &VolunteeredAccess::ALL));
        for access in VolunteeredAccess::ALL {
            assert_eq!(VolunteeredAccess::from_scope(access.scope()), Some(access));
        }
        assert!(volunteered(&[], &both).checked().is_err());
        assert!(volunteered(&[("q1", 1)], &[]).checked().is_err());
        assert!(volunteered(&[("q1", 1), ("q1", 2)], &both).checked().is_err());
        let many: Vec<(String, u32)> = (0..21).map(|n| (format!("q{n}"), 1)).collect();
        let many: Vec<(&str, u32)> = many.iter().map(|(ask, version)| (ask.as_str(), *version)).collect();
        assert!(volunteered(&many, &both).checked().is_err());
    }

    #[test]
    fn wider_by_an_ask_a_version_or_an_access() {
        let base = volunteered(&[("q1", 1), ("q2", 1)], &[VolunteeredAccess::Write]);
        assert!(!base.wider_than(&base));
        assert!(!volunteered(&[("q1", 1)], &[VolunteeredAccess::Write]).wider_than(&base));
        assert!(volunteered(&[("q1", 2)], &[VolunteeredAccess::Write]).wider_than(&base));
        assert!(volunteered(&[("q3", 1)], &[VolunteeredAccess::Write]).wider_than(&base));
        assert!(volunteered(&[("q1", 1)], &[VolunteeredAccess::Read]).wider_than(&base));
    }
}
