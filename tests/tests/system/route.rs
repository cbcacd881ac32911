//! The road of an application through the seats of an office: 専決規程, 合議, 代決, 委任, and everything that must not
//! open a way round 申請者 ≠ 承認者.

use std::collections::BTreeSet;

use sekisho_domain::access::Who;
use sekisho_domain::authority::{AUTHORITY, Facts};
use sekisho_domain::body::BODY;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::decision::DECISION;
use sekisho_domain::delegation::{ABSENCE, DELEGATION, DEPUTY, SAME_PERSON};
use sekisho_domain::noun::Row;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_store::body::{Resolution, ResolveError};
use sekisho_store::decision::{Answer, Application, DecideError, Outside, StepRow, Verdict};
use sekisho_store::evidence::StoredFile;
use sekisho_store::{Actor, StoreError};
use testkit::World;

/// 総務部 ⊃ 情報政策課, 税務課; a clerk and a manager in 税務課, the department's officer, the two at the top.
struct City {
    world: World,
    clerk: Who,
    manager: Who,
    officer: Who,
    chief: Who,
    ciso: Who,
}

const DEPARTMENT: &str = "02";
const SECTION_UNIT: &str = "0204";

impl City {
    async fn new() -> City {
        let world = World::new().await;
        world.section(DEPARTMENT, "総務部").await;
        let mut tx = world.store.write(&Actor::system(), "section.create").await.unwrap();
        let row = Row::new(&SECTION, tx.new_id())
            .set("unit_id", SECTION_UNIT)
            .set("code", SECTION_UNIT)
            .set("name", "税務課")
            .set("kind", "division")
            .set("managed", true)
            .set("parent_unit_id", DEPARTMENT)
            .set("sort_key", SECTION_UNIT)
            .set("valid_from", "2020-04-01");
        tx.create_section(row).await.unwrap();
        tx.commit().await.unwrap();
        let clerk = world.person("中村", Role::SectionStaff, SECTION_UNIT).await;
        let manager = world.person("田中", Role::Manager, SECTION_UNIT).await;
        let officer = world.person("部長", Role::Officer, DEPARTMENT).await;
        let chief = world.person("深沢", Role::ChiefOfficer, DEPARTMENT).await;
        let ciso = world.person("水谷", Role::Ciso, DEPARTMENT).await;
        City { world, clerk, manager, officer, chief, ciso }
    }

    fn today(&self) -> Date {
        date_at(self.world.store.clock.now())
    }

    fn day(&self, after: i64) -> Date {
        self.today().saturating_add(jiff::Span::new().days(after))
    }

    async fn insert(&self, row: Row) -> String {
        let mut tx = self.world.store.write(&Actor::system(), "test.setup").await.unwrap();
        let id = tx.new_id();
        tx.insert(Row { id: id.clone(), ..row }).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn rule(&self, code: &str, kind: &str, route: &str, edit: impl FnOnce(Row) -> Row) {
        let row = Row::new(&AUTHORITY, "")
            .set("code", code)
            .set("kind", kind)
            .set("title", "試験の事項")
            .set("division", "課長専決")
            .set("route", route)
            .set("answer_days", 3i64)
            .set("expires_days", 60i64)
            .set("venue", "inner")
            .set("valid_from", "2020-04-01");
        self.insert(edit(row)).await;
    }

    async fn try_apply(&self, by: &Who, facts: Facts, external: bool) -> Result<String, StoreError> {
        let mut tx = self.world.store.write(&Actor::system(), "decision.apply").await?;
        let subject_id = tx.new_id();
        let application = Application {
            kind: "general",
            subject_noun: "decision",
            subject_id: &subject_id,
            subject: serde_json::json!({ "detail": "照会への回答", "n": subject_id }),
            title: "固定資産税の照会に回答する",
            reason: "法令に基づく照会",
            alike: Some("照会"),
            facts,
            external,
            ..Application::default()
        };
        let id = tx.apply(by, application).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn apply(&self, by: &Who) -> String {
        self.try_apply(by, Facts::default(), false).await.unwrap()
    }

    async fn decide(&self, who: &Who, id: &str) -> Result<(), DecideError> {
        self.world.store.decide(who, id, Answer::Approve, None).await
    }

    async fn steps(&self, id: &str) -> Vec<StepRow> {
        self.world.db().decision_steps(id).await.unwrap()
    }

    async fn keys(&self, id: &str) -> Vec<String> {
        self.steps(id).await.iter().map(StepRow::key).collect()
    }

    async fn state(&self, id: &str) -> String {
        self.world.db().row(&DECISION, id).await.unwrap().unwrap().text("state").to_owned()
    }

    async fn waiting(&self, who: &Who) -> Vec<String> {
        let rows = self.world.db().decisions_waiting(who, self.today(), "", 100).await.unwrap();
        rows.into_iter().map(|d| d.id).collect()
    }

    async fn deputy(&self, of: &Who, deputy: &Who, ordinal: i64) {
        self.insert(
            Row::new(&DEPUTY, "")
                .set("position_id", of.seats[0].position_id.as_str())
                .set("unit_id", of.seats[0].unit_id.as_str())
                .set("ordinal", ordinal)
                .set("deputy_position_id", deputy.seats[0].position_id.as_str())
                .set("deputy_unit_id", deputy.seats[0].unit_id.as_str())
                .set("valid_from", "2020-04-01"),
        )
        .await;
    }

    async fn absent(&self, who: &Who) {
        self.insert(
            Row::new(&ABSENCE, "")
                .set("person_id", who.person_id.as_str())
                .set("reason", "出張")
                .set("recorded_by", who.person_id.as_str())
                .set("valid_from", self.today())
                .set("valid_to", self.day(1)),
        )
        .await;
    }

    async fn delegate(&self, from: &Who, to: &Who, kinds: &str, until: i64) {
        self.insert(
            Row::new(&DELEGATION, "")
                .set("position_id", from.seats[0].position_id.as_str())
                .set("unit_id", from.seats[0].unit_id.as_str())
                .set("delegate_id", to.person_id.as_str())
                .set("kinds", kinds)
                .set("reason", "出張の間")
                .set("granted_by", from.person_id.as_str())
                .set("valid_from", self.today())
                .set("valid_to", self.day(until)),
        )
        .await;
    }

    async fn body(&self, members: &[(&Who, &str)]) -> String {
        let body = self
            .insert(
                Row::new(&BODY, "")
                    .set("name", "情報セキュリティ委員会")
                    .set("kind", "committee")
                    .set("quorum", 2i64)
                    .set("final_instance", true)
                    .set("duty", "重要事項の審議")
                    .set("valid_from", "2020-04-01"),
            )
            .await;
        for (who, duty) in members {
            let mut tx = self.world.store.write(&Actor::system(), "body.member").await.unwrap();
            tx.add_member(&body, &who.person_id, duty, Date::constant(2020, 4, 1)).await.unwrap();
            tx.commit().await.unwrap();
        }
        body
    }
}

#[tokio::test]
async fn the_table_chooses_the_route_and_every_seat_takes_its_turn() {
    let city = City::new().await;
    city.rule("2", "general", "管理者 → 合議:統括責任者 → CISO", |row| row).await;
    city.rule("1", "general", "管理者", |row| row.set("persons_max", 10i64)).await;

    let few = Facts { persons: Some(3), ..Facts::default() };
    let small = city.try_apply(&city.clerk, few, false).await.unwrap();
    assert_eq!(city.keys(&small).await, ["role:manager@0204"]);

    let id = city.apply(&city.clerk).await;
    assert_eq!(city.keys(&id).await, ["role:manager@0204", "role:chief_officer@*", "role:ciso@*"]);
    assert!(matches!(city.decide(&city.ciso, &id).await, Err(DecideError::NotYourTurn)), "out of turn");
    let both: BTreeSet<String> = city.waiting(&city.manager).await.into_iter().collect();
    assert_eq!(both, BTreeSet::from([small, id.clone()]));
    assert_eq!(city.waiting(&city.chief).await, [""; 0]);
    city.decide(&city.manager, &id).await.unwrap();
    assert_eq!(city.waiting(&city.chief).await, std::slice::from_ref(&id));
    assert_eq!(city.steps(&id).await[1].kind, "concur");
    city.decide(&city.chief, &id).await.unwrap();
    assert_eq!(city.state(&id).await, "pending");
    city.decide(&city.ciso, &id).await.unwrap();
    assert_eq!(city.state(&id).await, "approved");
    let late = city.decide(&city.manager, &id).await;
    assert!(matches!(late, Err(DecideError::AlreadyClosed { by: Some(by) }) if by == city.manager.person_id));
}

#[tokio::test]
async fn numbers_run_by_section_and_year_without_gaps() {
    let city = City::new().await;
    let number =
        async |id: &str| city.world.db().row(&DECISION, id).await.unwrap().unwrap().text("number").to_owned();
    let first = city.apply(&city.clerk).await;
    assert_eq!(number(&first).await, "税務課-R8-0001");
    // Refused after the number was taken: the number goes back with the transaction.
    let mut tx = city.world.store.write(&Actor::system(), "decision.apply").await.unwrap();
    let application =
        Application { kind: "general", subject_noun: "decision", subject_id: "x", ..Application::default() };
    tx.apply(&city.clerk, application).await.unwrap();
    drop(tx);
    let at_once = (0..8).map(|_| city.apply(&city.clerk));
    let ids = futures_util::future::join_all(at_once).await;
    let mut numbers = Vec::new();
    for id in &ids {
        numbers.push(number(id).await);
    }
    numbers.sort();
    let expected: Vec<String> = (2..=9).map(|n| format!("税務課-R8-{n:04}")).collect();
    assert_eq!(numbers, expected);
    city.world.clock.advance(130 * Ms::DAY);
    assert_eq!(number(&city.apply(&city.clerk).await).await, "税務課-R9-0001");
    assert_eq!(number(&city.apply(&city.chief).await).await, "総務部-R9-0001");
}

#[tokio::test]
async fn a_subsection_counts_with_its_section() {
    let city = City::new().await;
    let row = Row::new(&SECTION, "")
        .set("unit_id", "020401")
        .set("code", "020401")
        .set("name", "市民税係")
        .set("kind", "group")
        .set("managed", false)
        .set("parent_unit_id", SECTION_UNIT)
        .set("sort_key", "020401")
        .set("valid_from", "2020-04-01");
    city.insert(row).await;
    let clerk = city.world.person("係員", Role::SectionStaff, "020401").await;
    let decision = async |id: &str| city.world.db().row(&DECISION, id).await.unwrap().unwrap();
    let first = decision(&city.apply(&clerk).await).await;
    assert_eq!((first.text("number"), first.text("unit_id")), ("税務課-R8-0001", SECTION_UNIT));
    let second = decision(&city.apply(&city.clerk).await).await;
    assert_eq!(second.text("number"), "税務課-R8-0002");
}

#[tokio::test]
async fn an_exception_passes_the_chief_officer_before_the_ciso() {
    let city = City::new().await;
    let mut tx = city.world.store.write(&Actor::system(), "decision.apply").await.unwrap();
    let application = Application {
        kind: "exception",
        subject_noun: "decision",
        subject_id: "x",
        ..Application::default()
    };
    let id = tx.apply(&city.clerk, application).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.keys(&id).await, ["role:chief_officer@*", "role:ciso@*"]);
}

#[tokio::test]
async fn an_applicant_who_holds_the_seat_is_decided_on_from_above() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    let id = city.apply(&city.manager).await;
    assert_eq!(city.keys(&id).await, ["role:officer@02"]);
    assert!(city.steps(&id).await[0].note.as_deref().unwrap().contains("申請者"));
    assert!(matches!(city.decide(&city.manager, &id).await, Err(DecideError::OwnApplication)));
    city.decide(&city.officer, &id).await.unwrap();
}

#[tokio::test]
async fn the_ciso_has_no_superior_but_a_body() {
    let city = City::new().await;
    city.rule("1", "general", "CISO", |row| row).await;
    let refused = city.try_apply(&city.ciso, Facts::default(), false).await;
    assert!(matches!(refused, Err(StoreError::IllegalMove(_))), "{refused:?}");

    let body = city.body(&[(&city.chief, "chair"), (&city.officer, "member"), (&city.ciso, "member")]).await;
    let id = city.apply(&city.ciso).await;
    assert_eq!(city.keys(&id).await, [format!("body:{body}")]);
    assert!(matches!(city.decide(&city.chief, &id).await, Err(DecideError::NeedsResolution)));

    let store = &city.world.store;
    let meeting = async |present: &[&Who]| {
        let mut tx = store.write(&Actor::system(), "meeting").await.unwrap();
        let meeting = tx.call_meeting(&body, city.today(), "第1会議室").await.unwrap();
        let item = tx.put_on_agenda(&meeting, "CISO の申請", Some(&id)).await.unwrap();
        let present: BTreeSet<String> = present.iter().map(|w| w.person_id.clone()).collect();
        tx.hold_meeting(&meeting, &present, "議事の要旨").await.unwrap();
        tx.commit().await.unwrap();
        item
    };
    let yes = |ayes, noes| Resolution { votes: Some((ayes, noes)), result: "approved", text: "可決" };
    let item = meeting(&[&city.chief]).await;
    let one = store.resolve(&city.chief, &item, yes(1, 0)).await;
    assert!(matches!(one, Err(ResolveError::Refused(why)) if why.contains("定足数")), "{one:?}");
    let item = meeting(&[&city.chief, &city.officer, &city.ciso]).await;
    let own = store.resolve(&city.chief, &item, yes(3, 0)).await;
    assert!(matches!(own, Err(ResolveError::Refused(_))), "the applicant has no vote: {own:?}");
    let not_chair = store.resolve(&city.officer, &item, yes(2, 0)).await;
    assert!(matches!(not_chair, Err(ResolveError::Refused(_))));
    store.resolve(&city.chief, &item, yes(2, 0)).await.unwrap();
    assert_eq!(city.state(&id).await, "approved");
    assert_eq!(city.steps(&id).await[0].mode.as_deref(), Some("body"));
}

#[tokio::test]
async fn a_deputy_decides_only_while_the_holder_is_away_and_the_holder_looks_afterwards() {
    let city = City::new().await;
    city.rule("1", "general", "管理者 → CISO", |row| row).await;
    let first = city.world.person("課長補佐", Role::SectionStaff, SECTION_UNIT).await;
    let second = city.world.person("係長", Role::SectionStaff, SECTION_UNIT).await;
    city.deputy(&city.manager, &first, 1).await;
    city.deputy(&city.manager, &second, 2).await;
    let id = city.apply(&city.clerk).await;
    assert!(matches!(city.decide(&first, &id).await, Err(DecideError::NotYourTurn)), "the holder is there");
    city.absent(&city.manager).await;
    assert!(
        matches!(city.decide(&second, &id).await, Err(DecideError::NotYourTurn)),
        "the first deputy is there"
    );
    assert_eq!(city.waiting(&first).await, std::slice::from_ref(&id));
    city.decide(&first, &id).await.unwrap();

    let steps = city.steps(&id).await;
    let acted = steps.iter().find(|s| s.state == "approved").unwrap();
    assert_eq!(acted.mode.as_deref(), Some("deputy"));
    assert_eq!(acted.for_id.as_deref(), Some(city.manager.person_id.as_str()));
    city.decide(&city.ciso, &id).await.unwrap();
    assert_eq!(city.state(&id).await, "approved");
    // 後閲 waits for the holder, after the decision has taken effect, and for nobody else.
    assert!(matches!(
        city.decide(&first, &id).await,
        Err(DecideError::NotYourTurn | DecideError::AlreadyClosed { .. })
    ));
    city.world.clock.advance(Ms::DAY);
    assert_eq!(city.waiting(&city.manager).await, std::slice::from_ref(&id));
    city.decide(&city.manager, &id).await.unwrap();
    assert!(city.steps(&id).await.iter().all(|s| s.state == "approved"));
}

#[tokio::test]
async fn nobody_approves_their_own_through_a_deputy_a_delegation_or_a_second_entry() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    // The clerk is deputy of the manager, who is away, and applies: their own turn would be next.
    city.deputy(&city.manager, &city.clerk, 1).await;
    city.absent(&city.manager).await;
    let id = city.apply(&city.clerk).await;
    assert!(matches!(city.decide(&city.clerk, &id).await, Err(DecideError::OwnApplication)));
    assert_eq!(city.waiting(&city.clerk).await, [""; 0]);
    // The manager hands the seat to the clerk.
    city.delegate(&city.manager, &city.clerk, "*", 10).await;
    assert!(matches!(city.decide(&city.clerk, &id).await, Err(DecideError::OwnApplication)));
    // A manager's own application is not decided by whoever acts in the manager's place.
    let own = city.apply(&city.manager).await;
    city.delegate(&city.officer, &city.manager, "*", 10).await;
    assert!(matches!(city.decide(&city.manager, &own).await, Err(DecideError::OwnApplication)));
    // Two entries, one human being.
    let twin = city.world.person("中村(任期付)", Role::Manager, SECTION_UNIT).await;
    let row = Row::new(&SAME_PERSON, "")
        .set("person_id", twin.person_id.as_str())
        .set("other_id", city.clerk.person_id.as_str())
        .set("reason", "人事に確認");
    city.insert(row).await;
    assert!(matches!(city.decide(&twin, &id).await, Err(DecideError::OwnApplication)));
}

#[tokio::test]
async fn a_delegation_has_days_and_kinds_and_ends_with_its_giver() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    let other = city.world.person("他課長", Role::Manager, DEPARTMENT).await;
    let (id, second, third) =
        (city.apply(&city.clerk).await, city.apply(&city.clerk).await, city.apply(&city.clerk).await);
    city.delegate(&city.manager, &other, "account", 10).await;
    assert!(matches!(city.decide(&other, &id).await, Err(DecideError::NotYourTurn)), "another kind");
    city.delegate(&city.manager, &other, "account, general", 2).await;
    city.decide(&other, &id).await.unwrap();
    let acted = city.steps(&id).await.remove(0);
    assert_eq!(
        (acted.mode.as_deref(), acted.for_id),
        (Some("delegate"), Some(city.manager.person_id.clone()))
    );
    city.world.clock.advance(2 * Ms::DAY);
    assert!(matches!(city.decide(&other, &second).await, Err(DecideError::NotYourTurn)), "it has ended");
    city.delegate(&city.manager, &other, "*", 30).await;
    city.move_away(&city.manager).await;
    assert!(
        matches!(city.decide(&other, &third).await, Err(DecideError::NotYourTurn)),
        "the giver left the seat"
    );
}

impl City {
    /// Ends every assignment of a person today.
    async fn move_away(&self, who: &Who) {
        let mut tx = self.world.store.write(&Actor::system(), "assignment.end").await.unwrap();
        let held = self.world.db().assignments_of(&who.person_id, self.today()).await.unwrap();
        for assignment in held {
            tx.end(&ASSIGNMENT, &assignment.id, self.today()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn seat(&self, who: &Who, like: &Who) {
        self.insert(
            Row::new(&ASSIGNMENT, "")
                .set("person_id", who.person_id.as_str())
                .set("position_id", like.seats[0].position_id.as_str())
                .set("unit_id", like.seats[0].unit_id.as_str())
                .set("kind", "main")
                .set("valid_from", self.today()),
        )
        .await;
    }
}

#[tokio::test]
async fn rights_are_those_of_the_moment_and_the_pending_follows_the_seat() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    let id = city.apply(&city.clerk).await;
    let successor = city.world.person("後任", Role::SectionStaff, DEPARTMENT).await;
    city.move_away(&city.manager).await;
    city.seat(&successor, &city.manager).await;
    // `city.manager` is what a session loaded before the move; the store reads again.
    assert!(matches!(city.decide(&city.manager, &id).await, Err(DecideError::NotYourTurn)));
    let successor = city.world.db().who(&successor.person_id, "").await.unwrap();
    assert_eq!(city.waiting(&successor).await, std::slice::from_ref(&id));
    city.decide(&successor, &id).await.unwrap();
}

#[tokio::test]
async fn what_has_come_to_a_stop_moves_up() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    let id = city.apply(&city.clerk).await;
    assert_eq!(city.world.store.escalate_decisions().await.unwrap(), 0);
    // START is a Sunday and Monday a holiday: three open days end on Friday.
    city.world.clock.advance(6 * Ms::DAY);
    assert_eq!(city.world.store.escalate_decisions().await.unwrap(), 1);
    assert!(matches!(city.decide(&city.manager, &id).await, Err(DecideError::NotYourTurn)));
    city.decide(&city.officer, &id).await.unwrap();

    // The applicant became the only holder of the seat that was to decide.
    let stuck = city.apply(&city.clerk).await;
    assert_eq!(city.world.store.repair_routes().await.unwrap(), 0);
    city.move_away(&city.manager).await;
    city.move_away(&city.clerk).await;
    city.seat(&city.clerk, &city.manager).await;
    assert_eq!(city.world.store.repair_routes().await.unwrap(), 1);
    city.decide(&city.officer, &stuck).await.unwrap();
}

#[tokio::test]
async fn a_batch_holds_what_was_shown_and_nothing_else() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    let ids = [city.apply(&city.clerk).await, city.apply(&city.clerk).await];
    let store = &city.world.store;
    let show = async || {
        let waiting = city.world.db().decisions_waiting(&city.manager, city.today(), "", 100).await.unwrap();
        store.show_batch(&city.manager, "general:照会", waiting).await.unwrap()
    };
    let batch = show().await;
    assert_eq!(batch.rows.len(), 2);
    let unseen = city.apply(&city.clerk).await;
    let all = [ids[0].clone(), ids[1].clone(), unseen.clone()];
    let decide = async |who: &Who, batch: &str, ids: &[String]| {
        store.decide_batch(who, batch, ids, Answer::Approve, None).await
    };
    assert!(decide(&city.manager, &batch.id, &all).await.is_err());
    assert_eq!(city.state(&ids[0]).await, "pending", "nothing of a refused batch is decided");
    assert!(decide(&city.officer, &batch.id, &ids).await.is_err(), "shown to somebody else");
    city.world.clock.advance(31 * Ms::MINUTE);
    assert!(decide(&city.manager, &batch.id, &ids).await.is_err(), "shown too long ago");
    let batch = show().await;
    let answers = decide(&city.manager, &batch.id, &ids).await.unwrap();
    assert!(answers.iter().all(|a| a.result.is_ok()));
    assert_eq!(city.state(&unseen).await, "pending");
    assert!(decide(&city.manager, &batch.id, &[unseen]).await.is_err(), "a batch serves once");
}

/// The signature itself is proven in `proof.rs`; here: nothing is decided on the strength of one that does not fit.
#[tokio::test]
async fn a_signature_that_does_not_fit_decides_nothing() {
    let city = City::new().await;
    city.rule("1", "general", "管理者", |row| row).await;
    let id = city.apply(&city.clerk).await;
    let verdict = Verdict { answer: Answer::Approve, comment: None, proof: Some("{}".to_owned()) };
    let refused = city.world.store.decide_with(&city.manager, &id, verdict).await;
    assert!(matches!(refused, Err(DecideError::ProofOfAnother)), "{refused:?}");
    assert_eq!(city.state(&id).await, "pending");
}

#[tokio::test]
async fn an_outside_decision_is_bound_recorded_and_never_taken_twice() {
    let city = City::new().await;
    let id = city.try_apply(&city.clerk, Facts::default(), true).await.unwrap();
    let row = city.world.db().row(&DECISION, &id).await.unwrap().unwrap();
    let draft = sekisho_store::decision::draft(&row, "中村");
    let subject =
        draft.split("-----BEGIN SUBJECT-----\n").nth(1).unwrap().split("\n-----END").next().unwrap();
    use sha2::Digest as _;
    let sha256 = hex::encode(sha2::Sha256::digest(subject));
    assert_eq!(sha256, row.text("subject_sha256"), "anybody can compute the digest from the draft");
    assert!(draft.contains(&sha256));
    for who in [&city.manager, &city.chief, &city.ciso] {
        assert!(matches!(city.decide(who, &id).await, Err(DecideError::DecidedOutside)));
    }
    let outside = |hash| Outside {
        file_number: "情政第412号",
        decided_on: city.today(),
        division: "部長専決",
        seat: "総務部長",
        subject_sha256: hash,
        copy: StoredFile { object_id: "o", name: "決裁.pdf", sha256: "00" },
        answer: Answer::Approve,
    };
    let store = &city.world.store;
    let stranger = store.record_outside(&city.manager, &id, outside(&sha256)).await;
    assert!(matches!(stranger, Err(DecideError::NotYourTurn)));
    store.record_outside(&city.clerk, &id, outside(&sha256)).await.unwrap();
    assert_eq!(city.state(&id).await, "approved");
    let again = store.record_outside(&city.clerk, &id, outside(&sha256)).await;
    assert!(matches!(again, Err(DecideError::AlreadyClosed { .. })));

    let other = city.try_apply(&city.clerk, Facts::default(), true).await.unwrap();
    let wrong = store.record_outside(&city.clerk, &other, outside(&sha256)).await;
    assert!(matches!(wrong, Err(DecideError::SubjectChanged)), "a paper over another subject: {wrong:?}");
    assert_eq!(city.state(&other).await, "voided");
}

#[tokio::test]
async fn what_was_done_in_an_emergency_stays_an_exception() {
    let city = City::new().await;
    let mut tx = city.world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
    tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
    tx.commit().await.unwrap();
    let requirement = city.world.db().requirement_by_catalogue_id("1.8.1").await.unwrap().unwrap();
    let new = || sekisho_store::evidence::NewException {
        requirement_id: &requirement,
        reason: "感染の広がりを止めるため",
        substitute: "税務課の端末を通信から切り離した",
        residual_risk: None,
        valid_from: city.today(),
        valid_to: city.day(7),
    };
    let mut tx = city.world.store.write(&Actor::system(), "emergency.report").await.unwrap();
    let now = tx.at();
    assert!(tx.apply_after_the_fact(&city.clerk, now.plus(Ms::HOUR), new()).await.is_err(), "in the future");
    let id = tx.apply_after_the_fact(&city.clerk, now.plus(-Ms::HOUR), new()).await.unwrap();
    tx.commit().await.unwrap();
    let row = city.world.db().row(&DECISION, &id).await.unwrap().unwrap();
    assert_eq!(row.text("kind"), "emergency");
    city.decide(&city.ciso, &id).await.unwrap();
    let exception =
        city.world.db().row(&sekisho_domain::exception::EXCEPTION, row.text("subject_id")).await.unwrap();
    assert_eq!(exception.unwrap().text("state"), "granted");
}

#[tokio::test]
async fn rows_of_the_standard_are_taken_by_decision_and_void_when_touched() {
    use sekisho_domain::requirement::REQUIREMENT;
    use sekisho_store::requirement::{AdoptedRow, NewAdoption};
    let city = City::new().await;
    let mut tx = city.world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
    tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
    tx.commit().await.unwrap();
    let requirement = city.world.db().requirement_by_catalogue_id("1.1.2").await.unwrap().unwrap();
    let state = async || {
        let row = city.world.db().row(&REQUIREMENT, &requirement).await.unwrap().unwrap();
        (row.text("state").to_owned(), row.text("text").to_owned(), row.text("decision_id").to_owned())
    };
    let ask = async || {
        let rows = [AdoptedRow { id: &requirement, text: Some("当市の文"), ..AdoptedRow::default() }];
        let mut tx = city.world.store.write(&Actor::system(), "requirement.adopt").await.unwrap();
        let new = NewAdoption { state: "modified", reason: "当市の実情", rows: &rows };
        let id = tx.apply_for_adoption(&city.clerk, new).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    let (first, second) = (ask().await, ask().await);
    assert_eq!(state().await.0, "undecided");
    city.decide(&city.chief, &first).await.unwrap();
    assert_eq!(state().await, ("modified".to_owned(), "当市の文".to_owned(), first));
    assert!(matches!(city.decide(&city.chief, &second).await, Err(DecideError::SubjectChanged)));
}

#[tokio::test]
async fn an_account_comes_into_being_by_decision() {
    let city = City::new().await;
    let ask = async |change: &str, account: &str| {
        let mut tx = city.world.store.write(&Actor::system(), "account.request").await.unwrap();
        let application = Application {
            kind: "account",
            subject_noun: "account",
            subject_id: account,
            subject: serde_json::json!({
                "change": change, "account": account, "person": city.clerk.person_id, "login": "nakamura",
                "privileged": false,
            }),
            title: "アカウント",
            reason: "業務",
            ..Application::default()
        };
        let id = tx.apply(&city.clerk, application).await.unwrap();
        tx.commit().await.unwrap();
        id
    };
    let id = ask("create", "new").await;
    assert!(city.world.db().account_by_login("nakamura").await.unwrap().is_none());
    city.decide(&city.manager, &id).await.unwrap();
    let account = city.world.db().account_by_login("nakamura").await.unwrap().unwrap();
    assert_eq!(account.state, "active");
    let id = ask("disable", &account.account_id).await;
    city.decide(&city.manager, &id).await.unwrap();
    assert_eq!(city.world.db().account_by_login("nakamura").await.unwrap().unwrap().state, "disabled");
}
