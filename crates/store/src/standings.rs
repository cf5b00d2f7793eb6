//! Where grants stand now: what a seal checks again before a byte leaves.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::grant::State;
use counterfoil_domain::ids::GrantId;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::{apps, customers, grants};

/// A grant, its app and its customer, as of the statement that read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingNow {
    /// State of the grant.
    pub state: State,
    /// Epoch of the grant.
    pub grant_epoch: i64,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether the app may act.
    pub app_approved: bool,
    /// Epoch of the app.
    pub app_epoch: i64,
    /// Epoch of the customer.
    pub customer_epoch: i64,
}

/// Reads where these grants stand. A grant whose app or customer is gone is absent.
pub fn read(conn: &mut Conn, wanted: &[GrantId]) -> Result<HashMap<GrantId, StandingNow>> {
    let ids: Vec<Vec<u8>> = wanted.iter().map(|id| id.as_bytes().to_vec()).collect();
    let rows = grants::table
        .inner_join(apps::table.on(apps::client_id.eq(grants::client_id)))
        .inner_join(customers::table.on(customers::person.eq(grants::person)))
        .filter(grants::grant_id.eq_any(ids))
        .select((
            grants::grant_id,
            grants::state,
            grants::grant_epoch,
            grants::expires_at,
            apps::state,
            apps::app_epoch,
            customers::customer_epoch,
        ))
        .load::<(Vec<u8>, String, i64, Option<NaiveDateTime>, String, i64, i64)>(conn)?;
    let mut found = HashMap::with_capacity(rows.len());
    for (id, state, grant_epoch, expires_at, app_state, app_epoch, customer_epoch) in rows {
        let id = GrantId::from_slice(&id).map_err(|_| Error::corrupt("grants", "grant_id", "?"))?;
        let state = State::from_name(&state).ok_or_else(|| Error::corrupt("grants", "state", id))?;
        let now = StandingNow {
            state,
            grant_epoch,
            expires_at: expires_at.map(|at| at.and_utc()),
            app_approved: app_state == "approved",
            app_epoch,
            customer_epoch,
        };
        found.insert(id, now);
    }
    Ok(found)
}
