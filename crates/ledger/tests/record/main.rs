//! The record of a consent or a grant, held against `openapi/schemas/consent-record.schema.json`.

#[cfg(test)]
#[path = "../../examples/consent_records/samples.rs"]
mod samples;

#[cfg(test)]
mod building {
    use counterfoil_ledger::record::{Configuration, Inputs, Record};
    use serde_json::{Value, json};

    use crate::samples::{self, AMENDED, GIVEN, WITHDRAWN};

    const SCHEMA: &str = include_str!("../../../../openapi/schemas/consent-record.schema.json");
    const CONTEXT: &str = include_str!("../../../../openapi/schemas/consent-record.context.jsonld");

    fn grant() -> Vec<Value> {
        samples::grant_headers(&[GIVEN, AMENDED, WITHDRAWN]).unwrap()
    }

    fn build(headers: &[Value], configurations: &[Configuration]) -> Result<Value, String> {
        let inputs = Inputs { subject: samples::SUBJECT, representative: None, headers, configurations };
        let record = Record::new(&inputs).map_err(|error| format!("{error}"))?;
        Ok(serde_json::from_slice(&record.canonical().unwrap()).unwrap())
    }

    fn build_grant() -> Value {
        build(&grant(), &[samples::grant_configuration()]).unwrap()
    }

    fn refusal_of_grant(change: impl FnOnce(&mut Vec<Value>, &mut Configuration)) -> String {
        let (mut headers, mut configuration) = (grant(), samples::grant_configuration());
        change(&mut headers, &mut configuration);
        build(&headers, &[configuration]).unwrap_err()
    }

    fn refusal_of_consent(change: impl FnOnce(&mut Configuration)) -> String {
        let mut configuration = samples::consent_configuration();
        change(&mut configuration);
        build(&samples::consent_headers(), &[configuration]).unwrap_err()
    }

    #[test]
    fn every_sample_is_what_the_schema_says() {
        let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
        for (name, bytes) in samples::documents().unwrap() {
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            let errors: Vec<_> = schema
                .iter_errors(&document)
                .map(|error| format!("{name}{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, Vec::<String>::new());
            assert!(!bytes.windows(2).any(|pair| pair == b": "), "{name} is canonical");
        }
    }

    #[test]
    fn the_schema_sees_what_is_wrong() {
        let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
        let mut document = build_grant();
        document["events"][1]["eventState"] = json!("dpv:ConsentGiven");
        assert!(!schema.is_valid(&document));
    }

    #[test]
    fn a_document_brings_its_context() {
        let file: Value = serde_json::from_str(CONTEXT).unwrap();
        assert_eq!(build_grant()["@context"], file["@context"]);
    }

    #[test]
    fn a_grant_is_given_amended_withdrawn() {
        let record = build_grant();
        let events = record["events"].as_array().unwrap();
        let of = |member: &str| events.iter().map(|event| event[member].clone()).collect::<Vec<_>>();
        assert_eq!(record["@type"], "GrantRecord");
        assert_eq!(record["piiProcessing"][0]["lawfulBasis"], "eu-gdpr:A20");
        assert_eq!(of("position"), [json!(1), json!(2), json!(3), json!(4)]);
        let states =
            ["requested", "given", "active", "withdrawn"].map(|state| json!(format!("counterfoil:{state}")));
        assert_eq!(of("eventState"), states);
        let durations = ["UntilEvent", "UntilTime", "UntilTime", "Endless"];
        for (event, kind) in events.iter().zip(durations) {
            assert_eq!(event["validityDuration"]["@type"], format!("dpv:{kind}Duration"));
        }
        assert_eq!(events[1]["validityDuration"]["until"], "2027-02-22T11:02:03.123Z");
        let recipient = record["piiProcessing"][0]["recipientThirdParties"][0].clone();
        let subject = record["header"]["piiPrincipalId"].clone();
        assert_eq!(of("entityId"), [recipient, subject.clone(), subject.clone(), subject]);
    }

    #[test]
    fn a_consent_says_what_it_is_worth_and_why_it_ended() {
        let record = build(&samples::consent_headers(), &[samples::consent_configuration()]).unwrap();
        assert_eq!(record["@type"], "ConsentRecord");
        assert_eq!(record["piiProcessing"][0]["valueExchange"]["amount"], "5.00");
        let process = &record["piiProcessing"][0];
        assert_eq!(process["recipientThirdParties"], process["piiControllers"], "nobody else receives it");
        let events = record["events"].as_array().unwrap();
        assert_eq!(events.len(), 3, "a reminder is no event");
        assert_eq!(events[2]["eventState"], "dpv:ConsentWithdrawn");
        assert!(events[2]["cause"].as_str().unwrap().starts_with("urn:counterfoil:entry:ent_"));
    }

    #[test]
    fn terms_are_shortened_and_weeks_are_days() {
        let documents = samples::documents().unwrap();
        let (_, bytes) = documents.iter().find(|(name, _)| *name == "consent-of-a-child-renewed").unwrap();
        let record: Value = serde_json::from_slice(bytes).unwrap();
        let process = &record["piiProcessing"][0];
        assert_eq!(process["piiInformation"][0]["piiType"], "pd:Health");
        assert_eq!(process["retentionPeriod"]["duration"]["period"], "P42D");
        assert_eq!(process["storageLocations"][0]["location"], "loc:DE-BY");
        assert_eq!(record["events"][1]["eventState"], "dpv:RenewedConsentGiven");
        assert_eq!(record["events"][1]["eventType"], "dpv:ExplicitlyExpressedConsent");
        assert_eq!(record["events"][1]["recordedAt"], "2027-03-10T08:15:00.250Z", "typed in a week later");
    }

    #[test]
    fn each_configuration_is_a_process_of_its_own() {
        let documents = samples::documents().unwrap();
        let (_, bytes) = documents.iter().find(|(name, _)| *name == "grant-revoked-after-a-move").unwrap();
        let record: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(record["piiProcessing"].as_array().unwrap().len(), 2);
        assert_ne!(record["events"][1]["processing"], record["events"][2]["processing"]);
        let retailers: Vec<_> = record["parties"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|party| party["partyType"] == "dpv:DataController")
            .map(|party| (party["partyId"].clone(), party["@id"].clone()))
            .collect();
        assert_eq!(retailers.len(), 2, "as the customer was told, each time");
        assert_eq!(retailers[0].0, retailers[1].0);
        assert_eq!(record["events"][3]["entityId"], retailers[1].1, "staff act for the retailer");
    }

    #[test]
    fn a_receipt_has_one_context_and_the_record_whole() {
        let documents = samples::documents().unwrap();
        let document = |wanted: &str| -> Value {
            let (_, bytes) = documents.iter().find(|(name, _)| *name == wanted).unwrap();
            serde_json::from_slice(bytes).unwrap()
        };
        let receipt = document("grant-receipt");
        let mut record = document("grant-given-amended-withdrawn");
        assert_eq!(receipt["@context"], record["@context"]);
        record.as_object_mut().unwrap().remove("@context");
        assert_eq!(receipt["record"], record);
        let configurations = [samples::grant_configuration()];
        let headers = grant();
        let inputs = Inputs {
            subject: samples::SUBJECT,
            representative: None,
            headers: &headers,
            configurations: &configurations,
        };
        let refused =
            Record::new(&inputs).unwrap().into_receipt("rec_1", "2026-12-24T18:30:01Z".parse().unwrap());
        assert_eq!(refused.unwrap_err().to_string(), "id is no receipt's id");
    }

    #[test]
    fn an_error_names_the_field_of_a_configuration() {
        let field =
            |change: fn(&mut Configuration)| refusal_of_grant(|_, configuration| change(configuration));
        assert_eq!(field(|it| it.purposes.clear()), "configurations[0].purposes is empty");
        assert_eq!(field(|it| it.recipients.clear()), "configurations[0].recipients is empty");
        assert_eq!(
            field(|it| it.controller.address.clear()),
            "configurations[0].controller.address is empty"
        );
        assert_eq!(
            field(|it| it.recipients[0].party.contact = " ".to_owned()),
            "configurations[0].recipients[0].party.contact is empty"
        );
        assert_eq!(field(|it| it.jurisdictions.clear()), "configurations[0].jurisdictions is empty");
        assert_eq!(
            field(|it| it.jurisdictions[0] = "loc:EU".to_owned()),
            "configurations[0].jurisdictions[0] is no code of ISO 3166"
        );
        assert_eq!(
            field(|it| it.personal_data[1].category = "loc:IE".to_owned()),
            "configurations[0].personal_data[1].category is no term of the vocabulary that belongs there"
        );
        assert_eq!(
            field(|it| it.withdrawal = "by post".to_owned()),
            "configurations[0].withdrawal is no web address"
        );
        assert_eq!(
            field(|it| it.value = samples::consent_configuration().value),
            "configurations[0].value is offered for the exercise of a right"
        );
        assert_eq!(
            field(|it| it.hash = samples::hash('f')),
            "headers[0].config names a configuration that is not given"
        );
        let money = |amount: &str| {
            refusal_of_consent(|it| {
                it.value.as_mut().unwrap().amount.as_mut().unwrap().number = amount.to_owned();
            })
        };
        assert_eq!(money("5,00"), "configurations[0].value.amount.number is no decimal number");
        assert_eq!(money("-5"), "configurations[0].value.amount.number is no decimal number");
    }

    #[test]
    fn an_error_names_the_member_of_a_header() {
        let member = |position: usize, name: &str, value: Value| {
            refusal_of_grant(|headers, _| headers[position][name] = value)
        };
        assert_eq!(
            member(1, "state", json!("dpv:ConsentGiven")),
            "headers[1].state is none that such a record can be in"
        );
        assert_eq!(member(2, "basis", json!("eu-gdpr:A6-1-a")), "headers[2].basis differs within the record");
        assert_eq!(member(3, "record", json!("rec_other")), "headers[3].record is of another record");
        assert_eq!(member(1, "type", json!("consent.given")), "headers[1].type is of another family");
        assert_eq!(
            member(0, "type", json!("restriction.set")),
            "headers[0].type is of no consent and no grant"
        );
        assert_eq!(
            member(1, "effectiveAt", json!("2026-11-24T11:02:03Z")),
            "headers[1].effectiveAt is no instant in milliseconds of UTC"
        );
        assert_eq!(member(1, "expires", json!(3)), "headers[1].expires is no string");
        assert_eq!(
            member(0, "actor", json!({ "kind": "app", "ref": "app_another" })),
            "headers[0].actor.ref is none of the recipients"
        );
        assert_eq!(member(1, "actor", json!({ "kind": "representative" })), "representative is empty");
        assert_eq!(
            member(1, "actor", json!({ "kind": "robot" })),
            "headers[1].actor.kind is no kind of actor"
        );
        assert_eq!(refusal_of_grant(|headers, _| headers.clear()), "headers is empty");
    }
}
