//! What stands before the first clause: title, 制定 and 改定, issuer, document number.

use super::body::{begins_clause, is_web_furniture};
use super::{Fate, Reader, excerpt};
use crate::decode::LineKind;
use crate::model::{Code, Document, Revision};
use crate::text::{FoundDate, dates_in, squeeze, tidy};
use sekisho_domain::date::Date;

const TITLE_CHARS_MAX: usize = 80;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Adopted,
    Revised,
    Effective,
}

pub(super) fn read(reader: &mut Reader<'_>, document: &mut Document) {
    let end = (0..reader.fates.len())
        .find(|i| reader.is_open(*i) && begins_clause(reader, *i))
        .unwrap_or(reader.fates.len());
    title(reader, end, document);
    dates(reader, end, document);
    for index in 0..end {
        if reader.is_open(index) && is_front_matter(reader.text(index), document.title.as_deref()) {
            reader.settle(index, Fate::Front);
        }
    }
}

/// The first line that names a kind of document, else a line set as title, else the first line at all.
fn title(reader: &mut Reader<'_>, end: usize, document: &mut Document) {
    let open: Vec<usize> =
        (0..end).filter(|i| reader.is_open(*i) && !is_date_line(reader.text(*i))).collect();
    let fits = |i: &usize| {
        let text = reader.text(*i).trim();
        text.chars().count() <= TITLE_CHARS_MAX
            && !text.contains(['。', '、'])
            && !text.starts_with(['(', '（'])
    };
    let marked = open
        .iter()
        .copied()
        .find(|i| matches!(reader.source.lines[*i].kind, LineKind::Title | LineKind::Heading(1)) && fits(i));
    let named = open.iter().copied().find(|i| fits(i) && names_document(reader.text(*i)));
    let found = named.or(marked).or_else(|| open.iter().copied().find(fits));
    let Some(index) = found else {
        let line = reader.next_open(0).map_or(1, |i| reader.number(i));
        let message = "文書の表題が見つかりません。先頭の行に「○○市情報セキュリティ基本方針」のような表題を置いてください。";
        reader.warnings.push(crate::Warning::new(line, Code::TitleMissing, message));
        return;
    };
    let mut title = tidy(reader.text(index).trim_start_matches(['○', '◯', '〇', '●', '■']));
    reader.settle(index, Fate::Front);
    // 「さくら坂市」 on a line of its own above the title belongs to it.
    if let Some(above) = (0..index).rev().find(|i| reader.is_open(*i))
        && is_city(reader.text(above))
        && !title.contains(['市', '区', '町', '村', '県'])
    {
        title = format!("{} {title}", tidy(reader.text(above)));
        reader.settle(above, Fate::Front);
    }
    document.title = Some(title);
}

fn names_document(text: &str) -> bool {
    let name = squeeze(text);
    [
        "方針",
        "基準",
        "ポリシー",
        "規程",
        "規則",
        "要綱",
        "要領",
        "手順",
        "手順書",
        "指針",
        "訓令",
        "ガイドライン",
        "条例",
        "マニュアル",
    ]
    .iter()
    .any(|k| {
        name.trim_end_matches(|c: char| matches!(c, ')' | ']') || c.is_ascii_digit()).ends_with(k)
            || name.contains(&format!("{k}("))
    })
}

fn is_city(text: &str) -> bool {
    let name = squeeze(text);
    (2..=12).contains(&name.chars().count())
        && name.ends_with(['市', '区', '町', '村', '県', '都', '府', '道', '合'])
}

/// True for a line that consists of dates and words such as 制定, 改定, 訓令第5号.
pub(super) fn is_date_line(text: &str) -> bool {
    let found = dates_in(text);
    if is_web_furniture(text) {
        return false;
    }
    if found.is_empty() {
        return matches!(
            squeeze(text).trim_matches(['(', ')', ':']),
            "改正" | "改定" | "改訂" | "制定" | "沿革" | "施行"
        );
    }
    let mut rest = text.to_owned();
    for date in found.iter().rev() {
        rest.replace_range(date.start..date.end, " ");
    }
    let rest = squeeze(&rest);
    rest.chars().count() <= 12 + 14 * found.len()
        && !rest.contains('。')
        && super::marker::marker(text).is_none()
}

/// Reads the date lines in order; a keyword that stands alone applies to the dates below it.
fn dates(reader: &mut Reader<'_>, end: usize, document: &mut Document) {
    let mut standing = None;
    let mut changes: Vec<Revision> = Vec::new();
    for index in 0..end {
        let text = reader.text(index);
        if !reader.is_open(index) || !is_date_line(text) {
            continue;
        }
        let found = dates_in(text);
        if found.is_empty() {
            standing = event(&squeeze(text));
        }
        let next_is_number = reader.next_open(index + 1).is_some_and(|n| is_document_number(reader.text(n)));
        for (nth, date) in found.iter().enumerate() {
            let around = surroundings(text, &found, nth);
            let implied = (is_document_number(&around) || next_is_number).then_some(Event::Adopted);
            let Some(event) = event(&around).or(standing).or(implied) else {
                let message = format!(
                    "「{}」が何の日付か分かりません。「制定」「改定」「施行」のいずれかを添えてください。",
                    excerpt(text)
                );
                reader.warn(index, Code::DateUnclear, message);
                continue;
            };
            let day = in_history(&document.revisions, date);
            if day.is_none() {
                note_missing_day(reader, index, date, text);
            }
            record(document, &mut changes, event, day.unwrap_or(date.date));
        }
        reader.settle(index, Fate::Front);
    }
    if document.revised.is_none() {
        document.revised = document.revisions.iter().skip(1).filter_map(|r| r.revised_on).max();
    }
    if document.adopted.is_none() {
        document.adopted = document.revisions.first().and_then(|r| r.revised_on);
    }
    if document.revisions.is_empty() {
        document.revisions = changes;
    }
}

fn record(document: &mut Document, changes: &mut Vec<Revision>, event: Event, date: Date) {
    match event {
        Event::Adopted => {
            document.adopted.get_or_insert(date);
            changes.push(Revision {
                revised_on: Some(date),
                summary: Some("制定".to_owned()),
                ..Revision::default()
            });
        }
        Event::Revised => {
            document.revised = document.revised.max(Some(date));
            changes.push(Revision {
                revised_on: Some(date),
                summary: Some("改定".to_owned()),
                ..Revision::default()
            });
        }
        Event::Effective => {
            if let Some(last) = changes.last_mut() {
                last.effective_on.get_or_insert(date);
            }
        }
    }
}

/// The day that the 改定履歴 gives for a month on the cover.
fn in_history(revisions: &[Revision], date: &FoundDate) -> Option<Date> {
    let days = revisions.iter().flat_map(|r| [r.revised_on, r.effective_on]).flatten();
    let mut same = days.filter(|d| (d.year(), d.month()) == (date.date.year(), date.date.month()));
    same.next().filter(|_| !date.has_day)
}

fn note_missing_day(reader: &mut Reader<'_>, index: usize, date: &FoundDate, text: &str) {
    if !date.has_day {
        let message =
            format!("「{}」には日がないため、1日（{}）として読みました。", excerpt(text), date.date);
        reader.warn(index, Code::DateDayMissing, message);
    }
}

/// The words that say what a date is. If they stand before the first date of a line they stand before all of
/// them (`制定 平成16年4月 改定 令和6年4月`), else after (`平成16年4月制定、令和6年4月改定`).
fn surroundings(text: &str, found: &[FoundDate], nth: usize) -> String {
    if event(&squeeze(&text[..found[0].start])).is_some() {
        let from = if nth == 0 { 0 } else { found[nth - 1].end };
        return squeeze(&text[from..found[nth].start]);
    }
    let to = found.get(nth + 1).map_or(text.len(), |d| d.start);
    squeeze(&text[found[nth].end..to])
}

fn event(words: &str) -> Option<Event> {
    let has = |list: &[&str]| list.iter().any(|w| words.contains(w));
    if has(&["改定", "改訂", "改正", "変更", "更新", "改版"]) {
        Some(Event::Revised)
    } else if has(&["制定", "策定", "作成", "決定", "決裁", "初版"]) {
        Some(Event::Adopted)
    } else if has(&["施行", "適用"]) {
        Some(Event::Effective)
    } else {
        None
    }
}

/// 訓令第5号, 告示第78号.
fn is_document_number(text: &str) -> bool {
    let text = squeeze(text);
    let kind = ["訓令", "告示", "規則", "規程", "庁達", "要綱", "条例", "達", "公告", "通達", "訓"]
        .iter()
        .any(|k| text.contains(k));
    kind && text.contains('第') && text.ends_with(['号', ')']) && text.chars().count() <= 24
}

/// Issuer, document number, version, the title once more.
fn is_front_matter(text: &str, title: Option<&str>) -> bool {
    let name = squeeze(text);
    let version =
        name.starts_with('第') && name.ends_with('版') || name.to_ascii_lowercase().starts_with("ver");
    let repeated = title.is_some_and(|t| squeeze(t) == name);
    let issuer = name.chars().count() <= 20
        && ["長", "部", "課", "局", "室", "委員会", "本部"].iter().any(|e| name.ends_with(e))
        && !name.contains(['。', '、']);
    is_city(text) || is_document_number(text) || version && name.chars().count() <= 12 || repeated || issuer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::from_text;

    fn front(text: &str) -> Document {
        let source = from_text(text, false).unwrap();
        crate::parse::parse(&source).unwrap().document
    }

    #[test]
    fn covers_found_in_the_wild() {
        let d = front(
            "○花守市情報セキュリティ対策基準規程\n平成27年4月1日\n訓令第5号\n改正\n令和2年3月31日訓令第1号\n令和5年3月31日訓令第2号\n\n(目的)\n第1条 この規程は、対策の基準を定める。\n",
        );
        assert_eq!(d.title.as_deref(), Some("花守市情報セキュリティ対策基準規程"));
        assert_eq!(d.adopted.map(|d| d.to_string()).as_deref(), Some("2015-04-01"));
        assert_eq!(d.revised.map(|d| d.to_string()).as_deref(), Some("2023-03-31"));
        assert_eq!(d.revisions.len(), 3);
        let d = front(
            "花守市\n情報セキュリティポリシー\n（平成16年4月1日制定、令和6年4月1日改定）\n第3版\n花守市長\n\n1 目的\nこの方針は、目的を定める。\n",
        );
        assert_eq!(d.title.as_deref(), Some("花守市 情報セキュリティポリシー"));
        assert_eq!(d.revised.map(|d| d.to_string()).as_deref(), Some("2024-04-01"));
        assert!(d.warnings.is_empty(), "{:?}", d.warnings);
    }
}
