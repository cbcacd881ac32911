//! Who sits in a 係 sits in its 課: rights, roles, routes, tasks and deputies.

use sekisho_domain::access::{Access, Action, Reach, Thing, may, reach, role_key};
use sekisho_domain::date::{Date, date_at, plus_days};
use sekisho_domain::delegation::{ABSENCE, DEPUTY};
use sekisho_domain::noun::{Noun, Row};
use sekisho_domain::position::ROLE_SEAT;
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_store::Actor;
use testkit::World;

async fn insert(world: &World, noun: &'static Noun, fill: impl FnOnce(Row) -> Row) {
    let mut tx = world.store.write(&Actor::system(), "test.setup").await.unwrap();
    let row = fill(Row::new(noun, tx.new_id()));
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
}

/// 税務課 with its two 係, one of which belongs to it since April only; and 総務課.
async fn city() -> World {
    let world = World::new().await;
    world.section("0204", "税務課").await;
    world.section("0101", "総務課").await;
    for (code, name, from) in [("020401", "市民税係", "2020-04-01"), ("020402", "収納係", "2026-04-01")]
    {
        insert(&world, &SECTION, |row| {
            row.set("unit_id", code)
                .set("code", code)
                .set("name", name)
                .set("kind", "group")
                .set("parent_unit_id", "0204")
                .set("managed", false)
                .set("sort_key", code)
                .set("valid_from", from)
        })
        .await;
    }
    world
}

#[tokio::test]
async fn rows_of_a_section_are_reached_from_its_groups_and_the_other_way_round() {
    let world = city().await;
    let today = date_at(world.store.clock.now());
    let staff = world.person("係の人", Role::SectionStaff, "020401").await;
    let chief = world.person("税務課長", Role::Manager, "0204").await;
    let other = world.person("総務課の人", Role::SectionStaff, "0101").await;
    let asset = |unit| Thing { noun: "asset", unit_id: Some(unit), ..Thing::default() };
    for who in [&staff, &chief] {
        for unit in ["0204", "020401", "020402"] {
            assert_eq!(may(who, Action::Edit, asset(unit), today), Access::Granted, "{unit}");
        }
        assert_ne!(may(who, Action::Edit, asset("0101"), today), Access::Granted);
    }
    let before = Date::constant(2026, 3, 31);
    assert_ne!(may(&staff, Action::Edit, asset("020402"), before), Access::Granted, "not yet a 係 of the 課");
    assert_eq!(reach(&other, Action::Edit, "asset", today), Reach::Sections(vec!["0101".into()]));
}

#[tokio::test]
async fn a_role_given_in_a_section_is_held_by_those_in_its_groups() {
    let world = city().await;
    let today = date_at(world.store.clock.now());
    // The position carries no role anywhere else: 主任 of 税務課, and nowhere else, look after the systems.
    let who = world.person("主任", Role::SectionStaff, "020401").await;
    insert(&world, &ROLE_SEAT, |row| {
        row.set("role", "system_operator")
            .set("position_id", who.seats[0].position_id.as_str())
            .set("unit_id", "0204")
            .set("valid_from", "2020-04-01")
    })
    .await;
    let who = world.db().who(&who.person_id, "").await.unwrap();
    assert!(who.seats[0].roles_on(today).any(|role| role == Role::SystemOperator));
    let key = role_key(Role::SystemOperator, Some("0204"));
    assert!(who.keys(today).contains(&key));
    let holders = world.db().seat_holders(&key, today).await.unwrap();
    assert_eq!(holders.iter().map(|h| h.person_id.as_str()).collect::<Vec<_>>(), [who.person_id.as_str()]);
    let known = world.store.clock.now();
    let was = world.db().who_was(Role::SystemOperator, Some("0204"), today, known).await.unwrap();
    assert_eq!(was.into_iter().map(|w| w.person).collect::<Vec<_>>(), ["主任"]);
    let incumbents = world.db().incumbents(today).await.unwrap();
    assert!(incumbents.iter().any(|i| i.role == "system_operator" && i.person.as_deref() == Some("主任")));
}

#[tokio::test]
async fn a_deputy_in_a_group_stands_in_for_the_head_of_the_section() {
    let world = city().await;
    let today = date_at(world.store.clock.now());
    let chief = world.person("税務課長", Role::Manager, "0204").await;
    let group_head = world.person("市民税係長", Role::SectionStaff, "020401").await;
    insert(&world, &DEPUTY, |row| {
        row.set("position_id", chief.seats[0].position_id.as_str())
            .set("ordinal", 1i64)
            .set("deputy_position_id", group_head.seats[0].position_id.as_str())
            .set("valid_from", "2020-04-01")
    })
    .await;
    let key = role_key(Role::Manager, Some("0204"));
    let acts = async || {
        let capacities = world.db().capacities(&group_head, today).await.unwrap();
        capacities.into_iter().any(|c| c.key == key && c.mode == "deputy")
    };
    assert!(!acts().await, "the head is there");
    insert(&world, &ABSENCE, |row| {
        row.set("person_id", chief.person_id.as_str())
            .set("reason", "出張")
            .set("recorded_by", chief.person_id.as_str())
            .set("valid_from", today)
            .set("valid_to", plus_days(today, 2))
    })
    .await;
    assert!(acts().await, "the head is away");
}
