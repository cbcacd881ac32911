//! Accounts, credentials and sessions: what is kept, what is forgotten, what cannot be replayed.

use sekisho_domain::clock::Ms;
use sekisho_domain::role::Role;
use sekisho_store::Actor;
use sekisho_store::directory::{DirectoryEntry, DirectoryError};
use sekisho_store::session::{NewSession, SESSION_ABSOLUTE_MS, SESSION_IDLE_MS};
use testkit::World;

async fn account(world: &World) -> String {
    let unit = world.section("0103", "情報政策課").await;
    let who = world.person("佐藤", Role::Secretariat, &unit).await;
    let mut tx = world.store.write(&Actor::system(), "account.create").await.unwrap();
    let id = tx.create_account(&who.person_id, "sato", true).await.unwrap();
    tx.set_credential(&id, "password", "first", true).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn session<'a>(account_id: &'a str, token: &'a str) -> NewSession<'a> {
    NewSession {
        account_id,
        token_sha256: token,
        stage: "full",
        agent: "test",
        shown: &[],
        stepped_up: false,
        replaces: None,
    }
}

#[tokio::test]
async fn secrets_never_reach_the_history() {
    let world = World::new().await;
    let id = account(&world).await;
    let mut tx = world.store.write(&Actor::system(), "credential.replace").await.unwrap();
    tx.set_credential(&id, "password", "hunter2-hash", false).await.unwrap();
    tx.commit().await.unwrap();

    let login = world.db().login("sato").await.unwrap();
    assert_eq!(login.len(), 1, "the first password is revoked");
    assert_eq!(login[0].secret, "hunter2-hash");
    assert!(!format!("{login:?}").contains("hunter2"));
    let leaks: (i64,) = world
        .db()
        .fetch_one(
            "SELECT (SELECT COUNT(*) FROM row_version WHERE payload LIKE '%hunter2%')
                + (SELECT COUNT(*) FROM ledger_entry WHERE body LIKE '%hunter2%')",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(leaks.0, 0);
}

#[tokio::test]
async fn a_code_works_once() {
    let world = World::new().await;
    let id = account(&world).await;
    let mut tx = world.store.write(&Actor::system(), "credential.enrol").await.unwrap();
    let totp = tx.set_credential(&id, "totp", "seed", false).await.unwrap();
    tx.commit().await.unwrap();
    assert!(world.store.use_totp_step(&totp, 100).await.unwrap());
    assert!(!world.store.use_totp_step(&totp, 100).await.unwrap());
    assert!(!world.store.use_totp_step(&totp, 99).await.unwrap());
    assert!(world.store.use_totp_step(&totp, 101).await.unwrap());
}

#[tokio::test]
async fn guessing_has_to_wait_and_fumbling_is_forgiven() {
    let world = World::new().await;
    for _ in 0..9 {
        world.store.login_failed("sato").await.unwrap();
    }
    assert!(world.db().login_blocked("sato", world.store.clock.now()).await.unwrap().is_none());
    world.store.login_failed("sato").await.unwrap();
    assert!(world.db().login_blocked("sato", world.store.clock.now()).await.unwrap().is_some());
    world.clock.advance(16 * Ms::MINUTE);
    assert!(world.db().login_blocked("sato", world.store.clock.now()).await.unwrap().is_none());
    world.store.login_failed("sato").await.unwrap();
    assert!(
        world.db().login_blocked("sato", world.store.clock.now()).await.unwrap().is_none(),
        "a new window"
    );
}

#[tokio::test]
async fn sessions_end_by_idleness_age_and_disabling() {
    let world = World::new().await;
    let id = account(&world).await;
    let open = async |token: &str| world.store.open_session(session(&id, token)).await.unwrap();
    let find = async |token: &str| world.db().session(token, world.store.clock.now()).await.unwrap();

    open("a").await;
    world.clock.advance(SESSION_IDLE_MS + 1);
    assert!(find("a").await.is_none(), "idle");

    open("b").await;
    for _ in 0..=(SESSION_ABSOLUTE_MS / (SESSION_IDLE_MS / 2)) {
        if let Some(session) = find("b").await {
            world.store.session_seen(&session).await.unwrap();
        }
        world.clock.advance(SESSION_IDLE_MS / 2);
    }
    assert!(find("b").await.is_none(), "a day's end");

    open("c").await;
    let mut tx = world.store.write(&Actor::system(), "account.disable").await.unwrap();
    let row = tx.get(&sekisho_domain::account::ACCOUNT, &id).await.unwrap();
    tx.update(row.set("state", "disabled")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(find("c").await.is_none(), "disabled");
    assert_eq!(world.store.sweep_sessions().await.unwrap(), 2);
}

/// Their sessions are worthless from the first second of the day they are gone, before any job has run.
#[tokio::test]
async fn who_has_left_is_out_at_the_instant() {
    let world = World::new().await;
    let id = account(&world).await;
    world.store.open_session(session(&id, "t")).await.unwrap();
    let find = async || world.db().session("t", world.store.clock.now()).await.unwrap();
    let person = find().await.unwrap().person_id;
    let mut tx = world.store.write(&Actor::system(), "person.leave").await.unwrap();
    let row = tx.get(&sekisho_domain::person::PERSON, &person).await.unwrap();
    // START is 2026-11-22 09:00; the seat ends with the night.
    tx.update(row.set("left_on", "2026-11-23")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(find().await.is_some(), "still here today");
    assert_eq!(world.store.close_leavers().await.unwrap(), 0);

    world.clock.advance(15 * Ms::HOUR - 60_000);
    world.store.open_session(session(&id, "u")).await.unwrap();
    let find = async || world.db().session("u", world.store.clock.now()).await.unwrap();
    assert!(find().await.is_some(), "one minute before midnight");
    world.clock.advance(60_000);
    assert!(find().await.is_none(), "midnight in Japan");
    let holder = world.db().holder(&id).await.unwrap().unwrap();
    assert!(!holder.may_log_in(world.store.clock.now()));

    assert_eq!(world.store.close_leavers().await.unwrap(), 1);
    assert_eq!(world.store.close_leavers().await.unwrap(), 0, "once");
    assert!(world.db().keys(&id).await.unwrap().is_empty(), "nothing proves them any more");
    assert_eq!(world.db().holder(&id).await.unwrap().unwrap().state, "disabled");
}

#[tokio::test]
async fn a_fresh_proof_lasts_five_minutes_and_a_step_does_not_prolong_the_day() {
    let world = World::new().await;
    let id = account(&world).await;
    let find = async |token: &str| world.db().session(token, world.store.clock.now()).await.unwrap();
    world.store.open_session(session(&id, "a")).await.unwrap();
    let old = find("a").await.unwrap();
    assert!(!old.stepped_up(world.store.clock.now()));
    world.clock.advance(10 * Ms::MINUTE);
    let new = NewSession { stepped_up: true, replaces: Some(&old), ..session(&id, "b") };
    world.store.open_session(new).await.unwrap();
    assert!(find("a").await.is_none(), "the old secret opens nothing");
    let session = find("b").await.unwrap();
    assert_eq!(session.created_ms, old.created_ms, "the day began with the first log-in");
    let now = world.store.clock.now();
    assert!(session.stepped_up(now) && session.stepped_up(now.plus(5 * Ms::MINUTE - 1)));
    assert!(!session.stepped_up(now.plus(5 * Ms::MINUTE)));
    assert!(!session.stepped_up(now.plus(-1)), "a clock set back proves nothing");
}

#[tokio::test]
async fn a_question_is_answered_once_and_in_time() {
    let world = World::new().await;
    world.store.begin_ceremony("h", "oidc", None, "data").await.unwrap();
    assert!(world.store.take_ceremony("h", "passkey").await.unwrap().is_none(), "another kind takes it away");
    world.store.begin_ceremony("h", "oidc", None, "data").await.unwrap();
    assert_eq!(world.store.take_ceremony("h", "oidc").await.unwrap().unwrap().data, "data");
    assert!(world.store.take_ceremony("h", "oidc").await.unwrap().is_none());
    world.store.begin_ceremony("h", "oidc", None, "data").await.unwrap();
    world.clock.advance(sekisho_store::ceremony::CEREMONY_MS);
    assert!(world.store.take_ceremony("h", "oidc").await.unwrap().is_none(), "too late");
}

fn entry(id: &str, login: &str, number: &str, enabled: bool) -> DirectoryEntry {
    let number = Some(number.to_owned()).filter(|n| !n.is_empty());
    DirectoryEntry { external_id: id.into(), login: login.into(), number, enabled }
}

#[tokio::test]
async fn the_directory_makes_stops_and_resumes_accounts() {
    let world = World::new().await;
    let unit = world.section("0103", "情報政策課").await;
    for name in ["佐藤", "鈴木", "高橋", "田中"] {
        world.person(name, Role::SectionStaff, &unit).await;
    }
    let all = |tanaka: bool| {
        vec![
            entry("g1", "sato", "佐藤", true),
            entry("g2", "suzuki", "鈴木", true),
            entry("g3", "takahashi", "高橋", true),
            entry("g4", "tanaka", "田中", tanaka),
            entry("g5", "svc-copier", "", true),
        ]
    };
    let applied = world.store.apply_directory(&all(true)).await.unwrap();
    assert_eq!((applied.created, applied.stopped, applied.nobody), (4, 0, 1));
    assert_eq!(world.store.apply_directory(&all(true)).await.unwrap().created, 0, "once");
    let tanaka = world.db().holder_by_external("directory", "g4").await.unwrap().unwrap();
    world.store.open_session(session(&tanaka.id, "t")).await.unwrap();

    let applied = world.store.apply_directory(&all(false)).await.unwrap();
    assert_eq!((applied.stopped, applied.resumed), (1, 0));
    assert!(world.db().session("t", world.store.clock.now()).await.unwrap().is_none());
    let applied = world.store.apply_directory(&all(true)).await.unwrap();
    assert_eq!((applied.stopped, applied.resumed), (0, 1));

    // A renamed user is the same user; somebody else under an old name is not.
    let mut renamed = all(true);
    renamed[0].login = "sato-hanako".into();
    assert_eq!(world.store.apply_directory(&renamed).await.unwrap(), applied_nothing(1));
    let vouched = world.store.vouched_account("directory", &renamed[0]).await.unwrap();
    let sato = world.db().holder_by_external("directory", "g1").await.unwrap().unwrap();
    assert_eq!(vouched.as_deref(), Some(sato.id.as_str()));
    let impostor = entry("g9", "sato", "", true);
    assert_eq!(world.store.vouched_account("directory", &impostor).await.unwrap(), None);

    // An empty answer, or most of the city gone, changes nothing.
    assert!(matches!(
        world.store.apply_directory(&[]).await,
        Err(DirectoryError::TooMany { stopped: 4, accounts: 4 })
    ));
    assert_eq!(world.db().holder(&sato.id).await.unwrap().unwrap().state, "active");
}

fn applied_nothing(nobody: usize) -> sekisho_store::directory::Applied {
    sekisho_store::directory::Applied { nobody, ..Default::default() }
}

#[tokio::test]
async fn an_account_review_names_what_must_be_asked_about() {
    let world = World::new().await;
    let id = account(&world).await;
    world.store.open_session(session(&id, "t")).await.unwrap();
    world.store.apply_directory(&[entry("g1", "ghost", "", true)]).await.unwrap();
    let review = world.db().account_review(world.store.clock.now()).await.unwrap();
    let names =
        |rows: &[sekisho_store::page::ReviewRow]| rows.iter().map(|r| r.login.clone()).collect::<Vec<_>>();
    assert!(review.unused.is_empty());
    assert_eq!(names(&review.one_factor), ["sato"], "privileged, password only");
    assert_eq!(names(&review.nobodys), ["ghost"]);
    world.clock.advance(91 * Ms::DAY);
    let mut tx = world.store.write(&Actor::system(), "credential.enrol").await.unwrap();
    tx.set_credential(&id, "totp", "seed", false).await.unwrap();
    tx.commit().await.unwrap();
    let review = world.db().account_review(world.store.clock.now()).await.unwrap();
    assert_eq!((names(&review.unused), names(&review.one_factor)), (vec!["sato".to_owned()], vec![]));

    // A leaver whom the directory still lets in stays a finding until it says otherwise.
    let holder = world.db().holder(&id).await.unwrap().unwrap();
    let number = world.db().row(&sekisho_domain::person::PERSON, &holder.person_id).await.unwrap().unwrap();
    let number = number.text("number").to_owned();
    world.store.apply_directory(&[entry("g2", "sato", &number, true)]).await.unwrap();
    let mut tx = world.store.write(&Actor::system(), "person.leave").await.unwrap();
    let row = tx.get(&sekisho_domain::person::PERSON, &holder.person_id).await.unwrap();
    tx.update(row.set("left_on", "2026-12-01")).await.unwrap();
    tx.commit().await.unwrap();
    world.store.apply_directory(&[entry("g2", "sato", &number, true)]).await.unwrap();
    let review = world.db().account_review(world.store.clock.now()).await.unwrap();
    assert_eq!(names(&review.left), ["sato"]);
    world.store.apply_directory(&[entry("g2", "sato", &number, false)]).await.unwrap();
    let review = world.db().account_review(world.store.clock.now()).await.unwrap();
    assert!(review.left.is_empty());
}
