//! A register goes out as a spreadsheet and comes back.

use crate::kit::{Answer, City, UNIT};
use axum::http::StatusCode;
use proptest::collection::vec;
use proptest::prelude::*;
use sekisho_domain::asset::{ASSET, REGISTER};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::cell::{clean, read};
use sekisho_sheet::{Book, Cell, Head, Holds, Line};
use sekisho_store::Actor;

fn asset(number: &str, name: &str, unit: &str) -> Row {
    Row::new(&ASSET, format!("id-{number}"))
        .set("number", number)
        .set("name", name)
        .set("unit_id", unit)
        .set("form", "paper")
        .set("confidentiality", "3B")
        .set("integrity", "2")
        .set("availability", "1")
        .set("personal_data", "none")
        .set("zone", "none")
        .set("outsourced", false)
        .set("valid_from", "2024-04-01")
}

async fn kept(city: &City, rows: Vec<Row>) {
    let mut tx = city.app.store.write(&Actor::system(), "asset.create").await.unwrap();
    for row in rows {
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn exported(city: &City, cookie: &str, query: &str) -> Vec<Vec<String>> {
    let answer = city.get(cookie, &format!("/registers/asset/export?{query}")).await.ok();
    sekisho_sheet::read(&answer.bytes).unwrap().rows
}

fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    sekisho_sheet::csv::write(rows, sekisho_sheet::csv::Encoding::Utf8).unwrap()
}

/// Uploads and returns the address of the draft and its page.
async fn uploaded(city: &City, cookie: &str, name: &str, bytes: &[u8]) -> (String, Answer) {
    let answer = city.upload(cookie, "/registers/asset/import", &[], (name, bytes)).await;
    let at = answer.to("/registers/asset/import/").location;
    let page = city.get(cookie, &at).await.ok();
    (at, page)
}

fn seal(page: &Answer) -> String {
    let from = page.body.split("name=\"seal\" value=\"").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    from.split('"').next().unwrap().to_owned()
}

fn set(rows: &mut [Vec<String>], line: usize, heading: &str, text: &str) {
    let column = rows[0].iter().position(|h| h.starts_with(heading)).unwrap();
    if rows[line].len() <= column {
        rows[line].resize(column + 1, String::new());
    }
    rows[line][column] = text.to_owned();
}

/// The worst that a cell can hold.
const ODD: &[&str] = &[
    "000123",
    "令和元年5月1日",
    "＝1＋1",
    "=1+1",
    "+81-3",
    "-",
    "@SUM(A1)",
    "'=already",
    "''",
    "1e5",
    "TRUE",
    "2024/4/1",
    "0.1",
    "絵文字😀👩‍👩‍👧 髙﨑",
    "_x0041_",
    "改行\nと\tタブ",
    "a,b\"c",
    "<b>&amp;",
    "#REF!",
    "ﾊﾝｶｸ",
    "１２３",
];

#[tokio::test]
async fn no_value_is_changed_by_the_round_trip() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    let long = "長い文。".repeat(990);
    let odd = ODD.iter().copied().chain([long.as_str()]).enumerate().map(|(n, text)| {
        let date =
            ["1868-02-01", "1899-12-31", "1900-02-28", "1900-03-01", "1989-01-07", "2019-05-01"][n % 6];
        asset(&format!("{n:05}"), text, UNIT)
            .set("content", text)
            .set("persons", [0, -1, 9_007_199_254_740_991, 1_200][n % 4])
            .set("dispose_on", date)
    });
    kept(&city, odd.collect()).await;
    let xlsx = city.get(&me, "/registers/asset/export?format=xlsx").await.ok().bytes;
    let csv = city.get(&me, "/registers/asset/export?format=csv").await.ok().bytes;
    for (name, bytes) in [("a.xlsx", xlsx), ("a.csv", csv)] {
        let (_, page) = uploaded(&city, &me, name, &bytes).await;
        let same = format!("変わらない<b>{}</b>", ODD.len() + 1);
        assert!(page.body.contains(&same), "{name}: {}", page.body);
        assert!(page.body.contains("直すところ<b>0</b>") && page.body.contains("変える<b>0</b>"));
    }
    let sjis = city.get(&me, "/registers/asset/export?format=sjis").await;
    assert_eq!(sjis.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sjis.body.contains("シフトJISにない文字"), "{}", sjis.body);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever text a register may hold comes back from a workbook as it was: numbers that are none, formulas that are
    /// none, escapes of the format itself, letters beyond the first plane.
    #[test]
    fn any_text_survives_a_workbook(texts in vec("\\PC{0,40}|[=+@'\\-_x0-9A-F\n\t .,%<&\"令和年]{0,14}|.{0,9}", 1..40)) {
        let texts: Vec<String> = texts.iter().map(|text| clean(text)).filter(|text| !text.is_empty()).collect();
        let head = |hidden| Head {
            label: if hidden { "行ID" } else { "名称" }.to_owned(),
            holds: Holds::LongText,
            required: false,
            hint: String::new(),
            hidden,
        };
        let line = |text: &String| Line { cells: vec![Cell::Text("id".to_owned()), Cell::Text(text.clone())] };
        let book = Book {
            sheet: "情報資産".to_owned(),
            heads: vec![head(true), head(false)],
            lines: texts.iter().map(line).collect(),
            meta: Default::default(),
        };
        let back = sekisho_sheet::read(&sekisho_sheet::write_xlsx(&book).unwrap()).unwrap();
        let name = ASSET.column("name").unwrap();
        for (text, row) in texts.iter().zip(&back.rows[1..]) {
            prop_assert_eq!(read(name, &row[1], &Default::default()), Ok(Value::from(text.as_str())));
        }
        prop_assert_eq!(back.rows.len(), texts.len() + 1);
    }
}

#[tokio::test]
async fn changes_are_shown_then_applied_at_once_and_undone() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(
        &city,
        vec![asset("A-1", "住民台帳", UNIT), asset("A-2", "税台帳", UNIT), asset("A-9", "よそ", "unit-zei")],
    )
    .await;
    let mut rows = exported(&city, &me, "format=xlsx").await;
    assert_eq!(rows.len(), 3, "only one's own section leaves");
    set(&mut rows, 1, "名称", "住民基本台帳");
    set(&mut rows, 1, "人数", "約１２，０００人");
    let added = vec![String::new(); rows[0].len()];
    rows.push(added);
    for (heading, text) in [
        ("資産番号", "A-3"),
        ("名称", "新しい台帳"),
        ("所管課", "情報政策課"),
        ("形態", "紙"),
        ("機密性", "2"),
        ("完全性", "完全性1"),
        ("可用性", "可用性1"),
        ("個人情報", "なし"),
        ("置き場所", "LGWAN系"),
        ("委託先", "×"),
        ("いつから", "R6.4.1"),
    ] {
        set(&mut rows, 3, heading, text);
    }
    // Columns in another order, under another name.
    let width = rows[0].len() + 2;
    for row in &mut rows {
        row.resize(width, String::new());
        row.rotate_right(3);
    }
    let at = rows[0].iter().position(|h| h == "名称").unwrap();
    rows[0][at] = "情報資産名".to_owned();
    let (at, page) = uploaded(&city, &me, "直した.csv", &csv(&rows)).await;
    for part in [
        "加える<b>1</b>",
        "変える<b>1</b>",
        "2か所",
        "変わらない<b>1</b>",
        "直すところ<b>0</b>",
        "<del>住民台帳</del> → <ins>住民基本台帳</ins>",
        "12,000人",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    city.post(&me, &at, &[("seal", &seal(&page))]).await.to("/registers/asset?done=imported");
    let row = |id: &'static str| {
        let city = &city;
        async move { city.app.store.db.row(&ASSET, id).await.unwrap().unwrap() }
    };
    assert_eq!(
        (row("id-A-1").await.text("name").to_owned(), row("id-A-1").await.version),
        ("住民基本台帳".into(), 2)
    );
    assert_eq!(row("id-A-2").await.version, 1, "what did not change was not written");
    assert_eq!(city.app.store.db.ids_of_number(&REGISTER, "A-3").await.unwrap().len(), 1);
    assert_eq!(
        city.post(&me, &at, &[("seal", &seal(&page))]).await.status,
        StatusCode::NOT_FOUND,
        "applied once"
    );

    let history = city.get(&me, "/registers/asset/imports").await.ok().body;
    assert!(history.contains("追加 1件、変更 1件（2か所）"));
    let undo = history.split("href=\"/registers/asset/imports/").nth(1).unwrap().split('"').next().unwrap();
    let undo = format!("/registers/asset/imports/{undo}");
    city.post(&me, &undo, &[]).await.to("/registers/asset?done=undone");
    assert_eq!(
        (row("id-A-1").await.text("name").to_owned(), row("id-A-1").await.version),
        ("住民台帳".into(), 3)
    );
    assert!(!city.get(&me, "/registers/asset").await.ok().body.contains("新しい台帳"));
    assert_eq!(city.post(&me, &undo, &[]).await.status, StatusCode::NOT_FOUND, "undone once");
}

#[tokio::test]
async fn a_conflict_says_who_and_waits_for_a_choice() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, vec![asset("A-1", "住民台帳", UNIT), asset("A-2", "税台帳", UNIT)]).await;
    let mut rows = exported(&city, &me, "format=csv").await;
    set(&mut rows, 1, "名称", "わたしの名");
    set(&mut rows, 1, "保管場所", "書庫");
    // Meanwhile somebody else renames it.
    let row = city.app.store.db.row(&ASSET, "id-A-1").await.unwrap().unwrap();
    let other = Actor { person_id: "who-manager".into(), seat: "-".into() };
    let mut tx = city.app.store.write(&other, "asset.update").await.unwrap();
    tx.update(row.set("name", "課長の名")).await.unwrap();
    tx.commit().await.unwrap();
    let (at, page) = uploaded(&city, &me, "a.csv", &csv(&rows)).await;
    for part in [
        "ぶつかった<b>1</b>",
        "今の台帳：課長の名（managerさん",
        "ファイル：わたしの名",
        "書き出したとき：住民台帳",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let seal_shown = seal(&page);
    // Somebody changes the row once more: what was shown is no longer what would happen.
    let row = city.app.store.db.row(&ASSET, "id-A-1").await.unwrap().unwrap();
    let mut tx = city.app.store.write(&other, "asset.update").await.unwrap();
    tx.update(row.set("note", "追記")).await.unwrap();
    tx.commit().await.unwrap();
    let again = city.post(&me, &at, &[("seal", &seal_shown), ("k_id-A-1_name", "file")]).await.ok();
    assert!(again.body.contains("ほかの人が台帳を変えました"));
    city.post(&me, &at, &[("seal", &seal(&again)), ("k_id-A-1_name", "file")])
        .await
        .to("/registers/asset?done=imported");
    let row = city.app.store.db.row(&ASSET, "id-A-1").await.unwrap().unwrap();
    assert_eq!((row.text("name"), row.text("place"), row.text("note")), ("わたしの名", "書庫", "追記"));
}

/// Whoever sits down at an unattended screen does not carry the register away.
#[tokio::test]
async fn nothing_is_exported_from_an_unattended_screen() {
    let city = City::new().await;
    kept(&city, vec![asset("A-1", "住民基本台帳", UNIT)]).await;
    let me = city.signed_in("secretariat").await;
    let files = ["/registers/asset/export?format=csv&f_zone=none", "/registers/asset/collect.zip"];
    for path in files {
        city.get(&me, path).await.ok();
    }
    city.clock.advance(6 * sekisho_domain::clock::Ms::MINUTE);
    for path in files {
        city.get(&me, path).await.to("/step-up?back=%2Fregisters%2Fasset");
    }
    let list = city.get(&me, "/registers/asset?f_zone=none&export=1").await.ok().body;
    assert!(list.contains("本人確認") && !list.contains("format=csv"), "the list says so beforehand");
    assert!(list.contains("f_zone%3Dnone"), "and comes back to the same question: {list}");
}

#[tokio::test]
async fn one_error_keeps_everything_out() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, vec![asset("A-1", "住民台帳", UNIT), asset("A-9", "よそ", "unit-zei")]).await;
    let mut rows = exported(&city, &me, "format=csv").await;
    let mut foreign = rows[1].clone();
    foreign[0] = "id-A-9".to_owned();
    rows.push(foreign);
    set(&mut rows, 1, "人数", "たくさん");
    let (at, page) = uploaded(&city, &me, "a.csv", &csv(&rows)).await;
    assert!(page.body.contains("2行目") && page.body.contains("「たくさん」を数として読めません"));
    assert!(page.body.contains("あなたの権限の外にあります") && !page.body.contains("取り込む</button>"));
    let before = city.app.store.db.ledger_head().await.unwrap();
    let refused = city.post(&me, &at, &[("seal", &seal(&page))]).await.ok();
    assert!(refused.body.contains("直すところが残っている"));
    assert_eq!(city.app.store.db.ledger_head().await.unwrap(), before);
    let colleague = city.signed_in("manager").await;
    assert_eq!(city.get(&colleague, &at).await.status, StatusCode::NOT_FOUND, "a draft is its maker's");
}

#[tokio::test]
async fn a_strange_workbook_is_mapped_once() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    let text = "情報資産一覧（令和7年度）\r\n\r\nNo.,資産の名前,ランク,保管してある場所など\r\n\
        1,住民台帳,3B,書庫\r\n2,税台帳,3C,執務室\r\n3,広報紙,1,棚\r\n";
    let bytes = cp932(text);
    let (at, page) = uploaded(&city, &me, "一覧.csv", &bytes).await;
    assert!(
        page.body.contains("この列は、台帳のどの項目ですか") && page.body.contains("中身から推測"),
        "{}",
        page.body
    );
    let defaults = [
        ("file", "0"),
        ("c0", "number"),
        ("c1", "name"),
        ("c2", "confidentiality"),
        ("c3", "place"),
        ("unit_id", UNIT),
        ("form", "paper"),
        ("integrity", "1"),
        ("availability", "1"),
        ("personal_data", "none"),
        ("zone", "none"),
        ("outsourced", "false"),
        ("valid_from", "2024-04-01"),
    ];
    city.post(&me, &format!("{at}/map"), &defaults).await.to(&at);
    let page = city.get(&me, &at).await.ok();
    assert!(
        page.body.contains("加える<b>3</b>") && page.body.contains("直すところ<b>0</b>"),
        "{}",
        page.body
    );
    city.post(&me, &at, &[("seal", &seal(&page))]).await.to("/registers/asset?done=imported");
    // The same shape again: nobody is asked, rows are recognised by their number, and a new one gets what was decided.
    let again = text.replace("執務室", "金庫") + "4,水道台帳,2,水道局\r\n";
    let (at, page) = uploaded(&city, &me, "二回目.csv", again.as_bytes()).await;
    assert!(
        page.body.contains("変える<b>1</b>") && page.body.contains("変わらない<b>2</b>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("加える<b>1</b>") && page.body.contains("令和8年11月23日"), "{}", page.body);
    // What was decided can be decided again.
    assert!(page.body.contains(&format!("href=\"{at}?file=0\"")));
    let decided = city.get(&me, &format!("{at}?file=0")).await.ok().body;
    assert!(decided.contains("<option value=\"confidentiality\" selected>"), "{decided}");
    let other = defaults.map(|(name, value)| (name, if name == "c3" { "content" } else { value }));
    city.post(&me, &format!("{at}/map"), &other).await.to(&at);
    let page = city.get(&me, &at).await.ok().body;
    assert!(page.contains("変える<b>3</b>") && page.contains("<strong>内容</strong>"), "{page}");
}

/// What the endpoint manager knows and the register does not is proposed as a device nobody registered.
#[tokio::test]
async fn devices_that_nobody_registered_are_taken_in_as_unknown() {
    let city = City::new().await;
    let me = city.signed_in("secretariat").await;
    let text = "端末名,OS名,パターン日付,最終接続日,USB制御,MFA\r\nPC-0001,Windows 11,2026-11-22,2026-11-23,使えない,多要素認証\r\n";
    let path = "/registers/device/import";
    let at = city.upload(&me, path, &[], ("端末.csv", &cp932(text))).await.to(path).location;
    let page = city.get(&me, &at).await.ok().body;
    assert!(page.contains("<option value=\"unknown\" selected>台帳にない機器"), "{page}");
    let defaults = [
        ("file", "0"),
        ("c0", "number"),
        ("c1", "os"),
        ("c2", "pattern_on"),
        ("c3", "seen_on"),
        ("c4", "usb"),
        ("c5", "login"),
        ("name", "管理ソフトが見つけた端末"),
        ("kind", "pc"),
        ("state", "unknown"),
        ("owner", "city"),
        ("zone", "lgwan"),
        ("carried_out", "false"),
        ("encrypted", "false"),
        ("wipeable", "false"),
        ("protection", "antivirus"),
        ("settings_locked", "false"),
        ("valid_from", "2026-11-23"),
    ];
    city.post(&me, &format!("{at}/map"), &defaults).await.to(&at);
    let page = city.get(&me, &at).await.ok();
    assert!(page.body.contains("加える<b>1</b>") && page.body.contains("台帳にない機器"), "{}", page.body);
    city.post(&me, &at, &[("seal", &seal(&page))]).await.to("/registers/device?done=imported");
    let list = city.get(&me, "/registers/device?f_state=unknown").await.ok().body;
    assert!(list.contains("PC-0001") && list.contains("直すこと"), "{list}");
    // Next week's file: what is known is brought up to date, what is new is taken in the same way.
    let next = text.replace("2026-11-22", "2026-11-29")
        + "PC-0002,Windows 11,2026-11-29,2026-11-30,使えない,多要素認証\r\n";
    let at = city.upload(&me, path, &[], ("翌週.csv", &cp932(&next))).await.to(path).location;
    let page = city.get(&me, &at).await.ok().body;
    assert!(page.contains("変える<b>1</b>") && page.contains("加える<b>1</b>"), "{page}");
    assert!(page.contains("直すところ<b>0</b>"), "{page}");
}

fn cp932(text: &str) -> Vec<u8> {
    let rows: Vec<Vec<String>> =
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    sekisho_sheet::csv::write(&rows, sekisho_sheet::csv::Encoding::Cp932).unwrap()
}

#[tokio::test]
async fn rows_left_out_are_ended_only_when_asked() {
    let city = City::new().await;
    let me = city.signed_in("section_staff").await;
    kept(&city, vec![asset("A-1", "住民台帳", UNIT), asset("A-2", "税台帳", UNIT)]).await;
    let bytes = city.get(&me, "/registers/asset/export?format=xlsx").await.ok().bytes;
    let grid = sekisho_sheet::read(&bytes).unwrap();
    let book = Book {
        sheet: "台帳".into(),
        heads: grid.rows[0]
            .iter()
            .map(|h| Head {
                label: h.clone(),
                holds: Holds::Text,
                required: false,
                hint: String::new(),
                hidden: false,
            })
            .collect(),
        lines: vec![Line { cells: grid.rows[1].iter().map(|c| Cell::Text(c.clone())).collect() }],
        meta: grid.meta.into_iter().collect(),
    };
    let (at, page) = uploaded(&city, &me, "a.xlsx", &sekisho_sheet::write_xlsx(&book).unwrap()).await;
    assert!(
        page.body.contains("ファイルにない<b>1</b>") && page.body.contains("A-2 税台帳"),
        "{}",
        page.body
    );
    // A row that somebody adds after the page was shown is not ended unseen.
    kept(&city, vec![asset("A-3", "福祉台帳", UNIT)]).await;
    let again = city.post(&me, &at, &[("seal", &seal(&page)), ("end", "1")]).await.ok();
    assert!(again.body.contains("比べ直しました") && again.body.contains("A-3 福祉台帳"), "{}", again.body);
    let before = city.app.store.db.row(&ASSET, "id-A-2").await.unwrap().unwrap();
    assert_eq!(before.text("valid_to"), "");
    city.post(&me, &at, &[("seal", &seal(&again)), ("end", "1")]).await.to("/registers/asset?done=imported");
    let row = city.app.store.db.row(&ASSET, "id-A-2").await.unwrap().unwrap();
    assert_eq!(row.get("valid_to"), Some(&Value::from("2026-11-23")));
}
