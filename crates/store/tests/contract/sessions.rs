use counterfoil_domain::ids::Person;
use counterfoil_store::Error;
use counterfoil_store::logins::{self, LoginRow};
use counterfoil_store::sessions::{self, SessionRow};

use crate::realm::{Realm, at};

pub fn a_session_ends_by_time_or_by_hand(realm: &Realm) {
    let session = |id: u8, expires| SessionRow {
        session_hash: [id; 32],
        person: Person([7; 16]),
        signed_in_at: at(0),
        expires_at: at(expires),
    };
    realm.write(|conn| {
        [session(1, 60), session(2, 60), session(3, 90)]
            .iter()
            .try_for_each(|row| sessions::insert(conn, row))
    });
    let find = |id, now| realm.read(|conn| sessions::find(conn, &[id; 32], at(now)));
    assert_eq!(find(1, 59), Some(session(1, 60)));
    assert_eq!(find(1, 60), None, "over");
    assert_eq!(find(9, 0), None);
    assert_eq!(realm.read(|conn| sessions::staff(conn, &[1; 32])), None, "a customer's");
    realm.write(|conn| sessions::set_staff(conn, &[1; 32], &[0, 255, 7]));
    assert_eq!(realm.read(|conn| sessions::staff(conn, &[1; 32])), Some(vec![0, 255, 7]));
    assert_eq!(realm.read(|conn| sessions::staff(conn, &[2; 32])), None);
    assert_eq!(find(1, 59), Some(session(1, 60)));
    let twice = realm.store.write_blocking(|conn| sessions::insert(conn, &session(1, 99)));
    assert!(matches!(twice, Err(Error::Refused(_))));
    assert!(realm.write(|conn| sessions::delete(conn, &[2; 32])));
    assert!(!realm.write(|conn| sessions::delete(conn, &[2; 32])));
    assert_eq!(find(2, 0), None);
    assert_eq!(realm.write(|conn| sessions::delete_expired(conn, at(60))), 1);
    assert_eq!(find(3, 60), Some(session(3, 90)));
}

pub fn a_login_comes_back_once(realm: &Realm) {
    let login = |id: u8| LoginRow {
        state_hash: [id; 32],
        secrets: vec![0, 255, id],
        return_to: "/consent?request=a&b=c".to_owned(),
        expires_at: at(60),
    };
    realm.write(|conn| (1..=4).try_for_each(|id| logins::insert(conn, &login(id))));
    assert_eq!(realm.write(|conn| logins::take(conn, &[1; 32], at(59))), Some(login(1)));
    assert_eq!(realm.write(|conn| logins::take(conn, &[1; 32], at(59))), None);
    assert_eq!(realm.write(|conn| logins::take(conn, &[2; 32], at(60))), None, "too late");
    let taken = realm.on_threads(8, |_, store| {
        store.write_blocking(|conn| logins::take(conn, &[3; 32], at(0))).unwrap().is_some()
    });
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
    assert_eq!(realm.write(|conn| logins::delete_expired(conn, at(59))), 0);
    assert_eq!(realm.write(|conn| logins::delete_expired(conn, at(60))), 1);
}
