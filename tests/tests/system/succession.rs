//! 組織の統合・分割・廃止: planned in winter, carried out at 0:00 of April 1.

use sekisho_domain::access::{Access, Action, Thing, may};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::decision::DECISION;
use sekisho_domain::delegation::{DELEGATION, DEPUTY};
use sekisho_domain::noun::Row;
use sekisho_domain::personnel::{Place, Wanted};
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_domain::task::TASK;
use sekisho_store::decision::{Answer, Application};
use sekisho_store::personnel::NewPersonnel;
use sekisho_store::succession::{Holdings, MOVED};
use sekisho_store::{Actor, StoreError};
use testkit::World;

const APRIL: Date = Date::constant(2027, 4, 1);
const OLD: &str = "0204";
const OTHER: &str = "0205";
const NEW: &str = "0206";

async fn write(world: &World, rows: impl IntoIterator<Item = Row>) {
    let mut tx = world.store.write(&Actor::system(), "test.setup").await.unwrap();
    for row in rows {
        let id = if row.id.is_empty() { tx.new_id() } else { row.id.clone() };
        tx.insert(Row { id, ..row }).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn section(unit: &str, name: &str, parent: Option<&str>, from: Date) -> Row {
    Row::new(&SECTION, format!("s-{unit}"))
        .set("unit_id", unit)
        .set("code", unit)
        .set("name", name)
        .set("kind", "division")
        .set("managed", true)
        .set("parent_unit_id", parent.map(str::to_owned))
        .set("sort_key", unit)
        .set("valid_from", from)
}

async fn plan(world: &World, unit: &str, on: Date, to: &[&str]) -> Result<(), StoreError> {
    let mut tx = world.store.write(&Actor::system(), "succession.plan").await?;
    tx.plan_succession(unit, on, to).await?;
    tx.commit().await
}

async fn city() -> World {
    let world = World::new().await;
    world.section("02", "総務部").await;
    world.section(OLD, "市民税課").await;
    world.section(OTHER, "資産税課").await;
    let since = Date::constant(2020, 4, 1);
    write(
        &world,
        [section(NEW, "税務課", Some("02"), APRIL), section("020401", "市民税係", Some(OLD), since)],
    )
    .await;
    world
}

#[tokio::test]
async fn two_sections_become_one_and_nothing_is_lost() {
    let world = city().await;
    // A week before: what is applied for now still waits on the day.
    world.clock.set(start_of(Date::constant(2027, 3, 25)));
    let clerk = world.person("中村", Role::SectionStaff, OLD).await;
    let manager = world.person("田中", Role::Manager, OLD).await;
    let other = world.person("他課長", Role::Manager, OTHER).await;
    let chief = world.person("深沢", Role::ChiefOfficer, "02").await;
    let seat = |row: Row| {
        row.set("position_id", manager.seats[0].position_id.as_str())
            .set("unit_id", OLD)
            .set("valid_from", "2020-04-01")
    };
    let deputy = seat(Row::new(&DEPUTY, "dep"))
        .set("ordinal", 1i64)
        .set("deputy_position_id", clerk.seats[0].position_id.as_str())
        .set("deputy_unit_id", OLD);
    let delegation = seat(Row::new(&DELEGATION, "del"))
        .set("delegate_id", chief.person_id.as_str())
        .set("kinds", "*")
        .set("reason", "出張")
        .set("granted_by", manager.person_id.as_str())
        .set("valid_from", "2027-03-20")
        .set("valid_to", "2027-04-10");
    let task = Row::new(&TASK, "task")
        .set("kind", "manual")
        .set("source_noun", "task")
        .set("source_id", "x")
        .set("title", "名簿を確かめる")
        .set("href", "/tasks")
        .set("basis", "policy")
        .set("due_rule", "fixed:2027-05-01")
        .set("due_on", "2027-05-01")
        .set("seat_key", format!("role:manager@{OLD}"))
        .set("unit_id", OLD)
        .set("state", "open")
        .set("opened_ms", 1i64);
    write(&world, [deputy, delegation, task, asset("as-1", OLD), asset("as-2", OTHER)]).await;
    let apply = async |title: &str| {
        let mut tx = world.store.write(&Actor::system(), "decision.apply").await.unwrap();
        let subject_id = tx.new_id();
        let new = Application {
            kind: "account",
            subject_noun: "task",
            subject_id: &subject_id,
            subject: serde_json::json!({}),
            title,
            reason: "業務のため",
            ..Application::default()
        };
        let id = tx.apply(&clerk, new).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    let (closed, open) = (apply("前に決めたもの").await, apply("待つもの").await);
    world.store.decide(&manager, &closed, Answer::Return, Some("出し直し")).await.unwrap();

    plan(&world, OLD, APRIL, &[NEW]).await.unwrap();
    plan(&world, OTHER, APRIL, &[NEW]).await.unwrap();
    let holds = world.db().section_holds(OLD, date_at(world.store.clock.now())).await.unwrap();
    assert_eq!(holds, Holdings { people: 2, rows: 1, decisions: 1 });
    assert_eq!(world.db().next_succession().await.unwrap(), Some(start_of(APRIL)));

    // A list for the day names the new section, and whoever is carried over is no change and no question.
    let place =
        Place { unit_id: NEW.into(), position_id: manager.seats[0].position_id.clone(), kind: "main".into() };
    let wanted = Wanted {
        at: 2,
        number: "田中".into(),
        name: "田中".into(),
        places: vec![place],
        ..Wanted::default()
    };
    let new = NewPersonnel {
        source: "人事",
        whole: false,
        effective: APRIL,
        readers: &[],
        file_name: "名簿.csv",
        people: vec![wanted],
    };
    let office = Actor { person_id: chief.person_id.clone(), seat: "-".into() };
    let list = world.store.load_personnel(&office, new).await.unwrap();
    let outlook = async || {
        let personnel = world.db().personnel(&list).await.unwrap().unwrap();
        world.db().personnel_outlook(&personnel).await.unwrap()
    };
    let before = outlook().await;
    assert!(before.changes.iter().all(|c| !c.counts()), "{:?}", before.changes);
    assert!(!before.consequences.dead_ends.iter().any(|key| key.ends_with(OLD)), "{:?}", before.consequences);

    // Not a second too early.
    world.clock.set(Ms(start_of(APRIL).0 - 1));
    assert_eq!(world.store.carry_successions().await.unwrap(), 0);
    let units = async |person: &str, on: Date| {
        let who = world.db().who(person, "").await.unwrap();
        who.seats.iter().filter(|s| s.valid(on)).map(|s| s.unit_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(units(&manager.person_id, Date::constant(2027, 3, 31)).await, [OLD]);
    world.clock.set(start_of(APRIL));
    assert_eq!(world.store.carry_successions().await.unwrap(), 2);
    assert_eq!(world.store.carry_successions().await.unwrap(), 0, "once");

    for person in [&clerk, &manager, &other] {
        assert_eq!(units(&person.person_id, APRIL).await, [NEW]);
    }
    assert_eq!(units(&manager.person_id, Date::constant(2027, 3, 31)).await, [OLD], "what was stays");
    for (id, unit) in [("as-1", NEW), ("as-2", NEW)] {
        let row = world.db().row(&sekisho_domain::asset::ASSET, id).await.unwrap().unwrap();
        assert_eq!((row.text("unit_id"), row.version), (unit, 2));
    }
    let sections: Vec<String> = world
        .db()
        .sections(APRIL)
        .await
        .unwrap()
        .into_iter()
        .map(|s| format!("{}<{:?}", s.unit_id, s.parent_unit_id))
        .collect();
    assert_eq!(sections, ["02<None", "020401<Some(\"0206\")", "0206<Some(\"02\")"]);
    let task = world.db().row(&TASK, "task").await.unwrap().unwrap();
    assert_eq!(task.text("seat_key"), format!("role:manager@{NEW}"));
    for (noun, id) in [(&DEPUTY, "dep"), (&DELEGATION, "del")] {
        let row = world.db().row(noun, id).await.unwrap().unwrap();
        assert_eq!(row.text("valid_to"), "2027-04-01", "{id}");
    }

    // What waited is decided where it now waits; what was decided can still be read there, and not changed.
    let who = world.db().who(&manager.person_id, "").await.unwrap();
    assert_eq!(who.seats.iter().find(|s| s.valid(APRIL)).unwrap().before, [OLD, OTHER]);
    assert_eq!(world.db().decision_steps(&open).await.unwrap()[0].key(), format!("role:manager@{NEW}"));
    world.store.decide(&who, &open, Answer::Return, Some("確かめてください")).await.unwrap();
    let row = world.db().row(&DECISION, &closed).await.unwrap().unwrap();
    assert_eq!(row.text("unit_id"), OLD);
    let thing = Thing { noun: "decision", unit_id: Some(OLD), ..Thing::default() };
    assert_eq!(may(&who, Action::View, thing, APRIL), Access::Granted);
    assert_ne!(may(&who, Action::Decide, thing, APRIL), Access::Granted);
    assert!(outlook().await.changes.iter().all(|c| !c.counts()), "the same before and after");
}

fn asset(id: &str, unit: &str) -> Row {
    Row::new(&sekisho_domain::asset::ASSET, id)
        .set("number", id)
        .set("name", "課税台帳")
        .set("unit_id", unit)
        .set("form", "paper")
        .set("confidentiality", "3B")
        .set("integrity", "2")
        .set("availability", "2")
        .set("personal_data", "personal")
        .set("persons", 10i64)
        .set("zone", "none")
        .set("place", "書庫")
        .set("outsourced", false)
        .set("valid_from", "2024-04-01")
}

#[tokio::test]
async fn a_split_has_one_heir_and_a_plan_can_be_called_off() {
    let world = city().await;
    let clerk = world.person("中村", Role::SectionStaff, OLD).await;
    let today = date_at(world.store.clock.now());
    for (on, to) in
        [(today, &[NEW][..]), (APRIL, &[OLD]), (APRIL, &[]), (Date::constant(2027, 3, 31), &[NEW])]
    {
        let refused = plan(&world, OLD, on, to).await;
        assert!(matches!(refused, Err(StoreError::IllegalMove(_))), "{on} {to:?}: {refused:?}");
    }
    plan(&world, OLD, APRIL, &[NEW, OTHER]).await.unwrap();
    assert!(plan(&world, OLD, APRIL, &[NEW]).await.is_err(), "once");
    let mut planned = world.db().successions_planned().await.unwrap();
    planned.sort_by_key(|p| !p.main);
    assert_eq!(
        planned.iter().map(|p| (p.successor_id.as_str(), p.main)).collect::<Vec<_>>(),
        [(NEW, true), (OTHER, false)]
    );

    let mut tx = world.store.write(&Actor::system(), "succession.cancel").await.unwrap();
    tx.cancel_succession(OLD).await.unwrap();
    tx.commit().await.unwrap();
    world.clock.set(start_of(APRIL));
    assert_eq!(world.store.carry_successions().await.unwrap(), 0);
    assert!(world.db().sections(APRIL).await.unwrap().iter().any(|s| s.unit_id == OLD));

    // Planned anew, for another day: everything goes to the first.
    let may = Date::constant(2027, 5, 1);
    plan(&world, OLD, may, &[OTHER, NEW]).await.unwrap();
    world.clock.set(start_of(may));
    assert_eq!(world.store.carry_successions().await.unwrap(), 1);
    let held = world.db().assignments_of(&clerk.person_id, may).await.unwrap();
    let rows = world.db().row(&ASSIGNMENT, &held[0].id).await.unwrap().unwrap();
    let open = held.iter().filter(|a| a.valid_to.is_none()).count();
    assert_eq!((open, rows.text("unit_id")), (1, OTHER), "the seat before has ended");
}

/// A register that sections keep and nobody thought of here would lose its rows with the section.
#[test]
fn every_register_of_sections_is_carried() {
    for register in sekisho_domain::REGISTERS.iter().filter(|r| r.section.is_some()) {
        let name = register.noun.name;
        // 委任 is carried with its days, 適用範囲 is decided anew.
        let carried =
            MOVED.iter().any(|(noun, ..)| noun.name == name) || ["delegation", "scope"].contains(&name);
        assert!(carried, "{name}");
    }
}
