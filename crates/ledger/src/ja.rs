//! What people read: plain Japanese for every error, finding and warning. Says what happened, what was kept,
//! and what to do next.

use crate::error::Error;
use crate::verify::{BadKind, Finding, Level, VerifyReport, Warning};
use crate::witness::Refusal;

/// A sentence for an error of this crate.
pub fn error(error: &Error) -> String {
    match error {
        Error::NumberNotExact => "記録する内容に小数または大きすぎる数があります。何も記録していません。整数か文字列に直してください。".into(),
        Error::TooDeep { max } => format!("記録する内容の入れ子が{max}段を超えています。何も記録していません。内容を分けてください。"),
        Error::TooLarge { bytes, max, .. } => format!("記録する内容が大きすぎます（{bytes}バイト、上限{max}バイト）。何も記録していません。大きなものはファイルとして保存し、ハッシュ値で記録してください。"),
        Error::BadEntry(_) => "証跡の1件が決められた形式ではありません。その1件は受け付けていません。証跡を検証してください。".into(),
        Error::NotCanonical => "証跡の1件の書き方が正規の形と異なります。その1件は受け付けていません。証跡を検証してください。".into(),
        Error::BadKey(_) => "鍵の形式が正しくありません。鍵は使っていません。鍵ファイルまたは公開鍵の文字列を確かめてください。".into(),
        Error::KeyFileOpen(path) => format!("鍵ファイル {path} を他の利用者が読める状態です。鍵は使っていません。権限を 0600 にし、漏れた疑いがあれば鍵を交換してください。"),
        Error::BadNote(_) => "署名付き文書の形式が正しくありません。内容は信用していません。受け取り直してください。".into(),
        Error::BadCheckpoint(_) => "チェックポイントの形式が正しくありません。内容は信用していません。受け取り直してください。".into(),
        Error::UnknownSigner => "知っている鍵の署名がありません。内容は信用していません。正しい公開鍵を登録しているか確かめてください。".into(),
        Error::BadSignature(name) => format!("{name} の署名が内容と合いません。内容は信用していません。途中で書き換えられた疑いがあります。原本と比べてください。"),
        Error::BadTile(_) => "証跡のタイルファイルが壊れています。証跡の原本はデータベースにあります。フォルダーを別名で残し、タイルを作り直してください。".into(),
        Error::MissingTile(path) => format!("証跡のタイルファイル {path} がありません。証跡の原本はデータベースにあります。フォルダーを別名で残し、タイルを作り直してください。"),
        Error::TilesBroken => "証跡のタイルが署名済みの値と合いません。何も書き込んでいません。フォルダーを別名で残し（証拠になります）、証跡を検証してください。".into(),
        Error::BadProof(_) => "証明の形式が正しくありません。証明としては使えません。受け取り直してください。".into(),
        Error::ProofFails => "証明が成り立ちません。記録がその証跡に含まれるとは言えません。証明と記録の組み合わせを確かめてください。".into(),
        Error::OutOfRange { index, size } => format!("{index}番はこの証跡の範囲（{size}件）にありません。番号を確かめてください。"),
        Error::NotAtEnd { first, size } => format!("証跡は{size}件で終わっているため、{first}番からの記録は続けられません。何も追加していません。処理をやり直してください。"),
        Error::SignerRefusesSmaller { signed, asked } => format!("すでに{signed}件までに署名しているため、{asked}件の証跡には署名しません。何も公開していません。古いバックアップに戻していないか確かめてください。"),
        Error::SignerRefusesFork { signed, .. } => format!("署名済みの{signed}件と食い違うため、署名しません。何も公開していません。証跡が書き換えられた疑いがあります。システムを止めずに証跡を検証し、情報政策課へ連絡してください。"),
        Error::SignerStateMissing => "最後に署名した控えがありません。署名はしません。控えのフォルダーをバックアップから戻してください。".into(),
        Error::SignerStateExists => "この場所にはすでに署名の控えがあります。何も変えていません。新しい証跡には別のフォルダーを指定してください。".into(),
        Error::SignerBehind { signed, published } => format!("署名の控え（{signed}件）が公開済みの証跡（{published}件）より古くなっています。何も書き込んでいません。控えだけを古いものに戻していないか確かめてください。"),
        Error::WrongOrigin { expected, found } => format!("別の証跡（{found}）のものです。この証跡は {expected} です。ファイルを取り違えていないか確かめてください。"),
        Error::BadPolicy { line, .. } => format!("信頼する鍵の一覧（ポリシーファイル）の{line}行目が正しくありません。検証はしていません。その行を直してください。"),
        Error::Storage(_) => "ファイルの読み書きができません。書き込み済みの証跡は残っています。空き容量と権限を確かめてください。".into(),
        Error::Source(_) => "証跡をデータベースから読めません。検証は途中で止まりました。データベースの状態を確かめてからやり直してください。".into(),
    }
}

/// A sentence for a witness's refusal.
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Malformed(_) => "依頼の形式が正しくないため、立会署名をしませんでした。依頼ファイルを作り直してください。".into(),
        Refusal::UnknownLog(origin) => format!("登録していない証跡（{origin}）のため、立会署名をしませんでした。公開鍵を登録してください。"),
        Refusal::NotSigned(_) => "証跡の鍵による正しい署名がないため、立会署名をしませんでした。依頼元に確かめてください。".into(),
        Refusal::OldSizeTooLarge { .. } => "依頼の旧件数が新件数より大きいため、立会署名をしませんでした。依頼ファイルを作り直してください。".into(),
        Refusal::Conflict { cosigned } => format!("前回の立会署名は{cosigned}件までです。依頼の旧件数が違うため、署名しませんでした。{cosigned}件からの依頼を作り直してください。"),
        Refusal::RootDiffers { size } => format!("同じ{size}件なのに前回と内容が違います。立会署名をしませんでした。証跡が二通りある証拠です。この依頼ファイルを保存し、監査担当へ連絡してください。"),
        Refusal::Inconsistent { cosigned, .. } => format!("前回確認した{cosigned}件が新しい証跡に含まれていません。立会署名をしませんでした。書き換えの証拠です。この依頼ファイルを保存し、監査担当へ連絡してください。"),
        Refusal::State(_) => "立会人の控えを読み書きできないため、立会署名をしませんでした。控えのフォルダーを確かめてください。".into(),
    }
}

/// What was found at an index.
pub fn finding(finding: &Finding) -> String {
    let index = finding.index;
    match finding.kind {
        BadKind::Edited => format!("{index}番以降：記録された内容と違います（書き換え）。"),
        BadKind::Removed => format!("{index}番：記録されたものが抜けています（削除）。"),
        BadKind::Inserted => format!("{index}番：記録されていないものが入っています（挿入）。"),
        BadKind::Reordered => format!("{index}番：順序が入れ替わっています。"),
        BadKind::TruncatedTail => {
            format!("{index}番以降：末尾が失われています（切り捨て、または古いバックアップへの復元）。")
        }
        BadKind::Forked => {
            format!("{index}番以降のどこかで、証跡が二通りに分かれています（分岐）。外の写しと食い違います。")
        }
        BadKind::UnloggedChange => format!(
            "{index}番が最後の記録ですが、今の台帳はそれと違います（記録のない変更）：{}",
            finding.detail
        ),
        BadKind::RowMissing => format!("{index}番では存在する台帳の行が、今はありません（記録のない削除）。"),
        BadKind::UnknownSigner => "チェックポイントに知っている鍵の署名がありません。".into(),
        BadKind::BadSignature => "チェックポイントの署名が内容と合いません。".into(),
        BadKind::BadCheckpoint => "チェックポイントを読めません。".into(),
    }
}

/// What an auditor should know besides.
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::ClockBackwards { index, behind_ms } => format!(
            "{index}番の日時が、前の記録より{}秒戻っています。時計の狂いか、日付の遡りがないか確かめてください。",
            behind_ms / 1000
        ),
        Warning::DatedAhead { index, ahead_ms } => format!(
            "{index}番の日時が、外部が確認した時刻より{}秒進んでいます。時計を確かめてください。",
            ahead_ms / 1000
        ),
        Warning::TilesStale { path } => {
            format!("{path} が記録と合いません。記録そのものは正しいので、タイルを作り直してください。")
        }
        Warning::TileMissing { path } => format!("{path} がありません。タイルを作り直してください。"),
        Warning::ForeignEntry { index } => format!("{index}番は、この版が知らない形式の記録です。"),
        Warning::KeptUnusable { place, code } => {
            format!("{place} の写しは照合に使えませんでした（{code}）。")
        }
        Warning::HeadBehind { place, size } => format!(
            "公開中のチェックポイントが、{place} の写し（{size}件）より古いままです。公開し直してください。"
        ),
        Warning::BadCosignature { .. } => {
            "立会署名の一つが内容と合いません。その署名は数えていません。".into()
        }
    }
}

/// The report for people, one line each; the last line is the summary.
pub fn lines(report: &VerifyReport) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if !report.origin.is_empty() {
        lines.push(format!("証跡：{}", report.origin));
        lines.push(format!("件数：{}件　照合値：{}", report.size, report.root.fingerprint()));
    }
    if let Some(old) = &report.continues {
        lines.push(format!("この証跡は {old} の続きです。"));
    }
    if report.pending > 0 {
        lines.push(format!("記録中（まだチェックポイントに入っていないもの）：{}件", report.pending));
    }
    if let Some(rows) = report.rows {
        lines.push(format!("台帳との照合：{rows}行"));
    }
    lines.extend(report.findings.iter().map(|f| format!("異常：{}", finding(f))));
    rest(report.findings_count, report.findings.len(), "異常", &mut lines);
    lines.extend(report.warnings.iter().map(|w| format!("注意：{}", warning(w))));
    rest(report.warnings_count, report.warnings.len(), "注意", &mut lines);
    lines.push(summary(report));
    lines
}

fn rest(count: u64, listed: usize, what: &str, lines: &mut Vec<String>) {
    if count > listed as u64 {
        lines.push(format!("{what}：ほか{}件", count - listed as u64));
    }
}

/// One line. Below L1 it never says that nothing was altered, because nobody can know.
pub fn summary(report: &VerifyReport) -> String {
    if let Some(first) = &report.first_bad {
        return format!(
            "結果：異常があります（水準{}）。最初の異常は{}番（{}）です。",
            report.level,
            first.index,
            first.kind.code()
        );
    }
    let size = report.confirmed_size;
    let after = match report.size.saturating_sub(size) {
        0 => String::new(),
        _ => format!("{size}番以降は内部の照合だけです。"),
    };
    match report.level {
        Level::L0 => "結果：内部に矛盾はありません（水準L0）。ただし外に保管した写しと照合していないため、全体が作り直され署名し直されていても気づけません。".into(),
        Level::L1 => format!("結果：先頭から{size}件は、外に保管した写し（{}）と一致し、改ざんなし（水準L1）。{after}", report.agreeing.join("、")),
        Level::L2 => format!("結果：先頭から{size}件は、立会人（{}）の署名と一致し、改ざんなし（水準L2）。{after}", report.cosigners.join("、")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn errors() -> Vec<Error> {
        let text = String::new;
        vec![
            Error::NumberNotExact,
            Error::TooDeep { max: 1 },
            Error::TooLarge { what: "", bytes: 1, max: 1 },
            Error::BadEntry(text()),
            Error::NotCanonical,
            Error::BadKey(""),
            Error::KeyFileOpen(text()),
            Error::BadNote(""),
            Error::BadCheckpoint(""),
            Error::UnknownSigner,
            Error::BadSignature(text()),
            Error::BadTile(text()),
            Error::MissingTile(text()),
            Error::TilesBroken,
            Error::BadProof(""),
            Error::ProofFails,
            Error::OutOfRange { index: 1, size: 1 },
            Error::NotAtEnd { first: 1, size: 1 },
            Error::SignerRefusesSmaller { signed: 1, asked: 1 },
            Error::SignerRefusesFork { signed: 1, asked: 1 },
            Error::SignerStateMissing,
            Error::SignerStateExists,
            Error::SignerBehind { signed: 1, published: 1 },
            Error::WrongOrigin { expected: text(), found: text() },
            Error::BadPolicy { line: 1, what: "" },
            Error::Storage(std::io::Error::other("")),
            Error::Source(text()),
        ]
    }

    fn refusals() -> Vec<Refusal> {
        vec![
            Refusal::Malformed(Error::NotCanonical),
            Refusal::UnknownLog(String::new()),
            Refusal::NotSigned(Error::UnknownSigner),
            Refusal::OldSizeTooLarge { old: 2, new: 1 },
            Refusal::Conflict { cosigned: 1 },
            Refusal::RootDiffers { size: 1 },
            Refusal::Inconsistent { cosigned: 1, new: 2 },
            Refusal::State(Error::UnknownSigner),
        ]
    }

    fn distinct(items: impl Iterator<Item = String> + Clone) {
        let count = items.clone().count();
        assert_eq!(items.collect::<HashSet<_>>().len(), count);
    }

    #[test]
    fn every_code_is_unique_and_worded_differently() {
        distinct(errors().iter().map(|e| e.code().to_owned()));
        distinct(errors().iter().map(error));
        distinct(refusals().iter().map(|r| r.code().to_owned()));
        distinct(refusals().iter().map(refusal));
        let bad = |kind| Finding { index: 7, kind, detail: String::new() };
        distinct(BadKind::ALL.iter().map(|kind| kind.code().to_owned()));
        distinct(BadKind::ALL.iter().map(|kind| finding(&bad(*kind))));
    }

    #[test]
    fn below_l1_nothing_is_promised() {
        let mut report = VerifyReport { size: 10, ..VerifyReport::default() };
        let promised = |report: &VerifyReport| lines(report).concat().contains("改ざんなし");
        assert!(!promised(&report) && summary(&report).contains("気づけません"));
        (report.level, report.confirmed_size) = (Level::L1, 8);
        assert!(promised(&report) && summary(&report).contains("8番以降は内部の照合だけ"));
        report.add(3, BadKind::Edited, String::new());
        assert!(!promised(&report) && summary(&report).contains("3番（edited）"));
    }
}
