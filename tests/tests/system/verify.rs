//! The whole ledger against the whole database: intact as the system writes it, and each way of meddling noticed.

use std::sync::Arc;

use sekisho_domain::noun::Row;
use sekisho_domain::position::POSITION;
use sekisho_ledger::{BadKind, DirStorage, Policy, Storage, VerifyReport};
use sekisho_store::Actor;
use sekisho_store::ledger::Sequencer;
use sekisho_store::verify::Against;
use testkit::World;

async fn filled() -> (World, Sequencer) {
    let world = World::new().await;
    let sequencer = Sequencer::open(&world.store, &world.data).await.unwrap();
    for n in 0..20 {
        let mut tx = world.store.write(&Actor::system(), "position.create").await.unwrap();
        let row = Row::new(&POSITION, format!("p{n:02}"))
            .set("code", format!("p{n:02}"))
            .set("name", "課長")
            .set("rank", 60i64)
            .set("valid_from", "2026-04-01");
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
    }
    sequencer.run_once().await.unwrap();
    (world, sequencer)
}

async fn verify(world: &World, sequencer: &Sequencer) -> VerifyReport {
    let tiles: Arc<dyn Storage> = Arc::new(DirStorage::open(world.data.join("ledger")).unwrap());
    let against = Against {
        policy: Policy::without_witnesses(sequencer.public_keys()),
        checkpoint: sequencer.checkpoint().into_bytes(),
        kept: Vec::new(),
    };
    world.db().verify_ledger(against, Some(tiles)).await.unwrap()
}

#[tokio::test]
async fn an_untouched_record_is_intact() {
    let (world, sequencer) = filled().await;
    let report = verify(&world, &sequencer).await;
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.size, report.rows), (20, Some(20)));
}

#[tokio::test]
async fn a_row_changed_behind_the_ledgers_back_is_named() {
    let (world, sequencer) = filled().await;
    world.store.op_execute("UPDATE position SET name = '市長' WHERE id = $1", &["p07".into()]).await.unwrap();
    let report = verify(&world, &sequencer).await;
    assert!(!report.is_intact());
    assert!(report.findings.iter().any(|f| f.detail.contains("p07")), "{report:?}");
}

#[tokio::test]
async fn a_row_taken_away_and_a_row_slipped_in_are_noticed() {
    let (world, sequencer) = filled().await;
    world.store.op_execute("DELETE FROM position WHERE id = $1", &["p03".into()]).await.unwrap();
    let report = verify(&world, &sequencer).await;
    assert!(report.findings.iter().any(|f| f.kind == BadKind::RowMissing), "{report:?}");

    let sql = "INSERT INTO position (id, version, code, name, rank, valid_from)
        VALUES ($1, 1, 'x', '幽霊', 1, '2026-04-01')";
    world.store.op_execute(sql, &["x".into()]).await.unwrap();
    let report = verify(&world, &sequencer).await;
    let ghost = report.findings.iter().find(|f| f.detail.contains("position/x"));
    assert!(ghost.is_some_and(|f| f.kind == BadKind::UnloggedChange), "{report:?}");
}

#[tokio::test]
async fn an_entry_edited_in_the_table_is_noticed() {
    let (world, sequencer) = filled().await;
    let sql =
        "UPDATE ledger_entry SET body = REPLACE(body, 'position.create', 'position.delete') WHERE idx = $1";
    world.store.op_execute(sql, &[5i64.into()]).await.unwrap();
    let report = verify(&world, &sequencer).await;
    assert_eq!(report.first_bad.map(|f| f.index), Some(5));
}
