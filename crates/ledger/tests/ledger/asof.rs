//! Questions of an auditor: twenty scripted changes, and what a table says of them.

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::entry::EntryType;
use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::Draft;
use counterfoil_ledger::audit::{
    Affected, AsOf, AsOfAnswer, Audit, AuditError, Looker, RecordAnswer, Stood, Subject, Told,
};
use counterfoil_store::entries::Log;
use counterfoil_store::people;
use prometheus::Registry;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::realm::{CLIENT, Realm, at, decision, disclosure, entropy};
use crate::tree::Beside;

const DAY: i64 = 86_400;

/// The morning of a day, from which decisions hold.
fn day(day: i64) -> DateTime<Utc> {
    at(day * DAY)
}

/// A change: recorded on a day, holding from a day, of a record (A is 1), with its state and the day of its end.
type Change = (i64, i64, u8, EntryType, &'static str, Option<i64>);

/// Twenty changes, in the order in which they were recorded. Five came late: A's letter of withdrawal, a week after it
/// was written; F's pause; E's end, which nobody needed to write down, and a withdrawal after it; B's shorter time; G's
/// paper form. One came ahead: F's revocation.
const CHANGES: [Change; 20] = [
    (1, 1, 1, EntryType::GrantGiven, "given", None),
    (2, 2, 2, EntryType::GrantRequested, "requested", None),
    (2, 2, 2, EntryType::GrantGiven, "given", Some(32)),
    (4, 4, 3, EntryType::RestrictionSet, "set", None),
    (5, 5, 1, EntryType::GrantAmended, "given", None),
    (6, 6, 3, EntryType::RestrictionLifted, "lifted", None),
    (7, 7, 4, EntryType::GrantRequested, "requested", None),
    (7, 7, 4, EntryType::GrantRefused, "refused", None),
    (8, 8, 5, EntryType::GrantGiven, "given", Some(18)),
    (9, 9, 6, EntryType::GrantGiven, "given", None),
    (10, 10, 3, EntryType::RestrictionSet, "set", None),
    (12, 12, 1, EntryType::GrantAmended, "active", None),
    (14, 14, 6, EntryType::GrantAmended, "given", None),
    (15, 11, 6, EntryType::GrantAmended, "paused", None),
    (17, 10, 1, EntryType::GrantWithdrawn, "withdrawn", None),
    (19, 19, 5, EntryType::GrantExpired, "expired", None),
    (20, 20, 5, EntryType::GrantWithdrawn, "withdrawn", None),
    (21, 25, 6, EntryType::GrantRevoked, "revoked", None),
    (26, 3, 2, EntryType::GrantAmended, "given", Some(12)),
    (30, 13, 7, EntryType::GrantGiven, "given", None),
];

/// What was in force in the end, and what was known: record, state, and since which day. Asked an hour after the
/// morning of the first day, by what was known in the evening of the second.
const EXPECTED: [(i64, i64, &str, &str); 17] = [
    (0, -1, "", "unknown"),
    (11, -1, "A withdrawn 10, B given 2, C set 10, D refused 7, E given 8, F paused 11", "unknown"),
    (6, 6, "A given 1, B given 2, C lifted 6", "A given 1, B given 2, C lifted 6"),
    (
        11,
        11,
        "A withdrawn 10, B given 2, C set 10, D refused 7, E given 8, F paused 11",
        "A given 1, B given 2, C set 10, D refused 7, E given 8, F given 9",
    ),
    (
        11,
        15,
        "A withdrawn 10, B given 2, C set 10, D refused 7, E given 8, F paused 11",
        "A given 1, B given 2, C set 10, D refused 7, E given 8, F paused 11",
    ),
    (
        11,
        17,
        "A withdrawn 10, B given 2, C set 10, D refused 7, E given 8, F paused 11",
        "A withdrawn 10, B given 2, C set 10, D refused 7, E given 8, F paused 11",
    ),
    (
        12,
        12,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F paused 11",
        "A active 12, B given 2, C set 10, D refused 7, E given 8, F given 9",
    ),
    (
        16,
        16,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F given 14, G given 13",
        "A active 12, B given 2, C set 10, D refused 7, E given 8, F given 14",
    ),
    (
        16,
        17,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F given 14, G given 13",
        "A withdrawn 10, B given 2, C set 10, D refused 7, E given 8, F given 14",
    ),
    (
        16,
        26,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F given 14, G given 13",
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F given 14",
    ),
    (
        16,
        30,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F given 14, G given 13",
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F given 14, G given 13",
    ),
    (
        18,
        18,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E expired 18, F given 14, G given 13",
        "A withdrawn 10, B given 2, C set 10, D refused 7, E expired 18, F given 14",
    ),
    (
        22,
        20,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E expired 18, F given 14, G given 13",
        "A withdrawn 10, B given 2, C set 10, D refused 7, E expired 18, F given 14",
    ),
    (
        26,
        20,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E expired 18, F revoked 25, G given 13",
        "A withdrawn 10, B given 2, C set 10, D refused 7, E expired 18, F given 14",
    ),
    (
        26,
        21,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E expired 18, F revoked 25, G given 13",
        "A withdrawn 10, B given 2, C set 10, D refused 7, E expired 18, F revoked 25",
    ),
    (
        13,
        40,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F paused 11, G given 13",
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E given 8, F paused 11, G given 13",
    ),
    (
        40,
        40,
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E expired 18, F revoked 25, G given 13",
        "A withdrawn 10, B expired 12, C set 10, D refused 7, E expired 18, F revoked 25, G given 13",
    ),
];

fn draft(change: &Change) -> Draft {
    let (_, effective, record, entry_type, state, expires) = *change;
    Draft {
        state: Some(state),
        effective_at: day(effective),
        expires: expires.map(day),
        ..decision(record, entry_type, Some(json!({ "day": effective })))
    }
}

/// Appends everything on its day and publishes every evening; an app reads under A on some days.
fn script(realm: &Realm, beside: &Beside) {
    let grant = realm.grant(1, |_| {});
    let keys = realm.person_keys();
    let runtime = Runtime::new().unwrap();
    for today in 0..=30 {
        for change in CHANGES.iter().filter(|change| change.0 == today) {
            let recorded = day(today) + Duration::minutes(10);
            realm.write(|conn| realm.ledger.append(conn, &keys, realm.person, recorded, &[draft(change)]));
        }
        if [4, 11, 13, 16].contains(&today) {
            runtime.block_on(async {
                let sealer = realm.sealer(day(today) + Duration::minutes(20), &Registry::new());
                sealer.seal(realm.standing(grant), disclosure("r")).await.unwrap();
            });
        }
        beside.keeper(realm, "a", today * DAY + DAY / 2).round().unwrap();
    }
}

fn auditor(realm: &Realm, beside: &Beside) -> Audit {
    let (objects, generations) = (beside.objects.clone(), beside.generations.clone());
    Audit::new(realm.store.clone(), realm.keys.clone(), realm.ledger.clone(), objects, generations)
}

fn looker() -> Looker {
    Looker::new("olga", "case-17").unwrap()
}

fn question(valid: i64, known: i64) -> AsOf {
    AsOf {
        subject: Subject::Customer { id: "c-1".to_owned(), scheme: String::new() },
        valid_at: day(valid) + Duration::hours(1),
        known_at: day(known) + Duration::hours(20),
        proofs: true,
    }
}

fn ask(audit: &Audit, valid: i64, known: i64, today: i64) -> AsOfAnswer {
    audit.as_of(&looker(), &question(valid, known), day(today)).unwrap()
}

/// `A given 1, …`: what a column of the table says.
fn column(answer: &AsOfAnswer, of: impl Fn(&RecordAnswer) -> &Told<Stood>) -> String {
    let mut told = Vec::new();
    for record in &answer.records {
        match of(record) {
            Told::Known(stood) => {
                let since: DateTime<Utc> = stood.since.parse().unwrap();
                let letter = char::from(b'A' + record.record.0[0] - 1);
                told.push(format!(
                    "{letter} {} {}",
                    stood.state,
                    (since + Duration::seconds(1) - day(0)).num_days()
                ));
            }
            Told::Nothing => {}
            Told::Unknown => return "unknown".to_owned(),
            Told::Erased => told.push("erased".to_owned()),
        }
    }
    told.join(", ")
}

fn of(answer: &AsOfAnswer, record: u8) -> &RecordAnswer {
    answer.records.iter().find(|found| found.record == RecordId([record; 16])).unwrap()
}

pub fn twenty_changes_stand_as_the_table_says(realm: &Realm) {
    let beside = Beside::new(realm);
    script(realm, &beside);
    let audit = auditor(realm, &beside);
    let mut first = Vec::new();
    for (valid, known, in_force, knew) in EXPECTED {
        let answer = ask(&audit, valid, known, 41);
        let point = format!("valid {valid}, known {known}");
        assert_eq!(column(&answer, |record| &record.in_force), in_force, "in force, {point}");
        if knew == "unknown" {
            assert_eq!(answer.ledger, Told::Unknown, "{point}");
            assert!(answer.records.iter().all(|record| record.knew == Told::Unknown), "{point}");
        } else {
            assert_eq!(column(&answer, |record| &record.knew), knew, "known, {point}");
            let Told::Known(ledger) = &answer.ledger else { panic!("{point}") };
            let recorded = CHANGES.iter().filter(|change| change.0 <= known).count();
            assert_eq!(usize::try_from(ledger.numbers_below).unwrap(), recorded, "{point}");
        }
        for record in &answer.records {
            let Told::Known(stood) = &record.in_force else { panic!("{point}") };
            for deciding in &stood.decided_by {
                let start = format!("c2sp.org/tlog-proof@v1\nindex {}\n", deciding.index.unwrap());
                assert!(deciding.proof.as_ref().unwrap().starts_with(&start), "{point}");
            }
        }
        first.push(serde_json::to_vec(&answer).unwrap());
    }
    add_ten_thousand(realm, &beside);
    for ((valid, known, ..), before) in EXPECTED.into_iter().zip(first) {
        let again = serde_json::to_vec(&ask(&audit, valid, known, 60)).unwrap();
        assert!(again == before, "the same bytes: valid {valid}, known {known}");
    }
    beside.intact(realm, true);
}

/// Of another customer, and some of the same one that hold from later; and the app reads on under another grant.
fn add_ten_thousand(realm: &Realm, beside: &Beside) {
    let other = people::resolve_one(&realm.store, &realm.keys, &entropy(91), at(0), "c-2").unwrap();
    for (person, count, records) in [(other, 9_900_usize, 200_u8), (realm.person, 100, 20)] {
        let keys = realm.keys.person(person).unwrap();
        let drafts: Vec<Draft> = (0..count)
            .map(|number| {
                let record = u8::try_from(number % usize::from(records)).unwrap();
                let mut draft = decision(0, EntryType::GrantAmended, None);
                draft.record.0 = [record; 16];
                draft.record.0[1] = if person == other { 0 } else { 255 };
                Draft { state: Some("given"), effective_at: day(41), ..draft }
            })
            .collect();
        for (number, chunk) in (0_i64..).zip(drafts.chunks(500)) {
            let recorded = day(42) + Duration::minutes(number);
            realm.write(|conn| realm.ledger.append(conn, &keys, person, recorded, chunk));
        }
    }
    beside.keeper(realm, "a", 43 * DAY).round().unwrap();
}

pub fn what_left_in_between_is_told(realm: &Realm) {
    let beside = Beside::new(realm);
    script(realm, &beside);
    let audit = auditor(realm, &beside);
    // The letter of day 10 was recorded on day 17. Asked on day 16, nobody knew of it; the app had read twice since, and
    // read a third time that day.
    let answer = ask(&audit, 16, 16, 41);
    let a = of(&answer, 1);
    let between = a.between.as_ref().unwrap();
    assert_eq!(a.corrected_by.as_ref().unwrap().seq, 14);
    assert_eq!((between.disclosed.entries, between.disclosed.purchases), (3, 3));
    let app = format!("{CLIENT}");
    assert!(between.disclosed.listed.iter().all(|left| left.to.as_deref() == Some(app.as_str())));
    assert_eq!(of(&answer, 2).corrected_by.as_ref().unwrap().seq, 18);
    assert_eq!(of(&answer, 4).corrected_by, None);
    // Once it was known there was nothing to correct: what left since the letter, up to the later of the two times.
    let later = ask(&audit, 16, 17, 41);
    let a = of(&later, 1);
    assert_eq!((a.corrected_by.as_ref(), a.between.as_ref().unwrap().disclosed.entries), (None, 3));
    // Of a day before the letter the same was in force all along.
    let before = ask(&audit, 5, 5, 41);
    let a = of(&before, 1);
    assert_eq!((a.corrected_by.as_ref(), a.between.as_ref().unwrap().disclosed.entries), (None, 1));
}

pub fn a_question_of_one_record_is_answered_with_nothing_too(realm: &Realm) {
    let beside = Beside::new(realm);
    script(realm, &beside);
    let audit = auditor(realm, &beside);
    let subject = Subject::Record(RecordId([7; 16]));
    let asked = |valid, known| {
        let question = AsOf { subject: subject.clone(), proofs: false, ..question(valid, known) };
        audit.as_of(&looker(), &question, day(41)).unwrap()
    };
    let answer = asked(12, 12);
    assert_eq!((&answer.records[0].in_force, &answer.records[0].knew), (&Told::Nothing, &Told::Nothing));
    let answer = asked(14, 29);
    assert!(matches!(answer.records[0].in_force, Told::Known(_)));
    assert_eq!(answer.records[0].knew, Told::Nothing, "the form lay in a drawer");
    assert!(serde_json::to_string(&answer).unwrap().contains("\"knew\":null"));
    assert!(matches!(asked(14, -1).records[0].knew, Told::Unknown));
}

pub fn what_was_erased_is_never_made_up(realm: &Realm) {
    let beside = Beside::new(realm);
    script(realm, &beside);
    let audit = auditor(realm, &beside);
    // The last decision about F goes: what the ledger knew before it can still be told, what holds now cannot.
    realm.tamper("UPDATE entries SET header = NULL, payload = NULL WHERE log = 'consent' AND seq = 17");
    let answer = ask(&audit, 26, 20, 41);
    let f = of(&answer, 6);
    assert_eq!((&f.in_force, f.erased, f.between.as_ref()), (&Told::Erased, 1, None));
    assert!(matches!(&f.knew, Told::Known(stood) if stood.state == "given"));
    assert_eq!(of(&ask(&audit, 26, 21, 41), 6).knew, Told::Erased);
    assert_eq!(
        answer.erased.as_ref().map(|erased| (erased.since.as_deref(), erased.entries)),
        Some((None, 1))
    );
    assert!(matches!(&of(&answer, 1).in_force, Told::Known(_)), "the others stand");
    // A customer whom nobody knows is no customer of whom there is nothing.
    let nobody = AsOf {
        subject: Subject::Customer { id: "c-404".to_owned(), scheme: String::new() },
        ..question(16, 16)
    };
    let answer = audit.as_of(&looker(), &nobody, day(41)).unwrap();
    assert!(answer.records.is_empty() && answer.erased.is_none());
}

pub fn whoever_looks_is_written_down(realm: &Realm) {
    let beside = Beside::new(realm);
    script(realm, &beside);
    let audit = auditor(realm, &beside);
    let before = realm.stored(Log::Access).len();
    ask(&audit, 16, 16, 41);
    let affected = Affected { app: CLIENT, from: day(10), to: day(14) };
    let answer = audit.affected(&looker(), &affected, day(41)).unwrap();
    assert_eq!((answer.disclosures, answer.purchases, answer.unreadable, answer.erased), (2, 2, 0, 0));
    let customer = &answer.customers[0];
    assert_eq!((customer.customer.as_deref(), customer.grants.len()), (Some("c-1"), 1));
    assert_eq!(customer.first.as_deref(), Some("2027-01-26T08:20:00.123Z"));
    assert_eq!(customer.last.as_deref(), Some("2027-01-28T08:20:00.123Z"));
    let resting = audit.by_config(&looker(), realm.ledger.config_hash(), day(41)).unwrap();
    assert_eq!(resting.records.len(), 7);
    assert_eq!(resting.records[0].state.as_deref(), Some("withdrawn"));
    assert!(resting.records.iter().all(|one| one.is_current && one.customer.as_deref() == Some("c-1")));
    assert!(audit.by_config(&looker(), "sha256:00", day(41)).unwrap().records.is_empty());

    let written = realm.stored(Log::Access).split_off(before);
    let kinds: Vec<i32> = written.iter().map(|entry| entry.sealed_by).collect();
    assert_eq!(kinds, [1, 3, 1, 3, 1, 3], "one a person, and one a search");
    for entry in written.iter().filter(|entry| entry.sealed_by == 1) {
        let opened = realm.open(entry).unwrap();
        assert_eq!(opened.header["type"], json!("disclosure.staff"));
        assert_eq!(opened.header["actor"], json!({ "kind": "staff", "ref": "olga" }));
        assert_eq!(opened.payload.unwrap()["case"], json!("case-17"));
    }
    beside.keeper(realm, "a", 41 * DAY).round().unwrap();
    beside.intact(realm, true);
    assert_eq!(beside.verify(realm, true, Vec::new())[0].opened, 10, "four disclosures and six looks open");
}

pub fn some_questions_are_refused(realm: &Realm) {
    let beside = Beside::new(realm);
    let audit = auditor(realm, &beside);
    realm.grant(1, |_| {});
    let own = looker().who_is(realm.person);
    let affected = Affected { app: CLIENT, from: day(0), to: day(1) };
    let answer = audit.affected(&own, &affected, day(41)).unwrap();
    assert_eq!(
        (answer.customers.len(), answer.withheld),
        (0, 1),
        "in a search they are left out, and counted"
    );
    let before = realm.stored(Log::Access).len();
    assert!(matches!(audit.as_of(&own, &question(1, 1), day(41)), Err(AuditError::Own)));
    let ahead = audit.as_of(&looker(), &question(50, 1), day(41));
    assert!(matches!(ahead, Err(AuditError::Future("validAt"))));
    let ahead = audit.as_of(&looker(), &question(1, 50), day(41));
    assert!(matches!(ahead, Err(AuditError::Future("knownAt"))));
    let turned = Affected { app: CLIENT, from: day(2), to: day(1) };
    assert!(matches!(audit.affected(&looker(), &turned, day(41)), Err(AuditError::Span)));
    for (by, case) in [("", "c"), ("o", " "), ("o", "a\nb"), ("o", &"x".repeat(256))] {
        assert!(Looker::new(by, case).is_err());
    }
    assert_eq!(realm.stored(Log::Access).len(), before, "nothing was shown, nothing is written");
}
