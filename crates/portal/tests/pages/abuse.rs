//! The abuse cases that concern people and decisions, by number of the specification of crossings (F.4): each test is
//! one number, and says each of its clauses in the order it stands there. What takes a protocol apart in more detail
//! stands beside the protocol: `passkey/tests/ceremony.rs`, `identity/tests/{directory,oidc}.rs`.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "time is what is measured, and a peer that is not there is told"
)]

use crate::device::{AT, Ceremony, Key, UP, UV};
use crate::kit::{Answer, City, SINCE, START, UNIT};
use crate::liar::{Liar, signed};
use crate::peers::Slapd;
use crate::records;
use crate::sign_in::{directory, give_password, log_in};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use sekisho_domain::account::ACCOUNT;
use sekisho_domain::authority::AUTHORITY;
use sekisho_domain::date::date_at;
use sekisho_domain::decision::DECISION;
use sekisho_domain::delegation::{ABSENCE, DELEGATION, DEPUTY, SAME_PERSON};
use sekisho_domain::noun::Row;
use sekisho_domain::position::ASSIGNMENT;
use sekisho_identity::{Identity, OidcConfig, Provider};
use sekisho_passkey::{Assertion, RelyingParty, registered};
use sekisho_portal::{Need, ROUTES, Verb};
use sekisho_store::Actor;
use sekisho_store::account::NewKey;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PASSWORD: &str = "封筒の中の長いパスワード";
const SITE: &str = "localhost:8080";

async fn write(city: &City, rows: impl IntoIterator<Item = Row>) {
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    for row in rows {
        let id = tx.new_id();
        tx.insert(Row { id, ..row }).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Asks from another site, with a session of ours and as a browser would send it.
async fn from_another_site(city: &City, cookie: &str, path: &str, site: Option<&str>) -> Answer {
    let request = Request::post(path)
        .header(header::COOKIE, cookie)
        .header(header::HOST, SITE)
        .header(header::ORIGIN, "https://evil.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = site.into_iter().fold(request, |r, site| r.header("sec-fetch-site", site));
    city.send(request.body(Body::from("login=manager&password=x&answer=approved")).unwrap()).await
}

/// CSRF on every verb that changes state, with credentials; log-in CSRF; clickjacking on 承認.
#[tokio::test]
async fn f4_3_another_site_can_neither_log_in_nor_decide_nor_frame() {
    let city = City::new().await;
    // Somebody who may do nearly everything, so that nothing but the origin refuses.
    for role in ["secretariat", "system_administrator", "manager"] {
        let cookie = city.signed_in(role).await;
        let before =
            city.app.store.db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM ledger_entry", &[]).await.unwrap();
        for route in ROUTES.iter().filter(|r| r.verb == Verb::Post) {
            let path =
                route.path.replace("{noun}", "asset").replace("{id}", "00000000-0000-7000-8000-000000000000");
            for site in [Some("cross-site"), Some("same-site"), None] {
                let answer = from_another_site(&city, &cookie, &path, site).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} from {site:?}");
                assert!(
                    answer.body.contains("別の画面から送られた操作") || path.starts_with("/api/"),
                    "{path}: {}",
                    answer.body
                );
            }
        }
        let after =
            city.app.store.db.fetch_one::<(i64,)>("SELECT COUNT(*) FROM ledger_entry", &[]).await.unwrap();
        assert_eq!(before, after, "nothing was written");
        city.get(&cookie, "/").await.ok();
    }
    // Only GET and POST exist: no verb changes state beside the forms.
    let cookie = city.signed_in("secretariat").await;
    for verb in ["PUT", "PATCH", "DELETE", "TRACE"] {
        let request = Request::builder().method(verb).uri("/sections").header(header::COOKIE, &cookie);
        let answer = city.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{verb}: {}", answer.status);
    }
    let decision = application(&city, "section_staff", "general").await;
    for path in ["/login", "/step-up", &format!("/decisions/{decision}"), "/decisions/together"] {
        let answer = city.get(&city.signed_in("chief_officer").await, path).await;
        let csp = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            csp.contains("frame-ancestors 'none'") && csp.contains("form-action 'self'"),
            "{path}: {csp}"
        );
        assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
    }
}

/// Every id × every role × 他課・他の執行機関: what somebody may not see answers as what does not exist.
#[tokio::test]
async fn f4_4_a_foreign_id_answers_as_one_that_does_not_exist() {
    let found = records::walked().await;
    assert!(found.asked > 2_000, "{} questions are too few to be the matrix", found.asked);
    assert_eq!(found.told, "", "a refusal tells that the record exists");
}

/// An application of somebody's that waits for whoever the route names.
async fn application(city: &City, by: &str, title: &str) -> String {
    let cookie = city.signed_in(by).await;
    let fields = [("title", title), ("reason", "業務のため"), ("detail", "端末1台"), ("clause", "")];
    let location = city.post(&cookie, "/applications/general", &fields).await.to("/decisions/").location;
    location.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned()
}

async fn subject(city: &City, decision: &str) -> Row {
    city.app.store.db.row(&DECISION, decision).await.unwrap().unwrap()
}

async fn approve(city: &City, cookie: &str, decision: &str) -> Answer {
    let sha256 = subject(city, decision).await.text("subject_sha256").to_owned();
    city.post(
        cookie,
        &format!("/decisions/{decision}"),
        &[("answer", "approved"), ("subject_sha256", &sha256)],
    )
    .await
}

#[track_caller]
fn refused(answer: &Answer, says: &str) {
    assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.location);
    assert!(answer.body.contains(says), "{says}: {}", answer.body);
}

/// 専決規程 of the test: the manager of the section decides everything general.
fn manager_decides() -> Row {
    Row::new(&AUTHORITY, "")
        .set("code", "1")
        .set("kind", "general")
        .set("title", "試験の事項")
        .set("division", "課長専決")
        .set("route", "管理者")
        .set("answer_days", 3i64)
        .set("expires_days", 60i64)
        .set("venue", "inner")
        .set("valid_from", SINCE)
}

/// Self-approval; as one's own 代理; after 異動; by a stale cookie; a signed approval replayed for another hash; the
/// applicant's second entry; the subject changed; a batch with a row that was not shown.
#[tokio::test]
async fn f4_5_no_way_round_the_approver() {
    let city = City::new().await;
    let today = date_at(city.app.store.clock.now());
    write(&city, [manager_decides()]).await;
    let (clerk, manager) = (city.signed_in("section_staff").await, city.signed_in("manager").await);
    let own = "自分の申請";

    // Self-approval: the applicant, and the manager's own application, which goes past the manager.
    let first = application(&city, "section_staff", "貸出し").await;
    refused(&approve(&city, &clerk, &first).await, own);
    let managers = application(&city, "manager", "貸出し").await;
    refused(&approve(&city, &manager, &managers).await, own);

    // As one's own 代理: the clerk is the manager's deputy and holds a 委任, and the manager is away.
    let seat = |row: Row| row.set("position_id", "pos-manager").set("unit_id", UNIT).set("valid_from", SINCE);
    let tomorrow = today.tomorrow().unwrap();
    write(
        &city,
        [
            seat(Row::new(&DEPUTY, ""))
                .set("ordinal", 1i64)
                .set("deputy_position_id", "pos-section_staff")
                .set("deputy_unit_id", UNIT),
            seat(Row::new(&DELEGATION, ""))
                .set("delegate_id", "who-section_staff")
                .set("kinds", "*")
                .set("reason", "出張の間")
                .set("granted_by", "who-manager")
                .set("valid_from", today)
                .set("valid_to", tomorrow),
            Row::new(&ABSENCE, "")
                .set("person_id", "who-manager")
                .set("reason", "出張")
                .set("recorded_by", "who-manager")
                .set("valid_from", today)
                .set("valid_to", tomorrow),
        ],
    )
    .await;
    refused(&approve(&city, &clerk, &first).await, own);
    let rows = city.get(&clerk, "/decisions").await.ok().body;
    assert!(!rows.contains(&first), "what one may not decide does not wait for one");

    // The applicant's second entry holds the seat that decides.
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    city.person(&mut tx, "twin", UNIT, Some("manager")).await;
    tx.commit().await.unwrap();
    let same = Row::new(&SAME_PERSON, "").set("person_id", "who-twin").set("other_id", "who-section_staff");
    write(&city, [same.set("reason", "人事に確認")]).await;
    refused(&approve(&city, &city.signed_in("twin").await, &first).await, own);

    signed_for_another(&city, &manager).await;
    changed(&city, &manager).await;

    // After 異動, with the page still open and the cookie still there.
    let mut tx = city.app.store.write(&Actor::system(), "test.leave").await.unwrap();
    let row = tx.get(&ASSIGNMENT, "as-manager").await.unwrap();
    tx.update(row.set("valid_to", today)).await.unwrap();
    tx.commit().await.unwrap();
    let answer = approve(&city, &manager, &first).await;
    assert!(matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{}", answer.status);
    // By a cookie whose session has ended.
    let officer = city.signed_in("officer").await;
    city.post(&officer, "/logout", &[]).await;
    approve(&city, &officer, &managers).await.to("/login");
    for waiting in [&first, &managers] {
        assert_eq!(subject(&city, waiting).await.text("state"), "pending");
    }
}

/// The touch that approved one application decides no other, and not the same one again.
async fn signed_for_another(city: &City, manager: &str) {
    let device = enrolled(city, "manager").await;
    let (one, other) = (
        application(city, "section_staff", "外付け").await,
        application(city, "section_staff", "外付け").await,
    );
    let challenge = async |decision: &str| {
        let page = with_host(city, "GET", manager, &format!("/decisions/{decision}"), &[]).await.ok().body;
        unbase64(between(&page, "data-challenge=\"", "\""))
    };
    let answer = device.touch(&challenge(&one).await, 6, |_| {});
    let send = async |decision: &str| {
        let sha256 = subject(city, decision).await.text("subject_sha256").to_owned();
        let mut fields = vec![("answer", "approved"), ("subject_sha256", sha256.as_str())];
        let sent = sent(&answer);
        fields.extend(sent.iter().map(|(name, value)| (*name, value.as_str())));
        with_host(city, "POST", manager, &format!("/decisions/{decision}"), &fields).await
    };
    let replayed = send(&other).await;
    assert!(replayed.status.is_client_error(), "{} {}", replayed.status, replayed.location);
    assert_eq!(subject(city, &other).await.text("state"), "pending");
    send(&one).await.to("/decisions?done=approved");
    assert!(send(&one).await.status.is_client_error(), "once");
    assert_eq!(subject(city, &other).await.text("state"), "pending");
}

async fn changed(city: &City, manager: &str) {
    // Another subject than the one that was shown; that a subject changed since voids the application, and that a
    // batch holds only what was shown, stands in the system tests (`decision.rs`, `route.rs`).
    let decision = application(city, "section_staff", "変更").await;
    let fields = [("answer", "approved"), ("subject_sha256", &*"0".repeat(64))];
    let answer = city.post(manager, &format!("/decisions/{decision}"), &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

/// Rounds of a timing; odd, so that there is a middle.
const ROUNDS: usize = 7;

/// Unknown user, bad password and an account whose password is kept elsewhere take the same time and say the same; an
/// unknown link answers as fast as one that was taken back; secrets are kept, and looked up, by their digest.
#[tokio::test]
async fn f4_7_time_and_words_tell_nothing() {
    let city = City::new().await;
    // Names that exist with a password; names that exist without one; names that do not exist. One failure each, so that
    // no name comes to rest.
    let with: Vec<&str> =
        ["ciso", "manager", "officer", "csirt", "auditor", "committee", "section_staff"].into();
    let without: Vec<&str> = [
        "chief_officer",
        "system_manager",
        "system_operator",
        "secretariat",
        "audit_chief",
        "cloud_manager",
        "system_administrator",
    ]
    .into();
    for login in &with {
        give_password(&city, login, PASSWORD).await;
    }
    log_in(&city, "warm-up", "x").await.ok();
    let mut times: [Vec<Duration>; 3] = Default::default();
    let mut words = Vec::new();
    for round in 0..ROUNDS {
        let unknown = format!("nobody-{round}");
        for (class, login) in [with[round], without[round], unknown.as_str()].into_iter().enumerate() {
            let began = Instant::now();
            let page = log_in(&city, login, "x").await.ok().body;
            times[class].push(began.elapsed());
            words.push(page.replace(login, "NAME"));
        }
    }
    assert!(words.iter().all(|page| *page == words[0]), "the same words for every refusal");
    assert!(words[0].contains("ログイン名かパスワードが違います"));
    equal_within_noise("log-in", &mut times);

    // Links: a wrong secret, one that was taken back, and something that is no secret at all.
    let me = city.signed_in("manager").await;
    let issue = async || {
        let page = city.post(&me, "/tasks/feed", &[("do", "issue")]).await.ok().body;
        between(&page, "/feeds/", "/tasks.ics").to_owned()
    };
    let gone = issue().await;
    let live = issue().await;
    assert!(city.get("", &format!("/feeds/{live}/tasks.ics")).await.ok().body.contains("BEGIN:VCALENDAR"));
    let mut times: [Vec<Duration>; 3] = Default::default();
    for round in 0..41 {
        let near = format!("{}{}", &live[..live.len() - 1], if live.ends_with('A') { 'B' } else { 'A' });
        let far = format!("{:0>width$}", round, width = live.len());
        for (class, token) in [&gone, &near, &far].into_iter().enumerate() {
            let began = Instant::now();
            let answer = city.get("", &format!("/feeds/{token}/tasks.ics")).await;
            times[class].push(began.elapsed());
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
    }
    equal_within_noise("links", &mut times);

    // Neither links nor sessions can be read out of the database.
    let db = &city.app.store.db;
    let session = me.strip_prefix("sekisho=").unwrap();
    for (sql, secret) in
        [("SELECT token_sha256 FROM feed", &*live), ("SELECT token_sha256 FROM session", session)]
    {
        let kept: Vec<(String,)> = db.fetch_all(sql, &[]).await.unwrap();
        assert!(!kept.is_empty() && kept.iter().all(|(kept,)| kept != secret && kept.len() == 64), "{sql}");
    }
}

/// The middles of the classes lie within the spread of one class: nobody learns from a handful of tries which it was.
/// A difference of one lookup or one password hash is many times that.
#[track_caller]
fn equal_within_noise(what: &str, times: &mut [Vec<Duration>; 3]) {
    let mut spread = Duration::from_millis(15);
    let mut middles = Vec::new();
    for class in times.iter_mut() {
        class.sort();
        let quarter = class.len() / 4;
        spread = spread.max(class[class.len() - 1 - quarter] - class[quarter]);
        middles.push(class[class.len() / 2]);
    }
    let (least, most) = (middles.iter().min().unwrap(), middles.iter().max().unwrap());
    assert!(*most - *least <= spread, "{what}: {middles:?} with a spread of {spread:?}");
}

/// WebAuthn with a wrong origin, rpId, counter and without verification; TOTP replay; OIDC mix-up, nonce and alg=none;
/// LDAP with an empty password and injection; a list of staff that removes everybody. SAML and SCIM are not offered.
#[tokio::test]
async fn f4_10_identity_is_not_talked_into() {
    let city = City::new().await;
    passkeys(&city).await;

    // TOTP: the same six digits a second time.
    give_password(&city, "officer", PASSWORD).await;
    let code = crate::walk::totp(b"12345678901234567890", city.clock.as_ref());
    let step = async || log_in(&city, "officer", PASSWORD).await.to("/login/code").cookie.unwrap();
    city.post(&step().await, "/login/code", &[("code", &code)]).await.to("/");
    let again = city.post(&step().await, "/login/code", &[("code", &code)]).await.ok().body;
    assert!(again.contains("すでに使われています"), "{again}");

    provider_that_lies().await;
    directory_that_is_tricked().await;
    everybody_gone(&city).await;

    // What is not offered cannot be abused: no page speaks SAML or SCIM, and nothing overwrites a sealed account.
    for route in ROUTES {
        assert!(!route.path.contains("saml") && !route.path.contains("scim"), "{}", route.path);
        let open = matches!(route.need, Need::Nobody) && route.path.starts_with("/accounts");
        assert!(!open, "{}", route.path);
    }
    let sealed = city.app.store.db.holder_by_login("ciso").await.unwrap().unwrap();
    let entry = sekisho_store::directory::DirectoryEntry {
        external_id: "g-evil".into(),
        login: "ciso".into(),
        number: None,
        enabled: true,
    };
    assert_eq!(city.app.store.vouched_account("directory", &entry).await.unwrap(), None);
    let row = city.app.store.db.row(&ACCOUNT, &sealed.id).await.unwrap().unwrap();
    assert_eq!(row.text("kind"), "local", "a directory's entry of the same name does not take it over");
}

async fn passkeys(city: &City) {
    let device = enrolled(city, "manager").await;
    let tried = async |counter: u32, change: &dyn Fn(&mut Ceremony)| {
        let page = with_host(city, "GET", "", "/login/passkey", &[]).await.ok();
        let challenge = unbase64(between(&page.body, "data-challenge=\"", "\""));
        let answer = device.touch(&challenge, counter, change);
        let fields = sent(&answer);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let step = page.cookie.unwrap();
        let first = with_host(city, "POST", &step, "/login/passkey", &fields).await;
        // Whatever came of it: the question is answered once.
        let second = with_host(city, "POST", &step, "/login/passkey", &fields).await;
        assert_eq!(second.status, StatusCode::OK, "an answer is taken once");
        first
    };
    tried(6, &|_| {}).await.to("/");
    for (what, counter, change) in [
        (
            "origin",
            7,
            &(|c: &mut Ceremony| c.origin = "http://evil.example".into()) as &dyn Fn(&mut Ceremony),
        ),
        ("rpId", 7, &|c| c.rp_id = "evil.example".into()),
        ("UV=0", 7, &|c| c.flags = UP),
        ("UP=0", 7, &|c| c.flags = UV),
        ("another question", 7, &|c| c.challenge[0] ^= 1),
        ("a registration's data", 7, &|c| c.kind = "webauthn.create"),
        ("counter stands still", 6, &|_| {}),
        ("counter rolled back", 5, &|_| {}),
    ] {
        let answer = tried(counter, change).await;
        assert_eq!(answer.status, StatusCode::OK, "{what} opened the portal");
        assert!(answer.body.contains("確かめられませんでした"), "{what}: {}", answer.body);
    }
    tried(7, &|_| {}).await.to("/");
}

async fn provider_that_lies() {
    let liar = Liar::start(None);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "client-secret").unwrap();
    let config = OidcConfig {
        issuer: liar.issuer(),
        client_id: "sekisho".into(),
        client_secret_file: "secret".into(),
        ca_file: None,
        login_claim: "preferred_username".into(),
        number_claim: "employee_number".into(),
    };
    let callback = format!("http://{SITE}/login/oidc/callback");
    let provider = Provider::open(&config, callback, dir.path()).unwrap();
    let public_url = Some(format!("http://{SITE}"));
    let city =
        City::with_identity(Identity { public_url, provider: Some(provider), ..Identity::default() }, |_| {})
            .await;
    let now = START.0 / 1_000;
    let tried = async |alg: &str, change: &dyn Fn(&mut Value), more: &str| {
        let away = city.get("", "/login/oidc").await;
        let url = away.location.clone();
        let get = |name: &str| between(&format!("{url}&"), &format!("{name}="), "&").to_owned();
        let mut claims = json!({
            "iss": liar.issuer(), "sub": "u-1", "aud": "sekisho", "exp": now + 300, "iat": now, "nonce": get("nonce"),
            "preferred_username": "x", "employee_number": "section_staff",
        });
        change(&mut claims);
        *liar.token.lock().unwrap() = signed(alg, &claims);
        let path = format!("/login/oidc/callback?code=c&state={}{more}", get("state"));
        city.get(&away.cookie.unwrap(), &path).await
    };
    tried("RS256", &|_| {}, "").await.to("/");
    for (what, alg, change, more) in [
        ("alg=none", "none", &(|_: &mut Value| {}) as &dyn Fn(&mut Value), ""),
        ("HMAC with the client's secret", "HS256", &|_| {}, ""),
        ("nonce of another", "RS256", &|c| c["nonce"] = json!("other"), ""),
        ("issuer in the token", "RS256", &|c| c["iss"] = json!("https://evil.example"), ""),
        ("mix-up: the answer of another issuer", "RS256", &|_| {}, "&iss=https%3A%2F%2Fevil.example"),
        ("another client's token", "RS256", &|c| c["aud"] = json!("other"), ""),
    ] {
        let answer = tried(alg, change, more).await;
        assert!(
            answer.location.starts_with("/login?done=oidc-no&"),
            "{what}: {} {}",
            answer.status,
            answer.location
        );
    }
}

async fn directory_that_is_tricked() {
    let people = [("sato", "right horse", "section_staff", 512)];
    let Some(slapd) = Slapd::start(&people) else {
        return eprintln!("NOT RUN: F.4 number 10, LDAP: slapd is not installed");
    };
    let city = City::with_identity(directory(&slapd), |_| {}).await;
    city.app.read_directory().await.unwrap();
    for (login, password) in [
        ("sato", ""),
        ("sat*", "right horse"),
        ("*", "right horse"),
        ("sato)(objectclass=*", "right horse"),
        ("*)(|(samaccountname=sato", "right horse"),
        ("cn=p0,dc=city,dc=test", "right horse"),
    ] {
        let page = log_in(&city, login, password).await.ok().body;
        assert!(page.contains("ログイン名かパスワードが違います"), "{login:?} {password:?}: {page}");
    }
    log_in(&city, "sato", "right horse").await.to("/");
}

/// A list with one person in it, said to be everybody.
async fn everybody_gone(city: &City) {
    let (office, ciso) = (city.signed_in("secretariat").await, city.signed_in("ciso").await);
    let fields = [("source", "test"), ("whole", "yes"), ("effective", "2027-04-01"), ("readers", "ciso")];
    let csv = "職員番号,氏名,所属,職\nciso,cisoさん,情報政策課,ciso\n";
    let path = city
        .upload(&office, "/personnel", &fields, ("名簿.csv", csv.as_bytes()))
        .await
        .to("/personnel/")
        .location;
    let page = city.get(&ciso, &path).await.ok().body;
    let seal = between(&page, "name=\"seal\" value=\"", "\"").to_owned();
    for typed in ["", "1", "999"] {
        let fields = [("do", "confirm"), ("seal", &*seal), ("losing", typed)];
        let answer = city.post(&ciso, &path, &fields).await.ok();
        assert!(answer.body.contains("人が権限を失います"), "{typed:?}: {}", answer.body);
    }
    city.clock.set(sekisho_domain::date::start_of(sekisho_domain::date::Date::constant(2027, 4, 1)));
    assert_eq!(city.app.store.apply_personnel().await.unwrap(), 0);
    city.clock.set(START);
    assert!(city.app.store.db.who("who-manager", "").await.unwrap().seat(date_at(START)).is_some());
}

// --- a device ----------------------------------------------------------------------------------------------------

/// A passkey of the test, known to the portal.
struct Device {
    key: Key,
    rp: RelyingParty,
}

impl Device {
    fn touch(&self, challenge: &[u8], counter: u32, change: impl Fn(&mut Ceremony)) -> Assertion {
        let mut ceremony = Ceremony::honest("webauthn.get", &self.rp, challenge, UP | UV);
        ceremony.counter = counter;
        change(&mut ceremony);
        ceremony.touch(&self.key)
    }
}

async fn enrolled(city: &City, login: &str) -> Device {
    let rp = RelyingParty { id: "localhost".into(), origin: format!("http://{SITE}") };
    let key = Key::ed();
    let challenge = b"a challenge of the registration.";
    let sent = Ceremony::honest("webauthn.create", &rp, challenge, UP | UV | AT).register(&key);
    let made = registered(&rp, challenge, &sent).unwrap();
    let public_key = serde_json::to_string(&made.key).unwrap();
    let holder = city.app.store.db.holder_by_login(login).await.unwrap().unwrap();
    let mut tx = city.app.store.write(&Actor::system(), "credential.enrol").await.unwrap();
    let new = NewKey {
        kind: "passkey",
        label: "試験",
        handle: &made.id,
        public_key: Some(&public_key),
        counter: i64::from(made.counter),
        countersigned_by: None,
    };
    tx.add_key(&holder.id, new).await.unwrap();
    tx.commit().await.unwrap();
    Device { key, rp }
}

/// The fields in which a form carries a touch.
fn sent(answer: &Assertion) -> [(&'static str, String); 4] {
    [
        ("passkey_id", answer.id.clone()),
        ("passkey_client", answer.client_data.clone()),
        ("passkey_data", answer.authenticator_data.clone()),
        ("passkey_signature", answer.signature.clone()),
    ]
}

/// As a browser on the site's own name asks, which passkeys need.
async fn with_host(city: &City, verb: &str, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::builder()
        .method(verb)
        .uri(path)
        .header(header::COOKIE, cookie)
        .header(header::HOST, SITE)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    city.send(request.body(Body::from(body)).unwrap()).await
}

#[track_caller]
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let found = text.split(start).nth(1).and_then(|rest| rest.split(end).next());
    found.unwrap_or_else(|| panic!("{start} is not in {text}"))
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}
