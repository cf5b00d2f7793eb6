//! What the pages show at the moment: written by the keeper alone, read by every page.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::watch, time::timeout};

use super::holdings::Holdings;
use crate::{agreement::Agreement, connect::End, sync::Summary};

/// Everything that a page may show.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Rises with each change of what is shown.
    pub version: i64,
    /// Purchases that came in since this program runs and were not here before.
    pub arrived: usize,
    /// Whether there is an agreement.
    pub link: Link,
    /// What is going on.
    pub work: Work,
    /// When the shop last answered.
    pub looked_at: Option<DateTime<Utc>>,
    /// The purchases.
    pub holdings: Arc<Holdings>,
    /// What the last check of everything said.
    pub check: Option<Arc<Check>>,
}

/// Whether there is an agreement with the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// There never was one, or nothing is left of it.
    #[default]
    Never,
    /// There is one.
    Connected(Agreement),
    /// There was one.
    Ended(End),
}

/// What is going on between this app and the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    #[default]
    Idle,
    /// So many changes were read so far, and more are to come.
    Fetching(usize),
    /// All that there is is here, and what comes will be told.
    Following,
    /// The shop is not reached; it is tried again. With what exactly happened.
    Away(String),
    /// The customer has paused the sharing.
    Paused,
    /// Something else is in the way; it is tried again. With what exactly happened.
    Trouble(String),
}

/// A check of all purchases.
#[derive(Debug)]
pub struct Check {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// What it said.
    pub summary: Summary,
}

/// The board itself.
#[derive(Debug)]
pub struct Board(watch::Sender<Snapshot>);

impl Board {
    /// An empty one. Versions begin with the time, so that a page from before a restart learns of what is new.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(watch::Sender::new(Snapshot {
            version: now.timestamp_millis(),
            arrived: 0,
            link: Link::Never,
            work: Work::Idle,
            looked_at: None,
            holdings: Arc::default(),
            check: None,
        }))
    }

    /// What is to be shown now.
    pub fn now(&self) -> Snapshot {
        self.0.borrow().clone()
    }

    /// Changes what is shown.
    pub fn change(&self, what: impl FnOnce(&mut Snapshot)) {
        self.0.send_modify(|snapshot| {
            what(snapshot);
            snapshot.version += 1;
        });
    }

    /// Says what is going on; the same again is no change.
    pub fn work(&self, work: Work) {
        if self.0.borrow().work != work {
            self.change(|snapshot| snapshot.work = work);
        }
    }

    /// Notes that the shop has answered; not a change that a page waits for.
    pub fn looked(&self, at: DateTime<Utc>) {
        self.0.send_if_modified(|snapshot| {
            snapshot.looked_at = Some(at);
            false
        });
    }

    /// Waits, at most so long, until something is so; gives what is shown then.
    pub async fn wait(&self, limit: Duration, is_so: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let mut reader = self.0.subscribe();
        // Out of time, or no keeper any more: either way what is shown now is the answer.
        timeout(limit, reader.wait_for(is_so)).await.ok();
        self.now()
    }
}
