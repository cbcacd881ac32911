//! 例外措置: asked for, decided by 統括責任者 and CISO, a register that nobody writes by hand, ended by its own day.

use crate::kit::City;
use axum::http::StatusCode;
use sekisho_domain::clock::Ms;
use sekisho_domain::decision::DECISION;
use sekisho_domain::exception::REGISTER;

/// Asks as 情報セキュリティ管理者 from the day of the test; returns the address of the decision.
async fn asked(city: &City, until: &str) -> String {
    let manager = city.signed_in("manager").await;
    let form = "/applications/exception";
    let mut fields = vec![
        ("requirement", "6.4.8"),
        ("reason", "検査装置のOSを更新できない"),
        ("substitute", "装置をネットワークから切り離す"),
        ("from", "2026-11-23"),
        ("until", until),
    ];
    let mute = city.post(&manager, form, &fields).await.ok().body;
    assert!(mute.contains("残るリスクを入力してください"), "{mute}");
    fields.push(("risk", "USBメモリからの感染"));
    let location = city.post(&manager, form, &fields).await.to("/decisions/").location;
    location.split('?').next().unwrap().to_owned()
}

async fn approved(city: &City, by: &str, decision: &str) {
    let cookie = city.signed_in(by).await;
    let id = decision.rsplit('/').next().unwrap();
    let row = city.app.store.db.row(&DECISION, id).await.unwrap().unwrap();
    let sha256 = row.text("subject_sha256").to_owned();
    city.post(&cookie, decision, &[("answer", "approved"), ("subject_sha256", &sha256)])
        .await
        .to("/decisions?done");
}

#[tokio::test]
async fn an_exception_is_asked_for_decided_and_ends_by_itself() {
    let city = City::new().await;
    let decision = asked(&city, "2026-12-24").await;
    let manager = city.signed_in("manager").await;
    let waiting = city.get(&manager, "/registers/exception").await.ok().body;
    assert!(waiting.contains("E-0001") && waiting.contains("申請中"), "{waiting}");
    for by in ["chief_officer", "ciso"] {
        approved(&city, by, &decision).await;
    }
    let ciso = city.signed_in("ciso").await;
    let list = city.get(&ciso, "/registers/exception?q=USB").await.ok().body;
    assert!(list.contains("6.4.8") && list.contains("許可"), "found by its risk: {list}");
    let summary = city.get(&ciso, "/exceptions").await.ok().body;
    assert!(summary.contains("装置をネットワークから切り離す") && summary.contains("USBメモリからの感染"));
    let ids = city.app.store.db.ids_of_number(&REGISTER, "E-0001").await.unwrap();
    let page = city.get(&ciso, &format!("/registers/exception/{}", ids[0])).await.ok().body;
    assert!(page.contains(&decision) && page.contains("/requirements/"), "{page}");
    let auditor = city.signed_in("auditor").await;
    let csv = city.get(&auditor, "/registers/exception/export?format=csv").await.ok().bytes;
    assert!(String::from_utf8(csv).unwrap().contains("検査装置のOSを更新できない"));

    // Its day comes: nobody has to do anything.
    city.clock.advance(32 * Ms::DAY);
    let ciso = city.signed_in("ciso").await;
    assert!(!city.get(&ciso, "/registers/exception").await.ok().body.contains("E-0001"));
    assert!(city.get(&ciso, "/registers/exception?on=all").await.ok().body.contains("E-0001"));
    assert!(city.get(&ciso, "/exceptions?which=past").await.ok().body.contains("切り離す"));
}

#[tokio::test]
async fn nobody_writes_one_by_hand() {
    let city = City::new().await;
    asked(&city, "2026-12-24").await;
    for name in ["secretariat", "ciso", "manager", "section_staff"] {
        let me = city.signed_in(name).await;
        for path in ["new", "import", "bulk", "collect"] {
            let answer = city.get(&me, &format!("/registers/exception/{path}")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {path}");
        }
        let answer = city.post(&me, "/api/v1/registers/exception", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        let list = city.get(&me, "/registers/exception").await.ok().body;
        assert!(!list.contains("1件加える"), "{name}");
    }
}

#[tokio::test]
async fn a_section_sees_its_own_and_the_third_is_a_defect_of_the_policy() {
    let city = City::new().await;
    for until in ["2026-12-22", "2026-12-23", "2026-12-24"] {
        let decision = asked(&city, until).await;
        for by in ["chief_officer", "ciso"] {
            approved(&city, by, &decision).await;
        }
    }
    let ciso = city.signed_in("ciso").await;
    let page = city.get(&ciso, "/exceptions").await.ok().body;
    assert!(page.contains("3年に3回目") && page.contains("守れない方針を見直してください"), "{page}");
    // A colleague of the section reads what it asked for; another section does not.
    let staff = city.signed_in("section_staff").await;
    assert!(city.get(&staff, "/exceptions").await.ok().body.contains("切り離す"));
    let mut tx = city.app.store.write(&sekisho_store::Actor::system(), "test.person").await.unwrap();
    city.person(&mut tx, "elsewhere", "unit-zei", Some("section_staff")).await;
    tx.commit().await.unwrap();
    let elsewhere = city.signed_in("elsewhere").await;
    for path in ["/exceptions", "/registers/exception"] {
        let page = city.get(&elsewhere, path).await.ok().body;
        assert!(!page.contains("E-0001") && !page.contains("切り離す"), "{path}: {page}");
    }
}
