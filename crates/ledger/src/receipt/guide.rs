//! `VERIFY.txt`: how to check a receipt without us, and what it does not prove.

use super::bundle::Holder;

/// The text; what stands in braces is filled in.
const TEXT: &str = include_str!("verify.txt");

/// What the text says of one receipt.
pub(super) struct Guide<'a> {
    pub(super) id: &'a str,
    pub(super) service: &'a str,
    pub(super) holder: Holder<'a>,
    /// Why there is no record as JSON-LD.
    pub(super) no_record: Option<&'a str>,
    /// Whether something that was shown is not at hand any more.
    pub(super) lacking: bool,
    /// Whether a payload was erased.
    pub(super) is_erased: bool,
}

/// Writes it.
pub(super) fn guide(about: &Guide<'_>) -> String {
    let mut notes = Vec::new();
    if about.holder == Holder::App {
        notes.push(
            "This is the app's copy. It has no stop link, and no payload that says what the customer leaves out."
                .to_owned(),
        );
    }
    if matches!(about.holder, Holder::Customer { stop: Some(_) }) {
        notes.push(
            "stop.txt is a link that ends the agreement without signing in. Whoever has it can do that: keep it to\n  \
             yourself."
                .to_owned(),
        );
    }
    if let Some(why) = about.no_record {
        notes.push(format!("There is no record.jsonld: {why}."));
    }
    if about.lacking {
        notes.push(
            "Something that was shown, and that a header names by its sha256, is not in artefacts/: another version of\n  \
             the software showed it."
                .to_owned(),
        );
    }
    if about.is_erased {
        notes.push(
            "A payload was erased; its entry stays, and opens nothing more than its header.".to_owned(),
        );
    }
    let notes = notes.iter().fold(String::new(), |all, note| all + "- " + note + "\n");
    TEXT.replace("{grant}", about.id).replace("{service}", about.service).replace("{notes}", &notes)
}
