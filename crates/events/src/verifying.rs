//! After an erasure, and apart from it: is anything left? Nothing here calls what erases.

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::entry::{Actor, EntryType, instant};
use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::{Draft, Ledger};
use counterfoil_store::keys::Keys;
use counterfoil_store::verifications::{self, Pending, Place};
use counterfoil_store::{Error, Store};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Erasures looked after in one pass at most.
const LOOKS: i64 = 1_000;
/// How long until something that was not clean is looked at again, in minutes.
const AGAIN_MINUTES: i64 = 60;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    /// When they were erased.
    pub erased_at: String,
    /// Whether their entries are kept, for as long as that is claimed.
    pub held: bool,
    /// Rows that hold something of them, by table; of all tables that could.
    pub looked: Map<String, Value>,
    /// Keys that the keystore has of them.
    pub keys: Vec<&'static str>,
    /// What should not be there.
    pub left: Vec<String>,
}

impl Look {
    /// Whether nothing is left that should not be.
    pub fn is_clean(&self) -> bool {
        self.left.is_empty()
    }

    fn of(pending: &Pending, places: &[Place], keys: Vec<&'static str>) -> Self {
        let held = places.iter().any(|place| place.table == "holds" && place.rows > 0);
        let mut left: Vec<String> = places
            .iter()
            .filter(|place| place.rows > 0 && place.table != "holds")
            .map(|place| place.table.to_owned())
            .collect();
        left.extend(keys.iter().filter(|key| !held || **key != "evidence").map(|key| format!("key {key}")));
        if held && !keys.contains(&"evidence") {
            left.push("a hold without its key".to_owned());
        }
        let looked = places.iter().map(|place| (place.table.to_owned(), json!(place.rows))).collect();
        Self { erased_at: instant(pending.erased_at), held, looked, keys, left }
    }
}

/// Looks after erasures.
#[derive(Debug, Clone)]
pub struct Verifier {
    store: Store,
    keys: Keys,
    ledger: Ledger,
    entropy: Entropy,
}

impl Verifier {
    /// Of a realm.
    pub fn new(store: Store, keys: Keys, ledger: Ledger, entropy: Entropy) -> Self {
        Self { store, keys, ledger, entropy }
    }

    /// Looks after every erasure whose look is due at `until`, and writes `erasure.verified` where nothing is left. What
    /// is not clean is looked at again later.
    ///
    /// # Errors
    /// Of the store; what was verified until then stays so.
    pub fn verify(&self, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Look>, Error> {
        let due = self.store.read_blocking(|conn| verifications::due(conn, until, LOOKS))?;
        due.iter().map(|pending| self.verify_one(pending, now)).collect()
    }

    fn verify_one(&self, pending: &Pending, now: DateTime<Utc>) -> Result<Look, Error> {
        let places = self.store.read_moment_blocking(|conn| verifications::look(conn, pending))?;
        let look = Look::of(pending, &places, self.keys.left_of(pending.person)?);
        if !look.is_clean() {
            let again = now + Duration::minutes(AGAIN_MINUTES);
            self.store.write_blocking(|conn| verifications::put_off(conn, pending.person, again))?;
            return Ok(look);
        }
        let draft = self.draft(&look, now);
        self.store.write_blocking(|conn| {
            if verifications::finish(conn, pending.person)? {
                self.ledger.append_for_realm(conn, now, std::slice::from_ref(&draft))?;
            }
            Ok::<_, Error>(())
        })?;
        Ok(look)
    }

    /// Nobody is named: what it says of is when, where, and how much.
    fn draft(&self, look: &Look, now: DateTime<Utc>) -> Draft {
        let not_looked: Map<String, Value> = verifications::WITHOUT_PERSONS
            .iter()
            .map(|(table, why)| ((*table).to_owned(), json!(why)))
            .collect();
        Draft {
            entry_type: EntryType::ErasureVerified,
            record: RecordId(self.entropy.bytes()),
            actor: Actor::System,
            state: Some("verified"),
            basis: Some(crate::forgetting::BASIS),
            effective_at: now,
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(json!({
                "erasedAt": look.erased_at,
                "held": look.held,
                "looked": look.looked,
                "keys": look.keys,
                "notLooked": not_looked,
            })),
        }
    }
}
