//! Plain text, CSV and TSV (threats T01, T02).
//!
//! Text is decoded strictly, cleaned of characters that are instructions rather than writing, and encoded again.
//! CP932 stays CP932, because the systems that exchange such files expect it, unless what is left would read as something
//! else; everything else leaves as UTF-8.
//! 外字 (user-defined characters) are kept.

mod encoding;
mod table;

use crate::{
    Action, Kind, Meter, Refusal, Severity, Threat,
    ctx::{Ctx, Rebuilt},
    detect::detect,
};

pub(crate) fn rebuild(kind: Kind, bytes: &[u8], ctx: &mut Ctx<'_>) -> Result<Rebuilt, Refusal> {
    ctx.spend(Meter::ExpandedBytes, bytes.len() as u64)?;
    let decoded =
        encoding::decode(bytes).ok_or_else(|| Refusal::malformed("", "文字コードが分かりません"))?;
    let cleaned = clean(&decoded.text, ctx);
    let text = match kind {
        Kind::Csv => table::neutralise(&cleaned, ',', ctx),
        Kind::Tsv => table::neutralise(&cleaned, '\t', ctx),
        _ => cleaned,
    };
    if text.is_empty() {
        // Nothing but control characters or a delimiter line: as good as an empty file.
        return Err(Refusal::Unsupported(Kind::Empty));
    }
    let out = encoding::encode(&text, decoded.encoding, decoded.mark)
        .ok_or_else(|| Refusal::malformed("", "元の文字コードで書けない文字があります"))?;
    // Without what was taken out, bytes can look like another encoding or another type of file. A mark settles both, but
    // for types that are text themselves.
    let name = format!("a.{}", kind.extension());
    let reads_otherwise = |out: &[u8]| {
        detect(out, &name) != kind || encoding::decode(out).is_none_or(|again| again.text != text)
    };
    let marks = out != bytes && reads_otherwise(&out);
    let out = if marks { encoding::with_mark(&text) } else { out };
    if marks && reads_otherwise(&out) {
        return Err(Refusal::ambiguous("", "取り除いた後のテキストが、別の種類のファイルに見えます"));
    }
    if decoded.encoding.leaves_as_utf8() || marks {
        let what = match decoded.encoding {
            encoding::Encoding::Utf8 => "目印(BOM)の無い UTF-8".to_owned(),
            other => format!("文字コード（{} を UTF-8 へ）", other.name()),
        };
        ctx.report(Threat::T02, Severity::Simplified, Action::Rewritten, &what, "");
    }
    Ok(Rebuilt::new(kind, out))
}

/// Drops control characters and everything that reorders or hides writing; line ends and tabs stay.
fn clean(text: &str, ctx: &mut Ctx<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\t' | '\n' | '\r' => out.push(c),
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                ctx.report(Threat::T02, Severity::Note, Action::Rewritten, "特殊な改行文字", "");
                out.push('\n');
            }
            '\u{1b}' => {
                if chars.next_if_eq(&'[').is_some() {
                    while chars.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
                    chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
                }
                ctx.report(Threat::T02, Severity::Active, Action::Dropped, "端末の制御文字列", "");
            }
            // The end-of-file mark of DOS, still written by office machines.
            '\u{1a}' if chars.peek().is_none() => ctx.note(Threat::T02, "DOS のファイル終端文字", ""),
            c if is_control(c) => {
                ctx.report(Threat::T02, Severity::Hidden, Action::Dropped, "制御文字", "");
            }
            c if is_invisible(c) => {
                ctx.report(
                    Threat::T02,
                    Severity::Hidden,
                    Action::Dropped,
                    "見えない文字・文字順を変える文字",
                    "",
                );
            }
            c => out.push(c),
        }
    }
    out
}

fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

/// Bidirectional controls, zero-width characters and tags. Joiners and variation selectors (IVS) are writing.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use crate::{Limits, Outcome, Ruleset, Secrets, disarm};

    fn run(bytes: &[u8], name: &str) -> (Vec<u8>, crate::Report) {
        match disarm(bytes, name, &Ruleset::default(), &Limits::default(), &Secrets::none()) {
            Outcome::Clean { rebuilt, report } => {
                let again = disarm(&rebuilt, name, &Ruleset::default(), &Limits::default(), &Secrets::none());
                assert!(
                    matches!(&again, Outcome::Clean { rebuilt: second, .. } if *second == rebuilt),
                    "not a fixed point: {again:?}"
                );
                let format = sekisho_disarm_check::Format::from_extension(&name[2..]).unwrap();
                assert_eq!(sekisho_disarm_check::check(&rebuilt, format), Ok(vec![]));
                (rebuilt, report)
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn t01_formulas_become_words_and_numbers_stay() {
        let input = "名前,値\r\n=cmd|' /C calc'!A0,-12.5\r\n\"　＝HYPERLINK(\"\"x\"\")\",+81-3-1234-5678\r\n－,@SUM(A1)\r\n";
        let (out, report) = run(input.as_bytes(), "a.csv");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "名前,値\r\n\"'=cmd|' /C calc'!A0\",-12.5\r\n\"'　＝HYPERLINK(\"\"x\"\")\",+81-3-1234-5678\r\n－,\"'@SUM(A1)\"\r\n"
        );
        assert_eq!(report.threats(), 3);
        assert_eq!(report.items[0].location, "A2");
    }

    #[test]
    fn an_ordinary_table_comes_out_equal() {
        let input = "品名,単価\n\"机, 大\",\"12,000\"\n合計,-500\n";
        let (out, report) = run(input.as_bytes(), "a.csv");
        assert_eq!(out, input.as_bytes());
        assert_eq!(report.items, []);
    }

    /// The second checker has to read the end of such a cell as the engine does, or it stops a harmless file.
    #[test]
    fn a_sign_alone_is_no_formula_whatever_space_follows_it() {
        let input = "達成率,%\t,＝　,\"= \"\n";
        let (out, report) = run(input.as_bytes(), "a.csv");
        assert_eq!((out.as_slice(), report.threats()), (input.as_bytes(), 0));
        let (out, report) = run("=\u{2003}\n".as_bytes(), "a.csv");
        assert_eq!((out.as_slice(), report.threats()), ("\"'=\u{2003}\"\n".as_bytes(), 1));
    }

    #[test]
    fn a_delimiter_line_is_dropped_and_its_delimiter_replaced() {
        let (out, report) = run(b"sep=;\r\na;=1+1\r\nb,c;d\r\n", "a.csv");
        assert_eq!(out, b"a,\"'=1+1\"\r\n\"b,c\",d\r\n");
        assert!(report.threats() >= 1);
    }

    #[test]
    fn cp932_keeps_its_bytes_and_gaiji() {
        // 「表」 has 0x5C as its second byte; 0xF040 is the first user-defined character.
        let input = b"\x95\x5c,\xf0\x40,\xb1\r\n";
        let (out, _) = run(input, "a.csv");
        assert_eq!(out, input);
    }

    #[test]
    fn what_would_read_as_another_encoding_leaves_as_utf8() {
        // ﾑﾏ and a byte that is no character: without it the two read as one ideograph of EUC-JP.
        let (out, report) = run(b"\xd1\xcf\x80", "a.csv");
        assert_eq!(out, "\u{feff}ﾑﾏ".as_bytes());
        assert_eq!(report.items.iter().filter(|i| i.severity == crate::Severity::Simplified).count(), 1);
    }

    #[test]
    fn what_would_be_another_type_of_file_is_marked_or_refused() {
        // The signature of an LZH archive, once the control character is gone.
        let (out, _) = run(b"Rj-lhF\x03-", "a.csv");
        assert_eq!(out, "\u{feff}Rj-lhF-".as_bytes());
        // With the mark the signature of TAR comes to stand where it counts.
        let late = [&b"\xd1\xcf\x80"[..], &[b'a'; 248], b"ustar"].concat();
        let late = disarm(&late, "a.txt", &Ruleset::default(), &Limits::default(), &Secrets::none());
        assert!(
            matches!(late, Outcome::Blocked { reason: crate::Refusal::Ambiguous { .. }, .. }),
            "{late:?}"
        );
    }

    #[test]
    fn t02_iso_2022_jp_and_utf16_leave_as_utf8() {
        let (out, _) = run(b"\x1b$BF|K\\\x1b(B\n", "a.txt");
        assert_eq!(out, "\u{feff}日本\n".as_bytes());
        let utf16: Vec<u8> = "\u{feff}申請\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (out, _) = run(&utf16, "a.txt");
        assert_eq!(out, "\u{feff}申請\r\n".as_bytes());
    }

    #[test]
    fn t02_instructions_hidden_in_text_go() {
        let (out, report) = run("a\u{202e}txt.exe\u{1b}[31m赤\u{7}葛\u{e0100}".as_bytes(), "a.txt");
        assert_eq!(String::from_utf8(out).unwrap(), "atxt.exe赤葛\u{e0100}");
        assert_eq!(report.items.len(), 3);
    }

    /// What cells, encodings and types of files begin with, in any order.
    const PIECES: &[&[u8]] = &[
        b"\"",
        b"'",
        b"=",
        b"+",
        b"-",
        b"%",
        b"@",
        b"|",
        b"\t",
        b"\n",
        b"\r",
        b" ",
        b",",
        b";",
        b"1",
        b"a",
        b"C",
        b"sep=",
        b"-lh",
        b"PK\x05\x06",
        b"{\\rtf",
        b"\x03",
        b"\x1a",
        b"\x1b[",
        b"\x1b$B",
        b"\x80",
        b"\xa0",
        b"\xb1",
        b"\xd1\xcf",
        b"\xb3\xb3",
        b"\x81\x40",
        b"\x81\x81",
        b"\x95\x5c",
        b"\xef\xbb\xbf",
        "　".as_bytes(),
        "＝".as_bytes(),
        "－".as_bytes(),
        "\u{2003}".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{a0}".as_bytes(),
        "葛".as_bytes(),
        "ｶ".as_bytes(),
    ];

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]
        /// Whatever comes out is a fixed point with which the second checker agrees.
        #[test]
        fn what_leaves_is_agreed_to(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 1..10),
            name in proptest::sample::select(&["a.csv", "a.tsv", "a.txt"][..]),
        ) {
            let bytes = pieces.concat();
            let (ruleset, limits) = (Ruleset::default(), Limits::default());
            let of = |bytes: &[u8]| disarm(bytes, name, &ruleset, &limits, &Secrets::none());
            if let Outcome::Clean { rebuilt, report } = of(&bytes)
                && let Some(format) =
                    report.output_extension.as_deref().and_then(sekisho_disarm_check::Format::from_extension)
            {
                proptest::prop_assert_eq!(sekisho_disarm_check::check(&rebuilt, format), Ok(vec![]));
                let again = of(&rebuilt);
                proptest::prop_assert!(
                    matches!(&again, Outcome::Clean { rebuilt: second, .. } if *second == rebuilt),
                    "{:?} {:?}", rebuilt, again
                );
            }
        }
    }
}
