//! Rights that the retailer must answer: correction, access, and an objection that it may weigh.
//!
//! A right is no favour: it needs no consent, is never rewarded and outlives going dark. What is done at once has no case:
//! an objection to being contacted (GDPR Art. 21(2), [`crate::objection`]), erasure (Art. 17, which has a door of its own),
//! and hiding something from every app (Art. 18).

use chrono::{DateTime, Months, Utc};

use crate::entry::EntryType;

/// Months within which a request is answered: GDPR Art. 12(3).
const MONTHS: u32 = 1;
/// Months by which that can be extended, once, with a reason.
const FURTHER_MONTHS: u32 = 2;

/// Which right is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something is wrong and is to be put right: GDPR Art. 16.
    Rectification,
    /// Everything that the retailer holds, beyond the purchase record: Art. 15.
    Access,
    /// The customer objects on grounds of their own situation, which the retailer weighs: Art. 21(1).
    Objection,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It was made, and is not answered.
    Requested,
    /// The retailer said why it needs longer.
    Extended,
    /// The retailer has done what was asked.
    Answered,
    /// The retailer said why it does not do it (Art. 12(4)).
    Refused,
    /// The customer took it back.
    Withdrawn,
}

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// The retailer needs longer; once.
    Extend,
    /// The retailer has done it.
    Answer,
    /// The retailer does not do it.
    Refuse,
    /// The customer takes it back.
    TakeBack,
}

/// A step that the state machine does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {} cannot {act:?}", .from.name())]
pub struct IllegalTransition {
    /// Where the request stands.
    pub from: State,
    /// What was tried.
    pub act: Act,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rectification, Self::Access, Self::Objection];

    /// The word stored, shown and written into entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rectification => "rectification",
            Self::Access => "access",
            Self::Objection => "objection",
        }
    }

    /// Reads [`Kind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The article on which the request rests.
    pub fn basis(self) -> &'static str {
        match self {
            Self::Rectification => "eu-gdpr:A16",
            Self::Access => "eu-gdpr:A15",
            Self::Objection => "eu-gdpr:A21",
        }
    }

    /// The type of the entry with which a request of this kind comes to stand so. The catalogue has two for each right: what
    /// the customer does and what the retailer does; the entry's state says which of it.
    pub fn entry_type(self, state: State) -> EntryType {
        let is_customers = matches!(state, State::Requested | State::Withdrawn);
        match (self, is_customers) {
            (Self::Rectification, true) => EntryType::RectificationRequested,
            (Self::Rectification, false) => EntryType::RectificationAnswered,
            (Self::Access, true) => EntryType::AccessRequested,
            (Self::Access, false) => EntryType::AccessAnswered,
            (Self::Objection, _) if state == State::Withdrawn => EntryType::ObjectionLifted,
            (Self::Objection, _) => EntryType::ObjectionRaised,
        }
    }
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Requested, Self::Extended, Self::Answered, Self::Refused, Self::Withdrawn];

    /// The word stored, shown and written into entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Extended => "extended",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads [`State::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the retailer still owes an answer.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Extended)
    }

    /// The state after `act`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the state machine has no such step.
    pub fn after(self, act: Act) -> Result<Self, IllegalTransition> {
        match (self, act) {
            (Self::Requested, Act::Extend) => Ok(Self::Extended),
            (Self::Requested | Self::Extended, Act::Answer) => Ok(Self::Answered),
            (Self::Requested | Self::Extended, Act::Refuse) => Ok(Self::Refused),
            (Self::Requested | Self::Extended, Act::TakeBack) => Ok(Self::Withdrawn),
            (from, act) => Err(IllegalTransition { from, act }),
        }
    }
}

/// Until when a request is to be answered that was made at `opened_at`: one month, or three where it was extended (GDPR
/// Art. 12(3)). A month ends on the day of the same number, or else on the last day of the month (Regulation 1182/71
/// Art. 3(2)(c)).
pub fn due_at(opened_at: DateTime<Utc>, is_extended: bool) -> DateTime<Utc> {
    let months = if is_extended { MONTHS + FURTHER_MONTHS } else { MONTHS };
    opened_at.checked_add_months(Months::new(months)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_these_steps_and_no_other() {
        use State as S;
        let open = [S::Requested, S::Extended];
        let steps: [(Act, &[S], S); 4] = [
            (Act::Extend, &[S::Requested], S::Extended),
            (Act::Answer, &open, S::Answered),
            (Act::Refuse, &open, S::Refused),
            (Act::TakeBack, &open, S::Withdrawn),
        ];
        for (act, from, to) in steps {
            for state in S::ALL {
                assert_eq!(State::from_name(state.name()), Some(state));
                let expected =
                    from.contains(&state).then_some(to).ok_or(IllegalTransition { from: state, act });
                assert_eq!(state.after(act), expected, "{state:?} {act:?}");
                assert_eq!(state.is_open(), open.contains(&state));
            }
        }
    }

    #[test]
    fn each_kind_has_its_article_and_its_entries() {
        let types = |kind: Kind| State::ALL.map(|state| kind.entry_type(state).name());
        assert_eq!(
            types(Kind::Rectification).map(|name| name.strip_prefix("rectification.").unwrap()),
            ["requested", "answered", "answered", "answered", "requested"]
        );
        assert_eq!(
            types(Kind::Access).map(|name| name.strip_prefix("access.").unwrap()),
            ["requested", "answered", "answered", "answered", "requested"]
        );
        assert_eq!(
            types(Kind::Objection).map(|name| name.strip_prefix("objection.").unwrap()),
            ["raised", "raised", "raised", "raised", "lifted"]
        );
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::ALL.map(Kind::basis), ["eu-gdpr:A16", "eu-gdpr:A15", "eu-gdpr:A21"]);
    }

    #[test]
    fn an_answer_is_due_after_a_month_or_three() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (opened, is_extended, due) in [
            ("2026-01-15T10:00:00Z", false, "2026-02-15T10:00:00Z"),
            ("2026-01-31T10:00:00Z", false, "2026-02-28T10:00:00Z"),
            ("2028-01-31T10:00:00Z", false, "2028-02-29T10:00:00Z"),
            ("2026-11-30T10:00:00Z", true, "2027-02-28T10:00:00Z"),
            ("2026-01-15T10:00:00Z", true, "2026-04-15T10:00:00Z"),
        ] {
            assert_eq!(due_at(at(opened), is_extended), at(due), "{opened} {is_extended}");
        }
    }
}
