//! Every page that a link leads to: no serious finding of axe-core, nothing wider than the screen, and the tree that
//! a screen reader walks as it was reviewed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use sekisho_domain::access::Who;
use sekisho_domain::clock::Clock as _;
use sekisho_domain::date::{Date, date_at};
use sekisho_portal::{ROUTES, Verb};
use serde_json::Value;

use crate::chrome::{Browser, out};
use crate::site::Site;

const AXE: &str = include_str!("vendor/axe.min.js");
/// CSS pixels: a telephone, an office screen at 200 %, an office screen.
const WIDTHS: [u32; 3] = [390, 640, 1280];
/// Pages whose tree is kept in `trees.txt`.
const REVIEWED: [&str; 4] = ["/", "/start", "/requirements/{id}", "/documents/import"];

/// Pages that the first day itself or [`crate::walk::import`] looks at, because what they show is gone afterwards.
const LOOKED_AT: [&str; 4] =
    ["/documents/import/{id}", "/policy", "/registers/{noun}/import/{id}", "/registers/{noun}/imports/{id}"];

/// Everything that is wrong with the page that is shown, one line each; a picture of it at every width.
pub(crate) async fn faults(browser: &Browser, route: &str) -> String {
    axe(browser, route).await + &widths(browser, route).await
}

/// Walks from the board along every link, one page for each route.
pub(crate) async fn every_page(site: &Site, browser: &Browser) {
    let mut open = VecDeque::from(["/".to_owned()]);
    // Pages about rows, and those that no link leads to, but a button.
    open.extend(crate::register::rows_for_the_walk(site).await);
    let (walker, decider) = readers(site).await;
    let on = date_at(site.world.clock.now());
    open.extend(crate::walk::network(site, &walker, on).await);
    open.extend(crate::walk::things(site, &walker.seats[0].unit_id).await);
    let application = crate::walk::alike(site, &walker).await;
    site.settled().await;
    site.sign_in(browser, &walker).await;
    let mut seen = BTreeSet::new();
    let (mut findings, mut trees) = (String::new(), BTreeMap::new());
    while let Some(path) = open.pop_front() {
        let Some(route) = route(&path) else { panic!("a link leads nowhere: {path}") };
        if is_download(route) || !seen.insert(route) {
            continue;
        }
        browser.goto(&format!("{}{path}", site.url)).await;
        let shown = browser.here().await;
        if self::route(&shown) != Some(route) {
            let _ = writeln!(findings, "{path} leads to {shown}");
        }
        open.extend(browser.paths().await.into_iter().filter(|p| p.starts_with('/')).map(without_fragment));
        findings += &faults(browser, route).await;
        if REVIEWED.contains(&route) {
            trees.insert(route, browser.tree().await);
        }
    }
    findings += &published(site, browser, on).await;
    findings += &crate::walk::import(site, browser).await;
    site.sign_in(browser, &decider).await;
    browser.goto(&format!("{}/decisions", site.url)).await;
    browser.press("main a[href^='/decisions/together']").await;
    findings += &faults(browser, "/decisions/together").await;
    browser.goto(&format!("{}{application}", site.url)).await;
    findings += &faults(browser, "/decisions/{id}").await;
    seen.extend(["/decisions/together", "/decisions/{id}"]);
    for route in ROUTES.iter().filter(|r| r.verb == Verb::Get && !seen.contains(r.path)) {
        let elsewhere = is_download(route.path) || leads_away(route.path);
        if !elsewhere && !route.path.starts_with("/login") && !LOOKED_AT.contains(&route.path) {
            testkit::not_run(&format!("axe-core on {}", route.path), "no link led there on the first day");
        }
    }
    log_in_pages(site, browser, &mut findings).await;
    assert!(findings.is_empty(), "{findings}");
    reviewed(&trees);
}

/// The file that goes to the city's web site, as whoever downloads it there opens it.
async fn published(site: &Site, browser: &Browser, on: Date) -> String {
    let policy = site.world.db().in_force("policy", on).await.unwrap().unwrap();
    let html = sekisho_portal::exported(site.world.db(), &policy.id).await.unwrap();
    let path = out("published.html");
    std::fs::write(&path, html).unwrap();
    browser.goto(&format!("file://{}", path.canonicalize().unwrap().display())).await;
    faults(browser, "the published file").await
}

/// Whoever runs the portal, with a fresh proof, and the CISO.
async fn readers(site: &Site) -> (Who, Who) {
    let accounts = site.world.db().accounts("", 10).await.unwrap();
    let who = async |login: &str| {
        let account = accounts.iter().find(|a| a.login == login).unwrap();
        site.world.db().who(&account.person_id, &account.account_id).await.unwrap()
    };
    (who(sekisho::admin::FIRST_LOGIN).await, who("mizutani").await)
}

/// The pages before the log-in, which no link of a signed-in reader leads to.
async fn log_in_pages(site: &Site, browser: &Browser, findings: &mut String) {
    browser.press("form[action='/logout'] button").await;
    for path in ["/login", "/policy", "/no-such-page"] {
        browser.goto(&format!("{}{path}", site.url)).await;
        *findings += &faults(browser, path).await;
    }
}

fn without_fragment(path: String) -> String {
    path.split('#').next().unwrap_or_default().to_owned()
}

/// The route that answers a path; fixed words win over `{id}`.
fn route(path: &str) -> Option<&'static str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let fits = |pattern: &str| {
        let (a, b): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(p, s)| p == s || p.starts_with('{') && !s.is_empty())
    };
    let all = ROUTES.iter().filter(|r| r.verb == Verb::Get && fits(r.path)).map(|r| r.path);
    all.min_by_key(|p| p.matches('{').count())
}

/// Routes that send the browser to the city's provider, or on to the row that a label names.
fn leads_away(route: &str) -> bool {
    matches!(route, "/step-up/oidc" | "/q/{noun}/{number}")
}

/// Routes that answer with a file, not a page.
fn is_download(route: &str) -> bool {
    const ENDS: [&str; 14] = [
        ".docx",
        ".pdf",
        ".xlsx",
        ".csv",
        ".ics",
        ".zip",
        "/export",
        "/file",
        "/pdf",
        "/xlsx",
        "/csv",
        "/draft",
        "/proof",
        "/certificates/{number}",
    ];
    let file = matches!(route, "/files/{id}") || route.starts_with("/api/");
    file || ENDS.iter().any(|end| route.ends_with(end))
}

/// What axe-core finds serious or critical, one line each.
async fn axe(browser: &Browser, route: &str) -> String {
    browser.width(1280).await;
    browser.script(AXE).await;
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations), e => done(String(e)))";
    let found = browser.script_async(run).await;
    let found = found.as_array().unwrap_or_else(|| panic!("axe-core did not run on {route}: {found}"));
    let mut out = String::new();
    for rule in found.iter().filter(|v| matches!(v["impact"].as_str(), Some("serious" | "critical"))) {
        let node = &rule["nodes"][0];
        let _ = writeln!(out, "{route}: {} {}\n    {}", rule["id"], rule["help"], node["html"]);
    }
    out
}

/// A page never has to be moved sideways to be read (WCAG 1.4.10), and is left as a picture to be looked at.
async fn widths(browser: &Browser, route: &str) -> String {
    let name = route.trim_matches('/').replace(['/', '{', '}'], "_");
    let name = if name.is_empty() { "board" } else { &name };
    let mut out = String::new();
    for width in WIDTHS {
        browser.width(width).await;
        let excess = browser.script("return document.documentElement.scrollWidth - innerWidth").await;
        if excess.as_i64().unwrap() > 0 {
            let _ = writeln!(out, "{route}: {excess} pixels too wide at {width}");
        }
        browser.picture(&format!("{name}-{width}")).await;
    }
    out
}

/// `UPDATE_TREES=1 cargo test -p sekisho-tests --test browser` writes the reviewed trees anew.
fn reviewed(trees: &BTreeMap<&str, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/trees.txt");
    let mut all = String::new();
    for (route, tree) in trees {
        let _ = write!(all, "== {route}\n{tree}\n");
    }
    std::fs::write(out("trees.txt"), &all).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the switch that writes the reviewed trees anew")]
    if std::env::var("UPDATE_TREES").is_ok() {
        std::fs::write(&path, &all).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((line, (new, old))) =
        all.lines().zip(known.lines()).enumerate().find(|(_, (new, old))| new != old)
    {
        panic!(
            "what a screen reader walks changed at line {}:\n  was {old}\n  is  {new}\nreview it and run: \
             UPDATE_TREES=1 cargo test -p sekisho-tests --test browser",
            line + 1
        );
    }
    assert_eq!(all.lines().count(), known.lines().count(), "the trees grew or shrank: run UPDATE_TREES=1");
}

/// Headings, links, controls and tables of the main part of a DevTools accessibility tree, indented by depth. How many
/// entries the ledger has is not part of it: any change of what is written would change it.
pub(crate) fn outline(nodes: &[Value]) -> String {
    const KEPT: [&str; 16] = [
        "navigation",
        "main",
        "heading",
        "link",
        "button",
        "textbox",
        "combobox",
        "checkbox",
        "radio",
        "radiogroup",
        "group",
        "table",
        "alert",
        "status",
        "image",
        "search",
    ];
    let by_id: BTreeMap<&str, &Value> =
        nodes.iter().filter_map(|n| Some((n["nodeId"].as_str()?, n))).collect();
    let mut out = String::new();
    let main = nodes.iter().find(|n| n["role"]["value"] == "main");
    let mut open: Vec<(&str, usize)> =
        main.and_then(|n| n["nodeId"].as_str()).map(|id| (id, 0)).into_iter().collect();
    while let Some((id, depth)) = open.pop() {
        let Some(node) = by_id.get(id) else { continue };
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let kept = KEPT.contains(&role) && node["ignored"] != true;
        if kept {
            let name = node["name"]["value"].as_str().unwrap_or_default();
            let name: String = name.split('#').next().unwrap_or_default().chars().take(40).collect();
            let _ = writeln!(out, "{}{role} {name}", "  ".repeat(depth));
        }
        let children = node["childIds"].as_array().into_iter().flatten().rev().filter_map(Value::as_str);
        open.extend(children.map(|child| (child, depth + usize::from(kept))));
    }
    out
}
