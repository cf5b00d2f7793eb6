//! The migrations: a tree for each database, made of the same steps, that lead to the same tables.

#[cfg(test)]
#[path = "contract/database.rs"]
mod database;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use counterfoil_store::conn::Conn;
    use counterfoil_store::keys::{Keys, Secret};
    use counterfoil_store::{Error, Store};
    use diesel::RunQueryDsl as _;
    use diesel::sql_types::Text;

    use super::database::{Database, run};

    /// The trees of the database and of the keystore, each with the two kinds of database.
    const TREES: [[&str; 2]; 2] = [["postgres", "sqlite"], ["keys/postgres", "keys/sqlite"]];

    fn folder(tree: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(tree)
    }

    fn steps(tree: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(folder(tree)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn script(tree: &str, step: &str, name: &str) -> String {
        fs::read_to_string(folder(tree).join(step).join(name)).unwrap()
    }

    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        column_name: String,
    }

    const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema()";
    const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name \
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";

    type Tables = BTreeMap<String, BTreeSet<String>>;

    /// Tables and their columns, without the list of migrations and without partitions.
    fn tables(url: &str) -> Tables {
        let store = Store::open(url, 1).unwrap();
        let columns: Vec<Column> = store
            .read_blocking(|conn| {
                let found = match conn {
                    Conn::Pg(c) => diesel::sql_query(POSTGRES_COLUMNS).load(c),
                    Conn::Sqlite(c) => diesel::sql_query(SQLITE_COLUMNS).load(c),
                };
                found.map_err(Error::from)
            })
            .unwrap();
        let mut tables = Tables::new();
        for Column { table_name, column_name } in columns {
            let is_partition =
                table_name.rsplit_once('_').is_some_and(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()));
            if table_name != "__diesel_schema_migrations" && !is_partition {
                tables.entry(table_name).or_default().insert(column_name);
            }
        }
        tables
    }

    /// The tables of `schema.rs`, which both database and keystore are read through.
    fn declared() -> Tables {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema.rs")).unwrap();
        let mut tables = Tables::new();
        for block in text.split("diesel::table! {").skip(1) {
            let mut lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
            let name = lines.next().unwrap().split(' ').next().unwrap();
            let columns = lines.map_while(|line| line.split_once(" -> ").map(|(name, _)| name.to_owned()));
            tables.insert(name.to_owned(), columns.collect());
        }
        tables
    }

    fn open_keys(url: &str) {
        let clock = counterfoil_domain::clock::Clock::fixed(chrono::DateTime::UNIX_EPOCH);
        let entropy = counterfoil_domain::clock::Entropy::new(|bytes| bytes.fill(1));
        Keys::open(url, Secret::new([1; 32]), clock, entropy).unwrap();
    }

    fn databases() -> Vec<(usize, Database)> {
        let sqlite = Some((1, Database::sqlite()));
        sqlite.into_iter().chain(Database::postgres().map(|database| (0, database))).collect()
    }

    #[test]
    fn a_step_is_in_both_trees_with_both_ways() {
        for [postgres, sqlite] in TREES {
            assert_eq!(steps(postgres), steps(sqlite));
            assert!(!steps(postgres).is_empty());
            for tree in [postgres, sqlite] {
                for step in steps(tree) {
                    let (number, name) = step.split_once('_').unwrap();
                    assert!(number.len() == 14 && !name.is_empty(), "{step}");
                    for way in ["up.sql", "down.sql"] {
                        assert!(!script(tree, &step, way).trim().is_empty(), "{tree}/{step}/{way}");
                    }
                }
            }
        }
    }

    #[test]
    fn both_databases_have_the_tables_that_are_declared() {
        let mut declared = declared();
        assert!(declared.len() > 15, "{declared:?}");
        let keystore: Tables = ["masters", "named_keys", "person_keys"]
            .iter()
            .map(|name| declared.remove_entry(*name).unwrap())
            .collect();
        for (_, database) in databases() {
            let store = Store::open(&database.url, 1).unwrap();
            assert!(!store.is_migrated().unwrap());
            assert_eq!(store.migrate().unwrap().len(), steps("sqlite").len());
            assert!(store.is_migrated().unwrap());
            assert_eq!(tables(&database.url), declared);
            open_keys(&database.keys_url);
            assert_eq!(tables(&database.keys_url), keystore);
        }
    }

    #[test]
    fn what_goes_up_comes_down_and_up_again() {
        for (kind, database) in databases() {
            let [main, keys] = TREES.map(|trees| trees.into_iter().nth(kind).unwrap());
            let store = Store::open(&database.url, 1).unwrap();
            store.migrate().unwrap();
            open_keys(&database.keys_url);
            for (url, tree) in [(&database.url, main), (&database.keys_url, keys)] {
                let full = tables(url);
                // Step by step, so that each one's way down ends where the one before it had led.
                let mut stages = Vec::new();
                for step in steps(tree).iter().rev() {
                    stages.push((step.clone(), tables(url)));
                    run(url, &script(tree, step, "down.sql")).unwrap();
                }
                assert!(tables(url).is_empty(), "{tree}: {:?}", tables(url));
                for (step, expected) in stages.iter().rev() {
                    run(url, &script(tree, step, "up.sql")).unwrap();
                    assert_eq!(&tables(url), expected, "{tree}/{step}");
                }
                assert_eq!(tables(url), full);
            }
        }
    }
}
