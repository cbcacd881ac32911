//! Every route × every role: who gets in. The table is kept in `matrix.txt`, so that a change of rights is seen in
//! a review. `UPDATE_MATRIX=1 cargo test -p sekisho-portal --test pages` writes it anew.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::access::{self, Held, Reach, Seat, Who};
use sekisho_domain::date::Date;
use sekisho_domain::role::Role;
use sekisho_portal::{Need, ROUTES, Route, Verb};
use std::fmt::Write as _;

const DAY: Date = Date::constant(2026, 11, 23);

fn who(role: Role) -> Who {
    let held = Held { role, valid_from: Date::constant(2020, 4, 1), valid_to: None };
    let seat = Seat {
        position_id: "p".into(),
        unit_id: UNIT.into(),
        near: Vec::new(),
        before: Vec::new(),
        kind: "main".into(),
        valid_from: Date::constant(2020, 4, 1),
        valid_to: None,
        roles: vec![held],
    };
    Who { person_id: "me".into(), account_id: "a".into(), seats: vec![seat] }
}

/// Every route, those of registers once per register.
pub(crate) fn every_route() -> Vec<Route> {
    let each = |route: &Route| match route.need {
        Need::Register(action) => {
            let named = sekisho_domain::REGISTERS.iter().map(|register| {
                let mut route = *route;
                route.need = Need::May(action, register.noun.name);
                route.path = Box::leak(route.path.replace("{noun}", register.noun.name).into_boxed_str());
                route
            });
            named.collect()
        }
        _ => vec![*route],
    };
    ROUTES.iter().flat_map(each).collect()
}

/// How far a role gets on a route: everything, its sections (S), also its own (S+O), its own (O), nothing.
fn extent(route: &Route, role: Role) -> &'static str {
    match route.need {
        Need::Nobody => "all",
        Need::Stage(_) => "step",
        Need::SignedIn => "in",
        Need::Register(_) => unreachable!("every_route names the register"),
        Need::May(action, noun) => match access::reach(&who(role), action, noun, DAY) {
            Reach::All => "all",
            Reach::Sections(_) => "S",
            Reach::SectionsAndOwn(_) => "S+O",
            Reach::Own => "O",
            Reach::Nothing => "-",
        },
    }
}

fn table() -> String {
    let mut out =
        String::from("# all: every record; S: own sections; O: own; -: refused; step: log-in steps\n");
    for route in every_route() {
        let verb = if route.verb == Verb::Get { "GET " } else { "POST" };
        let admin = if route.admin { " (admin)" } else { "" };
        let _ = write!(out, "{verb} {:<34}", format!("{}{admin}", route.path));
        for role in Role::ALL {
            let _ = write!(out, " {}={}", role.code(), extent(&route, role));
        }
        out.push('\n');
    }
    out
}

#[test]
fn rights_are_as_reviewed() {
    reviewed("matrix.txt", &table());
}

/// Compares with the table that was reviewed, and says which route changed and what to do.
pub(crate) fn reviewed(name: &str, table: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages").join(name);
    #[expect(clippy::disallowed_methods, reason = "the switch that writes the reviewed table anew")]
    if std::env::var("UPDATE_MATRIX").is_ok() {
        std::fs::write(&path, table).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let new: Vec<&str> = table.lines().filter(|line| !known.lines().any(|k| k == *line)).collect();
    let gone: Vec<&str> = known.lines().filter(|line| !table.lines().any(|t| t == *line)).collect();
    assert!(
        new.is_empty() && gone.is_empty() && known == table,
        "who may do what has changed. New or changed:\n{}\nNo longer so:\n{}\nReview it, then run \
         UPDATE_MATRIX=1 cargo test -p sekisho-portal --test pages\nand commit tests/pages/{name}.",
        new.join("\n"),
        gone.join("\n")
    );
}

/// The table is what the running portal does: a refused role gets 403, an admitted one never does, and nobody
/// without a session gets anything but the public pages.
#[tokio::test]
async fn the_portal_does_what_the_table_says() {
    let city = City::new().await;
    let mut cookies = Vec::new();
    for role in Role::ALL {
        cookies.push((role, city.signed_in(role.code()).await));
    }
    for route in every_route().iter().filter(|r| r.verb == Verb::Get && r.path != "/logout") {
        let path = route.path.replace("{id}", "00000000-0000-7000-8000-000000000000");
        let stranger = city.get("", &path).await;
        // A calendar feed asks for nothing but its secret address; a made-up one is not there.
        if route.path.contains("{token}") {
            assert_eq!(stranger.status, StatusCode::NOT_FOUND, "{path}");
            continue;
        }
        let public = route.need == Need::Nobody;
        // The provider's pages send whoever comes without its answer back to the log-in.
        let open = stranger.status == StatusCode::OK || stranger.location.starts_with("/login?done=");
        assert_eq!(open, public, "{path} without a session: {}", stranger.status);
        // A person is sent to the log-in, a program is told.
        let sent = stranger.location.starts_with("/login?back=");
        let told = path.starts_with("/api/") && stranger.status == StatusCode::UNAUTHORIZED;
        assert!(public || sent || told, "{path}: {}", stranger.location);
        for (role, cookie) in &cookies {
            let answer = city.get(cookie, &path).await;
            let context = format!("{path} as {}: {}", role.code(), answer.status);
            match extent(route, *role) {
                "step" => assert_eq!(answer.status, StatusCode::SEE_OTHER, "{context}"),
                _ if public && answer.location.starts_with("/login?done=") => {}
                "-" => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{context}"),
                // The made-up id is not found by whoever may look; pages about ticked rows ask for some.
                _ => assert!(
                    matches!(
                        answer.status,
                        StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY
                    ),
                    "{context}"
                ),
            }
        }
    }
}

/// Writing without the right, from our own pages or from elsewhere, changes nothing.
#[tokio::test]
async fn writing_is_refused_before_anything_is_read() {
    let city = City::new().await;
    let auditor = city.signed_in("auditor").await;
    let before = city.app.store.db.ledger_head().await.unwrap();
    for route in every_route().iter().filter(|r| r.verb == Verb::Post) {
        let path = route.path.replace("{id}", "00000000-0000-7000-8000-000000000000");
        if matches!(route.need, Need::May(..)) {
            let stranger = city.post("", &path, &[]).await;
            match path.starts_with("/api/") {
                true => assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path}"),
                false => drop(stranger.to("/login?back=")),
            }
            if extent(route, Role::Auditor) == "-" {
                assert_eq!(city.post(&auditor, &path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
            }
        }
        let elsewhere = axum::http::Request::post(&path)
            .header("cookie", &auditor)
            .header("sec-fetch-site", "cross-site")
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = city.send(elsewhere).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("P421"), "{path}: {}", answer.body);
    }
    assert_eq!(city.app.store.db.ledger_head().await.unwrap(), before, "nothing was written");
}

/// What stands on every answer.
#[tokio::test]
async fn every_answer_is_dressed() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    for path in ["/", "/login", "/policy", "/nowhere", "/requirements", "/ledger", "/start", "/summary"] {
        let answer = city.get(&me, path).await;
        let header = |name: &str| answer.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        let csp = header("content-security-policy").unwrap();
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{csp}");
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"), "{path}");
        assert!(header("x-request-id").is_some_and(|id| id.len() == 16));
        for forbidden in [" style=", "<script>", "<script type", "<style", "javascript:", "onclick"] {
            assert!(!answer.body.contains(forbidden), "{path}: {forbidden}");
        }
        assert_eq!(answer.body.matches("<h1").count(), 1, "{path}");
    }
}

/// An installation may keep the administrators' pages off the staff's network.
#[tokio::test]
async fn the_staff_s_door_does_not_lead_to_accounts() {
    let city = City::new().await;
    let me = city.signed_in("system_administrator").await;
    for route in ROUTES.iter().filter(|r| r.admin && r.verb == Verb::Get) {
        let path = route.path.replace("{id}", "00000000-0000-7000-8000-000000000000");
        let found = if route.path.contains("{id}") { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(city.get(&me, &path).await.status, found, "{path}");
        let refused = city.get_at_staff_door(&me, &path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", route.path);
        assert!(refused.body.contains("管理用の入口"), "{}", refused.body);
    }
    assert!(ROUTES.iter().any(|r| r.admin));
}

/// Nobody stays logged in for longer than a working day, however busy; whoever is away for half an hour is out.
#[tokio::test]
async fn sessions_end() {
    use sekisho_domain::clock::Ms;
    let city = City::new().await;
    let me = city.signed_in("manager").await;
    for _ in 0..29 {
        city.get(&me, "/sessions").await.ok();
        city.clock.advance(20 * Ms::MINUTE);
    }
    city.get(&me, "/sessions").await.ok();
    city.clock.advance(20 * Ms::MINUTE);
    city.get(&me, "/sessions").await.to("/login?back=");

    let (here, there) = (city.signed_in("manager").await, city.signed_in("manager").await);
    let list = city.get(&here, "/sessions").await.ok().body;
    let revoke = list.split("action=\"/sessions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    city.post(&here, &format!("/sessions/{revoke}"), &[]).await.to("/sessions");
    city.get(&here, "/sessions").await.ok();
    city.get(&there, "/sessions").await.to("/login?back=");
}
