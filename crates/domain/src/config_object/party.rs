//! Those who are named: the controller, and who gets data.

use serde::{Deserialize, Serialize};

use super::Texts;
use super::reader::Reader;
use super::rules::PARTY_TYPE;

/// Who somebody is and how to reach them (ISO/IEC TS 27560 `party_name`, `party_address`, `party_contact`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The name in full, as a company register or a court would know it.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// An e-mail address, telephone number or page.
    pub contact: String,
}

impl Party {
    fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let (name, address, contact) = (reader.text("name"), reader.text("address"), reader.text("contact"));
        Some(Self { name: name?, address: address?, contact: contact? })
    }
}

/// The retailer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realm {
    /// The controller (GDPR Art. 4(7), 13(1)(a)).
    pub controller: Party,
    /// How to reach the data protection officer, if there is one (Art. 13(1)(b)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// The authority to complain to (Art. 13(2)(d), 77).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

impl Realm {
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let controller = reader.table("controller").and_then(|mut table| {
            let party = Party::read(&mut table);
            table.finish();
            party
        });
        let (officer, authority) = (reader.optional_text("officer"), reader.optional_text("authority"));
        Some(Self { controller: controller?, officer, authority })
    }
}

/// What a recipient is to the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyType {
    /// The app that a customer lets in; each entry names its own.
    App,
    /// A department of the controller.
    OwnDepartment,
    /// Somebody who works for the controller (GDPR Art. 28).
    Processor,
    /// Somebody else.
    ThirdParty,
    /// A public authority.
    Authority,
}

impl PartyType {
    /// Reads the word of files.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "app" => Self::App,
            "own_department" => Self::OwnDepartment,
            "processor" => Self::Processor,
            "third_party" => Self::ThirdParty,
            "authority" => Self::Authority,
            _ => return None,
        })
    }
}

/// Who gets data (27560 `recipient_third_parties`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// What it is.
    pub party_type: PartyType,
    /// Who it is; absent for the app, which each entry names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    /// What it does with the data, in plain words.
    pub says: Texts,
}

impl Recipient {
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let party_type = reader.word("party_type", &PARTY_TYPE).and_then(|name| PartyType::from_name(&name));
        let says = reader.texts("says");
        // An app is named by each entry: a name here would be of another app.
        if party_type == Some(PartyType::App) {
            return Some(Self { party_type: party_type?, party: None, says: says? });
        }
        let party = Party::read(reader);
        Some(Self { party_type: party_type?, party: Some(party?), says: says? })
    }
}
