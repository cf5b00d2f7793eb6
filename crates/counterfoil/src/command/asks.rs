//! `asks report`: how the retailer's asks are met.

use std::collections::BTreeMap;

use counterfoil_volunteered::report::{self, AskReport};
use serde_json::json;

use crate::arguments::{Asks, Form};
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Prints the report.
pub fn run(settings: &Settings, command: &Asks) -> Result<(), Failure> {
    let Asks::Report { format } = command;
    let realm = Realm::open(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the runtime"))?;
    let reports = runtime.block_on(report::asks(&realm.volunteering()))?;
    match format {
        Form::Json => super::print(&json!({ "asks": reports })),
        Form::Text => super::write_out(table(&reports).as_bytes()),
    }
}

const HEAD: [&str; 9] = [
    "ask",
    "shown",
    "answered",
    "refused",
    "later",
    "withdrawn",
    "promised",
    "delivered",
    "days until withdrawal",
];

/// Columns as wide as their widest cell.
fn table(reports: &[AskReport]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(reports.iter().map(cells));
    let mut widths = [0; HEAD.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let line: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cells(report: &AskReport) -> [String; HEAD.len()] {
    let sums = |sums: &Option<BTreeMap<String, String>>| {
        let Some(sums) = sums else { return "not told".to_owned() };
        let all: Vec<String> = sums.iter().map(|(unit, sum)| format!("{sum} {unit}")).collect();
        if all.is_empty() { "-".to_owned() } else { all.join(", ") }
    };
    let days = report
        .days_until_withdrawal
        .map_or_else(|| "-".to_owned(), |days| format!("{} ({} to {})", days.median, days.lower, days.upper));
    [
        report.ask.clone(),
        format!("{}", report.shown),
        format!("{}", report.answered),
        format!("{}", report.refused),
        format!("{}", report.deferred),
        format!("{}", report.withdrawn),
        sums(&report.promised),
        sums(&report.delivered),
        days,
    ]
}
