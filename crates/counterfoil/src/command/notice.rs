//! `notice …`: what somebody was shown.

use counterfoil_domain::ids::EntryId;
use counterfoil_store::{config_objects, entries};
use counterfoil_web::{Again, AgainError};

use crate::arguments::Notice;
use crate::command::ledger::open;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

impl From<AgainError> for Failure {
    fn from(error: AgainError) -> Self {
        match error {
            AgainError::Store(error) => error.into(),
            other => Self::Refused(format!("{other}")),
        }
    }
}

/// Prints what was shown when an entry was decided, as HTML.
pub fn run(settings: &Settings, command: &Notice) -> Result<(), Failure> {
    let Notice::Render { entry } = command;
    let entry_id: EntryId = entry
        .parse()
        .map_err(|_| Failure::Usage("the id of an entry is ent_ and 26 characters".to_owned()))?;
    let realm = Realm::open(settings)?;
    let stored = realm
        .store
        .read_blocking(|conn| entries::find(conn, entry_id))?
        .ok_or_else(|| Failure::Refused(format!("there is no entry {entry}")))?;
    let opened = open(&realm, &stored)?
        .ok_or_else(|| Failure::Refused(format!("what {entry} says was forgotten with its person")))?;
    let again = Again::read(&opened.header, opened.payload.as_ref())?;
    let find = |hash: &str| -> counterfoil_store::Result<Option<Vec<u8>>> {
        let artefact = realm.store.read_blocking(|conn| config_objects::artefact(conn, hash))?;
        Ok(artefact.map(|artefact| artefact.bytes))
    };
    let html = again.render(realm.entropy.clone(), find)?;
    super::write_out(html.as_bytes())
}
