//! An app's standing among what its customer volunteers.

use counterfoil_oauth::access::{Access, Permission};
use counterfoil_volunteered::items::AppStanding;

/// Customer, app and grant, with the asks that the grant names.
pub(crate) fn of<P: Permission>(access: &Access<P>) -> AppStanding {
    let named = access.details.volunteered.iter().flat_map(|volunteered| &volunteered.asks);
    AppStanding {
        standing: access.standing(),
        asks: named.map(|named| (named.ask.clone(), named.version)).collect(),
    }
}
