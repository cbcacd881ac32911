//! やること: one list per person, the year for those who run the policy.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::part::{Day, Pager};
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
use sekisho_domain::task::{BASES, DueRule, Rung, rung};
use sekisho_store::task::TaskRow;
use std::collections::BTreeMap;

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
    /// What others are late with, told to the seat above them.
    heard: Vec<Line>,
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
    /// What the requirement behind it asks for.
    asks: String,
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

/// Who sets the day.
fn basis_words(basis: &str) -> &'static str {
    match basis {
        "law" => "法令の期限",
        "policy" => "方針の期限",
        _ => word(BASES, basis),
    }
}

async fn line(app: &App, task: TaskRow, on: Date, calendar: &Calendar) -> Result<Line, PortalError> {
    let due = task.due_on.parse::<Date>().unwrap_or(on);
    let rung = match rung(due, &task.basis, on, calendar) {
        // It is they who were told.
        Rung::Escalated if task.kind == "escalated" => Rung::Late,
        rung => rung,
    };
    let helper = match &task.delegated_to {
        Some(id) => app.store.db.person_name(id).await?,
        None => None,
    };
    Ok(Line {
        id: task.id,
        href: task.href,
        title: task.title,
        asks: match (task.clause_label, task.asks) {
            (Some(clause), Some(text)) => format!("{clause} {text}"),
            _ => String::new(),
        },
        due: Day::due(due),
        // A day that was set says nothing about how it was found.
        rule: DueRule::parse(&task.due_rule)
            .ok()
            .filter(|rule| !matches!(rule, DueRule::Fixed(_)))
            .map(DueRule::ja)
            .unwrap_or_default(),
        basis: basis_words(&task.basis),
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
    let (mut rows, mut heard) = (Vec::new(), Vec::new());
    for task in tasks {
        let of = if task.kind == "escalated" { &mut heard } else { &mut rows };
        of.push(line(app, task, me.on, &calendar).await?);
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
        heard,
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
    days: Vec<DayLine>,
}

/// Everything that is due on one day.
#[derive(Debug)]
struct DayLine {
    day: Day,
    /// (words, address, basis)
    rows: Vec<(String, String, &'static str)>,
}

/// More than this many on a day are folded up: the year is read by its days.
const OF_A_DAY: usize = 5;

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
        let mut days: BTreeMap<Date, Vec<(String, String, &'static str)>> = BTreeMap::new();
        if from.month() == 4 {
            days.entry(from).or_default().push(("人事異動の日".to_owned(), "/people".to_owned(), "任意"));
        }
        // That somebody above hears of it is no second thing to do.
        for task in tasks.iter().filter(|task| !everything || task.kind != "escalated") {
            if let Ok(day) = task.due_on.parse::<Date>()
                && day >= from
                && day < to
            {
                let row = (task.title.clone(), task.href.clone(), word(BASES, &task.basis));
                days.entry(day).or_default().push(row);
            }
        }
        let days = days.into_iter().map(|(day, rows)| DayLine { day: Day::due(day), rows });
        Month {
            name: format!("{}月", from.month()),
            closed: closed_days(from, to, &calendar),
            days: days.collect(),
        }
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

/// For the year page's head.
pub(crate) fn year_words(year: i16) -> String {
    Date::new(year, 4, 1)
        .map(|day| wareki(day).split('年').next().unwrap_or_default().to_owned() + "年度")
        .unwrap_or_default()
}
