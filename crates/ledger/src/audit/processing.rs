//! `processing record`: the record of processing activities that GDPR Art. 30(1) demands, from what is configured.

use counterfoil_store::apps::{self, App};
use counterfoil_store::{Error, Result, Store};
use serde::Serialize;

use super::published::{self, Published};
use crate::grants::BASIS;

/// The activity of giving apps what their customers want them to have.
const SHARING: &str = "sharing";

/// What is configured, beside the register of apps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// What the retailer is called, where no object says who decides.
    pub name: String,
    /// For how long purchases are kept, in the operator's words.
    pub purchases_kept: Option<String>,
    /// For how long what nobody claims is kept, in words.
    pub unclaimed_kept: String,
}

impl Configured {
    /// The record, from this, the apps that are registered and the objects that are published now.
    ///
    /// # Errors
    /// The database's.
    pub fn record(&self, store: &Store) -> Result<ProcessingRecord> {
        let (apps, published) =
            store.read_blocking(|conn| Ok::<_, Error>((apps::list(conn)?, Published::read(conn)?)))?;
        let mut activities = vec![self.own_record(), self.sharing(&apps), evidence(), self.unclaimed()];
        if let Some((hash, grant)) = published.grant() {
            // They all lie in the same database.
            let outside = published::third_countries(grant);
            for activity in &mut activities {
                activity.transfers = Some(outside.clone());
            }
            for sharing in activities.iter_mut().filter(|activity| activity.id == SHARING) {
                sharing.config = Some(hash.to_owned());
                sharing.retention = published.kept(grant);
            }
        }
        activities.extend(published.purposes());
        let security = SECURITY.iter().map(|&measure| measure.to_owned()).collect();
        let unnamed = || Controller { name: self.name.clone(), ..Controller::default() };
        let controller = published.controller().unwrap_or_else(unnamed);
        Ok(ProcessingRecord::new(controller, activities, security))
    }

    fn own_record(&self) -> Activity {
        Activity {
            id: "record".to_owned(),
            purpose: "Give customers their own purchase record".to_owned(),
            basis: Some(BASIS.to_owned()),
            data_subjects: words(&["customers"]),
            categories: words(&[
                "customer ids",
                "purchases, returns and refunds",
                "means of payment",
                "shops",
            ]),
            retention: self.purchases_kept.clone(),
            ..Activity::default()
        }
    }

    fn sharing(&self, apps: &[App]) -> Activity {
        Activity {
            id: SHARING.to_owned(),
            purpose: "Hand purchases to apps, as their customer instructs".to_owned(),
            recipients: apps.iter().map(Recipient::of).collect(),
            ..self.own_record()
        }
    }

    fn unclaimed(&self) -> Activity {
        Activity {
            id: "unclaimed".to_owned(),
            purpose: "Wait for the customer or the order that an order, return or refund belongs to"
                .to_owned(),
            data_subjects: words(&["customers", "guests"]),
            categories: words(&["purchases, returns and refunds", "messages that could not be read"]),
            retention: Some(self.unclaimed_kept.clone()),
            ..Activity::default()
        }
    }
}

/// The ledger. For how long it is kept once somebody is erased nothing says yet.
fn evidence() -> Activity {
    Activity {
        id: "evidence".to_owned(),
        purpose: "Prove what customers decided and what left about them".to_owned(),
        data_subjects: words(&["customers", "staff who looked"]),
        categories: words(&["decisions", "disclosures"]),
        ..Activity::default()
    }
}

/// What the software itself does to keep data safe.
const SECURITY: [&str; 4] = [
    "What is stored of a customer is encrypted under keys of their own, which erasure destroys; the keys lie in a \
     database of their own, wrapped by a master key outside both",
    "Apps are bound to grants that their customers end at once; every answer is recorded before it leaves",
    "Decisions and disclosures stand in two append-only logs with signed checkpoints, which anybody can verify",
    "Every look of a member of staff is recorded under its case",
];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessingRecord {
    /// Art. 30(1)(a): who decides.
    pub controller: Controller,
    /// Each purpose with what belongs to it.
    pub activities: Vec<Activity>,
    /// Art. 30(1)(g): how data is kept safe, in general.
    pub security: Vec<String>,
    /// Clauses that nothing configured answers, each with what is wanted: the record is not whole while there are any.
    pub missing: Vec<Missing>,
}

/// Who decides on purposes and means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Controller {
    /// Name.
    pub name: String,
    /// How to reach them.
    pub contact: Option<String>,
    /// The data protection officer, where there is one.
    pub protection_officer: Option<String>,
}

/// One purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Its id.
    pub id: String,
    /// Art. 30(1)(b): what for.
    pub purpose: String,
    /// The legal basis, such as `eu-gdpr:A20`, where it is one and the same.
    pub basis: Option<String>,
    /// Art. 30(1)(c): about whom.
    pub data_subjects: Vec<String>,
    /// Art. 30(1)(c): which data.
    pub categories: Vec<String>,
    /// Art. 30(1)(d): to whom it is disclosed.
    pub recipients: Vec<Recipient>,
    /// Art. 30(1)(e): to which third countries; `None` where nothing says so.
    pub transfers: Option<Vec<String>>,
    /// Art. 30(1)(f): for how long it is kept; `None` where nothing says so.
    pub retention: Option<String>,
    /// `sha256:` of the published configuration object that says all this; `None` where it follows from the software and
    /// its settings.
    pub config: Option<String>,
}

/// To whom data is disclosed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    /// Its public id.
    pub id: String,
    /// What customers read.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Their postal address, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How to reach them, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Scopes that it may ask for.
    pub categories: Vec<String>,
    /// Whether it may act now: `pending`, `approved`, `suspended`.
    pub state: String,
}

impl Recipient {
    fn of(app: &App) -> Self {
        Self {
            id: format!("{}", app.client_id),
            name: app.name.clone(),
            operator: app.operator.clone(),
            address: app.address.clone(),
            contact: app.contact.clone(),
            categories: app.scope.split_whitespace().map(str::to_owned).collect(),
            state: app.state.name().to_owned(),
        }
    }
}

/// A clause that is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The clause, such as `30(1)(a)`.
    pub clause: &'static str,
    /// The activity, unless it is about the whole.
    pub activity: Option<String>,
    /// What is wanted.
    pub wanted: &'static str,
}

impl ProcessingRecord {
    /// Puts the record together and finds what is missing.
    pub fn new(controller: Controller, activities: Vec<Activity>, security: Vec<String>) -> Self {
        let mut missing = Vec::new();
        let mut want = |is_there: bool, clause, activity: Option<&Activity>, wanted| {
            if !is_there {
                missing.push(Missing {
                    clause,
                    activity: activity.map(|activity| activity.id.clone()),
                    wanted,
                });
            }
        };
        want(!controller.name.is_empty(), "30(1)(a)", None, "the controller's name");
        want(controller.contact.is_some(), "30(1)(a)", None, "how to reach the controller");
        let officer = "the data protection officer, or that there is none";
        want(controller.protection_officer.is_some(), "30(1)(a)", None, officer);
        want(!activities.is_empty(), "30(1)(b)", None, "a purpose");
        for activity in &activities {
            let of = Some(activity);
            want(!activity.purpose.is_empty(), "30(1)(b)", of, "the purpose");
            want(!activity.data_subjects.is_empty(), "30(1)(c)", of, "about whom");
            want(!activity.categories.is_empty(), "30(1)(c)", of, "which data");
            want(activity.transfers.is_some(), "30(1)(e)", of, "the third countries, or that there are none");
            want(activity.retention.is_some(), "30(1)(f)", of, "for how long it is kept");
        }
        want(!security.is_empty(), "30(1)(g)", None, "how data is kept safe");
        Self { controller, activities, security, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_says_is_named_by_its_clause() {
        let activity = Activity {
            id: "sharing".to_owned(),
            purpose: "Handing over".to_owned(),
            data_subjects: vec!["customers".to_owned()],
            categories: vec!["purchases".to_owned()],
            retention: Some("ten years".to_owned()),
            ..Activity::default()
        };
        let controller = Controller { name: "The shop".to_owned(), ..Controller::default() };
        let record =
            ProcessingRecord::new(controller.clone(), vec![activity.clone()], vec!["sealed".to_owned()]);
        let missing: Vec<_> =
            record.missing.iter().map(|one| (one.clause, one.activity.as_deref())).collect();
        assert_eq!(missing, [("30(1)(a)", None), ("30(1)(a)", None), ("30(1)(e)", Some("sharing"))]);
        let whole = ProcessingRecord::new(
            Controller {
                contact: Some("privacy@shop.example".to_owned()),
                protection_officer: Some("Ann".to_owned()),
                ..controller
            },
            vec![Activity { transfers: Some(Vec::new()), ..activity }],
            vec!["sealed".to_owned()],
        );
        assert!(whole.missing.is_empty(), "{:?}", whole.missing);
    }
}
