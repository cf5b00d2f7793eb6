//! `verify`: check a receipt layer by layer, and hold its log to what it signed before.

mod kept;
mod live;
mod receipt;
mod record;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod tlog_proof;

use std::{fs, path::PathBuf};

use clap::Args;
use url::Url;

use self::{
    kept::{Comparison, Kept, compare},
    live::Live,
    receipt::{Receipt, SignedLog, Untrue},
};
use crate::{
    clock::Clock,
    failure::{Failure, Kind},
    folder::Folder,
    terminal::say,
};

/// What `verify` can be told.
#[derive(Debug, Args)]
pub struct Options {
    /// The receipt, as it was downloaded or sent
    receipt: PathBuf,
    /// The shop's address: its log is asked as well, and must have only grown
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
}

/// Checks the receipt and says what holds; what does not is the failure.
pub async fn run(folder: &Folder, options: &Options, clock: Clock) -> Result<(), Failure> {
    let path = &options.receipt;
    let bytes = fs::read(path).map_err(|error| {
        Failure::new(
            Kind::Local,
            format!("cannot read {}: {error}", path.display()),
            "name a receipt that was downloaded or sent",
        )
    })?;
    let receipt = receipt::check(&bytes).map_err(|untrue| refused(&untrue))?;
    told(&receipt)?;
    let mut kept = Kept::open(folder)?;
    let live = match &options.url {
        None => None,
        Some(url) => Some(Live::find(url, clock).await?),
    };
    for log in &receipt.logs {
        hold(folder, &mut kept, log, live.as_ref()).await?;
    }
    kept.store(folder)?;
    say("The receipt holds. It does not prove that nothing happened after its last entry.")
}

fn told(receipt: &Receipt) -> Result<(), Failure> {
    say(&format!("Receipt of {}, for the {}", receipt.agreement_id, receipt.holder))?;
    for entry in &receipt.entries {
        say(&format!(
            "  {}  {}  {}  {}: holds",
            entry.folder,
            entry.recorded_at,
            entry.kind,
            entry.layers()
        ))?;
    }
    if !receipt.is_id_proven {
        say("  No payload here names the agreement: that the entries are of this one is said, not proven.")?;
    }
    if receipt.has_record {
        say("  record.jsonld (ISO/IEC TS 27560) says of each step what its entry says")?;
    }
    if receipt.has_stop {
        say("  stop.txt has a link that ends the agreement without signing in; keep it to yourself.")?;
    }
    Ok(())
}

/// Holds a log to its key and to the checkpoint that was kept, and keeps the newer one.
async fn hold(folder: &Folder, kept: &mut Kept, log: &SignedLog, live: Option<&Live>) -> Result<(), Failure> {
    let (origin, size) = (&log.origin, log.head.size);
    let before = kept.of(origin, &log.vkey).map_err(|untrue| refused(&untrue))?;
    let first =
        if before.is_none() { "seen for the first time, kept from now on" } else { "the one that was kept" };
    say(&format!("  {origin}: {size} entries are signed; the key is {first}"))?;
    let mut known = vec![log.clone()];
    known.extend(before.clone());
    let now = match live {
        None => None,
        Some(live) => Some(live.head_of(log).await?.map_err(|untrue| refused(&untrue))?),
    };
    let mut newest = before.clone().unwrap_or_else(|| log.clone());
    match (live, now) {
        (Some(live), Some(now)) => {
            for earlier in &known {
                match live.compare(earlier, &now).await? {
                    Comparison::Grown => {}
                    Comparison::Older => return Err(rolled_back(earlier, &now)),
                    Comparison::Fork => return Err(forked(folder, earlier, &now)?),
                }
            }
            let sizes: Vec<String> = known.iter().map(|earlier| format!("{}", earlier.head.size)).collect();
            say(&format!(
                "  {origin}: the live log has {} entries and continues {}",
                now.head.size,
                sizes.join(" and ")
            ))?;
            newest = now;
        }
        _ => {
            if let Some(before) = &before {
                match compare(before, log) {
                    Some(Comparison::Fork) => return Err(forked(folder, before, log)?),
                    Some(_) => {}
                    None => say(&format!(
                        "  {origin}: not compared with the checkpoint of {} entries that was kept: give --url",
                        before.head.size
                    ))?,
                }
            }
        }
    }
    kept.keep(newest);
    Ok(())
}

fn refused(untrue: &Untrue) -> Failure {
    Failure::new(
        Kind::Untrue,
        format!("{untrue}"),
        "get the receipt again from where it came; if it stays, keep both",
    )
}

fn rolled_back(earlier: &SignedLog, now: &SignedLog) -> Failure {
    let (origin, was, is) = (&earlier.origin, earlier.head.size, now.head.size);
    Failure::new(
        Kind::Untrue,
        format!("{origin}: the live log shows {is} entries, and had signed {was}: it was put back"),
        "ask the shop; until it says more, keep the receipt",
    )
}

/// Writes down both checkpoints: the proof that needs nobody's word.
fn forked(folder: &Folder, one: &SignedLog, other: &SignedLog) -> Result<Failure, Failure> {
    let name = kept::fork_name(one, other);
    folder.write(&name, kept::fork_text(one, other).as_bytes())?;
    Ok(Failure::new(
        Kind::Untrue,
        format!(
            "{}: two signed checkpoints, of {} and of {} entries, do not fit: the log was forked. Both are in {}",
            one.origin,
            one.head.size,
            other.head.size,
            folder.file(&name).display()
        ),
        "keep that file and show it to others who use the log, and to the shop",
    ))
}
