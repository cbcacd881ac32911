//! 棚卸 as 情報政策課 sees it: beginning one, how far every section is, what was not there, and the record at the end.

use super::{PART_STATES, done, named, word};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::FormPage;
use crate::part::{Cell, Errors, Field, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::REGISTERS;
use sekisho_domain::access::{Access, Action, Reach, Thing, may};
use sekisho_domain::campaign::CAMPAIGN;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, fiscal_year, plus_days, wareki, wareki_weekday};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::register::Register;
use sekisho_domain::stocktake::SETTLED;
use sekisho_sheet::{Book, Cell as Filled, Head, Holds, Line};
use sekisho_store::campaign::PartLine;
use sekisho_store::evidence::{NewEvidence, StoredFile};
use sekisho_store::stocktake::NewStocktake;

/// Things that were not there, listed for the city; more are counted.
const ABSENT_MAX: i64 = 500;
/// Proposed time for going through a register (days).
const PROPOSED_DAYS: i32 = 30;
/// The catalogue's row about keeping registers up to date, once a year.
const REGISTER_IS_KEPT: &str = "2.2.2";

/// Sums of parts that were handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    sections: usize,
    confirmed: usize,
    population: i64,
    found: i64,
    changed: i64,
    missing: i64,
    extra: i64,
}

impl Sums {
    fn of<'a>(parts: impl Iterator<Item = &'a PartLine>) -> Sums {
        let mut sums = Sums::default();
        for part in parts {
            sums.sections += 1;
            sums.confirmed += usize::from(part.state == "confirmed");
            sums.population += part.population.unwrap_or(0);
            sums.found += part.found.unwrap_or(0);
            sums.changed += part.changed.unwrap_or(0);
            sums.missing += part.missing.unwrap_or(0);
            sums.extra += part.extra.unwrap_or(0);
        }
        sums
    }

    fn unchanged(&self) -> i64 {
        self.population - self.found - self.changed - self.missing
    }
}

/// A 部 with its sections.
struct Group {
    name: String,
    sums: Sums,
    rows: Vec<SectionRow>,
}

struct SectionRow {
    section: Cell,
    state: &'static str,
    /// By the head of its column; ― until the section hands over.
    counts: [(&'static str, String); 5],
    preparer: String,
    confirmer: String,
}

#[derive(Template)]
#[template(path = "stocktake/progress.html")]
struct Progress {
    shell: Shell,
    id: String,
    lead: String,
    detail: String,
    sums: Sums,
    /// The same of the 棚卸 before, with its name.
    before: Option<(String, Sums)>,
    groups: Vec<Group>,
    /// (section, thing, note, what became of it)
    absent: Vec<(String, Cell, String, &'static str)>,
    requirement: Option<Cell>,
    can_close: bool,
    left: usize,
    closed: Option<String>,
}

/// Whose part the reader may open.
fn sees(me: &Me, part: &PartLine) -> bool {
    let thing = Thing { noun: "campaign_part", unit_id: Some(&part.unit_id), ..Thing::default() };
    may(&me.who, Action::View, thing, me.on) == Access::Granted
}

pub(crate) async fn progress(app: &App, me: &Me, campaign: &Row, asked: &Form) -> Page {
    let register = named(campaign.text("register"))?;
    let noun = register.noun.name;
    let mut parts = app.store.db.campaign_parts(&campaign.id, me.on).await?;
    parts.retain(|part| sees(me, part));
    if parts.is_empty() {
        return Err(PortalError::NotFound);
    }
    let all = me.reach(Action::View, "campaign_part") == Reach::All;
    let absent = app.store.db.stocktake_absent(&campaign.id, me.on, ABSENT_MAX).await?;
    let absent = absent.into_iter().filter(|a| parts.iter().any(|p| p.id == a.part_id)).map(|a| {
        let words = format!("{} {}", a.number, a.name.unwrap_or_default());
        let cell = match a.row_id {
            Some(id) => Cell::link(format!("/registers/{noun}/{id}"), words),
            None => Cell::text(words),
        };
        let became = a.settled.as_deref().map_or("探しています", |s| word(SETTLED, s));
        (a.section.unwrap_or_default(), cell, a.note.unwrap_or_default(), became)
    });
    let absent = absent.collect();
    let closed = campaign.get("closed_ms").and_then(Value::int);
    let left = parts.iter().filter(|p| p.state != "confirmed").count();
    let due = campaign.text("due_on").parse().map_or_else(|_| String::new(), wareki_weekday);
    let shell =
        app.shell(me, "/tasks", format!("{}は、どこまで進んでいますか", campaign.text("title"))).await?;
    let mut shell = shell;
    shell.done = done(asked.get("done"));
    page(&Progress {
        shell: shell.crumb("/tasks", "やること").crumb("/campaigns", "一斉の依頼"),
        id: campaign.id.clone(),
        lead: format!(
            "{} ・ 期限 {due} ・ {} / {} の所属が確認済み",
            register.noun.label,
            parts.len() - left,
            parts.len()
        ),
        detail: campaign.text("detail").to_owned(),
        sums: Sums::of(parts.iter()),
        before: if all { before(app, me, register, campaign).await? } else { None },
        groups: groups(&parts),
        absent,
        requirement: requirement(app, campaign).await?,
        can_close: closed.is_none() && me.reach(Action::Edit, "campaign") == Reach::All,
        left,
        closed: closed.map(|ms| Moment::at(Ms(ms)).text),
    })
}

async fn before(
    app: &App,
    me: &Me,
    register: &Register,
    campaign: &Row,
) -> Result<Option<(String, Sums)>, PortalError> {
    let opened = campaign.get("opened_ms").and_then(Value::int).unwrap_or_default();
    let Some(id) = app.store.db.stocktake_before(register.noun.name, opened).await? else { return Ok(None) };
    let title = app.store.db.row(&CAMPAIGN, &id).await?.map(|row| row.text("title").to_owned());
    let parts = app.store.db.campaign_parts(&id, me.on).await?;
    Ok(title.map(|title| (title, Sums::of(parts.iter()))))
}

async fn requirement(app: &App, campaign: &Row) -> Result<Option<Cell>, PortalError> {
    let id = campaign.text("requirement_id");
    if id.is_empty() {
        return Ok(None);
    }
    let row = app.store.db.row(&sekisho_domain::requirement::REQUIREMENT, id).await?;
    Ok(row.map(|row| Cell::link(format!("/requirements/{id}"), row.text("title"))))
}

/// Parts by the section above, in the order of the organisation.
fn groups(parts: &[PartLine]) -> Vec<Group> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for part in parts {
        let above = part.above.as_deref().unwrap_or_default();
        if !names.iter().any(|(unit, _)| *unit == above) {
            names.push((above, part.above_name.as_deref().unwrap_or("そのほか")));
        }
    }
    let group = |(unit, name): (&str, &str)| {
        let of = || parts.iter().filter(move |p| p.above.as_deref().unwrap_or_default() == unit);
        Group { name: name.to_owned(), sums: Sums::of(of()), rows: of().map(section_row).collect() }
    };
    names.into_iter().map(group).collect()
}

fn section_row(part: &PartLine) -> SectionRow {
    let name = part.section.clone().unwrap_or_else(|| "廃止された所属".to_owned());
    let day = |ms: Option<i64>| ms.map_or(String::new(), |ms| wareki(date_at(Ms(ms))));
    let shown = part.state != "open";
    let by = |who: &Option<String>, ms| match who {
        Some(who) if shown => format!("{who}（{}）", day(ms)),
        _ => String::new(),
    };
    let count = |n: Option<i64>| n.map_or_else(|| "―".to_owned(), |n| n.to_string());
    SectionRow {
        section: Cell::link(format!("/stocktakes/{}", part.id), name),
        state: word(PART_STATES, &part.state),
        counts: [
            ("台帳の行", count(part.population)),
            ("見た", count(part.found)),
            ("違う", count(part.changed)),
            ("見当たらない", count(part.missing)),
            ("台帳にない", count(part.extra)),
        ],
        preparer: by(&part.preparer, part.prepared_ms),
        confirmer: by(&part.confirmer, part.confirmed_ms),
    }
}

/// Registers that can be gone through.
fn choices() -> Vec<(String, String)> {
    let can = REGISTERS.iter().filter(|r| r.checked().is_some());
    can.map(|r| (r.noun.name.to_owned(), r.noun.label.to_owned())).collect()
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let units = app.store.db.managed_units(me.on).await?.len();
    let fields = vec![
        Field::select("register", "どの台帳を棚卸しますか", choices()),
        Field::date("due", "いつまでに").value(plus_days(me.on, PROPOSED_DAYS).to_string()),
        Field::area("detail", "各課への一言")
            .optional()
            .hint("例：執務室の外に持ち出しているものも、忘れずに見てください。"),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let shell = app.shell(me, "/tasks", "どの台帳の棚卸を始めますか").await?;
    Ok(FormPage {
        shell: shell.crumb("/tasks", "やること").crumb("/campaigns", "一斉の依頼"),
        lead: format!(
            "情報セキュリティ管理者のいる {units} の所属が、課の担当者の準備と課長の確認の2段階で、現物と台帳を比べます。"
        ),
        errors,
        action: "/campaigns/stocktake".to_owned(),
        fields,
        upload: false,
        button: "棚卸を始める",
        consequence: "各課の「やること」に出ます。期限が近づくと知らせ、過ぎると上位の職にも知らせます。"
            .to_owned(),
    })
}

pub(crate) async fn new_form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn begin(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let register = form.one_of("register", "台帳を選んでください。", |noun| {
        REGISTERS.iter().copied().find(|r| r.noun.name == noun && r.checked().is_some())
    });
    let due = form.date("due", "いつまでかを入力してください。");
    let detail = form.limited("detail");
    if due.is_some_and(|due| due < me.on) {
        form.refuse("due", "今日より前の日にはできません。");
    }
    if let Some(register) = register
        && app.store.db.stocktake_going_on(register.noun.name).await?.is_some()
    {
        form.refuse("register", "この台帳の棚卸は、今している最中です。終えてから始めてください。");
    }
    let (true, Some(register), Some(due)) = (form.ok(), register, due) else {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let units = app.store.db.managed_units(me.on).await?;
    let title =
        format!("{} {}の棚卸", crate::pages::task::year_words(fiscal_year(me.on)), register.noun.label);
    let requirement = app.store.db.requirement_of(REGISTER_IS_KEPT).await?;
    let new = NewStocktake {
        register,
        title: &title,
        detail: &detail,
        due_on: due,
        requirement_id: requirement.as_deref(),
        unit_ids: &units,
    };
    let id = app.store.begin_stocktake(&me.actor(), new).await?;
    Ok(Redirect::to(&format!("/campaigns/{id}?done=begun")).into_response())
}

/// Ends it. Confirmed by every section, its record is evidence; otherwise it is only ended.
pub(crate) async fn close(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let campaign = app.store.db.row(&CAMPAIGN, &id).await?.ok_or(PortalError::NotFound)?;
    if campaign.text("kind") != "stocktake" {
        return Err(PortalError::NotFound);
    }
    let parts = app.store.db.campaign_parts(&id, me.on).await?;
    let left = parts.iter().filter(|p| p.state != "confirmed").count();
    if left > 0 && form.get("anyway").is_empty() {
        return Err(PortalError::Refused(format!(
            "確かめていない所属が{left}あります。待つか、「証拠にせずに終える」を選んでください。"
        )));
    }
    let requirement = campaign.text("requirement_id").to_owned();
    if left > 0 || requirement.is_empty() {
        let mut tx = app.store.write(&me.actor(), "campaign.close").await?;
        tx.close_campaign(&me.who, &id, None).await?;
        tx.commit().await?;
        return Ok(Redirect::to(&format!("/campaigns/{id}?done=dropped")).into_response());
    }
    let sums = Sums::of(parts.iter());
    let bytes =
        sekisho_sheet::write_xlsx(&record(&campaign, &parts)).map_err(|e| PortalError::Refused(e.ja()))?;
    let sealed = app.objects.put(&app.store, bytes).await?;
    let title = format!("{}の記録", campaign.text("title"));
    let detail = format!(
        "{}の所属の全てで、課の担当者が準備し、別の人が確かめた。台帳の行 {}件、現物を見た {}件、変更なし {}件、違う {}件、見当たらない {}件、台帳にない {}件。",
        sums.sections,
        sums.population,
        sums.found,
        sums.unchanged(),
        sums.changed,
        sums.missing,
        sums.extra
    );
    let name = format!("{title}.xlsx");
    let evidence = NewEvidence {
        requirement_id: &requirement,
        kind: "record",
        title: &title,
        detail: Some(&detail),
        observed: me.now,
        period: campaign.get("opened_ms").and_then(Value::int).map(|opened| (date_at(Ms(opened)), me.on)),
        source: "棚卸の集計",
        file: Some(StoredFile { object_id: &sealed.object_id, name: &name, sha256: &sealed.sha256 }),
        ..NewEvidence::default()
    };
    let mut tx = app.store.write(&me.actor(), "campaign.close").await?;
    tx.close_campaign(&me.who, &id, Some(evidence)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/campaigns/{id}?done=closed")).into_response())
}

/// The closing record: one line per section, with the seal of what was confirmed.
fn record(campaign: &Row, parts: &[PartLine]) -> Book {
    const HEADS: [(&str, bool); 12] = [
        ("部", false),
        ("所属", false),
        ("台帳の行", true),
        ("現物を見た", true),
        ("違う", true),
        ("見当たらない", true),
        ("台帳にない", true),
        ("準備した人", false),
        ("準備した日", false),
        ("確かめた人", false),
        ("確かめた日", false),
        ("封印", false),
    ];
    let head = |(label, number): (&str, bool)| Head {
        label: label.to_owned(),
        holds: if number { Holds::Number } else { Holds::Text },
        required: false,
        hint: String::new(),
        hidden: false,
    };
    let text = |text: &Option<String>| Filled::Text(text.clone().unwrap_or_default());
    let number = |n: Option<i64>| Filled::Number(n.unwrap_or(0));
    let day = |ms: Option<i64>| Filled::Text(ms.map_or(String::new(), |ms| date_at(Ms(ms)).to_string()));
    let line = |p: &PartLine| Line {
        cells: vec![
            text(&p.above_name),
            text(&p.section),
            number(p.population),
            number(p.found),
            number(p.changed),
            number(p.missing),
            number(p.extra),
            text(&p.preparer),
            day(p.prepared_ms),
            text(&p.confirmer),
            day(p.confirmed_ms),
            text(&p.seal),
        ],
    };
    Book {
        sheet: "棚卸の記録".to_owned(),
        heads: HEADS.into_iter().map(head).collect(),
        lines: parts.iter().map(line).collect(),
        meta: vec![("campaign".to_owned(), campaign.id.clone())],
    }
}
