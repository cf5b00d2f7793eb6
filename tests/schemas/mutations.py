"""Records that must fail: each is a good one with one thing wrong, and the checks that must see it.

`json` is the reader, `schema` the JSON Schema, `shapes` the SHACL shapes. A fault that two of them must see names both, so
that neither may grow blind behind the other; a third may see it too.
"""

import copy
import json
from dataclasses import dataclass
from typing import Callable

BOTH = ("schema", "shapes")
SCHEMA = ("schema",)


@dataclass
class Mutation:
    name: str
    base: str
    change: Callable
    caught_by: tuple

    def text(self, good):
        """The mutated text; `change` gets the document, and gives a text where JSON cannot say what is wrong."""
        document = copy.deepcopy(good[self.base])
        changed = self.change(document)
        return changed if isinstance(changed, str) else json.dumps(document)


def at(document, path):
    for step in path:
        document = document[step]
    return document


def without(*path):
    def change(document):
        del at(document, path[:-1])[path[-1]]

    return change


def with_value(value, *path):
    def change(document):
        at(document, path[:-1])[path[-1]] = value

    return change


def written(old, new):
    """Changes the text itself."""

    def change(document):
        text = json.dumps(document)
        assert old in text, old
        return text.replace(old, new, 1)

    return change


PROCESS = ("piiProcessing", 0)
EVENT = ("events", 1)

# 27560's mandatory fields, and those that GDPR adds: where each is in our record.
MANDATORY = {
    "schema_version": ("header", "schemaVersion"),
    "record_id": ("header", "recordId"),
    "pii_principal_id": ("header", "piiPrincipalId"),
    "privacy_notice": (*PROCESS, "privacyNotice"),
    "language": (*PROCESS, "privacyNotice", "language"),
    "purposes": (*PROCESS, "purposes"),
    "purpose_type": (*PROCESS, "purposes", 0, "purposeType"),
    "lawful_basis": (*PROCESS, "lawfulBasis"),
    "pii_information": (*PROCESS, "piiInformation"),
    "pii_type": (*PROCESS, "piiInformation", 0, "piiType"),
    "pii_controllers": (*PROCESS, "piiControllers"),
    "collection_method": (*PROCESS, "collectionMethod"),
    "processing_method": (*PROCESS, "processingMethod"),
    "storage_locations": (*PROCESS, "storageLocations"),
    "retention_period": (*PROCESS, "retentionPeriod"),
    "jurisdiction": (*PROCESS, "jurisdiction"),
    "recipient_third_parties": (*PROCESS, "recipientThirdParties"),
    "withdrawal_method": (*PROCESS, "withdrawalMethod"),
    "privacy_rights": (*PROCESS, "privacyRights"),
    "party_id": ("parties", 1, "partyId"),
    "party_type": ("parties", 1, "partyType"),
    "party_name": ("parties", 1, "partyName"),
    "party_address": ("parties", 1, "partyAddress"),
    "party_contact": ("parties", 1, "partyContact"),
    "event_time": (*EVENT, "eventTime"),
    "validity_duration": (*EVENT, "validityDuration"),
    "entity_id": (*EVENT, "entityId"),
    "event_type": (*EVENT, "eventType"),
    "event_state": (*EVENT, "eventState"),
}

SECTIONS = ("header", "piiProcessing", "parties", "events")
RECEIPT = {"receipt: schema_version": "schemaVersion", "receipt: receipt_id": "receiptId", "receipt: created": "created"}

OLD_TERM = "https://w3id.org/dpv#hasDataStorageCondition"
STRANGER = "urn:counterfoil:record:rec_aaaaaaaaaaaaaaaaaaaaaaaaaa#party-9"


def same_event_again(document):
    again = copy.deepcopy(document["events"][-1])
    again |= {"@id": "urn:counterfoil:entry:ent_" + "a" * 26, "entryId": "ent_" + "a" * 26, "position": 3}
    document["events"].append(again)


def same_entry_under_another_name(document):
    again = copy.deepcopy(document["events"][-1])
    again |= {"@id": "urn:counterfoil:entry:ent_" + "a" * 26, "eventTime": "2026-12-01T00:00:00.000Z", "position": 3}
    document["events"].append(again)


def word_for_word(document):
    document["events"].append(copy.deepcopy(document["events"][-1]))


def second_retention(document):
    process = document["piiProcessing"][0]
    process["storageLocations"].append(process["retentionPeriod"])


def undescribed_recipient(document):
    party = document["piiProcessing"][0]["recipientThirdParties"][0]
    document["parties"] = [kept for kept in document["parties"] if kept["@id"] != party]


def mutations():
    for field, path in MANDATORY.items():
        base = "grant-withdrawn" if path[0] == "events" else "consent-given"
        yield Mutation(f"without {field}", base, without(*path), BOTH)
    for section in SECTIONS:
        yield Mutation(f"without the section {section}", "grant-given", without(section), BOTH)
    for name, member in RECEIPT.items():
        yield Mutation(f"without {name}", "consent-receipt", without(member), BOTH)

    consent, grant = "consent-given", "grant-given"
    process, event = PROCESS, EVENT

    # States and bases.
    state = (*event, "eventState")
    yield Mutation("a state that nobody knows", consent, with_value("dpv:ConsentMaybe", *state), BOTH)
    yield Mutation("ConsentTerminated, of the guide", consent, with_value("dpv:ConsentTerminated", *state), BOTH)
    yield Mutation("a grant's state in a consent", consent, with_value("counterfoil:given", *state), BOTH)
    yield Mutation("a consent's state in a grant", grant, with_value("dpv:ConsentGiven", *state), BOTH)
    yield Mutation("a consent's basis in a grant", grant, with_value("eu-gdpr:A6-1-a", *process, "lawfulBasis"), BOTH)
    yield Mutation("a grant's basis in a consent", consent, with_value("eu-gdpr:A20", *process, "lawfulBasis"), BOTH)
    yield Mutation("a grant that says it is a consent", grant, with_value("ConsentRecord", "@type"), BOTH)
    yield Mutation("a type that is none of ours", grant, with_value("dpv:Record", "@type"), BOTH)
    yield Mutation("consent in force for ever", consent, with_value({"@type": "dpv:EndlessDuration"}, *event, "validityDuration"), BOTH)

    # Terms that DPV 2.3 has not got.
    yield Mutation("a purpose that is not in DPV", consent, with_value("dpv:SellEverything", *process, "purposes", 0, "purposeType"), BOTH)
    yield Mutation("pd:Email, of the guide", consent, with_value("pd:Email", *process, "piiInformation", 0, "piiType"), BOTH)
    yield Mutation("hasDataStorageCondition, of the guide", consent, with_value("loc:IE", *process, OLD_TERM), BOTH)
    yield Mutation("WithdrawingFromActivity, of the guide", grant, with_value("dpv:WithdrawingFromActivity", *process, "withdrawalMethod", "@type"), BOTH)
    yield Mutation("a country that is none", consent, with_value(["loc:XX"], *process, "jurisdiction"), BOTH)
    yield Mutation("a right that is none", consent, with_value("eu-gdpr:A99", *process, "privacyRights", 0, "@type"), BOTH)
    yield Mutation("the profile #receipt-record, of the guide", "consent-receipt",
                   with_value("https://w3id.org/dpv/schema/dpv-27560#receipt-record", "schemaVersion", 1), BOTH)

    # Amounts and times.
    yield Mutation("a float amount", consent, written('"amount": "5.00"', '"amount": 5.05'), ("json", "schema"))
    yield Mutation("an amount that is a number", consent, written('"amount": "5.00"', '"amount": 5'), SCHEMA)
    yield Mutation("an amount in words", consent, with_value("five", *process, "valueExchange", "amount"), BOTH)
    yield Mutation("a negative amount", consent, with_value("-5.00", *process, "valueExchange", "amount"), BOTH)
    yield Mutation("an amount of no currency", consent, without(*process, "valueExchange", "currency"), BOTH)
    yield Mutation("an amount of two things", consent, with_value("points", *process, "valueExchange", "unit"), BOTH)
    yield Mutation("a time that is none", consent, with_value("2026-13-40T99:00:00.000Z", *event, "eventTime"), BOTH)
    yield Mutation("a time without milliseconds", consent, with_value("2026-11-24T11:02:03Z", *event, "eventTime"), SCHEMA)
    yield Mutation("a local time", consent, with_value("2026-11-24T12:02:03.123+01:00", *event, "eventTime"), SCHEMA)
    yield Mutation("a retention that is no duration", grant, with_value("ten years", *process, "retentionPeriod", "duration", "period"), BOTH)
    yield Mutation("two retention periods", grant, second_retention, BOTH)

    # JSON and its context.
    yield Mutation("a key twice", consent, written('"language": "en"', '"language": "en", "language": "de"'), ("json",))
    yield Mutation("the events twice", grant, written('"events": [', '"events": [], "events": ['), ("json",))
    yield Mutation("a context from elsewhere", consent, with_value("https://w3id.org/dpv/dpv.jsonld", "@context"), BOTH)
    yield Mutation("a context that says something else", consent, with_value("dpv:hasRecipient", "@context", "partyName"), BOTH)
    yield Mutation("a member too many", consent, with_value("Jane", "parties", 0, "name"), SCHEMA)
    yield Mutation("half a document", consent, lambda document: json.dumps(document)[:-40], ("json", "schema", "shapes"))

    # Events.
    yield Mutation("an event twice, word for word", consent, word_for_word, BOTH)
    yield Mutation("an event twice under two ids", consent, same_event_again, ("shapes",))
    yield Mutation("an entry twice under two names", consent, same_entry_under_another_name, ("shapes",))
    yield Mutation("two events at one position", consent, with_value(1, *event, "position"), ("shapes",))
    yield Mutation("an event is missing", "grant-withdrawn", without("events", 2), ("shapes",))
    yield Mutation("an event by nobody", consent, with_value(STRANGER, *event, "entityId"), ("shapes",))

    # Parties and what is shown.
    yield Mutation("a recipient who is not described", grant, undescribed_recipient, ("shapes",))
    yield Mutation("the address of the customer", consent, with_value("3 Mews, Dublin", "parties", 0, "partyAddress"), BOTH)
    yield Mutation("a name of spaces", consent, with_value("  ", "parties", 1, "partyName"), BOTH)
    yield Mutation("a notice without its fingerprint", consent, with_value("version 2", *process, "privacyNotice", "digest"), BOTH)
    yield Mutation("withdrawal by letter", consent, with_value("urn:post:1", *process, "withdrawalMethod", "exercisedAt"), BOTH)
    yield Mutation("no purposes", consent, with_value([], *process, "purposes"), BOTH)
