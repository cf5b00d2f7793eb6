//! 27560, PII processing: what is done with the data under one configuration.

use serde::Serialize;

use super::configuration::{
    Configuration, Measure, Recipient, RecipientRole, Retention, Sensitivity, ValueOffered, shorten,
};
use super::parties::{Register, Role};
use super::{Kind, Party};

/// What is done under each configuration of a record, as they come up.
#[derive(Debug)]
pub(super) struct Processes<'a> {
    record: &'a str,
    kind: Kind,
    basis: &'a str,
    nodes: Vec<Process>,
}

impl<'a> Processes<'a> {
    /// For the record of this IRI.
    pub(super) fn new(record: &'a str, kind: Kind, basis: &'a str) -> Self {
        Self { record, kind, basis, nodes: Vec::new() }
    }

    /// The IRI of what is done under a configuration, which was checked.
    pub(super) fn under(&mut self, configuration: &Configuration, parties: &mut Register) -> String {
        if let Some(process) = self.nodes.iter().find(|process| process.configuration == configuration.hash) {
            return process.iri.clone();
        }
        let iri = format!("{}#processing-{}", self.record, self.nodes.len() + 1);
        self.nodes.push(Process::new(iri.clone(), configuration, self.kind, self.basis, parties));
        iri
    }

    /// All of them, in the order in which they came up.
    pub(super) fn into_nodes(self) -> Vec<Process> {
        self.nodes
    }
}

/// What is done under one configuration, as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Process {
    #[serde(rename = "@id")]
    iri: String,
    #[serde(rename = "@type")]
    class: &'static str,
    configuration: String,
    privacy_notice: NoticeNode,
    purposes: Vec<PurposeNode>,
    lawful_basis: String,
    pii_information: Vec<PiiNode>,
    pii_controllers: Vec<String>,
    collection_method: Vec<&'static str>,
    processing_method: Vec<&'static str>,
    storage_locations: Vec<StorageNode>,
    retention_period: RetentionNode,
    jurisdiction: Vec<String>,
    recipient_third_parties: Vec<String>,
    withdrawal_method: Exercised,
    privacy_rights: Vec<Exercised>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority_party: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_exchange: Option<ValueNode>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct NoticeNode {
    #[serde(rename = "@type")]
    class: &'static str,
    digest: String,
    language: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PurposeNode {
    #[serde(rename = "@type")]
    class: &'static str,
    purpose_id: String,
    purpose_type: String,
    description: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PiiNode {
    #[serde(rename = "@type")]
    class: &'static str,
    pii_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pii_attribute_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    pii_optional: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct StorageNode {
    #[serde(rename = "@type")]
    class: &'static str,
    location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RetentionNode {
    #[serde(rename = "@type")]
    class: &'static str,
    duration: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// How long something holds, in DPV's kinds of duration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "@type")]
pub(super) enum Duration {
    #[serde(rename = "dpv:UntilTimeDuration")]
    UntilTime { until: String },
    #[serde(rename = "dpv:UntilEventDuration")]
    UntilEvent {
        #[serde(rename = "untilEvent")]
        event: String,
    },
    #[serde(rename = "dpv:TemporalDuration")]
    Lasting { period: String },
    #[serde(rename = "dpv:EndlessDuration")]
    Endless {},
}

/// A control or a right, and where it is exercised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exercised {
    #[serde(rename = "@type")]
    class: String,
    exercised_at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ValueNode {
    #[serde(rename = "@type")]
    class: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

impl Process {
    fn new(
        iri: String,
        configuration: &Configuration,
        kind: Kind,
        basis: &str,
        parties: &mut Register,
    ) -> Self {
        let controller = parties.organisation(Role::Controller, &configuration.controller);
        let recipient =
            |Recipient { role, party }: &Recipient| parties.organisation(Role::from(*role), party);
        let mut recipients: Vec<_> = configuration.recipients.iter().map(recipient).collect();
        if recipients.is_empty() {
            recipients.push(controller.clone());
        }
        let authority = |party: &Party| parties.organisation(Role::Authority, party);
        Self {
            iri,
            class: "dpv:Process",
            configuration: configuration.hash.clone(),
            privacy_notice: NoticeNode {
                class: kind.notice_class(),
                digest: configuration.notice.digest.clone(),
                language: configuration.notice.language.clone(),
            },
            purposes: purposes(configuration),
            lawful_basis: basis.to_owned(),
            pii_information: personal_data(configuration),
            pii_controllers: vec![controller],
            collection_method: kind.sources(),
            processing_method: kind.operations(),
            storage_locations: storage(configuration),
            retention_period: retention(&configuration.retention),
            jurisdiction: configuration.jurisdictions.iter().map(|code| place(code)).collect(),
            recipient_third_parties: recipients,
            withdrawal_method: Exercised {
                class: kind.withdrawal_class().to_owned(),
                exercised_at: configuration.withdrawal.clone(),
            },
            privacy_rights: configuration
                .rights
                .iter()
                .map(|right| Exercised { class: shorten(&right.term), exercised_at: right.url.clone() })
                .collect(),
            authority_party: configuration.authority.as_ref().map(authority),
            value_exchange: configuration.value.as_ref().map(value),
        }
    }
}

impl Kind {
    fn notice_class(self) -> &'static str {
        match self {
            Self::Consent => "dpv:ConsentNotice",
            Self::Grant => "dpv:RightExerciseNotice",
        }
    }

    fn withdrawal_class(self) -> &'static str {
        match self {
            Self::Consent => "dpv:WithdrawConsent",
            Self::Grant => "dpv:WithdrawingFromProcess",
        }
    }

    /// What is volunteered comes from the customer; what a grant lets out the retailer has already.
    fn sources(self) -> Vec<&'static str> {
        match self {
            Self::Consent => vec!["dpv:DataSubjectDataSource"],
            Self::Grant => vec!["dpv:DataControllerDataSource"],
        }
    }

    fn operations(self) -> Vec<&'static str> {
        match self {
            Self::Consent => vec!["dpv:Collect", "dpv:Store", "dpv:Use"],
            Self::Grant => vec!["dpv:Share"],
        }
    }
}

fn purposes(configuration: &Configuration) -> Vec<PurposeNode> {
    let node = |purpose: &super::Purpose| PurposeNode {
        class: "dpv:Purpose",
        purpose_id: purpose.id.clone(),
        purpose_type: shorten(&purpose.term),
        description: purpose.words.clone(),
    };
    configuration.purposes.iter().map(node).collect()
}

fn personal_data(configuration: &Configuration) -> Vec<PiiNode> {
    let node = |data: &super::PersonalData| PiiNode {
        class: match data.sensitivity {
            Sensitivity::Ordinary => "dpv:PersonalData",
            Sensitivity::Sensitive => "dpv:SensitivePersonalData",
            Sensitivity::Special => "dpv:SpecialCategoryPersonalData",
        },
        pii_type: shorten(&data.category),
        pii_attribute_id: data.attribute.clone(),
        description: data.words.clone(),
        pii_optional: if data.optional { "dpv:Optional" } else { "dpv:Required" },
    };
    configuration.personal_data.iter().map(node).collect()
}

fn storage(configuration: &Configuration) -> Vec<StorageNode> {
    let node = |location: &super::StorageLocation| StorageNode {
        class: "dpv:StorageLocation",
        location: place(&location.place),
        description: location.words.clone(),
    };
    configuration.storage.iter().map(node).collect()
}

fn place(code: &str) -> String {
    format!("loc:{code}")
}

fn retention(retention: &Retention) -> RetentionNode {
    let (duration, description) = match retention {
        Retention::For { period, words } => (Duration::Lasting { period: in_days(period) }, words.clone()),
        Retention::Until(event) => (Duration::UntilEvent { event: event.clone() }, None),
    };
    RetentionNode { class: "dpv:StorageDuration", duration, description }
}

/// `xsd:duration` has no weeks, ISO 8601 has: six of them are 42 days.
fn in_days(period: &str) -> String {
    let weeks = period.strip_prefix('P').and_then(|rest| rest.strip_suffix('W'));
    let days = weeks.and_then(|weeks| weeks.parse::<u32>().ok()?.checked_mul(7));
    days.map_or_else(|| period.to_owned(), |days| format!("P{days}D"))
}

fn value(offered: &ValueOffered) -> ValueNode {
    let (amount, currency, unit) = match &offered.amount {
        None => (None, None, None),
        Some(amount) => match &amount.of {
            Measure::Currency(code) => (Some(amount.number.clone()), Some(code.clone()), None),
            Measure::Unit(unit) => (Some(amount.number.clone()), None, Some(unit.clone())),
        },
    };
    ValueNode {
        class: "counterfoil:ValueExchange",
        description: offered.words.clone(),
        amount,
        currency,
        unit,
    }
}

impl From<RecipientRole> for Role {
    fn from(role: RecipientRole) -> Self {
        match role {
            RecipientRole::ThirdParty => Self::ThirdParty,
            RecipientRole::Processor => Self::Processor,
            RecipientRole::OwnDepartment => Self::OwnDepartment,
            RecipientRole::Authority => Self::Authority,
        }
    }
}
