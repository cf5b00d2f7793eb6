//! Rules for single words of objects: terms, codes, addresses.

use super::reader::Rule;
use super::terms::List;
use crate::money;

/// A term of DPV: a purpose.
pub(super) const PURPOSE: Rule = Rule {
    holds: |text| List::Purposes.has(text),
    says: "must be the IRI of a purpose in DPV that a retailer can have (purposeTerm in \
           openapi/schemas/consent-record.schema.json), such as https://w3id.org/dpv#DirectMarketing",
};

/// A term of DPV or of one of its extensions: a kind of personal data.
pub(super) const PERSONAL_DATA: Rule = Rule {
    holds: |text| List::PersonalData.has(text),
    says: "must be the IRI of a kind of personal data in DPV (piiTerm in \
           openapi/schemas/consent-record.schema.json), such as https://w3id.org/dpv/pd#Preference",
};

/// A grant's lawful basis: the right to data portability.
pub(super) const PORTABILITY: Rule = Rule {
    holds: |text| text == "eu-gdpr:A20",
    says: "must be eu-gdpr:A20: a grant is the customer's instruction under their right to data portability",
};

/// Explicit consent to a special category of personal data.
pub(super) const EXPLICIT_CONSENT: &str = "eu-gdpr:A9-2-a";

/// A purpose's lawful basis.
pub(super) const LAWFUL_BASIS: Rule = Rule {
    holds: |text| {
        let letter = text
            .strip_prefix("eu-gdpr:A6-1-")
            .is_some_and(|letter| matches!(letter, "a" | "b" | "c" | "d" | "e" | "f"));
        letter || text == EXPLICIT_CONSENT
    },
    says: "must be a lawful basis of GDPR Art. 6(1), such as eu-gdpr:A6-1-a, or eu-gdpr:A9-2-a (explicit consent)",
};

/// A right of the person.
pub(super) const RIGHT: Rule = Rule {
    holds: |text| {
        let article = text.strip_prefix("eu-gdpr:A").unwrap_or_default();
        matches!(article, "7-3" | "13" | "14" | "15" | "16" | "17" | "18" | "19" | "20" | "21" | "22" | "77")
    },
    says: "must be a right of the GDPR, such as eu-gdpr:A7-3 (withdraw) or eu-gdpr:A17 (erasure)",
};

/// A country or a part of one.
pub(super) const PLACE: Rule = Rule {
    holds: |text| {
        let (country, part) =
            text.split_once('-').map_or((text, None), |(country, part)| (country, Some(part)));
        let is_code =
            |code: &str| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        is_country && part.is_none_or(|part| (1..=3).contains(&part.len()) && is_code(part))
    },
    says: "must be a country by ISO 3166, such as DE, or a part of one, such as DE-BY; EU for the Union",
};

/// Where something is done: a page of this server, or elsewhere.
pub(super) const ADDRESS: Rule = Rule {
    holds: |text| {
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        is_plain && (is_path || text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()))
    },
    says: "must be a path of this server that begins with /, or an https address",
};

/// For how long: a number of days, weeks, months or years.
pub(super) const PERIOD: Rule = Rule { holds: is_period, says: "must be a period such as P30D, P6M or P2Y" };

/// For how long data is kept.
pub(super) const KEEPING: Rule = Rule {
    holds: |text| text == "until_withdrawn" || is_period(text),
    says: "must be until_withdrawn, or a period such as P30D, P6M or P2Y",
};

/// The part of ISO 8601 that people can agree on: one number of one unit.
fn is_period(text: &str) -> bool {
    let number = text.strip_prefix('P').and_then(|rest| rest.strip_suffix(['D', 'W', 'M', 'Y']));
    number.is_some_and(|number| {
        (1..=4).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !number.starts_with('0')
    })
}

/// What becomes of data afterwards.
pub(super) const THEN: Rule =
    Rule { holds: |text| matches!(text, "delete" | "anonymise"), says: "must be delete or anonymise" };

/// What a recipient is.
pub(super) const PARTY_TYPE: Rule = Rule {
    holds: |text| super::PartyType::from_name(text).is_some(),
    says: "must be app, own_department, processor, third_party or authority",
};

/// An amount, as text.
pub(super) const AMOUNT: Rule = Rule {
    holds: |text| {
        let number = money::read(text, money::ANY_CURRENCY_PLACES);
        number.is_ok_and(|number| !number.is_sign_negative())
    },
    says: "must be a decimal number of at most four places that is not negative, as text: \"5.00\"",
};

/// A currency.
pub(super) const CURRENCY: Rule = Rule {
    holds: |text| iso_currency::Currency::from_code(text).is_some(),
    says: "must be a currency by ISO 4217, such as EUR",
};
