//! 引継書, 不在 and 委任: what people hand to each other, for a while or for good.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::asset::ASSET;
use sekisho_domain::date::Date;
use sekisho_domain::noun::Row;
use sekisho_store::Actor;

/// 情報政策課 keeps an asset, so that there is something to hand over.
async fn asset(city: &City) {
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    let mut row = Row::new(&ASSET, tx.new_id()).set("number", "A-0001").set("name", "住民台帳の写し");
    for column in ASSET.columns.iter().filter(|c| c.required && !matches!(c.name, "number" | "name")) {
        let value = match column.kind {
            sekisho_domain::noun::Kind::Choice(choices) => choices[0].0.into(),
            sekisho_domain::noun::Kind::Bool => false.into(),
            sekisho_domain::noun::Kind::Unit => UNIT.into(),
            sekisho_domain::noun::Kind::Date => "2024-04-01".into(),
            _ => sekisho_domain::noun::Value::from("x"),
        };
        row.values.insert(column.name, value);
    }
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_seat_is_handed_over_on_one_page_and_received_once() {
    let city = City::new().await;
    asset(&city).await;
    let manager = city.signed_in("manager").await;
    let list = city.get(&manager, "/handovers").await.ok().body;
    assert!(list.contains("/handovers/new?seat=0"), "{list}");
    let page = city.get(&manager, "/handovers/new?seat=0").await.ok().body;
    for said in ["引継書", "住民台帳の写し", "決裁待ち", "例外措置", "この内容で引き継ぐ"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let own = city.post(&manager, "/handovers", &[("seat", "0"), ("to", "manager")]).await.ok();
    assert!(own.body.contains("自分には引き継げません"));
    let path = city
        .post(&manager, "/handovers", &[("seat", "0"), ("to", "officer")])
        .await
        .to("/handovers/")
        .location;

    // What was handed over stays what it was, whatever the registers say later.
    let page = city.get(&manager, &path).await.ok().body;
    assert!(page.contains("住民台帳の写し") && !page.contains("受け取った</button>"));
    assert_eq!(city.post(&manager, &path, &[]).await.status, StatusCode::FORBIDDEN);
    let stranger = city.signed_in("section_staff").await;
    assert_eq!(city.get(&stranger, &path).await.status, StatusCode::NOT_FOUND);

    let successor = city.signed_in("officer").await;
    assert!(city.get(&successor, &path).await.ok().body.contains("受け取った</button>"));
    city.post(&successor, &path, &[]).await.to(&path);
    assert!(city.get(&successor, &path).await.ok().body.contains("officerさん"));
    assert_eq!(city.post(&successor, &path, &[]).await.status, StatusCode::FORBIDDEN, "once");
}

#[tokio::test]
async fn what_was_signed_on_paper_is_entered_by_the_office() {
    let city = City::new().await;
    let manager = city.signed_in("manager").await;
    let path =
        city.post(&manager, "/handovers", &[("seat", "0"), ("to", "")]).await.to("/handovers/").location;
    let office = city.signed_in("secretariat").await;
    assert!(city.get(&office, &path).await.ok().body.contains("紙で受け取ったと登録する"));
    city.post(&office, &path, &[("paper", "1")]).await.to(&path);
    assert!(city.get(&manager, &path).await.ok().body.contains("紙で受け取り"));
}

#[tokio::test]
async fn everybody_enters_their_own_absence_and_hands_over_their_own_seat() {
    let city = City::new().await;
    let chief = city.signed_in("chief_officer").await;
    let wrong = [("do", "absence"), ("from", "2026-12-01"), ("to", "2026-11-01"), ("reason", "出張")];
    assert!(city.post(&chief, "/absence", &wrong).await.ok().body.contains("始まりの日と今日より後"));
    let away = [("do", "absence"), ("from", "2026-11-23"), ("to", "2026-11-24"), ("reason", "出張")];
    city.post(&chief, "/absence", &away).await.to("/absence?done=saved");
    let hand = |to: &'static str| {
        [
            ("do", "delegate"),
            ("seat", "0"),
            ("delegate", to),
            ("kind", "general"),
            ("hand_from", "2026-11-23"),
            ("hand_to", "2026-11-30"),
            ("why", "出張のあいだ"),
        ]
    };
    let own = city.post(&chief, "/absence", &hand("chief_officer")).await.ok();
    assert!(own.body.contains("には委任できません"));
    city.post(&chief, "/absence", &hand("officer")).await.to("/absence?done=saved");
    let page = city.get(&chief, "/absence").await.ok().body;
    assert!(
        page.contains("officerさんさんへ 出張のあいだ") || page.contains("さんへ 出張のあいだ"),
        "{page}"
    );

    // It works: what waits for the seat can be decided by whoever received it.
    let on = Date::constant(2026, 11, 23);
    let db = &city.app.store.db;
    let officer = db.who("who-officer", "").await.unwrap();
    let reaches = async || {
        let capacities = db.capacities(&officer, on).await.unwrap();
        capacities.iter().any(|c| c.mode == "delegate" && c.reaches("general") && !c.reaches("account"))
    };
    assert!(reaches().await);
    let id = page.split("/absence/").nth(2).and_then(|s| s.split('"').next()).unwrap().to_owned();
    let officer_cookie = city.signed_in("officer").await;
    let path = format!("/absence/{id}");
    let not_theirs = city.post(&officer_cookie, &path, &[("what", "delegation")]).await;
    assert_eq!(not_theirs.status, StatusCode::NOT_FOUND);
    city.post(&chief, &path, &[("what", "delegation")]).await.to("/absence?done=ended");
    assert!(!reaches().await);
}
