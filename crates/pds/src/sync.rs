//! `sync`: fetch every purchase of the grant, check the figures, and keep one line of JSON for each.

use std::collections::{HashMap, HashSet};

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use crate::{
    access::Access,
    failure::{Failure, Kind},
    folder::Folder,
    purchases::{Figures, Purchase},
    terminal::{progress, say},
    wire::Clock,
};

/// The file of purchases: one JSON object a line, each exactly as served, newest first.
pub const PURCHASES: &str = "purchases.ndjson";
/// Bytes that one page may have; a page of long receipts is large.
const PAGE: usize = 256 * 1024 * 1024;
/// Purchases with wrong figures that are named one by one.
const NAMED: usize = 20;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Purchases asked for at once, 1 to 500
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=500))]
    page_size: u16,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: crate::show::Format,
}

/// One page of `GET /v1/purchases`.
#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Box<RawValue>>,
    links: Links,
    meta: Option<Meta>,
}

#[derive(Debug, Deserialize)]
struct Links {
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    lag_ms: Option<u64>,
}

/// What a sync did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// Purchases in the file now.
    purchases: usize,
    /// Those that were not there before.
    new: usize,
    /// Those with another revision than before.
    changed: usize,
    /// Those that were there before and are served no more.
    gone: usize,
    /// The name under which the file from before was kept, if something is gone.
    kept_as: Option<String>,
    /// Purchases whose figures were checked and are right.
    add_up: usize,
    /// Purchases of which the shop says itself that they do not add up.
    unreconciled: usize,
    /// Purchases without their items, so without a check.
    unseen: usize,
    /// Purchases whose figures are wrong.
    wrong: Vec<Wrong>,
    /// Milliseconds by which the shop's order stream was behind.
    lag_ms: Option<u64>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Wrong {
    id: String,
    why: String,
}

/// Fetches everything, then replaces the file in one step: a sync that fails changes nothing.
pub async fn run(folder: &Folder, options: &Options, clock: Clock) -> Result<(), Failure> {
    let mut access = Access::open(folder, clock).await?;
    let before = read(folder)?;
    let mut archive = Archive::default();
    let mut address = access.service().api(&["purchases"])?;
    address.query_pairs_mut().append_pair("limit", &options.page_size.to_string());
    let mut next = Some(address);
    while let Some(url) = next {
        let page: Page = access.call(Method::GET, &url, PAGE).await?.success()?.json()?;
        next = page.links.next.as_deref().map(|link| follow(&access, &url, link)).transpose()?;
        archive.add(page)?;
        progress(&format!("{} purchases", archive.summary.purchases));
    }
    progress("");

    let now = clock();
    let Archive { text, mut summary, seen } = archive;
    compare(&mut summary, &seen, &before);
    if summary.gone > 0 {
        let name = format!("purchases-{}.ndjson", now.format("%Y%m%dT%H%M%SZ"));
        folder.write(&name, &folder.read(PURCHASES)?.unwrap_or_default())?;
        summary.kept_as = Some(name);
    }
    folder.write(PURCHASES, text.as_bytes())?;
    report(&summary, options.format)
}

/// Reads the purchases that the last sync left; none before the first.
pub fn read(folder: &Folder) -> Result<Vec<Purchase>, Failure> {
    let bytes = folder.read(PURCHASES)?.unwrap_or_default();
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    let parsed = lines.map(|(number, line)| {
        serde_json::from_slice(line).map_err(|_| {
            let what = format!("line {} of {} is no purchase", number + 1, folder.file(PURCHASES).display());
            Failure::new(Kind::Local, what, "move the file away and run `sync` again")
        })
    });
    parsed.collect()
}

/// The address of the next page. A token follows a link only within the API that it is for.
fn follow(access: &Access<'_>, from: &Url, link: &str) -> Result<Url, Failure> {
    let url = from.join(link).ok().filter(|url| url != from && access.service().owns(url));
    url.ok_or_else(|| Failure::misunderstood("the server's link to the next page does not lead to one"))
}

/// The purchases as they come in.
#[derive(Debug, Default)]
struct Archive {
    text: String,
    seen: HashMap<String, i64>,
    summary: Summary,
}

impl Archive {
    fn add(&mut self, page: Page) -> Result<(), Failure> {
        self.summary.lag_ms = page.meta.and_then(|meta| meta.lag_ms);
        for raw in page.data {
            let purchase: Purchase = serde_json::from_str(raw.get()).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                Failure::misunderstood(format!(
                    "a purchase cannot be read (its line {line}, column {column})"
                ))
            })?;
            // One that changed while the pages were read may come twice; the first is as good, the next sync has both.
            if self.seen.contains_key(&purchase.id) {
                continue;
            }
            match purchase.figures() {
                Figures::AddUp => self.summary.add_up += 1,
                Figures::Unreconciled => self.summary.unreconciled += 1,
                Figures::Unseen => self.summary.unseen += 1,
                Figures::Wrong(why) => self.summary.wrong.push(Wrong { id: purchase.id.clone(), why }),
            }
            // Line ends inside JSON are white space between members; inside a string they would be escaped.
            self.text
                .extend(raw.get().chars().map(|character| if character == '\n' { ' ' } else { character }));
            self.text.push('\n');
            self.seen.insert(purchase.id, purchase.revision);
            self.summary.purchases += 1;
        }
        Ok(())
    }
}

fn compare(summary: &mut Summary, seen: &HashMap<String, i64>, before: &[Purchase]) {
    let old: HashMap<&str, i64> =
        before.iter().map(|purchase| (purchase.id.as_str(), purchase.revision)).collect();
    let known: HashSet<&str> = old.keys().copied().filter(|id| seen.contains_key(*id)).collect();
    summary.new = seen.len() - known.len();
    summary.gone = old.len() - known.len();
    summary.changed = known.iter().filter(|id| seen.get(**id) != old.get(**id)).count();
}

fn report(summary: &Summary, format: crate::show::Format) -> Result<(), Failure> {
    match format {
        crate::show::Format::Json => say(&crate::show::json(summary)?)?,
        crate::show::Format::Text => say(&text(summary))?,
    }
    if summary.wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Figures,
        format!("purchases that do not add up: {}", summary.wrong.len()),
        "they are stored as served; tell the shop their ids",
    ))
}

fn text(summary: &Summary) -> String {
    let Summary { purchases, new, changed, gone, add_up, unreconciled, unseen, .. } = summary;
    let mut lines = vec![format!("{purchases} purchases: {new} new, {changed} changed")];
    if let Some(name) = &summary.kept_as {
        lines.push(format!("{gone} are served no more; the file from before is kept as {name}"));
    }
    lines.push(format!("Figures: {add_up} add up, {} do not", summary.wrong.len()));
    if *unreconciled > 0 {
        lines.push(format!("  {unreconciled} are marked by the shop itself as not adding up"));
    }
    if *unseen > 0 {
        lines.push(format!("  {unseen} not checked, because their items are not all shared"));
    }
    lines.extend(summary.wrong.iter().take(NAMED).map(|wrong| format!("  {}: {}", wrong.id, wrong.why)));
    if summary.wrong.len() > NAMED {
        lines.push(format!("  and {} more (all with --format json)", summary.wrong.len() - NAMED));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::purchases::tests::example;

    fn page(purchases: &[Value]) -> Page {
        let body = json!({"data": purchases, "links": {"self": "x"}, "meta": {"lagMs": 412}});
        serde_json::from_str(&format!("{body:#}")).unwrap()
    }

    #[test]
    fn purchases_are_kept_as_served_one_a_line() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        let mut other = example();
        other["id"] = json!("pur_2");
        other["lines"][0]["name"] = json!("two\nlines");
        let mut archive = Archive::default();
        archive.add(page(&[example(), other.clone()])).unwrap();
        archive.add(page(&[other.clone()])).unwrap();
        assert_eq!(archive.text.lines().count(), 2);
        let kept: Value = serde_json::from_str(archive.text.lines().nth(1).unwrap()).unwrap();
        assert_eq!(kept, other);
        assert_eq!((archive.summary.add_up, archive.summary.lag_ms), (2, Some(412)));
        folder.write(PURCHASES, archive.text.as_bytes()).unwrap();
        assert_eq!(read(&folder).unwrap().len(), 2);
    }

    #[test]
    fn new_changed_and_gone_are_counted() {
        let purchase = |id: &str, revision: i64| {
            let mut purchase = example();
            purchase["id"] = json!(id);
            purchase["revision"] = json!(revision);
            serde_json::from_value::<Purchase>(purchase).unwrap()
        };
        let before = [purchase("a", 1), purchase("b", 1), purchase("c", 1)];
        let seen = HashMap::from([("b".to_owned(), 1), ("c".to_owned(), 2), ("d".to_owned(), 1)]);
        let mut summary = Summary::default();
        compare(&mut summary, &seen, &before);
        assert_eq!((summary.new, summary.changed, summary.gone), (1, 1, 1));
    }

    #[test]
    fn wrong_figures_are_named_and_fail_the_command() {
        let mut wrong = example();
        wrong["lines"][0]["net"] = json!("0.49");
        let mut archive = Archive::default();
        archive.add(page(&[wrong])).unwrap();
        assert!(text(&archive.summary).contains("pur_0f3k: its parts make 0.49, its total is 0.50"));
        let failure = report(&archive.summary, crate::show::Format::Json).unwrap_err();
        assert_eq!(failure.kind, Kind::Figures);
    }

    #[test]
    fn a_broken_file_is_named_by_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        folder.write(PURCHASES, format!("{}\n{{\"id\":\"hush\"}}\n", example()).as_bytes()).unwrap();
        let failure = read(&folder).unwrap_err().to_string();
        assert!(failure.contains("line 2") && !failure.contains("hush"), "{failure}");
    }
}
