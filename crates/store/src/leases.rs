//! Leases: which process does a piece of work that only one should do.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::leases;

/// Takes or prolongs the lease `name` until `until`; gives its epoch, which moves with each new owner, or `None`
/// while another owner's lease runs.
pub fn acquire(
    conn: &mut Conn,
    name: &str,
    owner: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<i64>> {
    let prolonged = diesel::update(leases::table.find(name).filter(leases::owner.eq(owner)))
        .set(leases::expires_at.eq(until.naive_utc()))
        .returning(leases::lease_epoch)
        .get_result::<i64>(conn)
        .optional()?;
    if prolonged.is_some() {
        return Ok(prolonged);
    }
    let taken_over = diesel::update(leases::table.find(name).filter(leases::expires_at.le(now.naive_utc())))
        .set((
            leases::owner.eq(owner),
            leases::lease_epoch.eq(leases::lease_epoch + 1),
            leases::expires_at.eq(until.naive_utc()),
        ))
        .returning(leases::lease_epoch)
        .get_result::<i64>(conn)
        .optional()?;
    if taken_over.is_some() {
        return Ok(taken_over);
    }
    let first = (
        leases::name.eq(name),
        leases::owner.eq(owner),
        leases::lease_epoch.eq(1_i64),
        leases::expires_at.eq(until.naive_utc()),
    );
    let inserted = either!(conn, c => diesel::insert_into(leases::table).values(first).on_conflict_do_nothing().execute(c))?;
    Ok((inserted == 1).then_some(1))
}

/// Gives a lease back before its time.
pub fn release(conn: &mut Conn, name: &str, owner: &str, now: DateTime<Utc>) -> Result<()> {
    diesel::update(leases::table.find(name).filter(leases::owner.eq(owner)))
        .set(leases::expires_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Whether no other owner's lease runs.
pub fn is_free(conn: &mut Conn, name: &str, owner: &str, now: DateTime<Utc>) -> Result<bool> {
    let others = leases::owner.ne(owner).and(leases::expires_at.gt(now.naive_utc()));
    let found: i64 = leases::table.find(name).filter(others).count().get_result(conn)?;
    Ok(found == 0)
}

/// Takes the lease's row until the transaction ends, if it is still the owner's at that epoch and runs; whether it is.
pub fn hold(conn: &mut Conn, name: &str, owner: &str, epoch: i64, now: DateTime<Utc>) -> Result<bool> {
    let held = diesel::update(leases::table.find(name))
        .filter(leases::owner.eq(owner).and(leases::lease_epoch.eq(epoch)))
        .filter(leases::expires_at.gt(now.naive_utc()))
        .set(leases::lease_epoch.eq(epoch))
        .execute(conn)?;
    Ok(held == 1)
}
