//! One value for many rows: the rows ticked in the list, one column, one transaction.

use super::form::read;
use super::list::field;
use super::named;
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits;
use crate::part::{Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::noun::{Column, Row};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register};

#[derive(Template)]
#[template(path = "register/bulk.html")]
struct BulkPage {
    shell: Shell,
    noun: &'static str,
    errors: Errors,
    /// (id, words)
    rows: Vec<(String, String)>,
    /// The column to change, once chosen.
    chosen: Option<&'static str>,
    field: Field,
}

/// The rows ticked that the person may edit.
pub(crate) async fn ticked(
    app: &App,
    me: &Me,
    register: &'static Register,
    form: &Form,
    action: Action,
) -> Result<Vec<Row>, PortalError> {
    let ids: Vec<String> = form.all("id").take(limits::PAGE_ROWS).map(str::to_owned).collect();
    let mut rows = app.store.db.rows_of(register.noun, &ids).await?;
    rows.retain(|row| me.must_row(action, register, row).is_ok());
    rows.sort_by(|a, b| a.text(register.key[0]).cmp(b.text(register.key[0])));
    rows.dedup_by(|a, b| a.id == b.id);
    if rows.is_empty() {
        return Err(PortalError::Refused(
            "行が選ばれていません。一覧で、行の左の欄を選んでください。".to_owned(),
        ));
    }
    Ok(rows)
}

/// Columns that may hold the same in many rows.
fn shared(register: &Register, seen: &[&'static Column]) -> Vec<&'static Column> {
    seen.iter().copied().filter(|c| !register.key.contains(&c.name) && c.name != register.title).collect()
}

async fn show(
    app: &App,
    me: &Me,
    register: &'static Register,
    rows: &[Row],
    form: &Form,
    wrong: Option<String>,
) -> Result<BulkPage, PortalError> {
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let names = app.store.db.names_of(&seen, rows, me.on).await?;
    let columns = shared(register, &seen);
    let chosen = columns.iter().copied().find(|c| c.name == form.get("column"));
    let mut asked = match chosen {
        Some(column) => {
            let reach = me.reach(Action::Edit, register.noun.name);
            let mut field = field(column, &names, &reach, register.section == Some(column.name));
            field.id = "value";
            field.label = format!("{}（全ての行に入れる値）", field.label);
            field.value = form.get("value").to_owned();
            field
        }
        None => {
            let options = columns.iter().map(|c| (c.name.to_owned(), c.label.to_owned())).collect();
            Field::new("column", "どの項目を直しますか", Input::Select(options))
        }
    };
    asked.error.clone_from(&wrong);
    let noun = register.noun.name;
    let shell = app.shell(me, "/registers", format!("選んだ{}件の何を直しますか", rows.len())).await?;
    Ok(BulkPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        noun,
        errors: Errors { items: wrong.into_iter().map(|said| ("value".to_owned(), said)).collect() },
        rows: rows.iter().map(|row| (row.id.clone(), register.words(row))).collect(),
        chosen: chosen.map(|c| c.name),
        field: asked,
    })
}

pub(crate) async fn form(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let register = named(&noun)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let rows = ticked(&app, &me, register, &form, Action::Edit).await?;
    page(&show(&app, &me, register, &rows, &form, None).await?)
}

pub(crate) async fn apply(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let rows = ticked(&app, &me, register, &form, Action::Edit).await?;
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let names = app.store.db.names(&seen, me.on).await?;
    let column = shared(register, &seen).into_iter().find(|c| c.name == form.get("column"));
    let column = column.ok_or_else(|| PortalError::Unreadable("no column".to_owned()))?;
    match changed(&me, &layout, column, form.get("value"), &names, rows.clone()) {
        Err(said) => Ok(page(&show(&app, &me, register, &rows, &form, Some(said)).await?)?.into_response()),
        Ok(changed) => {
            if !changed.is_empty() {
                app.store.apply_import(&me.actor(), changed, None, register.action("bulk")).await?;
            }
            Ok(Redirect::to(&format!("/registers/{noun}?done=bulk")).into_response())
        }
    }
}

/// The rows with the new value; those that have it already are left out. One that may not have it stops all.
fn changed(
    me: &Me,
    layout: &Layout,
    column: &'static Column,
    text: &str,
    names: &Names,
    rows: Vec<Row>,
) -> Result<Vec<Row>, String> {
    let register = layout.register;
    let value = read(column, text, names)?;
    let mut changed = Vec::new();
    for mut row in rows {
        if layout.get(&row, column) == value {
            continue;
        }
        let before = row.clone();
        layout.set(&mut row, column, value.clone());
        sekisho_domain::asset::decide_by_hand(&before, &mut row);
        if let Some((_, said)) = layout.refusals(&row).into_iter().next() {
            return Err(format!("{}：{said}", register.words(&row)));
        }
        if me.must_row(Action::Edit, register, &row).is_err() {
            return Err("ほかの所属の行は、書けません。自分の所属を選んでください。".to_owned());
        }
        changed.push(row);
    }
    Ok(changed)
}
