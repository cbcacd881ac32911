//! What can go wrong between a request and the disk.

/// Errors of the store. `code` is stable and appears in logs and on error pages.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no such row")]
    NotFound,
    /// Somebody else changed the row after the caller read it.
    #[error("{noun} {id} is no longer at version {expected}")]
    Conflict { noun: &'static str, id: String, expected: i64 },
    /// A rule of the database (unique, check, reference) refused the row.
    #[error("the database refused the row: {0}")]
    Refused(String),
    /// A rule of a register refuses the row.
    #[error("{noun}.{column}: {says}")]
    Rule { noun: &'static str, column: &'static str, says: &'static str },
    /// A move that the noun's life cycle does not know.
    #[error("{0}")]
    IllegalMove(&'static str),
    #[error(transparent)]
    Row(#[from] sekisho_domain::noun::RowError),
    #[error("ledger: {0}")]
    Ledger(#[from] sekisho_ledger::Error),
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("file {path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("stored data does not read back: {0}")]
    Corrupt(String),
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::NotFound => "store.not_found",
            StoreError::Conflict { .. } => "store.conflict",
            StoreError::Refused(_) => "store.refused",
            StoreError::Rule { .. } => "store.rule",
            StoreError::IllegalMove(_) => "store.illegal_move",
            StoreError::Row(_) => "store.row",
            StoreError::Ledger(_) => "store.ledger",
            StoreError::Database(_) => "store.database",
            StoreError::Migrate(_) => "store.migrate",
            StoreError::Io { .. } => "store.io",
            StoreError::Corrupt(_) => "store.corrupt",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match &error {
            sqlx::Error::RowNotFound => StoreError::NotFound,
            sqlx::Error::Database(db)
                if db.is_unique_violation() || db.is_check_violation() || db.is_foreign_key_violation() =>
            {
                StoreError::Refused(db.message().to_owned())
            }
            _ => StoreError::Database(error),
        }
    }
}
