use std::sync::atomic::{AtomicUsize, Ordering};

use counterfoil_domain::ids::PurchaseId;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Error, Store, apps, unlinked};

use crate::apps::app;
use crate::realm::{Realm, at, entropy};

pub fn a_mistyped_url_makes_no_file(realm: &Realm) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    for url in ["postgre://x@127.0.0.1/y", "sqlite:", "sqlite://", "file:main.db", "main.db", ""] {
        let url = url.replace("main.db", path.to_str().unwrap());
        assert!(matches!(Store::open(&url, 1), Err(Error::Unavailable(_))), "{url}");
        let clock = counterfoil_domain::clock::Clock::fixed(at(0));
        assert!(matches!(
            Keys::open(&url, Secret::new([1; 32]), clock, entropy()),
            Err(Error::Unavailable(_))
        ));
    }
    let secret = Store::open("postgress://u:hunter2@h/d", 1).unwrap_err();
    assert!(!format!("{secret} {secret:?}").contains("hunter2"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(realm.store.is_migrated().unwrap());
    assert!(realm.store.migrate().unwrap().is_empty(), "migrating again does nothing");
    assert_eq!(realm.other_process().is_postgres(), realm.store.is_postgres());
}

pub fn a_moment_sees_nothing_of_what_comes_after(realm: &Realm) {
    let other = realm.other_process();
    let seen: Result<_, Error> = realm.store.read_moment_blocking(|conn| {
        let before = unlinked::counts(conn)?;
        other.write_blocking(|conn| unlinked::put(conn, PurchaseId([1; 16]), true, at(0), b"x"))?;
        Ok((before, unlinked::counts(conn)?))
    });
    assert_eq!(seen.unwrap(), ((0, 0), (0, 0)));
    assert_eq!(realm.read(unlinked::counts), (1, 0), "and lets go of it at its end");
    let failed: Result<(), Error> =
        realm.store.read_moment_blocking(|_| Err(Error::Unexpected("on purpose".to_owned())));
    assert!(matches!(failed, Err(Error::Unexpected(_))));
    realm.write(|conn| unlinked::remove(conn, PurchaseId([1; 16])));
    assert_eq!(realm.read(unlinked::counts), (0, 0));
}

pub fn what_fails_leaves_nothing(realm: &Realm) {
    let put = |conn: &mut counterfoil_store::conn::Conn| {
        unlinked::put(conn, PurchaseId([1; 16]), true, at(0), b"x")
    };
    let failed: Result<(), Error> = realm.store.write_blocking(|conn| {
        put(conn)?;
        Err(Error::Unexpected("on purpose".to_owned()))
    });
    assert!(matches!(failed, Err(Error::Unexpected(_))));
    assert_eq!(realm.read(unlinked::counts), (0, 0));
    let panicked = {
        let store = realm.store.clone();
        std::thread::spawn(move || {
            store.write_blocking::<(), Error>(|conn| {
                put(conn)?;
                std::panic::resume_unwind(Box::new("on purpose"));
            })
        })
    };
    assert!(panicked.join().is_err());
    assert_eq!(realm.read(unlinked::counts), (0, 0), "nor does a panic");
    realm.write(put);
    assert_eq!(realm.read(unlinked::counts), (1, 0), "and the next one finds a good connection");
}

pub fn a_write_that_met_another_is_repeated(realm: &Realm) {
    let tries = AtomicUsize::new(0);
    let outcome = |most: usize| {
        tries.store(0, Ordering::SeqCst);
        realm.store.write_blocking(|conn| {
            entries::take_head(conn, Log::Consent)?;
            if tries.fetch_add(1, Ordering::SeqCst) < most { Err(Error::Contended) } else { Ok(()) }
        })
    };
    assert!(outcome(3).is_ok());
    assert_eq!(tries.load(Ordering::SeqCst), 4);
    assert!(matches!(outcome(99), Err(Error::Contended)));
    assert_eq!(tries.load(Ordering::SeqCst), 6, "five times, then it is told");
}

pub fn what_the_database_refuses_is_told_apart(realm: &Realm) {
    realm.write(|conn| apps::insert(conn, &app(1)));
    let twice = realm.store.write_blocking(|conn| apps::insert(conn, &app(1)));
    assert!(matches!(twice, Err(Error::Refused(_))), "the data: {twice:?}");
    assert!(realm.run("DROP TABLE apps"));
    let gone = realm.store.write_blocking(|conn| apps::insert(conn, &app(1)));
    assert!(matches!(gone, Err(Error::Unavailable(_) | Error::Unexpected(_))), "not the data: {gone:?}");
}

/// The asynchronous half does what the blocking half does.
pub fn bytes_and_words_come_back_as_they_went(realm: &Realm) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let document: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let sent = document.clone();
    let id = PurchaseId([1; 16]);
    runtime.block_on(async {
        realm.store.write(move |conn| unlinked::put(conn, id, false, at(0), &sent)).await.unwrap();
        let found = realm.store.read(move |conn| unlinked::documents(conn, &[id])).await.unwrap();
        assert_eq!(found[&id], document);
        let failed: Result<(), Error> = realm
            .store
            .write(move |conn| {
                unlinked::remove(conn, id)?;
                Err(Error::Unexpected("on purpose".to_owned()))
            })
            .await;
        assert!(failed.is_err());
        let panicked =
            realm.store.read::<(), Error>(|_| std::panic::resume_unwind(Box::new("on purpose"))).await;
        assert!(matches!(panicked, Err(Error::Unexpected(_))), "a panic is an error of the caller alone");
    });
    assert_eq!(realm.read(unlinked::counts), (0, 1));
}
