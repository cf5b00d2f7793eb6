//! `rights …`: prints JSON. What customers and staff say is printed for whoever asks, and is in no log.

use std::fs;
use std::path::Path;

use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::RightId;
use counterfoil_store::rights::Right;
use counterfoil_volunteered::rights::{self, Answer, RightView};
use serde_json::{Value, json};

use super::erase::named;
use crate::arguments::Rights;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Lists, shows, answers or extends.
pub fn run(settings: &Settings, command: &Rights) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    let volunteering = realm.volunteering();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the runtime"))?;
    let now = realm.clock.now();
    let right = match command {
        Rights::List { overdue } => {
            let open = runtime.block_on(rights::open_ones(&volunteering, *overdue))?;
            let listed: Value = open.iter().map(|right| listed(right, right.due_at <= now)).collect();
            return super::print(&json!({ "rights": listed }));
        }
        Rights::Show { right } => runtime.block_on(rights::find(&volunteering, id(right)?))?,
        Rights::Answer { right, by, refuse, file } => {
            named("--as", by)?;
            let says = read(file)?;
            let answer = if *refuse { Answer::Refused(says) } else { Answer::Done(says) };
            runtime.block_on(rights::answer(&volunteering, by, id(right)?, answer))?
        }
        Rights::Extend { right, by, file } => {
            named("--as", by)?;
            runtime.block_on(rights::extend(&volunteering, by, id(right)?, read(file)?))?
        }
    };
    super::print(&described(&right))
}

fn id(text: &str) -> Result<RightId, Failure> {
    text.parse().map_err(|_| Failure::Usage("the name of a right begins with rgt_".to_owned()))
}

/// Texts come from a file: an argument would stand in the list of processes and in the shell's history.
fn read(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path).map_err(Failure::io(format!("{}", path.display())))?;
    if text.trim().is_empty() {
        return Err(Failure::Usage(format!("--file: {} says nothing", path.display())));
    }
    Ok(text)
}

fn listed(right: &Right, is_overdue: bool) -> Value {
    json!({
        "right": right.right_id,
        "kind": right.kind.name(),
        "state": right.state.name(),
        "openedAt": instant(right.opened_at),
        "dueAt": instant(right.due_at),
        "overdue": is_overdue,
    })
}

fn described(right: &RightView) -> Value {
    json!({
        "right": right.right_id,
        "record": right.record,
        "kind": right.kind.name(),
        "state": right.state.name(),
        "openedAt": instant(right.opened_at),
        "dueAt": instant(right.due_at),
        "closedAt": right.closed_at.map(instant),
        "detail": right.detail,
        "answer": right.answer,
    })
}
