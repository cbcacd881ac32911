//! Checks of chapters 1, 5.4 and 6.2 that read people, bodies and decisions, driven to holds and to broken.

use sekisho_checks::{evaluate_dirty, evaluate_due};
use sekisho_domain::access::Who;
use sekisho_domain::account::ACCOUNT;
use sekisho_domain::body::BODY;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, plus_days};
use sekisho_domain::delegation::{DELEGATION, DEPUTY};
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_domain::staff_source::STAFF_SOURCE;
use sekisho_store::Actor;
use sekisho_store::directory::DirectoryEntry;
use testkit::World;

struct City {
    world: World,
    /// 職員名簿「人事」
    list: String,
    unit: String,
    manager: Who,
    ciso: Who,
}

impl City {
    async fn new() -> City {
        let world = World::new().await;
        let unit = world.section("0103", "情報政策課").await;
        let manager = world.person("井上", Role::Manager, &unit).await;
        let ciso = world.person("水谷", Role::Ciso, &unit).await;
        let mut tx = world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
        tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
        tx.commit().await.unwrap();
        let list = world.staff_list(&unit).await;
        City { world, list, unit, manager, ciso }
    }

    async fn adopt(&self, catalogue_id: &str) -> String {
        let id = self.world.db().requirement_by_catalogue_id(catalogue_id).await.unwrap().unwrap();
        let mut tx = self.world.store.write(&Actor::system(), "requirement.adopt").await.unwrap();
        let row = tx.get(&REQUIREMENT, &id).await.unwrap();
        tx.adopt(row, "adopted", None, None, None).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn state(&self, requirement_id: &str, check_id: &str) -> String {
        evaluate_dirty(&self.world.store).await.unwrap();
        evaluate_due(&self.world.store).await.unwrap();
        let lines = self.world.db().verdict_history(requirement_id, 50).await.unwrap();
        let open = lines.into_iter().find(|v| v.to_ms.is_none() && v.check_id == check_id);
        open.map_or("-".to_owned(), |v| v.state)
    }

    async fn insert(&self, row: Row) -> String {
        let mut tx = self.world.store.write(&Actor::system(), "test.setup").await.unwrap();
        let id = tx.new_id();
        tx.insert(Row { id: id.clone(), ..row }).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    fn today(&self) -> Date {
        date_at(self.world.store.clock.now())
    }

    async fn ends_today(&self, who: &Who) {
        let held = self.world.db().assignments_of(&who.person_id, self.today()).await.unwrap();
        let mut tx = self.world.store.write(&Actor::system(), "assignment.end").await.unwrap();
        tx.end(&ASSIGNMENT, &held[0].id, self.today()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn delegations_are_in_force() {
    let city = City::new().await;
    let id = city.adopt("1.1.5").await;
    let seat = &city.manager.seats[0];
    let row = Row::new(&DELEGATION, "")
        .set("position_id", seat.position_id.as_str())
        .set("unit_id", city.unit.as_str())
        .set("delegate_id", city.ciso.person_id.as_str())
        .set("kinds", "account")
        .set("reason", "出張")
        .set("granted_by", city.manager.person_id.as_str())
        .set("valid_from", city.today())
        .set("valid_to", plus_days(city.today(), 10));
    city.insert(row).await;
    assert_eq!(city.state(&id, "delegations_are_in_force").await, "holds");
    city.ends_today(&city.manager).await;
    assert_eq!(city.state(&id, "delegations_are_in_force").await, "broken");
}

#[tokio::test]
async fn deputies_are_named() {
    let city = City::new().await;
    let id = city.adopt("1.2.7").await;
    assert_eq!(city.state(&id, "deputies_are_named").await, "broken");
    let deputy = city.world.person("補佐", Role::SectionStaff, &city.unit).await;
    let row = Row::new(&DEPUTY, "")
        .set("position_id", city.manager.seats[0].position_id.as_str())
        .set("ordinal", 1i64)
        .set("deputy_position_id", deputy.seats[0].position_id.as_str())
        .set("valid_from", "2020-04-01");
    city.insert(row).await;
    assert_eq!(city.state(&id, "deputies_are_named").await, "holds");
    city.ends_today(&deputy).await;
    assert_eq!(city.state(&id, "deputies_are_named").await, "broken");
}

#[tokio::test]
async fn systems_have_operators() {
    let city = City::new().await;
    let id = city.adopt("1.6.1").await;
    assert_eq!(city.state(&id, "systems_have_operators").await, "unproven");
    city.world.person("システム管理", Role::SystemManager, &city.unit).await;
    assert_eq!(city.state(&id, "systems_have_operators").await, "broken");
    city.world.person("担当", Role::SystemOperator, &city.unit).await;
    assert_eq!(city.state(&id, "systems_have_operators").await, "holds");
}

#[tokio::test]
async fn committee_meets_every_year_and_csirt_has_members() {
    let city = City::new().await;
    let (meets, csirt) = (city.adopt("1.7.2").await, city.adopt("1.9.1").await);
    let body = |name: &str, kind: &str| {
        Row::new(&BODY, "")
            .set("name", name)
            .set("kind", kind)
            .set("quorum", 1i64)
            .set("final_instance", false)
            .set("duty", "審議")
            .set("valid_from", "2020-04-01")
    };
    assert_eq!(city.state(&meets, "committee_meets_every_year").await, "unproven");
    let committee = city.insert(body("委員会", "committee")).await;
    assert_eq!(city.state(&meets, "committee_meets_every_year").await, "broken");
    let mut tx = city.world.store.write(&Actor::system(), "meeting").await.unwrap();
    tx.add_member(&committee, &city.ciso.person_id, "chair", Date::constant(2020, 4, 1)).await.unwrap();
    let meeting = tx.call_meeting(&committee, city.today(), "会議室").await.unwrap();
    tx.hold_meeting(&meeting, &[city.ciso.person_id.clone()].into(), "要旨").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&meets, "committee_meets_every_year").await, "holds");
    city.world.clock.advance(400 * Ms::DAY);
    assert_eq!(city.state(&meets, "committee_meets_every_year").await, "broken");

    let team = city.insert(body("CSIRT", "csirt")).await;
    assert_eq!(city.state(&csirt, "csirt_has_members").await, "broken");
    let mut tx = city.world.store.write(&Actor::system(), "body.member").await.unwrap();
    tx.add_member(&team, &city.ciso.person_id, "chair", Date::constant(2020, 4, 1)).await.unwrap();
    tx.add_member(&team, &city.manager.person_id, "member", Date::constant(2020, 4, 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&csirt, "csirt_has_members").await, "holds");
}

#[tokio::test]
async fn leavers_accounts_are_closed_and_privileges_follow_the_work() {
    let city = City::new().await;
    let (closed, privileged) = (city.adopt("6.2.3").await, city.adopt("6.2.6").await);
    let mut tx = city.world.store.write(&Actor::system(), "account.create").await.unwrap();
    let account = tx.create_account(&city.manager.person_id, "inoue", true).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&closed, "leavers_accounts_are_closed").await, "holds");
    assert_eq!(city.state(&privileged, "privileges_follow_the_work").await, "broken");
    let operator = city.world.person("担当", Role::SystemOperator, &city.unit).await;
    let mut tx = city.world.store.write(&Actor::system(), "account.move").await.unwrap();
    let row = tx.get(&ACCOUNT, &account).await.unwrap();
    tx.update(row.set("person_id", operator.person_id.as_str())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&privileged, "privileges_follow_the_work").await, "holds");
    let mut tx = city.world.store.write(&Actor::system(), "person.leave").await.unwrap();
    tx.person_leaves(&operator.person_id, city.today()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&closed, "leavers_accounts_are_closed").await, "broken");
}

#[tokio::test]
async fn emergencies_are_settled() {
    let city = City::new().await;
    let id = city.adopt("1.8.1").await;
    let mut tx = city.world.store.write(&Actor::system(), "emergency.report").await.unwrap();
    let new = sekisho_store::evidence::NewException {
        requirement_id: &id,
        reason: "緊急",
        substitute: "切り離した",
        residual_risk: None,
        valid_from: city.today(),
        valid_to: plus_days(city.today(), 30),
    };
    let done = tx.at();
    let decision = tx.apply_after_the_fact(&city.manager, done, new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&id, "emergencies_are_settled").await, "holds");
    city.world.clock.advance(8 * Ms::DAY);
    assert_eq!(city.state(&id, "emergencies_are_settled").await, "broken");
    let answer = sekisho_store::decision::Answer::Approve;
    city.world.store.decide(&city.ciso, &decision, answer, None).await.unwrap();
    assert_ne!(city.state(&id, "emergencies_are_settled").await, "broken");
}

/// Whoever counts people counts on the lists they come from: a late or short list makes the check 未確認, and a known
/// violation stays a violation.
#[tokio::test]
async fn a_list_of_staff_that_is_late_or_short_leaves_nothing_proven() {
    let city = City::new().await;
    let requirement = city.adopt("1.4.1").await;
    let check = "sections_have_managers";
    assert_eq!(city.state(&requirement, check).await, "holds");
    let id = city.list.as_str();
    let mut tx = city.world.store.write(&Actor::system(), "staff_source.update").await.unwrap();
    let row = tx.get(&STAFF_SOURCE, id).await.unwrap();
    let row = row.set("as_of", None::<String>).set("observed", None::<i64>);
    tx.update(row.set("expected", 100i64).set("every_days", 31i64)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&requirement, check).await, "unproven", "it has never come");
    let comes = async |observed: i64| {
        let mut tx = city.world.store.write(&Actor::system(), "staff_source.update").await.unwrap();
        let row = tx.get(&STAFF_SOURCE, id).await.unwrap();
        tx.update(row.set("as_of", city.today()).set("observed", observed)).await.unwrap();
        tx.commit().await.unwrap();
    };
    comes(60).await;
    assert_eq!(city.state(&requirement, check).await, "unproven", "a page is missing");
    comes(99).await;
    assert_eq!(city.state(&requirement, check).await, "holds");
    city.world.clock.advance(40 * Ms::DAY);
    assert_eq!(city.state(&requirement, check).await, "unproven", "the next one is late");
    city.ends_today(&city.manager).await;
    assert_eq!(city.state(&requirement, check).await, "broken", "what is seen to be wrong is wrong");
}

/// A list that people come from and nobody keeps has no owner, no number and no day: nobody can say who is missing.
#[tokio::test]
async fn a_list_of_staff_that_nobody_keeps_leaves_nothing_proven() {
    let city = City::new().await;
    let requirement = city.adopt("1.4.1").await;
    let check = "sections_have_managers";
    assert_eq!(city.state(&requirement, check).await, "holds");
    let from = async |source: &str| {
        let mut tx = city.world.store.write(&Actor::system(), "person.update").await.unwrap();
        let row = tx.get(&PERSON, &city.ciso.person_id).await.unwrap();
        tx.update_person(row.set("source", source)).await.unwrap();
        tx.commit().await.unwrap();
    };
    from("病院").await;
    assert_eq!(city.state(&requirement, check).await, "unproven");
    let lines = city.world.db().verdict_history(&requirement, 50).await.unwrap();
    let open = lines.into_iter().find(|v| v.to_ms.is_none() && v.check_id == check).unwrap();
    assert!(open.reason.contains("「病院」から来た1人"), "{}", open.reason);
    from("manual").await;
    assert_eq!(city.state(&requirement, check).await, "holds", "typed in by somebody the record names");
    let mut tx = city.world.store.write(&Actor::system(), "staff_source.end").await.unwrap();
    tx.end(&STAFF_SOURCE, &city.list, city.today()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        city.state(&requirement, check).await,
        "unproven",
        "the list was given up, its people are here"
    );
}

/// 人事異動 closes what is here at once; what lies in the directory stays a finding until a reading shows it closed.
#[tokio::test]
async fn a_leaver_is_found_until_the_directory_says_they_are_out() {
    let city = City::new().await;
    let requirement = city.adopt("6.2.3").await;
    let check = "leavers_accounts_are_closed";
    let reading = async |enabled: bool| {
        let entry = DirectoryEntry {
            external_id: "guid-1".into(),
            login: "inoue".into(),
            number: Some("井上".into()),
            enabled,
        };
        city.world.store.apply_directory(&[entry]).await.unwrap();
    };
    reading(true).await;
    assert_eq!(city.state(&requirement, check).await, "holds");
    let mut tx = city.world.store.write(&Actor::system(), "person.leave").await.unwrap();
    tx.person_leaves(&city.manager.person_id, city.today()).await.unwrap();
    tx.commit().await.unwrap();
    city.world.store.close_leavers().await.unwrap();
    assert_eq!(city.state(&requirement, check).await, "broken");
    reading(false).await;
    city.world.clock.advance(Ms::DAY);
    assert_eq!(city.state(&requirement, check).await, "holds");
}
