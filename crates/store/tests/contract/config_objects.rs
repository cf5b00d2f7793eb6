use counterfoil_store::Error;
use counterfoil_store::config_objects::{self, Artefact, Published};

use crate::realm::{Realm, at};

fn object(kind: &str, id: &str, version: i32, seconds: i64) -> Published {
    Published {
        kind: kind.to_owned(),
        id: id.to_owned(),
        version,
        hash: format!("sha256:{kind}-{id}-{version}"),
        document: vec![0, 255, 7],
        published_at: at(seconds),
        retired_at: None,
    }
}

pub fn a_version_is_published_once(realm: &Realm) {
    let (first, second, other) =
        (object("notice", "n1", 1, 0), object("notice", "n1", 2, 1), object("ask", "n1", 1, 2));
    for published in [&first, &second, &other] {
        realm.write(|conn| config_objects::publish(conn, published));
    }
    assert_eq!(realm.read(config_objects::list), [other.clone(), first.clone(), second.clone()]);
    assert_eq!(realm.read(|conn| config_objects::latest(conn, "notice", "n1")), Some(second.clone()));
    assert_eq!(realm.read(|conn| config_objects::latest(conn, "ask", "n1")), Some(other));
    assert_eq!(realm.read(|conn| config_objects::latest(conn, "notice", "n2")), None);
    assert_eq!(realm.read(|conn| config_objects::find(conn, "notice", "n1", 1)), Some(first.clone()));
    assert_eq!(realm.read(|conn| config_objects::find(conn, "notice", "n1", 3)), None);
    assert_eq!(realm.read(|conn| config_objects::by_hash(conn, &second.hash)), Some(second.clone()));
    assert_eq!(realm.read(|conn| config_objects::by_hash(conn, "sha256:")), None);
    let again = Published { hash: "sha256:other".to_owned(), ..second };
    let twice = realm.store.write_blocking(|conn| config_objects::publish(conn, &again));
    assert!(matches!(twice, Err(Error::Contended)), "{twice:?}");
    // Of several who publish the same version at once, one does; the others are told to look again.
    let outcomes = realm.on_threads(8, |thread, store| {
        let mine = Published { hash: format!("sha256:{thread}"), ..object("notice", "n1", 3, 3) };
        store.write_blocking(|conn| config_objects::publish(conn, &mine)).is_ok()
    });
    assert_eq!(outcomes.into_iter().filter(|is_done| *is_done).count(), 1);
}

pub fn what_is_published_never_changes(realm: &Realm) {
    let published = object("realm", "r1", 1, 0);
    realm.write(|conn| config_objects::publish(conn, &published));
    for change in [
        "kind = 'notice'",
        "id = 'r2'",
        "version = 2",
        "hash = 'sha256:'",
        "document = NULL",
        "published_at = '2000-01-01 00:00:00'",
    ] {
        assert!(!realm.run(&format!("UPDATE config_objects SET {change}")), "{change}");
    }
    assert!(!realm.run("DELETE FROM config_objects"));
    assert!(realm.write(|conn| config_objects::retire(conn, &published.hash, at(5))));
    assert!(
        !realm.write(|conn| config_objects::retire(conn, &published.hash, at(6))),
        "it was retired before"
    );
    assert!(!realm.write(|conn| config_objects::retire(conn, "sha256:", at(6))));
    assert!(!realm.run("UPDATE config_objects SET retired_at = NULL"));
    let retired = Published { retired_at: Some(at(5)), ..published };
    assert_eq!(realm.read(config_objects::list), [retired]);
}

pub fn what_is_in_use_is_the_latest_unless_retired(realm: &Realm) {
    let in_use = || realm.read(|conn| config_objects::in_use(conn, "grant"));
    assert_eq!(in_use(), None);
    for published in [object("grant", "g1", 1, 0), object("grant", "g1", 2, 1), object("realm", "r1", 1, 9)] {
        realm.write(|conn| config_objects::publish(conn, &published));
    }
    assert_eq!(in_use().as_deref(), Some("sha256:grant-g1-2"));
    // The clock may have been put back: the version counts.
    realm.write(|conn| config_objects::publish(conn, &object("grant", "g1", 3, -9)));
    assert_eq!(in_use().as_deref(), Some("sha256:grant-g1-3"));
    realm.write(|conn| config_objects::retire(conn, "sha256:grant-g1-3", at(3)));
    assert_eq!(in_use(), None, "an earlier version is not what anybody meant");
}

pub fn artefacts_are_stored_once(realm: &Realm) {
    let artefact = |hash: &str, bytes: &[u8]| Artefact {
        hash: hash.to_owned(),
        media_type: "text/css".to_owned(),
        bytes: bytes.to_vec(),
    };
    let all = [artefact("sha256:a", b":root{}\0\xff"), artefact("sha256:b", b"")];
    assert_eq!(realm.write(|conn| config_objects::store_artefacts(conn, &all)), 2);
    assert_eq!(realm.write(|conn| config_objects::store_artefacts(conn, &all)), 0, "they are there");
    let [first, second] = all;
    assert_eq!(realm.read(|conn| config_objects::artefact(conn, "sha256:a")), Some(first));
    assert_eq!(realm.read(|conn| config_objects::artefact(conn, "sha256:b")), Some(second));
    assert_eq!(realm.read(|conn| config_objects::artefact(conn, "sha256:c")), None);
    assert!(!realm.run("UPDATE artefacts SET media_type = 'text/plain'"));
    assert!(!realm.run("DELETE FROM artefacts"));
}
