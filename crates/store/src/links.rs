//! Links: the latest statement about each order that a customer's it is, or is not. Written under the order's object.

use std::collections::HashMap;

use counterfoil_domain::ids::{ObjectId, Person};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::objects::Latest;
use crate::schema::links;

/// One statement as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Whose the order is, or is not; absent where they were erased since. What was their order is nobody's.
    pub person: Option<Person>,
    /// Which of the two.
    pub linked: bool,
    /// The event that stands.
    pub latest: Latest,
}

impl Link {
    /// What is left of a statement about somebody who was erased: its place, so that none before it stands again.
    pub fn of_nobody(linked: bool, latest: Latest) -> Self {
        // Whether something has the digest of what was said is nobody's business any more.
        Self { person: None, linked, latest: Latest { digest: [0; 32], ..latest } }
    }
}

type Row = (Vec<u8>, Option<Vec<u8>>, bool, i32, i64, Vec<u8>);

fn read((id, person, linked, order_kind, order_value, digest): Row) -> Result<(ObjectId, Link)> {
    let corrupt = |column| Error::corrupt("links", column, data_encoding::HEXLOWER.encode(&id));
    let digest = digest.as_slice().try_into().map_err(|_| corrupt("digest"))?;
    let person = person.as_deref().map(crate::people::person).transpose()?;
    let link = Link { person, linked, latest: Latest { order_kind, order_value, digest } };
    Ok((ObjectId::from_slice(&id).map_err(|_| corrupt("object_id"))?, link))
}

/// The statements about these orders.
pub fn find_many(conn: &mut Conn, orders: &[ObjectId]) -> Result<HashMap<ObjectId, Link>> {
    let mut found = HashMap::new();
    for chunk in orders.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|id| id.as_bytes().to_vec()).collect();
        for row in links::table.filter(links::object_id.eq_any(wanted)).load::<Row>(conn)? {
            let (id, link) = read(row)?;
            found.insert(id, link);
        }
    }
    Ok(found)
}

/// The orders about which something is said with regard to these persons.
pub fn orders_of(conn: &mut Conn, persons: &[Person]) -> Result<Vec<ObjectId>> {
    let mut found = Vec::new();
    for chunk in persons.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|person| person.as_bytes().to_vec()).collect();
        for row in links::table.filter(links::person.eq_any(wanted)).load::<Row>(conn)? {
            found.push(read(row)?.0);
        }
    }
    Ok(found)
}

/// Writes a statement.
pub fn put(conn: &mut Conn, order: ObjectId, link: &Link) -> Result<()> {
    let values = (
        links::person.eq(link.person.map(|person| person.as_bytes().to_vec())),
        links::linked.eq(link.linked),
        links::order_kind.eq(link.latest.order_kind),
        links::order_value.eq(link.latest.order_value),
        links::digest.eq(link.latest.digest.to_vec()),
    );
    let row = (links::object_id.eq(order.as_bytes().to_vec()), values.clone());
    either!(conn, c => diesel::insert_into(links::table)
        .values(row)
        .on_conflict(links::object_id)
        .do_update()
        .set(values)
        .execute(c))?;
    Ok(())
}
