//! `sekisho policy import FILE [--json]`: reads a policy document and shows what was understood. Nothing is
//! stored; the portal's import page saves drafts.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use sekisho_policy::{Document, PolicyError};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 文書を読み取り、条項・用語・注意点を表示する(保存はしません)
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// テキスト、Markdown、Word(.docx)のファイル
    file: PathBuf,
    /// 機械で読める JSON で出す
    #[arg(long)]
    json: bool,
}

/// Exit code of a file that cannot be read as a policy.
const REFUSED: u8 = 2;

pub fn run(command: Command) -> Result<ExitCode> {
    let Command::Import(args) = command;
    match read(&args.file) {
        Ok(document) => {
            if args.json {
                println!("{}", serde_json::to_string_pretty(&shape(&document)?)?);
            } else {
                show(&document);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(sentence) => {
            eprintln!("{sentence}");
            Ok(ExitCode::from(REFUSED))
        }
    }
}

/// What `--json` promises. A heading is the beginning of its clause's text and is not given twice.
fn shape(document: &Document) -> Result<serde_json::Value> {
    let mut json = serde_json::to_value(document)?;
    for clause in json["clauses"].as_array_mut().into_iter().flatten() {
        clause.as_object_mut().map(|c| c.remove("heading"));
    }
    Ok(json)
}

fn read(path: &std::path::Path) -> std::result::Result<Document, String> {
    let unreadable = |e: std::io::Error| {
        format!(
            "{} を開けません({e})。何も変えていません。ファイルの場所と名前を確かめてください。",
            path.display()
        )
    };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    let refused = |e: PolicyError| sekisho_policy::ja::error(&e);
    sekisho_policy::check_size(bytes).map_err(refused)?;
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    sekisho_policy::parse_file(&bytes, &name).map_err(refused)
}

fn show(document: &Document) {
    println!("{}", document.title.as_deref().unwrap_or("(題名は読み取れませんでした)"));
    for (word, date) in [("制定", document.adopted), ("改定", document.revised)] {
        if let Some(date) = date {
            println!("{word} {}", sekisho_domain::date::wareki(date));
        }
    }
    println!(
        "条項 {}件、用語 {}件、改定履歴 {}件",
        document.clauses.len(),
        document.terms.len(),
        document.revisions.len()
    );
    for clause in &document.clauses {
        let first = clause.text.lines().next().unwrap_or_default();
        let short: String = first.chars().take(40).collect();
        let more = if first.chars().count() > 40 { "…" } else { "" };
        println!("  {:<8} {short}{more}", clause.label);
    }
    if !document.warnings.is_empty() {
        println!("注意 {}件", document.warnings.len());
        for warning in &document.warnings {
            println!("  {}行目 {}", warning.line, warning.message);
        }
    }
}
