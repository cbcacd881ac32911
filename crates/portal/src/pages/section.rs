//! 組織: the sections of today, making one, renaming one from a day on.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::shared::{FormPage, ListPage};
use crate::pages::succession;
use crate::part::{Cell, Errors, Field};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::date::{Date, wareki};
use sekisho_domain::noun::Row;
use sekisho_domain::section::{KINDS, SECTION};
use sekisho_store::organisation::Changed;
use sekisho_store::page::SectionLine;
use std::collections::HashMap;

/// Depth beyond which the list no longer indents, in levels.
const INDENT_LEVELS: usize = 6;

/// The sub-pages of 体制, with the one that is shown.
pub(crate) fn tabs(me: &Me, here: &'static str) -> Vec<(&'static str, &'static str, bool)> {
    let all = [
        ("/sections", "組織", "section"),
        ("/people", "職員", "person"),
        ("/positions", "職", "position"),
        ("/roles", "役割", "role_seat"),
        ("/accounts", "アカウント", "account"),
        ("/personnel", "人事異動", "personnel_change"),
        ("/handovers", "引継書", "handover"),
    ];
    let reached = all.into_iter().filter(|(_, _, noun)| me.reaches(Action::View, noun));
    reached.map(|(href, words, _)| (href, words, href == here)).collect()
}

/// 令和6年4月1日 from a stored date; the text itself if it is not one.
pub(crate) fn day(text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), wareki)
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let sections = app.store.db.sections(me.on).await?;
    let can_edit = me.reaches(Action::Edit, "section");
    let depths = depths(&sections);
    let ahead = app.store.db.sections_ahead(me.on).await?;
    let planned = app.store.db.successions_planned().await?;
    let all: Vec<SectionLine> = sections.iter().chain(&ahead).cloned().collect();
    let rows = all.iter().map(|s| {
        let begins = s.valid_from.as_str() > me.on.to_string().as_str();
        let indent = "　".repeat(depths.get(s.unit_id.as_str()).copied().unwrap_or(0));
        let name = format!("{indent}{}", s.name);
        let name = match can_edit && !begins {
            true => Cell::link(format!("/sections/{}/edit", s.unit_id), name),
            false => Cell::text(name),
        };
        let from = Cell::text(day(&s.valid_from));
        let from = if begins { from.under("予定") } else { from };
        let goes = succession::words(&planned, &s.unit_id, &all);
        let change = match (can_edit, goes) {
            (true, Some(words)) => Cell::link(format!("/sections/{}/close", s.unit_id), words),
            (true, None) => Cell::link(format!("/sections/{}/close", s.unit_id), "統合・分割・廃止"),
            (false, Some(words)) => Cell::text(words),
            (false, None) => Cell::text("なし"),
        };
        vec![
            name,
            Cell::text(s.code.as_str()),
            Cell::text(word(KINDS, &s.kind)),
            from,
            Cell::number(s.people),
            change,
        ]
    });
    let mut shell = app.shell(&me, "/sections", "この市の組織は、どうなっていますか").await?;
    shell.done = (query.get("done") == "saved").then_some("保存しました。");
    page(&ListPage {
        shell,
        tabs: tabs(&me, "/sections"),
        caption: format!("今日の組織 {} 件と、これから始まるもの {} 件。", sections.len(), ahead.len()),
        heads: vec!["名称", "コード", "種別", "いつから", "人数", "これからの予定"],
        rows: rows.collect(),
        empty: "まだ組織がありません。市そのもの、次に課の順に加えます。",
        add: can_edit.then(|| ("/sections/new".to_owned(), "組織を加える")),
        ..ListPage::default()
    })
}

/// How deep each section lies below the city.
fn depths(sections: &[SectionLine]) -> HashMap<&str, usize> {
    let parents: HashMap<&str, &str> =
        sections.iter().filter_map(|s| Some((s.unit_id.as_str(), s.parent_unit_id.as_deref()?))).collect();
    let depth = |unit: &str| {
        let mut at = unit;
        let mut depth = 0;
        while let Some(parent) = parents.get(at).filter(|_| depth < INDENT_LEVELS) {
            at = parent;
            depth += 1;
        }
        depth
    };
    sections.iter().map(|s| (s.unit_id.as_str(), depth(&s.unit_id))).collect()
}

/// Sections as choices of a select field.
pub(crate) async fn choices(app: &App, me: &Me) -> Result<Vec<(String, String)>, PortalError> {
    Ok(app.store.db.sections(me.on).await?.into_iter().map(|s| (s.unit_id, s.name)).collect())
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let none = (String::new(), "なし（市そのもの）".to_owned());
    // A section of April may come under a department of April.
    let above = succession::all_sections(app, me).await?.into_iter().map(|s| (s.unit_id, s.name));
    let parents = [none].into_iter().chain(above).collect();
    let kinds = KINDS.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect();
    let fields = vec![
        Field::text("name", "名称").hint("例：情報政策課"),
        Field::text("kana", "よみ").optional(),
        Field::text("code", "所属コード").hint("人事や財務の仕組みで使っている番号"),
        Field::select("kind", "種別", kinds).value("division"),
        Field::select("parent", "上位の組織", parents).optional(),
        Field::select("managed", "情報セキュリティ管理者", managed())
            .value("yes")
            .hint("置く組織が、棚卸しや自己点検で「全ての課」と数える範囲になります"),
        Field::date("from", "いつから").value(me.on.to_string()),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app.shell(me, "/sections", "どの組織を加えますか").await?.crumb("/sections", "組織"),
        lead: String::new(),
        errors,
        action: "/sections".to_owned(),
        fields,
        upload: false,
        button: "組織を加える",
        consequence: "加えた組織は、配属・証拠・判定の範囲に使われます。".to_owned(),
    })
}

fn managed() -> Vec<(String, String)> {
    [("yes", "置く（課など）"), ("no", "置かない（部・係など）")]
        .map(|(c, w)| (c.to_owned(), w.to_owned()))
        .into()
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let name = form.required("name", "名称を入力してください。");
    let kana = form.limited("kana");
    let code = form.required("code", "所属コードを入力してください。");
    let known = |k: &str| KINDS.iter().find(|(c, _)| *c == k).map(|(c, _)| *c);
    let kind = form.one_of("kind", "種別を選んでください。", known);
    let from = form.date("from", "いつからかを入力してください。");
    let parent = form.get("parent").to_owned();
    let managed = form.get("managed") != "no";
    let sections = succession::all_sections(&app, &me).await?;
    if !parent.is_empty() && !sections.iter().any(|s| s.unit_id == parent) {
        form.refuse("parent", "上位の組織を選び直してください。");
    }
    if sections.iter().any(|s| s.code == code) {
        form.refuse("code", "この所属コードは、ほかの組織が使っています。");
    }
    let (true, Some(kind), Some(from)) = (form.ok(), kind, from) else {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let above = sections.iter().find(|s| s.unit_id == parent).map_or("", |s| s.sort_key.as_str());
    let mut tx = app.store.write(&me.actor(), "section.create").await?;
    let id = tx.new_id();
    let row = Row::new(&SECTION, &id)
        .set("unit_id", id.as_str())
        .set("code", code.as_str())
        .set("name", name)
        .set("kana", Some(kana).filter(|k| !k.is_empty()))
        .set("kind", kind)
        .set("parent_unit_id", Some(parent).filter(|p| !p.is_empty()))
        .set("managed", managed)
        .set("sort_key", format!("{above}/{code}"))
        .set("valid_from", from);
    tx.create_section(row).await?;
    tx.commit().await?;
    Ok(Redirect::to("/sections?done=saved").into_response())
}

/// Whether `unit` is above `other`, or is it.
fn below(sections: &[SectionLine], unit: &str, other: &str) -> bool {
    let mut at = Some(other);
    for _ in 0..=sections.len() {
        match at {
            Some(here) if here == unit => return true,
            Some(here) => {
                at = sections.iter().find(|s| s.unit_id == here).and_then(|s| s.parent_unit_id.as_deref());
            }
            None => return false,
        }
    }
    true
}

async fn rename_page(app: &App, me: &Me, unit: &str, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let sections = app.store.db.sections(me.on).await?;
    let section = sections.into_iter().find(|s| s.unit_id == unit).ok_or(PortalError::NotFound)?;
    let none = (String::new(), "なし（市そのもの）".to_owned());
    let above = succession::all_sections(app, me).await?.into_iter().filter(|s| s.unit_id != unit);
    let parents = [none].into_iter().chain(above.map(|s| (s.unit_id, s.name))).collect();
    let fields = vec![
        Field::text("name", "新しい名称").value(&section.name),
        Field::text("kana", "よみ").optional(),
        Field::select("parent", "上位の組織", parents)
            .optional()
            .value(section.parent_unit_id.clone().unwrap_or_default()),
        Field::date("from", "いつから"),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let shell = app
        .shell(me, "/sections", format!("{}の名称や上位の組織を、いつから変えますか", section.name))
        .await?;
    Ok(FormPage {
        shell: shell.crumb("/sections", "組織"),
        lead: "これまでの名称と上位の組織は、その前の日までの記録にそのまま残ります。".to_owned(),
        errors,
        action: format!("/sections/{unit}/edit"),
        fields,
        upload: false,
        button: "この日から変える",
        consequence: "同じ組織のまま、配属も台帳も続きます。".to_owned(),
    })
}

pub(crate) async fn edit_form(State(app): State<App>, me: Me, Path(unit): Path<String>) -> Page {
    page(&rename_page(&app, &me, &unit, None).await?)
}

pub(crate) async fn rename(
    State(app): State<App>,
    me: Me,
    Path(unit): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let name = form.required("name", "名称を入力してください。");
    let kana = form.limited("kana");
    let from = form.date("from", "いつからかを入力してください。");
    let sections = app.store.db.sections(me.on).await?;
    let section = sections.iter().find(|s| s.unit_id == unit).ok_or(PortalError::NotFound)?;
    if from.is_some_and(|day| day.to_string() <= section.valid_from) {
        form.refuse(
            "from",
            format!("今の名称が始まった日（{}）より後の日にしてください。", day(&section.valid_from)),
        );
    }
    let parent = form.get("parent").to_owned();
    let all = succession::all_sections(&app, &me).await?;
    if !parent.is_empty() && (below(&all, &unit, &parent) || !all.iter().any(|s| s.unit_id == parent)) {
        form.refuse("parent", "この組織の下にある組織は、上位の組織にできません。選び直してください。");
    }
    let (true, Some(from)) = (form.ok(), from) else {
        return Ok(page(&rename_page(&app, &me, &unit, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "section.rename").await?;
    let some = |text: &'_ str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let (kana, parent) = (some(&kana), some(&parent));
    let to = Changed { name: &name, kana: kana.as_deref(), parent: parent.as_deref() };
    tx.change_section(&unit, to, from).await?;
    tx.commit().await?;
    Ok(Redirect::to("/sections?done=saved").into_response())
}
