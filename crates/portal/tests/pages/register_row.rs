//! A register's pages, walked by the people who keep it.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::asset::ASSET;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::Row;
use sekisho_store::Actor;
use sekisho_store::register::PICKED_MAX;

const FORM: [(&str, &str); 11] = [
    ("number", "A-0001"),
    ("name", "住民基本台帳ファイル"),
    ("unit_id", UNIT),
    ("form", "electronic"),
    ("confidentiality", "3B"),
    ("integrity", "2"),
    ("availability", "2"),
    ("personal_data", "my_number"),
    ("zone", "resident"),
    ("outsourced", "false"),
    ("valid_from", "令和6年4月1日"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = FORM.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().copied()).collect()
}

async fn one(city: &City, cookie: &str, changes: &[(&str, &str)]) -> String {
    let answer = city.post(cookie, "/registers/asset", &with(changes)).await.to("/registers/asset/");
    answer.location.trim_end_matches("?done=created").to_owned()
}

#[tokio::test]
async fn a_row_is_added_corrected_and_ended_and_nothing_is_forgotten() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    let proposed = city.get(&me, "/registers/asset/new").await.ok();
    assert!(proposed.body.contains("value=\"A-0001\"") && proposed.body.contains("id=\"unit_id\""));
    let at = one(&city, &me, &[]).await;
    let shown = city.get(&me, &at).await.ok().body;
    assert!(shown.contains("住民基本台帳ファイル") && shown.contains("令和6年4月1日"));
    assert!(shown.contains("おおよその人数を入れてください"), "what the rules say is on the page");

    let edit = city.get(&me, &format!("{at}/edit")).await.ok().body;
    assert!(edit.contains("name=\"version\" value=\"1\""));
    let saved = with(&[("persons", "約１２，３４５人"), ("version", "1")]);
    city.post(&me, &format!("{at}/edit"), &saved).await.to(&at);
    let shown = city.get(&me, &at).await.ok().body;
    assert!(shown.contains("12,345人") && !shown.contains("おおよその人数を入れてください"));
    assert!(shown.contains("<del>（空欄）</del>") && shown.contains("第1版"));
    // Whoever still has the old form open is told.
    let late = city.post(&me, &format!("{at}/edit"), &with(&[("name", "別の名"), ("version", "1")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);

    city.post(&me, &format!("{at}/end"), &[("on", "2026-11-23"), ("version", "2")]).await.to(&at);
    let list = city.get(&me, "/registers/asset").await.ok().body;
    assert!(!list.contains("住民基本台帳ファイル"));
    let before = city.get(&me, "/registers/asset?on=2026-11-22").await.ok().body;
    assert!(before.contains("住民基本台帳ファイル"));
    let recorded = city.get(&me, &format!("{at}?known=2026-11-22")).await.ok().body;
    assert!(recorded.contains("まだ記録されていません"));
    let recorded = city.get(&me, &format!("{at}?known=2026-11-23")).await.ok().body;
    assert!(recorded.contains("第3版") && !recorded.contains("/edit"), "the past is not edited");
}

#[tokio::test]
async fn mistakes_come_back_beside_their_fields() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    let wrong = with(&[("persons", "多数"), ("name", ""), ("valid_to", "昨日")]);
    let answer = city.post(&me, "/registers/asset", &wrong).await.ok().body;
    assert!(
        answer.contains("「多数」を数として読めません") && answer.contains("「昨日」を日付として読めません")
    );
    assert!(answer.contains("href=\"#persons\"") && answer.contains("value=\"多数\""));
    one(&city, &me, &[]).await;
    let answer = city.post(&me, "/registers/asset", &FORM).await.ok().body;
    assert!(answer.contains("この番号は、ほかの行が使っています"));
}

#[tokio::test]
async fn a_section_keeps_its_own_rows_and_sees_no_others() {
    let city = City::new().await;
    let (office, other) = (city.signed_in("secretariat").await, "unit-zei");
    let own = one(&city, &office, &[]).await;
    let foreign =
        one(&city, &office, &[("number", "A-0002"), ("name", "よその資産"), ("unit_id", other)]).await;
    let staff = city.signed_in("section_staff").await;
    let list = city.get(&staff, "/registers/asset").await.ok().body;
    assert!(list.contains("住民基本台帳ファイル") && !list.contains("よその資産"));
    for path in ["", "/edit", "/end"] {
        city.get(&staff, &format!("{own}{path}")).await.ok();
        assert_eq!(
            city.get(&staff, &format!("{foreign}{path}")).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let given_away = with(&[("unit_id", other), ("version", "1")]);
    let answer = city.post(&staff, &format!("{own}/edit"), &given_away).await.ok().body;
    assert!(answer.contains("ほかの所属の行は、書けません"));
    let id = own.rsplit('/').next().unwrap();
    let row = city.app.store.db.row(&ASSET, id).await.unwrap().unwrap();
    assert_eq!((row.text("unit_id"), row.version), (UNIT, 1));
}

#[tokio::test]
async fn a_view_is_kept_for_its_maker() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    one(&city, &me, &[]).await;
    let list = city
        .get(&me, "/registers/asset?q=%E4%BD%8F%E6%B0%91&cols=number&cols=place&sort=name")
        .await
        .ok()
        .body;
    assert!(list.contains("<th scope=\"col\">保管場所</th>") && list.contains("名称の順"), "{list}");
    let keep = [("name", "住民の資産"), ("query", "q=%E4%BD%8F%E6%B0%91&cols=number")];
    city.post(&me, "/registers/asset/views", &keep).await.to("/registers/asset?q=");
    let list = city.get(&me, "/registers/asset").await.ok().body;
    assert!(list.contains(">住民の資産</a>"), "{list}");
    let colleague = city.signed_in("manager").await;
    assert!(!city.get(&colleague, "/registers/asset").await.ok().body.contains("住民の資産"));
}

#[tokio::test]
async fn a_shared_view_outlives_its_maker_and_the_office_removes_it() {
    let city = City::new().await;
    let store = &city.app.store;
    assert!(store.add_view("asset", "who-chief_officer", "みんなの見方", "q=x", true).await.unwrap());
    let views = city.app.store.db.views("asset", "nobody").await.unwrap();
    let remove = format!("/registers/asset/views/{}/remove", views[0].id);
    let staff = city.signed_in("section_staff").await;
    assert!(!city.get(&staff, "/registers/asset").await.ok().body.contains(&remove));
    assert_eq!(city.post(&staff, &remove, &[]).await.status, StatusCode::NOT_FOUND);
    let office = city.signed_in("secretariat").await;
    assert!(city.get(&office, "/registers/asset").await.ok().body.contains(&remove));
    city.post(&office, &remove, &[]).await.to("/registers/asset?done=view-removed");
    assert!(city.app.store.db.views("asset", "nobody").await.unwrap().is_empty());
}

/// A city has more media than anybody picks from: they are named by number, and shown by their words.
#[tokio::test]
async fn what_is_too_many_to_pick_from_is_named_by_number() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    let mut tx = city.app.store.write(&Actor::system(), "test.setup").await.unwrap();
    for n in 0..=PICKED_MAX {
        let medium = Row::new(&MEDIUM, format!("m-{n:04}"))
            .set("number", format!("M-{n:04}"))
            .set("name", format!("{n}本目のUSBメモリ"))
            .set("unit_id", UNIT)
            .set("kind", "usb")
            .set("class_allowed", "3B")
            .set("encrypted", true)
            .set("locked", true)
            .set("long_term", false)
            .set("write_protected", false)
            .set("apart", false)
            .set("state", "stored")
            .set("valid_from", "2024-04-01");
        tx.insert(medium).await.unwrap();
    }
    tx.commit().await.unwrap();
    let form = city.get(&me, "/registers/asset/new").await.ok().body;
    assert!(
        form.contains("id=\"medium_id\"") && !form.contains("本目のUSBメモリ") && form.contains("番号か名前")
    );

    let at = one(&city, &me, &[("medium_id", "Ｍ－０１２３")]).await;
    let row = city.get(&me, &at).await.ok().body;
    assert!(row.contains("M-0123 123本目のUSBメモリ") && !row.contains("124本目"));
    let edit = city.get(&me, &format!("{at}/edit")).await.ok().body;
    assert!(edit.contains("value=\"M-0123 123本目のUSBメモリ\""), "what stands there is what is read again");
    let again = with(&[("medium_id", "M-0123 123本目のUSBメモリ"), ("persons", "5"), ("version", "1")]);
    city.post(&me, &format!("{at}/edit"), &again).await.to(&at);
    let list = city.get(&me, "/registers/asset?cols=number&cols=medium_id").await.ok().body;
    assert!(list.contains("M-0123 123本目のUSBメモリ") && !list.contains("124本目"));
    let unknown = with(&[("medium_id", "M-9999"), ("persons", "5"), ("version", "2")]);
    let answer = city.post(&me, &format!("{at}/edit"), &unknown).await.ok().body;
    assert!(answer.contains("「M-9999」は記録媒体にありません"));
}
