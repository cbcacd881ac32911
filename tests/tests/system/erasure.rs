//! 履歴の消去: only what was decided and disposed of, gone from the database for good, and the ledger still verifies.

use std::sync::Arc;

use sekisho_domain::asset::REGISTER;
use sekisho_domain::role::Role;
use sekisho_ledger::{DirStorage, Policy, Storage};
use sekisho_store::decision::Answer;
use sekisho_store::disposal::Done;
use sekisho_store::evidence::StoredFile;
use sekisho_store::ledger::Sequencer;
use sekisho_store::verify::Against;
use sekisho_store::{Actor, StoreError};
use testkit::World;

use crate::register::asset;

/// Whether words stand anywhere in the tables that hold rows, their past, or what searches look at.
async fn stands(world: &World, words: &str) -> bool {
    let like = format!("%{words}%");
    let mut found = 0;
    for sql in [
        "SELECT COUNT(*) FROM row_version WHERE payload LIKE $1",
        "SELECT COUNT(*) FROM asset WHERE note LIKE $1",
        "SELECT COUNT(*) FROM ledger_entry WHERE body LIKE $1",
    ] {
        let (n,): (i64,) = world.db().fetch_one(sql, &[like.as_str().into()]).await.unwrap();
        found += n;
    }
    found > 0
}

#[tokio::test]
async fn what_was_disposed_of_is_erased_and_the_ledger_still_verifies() {
    let world = World::new().await;
    let unit = world.section("0201", "市民課").await;
    let staff = world.person("佐藤", Role::SectionStaff, &unit).await;
    let approvers = [Role::Manager, Role::ChiefOfficer, Role::Ciso];
    let mut seats = Vec::new();
    for role in approvers {
        seats.push(world.person(role.code(), role, &unit).await);
    }
    let row = asset("a1", "A-1", "受給者の名簿", &unit).set("note", "山田太郎の控えを含む");
    let mut tx = world.store.write(&Actor::system(), "asset.create").await.unwrap();
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.store.write(&Actor::system(), "disposal.apply").await.unwrap();
    let row = tx.get(REGISTER.noun, "a1").await.unwrap();
    let decision =
        tx.apply_for_disposal(&staff, &REGISTER, &row, "overwrite", "保存期間の満了").await.unwrap();
    tx.commit().await.unwrap();
    let (disposal,): (String,) = world.db().fetch_one("SELECT id FROM disposal", &[]).await.unwrap();

    let mut tx = world.store.write(&Actor::system(), "row.erase").await.unwrap();
    assert!(matches!(tx.erase(&disposal).await, Err(StoreError::IllegalMove(_))), "asked for is not decided");
    drop(tx);
    for seat in &seats {
        let _ = world.store.decide(seat, &decision, Answer::Approve, None).await;
    }
    let mut tx = world.store.write(&Actor::system(), "row.erase").await.unwrap();
    assert!(matches!(tx.erase(&disposal).await, Err(StoreError::IllegalMove(_))), "decided is not done");
    drop(tx);
    let mut tx = world.store.write(&Actor::system(), "disposal.finish").await.unwrap();
    let proof = StoredFile { object_id: "o", name: "証明.pdf", sha256: "00" };
    let on = "2026-11-26".parse().unwrap();
    tx.finish_disposal(&REGISTER, &disposal, Done { on, by: "佐藤", witness: "", proof }).await.unwrap();
    tx.commit().await.unwrap();
    assert!(stands(&world, "山田太郎").await, "until it is erased it is there");

    let mut tx = world.store.write(&Actor::system(), "row.erase").await.unwrap();
    assert_eq!(tx.erase(&disposal).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert!(!stands(&world, "山田太郎").await);
    let versions = world.db().versions(REGISTER.noun, "a1").await.unwrap();
    assert_eq!(versions.iter().map(|v| v.payload.is_some()).collect::<Vec<_>>(), [true, false, false]);
    let (number,): (i64,) = world.db().fetch_one("SELECT COUNT(*) FROM erasure", &[]).await.unwrap();
    assert_eq!(number, 1);
    let (salts,): (i64,) = world
        .db()
        .fetch_one(
            "SELECT COUNT(*) FROM row_version WHERE noun = 'asset' AND version < 3 AND salt IS NOT NULL",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(salts, 0, "without its salt a commitment says nothing");

    let sequencer = Sequencer::open(&world.store, &world.data).await.unwrap();
    sequencer.run_once().await.unwrap();
    let tiles: Arc<dyn Storage> = Arc::new(DirStorage::open(world.data.join("ledger")).unwrap());
    let against = Against {
        policy: Policy::without_witnesses(sequencer.public_keys()),
        checkpoint: sequencer.checkpoint().into_bytes(),
        kept: Vec::new(),
    };
    let report = world.db().verify_ledger(against, Some(tiles)).await.unwrap();
    assert!(report.is_intact(), "{report:?}");
}
