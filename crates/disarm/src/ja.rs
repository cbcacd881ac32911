//! Japanese sentences for people: what happened, what was kept, what to do.

use crate::{Action, Item, Kind, Meter, Refusal, Severity};

/// Short sentences that sum up items: 「マクロを2件取り除きました」. Threats first, notes last.
pub(crate) fn sentences(items: &[Item]) -> Vec<String> {
    let mut groups: Vec<(Severity, Action, &str, u64)> = Vec::new();
    for item in items {
        let same = |g: &&mut (Severity, Action, &str, u64)| {
            g.0 == item.severity && g.1 == item.action && g.2 == item.what
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.3 += item.count,
            None => groups.push((item.severity, item.action, &item.what, item.count)),
        }
    }
    groups.sort_by_key(|g| order(g.0));
    groups.into_iter().map(|(_, action, what, count)| sentence(action, what, count)).collect()
}

fn order(severity: Severity) -> u8 {
    match severity {
        Severity::Active => 0,
        Severity::External => 1,
        Severity::Hidden => 2,
        Severity::Simplified => 3,
        Severity::Note => 4,
    }
}

fn sentence(action: Action, what: &str, count: u64) -> String {
    match action {
        Action::Dropped => format!("{what}を{count}件取り除きました"),
        Action::Rewritten => format!("{what}を{count}件作り直しました"),
        Action::Flattened => format!("{what}を{count}件、見た目だけにしました"),
        Action::Kept => format!("{what}が{count}件あります（残しました）"),
        Action::Refused => format!("{what}を{count}件止めました"),
    }
}

/// One sentence per refusal: why, and what to do.
#[must_use]
pub fn refusal(reason: &Refusal) -> String {
    match reason {
        Refusal::Unsupported(kind) => unsupported(*kind).to_owned(),
        Refusal::DangerousName { extension } => {
            format!("「.{extension}」は開くとプログラムが動く種類のファイルなので、通しません。")
        }
        Refusal::Malformed { location, what } => format!(
            "ファイルが壊れているため、中身を確かめられませんでした（{}{}）。作成元で保存し直してください。",
            place(location),
            detail(what)
        ),
        Refusal::Ambiguous { location, what } => format!(
            "読み方によって中身が変わる作りのため、通しません（{}{}）。作成元で保存し直してください。",
            place(location),
            detail(what)
        ),
        Refusal::NotHandled { location, what } => format!(
            "まだ扱えない機能が使われています（{}{}）。別の形式で保存し直してください。",
            place(location),
            detail(what)
        ),
        Refusal::Limit(meter) => {
            format!("{}ため、処理を止めました。ファイルを分けて送ってください。", limit(*meter))
        }
        Refusal::Password { members } if members.is_empty() => {
            "パスワードが掛かっています。パスワードを入力するか、外してから送り直してください。".to_owned()
        }
        Refusal::Password { members } => {
            format!(
                "書庫の中の{}件にパスワードが掛かっています。パスワードを入力してください。",
                members.len()
            )
        }
        Refusal::Encryption { what } => {
            format!("パスワードでは開けない暗号化です（{what}）。保護を外してから送り直してください。")
        }
        Refusal::Member { member, reason } => {
            format!("書庫の中の「{member}」を通せないため、書庫全体を止めました。理由: {}", refusal(reason))
        }
    }
}

fn place(location: &str) -> String {
    if location.is_empty() { String::new() } else { format!("{location}: ") }
}

fn detail(what: &str) -> &str {
    what
}

fn limit(meter: Meter) -> &'static str {
    match meter {
        Meter::InputBytes => "ファイルが大きすぎる",
        Meter::OutputBytes => "作り直したファイルが大きくなりすぎる",
        Meter::ExpandedBytes => "展開後の大きさが上限を超える",
        Meter::Ratio => "圧縮率が異常に高い（展開すると巨大になる）",
        Meter::Entries => "中に入っているファイルの数が多すぎる",
        Meter::Depth => "入れ子が深すぎる",
        Meter::Nesting => "内部構造の入れ子が深すぎる",
        Meter::Attributes => "内部構造の属性が多すぎる",
        Meter::Pixels => "画像の画素数が多すぎる",
        Meter::Pages => "ページ数が多すぎる",
        Meter::Objects => "内部の部品の数が多すぎる",
        Meter::Steps => "解析の手間が上限を超える",
    }
}

fn unsupported(kind: Kind) -> &'static str {
    match kind {
        Kind::Jtd => "一太郎文書は扱えません。一太郎から PDF で出し直してください。",
        Kind::DocuWorks => {
            "DocuWorks 文書は扱えません。DocuWorks プリンターなどで PDF にして送り直してください。"
        }
        Kind::Heic => {
            "HEIC 画像は扱えません。JPEG に変換して送り直してください（iPhone は「互換性優先」で撮影）。"
        }
        Kind::Cad => {
            "CAD 図面は扱えません。PDF に書き出して送り直してください。原図が必要なときは承認を得て別経路で渡してください。"
        }
        Kind::Executable => "実行ファイルまたはスクリプトなので、通しません。",
        Kind::OldWord => "旧形式の Word 文書（.doc）はまだ扱えません。.docx で保存し直してください。",
        Kind::OldExcel => {
            "Excel 4.0 以前の形式の .xls は扱えません。Excel で開き、.xlsx で保存し直してください。"
        }
        Kind::OldPowerPoint => "旧形式の PowerPoint（.ppt）はまだ扱えません。.pptx で保存し直してください。",
        Kind::Xlsb => "バイナリ形式のブック（.xlsb）は扱えません。.xlsx で保存し直してください。",
        Kind::OfficeAddIn => "Office のアドインは、プログラムなので通しません。",
        Kind::Msg | Kind::Eml => {
            "メールのファイルはまだ扱えません。本文は文字で、添付は個別に送ってください。"
        }
        Kind::Rtf => "RTF 文書はまだ扱えません。.docx で保存し直してください。",
        Kind::Odf => "OpenDocument 形式はまだ扱えません。.docx・.xlsx・.pptx で保存し直してください。",
        Kind::Html => "HTML・MHTML はまだ扱えません。PDF にして送り直してください。",
        Kind::Xml => "XML 文書はまだ扱えません。PDF にして送り直してください。",
        Kind::Svg => "SVG 画像はまだ扱えません。PNG に変換して送り直してください。",
        Kind::Metafile => "WMF・EMF 画像はまだ扱えません。PNG に変換して送り直してください。",
        Kind::OtherImage => "この画像形式は扱えません。JPEG か PNG に変換して送り直してください。",
        Kind::OtherArchive => "この書庫形式はまだ扱えません。ZIP にまとめ直してください。",
        Kind::Media => "音声・動画は扱えません。必要なときは承認を得て別経路で渡してください。",
        Kind::Font => "フォントファイルは通しません。",
        Kind::PostScript => {
            "PostScript・EPS はプログラムを含むため通しません。PDF に変換して送り直してください。"
        }
        Kind::OtherOle => "Office の旧形式に似た未知の文書なので、通しません。PDF にして送り直してください。",
        Kind::Empty => "ファイルが空です。",
        Kind::Unknown => "種類の分からないファイルなので、通しません。PDF などに変換して送り直してください。",
        Kind::Docx
        | Kind::Xlsx
        | Kind::Pptx
        | Kind::EncryptedOoxml
        | Kind::Zip
        | Kind::Pdf
        | Kind::Jpeg
        | Kind::Png
        | Kind::Gif
        | Kind::Bmp
        | Kind::Tiff
        | Kind::Webp
        | Kind::Text
        | Kind::Csv
        | Kind::Tsv => "この形式はまだ扱えません。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Threat;

    fn item(what: &str, severity: Severity, action: Action) -> Item {
        Item { threat: Threat::O10, severity, action, what: what.into(), location: String::new(), count: 1 }
    }

    #[test]
    fn same_things_are_counted_and_threats_come_first() {
        let items = [
            item("サムネイル", Severity::Note, Action::Dropped),
            item("マクロ", Severity::Active, Action::Dropped),
            item("マクロ", Severity::Active, Action::Dropped),
        ];
        assert_eq!(sentences(&items), ["マクロを2件取り除きました", "サムネイルを1件取り除きました"]);
    }

    #[test]
    fn every_refused_kind_has_its_own_sentence() {
        let mut seen = std::collections::BTreeMap::new();
        for kind in Kind::ALL.iter().filter(|k| !k.is_rebuilt()) {
            let sentence = unsupported(*kind);
            let shares = matches!(kind, Kind::Eml);
            assert!(sentence.ends_with('。'), "{kind:?}");
            assert!(seen.insert(sentence, *kind).is_none() || shares, "{kind:?} shares its sentence");
        }
        assert!(unsupported(Kind::Jtd).contains("一太郎から PDF で出し直してください"));
    }
}
