//! `erase …`: prints JSON.

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::ids::RecordId;
use counterfoil_events::asking::AskError;
use counterfoil_events::verifying::Verifier;
use serde_json::json;

use crate::arguments::Erase;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Days until whose end every look is due that anybody could have put off.
const WHENEVER: i64 = 36_500;

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Record(error) => error.into(),
            AskError::Store(error) => error.into(),
            other => Self::Refused(format!("{other}")),
        }
    }
}

/// Asks, approves, or looks.
pub fn run(settings: &Settings, command: &Erase) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    let now = realm.clock.now();
    match command {
        Erase::Request { customer, scheme, by, reason } => {
            named("--by", by)?;
            named("--reason", reason)?;
            let recorder = realm.recorder(settings)?;
            let request = recorder.request_erasure((scheme, customer), by, reason, now)?;
            super::print(&json!({ "request": request, "approvedBy": null }))
        }
        Erase::Approve { request, by } => {
            named("--by", by)?;
            let record: RecordId = request
                .parse()
                .map_err(|_| Failure::Usage("the name of a request begins with rec_".to_owned()))?;
            realm.recorder(settings)?.approve_erasure(record, by, now)?;
            super::print(&json!({ "request": record, "approvedBy": by, "erased": true }))
        }
        Erase::Verify => verify(settings, &realm, now),
    }
}

/// A name or a reason must say something.
pub fn named(argument: &str, text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        Err(Failure::Usage(format!("{argument}: must not be empty")))
    } else {
        Ok(())
    }
}

fn verify(settings: &Settings, realm: &Realm, now: DateTime<Utc>) -> Result<(), Failure> {
    // What a process left undone is no fault of the erasure.
    realm.recorder(settings)?;
    let verifier =
        Verifier::new(realm.store.clone(), realm.keys.clone(), realm.ledger.clone(), realm.entropy.clone());
    let looks = verifier.verify(now, now + Duration::days(WHENEVER))?;
    for look in &looks {
        super::print(look)?;
    }
    let unclean = looks.iter().filter(|look| !look.is_clean()).count();
    if unclean == 0 { Ok(()) } else { Err(Failure::Different(format!("{unclean} erasures left something"))) }
}
