//! What a person reads: what happened, what was kept, what to do next.

use crate::pdf::PdfError;
use crate::{Code, PolicyError, limits};

/// One sentence for a refused file.
pub fn error(error: &PolicyError) -> String {
    let sentence = match error {
        PolicyError::TooLarge { bytes } => {
            return format!(
                "ファイルが大きすぎます（{}MB）。読み込めるのは{}MBまでです。画像や添付を除いた本文だけのファイルにしてください。何も保存していません。",
                bytes.div_ceil(1024 * 1024),
                limits::FILE_BYTES_MAX / 1024 / 1024
            );
        }
        PolicyError::Encoding { line } => {
            return format!(
                "文字コードを判別できませんでした（UTF-8として{line}行目に読めない文字があります）。UTF-8又はShift_JISで保存し直してください。何も保存していません。"
            );
        }
        PolicyError::TextTooLarge => {
            "本文が長すぎます（4MB、10万行、1行256KBのいずれかを超えています）。文書を分けてから取り込んでください。何も保存していません。"
        }
        PolicyError::Empty => {
            "ファイルに文字がありません。中身を確かめて、もう一度選んでください。何も保存していません。"
        }
        PolicyError::Pdf => {
            "PDFは条項を正しく読み取れないため取り込めません。元のWord文書（.docx）か、本文をコピーして保存したテキスト（.txt）を選んでください。何も保存していません。"
        }
        PolicyError::OldOffice => {
            "古い形式の文書（.doc、.xls、.jtdなど）は取り込めません。Wordや一太郎で開き、「Word文書（.docx）」として保存し直してください。何も保存していません。"
        }
        PolicyError::Rtf => {
            "リッチテキスト（.rtf）は取り込めません。Wordで開き、「Word文書（.docx）」として保存し直してください。何も保存していません。"
        }
        PolicyError::Html => {
            "ウェブページ（HTML）は取り込めません。画面の本文だけをコピーして、テキスト（.txt）として保存し直してください。何も保存していません。"
        }
        PolicyError::NotWord => {
            "Word文書（.docx）ではない圧縮ファイルです。Excelやその他の形式の場合は、Word文書かテキストに直してください。何も保存していません。"
        }
        PolicyError::Binary { .. } => {
            "文章ではないデータが含まれています。ファイルが壊れているか、別の種類のファイルです。元の文書を開いて保存し直してください。何も保存していません。"
        }
        PolicyError::BrokenDocx { .. } => {
            "Word文書が壊れていて読めません。Wordで開いて保存し直してから、もう一度選んでください。何も保存していません。"
        }
        PolicyError::Encrypted => {
            "パスワードで保護された文書は読めません。パスワードを外して保存し直してください。何も保存していません。"
        }
        PolicyError::Bomb => {
            "Word文書の中身が異常に大きいため、安全のため読み込みを止めました。作成元に確かめてください。何も保存していません。"
        }
        PolicyError::TooManyClauses => {
            "条項が多すぎます（2万件を超えています）。文書を分けてから取り込んでください。何も保存していません。"
        }
        PolicyError::NoClauses => {
            "番号の付いた条項が1つも見つかりませんでした。「1 目的」「第1条」「(1)」のような番号が本文にあるか確かめてください。何も保存していません。"
        }
    };
    sentence.to_owned()
}

/// One sentence for a PDF that was not made.
pub fn pdf_error(error: &PdfError) -> String {
    match error {
        PdfError::Font => "PDFに埋め込むフォントを読めませんでした。日本語のOpenTypeフォントを指定してください。PDFは作られていません。".to_owned(),
        PdfError::Glyph(c) => format!(
            "文字「{c}」（U+{:04X}）がフォントにないため、PDFを作れません。常用の文字に直すか、その文字を含むフォントを指定してください。",
            *c as u32
        ),
        PdfError::TooLong => "文書が長すぎてPDFにできません。文書を分けてください。PDFは作られていません。".to_owned(),
    }
}

/// A short name for a kind of warning, for lists and filters.
pub fn code(code: Code) -> &'static str {
    match code {
        Code::BulletRemoved => "行頭記号を除いた",
        Code::CharacterRemoved => "制御文字を除いた",
        Code::DateDayMissing => "日の記載がない日付",
        Code::DateUnclear => "何の日付か不明",
        Code::DateUnreadable => "読めない日付",
        Code::FootnoteSkipped => "脚注は対象外",
        Code::HeadingUnnumbered => "番号のない見出し",
        Code::HistoryRowUnreadable => "読めない改定履歴の行",
        Code::LineJoined => "途中で切れた行をつないだ",
        Code::LineUnrecognised => "判別できない行",
        Code::NumberDoubtful => "番号か疑わしい行",
        Code::PageHeaderRemoved => "ページの見出しを除いた",
        Code::PageNumberRemoved => "ページ番号を除いた",
        Code::PictureSkipped => "図は対象外",
        Code::PrivateCharacter => "外字",
        Code::TitleMissing => "表題が見つからない",
        Code::TrackedChange => "変更履歴が残っている",
        Code::WarningsCut => "以後の指摘を省略",
        Code::NumberDuplicate => "番号の重複",
        Code::NumberGap => "番号の欠け",
        Code::NumberStart => "1から始まらない番号",
        Code::ReferenceMismatch => "参照先の取り違え",
        Code::ReferenceMissing => "参照先がない",
        Code::RevisionOrder => "改定履歴の不整合",
        Code::SpellingVariant => "表記の揺れ",
        Code::TermDuplicate => "用語の二重定義",
        Code::TermUndefined => "定義のない用語",
        Code::TermUnused => "使われない用語",
        Code::TocMismatch => "目次と本文の不一致",
    }
}

pub(crate) fn warnings_cut(count: usize) -> String {
    format!("指摘が多いため、残り{count}件を省略しました。")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_worded_once() {
        let names: HashSet<_> = Code::ALL.iter().map(|c| code(*c)).collect();
        assert_eq!(names.len(), Code::ALL.len());
        let codes: HashSet<_> = Code::ALL.iter().map(|c| serde_json::to_string(c).unwrap()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
    }

    #[test]
    fn every_error_says_what_was_kept() {
        let all = [
            PolicyError::TooLarge { bytes: 104_857_600 },
            PolicyError::TextTooLarge,
            PolicyError::Empty,
            PolicyError::Pdf,
            PolicyError::OldOffice,
            PolicyError::Rtf,
            PolicyError::Html,
            PolicyError::NotWord,
            PolicyError::Binary { offset: 3 },
            PolicyError::Encoding { line: 4 },
            PolicyError::BrokenDocx { reason: "x".into() },
            PolicyError::Encrypted,
            PolicyError::Bomb,
            PolicyError::TooManyClauses,
            PolicyError::NoClauses,
        ];
        let sentences: HashSet<_> = all.iter().map(error).collect();
        let codes: HashSet<_> = all.iter().map(PolicyError::code).collect();
        assert_eq!((sentences.len(), codes.len()), (all.len(), all.len()));
        assert!(sentences.iter().all(|s| s.ends_with("何も保存していません。")));
        assert!(error(&all[0]).contains("100MB"));
    }
}
