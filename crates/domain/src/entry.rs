//! Ledger entries: canonical bytes, commitments and leaves, exactly as the ledger's format says.
//!
//! ```text
//! payload_digest = HMAC-SHA256(payload_salt, JCS(payload))
//! commitment     = HMAC-SHA256(header_salt,  JCS(header))
//! leaf_data      = JCS({"c": base64url(commitment), "v": "1"})
//! leaf_hash      = SHA-256(0x00 ‖ leaf_data)                      (RFC 6962)
//! ```
//! JCS is RFC 8785. Nothing but the commitment enters the tree: no type, no time, no id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, Mac};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::ids::{EntryId, RecordId};

/// Bytes that HMAC-SHA256 made: a commitment to a header, or the digest of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// The spelling used inside headers: `hmac-sha256:` and 64 hexadecimal digits.
    pub fn to_text(&self) -> String {
        format!("hmac-sha256:{}", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// 32 random bytes that hide what a commitment commits to. Destroyed with what it opens.
pub type Salt = [u8; 32];

/// The types an entry can have. The catalogue is closed; this part of it is what the service writes today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryType {
    /// A consent page was first shown.
    GrantRequested,
    /// The customer said yes.
    GrantGiven,
    /// The customer changed what a grant lets out.
    GrantAmended,
    /// The customer said no.
    GrantRefused,
    /// The code was never redeemed.
    GrantLapsed,
    /// The customer stopped sharing.
    GrantWithdrawn,
    /// The app ended its own grant.
    GrantEnded,
    /// The retailer ended the grant, with a reason.
    GrantRevoked,
    /// The agreed duration is over.
    GrantExpired,
    /// The customer hid something from every app.
    RestrictionSet,
    /// The customer showed again what was hidden from every app.
    RestrictionLifted,
    /// Somebody who may asked to erase a customer.
    ErasureRequested,
    /// What was to be erased is gone.
    ErasureCompleted,
    /// Data left to an app.
    DisclosureApp,
    /// Data left to the customer as a file.
    DisclosureDownload,
    /// Data was shown to a member of staff.
    DisclosureStaff,
    /// A member of staff searched; those found are entries of their own.
    StaffSearched,
}

impl EntryType {
    /// The name in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::GrantRequested => "grant.requested",
            Self::GrantGiven => "grant.given",
            Self::GrantAmended => "grant.amended",
            Self::GrantRefused => "grant.refused",
            Self::GrantLapsed => "grant.lapsed",
            Self::GrantWithdrawn => "grant.withdrawn",
            Self::GrantEnded => "grant.ended",
            Self::GrantRevoked => "grant.revoked",
            Self::GrantExpired => "grant.expired",
            Self::RestrictionSet => "restriction.set",
            Self::RestrictionLifted => "restriction.lifted",
            Self::ErasureRequested => "erasure.requested",
            Self::ErasureCompleted => "erasure.completed",
            Self::DisclosureApp => "disclosure.app",
            Self::DisclosureDownload => "disclosure.download",
            Self::DisclosureStaff => "disclosure.staff",
            Self::StaffSearched => "staff.searched",
        }
    }

    /// Reads [`EntryType::name`]; `None` for what is not in the catalogue.
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [EntryType; 17] = [
            EntryType::GrantRequested,
            EntryType::GrantGiven,
            EntryType::GrantAmended,
            EntryType::GrantRefused,
            EntryType::GrantLapsed,
            EntryType::GrantWithdrawn,
            EntryType::GrantEnded,
            EntryType::GrantRevoked,
            EntryType::GrantExpired,
            EntryType::RestrictionSet,
            EntryType::RestrictionLifted,
            EntryType::ErasureRequested,
            EntryType::ErasureCompleted,
            EntryType::DisclosureApp,
            EntryType::DisclosureDownload,
            EntryType::DisclosureStaff,
            EntryType::StaffSearched,
        ];
        ALL.into_iter().find(|known| known.name() == name)
    }

    /// Whether an entry of this type decides something, and so may not lack a legal basis.
    pub fn is_decision(self) -> bool {
        !self.is_disclosure() && !matches!(self, Self::GrantRequested | Self::StaffSearched)
    }

    /// Whether an entry of this type says that data left. It stands in the access log and rests on no configuration.
    pub fn is_disclosure(self) -> bool {
        matches!(self, Self::DisclosureApp | Self::DisclosureDownload | Self::DisclosureStaff)
    }
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The customer.
    Customer,
    /// An app, by its public id.
    App(String),
    /// The service itself (expiry, lapse).
    System,
    /// A member of staff, by a reference.
    Staff(String),
}

#[derive(Serialize)]
struct ActorJson<'a> {
    kind: &'static str,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
}

impl Actor {
    fn json(&self) -> ActorJson<'_> {
        let (kind, reference) = match self {
            Self::Customer => ("customer", None),
            Self::App(id) => ("app", Some(id.as_str())),
            Self::System => ("system", None),
            Self::Staff(id) => ("staff", Some(id.as_str())),
        };
        ActorJson { kind, reference }
    }
}

/// What was shown when a decision was asked for: hashes of public artefacts, never the filled-in values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Display {
    /// Version of the software that showed it.
    pub build: String,
    /// BCP 47 tag.
    pub language: String,
    /// `sha256:` of the template.
    pub template: String,
    /// `sha256:` of the words.
    pub words: String,
}

/// The pseudonymous part of an entry. It names no person and no public id.
#[derive(Debug, Clone)]
pub struct Header {
    /// Random id of the entry.
    pub id: EntryId,
    /// Type, from the catalogue.
    pub entry_type: EntryType,
    /// The chain it belongs to.
    pub record: RecordId,
    /// Who acted.
    pub actor: Actor,
    /// When it holds from.
    pub effective_at: DateTime<Utc>,
    /// When it was written.
    pub recorded_at: DateTime<Utc>,
    /// State reached, in our words for grants.
    pub state: Option<String>,
    /// Legal basis, such as `eu-gdpr:A20`; never absent on a decision.
    pub basis: Option<String>,
    /// When what was decided ends.
    pub expires: Option<DateTime<Utc>>,
    /// `sha256:` of the configuration object it rests on.
    pub config: Option<String>,
    /// What was shown.
    pub display: Option<Display>,
    /// The entry that made this one.
    pub cause: Option<EntryId>,
    /// Digest of the payload.
    pub payload: Option<Commitment>,
    /// The record's previous entry; always absent in the access log.
    pub prev: Option<Commitment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeaderJson<'a> {
    v: &'static str,
    id: String,
    #[serde(rename = "type")]
    entry_type: &'static str,
    record: String,
    actor: ActorJson<'a>,
    effective_at: String,
    recorded_at: String,
    state: Option<&'a str>,
    basis: Option<&'a str>,
    expires: Option<String>,
    config: Option<&'a str>,
    display: Option<&'a Display>,
    cause: Option<String>,
    payload: Option<String>,
    prev: Option<String>,
}

/// An entry that may not be written.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEntry {
    /// A decision without a legal basis.
    #[error("an entry that decides must name its legal basis")]
    NoBasis,
    /// The payload or header has no canonical form (a float, an unreadable value).
    #[error("no canonical form: {0}")]
    NotCanonical(serde_json::Error),
}

impl Header {
    /// The canonical bytes (RFC 8785): exactly the fifteen members, null where there is nothing.
    ///
    /// # Errors
    /// [`InvalidEntry`] when a decision names no basis.
    pub fn canonical(&self) -> Result<Vec<u8>, InvalidEntry> {
        if self.entry_type.is_decision() && self.basis.is_none() {
            return Err(InvalidEntry::NoBasis);
        }
        canonical(&HeaderJson {
            v: "1",
            id: format!("{}", self.id),
            entry_type: self.entry_type.name(),
            record: format!("{}", self.record),
            actor: self.actor.json(),
            effective_at: instant(self.effective_at),
            recorded_at: instant(self.recorded_at),
            state: self.state.as_deref(),
            basis: self.basis.as_deref(),
            expires: self.expires.map(instant),
            config: self.config.as_deref(),
            display: self.display.as_ref(),
            cause: self.cause.map(|id| format!("{id}")),
            payload: self.payload.as_ref().map(Commitment::to_text),
            prev: self.prev.as_ref().map(Commitment::to_text),
        })
    }
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, the ledger's only spelling of an instant.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The canonical bytes of any value (RFC 8785).
///
/// # Errors
/// [`InvalidEntry::NotCanonical`] for what JSON cannot say.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, InvalidEntry> {
    serde_json_canonicalizer::to_vec(value).map_err(InvalidEntry::NotCanonical)
}

/// `HMAC-SHA256(salt, canonical bytes)`: the digest of a payload and the commitment to a header alike.
pub fn commit(salt: &Salt, canonical: &[u8]) -> Commitment {
    let mut mac = hmac_sha256(salt);
    mac.update(canonical);
    Commitment(mac.finalize().into_bytes().into())
}

/// A keyed HMAC-SHA256. A key of any length is valid for HMAC (RFC 2104), so there is no error to report.
fn hmac_sha256(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into())
}

/// The bytes of the leaf.
pub fn leaf_data(commitment: &Commitment) -> String {
    format!("{{\"c\":\"{}\",\"v\":\"1\"}}", URL_SAFE_NO_PAD.encode(commitment.0))
}

/// RFC 6962 hash of a leaf.
pub fn leaf_hash(leaf_data: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(leaf_data.as_bytes());
    hash.finalize().into()
}
