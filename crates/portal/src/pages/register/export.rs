//! A register as a workbook or CSV that can come back.

use std::borrow::Cow;

use super::named;
use super::query::Asked;
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits;
use crate::pages::evidence::attachment;
use crate::session::Me;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::date::Date;
use sekisho_domain::noun::{Column, Kind, Row, Value};
use sekisho_domain::register::mapping::{ID_HEADING, VERSION_HEADING};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register, cell};
use sekisho_sheet::csv::Encoding;
use sekisho_sheet::{Book, Cell, Head, Holds, Line, SheetError};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a workbook says about itself, for when it comes back.
pub(crate) mod note {
    pub(crate) const REGISTER: &str = "register";
    /// The section whose rows it holds, all of them; `*` for the whole register; empty for a selection.
    pub(crate) const SCOPE: &str = "scope";
    pub(crate) const MADE_ON: &str = "made_on";
}

pub(crate) async fn export(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let asked = Asked::parse(&layout, &seen, &form, me.on);
    // Back to the list with its question; the file is asked for there once more.
    me.must_be_stepped_up(&asked.list_to_export(register))?;
    let reach = me.reach(Action::Export, register.noun.name);
    let names = app.store.db.names(&seen, me.on).await?;
    let scope = scope(register, &asked, &reach, me.on);
    let mut lines = Vec::new();
    pages(&app, register, &asked, &reach, |rows| lines.extend(self::lines(&layout, &seen, &names, rows)))
        .await?;
    let book = book(register, &seen, &names, lines, &scope, me.on);
    let format = form.get("format").to_owned();
    let name = format!("{}_{}", register.noun.label, me.on);
    let made = tokio::task::spawn_blocking(move || match format.as_str() {
        "csv" => csv(&book, Encoding::Utf8).map(|bytes| ("csv", bytes)),
        "sjis" => csv(&book, Encoding::Cp932).map(|bytes| ("csv", bytes)),
        _ => sekisho_sheet::write_xlsx(&book).map(|bytes| ("xlsx", bytes)),
    });
    match made.await.map_err(|e| PortalError::Internal(e.to_string()))? {
        Ok((ending @ "csv", bytes)) => Ok(attachment(&format!("{name}.{ending}"), "text/csv", bytes)),
        Ok((ending, bytes)) => Ok(attachment(&format!("{name}.{ending}"), XLSX, bytes)),
        Err(error) => Err(refused(&error)),
    }
}

/// A file that could not be read or made, as a page.
pub(crate) fn refused(error: &SheetError) -> PortalError {
    PortalError::Refused(error.ja())
}

/// Hands over every row of the question, a page at a time.
async fn pages(
    app: &App,
    register: &'static Register,
    asked: &Asked,
    reach: &Reach,
    mut take: impl FnMut(&[Row]),
) -> Result<(), PortalError> {
    let mut query = asked.to_store(register, limits::EXPORT_PAGE_ROWS);
    query.after = None;
    let mut taken = 0;
    loop {
        let listed = app.store.db.register_list(register, &query, reach).await?;
        if let Some(last) = listed.rows.last() {
            let value = last.get(register.sorts[asked.sort]).cloned().unwrap_or(Value::Text(None));
            query.after = Some((value, last.id.clone()));
        }
        taken += listed.rows.len();
        if taken > limits::EXPORT_ROWS {
            return Err(PortalError::Refused(format!(
                "一度に書き出せるのは{}行までです。所管課などで絞り込んでから書き出してください。",
                limits::EXPORT_ROWS
            )));
        }
        take(&listed.rows);
        if !listed.more {
            return Ok(());
        }
    }
}

/// Whose rows these are, all of them: then a row that does not come back is one that was deleted.
fn scope(register: &Register, asked: &Asked, reach: &Reach, today: Date) -> String {
    let section = register.section.unwrap_or_default();
    let chosen = asked.filter(section).to_owned();
    let others = asked.filters.iter().any(|(name, _)| *name != section);
    if !asked.words.is_empty() || others || asked.extra.is_some() || asked.as_of != Some(today) {
        return String::new();
    }
    match reach {
        _ if !chosen.is_empty() => chosen,
        Reach::All => "*".to_owned(),
        Reach::Sections(units) if units.len() == 1 => units[0].clone(),
        _ => String::new(),
    }
}

/// Rows as lines of a workbook: id, version, columns.
pub(crate) fn lines(layout: &Layout, seen: &[&'static Column], names: &Names, rows: &[Row]) -> Vec<Line> {
    let line = |row: &Row| {
        let mut cells = vec![Cell::Text(row.id.clone()), Cell::Text(row.version.to_string())];
        cells.extend(seen.iter().map(|column| sheet_cell(column, &layout.get(row, column), names)));
        Line { cells }
    };
    rows.iter().map(line).collect()
}

pub(crate) fn book(
    register: &Register,
    seen: &[&'static Column],
    names: &Names,
    lines: Vec<Line>,
    scope: &str,
    on: Date,
) -> Book {
    let hidden = |label: &str| Head {
        label: label.to_owned(),
        holds: Holds::Text,
        required: false,
        hint: "関所が行を見分けるための列です。消したり書きかえたりしないでください。".to_owned(),
        hidden: true,
    };
    let mut heads = vec![hidden(ID_HEADING), hidden(VERSION_HEADING)];
    heads.extend(seen.iter().map(|column| head(column, names)));
    let notes = [
        (note::REGISTER, register.noun.name.to_owned()),
        (note::SCOPE, scope.to_owned()),
        (note::MADE_ON, on.to_string()),
    ];
    Book {
        sheet: register.noun.label.to_owned(),
        heads,
        lines,
        meta: notes.map(|(key, value)| (key.to_owned(), value)).into(),
    }
}

fn head(column: &'static Column, names: &Names) -> Head {
    let words = |choices: &[(String, String)]| choices.iter().map(|(_, word)| word.clone()).collect();
    let holds = match column.kind {
        Kind::Choice(choices) => Holds::OneOf(choices.iter().map(|(_, word)| (*word).to_owned()).collect()),
        Kind::Bool => Holds::OneOf(vec!["はい".to_owned(), "いいえ".to_owned()]),
        Kind::Unit => Holds::OneOf(words(names.choices("section").unwrap_or_default())),
        Kind::Ref(noun) => Holds::OneOf(words(names.choices(noun).unwrap_or_default())),
        Kind::Int | Kind::Instant => Holds::Number,
        Kind::Date => Holds::Date,
        Kind::Text | Kind::Json if column.long => Holds::LongText,
        Kind::Text | Kind::Route | Kind::Json => Holds::Text,
    };
    Head {
        label: heading(column),
        holds,
        required: column.required,
        hint: column.hint.to_owned(),
        hidden: false,
    }
}

/// 人数（人）
fn heading(column: &Column) -> String {
    match column.unit {
        "" => column.label.to_owned(),
        unit => format!("{}（{unit}）", column.label),
    }
}

fn sheet_cell(column: &Column, value: &Value, names: &Names) -> Cell {
    let text = cell::show(column, value, names);
    match (column.kind, value) {
        _ if text.is_empty() => Cell::Empty,
        (Kind::Int | Kind::Instant, Value::Int(Some(number))) => Cell::Number(*number),
        (Kind::Date, _) => match text.parse::<Date>() {
            Ok(day) => Cell::Date(day.year(), day.month().unsigned_abs(), day.day().unsigned_abs()),
            Err(_) => Cell::Text(text),
        },
        _ => Cell::Text(text),
    }
}

fn csv(book: &Book, encoding: Encoding) -> Result<Vec<u8>, SheetError> {
    let headings: Vec<Cow<'_, str>> = book.heads.iter().map(|head| head.label.as_str().into()).collect();
    let lines = book.lines.iter().map(|line| line.cells.iter().map(Cell::text).collect());
    sekisho_sheet::csv::write(std::iter::once(headings).chain(lines), encoding)
}
