//! The declarations in `domain` and the tables in `store/migrations` say the same, on both databases, and every
//! table is of exactly one class.

use std::collections::BTreeSet;

use sekisho_domain::noun::Kind;
use sekisho_domain::{NOUNS, REGISTERS};
use testkit::World;

const OPERATIONAL: &[&str] = &[
    "session",
    "api_token",
    "credential_secret",
    "login_limit",
    "dirty",
    "check_run",
    "import_draft",
    "object_key",
    "register_view",
    "ceremony",
    "account_use",
    "directory_entry",
    "directory_sync",
    "number_series",
    "personnel_file",
    "decision_batch",
    "keeper",
    "notice_outbox",
    "notice_sent",
    "feed",
    "register_import",
    "register_mapping",
];
/// Made from records in the same transaction, and can be made again. Every register has one of its own besides.
const DERIVED: &[&str] = &["extra_index"];
const LEDGER: &[&str] = &["ledger_entry", "ledger_head", "row_version"];

#[derive(sqlx::FromRow, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ColumnInfo {
    table_name: String,
    column_name: String,
    data_type: String,
    required: bool,
}

async fn columns(world: &World) -> Vec<ColumnInfo> {
    let sql = if testkit::on_postgres() {
        "SELECT table_name::text AS table_name, column_name::text AS column_name,
            CASE upper(data_type) WHEN 'BIGINT' THEN 'BIGINT' WHEN 'BOOLEAN' THEN 'BOOLEAN' ELSE upper(data_type)
            END AS data_type, is_nullable = 'NO' AS required
         FROM information_schema.columns WHERE table_schema = 'public'"
    } else {
        "SELECT t.name AS table_name, c.name AS column_name, upper(c.type) AS data_type,
            (c.\"notnull\" = 1 OR c.pk > 0) AS required
         FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    };
    let mut all: Vec<ColumnInfo> = world.db().fetch_all(sql, &[]).await.unwrap();
    all.retain(|c| !c.table_name.starts_with('_') && !c.table_name.starts_with("sqlite_"));
    all
}

#[tokio::test]
async fn tables_match_their_declarations() {
    let world = World::new().await;
    let found = columns(&world).await;
    for noun in NOUNS {
        let mut declared = vec![("id", "TEXT", true), ("version", "BIGINT", true)];
        declared.extend(noun.columns.iter().map(|c| {
            let class = match c.kind {
                Kind::Int | Kind::Instant => "BIGINT",
                Kind::Bool => "BOOLEAN",
                _ => "TEXT",
            };
            (c.name, class, c.required)
        }));
        let declared: BTreeSet<_> = declared.into_iter().collect();
        let stored: BTreeSet<_> = found
            .iter()
            .filter(|c| c.table_name == noun.name)
            .map(|c| (c.column_name.as_str(), c.data_type.as_str(), c.required))
            .collect();
        assert_eq!(declared, stored, "{}", noun.name);
    }
}

#[tokio::test]
async fn every_table_is_of_one_class() {
    let world = World::new().await;
    let tables: BTreeSet<String> = columns(&world).await.into_iter().map(|c| c.table_name).collect();
    let record: BTreeSet<&str> = NOUNS.iter().map(|n| n.name).collect();
    let searched: Vec<String> = REGISTERS.iter().map(|r| format!("{}_search", r.noun.name)).collect();
    let mut classified = record.clone();
    let derived = DERIVED.iter().copied().chain(searched.iter().map(String::as_str));
    for table in OPERATIONAL.iter().chain(LEDGER).copied().chain(derived) {
        assert!(classified.insert(table), "{table} is in two classes");
    }
    let tables: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
    assert_eq!(tables, classified);
}

/// What a list is sorted or narrowed by has an index, or 200,000 rows would be read for fifty.
#[test]
fn registers_have_the_indexes_their_lists_need() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/store/migrations");
    let mut all = String::new();
    for file in std::fs::read_dir(dir).unwrap() {
        all.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    for register in REGISTERS {
        let table = register.noun.name;
        let first = register.sorts[0];
        let sorts = register.sorts.iter().map(|sort| format!(" ON {table} ({sort}, id);"));
        let filters = register.filters.iter().map(|filter| format!(" ON {table} ({filter}, {first}, id);"));
        for index in sorts.chain(filters) {
            assert!(all.contains(&index), "no index{index}");
        }
    }
}

/// A person must be able to read a migration and know that it means the same on both databases.
#[test]
fn migrations_use_the_portable_subset() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/store/migrations");
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap().to_uppercase();
        let code: String = text.lines().filter(|l| !l.trim_start().starts_with("--")).collect();
        for word in
            ["SERIAL", "AUTOINCREMENT", "VARCHAR", "TIMESTAMP", "JSONB", "BLOB", "BYTEA", "UUID", "STRICT"]
        {
            assert!(
                !code.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == word),
                "{word} in {path:?}"
            );
        }
    }
}

/// SQLite binds NULL for a forgotten argument and folds case; PostgreSQL refuses what it cannot type. A statement
/// that both prepare is portable.
#[tokio::test]
async fn both_databases_understand_every_statement() {
    let world = World::new().await;
    for sql in sekisho_store::statements().into_iter().chain(sekisho_checks::statements()) {
        if let Err(error) = world.db().prepare(sql).await {
            panic!("{error}\n{sql}");
        }
    }
}

/// SQL outside a `sql!` block would escape the test above.
#[test]
fn sql_is_declared() {
    for dir in ["store", "checks"] {
        let root = format!("{}/../crates/{dir}/src", env!("CARGO_MANIFEST_DIR"));
        for path in rust_files(std::path::Path::new(&root)) {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("AssertSqlSafe"), "{path:?}");
            for call in
                [".fetch_all(\"", ".fetch_one(\"", ".fetch_optional(\"", ".execute(\"", ".op_execute(\""]
            {
                assert!(!text.contains(call), "{path:?} has {call}");
            }
        }
    }
}

fn rust_files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { rust_files(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}
