//! Classes by five questions, the way to the new classes, what hangs together, and exceptions: as people walk it.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::asset::ASSET;
use sekisho_domain::noun::Row;
use sekisho_domain::system::SYSTEM;
use sekisho_store::Actor;

fn asset(id: &str, class: &str) -> Row {
    Row::new(&ASSET, id)
        .set("number", format!("A-{id}"))
        .set("name", "滞納整理記録")
        .set("unit_id", UNIT)
        .set("form", "electronic")
        .set("confidentiality", class)
        .set("integrity", "1")
        .set("availability", "1")
        .set("personal_data", "none")
        .set("zone", "lgwan")
        .set("system_id", "s1")
        .set("outsourced", false)
        .set("valid_from", "2020-04-01")
}

fn system() -> Row {
    Row::new(&SYSTEM, "s1")
        .set("number", "S-0001")
        .set("name", "収納システム")
        .set("unit_id", UNIT)
        .set("manager", "収納課長")
        .set("zone", "internet")
        .set("cloud", "none")
        .set("backup", "none")
        .set("encrypted", false)
        .set("valid_from", "2020-04-01")
}

async fn kept(city: &City, rows: Vec<Row>) {
    let mut tx = city.app.store.write(&Actor::system(), "register.import").await.unwrap();
    for row in rows {
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn questions_propose_and_a_person_decides() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, vec![system(), asset("1", "2")]).await;
    let row = city.get(&me, "/registers/asset/1").await.ok().body;
    assert!(row.contains("/registers/asset/1/classify"), "the row leads to the questions");
    let asked = city.get(&me, "/registers/asset/1/classify").await.ok().body;
    assert_eq!(asked.matches("<fieldset").count(), 5, "at most five questions");
    assert!(!asked.contains("<script") && !asked.contains("id=\"proposal\""));
    let gap = city.get(&me, "/registers/asset/1/classify?q1=no&impact=both").await.ok().body;
    assert!(gap.contains("href=\"#q2\"") && !gap.contains("id=\"proposal\""));
    let proposed = city.get(&me, "/registers/asset/1/classify?q1=no&q2=yes&impact=both").await.ok().body;
    assert!(proposed.contains("提案：自治体機密性3B・完全性2・可用性2") && proposed.contains("答えたため"));
    // The person decides otherwise, and says why.
    let decided = [
        ("confidentiality", "3C"),
        ("integrity", "2"),
        ("availability", "1"),
        ("reason", "少人数の記録のため"),
        ("version", "1"),
    ];
    city.post(&me, "/registers/asset/1/classify", &decided).await.to("/registers/asset/1?done=classified");
    let row = city.get(&me, "/registers/asset/1").await.ok().body;
    assert!(
        row.contains("少人数の記録のため") && row.contains("区分を決めた") && row.contains("取扱いの決まり")
    );
    // Whoever still has the old page open is told.
    let late = city.post(&me, "/registers/asset/1/classify", &decided).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let fresh = city.get(&me, "/registers/asset/classify?q1=no&q2=no&q3=no&q4=yes&impact=neither").await.ok();
    assert!(fresh.body.contains("/registers/asset/new?confidentiality=1"), "the form begins with it");
    let form = city.get(&me, "/registers/asset/new?confidentiality=3B&reason=%E5%8F%8E").await.ok().body;
    assert!(form.contains("value=\"3B\" selected") && form.contains(">収</textarea>"));
}

#[tokio::test]
async fn old_classes_are_read_anew_and_wait_for_a_decision() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, vec![system(), asset("1", "3"), asset("2", "3")]).await;
    let list = city.get(&me, "/registers/asset/reclassify").await.ok().body;
    assert!(list.contains("value=\"1:1\" checked") && list.contains("value=\"2:1\" checked"));
    // One of two was changed meanwhile: neither is read anew.
    let both = [("row", "1:1"), ("row", "2:7")];
    assert_eq!(city.post(&me, "/registers/asset/reclassify", &both).await.status, StatusCode::CONFLICT);
    assert!(city.get(&me, "/registers/asset/reclassify").await.ok().body.contains("value=\"1:1\" checked"));
    let both = [("row", "1:1"), ("row", "2:1")];
    city.post(&me, "/registers/asset/reclassify", &both).await.to("/registers/asset/reclassify?done=reread");
    let list = city.get(&me, "/registers/asset/reclassify").await.ok().body;
    assert!(list.contains("旧区分のままの情報資産はありません") && list.contains("再判定を待つ情報資産 2件"));
    let row = city.get(&me, "/registers/asset/1").await.ok().body;
    assert!(row.contains("読み替えただけの区分です"));
    let decided = [
        ("confidentiality", "3B"),
        ("integrity", "2"),
        ("availability", "1"),
        ("reason", "多くの人の記録のため"),
        ("version", "2"),
    ];
    city.post(&me, "/registers/asset/1/classify", &decided).await.to("/registers/asset/1");
    let list = city.get(&me, "/registers/asset/reclassify").await.ok().body;
    assert!(list.contains("再判定を待つ情報資産 1件"));
}

#[tokio::test]
async fn a_system_takes_over_the_highest_class_and_shows_what_it_hangs_on() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, vec![system(), asset("1", "2"), asset("2", "3B")]).await;
    let row = city.get(&me, "/registers/system/s1").await.ok().body;
    assert!(row.contains("情報資産2件のうち最も高い区分の<strong>自治体機密性3B</strong>"), "{row}");
    assert!(row.contains("自治体機密性3Bの情報を、インターネット系に置くことはできません"));
    let picture = city.get(&me, "/registers/system/s1/relations").await.ok().body;
    assert!(picture.contains("<svg") && picture.contains("自治体機密性3B 1件") && picture.contains("✕"));
    assert!(picture.contains("<table"), "the same as a table");
    let picture = city.get(&me, "/registers/asset/2/relations").await.ok().body;
    assert!(picture.contains("収納システム") && picture.contains("インターネット系"));
}
