//! What the pages about networks, disposals, decisions and sections show, for the walk over every page.

use sekisho_checks::network::{Source, Upload, judge_due, take_in};
use sekisho_domain::access::Who;
use sekisho_domain::body::BODY;
use sekisho_domain::clock::Clock as _;
use sekisho_domain::date::{Date, date_at, plus_days, start_of};
use sekisho_domain::disposal::DISPOSAL;
use sekisho_domain::document::REVISION;
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_store::document::{NewRevision, SavedRevision};
use sekisho_store::requirement::{AdoptedRow, NewAdoption, RequirementFilter};
use sekisho_store::{Actor, Tx};

use crate::chrome::{Browser, out};
use crate::pages::faults;
use crate::site::Site;

const ZONES: &str = "name = \"試験市\"
[[zone]]
id = \"ju\"
name = \"マイナンバー利用事務系\"
kind = \"JU\"
prefixes = [\"10.1.0.0/24\"]
[[zone]]
id = \"lg\"
name = \"LGWAN接続系\"
kind = \"LG\"
prefixes = [\"10.2.0.0/24\"]
";
const INTENTS: &str = "[[deny]]
id = \"N-1\"
from = \"ju\"
to = \"lg\"
";
const CORE: &str = "version 17.3
hostname core
ip routing
interface GigabitEthernet0/0/0
 ip address 10.1.0.1 255.255.255.0
 no ip proxy-arp
 ip access-group A in
interface GigabitEthernet0/0/1
 ip address 10.2.0.1 255.255.255.0
 no ip proxy-arp
ip access-list extended A
 permit tcp any host 10.2.0.5 eq 3389
 deny ip any any
";

/// Two readings of the devices: the first lets nothing through, the second does. Returns the pages about them.
pub(crate) async fn network(site: &Site, who: &Who, on: Date) -> Vec<String> {
    let (store, objects) = (&site.app.store, &site.app.objects);
    let actor = Actor { person_id: who.person_id.clone(), seat: "-".into() };
    let closed = CORE.replace(" permit tcp any host 10.2.0.5 eq 3389\n", "");
    let mut taken = Vec::new();
    for (days, core) in [(-2, closed.as_str()), (-1, CORE)] {
        let upload =
            |name: &str, text: &str| Upload { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
        let files =
            vec![upload("zones.toml", ZONES), upload("intents.toml", INTENTS), upload("core.ios.txt", core)];
        let source = Source::Manual { who, actor: &actor, note: None };
        let read = start_of(plus_days(on, days));
        taken.push(take_in(store, objects, source, Some(read), files).await.unwrap());
        judge_due(store, objects).await.unwrap();
    }
    vec![
        "/network".to_owned(),
        format!("/network/snapshots/{}", taken[1]),
        format!("/network/compare?before={}&after={}", taken[0], taken[1]),
    ]
}

/// A disposal that was asked for, and what is due about a section and about oneself.
pub(crate) async fn things(site: &Site, unit: &str) -> Vec<String> {
    let mut tx = site.world.store.write(&Actor::system(), "test.rows").await.unwrap();
    let row = Row::new(&DISPOSAL, "di-1")
        .set("register", "medium")
        .set("row_id", "me-1")
        .set("title", "M-0001 移行用USBメモリ")
        .set("unit_id", unit)
        .set("method", "physical")
        .set("reason", "保存期間を過ぎた")
        .set("state", "granted")
        .set("requested_ms", site.world.clock.now());
    tx.insert(row).await.unwrap();
    let body = Row::new(&BODY, "bo-1")
        .set("name", "情報セキュリティ委員会")
        .set("kind", "committee")
        .set("quorum", 1i64)
        .set("final_instance", true)
        .set("duty", "重要事項の審議")
        .set("valid_from", "2024-04-01");
    tx.insert(body).await.unwrap();
    let on = date_at(site.world.clock.now());
    let meeting = tx.call_meeting("bo-1", on, "第1会議室").await.unwrap();
    tx.put_on_agenda(&meeting, "年間計画の承認", None).await.unwrap();
    let first = edition(&mut tx, unit, None, "対策基準\n\n1 目的\n\n守る。\n").await;
    let old = first.revision_id;
    let approved = tx.get(&REVISION, &old).await.unwrap().set("state", "approved");
    tx.update(approved.set("effective_on", "2024-04-01")).await.unwrap();
    let text = "対策基準\n\n1 目的\n\n全員で守る。\n\n2 範囲\n\n市の全ての組織。\n";
    let new = edition(&mut tx, unit, Some(&first.document_id), text).await.revision_id;
    tx.commit().await.unwrap();
    [
        "/bodies/bo-1",
        "/disposals/di-1",
        "/registers/asset/as-1/dispose",
        "/registers/asset/as-1/classify",
        "/registers/asset/as-1/edit",
        "/registers/asset/as-1/end",
        "/registers/asset/as-1/print",
        "/registers/asset/imports",
        "/registers/asset/columns/new",
        "/step-up",
        "/step-up/passkey",
        "/credentials/passkey",
        "/absence",
        "/calendar",
        "/notices",
        "/notices/digest/edit",
        "/campaigns/stocktake",
        "/handovers/new?seat=0",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([
        format!("/sections/{unit}/edit"),
        format!("/sections/{unit}/close"),
        format!("/compare?old={old}&new={new}"),
    ])
    .collect()
}

/// A draft of 対策基準.
async fn edition(tx: &mut Tx<'_>, unit: &str, document_id: Option<&str>, text: &str) -> SavedRevision {
    let parsed = sekisho_policy::parse_file(text.as_bytes(), "対策基準.txt").unwrap();
    let new = NewRevision {
        document_id,
        kind: "standard",
        visibility: "internal",
        owner_unit_id: Some(unit),
        review_months: 12,
        parsed: &parsed,
        title: "対策基準",
        edition: if document_id.is_some() { "2" } else { "初" },
        revised_on: None,
        effective_on: None,
        source_name: "対策基準.txt",
        source_sha256: "00",
        confirmed: &[],
    };
    tx.save_revision(new).await.unwrap()
}

/// A workbook comes back: its preview, and the page that takes the import back.
pub(crate) async fn import(site: &Site, browser: &Browser) -> String {
    let path = out("返却.csv");
    std::fs::write(&path, "行ID,版,資産番号,名称,保管場所\nas-1,1,A-0001,住民基本台帳,地下書庫\n").unwrap();
    browser.width(1280).await;
    browser.goto(&format!("{}/registers/asset/import", site.url)).await;
    browser.fill("file", &path.to_string_lossy()).await;
    browser.press("main form button.p").await;
    let mut findings = faults(browser, "/registers/{noun}/import/{id}").await;
    browser.width(1280).await;
    browser.press("main form button.p").await;
    assert!(browser.body().await.contains("取り込みました"), "{}", browser.body().await);
    browser.goto(&format!("{}/registers/asset/imports", site.url)).await;
    browser.press("main a[href^='/registers/asset/imports/']").await;
    findings += &faults(browser, "/registers/{noun}/imports/{id}").await;
    findings
}

/// Two applications of one kind, so that they can be decided together, for whoever decides on adoptions; the page of one.
pub(crate) async fn alike(site: &Site, who: &Who) -> String {
    let undecided = RequirementFilter { state: Some("undecided".into()), ..RequirementFilter::default() };
    let rows = site.world.db().requirements(&undecided, "", 2).await.unwrap();
    let mut tx = site.world.store.write(&Actor::system(), "test.applications").await.unwrap();
    let mut page = String::new();
    for row in rows {
        let id = tx.get(&REQUIREMENT, &row.id).await.unwrap().id;
        let rows = [AdoptedRow { id: &id, ..AdoptedRow::default() }];
        let new = NewAdoption { state: "adopted", reason: "市の体制に合うため", rows: &rows };
        page = format!("/decisions/{}", tx.apply_for_adoption(who, new).await.unwrap());
    }
    tx.commit().await.unwrap();
    page
}
