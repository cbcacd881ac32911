//! What each action does.

use std::io::Write;
use std::path::Path;

use sekisho_netproof::certificate;
use sekisho_netproof::vectors;
use sekisho_netproof::verdict::verify;

use crate::load::{self, LoadError};
use crate::{Action, CheckCertificate, NetworkArgs, Vectors, Verify, print};

const OK: u8 = 0;
const REFUTED: u8 = 1;
const BAD_INPUT: u8 = 2;

enum Failure {
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

/// Runs one action; returns the exit code.
pub fn execute(args: &NetworkArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let result = match &args.action {
        Action::Verify(a) => run_verify(a, out),
        Action::CheckCertificate(a) => run_check(a, out),
        Action::Vectors(a) => run_vectors(a, out),
        Action::Trace(_) | Action::Diff(_) | Action::Hygiene(_) => Ok(BAD_INPUT),
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

fn json(value: &impl serde::Serialize, out: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(|e| Failure::Text(e.to_string()))?;
    writeln!(out)?;
    Ok(())
}

fn run_verify(args: &Verify, out: &mut dyn Write) -> Result<u8, Failure> {
    let loaded = load::load(&args.dir, args.as_of.as_deref(), true)?;
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
    Ok(report.exit_code())
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
