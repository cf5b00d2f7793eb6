//! Ids of objects, and how one object names another.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::ClientId;

/// Most characters of an id.
const LENGTH: usize = 12;

/// A neutral id such as `p7`: it never tells a condition, so it is a few letters and a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one to three small letters and a number, such as p7: an id tells nothing about anybody")]
pub struct NoId;

impl Id {
    /// Reads an id.
    ///
    /// # Errors
    /// [`NoId`] for anything but `[a-z]{1,3}[0-9]+`.
    pub fn new(text: &str) -> Result<Self, NoId> {
        let digits = text.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
        let letters = text.len() - digits.len();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if (1..=3).contains(&letters) && is_number && text.len() <= LENGTH {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoId)
        }
    }

    /// The id of an app's registration: that of the app.
    pub fn of_app(client_id: ClientId) -> Self {
        Self(format!("{client_id}"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Id {
    type Error = NoId;

    fn try_from(text: String) -> Result<Self, NoId> {
        text.parse().map_or_else(|_| Self::new(&text), |client_id| Ok(Self::of_app(client_id)))
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

/// One object named by another: whichever version was the latest when the naming one was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its id.
    pub id: Id,
    /// `sha256:` of the version.
    pub hash: String,
}
