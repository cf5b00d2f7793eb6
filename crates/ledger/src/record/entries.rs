//! The headers of one record, read.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::{EntryId, RecordId};
use serde_json::Value;

use super::configuration::shorten;
use super::{InvalidRecord, Kind};

/// The ten states of a consent in DPV 2.3.
const CONSENT_STATES: [&str; 10] = [
    "ConsentUnknown",
    "ConsentRequested",
    "ConsentRequestDeferred",
    "ConsentRefused",
    "ConsentGiven",
    "RenewedConsentGiven",
    "ConsentExpired",
    "ConsentInvalidated",
    "ConsentRevoked",
    "ConsentWithdrawn",
];

/// The states of a grant, in our own words.
const GRANT_STATES: [&str; 11] = [
    "requested",
    "given",
    "active",
    "paused",
    "refused",
    "lapsed",
    "fulfilled",
    "withdrawn",
    "ended",
    "revoked",
    "expired",
];

/// What the headers of one record say.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    pub(super) record: RecordId,
    pub(super) kind: Kind,
    pub(super) basis: &'a str,
    /// Those that reached a state. A reminder, or the answer to a wish for deletion, changes nothing and is no event of
    /// 27560: the receipt has it among its headers.
    pub(super) entries: Vec<Entry<'a>>,
}

/// An entry that reached a state.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    position: usize,
    pub(super) id: EntryId,
    pub(super) type_name: &'a str,
    pub(super) actor_kind: &'a str,
    pub(super) actor_ref: Option<&'a str>,
    pub(super) effective_at: &'a str,
    pub(super) recorded_at: &'a str,
    /// Without its prefix.
    pub(super) state: &'static str,
    pub(super) expires: Option<&'a str>,
    pub(super) config: &'a str,
    pub(super) display: Option<Display<'a>>,
    pub(super) cause: Option<&'a str>,
    pub(super) payload: Option<&'a str>,
}

/// What was shown.
#[derive(Debug)]
pub(super) struct Display<'a> {
    pub(super) build: &'a str,
    pub(super) language: &'a str,
    pub(super) template: &'a str,
    pub(super) words: &'a str,
}

impl Entry<'_> {
    /// Where a member of this header is, for an error.
    pub(super) fn field(&self, member: &str) -> String {
        format!("headers[{}].{member}", self.position)
    }
}

/// Reads the headers of one record, in order.
pub(super) fn read(headers: &[Value]) -> Result<Chain<'_>, InvalidRecord> {
    let Some(first) = headers.first() else {
        return Err(InvalidRecord::Empty { field: "headers".to_owned() });
    };
    let first = Members { position: 0, header: first };
    let record = first.text("record")?;
    let kind = kind_of(&first)?;
    let mut basis = None;
    let mut entries = Vec::with_capacity(headers.len());
    for (position, header) in headers.iter().enumerate() {
        let members = Members { position, header };
        if members.text("record")? != record {
            return Err(members.unfit("record", "is of another record"));
        }
        if kind_of(&members)? != kind {
            return Err(members.unfit("type", "is of another family"));
        }
        if let Some(named) = members.optional("basis")? {
            if basis.is_some_and(|basis| basis != named) {
                return Err(members.unfit("basis", "differs within the record"));
            }
            basis = Some(named);
        }
        entries.extend(entry(&members, kind)?);
    }
    let basis = basis.ok_or_else(|| first.unfit("basis", "is missing, there and in what follows"))?;
    if !kind.bases().contains(&basis) {
        return Err(first.unfit("basis", "is none that such a record can rest on"));
    }
    if entries.is_empty() {
        return Err(first.unfit("state", "is missing, there and in what follows"));
    }
    let record = record.parse().map_err(|_| first.unfit("record", "is no record's id"))?;
    Ok(Chain { record, kind, basis, entries })
}

impl Kind {
    fn bases(self) -> &'static [&'static str] {
        match self {
            Self::Consent => &["eu-gdpr:A6-1-a", "eu-gdpr:A9-2-a"],
            Self::Grant => &[crate::grants::BASIS],
        }
    }
}

fn kind_of(members: &Members<'_>) -> Result<Kind, InvalidRecord> {
    match members.text("type")?.split_once('.') {
        Some(("consent", _)) => Ok(Kind::Consent),
        Some(("grant", _)) => Ok(Kind::Grant),
        _ => Err(members.unfit("type", "is of no consent and no grant")),
    }
}

/// The entry, unless it reached no state.
fn entry<'a>(members: &Members<'a>, kind: Kind) -> Result<Option<Entry<'a>>, InvalidRecord> {
    let Some(state) = members.optional("state")? else { return Ok(None) };
    let state = match kind {
        Kind::Consent => {
            let short = shorten(state);
            CONSENT_STATES.into_iter().find(|known| short.strip_prefix("dpv:") == Some(*known))
        }
        Kind::Grant => GRANT_STATES.into_iter().find(|known| *known == state),
    };
    Ok(Some(Entry {
        position: members.position,
        id: members.text("id")?.parse().map_err(|_| members.unfit("id", "is no entry's id"))?,
        type_name: members.text("type")?,
        actor_kind: members.part("actor")?.text("kind")?,
        actor_ref: members.part("actor")?.optional("ref")?,
        effective_at: members.instant("effectiveAt")?,
        recorded_at: members.instant("recordedAt")?,
        state: state.ok_or_else(|| members.unfit("state", "is none that such a record can be in"))?,
        expires: members.optional("expires")?.map(|_| members.instant("expires")).transpose()?,
        config: members.text("config")?,
        display: display(members)?,
        cause: members.optional("cause")?,
        payload: members.optional("payload")?,
    }))
}

fn display<'a>(members: &Members<'a>) -> Result<Option<Display<'a>>, InvalidRecord> {
    if members.header.get("display").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let shown = members.part("display")?;
    Ok(Some(Display {
        build: shown.text("build")?,
        language: shown.text("language")?,
        template: shown.text("template")?,
        words: shown.text("words")?,
    }))
}

/// A header's members, or those of a part of it, read by name.
struct Members<'a> {
    position: usize,
    header: &'a Value,
}

impl<'a> Members<'a> {
    fn unfit(&self, member: &str, reason: &'static str) -> InvalidRecord {
        InvalidRecord::unfit(format!("headers[{}].{member}", self.position), reason)
    }

    fn part(&self, member: &str) -> Result<Self, InvalidRecord> {
        let header = self.header.get(member).filter(|part| part.is_object());
        let header = header.ok_or_else(|| self.unfit(member, "is no object"))?;
        Ok(Self { position: self.position, header })
    }

    fn optional(&self, member: &str) -> Result<Option<&'a str>, InvalidRecord> {
        match self.header.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.unfit(member, "is no string")),
        }
    }

    fn text(&self, member: &str) -> Result<&'a str, InvalidRecord> {
        self.optional(member)?.ok_or_else(|| self.unfit(member, "is missing"))
    }

    /// An instant in the ledger's only spelling.
    fn instant(&self, member: &str) -> Result<&'a str, InvalidRecord> {
        let text = self.text(member)?;
        let at: Option<DateTime<Utc>> = text.parse().ok();
        if at.is_none_or(|at| instant(at) != text) {
            return Err(self.unfit(member, "is no instant in milliseconds of UTC"));
        }
        Ok(text)
    }
}
