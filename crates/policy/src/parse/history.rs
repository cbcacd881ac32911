//! The 改定履歴 table, whatever parts its columns: tabs, Markdown bars, Word cells, several blanks, single blanks.

use super::{Fate, Reader, excerpt};
use crate::decode::LineKind;
use crate::model::{Code, Revision};
use crate::text::{dates_in, fold, squeeze, tidy};
use sekisho_domain::date::parse_date;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Version,
    Revised,
    Effective,
    Sections,
    Summary,
    Other,
}

/// Rows of a history; more is not a history.
const ROWS_MAX: usize = 500;

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for index in 0..reader.fates.len() {
        if !reader.is_open(index) {
            continue;
        }
        if is_title(reader.text(index)) {
            reader.settle(index, Fate::History);
        } else if revisions.is_empty()
            && let Some(columns) = header(reader, index)
        {
            reader.settle(index, Fate::History);
            rows(reader, index + 1, &columns, &mut revisions);
        }
    }
    revisions
}

fn is_title(text: &str) -> bool {
    let name = squeeze(text);
    let name = name.trim_matches(|c| {
        matches!(c, '[' | ']' | '【' | '】' | '<' | '>' | '〈' | '〉' | '■' | '○' | '●' | '(' | ')')
    });
    matches!(
        name,
        "改定履歴"
            | "改訂履歴"
            | "改正履歴"
            | "更新履歴"
            | "変更履歴"
            | "改版履歴"
            | "版履歴"
            | "改定経過"
            | "制定・改定履歴"
            | "制定改定履歴"
            | "改定の履歴"
    )
}

/// Cells of a row: tabs or bars if there are any, else runs of two blanks (or one full-width blank).
fn cells(reader: &Reader<'_>, index: usize) -> Vec<String> {
    let text = reader.text(index).trim_matches(|c| c == ' ' || c == '\u{3000}');
    if reader.source.lines[index].kind == LineKind::Row || text.contains('\t') {
        return text.split('\t').map(tidy).collect();
    }
    if text.matches(['|', '｜', '│']).count() >= 2 {
        let inner = text.trim().trim_start_matches(['|', '｜', '│']).trim_end_matches(['|', '｜', '│']);
        return inner.split(['|', '｜', '│']).map(tidy).collect();
    }
    let mut cells = vec![String::new()];
    let mut blanks = 0;
    for c in text.chars() {
        let blank = fold(c) == ' ';
        blanks = if blank { blanks + if c == '\u{3000}' { 2 } else { 1 } } else { 0 };
        if blank && blanks >= 2 && cells.last().is_some_and(|l| !l.is_empty()) {
            cells.push(String::new());
        } else if let Some(last) = cells.last_mut()
            && !(blank && last.is_empty())
        {
            last.push(c);
        }
    }
    cells.iter().map(|c| tidy(c)).collect()
}

/// The heading row: at least three known columns, one of them a date or the version.
fn header(reader: &Reader<'_>, index: usize) -> Option<Vec<Column>> {
    let text = reader.text(index);
    if text.contains('。') || text.chars().count() > 80 {
        return None;
    }
    let mut names = cells(reader, index);
    if names.len() < 3 {
        names = tidy(text).split(' ').map(str::to_owned).collect();
    }
    let columns: Vec<Column> = names.iter().map(|n| column(&squeeze(n))).collect();
    let known = columns.iter().filter(|c| **c != Column::Other).count();
    let dated = columns.iter().any(|c| matches!(c, Column::Revised | Column::Effective));
    (known >= 3 && dated || known >= 2 && dated && columns.contains(&Column::Version)).then_some(columns)
}

fn column(name: &str) -> Column {
    let has = |words: &[&str]| words.iter().any(|w| name.contains(w));
    if has(&["施行", "適用", "発効"]) {
        Column::Effective
    } else if has(&["箇所", "個所", "該当", "章・節", "対象"]) {
        Column::Sections
    } else if has(&["内容", "概要", "事由", "理由", "摘要", "備考", "事項"]) {
        Column::Summary
    } else if has(&["年月日", "日付", "改定日", "改訂日", "改正日", "制定日", "決定日", "更新日", "作成日"])
    {
        Column::Revised
    } else if has(&["版", "Ver", "ver", "VER", "No", "番号", "回"]) {
        Column::Version
    } else {
        Column::Other
    }
}

fn rows(reader: &mut Reader<'_>, from: usize, columns: &[Column], revisions: &mut Vec<Revision>) {
    let mut index = from;
    while let Some(next) = reader.next_open(index).filter(|_| revisions.len() < ROWS_MAX) {
        let cells = cells(reader, next);
        let text = reader.text(next);
        let tabular = cells.len() >= 3 || reader.source.lines[next].kind == LineKind::Row;
        if tabular
            && cells.len() >= columns.len().min(3)
            && by_column(reader, next, &cells, columns, revisions)
        {
        } else if let Some(row) = by_dates(text, columns) {
            revisions.push(row);
        } else if continues(reader, next, from, revisions) {
            let summary = revisions.last_mut().and_then(|r| r.summary.as_mut());
            summary.into_iter().for_each(|s| s.push_str(text.trim()));
        } else {
            break;
        }
        reader.settle(next, Fate::History);
        index = next + 1;
    }
}

/// A row whose cells stand under the headings. False when it is no row of this table.
fn by_column(
    reader: &mut Reader<'_>,
    index: usize,
    cells: &[String],
    columns: &[Column],
    revisions: &mut Vec<Revision>,
) -> bool {
    let mut row = Revision::default();
    let mut unread = None;
    for (cell, column) in cells
        .iter()
        .zip(columns)
        .filter(|(c, _)| !c.is_empty() && !matches!(c.as_str(), "-" | "―" | "－" | "ー"))
    {
        let date = parse_date(cell).or_else(|| dates_in(cell).first().map(|d| d.date));
        match column {
            Column::Version => row.version = Some(version(cell)),
            Column::Revised | Column::Effective if date.is_none() => unread = Some(cell.clone()),
            Column::Revised => row.revised_on = date,
            Column::Effective => row.effective_on = date,
            Column::Sections => row.sections = Some(cell.clone()),
            Column::Summary => row.summary = Some(joined(row.summary.take(), cell)),
            Column::Other => {}
        }
    }
    let dated = row.revised_on.is_some() || row.effective_on.is_some();
    if !dated && row.version.is_none() {
        // A cell that runs over two rows.
        let Some(last) = revisions
            .last_mut()
            .filter(|_| unread.is_none() && (row.summary.is_some() || row.sections.is_some()))
        else {
            return false;
        };
        if let Some(more) = row.summary {
            last.summary = Some(format!("{}{more}", last.summary.take().unwrap_or_default()));
        }
        if let Some(more) = row.sections {
            last.sections = Some(joined(last.sections.take(), &more));
        }
        return true;
    }
    if !dated && unread.is_none() && row.summary.is_none() {
        return false;
    }
    if let Some(cell) = unread {
        let message = format!(
            "改定履歴の日付「{}」が読めません。日付を「令和6年4月1日」の形に直してください。",
            excerpt(&cell)
        );
        reader.warn(index, Code::HistoryRowUnreadable, message);
    }
    revisions.push(row);
    true
}

fn joined(before: Option<String>, more: &str) -> String {
    before.map_or_else(|| more.to_owned(), |b| format!("{b} {more}"))
}

/// A row whose columns are parted by single blanks: the dates show where the columns are.
fn by_dates(text: &str, columns: &[Column]) -> Option<Revision> {
    let dates = dates_in(text);
    let (first, last) = (dates.first()?, dates.last()?);
    let before = tidy(&text[..first.start]);
    if before.chars().count() > 8
        || dates.len() > 2
        || text.trim_end().ends_with('。') && last.end < text.len() / 3
    {
        return None;
    }
    let after = tidy(text.get(last.end..)?);
    let mut row =
        Revision { version: Some(version(&before)).filter(|v| !v.is_empty()), ..Revision::default() };
    let both = columns.contains(&Column::Revised) && columns.contains(&Column::Effective);
    match (both, columns.contains(&Column::Effective)) {
        (true, _) => {
            row.revised_on = Some(first.date);
            row.effective_on = dates.get(1).map(|d| d.date);
        }
        (false, true) => row.effective_on = Some(first.date),
        (false, false) => row.revised_on = Some(first.date),
    }
    let rest = match after.split_once(' ') {
        Some((sections, rest)) if columns.contains(&Column::Sections) => {
            row.sections = Some(sections.to_owned());
            rest.to_owned()
        }
        _ => after,
    };
    row.summary = Some(rest).filter(|r| !r.is_empty());
    Some(row)
}

/// 第2版, Ver.2.0, 初版 → 2, 2.0, 初.
fn version(cell: &str) -> String {
    let plain: String = squeeze(cell);
    let plain = plain.trim_start_matches(|c: char| matches!(c, '第') || c.is_ascii_alphabetic() || c == '.');
    plain.strip_suffix('版').unwrap_or(plain).to_owned()
}

/// A short line directly below a row, without number or date, carries the rest of the last cell.
fn continues(reader: &Reader<'_>, index: usize, from: usize, revisions: &[Revision]) -> bool {
    let adjacent = index > from && matches!(reader.fates[index - 1], Some(Fate::History));
    let text = reader.text(index).trim();
    let open = revisions
        .last()
        .and_then(|r| r.summary.as_ref())
        .is_some_and(|s| !s.ends_with('。') && s.chars().count() >= 8);
    adjacent
        && open
        && reader.source.lines[index].kind == LineKind::Text
        && text.chars().count() <= 40
        && super::marker::marker(text).is_none()
        && squeeze(text) != "目次"
        && !super::front::is_date_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::from_text;

    fn parse(text: &str) -> Vec<String> {
        let source = from_text(text, text.contains('|')).unwrap();
        let mut reader = Reader::new(&source);
        let show =
            |d: Option<sekisho_domain::date::Date>| d.map_or_else(|| "-".to_owned(), |d| d.to_string());
        read(&mut reader)
            .into_iter()
            .map(|r| {
                let t = |o: Option<String>| o.unwrap_or_else(|| "-".to_owned());
                format!(
                    "{}/{}/{}/{}/{}",
                    t(r.version),
                    show(r.revised_on),
                    show(r.effective_on),
                    t(r.sections),
                    t(r.summary)
                )
            })
            .collect()
    }

    #[test]
    fn every_shape_gives_the_same_rows() {
        let expected = [
            "初/2005-04-01/2005-04-01/全章/初版作成",
            "2/2019-12-25/2020-01-01/3、7/委員会の設置に伴う組織の見直し",
        ];
        for text in [
            "改定履歴\n版\t改定日\t施行日\t改定箇所\t改定内容\n初\t平成17年4月1日\t平成17年4月1日\t全章\t初版作成\n2\t令和元年12月25日\t令和2年1月1日\t3、7\t委員会の設置に伴う組織の見直し\n\n1 目的",
            "| 版 | 改定日 | 施行日 | 改定箇所 | 改定内容 |\n|---|---|---|---|---|\n| 初版 | H17.4.1 | H17.4.1 | 全章 | 初版作成 |\n| 第2版 | 2019/12/25 | R2.1.1 | 3、7 | 委員会の設置に伴う組織の見直し |",
            "版　　改定日　　施行日　　改定箇所　　改定内容\n初版　　平成17年4月1日　　平成17年4月1日　　全章　　初版作成\n第２版　　令和元年１２月２５日　　令和２年１月１日　　3、7　　委員会の設置に伴う組織の見直し",
            "版 改定日 施行日 改定箇所 改定内容\n初 平成17年4月1日 平成17年4月1日 全章 初版作成\n2 令和元年12月25日 令和2年1月1日 3、7 委員会の設置に伴う組織の\n見直し",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
