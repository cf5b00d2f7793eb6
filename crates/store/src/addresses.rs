//! Where customers get their mail, as the sign-in says.

use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::keys::{Keys, PersonKeys};
use crate::schema::addresses;
use crate::{either, people};

/// What an address is bound to.
fn aad(person: Person) -> Vec<u8> {
    [b"address".as_slice(), person.as_bytes()].concat()
}

/// Keeps a person's address, sealed, instead of what was there.
pub fn put(conn: &mut Conn, keys: &Keys, own: &PersonKeys, person: Person, address: &str) -> Result<()> {
    let sealed = keys.seal(&own.purchases, &aad(person), address.as_bytes())?;
    let key = addresses::person.eq(person.as_bytes().to_vec());
    either!(conn, c => diesel::insert_into(addresses::table)
        .values((key, addresses::address.eq(sealed.clone())))
        .on_conflict(addresses::person)
        .do_update()
        .set(addresses::address.eq(sealed))
        .execute(c))?;
    Ok(())
}

/// A person's address, if one is known.
pub fn find(conn: &mut Conn, keys: &Keys, own: &PersonKeys, person: Person) -> Result<Option<String>> {
    let row = addresses::table.find(person.as_bytes().to_vec()).select(addresses::address);
    let Some(sealed) = row.first::<Vec<u8>>(conn).optional()? else { return Ok(None) };
    let plain = keys.open_sealed(&own.purchases, &aad(person), &sealed)?;
    String::from_utf8(plain)
        .map(Some)
        .map_err(|_| crate::error::Error::corrupt("addresses", "address", "not text"))
}

/// Removes the addresses of these persons.
pub fn delete_of(conn: &mut Conn, persons: &[Person]) -> Result<()> {
    diesel::delete(addresses::table.filter(addresses::person.eq_any(people::bytes_of(persons))))
        .execute(conn)?;
    Ok(())
}
