//! What was published: all that 27560 demands and an entry does not repeat.

use super::{InvalidRecord, Kind};

/// A configuration object, as far as a record needs it. Every text is what the customer was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// `sha256:` of the object, as headers name it.
    pub hash: String,
    /// The notice, in the language that the customer was shown.
    pub notice: Notice,
    /// What the data is used for; not empty.
    pub purposes: Vec<Purpose>,
    /// Which data; not empty.
    pub personal_data: Vec<PersonalData>,
    /// The retailer.
    pub controller: Party,
    /// Who receives the data besides the retailer. For a grant the app, by its public id; for a consent it may be empty:
    /// then the retailer alone receives what was volunteered.
    pub recipients: Vec<Recipient>,
    /// Where the data is stored; not empty.
    pub storage: Vec<StorageLocation>,
    /// How long it is kept.
    pub retention: Retention,
    /// Whose law holds: codes of ISO 3166 (`DE`, `DE-BY`), `EU` or `EEA`; not empty.
    pub jurisdictions: Vec<String>,
    /// Address of the page where the customer stops it.
    pub withdrawal: String,
    /// The customer's rights, and where they are exercised; not empty.
    pub rights: Vec<Right>,
    /// Whom to complain to.
    pub authority: Option<Party>,
    /// What is given in return for what is volunteered.
    pub value: Option<ValueOffered>,
}

/// A published notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `sha256:` of its exact bytes.
    pub digest: String,
    /// BCP 47 tag.
    pub language: String,
}

/// What data is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// The retailer's neutral id.
    pub id: String,
    /// The DPV purpose that it is one of: `dpv:DirectMarketing`, or the whole IRI.
    pub term: String,
    /// In plain words.
    pub words: String,
}

/// A category of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalData {
    /// Of DPV's personal data: `pd:Preference`, or the whole IRI.
    pub category: String,
    /// The retailer's neutral id of the attribute.
    pub attribute: Option<String>,
    /// In plain words.
    pub words: Option<String>,
    /// Whether the customer may leave it out.
    pub optional: bool,
    /// How much it tells.
    pub sensitivity: Sensitivity,
}

/// How much a category of data tells about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// No more than others.
    Ordinary,
    /// More than people like to have known.
    Sensitive,
    /// One of the special categories of GDPR Art. 9.
    Special,
}

/// An organisation, or a person who acts for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The retailer's domain, an app's public id, an authority's domain.
    pub id: String,
    /// Legal name.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// How to reach it: an e-mail or web address, a telephone number.
    pub contact: String,
    /// Its page.
    pub url: Option<String>,
}

/// Who receives data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What they are to the retailer.
    pub role: RecipientRole,
    /// Who they are.
    pub party: Party,
}

/// What a recipient is to the retailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientRole {
    /// The app that a customer lets in, or anybody else who decides on their own what they do with the data.
    ThirdParty,
    /// Somebody who works for the retailer (GDPR Art. 28).
    Processor,
    /// A department of the retailer.
    OwnDepartment,
    /// A public authority.
    Authority,
}

/// A place where data is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageLocation {
    /// A code of ISO 3166 (`DE`, `DE-BY`), `EU` or `EEA`.
    pub place: String,
    /// In plain words.
    pub words: Option<String>,
}

/// How long data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retention {
    /// For a time.
    For {
        /// ISO 8601 duration, such as `P10Y` or `P6W`.
        period: String,
        /// In plain words.
        words: Option<String>,
    },
    /// Until something happens, in plain words.
    Until(String),
}

/// A right of the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Of DPV's GDPR, such as `eu-gdpr:A17`.
    pub term: String,
    /// Where it is exercised.
    pub url: String,
}

/// What is given in return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueOffered {
    /// In plain words.
    pub words: String,
    /// What it is worth, if that can be counted.
    pub amount: Option<Amount>,
}

/// So much of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// A decimal number without a sign.
    pub number: String,
    /// What it counts.
    pub of: Measure,
}

/// What an amount counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Money: an ISO 4217 code.
    Currency(String),
    /// Anything else, such as points.
    Unit(String),
}

impl Configuration {
    /// Whether it has all that a record of this kind needs; `field` is where it stands.
    pub(super) fn check(&self, field: &str, kind: Kind) -> Result<(), InvalidRecord> {
        filled(&self.notice.digest, &format!("{field}.notice.digest"))?;
        filled(&self.notice.language, &format!("{field}.notice.language"))?;
        each(&self.purposes, &format!("{field}.purposes"), |purpose, at| {
            filled(&purpose.id, &format!("{at}.id"))?;
            term(&purpose.term, &["dpv:"], &format!("{at}.term"))?;
            filled(&purpose.words, &format!("{at}.words"))
        })?;
        each(&self.personal_data, &format!("{field}.personal_data"), |data, at| {
            term(&data.category, &["pd:", "dpv:"], &format!("{at}.category"))
        })?;
        self.controller.check(&format!("{field}.controller"))?;
        if kind == Kind::Grant || !self.recipients.is_empty() {
            each(&self.recipients, &format!("{field}.recipients"), |recipient, at| {
                recipient.party.check(&format!("{at}.party"))
            })?;
        }
        each(&self.storage, &format!("{field}.storage"), |location, at| {
            place(&location.place, &format!("{at}.place"))
        })?;
        match &self.retention {
            Retention::For { period: text, .. } | Retention::Until(text) => {
                filled(text, &format!("{field}.retention"))?;
            }
        }
        each(&self.jurisdictions, &format!("{field}.jurisdictions"), |code, at| place(code, at))?;
        address(&self.withdrawal, &format!("{field}.withdrawal"))?;
        each(&self.rights, &format!("{field}.rights"), |right, at| {
            term(&right.term, &["eu-gdpr:"], &format!("{at}.term"))?;
            address(&right.url, &format!("{at}.url"))
        })?;
        if let Some(authority) = &self.authority {
            authority.check(&format!("{field}.authority"))?;
        }
        match &self.value {
            // A grant is an exercise of a right, and a right is never rewarded.
            Some(_) if kind == Kind::Grant => {
                Err(InvalidRecord::unfit(format!("{field}.value"), "is offered for the exercise of a right"))
            }
            Some(value) => value.check(&format!("{field}.value")),
            None => Ok(()),
        }
    }
}

impl Party {
    pub(super) fn check(&self, field: &str) -> Result<(), InvalidRecord> {
        filled(&self.id, &format!("{field}.id"))?;
        filled(&self.name, &format!("{field}.name"))?;
        filled(&self.address, &format!("{field}.address"))?;
        filled(&self.contact, &format!("{field}.contact"))?;
        self.url.as_ref().map_or(Ok(()), |url| address(url, &format!("{field}.url")))
    }
}

impl ValueOffered {
    fn check(&self, field: &str) -> Result<(), InvalidRecord> {
        filled(&self.words, &format!("{field}.words"))?;
        let Some(Amount { number, of }) = &self.amount else { return Ok(()) };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return Err(InvalidRecord::unfit(format!("{field}.amount.number"), "is no decimal number"));
        }
        match of {
            Measure::Unit(unit) => filled(unit, &format!("{field}.amount.of")),
            Measure::Currency(code) if is_code(code, 3) => Ok(()),
            Measure::Currency(_) => {
                Err(InvalidRecord::unfit(format!("{field}.amount.of"), "is no ISO 4217 code"))
            }
        }
    }
}

fn filled(text: &str, field: &str) -> Result<(), InvalidRecord> {
    if text.trim().is_empty() { Err(InvalidRecord::Empty { field: field.to_owned() }) } else { Ok(()) }
}

/// The namespaces of DPV, and the prefixes that stand for them in documents.
const NAMESPACES: [(&str, &str); 3] = [
    ("https://w3id.org/dpv#", "dpv:"),
    ("https://w3id.org/dpv/pd#", "pd:"),
    ("https://w3id.org/dpv/legal/eu/gdpr#", "eu-gdpr:"),
];

/// A term of DPV with its prefix, whether it was given so or as a whole IRI.
pub(super) fn shorten(term: &str) -> String {
    let short =
        |(namespace, prefix): (&str, &str)| Some(format!("{prefix}{}", term.strip_prefix(namespace)?));
    NAMESPACES.into_iter().find_map(short).unwrap_or_else(|| term.to_owned())
}

/// A term of one of the vocabularies with these prefixes. Whether DPV has it is for the schema to say.
fn term(text: &str, prefixes: &[&str], field: &str) -> Result<(), InvalidRecord> {
    filled(text, field)?;
    let short = shorten(text);
    let is_term = |prefix: &&str| short.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
    if prefixes.iter().any(is_term) {
        return Ok(());
    }
    Err(InvalidRecord::unfit(field, "is no term of the vocabulary that belongs there"))
}

/// A code of ISO 3166, or of the Union.
fn place(code: &str, field: &str) -> Result<(), InvalidRecord> {
    filled(code, field)?;
    let country = code.split_once('-').map_or(code, |(country, _)| country);
    if is_code(country, 2) || code == "EEA" {
        return Ok(());
    }
    Err(InvalidRecord::unfit(field, "is no code of ISO 3166"))
}

fn is_code(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn address(text: &str, field: &str) -> Result<(), InvalidRecord> {
    filled(text, field)?;
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(());
    }
    Err(InvalidRecord::unfit(field, "is no web address"))
}

/// Checks each of a list that must not be empty.
fn each<T>(
    list: &[T],
    field: &str,
    check: impl Fn(&T, &str) -> Result<(), InvalidRecord>,
) -> Result<(), InvalidRecord> {
    if list.is_empty() {
        return Err(InvalidRecord::Empty { field: field.to_owned() });
    }
    list.iter().enumerate().try_for_each(|(at, item)| check(item, &format!("{field}[{at}]")))
}
