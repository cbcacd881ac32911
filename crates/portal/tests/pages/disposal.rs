//! 廃棄: due, asked for, decided by another, done with proof; the row stays, its files are unreadable for good.

use crate::kit::{City, UNIT};
use axum::http::StatusCode;
use sekisho_domain::asset::ASSET;
use sekisho_domain::disposal::ATTACHMENT;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::Row;
use sekisho_domain::system::SYSTEM;
use sekisho_store::{Actor, StoreError};

async fn kept(city: &City) {
    let mut tx = city.app.store.write(&Actor::system(), "test.kept").await.unwrap();
    let asset = Row::new(&ASSET, "id-A-1")
        .set("number", "A-1")
        .set("name", "申請書つづり")
        .set("unit_id", UNIT)
        .set("form", "paper")
        .set("confidentiality", "2")
        .set("integrity", "1")
        .set("availability", "1")
        .set("personal_data", "none")
        .set("zone", "none")
        .set("keeping", "5")
        .set("dispose_on", "2026-11-01")
        .set("outsourced", false)
        .set("valid_from", "2020-04-01");
    tx.insert(asset).await.unwrap();
    let medium = Row::new(&MEDIUM, "id-M-1")
        .set("number", "M-1")
        .set("name", "古いUSBメモリ")
        .set("kind", "usb")
        .set("unit_id", UNIT)
        .set("class_allowed", "2")
        .set("state", "unneeded")
        .set("unneeded_on", "2026-11-10")
        .set("encrypted", true)
        .set("locked", true)
        .set("long_term", false)
        .set("write_protected", false)
        .set("apart", false)
        .set("valid_from", "2020-04-01");
    tx.insert(medium).await.unwrap();
    tx.commit().await.unwrap();
}

fn between<'a>(body: &'a str, start: &str, end: &str) -> &'a str {
    let rest = body.split(start).nth(1).unwrap_or_else(|| panic!("no {start} in {body}"));
    rest.split(end).next().unwrap()
}

/// Asks, lets another decide; returns the disposal's page.
async fn granted(city: &City, noun: &str, id: &str, method: &str) -> String {
    let staff = city.signed_in("section_staff").await;
    let ask = format!("/registers/{noun}/{id}/dispose");
    let mute = city.post(&staff, &ask, &[]).await.ok().body;
    assert!(mute.contains("消し方を選んでください"));
    let fields = [("method", method), ("reason", "保存期間が過ぎたため")];
    let decision = city.post(&staff, &ask, &fields).await.to("/decisions/").location;
    let disposal = city.get(&staff, &ask).await.to("/disposals/").location;
    let waiting = city.get(&staff, &disposal).await.ok().body;
    assert!(waiting.contains("決裁を待っています") && !waiting.contains("廃棄したと書く"));
    let early =
        city.upload(&staff, &disposal, &[("on", "2026-11-23"), ("by", "佐藤")], ("a.jpg", b"x")).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    let manager = city.signed_in("manager").await;
    let page = city.get(&manager, &decision).await.ok().body;
    assert!(page.contains("廃棄を許可"), "{page}");
    let sha = between(&page, "name=\"subject_sha256\" value=\"", "\"");
    city.post(&manager, &decision, &[("answer", "approved"), ("subject_sha256", sha)])
        .await
        .to("/decisions?done");
    disposal
}

#[tokio::test]
async fn what_is_disposed_of_is_unreadable_and_remembered() {
    let city = City::new().await;
    kept(&city).await;
    let staff = city.signed_in("section_staff").await;
    let due = city.get(&staff, "/disposals").await.ok().body;
    assert!(
        due.contains("A-1 申請書つづり") && due.contains("M-1 古いUSBメモリ") && due.contains("過ぎています")
    );
    city.app.store.derive_tasks().await.unwrap();
    let manager = city.signed_in("manager").await;
    assert!(
        city.get(&manager, "/tasks").await.ok().body.contains("保存期間を過ぎた情報資産1件の廃棄を決める")
    );
    let file = ("つづり.pdf", b"%PDF secret" as &[u8]);
    city.upload(&staff, "/registers/asset/id-A-1/files", &[], file).await.to("/registers/asset/id-A-1");
    let page = city.get(&staff, "/registers/asset/id-A-1").await.ok().body;
    let link = format!("/files/{}", between(&page, "href=\"/files/", "\""));
    assert_eq!(city.get(&staff, &link).await.ok().bytes, b"%PDF secret");

    let disposal = granted(&city, "asset", "id-A-1", "shred").await;
    let fields = [("on", "2026-11-20"), ("by", "○○溶解センター"), ("witness", "鈴木")];
    let bare = city.post(&staff, &disposal, &fields).await.ok().body;
    assert!(bare.contains("証明のない廃棄は、記録できません"), "{bare}");
    city.upload(&staff, &disposal, &fields, ("証明書.pdf", b"proof")).await.to(&disposal);
    let done = city.get(&staff, &disposal).await.ok().body;
    assert!(done.contains("証明書.pdf") && done.contains("1個") && done.contains("鈴木"), "{done}");
    assert_eq!(city.get(&staff, &format!("{disposal}/proof")).await.ok().bytes, b"proof");

    // The row ends and stays; the file is named, and nobody can open it any more, not even the program.
    let store = &city.app.store;
    let row = store.db.row(&ASSET, "id-A-1").await.unwrap().unwrap();
    assert_eq!(row.text("valid_to"), "2026-11-20");
    let page = city.get(&staff, "/registers/asset/id-A-1").await.ok().body;
    assert!(page.contains("つづり.pdf") && page.contains("に読めなくしました") && page.contains("廃棄した"));
    assert_eq!(city.get(&staff, &link).await.status, StatusCode::NOT_FOUND);
    let object = store.db.row(&ATTACHMENT, link.rsplit('/').next().unwrap()).await.unwrap().unwrap();
    let opened = city.app.objects.get(store, object.text("object_id")).await;
    assert!(matches!(opened, Err(StoreError::NotFound)));
    store.derive_tasks().await.unwrap();
    assert!(!city.get(&manager, "/tasks").await.ok().body.contains("保存期間を過ぎた"));
}

#[tokio::test]
async fn a_destroyed_medium_carries_its_permit_and_its_proof() {
    let city = City::new().await;
    kept(&city).await;
    let disposal = granted(&city, "medium", "id-M-1", "physical").await;
    let staff = city.signed_in("section_staff").await;
    let fields = [("on", "2026-11-23"), ("by", "佐藤"), ("witness", "鈴木")];
    city.upload(&staff, &disposal, &fields, ("写真.jpg", b"jpg")).await.to(&disposal);
    let row = city.app.store.db.row(&MEDIUM, "id-M-1").await.unwrap().unwrap();
    for (column, value) in [("state", "destroyed"), ("method", "physical"), ("witness", "鈴木 写真.jpg")]
    {
        assert_eq!(row.text(column), value, "{column}");
    }
    assert!(row.text("disposal_permit").contains("R8"), "{}", row.text("disposal_permit"));
    // Once only.
    let again = city
        .post(&staff, "/registers/medium/id-M-1/dispose", &[("method", "physical"), ("reason", "x")])
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

/// A system is given up like a thing, but not with information in it that the register still knows.
#[tokio::test]
async fn a_system_goes_when_nothing_lies_in_it() {
    let city = City::new().await;
    kept(&city).await;
    let store = &city.app.store;
    let system = Row::new(&SYSTEM, "id-S-1")
        .set("number", "S-1")
        .set("name", "旧収納システム")
        .set("unit_id", UNIT)
        .set("zone", "internet")
        .set("cloud", "none")
        .set("backup", "none")
        .set("encrypted", false)
        .set("valid_from", "2020-04-01");
    let mut tx = store.write(&Actor::system(), "test.kept").await.unwrap();
    tx.insert(system).await.unwrap();
    let asset = tx.get(&ASSET, "id-A-1").await.unwrap();
    tx.update(asset.set("system_id", "id-S-1")).await.unwrap();
    tx.commit().await.unwrap();
    let staff = city.signed_in("section_staff").await;
    let ask = city.get(&staff, "/registers/system/id-S-1/dispose").await.ok().body;
    assert!(ask.contains("情報資産が1件入っています"), "{ask}");
    let disposal = granted(&city, "system", "id-S-1", "overwrite").await;
    let fields = [("on", "2026-11-20"), ("by", "保守業者")];
    let proof = ("証明書.pdf", b"proof" as &[u8]);
    let early = city.upload(&staff, &disposal, &fields, proof).await.ok().body;
    assert!(early.contains("まだ情報資産が入っています"), "{early}");

    let mut tx = store.write(&Actor::system(), "test.moved").await.unwrap();
    let asset = tx.get(&ASSET, "id-A-1").await.unwrap();
    tx.update(asset.set("valid_to", "2026-11-20")).await.unwrap();
    tx.commit().await.unwrap();
    city.upload(&staff, &disposal, &fields, proof).await.to(&disposal);
    assert_eq!(store.db.row(&SYSTEM, "id-S-1").await.unwrap().unwrap().text("valid_to"), "2026-11-20");
}

/// No day was ever written, and it is older than it was to be kept: it is listed all the same.
#[tokio::test]
async fn what_has_no_day_is_not_forgotten() {
    let city = City::new().await;
    kept(&city).await;
    let store = &city.app.store;
    let day = |row: Row, from: &str| row.set("dispose_on", None::<String>).set("valid_from", from);
    for (from, listed) in [("2018-04-01", true), ("2021-04-01", false)] {
        let mut tx = store.write(&Actor::system(), "test.undated").await.unwrap();
        let row = tx.get(&ASSET, "id-A-1").await.unwrap();
        tx.update(day(row, from)).await.unwrap();
        tx.commit().await.unwrap();
        let staff = city.signed_in("section_staff").await;
        let due = city.get(&staff, "/disposals").await.ok().body;
        assert_eq!(due.contains("廃棄予定日がありません"), listed, "{from}: {due}");
    }
}
