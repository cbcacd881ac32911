//! Keys of programs: what they open, and everything they do not.

use crate::kit::{Answer, City, UNIT};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use sekisho_domain::asset::ASSET;
use sekisho_domain::clock::Ms;
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_store::Actor;
use serde_json::json;

const LIST: &str = "/api/v1/registers/asset";

async fn kept(city: &City) {
    let mut tx = city.app.store.write(&Actor::system(), "test.kept").await.unwrap();
    for (number, unit) in [("A-1", UNIT), ("A-9", "unit-zei")] {
        let row = Row::new(&ASSET, format!("id-{number}"))
            .set("number", number)
            .set("name", "住民基本台帳")
            .set("unit_id", unit)
            .set("form", "paper")
            .set("confidentiality", "2")
            .set("integrity", "1")
            .set("availability", "1")
            .set("personal_data", "none")
            .set("zone", "none")
            .set("outsourced", false)
            .set("valid_from", "2024-04-01");
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn key(city: &City, cookie: &str, reaches: &str) -> String {
    let fields = [("name", "機器台帳への反映"), ("reaches", reaches), ("lasts", "30")];
    let page = city.post(cookie, "/api-tokens", &fields).await.ok().body;
    page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

fn asking(verb: &str, path: &str, token: &str) -> axum::http::request::Builder {
    Request::builder().method(verb).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"))
}

async fn read(city: &City, path: &str, token: &str) -> Answer {
    city.send(asking("GET", path, token).body(Body::empty()).unwrap()).await
}

/// As a program sends it: no cookie, no word of where it comes from.
async fn write(city: &City, token: &str) -> Answer {
    let row = city.app.store.db.row(&ASSET, "id-A-1").await.unwrap().unwrap();
    let body = json!({ "version": row.version, "values": { "place": "書庫2" } }).to_string();
    city.send(asking("POST", "/api/v1/registers/asset/id-A-1", token).body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_key_reads_and_writes_what_its_person_may() {
    let city = City::new().await;
    kept(&city).await;
    let me = city.signed_in("section_staff").await;
    let (reads, writes) = (key(&city, &me, "reads").await, key(&city, &me, "writes").await);
    let list = read(&city, LIST, &reads).await.ok().body;
    assert!(list.contains("A-1") && !list.contains("A-9"), "{list}");
    assert_eq!(read(&city, "/api/v1/registers/asset/id-A-9", &reads).await.status, StatusCode::NOT_FOUND);
    read(&city, "/api/v1/openapi.json", &reads).await.ok();
    let refused = write(&city, &reads).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("読むためのもの"), "{}", refused.body);
    write(&city, &writes).await.ok();
    let page = city.get(&me, "/sessions").await.ok().body;
    assert!(page.contains("機器台帳への反映") && page.contains("読んで、書く"));
    assert!(!page.contains(&reads) && !page.contains(&writes), "a key is shown once");
}

#[tokio::test]
async fn a_key_opens_nothing_but_the_registers() {
    let city = City::new().await;
    kept(&city).await;
    let me = city.signed_in("secretariat").await;
    let writes = key(&city, &me, "writes").await;
    for path in ["/", "/registers/asset", "/registers/asset/export", "/sessions", "/decisions", "/people"] {
        read(&city, path, &writes).await.to("/login");
    }
    // No key begets another, and none decides: nothing of the sort is asked for under the API.
    for path in ["/api-tokens", "/decisions/x", "/applications/general"] {
        let request = asking("POST", path, &writes).header("sec-fetch-site", "same-origin");
        city.send(request.body(Body::empty()).unwrap()).await.to("/login");
    }
    assert_eq!(read(&city, "/api/v1/registers/asset/id-A-1", "x").await.status, StatusCode::UNAUTHORIZED);
}

/// Another site makes a browser send its cookie: a made-up key beside it neither opens anything nor lifts the guard.
#[tokio::test]
async fn a_key_beside_a_cookie_counts_alone() {
    let city = City::new().await;
    kept(&city).await;
    let me = city.signed_in("section_staff").await;
    for site in ["cross-site", "same-origin"] {
        let request = asking("POST", "/api/v1/registers/asset/id-A-1", "made-up")
            .header(header::COOKIE, &me)
            .header("sec-fetch-site", site)
            .body(Body::from(json!({ "version": 1, "values": { "place": "x" } }).to_string()));
        assert_eq!(city.send(request.unwrap()).await.status, StatusCode::UNAUTHORIZED, "{site}");
    }
    let request = asking("POST", "/registers/asset/id-A-1/end", "made-up")
        .header(header::COOKIE, &me)
        .header("sec-fetch-site", "cross-site");
    let answer = city.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "outside the API the guard stands as ever");
}

#[tokio::test]
async fn a_key_is_made_by_whoever_sits_at_the_screen() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    let mute = city.post(&me, "/api-tokens", &[("reaches", "all")]).await.ok().body;
    assert!(mute.contains("何に使う鍵かを書いてください") && mute.contains("できることを選んでください"));
    let mine = key(&city, &me, "reads").await;
    let page = city.get(&me, "/sessions").await.ok().body;
    let revoke = page.split("action=\"/api-tokens/").nth(1).unwrap().split('"').next().unwrap();
    let revoke = format!("/api-tokens/{revoke}");
    let other = city.signed_in("manager").await;
    assert_eq!(city.post(&other, &revoke, &[]).await.status, StatusCode::NOT_FOUND);
    read(&city, LIST, &mine).await.ok();
    city.post(&me, &revoke, &[]).await.to("/sessions");
    assert_eq!(read(&city, LIST, &mine).await.status, StatusCode::UNAUTHORIZED);

    city.clock.advance(6 * Ms::MINUTE);
    city.post(&me, "/api-tokens", &[("name", "x"), ("reaches", "reads"), ("lasts", "30")])
        .await
        .to("/step-up?back=%2Fsessions");
}

/// Its day, a new password, a stopped account, leaving, another seat: each ends it at once.
#[tokio::test]
async fn a_key_ends_with_what_it_rests_on() {
    let city = City::new().await;
    kept(&city).await;
    let store = &city.app.store;
    let me = city.signed_in("section_staff").await;
    let dies = |token: String, why: &'static str| {
        let city = &city;
        async move {
            assert_eq!(read(city, LIST, &token).await.status, StatusCode::UNAUTHORIZED, "{why}");
        }
    };
    let token = key(&city, &me, "reads").await;
    let account = store.db.accounts("", 100).await.unwrap();
    let account = account.into_iter().find(|a| a.login == "section_staff").unwrap().account_id;
    store.close_sessions_of(&account, "").await.unwrap();
    dies(token, "a new password").await;

    let me = city.signed_in("section_staff").await;
    let token = key(&city, &me, "reads").await;
    city.clock.advance(30 * Ms::DAY);
    dies(token, "its day").await;

    let me = city.signed_in("section_staff").await;
    let token = key(&city, &me, "reads").await;
    let mut tx = store.write(&Actor::system(), "test.leave").await.unwrap();
    let person = tx.get(&PERSON, "who-section_staff").await.unwrap();
    let today = sekisho_domain::date::date_at(store.clock.now());
    tx.update(person.set("left_on", today)).await.unwrap();
    tx.commit().await.unwrap();
    dies(token, "leaving, before any job has run").await;
}
