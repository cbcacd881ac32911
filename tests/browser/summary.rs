//! The CISO's page when there is much to say: still one sheet.

use std::process::Command;

use sekisho_domain::access::Who;
use sekisho_domain::clock::Clock as _;
use sekisho_domain::date::{date_at, plus_days};
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_store::Actor;
use sekisho_store::decision::Answer;
use sekisho_store::document::NewRevision;
use sekisho_store::evidence::{NewEvidence, NewException};
use sekisho_store::requirement::RequirementFilter;
use testkit::not_run;

use crate::chrome::{Browser, missing, said_of};
use crate::site::Site;

/// As long as titles get in applications of a city.
const LONG: &str = "庁内の各部署が管理する情報システムと記録媒体の取扱いに関する点検の結果と、その後の是正の状況についての報告";

#[tokio::test(flavor = "multi_thread")]
async fn the_cisos_page_of_a_full_city_is_one_sheet() {
    if let Some(program) = missing() {
        return not_run("browser", &format!("{program} is not installed"));
    }
    let site = Site::start(true).await;
    let ciso = full_city(&site).await;
    site.settled().await;
    let browser = Browser::start(true).await;
    site.sign_in(&browser, &ciso).await;
    browser.goto(&format!("{}/summary", site.url)).await;
    let page = browser.body().await;
    for (caption, rows) in
        [("守られていないこと", 8), ("古い順", 5), ("終わりの早い順", 5), ("採用した要求の内訳", 10)]
    {
        let count = format!(
            "return [...document.querySelectorAll('caption')].find(c => c.textContent.includes('{caption}'))
                .parentElement.tBodies[0].rows.length"
        );
        assert_eq!(browser.script(&count).await, rows, "{caption}: {page}");
    }
    for words in ["ほかに", "ハッシュ（SHA-256 の先頭32桁）"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let pdf = browser.print("summary-full").await;
    let about = said_of(Command::new("pdfinfo").arg(&pdf));
    let pages = about.lines().find(|l| l.starts_with("Pages:")).unwrap_or_default();
    assert!(pages.ends_with(" 1"), "the summary is one sheet: {about}");
    let text = said_of(Command::new("pdftotext").arg("-layout").arg(&pdf).arg("-"));
    assert!(
        text.contains("ハッシュ") && text.contains("11 情報セキュリティ実施手順の策定"),
        "the last lines are on it: {text}"
    );
    browser.close().await;
}

/// Every requirement adopted, a dozen of them answered with no, more exceptions and applications than the page shows.
async fn full_city(site: &Site) -> Who {
    let (world, store) = (&site.world, &site.world.store);
    let unit = world.section("0103", "情報政策課").await;
    let ciso = site.person("mizutani", Role::Ciso, &unit).await;
    let staff = site.person("sato", Role::Secretariat, &unit).await;
    policy(site, &staff, &ciso).await;
    let today = date_at(world.clock.now());
    let mut tx = store.write(&Actor::system(), "test.full").await.unwrap();
    let rows = world.db().requirements(&RequirementFilter::default(), "", 1_000).await.unwrap();
    for row in &rows {
        let row = tx.get(&REQUIREMENT, &row.id).await.unwrap();
        tx.adopt(row, "adopted", None, None, None).await.unwrap();
    }
    // One row of each clause, as far as they go.
    let mut places = std::collections::BTreeSet::new();
    let picked: Vec<_> = rows.iter().filter(|row| places.insert(row.clause_label.as_str())).collect();
    assert!(picked.len() >= 22, "{}", picked.len());
    for row in &picked[..12] {
        let new = NewEvidence {
            requirement_id: &row.id,
            kind: if row.check_kind == "attestation" { "attestation" } else { "record" },
            title: LONG,
            answer: Some(false),
            observed: tx.at(),
            source: "点検",
            reference: Some("情政第1号、書庫1"),
            ..NewEvidence::default()
        };
        tx.file_evidence(&staff, new).await.unwrap();
    }
    let mut decisions = Vec::new();
    for row in &picked[10..22] {
        let new = NewException {
            requirement_id: &row.id,
            reason: LONG,
            substitute: LONG,
            residual_risk: Some(LONG),
            valid_from: today,
            valid_to: plus_days(today, 90),
        };
        decisions.push(tx.apply_for_exception(&staff, new).await.unwrap());
    }
    tx.commit().await.unwrap();
    // Half of them are granted, half still wait.
    for decision in &decisions[..6] {
        store.decide(&ciso, decision, Answer::Approve, None).await.unwrap();
    }
    ciso
}

async fn policy(site: &Site, staff: &Who, ciso: &Who) {
    let text = include_str!("../../catalogue/model-policy/sakurazaka.md");
    let parsed = sekisho_policy::parse_file(text.as_bytes(), "sakurazaka.md").unwrap();
    let store = &site.world.store;
    let mut tx = store.write(&Actor::system(), "revision.import").await.unwrap();
    let saved = tx
        .save_revision(NewRevision {
            document_id: None,
            kind: "policy",
            visibility: "public",
            owner_unit_id: None,
            review_months: 12,
            parsed: &parsed,
            title: "さくら坂市情報セキュリティ基本方針",
            edition: "4",
            revised_on: parsed.revised,
            effective_on: parsed.revised,
            source_name: "sakurazaka.md",
            source_sha256: "00",
            confirmed: &[],
        })
        .await
        .unwrap();
    let decision = tx.submit_revision(staff, &saved.revision_id, "定める").await.unwrap();
    tx.commit().await.unwrap();
    store.decide(ciso, &decision, Answer::Approve, None).await.unwrap();
}
