//! Taking a spreadsheet in: upload, mapping where the columns are not known, what would change, applying, undoing.

use std::collections::HashSet;
use std::sync::Arc;

use super::draft::{Desk, Draft, default_text};
use super::list::field;
use super::{named, words};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits;
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Input, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::register::diff::{Entry, Fate, Tally};
use sekisho_domain::register::mapping::Target;
use sekisho_store::register::{ImportLine, Undo};

/// Values of a column shown beside its mapping.
const SAMPLES: usize = 3;

async fn upload_page(
    app: &App,
    me: &Me,
    register: &'static Register,
    refused: Option<String>,
) -> Result<FormPage, PortalError> {
    let noun = register.noun.name;
    let mut file =
        Field::new("file", "ファイル（.xlsx か .csv）", Input::File).accept(".xlsx,.xlsm,.csv,.txt");
    file.hint = Some(
        "書き出したファイルを直したものでも、今お使いのExcelでも取り込めます。まだ何も書きません。次の画面で、何が変わるかを見てから決めます。"
            .to_owned(),
    );
    let errors = Errors { items: refused.iter().map(|said| ("file".to_owned(), said.clone())).collect() };
    file.error = refused;
    let shell =
        app.shell(me, "/registers", format!("どのファイルを{}に取り込みますか", register.noun.label)).await?;
    Ok(FormPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        lead: "1枚目のシートを読みます。数式は計算せず、表示されていた値だけを読みます。".to_owned(),
        errors,
        action: format!("/registers/{noun}/import"),
        fields: vec![file],
        upload: true,
        button: "読み込む",
        consequence: "読み込んだだけでは、台帳は変わりません。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me, Path(noun): Path<String>) -> Page {
    page(&upload_page(&app, &me, named(&noun)?, None).await?)
}

pub(crate) async fn upload(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let uploads = form.take_uploads();
    if uploads.is_empty() {
        let said = "ファイルを選んでください。".to_owned();
        return Ok(page(&upload_page(&app, &me, register, Some(said)).await?)?.into_response());
    }
    let desk = Arc::new(Desk::set(&app, &me, register).await?);
    let draft = Draft::read(&app, &me, &desk, uploads).await?;
    if draft.files.is_empty() {
        let said = draft.refused.first().map(|(name, said)| format!("{name}：{said}"));
        return Ok(page(&upload_page(&app, &me, register, said).await?)?.into_response());
    }
    begin(&app, &me, register, draft).await
}

/// Keeps a draft and goes on to what it would change.
pub(crate) async fn begin(
    app: &App,
    me: &Me,
    register: &'static Register,
    draft: Draft,
) -> Result<Response, PortalError> {
    let (names, body) = (draft.names(), json(&draft)?);
    drop(draft);
    let id = app.store.begin_import(register, &me.who.person_id, &names, body).await?;
    Ok(Redirect::to(&format!("/registers/{}/import/{id}", register.noun.name)).into_response())
}

fn json(draft: &Draft) -> Result<String, PortalError> {
    serde_json::to_string(draft).map_err(|e| PortalError::Internal(e.to_string()))
}

/// A draft of one's own.
async fn own(app: &App, me: &Me, register: &Register, id: &str) -> Result<(ImportLine, Draft), PortalError> {
    let mut line = app.store.db.import(id).await?.ok_or(PortalError::NotFound)?;
    if line.register != register.noun.name || line.person_id != me.who.person_id || line.state != "draft" {
        return Err(PortalError::NotFound);
    }
    let body = std::mem::take(&mut line.body);
    let draft = serde_json::from_str(&body).map_err(|e| PortalError::Internal(e.to_string()))?;
    Ok((line, draft))
}

/// What the draft would change, once every column is known; `?file=0` shows how that file's columns were understood.
pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Page {
    let register = named(&noun)?;
    let (line, draft) = own(&app, &me, register, &id).await?;
    let desk = Arc::new(Desk::set(&app, &me, register).await?);
    let chosen = Form::from_query(query.as_deref().unwrap_or("")).get("file").parse().ok();
    match chosen.or_else(|| draft.files.iter().position(|file| !file.certain)) {
        Some(at) => page(&mapping_page(&app, &me, &desk, &line, &draft, at).await?),
        None => diff_page(&app, &me, &desk, &line, Arc::new(draft), HashSet::new(), None).await,
    }
}

// --- mapping ---------------------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "register/mapping.html")]
struct MappingPage {
    shell: Shell,
    noun: &'static str,
    id: String,
    /// Which file of the draft.
    at: usize,
    file: String,
    header: usize,
    columns: Vec<MapLine>,
    /// (code, words)
    targets: Vec<(&'static str, &'static str)>,
    /// What new rows get where the file says nothing.
    defaults: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct MapLine {
    /// Position in the file.
    pub(crate) at: usize,
    pub(crate) heading: String,
    pub(crate) samples: String,
    pub(crate) target: String,
    pub(crate) sure: &'static str,
}

/// The columns of a file with something in them: what stands there, what it was taken for (a code each), how surely.
pub(crate) fn map_lines(
    rows: &[Vec<String>],
    header: usize,
    codes: &[String],
    sure: &[String],
) -> Vec<MapLine> {
    let cell = |row: &Vec<String>, at: usize| row.get(at).map_or("", |text| text.trim()).to_owned();
    let samples = |at: usize| {
        let body = rows.iter().skip(header + 1).map(|row| cell(row, at));
        body.filter(|text| !text.is_empty()).take(SAMPLES).collect::<Vec<_>>().join(" / ")
    };
    let words = |at: usize| match sure.get(at).map(String::as_str) {
        Some("heading") => "見出しが同じ",
        Some("alike") => "見出しが似ている（推測）",
        Some("values") => "中身から推測",
        Some("said") => "人が選んだ",
        _ => "分からない",
    };
    let line = |(at, target): (usize, &String)| MapLine {
        at,
        heading: rows.get(header).map(|row| cell(row, at)).unwrap_or_default(),
        samples: samples(at),
        target: target.clone(),
        sure: words(at),
    };
    let lines = codes.iter().enumerate().map(line);
    lines.filter(|c| !c.heading.is_empty() || !c.samples.is_empty()).collect()
}

async fn mapping_page(
    app: &App,
    me: &Me,
    desk: &Desk,
    line: &ImportLine,
    draft: &Draft,
    at: usize,
) -> Result<MappingPage, PortalError> {
    let register = desk.layout.register;
    let file = draft.files.get(at).ok_or(PortalError::NotFound)?;
    let mut targets = vec![("", "取り込まない"), (Target::Id.code(), "行ID"), (Target::Version.code(), "版")];
    targets.extend(desk.seen.iter().map(|c| (c.name, c.label)));
    let reach = me.reach(Action::Edit, register.noun.name);
    let required = desk.seen.iter().filter(|c| c.required && !register.key.contains(&c.name));
    let missing = required.filter(|c| !file.columns.iter().any(|code| code == c.name));
    let defaults = missing.map(|c| {
        let mut field = field(c, &desk.names, &reach, register.section == Some(c.name));
        field.value = match (default_text(draft, c), register.valid) {
            (text, _) if !text.is_empty() => text,
            (_, Some((from, _))) if c.name == from => me.on.to_string(),
            _ => c.found.to_owned(),
        };
        field.required = false;
        field
    });
    let noun = register.noun.name;
    let shell = app.shell(me, "/registers", "この列は、台帳のどの項目ですか").await?;
    Ok(MappingPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        noun,
        id: line.id.clone(),
        at,
        file: file.name.clone(),
        header: file.header + 1,
        defaults: defaults.collect(),
        columns: map_lines(&file.rows, file.header, &file.columns, &file.sure),
        targets,
    })
}

pub(crate) async fn map(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let (_, mut draft) = own(&app, &me, register, &id).await?;
    let desk = Desk::set(&app, &me, register).await?;
    let at: usize = form.get("file").parse().map_err(|_| PortalError::NotFound)?;
    let file = draft.files.get_mut(at).ok_or(PortalError::NotFound)?;
    let mut used = HashSet::new();
    // The columns shown are those with anything in them; the others keep their place and are not taken.
    let said = (0..file.columns.len()).map(|at| form.get(&format!("c{at}")).to_owned());
    let taken = |code: String| match Target::of(&code, &desk.seen).is_some() && used.insert(code.clone()) {
        true => code,
        false => String::new(),
    };
    let said = said.map(taken).collect();
    file.say(said);
    for column in &desk.seen {
        let text = form.get(column.name);
        match text.is_empty() {
            true => draft.defaults.remove(column.name),
            false => draft.defaults.insert(column.name.to_owned(), text.to_owned()),
        };
    }
    draft.files[at].keep_mapping(&app, register, &draft.defaults).await?;
    app.store.save_import(&id, &json(&draft)?).await?;
    Ok(Redirect::to(&format!("/registers/{noun}/import/{id}")).into_response())
}

// --- what would change -----------------------------------------------------------------------------------------

#[derive(Template)]
#[template(path = "register/diff.html")]
struct DiffPage {
    shell: Shell,
    noun: &'static str,
    id: String,
    file: String,
    said: Option<String>,
    tally: Tally,
    seal: String,
    errors: Vec<Said>,
    conflicts: Vec<Clash>,
    changes: Vec<Changed>,
    adds: Vec<Changed>,
    missing: Vec<(String, String)>,
    missing_count: usize,
    /// Files that could not be read, with why.
    refused: Vec<(String, String)>,
    /// Sections whose file has not come.
    absent: Vec<String>,
    limit: usize,
    can_end: bool,
    /// Whether the columns of a file of somebody else's making can be looked at again.
    mapped: bool,
}

/// A line that cannot be taken.
struct Said {
    place: String,
    column: &'static str,
    said: String,
}

/// A cell that both changed.
struct Clash {
    row: String,
    href: String,
    column: &'static str,
    /// Name of the choice in the form.
    field: String,
    base: String,
    now: String,
    file: String,
    /// Who changed it meanwhile, and when.
    who: String,
    taken: bool,
}

struct Changed {
    row: String,
    href: Option<String>,
    /// (label, before, after)
    cells: Vec<(&'static str, String, String)>,
}

async fn diff_page(
    app: &App,
    me: &Me,
    desk: &Arc<Desk>,
    line: &ImportLine,
    draft: Arc<Draft>,
    resolved: HashSet<(String, String)>,
    said: Option<String>,
) -> Page {
    let register = desk.layout.register;
    let noun = register.noun.name;
    let outcome = draft.compare(app, me, desk, resolved).await?;
    let tally = outcome.diff.tally();
    let place = |entry: &Entry| match draft.files.len() {
        1 => format!("{}行目", entry.at),
        _ => format!("{} {}行目", draft.files[entry.file].name, entry.at),
    };
    let shown = |column, value: &Value| {
        let text = words(column, value, &desk.names);
        if text.is_empty() { "（空欄）".to_owned() } else { text }
    };
    let (mut errors, mut conflicts, mut changes, mut adds) = (vec![], vec![], vec![], vec![]);
    for entry in &outcome.diff.entries {
        match &entry.fate {
            Fate::Error(wrong) => errors.extend(wrong.iter().map(|(column, said)| Said {
                place: place(entry),
                column: column.map_or("", |c| c.label),
                said: said.clone(),
            })),
            Fate::Add(row) if adds.len() < limits::PREVIEW_ROWS => {
                adds.push(Changed { row: register.words(row), href: None, cells: filled(desk, row) })
            }
            Fate::Change { after, cells, conflicts: both } => {
                let href = format!("/registers/{noun}/{}", after.id);
                let who = if both.is_empty() || conflicts.len() >= limits::PREVIEW_ROWS {
                    String::new()
                } else {
                    last_writer(app, register, &after.id).await?
                };
                conflicts.extend(both.iter().map(|c| Clash {
                    row: register.words(after),
                    href: href.clone(),
                    column: c.column.label,
                    field: format!("k_{}_{}", after.id, c.column.name),
                    base: shown(c.column, &c.base),
                    now: shown(c.column, &c.now),
                    file: shown(c.column, &c.file),
                    who: who.clone(),
                    taken: c.taken,
                }));
                if !cells.is_empty() && changes.len() < limits::PREVIEW_ROWS {
                    let cells = cells
                        .iter()
                        .map(|c| (c.column.label, shown(c.column, &c.before), shown(c.column, &c.after)));
                    changes.push(Changed {
                        row: register.words(after),
                        href: Some(href),
                        cells: cells.collect(),
                    });
                }
            }
            Fate::Add(_) | Fate::Same { .. } => {}
        }
    }
    errors.truncate(limits::PREVIEW_ROWS);
    conflicts.truncate(limits::PREVIEW_ROWS);
    let missing = outcome.missing.iter().take(limits::PREVIEW_ROWS);
    let missing = missing.map(|row| (format!("/registers/{noun}/{}", row.id), register.words(row)));
    let shell = app.shell(me, "/registers", "取り込むと、何が変わりますか").await?;
    page(&DiffPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        noun,
        id: line.id.clone(),
        file: line.file_name.clone(),
        said,
        tally,
        seal: outcome.seal,
        errors,
        conflicts,
        changes,
        adds,
        missing: missing.collect(),
        missing_count: outcome.missing.len(),
        refused: draft.refused.clone(),
        absent: absent(desk, &draft),
        limit: limits::PREVIEW_ROWS,
        can_end: register.valid.is_some(),
        mapped: draft.files.len() == 1 && !draft.files[0].meta.contains_key(super::export::note::REGISTER),
    })
}

/// The filled cells of a new row.
fn filled(desk: &Desk, row: &Row) -> Vec<(&'static str, String, String)> {
    let cells =
        desk.seen.iter().map(|c| (c.label, String::new(), words(c, &desk.layout.get(row, c), &desk.names)));
    cells.filter(|(_, _, text)| !text.is_empty()).collect()
}

async fn last_writer(app: &App, register: &Register, id: &str) -> Result<String, PortalError> {
    let versions = app.store.db.versions(register.noun, id).await?;
    let last = versions.first().map(|v| {
        let name = v.person.clone().unwrap_or_else(|| "関所".to_owned());
        format!("{name}、{}", Moment::at(Ms(v.recorded_ms)).text)
    });
    Ok(last.unwrap_or_default())
}

/// Sections that were given a workbook and whose workbook is not among these.
fn absent(desk: &Desk, draft: &Draft) -> Vec<String> {
    let came: HashSet<&str> = draft
        .files
        .iter()
        .filter_map(|f| f.meta.get(super::export::note::SCOPE))
        .map(String::as_str)
        .collect();
    let missing = draft.expected.iter().filter(|unit| !came.contains(unit.as_str()));
    missing.map(|unit| desk.names.word("section", unit).unwrap_or(unit).to_owned()).collect()
}

/// Applies what was shown, or shows it again when it is no longer the same.
pub(crate) async fn apply(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let (line, draft) = own(&app, &me, register, &id).await?;
    let desk = Arc::new(Desk::set(&app, &me, register).await?);
    let draft = Arc::new(draft);
    let resolved = resolved(&form);
    let outcome = draft.compare(&app, &me, &desk, resolved.clone()).await?;
    let tally = outcome.diff.tally();
    let again = |said: &str| {
        let (app, me, desk, line, draft, resolved) =
            (&app, &me, &desk, &line, Arc::clone(&draft), resolved.clone());
        let said = Some(said.to_owned());
        async move { Ok(diff_page(app, me, desk, line, draft, resolved, said).await?.into_response()) }
    };
    if tally.errors > 0 {
        return again(
            "直すところが残っているため、取り込んでいません。ファイルを直して、もう一度読み込んでください。",
        )
        .await;
    }
    if outcome.seal != form.get("seal") {
        return again("画面を開いたあとに、ほかの人が台帳を変えました。今の内容で比べ直しました。確かめてから、もう一度押してください。").await;
    }
    let mut rows: Vec<Row> = Vec::new();
    for entry in outcome.diff.entries {
        match entry.fate {
            Fate::Add(row) => rows.push(row),
            Fate::Change { after, .. }
                if outcome.rows.get(&after.id).is_some_and(|now| now.values != after.values) =>
            {
                rows.push(after);
            }
            Fate::Change { .. } | Fate::Same { .. } | Fate::Error(_) => {}
        }
    }
    let mut summary = format!("追加 {}件、変更 {}件（{}か所）", tally.add, tally.change, tally.cells);
    if let (Some((_, to)), "1") = (register.valid, form.get("end")) {
        summary.push_str(&format!("、終了 {}件", outcome.missing.len()));
        rows.extend(outcome.missing.into_iter().map(|row| row.set(to, me.on)));
    }
    if rows.is_empty() {
        return again("変わるところがないため、何もしていません。").await;
    }
    let import = Some((id.as_str(), summary.as_str()));
    app.store.apply_import(&me.actor(), rows, import, register.action("import")).await?;
    Ok(Redirect::to(&format!("/registers/{noun}?done=imported")).into_response())
}

/// Conflicts for which the file's value was chosen.
fn resolved(form: &Form) -> HashSet<(String, String)> {
    let chosen = form.pairs().filter(|(name, value)| name.starts_with("k_") && *value == "file");
    let key = |name: &str| {
        let (id, column) = name.strip_prefix("k_")?.split_once('_')?;
        Some((id.to_owned(), column.to_owned()))
    };
    chosen.filter_map(|(name, _)| key(name)).collect()
}

// --- afterwards ------------------------------------------------------------------------------------------------

pub(crate) async fn history(State(app): State<App>, me: Me, Path(noun): Path<String>) -> Page {
    let register = named(&noun)?;
    let lines = app.store.db.imports(register.noun.name).await?;
    let rows = lines.into_iter().map(|line| {
        let undo = match line.state.as_str() {
            "applied" => Cell::link(format!("/registers/{noun}/imports/{}", line.id), "元に戻す"),
            _ => Cell::text("元に戻しました"),
        };
        vec![
            Cell::text(line.file_name),
            Cell::text(Moment::at(Ms(line.created_ms)).text),
            Cell::text(line.person),
            Cell::text(line.summary),
            undo,
        ]
    });
    let shell = app.shell(&me, "/registers", "どの取り込みを元に戻しますか").await?;
    page(&ListPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        lead: "取り込みのあとで直された行があるときは、元に戻せません。".to_owned(),
        caption: "これまでの取り込み。新しい順。".to_owned(),
        heads: vec!["ファイル", "いつ", "だれが", "何を", "操作"],
        rows: rows.collect(),
        empty: "まだ取り込みはありません。",
        ..ListPage::default()
    })
}

async fn applied(app: &App, register: &Register, id: &str) -> Result<ImportLine, PortalError> {
    let line = app.store.db.import(id).await?.ok_or(PortalError::NotFound)?;
    if line.register != register.noun.name || line.state != "applied" {
        return Err(PortalError::NotFound);
    }
    Ok(line)
}

/// Whoever made an import, or keeps the whole register, may undo it.
fn must_undo(me: &Me, register: &Register, line: &ImportLine) -> Result<(), PortalError> {
    use sekisho_domain::access::{Reach, Why};
    let all = me.reach(Action::Edit, register.noun.name) == Reach::All;
    match all || line.person_id == me.who.person_id {
        true => Ok(()),
        false => Err(PortalError::Forbidden(crate::ja::why(Why::Role).to_owned())),
    }
}

pub(crate) async fn undo_form(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Page {
    let register = named(&noun)?;
    let line = applied(&app, register, &id).await?;
    must_undo(&me, register, &line)?;
    let shell =
        app.shell(&me, "/registers", format!("「{}」の取り込みを、元に戻しますか", line.file_name)).await?;
    page(&FormPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        lead: format!("{} {}。", Moment::at(Ms(line.created_ms)).text, line.summary),
        errors: Errors::default(),
        action: format!("/registers/{noun}/imports/{id}"),
        fields: Vec::new(),
        upload: false,
        button: "元に戻す",
        consequence: "全ての行を取り込む前の内容に戻します。取り込んだことも、戻したことも、履歴に残ります。"
            .to_owned(),
    })
}

pub(crate) async fn undo(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let line = applied(&app, register, &id).await?;
    must_undo(&me, register, &line)?;
    match app.store.undo_import(&me.actor(), register, &line).await? {
        Undo::Done => Ok(Redirect::to(&format!("/registers/{noun}?done=undone")).into_response()),
        Undo::Changed(rows) => {
            let (count, some) = (rows.len(), rows.into_iter().take(5).collect::<Vec<_>>().join("、"));
            Err(PortalError::Refused(format!(
                "取り込みのあとで直された行が{count}件あるため、元に戻していません（{some}）。"
            )))
        }
        Undo::Undated => Err(PortalError::Refused(
            "この台帳では、取り込みで加えた行を元に戻せません。1件ずつ終了にしてください。".to_owned(),
        )),
    }
}
