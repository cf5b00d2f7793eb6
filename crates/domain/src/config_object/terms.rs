//! Which terms of DPV 2.3 a retailer's objects can name: those of the JSON Schema of records, so that what is published
//! always makes a record that is valid.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The schema of consent records, whose lists are checked against a copy of DPV by `tests/schemas/terms.py`.
const SCHEMA: &str = include_str!("../../../../openapi/schemas/consent-record.schema.json");

/// The namespaces of terms, and the prefixes that stand for them.
const NAMESPACES: [(&str, &str); 2] =
    [("https://w3id.org/dpv/pd#", "pd:"), ("https://w3id.org/dpv#", "dpv:")];

/// A list of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Purposes.
    Purposes,
    /// Categories of personal data.
    PersonalData,
}

#[derive(Deserialize)]
struct Schema {
    #[serde(rename = "$defs")]
    defs: BTreeMap<String, Definition>,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(default, rename = "enum")]
    terms: Vec<serde_json::Value>,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Purposes => "purposeTerm",
            Self::PersonalData => "piiTerm",
        }
    }

    /// Whether an IRI is that of a term in the list.
    pub(super) fn has(self, iri: &str) -> bool {
        let short = NAMESPACES.iter().find_map(|(namespace, prefix)| {
            iri.strip_prefix(namespace).map(|name| format!("{prefix}{name}"))
        });
        // Read anew each time: objects are published seldom. That it can be read the tests show.
        let schema: Option<Schema> = serde_json::from_str(SCHEMA).ok();
        let list = schema.as_ref().and_then(|schema| schema.defs.get(self.name()));
        short
            .zip(list)
            .is_some_and(|(short, list)| list.terms.iter().any(|term| term.as_str() == Some(short.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terms_that_there_are_can_be_named() {
        for (list, iri) in [
            (List::Purposes, "https://w3id.org/dpv#DirectMarketing"),
            (List::Purposes, "https://w3id.org/dpv#RightsFulfilment"),
            (List::PersonalData, "https://w3id.org/dpv/pd#Intention"),
            (List::PersonalData, "https://w3id.org/dpv#ProvidedPersonalData"),
        ] {
            assert!(list.has(iri), "{iri}");
        }
        for (list, iri) in [
            (List::Purposes, "https://w3id.org/dpv#DirectMarketting"),
            (List::Purposes, "https://w3id.org/dpv/pd#Intention"),
            (List::Purposes, "dpv:DirectMarketing"),
            (List::PersonalData, "https://w3id.org/dpv/pd#Email"),
            (List::PersonalData, "https://w3id.org/dpv#DirectMarketing"),
            (List::PersonalData, ""),
        ] {
            assert!(!list.has(iri), "{iri}");
        }
    }
}
