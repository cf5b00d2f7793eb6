//! The last checkpoint of each log that was seen: what makes a fork provable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::receipt::{SignedLog, Untrue};
use crate::{
    failure::{Failure, Kind},
    folder::Folder,
};

/// The file in the folder.
const FILE: &str = "checkpoints.json";

/// How two checkpoints of one log stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The second continues the first, or is the same.
    Grown,
    /// The first continues the second.
    Older,
    /// Neither continues the other.
    Fork,
}

/// What two checkpoints say by themselves; `None` where only the log's tiles can tell.
pub fn compare(one: &SignedLog, other: &SignedLog) -> Option<Comparison> {
    if one.head.size != other.head.size {
        return None;
    }
    Some(if one.head.root == other.head.root { Comparison::Grown } else { Comparison::Fork })
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    vkey: String,
    checkpoint: String,
}

/// The checkpoints that were kept, by origin.
#[derive(Debug)]
pub struct Kept(BTreeMap<String, Row>);

impl Kept {
    /// Reads them.
    pub fn open(folder: &Folder) -> Result<Self, Failure> {
        Ok(Self(folder.read_json(FILE)?.unwrap_or_default()))
    }

    /// The checkpoint of a log that was kept, if there is one.
    ///
    /// # Errors
    /// [`Untrue`] when the log signed with another key then.
    pub fn of(&self, origin: &str, vkey: &str) -> Result<Option<SignedLog>, Untrue> {
        let Some(row) = self.0.get(origin) else { return Ok(None) };
        if row.vkey != vkey {
            return Err(Untrue::new(origin, "is signed with another key than the one that was kept"));
        }
        SignedLog::open(FILE, &row.vkey, &row.checkpoint).map(Some)
    }

    /// Keeps a checkpoint in the place of the one before.
    pub fn keep(&mut self, log: SignedLog) {
        self.0.insert(log.origin, Row { vkey: log.vkey, checkpoint: log.note });
    }

    /// Writes them down.
    pub fn store(&self, folder: &Folder) -> Result<(), Failure> {
        folder
            .write_json(FILE, &self.0)
            .map_err(|failure| Failure::new(Kind::Local, format!("{failure}"), "try again"))
    }
}

/// The name of the file with the proof of a fork.
pub fn fork_name(one: &SignedLog, other: &SignedLog) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let origin: String = one.origin.chars().map(plain).collect();
    format!("fork-{origin}-{}-{}.txt", one.head.size, other.head.size)
}

/// The proof of a fork: both signed notes and the key.
pub fn fork_text(one: &SignedLog, other: &SignedLog) -> String {
    let why = if one.head.size == other.head.size {
        "Both are signed by this key, for one size and with two roots: no log has both."
    } else {
        "Both are signed by this key, and the log could not show that the larger continues the smaller."
    };
    format!(
        "These two checkpoints of {} do not fit.\n{why}\n\nkey\n{}\n\n---- one\n{}\n---- the other\n{}",
        one.origin, one.vkey, one.note, other.note
    )
}
