//! What the record of processing activities takes from published objects.

use std::collections::BTreeMap;

use counterfoil_domain::config_object::{Body, MAIN_LANGUAGE, Object, PartyType, Processing, Reference};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, Result, config_objects};

use super::processing::{Activity, Controller, Recipient};

/// The countries of the European Economic Area, by ISO 3166, and the codes that stand for all of them.
const EEA: [&str; 32] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "EU", "EEA",
];

/// Objects in use: of each the latest version, unless it is retired.
#[derive(Debug, Default)]
pub(super) struct Published {
    objects: BTreeMap<(String, String), (String, Object)>,
}

impl Published {
    /// Reads what is in use now.
    ///
    /// # Errors
    /// The database's, and [`Error::Corrupt`] for an object that cannot be read.
    pub(super) fn read(conn: &mut Conn) -> Result<Self> {
        let mut objects = BTreeMap::new();
        // By version: a later one takes the place of the one before.
        for row in config_objects::list(conn)? {
            let key = (row.kind, row.id);
            if row.retired_at.is_some() {
                objects.remove(&key);
                continue;
            }
            let object = Object::parse(&row.document)
                .map_err(|_| Error::corrupt("config_objects", "document", row.hash.clone()))?;
            objects.insert(key, (row.hash, object));
        }
        Ok(Self { objects })
    }

    /// Who decides, where that is published.
    pub(super) fn controller(&self) -> Option<Controller> {
        self.objects.values().find_map(|(_, object)| {
            let Body::Realm(realm) = &object.body else { return None };
            let party = &realm.controller;
            Some(Controller {
                name: party.name.clone(),
                contact: Some(format!("{}; {}", party.address, party.contact)),
                protection_officer: realm.officer.clone(),
            })
        })
    }

    /// What grants rest on: its hash, and the object.
    pub(super) fn grant(&self) -> Option<(&str, &Processing)> {
        self.objects.values().find_map(|(hash, object)| match &object.body {
            Body::Grant(processing) => Some((hash.as_str(), processing.as_ref())),
            _ => None,
        })
    }

    /// The purposes for which customers are asked, each an activity.
    pub(super) fn purposes(&self) -> Vec<Activity> {
        let each = self.objects.values().filter_map(|(hash, object)| {
            let Body::Purpose(processing) = &object.body else { return None };
            Some(Activity {
                id: object.id.as_str().to_owned(),
                purpose: processing.says.of(MAIN_LANGUAGE).to_owned(),
                basis: Some(processing.lawful_basis.clone()),
                data_subjects: vec!["customers".to_owned()],
                categories: processing.personal_data.iter().map(|data| data.data_type.clone()).collect(),
                recipients: self.recipients(&processing.recipients),
                transfers: Some(third_countries(processing)),
                retention: self.kept(processing),
                config: Some(hash.clone()),
            })
        });
        each.collect()
    }

    /// For how long what belongs to a purpose is kept, in the operator's words.
    pub(super) fn kept(&self, processing: &Processing) -> Option<String> {
        self.named("retention", &processing.retention).and_then(|object| match &object.body {
            Body::Retention(kept) => Some(kept.says.of(MAIN_LANGUAGE).to_owned()),
            _ => None,
        })
    }

    fn recipients(&self, references: &[Reference]) -> Vec<Recipient> {
        let each = references.iter().filter_map(|reference| {
            let Body::Recipient(recipient) = &self.named("recipient", reference)?.body else { return None };
            // Apps are in the register, each with what it may ask for.
            let party = recipient.party.as_ref().filter(|_| recipient.party_type != PartyType::App)?;
            Some(Recipient {
                id: reference.id.as_str().to_owned(),
                name: recipient.says.of(MAIN_LANGUAGE).to_owned(),
                operator: party.name.clone(),
                address: Some(party.address.clone()),
                contact: Some(party.contact.clone()),
                categories: Vec::new(),
                state: "published".to_owned(),
            })
        });
        each.collect()
    }

    fn named(&self, kind: &str, reference: &Reference) -> Option<&Object> {
        let key = (kind.to_owned(), reference.id.as_str().to_owned());
        self.objects.get(&key).map(|(_, object)| object)
    }
}

/// Where data is stored outside the European Economic Area (GDPR Art. 44).
pub(super) fn third_countries(processing: &Processing) -> Vec<String> {
    let country = |place: &str| place.split('-').next().unwrap_or_default().to_owned();
    let mut outside: Vec<String> = processing.storage_locations.iter().map(|place| country(place)).collect();
    outside.retain(|code| !EEA.contains(&code.as_str()));
    outside.sort_unstable();
    outside.dedup();
    outside
}
