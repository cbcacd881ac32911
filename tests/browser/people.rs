//! People and decisions without JavaScript: the city's directory answers for a log-in, a 人事異動 with a conflict, three
//! steps of a decision with 代決 and 後閲 on a telephone, a full 引継書 on one sheet of paper.

use std::process::Command;

use sekisho_domain::access::Who;
use sekisho_domain::authority::AUTHORITY;
use sekisho_domain::clock::{Clock as _, Ms};
use sekisho_domain::date::{Date, date_at, start_of};
use sekisho_domain::delegation::{ABSENCE, DEPUTY};
use sekisho_domain::handover::{Content, HANDOVER, Line};
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::personnel::{Place, Wanted};
use sekisho_domain::role::Role;
use sekisho_identity::{Directory, Identity};
use sekisho_store::Actor;
use sekisho_store::personnel::NewPersonnel;
use testkit::{not_run, on_postgres};

use crate::chrome::{Browser, missing, out, said_of};
use crate::peers::Slapd;
use crate::site::Site;

/// CSS pixels of a telephone.
const TELEPHONE: u32 = 390;
const APRIL: Date = Date::constant(2027, 4, 1);
/// `userAccountControl` of an account in use, and of one that was disabled.
const NORMAL: u32 = 512;
const DISABLED: u32 = 514;

/// Why the tests of this file cannot run here.
fn cannot() -> Option<String> {
    if on_postgres() {
        return Some("they are driven on SQLite only".to_owned());
    }
    missing().map(|program| format!("{program} is not installed"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directorys_password_opens_the_portal() {
    if let Some(why) = cannot() {
        return not_run("log-in with the directory in the browser", &why);
    }
    let people = [("sato", "right horse", "1001", NORMAL), ("suzuki", "suzuki-password", "1002", DISABLED)];
    let Some(mut slapd) = Slapd::start(&people) else {
        return not_run("log-in with the directory in the browser", "slapd is not installed");
    };
    let directory = Directory::open(&slapd.config(), slapd.dir.path()).unwrap();
    let identity = Identity { directory: Some(directory), ..Identity::default() };
    let (site, browser) = (Site::start_with(false, Some(identity)).await, Browser::start(false).await);
    site.world.section("70", "税務課").await;
    for number in ["1001", "1002"] {
        site.world.person(number, Role::SectionStaff, "70").await;
    }
    assert_eq!(site.app.read_directory().await.unwrap().created, 1, "a disabled account opens nothing");
    browser.width(TELEPHONE).await;
    let try_with = async |login: &str, password: &str| {
        browser.goto(&format!("{}/login", site.url)).await;
        browser.fill("login", login).await;
        browser.fill("password", password).await;
        browser.press("form[action='/login'] button").await;
        browser.body().await
    };
    browser.goto(&format!("{}/login", site.url)).await;
    assert!(browser.body().await.contains("庁内アカウントのパスワード"), "{}", browser.body().await);
    browser.fits().await;
    for (login, password) in
        [("sato", "wrong"), ("sato", ""), ("sat*", "right horse"), ("suzuki", "suzuki-password")]
    {
        let page = try_with(login, password).await;
        assert!(page.contains("違います") || page.contains("入力してください"), "{login}: {page}");
        browser.fits().await;
    }
    try_with("sato", "right horse").await;
    assert_eq!(browser.here().await, "/tasks", "whose work is their own comes to やること");
    browser.fits().await;
    browser.press("form[action='/logout'] button").await;
    slapd.stop();
    let page = try_with("sato", "right horse").await;
    assert!(page.contains("認証サーバにつながりません"), "{page}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn personnel_changes_with_a_conflict() {
    if let Some(why) = cannot() {
        return not_run("人事異動 in the browser", &why);
    }
    let (site, browser) = (Site::start(false).await, Browser::start(false).await);
    site.world.section("70", "税務課").await;
    site.world.section("80", "住民課").await;
    let office = site.person("事務局", Role::Secretariat, "70").await;
    let ciso = site.person("水谷", Role::Ciso, "70").await;
    let clerk = site.person("担当", Role::SectionStaff, "70").await;
    site.sign_in(&browser, &office).await;

    // A mistake is told by its row, and nothing is kept.
    let list = "職員番号,氏名,所属,職,種別\n担当,担当,住民課,担当,本務\n901,新人 太郎,税務課,担当,本務\n";
    load(&site, &browser, &list.replace("税務課", "なし課")).await;
    assert!(browser.text("main table").await.contains("3行目"), "{}", browser.body().await);
    // Headings nobody has seen: what the columns are is asked, not guessed.
    let strange = list.replace("職員番号,氏名,所属,職,種別", "No.,だれ,どこ,何,どのように");
    load(&site, &browser, &strange).await;
    assert!(browser.body().await.contains("この列は、名簿のどの項目ですか"), "{}", browser.body().await);
    browser.picture("personnel-columns-1280").await;
    browser.width(TELEPHONE).await;
    browser.fits().await;
    browser.picture("personnel-columns-390").await;
    browser.width(1280).await;
    for (at, column) in ["number", "name", "unit_id", "position_id", "kind"].into_iter().enumerate() {
        let option = format!("select[name='c{at}'] option[value='{column}']");
        browser.find(&option).await.click().await.unwrap();
    }
    browser.fill("file", &out("人事異動.csv").to_string_lossy()).await;
    browser.press("main form button.p").await;
    let path = browser.here().await;
    assert!(path.starts_with("/personnel/") && path != "/personnel/new", "{}", browser.body().await);
    assert!(browser.body().await.contains("読み込んだ人とは別の人"), "{}", browser.body().await);
    assert!(!browser.has("button[value='confirm']").await, "who loads does not confirm");

    // Meanwhile somebody corrects the person by hand.
    let row = site.world.db().row(&PERSON, &clerk.person_id).await.unwrap().unwrap();
    let mut tx = site.world.store.write(&Actor::system(), "person.update").await.unwrap();
    tx.update(row.set("name", "改姓")).await.unwrap();
    tx.commit().await.unwrap();

    site.sign_in(&browser, &ciso).await;
    browser.goto(&format!("{}{path}", site.url)).await;
    browser.picture("personnel-conflict-1280").await;
    browser.width(TELEPHONE).await;
    browser.fits().await;
    browser.picture("personnel-conflict-390").await;
    assert!(!browser.has("button[value='confirm']").await, "a conflict is chosen first");
    browser.find("input[name^='k_'][value='keep']").await.click().await.unwrap();
    browser.press("form:has(input[value='choose']) button").await;
    assert!(!browser.body().await.contains("食い違いが残っている"), "{}", browser.body().await);
    browser.press("button[value='confirm']").await;
    browser.fits().await;

    // The night between two years, by the clock alone.
    let sits_in = async |number: &str, on: Date| {
        let id = site.world.db().person_with_number(number, on).await.unwrap()?;
        let who = site.world.db().who(&id, "").await.unwrap();
        who.seats.iter().find(|s| s.valid(on)).map(|s| s.unit_id.clone())
    };
    assert_eq!(sits_in("901", date_at(site.world.clock.now())).await, None, "not before the day");
    site.world.clock.set(start_of(APRIL));
    site.world.store.apply_personnel().await.unwrap();
    assert_eq!(sits_in("901", APRIL).await.as_deref(), Some("70"));
    assert_eq!(sits_in("担当", APRIL).await.as_deref(), Some("70"), "the choice was to keep");
    site.sign_in(&browser, &office).await;
    browser.goto(&format!("{}{path}", site.url)).await;
    assert!(browser.body().await.contains("元に戻す名簿"), "{}", browser.body().await);
    browser.fits().await;
    browser.close().await;
}

async fn load(site: &Site, browser: &Browser, list: &str) {
    let file = out("人事異動.csv");
    std::fs::write(&file, list).unwrap();
    browser.goto(&format!("{}/personnel/new", site.url)).await;
    browser.choose("source", "人事").await;
    browser.find("input[name='whole'][value='no']").await.click().await.unwrap();
    browser.fill("effective", "2027-04-01").await;
    browser.fill("readers", "水谷").await;
    browser.fill("file", &file.to_string_lossy()).await;
    browser.press("main form button.p").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_steps_with_a_deputy_on_a_telephone() {
    if let Some(why) = cannot() {
        return not_run("decisions in the browser", &why);
    }
    let (site, browser) = (Site::start(false).await, Browser::start(false).await);
    site.world.section("70", "税務課").await;
    let clerk = site.person("中村", Role::SectionStaff, "70").await;
    let manager = site.person("田中", Role::Manager, "70").await;
    let deputy = site.person("補佐", Role::SectionStaff, "70").await;
    let chief = site.person("深沢", Role::ChiefOfficer, "70").await;
    let ciso = site.person("水谷", Role::Ciso, "70").await;
    away_with_a_deputy(&site, &manager, &deputy).await;
    browser.width(TELEPHONE).await;

    site.sign_in(&browser, &clerk).await;
    browser.goto(&format!("{}/applications/general", site.url)).await;
    browser.fits().await;
    for (name, words) in [
        ("title", "固定資産税の照会に回答する"),
        ("detail", "税務署への回答"),
        ("reason", "法令に基づく照会"),
    ] {
        browser.fill(name, words).await;
    }
    browser.press("main form button.p").await;
    let decision = browser.here().await.split('?').next().unwrap().to_owned();
    assert!(decision.starts_with("/decisions/"), "{}", browser.body().await);
    browser.fits().await;

    // Not yet the CISO's turn, never the applicant's.
    site.sign_in(&browser, &ciso).await;
    browser.goto(&format!("{}{decision}", site.url)).await;
    assert!(!browser.has("button[value='approved']").await, "out of turn");
    let said = decide(&site, &browser, &deputy, &decision).await;
    assert!(said.contains("あなたが代決します"), "{said}");
    let said = decide(&site, &browser, &chief, &decision).await;
    assert!(said.contains("同意する"), "{said}");
    decide(&site, &browser, &ciso, &decision).await;

    // The holder is back, and looks at what was decided in their place.
    site.world.clock.advance(Ms::DAY);
    let said = decide(&site, &browser, &manager, &decision).await;
    assert!(said.contains("後閲") && said.contains("確かめた"), "{said}");
    let id = decision.rsplit('/').next().unwrap();
    let steps = site.world.db().decision_steps(id).await.unwrap();
    assert!(steps.iter().all(|s| s.state == "approved"), "{steps:?}");
    let kinds: Vec<&str> = steps.iter().map(|s| s.kind.as_str()).collect();
    assert_eq!((steps.len(), steps[0].mode.as_deref()), (4, Some("deputy")), "{kinds:?}");
    browser.close().await;
}

/// 専決規程 with three steps; the first seat is empty for a day, and somebody stands in.
async fn away_with_a_deputy(site: &Site, manager: &Who, deputy: &Who) {
    let today = date_at(site.world.clock.now());
    let mut tx = site.world.store.write(&Actor::system(), "test.setup").await.unwrap();
    let rule = Row::new(&AUTHORITY, tx.new_id())
        .set("code", "1")
        .set("kind", "general")
        .set("title", "照会への回答")
        .set("division", "CISO決裁")
        .set("route", "管理者 → 合議:統括責任者 → CISO")
        .set("answer_days", 3i64)
        .set("expires_days", 60i64)
        .set("venue", "inner")
        .set("valid_from", "2020-04-01");
    let (from, to) = (&manager.seats[0], &deputy.seats[0]);
    let stands_in = Row::new(&DEPUTY, tx.new_id())
        .set("position_id", from.position_id.as_str())
        .set("unit_id", from.unit_id.as_str())
        .set("ordinal", 1i64)
        .set("deputy_position_id", to.position_id.as_str())
        .set("deputy_unit_id", to.unit_id.as_str())
        .set("valid_from", "2020-04-01");
    let absence = Row::new(&ABSENCE, tx.new_id())
        .set("person_id", manager.person_id.as_str())
        .set("reason", "出張")
        .set("recorded_by", manager.person_id.as_str())
        .set("valid_from", today)
        .set("valid_to", today.tomorrow().unwrap());
    for row in [rule, stands_in, absence] {
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Finds it among what waits, answers yes, and returns what the page said before.
async fn decide(site: &Site, browser: &Browser, who: &Who, decision: &str) -> String {
    site.sign_in(browser, who).await;
    browser.goto(&format!("{}/decisions", site.url)).await;
    browser.fits().await;
    browser.press(&format!("main a[href^='{decision}']")).await;
    browser.fits().await;
    let said = browser.body().await;
    browser.press("button[value='approved']").await;
    browser.fits().await;
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_seat_is_handed_over_on_one_sheet() {
    if let Some(why) = cannot() {
        return not_run("引継書 in the browser", &why);
    }
    let (site, browser) = (Site::start(false).await, Browser::start(false).await);
    site.world.section("70", "税務課").await;
    let manager = site.person("田中", Role::Manager, "70").await;
    let next = site.person("次の課長", Role::Manager, "70").await;
    // What a seat holds today is read from the registers …
    let mut tx = site.world.store.write(&Actor::system(), "test.rows").await.unwrap();
    tx.insert(crate::register::system("70")).await.unwrap();
    tx.insert(crate::register::asset("70")).await.unwrap();
    tx.commit().await.unwrap();
    site.sign_in(&browser, &manager).await;
    browser.goto(&format!("{}/handovers/new?seat=0", site.url)).await;
    assert!(browser.body().await.contains("住民基本台帳"), "{}", browser.body().await);
    on_one_sheet(&browser, "handover-draft", &["引継書", "住民基本台帳", "決裁待ち"]).await;
    // … and the fullest page there can be still is one sheet.
    let id = full(&site, &manager, &next).await;
    browser.goto(&format!("{}/handovers/{id}", site.url)).await;
    on_one_sheet(&browser, "handover-full", &["第5行", "ほか 7 件", "受け取った人", "直っていないこと"])
        .await;
    browser.width(TELEPHONE).await;
    browser.fits().await;
    site.sign_in(&browser, &next).await;
    browser.goto(&format!("{}/handovers/{id}", site.url)).await;
    browser.fits().await;
    browser.press("main form button.p").await;
    assert!(browser.body().await.contains("受け取り済みです"), "{}", browser.body().await);
    browser.close().await;
}

/// Every part has more lines than are listed, each as long as such lines get.
async fn full(site: &Site, from: &Who, to: &Who) -> String {
    let mut content = Content::default();
    for title in [
        "情報資産",
        "情報システム",
        "委託・契約",
        "期限のあるやること",
        "決裁待ち",
        "例外措置",
        "この職からの委任（この職を離れると効力がなくなります）",
        "直っていないこと",
    ] {
        let line = |n: usize| Line {
            number: format!("税務課-R8-{n:04}"),
            words: format!("第{n}行 固定資産税の納税通知書の作成の委託"),
            note: "返事の目安 令和8年12月31日（木）".to_owned(),
            href: "/requirements/x".to_owned(),
        };
        content.add(title, (1..=12).map(line).collect());
    }
    let mut tx = site.world.store.write(&Actor::system(), "test.rows").await.unwrap();
    let id = tx.new_id();
    let row = Row::new(&HANDOVER, &id)
        .set("position_id", from.seats[0].position_id.as_str())
        .set("unit_id", "70")
        .set("from_id", from.person_id.as_str())
        .set("to_id", to.person_id.as_str())
        .set("content", serde_json::to_string(&content).unwrap())
        .set("content_sha256", "0".repeat(64))
        .set("handed_ms", site.world.clock.now());
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A 人事異動 that waits and a 引継書 that was handed over: pages that no link leads to on the first day.
pub(crate) async fn pages_for_the_walk(site: &Site, who: &Who, on: Date) -> Vec<String> {
    let store = &site.world.store;
    let Some(seat) = who.seats.iter().find(|seat| seat.valid(on)) else { return Vec::new() };
    let actor = Actor { person_id: who.person_id.clone(), seat: "-".into() };
    let accounts = store.db.accounts("", 10).await.unwrap();
    let readers: Vec<String> = accounts.into_iter().map(|account| account.person_id).collect();
    let place =
        Place { unit_id: seat.unit_id.clone(), position_id: seat.position_id.clone(), kind: "main".into() };
    let joiner = Wanted {
        at: 2,
        number: "901".into(),
        name: "新人 太郎".into(),
        places: vec![place],
        ..Wanted::default()
    };
    let new = NewPersonnel {
        source: "導入",
        whole: false,
        effective: APRIL,
        readers: &readers,
        file_name: "名簿.csv",
        people: vec![joiner],
    };
    let personnel = store.load_personnel(&actor, new).await.unwrap();
    let handover = store.hand_over(who, seat, None, on).await.unwrap();
    vec![
        format!("/personnel/{personnel}"),
        format!("/handovers/{handover}"),
        format!("/people/{}/edit", who.person_id),
        "/accounts/review".to_owned(),
        "/bodies".to_owned(),
        "/was".to_owned(),
    ]
}

async fn on_one_sheet(browser: &Browser, name: &str, says: &[&str]) {
    let pdf = browser.print(name).await;
    let about = said_of(Command::new("pdfinfo").arg(&pdf));
    let line = |name: &str| about.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("Pages:").ends_with(" 1") && line("Page size:").contains("A4"), "{name}: {about}");
    let text = said_of(Command::new("pdftotext").args(["-layout"]).arg(&pdf).arg("-"));
    for words in says {
        assert!(text.contains(words), "{words} is not on {name}: {text}");
    }
    assert!(!text.contains("ログアウト"), "{text}");
}
