//! やること: one list per person, the year for those who run the policy, things asked of many sections at once.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::pages::shared::FormPage;
use crate::part::{Cell, Day, Errors, Field, Input, Pager};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::calendar::{Calendar, holiday};
use sekisho_domain::date::{Date, fiscal_year, plus_days, plus_months, wareki};
use sekisho_domain::ics::{self, Entry};
use sekisho_domain::task::{BASES, CAMPAIGN, DueRule, Rung, STATES, rung};
use sekisho_store::task::{Begun, NewCampaign, TaskRow};

/// Entries of one calendar feed; more than this is no calendar.
const FEED_ROWS: i64 = 500;
/// Rows of the year calendar.
const YEAR_ROWS: i64 = 1_000;

#[derive(Debug, Template)]
#[template(path = "task/list.html")]
pub(crate) struct TaskList {
    shell: Shell,
    decisions: i64,
    rows: Vec<Line>,
    pager: Pager,
    can_ask: bool,
    has_feed: bool,
    /// The secret address, shown once.
    address: Option<String>,
}

#[derive(Debug)]
struct Line {
    id: String,
    href: String,
    title: String,
    due: Day,
    rule: String,
    basis: &'static str,
    /// What the ladder says today; empty while there is time.
    urgency: &'static str,
    late: bool,
    by_hand: bool,
    can_snooze: bool,
    helper: Option<String>,
}

fn urgency(rung: Rung) -> &'static str {
    match rung {
        Rung::Quiet => "",
        Rung::WeekBefore => "1週間以内",
        Rung::ThreeDaysBefore => "3日以内",
        Rung::DayBefore => "明日まで",
        Rung::Today => "今日まで",
        Rung::Late => "期限を過ぎています",
        Rung::Escalated => "期限を過ぎ、上位の職にも知らせています",
    }
}

async fn line(app: &App, task: TaskRow, on: Date, calendar: &Calendar) -> Result<Line, PortalError> {
    let due = task.due_on.parse::<Date>().unwrap_or(on);
    let rung = rung(due, &task.basis, on, calendar);
    let helper = match &task.delegated_to {
        Some(id) => app.store.db.person_name(id).await?,
        None => None,
    };
    Ok(Line {
        id: task.id,
        href: task.href,
        title: task.title,
        due: Day::due(due),
        rule: DueRule::parse(&task.due_rule).map(DueRule::ja).unwrap_or_default(),
        basis: word(BASES, &task.basis),
        urgency: urgency(rung),
        late: rung >= Rung::Late,
        by_hand: matches!(task.kind.as_str(), "manual" | "campaign"),
        can_snooze: task.basis != "law",
        helper,
    })
}

async fn list_page(
    app: &App,
    me: &Me,
    query: &Form,
    address: Option<String>,
) -> Result<TaskList, PortalError> {
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let after = query.get("after").split_once('_').unwrap_or(("", ""));
    let mut tasks = app.store.db.tasks_of(&me.who, me.on, after, limit).await?;
    let more = tasks.len() > PAGE_ROWS;
    tasks.truncate(PAGE_ROWS);
    let next = tasks.last().filter(|_| more).map(|t| format!("/tasks?after={}_{}", t.due_on, t.id));
    let calendar = app.store.db.calendar().await?;
    let mut rows = Vec::new();
    for task in tasks {
        rows.push(line(app, task, me.on, &calendar).await?);
    }
    let mut shell = app.shell(me, "/tasks", "今日、することは何ですか").await?;
    shell.done = match query.get("done") {
        "done" => Some("終わりにしました。"),
        "snoozed" => Some("後に回しました。その日になると、また出てきます。"),
        "delegated" => Some("頼みました。あなたの一覧にも残ります。"),
        "begun" => Some("依頼を始めました。"),
        "revoked" => Some("カレンダーのアドレスを使えなくしました。"),
        _ => None,
    };
    Ok(TaskList {
        shell,
        decisions: app.store.db.count_waiting(&me.who, me.on, 999).await?,
        rows,
        pager: Pager { first: (!after.0.is_empty()).then(|| "/tasks".to_owned()), next },
        can_ask: me.reach(Action::Edit, "campaign") == Reach::All,
        has_feed: app.store.db.has_feed(&me.who.person_id).await?,
        address,
    })
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    page(&list_page(&app, &me, &query, None).await?)
}

/// Done, put off, or handed to a colleague.
pub(crate) async fn act(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let verb = form.get("do").to_owned();
    let done = match verb.as_str() {
        "done" => {
            let mut tx = app.store.write(&me.actor(), "task.done").await?;
            tx.finish_task(&me.who, &id).await?;
            tx.commit().await?;
            "done"
        }
        "snooze" => {
            let mut tx = app.store.write(&me.actor(), "task.snooze").await?;
            let calendar = app.store.db.calendar().await?;
            tx.snooze_task(&me.who, &id, calendar.open_days_after(me.on, 3)).await?;
            tx.commit().await?;
            "snoozed"
        }
        "delegate" => {
            let to = app.store.db.person_by_number(form.get("to")).await?;
            let Some(to) = to.filter(|to| *to != me.who.person_id) else {
                return Err(PortalError::Settled(
                    "この職員番号の人には頼めません。番号を確かめてください。".to_owned(),
                ));
            };
            let mut tx = app.store.write(&me.actor(), "task.delegate").await?;
            tx.delegate_task(&me.who, &id, &to).await?;
            tx.commit().await?;
            "delegated"
        }
        _ => return Err(PortalError::Unreadable("do".to_owned())),
    };
    Ok(Redirect::to(&format!("/tasks?done={done}")).into_response())
}

/// A new secret address of one's calendar, shown once; or none any more.
pub(crate) async fn feed(State(app): State<App>, me: Me, form: Form) -> Result<Response, PortalError> {
    if form.get("do") == "revoke" {
        app.store.revoke_feeds(&me.who.person_id).await?;
        return Ok(Redirect::to("/tasks?done=revoked").into_response());
    }
    let (token, hash) = credential::new_token(&*app.store.entropy);
    app.store.issue_feed(&me.who.person_id, &hash).await?;
    let address = format!("/feeds/{token}/tasks.ics");
    Ok(page(&list_page(&app, &me, &Form::default(), Some(address)).await?)?.into_response())
}

/// The feed itself: whoever has the address reads due dates, numbers and links, and nothing about people or matters.
pub(crate) async fn ics(State(app): State<App>, Path(token): Path<String>) -> Result<Response, PortalError> {
    let db = &app.store.db;
    let owner = db.feed_owner(&credential::token_hash(&token)).await?.ok_or(PortalError::NotFound)?;
    let now = app.store.clock.now();
    let on = sekisho_domain::date::date_at(now);
    let who = db.who(&owner, "").await?;
    let tasks = db.tasks_of(&who, on, ("", ""), FEED_ROWS).await?;
    let waiting = db.count_waiting(&who, on, 999).await?;
    let link = |path: &str| match (&app.config.host, app.config.tls) {
        (Some(host), true) => format!("https://{host}{path}"),
        (Some(host), false) => format!("http://{host}{path}"),
        (None, _) => path.to_owned(),
    };
    let mut entries: Vec<Entry> = Vec::new();
    for task in tasks {
        let Ok(day) = task.due_on.parse() else { continue };
        entries.push(Entry {
            uid: format!("{}@sekisho", task.id),
            day,
            summary: format!("関所: やることの期限（{}）", word(BASES, &task.basis)),
            url: link("/tasks"),
        });
    }
    if waiting > 0 {
        entries.push(Entry {
            uid: format!("decisions-{on}@sekisho"),
            day: on,
            summary: format!("関所: 決裁 {waiting} 件"),
            url: link("/decisions"),
        });
    }
    let text = ics::calendar("関所 やること", now, &entries);
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}

#[derive(Debug, Template)]
#[template(path = "task/year.html")]
pub(crate) struct YearPage {
    shell: Shell,
    year: i16,
    months: Vec<Month>,
}

#[derive(Debug)]
struct Month {
    name: String,
    closed: String,
    rows: Vec<(Day, String, String, &'static str)>,
}

pub(crate) async fn year(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let year = query.get("year").parse::<i16>().ok().filter(|y| (2000..2100).contains(y));
    let year = year.unwrap_or_else(|| fiscal_year(me.on));
    let first = Date::new(year, 4, 1).map_err(|e| PortalError::Unreadable(e.to_string()))?;
    let everything = me.reach(Action::View, "task") == Reach::All;
    let end = plus_months(first, 12);
    let tasks = match everything {
        true => app.store.db.tasks_between(first, end, YEAR_ROWS).await?,
        false => app.store.db.tasks_of(&me.who, me.on, ("", ""), YEAR_ROWS).await?,
    };
    let calendar = app.store.db.calendar().await?;
    let months = (0..12).map(|n| {
        let from = plus_months(first, n);
        let to = plus_months(first, n + 1);
        let mut rows: Vec<(Day, String, String, &'static str)> = Vec::new();
        if from.month() == 4 {
            rows.push((Day::due(from), "人事異動の日".to_owned(), "/people".to_owned(), "任意"));
        }
        for task in &tasks {
            if let Ok(day) = task.due_on.parse::<Date>()
                && day >= from
                && day < to
            {
                rows.push((Day::due(day), task.title.clone(), task.href.clone(), word(BASES, &task.basis)));
            }
        }
        Month { name: format!("{}月", from.month()), closed: closed_days(from, to, &calendar), rows }
    });
    page(&YearPage {
        shell: app.shell(&me, "/tasks", "この1年に、何がありますか").await?.crumb("/tasks", "やること"),
        year,
        months: months.collect(),
    })
}

/// Weekdays of a month on which the office is closed, by name.
fn closed_days(from: Date, to: Date, calendar: &Calendar) -> String {
    let mut words = Vec::new();
    let mut day = from;
    while day < to {
        let weekend = matches!(day.weekday().to_monday_zero_offset(), 5 | 6);
        if !weekend && !calendar.is_open(day) {
            words.push(format!("{}日 {}", day.day(), holiday(day).unwrap_or("閉庁日")));
        }
        day = plus_days(day, 1);
    }
    words.join("、")
}

fn campaign_fields() -> Vec<Field> {
    let bases: Vec<(&str, &str)> = BASES.to_vec();
    vec![
        Field::text("title", "件名"),
        Field::area("detail", "してほしいこと"),
        Field::radio("basis", "求めているもの", &bases),
        Field::radio(
            "rule",
            "期限の決まり",
            &[
                ("business", "開庁日で数える"),
                ("calendar", "暦の日で数える（法令の期限はこれだけ）"),
                ("roll", "暦の日で数え、閉庁日なら次の開庁日"),
            ],
        ),
        Field::new("days", "日数", Input::Digits),
        Field::new("anyway", "依頼が重なっている所属にも出す", Input::Check),
    ]
}

async fn campaign_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let units = app.store.db.managed_units(me.on).await?.len();
    let fields = campaign_fields();
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app.shell(me, "/tasks", "全ての課に、何を頼みますか").await?.crumb("/tasks", "やること"),
        lead: format!(
            "情報セキュリティ管理者のいる {units} の組織に、同じ依頼を出します。適用範囲の外の組織には出しません。"
        ),
        errors,
        action: "/campaigns".to_owned(),
        fields,
        upload: false,
        button: "依頼する",
        consequence: "各課の「やること」に出ます。終わった課から、集計に反映します。".to_owned(),
    })
}

pub(crate) async fn campaign_form(State(app): State<App>, me: Me) -> Page {
    page(&campaign_page(&app, &me, None).await?)
}

pub(crate) async fn begin(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let title = form.required("title", "件名を入力してください。");
    let detail = form.required("detail", "してほしいことを入力してください。");
    let basis = form.one_of("basis", "求めているものを選んでください。", |b| {
        BASES.iter().find(|(code, _)| *code == b).map(|(code, _)| *code)
    });
    let days = form.get("days").to_owned();
    let rule = DueRule::parse(&format!("{}:{days}", form.get("rule")));
    let rule = match (rule, basis) {
        (Err(_), _) => {
            form.refuse("days", "期限の決まりを選び、日数を数字で入力してください。");
            None
        }
        (Ok(rule), Some(basis)) if rule.allowed(basis).is_err() => {
            form.refuse("rule", "法令の期限は、暦の日で数えます。開庁日では数えられません。");
            None
        }
        (Ok(rule), _) => Some(rule),
    };
    let (true, Some(basis), Some(rule)) = (form.ok(), basis, rule) else {
        return Ok(page(&campaign_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let units = app.store.db.managed_units(me.on).await?;
    let new = NewCampaign {
        title: &title,
        detail: &detail,
        basis,
        due_rule: rule,
        unit_ids: &units,
        anyway: !form.get("anyway").is_empty(),
    };
    match app.store.begin_campaign(&me.actor(), new).await? {
        Begun::Yes(id) => Ok(Redirect::to(&format!("/campaigns/{id}")).into_response()),
        Begun::Crowded(units) => {
            let mut names = Vec::new();
            for unit in units.iter().take(3) {
                names.push(app.store.db.section_name(unit, me.on).await?.unwrap_or_default());
            }
            form.refuse(
                "anyway",
                format!(
                    "{} など {} の組織には、終わっていない依頼が3件以上あります。終わるのを待つか、重ねて出すことを選んでください。",
                    names.join("、"),
                    units.len()
                ),
            );
            Ok(page(&campaign_page(&app, &me, Some(&form)).await?)?.into_response())
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "task/campaign.html")]
pub(crate) struct CampaignPage {
    shell: Shell,
    detail: String,
    basis: &'static str,
    due: Day,
    asked: usize,
    done: usize,
    rows: Vec<Vec<Cell>>,
}

pub(crate) async fn campaign(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    let row = app.store.db.row(&CAMPAIGN, &id).await?.ok_or(PortalError::NotFound)?;
    let tasks = app.store.db.campaign_tasks(&id, me.on).await?;
    let everything = me.reach(Action::View, "campaign") == Reach::All;
    let mine =
        |unit: Option<&str>| me.who.seats.iter().any(|s| s.valid(me.on) && Some(s.unit_id.as_str()) == unit);
    if !everything && !tasks.iter().any(|t| mine(t.unit_id.as_deref())) {
        return Err(PortalError::NotFound);
    }
    let done = tasks.iter().filter(|t| t.state == "done").count();
    let asked = tasks.len();
    let shown = tasks.into_iter().filter(|t| everything || mine(t.unit_id.as_deref()));
    let rows = shown.map(|t| {
        let at = t.closed_ms.map(|ms| crate::part::Moment::at(sekisho_domain::clock::Ms(ms)).text);
        vec![
            Cell::text(t.section.unwrap_or_default()),
            Cell::text(word(STATES, &t.state)),
            Cell::text(at.unwrap_or_default()),
        ]
    });
    let due = row.text("due_on").parse().unwrap_or(me.on);
    page(&CampaignPage {
        shell: app.shell(&me, "/tasks", row.text("title")).await?.crumb("/tasks", "やること"),
        detail: row.text("detail").to_owned(),
        basis: word(BASES, row.text("basis")),
        due: Day::due(due),
        asked,
        done,
        rows: rows.collect(),
    })
}

/// For the year page's head.
pub(crate) fn year_words(year: i16) -> String {
    Date::new(year, 4, 1)
        .map(|day| wareki(day).split('年').next().unwrap_or_default().to_owned() + "年度")
        .unwrap_or_default()
}
