//! Customers: the one encrypted way between a customer's name and a person, and in whose history a person's purchases
//! lie.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::schema::customers;
use crate::{Store, either, suppression};

#[derive(Insertable)]
#[diesel(table_name = customers, treat_none_as_default_value = false)]
struct NewCustomer {
    person: Vec<u8>,
    customer_index: Vec<u8>,
    customer_id: Vec<u8>,
    customer_epoch: i64,
    change_seq: i64,
    created_at: NaiveDateTime,
    not_before: Option<NaiveDateTime>,
}

/// A name of a customer, with its blind index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerName {
    /// As the retailer's systems write it: the customer id, or the id of an alias.
    pub id: String,
    /// [`Keys::customer_index`] or [`Keys::alias_index`] of it.
    pub index: [u8; 16],
}

/// Who a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The name's own person.
    pub person: Person,
    /// In whose history its purchases lie: itself, or the customer that it was merged into or is an alias of.
    pub home: Person,
    /// Since which number of that history's change feed they do, where it is another's.
    pub home_since: Option<i64>,
    /// An earlier life under this name was erased then: what is about it is dropped.
    pub not_before: Option<DateTime<Utc>>,
}

type IdentityRow = (Vec<u8>, Option<Vec<u8>>, Option<i64>, Option<NaiveDateTime>);

fn identity((own, home, home_since, not_before): IdentityRow) -> Result<Identity> {
    let own = person(&own)?;
    Ok(Identity {
        person: own,
        home: home.as_deref().map_or(Ok(own), person)?,
        home_since,
        not_before: not_before.map(|at| at.and_utc()),
    })
}

/// The person of a name, by blind index.
pub fn find(conn: &mut Conn, index: &[u8; 16]) -> Result<Option<Person>> {
    let row = customers::table
        .filter(customers::customer_index.eq(index.to_vec()))
        .select(customers::person)
        .first::<Vec<u8>>(conn)
        .optional()?;
    row.map(|bytes| person(&bytes)).transpose()
}

/// Who several names stand for; those that are not known are absent.
pub fn find_many(conn: &mut Conn, indexes: &[[u8; 16]]) -> Result<HashMap<[u8; 16], Identity>> {
    let mut found = HashMap::with_capacity(indexes.len());
    for chunk in indexes.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|index| index.to_vec()).collect();
        let rows = customers::table
            .filter(customers::customer_index.eq_any(wanted))
            .select((
                customers::customer_index,
                (customers::person, customers::home, customers::home_since, customers::not_before),
            ))
            .load::<(Vec<u8>, IdentityRow)>(conn)?;
        for (index, row) in rows {
            let index = <[u8; 16]>::try_from(index.as_slice())
                .map_err(|_| Error::corrupt("customers", "customer_index", "?"))?;
            found.insert(index, identity(row)?);
        }
    }
    Ok(found)
}

/// The identities of persons; those that are gone are absent.
pub fn identities(conn: &mut Conn, persons: &[Person]) -> Result<HashMap<Person, Identity>> {
    let mut found = HashMap::with_capacity(persons.len());
    for chunk in persons.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|person| person.as_bytes().to_vec()).collect();
        let rows = customers::table
            .filter(customers::person.eq_any(wanted))
            .select((customers::person, customers::home, customers::home_since, customers::not_before))
            .load::<IdentityRow>(conn)?;
        for row in rows {
            let identity = identity(row)?;
            found.insert(identity.person, identity);
        }
    }
    Ok(found)
}

/// Who these names stand for, making those that are new: keys first, committed, then the rows. Of two processes that
/// meet at one new customer, the first one's row stands and the other's keys are orphans.
pub fn resolve(
    store: &Store,
    keys: &Keys,
    entropy: &Entropy,
    now: DateTime<Utc>,
    names: &[CustomerName],
) -> Result<HashMap<[u8; 16], Identity>> {
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
    for (name, person) in new.iter().zip(&persons) {
        rows.push(new_customer(keys, *person, &name.index, name.id.as_bytes(), None, now)?);
    }
    let made: Vec<[u8; 16]> = new.iter().map(|name| name.index).collect();
    store.write_blocking(|conn| {
        for chunk in rows.chunks(1_000) {
            either!(&mut *conn, c => diesel::insert_into(customers::table)
                .values(chunk)
                .on_conflict(customers::customer_index)
                .do_nothing()
                .execute(c))?;
        }
        // A statement of its own: an erasure that the insert waited for is seen by now.
        for (index, erased_at) in suppression::times(conn, &made)? {
            diesel::update(customers::table.filter(customers::customer_index.eq(index.to_vec())))
                .set(customers::not_before.eq(erased_at.naive_utc()))
                .execute(conn)?;
        }
        Ok::<_, Error>(())
    })?;
    found.extend(store.read_blocking(|conn| find_many(conn, &made))?);
    Ok(found)
}

fn new_customer(
    keys: &Keys,
    person: Person,
    index: &[u8; 16],
    id: &[u8],
    not_before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<NewCustomer> {
    Ok(NewCustomer {
        person: person.as_bytes().to_vec(),
        customer_index: index.to_vec(),
        customer_id: keys.seal(&keys.named("realm")?, &customer_id_aad(person), id)?,
        customer_epoch: 0,
        change_seq: 0,
        created_at: now.naive_utc(),
        not_before: not_before.map(|at| at.naive_utc()),
    })
}

/// Who one name stands for, made if new; the person in whose history its purchases lie.
pub fn resolve_name(
    store: &Store,
    keys: &Keys,
    entropy: &Entropy,
    now: DateTime<Utc>,
    name: CustomerName,
) -> Result<Person> {
    let index = name.index;
    let found = resolve(store, keys, entropy, now, &[name])?;
    found
        .get(&index)
        .map(|identity| identity.home)
        .ok_or_else(|| Error::Unexpected("a customer just made is not there".to_owned()))
}

/// [`resolve_name`] of a customer id.
pub fn resolve_one(
    store: &Store,
    keys: &Keys,
    entropy: &Entropy,
    now: DateTime<Utc>,
    customer_id: &str,
) -> Result<Person> {
    let index = keys.customer_index(customer_id);
    resolve_name(store, keys, entropy, now, CustomerName { id: customer_id.to_owned(), index })
}

/// Takes a customer's row until the transaction ends, so that one act at a time concerns them; `false` when there is no
/// such customer (any more).
pub fn hold(conn: &mut Conn, person: Person) -> Result<bool> {
    let held = diesel::update(customers::table.find(person.as_bytes().to_vec()))
        .set(customers::change_seq.eq(customers::change_seq))
        .execute(conn)?;
    Ok(held == 1)
}

/// At most `limit` persons after `after`, in their order.
pub fn persons(conn: &mut Conn, after: Option<Person>, limit: i64) -> Result<Vec<Person>> {
    let after = after.map_or_else(Vec::new, |person| person.as_bytes().to_vec());
    let rows = customers::table
        .filter(customers::person.gt(after))
        .order(customers::person)
        .select(customers::person)
        .limit(limit)
        .load::<Vec<u8>>(conn)?;
    rows.iter().map(|bytes| person(bytes)).collect()
}

/// The name of a person, opened.
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

/// Blind index of a person's name; `None` when there is no such customer (any more).
pub fn index_of(conn: &mut Conn, person: Person) -> Result<Option<[u8; 16]>> {
    let row = customers::table
        .find(person.as_bytes().to_vec())
        .select(customers::customer_index)
        .first::<Vec<u8>>(conn)
        .optional()?;
    row.map(|index| index.try_into().map_err(|_| Error::corrupt("customers", "customer_index", person)))
        .transpose()
}

/// The names of persons, opened; those that are gone are absent.
pub fn customer_ids(conn: &mut Conn, keys: &Keys, persons: &[Person]) -> Result<HashMap<Person, String>> {
    let key = keys.named("realm")?;
    let mut found = HashMap::with_capacity(persons.len());
    for chunk in persons.chunks(1_000) {
        let rows = customers::table
            .filter(customers::person.eq_any(bytes_of(chunk)))
            .select((customers::person, customers::customer_id))
            .load::<(Vec<u8>, Vec<u8>)>(conn)?;
        for (bytes, sealed) in rows {
            let person = person(&bytes)?;
            let plain = keys.open_sealed(&key, &customer_id_aad(person), &sealed)?;
            let id = String::from_utf8(plain);
            found.insert(person, id.map_err(|_| Error::corrupt("customers", "customer_id", person))?);
        }
    }
    Ok(found)
}

/// The present epoch of a customer; `None` when there is no such customer (any more).
pub fn epoch(conn: &mut Conn, person: Person) -> Result<Option<i64>> {
    Ok(customers::table
        .find(person.as_bytes().to_vec())
        .select(customers::customer_epoch)
        .first(conn)
        .optional()?)
}

/// In whose history a person's purchases lie; the person itself when it is gone.
pub fn home(conn: &mut Conn, person: Person) -> Result<Person> {
    Ok(identities(conn, &[person])?.get(&person).map_or(person, |identity| identity.home))
}

/// Every person whose purchases lie with `home`, itself among them, in ascending order.
pub fn members(conn: &mut Conn, home: Person) -> Result<Vec<Person>> {
    let bytes = home.as_bytes().to_vec();
    let rows = customers::table
        .filter(customers::home.eq(bytes.clone()).or(customers::person.eq(bytes)))
        .order(customers::person)
        .select(customers::person)
        .load::<Vec<u8>>(conn)?;
    rows.iter().map(|bytes| person(bytes)).collect()
}

/// Sets in whose history a person's purchases lie. Its row is held.
pub fn set_home(conn: &mut Conn, own: Person, home: Person, since: Option<i64>) -> Result<()> {
    let elsewhere = (home != own).then(|| home.as_bytes().to_vec());
    diesel::update(customers::table.find(own.as_bytes().to_vec()))
        .set((customers::home.eq(elsewhere), customers::home_since.eq(since.filter(|_| home != own))))
        .execute(conn)?;
    Ok(())
}

/// What an erasure removes of a person: its row, with the blind index of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Blind index of the name.
    pub index: [u8; 16],
    /// The name, opened.
    pub id: Vec<u8>,
}

/// Removes a person's row; `None` when it is gone already.
pub fn remove(conn: &mut Conn, keys: &Keys, person: Person) -> Result<Option<Removed>> {
    let row = diesel::delete(customers::table.find(person.as_bytes().to_vec()))
        .returning((customers::customer_index, customers::customer_id))
        .get_result::<(Vec<u8>, Vec<u8>)>(conn)
        .optional()?;
    let Some((index, sealed)) = row else { return Ok(None) };
    let index = index.as_slice().try_into();
    Ok(Some(Removed {
        index: index.map_err(|_| Error::corrupt("customers", "customer_index", person))?,
        id: keys.open_sealed(&keys.named("realm")?, &customer_id_aad(person), &sealed)?,
    }))
}

/// Gives a name whose earlier life was just removed to a new person, who has keys already.
pub fn succeed(
    conn: &mut Conn,
    keys: &Keys,
    removed: &Removed,
    new: Person,
    not_before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = new_customer(keys, new, &removed.index, &removed.id, Some(not_before), now)?;
    either!(conn, c => diesel::insert_into(customers::table).values(&row).execute(c))?;
    Ok(())
}

fn customer_id_aad(person: Person) -> Vec<u8> {
    [b"customer_id".as_slice(), person.as_bytes()].concat()
}

/// The bytes of persons, for `eq_any`.
pub(crate) fn bytes_of(persons: &[Person]) -> Vec<Vec<u8>> {
    persons.iter().map(|person| person.as_bytes().to_vec()).collect()
}

pub(crate) fn person(bytes: &[u8]) -> Result<Person> {
    Person::from_slice(bytes)
        .map_err(|_| Error::corrupt("customers", "person", data_encoding::HEXLOWER.encode(bytes)))
}

/// What a transaction changes for one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    /// Whose.
    pub person: Person,
    /// How many numbers of their change feed it takes; none only holds the row.
    pub count: i64,
    /// Whether readers may see less afterwards; then the access head must be taken before the commit.
    pub narrowed: bool,
}

/// A customer's row after counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The last number in their change feed.
    pub last: i64,
    /// In whose history their purchases lie.
    pub home: Person,
    /// Since when, where it is another's.
    pub home_since: Option<i64>,
}

/// Person, latest `change_seq`, home and since when.
pub(crate) type CountedRow = (Vec<u8>, i64, Option<Vec<u8>>, Option<i64>);

/// Adds changes to customers' counters and locks their rows, in ascending order. `None` when somebody is no longer
/// there: the transaction must be given up.
pub fn count(conn: &mut Conn, changes: &[Changes]) -> Result<Option<HashMap<Person, Counted>>> {
    let mut rows: Vec<_> =
        changes.iter().map(|c| (c.person.as_bytes().to_vec(), c.count, c.narrowed)).collect();
    rows.sort_unstable();
    let Some(counted) = crate::dialect::count_changes(conn, &rows)? else { return Ok(None) };
    if counted.len() != rows.len() {
        return Ok(None);
    }
    let mut found = HashMap::with_capacity(counted.len());
    for (bytes, last, home, home_since) in counted {
        let own = person(&bytes)?;
        let home = home.as_deref().map_or(Ok(own), person)?;
        found.insert(own, Counted { last, home, home_since });
    }
    Ok(Some(found))
}

/// [`count`], giving each customer's last number alone.
///
/// # Errors
/// [`Error::Contended`] when a customer is no longer there.
pub fn count_changes(conn: &mut Conn, changes: &[Changes]) -> Result<HashMap<Person, i64>> {
    let counted = count(conn, changes)?.ok_or(Error::Contended)?;
    Ok(counted.into_iter().map(|(person, counted)| (person, counted.last)).collect())
}
