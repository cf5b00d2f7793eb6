use counterfoil_domain::entry::{Actor, EntryType, commit};
use counterfoil_domain::ids::EntryId;
use counterfoil_ledger::Draft;
use counterfoil_ledger::config::Shown;
use counterfoil_store::entries::{Log, StoredEntry};
use counterfoil_store::{Error, people};
use serde_json::{Value, json};

use crate::realm::{Realm, at, decision};

fn payload() -> Value {
    json!({
        "grantId": "gra_secret",
        "empty": {}, "list": [1, -2, null, true, ["a"]],
        "text": "Ä \"quoted\" \u{1F4B0} \u{0}",
        "accessSize": 9_007_199_254_740_991_i64,
    })
}

/// Two entries of one record, both with a payload.
fn two(realm: &Realm) -> [StoredEntry; 2] {
    let draft = |entry_type| decision(1, entry_type, Some(payload()));
    realm.append(&[draft(EntryType::GrantGiven), draft(EntryType::GrantWithdrawn)]);
    realm.stored(Log::Consent).try_into().unwrap()
}

fn corrupt_in(outcome: Result<impl std::fmt::Debug, Error>) -> &'static str {
    match outcome {
        Err(Error::Corrupt { table: "entries", column, .. }) => column,
        other => panic!("{other:?}"),
    }
}

fn assert_key(realm: &Realm, entry: &StoredEntry, what: &str) {
    let outcome = realm.open(entry);
    assert!(matches!(outcome, Err(Error::Key(_))), "{what}: {outcome:?}");
}

pub fn an_entry_opens_to_what_was_written(realm: &Realm) {
    let cause = EntryId([9; 16]);
    let full = Draft {
        actor: Actor::Staff("ann".to_owned()),
        state: Some("revoked"),
        effective_at: at(-5),
        expires: Some(at(100)),
        display: Some(realm.ledger.display(&Shown::new("de-AT", b"template", b"words"))),
        cause: Some(cause),
        entry_id: None,
        config: None,
        ..decision(1, EntryType::GrantRevoked, Some(payload()))
    };
    let appended = realm.append(&[full, decision(1, EntryType::GrantRequested, None)]);
    let stored = realm.stored(Log::Consent);
    let opened = realm.open(&stored[0]).unwrap();
    assert_eq!(opened.payload, Some(payload()));
    let digest = opened.header["payload"].as_str().unwrap();
    assert_eq!((digest.len(), digest.strip_prefix("hmac-sha256:").map(str::len)), (76, Some(64)));
    let display = realm.ledger.display(&Shown::new("de-AT", b"template", b"words"));
    let expected = json!({
        "v": "1",
        "id": format!("{}", appended[0].entry_id),
        "type": "grant.revoked",
        "record": format!("{}", counterfoil_domain::ids::RecordId([1; 16])),
        "actor": { "kind": "staff", "ref": "ann" },
        "effectiveAt": "2027-01-15T07:59:55.123Z",
        "recordedAt": "2027-01-15T08:00:00.123Z",
        "state": "revoked",
        "basis": "eu-gdpr:A20",
        "expires": "2027-01-15T08:01:40.123Z",
        "config": realm.ledger.config_hash(),
        "display": {
            "build": display.build, "language": "de-AT", "template": display.template, "words": display.words,
        },
        "cause": format!("{cause}"),
        "payload": digest,
        "prev": null,
    });
    assert_eq!(opened.header, expected);
    let bare = realm.open(&stored[1]).unwrap();
    assert_eq!((bare.payload, &bare.header["payload"]), (None, &json!(null)));
    assert_eq!(bare.header.as_object().unwrap().len(), 15, "what is not there is null");
    for part in [&stored[0].header, &stored[0].payload] {
        let bytes = part.as_deref().unwrap();
        for word in ["gra_secret", "grant.revoked", "eu-gdpr"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} is readable");
        }
    }
}

/// Every byte of what is stored, and every length.
pub fn no_byte_can_be_changed(realm: &Realm) {
    let [entry, _] = two(realm);
    assert_eq!(realm.open(&entry).unwrap().payload, Some(payload()));
    let (header, payload) = (entry.header.clone().unwrap(), entry.payload.clone().unwrap());
    for place in 0..header.len() {
        let mut changed = header.clone();
        changed[place] ^= 1;
        assert_key(realm, &StoredEntry { header: Some(changed), ..entry.clone() }, "header");
        let cut = header[..place].to_vec();
        assert_key(realm, &StoredEntry { header: Some(cut), ..entry.clone() }, "shorter header");
    }
    for place in 0..payload.len() {
        let mut changed = payload.clone();
        changed[place] ^= 0x80;
        assert_key(realm, &StoredEntry { payload: Some(changed), ..entry.clone() }, "payload");
        let cut = payload[..place].to_vec();
        assert_key(realm, &StoredEntry { payload: Some(cut), ..entry.clone() }, "shorter payload");
    }
    for place in 0..entry.commitment.len() {
        let mut changed = entry.clone();
        changed.commitment[place] ^= 1;
        assert_eq!(corrupt_in(realm.open(&changed)), "commitment");
        changed.commitment.truncate(place);
        assert_eq!(corrupt_in(realm.open(&changed)), "commitment");
    }
}

pub fn parts_cannot_be_exchanged(realm: &Realm) {
    let [one, other] = two(realm);
    assert_key(realm, &StoredEntry { header: other.header.clone(), ..one.clone() }, "another's header");
    assert_key(realm, &StoredEntry { payload: other.payload.clone(), ..one.clone() }, "another's payload");
    assert_key(realm, &StoredEntry { entry_id: other.entry_id.clone(), ..one.clone() }, "another's id");
    assert_key(realm, &StoredEntry { header: one.payload.clone(), ..one.clone() }, "the payload as header");
    assert_key(realm, &StoredEntry { payload: one.header.clone(), ..one.clone() }, "the header as payload");
    let id = one.entry_id[1..].to_vec();
    assert_eq!(corrupt_in(realm.open(&StoredEntry { entry_id: id, ..one.clone() })), "entry_id");
    let entropy = counterfoil_domain::clock::Entropy::new(|buffer| buffer.fill(99));
    let stranger = people::resolve_one(&realm.store, &realm.keys, &entropy, at(0), "c-2").unwrap();
    let foreign = realm.ledger.open(&realm.keys.person(stranger).unwrap(), &one);
    assert!(matches!(foreign, Err(Error::Key(_))), "another customer's key");
}

/// The evidence key opens and seals; only the commitment says what was written.
pub fn who_holds_the_key_cannot_rewrite(realm: &Realm) {
    let [entry, _] = two(realm);
    let keys = realm.person_keys();
    let binding = |part: &str| [entry.entry_id.as_slice(), part.as_bytes()].concat();
    let opened = |part: &str, sealed: &Option<Vec<u8>>| {
        realm.keys.open_sealed(&keys.evidence, &binding(part), sealed.as_deref().unwrap()).unwrap()
    };
    let sealed =
        |part: &str, plain: &[u8]| Some(realm.keys.seal(&keys.evidence, &binding(part), plain).unwrap());
    let with_header = |plain: &[u8]| StoredEntry { header: sealed("header", plain), ..entry.clone() };
    let with_payload = |plain: &[u8]| StoredEntry { payload: sealed("payload", plain), ..entry.clone() };

    let header = opened("header", &entry.header);
    let payload = opened("payload", &entry.payload);
    assert!(realm.open(&with_header(&header)).is_ok(), "the same again");
    assert!(realm.open(&with_payload(&payload)).is_ok(), "the same again");
    let (salt, bytes) = header.split_first_chunk::<32>().unwrap();
    assert_eq!(commit(salt, bytes).0.as_slice(), entry.commitment, "salt, then the canonical bytes");

    let said = |plain: &[u8], old: &str, new: &str| {
        let (salt, bytes) = plain.split_at(32);
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.contains(old));
        [salt, text.replace(old, new).as_bytes()].concat()
    };
    for (old, new) in [("grant.given", "grant.ended"), (":A20", ":A60"), ("\"prev\":null", "\"prev\": null")]
    {
        assert_eq!(corrupt_in(realm.open(&with_header(&said(&header, old, new)))), "commitment", "{new}");
    }
    for (old, new) in [("gra_secret", "gra_public"), ("-2", "-3"), ("\"empty\":{}", "\"empty\": {}")] {
        assert_eq!(corrupt_in(realm.open(&with_payload(&said(&payload, old, new)))), "payload", "{new}");
    }
    for place in 0..32 {
        let (mut one, mut other) = (header.clone(), payload.clone());
        one[place] ^= 1;
        other[place] ^= 1;
        assert_eq!(corrupt_in(realm.open(&with_header(&one))), "commitment");
        assert_eq!(corrupt_in(realm.open(&with_payload(&other))), "payload");
    }
    for broken in [&b""[..], &[0; 31], &[0; 32], &header[..header.len() - 1]] {
        assert_eq!(corrupt_in(realm.open(&with_header(broken))), "header");
        assert_eq!(corrupt_in(realm.open(&with_payload(broken))), "payload");
    }
}

pub fn what_was_forgotten_is_told_apart(realm: &Realm) {
    let [entry, _] = two(realm);
    let opened = realm.open(&StoredEntry { payload: None, ..entry.clone() }).unwrap();
    assert_eq!((opened.payload, opened.header["type"].as_str()), (None, Some("grant.given")));
    assert!(opened.header["payload"].is_string(), "that there was one remains");
    assert_key(realm, &StoredEntry { header: None, ..entry.clone() }, "no header");
    assert_key(realm, &StoredEntry { header: None, payload: None, ..entry }, "nothing");

    // None was written, so none may be there.
    realm.append(&[decision(1, EntryType::GrantEnded, None)]);
    let bare = realm.stored(Log::Consent).pop().unwrap();
    let binding = [bare.entry_id.as_slice(), b"payload"].concat();
    let planted = [&[0; 32][..], b"{}"].concat();
    let planted = realm.keys.seal(&realm.person_keys().evidence, &binding, &planted).unwrap();
    assert_eq!(corrupt_in(realm.open(&StoredEntry { payload: Some(planted), ..bare })), "payload");
}
