//! 組織の統合・分割・廃止 and the words of notices, as the office meets them.

use crate::kit::{City, SINCE};
use axum::http::StatusCode;
use sekisho_domain::authority::AUTHORITY;
use sekisho_domain::date::{Date, start_of};

const APRIL: &str = "2027-04-01";

#[tokio::test]
async fn a_section_is_given_up_on_a_day_and_the_plan_can_be_called_off() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let new = [
        ("name", "市民税務課"),
        ("code", "21"),
        ("kind", "division"),
        ("parent", "unit-city"),
        ("managed", "yes"),
        ("from", APRIL),
    ];
    city.post(&office, "/sections", &new).await.to("/sections?done=saved");
    let list = city.get(&office, "/sections").await.ok().body;
    assert!(list.contains("市民税務課") && list.contains("予定"), "{list}");
    let page = city.get(&office, "/sections/unit-zei/close").await.ok().body;
    assert!(page.contains("税務課を、いつ、どこへ引き継ぎますか") && page.contains("職員 0人"), "{page}");
    let heir = page.split("市民税務課（").next().and_then(|p| p.rsplit("value=\"").next()).unwrap();
    let heir = heir.split('"').next().unwrap().to_owned();
    let close = async |fields: &[(&str, &str)]| city.post(&office, "/sections/unit-zei/close", fields).await;

    for (fields, says) in [
        (vec![("from", ""), ("main", "")], "なくなる日を入力してください"),
        (vec![("from", "2026-11-23"), ("main", &*heir)], "明日からの日"),
        (vec![("from", "2027-03-31"), ("main", &*heir)], "市民税務課は、その日にはありません"),
        (vec![("from", APRIL), ("main", "unit-zei")], "組織を選び直して"),
    ] {
        let page = close(&fields).await.ok().body;
        assert!(page.contains(says), "{says}: {page}");
    }
    let manager = city.signed_in("manager").await;
    let refused = city.post(&manager, "/sections/unit-zei/close", &[("from", APRIL), ("main", &heir)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    close(&[("from", APRIL), ("main", &heir), ("also", "unit-joho")]).await.to("/sections?done=saved");
    let list = city.get(&office, "/sections").await.ok().body;
    assert!(list.contains("令和9年4月1日に市民税務課へ引き継ぐ（ほかに情報政策課に分かれる）"), "{list}");
    let page = city.get(&office, "/sections/unit-zei/close").await.ok().body;
    assert!(page.contains("予定を取りやめる"), "{page}");
    close(&[("do", "cancel")]).await.to("/sections?done=saved");
    assert!(!city.get(&office, "/sections").await.ok().body.contains("市民税務課へ引き継ぐ"));

    close(&[("from", APRIL), ("main", &heir)]).await.to("/sections?done=saved");
    city.clock.set(start_of(Date::constant(2027, 4, 1)));
    assert_eq!(city.app.store.carry_successions().await.unwrap(), 1);
    let office = city.signed_in("secretariat").await;
    let list = city.get(&office, "/sections").await.ok().body;
    assert!(list.contains("市民税務課") && !list.contains(">　税務課<"), "{list}");
}

#[tokio::test]
async fn a_section_comes_under_another_and_never_under_its_own() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let edit = async |unit: &str, parent: &str| {
        let fields = [("name", "情報課"), ("parent", parent), ("from", APRIL)];
        city.post(&office, &format!("/sections/{unit}/edit"), &fields).await
    };
    let page = edit("unit-city", "unit-joho").await.ok().body;
    assert!(page.contains("この組織の下にある組織は"), "{page}");
    edit("unit-joho", "unit-zei").await.to("/sections?done=saved");
    let april = city.app.store.db.sections(Date::constant(2027, 4, 1)).await.unwrap();
    let moved = april.iter().find(|s| s.unit_id == "unit-joho").unwrap();
    assert_eq!((moved.name.as_str(), moved.parent_unit_id.as_deref()), ("情報課", Some("unit-zei")));
}

#[tokio::test]
async fn the_city_words_its_notices_and_can_name_nobody() {
    let city = City::new().await;
    let office = city.signed_in("secretariat").await;
    let list = city.get(&office, "/notices").await.ok().body;
    assert!(list.contains("1日1回のまとめ") && list.contains("もとの文面"), "{list}");
    let page = city.get(&office, "/notices/digest/edit").await.ok().body;
    assert!(page.contains("【関所】やること 2 件(期限切れ 1 件)") && page.contains("T-3F9A02"), "{page}");
    let send = async |body: &str, act: &str| {
        let fields = [("subject", "関所から {{ count }} 件"), ("body", body), ("do", act)];
        city.post(&office, "/notices/digest/edit", &fields).await
    };
    for (body, says) in [
        ("{{ name }}さん {{ link }}", "「name」は使えません"),
        ("{{ count }", "読めません"),
        ("{{ count }} 件あります", "リンク"),
        ("", "本文を入力"),
    ] {
        let page = send(body, "save").await.ok().body;
        assert!(page.contains(says), "{says}: {page}");
    }
    let kept = async || city.app.store.db.notice_template("digest").await.unwrap();
    assert_eq!(kept().await, None);
    let good = "{{ count }} 件。\r\n{{ link }}";
    let tried = send(good, "try").await.ok().body;
    assert!(tried.contains("2 件。\nhttps://sekisho.example.lan/tasks"), "{tried}");
    assert_eq!(kept().await, None, "trying keeps nothing");
    send(good, "save").await.to("/notices?done=saved");
    assert_eq!(
        kept().await,
        Some(("関所から {{ count }} 件".to_owned(), "{{ count }} 件。\n{{ link }}".to_owned()))
    );
    assert!(city.get(&office, "/notices").await.ok().body.contains("市で変えた文面"));
    city.post(&office, "/notices/digest/edit", &[("do", "standard")]).await.to("/notices?done=standard");
    assert_eq!(kept().await, None);
    send(good, "save").await.to("/notices?done=saved");
    assert_eq!(city.get(&office, "/notices/other/edit").await.status, StatusCode::NOT_FOUND);
    let manager = city.signed_in("manager").await;
    assert_eq!(city.get(&manager, "/notices").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn roles_are_called_as_the_city_calls_them() {
    let city = City::new().await;
    let (office, manager) = (city.signed_in("secretariat").await, city.signed_in("manager").await);
    let fields = [("role", "section_staff"), ("name", "情報化推進リーダー")];
    assert_eq!(city.post(&manager, "/registers/role_name", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(!city.get(&manager, "/roles").await.ok().body.contains("情報化推進リーダー"));
    city.post(&office, "/registers/role_name", &fields).await.to("/registers/role_name/");
    for page in ["/roles", "/was"] {
        assert!(city.get(&manager, page).await.ok().body.contains("情報化推進リーダー"), "{page}");
    }
    let seat = city.app.store.db.seat_words("role:section_staff@unit-zei", SINCE).await.unwrap();
    assert_eq!(seat.seat, "税務課 情報化推進リーダー");
    let again = city.post(&office, "/registers/role_name", &fields).await.ok().body;
    assert!(again.contains("role=\"alert\""), "one name a role: {again}");

    // 専決規程 is written in these words too, and kept in those of the guideline.
    let row = [
        ("code", "9-1"),
        ("kind", "account"),
        ("title", "利用者の登録"),
        ("division", "担当者専決"),
        ("route", "情報化推進リーダー（自課） → CISO"),
        ("answer_days", "5"),
        ("expires_days", "60"),
        ("venue", "inner"),
        ("valid_from", &SINCE.to_string()),
    ];
    let at = city.post(&office, "/registers/authority", &row).await.to("/registers/authority/").location;
    let page = city.get(&manager, &at).await.ok().body;
    assert!(page.contains("情報化推進リーダー（自課） → CISO"), "{page}");
    let id = at.rsplit('/').next().unwrap().split('?').next().unwrap();
    let kept = city.app.store.db.row(&AUTHORITY, id).await.unwrap().unwrap();
    assert_eq!(kept.text("route"), "課の担当者（自課） → CISO");
    let unknown = row.map(|(name, value)| (name, if name == "route" { "情報化推進係長" } else { value }));
    let said = city.post(&office, "/registers/authority", &unknown).await.ok().body;
    assert!(said.contains("「情報化推進係長」を役割・職・機関として読めません"), "{said}");
}
