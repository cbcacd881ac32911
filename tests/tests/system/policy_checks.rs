//! Checks of the 体制, of the documents in force and of the ledger, each driven to holds and to broken.

use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, plus_days};
use sekisho_domain::delegation::SAME_PERSON;
use sekisho_domain::exception::EXCEPTION;
use sekisho_domain::noun::Row;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_policy::{Clause, Document, Revision};
use sekisho_store::Actor;
use sekisho_store::decision::Answer;
use sekisho_store::document::{NewRevision, Seen};
use sekisho_store::evidence::NewException;
use sekisho_store::ledger::Sequencer;

use crate::checks::City;

impl City {
    async fn insert(&self, row: Row) -> String {
        let mut tx = self.world.store.write(&Actor::system(), "test.setup").await.unwrap();
        let id = tx.new_id();
        tx.insert(Row { id: id.clone(), ..row }).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn judged(&self, requirement_id: &str, check_id: &str) -> String {
        self.verdict(requirement_id, check_id).await.0
    }

    /// A document from file to being in force on a day, with the lines of its 改定履歴. Returns (document, revision).
    async fn in_force(&self, kind: &'static str, on: Date, history: &[(Date, Date)]) -> (String, String) {
        let clause =
            Clause {
                id: "c1".into(), label: "1".into(), text: "目的".into(), line: 1, ..Clause::default()
            };
        let revisions = (1..).zip(history).map(|(n, (revised_on, effective_on))| Revision {
            version: Some(format!("{n}")),
            revised_on: Some(*revised_on),
            effective_on: Some(*effective_on),
            ..Revision::default()
        });
        let parsed = Document {
            title: Some(kind.into()),
            clauses: vec![clause],
            revisions: revisions.collect(),
            ..Document::default()
        };
        let mut tx = self.world.store.write(&Actor::system(), "revision.import").await.unwrap();
        let saved = tx
            .save_revision(NewRevision {
                document_id: None,
                kind,
                visibility: "public",
                owner_unit_id: None,
                review_months: 12,
                parsed: &parsed,
                title: kind,
                edition: "1",
                revised_on: None,
                effective_on: Some(on),
                source_name: "a.txt",
                source_sha256: "00",
                confirmed: &[],
            })
            .await
            .unwrap();
        let decision = tx.submit_revision(&self.staff, &saved.revision_id, "定める").await.unwrap();
        tx.commit().await.unwrap();
        self.world.store.decide(&self.ciso, &decision, Answer::Approve, None).await.unwrap();
        (saved.document_id, saved.revision_id)
    }
}

#[tokio::test]
async fn one_person_sits_in_each_seat_of_the_top() {
    let city = City::new().await;
    for (row, check, role) in
        [("1.1.1", "ciso_in_office", Role::Ciso), ("1.2.1", "chief_officer_in_office", Role::ChiefOfficer)]
    {
        let id = city.adopt(row).await;
        if role != Role::Ciso {
            assert_eq!(city.judged(&id, check).await, "broken", "{check}: nobody");
            city.world.person("深沢", role, "0103").await;
        }
        assert_eq!(city.judged(&id, check).await, "holds", "{check}");
        city.world.person(role.code(), role, "0103").await;
        assert_eq!(city.judged(&id, check).await, "broken", "{check}: two");
    }
}

#[tokio::test]
async fn departments_have_officers() {
    let (city, check) = (City::new().await, "departments_have_officers");
    let id = city.adopt("1.3.1").await;
    assert_eq!(city.judged(&id, check).await, "unproven", "no department");
    let row = Row::new(&SECTION, "")
        .set("unit_id", "01")
        .set("code", "01")
        .set("name", "総務部")
        .set("kind", "department")
        .set("managed", false)
        .set("sort_key", "01")
        .set("valid_from", "2020-04-01");
    city.insert(row).await;
    assert_eq!(city.judged(&id, check).await, "broken");
    city.world.person("井上", Role::Officer, "01").await;
    assert_eq!(city.judged(&id, check).await, "holds");
}

#[tokio::test]
async fn roles_have_incumbents() {
    let (city, check) = (City::new().await, "roles_have_incumbents");
    let id = city.adopt("1.2.7").await;
    assert_eq!(city.judged(&id, check).await, "unproven", "roles nobody was ever named for");
    let mut last = None;
    for role in Role::REQUIRED.into_iter().filter(|r| *r != Role::Ciso) {
        last = Some(city.world.person(role.code(), role, "0103").await);
    }
    assert_eq!(city.judged(&id, check).await, "holds");
    let mut tx = city.world.store.write(&Actor::system(), "person.leave").await.unwrap();
    tx.person_leaves(&last.unwrap().person_id, city.today()).await.unwrap();
    tx.commit().await.unwrap();
    let (state, reason) = city.verdict(&id, check).await;
    assert_eq!(state, "broken");
    assert!(reason.contains("監査統括責任者"), "{reason}");
}

#[tokio::test]
async fn auditors_are_independent() {
    let (city, check) = (City::new().await, "auditors_are_independent");
    let id = city.adopt("1.8.2").await;
    assert_eq!(city.judged(&id, check).await, "unproven");
    let auditor = city.world.person("浜口", Role::Auditor, "0103").await;
    assert_eq!(city.judged(&id, check).await, "holds");
    let row = Row::new(&ASSIGNMENT, "")
        .set("person_id", auditor.person_id.as_str())
        .set("position_id", city.staff.seats[0].position_id.as_str())
        .set("unit_id", "0103")
        .set("kind", "concurrent")
        .set("valid_from", "2020-04-01");
    city.insert(row).await;
    assert_eq!(city.judged(&id, check).await, "broken");
}

/// An exception asked for by one and granted by another; then it comes out that both are one person.
#[tokio::test]
async fn decisions_are_taken_by_others() {
    let city = City::new().await;
    let (others, decided) = (city.adopt("1.8.1").await, city.adopt("7.4.1").await);
    let excepted = city.adopt("1.1.2").await;
    assert_eq!(city.judged(&others, "applicant_is_not_approver").await, "unproven");
    assert_eq!(city.judged(&decided, "exceptions_are_decided").await, "unproven");
    let mut tx = city.world.store.write(&Actor::system(), "exception.apply").await.unwrap();
    let new = NewException {
        requirement_id: &excepted,
        reason: "任命の手続中",
        substitute: "統括責任者が兼ねる",
        residual_risk: None,
        valid_from: city.today(),
        valid_to: plus_days(city.today(), 30),
    };
    let decision = tx.apply_for_exception(&city.staff, new).await.unwrap();
    tx.commit().await.unwrap();
    city.world.store.decide(&city.ciso, &decision, Answer::Approve, None).await.unwrap();
    assert_eq!(city.judged(&others, "applicant_is_not_approver").await, "holds");
    assert_eq!(city.judged(&decided, "exceptions_are_decided").await, "holds");

    let row = Row::new(&SAME_PERSON, "")
        .set("person_id", city.staff.person_id.as_str())
        .set("other_id", city.ciso.person_id.as_str())
        .set("reason", "旧姓の職員番号");
    city.insert(row).await;
    assert_eq!(city.judged(&others, "applicant_is_not_approver").await, "broken");
    let row = Row::new(&EXCEPTION, "")
        .set("requirement_id", excepted.as_str())
        .set("reason", "口頭の許可")
        .set("substitute", "なし")
        .set("valid_from", city.today())
        .set("valid_to", plus_days(city.today(), 30))
        .set("state", "granted");
    city.insert(row).await;
    assert_eq!(city.judged(&decided, "exceptions_are_decided").await, "broken");
}

#[tokio::test]
async fn documents_are_reviewed_before_their_day_is_over() {
    let city = City::new().await;
    let (reviewed, current) = (city.adopt("9.3.1").await, city.adopt("9.3.4").await);
    let day = city.today();
    let states = async |says: &str| {
        assert_eq!(city.judged(&reviewed, "policy_is_reviewed").await, says, "policy, {}", city.today());
        assert_eq!(city.judged(&current, "regulations_are_current").await, says, "all, {}", city.today());
    };
    states("unproven").await;
    let (document, _) = city.in_force("policy", day, &[]).await;
    states("holds").await;
    // Twelve months: the anniversary is still in time, the day after is not.
    let year = day.checked_add(jiff::Span::new().years(1)).unwrap();
    let until = |to: Date| i64::from(city.today().until(to).unwrap().get_days());
    city.world.clock.advance(until(year) * Ms::DAY);
    states("holds").await;
    city.world.clock.advance(Ms::DAY);
    states("broken").await;
    let mut tx = city.world.store.write(&Actor::system(), "document.review").await.unwrap();
    tx.review_document(&document, city.today()).await.unwrap();
    tx.commit().await.unwrap();
    states("holds").await;
}

#[tokio::test]
async fn the_history_ends_with_the_edition_in_force() {
    let (city, check) = (City::new().await, "revision_history_is_complete");
    let id = city.adopt("9.3.3").await;
    let day = |n: i32| plus_days(city.today(), n);
    assert_eq!(city.judged(&id, check).await, "unproven");
    city.in_force("policy", day(-30), &[(day(-400), day(-390)), (day(-40), day(-30))]).await;
    assert_eq!(city.judged(&id, check).await, "holds");
    // The next edition came into force and nobody wrote its line.
    city.in_force("policy", day(0), &[(day(-400), day(-390)), (day(-40), day(-30))]).await;
    assert_eq!(city.judged(&id, check).await, "broken");
    city.world.clock.advance(Ms::DAY);
    city.in_force("policy", day(0), &[(day(-40), day(-30)), (day(-400), day(-390)), (day(-1), day(0))]).await;
    assert_eq!(city.judged(&id, check).await, "broken", "out of order");
}

#[tokio::test]
async fn what_is_public_and_in_force_was_seen_outside() {
    let city = City::new().await;
    let (published, adopted) = (city.adopt("9.3.5").await, city.adopt("P1.1").await);
    let (policy, standard) = ("policy_is_published", "bodies_adopted_the_policy");
    assert_eq!(city.judged(&published, policy).await, "unproven");
    assert_eq!(city.judged(&adopted, standard).await, "unproven");
    let publish = async |revision: &str, same_as: &str, words: Option<&str>| {
        // Ids are as old as their records.
        city.world.clock.advance(Ms::SECOND);
        let mut tx = city.world.store.write(&Actor::system(), "publication.record").await.unwrap();
        let url = "https://www.city.example.jp/policy";
        let (on, person_id) = (city.today(), city.staff.person_id.as_str());
        let words = words.map(|words| (words, "{}"));
        let seen = Seen { url, on, sha256: "00", same_as, words, person_id };
        tx.record_publication(revision, seen).await.unwrap();
        tx.commit().await.unwrap();
    };
    let (_, revision) = city.in_force("policy", city.today(), &[]).await;
    assert_eq!(city.judged(&published, policy).await, "broken");
    for words in [None, Some("differ"), Some("unread")] {
        publish(&revision, "other", words).await;
        assert_eq!(city.judged(&published, policy).await, "broken", "another file, {words:?}");
    }
    publish(&revision, "other", Some("agree")).await;
    assert_eq!(city.judged(&published, policy).await, "holds", "the same words, set by somebody else");
    publish(&revision, "other", Some("unread")).await;
    assert_eq!(city.judged(&published, policy).await, "holds", "nothing is known against it");
    publish(&revision, "other", Some("differ")).await;
    assert_eq!(city.judged(&published, policy).await, "broken", "the web site says something else by now");
    publish(&revision, "pdf", None).await;
    assert_eq!(city.judged(&published, policy).await, "holds");
    let (_, further) = city.in_force("standard", city.today(), &[]).await;
    let (state, reason) = city.verdict(&published, policy).await;
    assert_eq!(state, "broken");
    assert!(reason.contains("standard"), "a public 対策基準 is published too: {reason}");
    publish(&further, "html", None).await;
    assert_eq!(city.judged(&published, policy).await, "holds");

    assert_eq!(city.judged(&adopted, standard).await, "broken");
    let mut tx = city.world.store.write(&Actor::system(), "adoption.record").await.unwrap();
    tx.record_adoption(&revision, "市長", city.today(), Some("政策第1号")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.judged(&adopted, standard).await, "holds");
}

#[tokio::test]
async fn the_standard_covers_what_was_adopted_and_follows_the_policy() {
    let city = City::new().await;
    let (covers, follows) = (city.adopt("P10.1").await, city.adopt("P3.1").await);
    let (covered, based) = ("standard_covers_adopted_rows", "standard_follows_the_policy");
    let other = city.adopt("1.1.1").await;
    let (_, standard) = city.in_force("standard", city.today(), &[]).await;
    assert_eq!(city.judged(&covers, covered).await, "broken");
    assert_eq!(city.judged(&follows, based).await, "unproven", "no policy in force");
    let clause = city.world.db().clauses(&standard).await.unwrap().remove(0).clause_id;
    for id in [&covers, &follows, &other] {
        let mut tx = city.world.store.write(&Actor::system(), "requirement.lay_down").await.unwrap();
        let row = tx.get(&REQUIREMENT, id).await.unwrap();
        tx.update(row.set("standard_clause_id", clause.as_str())).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(city.judged(&covers, covered).await, "holds");
    city.in_force("policy", city.today(), &[]).await;
    assert_eq!(city.judged(&follows, based).await, "holds");
    city.world.clock.advance(30 * Ms::DAY);
    city.in_force("policy", city.today(), &[]).await;
    assert_eq!(city.judged(&follows, based).await, "broken", "the policy moved on");
}

#[tokio::test]
async fn entries_are_sealed_and_handed_out_passwords_replaced() {
    let city = City::new().await;
    let (sealed, replaced) = (city.adopt("6.1.12").await, city.adopt("5.4.12").await);
    let (ledger, password) = ("ledger_is_sealed", "one_time_passwords_are_replaced");
    assert_eq!(city.judged(&sealed, ledger).await, "unproven");
    assert_eq!(city.judged(&replaced, password).await, "unproven");
    let mut tx = city.world.store.write(&Actor::system(), "account.create").await.unwrap();
    let account = tx.create_account(&city.staff.person_id, "sato", false).await.unwrap();
    tx.set_credential(&account, "password", "$argon2id$", true).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(city.judged(&replaced, password).await, "holds");
    city.world.clock.advance(31 * Ms::DAY);
    assert_eq!(city.judged(&replaced, password).await, "broken");
    assert_eq!(city.judged(&sealed, ledger).await, "unproven", "nothing was ever sealed");
    Sequencer::open(&city.world.store, &city.world.data).await.unwrap().run_once().await.unwrap();
    city.world.clock.advance(Ms::DAY);
    assert_eq!(city.judged(&sealed, ledger).await, "holds");
    // That verdict is itself an entry, and a day later it still waits for its seal.
    city.world.clock.advance(Ms::DAY);
    assert_eq!(city.judged(&sealed, ledger).await, "broken");
}
