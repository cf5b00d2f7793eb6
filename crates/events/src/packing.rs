//! From a purchase in hand to the row that is written, and back.

use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::{Purchase, Rendered, SectionsRef};
use counterfoil_store::document::{Codec, Packer, Unpacker, binding};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::purchases::PurchaseRow;
use counterfoil_store::{Error, Result};

use crate::placing::Joined;
use crate::workspace::{Found, Slot, Was};

/// A purchase ready to be written.
#[derive(Debug, Clone)]
pub(crate) enum Packed {
    /// With its customer; the numbers are filled in once the customer's counter is known.
    Linked(Box<Linked>),
    /// Waiting for its order, or without a customer.
    Unlinked { waiting: bool, document: Vec<u8> },
}

/// A row, and what its numbers depend on.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    pub(crate) row: PurchaseRow,
    pub(crate) person: Person,
    pub(crate) joined: Joined,
    /// How it lay before, with this or another customer.
    pub(crate) was: Option<(Person, Was)>,
    /// What the customer hid stays hidden, wherever it goes; unless its order now names somebody else.
    pub(crate) may_stay_hidden: bool,
    pub(crate) revision: i64,
}

/// Packs purchases, reusing its buffers.
pub(crate) struct Packing<'a> {
    keys: &'a Keys,
    packer: Packer<'a>,
    unlinked: &'a Secret,
}

impl<'a> Packing<'a> {
    pub(crate) fn new(codec: &'a Codec, keys: &'a Keys, unlinked: &'a Secret) -> Result<Self> {
        Ok(Self { keys, packer: codec.packer(keys.aead())?, unlinked })
    }

    /// Renders and packs a purchase. `has_come`: its order (or, without one, its return or refund) is there.
    pub(crate) fn pack(
        &mut self,
        id: PurchaseId,
        slot: &Slot,
        has_come: bool,
        namespace: Option<&str>,
    ) -> Result<Packed> {
        let Rendered { sections, columns } = slot
            .purchase
            .render(&format!("{id}"))
            .map_err(|corrupt| Error::corrupt("purchases", corrupt.what, id))?;
        let Some(person) = slot.person.filter(|_| has_come) else {
            let key = Secret::new(self.unlinked.mac(&[id.as_bytes()]));
            let document = self.packer.pack(&key, &binding(id, None), sections.as_bytes())?;
            return Ok(Packed::Unlinked { waiting: !has_come, document });
        };
        let keys = self.keys.person(person)?;
        let document = self.packer.pack(&keys.purchases, &binding(id, Some(person)), sections.as_bytes())?;
        let was = match &slot.found {
            Some(Found::Linked(before, _, was)) => Some((*before, *was)),
            Some(Found::Unlinked) | None => None,
        };
        let store_index = match (namespace, columns.store_id) {
            (Some(namespace), Some(store)) => Some(self.keys.store_index(namespace, &store)),
            (Some(_), None) => None,
            (None, _) => was.and_then(|(_, was)| was.store_index),
        };
        let row = PurchaseRow {
            person: person.as_bytes().to_vec(),
            purchased_at: columns.purchased_at.naive_utc(),
            purchase_id: id.as_bytes().to_vec(),
            local_date: columns.local_date,
            change_seq: 0,
            channel: columns.channel.to_owned(),
            status: columns.status.to_owned(),
            currency: columns.currency.to_owned(),
            grand_total: columns.grand_total,
            refunded: columns.refunded,
            store_index: store_index.map(|index| index.to_vec()),
            shared: columns.shared,
            document,
            change_kind: slot.change.code(),
            shown_seq: 0,
            joined_seq: None,
            hidden: false,
        };
        let (joined, revision) = (slot.joined, slot.purchase.revision());
        let may_stay_hidden = !slot.reclaimed;
        Ok(Packed::Linked(Box::new(Linked { row, person, joined, was, may_stay_hidden, revision })))
    }
}

/// Unpacks documents into purchases.
pub(crate) struct Unpacking<'a> {
    keys: &'a Keys,
    unpacker: Unpacker<'a>,
    unlinked: &'a Secret,
    plain: Vec<u8>,
}

impl<'a> Unpacking<'a> {
    pub(crate) fn new(codec: &'a Codec, keys: &'a Keys, unlinked: &'a Secret) -> Result<Self> {
        let unpacker = codec.unpacker(keys.aead())?;
        Ok(Self { keys, unpacker, unlinked, plain: Vec::new() })
    }

    /// Opens a document and reads the purchase in it.
    pub(crate) fn unpack(
        &mut self,
        id: PurchaseId,
        person: Option<Person>,
        document: &[u8],
    ) -> Result<Purchase> {
        let aad = binding(id, person);
        if let Some(person) = person {
            let keys = self.keys.person(person)?;
            self.unpacker.unpack(&keys.purchases, &aad, document, &mut self.plain)?;
        } else {
            let key = Secret::new(self.unlinked.mac(&[id.as_bytes()]));
            self.unpacker.unpack(&key, &aad, document, &mut self.plain)?;
        }
        let corrupt =
            |corrupt: counterfoil_domain::purchase::Corrupt| Error::corrupt("purchases", corrupt.what, id);
        Purchase::read(&SectionsRef::parse(&self.plain).map_err(corrupt)?).map_err(corrupt)
    }
}
