//! `sync`: follow the shop's feed of changes to its end, check the figures, and say what is new.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    access::Access,
    clock::Clock,
    failure::{Failure, Kind},
    feed::{self, Answer, Change, What},
    figures::Figures,
    folder::Folder,
    follow,
    purchases::Purchase,
    records::{Place, Records, Step},
    show::{Format, json},
    summary::{self, Comparison},
    terminal::{progress, say},
    wire::printable,
};

/// Purchases with wrong figures that are named one by one.
const NAMED: usize = 20;
/// How often everything is begun anew without an end before the shop is taken to be at fault.
const BEGINNINGS: u32 = 3;
/// How often the sums are compared again because a purchase came in between.
const COMPARISONS: u32 = 5;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Purchases asked for at once, 1 to 500
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=500))]
    page_size: u16,
    /// Read everything anew instead of what has changed; what is here stays until all is there
    #[arg(long)]
    rebuild: bool,
    /// Stay, and take in each change when it happens, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// How to print the summary, and with --follow each change
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a sync did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Purchases that are here now.
    pub purchases: usize,
    /// Those that were not here before.
    pub new: usize,
    /// Those with another revision than before.
    pub changed: usize,
    /// Those that were here before and are not any more.
    pub gone: usize,
    /// Purchases whose figures were checked and are right.
    pub add_up: usize,
    /// Purchases of which the shop says itself that they do not add up.
    pub unreconciled: usize,
    /// Purchases without their items, or with totals of more than is shown, so without a check.
    pub unseen: usize,
    /// Purchases whose figures are wrong.
    pub wrong: Vec<Wrong>,
    /// How often a change came of a type that this app does not know.
    pub unknown: BTreeMap<String, usize>,
    /// The shop's sums against those of the purchases here.
    pub comparison: Comparison,
    /// Milliseconds by which the shop's order stream was behind.
    pub lag_ms: Option<u64>,
}

/// A purchase whose figures are wrong.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The purchase.
    pub id: String,
    /// What is wrong, in words.
    pub why: String,
}

/// Syncs, and with `--follow` goes on.
pub async fn run(folder: &Folder, options: &Options, clock: Clock) -> Result<(), Failure> {
    let access = Access::open(folder, clock).await?;
    let tell = |changes| progress(&if changes == 0 { String::new() } else { format!("{changes} changes") });
    let mut sync = Sync::open(folder, access, options.page_size, Box::new(tell))?;
    if options.rebuild {
        sync.records.begin(None)?;
    }
    let (summary, _) = sync.complete().await?;
    // Wrong figures decide the exit code, but keep nobody from what comes next.
    let verdict = report(&summary, options.format)?;
    if options.follow {
        return follow::run(&mut sync, options.format, verdict).await;
    }
    verdict.map_or(Ok(()), Err)
}

/// The feed on one side, the records on the other.
pub struct Sync<'a> {
    access: Access<'a>,
    records: Records,
    page_size: u16,
    /// Told how many changes came so far while there are more at once, and 0 at the end.
    tell: Box<dyn Fn(usize) + 'a>,
    /// Since the end of the feed was last reached.
    beginnings: u32,
    unknown: BTreeMap<String, usize>,
    lag_ms: Option<u64>,
}

/// What one request brought. All of it is stored.
#[derive(Debug, Default)]
pub struct News {
    /// The changes, each with whether it had an effect on the records.
    pub changes: Vec<(Change, bool)>,
    /// Whether more is to be read at once.
    pub has_more: bool,
    /// Whether everything is read anew from here.
    pub anew: bool,
}

impl<'a> Sync<'a> {
    /// Puts the two together, `page_size` (1 to 500) changes at a time.
    pub fn open(
        folder: &Folder,
        access: Access<'a>,
        page_size: u16,
        tell: Box<dyn Fn(usize) + 'a>,
    ) -> Result<Self, Failure> {
        let records = Records::open(folder)?;
        Ok(Self { access, records, page_size, tell, beginnings: 0, unknown: BTreeMap::new(), lag_ms: None })
    }

    /// Reads to the end of the feed, and checks all that is here then, which it gives too.
    pub async fn complete(&mut self) -> Result<(Summary, Vec<Purchase>), Failure> {
        let before = self.records.revisions()?;
        self.unknown.clear();
        self.catch_up().await?;
        let (purchases, comparison) = self.compare().await?;
        let after = self.records.revisions()?;
        let mut summary = Summary {
            unknown: std::mem::take(&mut self.unknown),
            comparison,
            lag_ms: self.lag_ms,
            ..Summary::default()
        };
        summary.count(&before, &after);
        summary.check(&purchases);
        Ok((summary, purchases))
    }

    /// Reads one page and stores it together with the place after it. With `wait`, the server may hold its answer back
    /// until there is something to say.
    pub async fn turn(&mut self, wait: bool) -> Result<News, Failure> {
        let reader = match self.records.reader()? {
            Some(reader) => reader,
            None => self.records.begin(None)?,
        };
        let page = match feed::read(&mut self.access, &reader, self.page_size, wait).await? {
            Answer::Page(page) => page,
            Answer::Anew(cursor) => {
                self.count_beginning()?;
                self.records.begin(Some(&cursor))?;
                return Ok(News { has_more: true, anew: true, ..News::default() });
            }
        };
        let anew = page.wants_all_anew();
        if anew {
            self.count_beginning()?;
        }
        let place = Place {
            cursor: &page.next_cursor,
            seq: page.changes.last().map_or(reader.seq, |change| change.seq),
            at_end: !page.has_more,
            anew,
        };
        let steps: Vec<Step<'_>> = page.changes.iter().filter_map(Change::step).collect();
        let mut effects = self.records.store(&reader, &steps, place)?.into_iter();
        self.lag_ms = page.lag_ms;
        let mut news = News { has_more: page.has_more || anew, anew, ..News::default() };
        for change in page.changes {
            if matches!(change.what, What::Unknown) {
                *self.unknown.entry(printable(&change.kind)).or_default() += 1;
            }
            let effect = change.step().is_some() && effects.next().unwrap_or(false);
            news.changes.push((change, effect));
        }
        if !news.has_more {
            self.beginnings = 0;
        }
        Ok(news)
    }

    /// Reads until there is no more; says whether anything came.
    async fn catch_up(&mut self) -> Result<bool, Failure> {
        let mut changes = 0;
        let mut is_new = false;
        loop {
            let news = self.turn(false).await?;
            changes += news.changes.len();
            is_new |= news.anew || !news.changes.is_empty();
            if !news.has_more {
                break;
            }
            (self.tell)(changes);
        }
        (self.tell)(0);
        Ok(is_new)
    }

    /// Compares the shop's sums with those of what is here, and gives what was compared. The two can be compared when
    /// nothing came between the end of the feed and the sums.
    async fn compare(&mut self) -> Result<(Vec<Purchase>, Comparison), Failure> {
        for _ in 0..COMPARISONS {
            let served = summary::served(&mut self.access).await?;
            let purchases = self.records.purchases()?;
            let comparison = summary::compare(&served, &purchases)?;
            if comparison.differences.is_empty() || !self.catch_up().await? {
                return Ok((purchases, comparison));
            }
        }
        let unchecked =
            Some("the sums cannot be checked now: purchases change too fast; run `sync` again later");
        Ok((self.records.purchases()?, Comparison { unchecked, ..Comparison::default() }))
    }

    /// The side of the shop.
    pub fn access(&mut self) -> &mut Access<'a> {
        &mut self.access
    }

    /// The side of this folder.
    pub fn records(&mut self) -> &mut Records {
        &mut self.records
    }

    fn count_beginning(&mut self) -> Result<(), Failure> {
        self.beginnings += 1;
        if self.beginnings <= BEGINNINGS {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Server,
            format!("the server wants everything read anew, {} times in a row", self.beginnings),
            "run `sync` again later, and tell the shop if it stays so; what was here before is still here",
        ))
    }
}

impl Summary {
    fn count(&mut self, before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) {
        self.purchases = after.len();
        self.new = after.keys().filter(|id| !before.contains_key(*id)).count();
        self.gone = before.keys().filter(|id| !after.contains_key(*id)).count();
        let differs = |(id, revision): &(&String, &i64)| before.get(*id).is_some_and(|old| old != *revision);
        self.changed = after.iter().filter(differs).count();
    }

    fn check(&mut self, purchases: &[Purchase]) {
        for purchase in purchases {
            match purchase.figures() {
                Figures::AddUp => self.add_up += 1,
                Figures::Unreconciled => self.unreconciled += 1,
                Figures::Unseen => self.unseen += 1,
                Figures::Wrong(why) => self.wrong.push(Wrong { id: purchase.id.clone(), why }),
            }
        }
    }

    fn verdict(&self) -> Option<Failure> {
        let (wrong, differences) = (self.wrong.len(), self.comparison.differences.len());
        if wrong == 0 && differences == 0 {
            return None;
        }
        Some(Failure::new(
            Kind::Figures,
            format!("purchases that do not add up: {wrong}; sums that differ from the shop's: {differences}"),
            "everything is stored as served; tell the shop the ids and sums above",
        ))
    }

    fn text(&self) -> String {
        let Self { purchases, new, changed, gone, add_up, unreconciled, unseen, comparison, .. } = self;
        let mut lines = vec![format!("{purchases} purchases: {new} new, {changed} changed, {gone} gone")];
        lines.push(format!("Figures: {add_up} add up, {} do not", self.wrong.len()));
        if *unreconciled > 0 {
            lines.push(format!("  {unreconciled} are marked by the shop itself as not adding up"));
        }
        if *unseen > 0 {
            lines.push(format!("  {unseen} not checked, because their items are not all shared"));
        }
        lines.extend(
            self.wrong.iter().take(NAMED).map(|Wrong { id, why }| format!("  {}: {why}", printable(id))),
        );
        if self.wrong.len() > NAMED {
            lines.push(format!("  and {} more (all with --format json)", self.wrong.len() - NAMED));
        }
        let (compared, differ) = (comparison.compared, comparison.differences.len());
        let years = if comparison.unchecked.is_some() { "numbers of purchases" } else { "numbers and sums" };
        lines.push(match differ {
            0 => {
                format!("The shop's {years} by year and currency are the same as here ({compared} compared)")
            }
            _ => format!("The shop's {years} by year and currency differ from those here:"),
        });
        lines.extend(comparison.differences.iter().map(|difference| format!("  {difference}")));
        lines.extend(comparison.unchecked.map(|why| format!("  {why}")));
        lines.extend(self.unknown.iter().map(|(kind, count)| {
            format!("Ignored: {count} changes of the type {kind}, which this version does not know")
        }));
        lines.join("\n")
    }
}

/// Prints what a sync did; gives what makes its exit code 6, if something does.
pub fn report(summary: &Summary, format: Format) -> Result<Option<Failure>, Failure> {
    match format {
        Format::Json => say(&json(summary)?)?,
        Format::Text => say(&summary.text())?,
    }
    Ok(summary.verdict())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::purchases::tests::example;

    fn revisions(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
        of.iter().map(|(id, revision)| ((*id).to_owned(), *revision)).collect()
    }

    fn checked(change: fn(&mut Value)) -> Summary {
        let mut purchase = example();
        change(&mut purchase);
        let mut summary = Summary::default();
        summary.check(&[serde_json::from_value(purchase).unwrap()]);
        summary
    }

    #[test]
    fn new_changed_and_gone_are_counted() {
        let mut summary = Summary::default();
        summary.count(
            &revisions(&[("a", 1), ("b", 1), ("c", 1)]),
            &revisions(&[("b", 1), ("c", 2), ("d", 1), ("e", 1)]),
        );
        assert_eq!((summary.purchases, summary.new, summary.changed, summary.gone), (4, 2, 1, 1));
    }

    #[test]
    fn wrong_figures_are_named_and_fail_the_command() {
        let summary = checked(|purchase| purchase["lines"][0]["net"] = json!("0.49"));
        assert!(summary.text().contains("pur_0f3k: its parts make 0.49, its total is 0.50"));
        assert_eq!(report(&summary, Format::Json).unwrap().unwrap().kind, Kind::Figures);
        assert!(report(&checked(|_| ()), Format::Text).unwrap().is_none());
    }

    #[test]
    fn sums_that_differ_fail_the_command_too() {
        let comparison = Comparison {
            compared: 2,
            differences: vec!["2017 USD: the shop's sum is 1.00, here it is 0.50".to_owned()],
            unchecked: None,
        };
        let summary = Summary { comparison, ..Summary::default() };
        assert!(summary.text().contains("differ from those here:\n  2017 USD: the shop's sum is 1.00"));
        assert_eq!(summary.verdict().unwrap().kind, Kind::Figures);
    }

    #[test]
    fn what_was_not_checked_or_not_known_is_told() {
        let mut summary = checked(|purchase| {
            purchase.as_object_mut().unwrap().remove("lines");
        });
        summary.comparison.unchecked = Some("the sums cannot be checked: so and so");
        summary.unknown.insert("purchase.blessed".to_owned(), 3);
        let text = summary.text();
        for words in [
            "1 not checked",
            "numbers of purchases by year and currency are the same",
            "cannot be checked: so",
            "Ignored: 3 changes of the type purchase.blessed",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(summary.verdict().is_none());
    }
}
