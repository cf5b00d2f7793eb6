//! Points at which a test ends the process, to see that nothing acknowledged is lost whenever it dies. Without a plan
//! they do nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A step of integrate or publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Entries of a batch are read, none of its tiles is written.
    BeforeTiles,
    /// Some tiles of a batch are written.
    BetweenTiles,
    /// All tiles of a batch are written, the integrated size is not moved.
    AfterTiles,
    /// The integrated size is moved.
    AfterIntegrate,
    /// A checkpoint is signed and lies nowhere.
    BeforeGuard,
    /// It lies outside the database, and is not in it.
    AfterGuard,
    /// It is published.
    AfterPublish,
}

impl Point {
    const ALL: [(&'static str, Self); 7] = [
        ("before-tiles", Self::BeforeTiles),
        ("between-tiles", Self::BetweenTiles),
        ("after-tiles", Self::AfterTiles),
        ("after-integrate", Self::AfterIntegrate),
        ("before-guard", Self::BeforeGuard),
        ("after-guard", Self::AfterGuard),
        ("after-publish", Self::AfterPublish),
    ];

    /// By its name: `after-tiles`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, point)| *point)
    }
}

/// At which point, and at which time of passing it, the process ends. Nowhere by default.
#[derive(Debug, Clone, Default)]
pub struct Faults(Option<Arc<(Point, AtomicU64)>>);

impl Faults {
    /// Ends the process when `point` is passed for the `time`th time, counted from 1.
    pub fn at(point: Point, time: u64) -> Self {
        Self(Some(Arc::new((point, AtomicU64::new(time)))))
    }

    /// From `after-tiles:3`; empty is nowhere. `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let (name, time) = text.split_once(':')?;
        let time = time.parse().ok().filter(|time| *time > 0)?;
        Some(Self::at(Point::from_name(name)?, time))
    }

    /// Passes a point. Where the plan says so the process is killed, without a chance to tidy up.
    pub fn reach(&self, point: Point) {
        let Some(plan) = &self.0 else { return };
        let (at, left) = plan.as_ref();
        if *at == point && left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }
}
