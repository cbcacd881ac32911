//! Ways of signing in, through the pages and against real peers, and the tricks that must not work.

#![allow(
    clippy::disallowed_methods,
    reason = "peers have the real clock and are found through the environment"
)]

use crate::kit::{Answer, City, START};
use crate::peers::{self, Slapd};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use sekisho_domain::account::ACCOUNT;
use sekisho_domain::clock::Ms;
use sekisho_domain::person::PERSON;
use sekisho_identity::{Card, Directory, Identity, OidcConfig, Provider};
use sekisho_store::Actor;
use std::net::SocketAddr;

pub(crate) fn directory(slapd: &Slapd) -> Identity {
    let directory = Directory::open(&slapd.config(), slapd.dir.path()).unwrap();
    Identity { directory: Some(directory), ..Identity::default() }
}

pub(crate) async fn log_in(city: &City, login: &str, password: &str) -> Answer {
    city.post("", "/login", &[("login", login), ("password", password)]).await
}

/// Makes a local account's password known to the test.
pub(crate) async fn give_password(city: &City, login: &str, password: &str) {
    let holder = city.app.store.db.holder_by_login(login).await.unwrap().unwrap();
    let phc = sekisho_portal::credential::hash_password(password, &*city.app.store.entropy).unwrap();
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    tx.set_credential(&holder.id, "password", &phc, false).await.unwrap();
    tx.set_credential(&holder.id, "totp", "3132333435363738393031323334353637383930", false).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_directorys_password_opens_the_portal() {
    let people = [
        ("sato", "right horse", "section_staff", 512),
        ("suzuki", "suzuki-password", "manager", 514),
        ("ghost", "ghost-password", "nobody", 512),
        ("tanaka", "tanaka-password", "csirt", 512),
    ];
    let Some(mut slapd) = Slapd::start(&people) else { return eprintln!("NOT RUN: slapd is not installed") };
    let city = City::with_identity(directory(&slapd), |_| {}).await;
    give_password(&city, "ciso", "封筒の中の長いパスワード").await;

    // The reading makes accounts for people whose number is known; disabled and unknown ones get none.
    let applied = city.app.read_directory().await.unwrap();
    assert_eq!((applied.created, applied.nobody), (2, 1));
    let form = city.get("", "/login").await.ok().body;
    assert!(form.contains("庁内アカウントのパスワードで"), "{form}");
    let cookie = log_in(&city, "sato", "right horse").await.to("/").cookie.unwrap();
    city.get(&cookie, "/").await.ok();

    for (login, password) in
        [("sato", ""), ("sato", "wrong"), ("sat*", "right horse"), ("suzuki", "suzuki-password"), ("x", "y")]
    {
        let page = log_in(&city, login, password).await.ok().body;
        assert!(page.contains("ログイン名かパスワードが違います"), "{login} {password}");
    }
    let page = log_in(&city, "ghost", "ghost-password").await.ok().body;
    assert!(page.contains("使えるアカウントがありません"));

    // 住民情報系: the directory's password is one factor of two; the second is chosen with the administrator's code.
    let holder = city.app.store.db.holder_by_login("tanaka").await.unwrap().unwrap();
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    let row = tx.get(&ACCOUNT, &holder.id).await.unwrap();
    tx.update(row.set("resident_zone", true)).await.unwrap();
    tx.commit().await.unwrap();
    let step = log_in(&city, "tanaka", "tanaka-password").await.to("/login/first").cookie.unwrap();
    city.get(&step, "/").await.to("/login");
    let page = city.get(&step, "/login/first").await.ok().body;
    assert!(page.contains("登録コード") && !page.contains("新しいパスワード"));

    // The directory is down: said in words, not counted as a failure, and the sealed account still works.
    slapd.stop();
    for _ in 0..12 {
        let page = log_in(&city, "sato", "right horse").await.ok().body;
        assert!(page.contains("認証サーバにつながりません"), "{page}");
    }
    log_in(&city, "ciso", "封筒の中の長いパスワード").await.to("/login/code");
    assert!(city.app.read_directory().await.is_err());
    let state = city.app.store.db.directory_state().await.unwrap().unwrap();
    assert!(state.fault.is_some() && state.read_ms > 0);
    assert_eq!(city.app.store.db.holder_by_login("sato").await.unwrap().unwrap().state, "active");
}

#[tokio::test]
async fn the_provider_is_asked_and_its_answer_taken_once() {
    let claims = r#"{"sub":"u-1","preferred_username":"sato","employee_number":"section_staff"}"#;
    let Some((port, _running)) = peers::provider(claims) else {
        return eprintln!("NOT RUN: oidc-provider-mock is not installed");
    };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "s").unwrap();
    let config = OidcConfig {
        issuer: format!("http://127.0.0.1:{port}"),
        client_id: "sekisho".into(),
        client_secret_file: "secret".into(),
        ca_file: None,
        login_claim: "preferred_username".into(),
        number_claim: "employee_number".into(),
    };
    let base = "http://localhost:8080";
    let provider = Provider::open(&config, format!("{base}/login/oidc/callback"), dir.path()).unwrap();
    let identity =
        Identity { public_url: Some(base.into()), provider: Some(provider), ..Identity::default() };
    let city = City::with_identity(identity, |_| {}).await;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    city.clock.set(Ms(i64::try_from(since.as_millis()).unwrap()));

    assert!(city.get("", "/login").await.ok().body.contains("庁内アカウントでログイン"));
    let away = city.get("", "/login/oidc?back=/ledger").await.to(&format!("http://127.0.0.1:{port}/"));
    let question = away.cookie.clone().unwrap();
    let location = peers::choose_user(&away.location, "u-1");
    let callback = location.strip_prefix(base).unwrap().to_owned();

    // Login CSRF: the answer to somebody else's question, in a browser that asked none or another one.
    city.get("", &callback).await.to("/login?done=oidc-no");
    let other = city.get("", "/login/oidc").await.cookie.unwrap();
    city.get(&other, &callback).await.to("/login?done=oidc-no");

    let full = city.get(&question, &callback).await.to("/ledger").cookie.unwrap();
    city.get(&full, "/ledger").await.ok();
    city.get(&question, &callback).await.to("/login?done=oidc-no");
    let holder = city.app.store.db.holder_by_external("oidc", "u-1").await.unwrap().unwrap();
    assert_eq!(holder.person_id, "who-section_staff");

    // The same person later, after leaving: the provider's word is not enough.
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    let row = tx.get(&PERSON, &holder.person_id).await.unwrap();
    tx.update(row.set("left_on", "2026-04-01")).await.unwrap();
    tx.commit().await.unwrap();
    city.get(&full, "/ledger").await.to("/login");
    let away = city.get("", "/login/oidc").await;
    let callback = peers::choose_user(&away.location, "u-1").strip_prefix(base).unwrap().to_owned();
    city.get(&away.cookie.unwrap(), &callback).await.to("/login?done=oidc-nobody");
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn card(city: &City, peer: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/login/card")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    city.send(request).await
}

#[tokio::test]
async fn a_card_counts_only_from_the_proxy() {
    let reader = Card { peers: vec!["127.0.0.1".parse().unwrap()], secret: SECRET.into(), pin: true };
    let identity = Identity { card: Some(reader), ..Identity::default() };
    let city = City::with_identity(identity, |_| {}).await;
    let admin = city.signed_in("system_administrator").await;
    let holder = city.app.store.db.holder_by_login("manager").await.unwrap().unwrap();
    let fields = [("issuer", "CN=City CA"), ("serial", "0A:1B")];
    city.post(&admin, &format!("/accounts/{}/certificate", holder.id), &fields).await.to("/accounts/");

    let good = [
        ("x-sekisho-proxy", SECRET),
        ("x-client-cert-verified", "SUCCESS"),
        ("x-client-cert-issuer", "CN=City CA"),
        ("x-client-cert-serial", "0A1B"),
    ];
    let full = card(&city, "127.0.0.1:9", &good).await.to("/").cookie.unwrap();
    city.get(&full, "/").await.ok();

    let no = "/login?done=card-no";
    card(&city, "10.0.0.7:9", &good).await.to(no);
    for at in 0..good.len() {
        let mut less = good.to_vec();
        less.remove(at);
        card(&city, "127.0.0.1:9", &less).await.to(no);
        let mut twice = good.to_vec();
        twice.push(good[at]);
        card(&city, "127.0.0.1:9", &twice).await.to(no);
    }
    for (at, value) in [(0, "guess"), (1, "FAILED:expired"), (2, "CN=Other CA"), (3, "0A1C"), (3, "")] {
        let mut other = good;
        other[at].1 = value;
        card(&city, "127.0.0.1:9", &other).await.to(no);
    }
}

/// Unknown name, wrong password, no password kept: the same words, and no sooner than the floor.
#[tokio::test]
async fn nobody_learns_which_names_exist() {
    let city = City::new().await;
    give_password(&city, "ciso", "封筒の中の長いパスワード").await;
    let strip = |page: String, login: &str| page.replace(login, "NAME");
    let mut pages = Vec::new();
    for login in ["ciso", "manager", "no-such-name"] {
        let began = std::time::Instant::now();
        let page = log_in(&city, login, "x").await.ok().body;
        assert!(began.elapsed().as_millis() >= 400, "{login} was refused after {:?}", began.elapsed());
        pages.push(strip(page, login));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    // Ten more failures: the same wait for a name that exists and for one that does not.
    for login in ["ciso", "no-such-name"] {
        for _ in 0..9 {
            city.app.store.login_failed(login).await.unwrap();
        }
    }
    let blocked: Vec<String> = [
        log_in(&city, "ciso", "封筒の中の長いパスワード").await.ok().body.replace("ciso", "NAME"),
        log_in(&city, "no-such-name", "x").await.ok().body.replace("no-such-name", "NAME"),
    ]
    .into();
    assert!(blocked[0].contains("休止中") && blocked[0] == blocked[1]);
}

/// Ten wrong passwords, then the program is started anew: the wait goes on, for the right password too, and ends when it
/// would have ended.
#[tokio::test]
async fn the_limit_of_log_ins_survives_a_restart() {
    let city = City::new().await;
    let password = "封筒の中の長いパスワード";
    give_password(&city, "manager", password).await;
    for _ in 0..9 {
        city.app.store.login_failed("manager").await.unwrap();
    }
    assert!(log_in(&city, "manager", "x").await.ok().body.contains("違います"));
    let city = city.restarted().await;
    assert!(log_in(&city, "manager", password).await.ok().body.contains("休止中"));
    city.clock.set(START.plus(14 * Ms::MINUTE));
    assert!(log_in(&city, "manager", password).await.ok().body.contains("休止中"));
    city.clock.set(START.plus(16 * Ms::MINUTE));
    log_in(&city, "manager", password).await.to("/login/code");
}

/// Nobody who wanted no page in particular is led past their work: those who look after the whole city come to the board.
#[tokio::test]
async fn a_log_in_leads_to_where_ones_work_is() {
    let city = City::new().await;
    let password = "封筒の中の長いパスワード";
    for (role, page) in [
        ("ciso", "/"),
        ("chief_officer", "/"),
        ("secretariat", "/"),
        ("manager", "/tasks"),
        ("section_staff", "/tasks"),
        ("system_operator", "/tasks"),
    ] {
        give_password(&city, role, password).await;
        let step = log_in(&city, role, password).await.to("/login/code").cookie.unwrap();
        let code = crate::walk::totp(b"12345678901234567890", city.clock.as_ref());
        let answer = city.post(&step, "/login/code", &[("code", &code)]).await.to(page);
        assert_eq!(answer.location, page, "{role}");
        city.get(&answer.cookie.unwrap(), page).await.ok();
    }
    let step = log_in(&city, "section_staff", password).await.cookie.unwrap();
    city.clock.set(START.plus(Ms::MINUTE));
    let code = crate::walk::totp(b"12345678901234567890", city.clock.as_ref());
    let fields = [("code", code.as_str()), ("back", "/documents")];
    let answer = city.post(&step, "/login/code", &fields).await.to("/documents");
    assert_eq!(answer.location, "/documents", "a link is followed to its page");
}

#[tokio::test]
async fn recovery_codes_work_once_and_not_for_resident_information() {
    let city = City::new().await;
    let password = "封筒の中の長いパスワード";
    give_password(&city, "manager", password).await;
    let me = city.signed_in("manager").await;
    let page = city.post(&me, "/credentials/recovery", &[]).await.ok().body;
    let codes: Vec<String> = page
        .split("class=\"secret\">")
        .skip(1)
        .map(|part| part.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    let step = log_in(&city, "manager", password).await.to("/login/code").cookie.unwrap();
    let full = city.post(&step, "/login/code", &[("code", &codes[3])]).await.to("/").cookie.unwrap();
    // A recovery code is no fresh proof: adding a key asks for one.
    city.get(&full, "/credentials/passkey").await.to("/step-up?back=%2Fcredentials%2Fpasskey");
    let step = log_in(&city, "manager", password).await.to("/login/code").cookie.unwrap();
    assert!(city.post(&step, "/login/code", &[("code", &codes[3])]).await.ok().body.contains("違うか"));

    let holder = city.app.store.db.holder_by_login("manager").await.unwrap().unwrap();
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    let row = tx.get(&ACCOUNT, &holder.id).await.unwrap();
    tx.update(row.set("resident_zone", true)).await.unwrap();
    tx.commit().await.unwrap();
    let step = log_in(&city, "manager", password).await.to("/login/code").cookie.unwrap();
    assert!(city.post(&step, "/login/code", &[("code", &codes[4])]).await.ok().body.contains("違うか"));
}

#[tokio::test]
async fn a_fresh_proof_gives_the_session_a_new_secret() {
    let city = City::new().await;
    give_password(&city, "manager", "封筒の中の長いパスワード").await;
    let old = city.signed_in("manager").await;
    city.get(&old, "/credentials/passkey").await.ok();
    city.clock.set(START.plus(6 * Ms::MINUTE));
    city.get(&old, "/credentials/passkey").await.to("/step-up");
    let page = city.get(&old, "/step-up?back=/credentials").await.ok().body;
    assert!(page.contains("認証アプリの6桁の数字") && page.contains("value=\"/credentials\""));
    let code = crate::walk::totp(b"12345678901234567890", city.clock.as_ref());
    let fields = [("code", code.as_str()), ("back", "/credentials")];
    let new = city.post(&old, "/step-up", &fields).await.to("/credentials").cookie.unwrap();
    assert_ne!(new, old);
    city.get(&old, "/").await.to("/login");
    city.get(&new, "/credentials/passkey").await.ok();
    // The same code again proves nothing (TOTP replay).
    assert!(city.post(&new, "/step-up", &fields).await.ok().body.contains("すでに使われています"));
}

/// Plain HTTP over the network: passkeys are not offered, and their page says why.
#[tokio::test]
async fn without_a_secure_context_passkeys_step_back() {
    let city = City::new().await;
    let page = async |host: &str, path: &str| {
        let request = Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap();
        city.send(request).await.ok().body
    };
    assert!(!page("sekisho.lan", "/login").await.contains("パスキーでログイン"));
    assert!(page("sekisho.lan", "/login/passkey").await.contains("この接続では、パスキーを使えません"));
    assert!(page("localhost:8080", "/login").await.contains("パスキーでログイン"));
    let asked = page("localhost:8080", "/login/passkey").await;
    assert!(asked.contains("data-passkey=\"get\"") && asked.contains("<noscript>"), "{asked}");
}
