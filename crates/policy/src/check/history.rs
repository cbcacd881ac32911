//! The 改定履歴 against itself and against the dates of the cover.

use crate::model::{Code, Document, Warning};
use sekisho_domain::date::wareki;

pub(super) fn check(document: &Document, warnings: &mut Vec<Warning>) {
    let line = 1;
    let mut push = |message: String| warnings.push(Warning::new(line, Code::RevisionOrder, message));
    for pair in document.revisions.windows(2) {
        if let (Some(before), Some(after)) = (pair[0].revised_on, pair[1].revised_on)
            && after < before
        {
            push(format!("改定履歴の日付が前後しています（{}の次に{}）。", wareki(before), wareki(after)));
        }
    }
    if document.revisions.len() >= 2 {
        for revision in &document.revisions {
            if revision.revised_on.is_none() {
                let version = revision.version.as_deref().unwrap_or("?");
                push(format!("改定履歴の{version}版に改定日がありません。"));
            }
        }
    }
    // The cover often gives the month only, or the day of effect.
    let stated = document.revised.zip(document.revisions.last().filter(|_| document.revisions.len() >= 2));
    if let Some((revised, last)) = stated {
        let known = [last.revised_on, last.effective_on].into_iter().flatten();
        let mut known = known.peekable();
        if known.peek().is_some()
            && !known.any(|d| (d.year(), d.month()) == (revised.year(), revised.month()))
        {
            push(format!("表紙の改定日（{}）が、改定履歴の最後の行と合いません。", wareki(revised)));
        }
    }
}
