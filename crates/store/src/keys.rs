//! The keystore: a second database with wrapped data keys, so that a backup of the main database alone opens nothing,
//! and destroying a key forgets what it sealed.

mod masters;
mod rotation;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::{ObjectId, Person};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use hmac::{Hmac, Mac};
use lru::LruCache;
use parking_lot::Mutex;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::aead::Aead;
use crate::conn::{Address, Conn, ConnPool, on_connection, open_pool, transaction};
use crate::error::{Error, Result};
pub use crate::keys::masters::Masters;
use crate::keys::masters::{Master, Ring};
pub use crate::keys::rotation::Rewrapped;
use crate::schema::{masters as master_rows, named_keys, person_keys};
use crate::{dialect, either};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/keys/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/keys/sqlite");

/// Persons whose keys are kept in memory. Each takes some 200 bytes.
const CACHED: NonZeroUsize = NonZeroUsize::new(200_000).expect("not zero");

/// 32 secret bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes the bytes of the master key file.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the cipher.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA256 over the parts, each with its length in front so that no two lists of parts look alike.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = keyed(&self.0);
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into())
}

/// A person's data keys. What a key sealed dies with it.
#[derive(Debug)]
pub struct PersonKeys {
    /// Purchases, archives, stored answers; destroyed at erasure.
    pub purchases: Secret,
    /// Volunteered values and their salts; destroyed at going dark.
    pub volunteered: Secret,
    /// Ledger headers, decisions and disclosures; destroyed at the end of limitation.
    pub evidence: Secret,
}

/// The keystore of a realm. Cloning shares the pool and the cache.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    pool: ConnPool,
    ring: Ring,
    aead: Aead,
    entropy: Entropy,
    clock: Clock,
    ids: Secret,
    persons: Mutex<LruCache<Person, Arc<PersonKeys>>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Opens the keystore at `url`, brings its schema up to date and unwraps the key of ids, making it at first use.
    ///
    /// # Errors
    /// [`Error::Key`] when none of the `masters` is the key that wraps what is there.
    pub fn open(url: &str, masters: impl Into<Masters>, clock: Clock, entropy: Entropy) -> Result<Self> {
        let address = Address::parse(url)?;
        let migrations = if matches!(address, Address::Postgres(_)) { POSTGRES } else { SQLITE };
        let pool = open_pool(address, 4)?;
        on_connection(&pool, |conn| crate::run_migrations(conn, migrations))?;
        let aead = Aead::new(entropy.clone());
        let ring = Ring::open(masters.into())?;
        on_keystore(&pool, |conn| note_master(conn, &ring, &aead))?;
        let ids = named(&pool, &ring, &aead, &entropy, &clock, "ids")?;
        let persons = Mutex::new(LruCache::new(CACHED));
        Ok(Self(Arc::new(Inner { pool, ring, aead, entropy, clock, ids, persons })))
    }

    /// A key of the realm by its name, made at first use.
    pub fn named(&self, name: &str) -> Result<Secret> {
        let inner = &self.0;
        named(&inner.pool, &inner.ring, &inner.aead, &inner.entropy, &inner.clock, name)
    }

    /// The names of the realm's keys that begin so.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let names: Vec<String> = on_connection(&self.0.pool, |conn| {
            Ok::<_, Error>(named_keys::table.select(named_keys::name).order(named_keys::name).load(conn)?)
        })?;
        Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    /// Destroys a key of the realm. What it sealed is gone.
    pub fn destroy_named(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        on_keystore(&self.0.pool, |conn| {
            diesel::delete(named_keys::table.find(&name)).execute(conn)?;
            Ok(())
        })?;
        on_connection(&self.0.pool, dialect::let_go_of_overwritten)
    }

    /// A person's keys.
    ///
    /// # Errors
    /// [`Error::Key`] when the person has none, or one of them was destroyed.
    pub fn person(&self, person: Person) -> Result<Arc<PersonKeys>> {
        if let Some(keys) = self.0.persons.lock().get(&person) {
            return Ok(Arc::clone(keys));
        }
        let row = on_connection(&self.0.pool, |conn| {
            Ok::<_, Error>(
                person_keys::table
                    .find(person.as_bytes().to_vec())
                    .select((person_keys::purchases, person_keys::volunteered, person_keys::evidence))
                    .first::<(Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>)>(conn)
                    .optional()?,
            )
        })?;
        let (purchases, volunteered, evidence) = row.ok_or(Error::Key("the person has no keys"))?;
        let keys = Arc::new(PersonKeys {
            purchases: self.unwrap(person, "purchases", purchases)?,
            volunteered: self.unwrap(person, "volunteered", volunteered)?,
            evidence: self.unwrap(person, "evidence", evidence)?,
        });
        self.0.persons.lock().put(person, Arc::clone(&keys));
        Ok(keys)
    }

    /// The key of what the ledger holds about a person, which outlives the others; `None` once it was destroyed too.
    ///
    /// # Errors
    /// [`Error::Key`] when it does not open.
    pub fn evidence(&self, person: Person) -> Result<Option<Secret>> {
        let wrapped = on_connection(&self.0.pool, |conn| {
            Ok::<_, Error>(
                person_keys::table
                    .find(person.as_bytes().to_vec())
                    .select(person_keys::evidence)
                    .first::<Option<Vec<u8>>>(conn)
                    .optional()?,
            )
        })?;
        wrapped.flatten().map(|wrapped| self.unwrap(person, "evidence", Some(wrapped))).transpose()
    }

    /// The evidence keys of those persons whose key still is there.
    ///
    /// # Errors
    /// [`Error::Key`] when one does not open.
    pub fn evidence_of(&self, persons: &[Person]) -> Result<HashMap<Person, Secret>> {
        let mut found = HashMap::with_capacity(persons.len());
        let mut wanted = Vec::new();
        {
            let mut cache = self.0.persons.lock();
            for person in persons {
                match cache.get(person) {
                    Some(keys) => drop(found.insert(*person, keys.evidence.clone())),
                    None => wanted.push(person.as_bytes().to_vec()),
                }
            }
        }
        for chunk in wanted.chunks(1_000) {
            let rows = on_connection(&self.0.pool, |conn| {
                Ok::<_, Error>(
                    person_keys::table
                        .filter(person_keys::person.eq_any(chunk))
                        .select((person_keys::person, person_keys::evidence))
                        .load::<(Vec<u8>, Option<Vec<u8>>)>(conn)?,
                )
            })?;
            for (person, wrapped) in rows {
                let person = crate::people::person(&person)?;
                if wrapped.is_some() {
                    found.insert(person, self.unwrap(person, "evidence", wrapped)?);
                }
            }
        }
        Ok(found)
    }

    /// Makes and commits keys for new persons: before the row that uses them, so that nothing is ever sealed under
    /// a key that could be lost.
    pub fn create(&self, persons: &[Person]) -> Result<()> {
        let now = self.0.clock.now().naive_utc();
        let mut made = Vec::with_capacity(persons.len());
        for person in persons {
            let keys = PersonKeys {
                purchases: Secret(self.0.entropy.bytes()),
                volunteered: Secret(self.0.entropy.bytes()),
                evidence: Secret(self.0.entropy.bytes()),
            };
            made.push((*person, Arc::new(keys)));
        }
        for chunk in made.chunks(1_000) {
            on_keystore(&self.0.pool, |conn| {
                let master = present(conn, &self.0.ring)?;
                let row = |(person, keys): &(Person, Arc<PersonKeys>)| self.row(&master, *person, keys, now);
                let rows = chunk.iter().map(row).collect::<Result<Vec<_>>>()?;
                either!(conn, c => diesel::insert_into(person_keys::table).values(&rows).execute(c))?;
                Ok(())
            })?;
        }
        let mut cache = self.0.persons.lock();
        for (person, keys) in made {
            cache.put(person, keys);
        }
        Ok(())
    }

    /// Destroys the keys of a person's purchases and of what they volunteered. What these sealed is gone.
    pub fn destroy_data(&self, person: Person) -> Result<()> {
        on_keystore(&self.0.pool, |conn| {
            diesel::update(person_keys::table.find(person.as_bytes().to_vec()))
                .set((
                    person_keys::purchases.eq(None::<Vec<u8>>),
                    person_keys::volunteered.eq(None::<Vec<u8>>),
                ))
                .execute(conn)?;
            Ok(())
        })?;
        on_connection(&self.0.pool, dialect::let_go_of_overwritten)?;
        self.forget(person);
        Ok(())
    }

    /// Destroys the key of what a person volunteered, and puts a new one in its place: what the old one sealed is gone,
    /// and what comes later needs one. Whoever seals with it asks for it each time ([`Keys::volunteered`]).
    pub fn renew_volunteered(&self, person: Person) -> Result<()> {
        let key = Secret(self.0.entropy.bytes());
        on_keystore(&self.0.pool, |conn| {
            let master = present(conn, &self.0.ring)?;
            let wrapped = master.wrap(&self.0.aead, &wrapping_aad(person.as_bytes(), "volunteered"), &key)?;
            diesel::update(person_keys::table.find(person.as_bytes().to_vec()))
                .filter(person_keys::volunteered.is_not_null())
                .set(person_keys::volunteered.eq(Some(wrapped)))
                .execute(conn)?;
            Ok(())
        })?;
        on_connection(&self.0.pool, dialect::let_go_of_overwritten)?;
        self.forget(person);
        Ok(())
    }

    /// The key of what a person volunteered, as it is in the keystore now: another process may have destroyed the one
    /// that is cached here. `None` once it is gone for good.
    ///
    /// # Errors
    /// [`Error::Key`] when it does not open.
    pub fn volunteered(&self, person: Person) -> Result<Option<Secret>> {
        let wrapped = on_connection(&self.0.pool, |conn| {
            Ok::<_, Error>(
                person_keys::table
                    .find(person.as_bytes().to_vec())
                    .select(person_keys::volunteered)
                    .first::<Option<Vec<u8>>>(conn)
                    .optional()?,
            )
        })?;
        wrapped.flatten().map(|wrapped| self.unwrap(person, "volunteered", Some(wrapped))).transpose()
    }

    /// [`Keys::volunteered`] of several persons, of those who have one.
    ///
    /// # Errors
    /// [`Error::Key`] when one does not open.
    pub fn volunteered_of(&self, persons: &[Person]) -> Result<HashMap<Person, Secret>> {
        let mut found = HashMap::with_capacity(persons.len());
        for chunk in persons.chunks(500) {
            let wanted: Vec<Vec<u8>> = chunk.iter().map(|person| person.as_bytes().to_vec()).collect();
            let rows = on_connection(&self.0.pool, |conn| {
                Ok::<_, Error>(
                    person_keys::table
                        .filter(person_keys::person.eq_any(wanted))
                        .filter(person_keys::volunteered.is_not_null())
                        .select((person_keys::person, person_keys::volunteered))
                        .load::<(Vec<u8>, Option<Vec<u8>>)>(conn)?,
                )
            })?;
            for (person, wrapped) in rows {
                let person = crate::people::person(&person)?;
                found.insert(person, self.unwrap(person, "volunteered", wrapped)?);
            }
        }
        Ok(found)
    }

    /// Destroys the key of what the ledger holds about a person. What is left of them there opens nothing.
    pub fn destroy_evidence(&self, person: Person) -> Result<()> {
        on_keystore(&self.0.pool, |conn| {
            diesel::update(person_keys::table.find(person.as_bytes().to_vec()))
                .set(person_keys::evidence.eq(None::<Vec<u8>>))
                .execute(conn)?;
            Ok(())
        })?;
        on_connection(&self.0.pool, dialect::let_go_of_overwritten)?;
        self.forget(person);
        Ok(())
    }

    /// Which of a person's keys the keystore still has, by name: what a look after an erasure asks.
    pub fn left_of(&self, person: Person) -> Result<Vec<&'static str>> {
        let row = on_connection(&self.0.pool, |conn| {
            Ok::<_, Error>(
                person_keys::table
                    .find(person.as_bytes().to_vec())
                    .select((
                        person_keys::purchases.is_not_null(),
                        person_keys::volunteered.is_not_null(),
                        person_keys::evidence.is_not_null(),
                    ))
                    .first::<(bool, bool, bool)>(conn)
                    .optional()?,
            )
        })?;
        let (purchases, volunteered, evidence) = row.unwrap_or_default();
        let all = [(purchases, "purchases"), (volunteered, "volunteered"), (evidence, "evidence")];
        Ok(all.into_iter().filter_map(|(is_there, name)| is_there.then_some(name)).collect())
    }

    /// Forgets what is cached of a person, after its epoch moved.
    pub fn forget(&self, person: Person) {
        self.0.persons.lock().pop(&person);
    }

    /// Blind index of a customer id: 128 bits of HMAC under the key of ids.
    pub fn customer_index(&self, customer_id: &str) -> [u8; 16] {
        first_half(&self.0.ids.mac(&[b"customer", customer_id.as_bytes()]))
    }

    /// Blind index of an alias: an id of another scheme than the stream's customer ids.
    pub fn alias_index(&self, scheme: &str, id: &str) -> [u8; 16] {
        if scheme.is_empty() {
            return self.customer_index(id);
        }
        first_half(&self.0.ids.mac(&[b"alias", scheme.as_bytes(), id.as_bytes()]))
    }

    /// Blind index of a merge.
    pub fn merge_index(&self, merge_id: &str) -> [u8; 16] {
        first_half(&self.0.ids.mac(&[b"merge", merge_id.as_bytes()]))
    }

    /// Locator of an object: 128 bits of HMAC over namespace, kind and id.
    pub fn object_id(&self, namespace: &str, kind: &str, id: &str) -> ObjectId {
        ObjectId(first_half(&self.0.ids.mac(&[
            b"object",
            namespace.as_bytes(),
            kind.as_bytes(),
            id.as_bytes(),
        ])))
    }

    /// Blind index of a shop.
    pub fn store_index(&self, namespace: &str, store_id: &str) -> [u8; 16] {
        first_half(&self.0.ids.mac(&[b"store", namespace.as_bytes(), store_id.as_bytes()]))
    }

    /// The sealer that everything at rest goes through.
    pub fn aead(&self) -> &Aead {
        &self.0.aead
    }

    /// Seals a few bytes under a key of the realm or a person.
    pub fn seal(&self, key: &Secret, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = Vec::new();
        self.0.aead.context()?.seal(key.bytes(), aad, plain, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what [`Keys::seal`] sealed.
    pub fn open_sealed(&self, key: &Secret, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let mut plain = Vec::new();
        self.0.aead.context()?.open(key.bytes(), aad, sealed, &mut plain)?;
        Ok(plain)
    }

    fn row(
        &self,
        master: &Master,
        person: Person,
        keys: &PersonKeys,
        now: chrono::NaiveDateTime,
    ) -> Result<PersonRow> {
        let wrap = |kind: &str, key: &Secret| {
            master.wrap(&self.0.aead, &wrapping_aad(person.as_bytes(), kind), key).map(Some)
        };
        Ok(PersonRow {
            person: person.as_bytes().to_vec(),
            purchases: wrap("purchases", &keys.purchases)?,
            volunteered: wrap("volunteered", &keys.volunteered)?,
            evidence: wrap("evidence", &keys.evidence)?,
            created_at: now,
        })
    }

    fn unwrap(&self, person: Person, kind: &'static str, wrapped: Option<Vec<u8>>) -> Result<Secret> {
        let wrapped = wrapped.ok_or(Error::Key("the key was destroyed"))?;
        self.0.ring.unwrap(&self.0.aead, &wrapping_aad(person.as_bytes(), kind), &wrapped)
    }
}

#[derive(Insertable)]
#[diesel(table_name = person_keys, treat_none_as_default_value = false)]
struct PersonRow {
    person: Vec<u8>,
    purchases: Option<Vec<u8>>,
    volunteered: Option<Vec<u8>>,
    evidence: Option<Vec<u8>>,
    created_at: chrono::NaiveDateTime,
}

fn wrapping_aad(owner: &[u8], kind: &str) -> Vec<u8> {
    [b"key\0", kind.as_bytes(), b"\0", owner].concat()
}

fn secret(mut bytes: Vec<u8>) -> Result<Secret> {
    let key = <[u8; 32]>::try_from(bytes.as_slice())
        .map(Secret)
        .map_err(|_| Error::Key("a key has a wrong length"));
    bytes.zeroize();
    key
}

fn first_half(mac: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(mac).for_each(|(to, from)| *to = *from);
    half
}

fn on_keystore<T>(pool: &ConnPool, mut body: impl FnMut(&mut Conn) -> Result<T>) -> Result<T> {
    on_connection(pool, |conn| transaction(conn, &mut body))
}

/// The master key under which keys are made, until the transaction ends.
fn present(conn: &mut Conn, ring: &Ring) -> Result<Master> {
    ring.of(&dialect::present_master(conn)?.ok_or(Error::Key("the keystore has no master key"))?)
}

/// Notes which master key a keystore is wrapped by, where that was not noted: in a new one, and in one of an earlier
/// version. It must be one that is known.
fn note_master(conn: &mut Conn, ring: &Ring, aead: &Aead) -> Result<()> {
    if dialect::present_master(conn)?.is_none() {
        let some_key = named_keys::table
            .select((named_keys::name, named_keys::wrapped))
            .first::<(String, Vec<u8>)>(conn)
            .optional()?;
        let master = match some_key {
            Some((name, wrapped)) => ring.wrapper_of(aead, &named_place(&name), &wrapped)?,
            None => ring.first()?,
        };
        let row = (master_rows::name.eq("present"), master_rows::master_id.eq(master.id.to_vec()));
        either!(&mut *conn, c => diesel::insert_into(master_rows::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    present(conn, ring).map(drop)
}

fn named_place(name: &str) -> Vec<u8> {
    wrapping_aad(name.as_bytes(), "named")
}

fn named(
    pool: &ConnPool,
    ring: &Ring,
    aead: &Aead,
    entropy: &Entropy,
    clock: &Clock,
    name: &str,
) -> Result<Secret> {
    let place = named_place(name);
    let found = on_connection(pool, |conn| find_named(conn, name))?;
    let wrapped = match found {
        Some(wrapped) => wrapped,
        None => on_keystore(pool, |conn| {
            let wrapped = present(conn, ring)?.wrap(aead, &place, &Secret(entropy.bytes()))?;
            insert_named(conn, name, &wrapped, clock.now())?;
            find_named(conn, name)?.ok_or(Error::Key("the named key was destroyed"))
        })?,
    };
    ring.unwrap(aead, &place, &wrapped)
}

fn find_named(conn: &mut Conn, name: &str) -> Result<Option<Vec<u8>>> {
    Ok(named_keys::table.find(name).select(named_keys::wrapped).first(conn).optional()?)
}

/// Two processes may make the same key at once: the first one's stands.
fn insert_named(conn: &mut Conn, name: &str, wrapped: &[u8], now: DateTime<Utc>) -> Result<()> {
    let row = (
        named_keys::name.eq(name),
        named_keys::wrapped.eq(wrapped),
        named_keys::created_at.eq(now.naive_utc()),
    );
    either!(conn, c => diesel::insert_into(named_keys::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}
