//! The lock order, read off the code: what every transaction locks, in whatever way it goes, against the order that
//! the crate's README gives.

#[cfg(test)]
mod code;
#[cfg(test)]
mod paths;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::{Path, PathBuf};

    use super::code::Code;
    use super::paths::{Lock, Transaction, transactions};

    /// A table's name, and whether a transaction only ever holds one row of it, which it may then write again.
    struct Place {
        table: String,
        is_one_row: bool,
    }

    fn crates() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn code() -> Code {
        let mut code = Code::default();
        for name in ["store", "events", "oauth", "ledger", "volunteered"] {
            code.read_crate(&crates().join(name), &format!("counterfoil_{name}"));
        }
        code
    }

    /// The order that the README gives.
    fn order() -> Vec<Place> {
        let text = std::fs::read_to_string(crates().join("store/README.md")).unwrap();
        let block = text.split("```").find(|block| block.contains('→')).unwrap();
        let places = block.trim_start_matches("text").split('→').map(str::trim);
        places
            .map(|place| match place.strip_suffix("(one row)") {
                Some(table) => Place { table: table.trim().to_owned(), is_one_row: true },
                None => Place { table: place.to_owned(), is_one_row: false },
            })
            .collect()
    }

    fn complaint(order: &[Place], path: &[Lock]) -> Option<String> {
        let mut held: HashSet<usize> = HashSet::new();
        for Lock { table, by } in path {
            let Some(rank) = order.iter().position(|place| place.table == *table) else {
                return Some(format!("{table} ({by}) has no place in the order"));
            };
            let above = held.iter().filter(|other| **other > rank).max();
            let is_held = held.contains(&rank) && order.get(rank).is_some_and(|place| place.is_one_row);
            if let Some(above) = above.filter(|_| !is_held).and_then(|above| order.get(*above)) {
                return Some(format!("{table} ({by}) is locked after {}", above.table));
            }
            held.insert(rank);
        }
        None
    }

    fn complaints(code: &Code) -> Vec<String> {
        let order = order();
        let mut all = Vec::new();
        for transaction in transactions(code) {
            let found = transaction.paths.iter().filter_map(|path| complaint(&order, path));
            all.extend(found.map(|found| format!("{}: {found}", transaction.begun_by)));
        }
        all.sort();
        all.dedup();
        all
    }

    /// Whether some way through a transaction of `function` locks exactly these tables.
    fn locks(all: &[Transaction], function: &str, tables: &[&str]) -> bool {
        all.iter()
            .filter(|transaction| transaction.begun_by == function)
            .flat_map(|transaction| &transaction.paths)
            .any(|path| path.iter().map(|lock| lock.table.as_str()).eq(tables.iter().copied()))
    }

    #[test]
    fn every_transaction_takes_its_locks_in_order() {
        let code = code();
        let complaints = complaints(&code);
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    #[test]
    fn the_transactions_that_matter_are_seen() {
        let code = code();
        let all = transactions(&code);
        let locking = all.iter().filter(|transaction| transaction.paths.iter().any(|path| !path.is_empty()));
        assert!(locking.count() >= 20, "{:?}", all.iter().map(|one| &one.begun_by).collect::<Vec<_>>());
        for (function, tables) in [
            (
                "counterfoil_events::recorder::Recorder::commit",
                &[
                    "ingest_offsets",
                    "objects",
                    "unlinked",
                    "customers",
                    "purchases",
                    "quarantine",
                    "access head",
                ][..],
            ),
            (
                "counterfoil_oauth::grants::end_one",
                &[
                    "announcements",
                    "grants",
                    "tokens",
                    "access head",
                    "consent head",
                    "records",
                    "consent head",
                    "entries",
                ],
            ),
            (
                "counterfoil_oauth::amend::amend",
                &[
                    "customers",
                    "announcements",
                    "grants",
                    "access head",
                    "consent head",
                    "records",
                    "consent head",
                    "entries",
                ],
            ),
            (
                "counterfoil_oauth::hiding::set_purchase",
                &[
                    "objects",
                    "customers",
                    "purchases",
                    "announcements",
                    "access head",
                    "consent head",
                    "records",
                    "consent head",
                    "entries",
                ],
            ),
            ("counterfoil_oauth::endpoints::token::redeem", &["grants", "codes", "grants", "tokens"]),
            (
                "counterfoil_oauth::apps::change",
                &["apps", "access head", "consent head", "records", "consent head", "entries"],
            ),
            (
                "counterfoil_oauth::apps::register",
                &["apps", "consent head", "records", "consent head", "entries"],
            ),
            ("counterfoil_ledger::seal::seal_waiting", &["access head", "entries"]),
            (
                "counterfoil_oauth::download::Download::seal",
                &["access head", "records", "access head", "entries"],
            ),
            ("counterfoil_oauth::client::authenticate", &["used_ids"]),
            ("counterfoil_store::people::resolve", &["customers"]),
        ] {
            let seen: Vec<_> =
                all.iter().filter(|one| one.begun_by == function).map(|one| &one.paths).collect();
            assert!(locks(&all, function, tables), "{function}: {seen:?}");
        }
    }

    #[test]
    fn every_table_has_its_place() {
        let text = std::fs::read_to_string(crates().join("store/src/schema.rs")).unwrap();
        let order = order();
        let names =
            text.split("diesel::table! {").skip(1).map(|block| block.trim().split(' ').next().unwrap());
        // Heads are two single rows; the keystore is another database.
        for name in
            names.filter(|name| !["ledger_heads", "person_keys", "named_keys", "masters"].contains(name))
        {
            assert!(order.iter().any(|place| place.table == name), "{name}");
        }
    }

    /// The check itself: two calls of the real code exchanged, one at a time.
    #[test]
    fn exchanged_calls_are_noticed() {
        let exchange = |krate: &str, file: &str, one: &str, other: &str| {
            let text = std::fs::read_to_string(crates().join(krate).join("src").join(file)).unwrap();
            assert!(text.contains(one) && text.contains(other), "{krate}/{file} has other calls now");
            let text = text.replacen(one, "HERE", 1).replacen(other, one, 1).replacen("HERE", other, 1);
            let mut code = code();
            code.read(
                &format!("counterfoil_{krate}::{}", file.trim_end_matches(".rs").replace('/', "::")),
                &text,
            );
            complaints(&code)
        };
        for (krate, file, one, other, expected) in [
            (
                "events",
                "write.rs",
                "let numbered = store_linked(conn, prepared.now, linked, &work.left, &work.customers)?;",
                "quarantine::insert(conn, &held)?;",
                "is locked after quarantine",
            ),
            (
                "events",
                "write.rs",
                "quarantine::insert(conn, &held)?;",
                "entries::take_head(conn, Log::Access)?;",
                "quarantine (counterfoil_store::quarantine::insert) is locked after access head",
            ),
            (
                "ledger",
                "grants.rs",
                "let access_size = ledger.gate(conn)?;",
                "ledger.append_under(conn, &evidence, grant.person, now, &[draft])?;",
                "access head (counterfoil_store::entries::take_head) is locked after",
            ),
            (
                "oauth",
                "grants.rs",
                "grants::bump_epoch(conn, grant_id)?;",
                "oauth.ledger().gate(conn)?;",
                "counterfoil_oauth::endpoints::revoke::accept",
            ),
        ] {
            let found = exchange(krate, file, one, other);
            assert!(found.iter().any(|found| found.contains(expected)), "{one} / {other}: {found:#?}");
        }
    }

    #[test]
    fn what_is_wrong_on_one_way_only_is_noticed() {
        let complaints_of = |body: &str| {
            let mut code = Code::default();
            code.read_crate(&crates().join("store"), "counterfoil_store");
            let text = format!(
                "use counterfoil_store::{{apps, conn::Conn, entries::{{self, Log}}, grants, quarantine, tokens}};
                 fn inner(conn: &mut Conn) -> Result<()> {{ grants::bump_epoch(conn, id)?; Ok(()) }}
                 fn maybe(conn: &mut Conn, is_locked: bool) -> Result<Option<Grant>> {{
                     let Some(id) = id else {{ return Ok(None) }};
                     if is_locked {{ grants::lock(conn, id) }} else {{ grants::find(conn, id) }}
                 }}
                 fn act(store: &Store) {{ store.write(move |conn| {{ {body}; Ok(()) }}); }}"
            );
            code.read("example", &text);
            let found = complaints(&code);
            found.into_iter().filter(|found| found.starts_with("example::")).count()
        };
        for fine in [
            "apps::update(conn, &app)?; grants::bump_epoch(conn, id)?; tokens::delete_of_grant(conn, id)?",
            "if a { tokens::insert(conn, &t)?; return Ok(()); } grants::bump_epoch(conn, id)?",
            "grants::lock(conn, id)?; tokens::insert(conn, &t)?; grants::set_state(conn, id, s)?",
            "for q in all { quarantine::insert(conn, q)?; }",
            "match a { A => tokens::insert(conn, &t)?, B => grants::bump_epoch(conn, id)? }",
            "tokens::find(conn, &t)?; grants::find(conn, id)?",
            "maybe(conn, true)?.ok_or(Gone)?; tokens::insert(conn, &t)?; grants::set_state(conn, id, s)?",
        ] {
            assert_eq!(complaints_of(fine), 0, "{fine}");
        }
        for wrong in [
            "tokens::insert(conn, &t)?; grants::bump_epoch(conn, id)?",
            "tokens::insert(conn, &t)?; inner(conn)?",
            "if a { tokens::insert(conn, &t)?; } grants::bump_epoch(conn, id)?",
            "let Some(x) = a else { entries::take_head(conn, Log::Consent)?; return b(entries::take_head(conn, Log::Access)?); }",
            "match a { A => tokens::insert(conn, &t)?, B => {} }; grants::bump_epoch(conn, id)?",
            "for t in all { quarantine::insert(conn, q)?; tokens::insert(conn, &t)?; }",
            "maybe(conn, true)?; tokens::insert(conn, &t)?; grants::set_state(conn, id, s)?",
            "maybe(conn, false)?.ok_or(Gone)?; tokens::insert(conn, &t)?; grants::set_state(conn, id, s)?",
            "all.iter().try_for_each(|t| tokens::insert(conn, t))?; apps::lock(conn, id)?",
        ] {
            assert_ne!(complaints_of(wrong), 0, "{wrong}");
        }
    }
}
