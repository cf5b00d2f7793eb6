//! How many requests a grant, or one of the retailer's own systems, may make.

use std::hash::Hash;
use std::num::NonZeroU32;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::HeaderName;
use counterfoil_domain::ids::{ClientId, GrantId};
use counterfoil_oauth::problem::{Code, Problem};
use governor::clock::DefaultClock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// Counts requests in memory.
pub(crate) struct Limits {
    grants: Limit<GrantId>,
    systems: Limit<ClientId>,
}

/// Counts the requests of one kind of callers.
struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    per_minute: NonZeroU32,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

/// What is left to a caller after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    name: &'static str,
    remaining: u32,
    per_minute: u32,
}

impl Limits {
    pub(crate) fn new(per_minute: u32, system_per_minute: u32) -> Self {
        Self { grants: Limit::new("grant", per_minute), systems: Limit::new("system", system_per_minute) }
    }

    /// Counts a request of an app.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when its grant has used up its minute.
    pub(crate) fn count(&self, grant: GrantId) -> Result<Left, Problem> {
        self.grants.count(&grant)
    }

    /// Counts a request of a system.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when it has used up its minute.
    pub(crate) fn count_system(&self, system: ClientId) -> Result<Left, Problem> {
        self.systems.count(&system)
    }
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware();
        Self { name, per_minute, limiter }
    }

    fn count(&self, caller: &K) -> Result<Left, Problem> {
        match self.limiter.check_key(caller) {
            Ok(state) => Ok(Left {
                name: self.name,
                remaining: state.remaining_burst_capacity(),
                per_minute: self.per_minute.get(),
            }),
            Err(_) => Err(Problem::new(Code::TooManyRequests)),
        }
    }
}

impl Left {
    /// Writes the `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers).
    pub(crate) fn tell(self, response: &mut HttpResponseBuilder) {
        let Self { name, remaining, per_minute } = self;
        response
            .insert_header((
                HeaderName::from_static("ratelimit-policy"),
                format!("\"{name}\";q={per_minute};w=60"),
            ))
            .insert_header((HeaderName::from_static("ratelimit"), format!("\"{name}\";r={remaining};t=60")));
    }
}
