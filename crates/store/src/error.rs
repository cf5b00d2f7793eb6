//! What can go wrong in the store, in words that a caller can act on.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// An error of the store. Absence is never an error: look-ups give `Option`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached or cannot write now. Nothing was done; trying again later may work.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Two transactions met and this one lost. [`crate::Store::write`] repeats it by itself.
    #[error("the transaction met another and must be repeated")]
    Contended,
    /// The database refused the data itself (SQLSTATE classes 22 and 23). Repeating will not help.
    #[error("the database refused the data: {0}")]
    Refused(String),
    /// A stored row that cannot be read back.
    #[error("row {row} of {table} is corrupt in {column}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Which row, by a printable key.
        row: String,
    },
    /// A key of the keystore is missing, destroyed, or does not open what it should.
    #[error("a key is not available: {0}")]
    Key(&'static str),
    /// The ledger may not go on: the database is behind what was signed, or what was signed cannot be found. Data is
    /// refused until somebody has looked.
    #[error("the ledger may not go on: {0}")]
    Behind(&'static str),
    /// The database speaks, but not as this version expects.
    #[error("unexpected answer from the database: {0}")]
    Unexpected(String),
}

/// The result of a store function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A broken row.
    pub fn corrupt(table: &'static str, column: &'static str, row: impl std::fmt::Display) -> Self {
        Self::Corrupt { table, column, row: format!("{row}") }
    }
}

/// How messages begin that PostgreSQL gives for SQLSTATE class 22; Diesel does not pass the code on.
const DATA_EXCEPTIONS: [&str; 8] = [
    "invalid byte sequence",
    "value too long",
    "integer out of range",
    "bigint out of range",
    "date/time field value out of range",
    "timestamp out of range",
    "numeric field overflow",
    "invalid input syntax",
];

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::DatabaseError(kind, info) => {
                let message = info.message().to_owned();
                match kind {
                    DatabaseErrorKind::SerializationFailure => Self::Contended,
                    DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::ForeignKeyViolation
                    | DatabaseErrorKind::NotNullViolation
                    | DatabaseErrorKind::CheckViolation => Self::Refused(message),
                    _ if message.contains("deadlock detected")
                        || message.contains("lock timeout")
                        || message.contains("database is locked") =>
                    {
                        Self::Contended
                    }
                    _ if DATA_EXCEPTIONS.iter().any(|start| message.starts_with(start)) => {
                        Self::Refused(message)
                    }
                    _ => Self::Unavailable(message),
                }
            }
            Diesel::BrokenTransactionManager => {
                Self::Unavailable("the transaction was broken off".to_owned())
            }
            Diesel::DeserializationError(cause) => Self::Unexpected(format!("{cause}")),
            other => Self::Unexpected(format!("{other}")),
        }
    }
}
