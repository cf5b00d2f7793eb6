//! `processing record`: the record of processing activities that GDPR Art. 30(1) demands, from what is configured.

use serde::Serialize;

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
    /// The legal basis, such as `eu-gdpr:A20`.
    pub basis: String,
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
    /// Scopes that it may ask for.
    pub categories: Vec<String>,
    /// Whether it may act now: `pending`, `approved`, `suspended`.
    pub state: String,
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
                missing.push(Missing { clause, activity: activity.map(|activity| activity.id.clone()), wanted });
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
        let record = ProcessingRecord::new(controller.clone(), vec![activity.clone()], vec!["sealed".to_owned()]);
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
