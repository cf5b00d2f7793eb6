//! Files that bring in the past.

use counterfoil_domain::stream::Sources;
use counterfoil_events::file::{FileError, FileSettings, FileSource, record};
use counterfoil_store::offsets::{self, Kind, Position};
use tempfile::TempDir;

use crate::realm::{Realm, order, realms};

const PAST: FileSettings =
    FileSettings { batch_messages: 10, is_history: true, messages_per_second: 0, max_quarantine: 5 };

fn file(lines: impl Iterator<Item = String>) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("past.ndjson");
    std::fs::write(&path, lines.map(|line| line + "\n").collect::<String>()).unwrap();
    (folder, path)
}

fn orders(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| order(&format!("o-{n}"), 1, Some("c-1"), "1.00").to_string())
}

fn rows(realm: &Realm) -> Vec<(String, i32, Position)> {
    realm.read(offsets::list)
}

#[test]
fn a_file_of_the_past_is_loading_until_its_end() {
    for realm in realms() {
        let (_folder, path) = file(orders(35));
        let open = || FileSource::open(&path, None, |_| {}).unwrap();
        let recorder = realm.recorder(Sources::default()).of_history();
        let mut seen = Vec::new();
        let sum = record(&recorder, &mut open(), PAST, |_| {
            seen.extend(rows(&realm).into_iter().map(|(_, _, position)| position.is_loading()));
        })
        .unwrap();
        assert_eq!(sum.stored, 35);
        assert_eq!(seen, [true; 4], "as long as anything is missing");
        let after = rows(&realm);
        let [(name, 0, position)] = after.as_slice() else { panic!("{after:?}") };
        assert!(name.starts_with("past.ndjson#"), "{name}");
        assert_eq!((position.kind, position.next_offset), (Kind::History { end: 1 }, 1));
        assert!(!position.is_loading());
        // Once more changes nothing, and it never was away.
        let again = record(&recorder, &mut open(), PAST, |_| {
            assert!(!rows(&realm)[0].2.is_loading());
        })
        .unwrap();
        assert_eq!((again.stored, again.duplicates), (0, 35));
        // A file that is not of the past has no row.
        let (_other, path) = file(orders(3));
        let mut source = FileSource::open(&path, None, |_| {}).unwrap();
        record(&recorder, &mut source, FileSettings { is_history: false, ..PAST }, |_| {}).unwrap();
        assert_eq!(rows(&realm).len(), 1);
    }
}

#[test]
fn a_file_that_cannot_be_read_does_not_fill_the_database() {
    for realm in realms() {
        let (_folder, path) = file((0..1_000).map(|n| format!("{{\"broken\": {n}")));
        let recorder = realm.recorder(Sources::default()).of_history();
        let mut source = FileSource::open(&path, None, |_| {}).unwrap();
        let mut read = 0;
        let outcome = record(&recorder, &mut source, PAST, |sum| read = sum.read);
        assert!(matches!(outcome, Err(FileError::QuarantineFull)), "{outcome:?}");
        assert_eq!(read, 10, "the first batch is more than may be held");
        assert!(rows(&realm)[0].2.is_loading(), "it did not come to its end");
    }
}
