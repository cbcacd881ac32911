//! 申請・決裁 through the real write path: a revision from file to being in force, and everything that must not
//! happen on the way.

use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::document::{CLAUSE_TEXT, REVISION};
use sekisho_domain::noun::Row;
use sekisho_domain::role::Role;
use sekisho_policy::compare::{Change, Proposal};
use sekisho_policy::{Clause, Document};
use sekisho_store::decision::{Answer, DecideError};
use sekisho_store::document::{NewRevision, SavedRevision};
use sekisho_store::page::ClauseLine;
use sekisho_store::{Actor, StoreError};
use testkit::World;

struct City {
    world: World,
    staff: Who,
    ciso: Who,
    chief: Who,
}

async fn city() -> City {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    let staff = world.person("佐藤", Role::Secretariat, &unit).await;
    let ciso = world.person("水谷", Role::Ciso, &unit).await;
    let chief = world.person("深沢", Role::ChiefOfficer, &unit).await;
    City { world, staff, ciso, chief }
}

fn clause(id: &str, label: &str, text: &str) -> Clause {
    Clause { id: id.into(), label: label.into(), text: text.into(), line: 1, ..Clause::default() }
}

fn policy() -> Document {
    let clauses =
        vec![clause("c1", "1", "目的"), clause("c7", "7", "対策"), clause("c7-1", "7(1)", "組織体制")];
    Document { title: Some("基本方針".into()), clauses, ..Document::default() }
}

async fn draft(
    city: &City,
    document_id: Option<&str>,
    confirmed: &[Proposal],
) -> Result<SavedRevision, StoreError> {
    let parsed = policy();
    let mut tx = city.world.store.write(&actor(&city.staff), "revision.import").await?;
    let saved = tx
        .save_revision(NewRevision {
            document_id,
            kind: "policy",
            visibility: "public",
            owner_unit_id: None,
            review_months: 12,
            parsed: &parsed,
            title: "基本方針",
            edition: "1",
            revised_on: None,
            effective_on: Some(date_at(city.world.store.clock.now())),
            source_name: "policy.txt",
            source_sha256: "00",
            confirmed,
        })
        .await?;
    tx.commit().await?;
    Ok(saved)
}

fn actor(who: &Who) -> Actor {
    Actor { person_id: who.person_id.clone(), seat: who.seats[0].code() }
}

async fn submit(city: &City, by: &Who, revision_id: &str) -> String {
    let mut tx = city.world.store.write(&actor(by), "revision.submit").await.unwrap();
    let id = tx.submit_revision(by, revision_id, "年次の見直し").await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn state(city: &City, revision_id: &str) -> String {
    city.world.db().row(&REVISION, revision_id).await.unwrap().unwrap().text("state").to_owned()
}

#[tokio::test]
async fn an_approved_revision_comes_into_force_and_links_the_requirements() {
    let city = city().await;
    let mut tx = city.world.store.write(&Actor::system(), "catalogue.load").await.unwrap();
    assert!(tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap() >= 441);
    tx.commit().await.unwrap();

    let saved = draft(&city, None, &[]).await.unwrap();
    let id = submit(&city, &city.staff, &saved.revision_id).await;
    assert_eq!(state(&city, &saved.revision_id).await, "pending");
    city.world.store.decide(&city.ciso, &id, Answer::Approve, None).await.unwrap();
    assert_eq!(state(&city, &saved.revision_id).await, "approved");

    let today = date_at(city.world.store.clock.now());
    let in_force = city.world.db().in_force("policy", today).await.unwrap().unwrap();
    assert_eq!(in_force.id, saved.revision_id);
    let unlinked: (i64,) = city
        .world
        .db()
        .fetch_one("SELECT COUNT(*) FROM requirement WHERE clause_label LIKE '7%' AND clause_id IS NULL", &[])
        .await
        .unwrap();
    assert_eq!(unlinked.0, 0, "every row under 7 found its clause or the one above");
}

#[tokio::test]
async fn nobody_decides_on_their_own_application_nor_out_of_turn() {
    let city = city().await;
    let saved = draft(&city, None, &[]).await.unwrap();
    // Whoever shares the seat may decide; without them the application would need a body above the CISO.
    let other = city.world.person("副CISO", Role::Ciso, "0103").await;
    let id = submit(&city, &city.ciso, &saved.revision_id).await;
    let decide = async |who: &Who| city.world.store.decide(who, &id, Answer::Approve, None).await;
    assert!(matches!(decide(&city.ciso).await, Err(DecideError::OwnApplication)));
    assert!(matches!(decide(&city.staff).await, Err(DecideError::NotYourTurn)));
    assert!(matches!(decide(&city.chief).await, Err(DecideError::NotYourTurn)));
    decide(&other).await.unwrap();
    let late = decide(&other).await;
    assert!(matches!(late, Err(DecideError::AlreadyClosed { by: Some(by) }) if by == other.person_id));
}

/// What was submitted does not change through the program; what somebody changes behind its back is noticed, because
/// the digests are taken from the texts themselves.
#[tokio::test]
async fn a_changed_subject_voids_the_application() {
    for tamper in [
        "UPDATE revision SET body = body || ' ' WHERE id = $1",
        "UPDATE clause_text SET text = 'なし' WHERE revision_id = $1",
        // Who may read a clause is part of what is approved.
        "UPDATE clause_text SET visibility = 'secret' WHERE revision_id = $1",
    ] {
        let city = city().await;
        let saved = draft(&city, None, &[]).await.unwrap();
        let id = submit(&city, &city.staff, &saved.revision_id).await;
        city.world.store.op_execute(tamper, &[saved.revision_id.as_str().into()]).await.unwrap();
        let answer = city.world.store.decide(&city.ciso, &id, Answer::Approve, None).await;
        assert!(matches!(answer, Err(DecideError::SubjectChanged)), "{tamper}: {answer:?}");
        assert_eq!(state(&city, &saved.revision_id).await, "draft");
        let again = city.world.store.decide(&city.ciso, &id, Answer::Approve, None).await;
        assert!(matches!(again, Err(DecideError::AlreadyClosed { .. })));
    }
}

#[tokio::test]
async fn a_submitted_and_an_approved_revision_do_not_change() {
    let city = city().await;
    let saved = draft(&city, None, &[]).await.unwrap();
    let id = submit(&city, &city.staff, &saved.revision_id).await;
    let refused = async |row: Row| {
        let mut tx = city.world.store.write(&Actor::system(), "revision.tamper").await.unwrap();
        matches!(tx.update(row).await, Err(StoreError::IllegalMove(_)))
    };
    let revision = async || city.world.db().row(&REVISION, &saved.revision_id).await.unwrap().unwrap();
    let clause = city.world.db().scan(&CLAUSE_TEXT, "", 1).await.unwrap().pop().unwrap();
    assert!(refused(revision().await.set("body", "別の本文")).await);
    assert!(refused(revision().await.set("effective_on", "2030-01-01")).await);
    assert!(refused(clause.clone().set("text", "別の条文")).await);
    city.world.store.decide(&city.ciso, &id, Answer::Approve, None).await.unwrap();
    assert!(refused(revision().await.set("body", "別の本文")).await);
    assert!(refused(revision().await.set("state", "draft")).await, "nor is it opened again");
    assert!(refused(clause.clone().set("visibility", "secret")).await);
    let mut tx = city.world.store.write(&Actor::system(), "clause.add").await.unwrap();
    let added = tx.insert(Row { id: tx.new_id(), ..clause.set("ordinal", 99i64) }).await;
    assert!(matches!(added, Err(StoreError::IllegalMove(_))), "{added:?}");
}

#[tokio::test]
async fn returned_withdrawn_and_expired_drafts_can_be_worked_on_again() {
    let city = city().await;
    let saved = draft(&city, None, &[]).await.unwrap();
    let id = submit(&city, &city.staff, &saved.revision_id).await;
    city.world.store.decide(&city.ciso, &id, Answer::Return, Some("施行日を直してください")).await.unwrap();
    assert_eq!(state(&city, &saved.revision_id).await, "draft");

    let id = submit(&city, &city.staff, &saved.revision_id).await;
    city.world.store.withdraw(&city.staff, &id).await.unwrap();
    assert_eq!(state(&city, &saved.revision_id).await, "draft");

    let id = submit(&city, &city.staff, &saved.revision_id).await;
    city.world.clock.advance(61 * Ms::DAY);
    assert!(matches!(
        city.world.store.decide(&city.ciso, &id, Answer::Approve, None).await,
        Err(DecideError::Expired)
    ));
    assert_eq!(city.world.store.expire_decisions().await.unwrap(), 1);
    assert_eq!(state(&city, &saved.revision_id).await, "draft");
}

#[tokio::test]
async fn a_document_has_one_open_revision_and_clauses_keep_their_identity() {
    let city = city().await;
    let first = draft(&city, None, &[]).await.unwrap();
    let refused = draft(&city, Some(&first.document_id), &[]).await;
    assert!(matches!(refused, Err(StoreError::IllegalMove(_))));

    let id = submit(&city, &city.staff, &first.revision_id).await;
    city.world.store.decide(&city.ciso, &id, Answer::Approve, None).await.unwrap();
    let before = city.world.db().clauses(&first.revision_id).await.unwrap();
    let same = |(old, new): (&ClauseLine, Clause)| Proposal {
        change: Change::Kept,
        old: vec![old.clause_id.clone()],
        new: vec![new.id],
        confidence_percent: 100,
    };
    let confirmed: Vec<Proposal> = before.iter().zip(policy().clauses).map(same).collect();
    let second = draft(&city, Some(&first.document_id), &confirmed).await.unwrap();
    let after = city.world.db().clauses(&second.revision_id).await.unwrap();
    let before: Vec<&str> = before.iter().map(|row| row.clause_id.as_str()).collect();
    let after: Vec<&str> = after.iter().map(|row| row.clause_id.as_str()).collect();
    assert_eq!(before, after);
}

#[tokio::test]
async fn of_two_approvers_one_wins() {
    let city = city().await;
    let unit = "0103";
    let deputy = city.world.person("代理", Role::Ciso, unit).await;
    let saved = draft(&city, None, &[]).await.unwrap();
    let id = submit(&city, &city.staff, &saved.revision_id).await;
    let (a, b) = tokio::join!(
        city.world.store.decide(&city.ciso, &id, Answer::Approve, None),
        city.world.store.decide(&deputy, &id, Answer::Return, None),
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
}
