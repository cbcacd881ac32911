//! Passkeys in a real browser: Chromium with a virtual authenticator, driven over the W3C WebDriver protocol.

#![allow(clippy::disallowed_methods, reason = "the browser is a process with a profile of its own")]

use crate::kit::City;
use crate::peers::{Running, free_port, until_open};
use sekisho_store::Actor;
use sekisho_store::proof::SignedAnswer;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// A browser window behind chromedriver.
struct Browser {
    port: u16,
    session: String,
    base: String,
    _driver: Running,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None` when Chromium or its driver is not installed; the caller says NOT RUN.
    fn start(base: String) -> Option<Browser> {
        let (driver, chromium) = ("/usr/bin/chromedriver", "/usr/bin/chromium");
        if !Path::new(driver).exists() || !Path::new(chromium).exists() {
            return None;
        }
        let port = free_port();
        let child = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _driver = Running::new(child);
        until_open(port);
        let profile = tempfile::tempdir().unwrap();
        let mut args: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=400,900",
        ]
        .map(str::to_owned)
        .into();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        let mut browser = Browser { port, session: String::new(), base, _driver, _profile: profile };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": { "binary": chromium, "args": args },
            "webauthn:virtualAuthenticators": true,
        } } });
        let answer = browser.ask("POST", "/session", &wanted);
        browser.session = format!("/session/{}", answer["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.session,
            body.len()
        )
        .unwrap();
        // The driver keeps the connection open, whatever it is asked: the answer ends where it says.
        stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap();
                }
                None if line.trim().is_empty() => break,
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let value: Value = serde_json::from_slice(&answer).unwrap();
        assert!(value["value"]["error"].is_null(), "{path}: {value}");
        value["value"].clone()
    }

    fn open(&self, path: &str) {
        self.ask("POST", "/url", &json!({ "url": format!("{}{path}", self.base) }));
    }

    fn element(&self, css: &str) -> String {
        let found = self.ask("POST", "/element", &json!({ "using": "css selector", "value": css }));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    fn click(&self, css: &str) {
        self.ask("POST", &format!("/element/{}/click", self.element(css)), &json!({}));
    }

    fn fill(&self, css: &str, text: &str) {
        self.ask("POST", &format!("/element/{}/value", self.element(css)), &json!({ "text": text }));
    }

    fn script(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the script's value is true; a page that never gets there fails the test with what it says.
    fn until(&self, condition: &str) {
        for _ in 0..200 {
            if self.script(&format!("return !!({condition});")) == json!(true) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!(
            "{condition} never came true: {}",
            self.script("return location.href + ' ' + document.body.innerText;")
        );
    }

    fn sign_in(&self, cookie: &str) {
        let (name, value) = cookie.split_once('=').unwrap();
        self.open("/login");
        self.ask("POST", "/cookie", &json!({ "cookie": { "name": name, "value": value, "path": "/" } }));
    }

    fn authenticator(&self) -> String {
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        self.ask("POST", "/webauthn/authenticator", &device).as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = write!(
                stream,
                "DELETE {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.set_read_timeout(Some(std::time::Duration::from_secs(5)));
            let _ = stream.read(&mut [0; 64]);
        }
    }
}

/// An application that waits for the manager.
async fn application(city: &City) -> String {
    let who = city.app.store.db.who("who-system_administrator", "").await.unwrap();
    let holder = city.app.store.db.holder_by_login("csirt").await.unwrap().unwrap();
    let actor = Actor { person_id: who.person_id.clone(), seat: "-".into() };
    let mut tx = city.app.store.write(&actor, "decision.apply").await.unwrap();
    let id = tx.apply_for_reset(&who, &holder).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_registered_signs_in_and_signs_a_decision() {
    let city = City::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let router = sekisho_portal::router(city.app.clone(), sekisho_portal::Entrance::Whole);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let manager = city.signed_in("manager").await;
    let decision = application(&city).await;

    let path = format!("/decisions/{decision}");
    let done = tokio::task::spawn_blocking(move || {
        let Some(browser) = Browser::start(base) else {
            eprintln!("NOT RUN: chromium or chromedriver is not installed");
            return false;
        };
        let device = browser.authenticator();
        browser.sign_in(&manager);

        // Registration.
        browser.open("/credentials/passkey");
        browser.fill("#label", "机のパソコン");
        browser.click("button[data-touch]");
        browser.until("location.pathname == '/credentials' && location.search == '?done=passkey'");
        assert!(browser.script("return document.body.innerText").as_str().unwrap().contains("机のパソコン"));

        // The same device is not registered twice.
        browser.open("/credentials/passkey");
        browser.fill("#label", "もう一度");
        browser.click("button[data-touch]");
        browser.until("document.body.innerText.includes('すでに登録されています')");

        // Sign-in without name or password; a device that could not check the person proves nothing.
        browser.ask("DELETE", "/cookie", &json!({}));
        browser.ask(
            "POST",
            &format!("/webauthn/authenticator/{device}/uv"),
            &json!({ "isUserVerified": false }),
        );
        browser.open("/login/passkey?back=/credentials");
        browser.click("button[data-touch]");
        browser.until("document.body.innerText.includes('確かめられませんでした')");
        browser.ask(
            "POST",
            &format!("/webauthn/authenticator/{device}/uv"),
            &json!({ "isUserVerified": true }),
        );
        browser.open("/login/passkey?back=/credentials");
        browser.click("button[data-touch]");
        browser.until("location.pathname == '/credentials'");

        // A touch is the decision.
        browser.open(&path);
        browser.click("button[value=approved]");
        browser.until("location.search == '?done=approved'");
        true
    });
    if !done.await.unwrap() {
        return;
    }
    let db = &city.app.store.db;
    let steps = db.decision_steps(&decision).await.unwrap();
    let step = steps.iter().find(|s| s.state == "approved").unwrap();
    let row = db.row(&sekisho_domain::decision::DECISION_STEP, &step.id).await.unwrap().unwrap();
    let subject = db.row(&sekisho_domain::decision::DECISION, &decision).await.unwrap().unwrap();
    let answer = SignedAnswer {
        decision_id: &decision,
        step_id: &step.id,
        answer: "approve",
        subject_sha256: subject.text("subject_sha256"),
        person_id: "who-manager",
    };
    db.verify_proof(answer, row.text("proof")).await.unwrap();
    // The signature is of this answer and no other.
    let other = "0".repeat(64);
    for wrong in [
        SignedAnswer { answer: "return", ..answer },
        SignedAnswer { subject_sha256: &other, ..answer },
        SignedAnswer { step_id: "another", ..answer },
        SignedAnswer { person_id: "who-ciso", ..answer },
    ] {
        assert!(db.verify_proof(wrong, row.text("proof")).await.is_err(), "{wrong:?}");
    }
}
