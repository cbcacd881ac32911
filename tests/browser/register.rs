//! Registers without JavaScript: a city's own spreadsheet comes in, two people change the same cell, a 棚卸 on a
//! telephone, the classification by keyboard alone, the form on paper.

use std::process::Command;

use sekisho_domain::access::Who;
use sekisho_domain::asset::ASSET;
use sekisho_domain::device::DEVICE;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::{Noun, Row};
use sekisho_domain::role::Role;
use sekisho_domain::stocktake::sample;
use sekisho_domain::system::SYSTEM;
use sekisho_store::Actor;
use testkit::{not_run, on_postgres};

use crate::chrome::{Browser, missing, out, said_of};
use crate::site::Site;

/// CSS pixels of a telephone.
const TELEPHONE: u32 = 390;

#[tokio::test(flavor = "multi_thread")]
async fn registers_without_javascript() {
    if on_postgres() {
        return not_run("registers in the browser", "they are driven on SQLite only");
    }
    if let Some(program) = missing() {
        return not_run("registers in the browser", &format!("{program} is not installed"));
    }
    let (site, browser) = (Site::start(false).await, Browser::start(false).await);
    site.world.section("70", "税務課").await;
    let staff = site.person("担当 花子", Role::SectionStaff, "70").await;
    let manager = site.person("課長 太郎", Role::Manager, "70").await;
    let office = site.person("事務局 一郎", Role::Secretariat, "70").await;
    site.sign_in(&browser, &staff).await;
    first_import(&site, &browser).await;
    conflict(&site, &browser).await;
    classified_by_keyboard(&site, &browser).await;
    form_on_paper(&site, &browser).await;
    browser.width(TELEPHONE).await;
    let part = stocktake_begins(&site, &browser, &office).await;
    site.sign_in(&browser, &staff).await;
    prepared(&site, &browser, &part).await;
    site.sign_in(&browser, &manager).await;
    confirmed(&site, &browser, &part).await;
    browser.close().await;
}

async fn row(site: &Site, noun: &'static Noun, number: &str) -> Row {
    let register = sekisho_domain::register(noun.name).unwrap();
    let ids = site.world.db().ids_of_number(register, number).await.unwrap();
    site.world.db().row(noun, &ids[0]).await.unwrap().unwrap()
}

fn file(name: &str, text: &str) -> String {
    let path = out(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// A list with a title above it and headings nobody has seen: the columns are asked for once, then it is taken.
async fn first_import(site: &Site, browser: &Browser) {
    let mut list = "情報資産一覧（令和7年度）\n\nNo.,資産の名前,ランク,保管してある場所など\n".to_owned();
    for n in 1..=12 {
        list += &format!("A-{n:04},課税台帳その{n},{},書庫{n}\n", if n % 3 == 0 { "3B" } else { "2" });
    }
    browser.goto(&format!("{}/registers/asset/import", site.url)).await;
    browser.fill("file", &file("一覧.csv", &list)).await;
    browser.press("main form button.p").await;
    assert!(browser.body().await.contains("この列は、台帳のどの項目ですか"), "{}", browser.body().await);
    for (column, words) in [("c0", "資産番号"), ("c1", "名称"), ("c2", "機密性"), ("c3", "保管場所")]
    {
        browser.choose(column, words).await;
    }
    for (column, words) in [
        ("unit_id", "税務課"),
        ("form", "紙"),
        ("integrity", "完全性1"),
        ("availability", "可用性1"),
        ("personal_data", "なし"),
        ("zone", "ネットワークにつながない"),
        ("outsourced", "いいえ"),
    ] {
        browser.choose(column, words).await;
    }
    browser.fill("valid_from", "2024-04-01").await;
    browser.press("main form button.p").await;
    let preview = browser.text("ul.sum").await;
    assert!(preview.contains("加える\n12") && preview.contains("直すところ\n0"), "{}", browser.body().await);
    browser.picture("import-preview").await;
    browser.press("main form button.p").await;
    assert!(browser.body().await.contains("取り込みました"), "{}", browser.body().await);
    assert_eq!(row(site, &ASSET, "A-0003").await.text("confidentiality"), "3B");
}

/// The same cell was changed in the file and in the register; the person chooses.
async fn conflict(site: &Site, browser: &Browser) {
    let before = row(site, &ASSET, "A-0001").await;
    let list = format!("行ID,版,資産番号,名称,保管場所\n{},1,A-0001,課税台帳その1,地下書庫\n", before.id);
    let mut tx = site.world.store.write(&Actor::system(), "asset.update").await.unwrap();
    tx.update(before.set("place", "3階の棚")).await.unwrap();
    tx.commit().await.unwrap();
    browser.goto(&format!("{}/registers/asset/import", site.url)).await;
    browser.fill("file", &file("返ってきた.csv", &list)).await;
    browser.press("main form button.p").await;
    let page = browser.body().await;
    assert!(
        page.contains("ぶつかったところ") && page.contains("3階の棚") && page.contains("地下書庫"),
        "{page}"
    );
    browser.picture("import-conflict").await;
    browser.find("#conflicts ~ fieldset input[value='file']").await.click().await.unwrap();
    browser.press("main form button.p").await;
    // What was chosen changes what is written, so it is shown once more.
    if browser.has("input[name='seal']").await {
        browser.press("main form button.p").await;
    }
    assert!(browser.body().await.contains("取り込みました"), "{}", browser.body().await);
    assert_eq!(row(site, &ASSET, "A-0001").await.text("place"), "地下書庫");
}

/// No pointer: Tab moves, Space and the arrows choose, Enter sends.
async fn classified_by_keyboard(site: &Site, browser: &Browser) {
    let id = row(site, &ASSET, "A-0003").await.id;
    browser.goto(&format!("{}/registers/asset/{id}/classify", site.url)).await;
    // The first question is answered with its second choice, no; the second with yes.
    browser.tab_to("#q1-1").await;
    browser.keys("\u{e00d}\u{e015}").await;
    browser.tab_to("#q2-1").await;
    browser.keys("\u{e00d}").await;
    browser.tab_to("#impact-1").await;
    browser.keys("\u{e00d}").await;
    browser.tab_to("main form button").await;
    browser.enter().await;
    assert!(browser.text("#proposal h2").await.contains("自治体機密性3B"), "{}", browser.body().await);
    browser.tab_to("#proposal button").await;
    browser.enter().await;
    assert!(browser.body().await.contains("区分を決めました"), "{}", browser.body().await);
    let decided = row(site, &ASSET, "A-0003").await;
    assert!(!decided.text("reason").is_empty(), "the reason is kept");
}

/// One sheet of A4 with the row and a place for the seals, and no buttons.
async fn form_on_paper(site: &Site, browser: &Browser) {
    let id = row(site, &ASSET, "A-0003").await.id;
    browser.goto(&format!("{}/registers/asset/{id}/print", site.url)).await;
    let pdf = browser.print("register-form").await;
    let about = said_of(Command::new("pdfinfo").arg(&pdf));
    let line = |name: &str| about.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("Pages:").ends_with(" 1") && line("Page size:").contains("A4"), "{about}");
    let text = said_of(Command::new("pdftotext").arg(&pdf).arg("-"));
    for words in ["情報資産票", "A-0003", "課税台帳その3", "情報セキュリティ管理者"] {
        assert!(text.contains(words), "{words} is not on paper: {text}");
    }
    assert!(!text.contains("ログアウト"), "{text}");
}

/// 情報政策課 begins it; returns the page of 税務課.
async fn stocktake_begins(site: &Site, browser: &Browser, office: &Who) -> String {
    site.sign_in(browser, office).await;
    browser.goto(&format!("{}/campaigns/stocktake", site.url)).await;
    browser.choose("register", "情報資産").await;
    browser.fill("due", "2026-12-25").await;
    browser.press("main form button.p").await;
    assert!(browser.body().await.contains("棚卸を始めました"), "{}", browser.body().await);
    browser.picture("stocktake-progress").await;
    browser.follow("税務課").await;
    browser.here().await
}

/// 課の担当者 with a telephone: labels, a difference, the sample, and off to the 課長.
async fn prepared(site: &Site, browser: &Browser, part: &str) {
    browser.goto(&format!("{}{part}", site.url)).await;
    browser.fits().await;
    browser.picture("stocktake-sheet").await;
    // What a label's QR code opens.
    browser.goto(&format!("{}/q/asset/A-0005", site.url)).await;
    assert!(browser.heading().await.contains("ここにありますか"), "{}", browser.body().await);
    browser.fits().await;
    browser.picture("stocktake-row").await;
    browser.press("button[value='changed']").await;
    assert!(browser.text("[role='alert']").await.contains("何が違うか"), "{}", browser.body().await);
    browser.fill("note", "書庫7にあった").await;
    browser.press("button[value='changed']").await;
    assert!(browser.body().await.contains("書庫7にあった"), "{}", browser.body().await);
    // The drawn sample, row by row, as a reader types it.
    let register = sekisho_domain::register("asset").unwrap();
    let rows = site.world.db().all_rows(register).await.unwrap();
    let id = part.rsplit('/').next().unwrap();
    for drawn in sample(id, rows.iter().map(|r| r.id.as_str())) {
        let number = rows.iter().find(|r| r.id == drawn).unwrap().text("number");
        browser.fill("code", number).await;
        browser.press("#scan button").await;
        assert!(browser.body().await.contains("ある"), "{number}");
    }
    browser.press("#prepare").await;
    assert!(browser.body().await.contains("課長に渡しました"), "{}", browser.body().await);
    assert!(!browser.has("#confirm").await, "who prepared does not confirm");
}

async fn confirmed(site: &Site, browser: &Browser, part: &str) {
    browser.goto(&format!("{}{part}", site.url)).await;
    browser.fits().await;
    browser.picture("stocktake-confirm").await;
    let page = browser.body().await;
    let (wrong, rest) = (page.find("台帳と違うもの"), page.find("変更なしとした行"));
    assert!(wrong.is_some() && wrong < rest, "differences first: {page}");
    browser.press("#confirm").await;
    assert!(browser.body().await.contains("確かめました"), "{}", browser.body().await);
    assert_eq!(row(site, &ASSET, "A-0012").await.text("checked_on"), "2026-11-22");
}

/// Rows that hang together, a 棚卸 with something missing, an added column: what the pages about rows need to be looked
/// at. Returns pages that no link but a button leads to.
pub(crate) async fn rows_for_the_walk(site: &Site) -> Vec<String> {
    let store = &site.world.store;
    let on = sekisho_domain::date::date_at(store.clock.now());
    let sections = store.db.sections(on).await.unwrap();
    let unit = sections[0].unit_id.as_str();
    let mut tx = store.write(&Actor::system(), "test.rows").await.unwrap();
    for row in [system(unit), device(unit), medium(unit), asset(unit)] {
        tx.insert(row).await.unwrap();
    }
    let column = Row::new(&sekisho_domain::register::EXTRA_COLUMN, "col-1")
        .set("register", "asset")
        .set("label", "棚の番号")
        .set("kind", "text")
        .set("required", false)
        .set("retired", false);
    tx.insert(column).await.unwrap();
    tx.commit().await.unwrap();
    let accounts = store.db.accounts("", 10).await.unwrap();
    let actor = Actor { person_id: accounts[0].person_id.clone(), seat: "-".into() };
    let new = sekisho_store::stocktake::NewStocktake {
        register: sekisho_domain::register("asset").unwrap(),
        title: "令和8年度 情報資産の棚卸",
        detail: "",
        due_on: on,
        requirement_id: None,
        unit_ids: &[unit.to_owned()],
    };
    let campaign = store.begin_stocktake(&actor, new).await.unwrap();
    let part = store.db.campaign_parts(&campaign, on).await.unwrap()[0].id.clone();
    let who = store.db.who(&accounts[0].person_id, "").await.unwrap();
    let mut pages = crate::people::pages_for_the_walk(site, &who, on).await;
    pages.extend([
        "/registers/asset/as-1".to_owned(),
        "/registers/asset/bulk?id=as-1".to_owned(),
        "/registers/asset/labels?id=as-1".to_owned(),
        "/registers/asset/as-1/stocktake".to_owned(),
        "/registers/asset/columns/col-1".to_owned(),
        format!("/campaigns/{campaign}"),
        format!("/stocktakes/{part}"),
        format!("/stocktakes/{part}/checklist"),
    ]);
    pages
}

pub(crate) fn system(unit: &str) -> Row {
    Row::new(&SYSTEM, "sy-1")
        .set("number", "S-0001")
        .set("name", "住民情報システム")
        .set("unit_id", unit)
        .set("zone", "resident")
        .set("cloud", "none")
        .set("backup", "apart")
        .set("encrypted", true)
        .set("valid_from", "2024-04-01")
}

fn device(unit: &str) -> Row {
    Row::new(&DEVICE, "de-1")
        .set("number", "D-0001")
        .set("name", "業務端末")
        .set("kind", "pc")
        .set("state", "registered")
        .set("unit_id", unit)
        .set("owner", "city")
        .set("zone", "resident")
        .set("system_id", "sy-1")
        .set("carried_out", false)
        .set("login", "mfa")
        .set("usb", "locked")
        .set("encrypted", true)
        .set("wipeable", true)
        .set("protection", "edr")
        .set("settings_locked", true)
        .set("valid_from", "2024-04-01")
}

fn medium(unit: &str) -> Row {
    Row::new(&MEDIUM, "me-1")
        .set("number", "M-0001")
        .set("name", "移行用USBメモリ")
        .set("kind", "usb")
        .set("unit_id", unit)
        .set("class_allowed", "3B")
        .set("state", "stored")
        .set("encrypted", true)
        .set("locked", true)
        .set("long_term", false)
        .set("write_protected", false)
        .set("apart", false)
        .set("valid_from", "2024-04-01")
}

pub(crate) fn asset(unit: &str) -> Row {
    Row::new(&ASSET, "as-1")
        .set("number", "A-0001")
        .set("name", "住民基本台帳")
        .set("unit_id", unit)
        .set("form", "electronic")
        .set("confidentiality", "3B")
        .set("integrity", "2")
        .set("availability", "2")
        .set("personal_data", "personal")
        .set("persons", 120_000i64)
        .set("zone", "resident")
        .set("system_id", "sy-1")
        .set("place", "データセンター")
        .set("outsourced", false)
        .set("valid_from", "2024-04-01")
}
