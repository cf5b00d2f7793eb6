//! Customers: the one encrypted way between a customer id and a person.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::schema::customers;
use crate::{Store, either};

#[derive(Insertable)]
#[diesel(table_name = customers, treat_none_as_default_value = false)]
struct NewCustomer {
    person: Vec<u8>,
    customer_index: Vec<u8>,
    customer_id: Vec<u8>,
    customer_epoch: i64,
    change_seq: i64,
    created_at: chrono::NaiveDateTime,
}

/// A customer id with its blind index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerName {
    /// As the retailer's systems write it.
    pub id: String,
    /// [`Keys::customer_index`] of it.
    pub index: [u8; 16],
}

/// The person of a customer, by blind index.
pub fn find(conn: &mut Conn, index: &[u8; 16]) -> Result<Option<Person>> {
    let row = customers::table
        .filter(customers::customer_index.eq(index.to_vec()))
        .select(customers::person)
        .first::<Vec<u8>>(conn)
        .optional()?;
    row.map(|bytes| person(&bytes)).transpose()
}

/// The persons of several customers; those that are not known are absent.
pub fn find_many(conn: &mut Conn, indexes: &[[u8; 16]]) -> Result<HashMap<[u8; 16], Person>> {
    let mut found = HashMap::with_capacity(indexes.len());
    for chunk in indexes.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|index| index.to_vec()).collect();
        let rows = customers::table
            .filter(customers::customer_index.eq_any(wanted))
            .select((customers::customer_index, customers::person))
            .load::<(Vec<u8>, Vec<u8>)>(conn)?;
        for (index, bytes) in rows {
            let index = <[u8; 16]>::try_from(index.as_slice())
                .map_err(|_| Error::corrupt("customers", "customer_index", "?"))?;
            found.insert(index, person(&bytes)?);
        }
    }
    Ok(found)
}

/// The persons of these customers, making those that are new: keys first, committed, then the rows. Of two
/// processes that meet at one new customer, the first one's row stands and the other's keys are orphans.
pub fn resolve(
    store: &Store,
    keys: &Keys,
    entropy: &Entropy,
    now: DateTime<Utc>,
    names: &[CustomerName],
) -> Result<HashMap<[u8; 16], Person>> {
    let indexes: Vec<[u8; 16]> = names.iter().map(|name| name.index).collect();
    let mut found = store.read_blocking(|conn| find_many(conn, &indexes))?;
    let mut new: Vec<&CustomerName> = names.iter().filter(|name| !found.contains_key(&name.index)).collect();
    new.sort_by_key(|name| name.index);
    new.dedup_by_key(|name| name.index);
    if new.is_empty() {
        return Ok(found);
    }
    let persons: Vec<Person> = new.iter().map(|_| Person(entropy.bytes())).collect();
    keys.create(&persons)?;
    let mut rows = Vec::with_capacity(new.len());
    let realm = keys.named("realm")?;
    for (name, person) in new.iter().zip(&persons) {
        rows.push(NewCustomer {
            person: person.as_bytes().to_vec(),
            customer_index: name.index.to_vec(),
            customer_id: keys.seal(&realm, &customer_id_aad(*person), name.id.as_bytes())?,
            customer_epoch: 0,
            change_seq: 0,
            created_at: now.naive_utc(),
        });
    }
    store.write_blocking(|conn| {
        for chunk in rows.chunks(1_000) {
            either!(conn, c => diesel::insert_into(customers::table)
                .values(chunk)
                .on_conflict(customers::customer_index)
                .do_nothing()
                .execute(c))?;
        }
        Ok::<_, Error>(())
    })?;
    let made: Vec<[u8; 16]> = new.iter().map(|name| name.index).collect();
    found.extend(store.read_blocking(|conn| find_many(conn, &made))?);
    Ok(found)
}

/// The person of one customer, made if new.
pub fn resolve_one(
    store: &Store,
    keys: &Keys,
    entropy: &Entropy,
    now: DateTime<Utc>,
    customer_id: &str,
) -> Result<Person> {
    let index = keys.customer_index(customer_id);
    let found = resolve(store, keys, entropy, now, &[CustomerName { id: customer_id.to_owned(), index }])?;
    found
        .get(&index)
        .copied()
        .ok_or_else(|| Error::Unexpected("a customer just made is not there".to_owned()))
}

/// The customer id of a person, opened.
pub fn customer_id(conn: &mut Conn, keys: &Keys, person: Person) -> Result<Option<String>> {
    let sealed = customers::table
        .find(person.as_bytes().to_vec())
        .select(customers::customer_id)
        .first::<Vec<u8>>(conn)
        .optional()?;
    let Some(sealed) = sealed else { return Ok(None) };
    let plain = keys.open_sealed(&keys.named("realm")?, &customer_id_aad(person), &sealed)?;
    String::from_utf8(plain).map(Some).map_err(|_| Error::corrupt("customers", "customer_id", person))
}

/// The present epoch of a customer; `None` when there is no such customer (any more).
pub fn epoch(conn: &mut Conn, person: Person) -> Result<Option<i64>> {
    Ok(customers::table
        .find(person.as_bytes().to_vec())
        .select(customers::customer_epoch)
        .first(conn)
        .optional()?)
}

fn customer_id_aad(person: Person) -> Vec<u8> {
    [b"customer_id".as_slice(), person.as_bytes()].concat()
}

pub(crate) fn person(bytes: &[u8]) -> Result<Person> {
    Person::from_slice(bytes)
        .map_err(|_| Error::corrupt("customers", "person", data_encoding::HEXLOWER.encode(bytes)))
}

/// Person, latest `change_seq` and epoch after counting.
pub(crate) type Counted = (Vec<u8>, i64, i64);

/// What a batch changes for one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    /// Whose.
    pub person: Person,
    /// How many purchases change.
    pub count: i64,
    /// Whether readers may see less afterwards; then the access head must be taken before the commit.
    pub narrowed: bool,
}

/// Adds changes to customers' counters and locks them; gives each one's last number in its change feed.
///
/// # Errors
/// [`Error::Contended`] when a customer is no longer there.
pub fn count_changes(conn: &mut Conn, changes: &[Changes]) -> Result<HashMap<Person, i64>> {
    let mut rows: Vec<_> =
        changes.iter().map(|c| (c.person.as_bytes().to_vec(), c.count, c.narrowed)).collect();
    rows.sort_unstable();
    let counted = crate::dialect::count_changes(conn, &rows)?;
    if counted.len() != rows.len() {
        return Err(Error::Contended);
    }
    counted.into_iter().map(|(bytes, seq, _)| Ok((person(&bytes)?, seq))).collect()
}
