//! The records: purchases and the place in the shop's feed, in one SQLite file, so that both move in one step.
//!
//! Who reads the feed from its beginning is a *reader*, and has a set of purchases of its own. A new reader gathers in
//! silence; when it has reached the end of the feed for the first time it replaces the one before, and what it was not
//! given is gone. So whatever is looked at is always whole.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::{
    failure::{Failure, Kind},
    folder::Folder,
    purchases::Purchase,
};

/// The SQLite file with the purchases, each as JSON exactly as served.
pub const RECORDS: &str = "purchases.db";
/// The number of [`SCHEMA`], kept in the file.
const VERSION: i64 = 1;
/// `seq` and `cursor` are the place after the last page that is stored; `data` is NULL once a purchase was taken away,
/// so that an older revision which comes late does not bring it back.
const SCHEMA: &str = "
    CREATE TABLE readers (
        number INTEGER PRIMARY KEY,
        cursor TEXT,
        seq INTEGER NOT NULL,
        complete INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE purchases (
        reader INTEGER NOT NULL REFERENCES readers ON DELETE CASCADE,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        data TEXT,
        PRIMARY KEY (reader, id)
    ) STRICT;
    PRAGMA user_version = 1;";
/// How long another process that holds the file is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A place in the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    number: i64,
    /// Where to read on; `None` at the beginning.
    pub cursor: Option<String>,
    /// The number of the last change that is stored, 0 before the first.
    pub seq: i64,
    /// Whether it has been at the end of the feed, so that its purchases are those that are looked at.
    pub complete: bool,
}

/// What a change does to one purchase.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The purchase.
    pub id: &'a str,
    /// Its revision with this change.
    pub revision: i64,
    /// The purchase as served; `None` takes it away.
    pub data: Option<&'a str>,
}

/// What is known after a page.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Where to read on.
    pub cursor: &'a str,
    /// The number of the last change so far.
    pub seq: i64,
    /// Whether this was the end of the feed.
    pub at_end: bool,
    /// Whether the shop wants everything read anew.
    pub anew: bool,
}

/// The open file.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    database: Connection,
}

impl Records {
    /// Opens the file, making it on the first run, readable by its owner alone.
    pub fn open(folder: &Folder) -> Result<Self, Failure> {
        let path = folder.file(RECORDS);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(|error| unusable(&path, &error))?;
        let database = Connection::open(&path).map_err(|error| unusable(&path, &error))?;
        let mut records = Self { path, database };
        records.prepare()?;
        Ok(records)
    }

    /// The newest reader; `None` before the first.
    pub fn reader(&self) -> Result<Option<Reader>, Failure> {
        self.told(newest(&self.database))
    }

    /// Starts a reader with nothing, at this place or at the beginning. One that never was complete makes way for it.
    pub fn begin(&mut self, cursor: Option<&str>) -> Result<Reader, Failure> {
        let begun = write(&mut self.database, |change| begin(change, cursor));
        self.told(begun)
    }

    /// Stores a page and the place after it, both or neither. Says for each step whether it had an effect: one of an
    /// older revision than is known has none.
    pub fn store(
        &mut self,
        reader: &Reader,
        steps: &[Step<'_>],
        place: Place<'_>,
    ) -> Result<Vec<bool>, Failure> {
        let stored = write(&mut self.database, |change| {
            // Somebody else has read on since: what they stored may be newer than this page.
            if newest(change)?.as_ref() != Some(reader) {
                return Ok(None);
            }
            let effects = take(change, reader.number, steps)?;
            change.execute(
                "UPDATE readers SET cursor = ?2, seq = ?3, complete = max(complete, ?4) WHERE number = ?1",
                params![reader.number, place.cursor, place.seq, place.at_end],
            )?;
            if place.at_end {
                change.execute("DELETE FROM readers WHERE number < ?1", [reader.number])?;
            }
            if place.anew {
                begin(change, None)?;
            }
            Ok(Some(effects))
        });
        self.told(stored)?.ok_or_else(|| {
            Failure::new(
                Kind::NotReady,
                format!("another sync is at work on {}", self.path.display()),
                "let it finish, or stop it, then run `sync` again; nothing is lost",
            )
        })
    }

    /// The revision of each purchase that is here, by id.
    pub fn revisions(&self) -> Result<BTreeMap<String, i64>, Failure> {
        let rows = self.database.prepare(&shown("id, revision")).and_then(|mut query| {
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
        });
        self.told(rows)
    }

    /// Every purchase as served.
    pub fn texts(&self) -> Result<Vec<String>, Failure> {
        let rows = self
            .database
            .prepare(&shown("data"))
            .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>());
        self.told(rows)
    }

    /// Every purchase, as far as this app reads it.
    pub fn purchases(&self) -> Result<Vec<Purchase>, Failure> {
        let purchases = self.texts()?.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>();
        purchases.map_err(|_| unusable(&self.path, &"it holds something that is no purchase"))
    }

    /// Deletes everything, also what was known of purchases that were taken away; the next sync begins at the beginning.
    pub fn erase(&mut self) -> Result<(), Failure> {
        let erased = write(&mut self.database, |change| change.execute("DELETE FROM readers", []));
        // Pages that are free now are given back: `secure_delete` has overwritten them.
        let emptied = erased.and_then(|_| self.database.execute_batch("VACUUM"));
        self.told(emptied)
    }

    /// What to say when there is nothing to look at.
    pub fn nothing(&self) -> Failure {
        let what = format!("there are no purchases in {}", self.path.display());
        Failure::new(Kind::NotReady, what, "run `counterfoil-pds sync`; one that was interrupted goes on")
    }

    fn prepare(&mut self) -> Result<(), Failure> {
        let version = self.database.busy_timeout(PATIENCE).and_then(|()| {
            // What is taken away is to be gone from the disk as well.
            self.database.pragma_update(None, "secure_delete", true)?;
            self.database.pragma_update(None, "foreign_keys", true)?;
            write(&mut self.database, |change| {
                let version: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0))?;
                if version == 0 {
                    change.execute_batch(SCHEMA)?;
                    return Ok(VERSION);
                }
                Ok(version)
            })
        });
        if self.told(version)? == VERSION {
            return Ok(());
        }
        let what = format!("{} was made by another version of this program", self.path.display());
        Err(Failure::new(Kind::Local, what, "use that version, or another --folder"))
    }

    fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T, Failure> {
        result.map_err(|error| unusable(&self.path, &error))
    }
}

/// Does something in a transaction that holds the file from its start, so that what was read in it still holds.
fn write<T>(
    database: &mut Connection,
    what: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let change = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = what(&change)?;
    change.commit()?;
    Ok(result)
}

fn newest(database: &Connection) -> rusqlite::Result<Option<Reader>> {
    let query = "SELECT number, cursor, seq, complete FROM readers ORDER BY number DESC LIMIT 1";
    let read = |row: &Row<'_>| {
        Ok(Reader { number: row.get(0)?, cursor: row.get(1)?, seq: row.get(2)?, complete: row.get(3)? })
    };
    database.query_row(query, [], read).optional()
}

fn begin(change: &Transaction<'_>, cursor: Option<&str>) -> rusqlite::Result<Reader> {
    // Numbers are not given twice: another process may still hold the reader that is deleted here.
    let number =
        change.query_row("SELECT coalesce(max(number), 0) + 1 FROM readers", [], |row| row.get(0))?;
    change.execute("DELETE FROM readers WHERE NOT complete", [])?;
    change.execute("INSERT INTO readers VALUES (?1, ?2, 0, 0)", params![number, cursor])?;
    Ok(Reader { number, cursor: cursor.map(str::to_owned), seq: 0, complete: false })
}

fn take(change: &Transaction<'_>, reader: i64, steps: &[Step<'_>]) -> rusqlite::Result<Vec<bool>> {
    let mut statement = change.prepare(
        "INSERT INTO purchases (reader, id, revision, data) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET revision = excluded.revision, data = excluded.data
         WHERE excluded.revision >= purchases.revision",
    )?;
    let mut one =
        |step: &Step<'_>| Ok(statement.execute(params![reader, step.id, step.revision, step.data])? > 0);
    steps.iter().map(&mut one).collect()
}

/// A query over what is looked at: the purchases of the reader that was complete last.
fn shown(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM purchases
         WHERE data IS NOT NULL AND reader = (SELECT max(number) FROM readers WHERE complete)"
    )
}

fn unusable(path: &std::path::Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Local,
        format!("cannot use {}: {why}", path.display()),
        "check the folder's permissions and free space; if the file is broken, move it away and run `sync` again",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::purchases::tests::example;

    fn open() -> (tempfile::TempDir, Records) {
        let directory = tempfile::tempdir().unwrap();
        let records = Records::open(&Folder::open(directory.path()).unwrap()).unwrap();
        (directory, records)
    }

    fn place(seq: i64, at_end: bool) -> Place<'static> {
        Place { cursor: "next", seq, at_end, anew: false }
    }

    fn put<'a>(id: &'a str, revision: i64, data: &'a str) -> Step<'a> {
        Step { id, revision, data: Some(data) }
    }

    fn gone(id: &str, revision: i64) -> Step<'_> {
        Step { id, revision, data: None }
    }

    #[test]
    fn the_highest_revision_stays_and_what_was_taken_away_too() {
        let (_directory, mut records) = open();
        let reader = records.begin(None).unwrap();
        let steps = [
            put("a", 2, "a2"),
            put("a", 1, "a1"),
            put("b", 3, "b3"),
            gone("b", 2),
            put("c", 1, "c1"),
            gone("c", 1),
            put("d", 1, "d1"),
            gone("d", 2),
            put("d", 1, "d1"),
            put("e", 1, "e1"),
            gone("e", 2),
            put("e", 3, "e3"),
        ];
        let effects = records.store(&reader, &steps, place(12, true)).unwrap();
        let without: Vec<usize> = (0..steps.len()).filter(|step| !effects[*step]).collect();
        assert_eq!(without, [1, 3, 8]);
        let kept: Vec<_> = records.revisions().unwrap().into_iter().collect();
        assert_eq!(kept, [("a".to_owned(), 2), ("b".to_owned(), 3), ("e".to_owned(), 3)]);
        assert_eq!(records.texts().unwrap(), ["a2", "b3", "e3"]);
    }

    #[test]
    fn a_new_reader_replaces_the_old_one_when_it_is_complete() {
        let (_directory, mut records) = open();
        let reader = records.begin(None).unwrap();
        records.store(&reader, &[put("a", 1, "a1")], place(1, false)).unwrap();
        assert!(records.texts().unwrap().is_empty(), "half a history is not shown");
        let reader = records.reader().unwrap().unwrap();
        records.store(&reader, &[put("b", 1, "b1")], place(2, true)).unwrap();
        let second = records.begin(Some("fresh")).unwrap();
        assert_eq!((second.cursor.as_deref(), second.seq), (Some("fresh"), 0));
        records.store(&second, &[put("b", 2, "b2")], place(1, false)).unwrap();
        assert_eq!(records.texts().unwrap(), ["a1", "b1"], "the old one stays until then");
        let second = records.reader().unwrap().unwrap();
        records.store(&second, &[], place(1, true)).unwrap();
        assert_eq!(records.texts().unwrap(), ["b2"]);
        let rows: i64 =
            records.database.query_row("SELECT count(*) FROM purchases", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "nothing is left of the old one");
    }

    #[test]
    fn reading_anew_begins_with_the_page_that_asks_for_it() {
        let (_directory, mut records) = open();
        let reader = records.begin(None).unwrap();
        let anew = Place { anew: true, ..place(1, true) };
        records.store(&reader, &[put("a", 1, "a1")], anew).unwrap();
        let reader = records.reader().unwrap().unwrap();
        assert_eq!((reader.cursor.as_deref(), reader.seq, reader.complete), (None, 0, false));
        assert_eq!(records.texts().unwrap(), ["a1"]);
    }

    #[test]
    fn two_at_once_do_not_undo_each_other() {
        let (directory, mut records) = open();
        let mut other = Records::open(&Folder::open(directory.path()).unwrap()).unwrap();
        let reader = records.begin(None).unwrap();
        other.store(&reader, &[put("a", 2, "a2")], place(5, true)).unwrap();
        let failure = records.store(&reader, &[put("a", 3, "a3")], place(1, true)).unwrap_err();
        assert!(failure.to_string().contains("another sync"), "{failure}");
        assert_eq!(
            (records.texts().unwrap(), records.reader().unwrap().unwrap().seq),
            (vec!["a2".into()], 5)
        );
    }

    #[test]
    fn a_page_and_the_place_after_it_are_stored_both_or_neither() {
        let (_directory, mut records) = open();
        let reader = records.begin(None).unwrap();
        let stumble = "CREATE TRIGGER stumble BEFORE UPDATE ON readers BEGIN SELECT raise(ABORT, 'no'); END";
        records.database.execute_batch(stumble).unwrap();
        assert!(records.store(&reader, &[put("a", 1, "a1")], place(1, true)).is_err());
        records.database.execute_batch("DROP TRIGGER stumble").unwrap();
        assert_eq!(records.reader().unwrap().as_ref(), Some(&reader));
        records.store(&reader, &[], place(1, true)).unwrap();
        assert!(records.texts().unwrap().is_empty());
    }

    #[test]
    fn the_file_is_private_and_a_strange_one_is_left_alone() {
        let (directory, records) = open();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(directory.path().join(RECORDS)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
        }
        records.database.pragma_update(None, "user_version", 9).unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        assert!(Records::open(&folder).unwrap_err().to_string().contains("another version"));
        fs::write(directory.path().join(RECORDS), [b'x'; 4096]).unwrap();
        assert!(Records::open(&folder).unwrap_err().to_string().contains("move it away"));
    }

    #[test]
    fn what_was_taken_away_is_not_in_the_file() {
        let (directory, mut records) = open();
        let reader = records.begin(None).unwrap();
        let text = json!({"name": "something private"}).to_string();
        records.store(&reader, &[put("a", 1, &text)], place(1, true)).unwrap();
        let holds = || {
            let bytes = fs::read(directory.path().join(RECORDS)).unwrap();
            bytes.windows(17).any(|window| window == b"something private")
        };
        assert!(holds());
        let reader = records.reader().unwrap().unwrap();
        records.store(&reader, &[gone("a", 2)], place(2, true)).unwrap();
        assert!(!holds());
    }

    #[test]
    fn purchases_are_read_as_they_were_served() {
        let (_directory, mut records) = open();
        let reader = records.begin(None).unwrap();
        let text = format!("{:#}", example());
        records.store(&reader, &[put("pur_0f3k", 2, &text)], place(1, true)).unwrap();
        assert_eq!(records.texts().unwrap(), [text]);
        assert_eq!(records.purchases().unwrap()[0].id, "pur_0f3k");
    }
}
