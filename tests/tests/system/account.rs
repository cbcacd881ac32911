//! Accounts, credentials and sessions: what is kept, what is forgotten, what cannot be replayed.

use sekisho_domain::clock::Ms;
use sekisho_domain::role::Role;
use sekisho_store::Actor;
use sekisho_store::session::{SESSION_ABSOLUTE_MS, SESSION_IDLE_MS};
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
    let open = async |token: &str| world.store.open_session(&id, token, "full", "test").await.unwrap();
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
