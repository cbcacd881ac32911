//! 人事異動 from the list to the morning after: two people, one instant, all or nothing, and the way back.

use std::collections::BTreeMap;

use sekisho_domain::access::{Access, Action, Thing, Who, may};
use sekisho_domain::authority::Facts;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::delegation::SAME_PERSON;
use sekisho_domain::factor::Method;
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::personnel::plan::{Choice, Move};
use sekisho_domain::personnel::{Place, Wanted};
use sekisho_domain::role::Role;
use sekisho_domain::staff_source::STAFF_SOURCE;
use sekisho_store::decision::Application;
use sekisho_store::personnel::{ConfirmError, NewPersonnel};
use sekisho_store::session::NewSession;
use sekisho_store::{Actor, Store};
use testkit::World;

const APRIL: Date = Date::constant(2027, 4, 1);
const ZEI: &str = "0204";

/// 情報政策課 with two who run it, 税務課 with a manager and a clerk.
struct City {
    world: World,
    sato: Who,
    mori: Who,
    tanaka: Who,
    nakamura: Who,
}

impl City {
    async fn new() -> City {
        let world = World::new().await;
        let office = world.section("0103", "情報政策課").await;
        world.section(ZEI, "税務課").await;
        City {
            sato: world.person("佐藤", Role::Secretariat, &office).await,
            mori: world.person("森", Role::Secretariat, &office).await,
            tanaka: world.person("田中", Role::Manager, ZEI).await,
            nakamura: world.person("中村", Role::SectionStaff, ZEI).await,
            world,
        }
    }

    fn store(&self) -> &Store {
        &self.world.store
    }

    /// Everybody as they are, as a list of the whole source.
    fn list(&self) -> Vec<Wanted> {
        let wanted = |who: &Who, name: &str| Wanted {
            number: name.into(),
            name: name.into(),
            places: vec![main(&who.seats[0].position_id, &who.seats[0].unit_id)],
            ..Wanted::default()
        };
        vec![
            wanted(&self.sato, "佐藤"),
            wanted(&self.mori, "森"),
            wanted(&self.tanaka, "田中"),
            wanted(&self.nakamura, "中村"),
        ]
    }

    /// 田中 retires, 中村 takes the seat and is renamed, 新人 comes.
    fn april(&self) -> Vec<Wanted> {
        let mut list = self.list();
        let chief = main(&self.tanaka.seats[0].position_id, ZEI);
        list.remove(2);
        list[2].places = vec![chief];
        list[2].name = "中村（旧姓 中谷）".into();
        let clerk = main(&self.nakamura.seats[0].position_id, ZEI);
        list.push(Wanted {
            number: "900".into(),
            name: "新人".into(),
            places: vec![clerk],
            ..Wanted::default()
        });
        list
    }

    async fn load(&self, people: Vec<Wanted>) -> String {
        let readers = [self.mori.person_id.clone()];
        let new = NewPersonnel {
            source: "人事",
            whole: true,
            effective: APRIL,
            readers: &readers,
            file_name: "職員名簿.csv",
            people,
        };
        self.store().load_personnel(&actor(&self.sato), new).await.unwrap()
    }

    async fn seal(&self, id: &str) -> String {
        let personnel = self.world.db().personnel(id).await.unwrap().unwrap();
        self.world.db().personnel_outlook(&personnel).await.unwrap().seal
    }

    async fn confirm(&self, who: &Who, id: &str, typed: Option<usize>) -> Result<(), ConfirmError> {
        let seal = self.seal(id).await;
        self.store().confirm_personnel(&actor(who), id, &seal, typed).await
    }

    async fn state(&self, id: &str) -> (String, String) {
        let row = self.world.db().personnel(id).await.unwrap().unwrap().row;
        (row.text("state").to_owned(), row.text("summary").to_owned())
    }

    async fn today(&self, name: &str) -> Who {
        let row: (String,) = self
            .world
            .db()
            .fetch_one("SELECT id FROM person WHERE number = $1", &[name.into()])
            .await
            .unwrap();
        self.world.db().who(&row.0, "").await.unwrap()
    }
}

fn actor(who: &Who) -> Actor {
    Actor { person_id: who.person_id.clone(), seat: who.seats[0].code() }
}

fn main(position_id: &str, unit_id: &str) -> Place {
    Place { unit_id: unit_id.into(), position_id: position_id.into(), kind: "main".into() }
}

#[tokio::test]
async fn two_people_and_one_instant() {
    let city = City::new().await;
    let store = city.store();
    let second = city.world.person("佐藤2", Role::Secretariat, "0103").await;
    let mut tx = store.write(&Actor::system(), "test.setup").await.unwrap();
    let row = tx.get(&PERSON, &second.person_id).await.unwrap();
    tx.update_person(row.set("source", "病院")).await.unwrap();
    let row = Row::new(&SAME_PERSON, tx.new_id()).set("person_id", city.sato.person_id.as_str());
    tx.insert(row.set("other_id", second.person_id.as_str()).set("reason", "試験")).await.unwrap();
    let row = Row::new(&STAFF_SOURCE, tx.new_id()).set("number", "N-1").set("name", "人事");
    let row = row.set("unit_id", "0103").set("population", "staff").set("expected", 4i64);
    tx.insert(row.set("every_days", 35i64).set("valid_from", "2020-04-01")).await.unwrap();
    let account = tx.create_account(&city.tanaka.person_id, "tanaka", false).await.unwrap();
    tx.set_credential(&account, "password", "secret", false).await.unwrap();
    let application = Application {
        kind: "account",
        subject_noun: "task",
        subject_id: "x",
        subject: serde_json::json!({}),
        title: "貸出し",
        reason: "業務のため",
        facts: Facts::default(),
        ..Application::default()
    };
    let decision = tx.apply(&city.nakamura, application).await.unwrap();
    tx.commit().await.unwrap();
    store.issue_feed(&city.tanaka.person_id, "feed-hash").await.unwrap();

    let id = city.load(city.april()).await;
    let personnel = city.world.db().personnel(&id).await.unwrap().unwrap();
    let outlook = city.world.db().personnel_outlook(&personnel).await.unwrap();
    let count = |m: Move| outlook.changes.iter().filter(|c| c.moves.contains(&m)).count();
    assert_eq!(Move::ALL.map(count), [1, 1, 1, 0, 1]);
    let follows = &outlook.consequences;
    assert_eq!((follows.handed_over, follows.accounts, follows.losing), (1, 1, 1));
    assert!(!follows.must_be_typed(), "one of five is a fifth and no more");

    // The loader does not confirm, nor does any other entry of theirs.
    assert!(matches!(city.confirm(&city.sato, &id, None).await, Err(ConfirmError::Own)));
    assert!(matches!(city.confirm(&second, &id, None).await, Err(ConfirmError::Own)));
    city.confirm(&city.mori, &id, None).await.unwrap();

    // Not a second too early.
    city.world.clock.set(Ms(start_of(APRIL).0 - 1));
    assert_eq!(store.apply_personnel().await.unwrap(), 0);
    assert_eq!(store.db.next_personnel().await.unwrap(), Some(start_of(APRIL)));
    let session = NewSession {
        account_id: &account,
        token_sha256: "cookie-hash",
        stage: "full",
        agent: "test",
        shown: &[Method::Password],
        stepped_up: false,
        replaces: None,
    };
    store.open_session(session).await.unwrap();
    city.world.clock.set(start_of(APRIL));
    assert_eq!(store.apply_personnel().await.unwrap(), 1);
    assert_eq!(store.apply_personnel().await.unwrap(), 0, "once");

    let thing = Thing { noun: "decision", unit_id: Some(ZEI), ..Thing::default() };
    let holds = |who: &Who| may(who, Action::View, thing, APRIL) == Access::Granted;
    let (old, new, joined) = (city.today("田中").await, city.today("中村").await, city.today("900").await);
    assert!(!holds(&old) && holds(&new));
    assert_eq!(joined.seats.len(), 1);
    assert_eq!(new.seats.iter().filter(|s| s.valid(APRIL)).count(), 1);

    // What waited for the seat waits for whoever sits there now; what proved the leaver is worth nothing.
    let turn = store.db.turn(&decision, &new, APRIL).await.unwrap();
    assert!(turn.is_none(), "the applicant does not decide on their own application");
    store.repair_routes().await.unwrap();
    assert!(store.db.session("cookie-hash", start_of(APRIL)).await.unwrap().is_none());
    assert_eq!(store.close_leavers().await.unwrap(), 1);
    assert!(store.db.keys(&account).await.unwrap().is_empty());
    assert!(!store.db.has_feed(&city.tanaka.person_id).await.unwrap());

    let (state, summary) = city.state(&id).await;
    assert_eq!(state, "applied");
    assert!(summary.contains("入る人 1") && summary.contains("出る人 1"), "{summary}");
    let source: (i64, String) = city
        .world
        .db()
        .fetch_one("SELECT observed, as_of FROM staff_source WHERE name = $1", &["人事".into()])
        .await
        .unwrap();
    assert_eq!(source, (4, APRIL.to_string()));

    // And back: another list, another confirmation, and everybody has what they had.
    let back = store.undo_personnel(&actor(&city.sato), &id).await.unwrap();
    let personnel = city.world.db().personnel(&back).await.unwrap().unwrap();
    let typed = city.world.db().personnel_outlook(&personnel).await.unwrap().consequences.losing;
    city.confirm(&city.mori, &back, Some(typed)).await.unwrap();
    assert_eq!(store.apply_personnel().await.unwrap(), 1);
    assert!(holds(&city.today("田中").await));
    assert!(city.today("900").await.seats.iter().all(|s| !s.valid(APRIL)));
}

#[tokio::test]
async fn whoever_was_changed_by_hand_is_a_question_and_never_overwritten_unasked() {
    let city = City::new().await;
    let id = city.load(city.april()).await;
    let mut tx = city.store().write(&Actor::system(), "person.update").await.unwrap();
    let row = tx.get(&PERSON, &city.nakamura.person_id).await.unwrap();
    tx.update_person(row.set("name", "中村 花")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(city.confirm(&city.mori, &id, Some(1)).await, Err(ConfirmError::Conflicts(1))));
    let keep = BTreeMap::from([("中村".to_owned(), Choice::Keep)]);
    city.store().choose_personnel(&actor(&city.sato), &id, keep).await.unwrap();
    // 税務課 would be left without a manager, and the page says so before anybody confirms.
    let personnel = city.world.db().personnel(&id).await.unwrap().unwrap();
    let outlook = city.world.db().personnel_outlook(&personnel).await.unwrap();
    assert!(outlook.consequences.dead_ends.contains(&format!("role:manager@{ZEI}")));
    city.confirm(&city.mori, &id, Some(outlook.consequences.losing)).await.unwrap();

    // Between the confirmation and the day: somebody else is changed. They are left alone and counted.
    let mut tx = city.store().write(&Actor::system(), "person.update").await.unwrap();
    let row = tx.get(&PERSON, &city.tanaka.person_id).await.unwrap();
    tx.update_person(row.set("mail", "tanaka@example.jp")).await.unwrap();
    tx.commit().await.unwrap();
    city.world.clock.set(start_of(APRIL));
    assert_eq!(city.store().apply_personnel().await.unwrap(), 1);
    let (_, summary) = city.state(&id).await;
    assert!(summary.contains("今のままにした人 2"), "{summary}");
    assert!(city.today("田中").await.seats.iter().any(|s| s.valid(APRIL)));
}

#[tokio::test]
async fn a_list_altered_after_its_confirmation_is_not_carried_out() {
    let city = City::new().await;
    let id = city.load(city.april()).await;
    city.confirm(&city.mori, &id, Some(1)).await.unwrap();
    let args = [id.as_str().into(), "900".into(), "901".into()];
    let altered = "UPDATE personnel_file SET body = REPLACE(body, $2, $3) WHERE id = $1";
    assert_eq!(city.store().op_execute(altered, &args).await.unwrap(), 1);
    city.world.clock.set(start_of(APRIL));
    city.store().apply_personnel().await.unwrap();
    let (state, summary) = city.state(&id).await;
    assert_eq!(state, "cancelled");
    assert!(summary.contains("確認したときと違う"), "{summary}");
    assert!(city.today("田中").await.seats.iter().any(|s| s.valid(APRIL)), "nothing was written");
    // It is on the office's list.
    city.store().derive_tasks().await.unwrap();
    let tasks = city.store().db.tasks_of(&city.sato, date_at(start_of(APRIL)), ("", ""), 50).await.unwrap();
    assert!(tasks.iter().any(|t| t.kind == "personnel"));
}

#[tokio::test]
async fn a_list_that_lost_its_people_is_stopped_by_a_number() {
    let city = City::new().await;
    let id = city.load(vec![city.list().remove(0), city.list().remove(1)]).await;
    assert!(matches!(city.confirm(&city.mori, &id, None).await, Err(ConfirmError::Losing(2))));
    assert!(matches!(city.confirm(&city.mori, &id, Some(1)).await, Err(ConfirmError::Losing(2))));
    city.confirm(&city.mori, &id, Some(2)).await.unwrap();
    city.store().cancel_personnel(&actor(&city.sato), &id).await.unwrap();
    city.world.clock.set(start_of(APRIL));
    assert_eq!(city.store().apply_personnel().await.unwrap(), 0);
    assert!(city.world.db().personnel(&id).await.unwrap().unwrap().file.people.is_empty(), "forgotten");
}

#[tokio::test]
async fn what_was_seen_is_what_is_confirmed() {
    let city = City::new().await;
    let id = city.load(city.april()).await;
    let seal = city.seal(&id).await;
    city.world.person("別人", Role::SectionStaff, ZEI).await;
    let again = city.store().confirm_personnel(&actor(&city.mori), &id, &seal, Some(1)).await;
    assert!(matches!(again, Err(ConfirmError::Changed)), "somebody came into the list's source meanwhile");
}
