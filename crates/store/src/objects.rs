//! Locators: which purchase an order, return or refund belongs to, where that purchase lies, and the lock for both.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::objects;
use crate::{dialect, either};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An order or receipt.
    Order,
    /// A return of lines.
    Return,
    /// A movement of money back.
    Refund,
}

impl Kind {
    fn code(self) -> i32 {
        match self {
            Self::Order => 1,
            Self::Return => 2,
            Self::Refund => 3,
        }
    }

    fn from_code(code: i32) -> Option<Self> {
        match code {
            1 => Some(Self::Order),
            2 => Some(Self::Return),
            3 => Some(Self::Refund),
            _ => None,
        }
    }
}

/// The event that stands for an object: its order, and the digest of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    /// 0 revision, 1 revisedAt, 2 time.
    pub order_kind: i32,
    /// Larger is newer.
    pub order_value: i64,
    /// SHA-256 of the canonical content.
    pub digest: [u8; 32],
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its locator.
    pub id: ObjectId,
    /// What it is.
    pub kind: Kind,
    /// The purchase it belongs to.
    pub purchase_id: PurchaseId,
    /// On the row whose id is its purchase's: whose purchase it is; absent while it is unlinked.
    pub person: Option<Person>,
    /// On that row: when, as far as `purchases` is keyed by it.
    pub purchased_at: Option<DateTime<Utc>>,
    /// The event that stands; absent while only its place is held.
    pub latest: Option<Latest>,
    /// On that row: whom the order itself names, whether or not it lies with them.
    pub claim: Option<Person>,
    /// The order of the event that named them, also where they are forgotten since: an older one names nobody any more.
    pub claim_value: Option<i64>,
    /// On that row: why the purchase is not there any more.
    pub mark: Option<Mark>,
    /// On that row: the last revision that was served of a purchase that is gone.
    pub revision: Option<i64>,
}

/// Why a purchase is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Its order was removed; what came back of it waits.
    Removed,
    /// It was erased with its customer; what belongs to it is dropped, and it comes back only under somebody's name.
    Erased,
    /// Its order was removed because its source erased it; what belongs to it is dropped.
    Dropped,
    /// An erasure named it, whether or not it had come: it never comes back, under nobody's name.
    Forgotten,
}

impl Mark {
    /// Whether it went with an erasure.
    pub fn is_erased(self) -> bool {
        matches!(self, Self::Erased | Self::Forgotten)
    }

    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Removed => 1,
            Self::Erased => 2,
            Self::Dropped => 3,
            Self::Forgotten => 4,
        }
    }

    fn from_code(code: i32) -> Option<Self> {
        match code {
            1 => Some(Self::Removed),
            2 => Some(Self::Erased),
            3 => Some(Self::Dropped),
            4 => Some(Self::Forgotten),
            _ => None,
        }
    }
}

impl Object {
    /// Holds the place of an object that has not come.
    pub fn awaited(id: ObjectId, kind: Kind) -> Self {
        Self {
            id,
            kind,
            purchase_id: id.into(),
            person: None,
            purchased_at: None,
            latest: None,
            claim: None,
            claim_value: None,
            mark: None,
            revision: None,
        }
    }
}

/// The row of an object.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, QueryableByName)]
#[diesel(table_name = objects, treat_none_as_default_value = false, treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(crate) struct ObjectRow {
    pub(crate) object_id: Vec<u8>,
    pub(crate) kind: i32,
    pub(crate) purchase_id: Vec<u8>,
    pub(crate) person: Option<Vec<u8>>,
    pub(crate) purchased_at: Option<NaiveDateTime>,
    pub(crate) order_kind: Option<i32>,
    pub(crate) order_value: Option<i64>,
    pub(crate) digest: Option<Vec<u8>>,
    /// Absent where it is the person; empty where nobody is named.
    pub(crate) claim: Option<Vec<u8>>,
    /// Absent where it is the order of the event that stands.
    pub(crate) claim_value: Option<i64>,
    pub(crate) mark: Option<i32>,
    pub(crate) revision: Option<i64>,
}

impl From<&Object> for ObjectRow {
    fn from(object: &Object) -> Self {
        let latest = object.latest.map(|latest| latest.order_value);
        Self {
            object_id: object.id.as_bytes().to_vec(),
            kind: object.kind.code(),
            purchase_id: object.purchase_id.as_bytes().to_vec(),
            person: object.person.map(|person| person.as_bytes().to_vec()),
            purchased_at: object.purchased_at.map(|at| at.naive_utc()),
            order_kind: object.latest.map(|latest| latest.order_kind),
            order_value: object.latest.map(|latest| latest.order_value),
            digest: object.latest.map(|latest| latest.digest.to_vec()),
            claim: (object.claim != object.person)
                .then(|| object.claim.map_or_else(Vec::new, |person| person.as_bytes().to_vec())),
            claim_value: object.claim_value.filter(|value| object.claim.is_none() || Some(*value) != latest),
            mark: object.mark.map(Mark::code),
            revision: object.revision,
        }
    }
}

impl TryFrom<ObjectRow> for Object {
    type Error = Error;

    fn try_from(row: ObjectRow) -> Result<Self> {
        let corrupt =
            |column| Error::corrupt("objects", column, data_encoding::HEXLOWER.encode(&row.object_id));
        let latest = match (row.order_kind, row.order_value, row.digest.as_deref()) {
            (Some(order_kind), Some(order_value), Some(digest)) => Some(Latest {
                order_kind,
                order_value,
                digest: digest.try_into().map_err(|_| corrupt("digest"))?,
            }),
            (None, None, None) => None,
            _ => return Err(corrupt("order_kind")),
        };
        let person = row.person.as_deref().map(crate::people::person).transpose()?;
        let claim = match row.claim.as_deref() {
            None => person,
            Some([]) => None,
            Some(bytes) => Some(crate::people::person(bytes)?),
        };
        Ok(Self {
            id: ObjectId::from_slice(&row.object_id).map_err(|_| corrupt("object_id"))?,
            kind: Kind::from_code(row.kind).ok_or_else(|| corrupt("kind"))?,
            purchase_id: PurchaseId::from_slice(&row.purchase_id).map_err(|_| corrupt("purchase_id"))?,
            person,
            purchased_at: row.purchased_at.map(|at| at.and_utc()),
            latest,
            claim,
            claim_value: row.claim_value.or(claim.and(row.order_value)),
            mark: row.mark.map(|code| Mark::from_code(code).ok_or_else(|| corrupt("mark"))).transpose()?,
            revision: row.revision,
        })
    }
}

/// Writes the objects that are new and locks all of them until the transaction ends, in ascending order of id. Gives
/// those that were there before, as they stand; what was asked to be written for these is not written.
pub fn claim(conn: &mut Conn, wanted: &[Object]) -> Result<HashMap<ObjectId, Object>> {
    let mut rows: Vec<ObjectRow> = wanted.iter().map(ObjectRow::from).collect();
    rows.sort_unstable_by(|a, b| a.object_id.cmp(&b.object_id));
    let existing = dialect::claim_objects(conn, rows)?;
    let mut found = HashMap::with_capacity(existing.len());
    for row in existing {
        let object = Object::try_from(row)?;
        found.insert(object.id, object);
    }
    Ok(found)
}

/// Rewrites objects that are held.
pub fn update(conn: &mut Conn, changed: &[Object]) -> Result<()> {
    for object in changed {
        let row = ObjectRow::from(object);
        let target = objects::table.find(row.object_id.clone());
        either!(&mut *conn, c => diesel::update(target).set(row).execute(c))?;
    }
    Ok(())
}

/// The objects that name one of these persons and do not lie with them: removed, linked to others, or nobody's.
pub fn claimed_elsewhere(conn: &mut Conn, persons: &[Person]) -> Result<Vec<ObjectId>> {
    let rows = objects::table
        .filter(objects::claim.eq_any(crate::people::bytes_of(persons)))
        .select(objects::object_id)
        .load::<Vec<u8>>(conn)?;
    rows.iter()
        .map(|id| ObjectId::from_slice(id).map_err(|_| Error::corrupt("objects", "object_id", "?")))
        .collect()
}

/// One object, without a lock.
pub fn find(conn: &mut Conn, id: ObjectId) -> Result<Option<Object>> {
    let row = objects::table.find(id.as_bytes().to_vec()).first::<ObjectRow>(conn).optional()?;
    row.map(Object::try_from).transpose()
}
