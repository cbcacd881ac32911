//! Columns that a city adds to a register for itself.

use super::named;
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::cell::word;
use sekisho_domain::register::{EXTRA_COLUMN, EXTRA_KINDS, Layout, Register};

/// Columns a city may add to one register: what still fits a spreadsheet that people read.
const EXTRAS_MAX: usize = 30;

fn yes(row: &Row, column: &str) -> bool {
    row.get(column) == Some(&Value::Bool(Some(true)))
}

pub(crate) async fn list(State(app): State<App>, me: Me, Path(noun): Path<String>) -> Page {
    let register = named(&noun)?;
    let rows = app.store.db.extra_columns(register).await?;
    let rows = rows.iter().map(|row| {
        vec![
            Cell::link(format!("/registers/{noun}/columns/{}", row.id), row.text("label")),
            Cell::text(word(EXTRA_KINDS, row.text("kind"))),
            Cell::text(if yes(row, "required") { "必須" } else { "" }),
            Cell::text(if yes(row, "retired") { "使っていない" } else { "使っている" }),
        ]
    });
    let shell = app
        .shell(&me, "/registers", format!("{}に、この市だけの項目がありますか", register.noun.label))
        .await?;
    page(&ListPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        lead:
            "加えた項目は、一覧・検索・入力・Excelの出し入れのどれでも、はじめからある項目と同じに使えます。"
                .to_owned(),
        caption: "この市が加えた項目。".to_owned(),
        heads: vec!["項目名", "種類", "必須", "状態"],
        rows: rows.collect(),
        empty: "まだありません。",
        add: Some((format!("/registers/{noun}/columns/new"), "項目を加える")),
        ..ListPage::default()
    })
}

async fn form_page(
    app: &App,
    me: &Me,
    register: &'static Register,
    row: Option<&Row>,
    form: Option<&Form>,
) -> Result<FormPage, PortalError> {
    let noun = register.noun.name;
    let text = |name: &str| row.map_or("", |row| row.text(name)).to_owned();
    let tick = |name: &str| if row.is_some_and(|row| yes(row, name)) { "1" } else { "" };
    let mut fields =
        vec![Field::text("label", "項目名").value(text("label")).hint("一覧とExcelの見出しになります。")];
    if row.is_none() {
        let kinds = EXTRA_KINDS.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect();
        fields.push(Field::select("kind", "種類", kinds).value("text").hint("あとから変えられません。"));
    }
    fields.extend([
        Field::area("choices", "選択肢")
            .optional()
            .value(text("choices"))
            .hint("種類が選択肢のとき、1行に一つずつ。"),
        Field::text("unit", "単位").optional().value(text("unit")),
        Field::text("hint", "説明").optional().value(text("hint")),
        Field::new("required", "必須にする", Input::Check).optional().value(tick("required")),
    ]);
    if let Some(row) = row {
        fields.push(
            Field::new("retired", "もう使わない", Input::Check)
                .optional()
                .value(tick("retired"))
                .hint("一覧や入力に出なくなります。これまでの値は履歴に残ります。"),
        );
        fields.push(Field::hidden("version", row.version.to_string()));
    }
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let (title, action) = match row {
        Some(row) => (
            format!("項目「{}」の何を直しますか", row.text("label")),
            format!("/registers/{noun}/columns/{}", row.id),
        ),
        None => ("どんな項目を加えますか".to_owned(), format!("/registers/{noun}/columns")),
    };
    let shell = app.shell(me, "/registers", title).await?;
    let shell = shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label);
    Ok(FormPage {
        shell: shell.crumb(format!("/registers/{noun}/columns"), "独自の項目"),
        lead: String::new(),
        errors,
        action,
        fields,
        upload: false,
        button: "保存する",
        consequence: "保存すると、すぐに全員の画面とExcelに出ます。".to_owned(),
    })
}

pub(crate) async fn new_form(State(app): State<App>, me: Me, Path(noun): Path<String>) -> Page {
    page(&form_page(&app, &me, named(&noun)?, None, None).await?)
}

pub(crate) async fn edit_form(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Page {
    let register = named(&noun)?;
    let row = definition(&app, register, &id).await?;
    page(&form_page(&app, &me, register, Some(&row), None).await?)
}

async fn definition(app: &App, register: &Register, id: &str) -> Result<Row, PortalError> {
    let row = app.store.db.row(&EXTRA_COLUMN, id).await?.ok_or(PortalError::NotFound)?;
    if row.text("register") == register.noun.name { Ok(row) } else { Err(PortalError::NotFound) }
}

/// Reads the form into a definition, noting mistakes.
fn read(form: &mut Form, layout: &Layout, row: Row) -> Row {
    let label = form.required("label", "項目名を入力してください。");
    let own = format!("x_{}", row.id);
    if layout.columns().any(|c| c.label == label && c.name != own) {
        form.refuse("label", "この名前の項目は、もうあります。");
    }
    let kind = match row.text("kind") {
        "" => form.get("kind").to_owned(),
        kind => kind.to_owned(),
    };
    if !EXTRA_KINDS.iter().any(|(code, _)| *code == kind) {
        form.refuse("kind", "種類を選んでください。");
    }
    let choices = form.limited("choices");
    if kind == "choice" && choices.lines().filter(|line| !line.trim().is_empty()).count() < 2 {
        form.refuse("choices", "選択肢を二つ以上、1行に一つずつ入力してください。");
    }
    let filled = |text: String| Some(text).filter(|t| !t.is_empty());
    let (unit, hint) = (form.limited("unit"), form.limited("hint"));
    row.set("label", label)
        .set("kind", kind)
        .set("choices", filled(choices))
        .set("unit", filled(unit))
        .set("hint", filled(hint))
        .set("required", !form.get("required").is_empty())
        .set("retired", !form.get("retired").is_empty())
}

pub(crate) async fn create(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    if !register.takes_extras() {
        return Err(PortalError::NotFound);
    }
    let layout = app.store.db.layout(register).await?;
    let id = sekisho_domain::id::new_id(me.now, &*app.store.entropy);
    let row = Row::new(&EXTRA_COLUMN, id).set("register", register.noun.name);
    let row = read(&mut form, &layout, row);
    if layout.extras.len() >= EXTRAS_MAX {
        form.refuse(
            "label",
            format!("加えられる項目は{EXTRAS_MAX}までです。使わない項目を「もう使わない」にしてください。"),
        );
    }
    if !form.ok() {
        return Ok(page(&form_page(&app, &me, register, None, Some(&form)).await?)?.into_response());
    }
    let mut tx = app.store.write(&me.actor(), "extra_column.create").await?;
    tx.insert(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/{noun}?done=column")).into_response())
}

pub(crate) async fn update(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let before = definition(&app, register, &id).await?;
    let layout = app.store.db.layout(register).await?;
    let mut row = read(&mut form, &layout, before.clone());
    if !form.ok() {
        return Ok(page(&form_page(&app, &me, register, Some(&before), Some(&form)).await?)?.into_response());
    }
    row.version = form.get("version").parse().unwrap_or(0);
    let mut tx = app.store.write(&me.actor(), "extra_column.update").await?;
    tx.update(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/{noun}?done=column")).into_response())
}
