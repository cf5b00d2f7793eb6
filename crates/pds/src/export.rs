//! `export`: the purchases as they were served, for other programs.

use crate::{failure::Failure, folder::Folder, records::Records, terminal::say};

/// Prints every purchase as one line of JSON, newest first.
pub fn run(folder: &Folder) -> Result<(), Failure> {
    let records = Records::open(folder)?;
    let mut purchases: Vec<_> = records.purchases()?.into_iter().zip(records.texts()?).collect();
    if purchases.is_empty() {
        return Err(records.nothing());
    }
    purchases.sort_by(|(one, _), (other, _)| {
        other.purchased_at.cmp(&one.purchased_at).then_with(|| one.id.cmp(&other.id))
    });
    for (_, text) in purchases {
        // Line ends inside JSON are white space between members; inside a string they would be escaped.
        say(&text.replace(['\n', '\r'], " "))?;
    }
    Ok(())
}
