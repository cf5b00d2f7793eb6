use std::collections::HashSet;
use std::time::Duration;

use counterfoil_domain::entry::Commitment;
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::Error;
use counterfoil_store::entries::{self, Log, NewEntry, SealedBy};

use crate::realm::{Realm, at, entropy};

fn entry(record: u8, seconds: i64) -> NewEntry {
    NewEntry {
        entry_id: EntryId(entropy().bytes()),
        record: RecordId([record; 16]),
        recorded_at: at(seconds),
        sealed_by: SealedBy::Evidence,
        commitment: Commitment([record; 32]),
        header: b"sealed header".to_vec(),
        payload: Some(b"sealed payload".to_vec()),
    }
}

/// 400 transactions of one to three entries, and 40 that fail after they were given numbers.
pub fn numbers_have_no_holes_whoever_writes(realm: &Realm) {
    let written: Vec<Vec<(i64, i64)>> = realm.on_threads(8, |thread, store| {
        let mut mine = Vec::new();
        for n in 0..50 {
            let count = 1 + (n + thread) % 3;
            let new: Vec<NewEntry> = (0..count).map(|_| entry(u8::try_from(thread).unwrap(), 0)).collect();
            let first = store.write_blocking(|conn| entries::append(conn, Log::Access, new.clone())).unwrap();
            mine.push((first, first + i64::try_from(count).unwrap()));
            if n % 10 == 0 {
                let undone: Result<(), Error> = store.write_blocking(|conn| {
                    entries::append(conn, Log::Access, new.clone())?;
                    Err(Error::Unexpected("on purpose".to_owned()))
                });
                assert!(undone.is_err());
            }
        }
        assert!(mine.is_sorted(), "a thread's numbers rise");
        mine
    });
    let mut spans: Vec<(i64, i64)> = written.into_iter().flatten().collect();
    spans.sort_unstable();
    assert_eq!(spans.len(), 400);
    assert!(spans.windows(2).all(|pair| pair[0].1 == pair[1].0), "one begins where another ends");
    let size = realm.read(|conn| entries::size(conn, Log::Access));
    assert_eq!((spans[0].0, spans[399].1), (0, size));
    let stored = realm.read(|conn| entries::read(conn, Log::Access, 0, 10_000));
    assert!(stored.iter().map(|entry| entry.seq).eq(0..size));
    assert_eq!(stored.iter().map(|entry| &entry.entry_id).collect::<HashSet<_>>().len(), stored.len());
    assert_eq!(realm.read(|conn| entries::size(conn, Log::Consent)), 0, "each log counts for itself");
}

pub fn entries_are_append_only(realm: &Realm) {
    realm.write(|conn| entries::append(conn, Log::Consent, vec![entry(1, 0), entry(2, 1)]));
    let before = format!("{:?}", realm.read(|conn| entries::read(conn, Log::Consent, 0, 10)));
    for change in [
        "log = 'access'",
        "seq = seq + 100",
        "entry_id = record",
        "record = entry_id",
        "recorded_at = '2000-01-01 00:00:00'",
        "sealed_by = 9",
        "commitment = entry_id",
        "header = entry_id",
        "payload = entry_id",
    ] {
        assert!(!realm.run(&format!("UPDATE entries SET {change}")), "{change}");
    }
    assert!(!realm.run("DELETE FROM entries WHERE seq = 0"));
    assert!(!realm.run("DELETE FROM entries"));
    assert_eq!(format!("{:?}", realm.read(|conn| entries::read(conn, Log::Consent, 0, 10))), before);
    let taken = realm.run(
        "INSERT INTO entries SELECT log, seq, entry_id, record, recorded_at, sealed_by, commitment, header, payload \
         FROM entries WHERE seq = 0",
    );
    assert!(!taken, "a number is given once");
}

/// Each column alone, together with forgetting, and header and payload changed for another value.
pub fn nothing_but_forgetting_changes_an_entry(realm: &Realm) {
    realm.write(|conn| entries::append(conn, Log::Access, vec![entry(1, 0)]));
    let before = format!("{:?}", realm.read(|conn| entries::read(conn, Log::Access, 0, 10)));
    for column in ["entry_id", "record", "commitment"] {
        let other = if column == "commitment" { "record" } else { "commitment" };
        for change in [
            format!("{column} = {other}"),
            format!("{column} = {other}, header = NULL"),
            format!("header = NULL, payload = NULL, {column} = {other}"),
        ] {
            assert!(!realm.run(&format!("UPDATE entries SET {change}")), "{change}");
        }
    }
    for change in [
        "header = NULL, log = 'consent'",
        "header = NULL, seq = 7",
        "header = NULL, sealed_by = 3",
        "header = NULL, recorded_at = '2000-01-01 00:00:00'",
        "header = payload",
        "payload = header, header = NULL",
        "header = NULL, payload = header",
    ] {
        assert!(!realm.run(&format!("UPDATE entries SET {change}")), "{change}");
    }
    assert_eq!(format!("{:?}", realm.read(|conn| entries::read(conn, Log::Access, 0, 10))), before);
    assert!(realm.run("UPDATE entries SET header = header, payload = payload"), "the same is no change");
    assert!(realm.run("UPDATE entries SET payload = NULL"));
    assert!(realm.run("UPDATE entries SET header = NULL"));
    assert!(!realm.run("UPDATE entries SET header = commitment"), "nothing comes back");
    assert!(!realm.run("DELETE FROM entries"));
}

pub fn what_is_forgotten_stays_in_the_log(realm: &Realm) {
    realm.write(|conn| entries::append(conn, Log::Consent, vec![entry(1, 0), entry(2, 1)]));
    assert!(realm.run("UPDATE entries SET header = NULL, payload = NULL WHERE seq = 0"));
    let left = realm.read(|conn| entries::read(conn, Log::Consent, 0, 10));
    assert_eq!((&left[0].header, &left[0].payload), (&None, &None));
    assert_eq!((left[0].seq, left[0].commitment.as_slice()), (0, &[1; 32][..]));
    assert_eq!(left[1].header.as_deref(), Some(&b"sealed header"[..]), "the other is as it was");
    assert!(!realm.run("UPDATE entries SET header = entry_id WHERE seq = 0"), "nothing is put in its place");
    assert!(!realm.run("DELETE FROM entries WHERE header IS NULL"));
}

pub fn a_record_knows_its_person_and_its_last_entry(realm: &Realm) {
    let (record, other) = (RecordId([1; 16]), RecordId([2; 16]));
    let note = |person, commitment| {
        realm.write(|conn| entries::note_record(conn, record, person, Commitment([commitment; 32])));
    };
    assert_eq!(realm.read(|conn| entries::person_of(conn, record)), None);
    note(Some(Person([7; 16])), 1);
    note(Some(Person([8; 16])), 2);
    note(None, 3);
    assert_eq!(
        realm.read(|conn| entries::person_of(conn, record)),
        Some(Person([7; 16])),
        "the first one stands"
    );
    let last = realm.read(|conn| entries::last_commitments(conn, &[record, other]));
    assert_eq!(last.into_iter().collect::<Vec<_>>(), [(record, Commitment([3; 32]))]);

    assert_eq!(realm.read(|conn| entries::activity(conn, Log::Access, record)), (0, None));
    realm.write(|conn| entries::append(conn, Log::Access, vec![entry(1, 5), entry(2, 9), entry(1, 7)]));
    realm.write(|conn| entries::append(conn, Log::Consent, vec![entry(1, 50)]));
    assert_eq!(realm.read(|conn| entries::activity(conn, Log::Access, record)), (2, Some(at(7))));
    let page = realm.read(|conn| entries::read(conn, Log::Access, 1, 1));
    assert_eq!(page.len(), 1);
    assert_eq!((page[0].log.as_str(), page[0].seq, page[0].sealed_by), (Log::Access.name(), 1, 1));
    assert_eq!(page[0].recorded_at.and_utc(), at(9), "to the microsecond");
    assert_eq!(page[0].record, other.as_bytes());
}

pub fn a_record_s_entries_are_paged_newest_first(realm: &Realm) {
    let record = RecordId([1; 16]);
    let page = |log, before, limit| {
        let found = realm.read(|conn| entries::of_record(conn, log, record, before, limit));
        assert!(found.iter().all(|entry| entry.record == record.as_bytes() && entry.log == log.name()));
        found.iter().map(|entry| entry.seq).collect::<Vec<_>>()
    };
    assert!(page(Log::Access, None, 10).is_empty());
    let others = [1, 2, 1, 1, 3, 1, 2].map(|record| entry(record, 0)).to_vec();
    realm.write(|conn| entries::append(conn, Log::Access, others.clone()));
    realm.write(|conn| entries::append(conn, Log::Consent, vec![entry(1, 0), entry(2, 0)]));
    assert_eq!(page(Log::Access, None, 10), [5, 3, 2, 0]);
    assert_eq!(page(Log::Access, None, 2), [5, 3]);
    assert_eq!(page(Log::Access, Some(3), 2), [2, 0], "where the page before it ended");
    assert!(page(Log::Access, Some(0), 2).is_empty());
    assert_eq!(page(Log::Consent, None, 10), [0], "each log for itself");
}

pub fn the_latest_entries_of_a_record_come_first(realm: &Realm) {
    let new = vec![entry(1, 5), entry(2, 9), entry(1, 7), entry(1, 8)];
    realm.write(|conn| entries::append(conn, Log::Access, new.clone()));
    realm.write(|conn| entries::append(conn, Log::Consent, vec![entry(1, 50)]));
    let numbers = |record, since, limit| -> Vec<i64> {
        let record = RecordId([record; 16]);
        let found = realm.read(|conn| entries::latest(conn, Log::Access, record, at(since), limit));
        found.iter().map(|entry| entry.seq).collect()
    };
    assert_eq!(numbers(1, 0, 9), [3, 2, 0]);
    assert_eq!(numbers(1, 7, 9), [3, 2]);
    assert_eq!(numbers(1, 0, 1), [3]);
    assert_eq!((numbers(2, 10, 9), numbers(3, 0, 9)), (vec![], vec![]));
}

pub fn the_head_keeps_others_out(realm: &Realm) {
    let (taken, is_taken) = std::sync::mpsc::channel();
    let store = realm.store.clone();
    let holder = std::thread::spawn(move || {
        store.write_blocking(|conn| {
            let size = entries::take_head(conn, Log::Access)?;
            taken.send(()).unwrap();
            // Long enough for the other to come by; whatever it does, it may not come between.
            std::thread::sleep(Duration::from_millis(200));
            Ok::<_, Error>((size, entries::size(conn, Log::Access)?))
        })
    });
    is_taken.recv().unwrap();
    let first =
        realm.other_process().write_blocking(|conn| entries::append(conn, Log::Access, vec![entry(1, 0)]));
    assert_eq!(first.unwrap(), 0);
    assert_eq!(holder.join().unwrap().unwrap(), (0, 0));
    assert_eq!(realm.write(|conn| entries::take_head(conn, Log::Access)), 1);
}

pub fn an_entry_is_found_by_its_id(realm: &Realm) {
    let (decided, disclosed) = (entry(1, 0), NewEntry { sealed_by: SealedBy::Realm, ..entry(2, 1) });
    realm.write(|conn| entries::append(conn, Log::Consent, vec![entry(3, 0), decided.clone()]));
    realm.write(|conn| entries::append(conn, Log::Access, vec![disclosed.clone()]));
    for (wanted, log, seq, sealed_by) in
        [(decided, "consent", 1, SealedBy::Evidence), (disclosed, "access", 0, SealedBy::Realm)]
    {
        let found = realm.read(|conn| entries::find(conn, wanted.entry_id)).unwrap();
        assert_eq!((found.log.as_str(), found.seq), (log, seq));
        assert_eq!(found.commitment, wanted.commitment.0);
        assert_eq!(found.sealed_by(), Some(sealed_by));
    }
    assert!(realm.read(|conn| entries::find(conn, EntryId([0; 16]))).is_none());
}

pub fn entries_of_a_time_come_in_order(realm: &Realm) {
    let new = vec![entry(1, 0), entry(2, 10), entry(1, 20), entry(1, 30)];
    realm.write(|conn| entries::append(conn, Log::Access, new.clone()));
    let seqs = |found: Vec<entries::StoredEntry>| found.iter().map(|entry| entry.seq).collect::<Vec<_>>();
    let between = |from, until, after, limit| {
        seqs(realm.read(|conn| entries::between(conn, Log::Access, (at(from), at(until)), after, limit)))
    };
    assert_eq!(between(0, 20, -1, 9), [0, 1, 2], "both ends are in it");
    assert_eq!(between(1, 19, -1, 9), [1]);
    assert_eq!(between(0, 30, 1, 1), [2]);
    let of_record = |from, until, after| {
        let record = RecordId([1; 16]);
        let span = (at(from), at(until));
        seqs(realm.read(|conn| entries::of_record_between(conn, Log::Access, record, span, after, 9)))
    };
    assert_eq!(of_record(0, 30, -1), [0, 2, 3]);
    assert_eq!(of_record(20, 29, 0), [2]);
    assert!(
        seqs(realm.read(|conn| { entries::between(conn, Log::Consent, (at(0), at(99)), -1, 9) })).is_empty()
    );
    for record in [3, 2, 1] {
        let person = Person([if record == 2 { 8 } else { 7 }; 16]);
        realm.write(|conn| {
            entries::note_record(conn, RecordId([record; 16]), Some(person), Commitment([0; 32]))
        });
    }
    let records = realm.read(|conn| entries::records_of(conn, Person([7; 16])));
    assert_eq!(records, [RecordId([1; 16]), RecordId([3; 16])]);
}
