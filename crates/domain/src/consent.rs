//! A consent record: where one customer's consent to one purpose stands, in the ten states of DPV 2.3.

use crate::entry::EntryType;

/// Where DPV's terms are.
const DPV: &str = "https://w3id.org/dpv#";

/// Where a consent stands (DPV `ConsentStatus`; 27560 `event_state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody has answered: never, or not in time.
    Unknown,
    /// The customer was asked.
    Requested,
    /// The customer wants to be asked later.
    RequestDeferred,
    /// The customer said no.
    Refused,
    /// The customer said yes. Valid for processing.
    Given,
    /// The customer said yes again. Valid for processing.
    Renewed,
    /// Its time is over.
    Expired,
    /// The customer took it back.
    Withdrawn,
    /// The retailer ended it.
    Revoked,
    /// It turned out never to have been valid.
    Invalidated,
}

/// What can happen to a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// The customer is asked.
    Request,
    /// The customer says yes.
    Give,
    /// The customer says no.
    Refuse,
    /// The customer wants to be asked later.
    Defer,
    /// Nobody answered in time.
    Lapse,
    /// The customer says yes again.
    Renew,
    /// The customer agrees to something else than before.
    Amend,
    /// The customer takes it back.
    Withdraw,
    /// The retailer ends it.
    Revoke,
    /// It turns out never to have been valid.
    Invalidate,
    /// Its time is over.
    Expire,
    /// The customer is told that it still stands.
    Remind,
}

/// A step that the state machine does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a consent that is {} cannot {act:?}", .from.name())]
pub struct IllegalTransition {
    /// Where the consent stands.
    pub from: State,
    /// What was tried.
    pub act: Act,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Unknown,
        Self::Requested,
        Self::RequestDeferred,
        Self::Refused,
        Self::Given,
        Self::Renewed,
        Self::Expired,
        Self::Withdrawn,
        Self::Revoked,
        Self::Invalidated,
    ];

    /// The word stored, and shown to apps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Requested => "requested",
            Self::RequestDeferred => "deferred",
            Self::Refused => "refused",
            Self::Given => "given",
            Self::Renewed => "renewed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
            Self::Invalidated => "invalidated",
        }
    }

    /// Reads [`State::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The IRI of the state in DPV, as entries have it.
    pub fn iri(self) -> &'static str {
        match self {
            Self::Unknown => "https://w3id.org/dpv#ConsentUnknown",
            Self::Requested => "https://w3id.org/dpv#ConsentRequested",
            Self::RequestDeferred => "https://w3id.org/dpv#ConsentRequestDeferred",
            Self::Refused => "https://w3id.org/dpv#ConsentRefused",
            Self::Given => "https://w3id.org/dpv#ConsentGiven",
            Self::Renewed => "https://w3id.org/dpv#RenewedConsentGiven",
            Self::Expired => "https://w3id.org/dpv#ConsentExpired",
            Self::Withdrawn => "https://w3id.org/dpv#ConsentWithdrawn",
            Self::Revoked => "https://w3id.org/dpv#ConsentRevoked",
            Self::Invalidated => "https://w3id.org/dpv#ConsentInvalidated",
        }
    }

    /// Reads [`State::iri`].
    pub fn from_iri(iri: &str) -> Option<Self> {
        iri.starts_with(DPV).then(|| Self::ALL.into_iter().find(|state| state.iri() == iri)).flatten()
    }

    /// Whether it is valid for processing, unless its time is over.
    pub fn is_in_force(self) -> bool {
        matches!(self, Self::Given | Self::Renewed)
    }

    /// Whether an answer is awaited.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::RequestDeferred)
    }

    /// The state after `act`. Nobody gives what was not asked for, and nothing is asked for that is in force or asked
    /// already.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the state machine has no such step.
    pub fn after(self, act: Act) -> Result<Self, IllegalTransition> {
        let next = match act {
            Act::Request if !self.is_in_force() && self != Self::Requested => Some(Self::Requested),
            Act::Give if self.is_open() => Some(Self::Given),
            Act::Refuse if self.is_open() => Some(Self::Refused),
            Act::Defer if self.is_open() => Some(Self::RequestDeferred),
            Act::Lapse if self.is_open() => Some(Self::Unknown),
            Act::Renew if self.is_in_force() => Some(Self::Renewed),
            Act::Amend | Act::Remind if self.is_in_force() => Some(self),
            Act::Withdraw if self.is_in_force() => Some(Self::Withdrawn),
            Act::Revoke if self.is_in_force() => Some(Self::Revoked),
            Act::Invalidate if self.is_in_force() => Some(Self::Invalidated),
            Act::Expire if self.is_in_force() => Some(Self::Expired),
            _ => None,
        };
        next.ok_or(IllegalTransition { from: self, act })
    }
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Request,
        Self::Give,
        Self::Refuse,
        Self::Defer,
        Self::Lapse,
        Self::Renew,
        Self::Amend,
        Self::Withdraw,
        Self::Revoke,
        Self::Invalidate,
        Self::Expire,
        Self::Remind,
    ];

    /// The type of the entry about it.
    pub fn entry_type(self) -> EntryType {
        match self {
            Self::Request => EntryType::ConsentRequested,
            Self::Give => EntryType::ConsentGiven,
            Self::Refuse => EntryType::ConsentRefused,
            Self::Defer => EntryType::ConsentDeferred,
            Self::Lapse => EntryType::ConsentLapsed,
            Self::Renew => EntryType::ConsentRenewed,
            Self::Amend => EntryType::ConsentAmended,
            Self::Withdraw => EntryType::ConsentWithdrawn,
            Self::Revoke => EntryType::ConsentRevoked,
            Self::Invalidate => EntryType::ConsentInvalidated,
            Self::Expire => EntryType::ConsentExpired,
            Self::Remind => EntryType::ConsentReminded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_one_word_and_one_iri() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
            assert_eq!(State::from_iri(state.iri()), Some(state));
        }
        assert_eq!(State::from_iri("given"), None);
    }

    /// The whole machine, as a table: what is not in it is refused.
    #[test]
    fn the_machine_has_these_steps_and_no_other() {
        use State as S;
        let asked = [S::Requested, S::RequestDeferred];
        let valid = [S::Given, S::Renewed];
        let askable: Vec<S> =
            S::ALL.into_iter().filter(|state| !valid.contains(state) && *state != S::Requested).collect();
        let steps: [(Act, &[S], Option<S>); 12] = [
            (Act::Request, &askable, Some(S::Requested)),
            (Act::Give, &asked, Some(S::Given)),
            (Act::Refuse, &asked, Some(S::Refused)),
            (Act::Defer, &asked, Some(S::RequestDeferred)),
            (Act::Lapse, &asked, Some(S::Unknown)),
            (Act::Renew, &valid, Some(S::Renewed)),
            (Act::Amend, &valid, None),
            (Act::Withdraw, &valid, Some(S::Withdrawn)),
            (Act::Revoke, &valid, Some(S::Revoked)),
            (Act::Invalidate, &valid, Some(S::Invalidated)),
            (Act::Expire, &valid, Some(S::Expired)),
            (Act::Remind, &valid, None),
        ];
        for (act, from, to) in steps {
            for state in S::ALL {
                let expected = from
                    .contains(&state)
                    .then(|| to.unwrap_or(state))
                    .ok_or(IllegalTransition { from: state, act });
                assert_eq!(state.after(act), expected, "{state:?} {act:?}");
            }
        }
    }

    #[test]
    fn an_act_has_the_entry_of_its_name() {
        for act in Act::ALL {
            assert!(act.entry_type().name().starts_with("consent."), "{act:?}");
        }
    }
}
