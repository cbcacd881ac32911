//! やること: what is derived appears and closes by itself, a legal deadline is never put off, campaigns do not pile up;
//! 適用範囲 and "who was it then" through the real write path.

use sekisho_domain::access::{Who, role_key};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, plus_days, start_of};
use sekisho_domain::noun::Row;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::role::Role;
use sekisho_domain::scope::SCOPE;
use sekisho_domain::task::DueRule;
use sekisho_store::campaign::{Begun, NewCampaign};
use sekisho_store::task::TaskRow;
use sekisho_store::{Actor, StoreError};
use testkit::World;

async fn tasks(world: &World, who: &Who) -> Vec<TaskRow> {
    let on = date_at(world.store.clock.now());
    world.db().tasks_of(who, on, ("", ""), 100).await.unwrap()
}

#[tokio::test]
async fn a_drill_is_asked_for_and_the_task_closes_when_it_is_done() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let admin = world.person("管理", Role::SystemAdministrator, &unit).await;
    assert!(world.store.derive_tasks().await.unwrap() >= 1);
    assert_eq!(world.store.derive_tasks().await.unwrap(), 0, "nothing new, nothing written");
    let mine = tasks(&world, &admin).await;
    assert_eq!(mine.len(), 1, "{mine:?}");
    assert_eq!(mine[0].kind, "restore_test");
    // A derived task is not ticked off.
    let mut tx = world.store.write(&Actor::system(), "task.done").await.unwrap();
    assert!(matches!(tx.finish_task(&admin, &mine[0].id).await, Err(StoreError::IllegalMove(_))));
    drop(tx);
    let mut tx = world.store.write(&Actor::system(), "restore.test").await.unwrap();
    let at = tx.at();
    tx.record_restore(at, "00", 1, "root", true).await.unwrap();
    tx.commit().await.unwrap();
    world.store.derive_tasks().await.unwrap();
    assert!(tasks(&world, &admin).await.is_empty());
    // A year later it is back, thirty days ahead.
    world.clock.advance(340 * Ms::DAY);
    world.store.derive_tasks().await.unwrap();
    assert_eq!(tasks(&world, &admin).await.len(), 1);
}

#[tokio::test]
async fn a_legal_deadline_is_neither_put_off_nor_counted_in_office_days() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let manager = world.person("田中", Role::Manager, &unit).await;
    let key = role_key(Role::Manager, Some(&unit));
    let mut tx = world.store.write(&Actor::system(), "task.create").await.unwrap();
    let refused = tx.create_task("速報", "law", DueRule::BusinessDays(3), &key).await;
    assert!(matches!(refused, Err(StoreError::IllegalMove(_))));
    let law = tx.create_task("速報", "law", DueRule::CalendarDays(3), &key).await.unwrap();
    let policy = tx.create_task("点検", "policy", DueRule::BusinessDays(3), &key).await.unwrap();
    let today = date_at(tx.at());
    let soon = plus_days(today, 2);
    assert!(matches!(tx.snooze_task(&manager, &law, soon).await, Err(StoreError::IllegalMove(_))));
    assert!(matches!(
        tx.snooze_task(&manager, &policy, plus_days(today, 15)).await,
        Err(StoreError::IllegalMove(_))
    ));
    tx.snooze_task(&manager, &policy, soon).await.unwrap();
    tx.commit().await.unwrap();
    let titles = async || tasks(&world, &manager).await.into_iter().map(|t| t.title).collect::<Vec<_>>();
    assert_eq!(titles().await, ["速報"]);
    world.clock.advance(2 * Ms::DAY);
    // START is a Sunday, Monday a holiday: calendar days end on Wednesday, three office days on Thursday.
    assert_eq!(titles().await, ["速報", "点検"]);
    let stranger = world.person("他課", Role::SectionStaff, &unit).await;
    let mut tx = world.store.write(&Actor::system(), "task.done").await.unwrap();
    assert!(matches!(tx.finish_task(&stranger, &policy).await, Err(StoreError::NotFound)));
    tx.delegate_task(&manager, &policy, &stranger.person_id).await.unwrap();
    tx.finish_task(&stranger, &policy).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(titles().await, ["速報"]);
}

#[tokio::test]
async fn a_late_task_is_heard_of_above_until_it_is_done() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let manager = world.person("田中", Role::Manager, &unit).await;
    let chief = world.person("深沢", Role::ChiefOfficer, &unit).await;
    let key = role_key(Role::Manager, Some(&unit));
    let mut tx = world.store.write(&Actor::system(), "task.create").await.unwrap();
    let id = tx.create_task("速報", "law", DueRule::CalendarDays(3), &key).await.unwrap();
    let checked = tx.create_task("点検", "policy", DueRule::CalendarDays(1), &key).await.unwrap();
    tx.commit().await.unwrap();
    world.clock.advance(8 * Ms::DAY);
    world.store.derive_tasks().await.unwrap();
    let heard: Vec<(String, String)> = tasks(&world, &chief)
        .await
        .into_iter()
        .filter(|t| t.kind == "escalated")
        .map(|t| (t.title, t.basis))
        .collect();
    let said =
        |what: &str, basis: &str| (format!("期限を過ぎています（情報政策課）: {what}"), basis.to_owned());
    assert_eq!(heard, [said("点検", "policy"), said("速報", "law")], "what, and whose");
    // Only the law is worth a mail of its own; the rest stands in the digest of the day.
    let on = date_at(world.store.clock.now());
    let urgent = world.db().urgent_notices(on, &world.db().calendar().await.unwrap()).await.unwrap();
    let told: Vec<&str> = urgent.iter().filter(|u| u.person_id == chief.person_id).map(|u| u.code).collect();
    assert_eq!(told, ["escalated"]);
    let mut tx = world.store.write(&Actor::system(), "task.done").await.unwrap();
    tx.finish_task(&manager, &id).await.unwrap();
    tx.finish_task(&manager, &checked).await.unwrap();
    tx.commit().await.unwrap();
    world.store.derive_tasks().await.unwrap();
    assert_eq!(tasks(&world, &chief).await.iter().filter(|t| t.kind == "escalated").count(), 0);
}

#[tokio::test]
async fn a_fourth_campaign_warns_before_it_begins() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let staff = world.person("佐藤", Role::Secretariat, &unit).await;
    let actor = Actor { person_id: staff.person_id.clone(), seat: "-".into() };
    let units = [unit.clone()];
    let begin = async |anyway| {
        let new = NewCampaign {
            title: "棚卸",
            detail: "台帳を確かめる",
            basis: "policy",
            due_rule: DueRule::BusinessDays(10),
            unit_ids: &units,
            anyway,
        };
        world.store.begin_campaign(&actor, new).await.unwrap()
    };
    for _ in 0..3 {
        assert!(matches!(begin(false).await, Begun::Yes(_)));
    }
    assert_eq!(begin(false).await, Begun::Crowded(vec![unit.clone()]));
    assert!(matches!(begin(true).await, Begun::Yes(_)));
}

#[tokio::test]
async fn a_section_out_of_scope_leaves_the_denominator_and_stays_listed() {
    let world = World::new().await;
    world.section("0103", "情報政策課").await;
    world.section("0901", "公民館").await;
    let on = date_at(world.store.clock.now());
    let scope = |matter: Option<&str>| {
        Row::new(&SCOPE, "")
            .set("unit_id", "0901")
            .set("matter", matter.map(str::to_owned))
            .set("applies", false)
            .set("standard", "教育委員会の実施手順")
            .set("reason", "公民館の個別業務は別基準")
            .set("valid_from", on)
    };
    let insert = async |row: Row| {
        let mut tx = world.store.write(&Actor::system(), "scope.decide").await.unwrap();
        let id = tx.new_id();
        tx.insert(Row { id, ..row }).await.unwrap();
        tx.commit().await.unwrap();
    };
    insert(scope(Some("図書貸出"))).await;
    assert_eq!(world.db().managed_units(on).await.unwrap().len(), 2, "one business out, the organisation in");
    insert(scope(None)).await;
    assert_eq!(world.db().managed_units(on).await.unwrap(), ["0103"]);
    assert_eq!(world.db().managed_units(plus_days(on, -1)).await.unwrap().len(), 2, "from its day");
}

#[tokio::test]
async fn who_was_it_then_has_an_answer_as_recorded_and_one_as_known() {
    let world = World::new().await;
    let unit = world.section("0204", "税務課").await;
    let first = world.person("前任", Role::Manager, &unit).await;
    let day = date_at(world.store.clock.now());
    let then = start_of(plus_days(day, 1));
    world.clock.advance(30 * Ms::DAY);
    // Entered a month late: somebody else had the seat since the day before.
    let late = world.person("後任", Role::SectionStaff, &unit).await;
    let mut tx = world.store.write(&Actor::system(), "assignment.correct").await.unwrap();
    let held = world.db().assignments_of(&first.person_id, day).await.unwrap();
    tx.end(&ASSIGNMENT, &held[0].id, plus_days(day, -1)).await.unwrap();
    let row = Row::new(&ASSIGNMENT, tx.new_id())
        .set("person_id", late.person_id.as_str())
        .set("position_id", first.seats[0].position_id.as_str())
        .set("unit_id", unit.as_str())
        .set("kind", "main")
        .set("valid_from", plus_days(day, -1));
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    let names = async |on: Date, known: Ms| {
        let was = world.db().who_was(Role::Manager, Some(&unit), on, known).await.unwrap();
        was.into_iter().map(|w| w.person).collect::<Vec<_>>()
    };
    assert_eq!(names(day, then).await, ["前任"], "as recorded then");
    assert_eq!(names(day, world.store.clock.now()).await, ["後任"], "as known now");
    assert_eq!(names(plus_days(day, -10), world.store.clock.now()).await, ["前任"]);
    assert!(world.db().who_was(Role::Manager, Some("0103"), day, then).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_feed_has_one_address_and_ends_when_revoked() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let me = world.person("田中", Role::Manager, &unit).await;
    world.store.issue_feed(&me.person_id, "aa").await.unwrap();
    world.store.issue_feed(&me.person_id, "bb").await.unwrap();
    assert_eq!(world.db().feed_owner("aa").await.unwrap(), None);
    assert_eq!(world.db().feed_owner("bb").await.unwrap(), Some(me.person_id.clone()));
    world.store.revoke_feeds(&me.person_id).await.unwrap();
    assert_eq!(world.db().feed_owner("bb").await.unwrap(), None);
}
