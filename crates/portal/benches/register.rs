//! The bars of registers, end to end through the portal's router:
//! `./test long register-bench` (SQLite), with `SEKISHO_BENCH_DB=postgres:///name` on PostgreSQL.
//!
//! (a) 20,000 assets: export as XLSX, 500 cells changed, upload + preview, apply, with the memory of the process. The cells
//!     are changed in LibreOffice when `SEKISHO_BENCH_OFFICE` names a Python that has `uno`.
//! (c) 70 workbooks of 300 rows, handed out and all sent back with ten cells changed in each: one comparison.
//! (b) 200,000 assets (and 20,000 for the searches): 10 requests a second, open loop, p50/p95 per kind of request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    dead_code,
    reason = "a bench measures time and prints"
)]

#[path = "../tests/pages/kit.rs"]
mod kit;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::{City, UNIT};
use sekisho_domain::asset::ASSET;
use sekisho_domain::noun::Row;
use sekisho_domain::section::SECTION;
use sekisho_store::Actor;

const SMALL: usize = 20_000;
const LARGE: usize = 200_000;
const CHANGED: usize = 500;
/// Rows between two changed cells.
const STEP: usize = 37;
const WORKBOOKS: usize = 70;
const ROWS_EACH: usize = 300;
/// Requests a second, all kinds together, and for how long.
const RATE: u64 = 10;
const SECONDS: u64 = 30;

fn asset(n: usize) -> Row {
    const KINDS: [&str; 8] = ["台帳", "申請書", "名簿", "会議録", "契約書", "設計書", "帳票", "記録"];
    const WORDS: [&str; 10] =
        ["住民", "税務", "福祉", "保険", "水道", "学校", "道路", "農地", "選挙", "防災"];
    let word = WORDS[n * 7 % 10];
    let class = ["3B", "3C", "2", "2", "1"][n % 5];
    Row::new(&ASSET, format!("id-{n:06}"))
        .set("number", format!("A-{n:06}"))
        .set("name", format!("{word}{}{n}", KINDS[n * 3 % 8]))
        .set("content", format!("{word}に関する{}。担当者が毎年{}月に確かめる。", KINDS[n % 8], n % 12 + 1))
        .set("unit_id", if n.is_multiple_of(50) { UNIT.to_owned() } else { format!("unit-{}", n % 50) })
        .set("form", ["electronic", "paper", "both"][n % 3])
        .set("confidentiality", class)
        .set("integrity", "2")
        .set("availability", "1")
        .set("personal_data", if class == "3B" { "personal" } else { "none" })
        .set("persons", (class == "3B").then_some(i64::try_from(n % 5_000).unwrap()))
        .set("zone", ["resident", "lgwan", "lgwan", "none"][n % 4])
        .set("place", format!("庁舎{}階 {}の棚{}", n % 6 + 1, KINDS[n % 8], n % 97))
        .set("outsourced", n.is_multiple_of(9))
        .set("checked_on", format!("2026-{:02}-{:02}", n % 12 + 1, n % 28 + 1))
        .set("valid_from", format!("20{:02}-04-01", 10 + n % 15))
}

/// The sections that the assets belong to.
async fn sections(city: &City) {
    let mut tx = city.app.store.write(&Actor::system(), "section.create").await.unwrap();
    for unit in 0..50 {
        tx.create_section(section(&format!("unit-{unit}"), 100 + unit)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn section(unit: &str, code: usize) -> Row {
    Row::new(&SECTION, unit)
        .set("unit_id", unit)
        .set("code", code.to_string())
        .set("name", format!("第{code}課"))
        .set("kind", "division")
        .set("managed", true)
        .set("parent_unit_id", "unit-city")
        .set("sort_key", code.to_string())
        .set("valid_from", "2020-04-01")
}

async fn fill(city: &City, from: usize, to: usize) {
    let began = Instant::now();
    for start in (from..to).step_by(2_000) {
        let mut tx = city.app.store.write(&Actor::system(), "asset.create").await.unwrap();
        for n in start..(start + 2_000).min(to) {
            tx.insert(asset(n)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    println!("filled {from}–{to}: {:.1} s", began.elapsed().as_secs_f64());
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // The client's side of the bench, in a process of its own.
    if let [_, verb, path, cells, step] = &*std::env::args().collect::<Vec<_>>()
        && verb == "change"
    {
        let bytes = changed(&std::fs::read(path).unwrap(), cells.parse().unwrap(), step.parse().unwrap());
        return std::fs::write(path, bytes).unwrap();
    }
    let city = Arc::new(City::on(std::env::var("SEKISHO_BENCH_DB").ok()).await);
    let me = city.signed_in("secretariat").await;
    sections(&city).await;
    fill(&city, 0, SMALL).await;
    round_trip(&city, &me).await;
    searches(&city, &me, SMALL).await;
    collected(&city, &me).await;
    fill(&city, SMALL, LARGE).await;
    searches(&city, &me, LARGE).await;
}

/// The largest resident size from here on.
fn begin_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// User and system time of this process so far, in seconds: what a loaded machine cannot hide.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

async fn round_trip(city: &City, me: &str) {
    println!("before: peak {} MiB", peak_mib());
    let measured = |name: &'static str, began: Instant, cpu_began: f64| {
        let (wall, used) = (began.elapsed().as_secs_f64(), cpu() - cpu_began);
        println!("(a) {name}: {wall:.2} s wall, {used:.2} s CPU, peak {} MiB", peak_mib());
    };
    begin_peak();
    let (began, used) = (Instant::now(), cpu());
    let bytes = city.get(me, "/registers/asset/export?format=xlsx").await.ok().bytes;
    measured("export 20,000 rows as XLSX", began, used);
    let changed = match std::env::var("SEKISHO_BENCH_OFFICE") {
        Ok(python) => changed_in_office(&python, &bytes),
        Err(_) => changed_elsewhere(&bytes, CHANGED, STEP),
    };
    begin_peak();
    let (began, used) = (Instant::now(), cpu());
    let answer = city.upload(me, "/registers/asset/import", &[], ("a.xlsx", &changed)).await;
    let at = answer.to("/registers/asset/import/").location;
    let page = city.get(me, &at).await.ok().body;
    measured("upload and preview, 500 cells changed", began, used);
    assert!(page.contains(&format!("変える<b>{CHANGED}</b>")) && page.contains("直すところ<b>0</b>"));
    let seal = page.split("name=\"seal\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    begin_peak();
    let (began, used) = (Instant::now(), cpu());
    city.post(me, &at, &[("seal", seal)]).await.to("/registers/asset?done=imported");
    measured("apply", began, used);
}

/// The workbook as somebody with LibreOffice sends it back.
fn changed_in_office(python: &str, bytes: &[u8]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (out, back) = (dir.path().join("out.xlsx"), dir.path().join("back.xlsx"));
    std::fs::write(&out, bytes).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/register/change.py");
    let began = Instant::now();
    let done = Command::new(python)
        .args([script.as_ref(), out.as_os_str(), back.as_os_str(), "保管場所".as_ref()])
        .args([CHANGED.to_string(), STEP.to_string()])
        .status()
        .unwrap();
    assert!(done.success(), "LibreOffice did not change the workbook");
    println!("(a) changed in LibreOffice in {:.1} s", began.elapsed().as_secs_f64());
    std::fs::read(back).unwrap()
}

/// What this process holds must be the server's alone: the workbook is changed by another.
fn changed_elsewhere(bytes: &[u8], cells: usize, step: usize) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("change").arg(file.path()).args([cells.to_string(), step.to_string()]);
    assert!(command.status().unwrap().success());
    std::fs::read(file.path()).unwrap()
}

/// 70 sections with 300 rows each get a workbook; all come back.
async fn collected(city: &City, me: &str) {
    let mut tx = city.app.store.write(&Actor::system(), "section.create").await.unwrap();
    for unit in 0..WORKBOOKS {
        tx.create_section(section(&format!("back-{unit}"), 500 + unit)).await.unwrap();
        for n in 0..ROWS_EACH {
            let n = LARGE + unit * ROWS_EACH + n;
            tx.insert(asset(n).set("unit_id", format!("back-{unit}"))).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    let (began, used) = (Instant::now(), cpu());
    let zip = city.get(me, "/registers/asset/collect.zip").await.ok().bytes;
    println!("(c) handed out: {:.2} s wall, {:.2} s CPU", began.elapsed().as_secs_f64(), cpu() - used);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut books = Vec::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        if sekisho_sheet::read(&bytes).unwrap().rows.len() == ROWS_EACH + 1 {
            books.push((format!("{at}.xlsx"), changed_elsewhere(&bytes, 10, 29)));
        }
    }
    assert_eq!(books.len(), WORKBOOKS);
    let files: Vec<(&str, &[u8])> = books.iter().map(|(name, bytes)| (&name[..], &bytes[..])).collect();
    begin_peak();
    let (began, used) = (Instant::now(), cpu());
    let answer = city.upload_all(me, "/registers/asset/collect", &[], &files).await;
    let at = answer.to("/registers/asset/import/").location;
    let page = city.get(me, &at).await.ok().body;
    let (wall, used) = (began.elapsed().as_secs_f64(), cpu() - used);
    println!(
        "(c) 70 workbooks read and compared: {wall:.2} s wall, {used:.2} s CPU, peak {} MiB",
        peak_mib()
    );
    assert!(page.contains("変える<b>700</b>") && page.contains("直すところ<b>0</b>"), "{page}");
}

/// The workbook with cells changed, written again as another program would.
fn changed(bytes: &[u8], cells: usize, step: usize) -> Vec<u8> {
    use sekisho_sheet::{Book, Cell, Head, Holds, Line};
    let mut grid = sekisho_sheet::read(bytes).unwrap();
    let place = grid.rows[0].iter().position(|h| h == "保管場所").unwrap();
    for n in 0..cells {
        grid.rows[1 + n * step][place] = format!("移した先{n}");
    }
    let head = |label: &String| Head {
        label: label.clone(),
        holds: Holds::Text,
        required: false,
        hint: String::new(),
        hidden: false,
    };
    let line = |row: &Vec<String>| Line { cells: row.iter().map(|c| Cell::Text(c.clone())).collect() };
    let book = Book {
        sheet: grid.sheet,
        heads: grid.rows[0].iter().map(head).collect(),
        lines: grid.rows[1..].iter().map(line).collect(),
        meta: grid.meta.into_iter().collect(),
    };
    sekisho_sheet::write_xlsx(&book).unwrap()
}

/// Kind of request and its address.
const ASKED: [(&str, &str); 8] = [
    ("list", "/registers/asset"),
    ("list", "/registers/asset?sort=name&dir=down"),
    ("filter", "/registers/asset?f_unit_id=unit-7"),
    ("filter", "/registers/asset?f_zone=resident&f_confidentiality=3B"),
    ("search", "/registers/asset?q=%E4%BD%8F%E6%B0%91%E5%8F%B0%E5%B8%B3"), // 住民台帳
    ("search", "/registers/asset?q=A-001234"),
    ("search, no hit", "/registers/asset?q=%E3%81%A9%E3%81%93%E3%81%AB%E3%82%82%E3%81%AA%E3%81%84"), // どこにもない
    ("search, no hit", "/registers/asset?q=zz"),
];

async fn searches(city: &Arc<City>, me: &str, rows: usize) {
    for (_, path) in ASKED {
        city.get(me, path).await.ok();
    }
    let mut waiting = Vec::new();
    let (began, used) = (Instant::now(), cpu());
    for n in 0..RATE * SECONDS {
        // Open loop: the next request leaves on time, whether or not the last has come back.
        let due = Duration::from_millis(n * 1_000 / RATE);
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        let (kind, path) = ASKED[usize::try_from(n).unwrap() % ASKED.len()];
        let (city, me) = (Arc::clone(city), me.to_owned());
        waiting.push(tokio::spawn(async move {
            let began = Instant::now();
            city.get(&me, path).await.ok();
            (kind, began.elapsed())
        }));
    }
    let mut took: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for one in waiting {
        let (kind, elapsed) = one.await.unwrap();
        took.entry(kind).or_default().push(elapsed);
    }
    println!("(b) {rows} rows, {RATE} requests/s for {SECONDS} s, CPU {:.1} s", cpu() - used);
    for (kind, mut times) in took {
        times.sort();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
        println!("    {kind:<15} p50 {:>6.1} ms  p95 {:>6.1} ms  n={}", at(50), at(95), times.len());
    }
}
