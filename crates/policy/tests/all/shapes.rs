//! One policy in the shapes in which cities keep it must give one document.

use super::docx_maker::{Numbering, docx};
use super::{MODEL, codes, model, outline, read};
use sekisho_policy::{Code, Document, parse_file};

#[test]
fn the_model_policy_is_without_defect() {
    let document = model();
    assert_eq!(document.title.as_deref(), Some("さくら坂市情報セキュリティ基本方針"));
    assert_eq!(document.adopted.map(|d| d.to_string()).as_deref(), Some("2006-04-01"));
    assert_eq!(document.revised.map(|d| d.to_string()).as_deref(), Some("2024-03-25"));
    let versions: Vec<_> = document.revisions.iter().filter_map(|r| r.version.as_deref()).collect();
    assert_eq!(versions, ["初", "2", "3", "4"]);
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    let labels: Vec<_> =
        document.clauses.iter().filter(|c| c.label.starts_with('7')).map(|c| c.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "7", "7(1)", "7(2)", "7(3)", "7(3)①", "7(3)②", "7(3)③", "7(4)", "7(5)", "7(6)", "7(7)", "7(8)",
            "7(9)"
        ]
    );
    let terms: Vec<_> = document.terms.iter().map(|t| t.term.as_str()).collect();
    assert_eq!(terms[..3], ["本市", "情報資産", "ネットワーク"]);
    assert_eq!(terms.len(), 16);
}

/// The text as a word processor saves it: no marks, full-width numbers, tabs in tables.
fn plain() -> String {
    let mut out = String::new();
    for line in MODEL.lines() {
        let line = line.trim_start_matches('#').trim();
        match line.strip_prefix('|') {
            Some(rule) if rule.starts_with("---") => continue,
            Some(row) => out.push_str(
                &row.trim_end_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("\t"),
            ),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn check_same(document: &Document, shape: &str) {
    assert_eq!(outline(document), outline(&model()), "{shape}");
    assert_eq!(document.revisions, model().revisions, "{shape}");
    assert_eq!(
        (&document.title, document.adopted, document.revised),
        (&model().title, model().adopted, model().revised),
        "{shape}"
    );
    let terms = |d: &Document| d.terms.iter().map(|t| (t.term.clone(), t.clause.clone())).collect::<Vec<_>>();
    assert_eq!(terms(document), terms(&model()), "{shape}");
}

#[test]
fn plain_text_and_every_encoding() {
    let text = plain();
    let utf16: Vec<u8> =
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (shape, bytes) in [
        ("UTF-8", text.clone().into_bytes()),
        ("CP932", encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()),
        ("CP932 with CRLF", encoding_rs::SHIFT_JIS.encode(&text.replace('\n', "\r\n")).0.into_owned()),
        ("UTF-16", utf16.clone()),
        ("UTF-16 without mark", utf16[2..].to_vec()),
        ("EUC-JP", encoding_rs::EUC_JP.encode(&text).0.into_owned()),
        ("ISO-2022-JP", encoding_rs::ISO_2022_JP.encode(&text).0.into_owned()),
    ] {
        if shape.starts_with("EUC") || shape.starts_with("ISO") {
            // JIS X 0208 has no circled digits; those encodings are tried on a text without them.
            continue;
        }
        check_same(&parse_file(&bytes, "方針.txt").unwrap(), shape);
    }
    let simple = text.replace('①', "ア ").replace('②', "イ ").replace('③', "ウ ");
    let expected = outline(&read(&simple, "a.txt"));
    for (shape, bytes) in [
        ("EUC-JP", encoding_rs::EUC_JP.encode(&simple).0.into_owned()),
        ("ISO-2022-JP", encoding_rs::ISO_2022_JP.encode(&simple).0.into_owned()),
    ] {
        assert_eq!(outline(&parse_file(&bytes, "方針.txt").unwrap()), expected, "{shape}");
    }
}

#[test]
fn numbers_in_other_widths_and_with_bullets() {
    let wide: String = plain()
        .lines()
        .map(|line| {
            let digits = line.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '(' | ')')).count();
            let head: String =
                line.chars().take(digits).map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect();
            let tail: String = line.chars().skip(digits).collect();
            if line.contains('\t') {
                format!("{line}\n")
            } else {
                format!("{head}{}\n", tail.replacen(' ', "　", 1))
            }
        })
        .collect();
    check_same(&read(&wide, "wide.txt"), "full width");
    let bulleted: String = plain()
        .lines()
        .map(|l| if l.starts_with(['(', '①', '②', '③']) { format!("- {l}\n") } else { format!("{l}\n") })
        .collect();
    let document = read(&bulleted, "bullets.txt");
    check_same(&document, "bullets");
    assert!(codes(&document).contains(&"bullet-removed".to_owned()));
    check_same(&read(MODEL, "converted.txt"), "Markdown under another name");
    let dense = plain().replace("\n\n", "\n");
    check_same(&read(&dense, "dense.txt"), "no blank lines");
}

#[test]
fn accidents_of_a_page_break_are_repaired_and_named() {
    let broken = plain()
        .replace(
            "情報セキュリティ対策基準及び情報セキュリティ実施手順を別に定める",
            "情報セキュリテ\n\n- 3 -\n\nィ対策基準及び情報セキュリティ実施手順を別に定める",
        )
        .replace("盗難、破損及び立入りを防ぐ", "盗難、破\n\n損及び立入りを防ぐ");
    let document = read(&broken, "broken.txt");
    check_same(&document, "page breaks");
    let found: Vec<Code> = document.warnings.iter().map(|w| w.code).collect();
    assert_eq!(found, [Code::PageNumberRemoved, Code::LineJoined, Code::LineJoined]);
    let line = broken.lines().position(|l| l.starts_with("ィ対策")).unwrap() + 1;
    assert!(
        document.warnings.iter().any(|w| w.line as usize == line && w.message.contains(&line.to_string()))
    );
}

/// As text taken from a PDF: lines of 76 columns, page numbers, a running header.
#[test]
fn text_wrapped_at_the_page_width() {
    let mut out = String::new();
    for (at, line) in plain().replace("\n\n", "\n").lines().enumerate() {
        let mut columns = 0;
        for c in line.chars() {
            if columns >= 75 && !line.contains('\t') {
                out.push('\n');
                columns = 0;
            }
            out.push(c);
            columns += if c.is_ascii() { 1 } else { 2 };
        }
        out.push('\n');
        if at % 30 == 29 {
            out.push_str(&format!("- {} -\n\u{C}さくら坂市 方針集\n", at / 30 + 1));
        }
    }
    let document = read(&out, "pdf.txt");
    check_same(&document, "wrapped");
    assert!(codes(&document).contains(&"page-header-removed".to_owned()), "{:?}", document.warnings);
}

/// The same provisions as a city writes them in the form of a 規程.
fn as_articles(kanji: bool) -> String {
    let digits =
        ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四"];
    let mut out = String::from("さくら坂市情報セキュリティ規程\n平成18年4月1日\n訓令第5号\n");
    let body = plain();
    let body = &body[body.rfind("1 目的").unwrap()..];
    for line in body.lines().filter(|l| !l.is_empty()) {
        match line.split_once(' ') {
            Some((number, heading)) if number.parse::<usize>().is_ok() => {
                let n: usize = number.parse().unwrap();
                let number = if kanji { digits[n].to_owned() } else { number.to_owned() };
                out.push_str(&format!("（{heading}）\n第{number}条　"));
            }
            Some((number, text)) if kanji && number.starts_with('(') => {
                let n: usize = number.trim_matches(['(', ')']).parse().unwrap();
                out.push_str(&format!("{}　{text}\n", digits[n]));
            }
            _ => out.push_str(&format!("{line}\n")),
        }
    }
    out
}

#[test]
fn articles_in_arabic_and_kanji_numbers() {
    for kanji in [false, true] {
        let document = read(&as_articles(kanji), "規程.txt");
        let expected: Vec<String> = model()
            .clauses
            .iter()
            .map(|c| {
                let digits = c.label.chars().take_while(char::is_ascii_digit).count();
                format!("第{}条{}", &c.label[..digits], &c.label[digits..])
            })
            .collect();
        let labels: Vec<&str> = document.clauses.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, expected, "kanji {kanji}");
        assert_eq!(document.adopted.map(|d| d.to_string()).as_deref(), Some("2006-04-01"));
        let purpose = document.labelled("第1条").unwrap();
        assert_eq!(purpose.heading.as_deref(), Some("目的"));
        assert!(purpose.text.starts_with("目的\nさくら坂市"));
    }
}

#[test]
fn paragraphs_items_and_chapters_of_a_code() {
    let document = read(
        "花守市規程\n\n目次\n第1章 総則（第1条―第3条）\n第2章 対策（第4条）\n附則\n\n第1章 総則\n（定義）\n第1条 用語の意義は、次のとおりとする。\n一 端末 机上の機器をいう。\nイ 据置き型\nロ 携帯型\n二 台帳 一覧をいう。\n2 前項に定める端末のほか、台帳を置く。\n（責務）\n第2条 職員は、端末を守る。\nただし、緊急の場合を除く。\n第3条の2 前条の規定を準用する。\n第2章 対策\n第4条 対策は、第1条第2項及び第9条の規定による。\n附 則\n（施行期日）\n1 この規程は、令和2年4月1日から施行する。\n",
        "a.txt",
    );
    let shown: Vec<(&str, Option<&str>)> =
        document.clauses.iter().map(|c| (c.label.as_str(), c.parent.as_deref())).collect();
    assert_eq!(
        shown,
        [
            ("第1章", None),
            ("第1条", Some("ch1")),
            ("第1条(1)", Some("a1")),
            ("第1条(1)イ", Some("a1-1")),
            ("第1条(1)ロ", Some("a1-1")),
            ("第1条(2)", Some("a1")),
            ("第1条第2項", Some("a1")),
            ("第2条", Some("ch1")),
            ("第3条の2", Some("ch1")),
            ("第2章", None),
            ("第4条", Some("ch2")),
            ("附則", None),
            ("附則1", Some("sup")),
        ]
    );
    assert!(document.labelled("第2条").unwrap().text.ends_with("守る。\nただし、緊急の場合を除く。"));
    let missing: Vec<_> = document.warnings.iter().filter(|w| w.code == Code::ReferenceMissing).collect();
    assert_eq!(missing.len(), 1, "{:?}", document.warnings);
    assert!(missing[0].message.contains("第9条"));
}

#[test]
fn word_files_with_typed_and_automatic_numbers() {
    for numbering in [Numbering::Typed, Numbering::Automatic] {
        let bytes = docx(&plain(), numbering);
        let document = parse_file(&bytes, "方針.docx").unwrap();
        check_same(&document, "docx");
        assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    }
}

#[test]
fn json_has_exactly_the_promised_fields() {
    let value = serde_json::to_value(model()).unwrap();
    let keys = |v: &serde_json::Value| {
        v.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    let set =
        |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(
        keys(&value),
        set(&["title", "adopted", "revised", "revisions", "clauses", "terms", "warnings"])
    );
    assert_eq!(
        keys(&value["revisions"][0]),
        set(&["version", "revised_on", "effective_on", "sections", "summary"])
    );
    assert_eq!(keys(&value["terms"][0]), set(&["term", "definition", "clause", "line"]));
    assert_eq!(keys(&value["clauses"][1]), set(&["id", "label", "heading", "text", "parent", "line"]));
    assert_eq!(value["adopted"], "2006-04-01");
    let back: Document = serde_json::from_value(value).unwrap();
    assert_eq!(back, model());
}

#[test]
fn planted_defects_are_found_where_they_are() {
    let line = |text: &str, needle: &str| {
        u32::try_from(text.lines().position(|l| l.contains(needle)).unwrap() + 1).unwrap()
    };
    for (from, to, code, at) in [
        ("上記4の脅威", "上記3の脅威", Code::ReferenceMismatch, "上記3の脅威"),
        ("上記7、8及び9に", "上記7、8及び19に", Code::ReferenceMissing, "上記7、8及び19に"),
        ("上記4の脅威", "2(15)に掲げる脅威", Code::ReferenceMissing, "2(15)に掲げる"),
        (
            "上記4の脅威",
            "4(1)に掲げる脅威並びに7(3)②に定める罰則及び8(2)に規定する対策",
            Code::ReferenceMissing,
            "8(2)に規定",
        ),
        ("上記4の脅威", "本基本方針14の脅威", Code::ReferenceMissing, "本基本方針14"),
        ("\n(3) 情報システム全体", "\n(4) 情報システム全体", Code::NumberGap, "(4) 情報システム全体"),
        ("\n(5) 人的セキュリティ", "\n(4) 人的セキュリティ", Code::NumberDuplicate, "(4) 人的セキュリティ"),
        (
            "① ネットワーク（個別ネットワークを含む。）",
            "① ネットワーク",
            Code::TermUnused,
            "(13) 個別ネットワーク",
        ),
        (
            "欠かせない情報（以下「情報資産」という。）",
            "欠かせない情報資産",
            Code::TermUndefined,
            "さくら坂市（以下",
        ),
        ("総合行政ネットワーク（LGWAN）", "LGWAN", Code::TermUndefined, "(11) LGWAN"),
        (
            "サーバ及びその設置場所",
            "サーバ及びサーバーの設置場所",
            Code::SpellingVariant,
            "サーバーの設置場所",
        ),
        ("\n6 職員等の遵守義務\n\n7", "\n6 職員の義務\n\n7", Code::TocMismatch, "6 職員の義務"),
        ("3\t令和2年3月16日", "3\t平成27年3月16日", Code::RevisionOrder, ""),
    ] {
        let text = plain().replacen(
            from,
            to,
            if code == Code::NumberGap || code == Code::NumberDuplicate { 9 } else { 1 },
        );
        assert_ne!(text, plain(), "{from}");
        let document = read(&text, "a.txt");
        let found: Vec<_> = document.warnings.iter().filter(|w| w.code == code).collect();
        assert!(!found.is_empty(), "{code:?}: {:?}", document.warnings);
        if !at.is_empty() {
            assert!(
                found.iter().any(|w| w.line == line(&text, at)),
                "{code:?} at {}: {found:?}",
                line(&text, at)
            );
        }
        assert!(document.warnings.len() <= 3, "{code:?}: {:?}", document.warnings);
    }
}

/// References that are right, or somebody else's, or only loosely worded: nothing is said of them.
#[test]
fn references_that_are_no_defect() {
    for sentence in [
        "上記1の目的を達するため、対策を行う。",
        "上記1の措置を講じたときは、報告する。",
        "上記3件の事故を踏まえる。",
        "個人情報の保護に関する法律（平成15年法律第57号）第66条及び第67条の規定による。",
        "市条例第9条第2項に定めるところによる。",
        "同条第3項及び規則第12条から第14条までの例による。",
        "この方針第1条の目的に従う。",
        "番号法第9条第2項2(5)に定める事務に用いる。",
        "令和8年4(1)に掲げる表のとおりとする。",
        "ISO/IEC 27002(5)に定める管理策を参考にする。",
    ] {
        for text in [
            format!("方針\n1 目的\n守る。\n2 対策\n{sentence}\n"),
            format!("方針\n（目的）\n第1条 守る。\n（対策）\n第2条 {sentence}\n"),
        ] {
            let found = read(&text, "a.txt");
            let wrong = found
                .warnings
                .iter()
                .any(|w| matches!(w.code, Code::ReferenceMissing | Code::ReferenceMismatch));
            // In a document of articles 上記1 has nothing to point at.
            assert!(
                !wrong || sentence.starts_with("上記1") && text.contains('条'),
                "{sentence}: {:?}",
                found.warnings
            );
        }
    }
}

#[test]
fn what_fits_nowhere_is_listed() {
    let document = read(
        "花守市情報セキュリティ方針\nmemo\n\n1 目的\n\n守ることを目的とする。\n\n8000 番の電話\n",
        "a.txt",
    );
    assert_eq!(codes(&document), ["line-unrecognised"]);
    assert_eq!(document.warnings[0].line, 2);
    assert!(document.clauses[0].text.contains("8000 番の電話"));
}

fn labels(text: &str) -> Vec<String> {
    read(text, "a.txt").clauses.into_iter().map(|c| c.label).collect()
}

/// Ways of numbering met in published policies, in own words.
#[test]
fn numbering_of_other_cities() {
    // 第1 without 条, items without brackets, captions above.
    assert_eq!(
        labels(
            "花守市方針\n(趣旨)\n第1 方針を示す。\n(定義)\n第2 用語は次のとおりとする。\n1 端末\n机上の機器をいう。\n(1) 据置き型\n(2) (1)又は台帳に関する機器\n2 台帳\n一覧をいう。\n"
        ),
        ["第1", "第2", "第2の1", "第2の1(1)", "第2の1(2)", "第2の2"]
    );
    // Chapters in which numbers begin again; decimals; katakana in brackets.
    assert_eq!(
        labels(
            "花守市ポリシー\n第一章　基本方針\n１．目的\n定める。\n２．範囲\n全庁とする。\n第二章　対策基準\n１．体制\n1.1　責任者\n　①　副市長とする。\n　　ア　任命\n　　　(ｱ) 書面\n　　　(ｲ) 期間\n1.2　委員会\n２．資産\n"
        ),
        [
            "第1章",
            "第1章1",
            "第1章2",
            "第2章",
            "第2章1",
            "1.1",
            "1.1①",
            "1.1①ア",
            "1.1①ア(ア)",
            "1.1①ア(イ)",
            "1.2",
            "第2章2"
        ]
    );
    // Dashes of every kind; parts without a number that only the contents name.
    assert_eq!(
        labels(
            "○花守市ポリシー\n令和7年3月28日\n告示第8号\n目次\n基本方針\n1 方針\n1―1 目的\n対策基準\n2 基準\n2－1 体制\n2－1－1 責任者\n基本方針\n1 方針\n1―1 目的\n定める。\n対策基準\n2 基準\n2－1 体制\n2－1－1 責任者\n(1) 副市長とする。\n"
        ),
        ["基本方針", "1", "1-1", "対策基準", "2", "2-1", "2-1-1", "2-1-1(1)"]
    );
    // Numbers that stand alone on their line; no blank after a number.
    assert_eq!(
        labels("花守市方針\n1.\n目的\n定める。\n2.\n定義\n(1)\n端末\n機器をいう。\n"),
        ["1", "2", "2(1)"]
    );
    assert_eq!(
        labels("花守市方針\n１目的\n定める。\n２定義\n①端末\n②台帳\n３人的対策\n行う。\n"),
        ["1", "2", "2①", "2②", "3"]
    );
    // Item 1 on the line of its article; イロハ; a deleted range.
    let text = "花守市規程\n第1条　次に掲げるものとする。\n一　端末\nイ　据置き型\nロ　携帯型\n二　台帳\n第2条から第4条まで　削除\n第5条 (1) 甲\n(2) 乙\n";
    assert_eq!(
        labels(text),
        [
            "第1条",
            "第1条(1)",
            "第1条(1)イ",
            "第1条(1)ロ",
            "第1条(2)",
            "第2条",
            "第5条",
            "第5条(1)",
            "第5条(2)"
        ]
    );
    assert!(read(text, "a.txt").warnings.is_empty(), "{:?}", read(text, "a.txt").warnings);
    // A table of definitions, as web pages carry it.
    let terms = read("花守市規程\n第1条　目的を定める。\n(用語の定義)\n第2条　用語の意義は、次のとおりとする。\n(1)端末 | 机上の機器をいう。 |\n(2)台帳 | 一覧をいう。 |\n", "a.txt").terms;
    assert_eq!(
        terms.iter().map(|t| (t.term.as_str(), t.definition.as_str())).collect::<Vec<_>>(),
        [("端末", "机上の機器をいう。"), ("台帳", "一覧をいう。")]
    );
}

#[test]
fn sentences_that_begin_with_a_number_stay_sentences() {
    for (text, expected) in [
        (
            "方針\n1 目的\n次の要件を満たすときは、\n(1)及び(2)に掲げる者を除き、令和5年\n3月版のガイドラインに従う。\n2 範囲\n",
            vec!["1", "2"],
        ),
        ("方針\n第1条 職員は、\n第5条の規定により守る。\n第2条 守る。\n", vec!["第1条", "第2条"]),
        ("方針\n1 目的\n定める。\n2024年度から行う。\n2 範囲\n", vec!["1", "2"]),
    ] {
        assert_eq!(labels(text), expected, "{text}");
    }
}
