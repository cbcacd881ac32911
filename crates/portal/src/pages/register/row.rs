//! One row: what it says, what is wrong with it, what it was.

use super::{cell_of, named, words};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::disposal::{self, Kept};
use crate::pages::network::flow::{Decided, decided};
use crate::pages::relation::{Aside, aside};
use crate::part::{Cell, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, parse_date, start_of, wareki};
use sekisho_domain::disposal::can_be_disposed;
use sekisho_domain::noun::{Column, Row};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register};
use sekisho_store::register::VersionLine;

#[derive(Template)]
#[template(path = "register/row.html")]
struct RowPage {
    shell: Shell,
    noun: &'static str,
    id: String,
    /// What the reader must know before reading: an old version, a row that has ended.
    notices: Vec<String>,
    /// (column's label, sentence)
    breaches: Vec<(&'static str, &'static str)>,
    /// (label, value)
    values: Vec<(&'static str, Cell)>,
    aside: Aside,
    /// A register whose rows count only when they are decided.
    decided: Option<Decided>,
    on: String,
    known: String,
    dated: bool,
    history: Vec<Version>,
    /// Rows that refer to this one: (register, address, words).
    referring: Vec<(&'static str, Vec<(String, String)>)>,
    can_edit: bool,
    ended: bool,
    files: Vec<Kept>,
    /// Where its disposal is asked for or stands.
    dispose: Option<String>,
}

struct Version {
    number: i64,
    at: Moment,
    who: String,
    did: &'static str,
    /// (label, before, after)
    changes: Vec<(&'static str, String, String)>,
}

/// What the last action achieved, from `?done=`.
pub(crate) fn done(code: &str) -> Option<&'static str> {
    Some(match code {
        "created" => "加えました。",
        "saved" => "直しました。前の内容は、履歴に残っています。",
        "attached" => "ファイルを付けました。",
        "ended" => "終了にしました。行は、履歴とともに残っています。",
        "view" => "見方を保存しました。",
        "view-removed" => "見方を消しました。",
        "view-full" => "見方は30まで保存できます。使わないものを消してから、もう一度保存してください。",
        "imported" => "取り込みました。全ての変更が、一度に保存されています。",
        "undone" => "取り込みを元に戻しました。元に戻したことも、履歴に残っています。",
        "bulk" => "選んだ行を、まとめて直しました。",
        "column" => "項目を保存しました。",
        "classified" => "区分を決めました。理由と一緒に、履歴に残っています。",
        "reread" => "読み替えました。1件ずつ、区分を決め直してください。",
        _ => return None,
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Page {
    let register = named(&noun)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let now = app.store.db.row(register.noun, &id).await?.ok_or(PortalError::NotFound)?;
    // The right depends on where the row belongs today, whatever version is read.
    me.must_row(Action::View, register, &now)?;
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let versions = app.store.db.versions(register.noun, &id).await?;
    let shown: Vec<Row> =
        versions.iter().filter_map(|v| v.row(register.noun, &id)).chain([now.clone()]).collect();
    let names = app.store.db.names_of(&seen, &shown, me.on).await?;
    let known = parse_date(form.get("known"));
    let on = parse_date(form.get("on")).unwrap_or(me.on);
    let (row, mut notices) = match known {
        None => (Some(now.clone()), Vec::new()),
        Some(day) => recorded(register, &id, &versions, day),
    };
    let Some(row) = row else {
        let shell = app.shell(&me, "/registers", "この行は、その時点の記録にありません").await?;
        return page(&RowPage { notices, ..empty(register, shell, id, &form) });
    };
    if let Some(said) = holding(register, &row, on, me.on) {
        notices.push(said);
    }
    let title = format!("「{}」は、どう管理されていますか", row.text(register.title));
    let mut shell = app.shell(&me, "/registers", title).await?;
    shell = shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label);
    shell.done = done(form.get("done"));
    let label = |name: &str| register.noun.column(name).map_or("", |c| c.label);
    let breaches = register.breaches(&row);
    let aside = if known.is_none() { aside(&app, &me, register, &row).await? } else { Aside::default() };
    let decided = if known.is_none() { decided(&app, &me, &row).await? } else { None };
    page(&RowPage {
        shell,
        notices,
        decided,
        breaches: breaches.iter().map(|b| (label(b.column), b.says)).collect(),
        values: seen.iter().map(|c| (c.label, value_cell(&layout, &row, c, &names))).collect(),
        aside,
        on: on.to_string(),
        known: known.map(|d| d.to_string()).unwrap_or_default(),
        dated: known.is_some() || on != me.on,
        files: if known.is_none() { disposal::kept(&app, register, &id).await? } else { Vec::new() },
        dispose: can_be_disposed(register).then(|| format!("/registers/{noun}/{id}/dispose")),
        history: history(register, &layout, &seen, &names, &id, &versions),
        referring: referring(&app, &me, register, &id).await?,
        can_edit: known.is_none() && me.must_row(Action::Edit, register, &now).is_ok(),
        ended: register.valid.is_some_and(|(_, to)| !row.text(to).is_empty()),
        noun: register.noun.name,
        id,
    })
}

fn empty(register: &'static Register, shell: Shell, id: String, form: &Form) -> RowPage {
    RowPage {
        shell: shell
            .crumb("/registers", "台帳")
            .crumb(format!("/registers/{}", register.noun.name), register.noun.label),
        noun: register.noun.name,
        id,
        notices: Vec::new(),
        breaches: Vec::new(),
        values: Vec::new(),
        aside: Aside::default(),
        decided: None,
        on: form.get("on").to_owned(),
        known: form.get("known").to_owned(),
        dated: true,
        history: Vec::new(),
        referring: Vec::new(),
        can_edit: false,
        ended: false,
        files: Vec::new(),
        dispose: None,
    }
}

async fn referring(
    app: &App,
    me: &Me,
    register: &Register,
    id: &str,
) -> Result<Vec<(&'static str, Vec<(String, String)>)>, PortalError> {
    let found = app.store.db.referring(register.noun.name, id, |noun| me.reach(Action::View, noun)).await?;
    let shown = found.into_iter().map(|found| {
        let noun = found.register.noun;
        let rows = found.rows.iter();
        let rows =
            rows.map(|row| (format!("/registers/{}/{}", noun.name, row.id), found.register.words(row)));
        (noun.label, rows.collect())
    });
    Ok(shown.collect())
}

/// The version that was the newest at the end of a day, and what to say about it.
fn recorded(
    register: &Register,
    id: &str,
    versions: &[VersionLine],
    day: Date,
) -> (Option<Row>, Vec<String>) {
    let end = day.tomorrow().map_or(Ms::FOREVER, start_of);
    let day = wareki(day);
    let Some(version) = versions.iter().find(|v| Ms(v.recorded_ms) < end) else {
        return (None, vec![format!("{day}の終わりには、この行はまだ記録されていません。")]);
    };
    match version.row(register.noun, id) {
        Some(row) => {
            (Some(row), vec![format!("{day}の終わりに記録されていた内容（第{}版）です。", version.version)])
        }
        None => (
            None,
            vec![
                "この版の内容は、法令に基づいて消去されました。消去したことだけが記録に残っています。"
                    .to_owned(),
            ],
        ),
    }
}

fn holding(register: &Register, row: &Row, on: Date, today: Date) -> Option<String> {
    let (from, to) = register.valid?;
    if register.holds(row, on) {
        return (on != today).then(|| format!("{}の時点で有効です。", wareki(on)));
    }
    let began = row.text(from) <= on.to_string().as_str();
    let day = |column: &str| sekisho_domain::register::cell::worded(row.text(column));
    Some(match began {
        true => format!("{}で終わっています（{}の時点では有効ではありません）。", day(to), wareki(on)),
        false => format!("{}から有効です（{}の時点では、まだ有効ではありません）。", day(from), wareki(on)),
    })
}

fn value_cell(layout: &Layout, row: &Row, column: &'static Column, names: &Names) -> Cell {
    let mut cell = cell_of(layout, row, column, names);
    if let sekisho_domain::noun::Kind::Ref(noun) = column.kind
        && !row.text(column.name).is_empty()
    {
        let folder = match noun {
            "requirement" => Some("/requirements".to_owned()),
            "decision" => Some("/decisions".to_owned()),
            _ => sekisho_domain::register(noun).map(|r| format!("/registers/{}", r.noun.name)),
        };
        cell.href = folder.map(|folder| format!("{folder}/{}", row.text(column.name)));
    }
    if cell.text.is_empty() {
        cell.text = "―".to_owned();
    }
    cell
}

fn history(
    register: &Register,
    layout: &Layout,
    seen: &[&'static Column],
    names: &Names,
    id: &str,
    versions: &[VersionLine],
) -> Vec<Version> {
    let rows: Vec<Option<Row>> = versions.iter().map(|v| v.row(register.noun, id)).collect();
    let version = |(at, line): (usize, &VersionLine)| {
        let before = rows.get(at + 1).and_then(Option::as_ref);
        let changes = match (before, &rows[at]) {
            (Some(before), Some(after)) => changes(layout, seen, names, before, after),
            _ => Vec::new(),
        };
        Version {
            number: line.version,
            at: Moment::at(Ms(line.recorded_ms)),
            who: line.person.clone().unwrap_or_else(|| "関所".to_owned()),
            did: verb(&line.action()),
            changes,
        }
    };
    versions.iter().enumerate().map(version).collect()
}

/// Every visible cell that differs: (label, before, after).
pub(crate) fn changes(
    layout: &Layout,
    seen: &[&'static Column],
    names: &Names,
    before: &Row,
    after: &Row,
) -> Vec<(&'static str, String, String)> {
    let shown = |row: &Row, column: &'static Column| {
        let text = words(column, &layout.get(row, column), names);
        if text.is_empty() { "（空欄）".to_owned() } else { text }
    };
    let differs = |column: &&&'static Column| layout.get(before, column) != layout.get(after, column);
    seen.iter().filter(differs).map(|c| (c.label, shown(before, c), shown(after, c))).collect()
}

/// What an action of the ledger did, in a word.
fn verb(action: &str) -> &'static str {
    match action.rsplit('.').next().unwrap_or("") {
        "create" => "加えた",
        "update" => "直した",
        "end" => "終了にした",
        "import" => "取り込んだ",
        "undo" => "取り込みを元に戻した",
        "confirm" => "棚卸で確かめた",
        "finish" => "廃棄した",
        "bulk" => "まとめて直した",
        "apply" | "report" => "申請した",
        "approve" => "決裁で認めた",
        "return" => "決裁で差し戻した",
        "classify" => "区分を決めた",
        "reclassify" => "新しい区分に読み替えた",
        _ => "書いた",
    }
}
