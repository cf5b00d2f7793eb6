//! Where a record stood: evaluated from its decisions alone, without a database.
//!
//! Decisions are ordered by when they hold from, and among those of one moment by their number. Each replaces the state
//! before it, with three exceptions:
//!
//! - A final state is never followed by another. A decision that holds from later, though it was written earlier, then
//!   counts no longer: a letter of withdrawal that arrives late ends what was changed in between.
//! - A state whose time is over is expired from then on, whether or not an entry says so. An entry that says so later
//!   changes nothing.
//! - A consent that expired can be renewed. Nothing else follows what is over.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::EntryId;

/// What an entry of the consent log decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Number in the consent log.
    pub seq: i64,
    /// Id of the entry.
    pub entry: EntryId,
    /// Type, as the catalogue names it.
    pub type_name: String,
    /// When it holds from.
    pub effective_at: DateTime<Utc>,
    /// When it was written.
    pub recorded_at: DateTime<Utc>,
    /// The state reached: a grant's or right's word, or an IRI of DPV for a consent.
    pub state: String,
    /// When what was decided ends by itself.
    pub expires: Option<DateTime<Utc>>,
    /// `sha256:` of the configuration object it rests on.
    pub config: Option<String>,
}

/// Where a record stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The state.
    pub state: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it ends by itself, if it is not over.
    pub expires: Option<DateTime<Utc>>,
    /// The decisions that it rests on, in their order: the one that reached it, and those that confirmed or changed it.
    /// Of an expired state the one whose time is over.
    pub decided_by: Vec<&'a Decision>,
}

impl Standing<'_> {
    /// Whether two standings are the same state since the same moment.
    pub fn is_like(&self, other: &Standing<'_>) -> bool {
        self.state == other.state && self.since == other.since
    }
}

/// The decisions of one record, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Decision>);

impl Timeline {
    /// Orders decisions of one record.
    pub fn new(mut decisions: Vec<Decision>) -> Self {
        decisions.sort_by_key(|decision| (decision.effective_at, decision.seq));
        Self(decisions)
    }

    /// Where the record stands at `valid_at`, by those decisions whose numbers are below `size`; by all without it.
    /// `None` when nothing was decided by then.
    pub fn at(&self, valid_at: DateTime<Utc>, size: Option<i64>) -> Option<Standing<'_>> {
        let counted = self.0.iter().take_while(|decision| decision.effective_at <= valid_at);
        let mut run: Vec<&Decision> = Vec::new();
        for decision in counted.filter(|decision| size.is_none_or(|size| decision.seq < size)) {
            match run.last() {
                Some(last) if !last.allows(decision) => {}
                Some(last) if last.state == decision.state && !last.is_over_at(decision.effective_at) => {
                    run.push(decision);
                }
                _ => run = vec![decision],
            }
        }
        let (first, last) = (run.first()?, run.last()?);
        match last.expires {
            Some(end) if last.is_over_at(valid_at) => {
                let state = expired(&last.state);
                Some(Standing { state, since: end, expires: None, decided_by: vec![last] })
            }
            expires => {
                let expires = expires.filter(|_| !last.is_final());
                Some(Standing {
                    state: last.state.clone(),
                    since: first.effective_at,
                    expires,
                    decided_by: run,
                })
            }
        }
    }

    /// The correction that turned what was known of `valid_at` while the log had `size` entries into what is known now:
    /// the last decision to change it. `None` when nothing was corrected.
    pub fn correction(&self, valid_at: DateTime<Utc>, size: i64) -> Option<&Decision> {
        let now = self.at(valid_at, None);
        let is_as_now = |then: Option<Standing<'_>>| match (&now, &then) {
            (Some(now), Some(then)) => now.is_like(then),
            (now, then) => now.is_none() && then.is_none(),
        };
        if is_as_now(self.at(valid_at, Some(size))) {
            return None;
        }
        let mut later: Vec<&Decision> = self.0.iter().filter(|decision| decision.seq >= size).collect();
        later.sort_by_key(|decision| std::cmp::Reverse(decision.seq));
        later
            .into_iter()
            .filter(|decision| decision.effective_at <= valid_at)
            .find(|decision| !is_as_now(self.at(valid_at, Some(decision.seq))))
    }
}

impl Decision {
    /// Whether nothing can follow it, whatever the time.
    fn is_final(&self) -> bool {
        FINAL.contains(&word(&self.state))
    }

    /// Whether its own time is over at `at`.
    fn is_over_at(&self, at: DateTime<Utc>) -> bool {
        !self.is_final() && self.expires.is_some_and(|end| end <= at)
    }

    /// Whether `next`, which comes after it, changes anything.
    fn allows(&self, next: &Self) -> bool {
        let is_expired =
            self.is_over_at(next.effective_at) || word(&self.state) == word(&expired(&self.state));
        if is_expired { word(&next.state) == RENEWED } else { !self.is_final() }
    }
}

/// States that nothing follows: those of grants, and those of consents as DPV names them.
const FINAL: [&str; 11] = [
    "refused",
    "lapsed",
    "fulfilled",
    "withdrawn",
    "ended",
    "revoked",
    "expired",
    "ConsentWithdrawn",
    "ConsentRevoked",
    "ConsentInvalidated",
    "ConsentExpired",
];

/// The one state that follows an expired consent.
const RENEWED: &str = "RenewedConsentGiven";

/// A state without the vocabulary that it is of.
fn word(state: &str) -> &str {
    state.rsplit(['#', ':']).next().unwrap_or(state)
}

/// What a state becomes when its time is over, in the vocabulary that it is of.
fn expired(state: &str) -> String {
    let word = word(state);
    if word.contains("Consent") {
        let vocabulary = state.strip_suffix(word).unwrap_or_default();
        format!("{vocabulary}ConsentExpired")
    } else {
        "expired".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

    fn at(moment: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + moment, 0).unwrap()
    }

    fn decision(seq: i64, effective: i64, state: &str, expires: Option<i64>) -> Decision {
        Decision {
            seq,
            entry: EntryId([u8::try_from(seq).unwrap(); 16]),
            type_name: "grant.given".to_owned(),
            effective_at: at(effective),
            recorded_at: at(100 + seq),
            state: state.to_owned(),
            expires: expires.map(at),
            config: None,
        }
    }

    fn told(timeline: &Timeline, valid: i64, size: Option<i64>) -> Option<(String, i64)> {
        let standing = timeline.at(at(valid), size)?;
        Some((standing.state, (standing.since - at(0)).num_seconds()))
    }

    fn state(word: &str, since: i64) -> (String, i64) {
        (word.to_owned(), since)
    }

    #[test]
    fn a_late_letter_changes_the_past_from_then_on() {
        let timeline = Timeline::new(vec![
            decision(0, 1, "given", None),
            decision(1, 5, "active", None),
            decision(2, 3, "withdrawn", None),
        ]);
        assert_eq!(told(&timeline, 0, None), None);
        assert_eq!(told(&timeline, 6, Some(2)), Some(state("active", 5)), "before the letter was recorded");
        assert_eq!(
            told(&timeline, 6, None),
            Some(state("withdrawn", 3)),
            "after, and what came between counts no longer"
        );
        assert_eq!(
            told(&timeline, 2, None),
            Some(state("given", 1)),
            "from before the letter nothing changed"
        );
        assert_eq!(timeline.correction(at(6), 2).map(|found| found.seq), Some(2));
        assert_eq!(timeline.correction(at(2), 2), None);
        assert_eq!(timeline.correction(at(6), 3), None);
    }

    #[test]
    fn what_is_over_is_expired_without_an_entry() {
        let timeline = Timeline::new(vec![
            decision(0, 1, "given", Some(10)),
            decision(1, 4, "given", Some(8)),
            decision(2, 9, "expired", None),
        ]);
        assert_eq!(told(&timeline, 7, None), Some(state("given", 1)));
        assert_eq!(timeline.at(at(7), None).unwrap().expires, Some(at(8)));
        for valid in [8, 9, 50] {
            let standing = timeline.at(at(valid), None).unwrap();
            assert_eq!((standing.state.as_str(), standing.since, standing.expires), ("expired", at(8), None));
            assert_eq!(standing.decided_by.iter().map(|by| by.seq).collect::<Vec<_>>(), [1]);
        }
        assert_eq!(told(&timeline, 9, Some(1)), Some(state("given", 1)), "the shorter time was not known");
    }

    #[test]
    fn a_consent_that_expired_can_be_renewed_and_one_that_was_withdrawn_cannot() {
        let given = || decision(0, 1, "dpv:ConsentGiven", Some(5));
        let renewed = || decision(2, 7, "dpv:RenewedConsentGiven", Some(20));
        let timeline = Timeline::new(vec![given(), renewed()]);
        assert_eq!(told(&timeline, 6, None), Some(state("dpv:ConsentExpired", 5)));
        assert_eq!(told(&timeline, 7, None), Some(state("dpv:RenewedConsentGiven", 7)));
        assert_eq!(told(&timeline, 20, None), Some(state("dpv:ConsentExpired", 20)));
        let withdrawn = decision(1, 4, "dpv:ConsentWithdrawn", None);
        let timeline = Timeline::new(vec![given(), withdrawn, renewed()]);
        assert_eq!(told(&timeline, 9, None), Some(state("dpv:ConsentWithdrawn", 4)));
    }

    /// Slow and plain: lives through every second, and at each applies what holds from then.
    fn lived(decisions: &[Decision], valid: i64, size: i64) -> Option<(String, i64)> {
        let mut now: Option<(String, i64, Option<DateTime<Utc>>)> = None;
        for second in 0..=valid {
            let mut due: Vec<&Decision> =
                decisions.iter().filter(|one| one.effective_at == at(second) && one.seq < size).collect();
            due.sort_by_key(|one| one.seq);
            for one in due {
                let over = |(word, _, end): &(String, i64, Option<DateTime<Utc>>)| {
                    ["withdrawn", "ended", "expired"].contains(&word.as_str())
                        || end.is_some_and(|end| end <= at(second))
                };
                if now.as_ref().is_some_and(over) {
                    continue;
                }
                let since = match &now {
                    Some((word, since, _)) if *word == one.state => *since,
                    _ => second,
                };
                now = Some((one.state.clone(), since, one.expires));
            }
            if let Some((word, _, Some(end))) = &now
                && *end <= at(second)
                && !["withdrawn", "ended", "expired"].contains(&word.as_str())
            {
                now = Some(("expired".to_owned(), (*end - at(0)).num_seconds(), None));
            }
        }
        now.map(|(word, since, _)| (word, since))
    }

    #[test]
    fn any_history_stands_as_if_it_were_lived_through() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let mut draw = |below: u32| i64::from(rng.next_u32() % below);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..2_000 {
            let count = 1 + draw(6);
            let decisions: Vec<Decision> = (0..count)
                .map(|seq| {
                    let words =
                        ["given", "active", "paused", "given", "withdrawn", "ended", "expired", "active"];
                    let word = words[usize::try_from(draw(8)).unwrap()];
                    let effective = draw(12);
                    let expires = (draw(3) == 0).then(|| effective + draw(8));
                    decision(seq, effective, word, expires)
                })
                .collect();
            let timeline = Timeline::new(decisions.clone());
            for valid in 0..14 {
                for size in 0..=count {
                    let expected = lived(&decisions, valid, size);
                    assert_eq!(told(&timeline, valid, Some(size)), expected, "{decisions:#?} {valid} {size}");
                    seen.insert(expected.map(|(word, _)| word));
                    // A correction is the last one after which the answer is what it is today.
                    let today = lived(&decisions, valid, count);
                    let corrected = timeline.correction(at(valid), size).map(|found| found.seq);
                    let last = (size..count)
                        .rev()
                        .find(|seq| lived(&decisions, valid, *seq) != today)
                        .filter(|_| lived(&decisions, valid, size) != today);
                    assert_eq!(corrected, last, "{decisions:#?} {valid} {size}");
                }
            }
        }
        assert_eq!(seen.len(), 7, "every state, and none: {seen:?}");
    }
}
