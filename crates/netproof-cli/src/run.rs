//! What each action does.

use std::io::Write;
use std::path::Path;

use sekisho_netproof::certificate;
use sekisho_netproof::diff::{PairChange, diff};
use sekisho_netproof::hygiene;
use sekisho_netproof::model::Severity;
use sekisho_netproof::picture;
use sekisho_netproof::site::is_day;
use sekisho_netproof::vectors;
use sekisho_netproof::verdict::{RectangleView, read_world, trace, verify};

use crate::load::{self, LoadError};
use crate::queries;
use crate::{Action, CheckCertificate, Diff, Hygiene, NetworkArgs, Trace, Vectors, Verify, print};

pub(crate) const OK: u8 = 0;
const REFUTED: u8 = 1;
const BAD_INPUT: u8 = 2;

pub(crate) enum Failure {
    Load(LoadError),
    Text(String),
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Text(format!("出力できませんでした（{error}）"))
    }
}

/// Runs one action; returns the exit code. `today` (`YYYY-MM-DD`) stands in where no day is asked for.
pub fn execute(args: &NetworkArgs, today: &str, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let result = match &args.action {
        Action::Verify(a) => run_verify(a, today, out),
        Action::Reach(a) => queries::reach(a, today, out),
        Action::WhatIf(a) => queries::what_if(a, today, out),
        Action::Coverage(a) => queries::coverage(a, today, out),
        Action::CheckCertificate(a) => run_check(a, out),
        Action::Vectors(a) => run_vectors(a, out),
        Action::Trace(a) => run_trace(a, today, out),
        Action::Diff(a) => run_diff(a, today, out),
        Action::Hygiene(a) => run_hygiene(a, today, out),
    };
    result.unwrap_or_else(|failure| {
        let text = match failure {
            Failure::Load(e) => e.ja(),
            Failure::Text(t) => t,
        };
        // Nothing more can be done when the error stream itself is gone.
        let _ = writeln!(err, "{text}");
        BAD_INPUT
    })
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|source| LoadError::Io { path: path.to_owned(), source }.into())
}

pub(crate) fn json(value: &impl serde::Serialize, out: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(|e| Failure::Text(e.to_string()))?;
    writeln!(out)?;
    Ok(())
}

/// The day asked for, or today; a day that is not one is bad input.
pub(crate) fn day<'a>(asked: Option<&'a str>, today: &'a str) -> Result<&'a str, Failure> {
    let day = asked.unwrap_or(today);
    if is_day(day) {
        return Ok(day);
    }
    Err(Failure::Text(format!("基準日「{day}」を読めません。2027-03-31 の形で書いてください。")))
}

fn run_verify(args: &Verify, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, Some(day(args.as_of.as_deref(), today)?), true)?;
    let report = verify(&loaded.site, &loaded.snapshot);
    if args.json {
        json(&report, out)?;
    } else {
        print::report(&report, out)?;
    }
    if let Some(dir) = &args.certificates {
        std::fs::create_dir_all(dir).map_err(|source| LoadError::Io { path: dir.clone(), source })?;
        let documents = certificate::documents(&loaded.site, &loaded.snapshot, &loaded.declarations, &report);
        for (number, document) in (1..).zip(&documents) {
            let path = dir.join(format!("certificate-{number}.json"));
            write_file(&path, document.to_string().as_bytes())?;
            if !args.json {
                writeln!(out, "\n証明書：{}", path.display())?;
            }
        }
    }
    if let Some(path) = &args.picture {
        let (devices, topology) = read_world(&loaded.site, &loaded.snapshot, &[]);
        write_file(path, picture::svg(&loaded.site, &devices, &topology).as_bytes())?;
    }
    Ok(report.exit_code())
}

fn run_trace(args: &Trace, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, Some(day(args.as_of.as_deref(), today)?), false)?;
    let bad =
        || Failure::Text("機器名:インターフェース、アドレス、サービスの書き方を確かめてください。".into());
    let (device, interface) = args.at.split_once(':').ok_or_else(bad)?;
    let wanted = trace::Packet {
        device,
        interface,
        src: &args.src,
        dst: &args.dst,
        service: &args.service,
        sport: args.sport,
    };
    let result = trace::trace(&loaded.site, &loaded.snapshot, &wanted).ok_or_else(bad)?;
    if args.json {
        json(&result, out)?;
    } else {
        writeln!(out, "{}", result.packet.line())?;
        for (number, way) in (1..).zip(&result.ways) {
            writeln!(
                out,
                "  経路 {number}：{}{}",
                way.fate,
                if way.certain { "" } else { "（不明な行の読み方によります）" }
            )?;
            print::hops(&way.hops, out)?;
        }
    }
    Ok(OK)
}

fn run_diff(args: &Diff, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let day = Some(day(args.as_of.as_deref(), today)?);
    let (before, after) = (load::load(&args.before, day, true)?, load::load(&args.after, day, true)?);
    let changes = diff((&before.site, &before.snapshot), (&after.site, &after.snapshot)).map_err(|_| {
        Failure::Text("規則の組合せが大きすぎて比べられませんでした。領域を分けて試してください。".into())
    })?;
    if args.json {
        json(&changes, out)?;
        return Ok(OK);
    }
    if changes.is_empty() {
        writeln!(
            out,
            "領域の間で通る通信に違いはありません（提出された {} 台の設定について）。",
            after.snapshot.devices.len()
        )?;
    }
    pair_changes(&changes, out)?;
    Ok(OK)
}

pub(crate) fn pair_changes(changes: &[PairChange], out: &mut dyn Write) -> Result<(), Failure> {
    for change in changes {
        writeln!(out, "■ {} → {}", change.from, change.to)?;
        rectangles("新しく通るようになった通信", &change.allowed, out)?;
        rectangles("通らなくなった通信", &change.blocked, out)?;
    }
    Ok(())
}

pub(crate) fn rectangles(title: &str, list: &[RectangleView], out: &mut dyn Write) -> Result<(), Failure> {
    if !list.is_empty() {
        writeln!(out, "   {title}")?;
    }
    for r in list {
        writeln!(out, "     {} → {} {} ポート {}", r.src, r.dst, r.proto, r.ports())?;
    }
    Ok(())
}

fn run_hygiene(args: &Hygiene, today: &str, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, Some(day(None, today)?), false)?;
    let (devices, topology) = read_world(&loaded.site, &loaded.snapshot, &[]);
    let mut all = hygiene::scan(&devices);
    hygiene::add_drift(&devices, &topology, &mut all);
    if args.json {
        json(&all, out)?;
        return Ok(OK);
    }
    for device in &all {
        writeln!(out, "{}（{}）：{} 件", device.device, device.file, device.findings.len())?;
        for f in &device.findings {
            let mark = match f.severity {
                Severity::Critical => "重大",
                Severity::Warning => "注意",
                Severity::Info => "参考",
            };
            writeln!(out, "  [{mark}] {} 行目 {}（{}）", f.line, f.text, f.code)?;
        }
    }
    Ok(OK)
}

fn run_check(args: &CheckCertificate, out: &mut dyn Write) -> Result<u8, Failure> {
    let text = load::text(&args.certificate)?;
    let loaded = load::load(&args.dir, None, true)?;
    match sekisho_netproof_check::check(&text, &loaded.files) {
        Ok(summary) => {
            let n = summary.configurations;
            writeln!(out, "証明書は正しいです（提出された {n} 台の設定、{} 区画）。", summary.boxes)?;
            writeln!(out, "確かめた項目：{}", summary.intents.join("、"))?;
            writeln!(out, "設定の文字から規則表への読み取りと、項目の意味づけは、この検査の対象外です。")?;
            Ok(OK)
        }
        Err(error) => {
            writeln!(out, "証明書は受け入れられません：{error}")?;
            Ok(REFUTED)
        }
    }
}

fn run_vectors(args: &Vectors, out: &mut dyn Write) -> Result<u8, Failure> {
    let text = load::text(&args.file)?;
    let cases = vectors::parse(&text).map_err(|e| {
        Failure::Text(format!("期待値のファイルを読めませんでした。書き方を確かめてください（{e}）"))
    })?;
    let outcomes: Vec<_> = cases.iter().map(vectors::run).collect();
    if args.json {
        json(&outcomes, out)?;
    } else {
        for o in &outcomes {
            let mark = if o.is_wrong() {
                "誤り"
            } else if o.got == o.expected {
                "一致"
            } else {
                "不明"
            };
            writeln!(out, "{mark} {} 期待 {} 結果 {}", o.id, word(o.expected), word(o.got))?;
            for r in o.reasons.iter().filter(|r| r.line > 0) {
                writeln!(out, "      {} 行目 「{}」", r.line, r.text)?;
            }
        }
        let wrong = outcomes.iter().filter(|o| o.is_wrong()).count();
        let same = outcomes.iter().filter(|o| o.got == o.expected).count();
        writeln!(
            out,
            "{} 件：一致 {same}、不明 {}、誤り {wrong}",
            outcomes.len(),
            outcomes.len() - same - wrong
        )?;
    }
    Ok(if outcomes.iter().any(vectors::Outcome::is_wrong) { REFUTED } else { OK })
}

const fn word(answer: vectors::Answer) -> &'static str {
    match answer {
        vectors::Answer::Permit => "permit",
        vectors::Answer::Deny => "deny",
        vectors::Answer::Unknown => "unknown",
    }
}
