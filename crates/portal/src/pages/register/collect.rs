//! 配って集める: one workbook per section goes out in one file, and whatever comes back is compared as one.

use std::sync::Arc;

use super::draft::{Desk, Draft, blocking};
use super::export::{book, lines, refused};
use super::{import, named};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::evidence::attachment;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::section::SECTION;

/// Sections read; a prefecture's largest city has about 600.
const SECTIONS_MAX: i64 = 5_000;

#[derive(Template)]
#[template(path = "register/collect.html")]
struct CollectPage {
    shell: Shell,
    noun: &'static str,
    label: &'static str,
    /// (section, rows)
    sections: Vec<(String, usize)>,
    said: Option<String>,
}

/// A section with the rows it keeps.
struct Share {
    unit: String,
    name: String,
    rows: Vec<Row>,
}

/// Every section that has an 情報セキュリティ管理者 of its own or keeps a row, within reach.
async fn shares(app: &App, me: &Me, register: &'static Register) -> Result<Vec<Share>, PortalError> {
    let column = register.section.ok_or(PortalError::NotFound)?;
    let reach = me.reach(Action::Edit, register.noun.name);
    let within = |unit: &str| match &reach {
        Reach::All => true,
        Reach::Sections(units) | Reach::SectionsAndOwn(units) => units.iter().any(|u| u == unit),
        Reach::Own | Reach::Nothing => false,
    };
    let today = me.on.to_string();
    let sections = app.store.db.scan(&SECTION, "", SECTIONS_MAX).await?;
    let holds = |row: &&Row| {
        let to = row.text("valid_to");
        row.text("valid_from") <= today.as_str() && (to.is_empty() || today.as_str() < to)
    };
    let mut shares: Vec<(String, bool, Share)> = Vec::new();
    for row in sections.iter().filter(holds).filter(|row| within(row.text("unit_id"))) {
        let managed = row.get("managed") == Some(&Value::Bool(Some(true)));
        let share = Share {
            unit: row.text("unit_id").to_owned(),
            name: row.text("name").to_owned(),
            rows: Vec::new(),
        };
        shares.push((row.text("sort_key").to_owned(), managed, share));
    }
    shares.sort_by(|a, b| a.0.cmp(&b.0));
    let places: std::collections::HashMap<String, usize> =
        shares.iter().enumerate().map(|(at, (_, _, share))| (share.unit.clone(), at)).collect();
    for row in app.store.db.all_rows(register).await?.into_iter().filter(|row| register.holds(row, me.on)) {
        if let Some(at) = places.get(row.text(column)) {
            shares[*at].2.rows.push(row);
        }
    }
    let mut shares: Vec<Share> = shares
        .into_iter()
        .filter(|(_, managed, s)| *managed || !s.rows.is_empty())
        .map(|(_, _, s)| s)
        .collect();
    for share in &mut shares {
        share.rows.sort_by(|a, b| a.text(register.key[0]).cmp(b.text(register.key[0])));
    }
    Ok(shares)
}

async fn shown(
    app: &App,
    me: &Me,
    register: &'static Register,
    said: Option<String>,
) -> Result<CollectPage, PortalError> {
    let noun = register.noun.name;
    let sections = shares(app, me, register).await?;
    let title = format!("{}を、どうやって各課に確かめてもらいますか", register.noun.label);
    let shell = app.shell(me, "/registers", title).await?;
    Ok(CollectPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        noun,
        label: register.noun.label,
        sections: sections.into_iter().map(|s| (s.name, s.rows.len())).collect(),
        said,
    })
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path(noun): Path<String>) -> Page {
    page(&shown(&app, &me, named(&noun)?, None).await?)
}

/// The workbooks, one per section, in one ZIP file.
pub(crate) async fn hand_out(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let desk = Desk::set(&app, &me, register).await?;
    let shares = shares(&app, &me, register).await?;
    let on = me.on;
    let made = blocking(move || {
        let mut files = Vec::with_capacity(shares.len());
        for share in shares {
            let lines = lines(&desk.layout, &desk.seen, &desk.names, &share.rows);
            let book = book(register, &desk.seen, &desk.names, lines, &share.unit, on);
            let name = format!("{}_{}.xlsx", register.noun.label, share.name);
            files.push((name, sekisho_sheet::write_xlsx(&book)?));
        }
        sekisho_sheet::bundle(files)
    });
    let bytes = made.await?.map_err(|e| refused(&e))?;
    Ok(attachment(&format!("{}_{on}.zip", register.noun.label), "application/zip", bytes))
}

/// All that came back, compared as one.
pub(crate) async fn take_back(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let uploads = form.take_uploads();
    if uploads.is_empty() {
        let said = "返ってきたファイルを選んでください。一度にいくつでも選べます。".to_owned();
        return Ok(page(&shown(&app, &me, register, Some(said)).await?)?.into_response());
    }
    let desk = Arc::new(Desk::set(&app, &me, register).await?);
    let mut draft = Draft::read(&app, &me, &desk, uploads).await?;
    draft.expected = shares(&app, &me, register).await?.into_iter().map(|share| share.unit).collect();
    if draft.files.is_empty() {
        let said = draft.refused.first().map(|(name, said)| format!("{name}：{said}"));
        return Ok(page(&shown(&app, &me, register, said).await?)?.into_response());
    }
    import::begin(&app, &me, register, &draft).await
}
