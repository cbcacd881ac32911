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
use crate::sign_in::query;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::section::SECTION;
use sekisho_store::register::ListQuery;

/// Sections read; a prefecture's largest city has about 600.
const SECTIONS_MAX: i64 = 5_000;
/// Rows of one section's workbook; people check them by hand.
const SHARE_ROWS: i64 = 20_000;

#[derive(Template)]
#[template(path = "register/collect.html")]
struct CollectPage {
    shell: Shell,
    noun: &'static str,
    label: &'static str,
    /// (section, rows)
    sections: Vec<(String, i64)>,
    /// 本人確認, when it has to come before the workbooks are made.
    prove_first: Option<String>,
    said: Option<String>,
}

/// A section with the number of rows it keeps.
struct Share {
    unit: String,
    name: String,
    rows: i64,
}

/// Every section that has an 情報セキュリティ管理者 of its own or keeps a row, within reach.
async fn shares(app: &App, me: &Me, register: &'static Register) -> Result<Vec<Share>, PortalError> {
    let reach = me.reach(Action::Edit, register.noun.name);
    let within = |unit: &str| match &reach {
        Reach::All => true,
        Reach::Sections(units) | Reach::SectionsAndOwn(units) => units.iter().any(|u| u == unit),
        Reach::Own | Reach::Nothing => false,
    };
    let today = me.on.to_string();
    let mut sections = app.store.db.scan(&SECTION, "", SECTIONS_MAX).await?;
    sections.retain(|row| {
        let to = row.text("valid_to");
        let holds = row.text("valid_from") <= today.as_str() && (to.is_empty() || today.as_str() < to);
        holds && within(row.text("unit_id"))
    });
    sections.sort_by(|a, b| a.text("sort_key").cmp(b.text("sort_key")));
    let counts = app.store.db.rows_per_section(register, me.on).await?;
    let share = |row: &Row| {
        let rows = counts.get(row.text("unit_id")).copied().unwrap_or(0);
        let managed = row.get("managed") == Some(&Value::Bool(Some(true)));
        (managed || rows > 0).then(|| Share {
            unit: row.text("unit_id").to_owned(),
            name: row.text("name").to_owned(),
            rows,
        })
    };
    Ok(sections.iter().filter_map(share).collect())
}

/// The rows of a section, in the order of the register.
async fn rows_of(
    app: &App,
    me: &Me,
    register: &'static Register,
    unit: &str,
) -> Result<Vec<Row>, PortalError> {
    let section = register.section.ok_or(PortalError::NotFound)?;
    let query = ListQuery {
        as_of: Some(me.on),
        filters: vec![(section, unit.to_owned())],
        limit: SHARE_ROWS,
        ..ListQuery::default()
    };
    let reach = me.reach(Action::Edit, register.noun.name);
    let listed = app.store.db.register_list(register, &query, &reach).await?;
    match listed.more {
        false => Ok(listed.rows),
        true => Err(PortalError::Refused(format!(
            "一つの課に{SHARE_ROWS}行を超える台帳は、配れません。一覧から絞り込んで書き出してください。"
        ))),
    }
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
        sections: sections.into_iter().map(|s| (s.name, s.rows)).collect(),
        prove_first: (!me.stepped_up()).then(|| format!("/step-up?{}", query("back", &collecting(register)))),
        said,
    })
}

fn collecting(register: &Register) -> String {
    format!("/registers/{}/collect", register.noun.name)
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
    me.must_be_stepped_up(&collecting(register))?;
    let desk = Arc::new(Desk::set(&app, &me, register).await?);
    let mut files = Vec::new();
    // One section after another: what one workbook held is gone before the next is read.
    for share in shares(&app, &me, register).await? {
        let rows = rows_of(&app, &me, register, &share.unit).await?;
        let (desk, on) = (Arc::clone(&desk), me.on);
        let name = format!("{}_{}.xlsx", register.noun.label, share.name);
        let made = blocking(move || {
            let lines = lines(&desk.layout, &desk.seen, &desk.names, &rows);
            sekisho_sheet::write_xlsx(&book(register, &desk.seen, &desk.names, lines, &share.unit, on))
        });
        files.push((name, made.await?.map_err(|e| refused(&e))?));
    }
    let made = blocking(move || sekisho_sheet::bundle(files));
    let bytes = made.await?.map_err(|e| refused(&e))?;
    Ok(attachment(&format!("{}_{}.zip", register.noun.label, me.on), "application/zip", bytes))
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
    import::begin(&app, &me, register, draft).await
}
