//! `docs/adding-a-register.md`, done to the letter with a register the product does not have.

use crate::doorkey::{DOORKEY, REGISTER};
use crate::kit::{City, UNIT};

const MANUAL: &str = include_str!("../../../../docs/adding-a-register.md");

fn block(language: &str) -> &'static str {
    let from = MANUAL.split(&format!("```{language}\n")).nth(1).unwrap();
    from.split("```").next().unwrap()
}

#[test]
fn the_manual_is_what_is_tested_and_short() {
    assert_eq!(block("rust"), include_str!("doorkey.rs"));
    let lines = block("rust").lines().count() + block("sql").lines().count() + 3;
    assert!(lines < 60, "{lines} lines to add a register");
}

#[tokio::test]
async fn a_register_is_added_by_its_declaration() {
    sekisho_domain::try_register(&REGISTER);
    let city = City::new().await;
    for statement in block("sql").split_inclusive(';').filter(|s| !s.trim().is_empty()) {
        city.app.store.op_execute(Box::leak(statement.to_owned().into_boxed_str()), &[]).await.unwrap();
    }
    let me = city.signed_in("section_staff").await;
    let form = [
        ("number", "K-0001"),
        ("name", "地下書庫"),
        ("unit_id", UNIT),
        ("kind", "metal"),
        ("valid_from", "R6.4.1"),
    ];
    let at = city.post(&me, "/registers/doorkey", &form).await.to("/registers/doorkey/").location;
    let at = at.trim_end_matches("?done=created");
    assert!(city.get(&me, at).await.ok().body.contains("本数を数えてください"));
    let found = city.get(&me, "/registers/doorkey?q=%E5%9C%B0%E4%B8%8B&f_kind=metal").await.ok().body;
    assert!(found.contains("地下書庫") && found.contains("1件。"), "{found}");
    let elsewhere = city.get(&me, "/registers/doorkey?f_kind=card").await.ok().body;
    assert!(!elsewhere.contains("地下書庫"));

    let book = city.get(&me, "/registers/doorkey/export?format=xlsx").await.ok().bytes;
    let mut rows = sekisho_sheet::read(&book).unwrap().rows;
    let copies = rows[0].iter().position(|h| h == "本数（本）").unwrap();
    let width = rows[0].len();
    rows[1].resize(width, String::new());
    rows[1][copies] = "三".to_owned();
    let upload =
        |rows: &[Vec<String>]| sekisho_sheet::csv::write(rows, sekisho_sheet::csv::Encoding::Cp932).unwrap();
    let draft = city.upload(&me, "/registers/doorkey/import", &[], ("鍵.csv", &upload(&rows))).await;
    let page = city.get(&me, &draft.to("/registers/doorkey/import/").location).await.ok().body;
    assert!(page.contains("「三」を数として読めません"), "{page}");
    rows[1][copies] = "３本".to_owned();
    let draft = city.upload(&me, "/registers/doorkey/import", &[], ("鍵.csv", &upload(&rows))).await;
    let draft = draft.to("/registers/doorkey/import/").location;
    let page = city.get(&me, &draft).await.ok().body;
    let seal = page.split("name=\"seal\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    city.post(&me, &draft, &[("seal", seal)]).await.to("/registers/doorkey?done=imported");
    let id = at.rsplit('/').next().unwrap();
    let row = city.app.store.db.row(&DOORKEY, id).await.unwrap().unwrap();
    assert_eq!((row.get("copies"), row.version), (Some(&3i64.into()), 2));
    assert_eq!(city.app.store.db.versions(&DOORKEY, id).await.unwrap()[0].action(), "doorkey.import");
    a_column_for_some_is_nowhere_for_others(&city, id).await;
}

/// What only the manager sees is in no page, file or answer for a colleague, who cannot lose it either.
async fn a_column_for_some_is_nowhere_for_others(city: &City, id: &str) {
    let (staff, manager) = (city.signed_in("section_staff").await, city.signed_in("manager").await);
    let edit = format!("/registers/doorkey/{id}/edit");
    for (who, alarm) in [(&manager, "暗証4711"), (&staff, "上書き")] {
        let version = city.app.store.db.row(&DOORKEY, id).await.unwrap().unwrap().version.to_string();
        let fields = [
            ("version", version.as_str()),
            ("number", "K-0001"),
            ("name", "地下書庫"),
            ("unit_id", UNIT),
            ("kind", "metal"),
            ("copies", "4"),
            ("alarm", alarm),
            ("valid_from", "2024-04-01"),
        ];
        city.post(who, &edit, &fields).await.to("/registers/doorkey/");
    }
    let row = city.app.store.db.row(&DOORKEY, id).await.unwrap().unwrap();
    assert_eq!(row.text("alarm"), "暗証4711", "a colleague does not write what they do not see");
    for path in [
        format!("/registers/doorkey/{id}"),
        edit.clone(),
        "/registers/doorkey?cols=number&cols=alarm".to_owned(),
        "/registers/doorkey/export?format=csv".to_owned(),
        format!("/registers/doorkey/{id}/print"),
        format!("/api/v1/registers/doorkey/{id}"),
        format!("/registers/doorkey/bulk?id={id}&column=alarm"),
    ] {
        let answer = city.get(&staff, &path).await.ok().body;
        assert!(!answer.contains("4711") && !answer.contains("警備の解除番号"), "{path}: {answer}");
    }
    assert!(city.get(&manager, &format!("/registers/doorkey/{id}")).await.ok().body.contains("暗証4711"));
}
