//! `sekisho policy import`: the shape of its JSON, and files that are no policy.

use serde_json::Value;

use crate::kit::{Place, Said, sekisho};

const POLICY: &str = "さくら坂市情報セキュリティ基本方針\n\n制定 平成18年4月1日\n改定 令和6年4月1日\n\n\
    改定履歴\n\n版\t改定日\t施行日\t改定箇所\t改定内容\n初\t平成18年4月1日\t平成18年4月1日\t全章\t初版\n\
    2\t令和6年3月15日\t令和6年4月1日\t7\t見直し\n\n\
    1 目的\n\nこの基本方針は、情報資産を守るための事項を定める。\n\n\
    2 用語の定義\n\n(1) 情報資産 本市が扱う情報をいう。\n\n\
    7 対策\n\n(1) 組織体制\n\n体制を定める。\n\n(2) 分類\n\n① 重要な情報\n\n② 上記9の情報\n";

fn import(place: &Place, name: &str, bytes: &[u8], more: &[&str]) -> Said {
    std::fs::write(place.path(name), bytes).unwrap();
    let path = place.text(name);
    let before = listing(place);
    let said = sekisho(&[&["policy", "import", &path], more].concat());
    assert_eq!(listing(place), before, "nothing is written beside the file");
    said
}

fn listing(place: &Place) -> Vec<std::ffi::OsString> {
    let dir = place.path("x").parent().unwrap().to_owned();
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn the_json_has_the_promised_shape() {
    let place = Place::new();
    let said = import(&place, "p.txt", POLICY.as_bytes(), &["--json"]).ok();
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&json), ["adopted", "clauses", "revised", "revisions", "terms", "title", "warnings"]);
    assert_eq!(json["adopted"], "2006-04-01");
    assert_eq!(json["revised"], "2024-04-01");
    assert_eq!(keys(&json["revisions"][1]), ["effective_on", "revised_on", "sections", "summary", "version"]);
    assert_eq!(json["revisions"][1]["revised_on"], "2024-03-15");
    let clauses = json["clauses"].as_array().unwrap();
    for clause in clauses {
        assert_eq!(keys(clause), ["id", "label", "line", "parent", "text"]);
    }
    let labels: Vec<&str> = clauses.iter().map(|c| c["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["1", "2", "2(1)", "7", "7(1)", "7(2)", "7(2)①", "7(2)②"]);
    let by = |label: &str| clauses.iter().find(|c| c["label"] == label).unwrap();
    assert_eq!(by("7(2)②")["parent"], by("7(2)")["id"]);
    assert_eq!(keys(&json["warnings"][0]), ["code", "line", "message"]);
    assert!(said.out.contains("上記9"), "the reference to a missing number is a warning: {}", said.out);
}

#[test]
fn encodings_of_city_offices_are_read() {
    let place = Place::new();
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(POLICY.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let plain = POLICY.replace('①', "(ｱ)").replace('②', "(ｲ)");
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(POLICY);
    let (jis, _, _) = encoding_rs::ISO_2022_JP.encode(&plain);
    for (name, bytes) in
        [("utf16.txt", utf16), ("sjis.txt", sjis.into_owned()), ("jis.txt", jis.into_owned())]
    {
        let said = import(&place, name, &bytes, &[]).ok();
        assert!(said.out.starts_with("さくら坂市情報セキュリティ基本方針"), "{name}: {}", said.out);
    }
}

#[test]
fn files_that_are_no_policy_are_refused_with_code_2() {
    let place = Place::new();
    let mut huge = "1 目的\n".repeat(100);
    huge.push_str(&"あ".repeat(100 * 1024 * 1024 / 3));
    let mixed = [POLICY.as_bytes(), &[0x80, 0xFF, 0xFE, 0x81]].concat();
    let cases: [(&str, &[u8], &str); 9] = [
        ("empty.txt", b"", "文字がありません"),
        ("huge.txt", huge.as_bytes(), "大きすぎます"),
        ("program.txt", b"\x7fELF\x02\x01\x01\0\0\0", "文章ではないデータ"),
        ("mixed.txt", &mixed, "何も保存していません"),
        ("broken.docx", b"PK\x03\x04 broken", "壊れて"),
        ("policy.pdf", b"%PDF-1.7", "PDFは"),
        ("old.doc", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "古い形式"),
        ("page.html", b"<!doctype html><html><body>1</body></html>", "ウェブページ"),
        ("letter.txt", "拝啓 番号のない手紙です。".as_bytes(), "番号の付いた条項が1つも"),
    ];
    for (name, bytes, words) in cases {
        let said = import(&place, name, bytes, &["--json"]);
        assert_eq!(said.code, 2, "{name}: {}{}", said.out, said.err);
        assert!(said.out.is_empty(), "{name} prints no half result: {}", said.out);
        assert!(said.err.contains(words), "{name}: {}", said.err);
    }
    let said = sekisho(&["policy", "import", &place.text("nowhere.txt")]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("開けません"), "{}", said.err);
}
