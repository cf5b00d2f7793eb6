//! 27560, parties: who a record speaks of, each described once.

use serde::Serialize;

use super::Party;

/// What a party is in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The retailer.
    Controller,
    /// Who receives data and is neither the retailer nor the customer.
    ThirdParty,
    /// Who works for the retailer.
    Processor,
    /// A part of the retailer.
    OwnDepartment,
    /// Whom to complain to, or another public authority.
    Authority,
    /// Who acts for the customer.
    Representative,
}

impl Role {
    fn term(self) -> &'static str {
        match self {
            Self::Controller => "dpv:DataController",
            Self::ThirdParty => "dpv:ThirdParty",
            Self::Processor => "dpv:DataProcessor",
            Self::OwnDepartment => "dpv:OrganisationalUnit",
            Self::Authority => "dpv:Authority",
            Self::Representative => "dpv:Representative",
        }
    }
}

/// A party as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PartyNode {
    #[serde(rename = "@id")]
    iri: String,
    #[serde(flatten)]
    described: Described,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Described {
    #[serde(rename = "partyId")]
    id: String,
    #[serde(rename = "partyType")]
    class: &'static str,
    #[serde(rename = "partyName")]
    name: String,
    #[serde(rename = "partyAddress", skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(rename = "partyContact", skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    #[serde(rename = "partyUrl", skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// The parties of a record as they come up. One that moved house between two configurations is there twice, each time
/// as the customer was told.
#[derive(Debug)]
pub(super) struct Register {
    record: String,
    nodes: Vec<PartyNode>,
}

impl Register {
    /// For the record of this IRI.
    pub(super) fn new(record: &str) -> Self {
        Self { record: record.to_owned(), nodes: Vec::new() }
    }

    /// The customer: 27560 demands a name, and has the pseudonym.
    pub(super) fn subject(&mut self, pseudonym: &str) -> String {
        self.enter(Described {
            id: pseudonym.to_owned(),
            class: "dpv:DataSubject",
            name: pseudonym.to_owned(),
            address: None,
            contact: None,
            url: None,
        })
    }

    /// Anybody else.
    pub(super) fn organisation(&mut self, role: Role, party: &Party) -> String {
        self.enter(Described {
            id: party.id.clone(),
            class: role.term(),
            name: party.name.clone(),
            address: Some(party.address.clone()),
            contact: Some(party.contact.clone()),
            url: party.url.clone(),
        })
    }

    /// The IRI of a party, which is entered unless it is there.
    fn enter(&mut self, described: Described) -> String {
        if let Some(node) = self.nodes.iter().find(|node| node.described == described) {
            return node.iri.clone();
        }
        let iri = format!("{}#party-{}", self.record, self.nodes.len() + 1);
        self.nodes.push(PartyNode { iri: iri.clone(), described });
        iri
    }

    /// All of them, in the order in which they came up.
    pub(super) fn into_nodes(self) -> Vec<PartyNode> {
        self.nodes
    }
}
