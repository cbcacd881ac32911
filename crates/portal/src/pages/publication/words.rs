//! A file that the city made itself: read for its words, which are compared with the clauses of the edition.

use crate::limits;
use sekisho_disarm::{Limits, Refusal, pdf_text};
use sekisho_policy::compare::{Run, diff};
use sekisho_policy::limits::TEXT_BYTES_MAX;
use sekisho_policy::published::{Comparison, compare};
use sekisho_policy::{Clause, Document, PolicyError, decode};
use serde::{Deserialize, Serialize};

/// What is kept of a comparison, as JSON beside the record of the publication.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Words {
    Compared(Comparison),
    /// The words could not be read: why, as a sentence.
    Unread(String),
}

impl Words {
    /// The code of [`sekisho_domain::document::WORDS`].
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Words::Compared(comparison) if comparison.agrees() => "agree",
            Words::Compared(_) => "differ",
            Words::Unread(_) => "unread",
        }
    }
}

/// Reads and compares. Takes seconds for a thick binder: call it where that may be.
pub(crate) fn read(bytes: &[u8], name: &str, edition: &Document, public: impl Fn(&Clause) -> bool) -> Words {
    match pages(bytes, name) {
        Ok(pages) => Words::Compared(compare(edition, public, &pages)),
        Err(why) => Words::Unread(why.to_owned()),
    }
}

/// Lines of each page; a file without pages is one.
fn pages(bytes: &[u8], name: &str) -> Result<Vec<Vec<String>>, &'static str> {
    match decode::decode(bytes, name) {
        Ok(source) => Ok(vec![source.lines.into_iter().map(|l| l.text).collect()]),
        Err(PolicyError::Pdf) => pdf_pages(bytes),
        Err(PolicyError::Html) => Err(
            "ウェブページ（HTML）は、この版から取り出したHTMLと同じときだけ確かめられます。取り出したHTMLを載せるか、PDFを載せてください。",
        ),
        Err(_) => Err(
            "この種類のファイルの文字は読めません。PDF、Word（.docx）、テキストのどれかで公表してください。",
        ),
    }
}

const TOO_LARGE: &str = "PDFが大きすぎて、文字を読み終えられません。本文だけのPDFを載せてください。";

fn pdf_pages(bytes: &[u8]) -> Result<Vec<Vec<String>>, &'static str> {
    let limits = Limits {
        input_bytes: limits::UPLOAD_BODY_BYTES as u64,
        expanded_bytes: limits::PDF_EXPANDED_BYTES,
        pages: limits::PDF_PAGES,
        steps: limits::PDF_STEPS,
        ..Limits::default()
    };
    let text = pdf_text(bytes, &limits).map_err(|refusal| match refusal {
        Refusal::Password { .. } | Refusal::Encryption { .. } => {
            "パスワードで保護されたPDFのため、文字を読めません。保護を外したPDFを載せてください。"
        }
        Refusal::Limit(_) => TOO_LARGE,
        _ => "PDFが壊れていて、文字を読めません。元の文書からPDFを作り直して載せてください。",
    })?;
    // What the comparison may take, as for every other file.
    if text.pages.iter().flatten().map(String::len).sum::<usize>() > TEXT_BYTES_MAX {
        return Err(TOO_LARGE);
    }
    let characters = || text.pages.iter().flatten().flat_map(|line| line.chars());
    let readable = characters().filter(|c| *c != '\u{FFFD}' && !c.is_whitespace()).count();
    if readable == 0 && characters().next().is_none() {
        return Err(
            "PDFに文字がありません。紙を読み取った画像のPDFでは、住民の読み上げソフトでも読めません。元の文書からPDFを作って載せてください。",
        );
    }
    // A font without a map to Unicode: on paper it is text, to every program it is numbers.
    if readable < characters().count() / 2 {
        return Err(
            "PDFの文字が、文字コードと結びついていません。コピーや検索もできないPDFです。元の文書からPDFを作り直して載せてください。",
        );
    }
    Ok(text.pages)
}

/// What a page shows of a comparison.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) clauses: usize,
    pub(crate) found: usize,
    pub(crate) unread: String,
    pub(crate) differences: Vec<Differing>,
    pub(crate) left_out: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Differing {
    pub(crate) place: String,
    /// (only here, text)
    pub(crate) edition: Vec<(bool, String)>,
    pub(crate) file: Vec<(bool, String)>,
}

/// Word pairs compared for one page; the rest is marked whole.
const FUEL_CELLS: usize = 20_000_000;

pub(crate) fn told(json: &str) -> Option<Told> {
    match serde_json::from_str(json).ok()? {
        Words::Unread(unread) => {
            Some(Told { clauses: 0, found: 0, unread, differences: vec![], left_out: vec![] })
        }
        Words::Compared(c) => {
            let mut fuel = FUEL_CELLS;
            let runs = |runs: Vec<Run>| runs.into_iter().map(|r| (r.changed, r.text)).collect();
            let differences = c.differences.into_iter().map(|d| {
                let (edition, file) = diff(&d.edition, &d.file, &mut fuel);
                let place = match (d.label.as_str(), d.edition.is_empty()) {
                    ("", _) => "最初の条項の前".to_owned(),
                    (label, true) => format!("{label} の後"),
                    (label, false) => label.to_owned(),
                };
                Differing { place, edition: runs(edition), file: runs(file) }
            });
            Some(Told {
                clauses: c.clauses,
                found: c.found,
                unread: String::new(),
                differences: differences.collect(),
                left_out: c.left_out,
            })
        }
    }
}
