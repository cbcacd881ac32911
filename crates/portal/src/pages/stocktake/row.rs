//! One row of a 棚卸: what the label on the thing leads to, for a telephone in one hand.

use super::{Desk, SaidLine, WHERE, granted, said};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::register::{named, thing, words};
use crate::session::Me;
use crate::shell::{Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::noun::Row;

#[derive(Template)]
#[template(path = "stocktake/row.html")]
pub(super) struct RowPage {
    shell: Shell,
    part: String,
    id: String,
    noun: &'static str,
    means: &'static str,
    stop: Option<String>,
    values: Vec<(&'static str, String)>,
    said: Option<SaidLine>,
    note: String,
    can_write: bool,
}

pub(super) async fn row_page(
    app: &App,
    me: &Me,
    desk: &Desk,
    row: &Row,
    means: &'static str,
    stop: Option<String>,
) -> Result<RowPage, PortalError> {
    let register = desk.register;
    let columns = register.list.iter().chain(&WHERE).filter_map(|name| register.noun.column(name));
    let mut values: Vec<(&'static str, String)> = Vec::new();
    for column in columns {
        let text = row.get(column.name).map(|v| words(column, v, &desk.names)).unwrap_or_default();
        if !text.is_empty() && values.iter().all(|(label, _)| *label != column.label) {
            values.push((column.label, text));
        }
    }
    let entry = desk.sheet.entry(&row.id);
    let shell =
        app.shell(me, "/tasks", format!("「{}」は、ここにありますか", row.text(register.title))).await?;
    Ok(RowPage {
        shell: desk.crumbs(shell).crumb(format!("/stocktakes/{}", desk.part.id), desk.section().to_owned()),
        part: desk.part.id.clone(),
        id: row.id.clone(),
        noun: register.noun.name,
        means,
        stop,
        values,
        said: entry.map(|e| said(e, Some(row))),
        note: entry.and_then(|e| e.note.clone()).unwrap_or_default(),
        can_write: desk.can_write(me),
    })
}

/// One row as the stocktake that is going on sees it; without one, the row itself.
pub(crate) async fn row(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::View, register, &id).await?;
    let unit = register.section_of(&row).unwrap_or_default();
    let part = app.store.db.open_stocktake(register.noun.name, unit).await?;
    let Some(part) = part.filter(|_| register.holds(&row, me.on)) else {
        return Ok(Redirect::to(&format!("/registers/{noun}/{id}")).into_response());
    };
    let asked = Form::from_query(query.as_deref().unwrap_or(""));
    let means = if asked.get("by") == "scan" { "scan" } else { "look" };
    let desk = Desk::set(&app, &me, &part).await?;
    Ok(page(&row_page(&app, &me, &desk, &row, means, None).await?)?.into_response())
}

/// What the QR code of a label leads to: the row's place in the stocktake that is going on, or the row.
pub(crate) async fn label(
    State(app): State<App>,
    me: Me,
    Path((noun, number)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let ids = app.store.db.ids_of_number(register, &number).await?;
    let row = app.store.db.rows_of(register.noun, &ids).await?.into_iter().next();
    let row = row.ok_or(PortalError::NotFound)?;
    if !granted(&me, Action::View, thing(register, &row)) {
        return Err(PortalError::Forbidden(
            "ほかの所属のものです。棚卸の画面で番号を打つと、「台帳にないもの」として書けます。".to_owned(),
        ));
    }
    Ok(Redirect::to(&format!("/registers/{noun}/{}/stocktake?by=scan", row.id)).into_response())
}
