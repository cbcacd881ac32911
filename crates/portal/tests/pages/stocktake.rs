//! 棚卸 from its beginning to the evidence, as the pages offer it to a browser without JavaScript.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::device::DEVICE;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::{Noun, Row};
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_store::Actor;

fn medium(number: &str, unit: &str) -> Row {
    Row::new(&MEDIUM, format!("id-{number}"))
        .set("number", number)
        .set("name", format!("媒体{number}"))
        .set("kind", "usb")
        .set("unit_id", unit)
        .set("class_allowed", "2")
        .set("state", "stored")
        .set("encrypted", true)
        .set("locked", true)
        .set("place", "鍵付きの棚")
        .set("long_term", false)
        .set("write_protected", false)
        .set("apart", false)
        .set("valid_from", "2024-04-01")
}

async fn kept(city: &City, rows: Vec<Row>) {
    let mut tx = city.app.store.write(&Actor::system(), "test.kept").await.unwrap();
    for row in rows {
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn row(city: &City, noun: &'static Noun, id: &str) -> Row {
    city.app.store.db.row(noun, id).await.unwrap().unwrap()
}

/// Begins a 棚卸; returns the campaign's page and the part of [`UNIT`].
async fn begun(city: &City, register: &str) -> (String, String) {
    let office = city.signed_in("secretariat").await;
    let fields = [("register", register), ("due", "2026-12-25"), ("detail", "持出し中のものも見てください")];
    let campaign = city.post(&office, "/campaigns/stocktake", &fields).await.to("/campaigns/").location;
    let campaign = campaign.split('?').next().unwrap().to_owned();
    let again = city.post(&office, "/campaigns/stocktake", &fields).await.ok().body;
    assert!(again.contains("今している最中です"), "{again}");
    let page = city.get(&office, &campaign).await.ok().body;
    let at = page.find("情報政策課</a>").unwrap();
    let start = page[..at].rfind("/stocktakes/").unwrap();
    (campaign, page[start..at].split('"').next().unwrap().to_owned())
}

fn seal(body: &str) -> String {
    body.split("name=\"seal\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn handed_over(city: &City, staff: &str, part: &str) {
    // Whatever the sample still asks for is looked at.
    let page = city.get(staff, part).await.ok().body;
    if let Some(sample) = page.split("必ず見る見本").nth(1) {
        let sample = sample.split("</table>").next().unwrap();
        let names: Vec<String> = sample
            .split("type=\"radio\"")
            .skip(1)
            .map(|r| r.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
            .collect();
        let fields: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "found")).collect();
        city.post(staff, &format!("{part}/say"), &fields).await.to(part);
    }
    let page = city.get(staff, part).await.ok().body;
    city.post(staff, &format!("{part}/prepare"), &[("seal", &seal(&page))]).await.to(part);
}

#[tokio::test]
async fn a_stocktake_ends_as_evidence() {
    let city = City::new().await;
    let numbers: Vec<String> = (1..=40).map(|n| format!("M-{n:04}")).collect();
    kept(&city, numbers.iter().map(|n| medium(n, UNIT)).chain([medium("M-9001", "unit-zei")]).collect())
        .await;
    let (campaign, part) = begun(&city, "medium").await;
    let staff = city.signed_in("section_staff").await;
    assert!(city.app.store.derive_tasks().await.unwrap() >= 2);
    assert!(city.get(&staff, "/tasks").await.ok().body.contains("記録媒体の棚卸を準備する"));

    // A reader types a number and Enter, or the address of a QR code; another section's thing is not in the list.
    let scan = format!("{part}/scan");
    for code in ["m-0007", "http://portal.example/q/medium/M-0008"] {
        let back = city.post(&staff, &scan, &[("code", code)]).await.to(&part).location;
        assert!(city.get(&staff, &back).await.ok().body.contains("：ある"), "{code}");
    }
    let unknown = city.post(&staff, &scan, &[("code", "M-9001")]).await.to(&part).location;
    assert!(city.get(&staff, &unknown).await.ok().body.contains("この所属の台帳にありません"));
    let found = [("number", "M-9001"), ("name", "税務課のUSBメモリ")];
    city.post(&staff, &format!("{part}/extra"), &found).await.to(&part);
    // The label's address opens the row's own page; what is different must be said.
    let entry =
        city.get(&staff, "/q/medium/M-0001").await.to("/registers/medium/id-M-0001/stocktake").location;
    assert!(city.get(&staff, &entry).await.ok().body.contains("ここにありますか"));
    let say = format!("{part}/say");
    let mute = city.post(&staff, &say, &[("row", "id-M-0001"), ("result", "changed")]).await.ok().body;
    assert!(mute.contains("何が違うかを書いてください"), "{mute}");
    let told = [("row", "id-M-0001"), ("result", "changed"), ("note", "棚が違う")];
    city.post(&staff, &say, &told).await.to(&part);
    city.post(&staff, &say, &[("r_id-M-0002", "missing"), ("n_id-M-0002", "鍵も無い")]).await.to(&part);

    // Nothing is handed over before the sample was seen, nor by a page that is no longer so.
    let page = city.get(&staff, &part).await.ok().body;
    assert!(page.contains("必ず見る見本") && !page.contains("id=\"prepare\""), "{page}");
    handed_over(&city, &staff, &part).await;
    let late = city.post(&staff, &say, &[("row", "id-M-0003"), ("result", "found")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let own = city.post(&staff, &format!("{part}/confirm"), &[("seal", "x")]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "課の担当者 do not confirm");

    let manager = city.signed_in("manager").await;
    city.app.store.derive_tasks().await.unwrap();
    assert!(city.get(&manager, "/tasks").await.ok().body.contains("記録媒体の棚卸を確かめる"));
    let page = city.get(&manager, &part).await.ok().body;
    let differences = page.find("台帳と違うもの（2）").unwrap();
    assert!(differences < page.find("変更なしとした行").unwrap(), "differences first");
    assert!(page.contains("まだ台帳を直していません") && page.contains("鍵も無い"));
    city.post(&manager, &format!("{part}/return"), &[("why", "M-0001 の棚を直す")]).await.to(&part);
    let page = city.get(&staff, &part).await.ok().body;
    assert!(page.contains("差し戻されました：M-0001 の棚を直す"));
    kept_place(&city, "id-M-0001", "3階の棚").await;
    handed_over(&city, &staff, &part).await;
    let page = city.get(&manager, &part).await.ok().body;
    assert!(page.contains("台帳を直しました"), "{page}");
    city.post(&manager, &format!("{part}/confirm"), &[("seal", &seal(&page))]).await.to(&part);
    for (id, day) in [("id-M-0001", "2026-11-23"), ("id-M-0002", ""), ("id-M-0040", "2026-11-23")] {
        assert_eq!(row(&city, &MEDIUM, id).await.text("checked_on"), day, "{id}");
    }
    missing_is_searched_for(&city, &manager, &part).await;
    closed(&city, &campaign).await;
}

async fn kept_place(city: &City, id: &str, place: &str) {
    let before = row(city, &MEDIUM, id).await;
    let mut tx = city.app.store.write(&Actor::system(), "medium.update").await.unwrap();
    tx.update(before.set("place", place)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn missing_is_searched_for(city: &City, manager: &str, part: &str) {
    city.app.store.derive_tasks().await.unwrap();
    let tasks = city.get(manager, "/tasks").await.ok().body;
    assert!(tasks.contains("見当たらなかった1件を探す"), "{tasks}");
    let page = city.get(manager, part).await.ok().body;
    let entry = page.split("name=\"entry\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    city.post(manager, &format!("{part}/settle"), &[("entry", entry), ("settled", "reported")])
        .await
        .to(part);
    city.app.store.derive_tasks().await.unwrap();
    assert!(!city.get(manager, "/tasks").await.ok().body.contains("見当たらなかった"));
}

/// Not evidence while a section is missing; then it is, with the table as its file.
async fn closed(city: &City, campaign: &str) {
    let office = city.signed_in("secretariat").await;
    let refused = city.post(&office, &format!("{campaign}/close"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = city.get(&office, campaign).await.ok().body;
    assert!(page.contains("紛失として届け出た") && page.contains("証拠にせずに終える"), "{page}");
    let at = page.find("税務課</a>").unwrap();
    let other = page[page[..at].rfind("/stocktakes/").unwrap()..at].split('"').next().unwrap().to_owned();
    handed_over(city, &office, &other).await;
    let ciso = city.signed_in("ciso").await;
    let seen = city.get(&ciso, &other).await.ok().body;
    city.post(&ciso, &format!("{other}/confirm"), &[("seal", &seal(&seen))]).await.to(&other);
    city.post(&office, &format!("{campaign}/close"), &[]).await.to(campaign);
    let db = &city.app.store.db;
    let requirement = db.requirement_of("2.2.2").await.unwrap().unwrap();
    assert_eq!(row(city, &REQUIREMENT, &requirement).await.text("catalogue_id"), "2.2.2");
    let page = city.get(&office, &format!("/requirements/{requirement}")).await.ok().body;
    assert!(page.contains("記録媒体の棚卸の記録.xlsx"), "{page}");
}

/// 準備した人 ≠ 確かめる人, also for a 課長 who prepared it; and a row changed after the hand-over stops it.
#[tokio::test]
async fn what_was_prepared_is_what_is_confirmed() {
    let city = City::new().await;
    kept(&city, vec![medium("M-1", UNIT), medium("M-2", UNIT)]).await;
    let (_, part) = begun(&city, "medium").await;
    let manager = city.signed_in("manager").await;
    handed_over(&city, &manager, &part).await;
    let page = city.get(&manager, &part).await.ok().body;
    assert!(!page.contains("id=\"confirm\""));
    let own = city.post(&manager, &format!("{part}/confirm"), &[("seal", "x")]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    city.post(&manager, &format!("{part}/return"), &[("why", "担当者が準備する")]).await.to(&part);
    let staff = city.signed_in("section_staff").await;
    handed_over(&city, &staff, &part).await;
    let seen = city.get(&manager, &part).await.ok().body;
    kept_place(&city, "id-M-1", "別の棚").await;
    let stopped = city.post(&manager, &format!("{part}/confirm"), &[("seal", &seal(&seen))]).await.ok().body;
    assert!(
        stopped.contains("もう一度押してください") && stopped.contains("準備し直してください"),
        "{stopped}"
    );
    assert_eq!(row(&city, &MEDIUM, "id-M-2").await.text("checked_on"), "");
}

/// A second 棚卸 shows first what changed since the one before; the confirmation itself is no change.
#[tokio::test]
async fn the_second_time_shows_what_changed() {
    let city = City::new().await;
    let devices: Vec<Row> = (1..=30).map(|n| device(&format!("D-{n:04}"))).collect();
    kept(&city, devices).await;
    let (campaign, part) = begun(&city, "device").await;
    let (staff, manager) = (city.signed_in("section_staff").await, city.signed_in("manager").await);
    handed_over(&city, &staff, &part).await;
    let page = city.get(&manager, &part).await.ok().body;
    city.post(&manager, &format!("{part}/confirm"), &[("seal", &seal(&page))]).await.to(&part);
    let office = city.signed_in("secretariat").await;
    city.post(&office, &format!("{campaign}/close"), &[("anyway", "1")]).await.to(&campaign);
    city.clock.advance(sekisho_domain::clock::Ms::MINUTE);
    let mut tx = city.app.store.write(&Actor::system(), "device.update").await.unwrap();
    let moved = row(&city, &DEVICE, "id-D-0013").await;
    tx.update(moved.set("holder", "別の人")).await.unwrap();
    tx.insert(device("D-0099")).await.unwrap();
    tx.commit().await.unwrap();
    let (_, part) = begun(&city, "device").await;
    let page = city.get(&staff, &part).await.ok().body;
    let changed = page.matches("D-0013").count() > 0 && page.contains("D-0099");
    assert!(changed && !page.contains("はじめての棚卸です"), "{page}");
    let touched =
        page.split("前回の棚卸の後に変わった行（").nth(1).map(|rest| rest.split('）').next().unwrap());
    let sampled = page.split("必ず見る見本").nth(1).unwrap().split("</table>").next().unwrap();
    let in_sample = ["D-0013", "D-0099"].iter().filter(|n| sampled.contains(*n)).count();
    assert_eq!(touched.map_or(0, |n| n.parse::<usize>().unwrap()) + in_sample, 2, "{page}");
}

fn device(number: &str) -> Row {
    Row::new(&DEVICE, format!("id-{number}"))
        .set("number", number)
        .set("name", "業務端末")
        .set("kind", "pc")
        .set("state", "registered")
        .set("unit_id", UNIT)
        .set("owner", "city")
        .set("zone", "lgwan")
        .set("carried_out", false)
        .set("login", "mfa")
        .set("usb", "locked")
        .set("encrypted", true)
        .set("wipeable", true)
        .set("protection", "edr")
        .set("settings_locked", true)
        .set("valid_from", "2024-04-01")
}
