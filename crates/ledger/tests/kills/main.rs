//! Kill -9 at every step of append, integrate and publish: no acknowledged entry is lost, no number is given twice, and
//! verification says intact. Ten kills on each database; two hundred where `COUNTERFOIL_TEST_LONG` is 1.
//!
//! The process that is killed is this test itself, run once more with [`SETTINGS`] in its environment.

#[cfg(test)]
mod child;
#[cfg(test)]
#[path = "../../../store/tests/contract/database.rs"]
mod database;
#[cfg(test)]
mod realm;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use counterfoil_ledger::verify::Wanted;
    use counterfoil_store::entries::{self, Log};

    use crate::child::{SETTINGS, Settings};
    use crate::database::Database;
    use crate::realm::Realm;

    /// Where a process dies: inside the appending transaction, at each step of the keeper, or wherever it stands.
    const POINTS: [&str; 9] = [
        "appended",
        "before-tiles",
        "between-tiles",
        "after-tiles",
        "after-integrate",
        "before-guard",
        "after-guard",
        "after-publish",
        "anywhere",
    ];

    #[expect(clippy::disallowed_methods, reason = "only the environment says how long a run may be")]
    fn kills() -> usize {
        if std::env::var("COUNTERFOIL_TEST_LONG").is_ok_and(|value| value == "1") { 200 } else { 10 }
    }

    /// Runs a process that appends and keeps the trees until it is killed; numbers and ids that were acknowledged.
    fn run_and_kill(settings: &Settings) -> Vec<(i64, String)> {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child::appends_until_it_is_killed", "--nocapture"])
            .env(SETTINGS, settings.to_text())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut acknowledged = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // A line that the kill cut off says nothing.
            let words: Vec<&str> = line.split(' ').collect();
            if let ["ack", seq, id, "."] = words.as_slice() {
                acknowledged.push((seq.parse().unwrap(), (*id).to_owned()));
            }
            if settings.point == "anywhere" && acknowledged.len() >= settings.times * 7 {
                child.kill().unwrap();
            }
            assert!(acknowledged.len() < 20_000, "{} was never reached", settings.point);
        }
        assert!(!child.wait().unwrap().success(), "it was killed");
        acknowledged
    }

    fn die_again_and_again(database: &Database) {
        let realm = Realm::new(database);
        let mut seen: HashMap<i64, String> = HashMap::new();
        let (mut total, mut reached) = (kills(), 0);
        while total > 0 {
            total -= 1;
            let settings = Settings {
                url: database.url.clone(),
                keys_url: database.keys_url.clone(),
                folder: realm.folder(),
                person: realm.person,
                point: POINTS[total % POINTS.len()].to_owned(),
                times: 1 + total % 3,
                round: total,
            };
            for (seq, id) in run_and_kill(&settings) {
                assert_eq!(seen.insert(seq, id), None, "number {seq} was given twice");
            }
            reached += 1;
        }
        let stored =
            realm.store.read_blocking(|conn| entries::read(conn, Log::Consent, 0, 1_000_000)).unwrap();
        assert!(stored.iter().map(|entry| entry.seq).eq(0..i64::try_from(stored.len()).unwrap()), "no hole");
        for (seq, id) in &seen {
            let entry = &stored[usize::try_from(*seq).unwrap()];
            assert_eq!(
                data_encoding::HEXLOWER.encode(&entry.entry_id),
                *id,
                "what was acknowledged is there"
            );
        }
        let found = realm.verify(&Wanted { deep: true, against: Vec::new() });
        assert!(found.iter().all(|one| one.fault.is_none()), "before anybody tidies up: {found:#?}");
        realm.keep();
        let found = realm.verify(&Wanted { deep: true, against: Vec::new() });
        assert!(found.iter().all(|one| one.fault.is_none()), "{found:#?}");
        let consent = found.iter().find(|one| one.log == "consent").unwrap();
        assert_eq!(usize::try_from(consent.signed).unwrap(), stored.len(), "everything is signed");
        println!(
            "{reached} kills, {} acknowledged, {} stored, {} checkpoints: intact",
            seen.len(),
            stored.len(),
            consent.checkpoints
        );
    }

    #[test]
    fn on_sqlite() {
        die_again_and_again(&Database::sqlite());
    }

    #[test]
    fn on_postgres() {
        if let Some(database) = Database::postgres() {
            die_again_and_again(&database);
        }
    }
}
