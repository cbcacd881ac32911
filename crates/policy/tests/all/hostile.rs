//! Files that are broken, huge, or made to harm.

use super::docx_maker::{wrap, zip};
use sekisho_policy::{check_size, ja, limits, parse_file};
use std::io::{Cursor, Write};

fn refused(bytes: &[u8], name: &str) -> &'static str {
    let error = parse_file(bytes, name).unwrap_err();
    assert!(ja::error(&error).ends_with("。"));
    error.code()
}

#[test]
fn refusals() {
    assert!(check_size(limits::FILE_BYTES_MAX).is_ok() && check_size(100 * 1024 * 1024).is_err());
    assert_eq!(refused(&zip(&[("xl/workbook.xml", "<x/>")]), "a.docx"), "not-a-word-file");
    assert_eq!(refused(b"PK\x03\x04broken", "a.docx"), "docx-broken");
    assert_eq!(refused(&zip(&[("word/document.xml", "<w:document><w:p>")]), "a.docx"), "docx-broken");
    assert_eq!(refused(&zip(&[("word/document.xml", &wrap(""))]), "a.docx"), "file-empty");
    assert_eq!(refused("今日は良い天気です。\n明日も晴れるでしょう。\n".as_bytes(), "a.txt"), "no-clauses");
    let entity = r#"<!DOCTYPE a [<!ENTITY x "1 目的"><!ENTITY y "&x;&x;&x;">]><w:document><w:body><w:p><w:r><w:t>&y;</w:t></w:r></w:p></w:body></w:document>"#;
    assert_eq!(refused(&zip(&[("word/document.xml", entity)]), "a.docx"), "docx-broken");
    let deep = wrap(&"<w:p>".repeat(limits::XML_DEPTH_MAX + 1));
    assert_eq!(refused(&zip(&[("word/document.xml", &deep)]), "a.docx"), "docx-bomb");
    let long = "1 目的\n".to_owned() + &"あ".repeat(limits::LINE_BYTES_MAX);
    assert_eq!(refused(long.as_bytes(), "a.txt"), "text-too-large");
    let many = "(1) 甲\n".repeat(limits::CLAUSES_MAX + 2);
    assert_eq!(refused(many.as_bytes(), "a.txt"), "too-many-clauses");
}

#[test]
fn a_zip_bomb_stops_at_the_limit() {
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    bomb.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1024 * 1024];
    for _ in 0..=limits::XML_BYTES_MAX / (1024 * 1024) {
        bomb.write_all(&block).unwrap();
    }
    let bytes = bomb.finish().unwrap().into_inner();
    assert!(bytes.len() < 1024 * 1024);
    assert_eq!(refused(&bytes, "a.docx"), "docx-bomb");
    // The same with a declared size of 100 bytes, in the local header and in the directory.
    let declared =
        u32::try_from((limits::XML_BYTES_MAX / (1024 * 1024) + 1) * 1024 * 1024).unwrap().to_le_bytes();
    let mut lying = bytes;
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == declared {
            lying[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
        }
    }
    assert!(["docx-bomb", "docx-broken"].contains(&refused(&lying, "a.docx")));
}

/// Inputs that would make a careless parser quadratic.
#[test]
fn long_inputs_stay_within_their_time() {
    let open = "1 目的\n".to_owned() + &"（この文は終わらず、次の行に続いていくものであり、\n".repeat(20_000);
    let refs =
        "1 目的\n".to_owned() + &"上記9の事故に備え、第8条の定めにより、上記1の脅威に備える。".repeat(800);
    let contents = "方針\n目次\n".to_owned()
        + &(1..300).map(|n| format!("{n} 見出し{n} …… {n}\n")).collect::<String>().repeat(60)
        + "1 目的\n守る。\n";
    let terms = "方針\n1 定義\n用語の意義は、次のとおりとする。\n".to_owned()
        + &(1..900).map(|n| format!("({n}) 用語{n} 物{n}をいう。\n")).collect::<String>();
    for text in [open, refs, contents, terms] {
        assert!(
            parse_file(text.as_bytes(), "a.txt").is_ok_and(|d| d.warnings.len() <= limits::WARNINGS_MAX + 1)
        );
    }
}
