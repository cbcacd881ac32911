//! The list of a register, and the list of registers.

use super::query::Asked;
use super::{cell_of, named};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Field, Input, Pager};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::sign_in::query as query_pair;
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use sekisho_domain::REGISTERS;
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::noun::{Column, Kind, Value};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register, cell};
use sekisho_store::register::{Count, LOOKED_MAX, ListQuery, PICKED_MAX};

/// Which registers there are, with how much is in them.
pub(crate) async fn index(State(app): State<App>, me: Me) -> Page {
    let mut rows = Vec::new();
    for register in REGISTERS.iter().filter(|r| me.reaches(Action::View, r.noun.name)) {
        let query = ListQuery { as_of: Some(me.on), ..ListQuery::default() };
        let reach = me.reach(Action::View, register.noun.name);
        let count = app.store.db.register_count(register, &query, &reach, LOOKED_MAX).await?;
        let href = format!("/registers/{}", register.noun.name);
        rows.push(vec![
            Cell::link(href, register.noun.label),
            Cell { number: true, ..Cell::text(counted(count)) },
            Cell::text(register.lead),
        ]);
    }
    rows.extend(beside(&me));
    page(&ListPage {
        shell: app.shell(&me, "/registers", "どの台帳を開きますか").await?,
        caption: "あなたが見られる台帳と、今日の件数。".to_owned(),
        heads: vec!["台帳", "件数", "何が載っているか"],
        rows,
        empty: "あなたの役割で見られる台帳はありません。",
        ..ListPage::default()
    })
}

/// What is kept or done beside the registers proper.
fn beside(me: &Me) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut line = |href: &str, words: &str, lead: &str| {
        rows.push(vec![Cell::link(href, words), Cell::text("―"), Cell::text(lead)]);
    };
    if me.reaches(Action::View, "exception") {
        line(
            "/exceptions",
            "例外措置の期限と繰り返し",
            "今、何を認めていて、いつ終わるか。同じ条項に何度も例外を認めていないか。申請もここから。",
        );
    }
    if me.reaches(Action::View, "disposal") {
        line(
            "/disposals",
            "廃棄",
            "保存期間が過ぎたもの、要らなくなった媒体。決裁を受けて廃棄し、証明を残します。",
        );
    }
    if me.reaches(Action::View, "campaign_part") {
        line("/campaigns", "棚卸・一斉の依頼", "台帳と現物を比べ、課長が確かめます。どこまで進んでいるか。");
    }
    if me.reaches(Action::Edit, "asset") {
        line(
            "/registers/asset/classify",
            "区分を質問で決める",
            "5つまでの質問に答えると、情報資産の区分を理由つきで提案します。",
        );
        line(
            "/registers/asset/reclassify",
            "旧区分の読替え",
            "機密性3・2・1を、自治体機密性3A・3B・3C・2・1に読み替えます。",
        );
    }
    rows
}

#[derive(Template)]
#[template(path = "register/list.html")]
struct RegisterList {
    shell: Shell,
    register: &'static Register,
    lead: String,
    /// (address, name, id of a view that the reader may remove)
    views: Vec<(String, String, Option<String>)>,
    filter: Vec<Field>,
    /// (name, label, shown)
    columns: Vec<(&'static str, &'static str, bool)>,
    /// What the forms beside the filter must not lose.
    kept: Vec<(String, String)>,
    caption: String,
    heads: Vec<Head>,
    rows: Vec<(String, Vec<Cell>)>,
    empty: String,
    pager: Pager,
    /// The question without its place in the list, for exports and saved views.
    query: String,
    can_edit: bool,
    can_export: bool,
    /// Whether the export was asked for and waited for 本人確認.
    exporting: bool,
    /// 本人確認, when it has to come before an export.
    prove_first: Option<String>,
    can_share: bool,
}

struct Head {
    words: &'static str,
    number: bool,
    /// Of its cells: `n` for figures, `d` for what reads best on one line.
    class: &'static str,
    /// Where a click on it leads, when the list can be sorted by it.
    sort: Option<String>,
    /// `ascending` or `descending`, on the one it is sorted by.
    direction: Option<&'static str>,
}

pub(crate) async fn list(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let register = named(&noun)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let asked = Asked::parse(&layout, &seen, &form, me.on);
    let reach = me.reach(Action::View, register.noun.name);
    let (listed, count) = app.store.db.register_page(register, &asked.page(register), &reach).await?;
    let names = app.store.db.names_of(&seen, &listed.rows, me.on).await?;
    let next = listed.rows.last().filter(|_| listed.more).map(|row| {
        let value = row.get(register.sorts[asked.sort]).map(plain).unwrap_or_default();
        asked.query_after(register, &value, &row.id)
    });
    let rows = listed.rows.iter().map(|row| {
        let mut cells: Vec<Cell> = asked.columns.iter().map(|c| cell_of(&layout, row, c, &names)).collect();
        if let Some(first) = cells.first_mut() {
            first.href = Some(format!("/registers/{noun}/{}", row.id));
            if first.text.is_empty() {
                first.text = "（空欄）".to_owned();
            }
            let wrong = register.breaches(row).len();
            first.sub = (wrong > 0).then(|| format!("直すこと {wrong}件"));
            if !register.holds(row, me.on) {
                first.sub = Some("終了".to_owned());
            }
        }
        (row.id.clone(), cells)
    });
    let rows = rows.collect();
    let here = |query: String| format!("/registers/{noun}?{query}");
    let mut shell =
        app.shell(&me, "/registers", format!("{}は、今どうなっていますか", register.noun.label)).await?;
    shell = shell.crumb("/registers", "台帳");
    shell.done = super::row::done(form.get("done"));
    page(&RegisterList {
        shell,
        register,
        lead: register.lead.to_owned(),
        views: views(&app, &me, register).await?,
        filter: filters(&layout, &seen, &asked, &names, &reach),
        columns: seen
            .iter()
            .map(|c| (c.name, c.label, asked.columns.iter().any(|a| a.name == c.name)))
            .collect(),
        kept: form_urlencoded::parse(asked.query(register).as_bytes()).into_owned().collect(),
        caption: caption(register, &asked, count),
        heads: heads(register, &asked),
        rows,
        empty: match asked.narrows() {
            true => "条件に合う行はありません。条件を減らすか、言葉を短くしてみてください。".to_owned(),
            false if me.reaches(Action::Edit, register.noun.name) => {
                format!("まだ{}がありません。1件ずつ加えるか、今のExcelを取り込みます。", register.noun.label)
            }
            false => format!("{}はありません。", register.noun.label),
        },
        pager: Pager {
            first: asked.after.as_ref().map(|_| here(asked.query(register))),
            next: next.map(here),
        },
        query: asked.query(register),
        can_edit: me.reaches(Action::Edit, register.noun.name),
        can_export: me.reaches(Action::Export, register.noun.name),
        exporting: !form.get("export").is_empty(),
        prove_first: (!me.stepped_up())
            .then(|| format!("/step-up?{}", query_pair("back", &asked.list_to_export(register)))),
        can_share: super::view::may_share(&me),
    })
}

/// A value as it stands in a cursor.
pub(crate) fn plain(value: &Value) -> String {
    value.text().map(str::to_owned).or(value.int().map(|n| n.to_string())).unwrap_or_default()
}

/// 12件, 8,120件以上
pub(crate) fn counted(count: Count) -> String {
    let more = if count.at_least { "以上" } else { "" };
    format!("{}件{more}", super::thousands(&count.number.to_string()))
}

fn caption(register: &Register, asked: &Asked, count: Count) -> String {
    let sort = register.noun.column(register.sorts[asked.sort]).map_or("", |c| c.label);
    let direction = if asked.down { "の逆順" } else { "の順" };
    let when = match asked.as_of {
        Some(day) => format!("{}に有効な行", sekisho_domain::date::wareki(day)),
        None => "終わったもの・これからのものも含む全ての行".to_owned(),
    };
    format!("{when}。{}。{sort}{direction}。", counted(count))
}

fn heads(register: &'static Register, asked: &Asked) -> Vec<Head> {
    let head = |column: &&'static Column| {
        let sort = register.sorts.iter().position(|name| *name == column.name);
        Head {
            words: column.label,
            number: column.kind == Kind::Int,
            class: class(column),
            sort: sort
                .map(|at| format!("/registers/{}?{}", register.noun.name, asked.sorted_by(register, at))),
            direction: sort
                .filter(|at| *at == asked.sort)
                .map(|_| if asked.down { "descending" } else { "ascending" }),
        }
    };
    asked.columns.iter().map(head).collect()
}

/// Dates, sections and short words: what would only be torn apart for the sake of an emptier column.
fn class(column: &Column) -> &'static str {
    const SHORT_CHARS: usize = 12;
    match column.kind {
        Kind::Int => "n",
        Kind::Date | Kind::Bool | Kind::Unit => "d",
        Kind::Choice(words) if words.iter().all(|(_, word)| word.chars().count() <= SHORT_CHARS) => "d",
        _ => "",
    }
}

async fn views(
    app: &App,
    me: &Me,
    register: &Register,
) -> Result<Vec<(String, String, Option<String>)>, PortalError> {
    let views = app.store.db.views(register.noun.name, &me.who.person_id).await?;
    let may_share = super::view::may_share(me);
    let view = |v: sekisho_store::register::ViewLine| {
        let own = (v.person_id == me.who.person_id || (v.shared && may_share)).then_some(v.id);
        (format!("/registers/{}?{}", register.noun.name, v.query), v.name, own)
    };
    Ok(views.into_iter().map(view).collect())
}

/// The fields above the list: words, one per filter, the day.
fn filters(
    layout: &Layout,
    seen: &[&'static Column],
    asked: &Asked,
    names: &Names,
    reach: &Reach,
) -> Vec<Field> {
    let register = layout.register;
    let mut fields = vec![Field::text("q", "言葉で探す").value(&asked.words).optional()];
    let declared = register.filters.iter().filter_map(|name| seen.iter().copied().find(|c| c.name == *name));
    let extras = layout.extras.iter().copied().filter(|c| matches!(c.kind, Kind::Choice(_) | Kind::Bool));
    for column in declared.chain(extras) {
        let choices = choices(column, names, reach, Some(register.section == Some(column.name)));
        let Some(mut options) = choices else { continue };
        options.insert(0, (String::new(), "すべて".to_owned()));
        if !column.required && !column.extra {
            options.push(("-".to_owned(), "（空欄）".to_owned()));
        }
        let id = filter_id(column);
        fields.push(Field::select(id, column.label, options).value(asked.filter(column.name)).optional());
    }
    if register.valid.is_some() {
        let on = asked.as_of.map_or(String::new(), |day| day.to_string());
        fields.push(Field::date("on", "いつの時点で有効").value(on).optional());
    }
    fields
}

/// `f_zone`: the name of a filter's field.
fn filter_id(column: &'static Column) -> &'static str {
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex, PoisonError};
    static KEPT: LazyLock<Mutex<HashMap<&'static str, &'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(column.name).or_insert_with(|| Box::leak(format!("f_{}", column.name).into_boxed_str()))
}

/// What can be picked for a column: (value as stored, words). `None`: it is typed.
pub(crate) fn choices(
    column: &Column,
    names: &Names,
    reach: &Reach,
    within_reach: Option<bool>,
) -> Option<Vec<(String, String)>> {
    let owned = |(code, word): &(&str, &str)| ((*code).to_owned(), (*word).to_owned());
    match column.kind {
        Kind::Choice(choices) => Some(choices.iter().map(owned).collect()),
        Kind::Bool => Some([("true", "はい"), ("false", "いいえ")].iter().map(owned).collect()),
        Kind::Unit => {
            let all = picked_from(names, "section")?.iter();
            let within = |unit: &str| match reach {
                Reach::Sections(units) | Reach::SectionsAndOwn(units) if within_reach == Some(true) => {
                    units.iter().any(|u| u == unit)
                }
                _ => true,
            };
            Some(all.filter(|(unit, _)| within(unit)).cloned().collect())
        }
        Kind::Ref(noun) => Some(picked_from(names, noun)?.to_vec()),
        _ => None,
    }
}

/// The rows of a noun, when they are few enough to be picked from.
fn picked_from<'a>(names: &'a Names, noun: &str) -> Option<&'a [(String, String)]> {
    names.choices(noun).filter(|all| all.len() <= PICKED_MAX)
}

/// The text of a value as an input field takes it.
pub(crate) fn input_text(column: &Column, value: &Value, names: &Names) -> String {
    match (column.kind, value) {
        (Kind::Choice(_), Value::Text(text)) => text.clone().unwrap_or_default(),
        (Kind::Unit, Value::Text(text)) if picked_from(names, "section").is_some() => {
            text.clone().unwrap_or_default()
        }
        (Kind::Ref(noun), Value::Text(text)) if picked_from(names, noun).is_some() => {
            text.clone().unwrap_or_default()
        }
        (Kind::Bool, Value::Bool(Some(yes))) => yes.to_string(),
        _ => cell::show(column, value, names),
    }
}

/// How a column is asked for in a form.
pub(crate) fn field(column: &'static Column, names: &Names, reach: &Reach, section: bool) -> Field {
    let picked = choices(column, names, reach, Some(section));
    let typed = picked.is_none() && matches!(column.kind, Kind::Unit | Kind::Ref(_));
    let input = match (picked, column.kind) {
        (Some(mut options), _) => {
            options
                .insert(0, (String::new(), if column.required { "選んでください" } else { "" }.to_owned()));
            Input::Select(options)
        }
        (None, Kind::Date) => Input::Date,
        (None, Kind::Int) => Input::Digits,
        _ if column.long => Input::Area,
        _ => Input::Text,
    };
    let label = match column.unit {
        "" => column.label.to_owned(),
        unit => format!("{}（{unit}）", column.label),
    };
    let mut field = Field::new(column.name, label, input);
    field.required = column.required;
    let how = if typed { "番号か名前を入力します。" } else { "" };
    field.hint = Some(format!("{}{how}", column.hint)).filter(|hint| !hint.is_empty());
    field
}
