//! 棚卸: the progress of the whole city, one section's sheet (by keyboard, reader, telephone or paper), and the page of
//! one row that the label on the thing leads to.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::register::{named, words};
use crate::part::Moment;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};

use sekisho_domain::access::{Access, Action, Thing, may};
use sekisho_domain::campaign::{CAMPAIGN, PART_STATES};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, wareki, wareki_weekday};
use sekisho_domain::noun::Row;
use sekisho_domain::register::Register;
use sekisho_domain::register::names::Names;
use sekisho_domain::search::search_key;
use sekisho_domain::stocktake::{MEANS, RESULTS, SETTLED};
use sekisho_store::campaign::PartLine;
use sekisho_store::stocktake::{EntryLine, Said, Sheet, Tally};

mod city;
mod row;
pub(crate) use city::{begin, close, new_form, progress};
use row::row_page;
pub(crate) use row::{label, row};

/// Rows of the unseen rest on one page: two fields each stay far below what one form may carry.
const REST_ROWS: usize = 100;
/// Columns that say where a thing is and who has it, when a register has them.
const WHERE: [&str; 4] = ["place", "holder", "kind", "form"];

/// A section's part with everything its pages need.
struct Desk {
    campaign: Row,
    part: PartLine,
    register: &'static Register,
    names: Names,
    sheet: Sheet,
}

impl Desk {
    async fn set(app: &App, me: &Me, part_id: &str) -> Result<Desk, PortalError> {
        let part = app.store.db.campaign_part(part_id, me.on).await?.ok_or(PortalError::NotFound)?;
        me.must_find(Action::View, of(&part))?;
        let campaign = app.store.db.row(&CAMPAIGN, &part.campaign_id).await?.ok_or(PortalError::NotFound)?;
        let register = named(campaign.text("register"))?;
        let layout = app.store.db.layout(register).await?;
        let sheet = app.store.db.stocktake_sheet(&part, register, me.on).await?;
        let names = app.store.db.names_of(&layout.seen_by(&me.who, me.on), &sheet.rows, me.on).await?;
        Ok(Desk { campaign, part, register, names, sheet })
    }

    fn over(&self) -> bool {
        self.campaign.get("closed_ms").is_some_and(|v| !v.is_null())
    }

    fn section(&self) -> &str {
        self.part.section.as_deref().unwrap_or("廃止された所属")
    }

    /// Whether the person may write what they see.
    fn can_write(&self, me: &Me) -> bool {
        !self.over() && self.part.state == "open" && granted(me, Action::Edit, of(&self.part))
    }

    fn must_write(&self, me: &Me) -> Result<(), PortalError> {
        me.must(Action::Edit, of(&self.part))?;
        match self.can_write(me) {
            true => Ok(()),
            false => Err(PortalError::Settled(
                "この棚卸は、もう課長に渡されたか、終わっています。直すときは、差し戻してもらってください。"
                    .to_owned(),
            )),
        }
    }

    /// 保管場所：書庫、借りている人：佐藤
    fn place(&self, row: &Row) -> String {
        let columns = WHERE.iter().filter_map(|name| self.register.noun.column(name));
        let told = columns.filter_map(|column| {
            let text = words(column, row.get(column.name)?, &self.names);
            (!text.is_empty()).then(|| format!("{}：{text}", column.label))
        });
        told.collect::<Vec<_>>().join("、")
    }

    fn line(&self, row: &Row) -> Line {
        let entry = self.sheet.entry(&row.id);
        Line {
            id: row.id.clone(),
            href: format!("/registers/{}/{}/stocktake", self.register.noun.name, row.id),
            number: row.text(self.register.key[0]).to_owned(),
            name: row.text(self.register.title).to_owned(),
            place: self.place(row),
            breaches: self.register.breaches(row).iter().map(|b| b.says).collect(),
            said: entry.map(|e| said(e, Some(row))),
        }
    }

    fn crumbs(&self, shell: Shell) -> Shell {
        let campaign = format!("/campaigns/{}", self.campaign.id);
        shell.crumb("/tasks", "やること").crumb(campaign, self.campaign.text("title"))
    }
}

/// A part as `access` judges it: belongs to its section, and to the one who prepared it.
fn of(part: &PartLine) -> Thing<'_> {
    Thing {
        noun: "campaign_part",
        unit_id: Some(&part.unit_id),
        person_id: part.prepared_by.as_deref(),
        ..Thing::default()
    }
}

fn granted(me: &Me, action: Action, thing: Thing<'_>) -> bool {
    may(&me.who, action, thing, me.on) == Access::Granted
}

/// One row on the sheet.
struct Line {
    id: String,
    href: String,
    number: String,
    name: String,
    place: String,
    breaches: Vec<&'static str>,
    said: Option<SaidLine>,
}

/// What was said about it.
struct SaidLine {
    entry: String,
    code: String,
    result: &'static str,
    note: String,
    by: String,
    /// The row was corrected after somebody saw that it was wrong.
    corrected: bool,
    settled: Option<&'static str>,
}

fn said(entry: &EntryLine, row: Option<&Row>) -> SaidLine {
    let at = date_at(Ms(entry.seen_ms));
    let person = entry.person.clone().unwrap_or_default();
    SaidLine {
        entry: entry.id.clone(),
        code: entry.result.clone(),
        result: word(RESULTS, &entry.result),
        note: entry.note.clone().unwrap_or_default(),
        by: format!("{}、{person}、{}", word(MEANS, &entry.means), wareki(at)),
        corrected: entry.result == "changed"
            && row.is_some_and(|row| entry.row_version.is_some_and(|seen| row.version > seen)),
        settled: entry.settled.as_deref().map(|s| word(SETTLED, s)),
    }
}

/// A thing that no row stands for.
struct Stray {
    number: String,
    name: String,
    said: SaidLine,
    /// Where it can be added to the register.
    add: String,
}

#[derive(Template)]
#[template(path = "stocktake/sheet.html")]
struct SheetPage {
    shell: Shell,
    id: String,
    noun: &'static str,
    lead: String,
    notices: Vec<String>,
    stop: Option<String>,
    told: Option<String>,
    tally: Tally,
    /// Looked at and not as written, or not there.
    wrong: Vec<Line>,
    strays: Vec<Stray>,
    /// Changed or added since the last time, and not looked at yet.
    touched: Vec<Line>,
    first_time: bool,
    sample: Vec<Line>,
    sample_left: usize,
    rest: Vec<Line>,
    rest_all: usize,
    next: Option<String>,
    seen: Vec<Line>,
    unknown: Option<String>,
    seal: String,
    can_write: bool,
    can_confirm: bool,
    can_return: bool,
    can_settle: bool,
    stale: bool,
    state: String,
    unit: String,
}

/// What the last action achieved, from `?done=`.
fn done(code: &str) -> Option<&'static str> {
    Some(match code {
        "seen" => "書きました。",
        "extra" => "台帳にないものとして書きました。",
        "prepared" => "課長に渡しました。課長の「やること」に出ます。",
        "confirmed" => "確かめました。現物のあった行に、今日の日付を入れました。",
        "returned" => "準備に差し戻しました。",
        "settled" => "その後を書きました。",
        "begun" => "棚卸を始めました。各課の「やること」に出ます。",
        "closed" => "棚卸を終えました。記録を証拠にしました。",
        "dropped" => "棚卸を終えました。証拠にはしていません。",
        _ => return None,
    })
}

pub(crate) async fn sheet(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let asked = Form::from_query(query.as_deref().unwrap_or(""));
    page(&sheet_page(&app, &me, &id, &asked, None).await?)
}

async fn sheet_page(
    app: &App,
    me: &Me,
    id: &str,
    asked: &Form,
    stop: Option<String>,
) -> Result<SheetPage, PortalError> {
    let desk = Desk::set(app, me, id).await?;
    let (part, sheet) = (&desk.part, &desk.sheet);
    let (mut wrong, mut touched, mut sample, mut seen, mut rest) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in &sheet.rows {
        let fresh = sheet.touched.as_ref().is_some_and(|ids| ids.contains(&row.id));
        match sheet.entry(&row.id).map(|e| e.result.as_str()) {
            Some("changed" | "missing") => wrong.push(desk.line(row)),
            Some(_) => seen.push(desk.line(row)),
            None if sheet.sample.contains(&row.id) => sample.push(desk.line(row)),
            None if fresh => touched.push(desk.line(row)),
            None => rest.push(row),
        }
    }
    let from: usize = asked.get("from").parse().unwrap_or(0);
    let rest_all = rest.len();
    let shown = rest.iter().skip(from).take(REST_ROWS).map(|row| desk.line(row)).collect();
    let next =
        (from + REST_ROWS < rest_all).then(|| format!("/stocktakes/{id}?from={}#rest", from + REST_ROWS));
    let due = desk.campaign.text("due_on").parse().map_or_else(|_| String::new(), wareki_weekday);
    let can_edit = granted(me, Action::Edit, of(part));
    let stale = part.state == "prepared" && part.seal.as_deref() != Some(sheet.seal.as_str());
    let mut shell = desk.crumbs(app.shell(me, "/tasks", title(&desk)).await?);
    shell.done = done(asked.get("done"));
    Ok(SheetPage {
        shell,
        id: part.id.clone(),
        noun: desk.register.noun.name,
        lead: format!("{} ・ 期限 {due} ・ {}", desk.section(), word(PART_STATES, &part.state)),
        notices: notices(&desk, stale),
        stop,
        told: told(&desk, asked),
        tally: sheet.tally(),
        strays: strays(&desk),
        first_time: sheet.touched.is_none(),
        sample_left: sheet.unseen().len(),
        wrong,
        touched,
        sample,
        rest: shown,
        rest_all,
        next,
        seen,
        unknown: Some(asked.get("unknown").to_owned()).filter(|u| !u.is_empty()),
        seal: sheet.seal.clone(),
        can_write: desk.can_write(me),
        can_confirm: !desk.over() && part.state == "prepared" && granted(me, Action::Decide, of(part)),
        can_return: !desk.over()
            && part.state == "prepared"
            && (can_edit || granted(me, Action::Decide, of(part))),
        can_settle: part.state == "confirmed" && can_edit,
        stale,
        state: part.state.clone(),
        unit: part.unit_id.clone(),
    })
}

fn title(desk: &Desk) -> String {
    let label = desk.register.noun.label;
    match desk.part.state.as_str() {
        "open" => format!("{}の{label}は、台帳のとおりにありますか", desk.section()),
        "prepared" => format!("{}の{label}の棚卸を、確かめますか", desk.section()),
        _ => format!("{}の{label}の棚卸", desk.section()),
    }
}

fn notices(desk: &Desk, stale: bool) -> Vec<String> {
    let part = &desk.part;
    let mut notices = Vec::new();
    if let (Some(why), "open") = (&part.returned, part.state.as_str()) {
        notices.push(format!("差し戻されました：{why}"));
    }
    let by = |who: &Option<String>, at: Option<i64>| {
        format!(
            "{}（{}）",
            who.clone().unwrap_or_default(),
            at.map_or(String::new(), |ms| Moment::at(Ms(ms)).text)
        )
    };
    if part.prepared_ms.is_some() && part.state != "open" {
        notices.push(format!("準備した人：{}", by(&part.preparer, part.prepared_ms)));
    }
    if part.confirmed_ms.is_some() {
        notices.push(format!("確かめた人：{}", by(&part.confirmer, part.confirmed_ms)));
    }
    if stale {
        notices.push(
            "準備の後に、台帳の行が変わりました。このままでは確かめられません。差し戻して、準備し直してください。"
                .to_owned(),
        );
    }
    if desk.over() {
        notices.push("この棚卸は終わりました。".to_owned());
    }
    notices
}

/// What a reader just read, in words: the page comes back with the field ready for the next.
fn told(desk: &Desk, asked: &Form) -> Option<String> {
    let id = asked.get("last");
    let row = desk.sheet.rows.iter().find(|row| row.id == id)?;
    let entry = desk.sheet.entry(id)?;
    Some(format!("{}：{}", desk.register.words(row), word(RESULTS, &entry.result)))
}

fn strays(desk: &Desk) -> Vec<Stray> {
    let noun = desk.register.noun.name;
    let extra = desk.sheet.entries.iter().filter(|e| e.result == "extra");
    let stray = extra.map(|entry| {
        let name = entry.name.clone().unwrap_or_default();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair(desk.register.title, &name)
            .append_pair(desk.register.section.unwrap_or_default(), &desk.part.unit_id)
            .finish();
        Stray {
            number: entry.number.clone(),
            name,
            said: said(entry, None),
            add: format!("/registers/{noun}/new?{query}"),
        }
    });
    stray.collect()
}

/// Everything ticked on the sheet, in one commit.
pub(crate) async fn say(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    desk.must_write(&me)?;
    let means = if form.get("means") == "scan" { "scan" } else { "look" };
    let single = form.get("row").to_owned();
    let mut marks: Vec<(&Row, String, String)> = Vec::new();
    for row in &desk.sheet.rows {
        let (result, note) = match single.is_empty() {
            true => (form.get(&format!("r_{}", row.id)), form.get(&format!("n_{}", row.id))),
            false if single == row.id => (form.get("result"), form.get("note")),
            false => continue,
        };
        let known = ["found", "changed", "missing"].contains(&result);
        if known {
            marks.push((row, result.to_owned(), note.chars().take(crate::limits::FIELD_CHARS).collect()));
        }
    }
    if let Some((row, ..)) = marks.iter().find(|(_, result, note)| result == "changed" && note.is_empty()) {
        let said =
            format!("{}：「あるが、違う」ときは、何が違うかを書いてください。", desk.register.words(row));
        if !single.is_empty() {
            return Ok(page(&row_page(&app, &me, &desk, row, means, Some(said)).await?)?.into_response());
        }
        return stopped(&app, &me, &id, said).await;
    }
    if marks.is_empty() {
        let said = "結果が選ばれていません。行ごとに「ある」「違う」「ない」を選んでください。".to_owned();
        return stopped(&app, &me, &id, said).await;
    }
    let mut tx = app.store.write(&me.actor(), "stocktake_entry.say").await?;
    for (row, result, note) in &marks {
        tx.say_seen(&me.who, &id, seen(desk.register, row, result, means, note)).await?;
    }
    tx.commit().await?;
    let last = if single.is_empty() { String::new() } else { format!("&last={single}") };
    Ok(Redirect::to(&format!("/stocktakes/{id}?done=seen{last}")).into_response())
}

fn seen<'a>(register: &Register, row: &'a Row, result: &'a str, means: &'a str, note: &'a str) -> Said<'a> {
    Said {
        row: Some((&row.id, row.version)),
        number: row.text(register.key[0]),
        name: row.text(register.title),
        result,
        means,
        note,
    }
}

/// The number a reader typed: the bare one of a barcode, or the address in a QR code.
fn number_of(code: &str) -> String {
    let last = match code.split_once("/q/") {
        Some((_, rest)) => {
            rest.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
        }
        None => code,
    };
    let plain = form_urlencoded::parse(format!("x={}", last.replace('+', "%2B")).as_bytes())
        .next()
        .map_or_else(|| last.to_owned(), |(_, value)| value.into_owned());
    plain.trim().trim_matches('*').to_owned()
}

/// A code and Enter: what a USB reader sends. What is read is there.
pub(crate) async fn scan(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    desk.must_write(&me)?;
    let number = number_of(form.get("code"));
    if number.is_empty() {
        let said = "番号を打つか、バーコードを読み取ってください。".to_owned();
        return stopped(&app, &me, &id, said).await;
    }
    let key = search_key(&[&number]);
    let is = |row: &&Row| search_key(&[row.text(desk.register.key[0])]) == key;
    let Some(row) = desk.sheet.rows.iter().find(is) else {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("unknown", &number).finish();
        return Ok(Redirect::to(&format!("/stocktakes/{id}?{query}#unknown")).into_response());
    };
    let known = desk.sheet.entry(&row.id).map(|e| e.result.as_str());
    // Something already noted as different stays so.
    if !matches!(known, Some("changed" | "found")) {
        let mut tx = app.store.write(&me.actor(), "stocktake_entry.say").await?;
        tx.say_seen(&me.who, &id, seen(desk.register, row, "found", "scan", "")).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/stocktakes/{id}?last={}", row.id)).into_response())
}

/// A thing that is here and not in the section's register.
pub(crate) async fn extra(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    desk.must_write(&me)?;
    let name = form.required("name", "何が見つかったかを書いてください。");
    let note = form.limited("note");
    if !form.ok() {
        let said = "何が見つかったかを書いてください。".to_owned();
        let page_ = sheet_page(&app, &me, &id, &form, Some(said)).await?;
        return Ok(page(&page_)?.into_response());
    }
    let number = Some(form.get("number")).filter(|n| !n.is_empty()).unwrap_or("番号なし");
    let said = Said { row: None, number, name: &name, result: "extra", means: "look", note: &note };
    let mut tx = app.store.write(&me.actor(), "stocktake_entry.say").await?;
    tx.say_seen(&me.who, &id, said).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/stocktakes/{id}?done=extra")).into_response())
}

/// Whether the page shown is still what is: its seal came with the form.
fn as_shown(desk: &Desk, form: &Form) -> Result<(), String> {
    match form.get("seal") == desk.sheet.seal {
        true => Ok(()),
        false => {
            Err("この画面を開いた後に、台帳か結果が変わりました。今の内容を見て、もう一度押してください。"
                .to_owned())
        }
    }
}

/// The sheet again, with what stands in the way.
async fn stopped(app: &App, me: &Me, id: &str, said: String) -> Result<Response, PortalError> {
    Ok(page(&sheet_page(app, me, id, &Form::default(), Some(said)).await?)?.into_response())
}

pub(crate) async fn prepare(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    desk.must_write(&me)?;
    let unseen = desk.sheet.unseen().len();
    let sound = as_shown(&desk, &form).and_then(|()| match unseen {
        0 => Ok(()),
        n => Err(format!("見本のうち{n}件を、まだ見ていません。見てから渡してください。")),
    });
    if let Err(said) = sound {
        return stopped(&app, &me, &id, said).await;
    }
    let mut tx = app.store.write(&me.actor(), "campaign_part.prepare").await?;
    tx.prepare_part(&me.who, &desk.part, &desk.sheet).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/stocktakes/{id}?done=prepared")).into_response())
}

pub(crate) async fn confirm(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    me.must(Action::Decide, of(&desk.part))?;
    if desk.over() || desk.part.state != "prepared" {
        return Err(PortalError::Settled("この棚卸は、もう確かめられたか、差し戻されています。".to_owned()));
    }
    if let Err(said) = as_shown(&desk, &form) {
        return stopped(&app, &me, &id, said).await;
    }
    app.store.confirm_stocktake(&me.actor(), &me.who, desk.register, &desk.part, desk.sheet).await?;
    Ok(Redirect::to(&format!("/stocktakes/{id}?done=confirmed")).into_response())
}

/// Back to those who prepare it: by whoever confirms, or by themselves.
pub(crate) async fn give_back(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    if !granted(&me, Action::Decide, of(&desk.part)) {
        me.must(Action::Edit, of(&desk.part))?;
    }
    let why = form.required("why", "どこを直すかを書いてください。");
    if !form.ok() {
        let said = "差し戻すときは、どこを直すかを書いてください。".to_owned();
        return stopped(&app, &me, &id, said).await;
    }
    let mut tx = app.store.write(&me.actor(), "campaign_part.return").await?;
    tx.return_part(&id, &why).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/stocktakes/{id}?done=returned")).into_response())
}

/// What became of something that was not there.
pub(crate) async fn settle(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let desk = Desk::set(&app, &me, &id).await?;
    me.must(Action::Edit, of(&desk.part))?;
    let entry = form.get("entry").to_owned();
    let settled = form.one_of("settled", "その後を選んでください。", |code| {
        SETTLED.iter().map(|(c, _)| *c).find(|c| *c == code)
    });
    let known = desk.sheet.entries.iter().any(|e| e.id == entry && e.result == "missing");
    let (Some(settled), true) = (settled, known) else {
        let said = "その後どうなったかを選んでください。".to_owned();
        return stopped(&app, &me, &id, said).await;
    };
    let mut tx = app.store.write(&me.actor(), "stocktake_entry.settle").await?;
    tx.settle_entry(&entry, settled).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/stocktakes/{id}?done=settled")).into_response())
}

#[derive(Template)]
#[template(path = "stocktake/checklist.html")]
struct Checklist {
    shell: Shell,
    section: String,
    due: String,
    city: String,
    rows: Vec<Line>,
    sample: Vec<String>,
}

/// The section's rows on paper, with a box for each answer.
pub(crate) async fn checklist(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    let desk = Desk::set(&app, &me, &id).await?;
    let shell = desk.crumbs(app.shell(&me, "/tasks", format!("{}棚卸票", desk.register.noun.label)).await?);
    page(&Checklist {
        shell: shell.crumb(format!("/stocktakes/{id}"), desk.section().to_owned()),
        section: desk.section().to_owned(),
        due: desk.campaign.text("due_on").parse().map_or_else(|_| String::new(), wareki_weekday),
        city: app.config.city.clone(),
        rows: desk.sheet.rows.iter().map(|row| desk.line(row)).collect(),
        sample: desk.sheet.sample.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn a_reader_may_type_a_number_or_an_address() {
        for (typed, number) in [
            ("A-0012", "A-0012"),
            (" *M-0001* ", "M-0001"),
            ("https://sekisho.city.example/q/asset/A-0012", "A-0012"),
            ("http://10.1.2.3:8080/q/device/%E7%AB%AF-7?x=1", "端-7"),
            ("A+B", "A+B"),
        ] {
            assert_eq!(number_of(typed), number, "{typed}");
        }
    }
}
