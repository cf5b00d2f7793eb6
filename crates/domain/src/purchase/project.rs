//! What a grant's datasets let out of a purchase.

use crate::json::{Members, push_json, push_list, separate, without};

use super::{Corrupt, Section, SectionsRef, View, sections::SELLERS_ON_LINES};

/// The datasets that are shown beside `purchases:read`, which always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one scope of its own; there is no state machine in them"
)]
pub struct Shows {
    /// `purchases.lines:read`: lines, also those of returns and fulfilments, and what of a refund is for a line.
    pub lines: bool,
    /// `purchases.payment:read`: tenders, loyalty, the method of refunds.
    pub payment: bool,
    /// `purchases.location:read`: location, the seller of the order and of lines.
    pub location: bool,
    /// `purchases.documents:read`: documents.
    pub documents: bool,
}

/// Appends a purchase as one JSON object with what is shown of it.
///
/// Sections are joined as they are; one is looked into only where something inside it is not shown.
///
/// # Errors
/// [`Corrupt`] where such a section cannot be read. What was appended until then is no JSON.
pub fn project(sections: SectionsRef<'_>, view: &View, out: &mut Vec<u8>) -> Result<(), Corrupt> {
    match view.veil.look(sections)? {
        None => whole(sections, view.shows, out),
        Some(partial) => partial.push(view, out),
    }
}

fn whole(sections: SectionsRef<'_>, shows: Shows, out: &mut Vec<u8>) -> Result<(), Corrupt> {
    out.push(b'{');
    out.extend_from_slice(sections.get(Section::Head));
    if shows.lines && (shows.location || !sections.has(SELLERS_ON_LINES)) {
        join(out, sections.get(Section::Lines));
    } else if shows.lines {
        edited(sections, Section::Lines, out, |list, out| without(list, out, |key| key == "seller"))?;
    }
    if shows.payment {
        join(out, sections.get(Section::Payment));
    }
    if shows.location {
        join(out, sections.get(Section::Location));
    }
    if shows.lines {
        join(out, sections.get(Section::Fulfilments));
        join(out, sections.get(Section::Returns));
    } else {
        edited(sections, Section::Fulfilments, out, |list, out| without(list, out, |key| key == "lineIds"))?;
        edited(sections, Section::Returns, out, |list, out| without(list, out, |key| key == "lines"))?;
    }
    if shows.documents {
        join(out, sections.get(Section::Documents));
    }
    if shows.lines && shows.payment {
        join(out, sections.get(Section::Refunds));
    } else {
        edited(sections, Section::Refunds, out, |list, out| refunds(list, shows, out))?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends a section with a comma before it.
pub(super) fn join(out: &mut Vec<u8>, section: &[u8]) {
    if !section.is_empty() {
        out.push(b',');
        out.extend_from_slice(section);
    }
}

/// Joins a section of one list after an edit of the list.
fn edited(
    sections: SectionsRef<'_>,
    section: Section,
    out: &mut Vec<u8>,
    edit: impl FnOnce(&str, &mut String) -> Result<(), serde_json::Error>,
) -> Result<(), Corrupt> {
    let text = sections.text(section)?;
    let Some((name, list)) = text.split_once(':') else { return Ok(()) };
    if list == "[]" {
        join(out, text.as_bytes());
        return Ok(());
    }
    let mut shown = String::with_capacity(text.len());
    edit(list, &mut shown)?;
    join(out, name.as_bytes());
    out.push(b':');
    out.extend_from_slice(shown.as_bytes());
    Ok(())
}

/// Refunds without their method, and without what of them is for a line, as far as those are not shown.
fn refunds(list: &str, shows: Shows, out: &mut String) -> Result<(), serde_json::Error> {
    let refunds: Vec<Members<'_>> = serde_json::from_str(list)?;
    push_list(refunds, out, |refund, out| {
        out.push('{');
        for (name, value) in refund.iter() {
            match name {
                "method" | "methodOriginal" if !shows.payment => {}
                "allocations" if !shows.lines => {
                    let allocations: Vec<Members<'_>> = serde_json::from_str(value)?;
                    separate(out, name);
                    let kept = allocations.iter().filter(|part| part.text("lineId").is_none());
                    push_list(kept, out, |part, out| {
                        part.push(out, |_| false);
                        Ok::<_, serde_json::Error>(())
                    })?;
                }
                _ => push_json(out, name, value),
            }
        }
        out.push('}');
        Ok(())
    })
}
