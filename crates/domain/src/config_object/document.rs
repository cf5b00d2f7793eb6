//! Words that are shown whole: notices and terms.

use serde::{Deserialize, Serialize};

use super::Texts;
use super::reader::Reader;

/// A notice, or terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is called.
    pub title: Texts,
    /// What it says, as plain text with lines.
    pub text: Texts,
}

impl Document {
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let (title, text) = (reader.texts("title"), reader.texts("text"));
        Some(Self { title: title?, text: text? })
    }
}
