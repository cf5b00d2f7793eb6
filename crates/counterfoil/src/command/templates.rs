//! `templates …`: what the customer pages are made of.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use counterfoil_web::Files;
use serde::Serialize;

use crate::arguments::Templates;
use crate::command::print;
use crate::failure::Failure;
use crate::pages;

/// Checks or writes the files of the pages.
pub fn run(command: Templates) -> Result<(), Failure> {
    match command {
        Templates::Check { dir } => check(&dir.unwrap_or_default()),
        Templates::Export { dir } => export(&dir),
    }
}

fn check(dir: &Path) -> Result<(), Failure> {
    let checked = counterfoil_web::check(&pages::files(dir)?);
    let told = checked.map_err(|flaws| Failure::Usage(format!("templates and words:\n  {}", flaws.join("\n  "))))?;
    print(&told)
}

/// What was written.
#[derive(Serialize)]
struct Exported {
    files: usize,
}

fn export(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(Failure::io(format!("{}", dir.display())))?;
    let files = Files::embedded();
    for (name, text) in files.iter() {
        let path = dir.join(name);
        let failed = || Failure::io(format!("{}", path.display()));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed())?;
        file.write_all(text.as_bytes()).map_err(failed())?;
    }
    print(&Exported { files: files.iter().count() })
}
