//! Which formulas may stay (O24): every function on the safe list, every reference inside the workbook.

use crate::Severity;

/// Functions that only compute from cells of the workbook. Anything that reaches out (WEBSERVICE, RTD, SQL.REQUEST,
/// CALL, IMAGE …), tells about the machine (INFO, CELL) or is unknown is absent.
const SAFE: &[&str] = &include!("../../tables/functions.in");

/// What to do with a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Safe,
    /// Replace by the stored value; the Japanese noun says what it was.
    Flatten(Severity, &'static str),
}

const DDE: Verdict = Verdict::Flatten(Severity::Active, "外部プログラムを呼ぶ数式（DDE）");
const OUTSIDE: Verdict = Verdict::Flatten(Severity::External, "外部ファイルを参照する数式");
const CALLS: Verdict = Verdict::Flatten(Severity::Active, "外部を呼び出す関数を使う数式");
const UNKNOWN: Verdict = Verdict::Flatten(Severity::Simplified, "値だけにした数式");

/// Decides about one formula, without the leading `=`. `gone` holds names that were dropped, in lower case.
pub(crate) fn check(text: &str, gone: &[String]) -> Verdict {
    if text.len() > 64 << 10 {
        return UNKNOWN;
    }
    let mut rest = text.trim_start_matches(['=', ' ']);
    let mut previous = ' ';
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => match quoted(rest, '"') {
                Some(len) => len,
                None => return UNKNOWN,
            },
            '\'' => match quoted(rest, '\'') {
                Some(len) => {
                    let name = &rest[1..len - 1];
                    if name.contains(['[', ']', '\\', '|'])
                        || name.contains("//")
                        || rest[len..].starts_with('|')
                    {
                        return if rest[len..].starts_with('|') { DDE } else { OUTSIDE };
                    }
                    len
                }
                None => return UNKNOWN,
            },
            '|' => return DDE,
            '\\' => return OUTSIDE,
            // `Table1[Column]` follows a name; `[1]Sheet1!A1` and `[Book.xlsx]Sheet1!A1` do not.
            '[' if is_name_char(previous) => match brackets(rest) {
                Some(len) => len,
                None => return UNKNOWN,
            },
            '[' => match brackets(rest) {
                // A bare `[@Column]` or `[#This Row]` inside its own table.
                Some(len)
                    if matches!(rest[1..].chars().next(), Some('@' | '#' | '['))
                        && !rest[len..].starts_with(is_name_char) =>
                {
                    len
                }
                _ => return OUTSIDE,
            },
            c if is_name_start(c) => {
                let len = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
                match name(&rest[..len], &rest[len..], gone) {
                    Verdict::Safe => len,
                    other => return other,
                }
            }
            c if c.is_ascii_digit() => rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        previous = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    Verdict::Safe
}

fn name(word: &str, after: &str, gone: &[String]) -> Verdict {
    let is_call = after.trim_start().starts_with('(');
    let lower = word.to_lowercase();
    if gone.contains(&lower) {
        return CALLS;
    }
    if !is_call {
        return if lower.contains("_xll") || lower.contains("_xludf") { CALLS } else { Verdict::Safe };
    }
    let upper = word.to_ascii_uppercase();
    let bare = ["_XLFN._XLWS.", "_XLFN.SINGLE", "_XLFN.", "_XLWS."]
        .iter()
        .find_map(|prefix| upper.strip_prefix(prefix).filter(|rest| !rest.is_empty()))
        .unwrap_or(&upper);
    if bare == "HYPERLINK" {
        // A jump inside the workbook is harmless.
        return if after.trim_start()[1..].trim_start().starts_with("\"#")
            && !after.contains("\"&")
            && !after.contains("\" &")
        {
            Verdict::Safe
        } else {
            Verdict::Flatten(Severity::Simplified, "リンクの数式")
        };
    }
    if SAFE.binary_search(&bare).is_ok() || bare == "_XLFN.SINGLE" {
        return Verdict::Safe;
    }
    match bare {
        "WEBSERVICE" | "FILTERXML" | "RTD" | "CALL" | "REGISTER" | "REGISTER.ID" | "EXEC" | "SQL.REQUEST"
        | "IMAGE" | "STOCKHISTORY" | "ENCODEURL" | "DDE" | "RUN" | "FOPEN" | "FWRITE" | "FORMULA"
        | "FORMULA.FILL" | "ON.TIME" | "HALT" | "ALERT" | "GOTO" | "EVALUATE" | "PY" | "DETECTLANGUAGE"
        | "TRANSLATE" | "COPILOT" => CALLS,
        _ if bare.starts_with("CUBE")
            || bare.starts_with("GET.")
            || bare.contains("_XLL")
            || bare.contains("_XLUDF") =>
        {
            CALLS
        }
        _ => UNKNOWN,
    }
}

/// Length of a quoted run at the start of `text`, doubled quotes inside included.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return Some(at + 1),
            }
        }
    }
    None
}

/// Length of a bracketed run at the start of `text`; `'` escapes the next character in structured references.
fn brackets(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => {
                chars.next();
            }
            '[' => depth += 1,
            ']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(SAFE.windows(2).all(|w| w[0] < w[1]), "{:?}", SAFE.windows(2).find(|w| w[0] >= w[1]));
    }

    #[test]
    fn ordinary_formulas_stay() {
        for text in [
            "SUM(A1:B2)",
            "IF('集計 表'!$B$3=\"○\",VLOOKUP(A1,一覧!$A:$C,3,FALSE),\"\")",
            "表1[[#This Row],[金額]]*1.1",
            "[@金額]*2",
            "_xlfn.XLOOKUP(A1,B:B,C:C)",
            "_xlfn._xlws.FILTER(A1:B9,A1:A9>0)",
            "TEXT(TODAY(),\"ggge年m月d日\")",
            "\"cmd|x\"&A1",
            "DATEDIF(A1,B1,\"Y\")",
            "PHONETIC(A1)",
            "税率*A1",
            "HYPERLINK(\"#Sheet2!A1\",\"戻る\")",
            "SUMPRODUCT((A1:A9=1)*(B1:B9))",
            "Sheet1:Sheet3!A1",
            "1E+5",
            "{1,2;3,4}",
            "#REF!",
            "-A1%",
        ] {
            assert_eq!(check(text, &[]), Verdict::Safe, "{text}");
        }
    }

    #[test]
    fn what_reaches_out_goes() {
        for (text, verdict) in [
            ("cmd|'/c calc'!A0", DDE),
            ("'cmd'|'/c calc'!A0", DDE),
            ("[1]Sheet1!A1", OUTSIDE),
            ("'[1]集計 表'!A1", OUTSIDE),
            ("SUM('C:\\x\\[a.xlsx]S'!A1)", OUTSIDE),
            ("WEBSERVICE(\"http://x\")", CALLS),
            ("_xlfn.WEBSERVICE(A1)", CALLS),
            ("webservice (A1)", CALLS),
            ("_xll.DOIT(1)", CALLS),
            ("IMAGE(\"http://x\")", CALLS),
            ("MYUDF(A1)", UNKNOWN),
            ("CELL(\"filename\")", UNKNOWN),
            ("HYPERLINK(\"http://x\")", Verdict::Flatten(Severity::Simplified, "リンクの数式")),
            ("\"unterminated", UNKNOWN),
        ] {
            assert_eq!(check(text, &[]), verdict, "{text}");
        }
        assert_eq!(check("auto_open", &["auto_open".to_owned()]), CALLS);
    }
}
