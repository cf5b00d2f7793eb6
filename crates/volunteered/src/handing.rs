//! Handing items to systems of the retailer, and what these report.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::Id;
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::{ClientId, ConsentId, ItemId, Person};
use counterfoil_domain::item;
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::{About, Draft};
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::{self, Consent};
use counterfoil_store::items::{self, Item};
use counterfoil_store::{dark, people};
use serde_json::{Value, json};

use crate::objections::standing_in;
use crate::once::Once;
use crate::values::open;
use crate::{Fault, VolunteeredError, Volunteering, names, published};

/// A system of the retailer: an internal app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its id.
    pub client_id: ClientId,
    /// What it is called.
    pub name: String,
}

/// An item that leaves. Its entry is written by then.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedItem {
    /// Its public id.
    pub item_id: ItemId,
    /// Whose.
    pub person: Person,
    /// The customer's id, as the retailer's systems know it.
    pub customer_id: String,
    /// The consent that it rests on.
    pub consent_id: ConsentId,
    /// Id of the ask.
    pub ask: String,
    /// The version of the ask.
    pub ask_version: u32,
    /// Counts what happened to it: a lower one is older.
    pub version: i64,
    /// The value.
    pub value: Value,
    /// Until when it may be used, unless it is taken back before.
    pub until: Option<DateTime<Utc>>,
    /// Where it stands in the order of the consent log.
    pub seq: i64,
}

/// What stands in one place of the order.
#[derive(Debug, Clone, PartialEq)]
pub enum Handed {
    /// An item that can be used.
    Item(Box<HandedItem>),
    /// An item that cannot be used (any more): whoever has it deletes it.
    Tombstone {
        /// Which.
        item_id: ItemId,
        /// Where it stands in the order of the consent log.
        seq: i64,
    },
}

/// A page of items.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In the order of the consent log.
    pub items: Vec<Handed>,
    /// From where to go on: the number of the last one, or what was given.
    pub next: i64,
    /// Whether there is more now.
    pub has_more: bool,
}

/// A use that a system reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Which item.
    pub item_id: ItemId,
    /// When.
    pub at: DateTime<Utc>,
    /// For what, in the system's own words, without personal data: at most 200 characters.
    pub says: String,
}

/// Most items of a page.
pub const MOST: u32 = 500;
/// Most characters of what a system says about a use.
const LONGEST: usize = 200;

/// A page of what can be used for a purpose now, after the place `after` in the order of the consent log (-1 is its
/// beginning). Each item that it holds has an entry when this returns; what was taken back before that is not in it.
///
/// # Errors
/// [`VolunteeredError::UnknownPurpose`], and the store's while the ledger is behind.
pub async fn fetch(
    v: &Volunteering,
    system: &System,
    purpose: &str,
    after: i64,
    limit: u32,
) -> Result<Page, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (system, purpose) = (system.clone(), purpose.to_owned());
    let limit = i64::from(limit.clamp(1, MOST));
    v.store()
        .write(move |conn| {
            let known = published::latest_purpose(conn, &purpose)?.ok_or(VolunteeredError::UnknownPurpose)?;
            let is_marketing = known.processing.is_marketing();
            let before = Stand::look(conn, &purpose, is_marketing, (after, limit), now)?;
            let mut usable: Vec<Item> = before.usable.values().map(|(item, _)| item.clone()).collect();
            usable.sort_unstable_by_key(|item| item.item_id);
            items::note_fetches(conn, system.client_id, &usable, now)?;
            // From here on nothing is taken back until these items have their entries; what was taken back since they
            // were looked at is not handed out.
            volunteering.ledger().gate(conn)?;
            let again = Stand::look(conn, &purpose, is_marketing, (after, limit), now)?;
            // What came meanwhile stands further on, and is for the next page.
            if before.usable.iter().any(|(id, one)| again.usable.get(id) != Some(one)) {
                return Err(counterfoil_store::Error::Contended.into());
            }
            enter(&volunteering, conn, &system, &usable, now)?;
            before.open(&volunteering, conn)
        })
        .await
}

/// What stands in a stretch of the order, as of one look.
struct Stand {
    places: Vec<(ItemId, i64)>,
    usable: HashMap<ItemId, (Item, Option<DateTime<Utc>>)>,
    has_more: bool,
    after: i64,
}

impl Stand {
    fn look(
        conn: &mut Conn,
        purpose: &str,
        is_marketing: bool,
        (after, limit): (i64, i64),
        now: DateTime<Utc>,
    ) -> Result<Self, VolunteeredError> {
        let mut places = items::places(conn, purpose, after, limit + 1)?;
        let has_more = i64::try_from(places.len()).is_ok_and(|count| count > limit);
        if has_more {
            places.pop();
        }
        let ids: Vec<ItemId> = places.iter().map(|(id, _)| *id).collect();
        let live: Vec<Item> = items::find_many(conn, &ids)?
            .into_iter()
            .filter(|item| item.state == item::State::Live)
            .collect();
        let consents: Vec<ConsentId> = live.iter().map(|item| item.consent_id).collect();
        let consents: HashMap<ConsentId, Consent> = consents::find_many(conn, &consents)?
            .into_iter()
            .filter(|consent| consent.state_at(now).is_in_force())
            .map(|consent| (consent.consent_id, consent))
            .collect();
        let mut barred: HashMap<Person, bool> = HashMap::new();
        let mut usable = HashMap::new();
        for item in live {
            let Some(consent) = consents.get(&item.consent_id) else { continue };
            let is_barred = match barred.get(&item.person) {
                Some(is_barred) => *is_barred,
                None => is_barred(conn, item.person, purpose, is_marketing)?,
            };
            barred.insert(item.person, is_barred);
            if !is_barred {
                usable.insert(item.item_id, (item, consent.expires_at));
            }
        }
        Ok(Self { places, usable, has_more, after })
    }

    /// The page: values opened, and a tombstone for what cannot be used.
    fn open(mut self, v: &Volunteering, conn: &mut Conn) -> Result<Page, VolunteeredError> {
        let persons: BTreeSet<Person> = self.usable.values().map(|(item, _)| item.person).collect();
        let persons: Vec<Person> = persons.into_iter().collect();
        let keys = v.keys().volunteered_of(&persons)?;
        let names = people::customer_ids(conn, v.keys(), &persons)?;
        let mut handed = Vec::with_capacity(self.places.len());
        for (item_id, seq) in &self.places {
            let Some((item, until)) = self.usable.remove(item_id) else {
                handed.push(Handed::Tombstone { item_id: *item_id, seq: *seq });
                continue;
            };
            let gone = || counterfoil_store::Error::Key("the key was destroyed");
            let key = keys.get(&item.person).ok_or_else(gone)?;
            let value = open(v.keys(), key, &item)?
                .ok_or_else(|| counterfoil_store::Error::corrupt("items", "value", item.item_id))?;
            handed.push(Handed::Item(Box::new(HandedItem {
                customer_id: names.get(&item.person).cloned().ok_or_else(gone)?,
                ask_version: u32::try_from(item.ask_version).unwrap_or_default(),
                item_id: item.item_id,
                person: item.person,
                consent_id: item.consent_id,
                ask: item.ask,
                version: item.version,
                value,
                until,
                seq: *seq,
            })));
        }
        let next = self.places.last().map_or(self.after, |(_, seq)| *seq);
        Ok(Page { items: handed, next, has_more: self.has_more })
    }
}

/// Whether a customer objects to a purpose, has gone dark, or was erased: of whoever was, items may stand for a moment
/// longer.
fn is_barred(
    conn: &mut Conn,
    person: Person,
    purpose: &str,
    is_marketing: bool,
) -> Result<bool, VolunteeredError> {
    if people::epoch(conn, person)?.is_none() {
        return Ok(true);
    }
    let members = names::of(conn, person)?;
    let objections = standing_in(conn, &members)?;
    Ok(Id::new(purpose).is_ok_and(|id| objections.contains(&Subject::Purpose(id)))
        || is_marketing && objections.contains(&Subject::Marketing)
        || !dark::among(conn, &members)?.is_empty())
}

/// What a system did with items, one entry each: grouped by whom they are about.
fn append(
    v: &Volunteering,
    conn: &mut Conn,
    drafts: Vec<(Person, Draft)>,
    now: DateTime<Utc>,
) -> Result<(), VolunteeredError> {
    let mut by_person: BTreeMap<Person, Vec<Draft>> = BTreeMap::new();
    for (person, draft) in drafts {
        by_person.entry(person).or_default().push(draft);
    }
    let persons: Vec<Person> = by_person.keys().copied().collect();
    let keys = v.keys().evidence_of(&persons)?;
    let mut abouts = Vec::with_capacity(by_person.len());
    for (person, drafts) in &by_person {
        let gone = || counterfoil_store::Error::Key("the key was destroyed");
        let evidence = keys.get(person).ok_or_else(gone)?;
        abouts.push(About { person: *person, evidence, drafts });
    }
    if !abouts.is_empty() {
        v.ledger().append_about(conn, now, &abouts)?;
    }
    Ok(())
}

fn enter(
    v: &Volunteering,
    conn: &mut Conn,
    system: &System,
    handed: &[Item],
    now: DateTime<Utc>,
) -> Result<(), VolunteeredError> {
    let drafts = handed.iter().map(|item| {
        let payload = json!({ "system": system.name });
        (item.person, draft(EntryType::VolunteeredFetched, system, item, now, payload))
    });
    append(v, conn, drafts.collect(), now)
}

fn draft(
    entry_type: EntryType,
    system: &System,
    item: &Item,
    at: DateTime<Utc>,
    mut payload: Value,
) -> Draft {
    if let Some(members) = payload.as_object_mut() {
        members.insert("itemId".to_owned(), json!(item.item_id));
        members.insert("purpose".to_owned(), json!(item.purpose));
        members.insert("version".to_owned(), json!(item.version));
    }
    Draft {
        entry_type,
        record: item.record,
        actor: Actor::App(format!("{}", system.client_id)),
        state: Some(item.state.name()),
        basis: None,
        effective_at: at,
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: Some(item.ask_hash.clone()),
        payload: Some(payload),
    }
}

/// A system reports uses of items that it fetched for a purpose; how many were written down.
///
/// # Errors
/// [`VolunteeredError::Invalid`] with the place of each that cannot be: an item that it never fetched for this purpose,
/// a time to come, or words that are too long.
pub async fn report(
    v: &Volunteering,
    system: &System,
    purpose: &str,
    uses: &[Use],
    once: Option<&Once>,
) -> Result<u32, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (system, purpose, once) = (system.clone(), purpose.to_owned(), once.cloned());
    // Rows are locked in the order of their ids.
    let mut uses: Vec<(usize, Use)> = uses.iter().cloned().enumerate().collect();
    uses.sort_by_key(|(_, one)| (one.item_id, one.at));
    v.store()
        .write(move |conn| {
            if let Some(recorded) = Once::answered(once.as_ref(), conn, now)? {
                return Ok(recorded);
            }
            let recorded = u32::try_from(uses.len()).unwrap_or(u32::MAX);
            Once::keep(once.as_ref(), conn, None, &recorded, now)?;
            let mut drafts = Vec::with_capacity(uses.len());
            let mut faults = Vec::new();
            for (place, one) in &uses {
                let item = items::find(conn, one.item_id)?.filter(|item| item.purpose == purpose);
                let fetchers = items::fetchers(conn, one.item_id)?;
                let item = item.filter(|_| fetchers.contains(&system.client_id));
                let mut fault = |name: &str, says: &str| {
                    faults.push(Fault { pointer: format!("/uses/{place}/{name}"), says: says.to_owned() });
                };
                if one.at > now {
                    fault("at", "must not be in the future");
                }
                if one.says.chars().count() > LONGEST || one.says.contains('\0') {
                    fault("says", "must have at most 200 characters");
                }
                match item {
                    None => fault("itemId", "was not fetched for this purpose"),
                    Some(item) => {
                        let payload = json!({ "system": system.name, "says": one.says });
                        let entry = draft(EntryType::VolunteeredUsed, &system, &item, one.at, payload);
                        drafts.push((item.person, entry));
                        if faults.is_empty() {
                            items::note_use(conn, system.client_id, (item.item_id, item.person), one.at)?;
                        }
                    }
                }
            }
            if !faults.is_empty() {
                return Err(VolunteeredError::Invalid(faults));
            }
            append(&volunteering, conn, drafts, now)?;
            Ok(recorded)
        })
        .await
}
