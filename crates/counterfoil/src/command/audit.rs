//! `audit …`: prints JSON.

use counterfoil_ledger::audit::{Affected, AsOf, AuditError, InvalidLooker, Looker, Subject};

use crate::arguments::{Audit, Look};
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::{Realm, configured};

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Future(_) | AuditError::Span => Self::Usage(format!("{error}")),
            AuditError::Store(error) => error.into(),
            AuditError::Own | AuditError::Proof(_) => Self::Refused(format!("{error}")),
        }
    }
}

impl From<InvalidLooker> for Failure {
    fn from(error: InvalidLooker) -> Self {
        Self::Usage(format!("--{error}"))
    }
}

/// Answers a question.
pub fn run(settings: &Settings, command: Audit) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    let (audit, now) = (realm.audit(), realm.clock.now());
    match command {
        Audit::AsOf(asked) => {
            let subject = match (asked.customer, asked.record) {
                (Some(id), _) => Subject::Customer { id, scheme: asked.scheme },
                (None, Some(record)) => Subject::Record(record),
                (None, None) => return Err(Failure::Usage("--customer or --record is needed".to_owned())),
            };
            let (valid_at, known_at, proofs) = (asked.valid_at, asked.known_at, asked.proofs);
            let question = AsOf { subject, valid_at, known_at, proofs };
            super::print(&audit.as_of(&looker(&asked.look)?, &question, now)?)
        }
        Audit::Affected { app, from, to, look } => {
            super::print(&audit.affected(&looker(&look)?, &Affected { app, from, to }, now)?)
        }
        Audit::ByConfig { object, look } => super::print(&audit.by_config(&looker(&look)?, &object, now)?),
        Audit::ProcessingRecord => super::print(&configured(settings).record(&realm.store)?),
    }
}

fn looker(look: &Look) -> Result<Looker, InvalidLooker> {
    Looker::new(&look.by, &look.case)
}
