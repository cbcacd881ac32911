//! What the reader is told when something goes wrong: what happened, what was kept, what to do next.

use crate::error::PortalError;
use sekisho_domain::access::Why;

/// The three sentences of an error page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) happened: String,
    pub(crate) kept: &'static str,
    pub(crate) next: &'static str,
}

pub(crate) fn said(error: &PortalError) -> Said {
    let (happened, kept, next) = match error {
        PortalError::NotFound => (
            "このページか記録は見つかりません。",
            "記録は何も変わっていません。",
            "アドレスを確かめるか、実施状況の画面から探してください。",
        ),
        PortalError::Forbidden(why) => {
            return Said {
                happened: format!("この画面を使う権限がありません。{why}"),
                kept: "記録は何も変わっていません。",
                next: "仕事に必要なときは、情報セキュリティ担当課に権限を相談してください。",
            };
        }
        PortalError::SignedOut { .. } => {
            ("ログインが終わっています。", "記録は何も変わっていません。", "もう一度ログインしてください。")
        }
        PortalError::StepUp { .. } => (
            "この操作の前に、もう一度本人であることを確かめます。",
            "記録は何も変わっていません。",
            "本人確認の画面で確かめてから、もう一度操作してください。",
        ),
        PortalError::CrossOrigin => (
            "別の画面から送られた操作だったため、止めました。",
            "記録は何も変わっていません。",
            "この画面を開き直して、もう一度操作してください。続くときは担当課に知らせてください。",
        ),
        PortalError::OtherEntrance => (
            "この画面は、管理用の入口からだけ開けます。",
            "記録は何も変わっていません。",
            "管理用のアドレス（起動時に表示されます）から開き直してください。",
        ),
        PortalError::TooLarge => (
            "送られたデータが大きすぎます（上限 32 MB）。",
            "何も保存していません。",
            "ファイルを分けるか、小さくしてから送ってください。",
        ),
        PortalError::Unreadable(_) => (
            "送られた内容を読み取れませんでした。",
            "何も保存していません。",
            "前の画面に戻り、もう一度入力してください。",
        ),
        PortalError::Refused(why) => {
            return Said {
                happened: why.clone(),
                kept: "記録は何も変わっていません。",
                next: "前の画面に戻り、直してからもう一度操作してください。",
            };
        }
        PortalError::Conflict(_) => (
            "ほかの人が先に変更したか、この手続きはすでに済んでいます。",
            "あなたの操作は保存していません。先の変更はそのままです。",
            "前の画面に戻って開き直し、今の内容を確かめてください。",
        ),
        PortalError::Settled(how) => {
            return Said {
                happened: how.clone(),
                kept: "あなたの操作は保存していません。",
                next: "決裁の一覧を開き直して、今の状態を確かめてください。",
            };
        }
        PortalError::NoFont => (
            "このサーバに日本語の字体が無いため、PDFを作れません。",
            "記録は何も変わっていません。HTMLは取り出せます。",
            "システム管理者に、データの場所の fonts に字体(.otf/.ttf/.ttc)を置くよう頼んでください。",
        ),
        PortalError::TooSlow => (
            "時間がかかりすぎたため、中断しました。",
            "途中の変更は保存していません。",
            "少し待って、もう一度操作してください。続くときは担当課に知らせてください。",
        ),
        PortalError::Internal(_) => (
            "関所の中で問題が起きました。あなたの操作が原因ではありません。",
            "途中の変更は保存していません。",
            "少し待って、もう一度操作してください。続くときは下の番号を担当課に伝えてください。",
        ),
    };
    Said { happened: happened.to_owned(), kept, next }
}

/// Why somebody may not.
pub(crate) fn why(why: Why) -> &'static str {
    match why {
        Why::NoSeat => "今日の時点で有効な配属がありません。",
        Why::Role => "あなたの役割では、この操作はできません。",
        Why::Section => "ほかの所属の記録のため、開けません。",
        Why::Visibility => "公開の範囲が限られた文書のため、開けません。",
        Why::OwnApplication => "自分の申請は、自分では承認できません。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_error_has_its_own_code_and_sentence() {
        let all = [
            PortalError::NotFound,
            PortalError::Forbidden("閲覧だけができます。".to_owned()),
            PortalError::SignedOut { back: "/".to_owned() },
            PortalError::StepUp { back: "/".to_owned() },
            PortalError::CrossOrigin,
            PortalError::OtherEntrance,
            PortalError::TooLarge,
            PortalError::Unreadable(String::new()),
            PortalError::Refused("ファイルが空です。".to_owned()),
            PortalError::Conflict(String::new()),
            PortalError::Settled("先に水谷さんが決裁しました。".to_owned()),
            PortalError::NoFont,
            PortalError::TooSlow,
            PortalError::Internal(String::new()),
        ];
        let codes: BTreeSet<_> = all.iter().map(PortalError::code).collect();
        let sentences: BTreeSet<_> = all.iter().map(|e| said(e).happened).collect();
        assert_eq!((codes.len(), sentences.len()), (all.len(), all.len()));
        for error in &all {
            let said = said(error);
            assert!(said.happened.ends_with('。') && said.kept.ends_with('。') && said.next.ends_with('。'));
        }
    }
}
