//! A small city with one person per role, on SQLite in a temporary directory, and a browser without a window.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use sekisho_domain::clock::{Ms, SeededEntropy, SetClock};
use sekisho_domain::date::Date;
use sekisho_domain::factor::Method;
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::position::{ASSIGNMENT, POSITION, ROLE_SEAT};
use sekisho_domain::role::Role;
use sekisho_domain::section::SECTION;
use sekisho_identity::Identity;
use sekisho_portal::{App, Config, Entrance, Font, credential, router};
use sekisho_store::ledger::{Sequencer, create_log};
use sekisho_store::object::Objects;
use sekisho_store::session::NewSession;
use sekisho_store::{Actor, Db, Store};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// 2026-11-23 09:00 JST, a Monday.
pub(crate) const START: Ms = Ms(1_795_392_000_000);
pub(crate) const SINCE: Date = Date::constant(2024, 4, 1);
/// Debian's fonts-noto-cjk: the PDF is made where it is installed.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc";
/// The section in which everybody but `other` sits.
pub(crate) const UNIT: &str = "unit-joho";

pub(crate) struct City {
    pub(crate) app: App,
    pub(crate) clock: Arc<SetClock>,
    router: Router,
    staff_door: Router,
    _dir: TempDir,
}

/// An answer with its body read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) cookie: Option<String>,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl City {
    pub(crate) async fn new() -> City {
        City::on(None).await
    }

    /// On an empty PostgreSQL database instead.
    pub(crate) async fn on(address: Option<String>) -> City {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(START));
        let entropy = Arc::new(SeededEntropy::new(11));
        std::fs::create_dir_all(dir.path().join("keys")).unwrap();
        create_log(dir.path(), "sekisho.example/test", &*entropy).unwrap();
        let db = match address {
            Some(address) => Db::open(&address).await.unwrap(),
            None => Db::sqlite(&dir.path().join("sekisho.db")).await.unwrap(),
        };
        db.migrate().await.unwrap();
        let store = Store::new(db, clock.clone(), entropy);
        let sequencer = Sequencer::open(&store, dir.path()).await.unwrap();
        let font = Path::new(FONT).exists().then(|| Font { path: FONT.into(), index: 0 });
        let config = Config { city: "さくら坂市".into(), font, ..Config::default() };
        let app = App::new(store, config, Objects::at(dir.path().join("objects")), sequencer);
        let (router, staff_door) =
            (router(app.clone(), Entrance::Whole), router(app.clone(), Entrance::Staff));
        let city = City { router, staff_door, app, clock, _dir: dir };
        city.people().await;
        city
    }

    /// As after the program was stopped and started again: another connection, nothing left in memory.
    pub(crate) async fn restarted(self) -> City {
        let City { app, clock, _dir: dir, .. } = self;
        let (entropy, config) = (app.store.entropy.clone(), Config::clone(&app.config));
        app.store.db.close().await;
        drop(app);
        let db = Db::sqlite(&dir.path().join("sekisho.db")).await.unwrap();
        let store = Store::new(db, clock.clone(), entropy);
        let sequencer = Sequencer::open(&store, dir.path()).await.unwrap();
        let app = App::new(store, config, Objects::at(dir.path().join("objects")), sequencer);
        let (router, staff_door) =
            (router(app.clone(), Entrance::Whole), router(app.clone(), Entrance::Staff));
        City { router, staff_door, app, clock, _dir: dir }
    }

    /// The same city with peers that vouch for people, and with TLS or without.
    pub(crate) async fn with_identity(identity: Identity, change: impl FnOnce(&mut Config)) -> City {
        let mut city = City::new().await;
        let mut config = Config::clone(&city.app.config);
        change(&mut config);
        city.app.config = Arc::new(config);
        city.app = city.app.with_identity(identity);
        city.router = router(city.app.clone(), Entrance::Whole);
        city
    }

    /// Sections, positions, and for every role one person `who-ROLE` with an account of the same name.
    async fn people(&self) {
        let mut tx = self.app.store.write(&Actor::system(), "test.setup").await.unwrap();
        let section = |unit: &str, code: &str, name: &str, kind: &str, parent: Option<&str>| {
            Row::new(&SECTION, unit)
                .set("unit_id", unit)
                .set("code", code)
                .set("name", name)
                .set("kind", kind)
                .set("managed", kind == "division")
                .set("parent_unit_id", parent.map(str::to_owned))
                .set("sort_key", code)
                .set("valid_from", SINCE)
        };
        tx.create_section(section("unit-city", "0", "さくら坂市", "city", None)).await.unwrap();
        tx.create_section(section(UNIT, "1", "情報政策課", "division", Some("unit-city"))).await.unwrap();
        tx.create_section(section("unit-zei", "2", "税務課", "division", Some("unit-city"))).await.unwrap();
        for (n, role) in Role::ALL.into_iter().enumerate() {
            let code = role.code();
            let position = format!("pos-{code}");
            let row =
                Row::new(&POSITION, &position).set("code", code).set("name", format!("{}の職", role.label()));
            tx.insert(row.set("rank", n as i64 * 10 + 10).set("valid_from", SINCE)).await.unwrap();
            let row = Row::new(&ROLE_SEAT, format!("rs-{code}")).set("role", code);
            tx.insert(row.set("position_id", position).set("valid_from", SINCE)).await.unwrap();
            self.person(&mut tx, code, UNIT, Some(code)).await;
        }
        tx.load_catalogue(sekisho_catalogue::catalogue()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn person(
        &self,
        tx: &mut sekisho_store::Tx<'_>,
        name: &str,
        unit: &str,
        position: Option<&str>,
    ) {
        let id = format!("who-{name}");
        let row = Row::new(&PERSON, &id)
            .set("number", name)
            .set("name", format!("{name}さん"))
            .set("population", "staff")
            .set("source", "test")
            .set("joined_on", SINCE);
        tx.create_person(row).await.unwrap();
        if let Some(position) = position {
            let row = Row::new(&ASSIGNMENT, format!("as-{name}"))
                .set("person_id", id.as_str())
                .set("position_id", format!("pos-{position}"))
                .set("unit_id", unit)
                .set("kind", "main")
                .set("valid_from", SINCE);
            tx.insert(row).await.unwrap();
        }
        tx.create_account(&id, name, false).await.unwrap();
    }

    /// A cookie of a full session of `name` with a fresh proof, without going through log-in.
    pub(crate) async fn signed_in(&self, name: &str) -> String {
        let accounts = self.app.store.db.accounts("", 1_000).await.unwrap();
        let account = accounts.into_iter().find(|a| a.login == name).unwrap();
        let (token, hash) = credential::new_token(&*self.app.store.entropy);
        let shown = [Method::Password, Method::Totp];
        let new = NewSession {
            account_id: &account.account_id,
            token_sha256: &hash,
            stage: "full",
            agent: "test",
            shown: &shown,
            stepped_up: true,
            replaces: None,
        };
        self.app.store.open_session(new).await.unwrap();
        format!("sekisho={token}")
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        self.send(request).await
    }

    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// A multipart form with one file in field `file`.
    pub(crate) async fn upload(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &[u8]),
    ) -> Answer {
        self.upload_all(cookie, path, fields, &[file]).await
    }

    /// …with several files in that field.
    pub(crate) async fn upload_all(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!("--XX\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        for (name, bytes) in files {
            let head =
                format!("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
            body.extend(head.as_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// As staff come in where administrators have a door of their own.
    pub(crate) async fn get_at_staff_door(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
        answer(self.staff_door.clone(), request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router.clone(), request).await
    }
}

async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let header = |name| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let cookie = header(header::SET_COOKIE).map(|c| c.split(';').next().unwrap_or("").to_owned());
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        location: header(header::LOCATION).unwrap_or_default(),
        cookie,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        bytes: body.to_vec(),
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> Answer {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn to(self, prefix: &str) -> Answer {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        assert!(self.location.starts_with(prefix), "{} does not start with {prefix}", self.location);
        self
    }
}
