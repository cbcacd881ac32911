//! The first day of a city: from the first log-in to the summary on the CISO's desk, every step through the pages.

use std::path::Path;
use std::process::Command;

use sekisho_domain::clock::{Clock, Ms};
use testkit::{not_run, on_postgres};

use crate::chrome::{Browser, missing, out, said_of};
use crate::pages;
use crate::site::Site;

const PASSWORD: &str = "雨の日も風の日も登庁する";

#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_of_a_city() {
    if let Some(program) = missing() {
        return not_run("browser", &format!("{program} is not installed"));
    }
    let (site, browser) = (Site::start(true).await, Browser::start(true).await);
    first_day(&site, &browser).await;
    pages::every_page(&site, &browser).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_without_javascript() {
    if on_postgres() {
        return not_run("browser without JavaScript", "it is driven on SQLite only");
    }
    if let Some(program) = missing() {
        return not_run("browser without JavaScript", &format!("{program} is not installed"));
    }
    let (site, browser) = (Site::start(false).await, Browser::start(false).await);
    browser
        .goto("data:text/html,<h1>off</h1><script>document.querySelector('h1').textContent='on'</script>")
        .await;
    assert_eq!(browser.heading().await, "off", "JavaScript is off");
    first_day(&site, &browser).await;
    browser.close().await;
}

async fn first_day(site: &Site, browser: &Browser) {
    let admin = sekisho::admin::FIRST_LOGIN;
    let key = first_log_in(site, browser, admin, &site.first_password).await;
    let ciso_password = organisation(site, browser).await;
    let decision = policy_comes_in(site, browser).await;
    log_out(browser).await;
    let ciso_key = first_log_in(site, browser, "mizutani", &ciso_password).await;
    decided(site, browser, &decision).await;
    log_out(browser).await;
    log_in(site, browser, admin, &key).await;
    let requirement = adopt(site, browser).await;
    log_out(browser).await;
    log_in(site, browser, "mizutani", &ciso_key).await;
    decided(site, browser, "/decisions/0").await;
    log_out(browser).await;
    log_in(site, browser, admin, &key).await;
    board_and_clause(site, browser).await;
    file_evidence(site, browser, &requirement).await;
    log_out(browser).await;
    log_in(site, browser, "mizutani", &ciso_key).await;
    summary_on_paper(site, browser).await;
    log_out(browser).await;
    log_in(site, browser, admin, &key).await;
}

/// Logs in with a one-time password, sets an own one and an authenticator; returns the authenticator's key.
async fn first_log_in(site: &Site, browser: &Browser, login: &str, one_time: &str) -> Vec<u8> {
    browser.goto(&format!("{}/", site.url)).await;
    assert!(browser.here().await.starts_with("/login"), "a stranger is sent to the log-in");
    browser.fill("login", login).await;
    browser.fill("password", one_time).await;
    browser.press("button.p").await;
    assert_eq!(browser.here().await, "/login/first");
    let key = base32(&browser.text("code.secret").await);
    browser.fill("password", PASSWORD).await;
    browser.fill("again", PASSWORD).await;
    browser.fill("code", "000000").await;
    browser.press("button.p").await;
    assert!(browser.text(".errors").await.contains("数字が違います"), "a wrong code is refused in words");
    browser.fill("password", PASSWORD).await;
    browser.fill("again", PASSWORD).await;
    browser.fill("code", &code(site, &key)).await;
    browser.press("button.p").await;
    assert_eq!(browser.here().await, "/");
    key
}

async fn log_in(site: &Site, browser: &Browser, login: &str, key: &[u8]) {
    site.next_code();
    browser.goto(&format!("{}/login", site.url)).await;
    browser.fill("login", login).await;
    browser.fill("password", PASSWORD).await;
    browser.press("button.p").await;
    browser.fill("code", &code(site, key)).await;
    browser.press("button.p").await;
    assert_eq!(browser.here().await, "/");
}

async fn log_out(browser: &Browser) {
    browser.press("form[action='/logout'] button").await;
    assert!(browser.body().await.contains("ログアウトしました"));
}

/// Section, position, person, seat, role and account of the CISO; returns the one-time password.
async fn organisation(site: &Site, browser: &Browser) -> String {
    let url = |path: &str| format!("{}{path}", site.url);
    browser.goto(&url("/start")).await;
    browser.follow("組織を見る").await;
    browser.follow("組織を加える").await;
    browser.fill("name", "市長部局").await;
    browser.fill("code", "01").await;
    browser.choose("parent", "さくら坂市").await;
    browser.press("button.p").await;
    assert!(browser.here().await.starts_with("/sections"), "{}", browser.body().await);

    browser.goto(&url("/positions/new")).await;
    browser.fill("name", "副市長").await;
    browser.fill("code", "10").await;
    browser.fill("rank", "10").await;
    browser.press("button.p").await;

    browser.goto(&url("/people/new")).await;
    browser.fill("number", "1001").await;
    browser.fill("name", "水谷 明").await;
    browser.fill("joined", "2024-04-01").await;
    browser.press("button.p").await;
    let person = browser.here().await;
    assert!(person.starts_with("/people/"), "{}", browser.body().await);
    let person = person.split('?').next().unwrap().to_owned();
    browser.goto(&url(&format!("{person}/assign"))).await;
    browser.choose("unit", "市長部局").await;
    browser.choose("position", "副市長").await;
    browser.press("button.p").await;

    // In a small city one seat may hold both.
    for role in ["最高情報セキュリティ責任者", "統括情報セキュリティ責任者"] {
        browser.goto(&url("/roles/new")).await;
        browser.choose("role", role).await;
        browser.choose("position", "副市長").await;
        browser.press("button.p").await;
    }

    browser.goto(&url("/accounts/new")).await;
    browser.choose("person", "水谷").await;
    browser.fill("login", "mizutani").await;
    browser.press("button.p").await;
    browser.text("code.secret").await
}

/// Uploads the model policy, reads the preview, saves it and asks for the decision; returns the decision's path.
async fn policy_comes_in(site: &Site, browser: &Browser) -> String {
    browser.goto(&format!("{}/documents/import", site.url)).await;
    browser.press("button.p").await;
    assert!(browser.text(".errors").await.contains("ファイルを選んでください"));
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogue/model-policy/sakurazaka.md");
    browser.fill("file", &Path::new(policy).canonicalize().unwrap().to_string_lossy()).await;
    browser.press("button.p").await;
    assert!(browser.here().await.starts_with("/documents/import/"), "{}", browser.body().await);
    assert!(browser.body().await.contains("読み取った条項"));
    if site.javascript {
        assert_eq!(pages::faults(browser, "/documents/import/{id}").await, "");
        browser.width(1280).await;
    }
    browser.choose("kind", "基本方針").await;
    browser.choose("visibility", "公開").await;
    browser.press("button.p").await;
    assert!(browser.here().await.starts_with("/revisions/"), "{}", browser.body().await);
    assert!(browser.body().await.contains("まだ効力がありません"));
    browser.fill("reason", "最初の版を定めるため").await;
    browser.press("form[action$='/submit'] button").await;
    let decision = browser.here().await;
    assert!(decision.starts_with("/decisions/"), "{decision}");
    let page = browser.body().await;
    assert!(page.contains("自分の申請は、自分では承認できません"), "{page}");
    decision.split('?').next().unwrap().to_owned()
}

/// Approves what waits at this address, or at the first one that begins like it.
async fn decided(site: &Site, browser: &Browser, decision: &str) {
    browser.goto(&format!("{}/decisions", site.url)).await;
    browser.press(&format!("main a[href^='{decision}']")).await;
    browser.press("button[value='approved']").await;
    assert!(browser.here().await.starts_with("/decisions"), "{}", browser.body().await);
}

/// Adopts an undecided row from the list; returns its page.
async fn adopt(site: &Site, browser: &Browser) -> String {
    site.settled().await;
    // Physical measures: nothing there can be judged by the machine, so it takes a record.
    browser.goto(&format!("{}/requirements?adoption=undecided&chapter=4", site.url)).await;
    browser.press("form[method='post'][action^='/requirements'] button.p").await;
    assert!(browser.body().await.contains("採否を選んでください"), "nothing chosen is refused in words");
    let first = browser.find("input[name='row']").await;
    let id = first.attr("value").await.unwrap().unwrap();
    first.click().await.unwrap();
    browser.find("input[name='state'][value='adopted']").await.click().await.unwrap();
    browser.press("form[method='post'][action^='/requirements'] button.p").await;
    assert!(browser.here().await.contains("done=asked"), "{}", browser.body().await);
    format!("/requirements/{id}")
}

async fn board_and_clause(site: &Site, browser: &Browser) {
    site.settled().await;
    browser.goto(&format!("{}/", site.url)).await;
    assert_eq!(browser.heading().await, "方針は今日、守られていますか");
    browser.press("main a[href^='/clauses/']").await;
    assert!(browser.heading().await.contains("守られていますか"), "{}", browser.body().await);
}

async fn file_evidence(site: &Site, browser: &Browser, requirement: &str) {
    let minutes = out("minutes.pdf");
    std::fs::write(&minutes, "%PDF-1.7 sample").unwrap();
    browser.goto(&format!("{}{requirement}", site.url)).await;
    assert!(browser.body().await.contains("未確認"), "{}", browser.body().await);
    browser.fill("title", "令和8年度 第1回 委員会 議事録").await;
    browser.fill("observed", "2026-11-20").await;
    if browser.has("input[name='answer'][value='yes']").await {
        browser.find("input[name='answer'][value='yes']").await.click().await.unwrap();
    }
    browser.fill("file", &minutes.to_string_lossy()).await;
    browser.press("form[action$='/evidence'] button.p").await;
    site.settled().await;
    browser.goto(&format!("{}{requirement}", site.url)).await;
    let page = browser.body().await;
    assert!(page.contains("minutes.pdf") && page.contains("第1回 委員会"), "{page}");
}

/// The CISO prints the summary: one sheet of A4.
async fn summary_on_paper(site: &Site, browser: &Browser) {
    browser.goto(&format!("{}/", site.url)).await;
    browser.press("a[href='/summary']").await;
    let pdf = browser.print(if site.javascript { "summary" } else { "summary-without-javascript" }).await;
    let about = said_of(Command::new("pdfinfo").arg(&pdf));
    let line = |name: &str| about.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("Pages:").ends_with(" 1"), "the summary is one sheet: {about}");
    assert!(line("Page size:").contains("A4"), "{about}");
    let text = said_of(Command::new("pdftotext").arg(&pdf).arg("-"));
    for words in ["さくら坂市", "未確認", "章ごとの状態"] {
        assert!(text.contains(words), "{words} is not on paper: {text}");
    }
    assert!(!text.contains("ログアウト"), "buttons are not printed: {text}");
}

/// RFC 4648 base32 without padding, as the enrolment page prints it.
fn base32(text: &str) -> Vec<u8> {
    let (mut buffer, mut bits, mut out) = (0u32, 0, Vec::new());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let value = match c {
            'A'..='Z' => c as u32 - 'A' as u32,
            _ => c as u32 - '2' as u32 + 26,
        };
        buffer = buffer << 5 | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
        }
    }
    out
}

/// The code an authenticator shows now.
fn code(site: &Site, key: &[u8]) -> String {
    let Ms(now) = site.world.clock.now();
    let totp = totp_rs::Builder::new().with_secret(key.to_vec()).build().unwrap();
    totp.generate(u64::try_from(now / 1_000).unwrap()).to_string()
}
