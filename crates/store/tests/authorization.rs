//! What the authorization server keeps, on SQLite and, where `TEST_DATABASE_URL` names one, on PostgreSQL.

#[cfg(test)]
mod contract {
    use std::collections::HashSet;

    use chrono::{DateTime, Duration, Utc};
    use counterfoil_domain::grant::{Dataset, Details, Lasting, State};
    use counterfoil_domain::ids::{ClientId, GrantId, Person, RecordId};
    use counterfoil_store::apps::{self, App, AppState};
    use counterfoil_store::codes::{self, Code};
    use counterfoil_store::grants::{self, Ending, Grant};
    use counterfoil_store::requests::{self, PushedRequest};
    use counterfoil_store::tokens::{self, Token, TokenKind};
    use counterfoil_store::{Error, Store, either, leases, used_ids};
    use diesel::connection::SimpleConnection;
    use tempfile::TempDir;

    /// A migrated database of its own.
    struct Database {
        store: Store,
        _folder: TempDir,
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "where the tests' PostgreSQL is, only the environment knows"
    )]
    fn databases() -> Vec<Database> {
        let sqlite = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", sqlite.path().join("main.db").display());
        let mut databases = vec![Database { store: Store::open(&url, 1).unwrap(), _folder: sqlite }];
        if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            let folder = tempfile::tempdir().unwrap();
            let schema: String =
                folder.path().to_str().unwrap().chars().filter(char::is_ascii_alphanumeric).collect();
            let schema = schema.to_lowercase();
            let text = format!("CREATE SCHEMA {schema}");
            Store::open(&url, 1)
                .unwrap()
                .read_blocking(|conn| either!(conn, c => c.batch_execute(&text)).map_err(Error::from))
                .unwrap();
            let joint = if url.contains('?') { '&' } else { '?' };
            let url = format!("{url}{joint}options=-c%20search_path%3D{schema}");
            databases.push(Database { store: Store::open(&url, 8).unwrap(), _folder: folder });
        }
        for database in &databases {
            database.store.migrate().unwrap();
        }
        databases
    }

    fn write<T>(
        store: &Store,
        body: impl FnMut(&mut counterfoil_store::conn::Conn) -> Result<T, Error>,
    ) -> T {
        store.write_blocking(body).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
    }

    fn app(id: u8) -> App {
        App {
            client_id: ClientId([id; 16]),
            name: "Budget \u{1F4B0}".to_owned(),
            operator: "Budget Ltd".to_owned(),
            redirect_uris: vec!["https://app.example/a,b".to_owned(), "https://app.example/\"c\"".to_owned()],
            scope: "purchases:read".to_owned(),
            auth_method: "private_key_jwt".to_owned(),
            jwks: "{\"keys\":[]}".to_owned(),
            max_duration: Lasting::UntilWithdrawn,
            window_from: "2020-02-29".parse().ok(),
            state: AppState::Pending,
            state_reason: None,
            approvals: vec![],
            app_epoch: 0,
            created_at: at(i64::from(id)),
        }
    }

    fn grant(id: u8, state: State, given: i64, expires: Option<i64>) -> Grant {
        Grant {
            grant_id: GrantId([id; 16]),
            person: Person([1; 16]),
            client_id: ClientId([1; 16]),
            record: RecordId([id; 16]),
            details: Details {
                datasets: vec![Dataset::Purchases, Dataset::Lines],
                from: "2024-01-01".parse().ok(),
                to: None,
                duration: Lasting::Days30,
                stated_use: Some("budgeting".to_owned()),
            },
            state,
            version: 1,
            grant_epoch: 0,
            given_at: at(given),
            expires_at: expires.map(at),
            ended_at: None,
            ended_by: None,
            ended_reason: None,
        }
    }

    fn token(id: u8, kind: TokenKind, grant: u8, parent: Option<u8>, expires: Option<i64>) -> Token {
        Token {
            token_hash: [id; 32],
            kind,
            grant_id: GrantId([grant; 16]),
            client_id: ClientId([1; 16]),
            scope: "purchases:read".to_owned(),
            jkt: "thumb".to_owned(),
            parent: parent.map(|id| [id; 32]),
            issued_at: at(0),
            expires_at: expires.map(at),
        }
    }

    #[test]
    fn an_app_is_read_as_it_was_written() {
        for Database { store, .. } in &databases() {
            let (first, second) = (app(1), app(2));
            write(store, |conn| apps::insert(conn, &second).and_then(|()| apps::insert(conn, &first)));
            let listed = store.read_blocking(apps::list).unwrap();
            assert_eq!(listed, [first.clone(), second], "oldest first");
            let changed = App {
                state: AppState::Suspended,
                state_reason: Some("complaints".to_owned()),
                approvals: vec!["ann".to_owned(), "ben, jr".to_owned()],
                app_epoch: 3,
                ..first
            };
            write(store, |conn| apps::update(conn, &changed));
            let found = write(store, |conn| apps::lock(conn, changed.client_id));
            assert_eq!(found, Some(changed));
            assert_eq!(store.read_blocking(|conn| apps::find(conn, ClientId([9; 16]))).unwrap(), None);
            let twice = store.write_blocking(|conn| apps::insert(conn, &app(1)));
            assert!(matches!(twice, Err(Error::Refused(_))));
        }
    }

    #[test]
    fn grants_end_by_their_time_and_move_their_epoch() {
        for Database { store, .. } in &databases() {
            let all = [
                grant(1, State::Active, 0, Some(100)),
                grant(2, State::Active, 1, Some(50)),
                grant(3, State::Active, 2, None),
                grant(4, State::Given, 3, Some(50)),
                grant(5, State::Withdrawn, 4, Some(50)),
                grant(6, State::Paused, 5, Some(60)),
                grant(7, State::Given, 90, Some(1_000)),
            ];
            write(store, |conn| all.iter().try_for_each(|grant| grants::insert(conn, grant)));
            let overdue = |now, limit| {
                let found = store.read_blocking(|conn| grants::overdue(conn, at(now), limit)).unwrap();
                found.into_iter().map(|id| id.0[0]).collect::<Vec<_>>()
            };
            assert!(overdue(49, 10).is_empty());
            assert_eq!(overdue(50, 10), [2]);
            assert_eq!(overdue(100, 10), [2, 6, 1]);
            assert_eq!(overdue(100, 2), [2, 6]);
            let unredeemed = store.read_blocking(|conn| grants::unredeemed(conn, at(60), 10)).unwrap();
            assert_eq!(unredeemed, [GrantId([4; 16])]);
            let of_person = store.read_blocking(|conn| grants::of_person(conn, Person([1; 16]))).unwrap();
            assert_eq!(
                of_person.iter().map(|grant| grant.grant_id.0[0]).collect::<Vec<_>>(),
                [7, 6, 5, 4, 3, 2, 1]
            );
            assert_eq!(of_person[6], all[0], "read as it was written, to the microsecond");
            let ending = Ending { state: State::Revoked, at: at(70), by: "staff", reason: Some("fraud") };
            write(store, |conn| grants::end(conn, GrantId([1; 16]), &ending));
            write(store, |conn| grants::bump_epoch(conn, GrantId([1; 16])));
            let ended = write(store, |conn| grants::lock(conn, GrantId([1; 16]))).unwrap();
            assert_eq!((ended.state, ended.grant_epoch, ended.ended_at), (State::Revoked, 2, Some(at(70))));
            assert_eq!(
                (ended.ended_by.as_deref(), ended.ended_reason.as_deref()),
                (Some("staff"), Some("fraud"))
            );
            assert_eq!(all[1].state_at(at(49)), State::Active);
            assert_eq!(all[1].state_at(at(50)), State::Expired);
            assert_eq!(all[4].state_at(at(99)), State::Withdrawn);
        }
    }

    #[test]
    fn a_request_is_bound_and_finished() {
        for Database { store, .. } in &databases() {
            let request = PushedRequest {
                request_hash: [1; 32],
                client_id: ClientId([1; 16]),
                record: RecordId([1; 16]),
                parameters: "{\"state\":\"\u{1F4B0}\"}".to_owned(),
                jkt: Some("thumb".to_owned()),
                person: None,
                finished: false,
                expires_at: at(10),
            };
            write(store, |conn| requests::insert(conn, &request));
            assert_eq!(
                store.read_blocking(|conn| requests::find(conn, &[1; 32])).unwrap(),
                Some(request.clone())
            );
            write(store, |conn| requests::bind(conn, &[1; 32], Person([7; 16]), at(20)));
            write(store, |conn| requests::finish(conn, &[1; 32]));
            let found = write(store, |conn| requests::lock(conn, &[1; 32]));
            let changed = PushedRequest {
                person: Some(Person([7; 16])),
                finished: true,
                expires_at: at(20),
                ..request
            };
            assert_eq!(found, Some(changed));
            assert_eq!(write(store, |conn| requests::lock(conn, &[2; 32])), None);
            assert_eq!(write(store, |conn| requests::delete_expired(conn, at(20))), 0);
            assert_eq!(write(store, |conn| requests::delete_expired(conn, at(21))), 1);
        }
    }

    #[test]
    fn one_of_many_redeems_a_code_and_one_spends_an_id() {
        for Database { store, .. } in &databases() {
            let code = Code {
                code_hash: [1; 32],
                grant_id: GrantId([1; 16]),
                client_id: ClientId([1; 16]),
                redirect_uri: "https://app.example/".to_owned(),
                code_challenge: "challenge".to_owned(),
                jkt: None,
                redeemed: false,
                expires_at: at(60),
            };
            write(store, |conn| codes::insert(conn, &code));
            let wins = |act: fn(&mut counterfoil_store::conn::Conn) -> Result<bool, Error>| {
                let threads: Vec<_> = (0..8)
                    .map(|_| {
                        let store = store.clone();
                        std::thread::spawn(move || write(&store, act))
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count()
            };
            assert_eq!(wins(|conn| codes::redeem(conn, &[1; 32])), 1);
            assert_eq!(wins(|conn| used_ids::spend(conn, &[2; 32], at(5))), 1);
            assert_eq!(wins(|conn| codes::redeem(conn, &[9; 32])), 0, "no such code");
            let found = store.read_blocking(|conn| codes::find(conn, &[1; 32])).unwrap();
            assert_eq!(found, Some(Code { redeemed: true, ..code }));
            assert_eq!(write(store, |conn| codes::delete_expired(conn, at(61))), 1);
            assert_eq!(write(store, |conn| used_ids::delete_expired(conn, at(6))), 1);
            assert!(write(store, |conn| used_ids::spend(conn, &[2; 32], at(9))), "forgotten after its time");
        }
    }

    #[test]
    fn a_refresh_token_dies_with_its_children() {
        for Database { store, .. } in &databases() {
            let all = [
                token(1, TokenKind::Refresh, 1, None, None),
                token(2, TokenKind::Access, 1, Some(1), Some(600)),
                token(3, TokenKind::Access, 1, Some(1), Some(700)),
                token(4, TokenKind::Refresh, 2, None, Some(9_000)),
                token(5, TokenKind::Access, 2, Some(4), Some(600)),
            ];
            let left = |ids: &[u8]| {
                let is_there =
                    |id: &u8| store.read_blocking(|conn| tokens::find(conn, &[*id; 32])).unwrap().is_some();
                assert_eq!((1..=5).filter(is_there).collect::<Vec<_>>(), ids);
            };
            let fill = || {
                write(store, |conn| {
                    for id in 1..=5 {
                        tokens::delete(conn, &[id; 32])?;
                    }
                    all.iter().try_for_each(|token| tokens::insert(conn, token))
                });
            };
            fill();
            let found = store.read_blocking(|conn| tokens::find(conn, &[2; 32])).unwrap();
            assert_eq!(found, Some(all[1].clone()));
            write(store, |conn| tokens::delete(conn, &[2; 32]));
            left(&[1, 3, 4, 5]);
            write(store, |conn| tokens::delete(conn, &[1; 32]));
            left(&[4, 5]);
            fill();
            write(store, |conn| tokens::delete_refresh_of_grant(conn, GrantId([1; 16])));
            left(&[2, 3, 4, 5]);
            write(store, |conn| tokens::delete_of_grant(conn, GrantId([1; 16])));
            left(&[4, 5]);
            fill();
            assert_eq!(write(store, |conn| tokens::delete_expired(conn, at(650))), 2);
            left(&[1, 3, 4]);
        }
    }

    #[test]
    fn facts_are_those_of_token_grant_app_and_customer() {
        for Database { store, .. } in &databases() {
            write(store, |conn| {
                tokens::insert(conn, &token(1, TokenKind::Refresh, 1, None, None))?;
                tokens::insert(conn, &token(2, TokenKind::Access, 1, Some(1), Some(600)))
            });
            let facts = || store.read_blocking(|conn| tokens::facts(conn, &[2; 32])).unwrap();
            assert_eq!(facts(), None, "no grant");
            write(store, |conn| grants::insert(conn, &grant(1, State::Active, 0, None)));
            assert_eq!(facts(), None, "no app");
            write(store, |conn| apps::insert(conn, &App { app_epoch: 4, ..app(1) }));
            let found = facts().unwrap();
            assert_eq!((found.app_state, found.app_epoch), (AppState::Pending, 4));
            assert_eq!((found.customer_epoch, found.is_orphan), (None, false), "no customer");
            write(store, |conn| tokens::delete_refresh_of_grant(conn, GrantId([1; 16])));
            assert!(facts().unwrap().is_orphan);
        }
    }

    #[test]
    fn a_lease_has_one_owner() {
        for Database { store, .. } in &databases() {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let store = store.clone();
                    std::thread::spawn(move || {
                        write(&store, |conn| {
                            leases::acquire(conn, "work", &format!("p{number}"), at(0), at(60))
                        })
                    })
                })
                .collect();
            let won: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            assert_eq!(won.iter().flatten().collect::<Vec<_>>(), [&1]);
            let owner = format!("p{}", won.iter().position(Option::is_some).unwrap());
            let acquire = |owner: &str, now| {
                write(store, |conn| leases::acquire(conn, "work", owner, at(now), at(now + 60)))
            };
            assert_eq!(acquire(&owner, 30), Some(1), "prolonged");
            assert_eq!(acquire("other", 89), None);
            assert_eq!(acquire("other", 90), Some(2), "taken over");
            assert_eq!(acquire(&owner, 91), None);
            write(store, |conn| leases::release(conn, "work", &owner, at(92)));
            assert_eq!(acquire(&owner, 93), None, "not theirs to give back");
            write(store, |conn| leases::release(conn, "work", "other", at(94)));
            assert_eq!(acquire(&owner, 94), Some(3));
            let names: HashSet<_> = ["work", "other work"].into();
            for name in names {
                let again = write(store, |conn| {
                    leases::acquire(conn, name, "other", at(94) + Duration::seconds(1), at(200))
                });
                assert_eq!(again, (name == "other work").then_some(1), "{name}");
            }
        }
    }
}
