//! What says that one customer is another: aliases that were identified, and merges.
//!
//! Every act that changes who is who takes the head of [`take_head`] first, so that they happen one after the other.

use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::objects::Latest;
use crate::schema::{aliases, identities};

/// Blind index of an alias' name, or of a merge's id.
pub type AliasId = [u8; 16];

/// One statement as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Its index.
    pub id: AliasId,
    /// Who is another; absent when only a split is known, whose merge has not come.
    pub from: Option<Person>,
    /// Who that is.
    pub into: Option<Person>,
    /// Whether it holds: the alias is verified, the merge not undone.
    pub active: bool,
    /// The event that stands.
    pub latest: Latest,
}

/// Takes the head until the transaction ends.
pub fn take_head(conn: &mut Conn) -> Result<()> {
    let taken = diesel::update(identities::table.find("head"))
        .set(identities::acts.eq(identities::acts + 1))
        .execute(conn)?;
    if taken == 1 { Ok(()) } else { Err(Error::corrupt("identities", "name", "head")) }
}

type Row = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, bool, i32, i64, Vec<u8>);

fn read((id, from, into, active, order_kind, order_value, digest): Row) -> Result<Alias> {
    let corrupt = |column| Error::corrupt("aliases", column, data_encoding::HEXLOWER.encode(&id));
    Ok(Alias {
        id: id.as_slice().try_into().map_err(|_| corrupt("alias_id"))?,
        from: from.as_deref().map(crate::people::person).transpose()?,
        into: into.as_deref().map(crate::people::person).transpose()?,
        active,
        latest: Latest {
            order_kind,
            order_value,
            digest: digest.as_slice().try_into().map_err(|_| corrupt("digest"))?,
        },
    })
}

/// One statement.
pub fn find(conn: &mut Conn, id: &AliasId) -> Result<Option<Alias>> {
    aliases::table.find(id.to_vec()).first::<Row>(conn).optional()?.map(read).transpose()
}

/// The statements that hold about these persons being another.
pub fn active_from(conn: &mut Conn, persons: &[Person]) -> Result<Vec<Alias>> {
    let mut found = Vec::new();
    for chunk in persons.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|person| person.as_bytes().to_vec()).collect();
        let rows = aliases::table
            .filter(aliases::from_person.eq_any(wanted))
            .filter(aliases::active.eq(true))
            .load::<Row>(conn)?;
        for row in rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// Every statement about these persons, from either side.
pub fn about(conn: &mut Conn, persons: &[Person]) -> Result<Vec<Alias>> {
    let bytes = crate::people::bytes_of(persons);
    let about = aliases::from_person.eq_any(bytes.clone()).or(aliases::into_person.eq_any(bytes));
    aliases::table.filter(about).load::<Row>(conn)?.into_iter().map(read).collect()
}

/// Writes a statement. The head is held.
pub fn put(conn: &mut Conn, alias: &Alias) -> Result<()> {
    let values = (
        aliases::from_person.eq(alias.from.map(|person| person.as_bytes().to_vec())),
        aliases::into_person.eq(alias.into.map(|person| person.as_bytes().to_vec())),
        aliases::active.eq(alias.active),
        aliases::order_kind.eq(alias.latest.order_kind),
        aliases::order_value.eq(alias.latest.order_value),
        aliases::digest.eq(alias.latest.digest.to_vec()),
    );
    let row = (aliases::alias_id.eq(alias.id.to_vec()), values.clone());
    either!(conn, c => diesel::insert_into(aliases::table)
        .values(row)
        .on_conflict(aliases::alias_id)
        .do_update()
        .set(values)
        .execute(c))?;
    Ok(())
}

/// Forgets every statement about these persons.
pub fn remove_of(conn: &mut Conn, persons: &[Person]) -> Result<()> {
    let bytes = crate::people::bytes_of(persons);
    let about = aliases::from_person.eq_any(bytes.clone()).or(aliases::into_person.eq_any(bytes));
    diesel::delete(aliases::table.filter(about)).execute(conn)?;
    Ok(())
}
