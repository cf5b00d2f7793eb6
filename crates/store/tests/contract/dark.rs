use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_store::dark::{self, Dark};

use crate::realm::{Realm, at};

pub fn who_has_gone_dark_is_known_until_they_return(realm: &Realm) {
    let gone = |person: u8, since| Dark {
        person: Person([person; 16]),
        since: at(since),
        quiet_until: at(since + 100),
        record: RecordId([person; 16]),
        key_gone: false,
    };
    let (one, two) = (gone(1, 9), gone(2, 5));
    for dark in [&one, &two] {
        realm.write(|conn| dark::begin(conn, dark));
        assert!(realm.store.write_blocking(|conn| dark::begin(conn, dark)).is_err(), "once");
    }
    assert_eq!(realm.read(dark::unfinished), [two.clone(), one.clone()]);
    realm.write(|conn| dark::finish(conn, two.person));
    assert_eq!(realm.read(dark::unfinished), std::slice::from_ref(&one));
    let finished = Dark { key_gone: true, ..two.clone() };
    assert_eq!(realm.read(|conn| dark::find(conn, two.person)), Some(finished.clone()));
    assert_eq!(
        realm.read(|conn| dark::among(conn, &[two.person, Person([3; 16])])),
        std::slice::from_ref(&finished)
    );
    assert_eq!(realm.read(|conn| dark::page(conn, Some(one.person), 9)), [finished]);
    realm.write(|conn| dark::end(conn, two.person));
    assert_eq!(realm.read(|conn| dark::page(conn, None, 9)), [one]);
}
