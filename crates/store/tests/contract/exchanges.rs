use counterfoil_domain::exchange::State;
use counterfoil_domain::ids::{ExchangeId, ItemId, Person, RecordId};
use counterfoil_store::exchanges::{self, Exchange};

use crate::realm::{Realm, at};

pub fn an_exchange_is_read_as_it_was_written(realm: &Realm) {
    let exchange = |id: u8, state, due: i64| Exchange {
        exchange_id: ExchangeId([id; 16]),
        person: Person([1; 16]),
        item_id: ItemId([id; 16]),
        ask: "a1".to_owned(),
        ask_version: 1,
        record: RecordId([id; 16]),
        state,
        amount: "5.00".to_owned(),
        unit: "EUR".to_owned(),
        is_money: true,
        promised_at: at(id.into()),
        due_at: at(due),
        delivered_at: None,
        reference: None,
        ended_at: None,
    };
    let (mut one, two) = (exchange(1, State::Due, 50), exchange(2, State::Delivered, 40));
    for exchange in [&one, &two] {
        realm.write(|conn| exchanges::put(conn, exchange));
    }
    assert_eq!(realm.read(|conn| exchanges::overdue(conn, at(50), 9)), [one.clone()]);
    assert!(realm.read(|conn| exchanges::overdue(conn, at(49), 9)).is_empty());
    let reference = Some("till".to_owned());
    one = Exchange {
        state: State::Delivered,
        delivered_at: Some(at(9)),
        reference,
        ended_at: Some(at(9)),
        ..one
    };
    realm.write(|conn| exchanges::put(conn, &one));
    assert_eq!(realm.read(|conn| exchanges::find(conn, one.exchange_id)), Some(one.clone()));
    assert_eq!(realm.read(|conn| exchanges::of_person(conn, one.person)), [one.clone(), two.clone()]);
    assert_eq!(realm.read(|conn| exchanges::page(conn, Some(one.exchange_id), 9)), [two]);
    realm.write(|conn| exchanges::forget(conn, one.person));
    assert!(realm.read(|conn| exchanges::page(conn, None, 9)).is_empty());
}
