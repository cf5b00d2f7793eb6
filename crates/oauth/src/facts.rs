//! What is known of access tokens, for a moment: the database is asked once per token and half second, and everything
//! of a grant is forgotten at once by the process that narrows it. Data answers are sealed in the database anyway.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::grant::Details;
use counterfoil_domain::ids::{ClientId, GrantId};
use counterfoil_store::tokens::TokenFacts;
use parking_lot::RwLock;

const SHARDS: usize = 16;

/// Tokens kept per shard; each takes about a kilobyte.
const MOST_PER_SHARD: usize = 4_096;

/// How long an answer of the database is trusted, in milliseconds.
const TRUST_MILLISECONDS: i64 = 500;

/// A token's facts, with the details cut to the token's scope.
#[derive(Debug)]
pub(crate) struct Facts {
    pub found: TokenFacts,
    pub details: Arc<Details>,
    loaded_at: DateTime<Utc>,
}

impl Facts {
    pub(crate) fn new(found: TokenFacts, loaded_at: DateTime<Utc>) -> Self {
        let details = found.grant.details.clone().cut_to(&found.token.scope);
        Self { found, details: Arc::new(details), loaded_at }
    }

    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let age = now - self.loaded_at;
        age >= Duration::zero() && age <= Duration::milliseconds(TRUST_MILLISECONDS)
    }
}

type Shard = RwLock<HashMap<[u8; 32], Arc<Facts>>>;

/// Facts by token hash.
#[derive(Debug, Default)]
pub(crate) struct FactsCache {
    shards: [Shard; SHARDS],
    forgotten: AtomicU64,
}

impl FactsCache {
    fn shard(&self, token_hash: &[u8; 32]) -> Option<&Shard> {
        let [first, ..] = *token_hash;
        self.shards.get(usize::from(first) % SHARDS)
    }

    /// Facts that can still be trusted.
    pub(crate) fn get(&self, token_hash: &[u8; 32], now: DateTime<Utc>) -> Option<Arc<Facts>> {
        let shard = self.shard(token_hash)?.read();
        shard.get(token_hash).filter(|facts| facts.is_fresh(now)).cloned()
    }

    /// To be taken before the database is asked.
    pub(crate) fn moment(&self) -> u64 {
        self.forgotten.load(Ordering::Acquire)
    }

    /// Keeps facts, unless something was forgotten since `moment`: they may have been read before that.
    pub(crate) fn put(&self, facts: &Arc<Facts>, moment: u64) {
        let token_hash = facts.found.token.token_hash;
        let Some(shard) = self.shard(&token_hash) else { return };
        let mut shard = shard.write();
        if self.moment() != moment {
            return;
        }
        if shard.len() >= MOST_PER_SHARD {
            shard.retain(|_, kept| kept.is_fresh(facts.loaded_at));
            if shard.len() >= MOST_PER_SHARD {
                shard.clear();
            }
        }
        shard.insert(token_hash, Arc::clone(facts));
    }

    /// Forgets everything that rests on a grant.
    pub(crate) fn forget_grant(&self, grant_id: GrantId) {
        self.forget(|facts| facts.found.grant.grant_id == grant_id);
    }

    /// Forgets everything that an app holds.
    pub(crate) fn forget_app(&self, client_id: ClientId) {
        self.forget(|facts| facts.found.grant.client_id == client_id);
    }

    fn forget(&self, is_meant: impl Fn(&Facts) -> bool) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        for shard in &self.shards {
            shard.write().retain(|_, facts| !is_meant(facts));
        }
    }
}
