//! Sections and seats as they were on any day.

use sekisho_domain::access::{Access, Action, Thing, Why, may};
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::role::Role;
use sekisho_store::{Actor, StoreError};
use testkit::World;

#[tokio::test]
async fn a_renamed_section_keeps_its_identity() {
    let world = World::new().await;
    world.section("0103", "情報政策課").await;
    let day = Date::constant(2026, 4, 1);
    let mut tx = world.store.write(&Actor::system(), "section.rename").await.unwrap();
    tx.rename_section("0103", "デジタル推進課", None, day).await.unwrap();
    tx.commit().await.unwrap();

    let name = async |on| {
        let rows = world.db().sections(on).await.unwrap();
        assert_eq!(rows.len(), 1);
        rows[0].name.clone()
    };
    assert_eq!(name(Date::constant(2026, 3, 31)).await, "情報政策課");
    assert_eq!(name(day).await, "デジタル推進課");
}

#[tokio::test]
async fn periods_of_a_section_do_not_overlap() {
    let world = World::new().await;
    world.section("0103", "情報政策課").await;
    let mut tx = world.store.write(&Actor::system(), "section.create").await.unwrap();
    let row = sekisho_domain::noun::Row::new(&sekisho_domain::section::SECTION, "other")
        .set("unit_id", "0103")
        .set("code", "0103")
        .set("name", "別名")
        .set("kind", "division")
        .set("managed", true)
        .set("sort_key", "0103")
        .set("valid_from", "2021-04-01");
    assert!(matches!(tx.create_section(row).await, Err(StoreError::IllegalMove(_))));
}

#[tokio::test]
async fn rights_end_with_the_person() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let who = world.person("佐藤", Role::Secretariat, &unit).await;
    let today = date_at(world.store.clock.now());
    let thing = Thing { noun: "document", ..Thing::default() };
    assert_eq!(may(&who, Action::Edit, thing, today), Access::Granted);

    let mut tx = world.store.write(&Actor::system(), "person.leave").await.unwrap();
    tx.person_leaves(&who.person_id, today).await.unwrap();
    tx.commit().await.unwrap();
    let who = world.db().who(&who.person_id, "").await.unwrap();
    assert_eq!(may(&who, Action::Edit, thing, today), Access::Refused(Why::NoSeat));
}
