//! A volunteered item: where it stands, and how what is sent is read.

use serde::Deserialize;

use crate::json;

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// An app sent it and no consent covers it: it waits, unread, for the customer's yes.
    Waiting,
    /// It may be used for its purpose.
    Live,
    /// Somebody took it back. Its value is gone, as in all that follow.
    Withdrawn,
    /// It is kept no longer.
    Expired,
    /// Nobody said yes in time.
    Lapsed,
    /// The customer said no.
    Declined,
}

/// What can happen to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// The customer says yes to what an app sent.
    Confirm,
    /// The customer says no to it.
    Decline,
    /// Nobody said either in time.
    Lapse,
    /// It gets another value.
    Correct,
    /// It is taken back.
    Withdraw,
    /// It is kept no longer.
    Expire,
}

/// A step that the state machine does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item that is {} cannot {act:?}", .from.name())]
pub struct IllegalTransition {
    /// Where the item stands.
    pub from: State,
    /// What was tried.
    pub act: Act,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Live, Self::Withdrawn, Self::Expired, Self::Lapsed, Self::Declined];

    /// The word stored, shown and written into entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Live => "live",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
            Self::Declined => "declined",
        }
    }

    /// Reads [`State::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing can happen to it any more; its value is gone then.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Live)
    }

    /// The state after `act`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the state machine has no such step.
    pub fn after(self, act: Act) -> Result<Self, IllegalTransition> {
        match (self, act) {
            (Self::Waiting, Act::Confirm) => Ok(Self::Live),
            (Self::Waiting, Act::Decline) => Ok(Self::Declined),
            (Self::Waiting, Act::Lapse) => Ok(Self::Lapsed),
            (Self::Waiting | Self::Live, Act::Correct) => Ok(self),
            (Self::Waiting | Self::Live, Act::Withdraw) => Ok(Self::Withdrawn),
            (Self::Live, Act::Expire) => Ok(Self::Expired),
            (from, act) => Err(IllegalTransition { from, act }),
        }
    }
}

/// A text that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {says}")]
pub struct Malformed {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// What rule is broken, in words that hold nothing of the text.
    pub says: &'static str,
}

/// Reads the JSON of a request strictly: an object without duplicate keys, bounded in depth and length.
///
/// # Errors
/// [`Malformed`] with the place and the rule.
pub fn read_body<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    json::typed(text, None).map_err(|fault| Malformed { pointer: fault.pointer, says: fault.reason.detail() })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_machine_has_these_steps_and_no_other() {
        use State as S;
        let steps: [(Act, &[S], Option<S>); 6] = [
            (Act::Confirm, &[S::Waiting], Some(S::Live)),
            (Act::Decline, &[S::Waiting], Some(S::Declined)),
            (Act::Lapse, &[S::Waiting], Some(S::Lapsed)),
            (Act::Correct, &[S::Waiting, S::Live], None),
            (Act::Withdraw, &[S::Waiting, S::Live], Some(S::Withdrawn)),
            (Act::Expire, &[S::Live], Some(S::Expired)),
        ];
        for (act, from, to) in steps {
            for state in S::ALL {
                assert_eq!(State::from_name(state.name()), Some(state));
                let expected = from
                    .contains(&state)
                    .then(|| to.unwrap_or(state))
                    .ok_or(IllegalTransition { from: state, act });
                assert_eq!(state.after(act), expected, "{state:?} {act:?}");
            }
        }
    }

    #[test]
    fn a_body_is_read_strictly() {
        let read = |text: &str| read_body::<serde_json::Map<String, Value>>(text);
        assert!(read(r#"{"value":{"a":1}}"#).is_ok());
        let twice = read(r#"{"value":{"a":1,"a":2}}"#).unwrap_err();
        assert_eq!((twice.pointer.as_str(), twice.says), ("/value/a", "a key comes twice in one object"));
        let deep = format!("{{\"value\":{}1{}}}", "[".repeat(20), "]".repeat(20));
        assert_eq!(read(&deep).unwrap_err().says, "nested more than 16 deep");
        assert!(read("[1]").is_err() && read("{\"a\":1").is_err());
    }
}
