//! Verdicts through the real write path: what holds, what breaks it, what time does to it, what an exception covers.

use sekisho_checks::{EVIDENCE_CHECK, evaluate_dirty, evaluate_due, preview};
use sekisho_domain::access::{Reach, Who};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_store::decision::{Answer, DecideError};
use sekisho_store::evidence::{NewEvidence, NewException};
use sekisho_store::keeper::Cosigned;
use sekisho_store::ledger::Sequencer;
use sekisho_store::{Actor, StoreError};
use testkit::World;

pub(crate) struct City {
    pub(crate) world: World,
    unit: String,
    pub(crate) staff: Who,
    pub(crate) ciso: Who,
}

impl City {
    pub(crate) async fn new() -> City {
        let world = World::new().await;
        let unit = world.section("0103", "情報政策課").await;
        let staff = world.person("佐藤", Role::Secretariat, &unit).await;
        let ciso = world.person("水谷", Role::Ciso, &unit).await;
        let mut tx = world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
        tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
        tx.commit().await.unwrap();
        world.staff_list(&unit).await;
        City { world, unit, staff, ciso }
    }

    async fn id(&self, catalogue_id: &str) -> String {
        self.world.db().requirement_by_catalogue_id(catalogue_id).await.unwrap().unwrap()
    }

    pub(crate) async fn adopt(&self, catalogue_id: &str) -> String {
        let id = self.id(catalogue_id).await;
        let mut tx = self.world.store.write(&Actor::system(), "requirement.adopt").await.unwrap();
        let row = tx.get(&REQUIREMENT, &id).await.unwrap();
        tx.adopt(row, "adopted", None, None, None).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn file(&self, requirement_id: &str, kind: &str, answer: Option<bool>, unit_id: Option<&str>) {
        let mut tx = self.world.store.write(&Actor::system(), "evidence.file").await.unwrap();
        let new = NewEvidence {
            requirement_id,
            unit_id,
            kind,
            title: "点検記録",
            answer,
            observed: tx.at(),
            source: "試験",
            reference: (kind == "record").then_some("情政第1号、書庫1"),
            ..NewEvidence::default()
        };
        tx.file_evidence(&self.staff, new).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Whether the store takes an observation of this kind from this person.
    async fn takes(&self, who: &Who, requirement_id: &str, kind: &str, unit_id: Option<&str>) -> bool {
        let mut tx = self.world.store.write(&Actor::system(), "evidence.file").await.unwrap();
        let new = NewEvidence {
            requirement_id,
            unit_id,
            kind,
            title: "点検記録",
            observed: tx.at(),
            source: "試験",
            ..NewEvidence::default()
        };
        tx.file_evidence(who, new).await.is_ok()
    }

    /// The verdict of one check after the evaluator has caught up; `-` when it says nothing.
    pub(crate) async fn verdict(&self, requirement_id: &str, check_id: &str) -> (String, String) {
        evaluate_dirty(&self.world.store).await.unwrap();
        evaluate_due(&self.world.store).await.unwrap();
        self.standing(requirement_id, check_id).await
    }

    /// The verdict of one check as it is written down.
    async fn standing(&self, requirement_id: &str, check_id: &str) -> (String, String) {
        let lines = self.world.db().verdict_history(requirement_id, 50).await.unwrap();
        let open = lines.into_iter().find(|v| v.to_ms.is_none() && v.check_id == check_id);
        open.map_or(("-".into(), String::new()), |v| (v.state, v.reason))
    }

    async fn state(&self, requirement_id: &str) -> String {
        self.verdict(requirement_id, EVIDENCE_CHECK).await.0
    }

    pub(crate) fn today(&self) -> Date {
        date_at(self.world.store.clock.now())
    }
}

#[tokio::test]
async fn evidence_is_unproven_then_holds_then_grows_stale() {
    let city = City::new().await;
    let undecided = city.id("1.1.2").await;
    assert_eq!(city.state(&undecided).await, "-", "an undecided row is not judged");
    let id = city.adopt("1.1.2").await;
    assert_eq!(city.state(&id).await, "unproven");
    city.file(&id, "record", None, None).await;
    assert_eq!(city.state(&id).await, "holds");
    city.world.clock.advance(2_000 * Ms::DAY);
    assert_eq!(city.state(&id).await, "stale");
    assert_eq!(city.world.db().verdict_history(&id, 50).await.unwrap().len(), 3, "written only on change");
}

#[tokio::test]
async fn an_exception_covers_what_does_not_hold_until_its_day() {
    let city = City::new().await;
    let id = city.adopt("1.1.2").await;
    let until = city.today().checked_add(jiff::Span::new().days(30)).unwrap();
    let mut tx = city.world.store.write(&Actor::system(), "exception.apply").await.unwrap();
    let new = NewException {
        requirement_id: &id,
        reason: "任命の手続中",
        substitute: "統括責任者が兼ねる",
        residual_risk: None,
        valid_from: city.today(),
        valid_to: until,
    };
    let decision = tx.apply_for_exception(&city.staff, new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&id).await, "unproven", "asked for is not granted");
    city.world.store.decide(&city.ciso, &decision, Answer::Approve, None).await.unwrap();
    assert_eq!(city.state(&id).await, "excepted");
    city.world.clock.advance(31 * Ms::DAY);
    assert_eq!(city.state(&id).await, "unproven", "it ends by itself");
}

#[tokio::test]
async fn a_rejection_counts_only_with_a_decision_and_until_its_day() {
    let city = City::new().await;
    let id = city.adopt("1.1.4").await;
    let until = city.today().checked_add(jiff::Span::new().days(30)).unwrap();
    let mut tx = city.world.store.write(&Actor::system(), "requirement.reject").await.unwrap();
    let ids = [id.clone()];
    let decision = tx.apply_for_rejection(&city.staff, &ids, "副CISOは置かない", until).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.state(&id).await, "unproven");
    city.world.store.decide(&city.ciso, &decision, Answer::Approve, None).await.unwrap();
    assert_eq!(city.state(&id).await, "na");
    city.world.clock.advance(31 * Ms::DAY);
    assert_eq!(city.state(&id).await, "-", "the answer has ended and the row is open again");
}

#[tokio::test]
async fn a_rejection_is_about_the_words_that_were_applied_for() {
    let city = City::new().await;
    let id = city.adopt("1.1.4").await;
    let until = city.today().checked_add(jiff::Span::new().days(30)).unwrap();
    let mut tx = city.world.store.write(&Actor::system(), "requirement.reject").await.unwrap();
    let ids = [id.clone()];
    let decision = tx.apply_for_rejection(&city.staff, &ids, "副CISOは置かない", until).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = city.world.store.write(&Actor::system(), "requirement.update").await.unwrap();
    let row = tx.get(&REQUIREMENT, &id).await.unwrap();
    tx.update(row.set("text", "別の要求")).await.unwrap();
    tx.commit().await.unwrap();
    let answer = city.world.store.decide(&city.ciso, &decision, Answer::Approve, None).await;
    assert!(matches!(answer, Err(DecideError::SubjectChanged)), "{answer:?}");
    let row = city.world.db().row(&REQUIREMENT, &id).await.unwrap().unwrap();
    assert_eq!(row.text("state"), "adopted", "nothing was rejected");
}

#[tokio::test]
async fn a_self_declaration_needs_every_section_and_names_who_is_missing() {
    let city = City::new().await;
    city.world.section("0204", "税務課").await;
    let id = city.adopt("5.4.1").await;
    let (state, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert_eq!(state, "unproven");
    assert!(reason.contains("2課のうち2課"), "{reason}");
    city.file(&id, "attestation", Some(true), Some("0103")).await;
    let (state, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert_eq!(state, "unproven");
    assert!(reason.contains("税務課"), "{reason}");
    city.file(&id, "attestation", Some(false), Some("0204")).await;
    assert_eq!(city.state(&id).await, "broken");
    city.world.clock.advance(Ms::HOUR);
    city.file(&id, "attestation", Some(true), Some("0204")).await;
    let (state, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert_eq!(state, "holds");
    assert!(reason.starts_with("自己申告"), "{reason}");
}

/// Titles of requirements repeat: what is asked for stands with the task, and with the one above that hears of it.
#[tokio::test]
async fn an_inbox_says_what_the_evidence_is_for() {
    let city = City::new().await;
    let id = city.adopt("1.1.2").await;
    city.file(&id, "record", None, None).await;
    city.world.clock.advance(2_000 * Ms::DAY);
    city.world.store.derive_tasks().await.unwrap();
    city.world.store.derive_tasks().await.unwrap();
    let asked = city.world.db().row(&REQUIREMENT, &id).await.unwrap().unwrap();
    let on = city.today();
    let mut kinds = Vec::new();
    for role in [Role::Secretariat, Role::Ciso, Role::ChiefOfficer] {
        let who = city.world.person(&format!("{}二", role.code()), role, "0103").await;
        for task in city.world.db().tasks_of(&who, on, ("", ""), 50).await.unwrap() {
            if task.title.contains("証拠を新しくする") {
                assert_eq!(task.asks.as_deref(), Some(asked.text("text")), "{task:?}");
                kinds.push(task.kind);
            }
        }
    }
    assert!(kinds.contains(&"evidence".to_owned()) && kinds.contains(&"escalated".to_owned()), "{kinds:?}");
}

/// Evidence for the whole city, and a role that every section has: it is renewed where it came from, not by everybody.
#[tokio::test]
async fn evidence_for_the_whole_city_is_renewed_by_one_section() {
    let city = City::new().await;
    city.world.section("0204", "税務課").await;
    let ours = city.world.person("井上", Role::Manager, "0103").await;
    let theirs = city.world.person("田中", Role::Manager, "0204").await;
    let id = city.adopt("2.2.23").await;
    city.file(&id, "record", None, None).await;
    city.world.clock.advance(2_000 * Ms::DAY);
    city.world.store.derive_tasks().await.unwrap();
    let on = city.today();
    let asked = async |who: &Who| {
        let tasks = city.world.db().tasks_of(who, on, ("", ""), 50).await.unwrap();
        tasks.iter().filter(|task| task.kind == "evidence").count()
    };
    assert_eq!((asked(&ours).await, asked(&theirs).await), (1, 0));
}

/// A red mark is on somebody's list: the section that said no is asked, and the others are not; once it says yes the
/// task is gone. The day it is due counts from when it appeared.
#[tokio::test]
async fn what_does_not_hold_is_on_the_list_of_the_section_that_can_mend_it() {
    let city = City::new().await;
    city.world.section("0204", "税務課").await;
    let ours = city.world.person("井上", Role::Manager, "0103").await;
    let theirs = city.world.person("田中", Role::Manager, "0204").await;
    let id = city.adopt("5.4.1").await;
    city.file(&id, "attestation", Some(true), Some("0103")).await;
    city.file(&id, "attestation", Some(false), Some("0204")).await;
    assert_eq!(city.state(&id).await, "broken");
    let mends = async |who: &Who| {
        city.world.store.derive_tasks().await.unwrap();
        let tasks = city.world.db().tasks_of(who, city.today(), ("", ""), 50).await.unwrap();
        tasks.into_iter().filter(|task| task.kind == "mend").collect::<Vec<_>>()
    };
    let asked = mends(&theirs).await;
    assert_eq!((mends(&ours).await.len(), asked.len()), (0, 1), "{asked:?}");
    assert_eq!((asked[0].due_rule.as_str(), asked[0].source_id.as_str()), ("business:10", id.as_str()));
    assert!(asked[0].asks.is_some() && asked[0].href.ends_with(&id), "{asked:?}");
    assert_eq!(city.world.store.derive_tasks().await.unwrap(), 0, "nothing new, nothing written");
    city.world.clock.advance(3 * Ms::DAY);
    assert_eq!(mends(&theirs).await[0].due_on, asked[0].due_on);
    city.file(&id, "attestation", Some(true), Some("0204")).await;
    assert_eq!(city.state(&id).await, "holds");
    assert!(mends(&theirs).await.is_empty());
}

/// Where a verdict names nobody and nobody in particular holds the role, the office is asked rather than everybody.
#[tokio::test]
async fn what_nobody_in_particular_can_mend_comes_to_the_office() {
    let city = City::new().await;
    let id = city.adopt("1.1.2").await;
    city.file(&id, "attestation", Some(false), None).await;
    assert_eq!(city.state(&id).await, "broken");
    let mends = async |who: &Who| {
        city.world.store.derive_tasks().await.unwrap();
        let tasks = city.world.db().tasks_of(who, city.today(), ("", ""), 50).await.unwrap();
        tasks.iter().filter(|task| task.kind == "mend").count()
    };
    let role = city.world.db().row(&REQUIREMENT, &id).await.unwrap().unwrap().text("role").to_owned();
    assert_eq!(role, "ciso");
    assert_eq!((mends(&city.ciso).await, mends(&city.staff).await), (1, 0), "one person holds the role");
    city.world.section("0204", "税務課").await;
    city.world.person("井上", Role::Manager, "0103").await;
    city.world.person("田中", Role::Manager, "0204").await;
    let of_many = city.adopt("2.2.23").await;
    city.file(&of_many, "attestation", Some(false), None).await;
    assert_eq!((city.state(&of_many).await.as_str(), mends(&city.staff).await), ("broken", 1));
}

/// Green only over the whole population: the paper of one section says nothing about another.
#[tokio::test]
async fn one_section_does_not_speak_for_the_others() {
    let city = City::new().await;
    city.world.section("0204", "税務課").await;
    let id = city.adopt("5.1.1").await;
    city.file(&id, "record", None, Some("0204")).await;
    let (state, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert_eq!(state, "unproven");
    assert!(reason.contains("2の組織のうち1について") && reason.contains("情報政策課"), "{reason}");
    // What was looked at in the whole city speaks for all of them, until one files something newer of its own.
    city.world.clock.advance(Ms::HOUR);
    city.file(&id, "record", None, None).await;
    assert_eq!(city.state(&id).await, "holds");
    city.world.clock.advance(2_000 * Ms::DAY);
    city.file(&id, "record", None, Some("0103")).await;
    let (state, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert_eq!(state, "stale");
    assert!(reason.contains("税務課") && !reason.contains("情報政策課"), "{reason}");

    // A row of the CISO is not proved by what a section files about itself.
    let id = city.adopt("1.1.2").await;
    city.file(&id, "record", None, Some("0204")).await;
    let (state, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert_eq!(state, "unproven");
    assert!(reason.contains("ほかの1の組織"), "{reason}");
    // A new seat of the role widens the population at once.
    city.file(&id, "record", None, Some("0103")).await;
    assert_eq!(city.state(&id).await, "holds");
    city.world.person("山田", Role::Ciso, "0204").await;
    city.world.section("0305", "福祉課").await;
    city.world.person("田中", Role::Ciso, "0305").await;
    assert_eq!(city.state(&id).await, "unproven");
}

#[tokio::test]
async fn what_proves_nothing_is_not_taken() {
    let city = City::new().await;
    city.world.section("0204", "税務課").await;
    let manager = city.world.person("谷口", Role::Manager, "0204").await;
    let clerk = city.world.person("山室", Role::SectionStaff, "0204").await;
    let (always, event, asked) =
        (city.adopt("5.1.1").await, city.adopt("5.4.10").await, city.adopt("5.4.1").await);
    assert!(!city.takes(&city.staff, &always, "record", None).await, "neither a file nor a place");
    assert!(!city.takes(&city.staff, &asked, "record", None).await, "a self-declaration without an answer");
    assert!(!city.takes(&city.staff, &always, "zero", None).await, "nothing happens all the time");
    assert!(!city.takes(&city.staff, &asked, "zero", None).await);
    assert!(city.takes(&city.staff, &event, "zero", None).await, "the office that asked everybody");
    assert!(city.takes(&manager, &event, "zero", Some("0204")).await, "the seat that answers");
    assert!(!city.takes(&manager, &event, "zero", Some("0103")).await, "for itself only");
    assert!(!city.takes(&manager, &event, "zero", None).await);
    assert!(!city.takes(&clerk, &event, "zero", Some("0204")).await, "not somebody else of the section");
}

#[tokio::test]
async fn what_was_known_then_does_not_change() {
    let city = City::new().await;
    let id = city.adopt("1.1.2").await;
    let then = city.world.store.clock.now();
    city.world.clock.advance(40 * Ms::DAY);
    let mut tx = city.world.store.write(&Actor::system(), "evidence.file").await.unwrap();
    let new = NewEvidence {
        requirement_id: &id,
        kind: "record",
        title: "任命書",
        observed: then,
        source: "試験",
        reference: Some("人事第3号、人事課の書庫"),
        ..NewEvidence::default()
    };
    tx.file_evidence(&city.staff, new).await.unwrap();
    tx.commit().await.unwrap();

    let now = city.world.store.clock.now();
    let recorded =
        preview(city.world.db(), std::slice::from_ref(&id), then, then).await.unwrap().remove(&id).unwrap();
    let known_now =
        preview(city.world.db(), std::slice::from_ref(&id), then, now).await.unwrap().remove(&id).unwrap();
    assert_eq!(recorded.state.code(), "unproven");
    assert_eq!(known_now.state.code(), "holds");
    let (_, reason) = city.verdict(&id, EVIDENCE_CHECK).await;
    assert!(reason.contains("40日後に登録"), "late filing is said: {reason}");
}

#[tokio::test]
async fn an_empty_population_proves_nothing() {
    let world = World::new().await;
    let mut tx = world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
    tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.store.write(&Actor::system(), "requirement.adopt").await.unwrap();
    for check in sekisho_checks::CHECKS {
        for id in check.requirements {
            let id = world.db().requirement_by_catalogue_id(id).await.unwrap().unwrap();
            let row = tx.get(&REQUIREMENT, &id).await.unwrap();
            if row.text("state") == "undecided" {
                tx.adopt(row, "adopted", None, None, None).await.unwrap();
            }
        }
    }
    tx.commit().await.unwrap();
    evaluate_dirty(&world.store).await.unwrap();
    let judged = world.db().judged(world.store.clock.now()).await.unwrap();
    let green: Vec<_> =
        judged.iter().filter(|j| j.state.as_deref() == Some("holds")).map(|j| &j.reason).collect();
    // What the city itself just did (adopting rows without a standard) is seen, and is not green either.
    assert!(green.is_empty(), "{green:?}");
}

#[tokio::test]
async fn a_section_without_manager_and_an_orphaned_account_are_named() {
    let city = City::new().await;
    let managers = city.adopt("1.4.1").await;
    let accounts = city.adopt("6.2.4").await;
    let manager = city.world.person("井上", Role::Manager, "0103").await;
    assert_eq!(city.verdict(&managers, "sections_have_managers").await.0, "holds");
    let mut tx = city.world.store.write(&Actor::system(), "account.create").await.unwrap();
    tx.create_account(&manager.person_id, "inoue", false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&accounts, "accounts_have_seats").await.0, "holds");

    let mut tx = city.world.store.write(&Actor::system(), "person.leave").await.unwrap();
    tx.person_leaves(&manager.person_id, city.today()).await.unwrap();
    tx.commit().await.unwrap();
    let (state, reason) = city.verdict(&managers, "sections_have_managers").await;
    assert_eq!(state, "broken");
    assert!(reason.contains("情報政策課"), "{reason}");
    let (state, reason) = city.verdict(&accounts, "accounts_have_seats").await;
    assert_eq!(state, "broken");
    assert!(reason.contains("inoue"), "{reason}");
}

#[tokio::test]
async fn privileged_accounts_need_two_kinds_of_credential() {
    let city = City::new().await;
    let id = city.adopt("6.2.12").await;
    let mut tx = city.world.store.write(&Actor::system(), "account.create").await.unwrap();
    let account = tx.create_account(&city.staff.person_id, "sato", true).await.unwrap();
    tx.set_credential(&account, "password", "hash", false).await.unwrap();
    tx.commit().await.unwrap();
    let check = "privileged_accounts_have_two_factors";
    assert_eq!(city.verdict(&id, check).await.0, "broken");
    let mut tx = city.world.store.write(&Actor::system(), "credential.enrol").await.unwrap();
    tx.set_credential(&account, "totp", "seed", false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&id, check).await.0, "holds");
}

#[tokio::test]
async fn confirmations_and_drills_age() {
    let city = City::new().await;
    let outside = city.adopt("6.1.9").await;
    let restore = city.adopt("6.1.5").await;
    assert_eq!(city.verdict(&outside, "checkpoint_is_kept_outside").await.0, "unproven");
    let auditor = city.world.person("監査", Role::Auditor, &city.unit).await.person_id;
    let secretariat = city.world.person("運用", Role::Secretariat, &city.unit).await.person_id;
    let mut tx = city.world.store.write(&Actor::system(), "assurance").await.unwrap();
    // Whoever runs the system does not vouch for what lies outside it, and neither does the one who decides.
    for person in [&city.ciso.person_id, &secretariat] {
        let refused = tx.confirm_outside(1, "root", "金庫", person).await;
        assert!(matches!(refused, Err(StoreError::IllegalMove(_))), "{refused:?}");
        assert!(tx.confirm_witness("key", "name", "県", person).await.is_err());
    }
    tx.confirm_outside(1, "root", "監査委員事務局", &auditor).await.unwrap();
    let at = tx.at();
    tx.record_restore(at, "00", 1, "root", true).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&outside, "checkpoint_is_kept_outside").await.0, "holds");
    assert_eq!(city.verdict(&restore, "restore_is_tested").await.0, "holds");
    city.world.clock.advance(8 * Ms::DAY);
    assert_eq!(city.verdict(&outside, "checkpoint_is_kept_outside").await.0, "broken");
    // A witness's signature counts from the day on which an auditor has compared its key, and until it is ended.
    let mut tx = city.world.store.write(&Actor::system(), "assurance").await.unwrap();
    let signed_s = tx.at().0 / 1_000;
    let cosigned = Cosigned { key: "w+1+k", size: 9, root: "root", signed_s, note: "note" };
    tx.keep_cosignature(cosigned).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&outside, "checkpoint_is_kept_outside").await.0, "broken");
    let mut tx = city.world.store.write(&Actor::system(), "assurance").await.unwrap();
    tx.confirm_witness("w+1+k", "w", "県", &auditor).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&outside, "checkpoint_is_kept_outside").await.0, "holds");
    let witness = city.world.db().ledger_witnesses().await.unwrap().remove(0);
    let mut tx = city.world.store.write(&Actor::system(), "assurance").await.unwrap();
    tx.end_witness(&witness.id, &auditor).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&outside, "checkpoint_is_kept_outside").await.0, "broken");
    city.world.clock.advance(365 * Ms::DAY);
    assert_eq!(city.verdict(&restore, "restore_is_tested").await.0, "broken");
}

#[tokio::test]
async fn a_checkpoint_that_does_not_leave_is_seen() {
    let city = City::new().await;
    let id = city.adopt("6.1.9").await;
    let check = "checkpoints_leave_by_themselves";
    assert_eq!(city.verdict(&id, check).await.0, "unproven", "no place is named");
    city.world.store.set_keepers(&[("監査", "folder"), ("県", "witness")]).await.unwrap();
    for (keeper, says) in [("監査", "unproven"), ("県", "holds")] {
        let mut tx = city.world.store.write(&Actor::system(), "checkpoint.leave").await.unwrap();
        tx.checkpoint_left(keeper, "folder", 3, "root").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(city.verdict(&id, check).await.0, says, "{keeper}");
    }
    city.world.clock.advance(2 * Ms::DAY);
    city.world.store.keeper_failed("県", "つながりません").await.unwrap();
    let mut tx = city.world.store.write(&Actor::system(), "checkpoint.leave").await.unwrap();
    tx.checkpoint_left("監査", "folder", 4, "root").await.unwrap();
    tx.commit().await.unwrap();
    let (state, reason) = city.verdict(&id, check).await;
    assert_eq!(state, "broken");
    assert!(reason.contains("(県)"), "{reason}");
    // A place that the settings no longer name is not waited for.
    city.world.store.set_keepers(&[("監査", "folder")]).await.unwrap();
    let mut tx = city.world.store.write(&Actor::system(), "checkpoint.leave").await.unwrap();
    tx.checkpoint_left("監査", "folder", 5, "root").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.verdict(&id, check).await.0, "holds");
}

/// Entries that nobody seals are seen within minutes, and nothing is written while all is well.
#[tokio::test]
async fn an_unsealed_log_is_seen_within_minutes() {
    let city = City::new().await;
    let id = city.adopt("6.1.12").await;
    let sequencer = Sequencer::open(&city.world.store, &city.world.data).await.unwrap();
    sequencer.run_once().await.unwrap();
    let check = "ledger_is_sealed";
    assert_eq!(city.verdict(&id, check).await.0, "holds");
    sequencer.run_once().await.unwrap();
    let size = city.world.db().ledger_head().await.unwrap().size;
    for _ in 0..3 {
        city.world.clock.advance(10 * Ms::MINUTE);
        evaluate_due(&city.world.store).await.unwrap();
    }
    let head = city.world.db().ledger_head().await.unwrap();
    assert_eq!((head.size, head.pending), (size, 0), "the same answer is written once");
    let mut tx = city.world.store.write(&Actor::system(), "restore.test").await.unwrap();
    let at = tx.at();
    tx.record_restore(at, "00", 1, "root", true).await.unwrap();
    tx.commit().await.unwrap();
    city.world.clock.advance(21 * Ms::MINUTE);
    evaluate_due(&city.world.store).await.unwrap();
    assert_eq!(city.standing(&id, check).await.0, "broken");
}

/// Every check has a title, a row that exists, and SQL that both databases prepare (see `schema.rs`).
#[test]
fn checks_speak_for_rows_that_exist() {
    let mut ids = std::collections::BTreeSet::new();
    for check in sekisho_checks::CHECKS {
        assert!(ids.insert(check.id), "{} twice", check.id);
        assert!(!check.requirements.is_empty());
        for id in check.requirements {
            let found = sekisho_catalogue::catalogue().requirements.iter().any(|r| r.id.as_str() == *id);
            assert!(found, "{}: no row {id}", check.id);
        }
        for noun in check.reads {
            assert!(sekisho_domain::noun(noun).is_some(), "{}: no noun {noun}", check.id);
        }
    }
    assert!(ids.len() >= 15);
    // Each is driven by a test of these files: what nobody ever saw red is not a check.
    let driven = [
        include_str!("checks.rs"),
        include_str!("network.rs"),
        include_str!("people_checks.rs"),
        include_str!("policy_checks.rs"),
        include_str!("register_checks.rs"),
    ];
    for id in &ids {
        assert!(driven.iter().any(|file| file.contains(id)), "{id} is driven by no test");
    }
    let documented = include_str!("../../../docs/checks.md");
    for id in ids {
        assert!(documented.contains(&format!("| `{id}` |")), "docs/checks.md does not name {id}");
    }
}

/// Three exceptions from one clause are a defect of the policy.
#[tokio::test]
async fn a_clause_excepted_again_and_again_is_named() {
    let city = City::new().await;
    let watched = city.adopt("7.4.3").await;
    let check = "exceptions_do_not_repeat";
    assert_eq!(city.verdict(&watched, check).await.0, "unproven");
    let id = city.adopt("1.1.2").await;
    for nth in 1..=3 {
        let mut tx = city.world.store.write(&Actor::system(), "exception.apply").await.unwrap();
        let new = NewException {
            requirement_id: &id,
            reason: "任命の手続中",
            substitute: "統括責任者が兼ねる",
            residual_risk: Some("兼ねる人が不在の日がある"),
            valid_from: city.today(),
            valid_to: city.today().checked_add(jiff::Span::new().days(30)).unwrap(),
        };
        let decision = tx.apply_for_exception(&city.staff, new).await.unwrap();
        tx.commit().await.unwrap();
        city.world.store.decide(&city.ciso, &decision, Answer::Approve, None).await.unwrap();
        let (state, reason) = city.verdict(&watched, check).await;
        assert_eq!(state, if nth < 3 { "holds" } else { "broken" }, "{reason}");
        let listed = city.world.db().exceptions("now", &Reach::All, "", city.today()).await.unwrap();
        assert!(listed.iter().all(|line| line.times == nth && line.decision_id.is_some()), "{listed:?}");
        city.world.clock.advance(60 * Ms::DAY);
    }
    let past = city.world.db().exceptions("past", &Reach::All, "", city.today()).await.unwrap();
    assert_eq!(past.len(), 3, "each ended by itself");
    // Three years later they no longer count.
    city.world.clock.advance(1_100 * Ms::DAY);
    assert_eq!(city.verdict(&watched, check).await.0, "holds");
}
