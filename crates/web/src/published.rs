//! Configuration objects, read to be shown: what an ask says and what it rests on.

use std::collections::BTreeMap;

use counterfoil_domain::config_object::{Ask, Body, Document, Kind, Object, Processing, Realm};
use counterfoil_store::config_objects::{self, Published};
use counterfoil_store::{Error, Result};
use counterfoil_volunteered::Volunteering;
use minijinja::{Value, context};

use crate::pages::Pages;

/// What objects say, by their hashes.
#[derive(Debug, Default)]
pub(crate) struct Objects(BTreeMap<String, Body>);

/// A purpose in use.
#[derive(Debug)]
pub(crate) struct InUse {
    /// Its id.
    pub(crate) id: String,
    /// What it says.
    pub(crate) processing: Processing,
}

fn read(published: &Published) -> Result<Body> {
    let corrupt = |_| Error::corrupt("config_objects", "document", &published.hash);
    Ok(Object::parse(&published.document).map_err(corrupt)?.body)
}

impl Objects {
    /// Those with these hashes, and what they name, and what that names.
    pub(crate) async fn load(v: &Volunteering, hashes: Vec<String>) -> Result<Self> {
        v.store()
            .read(move |conn| {
                let (mut found, mut wanted) = (BTreeMap::new(), hashes);
                while let Some(hash) = wanted.pop() {
                    if found.contains_key(&hash) {
                        continue;
                    }
                    let published = config_objects::by_hash(conn, &hash)?;
                    let missing = || Error::corrupt("config_objects", "hash", &hash);
                    let body = read(&published.ok_or_else(missing)?)?;
                    wanted.extend(body.references().into_iter().map(|(_, named)| named.hash.clone()));
                    found.insert(hash, body);
                }
                Ok(Self(found))
            })
            .await
    }

    /// What an ask says.
    pub(crate) fn ask(&self, hash: &str) -> Option<&Ask> {
        match self.0.get(hash) {
            Some(Body::Ask(ask)) => Some(ask),
            _ => None,
        }
    }

    /// What a purpose says.
    pub(crate) fn purpose(&self, hash: &str) -> Option<&Processing> {
        match self.0.get(hash) {
            Some(Body::Purpose(processing)) => Some(processing),
            _ => None,
        }
    }

    fn document(&self, hash: &str) -> Option<&Document> {
        match self.0.get(hash) {
            Some(Body::Notice(document) | Body::Terms(document)) => Some(document),
            _ => None,
        }
    }

    /// What somebody knows before they answer an ask for a purpose: the values of `deal.html`. `is_given` when what is
    /// offered was given before.
    pub(crate) fn deal(
        &self,
        pages: &Pages,
        ask: &Ask,
        processing: &Processing,
        open_until: Option<&str>,
        is_given: bool,
    ) -> Value {
        let language = pages.words().tag();
        let kept = match self.0.get(&processing.retention.hash) {
            Some(Body::Retention(retention)) => retention.says.of(language),
            _ => "",
        };
        let recipients = processing.recipients.iter().filter_map(|named| match self.0.get(&named.hash) {
            Some(Body::Recipient(recipient)) => Some(recipient.says.of(language)),
            _ => None,
        });
        let documents = std::iter::once(&processing.notice).chain(&processing.terms);
        let documents = documents.filter_map(|named| self.document(&named.hash)).map(|document| {
            let lines = document.text.of(language).lines().filter(|line| !line.trim().is_empty());
            context! { title => document.title.of(language), lines => lines.collect::<Vec<_>>() }
        });
        let offer = &ask.offer;
        let is_money = offer.is_reward() && offer.currency.is_some();
        let currency = offer.currency.as_deref().unwrap_or_default();
        context! {
            offer => offer.says.of(language),
            worth => is_money.then(|| Value::from_safe_string(pages.words().money(&offer.amount, currency))),
            is_given,
            without => ask.without.of(language),
            purpose => processing.title.of(language),
            says => processing.says.of(language),
            recipients => recipients.collect::<Vec<_>>(),
            kept,
            end => processing.withdrawal_method.says.of(language),
            open_until,
            is_special => processing.is_special(),
            documents => documents.collect::<Vec<_>>(),
        }
    }
}

/// The latest version of each purpose in use, by id.
pub(crate) async fn purposes(v: &Volunteering) -> Result<Vec<InUse>> {
    v.store()
        .read(|conn| {
            let mut latest = BTreeMap::new();
            // They come by version: a later one takes the place of the one before.
            for object in config_objects::list(conn)? {
                if object.kind == Kind::Purpose.name() {
                    latest.insert(object.id.clone(), object);
                }
            }
            let mut all = Vec::new();
            for object in latest.values().filter(|object| object.retired_at.is_none()) {
                if let Body::Purpose(processing) = read(object)? {
                    all.push(InUse { id: object.id.clone(), processing: *processing });
                }
            }
            Ok(all)
        })
        .await
}

/// Who answers for customers' data; nothing where nobody has said.
pub(crate) async fn realm(v: &Volunteering) -> Result<Option<Realm>> {
    v.store()
        .read(|conn| {
            let Some(hash) = config_objects::in_use(conn, Kind::Realm.name())? else { return Ok(None) };
            let published = config_objects::by_hash(conn, &hash)?;
            match published.as_ref().map(read).transpose()? {
                Some(Body::Realm(realm)) => Ok(Some(realm)),
                _ => Err(Error::corrupt("config_objects", "kind", &hash)),
            }
        })
        .await
}
