//! A record's configuration from what was published.

use counterfoil_domain::config_object::{
    self as published, Body, Object, Offer, PartyType, Processing, Reference, Then,
};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, Result, config_objects};

use super::{
    Amount, Configuration, Measure, Notice, Party, PersonalData, Purpose, Recipient, RecipientRole,
    Retention, Right, Sensitivity, StorageLocation, ValueOffered,
};
use crate::config::fingerprint;

/// The right to withdraw consent (GDPR Art. 7(3)), which is used where the withdrawal method says.
const WITHDRAW: &str = "eu-gdpr:A7-3";

/// Beside what was published, what a record's configuration is made of.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The public address of the service, without a slash at its end.
    pub service: &'a str,
    /// Its host: what the retailer is called by.
    pub domain: &'a str,
    /// The app that a grant names.
    pub app: Option<&'a Party>,
    /// The language in which the customer was shown it (BCP 47).
    pub language: &'a str,
}

impl Configuration {
    /// The configuration of a hash that an entry names; `None` where no object was published under it, or one that a
    /// record cannot rest on.
    ///
    /// # Errors
    /// The database's, and [`Error::Corrupt`] for an object that cannot be read or names one that is not there.
    pub fn published(conn: &mut Conn, hash: &str, around: &Around<'_>) -> Result<Option<Self>> {
        let Some(object) = find(conn, hash)? else { return Ok(None) };
        let id = object.id.as_str().to_owned();
        let (id, processing, offer) = match object.body {
            Body::Grant(processing) | Body::Purpose(processing) => (id, processing, None),
            Body::Ask(ask) => {
                let purpose = named(conn, &ask.purpose)?;
                let Body::Purpose(processing) = purpose.body else { return Err(unfit(&ask.purpose.hash)) };
                (purpose.id.as_str().to_owned(), processing, Some(ask.offer))
            }
            _ => return Ok(None),
        };
        let made = Made { id: &id, processing: &processing, around };
        Ok(Some(Self {
            hash: hash.to_owned(),
            notice: made.notice(conn)?,
            purposes: vec![made.purpose()],
            personal_data: made.personal_data(),
            controller: made.controller(conn)?,
            recipients: made.recipients(conn)?,
            storage: made.storage(),
            retention: made.retention(conn)?,
            jurisdictions: processing.jurisdiction.clone(),
            withdrawal: made.address(&processing.withdrawal_method.url),
            rights: made.rights(),
            // An authority is published as one text, without the address that a party needs.
            authority: None,
            value: offer.map(|offer| value(&offer, around.language)),
        }))
    }
}

/// What is made of a purpose, or of what grants rest on.
struct Made<'a> {
    id: &'a str,
    processing: &'a Processing,
    around: &'a Around<'a>,
}

impl Made<'_> {
    /// The notice in the version that was published: it is told by the hash of its text in the customer's language.
    fn notice(&self, conn: &mut Conn) -> Result<Notice> {
        let reference = &self.processing.notice;
        let Body::Notice(document) = named(conn, reference)?.body else { return Err(unfit(&reference.hash)) };
        let language = self.around.language;
        let has_it = document.text.iter().any(|(spoken, _)| spoken == language);
        let language = if has_it { language } else { published::MAIN_LANGUAGE };
        Ok(Notice {
            digest: fingerprint(document.text.of(language).as_bytes()),
            language: language.to_owned(),
        })
    }

    fn purpose(&self) -> Purpose {
        let Processing { purpose, says, .. } = self.processing;
        Purpose {
            id: self.id.to_owned(),
            term: purpose.clone(),
            words: says.of(self.around.language).to_owned(),
        }
    }

    fn personal_data(&self) -> Vec<PersonalData> {
        let each = self.processing.personal_data.iter().map(|data| PersonalData {
            category: data.data_type.clone(),
            attribute: None,
            words: None,
            optional: data.optional,
            sensitivity: if data.special_category { Sensitivity::Special } else { Sensitivity::Ordinary },
        });
        each.collect()
    }

    fn controller(&self, conn: &mut Conn) -> Result<Party> {
        let reference = &self.processing.controller;
        let Body::Realm(realm) = named(conn, reference)?.body else { return Err(unfit(&reference.hash)) };
        let Around { service, domain, .. } = self.around;
        Ok(party(domain, realm.controller, Some((*service).to_owned())))
    }

    fn recipients(&self, conn: &mut Conn) -> Result<Vec<Recipient>> {
        let mut recipients = Vec::new();
        for reference in &self.processing.recipients {
            let Body::Recipient(recipient) = named(conn, reference)?.body else {
                return Err(unfit(&reference.hash));
            };
            let role = match recipient.party_type {
                PartyType::App | PartyType::ThirdParty => RecipientRole::ThirdParty,
                PartyType::OwnDepartment => RecipientRole::OwnDepartment,
                PartyType::Processor => RecipientRole::Processor,
                PartyType::Authority => RecipientRole::Authority,
            };
            let who = match recipient.party {
                Some(named) => Some(party(reference.id.as_str(), named, None)),
                // Which app it is only the grant says.
                None => self.around.app.cloned(),
            };
            recipients.extend(who.map(|party| Recipient { role, party }));
        }
        Ok(recipients)
    }

    fn storage(&self) -> Vec<StorageLocation> {
        let places = self.processing.storage_locations.iter();
        places.map(|place| StorageLocation { place: place.clone(), words: None }).collect()
    }

    fn retention(&self, conn: &mut Conn) -> Result<Retention> {
        let reference = &self.processing.retention;
        let Body::Retention(kept) = named(conn, reference)?.body else { return Err(unfit(&reference.hash)) };
        let words = kept.says.of(self.around.language).to_owned();
        let is_period = kept.period.starts_with('P') && kept.then == Then::Delete;
        Ok(if is_period {
            Retention::For { period: kept.period, words: Some(words) }
        } else {
            Retention::Until(words)
        })
    }

    fn rights(&self) -> Vec<Right> {
        let each = self.processing.rights.iter().map(|term| {
            let place = if term == WITHDRAW { &self.processing.withdrawal_method.url } else { "/rights" };
            Right { term: term.clone(), url: self.address(place) }
        });
        each.collect()
    }

    /// An address of the service, or one elsewhere.
    fn address(&self, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.around.service) } else { url.to_owned() }
    }
}

fn party(id: &str, party: published::Party, url: Option<String>) -> Party {
    let published::Party { name, address, contact } = party;
    Party { id: id.to_owned(), name, address, contact, url }
}

fn value(offer: &Offer, language: &str) -> ValueOffered {
    let of = match (&offer.currency, &offer.unit) {
        (Some(currency), _) => Some(Measure::Currency(currency.clone())),
        (None, unit) => unit.clone().map(Measure::Unit),
    };
    let number = offer.amount.clone();
    ValueOffered { words: offer.says.of(language).to_owned(), amount: of.map(|of| Amount { number, of }) }
}

/// The object of a hash, if it was published.
fn find(conn: &mut Conn, hash: &str) -> Result<Option<Object>> {
    let Some(row) = config_objects::by_hash(conn, hash)? else { return Ok(None) };
    Object::parse(&row.document).map(Some).map_err(|_| unfit(hash))
}

/// An object that a published one names.
fn named(conn: &mut Conn, reference: &Reference) -> Result<Object> {
    find(conn, &reference.hash)?.ok_or_else(|| unfit(&reference.hash))
}

fn unfit(hash: &str) -> Error {
    Error::corrupt("config_objects", "document", hash)
}
