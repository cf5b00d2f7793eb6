//! What a reader's cursor was made under: enough of a grant to tell later whether more is shown now.

use chrono::{Datelike as _, NaiveDate};
use counterfoil_domain::grant::{CarveOuts, Dataset, Details};

/// Most things left out that are kept one by one. With more of them any change counts as "more is shown".
const MOST_MARKS: usize = 84;
/// Stands for more than [`MOST_MARKS`].
const TOO_MANY: u8 = u8::MAX;
/// A date that is not there.
const NO_DATE: i32 = i32::MIN;

/// What is shown under a grant, in so few bytes that it fits a cursor, and always in the same number of them: its
/// length must not tell an app how much is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Projection {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    datasets: u8,
    shared: bool,
    keep_totals: bool,
    /// What joined the history up to this number is among it.
    pub(crate) agreed_seq: i64,
    catalogue: [u8; 8],
    /// Stands for everything left out together.
    left_out: [u8; 8],
    /// Stand for each thing left out; `None` when they are too many.
    marks: Option<Vec<u32>>,
}

impl Projection {
    /// Bytes of [`Projection::write`].
    pub(crate) const BYTES: usize = 4 + 4 + 1 + 1 + 8 + 8 + 8 + 1 + 4 * MOST_MARKS;

    /// Takes together what decides what is shown. `hidden`: categories that the customer hides from every app.
    pub(crate) fn new(
        details: &Details,
        agreed_seq: i64,
        carve_outs: &CarveOuts,
        hidden: &[String],
        fingerprint: &str,
    ) -> Self {
        let mut things: Vec<String> = carve_outs.categories.iter().chain(hidden).cloned().collect();
        things.extend(carve_outs.purchases.iter().map(|id| format!("{id}")));
        things.sort_unstable();
        things.dedup();
        let mut marks: Vec<u32> = things.iter().map(|thing| u32::from_be_bytes(digest(thing))).collect();
        marks.sort_unstable();
        let held = Dataset::ALL.into_iter().enumerate().filter(|(_, dataset)| details.holds(*dataset));
        Self {
            from: details.from,
            to: details.to,
            datasets: held.map(|(bit, _)| 1 << bit).sum(),
            shared: details.shared_accounts,
            keep_totals: carve_outs.keep_totals,
            agreed_seq,
            catalogue: digest(fingerprint),
            left_out: digest(&things.join(" ")),
            marks: Some(marks).filter(|marks| marks.len() <= MOST_MARKS),
        }
    }

    /// Whether this shows anything that `other` did not, what joined the history aside.
    pub(crate) fn is_wider_than(&self, other: &Self) -> bool {
        let begins_earlier = other.from.is_some_and(|theirs| self.from.is_none_or(|mine| mine < theirs));
        let ends_later = other.to.is_some_and(|theirs| self.to.is_none_or(|mine| mine > theirs));
        begins_earlier
            || ends_later
            || self.datasets & !other.datasets != 0
            || (self.shared && !other.shared)
            || (self.keep_totals && !other.keep_totals)
            || self.catalogue != other.catalogue
            || self.leaves_out_less_than(other)
    }

    fn leaves_out_less_than(&self, other: &Self) -> bool {
        if self.left_out == other.left_out {
            return false;
        }
        match (&self.marks, &other.marks) {
            (Some(mine), Some(theirs)) => theirs.iter().any(|mark| mine.binary_search(mark).is_err()),
            _ => true,
        }
    }

    /// Its fixed form.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        self.write(&mut bytes);
        bytes
    }

    /// Appends it in its fixed form.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + Self::BYTES;
        for date in [self.from, self.to] {
            out.extend(date.map_or(NO_DATE, |date| date.num_days_from_ce()).to_be_bytes());
        }
        out.extend([self.datasets, u8::from(self.shared) | u8::from(self.keep_totals) << 1]);
        out.extend(self.agreed_seq.to_be_bytes());
        out.extend(self.catalogue);
        out.extend(self.left_out);
        let count = self.marks.as_ref().and_then(|marks| u8::try_from(marks.len()).ok());
        out.push(count.unwrap_or(TOO_MANY));
        out.extend(self.marks.iter().flatten().flat_map(|mark| mark.to_be_bytes()));
        out.resize(end, 0);
    }

    /// Reads what [`Projection::write`] wrote; `None` for other bytes.
    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut date = || {
            let days = i32::from_be_bytes(bytes.take()?);
            if days == NO_DATE { Some(None) } else { NaiveDate::from_num_days_from_ce_opt(days).map(Some) }
        };
        let (from, to) = (date()?, date()?);
        let [datasets, flags] = bytes.take()?;
        let agreed_seq = i64::from_be_bytes(bytes.take()?);
        let (catalogue, left_out) = (bytes.take()?, bytes.take()?);
        let [count] = bytes.take()?;
        let mut marks = Vec::with_capacity(MOST_MARKS);
        for _ in 0..MOST_MARKS {
            marks.push(u32::from_be_bytes(bytes.take()?));
        }
        marks.truncate(usize::from(count));
        let marks = Some(marks).filter(|_| count != TOO_MANY);
        let (shared, keep_totals) = (flags & 1 != 0, flags & 2 != 0);
        Some(Self { from, to, datasets, shared, keep_totals, agreed_seq, catalogue, left_out, marks })
    }
}

/// The first bytes of the SHA-256 of a text.
fn digest<const N: usize>(text: &str) -> [u8; N] {
    let mut front = [0; N];
    front.iter_mut().zip(openssl::sha::sha256(text.as_bytes())).for_each(|(to, from)| *to = from);
    front
}

/// Bytes that are read from their front.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Bytes<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*front)
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::grant::Lasting;
    use counterfoil_domain::ids::PurchaseId;

    use super::*;

    fn details() -> Details {
        Details {
            datasets: vec![Dataset::Purchases, Dataset::Lines],
            from: "2026-01-01".parse().ok(),
            to: None,
            duration: Lasting::Days90,
            stated_use: None,
            shared_accounts: false,
            volunteered: None,
        }
    }

    fn leaving_out(categories: &[&str], purchases: u16) -> CarveOuts {
        let id = |n: u16| PurchaseId([n.to_be_bytes(); 8].concat().try_into().unwrap());
        CarveOuts {
            categories: categories.iter().map(|&id| id.to_owned()).collect(),
            purchases: (0..purchases).map(id).collect(),
            keep_totals: false,
        }
    }

    fn of(details: &Details, carve_outs: &CarveOuts, hidden: &[&str]) -> Projection {
        let hidden: Vec<String> = hidden.iter().map(|&id| id.to_owned()).collect();
        Projection::new(details, 7, carve_outs, &hidden, "f00d")
    }

    #[test]
    fn it_is_wider_in_whatever_it_shows_more_of() {
        let (base, none) = (details(), CarveOuts::default());
        let old = of(&base, &none, &[]);
        assert!(!old.is_wider_than(&old));
        let wider = [
            Details { from: "2025-12-31".parse().ok(), ..base.clone() },
            Details { from: None, ..base.clone() },
            Details { shared_accounts: true, ..base.clone() },
            Details { datasets: vec![Dataset::Purchases, Dataset::Payment], ..base.clone() },
        ];
        for now in wider {
            assert!(of(&now, &none, &[]).is_wider_than(&old), "{now:?}");
        }
        let narrower = [
            Details { from: "2026-01-02".parse().ok(), ..base.clone() },
            Details { to: "2026-12-31".parse().ok(), ..base.clone() },
            Details { datasets: vec![Dataset::Purchases], ..base.clone() },
            Details { duration: Lasting::UntilWithdrawn, ..base.clone() },
        ];
        for now in &narrower {
            assert!(!of(now, &none, &[]).is_wider_than(&old), "{now:?}");
        }
        assert!(old.is_wider_than(&of(&narrower[1], &none, &[])), "an end that was lifted");
        assert!(Projection::new(&base, 7, &none, &[], "beef").is_wider_than(&old), "another mapping");
        let kept = CarveOuts { keep_totals: true, ..none };
        assert!(of(&base, &kept, &[]).is_wider_than(&old));
    }

    #[test]
    fn what_is_left_out_is_compared_one_by_one_while_there_is_room() {
        let base = details();
        let with = |categories: &[&str], purchases, hidden: &[&str]| {
            of(&base, &leaving_out(categories, purchases), hidden)
        };
        let old = with(&["wine", "faith"], 3, &[]);
        assert!(!with(&["wine", "faith"], 4, &["health"]).is_wider_than(&old), "more is left out");
        assert!(!with(&["wine"], 3, &["faith"]).is_wider_than(&old), "whoever leaves it out");
        assert!(with(&["wine"], 3, &[]).is_wider_than(&old));
        assert!(with(&["wine", "faith"], 2, &[]).is_wider_than(&old));
        let many = with(&[], 200, &[]);
        assert!(!many.is_wider_than(&many));
        assert!(with(&[], 201, &[]).is_wider_than(&many), "too many to tell");
    }

    #[test]
    fn it_comes_back_as_it_was_written_in_as_many_bytes() {
        for (carve_outs, hidden) in [
            (CarveOuts::default(), &[][..]),
            (leaving_out(&["wine"], 83), &[]),
            (leaving_out(&["wine"], 500), &["health"]),
        ] {
            let projection = of(&details(), &carve_outs, hidden);
            let mut bytes = Vec::new();
            projection.write(&mut bytes);
            assert_eq!(bytes.len(), Projection::BYTES);
            assert_eq!(Projection::read(&mut Bytes(&bytes)), Some(projection));
            assert_eq!(Projection::read(&mut Bytes(&bytes[1..])), None);
        }
    }
}
