//! A new program on the data of an older one: refused until upgraded, upgraded after a copy, and back again.

use sekisho_store::Db;

use crate::kit::{Place, Server, database_of, on_postgres, sekisho};

/// An installation as the program before the newest migration left it.
fn older(place: &Place) {
    drop(Server::start(&place.path("data"), &[]));
    let database = place.path("data/sekisho.db");
    let wanted = tempfile::tempdir().unwrap();
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../store/migrations"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files.pop();
    for file in &files {
        std::fs::copy(file, wanted.path().join(file.file_name().unwrap())).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let migrator = sqlx::migrate::Migrator::new(wanted.path()).await.unwrap();
        if on_postgres() {
            let Db::Postgres(pool) = Db::postgres(&database_of(&place.path("data"))).await.unwrap() else {
                panic!("not PostgreSQL")
            };
            sqlx::raw_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").execute(&pool).await.unwrap();
            migrator.run(&pool).await.unwrap();
            return pool.close().await;
        }
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(place.path(&format!("data/sekisho.db{end}")));
        }
        let Db::Sqlite { read, write } = Db::sqlite(&database).await.unwrap() else { panic!("not SQLite") };
        migrator.run(&write).await.unwrap();
        read.close().await;
        write.close().await;
    });
}

#[test]
fn upgrade_keeps_a_copy_and_rollback_goes_back_to_it() {
    let place = Place::new();
    let data = place.text("data");
    older(&place);
    let said = sekisho(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("admin upgrade"), "an older schema is not changed unasked: {}", said.err);
    let said = sekisho(&["admin", "doctor", "--data", &data]);
    assert!(said.out.contains("× データの形式"), "{}", said.out);

    let said = sekisho(&["admin", "upgrade", "--data", &data]).ok();
    assert!(said.out.contains("写しを取りました") && said.out.contains("admin rollback"), "{}", said.out);
    let said = sekisho(&["admin", "upgrade", "--data", &data]).ok();
    assert!(said.out.contains("最新です"), "{}", said.out);
    assert!(sekisho(&["admin", "doctor", "--data", &data]).out.contains("○ データの形式"));

    let upgraded = if on_postgres() { database_of(&place.path("data")) } else { String::new() };
    let said = sekisho(&["admin", "rollback", "--data", &data]).ok();
    assert!(said.out.contains("前の版に戻して"), "{}", said.out);
    assert!(sekisho(&["admin", "doctor", "--data", &data]).out.contains("× データの形式"));
    let aside = std::fs::read_dir(place.path("data").parent().unwrap()).unwrap();
    let kept = aside.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("rolled-back"));
    assert_eq!(kept.count(), 1, "what was there before the rollback is kept");
    if on_postgres() {
        let (was, is) = (upgraded, database_of(&place.path("data")));
        assert_ne!(was, is, "the database that the newer program left is kept under its name");
    }
}

#[test]
fn data_of_a_newer_program_are_not_opened() {
    let place = Place::new();
    drop(Server::start(&place.path("data"), &[]));
    let settings = place.path("data/sekisho.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("format = 1", "format = 99")).unwrap();
    let said = sekisho(&["serve", "--listen", "127.0.0.1:0", "--data", &place.text("data")]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("新しい版の関所"), "{}", said.err);
}
