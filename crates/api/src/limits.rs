//! How many requests a grant may make.

use std::num::NonZeroU32;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::HeaderName;
use counterfoil_domain::ids::GrantId;
use counterfoil_oauth::problem::{Code, Problem};
use governor::clock::DefaultClock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// Counts requests by grant, in memory.
pub(crate) struct Limits {
    per_minute: NonZeroU32,
    limiter: RateLimiter<GrantId, DefaultKeyedStateStore<GrantId>, DefaultClock, StateInformationMiddleware>,
}

/// What is left to a grant after a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    remaining: u32,
    per_minute: u32,
}

impl Limits {
    pub(crate) fn new(per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware();
        Self { per_minute, limiter }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when the grant has used up its minute.
    pub(crate) fn count(&self, grant: GrantId) -> Result<Left, Problem> {
        match self.limiter.check_key(&grant) {
            Ok(state) => {
                Ok(Left { remaining: state.remaining_burst_capacity(), per_minute: self.per_minute.get() })
            }
            Err(_) => Err(Problem::new(Code::TooManyRequests)),
        }
    }
}

impl Left {
    /// Writes the `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers).
    pub(crate) fn tell(self, response: &mut HttpResponseBuilder) {
        let Self { remaining, per_minute } = self;
        response
            .insert_header((
                HeaderName::from_static("ratelimit-policy"),
                format!("\"grant\";q={per_minute};w=60"),
            ))
            .insert_header((HeaderName::from_static("ratelimit"), format!("\"grant\";r={remaining};t=60")));
    }
}
