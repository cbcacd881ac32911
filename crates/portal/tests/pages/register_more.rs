//! Bulk edit, labels, print, the API, added columns, workbooks for every section.

use crate::kit::{City, UNIT};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use sekisho_domain::asset::ASSET;
use sekisho_domain::noun::Row;
use sekisho_store::Actor;
use serde_json::{Value, json};

async fn kept(city: &City, numbers: &[(&str, &str)]) {
    let mut tx = city.app.store.write(&Actor::system(), "asset.create").await.unwrap();
    for (number, unit) in numbers {
        let row = Row::new(&ASSET, format!("id-{number}"))
            .set("number", *number)
            .set("name", format!("資産{number}"))
            .set("unit_id", *unit)
            .set("form", "paper")
            .set("confidentiality", "2")
            .set("integrity", "2")
            .set("availability", "1")
            .set("personal_data", "none")
            .set("zone", "none")
            .set("outsourced", false)
            .set("valid_from", "2024-04-01");
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn api(city: &City, cookie: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path)
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = city.send(request).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test]
async fn many_rows_get_one_value_at_once_or_none_does() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, &[("A-1", UNIT), ("A-2", UNIT), ("A-9", "unit-zei")]).await;
    let ticked = "id=id-A-1&id=id-A-2&id=id-A-9";
    let asked = city.get(&me, &format!("/registers/asset/bulk?{ticked}&column=zone")).await.ok().body;
    assert!(asked.contains("選んだ2件") && !asked.contains("A-9"), "rows of others are not offered");
    let send = |column: &'static str, value: &'static str| {
        [("id", "id-A-1"), ("id", "id-A-2"), ("id", "id-A-9"), ("column", column), ("value", value)]
    };
    let wrong = city.post(&me, "/registers/asset/bulk", &send("valid_to", "2020-01-01")).await.ok().body;
    assert!(wrong.contains("始まりの日より前"));
    city.post(&me, "/registers/asset/bulk", &send("zone", "lgwan")).await.to("/registers/asset?done=bulk");
    for (id, zone) in [("id-A-1", "lgwan"), ("id-A-2", "lgwan"), ("id-A-9", "none")] {
        assert_eq!(city.app.store.db.row(&ASSET, id).await.unwrap().unwrap().text("zone"), zone, "{id}");
    }
}

#[tokio::test]
async fn labels_and_the_form_are_printed() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, &[("A-1", UNIT), ("A-9", "unit-zei")]).await;
    let labels = city.get(&me, "/registers/asset/labels?id=id-A-1&id=id-A-9").await.ok().body;
    assert!(
        labels.contains("A-1 のQRコード") && labels.contains("A-1 のバーコード") && !labels.contains("A-9")
    );
    let paper = city.get(&me, "/registers/asset/id-A-1/print").await.ok().body;
    assert!(paper.contains("情報資産票") && paper.contains("確認した日"));
    assert_eq!(city.get(&me, "/registers/asset/id-A-9/print").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_api_keeps_to_the_same_rights_and_rules() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, &[("A-1", UNIT), ("A-9", "unit-zei")]).await;
    let list: Value =
        serde_json::from_str(&city.get(&me, "/api/v1/registers/asset").await.ok().body).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!((&list["items"][0]["values"]["zone"], &list["next"]), (&json!("none"), &Value::Null));
    let at = "/api/v1/registers/asset/id-A-1";
    let (status, row) = api(&city, &me, at, &json!({ "version": 1, "values": { "persons": 12 } })).await;
    assert_eq!((status, &row["version"], &row["values"]["persons"]), (StatusCode::OK, &json!(2), &json!(12)));
    let (status, _) = api(&city, &me, at, &json!({ "version": 1, "values": { "persons": 13 } })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, said) =
        api(&city, &me, at, &json!({ "version": 2, "values": { "zone": "moon", "nothing": 1 } })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said["errors"]["zone"].is_string() && said["errors"]["nothing"].is_string());
    let foreign = "/api/v1/registers/asset/id-A-9";
    let (status, said) = api(&city, &me, foreign, &json!({ "version": 1, "values": {} })).await;
    assert_eq!((status, &said["code"]), (StatusCode::NOT_FOUND, &json!("P404")));
    let (status, said) =
        api(&city, &me, "/api/v1/registers/asset", &json!({ "values": { "number": "A-3" } })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said["errors"]["name"].is_string());
}

/// `UPDATE_OPENAPI=1 cargo test -p sekisho-portal openapi` writes it anew.
#[test]
fn openapi_is_what_is_checked_in() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&sekisho_portal::openapi()).unwrap());
    #[expect(clippy::disallowed_methods, reason = "the switch that writes the reviewed description anew")]
    if std::env::var("UPDATE_OPENAPI").is_ok() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "the API changed: review docs/openapi.json");
}

#[tokio::test]
async fn a_city_adds_a_column_and_it_is_everywhere() {
    let city = City::new().await;
    let (office, staff) = (city.signed_in("secretariat").await, city.signed_in("section_staff").await);
    kept(&city, &[("A-1", UNIT)]).await;
    assert_eq!(city.get(&staff, "/registers/asset/columns").await.status, StatusCode::FORBIDDEN);
    let definition = [("label", "鍵のある棚"), ("kind", "choice"), ("choices", "東\n西")];
    city.post(&office, "/registers/asset/columns", &definition).await.to("/registers/asset?done=column");
    let again = city.post(&office, "/registers/asset/columns", &definition).await.ok().body;
    assert!(again.contains("この名前の項目は、もうあります"));
    let form = city.get(&staff, "/registers/asset/id-A-1/edit").await.ok().body;
    let name = form.split("<label for=\"x_").nth(1).unwrap().split('"').next().unwrap();
    let name = format!("x_{name}");
    let book = city.get(&staff, "/registers/asset/export?format=csv").await.ok().bytes;
    let mut rows = sekisho_sheet::read(&book).unwrap().rows;
    let at = rows[0].iter().position(|h| h == "鍵のある棚").unwrap();
    let width = rows[0].len();
    rows[1].resize(width, String::new());
    rows[1][at] = "西".to_owned();
    let bytes = sekisho_sheet::csv::write(&rows, sekisho_sheet::csv::Encoding::Utf8).unwrap();
    let draft = city.upload(&staff, "/registers/asset/import", &[], ("a.csv", &bytes)).await;
    let draft = draft.to("/registers/asset/import/").location;
    let page = city.get(&staff, &draft).await.ok().body;
    assert!(page.contains("<strong>鍵のある棚</strong>"), "{page}");
    let seal = page.split("name=\"seal\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    city.post(&staff, &draft, &[("seal", seal)]).await.to("/registers/asset?done=imported");
    for query in ["q=%E8%A5%BF".to_owned(), format!("f_{name}=%E8%A5%BF")] {
        assert!(
            city.get(&staff, &format!("/registers/asset?{query}")).await.ok().body.contains("資産A-1"),
            "{query}"
        );
    }
    let other = city.get(&staff, &format!("/registers/asset?f_{name}=%E6%9D%B1")).await.ok().body;
    assert!(!other.contains("資産A-1"));
}

/// Workbooks out of the ZIP, by name.
fn unbundled(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read as _;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let count = archive.len();
    let one = |at: usize| {
        let mut file = archive.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..count).map(one).collect()
}

/// A workbook of ours with its rows changed, as if a section had edited it.
fn edited(bytes: &[u8], change: impl Fn(&mut Vec<Vec<String>>)) -> Vec<u8> {
    use sekisho_sheet::{Book, Cell, Head, Holds, Line};
    let mut grid = sekisho_sheet::read(bytes).unwrap();
    change(&mut grid.rows);
    let head = |label: &String| Head {
        label: label.clone(),
        holds: Holds::Text,
        required: false,
        hint: String::new(),
        hidden: false,
    };
    let book = Book {
        sheet: grid.sheet,
        heads: grid.rows[0].iter().map(head).collect(),
        lines: grid.rows[1..]
            .iter()
            .map(|r| Line { cells: r.iter().map(|c| Cell::Text(c.clone())).collect() })
            .collect(),
        meta: grid.meta.into_iter().collect(),
    };
    sekisho_sheet::write_xlsx(&book).unwrap()
}

#[tokio::test]
async fn workbooks_go_out_to_every_section_and_come_back_as_one() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    kept(&city, &[("A-1", UNIT), ("A-2", UNIT), ("A-9", "unit-zei")]).await;
    let zip = city.get(&me, "/registers/asset/collect.zip").await.ok().bytes;
    let books = unbundled(&zip);
    let names: Vec<&str> = books.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["情報資産_情報政策課.xlsx", "情報資産_税務課.xlsx"]);
    let own = edited(&books[0].1, |rows| {
        let name = rows[0].iter().position(|h| h == "名称").unwrap();
        rows[1][name] = "直した名".to_owned();
    });
    let send = |files: Vec<(&'static str, Vec<u8>)>| {
        let (city, me) = (&city, &me);
        async move {
            let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
            let answer = city.upload_all(me, "/registers/asset/collect", &[], &files).await;
            city.get(me, &answer.to("/registers/asset/import/").location).await.ok().body
        }
    };
    // Renamed, twice, one not a workbook; the other section's has not come.
    let page = send(vec![
        ("返信.xlsx", own.clone()),
        ("返信 - コピー.xlsx", own.clone()),
        ("写真.jpg", b"\xff\xd8\xff\x00".to_vec()),
    ])
    .await;
    assert!(
        page.contains("変える<b>1</b>") && page.contains("まだ返っていない所属が1あります：2 税務課"),
        "{page}"
    );
    assert!(page.contains("読めなかったファイル") && page.contains("写真.jpg"));
    // A row of the other section pasted into this one's file.
    let foreign = sekisho_sheet::read(&books[1].1).unwrap().rows[1].clone();
    let pasted = edited(&books[0].1, |rows| rows.push(foreign.clone()));
    let page = send(vec![("a.xlsx", pasted), ("b.xlsx", books[1].1.clone())]).await;
    assert!(page.contains("2 税務課の行が、1 情報政策課のファイルに貼り付けられています"), "{page}");
    // Two answers that contradict each other.
    let other = edited(&books[0].1, |rows| {
        let name = rows[0].iter().position(|h| h == "名称").unwrap();
        rows[1][name] = "別の名".to_owned();
    });
    let page = send(vec![("a.xlsx", own), ("b.xlsx", other)]).await;
    assert!(page.contains("別のファイルの2行目でも変えられていて"), "{page}");
}
