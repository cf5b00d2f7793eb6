//! The few bodies that must differ by database.

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamp};
use diesel::sqlite::SqliteConnection;

use crate::conn::Conn;
use crate::error::Result;
use crate::examinations::Durability;
use crate::objects::ObjectRow;
use crate::people::CountedRow;
use crate::purchases::PurchaseRow;
use crate::schema::{customers, masters, objects, purchases};

/// Rows in one statement on SQLite: few enough for its limit of variables, many enough to matter.
const SQLITE_ROWS: usize = 64;

/// Inserts what is new, locks everything in the order given, returns what was there.
pub(crate) fn claim_objects(conn: &mut Conn, rows: Vec<ObjectRow>) -> Result<Vec<ObjectRow>> {
    match conn {
        Conn::Pg(c) => claim_objects_pg(c, rows),
        Conn::Sqlite(c) => claim_objects_sqlite(c, &rows),
    }
}

/// `xmax` is set on a row that the conflict clause touched and zero on one that was inserted.
const CLAIM: &str = "WITH claimed AS (
    INSERT INTO objects AS o
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      AS t (object_id, kind, purchase_id, person, purchased_at, order_kind, order_value, digest,
            claim, claim_value, mark, revision)
    ORDER BY object_id
    ON CONFLICT (object_id) DO UPDATE SET kind = o.kind
    RETURNING o.*, o.xmax <> 0 AS existed
  )
  SELECT object_id, kind, purchase_id, person, purchased_at, order_kind, order_value, digest,
         claim, claim_value, mark, revision
  FROM claimed WHERE existed";

fn claim_objects_pg(conn: &mut PgConnection, rows: Vec<ObjectRow>) -> Result<Vec<ObjectRow>> {
    let mut columns = ObjectColumns::default();
    for row in rows {
        columns.ids.push(row.object_id);
        columns.kinds.push(row.kind);
        columns.purchase_ids.push(row.purchase_id);
        columns.persons.push(row.person);
        columns.purchased_at.push(row.purchased_at);
        columns.order_kinds.push(row.order_kind);
        columns.order_values.push(row.order_value);
        columns.digests.push(row.digest);
        columns.claims.push(row.claim);
        columns.claim_values.push(row.claim_value);
        columns.marks.push(row.mark);
        columns.revisions.push(row.revision);
    }
    Ok(diesel::sql_query(CLAIM)
        .bind::<Array<Binary>, _>(columns.ids)
        .bind::<Array<Integer>, _>(columns.kinds)
        .bind::<Array<Binary>, _>(columns.purchase_ids)
        .bind::<Array<Nullable<Binary>>, _>(columns.persons)
        .bind::<Array<Nullable<Timestamp>>, _>(columns.purchased_at)
        .bind::<Array<Nullable<Integer>>, _>(columns.order_kinds)
        .bind::<Array<Nullable<BigInt>>, _>(columns.order_values)
        .bind::<Array<Nullable<Binary>>, _>(columns.digests)
        .bind::<Array<Nullable<Binary>>, _>(columns.claims)
        .bind::<Array<Nullable<BigInt>>, _>(columns.claim_values)
        .bind::<Array<Nullable<Integer>>, _>(columns.marks)
        .bind::<Array<Nullable<BigInt>>, _>(columns.revisions)
        .load::<ObjectRow>(conn)?)
}

#[derive(Default)]
struct ObjectColumns {
    ids: Vec<Vec<u8>>,
    kinds: Vec<i32>,
    purchase_ids: Vec<Vec<u8>>,
    persons: Vec<Option<Vec<u8>>>,
    purchased_at: Vec<Option<chrono::NaiveDateTime>>,
    order_kinds: Vec<Option<i32>>,
    order_values: Vec<Option<i64>>,
    digests: Vec<Option<Vec<u8>>>,
    claims: Vec<Option<Vec<u8>>>,
    claim_values: Vec<Option<i64>>,
    marks: Vec<Option<i32>>,
    revisions: Vec<Option<i64>>,
}

/// The transaction holds SQLite's one write lock, so nothing can come between the two statements.
fn claim_objects_sqlite(conn: &mut SqliteConnection, rows: &[ObjectRow]) -> Result<Vec<ObjectRow>> {
    let mut existing = Vec::new();
    for chunk in rows.chunks(1_000) {
        let ids: Vec<&[u8]> = chunk.iter().map(|row| row.object_id.as_slice()).collect();
        existing.extend(objects::table.filter(objects::object_id.eq_any(ids)).load::<SqliteObject>(conn)?);
    }
    let existing: Vec<ObjectRow> = existing.into_iter().map(ObjectRow::from).collect();
    let known: std::collections::HashSet<&[u8]> =
        existing.iter().map(|row| row.object_id.as_slice()).collect();
    let new: Vec<&ObjectRow> = rows.iter().filter(|row| !known.contains(row.object_id.as_slice())).collect();
    for chunk in new.chunks(SQLITE_ROWS) {
        diesel::insert_into(objects::table).values(chunk.to_vec()).execute(conn)?;
    }
    Ok(existing)
}

type SqliteObject = (
    Vec<u8>,
    i32,
    Vec<u8>,
    Option<Vec<u8>>,
    Option<chrono::NaiveDateTime>,
    Option<i32>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<i32>,
    Option<i64>,
);

impl From<SqliteObject> for ObjectRow {
    fn from(row: SqliteObject) -> Self {
        let (object_id, kind, purchase_id, person, purchased_at, order_kind, order_value, digest, ..) = row;
        let (.., claim, claim_value, mark, revision) = row;
        Self {
            object_id,
            kind,
            purchase_id,
            person,
            purchased_at,
            order_kind,
            order_value,
            digest,
            claim,
            claim_value,
            mark,
            revision,
        }
    }
}

/// COPY BINARY straight into the table on PostgreSQL: the caller holds the purchases' object rows, so there can be no
/// conflict to merge. Statements of many rows on SQLite.
pub(crate) fn insert_purchases(conn: &mut Conn, rows: Vec<PurchaseRow>) -> Result<()> {
    match conn {
        Conn::Pg(c) => {
            diesel::copy_from(purchases::table).from_insertable(rows).execute(c)?;
        }
        Conn::Sqlite(c) => {
            for chunk in rows.chunks(SQLITE_ROWS) {
                diesel::insert_into(purchases::table).values(chunk).execute(c)?;
            }
        }
    }
    Ok(())
}

/// An insert that always meets its row: it locks rows in ascending order, which `UPDATE … FROM` does not promise. The
/// row it proposes names the person as its own `customer_index`, so that no other unique index can be met first.
const COUNT: &str = "INSERT INTO customers AS c
      (person, customer_index, customer_id, customer_epoch, change_seq, created_at)
    SELECT person, person, '', narrowed, changes, 'epoch'
    FROM unnest($1, $2, $3) AS t (person, changes, narrowed)
    ORDER BY person
    ON CONFLICT (person) DO UPDATE SET change_seq = c.change_seq + excluded.change_seq,
                                       customer_epoch = c.customer_epoch + excluded.customer_epoch
    RETURNING c.person, c.change_seq, c.home, c.home_since, c.xmax = 0 AS revived";

#[derive(QueryableByName)]
struct PgCounted {
    #[diesel(sql_type = Binary)]
    person: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    change_seq: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    home: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    home_since: Option<i64>,
    #[diesel(sql_type = Bool)]
    revived: bool,
}

/// Adds changes to customers' counters, and 1 to the epoch of those who may see less; rows are locked in order. `None`
/// when a customer is not there (any more), and the transaction must be given up.
pub(crate) fn count_changes(
    conn: &mut Conn,
    persons: &[(Vec<u8>, i64, bool)],
) -> Result<Option<Vec<CountedRow>>> {
    match conn {
        Conn::Pg(c) => {
            let rows = diesel::sql_query(COUNT)
                .bind::<Array<Binary>, _>(persons.iter().map(|p| p.0.as_slice()).collect::<Vec<_>>())
                .bind::<Array<BigInt>, _>(persons.iter().map(|p| p.1).collect::<Vec<_>>())
                .bind::<Array<BigInt>, _>(persons.iter().map(|p| i64::from(p.2)).collect::<Vec<_>>())
                .load::<PgCounted>(c)?;
            if rows.iter().any(|row| row.revived) {
                // The customer is not there any more, and now this row is.
                return Ok(None);
            }
            let counted = |row: PgCounted| (row.person, row.change_seq, row.home, row.home_since);
            Ok(Some(rows.into_iter().map(counted).collect()))
        }
        Conn::Sqlite(c) => {
            let mut counted = Vec::with_capacity(persons.len());
            for (person, changes, narrowed) in persons {
                let row = diesel::update(customers::table.find(person.as_slice()))
                    .set((
                        customers::change_seq.eq(customers::change_seq + changes),
                        customers::customer_epoch.eq(customers::customer_epoch + i64::from(*narrowed)),
                    ))
                    .returning((
                        customers::person,
                        customers::change_seq,
                        customers::home,
                        customers::home_since,
                    ))
                    .get_result(c)
                    .optional()?;
                counted.extend(row);
            }
            Ok(Some(counted))
        }
    }
}

/// Lets go of old pages that SQLite keeps in its write-ahead log, so that what was overwritten is in no file. PostgreSQL
/// keeps its log as long as its operator says. To be called outside a transaction.
pub(crate) fn let_go_of_overwritten(conn: &mut Conn) -> Result<()> {
    if let Conn::Sqlite(c) = conn {
        c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(())
}

/// Which master key is the present one; until the transaction ends no other becomes it. Who makes keys may do so at once
/// with others: a lock that is shared, where everything else locks by writing.
pub(crate) fn present_master(conn: &mut Conn) -> Result<Option<Vec<u8>>> {
    let present = masters::table.find("present").select(masters::master_id);
    let found = match conn {
        Conn::Pg(c) => present.for_share().get_result(c),
        // Its transactions begin with the one write lock.
        Conn::Sqlite(c) => present.get_result(c),
    };
    Ok(found.optional()?)
}

/// Writes a consistent copy of a SQLite database into an empty file; `false` on PostgreSQL, which has its own way.
pub(crate) fn copy_to(conn: &mut Conn, file: &str) -> Result<bool> {
    match conn {
        Conn::Pg(_) => Ok(false),
        Conn::Sqlite(c) => {
            diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(file).execute(c)?;
            Ok(true)
        }
    }
}

#[derive(QueryableByName)]
struct Durable {
    #[diesel(sql_type = BigInt)]
    replicas: i64,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Text)]
    waits_for: String,
}

/// How safe what was committed is; `None` on SQLite, whose connections wait for the disk.
pub(crate) fn durability(conn: &mut Conn) -> Result<Option<Durability>> {
    let Conn::Pg(c) = conn else { return Ok(None) };
    let found: Durable = diesel::sql_query(
        "SELECT (SELECT count(*) FROM pg_stat_replication) AS replicas,
                current_setting('synchronous_commit') AS synchronous_commit,
                current_setting('synchronous_standby_names') AS waits_for",
    )
    .get_result(c)?;
    let Durable { replicas, synchronous_commit, waits_for } = found;
    Ok(Some(Durability { replicas, synchronous_commit, waits_for }))
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions of the migrations that were applied; none where there is no list of them yet.
pub(crate) fn applied_migrations(conn: &mut Conn) -> Result<Vec<String>> {
    let exists = match conn {
        Conn::Pg(c) => diesel::sql_query(
            "SELECT 'there' AS version WHERE to_regclass('__diesel_schema_migrations') IS NOT NULL",
        )
        .load::<Applied>(c)?,
        Conn::Sqlite(c) => diesel::sql_query(
            "SELECT name AS version FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
        )
        .load::<Applied>(c)?,
    };
    if exists.is_empty() {
        return Ok(Vec::new());
    }
    let list = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
    let rows: Vec<Applied> = match conn {
        Conn::Pg(c) => list.load(c)?,
        Conn::Sqlite(c) => list.load(c)?,
    };
    Ok(rows.into_iter().map(|row| row.version).collect())
}
