//! `sync --follow`: wait for each change and take it in at once, one line each, until Ctrl-C.

use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use crate::{
    failure::{Failure, Kind},
    feed::{Change, Served, What},
    figures::Figures,
    show::Format,
    sync::{News, Sync, report},
    terminal::{complain, say},
    wire::printable,
};

/// The least time between two questions that bring nothing: a server that does not wait is not to be stormed.
pub const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait for a server that is away.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One change, as it is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    seq: i64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    /// What became of it, in words.
    outcome: String,
    /// What is wrong with the figures, if they were checked and are.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
}

/// Follows the feed from where the sync has ended. Ctrl-C is the ordinary end; `verdict` is what the sync has found
/// wrong, and with what is found wrong on the way it becomes the exit code.
pub async fn run(sync: &mut Sync<'_>, format: Format, verdict: Option<Failure>) -> Result<(), Failure> {
    let mut verdict = verdict;
    tokio::select! {
        // What is stored is stored in one step, without a moment at which this could come in between.
        stopped = tokio::signal::ctrl_c() => stopped.map_err(|error| {
            Failure::new(Kind::Local, format!("cannot wait for Ctrl-C: {error}"), "run `sync` without --follow")
        })?,
        failed = follow(sync, format, &mut verdict) => failed?,
    }
    verdict.map_or(Ok(()), Err)
}

async fn follow(sync: &mut Sync<'_>, format: Format, verdict: &mut Option<Failure>) -> Result<(), Failure> {
    complain("following; Ctrl-C stops");
    let (mut anew, mut failures) = (false, 0);
    loop {
        let pause = sleep(PAUSE);
        match turn(sync, format, verdict, &mut anew).await {
            Ok(is_quiet) => {
                failures = 0;
                if is_quiet {
                    pause.await;
                }
            }
            Err(failure) if failure.kind == Kind::Away => {
                let wait = Duration::from_secs(1 << failures).min(LONGEST_WAIT);
                failures = (failures + 1).min(6);
                complain(&format!("{failure}\n  trying again in {} s", wait.as_secs()));
                sleep(wait).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Takes in what comes next: one answer, or when everything is read `anew`, all of it. Says whether nothing came.
async fn turn(
    sync: &mut Sync<'_>,
    format: Format,
    verdict: &mut Option<Failure>,
    anew: &mut bool,
) -> Result<bool, Failure> {
    if *anew {
        let (summary, _) = sync.complete().await?;
        *anew = false;
        *verdict = report(&summary, format)?.or(verdict.take());
        return Ok(false);
    }
    let news = sync.turn(true).await?;
    tell(&news, format, verdict)?;
    if news.anew {
        complain("the shop wants everything read anew; what is here stays until all of it is there");
        *anew = true;
    }
    Ok(news.changes.is_empty() && !news.anew)
}

fn tell(news: &News, format: Format, verdict: &mut Option<Failure>) -> Result<(), Failure> {
    for (change, has_effect) in &news.changes {
        let line = Line::of(change, *has_effect);
        if line.wrong.is_some() {
            *verdict = Some(Failure::new(
                Kind::Figures,
                "a purchase that came while following does not add up",
                "it is stored as served; tell the shop its id, which is above",
            ));
        }
        match format {
            Format::Json => say(&serde_json::to_string(&line).map_err(|error| {
                Failure::new(Kind::Local, format!("cannot write JSON: {error}"), "report this as a fault")
            })?)?,
            Format::Text => say(&line.text())?,
        }
    }
    Ok(())
}

impl<'a> Line<'a> {
    fn of(change: &'a Change, has_effect: bool) -> Self {
        let mut line = Self {
            seq: change.seq,
            kind: printable(&change.kind),
            purchase_id: None,
            revision: None,
            outcome: String::new(),
            wrong: None,
        };
        line.outcome = match &change.what {
            What::Unknown => "ignored: this version does not know the type".to_owned(),
            What::Grant { version, anew: false } => format!("the agreement is at version {version}"),
            What::Grant { version, anew: true } => {
                format!("the agreement is at version {version}; everything is read anew")
            }
            What::Purchase { id, revision, now } => {
                line.purchase_id = Some(id);
                line.revision = Some(*revision);
                match now {
                    _ if !has_effect => "ignored: a later revision is here".to_owned(),
                    None => "taken away".to_owned(),
                    Some(served) => {
                        let Served { purchase, .. } = &**served;
                        if let Figures::Wrong(why) = purchase.figures() {
                            line.wrong = Some(why);
                        }
                        let (date, totals) = (purchase.local_date(), &purchase.totals);
                        let (total, back) = (totals.grand_total, totals.refunded);
                        format!("{date}, {total} {}, {back} paid back", printable(&purchase.currency))
                    }
                }
            }
        };
        line
    }

    fn text(&self) -> String {
        let mut words = vec![self.kind.clone()];
        if let (Some(id), Some(revision)) = (self.purchase_id, self.revision) {
            words.push(format!("{} at revision {revision}", printable(id)));
        }
        let wrong = self.wrong.as_ref().map(|why| format!("; does not add up: {why}")).unwrap_or_default();
        format!("{}: {}{wrong}", words.join(" "), self.outcome)
    }
}
