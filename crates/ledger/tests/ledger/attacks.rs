//! The table of attacks: each on a real log in a real database and folder, by somebody who has the rights to everything
//! but the past. For each: what verification calls it, the layer, the first bad entry.

use counterfoil_domain::entry::{Commitment, EntryType, canonical, commit, leaf_data};
use counterfoil_domain::ids::EntryId;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::tree::{LogKey, Opener, Tiles};
use counterfoil_ledger::verify::{Examined, Fault, Kind};
use counterfoil_store::entries::Log;
use counterfoil_store::trees;
use serde_json::{Value, json};
use tlog_tiles::{Hash, check_record, record_hash};

use crate::realm::{Realm, at, decision, entropy};
use crate::tree::{Beside, grow};

/// Entries of the log that is attacked.
const SIZE: i64 = 600;
/// The entry that is attacked.
const TARGET: i64 = 300;

/// A log of 600 entries that is signed, and its checkpoint as somebody kept it.
fn victim(realm: &Realm) -> (Beside, String) {
    let beside = Beside::new(realm);
    grow(realm, usize::try_from(SIZE).unwrap());
    beside.keeper(realm, "a", 5).round().unwrap();
    beside.intact(realm, true);
    let kept = realm.read(|conn| trees::newest(conn, "consent", 1)).unwrap().note;
    (beside, kept)
}

fn consent(found: Vec<Examined>) -> Fault {
    let one = found.into_iter().find(|one| one.log == "consent").unwrap();
    one.fault.expect("an attack that nobody noticed")
}

#[track_caller]
fn assert_found(fault: &Fault, kind: Kind, layer: &str, entry: Option<u64>) {
    assert_eq!((fault.kind, fault.layer, fault.entry), (kind, layer, entry), "{}", fault.says);
}

/// `column` of the target with the last bit of its last byte turned.
fn turn_a_bit(realm: &Realm, column: &str) {
    let stored = realm.stored(Log::Consent);
    let entry = &stored[usize::try_from(TARGET).unwrap()];
    let mut bytes = match column {
        "header" => entry.header.clone().unwrap(),
        "payload" => entry.payload.clone().unwrap(),
        _ => entry.commitment.clone(),
    };
    *bytes.last_mut().unwrap() ^= 1;
    write(realm, TARGET, column, &bytes);
}

fn write(realm: &Realm, seq: i64, column: &str, bytes: &[u8]) {
    let hex = data_encoding::HEXUPPER.encode(bytes);
    let literal = if realm.store.is_postgres() { format!("'\\x{hex}'") } else { format!("x'{hex}'") };
    realm.tamper(&format!("UPDATE entries SET {column} = {literal} WHERE log = 'consent' AND seq = {seq}"));
}

pub fn a_bit_of_a_payload(realm: &Realm) {
    let (beside, _) = victim(realm);
    turn_a_bit(realm, "payload");
    beside.intact(realm, false);
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "payload", Some(300));
}

pub fn a_bit_of_a_header(realm: &Realm) {
    let (beside, _) = victim(realm);
    turn_a_bit(realm, "header");
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "header", Some(300));
}

/// Somebody who holds the keys seals a part anew with one bit of its salt turned.
pub fn a_bit_of_a_headers_salt(realm: &Realm) {
    let (beside, _) = victim(realm);
    reseal(realm, "header", |plain| plain[0] ^= 1);
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "header", Some(300));
}

pub fn a_bit_of_a_payloads_salt(realm: &Realm) {
    let (beside, _) = victim(realm);
    reseal(realm, "payload", |plain| plain[31] ^= 1);
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "payload", Some(300));
}

/// Or with another word.
pub fn a_word_of_a_payload(realm: &Realm) {
    let (beside, _) = victim(realm);
    reseal(realm, "payload", |plain| *plain = [&plain[..32], br#"{"grantId":"h"}"#].concat());
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "payload", Some(300));
}

fn reseal(realm: &Realm, part: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let stored = realm.stored(Log::Consent);
    let entry = &stored[usize::try_from(TARGET).unwrap()];
    let sealed = if part == "header" { &entry.header } else { &entry.payload };
    let aad = [entry.entry_id.as_slice(), part.as_bytes()].concat();
    let keys = realm.person_keys();
    let mut plain = realm.keys.open_sealed(&keys.evidence, &aad, sealed.as_ref().unwrap()).unwrap();
    change(&mut plain);
    let sealed = realm.keys.seal(&keys.evidence, &aad, &plain).unwrap();
    write(realm, TARGET, part, &sealed);
}

pub fn a_bit_of_a_leaf(realm: &Realm) {
    let (beside, _) = victim(realm);
    turn_a_bit(realm, "commitment");
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "leaf", Some(300));
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "header", Some(300));
}

/// A row that says another time than its header.
pub fn a_column_of_a_row(realm: &Realm) {
    let (beside, _) = victim(realm);
    realm
        .tamper("UPDATE entries SET recorded_at = '2001-01-01 00:00:00' WHERE log = 'consent' AND seq = 300");
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "row", Some(300));
}

pub fn a_bit_of_a_tile(realm: &Realm) {
    let (beside, _) = victim(realm);
    let folder = beside.dir.path().join("ledger/tiles/consent/1/tile");
    for (name, place, entry) in [
        ("0/001", 44 * 32 + 5, 300),
        ("0/002.p/88", 10 * 32, 522),
        ("1/000.p/2", 32 + 1, 256),
        ("entries/001", 44 * 61 + 10, 300),
    ] {
        let path = folder.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let good = bytes.clone();
        bytes[place] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "tile", Some(entry));
        std::fs::remove_file(&path).unwrap();
        assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Unverifiable, "tile", None);
        std::fs::write(&path, &good).unwrap();
    }
    beside.intact(realm, true);
}

pub fn a_root_or_a_signature(realm: &Realm) {
    let (beside, kept) = victim(realm);
    let key =
        beside.generations.key(&realm.read(|conn| trees::current(conn, Log::Consent)).unwrap()).unwrap();
    let mut lines: Vec<&str> = kept.lines().collect();
    let other_root = data_encoding::BASE64.encode(&[9; 32]);
    lines[2] = &other_root;
    let changed = format!("{}\n", lines.join("\n"));
    let mut flipped = kept.clone().into_bytes();
    let place = flipped.len() - 20;
    flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    // Signed with the log's own key, for another root.
    let forged = key.sign(600, Hash([9; 32])).unwrap();
    for (note, layer) in [(changed, "signature"), (flipped, "signature"), (forged, "root")] {
        realm.tamper(&format!("UPDATE checkpoints SET note = '{note}' WHERE log = 'consent' AND size = 600"));
        assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, layer, None);
    }
}

pub fn two_entries_change_places(realm: &Realm) {
    let (beside, _) = victim(realm);
    realm.tamper("UPDATE entries SET seq = 9999 WHERE log = 'consent' AND seq = 300");
    realm.tamper("UPDATE entries SET seq = 300 WHERE log = 'consent' AND seq = 301");
    realm.tamper("UPDATE entries SET seq = 301 WHERE log = 'consent' AND seq = 9999");
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "leaf", Some(300));
}

pub fn a_middle_entry_goes(realm: &Realm) {
    let (beside, kept) = victim(realm);
    realm.tamper("DELETE FROM entries WHERE log = 'consent' AND seq = 300");
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "sequence", Some(300));
    // Better hidden: the others move up, an invented one fills the end, and the tiles are made anew.
    for seq in 301..SIZE {
        realm.tamper(&format!("UPDATE entries SET seq = {} WHERE log = 'consent' AND seq = {seq}", seq - 1));
    }
    realm.tamper("UPDATE ledger_heads SET size = 599 WHERE log = 'consent'");
    grow(realm, 1);
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "leaf", Some(300));
    std::fs::remove_dir_all(beside.dir.path().join("ledger/tiles/consent")).unwrap();
    realm.tamper("UPDATE ledger_trees SET integrated = 0 WHERE log = 'consent'");
    assert_found(&consent(beside.verify(realm, false, vec![kept])), Kind::Tampered, "root", None);
    assert!(beside.keeper(realm, "a", 60).round().is_err(), "and the keeper signs no other history");
}

pub fn the_tail_is_cut(realm: &Realm) {
    let (beside, kept) = victim(realm);
    realm.tamper("DELETE FROM entries WHERE log = 'consent' AND seq >= 590");
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::RolledBack, "sequence", Some(590));
    realm.put_back(Log::Consent, 590);
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::RolledBack, "sequence", Some(590));
    // Whoever also removes what lies outside the database meets those who kept a checkpoint.
    let guard = beside.dir.path().join(format!("ledger/guard/consent/1/{SIZE:020}"));
    std::fs::remove_file(guard).unwrap();
    beside.intact(realm, true);
    assert_found(&consent(beside.verify(realm, false, vec![kept])), Kind::RolledBack, "sequence", Some(590));
}

pub fn an_old_backup_is_put_back(realm: &Realm) {
    let (beside, _) = victim(realm);
    realm.put_back(Log::Consent, 250);
    grow(realm, 10);
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::RolledBack, "sequence", Some(260));
    // It grew beyond what was signed, with other entries.
    grow(realm, 400);
    let fault = consent(beside.verify(realm, false, vec![]));
    assert_found(&fault, Kind::Tampered, "root", None);
    std::fs::remove_dir_all(beside.dir.path().join("ledger/guard/consent")).unwrap();
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Unverifiable, "guard", None);
}

pub fn a_second_key(realm: &Realm) {
    let (beside, kept) = victim(realm);
    let first = beside.generations.vkey("consent", 1).unwrap();
    let origin = "shop.example/ledger/consent/1";
    let second = LogKey::generate(&entropy(5), origin).unwrap();
    let vkey = second.vkey();
    realm.tamper(&format!("UPDATE ledger_trees SET vkey = '{vkey}' WHERE log = 'consent'"));
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "key", None);
    // The key's file as well, and everything signed anew.
    let file = beside.dir.path().join("keys/consent-1.vkey");
    std::fs::write(&file, format!("{vkey}\n")).unwrap();
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Tampered, "signature", None);
    let root = Opener::new(&first).unwrap().open(&kept).unwrap().root;
    let note = second.sign(600, root).unwrap();
    realm.tamper("DELETE FROM checkpoints WHERE log = 'consent'");
    realm.tamper(&format!(
        "INSERT INTO checkpoints (log, generation, size, note, signed_at) \
         VALUES ('consent', 1, 600, '{note}', '2027-01-15 08:00:00')"
    ));
    std::fs::write(beside.dir.path().join(format!("ledger/guard/consent/1/{SIZE:020}")), &note).unwrap();
    beside.intact(realm, true);
    // Only who kept a checkpoint of the first key sees it.
    assert_found(&consent(beside.verify(realm, false, vec![kept])), Kind::Tampered, "signature", None);
    std::fs::remove_file(&file).unwrap();
    assert_found(&consent(beside.verify(realm, false, vec![])), Kind::Unverifiable, "key", None);
}

pub fn a_forged_proof(realm: &Realm) {
    let (beside, kept) = victim(realm);
    let tree = realm.read(|conn| trees::current(conn, Log::Consent)).unwrap();
    let head = Opener::new(&tree.vkey).unwrap().open(&kept).unwrap();
    let tiles = Tiles::new(Objects::folder(&beside.dir.path().join("ledger")).unwrap(), "consent", 1);
    let stored = realm.stored(Log::Consent);
    let leaf = |seq: usize| {
        let commitment = stored[seq].commitment.clone().try_into().unwrap();
        record_hash(leaf_data(&Commitment(commitment)).as_bytes())
    };
    let path = tiles.inclusion(&head, 300, leaf(300)).unwrap();
    check_record(&path, head.size, head.root, 300, leaf(300)).unwrap();
    assert!(tiles.inclusion(&head, 300, leaf(301)).is_err(), "nor is one given");
    assert!(check_record(&path, head.size, head.root, 300, leaf(301)).is_err(), "another entry");
    assert!(check_record(&path, head.size, head.root, 301, leaf(300)).is_err(), "another place");
    for at in 0..path.len() {
        let mut forged = path.clone();
        forged[at].0[7] ^= 4;
        assert!(check_record(&forged, head.size, head.root, 300, leaf(300)).is_err(), "a bit of hash {at}");
        let mut short = path.clone();
        short.remove(at);
        assert!(check_record(&short, head.size, head.root, 300, leaf(300)).is_err(), "without hash {at}");
    }
}

/// Somebody who holds every key of the persons appends, by the rules, an entry of a type that nobody knows.
pub fn an_entry_of_an_unknown_type(realm: &Realm) {
    let (beside, _) = victim(realm);
    realm.append(&[decision(1, EntryType::GrantGiven, None)]);
    let stored = realm.stored(Log::Consent);
    let last = stored.last().unwrap();
    let id = EntryId::from_slice(&last.entry_id).unwrap();
    let mut header: Value = realm.open(last).unwrap().header;
    header["type"] = json!("grant.stolen");
    let bytes = canonical(&header).unwrap();
    let salt = [3; 32];
    let keys = realm.person_keys();
    let aad = [id.as_bytes().as_slice(), b"header"].concat();
    let sealed = realm.keys.seal(&keys.evidence, &aad, &[&salt[..], &bytes].concat()).unwrap();
    write(realm, SIZE, "header", &sealed);
    write(realm, SIZE, "commitment", &commit(&salt, &bytes).0);
    beside.keeper(realm, "a", 60).round().unwrap();
    beside.intact(realm, false);
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "type", Some(600));
}

/// A leader that stood still, woke up and signs a history of its own.
pub fn a_stalled_leader(realm: &Realm) {
    let (beside, _) = victim(realm);
    let tree = realm.read(|conn| trees::current(conn, Log::Consent)).unwrap();
    let key = beside.generations.key(&tree).unwrap();
    let forged = key.sign(600, Hash([9; 32])).unwrap();
    assert!(!beside.guard.write(&tree, 600, &forged).unwrap(), "the guard's object is made once");
    assert!(!realm.write(|conn| trees::publish(conn, &tree, 600, &forged, at(9))), "nor is it larger");
    assert!(!realm.write(|conn| trees::publish(conn, &tree, 599, &forged, at(9))));
    beside.intact(realm, true);
}

/// What was forgotten is counted, and is no fault; a payload without its header is one.
pub fn what_was_forgotten_is_no_attack(realm: &Realm) {
    let (beside, _) = victim(realm);
    realm.tamper(
        "UPDATE entries SET header = NULL, payload = NULL WHERE log = 'consent' AND seq BETWEEN 100 AND 139",
    );
    realm.tamper("UPDATE entries SET payload = NULL WHERE log = 'consent' AND seq = 500");
    let found = beside.intact(realm, true);
    assert_eq!((found.entries, found.erased, found.opened), (600, 40, 560));
    realm.tamper("UPDATE entries SET header = NULL WHERE log = 'consent' AND seq = 300");
    assert_found(&consent(beside.verify(realm, true, vec![])), Kind::Tampered, "header", Some(300));
}
