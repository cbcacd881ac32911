//! 組織の引き継ぎ: merging, splitting and giving up a section on a day to come.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::section::day;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::date::Date;
use sekisho_store::page::SectionLine;
use sekisho_store::succession::Planned;

/// The section as it is today, or as it will begin.
async fn section(app: &App, me: &Me, unit: &str) -> Result<SectionLine, PortalError> {
    let all = all_sections(app, me).await?;
    all.into_iter().find(|s| s.unit_id == unit).ok_or(PortalError::NotFound)
}

/// The sections of today and those that begin on a day to come.
pub(crate) async fn all_sections(app: &App, me: &Me) -> Result<Vec<SectionLine>, PortalError> {
    let mut all = app.store.db.sections(me.on).await?;
    let known: Vec<String> = all.iter().map(|s| s.unit_id.clone()).collect();
    let ahead = app.store.db.sections_ahead(me.on).await?;
    all.extend(ahead.into_iter().filter(|s| !known.contains(&s.unit_id)));
    Ok(all)
}

/// 令和9年4月1日に「税務課」へ引き継ぎます
pub(crate) fn words(planned: &[Planned], unit: &str, sections: &[SectionLine]) -> Option<String> {
    let mine: Vec<&Planned> = planned.iter().filter(|p| p.unit_id == unit).collect();
    let name = |id: &str| sections.iter().find(|s| s.unit_id == id).map_or(id.to_owned(), |s| s.name.clone());
    let main = mine.iter().find(|p| p.main)?;
    let others: Vec<String> = mine.iter().filter(|p| !p.main).map(|p| name(&p.successor_id)).collect();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!("（ほかに{}に分かれる）", others.join("・"))
    };
    Some(format!("{}に{}へ引き継ぐ{also}", day(&main.valid_from), name(&main.successor_id)))
}

async fn close_page(app: &App, me: &Me, unit: &str, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let section = section(app, me, unit).await?;
    let sections = all_sections(app, me).await?;
    let planned = app.store.db.successions_planned().await?;
    let shell = app.shell(me, "/sections", format!("{}を、いつ、どこへ引き継ぎますか", section.name)).await?;
    let shell = shell.crumb("/sections", "組織");
    let action = format!("/sections/{unit}/close");
    if let Some(words) = words(&planned, unit, &sections) {
        return Ok(FormPage {
            shell,
            lead: format!("{}は、{words}予定です。", section.name),
            errors: Errors::default(),
            action,
            fields: vec![Field::hidden("do", "cancel")],
            upload: false,
            button: "予定を取りやめる",
            consequence: "組織は、今のまま続きます。".to_owned(),
        });
    }
    let holds = app.store.db.section_holds(unit, me.on).await?;
    let none = || (String::new(), "なし".to_owned());
    // Nobody's section is handed to whatever stands first in the list.
    let chosen = (String::new(), "選んでください".to_owned());
    let others = |first: Option<(String, String)>| {
        let rest = sections.iter().filter(|s| s.unit_id != unit);
        let rest = rest.map(|s| (s.unit_id.clone(), choice(s, me.on)));
        first.into_iter().chain(rest).collect::<Vec<_>>()
    };
    let fields = vec![
        Field::date("from", "この組織がなくなる日").hint("この日の午前0時に、自動で引き継ぎます。"),
        Field::select("main", "台帳・申請・人を引き継ぐ組織", others(Some(chosen))).hint(
            "新しい組織は、先に「組織を加える」で作っておきます。始まる日を、なくなる日と同じにします。",
        ),
        Field::select("also", "分かれるときは、ほかの組織", others(Some(none()))).optional(),
        Field::select("also2", "3つに分かれるときは、もう一つ", others(Some(none()))).optional(),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell,
        lead: format!(
            "統合・分割・廃止は、この画面で予定します。今この組織にあるもの：職員 {}人、台帳の行 {}件、決裁待ち {}件。",
            holds.people, holds.rows, holds.decisions
        ),
        errors,
        action,
        fields,
        upload: false,
        button: "この日に引き継ぐ",
        consequence: "配属・台帳の行・決裁待ち・文書の所管・やることが移ります。前の記録は、引き継いだ組織から読めます。適用範囲は移らないので、新しい組織について決めてください。分かれるときは、移った後で、ほかの組織の行を付け替えます。"
            .to_owned(),
    })
}

/// 税務課, with the day when it has not begun.
fn choice(section: &SectionLine, on: Date) -> String {
    match section.valid_from.as_str() > on.to_string().as_str() {
        true => format!("{}（{}から）", section.name, day(&section.valid_from)),
        false => section.name.clone(),
    }
}

pub(crate) async fn form(State(app): State<App>, me: Me, Path(unit): Path<String>) -> Page {
    page(&close_page(&app, &me, &unit, None).await?)
}

pub(crate) async fn close(
    State(app): State<App>,
    me: Me,
    Path(unit): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let section = section(&app, &me, &unit).await?;
    if form.get("do") == "cancel" {
        let mut tx = app.store.write(&me.actor(), "succession.cancel").await?;
        tx.cancel_succession(&unit).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/sections?done=saved").into_response());
    }
    let from = form.date("from", "なくなる日を入力してください。");
    let sections = all_sections(&app, &me).await?;
    let known = |id: &str| sections.iter().find(|s| s.unit_id == id && s.unit_id != unit);
    let main = form.required("main", "引き継ぐ組織を選んでください。");
    let mut successors = vec![main];
    for field in ["also", "also2"] {
        let also = form.get(field).to_owned();
        if !also.is_empty() && !successors.contains(&also) {
            successors.push(also);
        }
    }
    let fields = ["main", "also", "also2"];
    for (field, id) in fields.into_iter().zip(&successors).filter(|(_, id)| !id.is_empty()) {
        match (known(id), from) {
            (None, _) => form.refuse(field, "組織を選び直してください。"),
            (Some(heir), Some(from)) => {
                let day = from.to_string();
                let ends = heir.valid_to.as_deref().is_some_and(|end| end <= day.as_str());
                if heir.valid_from > day || ends {
                    form.refuse(field, format!("{}は、その日にはありません。", heir.name));
                }
            }
            _ => {}
        }
    }
    if let Some(from) = from {
        if from <= me.on {
            form.refuse("from", "明日からの日を入力してください。");
        } else if from.to_string() <= section.valid_from {
            form.refuse(
                "from",
                format!("この組織が始まる日（{}）より後にしてください。", day(&section.valid_from)),
            );
        }
    }
    let (true, Some(from)) = (form.ok(), from) else {
        return Ok(page(&close_page(&app, &me, &unit, Some(&form)).await?)?.into_response());
    };
    let successors: Vec<&str> = successors.iter().map(String::as_str).collect();
    let mut tx = app.store.write(&me.actor(), "succession.plan").await?;
    tx.plan_succession(&unit, from, &successors).await?;
    tx.commit().await?;
    Ok(Redirect::to("/sections?done=saved").into_response())
}
