//! The PDF, read back by other people's tools where they are installed.

use super::model;
use sekisho_policy::pdf::{PdfError, pdf};
use std::process::Command;

/// Debian's fonts-noto-cjk; face 0 is Japanese.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc";

fn font() -> Option<Vec<u8>> {
    let font = std::fs::read(FONT).ok();
    if font.is_none() {
        eprintln!("skipped: {FONT} is not installed (Debian: fonts-noto-cjk)");
    }
    font
}

#[test]
fn what_is_no_font_is_refused() {
    assert_eq!(pdf(&model(), |_| true, b"no font", 0), Err(PdfError::Font));
}

#[test]
fn pdf_is_the_same_every_time_and_small() {
    let Some(font) = font() else { return };
    let document = model();
    let file = pdf(&document, |_| true, &font, 0).unwrap();
    assert_eq!(file, pdf(&document, |_| true, &font, 0).unwrap());
    assert!(file.starts_with(b"%PDF-1.") && file.len() < 1_000_000, "{}", file.len());
    let mut odd = model();
    odd.title = Some("\u{E000}市".to_owned());
    assert_eq!(pdf(&odd, |_| true, &font, 0), Err(PdfError::Glyph('\u{E000}')));
}

/// qpdf finds no fault, and the text that poppler reads is the document's, in order and under headings of which no
/// level is skipped.
#[test]
fn pdf_is_read_by_other_tools() {
    let Some(font) = font() else { return };
    for tool in ["qpdf", "pdfinfo"] {
        if Command::new(tool).arg("--version").output().is_err() {
            eprintln!("skipped: {tool} is not installed (Debian: qpdf, poppler-utils)");
            return;
        }
    }
    let path = std::env::temp_dir().join(format!("sekisho-policy-{}.pdf", std::process::id()));
    let document = model();
    std::fs::write(&path, pdf(&document, |c| c.label != "7(3)", &font, 0).unwrap()).unwrap();
    let run = |tool: &str, args: &[&str]| {
        let out = Command::new(tool).args(args).output().expect("qpdf and poppler-utils are installed");
        assert!(out.status.success(), "{tool}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let file = path.to_str().unwrap();
    assert!(run("qpdf", &["--check", file]).contains("No syntax or stream encoding errors found"));
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = squeeze(&run("pdftotext", &["-raw", file, "-"]));
    let mut from = 0;
    for clause in document.clauses.iter().filter(|c| !c.label.starts_with("7(3)")) {
        // A footer may fall into a paragraph: look for its beginning.
        let head: String = squeeze(clause.body()).chars().take(12).collect();
        let at = text[from..].find(&head);
        assert!(at.is_some(), "{} {head} comes out of order or not at all", clause.label);
        from += at.unwrap_or(0);
    }
    assert!(!text.contains("三つの段階") && text.contains("一部の条項は公開していません"));
    let structure = run("pdfinfo", &["-struct-text", file]);
    let levels = structure.lines().filter_map(|line| line.trim().strip_prefix('H')?.get(..1)?.parse().ok());
    let levels: Vec<u8> = levels.collect();
    assert!(levels.first() == Some(&1) && levels.iter().max() > Some(&2), "{structure}");
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    let told = run("pdfinfo", &[file]);
    let says = |line: &str| told.lines().any(|l| l.split_whitespace().collect::<Vec<_>>().join(" ") == line);
    assert!(says("Tagged: yes") && says("Metadata Stream: yes"), "{told}");
    let title = document.title.clone().unwrap();
    assert!(run("pdfinfo", &["-meta", file]).contains(&title) && says(&format!("Title: {title}")), "{told}");
    std::fs::remove_file(&path).unwrap();
}
