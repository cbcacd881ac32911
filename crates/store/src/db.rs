//! One database handle for SQLite and PostgreSQL, one SQL text for both.
//!
//! The portable subset, which a test enforces on every migration: `TEXT`, `BIGINT`, `DOUBLE PRECISION`, `BOOLEAN`;
//! ids are UUIDv7 text made in Rust; instants are epoch milliseconds; dates are ISO text; JSON is text; enums are
//! text with `CHECK`. Parameters are `$1 …`. sqlx takes only `&'static str`, so SQL cannot be built from input.
//!
//! Traps this file exists for: SQLite binds NULL silently for a forgotten argument (debug builds count them,
//! see [`counted`]); `LIKE` folds case on one and not the other (search only `search_key` columns);
//! SQLite has one writer (a pool of one, `BEGIN IMMEDIATE`, readers beside it in WAL mode).

use std::path::Path;
use std::time::Duration;

use sekisho_domain::noun::{Noun, Row, Value};
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection as _, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::error::{Result, StoreError};
use crate::row::decode;

/// Readers beside the one SQLite writer; two cores rarely profit from more than a few.
const SQLITE_READERS_MAX: u32 = 8;
/// PostgreSQL connections of one process; a small municipal server allows 100 in all.
const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// How long a writer waits for another process's transaction before the caller is told.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that has lain idle longer is asked whether its server is still there before it is used. Asking every time
/// would double the round trips of a page.
const TRUSTED: Duration = Duration::from_secs(1);
/// Page cache of each SQLite connection, in KiB (negative = KiB in SQLite's own notation).
const SQLITE_CACHE: &str = "-8192";

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// SQLite only, hence outside the `sql!` list that both databases prepare.
const COPY: &str = "VACUUM INTO $1";

sql! {
    const MIGRATED = "SELECT COUNT(*) AS number FROM _sqlx_migrations WHERE success";
}

/// An open database. Cloning shares the connections.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// What a query may be read into: a struct with `#[derive(sqlx::FromRow)]`, or a tuple.
pub trait Fetch: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Fetch for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The statement, once debug builds have made sure that every `$n` in it has a value. PostgreSQL refuses a
/// statement with too few; SQLite would quietly take NULL, so a test on SQLite alone would not notice.
fn counted(sql: &'static str, args: &[Value]) -> &'static str {
    debug_assert_eq!(placeholders(sql), args.len(), "arguments of: {sql}");
    sql
}

/// The highest `$n` of a statement. No statement of ours has a `$` in a literal.
fn placeholders(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().unwrap_or(0)
    });
    numbers.max().unwrap_or(0)
}

/// Binds a list of values to a query of either driver.
macro_rules! bind_all {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for value in $args {
            query = match value {
                Value::Text(v) => query.bind(v.clone()),
                Value::Int(v) => query.bind(*v),
                Value::Bool(v) => query.bind(*v),
            };
        }
        query
    }};
}

impl Db {
    /// Opens (and creates, if absent) a SQLite database file and brings it to the newest schema.
    pub async fn sqlite(path: &Path) -> Result<Db> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A change is acknowledged only when it is on the disk, power cut or not.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", SQLITE_CACHE);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS_MAX)
            .acquire_timeout(BUSY_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "1"))
            .await?;
        Ok(Db::Sqlite { read, write })
    }

    /// Connects to PostgreSQL. The database should use locale `C`, so that both databases sort alike.
    pub async fn postgres(url: &str) -> Result<Db> {
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(BUSY_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, known| {
                Box::pin(async move {
                    if known.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect(url)
            .await?;
        Ok(Db::Postgres(pool))
    }

    /// A database by its address: `postgres://…` or the path of a SQLite file.
    pub async fn open(address: &str) -> Result<Db> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            Db::postgres(address).await
        } else {
            Db::sqlite(Path::new(address)).await
        }
    }

    /// Brings the schema to this program's version. Migrations are embedded, checksummed and never edited.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Db::Sqlite { write, .. } => MIGRATIONS.run(write).await?,
            Db::Postgres(pool) => MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// Whether the database lacks migrations that this program brings.
    pub async fn needs_migration(&self) -> Result<bool> {
        let applied: std::result::Result<(i64,), _> = self.fetch_one(MIGRATED, &[]).await;
        let brought = i64::try_from(MIGRATIONS.iter().count()).unwrap_or(i64::MAX);
        // Without the table of migrations there is no schema at all.
        Ok(applied.map_or(true, |(applied,)| applied < brought))
    }

    /// Writes a consistent copy of a SQLite database while it is in use.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        match self {
            Db::Sqlite { write, .. } => {
                sqlx::query(COPY).bind(path.to_string_lossy().into_owned()).execute(write).await?;
                Ok(())
            }
            Db::Postgres(_) => Err(StoreError::IllegalMove("PostgreSQL is copied by pg_dump")),
        }
    }

    pub async fn fetch_all<T: Fetch>(&self, sql: &'static str, args: &[Value]) -> Result<Vec<T>> {
        Ok(match self {
            Db::Sqlite { read, .. } => {
                bind_all!(sqlx::query_as::<Sqlite, T>(counted(sql, args)), args).fetch_all(read).await?
            }
            Db::Postgres(pool) => {
                bind_all!(sqlx::query_as::<Postgres, T>(counted(sql, args)), args).fetch_all(pool).await?
            }
        })
    }

    pub async fn fetch_optional<T: Fetch>(&self, sql: &'static str, args: &[Value]) -> Result<Option<T>> {
        Ok(match self {
            Db::Sqlite { read, .. } => {
                bind_all!(sqlx::query_as::<Sqlite, T>(counted(sql, args)), args).fetch_optional(read).await?
            }
            Db::Postgres(pool) => {
                bind_all!(sqlx::query_as::<Postgres, T>(counted(sql, args)), args)
                    .fetch_optional(pool)
                    .await?
            }
        })
    }

    /// Exactly one row; for aggregates. A missing row is [`StoreError::NotFound`].
    pub async fn fetch_one<T: Fetch>(&self, sql: &'static str, args: &[Value]) -> Result<T> {
        self.fetch_optional(sql, args).await?.ok_or(StoreError::NotFound)
    }

    /// Asks the database whether it understands a statement, without running it.
    pub async fn prepare(&self, sql: &'static str) -> Result<()> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        match self {
            Db::Sqlite { read, .. } => drop(read.prepare(sql.into_sql_str()).await?),
            Db::Postgres(pool) => drop(pool.prepare(sql.into_sql_str()).await?),
        }
        Ok(())
    }

    /// Rows of a noun, read by its declaration.
    pub(crate) async fn fetch_rows(
        &self,
        noun: &'static Noun,
        sql: &'static str,
        args: &[Value],
    ) -> Result<Vec<Row>> {
        let rows: std::result::Result<Vec<Row>, sqlx::Error> = match self {
            Db::Sqlite { read, .. } => {
                let raw = bind_all!(sqlx::query::<Sqlite>(counted(sql, args)), args).fetch_all(read).await?;
                raw.iter().map(|raw| decode(raw, noun)).collect()
            }
            Db::Postgres(pool) => {
                let raw =
                    bind_all!(sqlx::query::<Postgres>(counted(sql, args)), args).fetch_all(pool).await?;
                raw.iter().map(|raw| decode(raw, noun)).collect()
            }
        };
        Ok(rows?)
    }

    /// Begins a writing transaction (SQLite: `BEGIN IMMEDIATE`, so that it never fails half way for the lock).
    pub(crate) async fn begin(&self) -> Result<Conn> {
        Ok(match self {
            Db::Sqlite { write, .. } => Conn::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Conn::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that sees one state of the database, for reading only.
    pub(crate) async fn snapshot(&self) -> Result<Conn> {
        Ok(match self {
            Db::Sqlite { read, .. } => Conn::Sqlite(read.begin().await?),
            Db::Postgres(pool) => {
                Conn::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    pub async fn close(&self) {
        match self {
            Db::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// A database transaction of either kind. Dropping it rolls back.
#[derive(Debug)]
pub(crate) enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Conn {
    pub(crate) async fn fetch_all<T: Fetch>(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<T>> {
        Ok(match self {
            Conn::Sqlite(tx) => {
                bind_all!(sqlx::query_as::<Sqlite, T>(counted(sql, args)), args).fetch_all(&mut **tx).await?
            }
            Conn::Postgres(tx) => {
                bind_all!(sqlx::query_as::<Postgres, T>(counted(sql, args)), args)
                    .fetch_all(&mut **tx)
                    .await?
            }
        })
    }

    pub(crate) async fn fetch_optional<T: Fetch>(
        &mut self,
        sql: &'static str,
        args: &[Value],
    ) -> Result<Option<T>> {
        Ok(match self {
            Conn::Sqlite(tx) => {
                bind_all!(sqlx::query_as::<Sqlite, T>(counted(sql, args)), args)
                    .fetch_optional(&mut **tx)
                    .await?
            }
            Conn::Postgres(tx) => {
                bind_all!(sqlx::query_as::<Postgres, T>(counted(sql, args)), args)
                    .fetch_optional(&mut **tx)
                    .await?
            }
        })
    }

    pub(crate) async fn fetch_rows(
        &mut self,
        noun: &'static Noun,
        sql: &'static str,
        args: &[Value],
    ) -> Result<Vec<Row>> {
        let rows: std::result::Result<Vec<Row>, sqlx::Error> = match self {
            Conn::Sqlite(tx) => {
                let raw =
                    bind_all!(sqlx::query::<Sqlite>(counted(sql, args)), args).fetch_all(&mut **tx).await?;
                raw.iter().map(|raw| decode(raw, noun)).collect()
            }
            Conn::Postgres(tx) => {
                let raw =
                    bind_all!(sqlx::query::<Postgres>(counted(sql, args)), args).fetch_all(&mut **tx).await?;
                raw.iter().map(|raw| decode(raw, noun)).collect()
            }
        };
        Ok(rows?)
    }

    /// Runs a statement and returns the number of rows it touched.
    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Value]) -> Result<u64> {
        Ok(match self {
            Conn::Sqlite(tx) => bind_all!(sqlx::query::<Sqlite>(counted(sql, args)), args)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
            Conn::Postgres(tx) => bind_all!(sqlx::query::<Postgres>(counted(sql, args)), args)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        })
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Conn::Sqlite(tx) => tx.commit().await?,
            Conn::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
