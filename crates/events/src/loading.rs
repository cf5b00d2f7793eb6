//! What objects in hand stand for, read from the database.

use std::collections::HashSet;

use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::purchase::Purchase;
use counterfoil_store::conn::Conn;
use counterfoil_store::objects::Object;
use counterfoil_store::{Error, links, people, purchases, unlinked};

use crate::packing::Unpacking;
use crate::recorder::{RecordError, Recorder};
use crate::workspace::{Found, Was, Workspace};

/// Loads the purchases of the objects in hand, what is said of whose they are, and who is meant by it.
pub(crate) fn load(
    recorder: &Recorder,
    conn: &mut Conn,
    workspace: &mut Workspace,
) -> Result<(), RecordError> {
    let mut unpacking = Unpacking::new(&recorder.codec, &recorder.keys, &recorder.unlinked)?;
    let homes: Vec<Object> = workspace
        .objects
        .values()
        .filter(|object| ObjectId::from(object.purchase_id) == object.id)
        .cloned()
        .collect();
    let ids: Vec<ObjectId> = homes.iter().map(|object| object.id).collect();
    workspace.links.extend(links::find_many(conn, &ids)?);
    let meant = meant(workspace, &homes);
    workspace.people.extend(people::identities(conn, &meant)?);
    let loose: Vec<PurchaseId> =
        homes.iter().filter(|object| object.person.is_none()).map(|object| object.purchase_id).collect();
    let documents = unlinked::documents(conn, &loose)?;
    for object in homes {
        let id = object.purchase_id;
        match (object.person, object.purchased_at) {
            (Some(person), Some(at)) => {
                let stored = purchases::stored(conn, person, at, id)?
                    .ok_or_else(|| Error::corrupt("objects", "purchased_at", id))?;
                let purchase = match unpacking.unpack(id, Some(person), &stored.document) {
                    // The key died in an erasure that the database has lost: an older state of it was put back. What
                    // is left can only be dropped, by erasing again; packing it would miss the key as well.
                    Err(Error::Key(_)) => Purchase::empty(at),
                    unpacked => unpacked?,
                };
                workspace.found(id, purchase, Found::Linked(person, at, Was::from(&stored)));
            }
            // What was removed or erased is in neither place, and so is what was nobody's for too long.
            _ => {
                if let Some(document) = documents.get(&id) {
                    let purchase = unpacking.unpack(id, None, document)?;
                    workspace.found(id, purchase, Found::Unlinked);
                }
            }
        }
    }
    Ok(())
}

/// Everybody whose home may have to be known to say whose these purchases are.
fn meant(workspace: &Workspace, homes: &[Object]) -> Vec<Person> {
    let mut meant: HashSet<Person> = workspace.links.values().filter_map(|link| link.person).collect();
    meant.extend(homes.iter().filter_map(|object| object.claim));
    meant.into_iter().collect()
}
