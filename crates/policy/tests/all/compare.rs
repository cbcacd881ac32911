//! Two revisions of the model policy, and revisions made by hand.

use super::{MODEL_3, model, read};
use sekisho_policy::compare::{Change, Proposal, carried, docx, html, propose, rows};
use sekisho_policy::{Document, parse_file};
use std::collections::HashSet;

fn version_3() -> Document {
    read(MODEL_3, "v3.md")
}

fn of<'p>(proposals: &'p [Proposal], new: &str) -> &'p Proposal {
    proposals.iter().find(|p| p.new.iter().any(|n| n == new)).unwrap()
}

#[test]
fn renumbering_keeps_identity() {
    let proposals = propose(&version_3(), &model());
    assert_eq!(of(&proposals, "c7-9").change, Change::Renumbered);
    assert_eq!(of(&proposals, "c7-9").old, ["c7-8"]);
    assert_eq!(of(&proposals, "c7-8").change, Change::Added);
    assert_eq!(of(&proposals, "c2-14").change, Change::Added);
    assert_eq!(of(&proposals, "c4-5").change, Change::Added);
    assert_eq!(of(&proposals, "c2-4").change, Change::Changed);
    assert_eq!(of(&proposals, "c1").change, Change::Kept);
    assert_eq!(of(&proposals, "c1").confidence_percent, 100);
    assert_eq!(carried(&proposals).get("c7-9").map(String::as_str), Some("c7-8"));
    every_clause_once(&version_3(), &model(), &proposals);
    let back = propose(&model(), &version_3());
    assert_eq!(
        back.iter().filter(|p| p.change == Change::Removed).map(|p| p.old[0].as_str()).collect::<Vec<_>>(),
        ["c2-14", "c4-5", "c7-8"]
    );
    every_clause_once(&model(), &version_3(), &back);
}

fn every_clause_once(old: &Document, new: &Document, proposals: &[Proposal]) {
    let ids = |d: &Document| d.clauses.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
    for (all, named) in [
        (ids(old), proposals.iter().flat_map(|p| p.old.clone()).collect::<Vec<_>>()),
        (ids(new), proposals.iter().flat_map(|p| p.new.clone()).collect::<Vec<_>>()),
    ] {
        assert_eq!(all.len(), named.len());
        assert_eq!(all.into_iter().collect::<HashSet<_>>(), named.into_iter().collect::<HashSet<_>>());
    }
}

#[test]
fn splits_and_mergers() {
    let long = "情報システム管理者は、サーバの記録を毎月点検し、その結果を台帳に残す。";
    let other = "利用者は、離席するときは画面を閉じ、退庁するときは端末の電源を切る。";
    let one = read(
        &format!("方針\n\n1 対策\n\n(1) {long}{other}\n(2) 台帳は五年間保存するものとする。\n"),
        "a.txt",
    );
    let two = read(
        &format!("方針\n\n1 対策\n\n(1) {long}\n(2) {other}\n(3) 台帳は五年間保存するものとする。\n"),
        "a.txt",
    );
    let split = propose(&one, &two);
    assert_eq!((of(&split, "c1-2").change, of(&split, "c1-2").new.len()), (Change::Split, 2), "{split:?}");
    assert_eq!(of(&split, "c1-3").change, Change::Renumbered);
    every_clause_once(&one, &two, &split);
    let merged = propose(&two, &one);
    assert_eq!(
        (of(&merged, "c1-1").change, of(&merged, "c1-1").old.len()),
        (Change::Merged, 2),
        "{merged:?}"
    );
    every_clause_once(&two, &one, &merged);
}

#[test]
fn table_in_html_and_word() {
    let (old, new) = (version_3(), model());
    let table = rows(&old, &new, &propose(&old, &new), false);
    assert!(table.rows.iter().all(|r| r.change != Change::Kept));
    assert_eq!(table.new_caption, "改定後（令和6年3月25日）");
    let page = html(&table);
    assert!(page.contains("<caption>さくら坂市情報セキュリティ基本方針 新旧対照表</caption>"));
    assert!(page.contains("<th scope=\"col\">改定後（令和6年3月25日）</th>"));
    assert!(
        page.contains("<ins>7(9)</ins>")
            && page.contains("<del>7(8)</del>")
            && page.contains("<td>新設</td>")
    );
    for tag in ["ins", "del", "td", "tr", "p", "strong"] {
        assert_eq!(
            page.matches(&format!("<{tag}>")).count(),
            page.matches(&format!("</{tag}>")).count(),
            "{tag}"
        );
    }
    let file = docx(&table).unwrap();
    assert_eq!(file, docx(&table).unwrap());
    // The file is read by the reader for policies: the table's text is all there.
    let source = sekisho_policy::decode::decode(&file, "table.docx").unwrap();
    let text: String = source.lines.iter().map(|l| l.text.as_str()).collect();
    assert!(
        text.contains("無害化通信") && text.contains("（新設）") && text.contains("改定前（令和2年3月16日）")
    );
    assert!(rows(&new, &new, &propose(&new, &new), false).rows.is_empty());
    assert_eq!(rows(&new, &new, &propose(&new, &new), true).rows.len(), new.clauses.len());
}

/// LibreOffice opens the Word file and prints it on landscape A4. Runs with SEKISHO_LONG=1 where soffice is installed.
#[test]
fn long_libreoffice_opens_the_table() {
    if std::env::var_os("SEKISHO_LONG").is_none() {
        eprintln!("skipped: set SEKISHO_LONG=1 to convert the table with LibreOffice");
        return;
    }
    let folder = std::env::temp_dir().join(format!("sekisho-policy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (old, new) = (version_3(), model());
    std::fs::write(folder.join("table.docx"), docx(&rows(&old, &new, &propose(&old, &new), false)).unwrap())
        .unwrap();
    let run = |target: &str| {
        let status = std::process::Command::new("soffice")
            .arg(format!("-env:UserInstallation=file://{}/profile", folder.display()))
            .args(["--headless", "--convert-to", target, "--outdir"])
            .arg(&folder)
            .arg(folder.join("table.docx"))
            .status()
            .expect("soffice is installed (Debian: libreoffice-writer)");
        assert!(status.success());
    };
    run("txt:Text (encoded):UTF8");
    let text = std::fs::read_to_string(folder.join("table.txt")).unwrap();
    assert!(text.contains("無害化通信") && text.contains("（新設）"), "{text}");
    run("pdf");
    assert!(std::fs::read(folder.join("table.pdf")).unwrap().starts_with(b"%PDF-"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn documents_without_anything_in_common() {
    let other = parse_file("案内\n\n1 天気\n\n晴れ。\n".as_bytes(), "a.txt").unwrap();
    every_clause_once(&model(), &other, &propose(&model(), &other));
}
