//! What is done with data, and why: a purpose, and what every grant rests on.

use serde::{Deserialize, Serialize};

use super::reader::{Reader, Rule};
use super::rules::{
    ADDRESS, EXPLICIT_CONSENT, LAWFUL_BASIS, PERSONAL_DATA, PLACE, PORTABILITY, PURPOSE, RIGHT,
};
use super::{Kind, Reference, Texts};

/// One kind of personal data (27560 `pii_information`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalData {
    /// IRI of the kind in DPV (`pii_type`).
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether the person can leave it out (`pii_optional`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Whether it is of a special category (GDPR Art. 9; `special_pii_category`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub special_category: bool,
}

/// How the person ends it (27560 `withdrawal_method`; GDPR Art. 7(3): as easily as it was given).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Where: a path of this server, or an https address.
    pub url: String,
    /// How, in plain words.
    pub says: Texts,
}

/// The mandatory fields of a process in ISO/IEC TS 27560, and those that the GDPR makes mandatory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processing {
    /// What it is called.
    pub title: Texts,
    /// What is done and why, in plain words.
    pub says: Texts,
    /// IRI of the purpose in DPV (`purposes`).
    pub purpose: String,
    /// Such as `eu-gdpr:A6-1-a` (`lawful_basis`).
    pub lawful_basis: String,
    /// Which data (`pii_information`).
    pub personal_data: Vec<PersonalData>,
    /// For how long (`retention_period`).
    pub retention: Reference,
    /// Who gets it (`recipient_third_parties`).
    pub recipients: Vec<Reference>,
    /// Who answers for it (`pii_controllers`).
    pub controller: Reference,
    /// What the person is told (`privacy_notice`).
    pub notice: Reference,
    /// The terms of use; a grant has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Reference>,
    /// Whose law holds: codes of ISO 3166, or EU (`jurisdiction`).
    pub jurisdiction: Vec<String>,
    /// Where the data is: codes of ISO 3166 (`storage_locations`).
    pub storage_locations: Vec<String>,
    /// How the person ends it (`withdrawal_method`).
    pub withdrawal_method: Withdrawal,
    /// The rights that the person has: `eu-gdpr:A7-3` (`privacy_rights`).
    pub rights: Vec<String>,
    /// Where its data protection impact assessment is kept (GDPR Art. 35; `impact_assessment`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact_assessment: Option<String>,
}

/// Every lawful basis that a purpose or a grant can have.
const BASES: [&str; 8] = [
    "eu-gdpr:A6-1-a",
    "eu-gdpr:A6-1-b",
    "eu-gdpr:A6-1-c",
    "eu-gdpr:A6-1-d",
    "eu-gdpr:A6-1-e",
    "eu-gdpr:A6-1-f",
    EXPLICIT_CONSENT,
    "eu-gdpr:A20",
];

impl Processing {
    /// The lawful basis, as entries have it.
    pub fn basis(&self) -> Option<&'static str> {
        BASES.into_iter().find(|basis| *basis == self.lawful_basis)
    }

    /// Whether some of the data is of a special category.
    pub fn is_special(&self) -> bool {
        self.personal_data.iter().any(|data| data.special_category)
    }

    pub(super) fn references(&self) -> Vec<(Kind, &Reference)> {
        let mut named = vec![
            (Kind::Retention, &self.retention),
            (Kind::Realm, &self.controller),
            (Kind::Notice, &self.notice),
        ];
        named.extend(self.recipients.iter().map(|recipient| (Kind::Recipient, recipient)));
        named.extend(self.terms.iter().map(|terms| (Kind::Terms, terms)));
        named
    }

    /// A purpose, which always has terms.
    pub(super) fn read_purpose(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let terms = reader.reference("terms", Kind::Terms);
        let read = Self::read(reader, &LAWFUL_BASIS)?;
        Some(Self { terms: Some(terms?), ..read })
    }

    /// What grants rest on.
    pub(super) fn read_grant(reader: &mut Reader<'_, '_>) -> Option<Self> {
        Self::read(reader, &PORTABILITY)
    }

    fn read(reader: &mut Reader<'_, '_>, basis: &Rule) -> Option<Self> {
        let (title, says) = (reader.texts("title"), reader.texts("says"));
        let (purpose, lawful_basis) = (reader.word("purpose", &PURPOSE), reader.word("lawful_basis", basis));
        let personal_data = read_personal_data(reader);
        let retention = reader.reference("retention", Kind::Retention);
        let recipients = reader.references("recipients", Kind::Recipient);
        let controller = reader.reference("controller", Kind::Realm);
        let notice = reader.reference("notice", Kind::Notice);
        let jurisdiction = reader.words("jurisdiction", &PLACE);
        let storage_locations = reader.words("storage_locations", &PLACE);
        let withdrawal_method = read_withdrawal(reader);
        let rights = reader.words("rights", &RIGHT);
        let impact_assessment = reader.optional_text("impact_assessment");
        let is_special = personal_data.iter().flatten().any(|data| data.special_category);
        check_special(reader, basis, is_special, lawful_basis.as_deref());
        Some(Self {
            title: title?,
            says: says?,
            purpose: purpose?,
            lawful_basis: lawful_basis?,
            personal_data: personal_data?,
            retention: retention?,
            recipients: recipients?,
            controller: controller?,
            notice: notice?,
            terms: None,
            jurisdiction: jurisdiction?,
            storage_locations: storage_locations?,
            withdrawal_method: withdrawal_method?,
            rights: rights?,
            impact_assessment,
        })
    }
}

fn read_personal_data(reader: &mut Reader<'_, '_>) -> Option<Vec<PersonalData>> {
    let tables = reader.tables("personal_data")?;
    let read = tables.into_iter().map(|mut table| {
        let data_type = table.word("type", &PERSONAL_DATA);
        let (optional, special_category) = (table.flag("optional"), table.flag("special_category"));
        table.finish();
        Some(PersonalData { data_type: data_type?, optional, special_category })
    });
    // Each is read, so that the mistakes of all are told.
    let read: Vec<Option<PersonalData>> = read.collect();
    read.into_iter().collect()
}

fn read_withdrawal(reader: &mut Reader<'_, '_>) -> Option<Withdrawal> {
    let mut table = reader.table("withdrawal_method")?;
    let (url, says) = (table.word("url", &ADDRESS), table.texts("says"));
    table.finish();
    Some(Withdrawal { url: url?, says: says? })
}

/// A special category needs explicit consent (GDPR Art. 9(2)(a)) and an impact assessment (Art. 35(3)(b)). A grant is
/// no consent: it gives the person's own data to whom the person says.
fn check_special(reader: &Reader<'_, '_>, basis: &Rule, is_special: bool, lawful_basis: Option<&str>) {
    if !is_special {
        return;
    }
    let may_be_consent = (basis.holds)(EXPLICIT_CONSENT);
    if may_be_consent && lawful_basis.is_some_and(|basis| basis != EXPLICIT_CONSENT) {
        reader.mistake(
            "lawful_basis",
            format!("must be {EXPLICIT_CONSENT}: some personal data is of a special category"),
        );
    }
    if !reader.has("impact_assessment") {
        reader.mistake("impact_assessment", "must be given: some personal data is of a special category");
    }
}
