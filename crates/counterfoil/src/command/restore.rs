//! `restore …`: after an older state of the database was put back.

use counterfoil_events::recorder::RecordError;
use counterfoil_ledger::restore::{Accepted, RestoreError};
use counterfoil_store::Error;
use counterfoil_store::erasures::Door;
use counterfoil_volunteered::restoring;
use serde_json::json;

use crate::arguments::Restore;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::NotBehind(_) | RestoreError::NotReconciled(_) => Self::Refused(format!("{error}")),
            error => Self::Service(format!("{error}")),
        }
    }
}

/// Reconciles or accepts.
pub fn run(settings: &Settings, command: &Restore) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    match command {
        Restore::Reconcile { check } => reconcile(settings, &realm, *check),
        Restore::Accept { by } => accept(settings, &realm, by),
    }
}

fn reconcile(settings: &Settings, realm: &Realm, check: bool) -> Result<(), Failure> {
    let restore = realm.restore();
    let plan = restore.plan()?;
    let (grants, erased) = (plan.grants(), plan.erased.len());
    let volunteering = realm.volunteering();
    let told = restoring::plan(&volunteering, &realm.journal, &plan.lost)?;
    if !check {
        let recorder = realm.recorder(settings)?;
        for (person, at) in &plan.erased {
            match recorder.erase_person(*person, &Door::of_stream(), *at) {
                // Rows and keys are gone; the entries wait until the restore is accepted.
                Ok(_) | Err(RecordError::Store(Error::Behind(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        restore.end_grants(&restore.plan()?)?;
        // What belonged to somebody who was erased is gone by now.
        restoring::redo(&volunteering, &restoring::plan(&volunteering, &realm.journal, &plan.lost)?)?;
    }
    super::print(&json!({
        "done": !check,
        "lines": plan.lost.len(),
        "grantsEnded": grants,
        "toldEnded": told.len(),
        "customersErased": erased,
    }))
}

fn accept(settings: &Settings, realm: &Realm, by: &str) -> Result<(), Failure> {
    let (restore, volunteering) = (realm.restore(), realm.volunteering());
    let open = restoring::plan(&volunteering, &realm.journal, &restore.plan()?.lost)?.len();
    if open > 0 {
        return Err(RestoreError::NotReconciled(open).into());
    }
    let accepted = restore.accept(by, realm.clock.now())?;
    // What reconciling could not finish without the log.
    restoring::settle(&volunteering)?;
    realm.recorder(settings)?;
    let accepted: Vec<_> =
        accepted.iter().map(|Accepted { origin, lost }| json!({ "opened": origin, "lost": lost })).collect();
    super::print(&json!({ "generations": accepted }))
}
