//! 会議体: who sits in it, what it met about, and what it resolved.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::decision::refused;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Day, Field, Input};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::body::{BODY, DUTIES, KINDS, MEETING, MEETING_STATES, RESULTS};
use sekisho_domain::date::Date;
use sekisho_store::StoreError;
use sekisho_store::body::{Resolution, ResolveError};
use std::collections::BTreeSet;

/// Meetings shown of one body; a monthly one fits for years.
const MEETINGS: i64 = 60;

pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let bodies = app.store.db.bodies(me.on).await?;
    let rows = bodies.into_iter().map(|b| {
        let last = if b.final_instance { "上位の職がないときに決裁します" } else { "" };
        vec![
            Cell::link(format!("/bodies/{}", b.id), b.name).under(last),
            Cell::text(word(KINDS, &b.kind)),
            Cell::number(b.members),
            Cell::number(b.quorum),
            Cell::text(b.duty),
        ]
    });
    page(&ListPage {
        shell: app.shell(&me, "/sections", "どの会議体が、何を決めますか").await?,
        caption: "委員会、CSIRT、統一的な窓口。".to_owned(),
        heads: vec!["名称", "種別", "構成員", "定足数", "所掌"],
        rows: rows.collect(),
        empty: "会議体がまだありません。CISO 自身の申請を決裁する委員会を、まず登録します。",
        add: me.reaches(Action::Edit, "body").then(|| ("/registers/body/new".to_owned(), "会議体を登録する")),
        ..ListPage::default()
    })
}

#[derive(Debug, Template)]
#[template(path = "body/page.html")]
pub(crate) struct BodyPage {
    shell: Shell,
    id: String,
    kind: &'static str,
    quorum: i64,
    duty: String,
    members: Vec<(String, &'static str)>,
    waiting: Vec<(String, String)>,
    meetings: Vec<Meeting>,
    can_edit: bool,
    call: Vec<Field>,
}

#[derive(Debug)]
struct Meeting {
    id: String,
    number: i64,
    day: Day,
    place: String,
    state: &'static str,
    called: bool,
    held: bool,
    minutes: String,
    present: String,
    members: Vec<(String, String)>,
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    id: String,
    title: String,
    decision: Option<(String, String)>,
    result: &'static str,
    open: bool,
    votes: String,
    resolution: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let db = &app.store.db;
    let row = db.row(&BODY, &id).await?.ok_or(PortalError::NotFound)?;
    let members = db.body_members(&id, me.on).await?;
    let mut meetings = Vec::new();
    for meeting in db.meetings(&id, MEETINGS).await? {
        let day: Date = meeting.held_on.parse().unwrap_or(me.on);
        let of_day = db.body_members(&id, day).await?;
        let present: BTreeSet<String> =
            meeting.present.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
        let names: Vec<&str> =
            of_day.iter().filter(|m| present.contains(&m.person_id)).map(|m| m.person.as_str()).collect();
        let items = db.agenda(&meeting.id).await?.into_iter().map(|i| Item {
            id: i.id,
            title: i.title,
            decision: i
                .decision_id
                .map(|d| (format!("/decisions/{d}"), i.decision_number.unwrap_or_default())),
            result: word(RESULTS, &i.result),
            open: i.result == "open",
            votes: match (i.ayes, i.noes) {
                (Some(ayes), Some(noes)) => format!("賛成 {ayes}・反対 {noes}"),
                _ => String::new(),
            },
            resolution: i.resolution.unwrap_or_default(),
        });
        meetings.push(Meeting {
            number: meeting.number,
            day: Day::due(day),
            place: meeting.place,
            state: word(MEETING_STATES, &meeting.state),
            called: meeting.state == "called",
            held: meeting.state == "held",
            minutes: meeting.minutes.unwrap_or_default(),
            present: names.join("、"),
            members: of_day.iter().map(|m| (m.person_id.clone(), m.person.clone())).collect(),
            items: items.collect(),
            id: meeting.id,
        });
    }
    let mut shell = app.shell(&me, "/sections", row.text("name")).await?.crumb("/bodies", "会議体");
    shell.done = (query.get("done") == "saved").then_some("記録しました。");
    page(&BodyPage {
        shell,
        kind: word(KINDS, row.text("kind")),
        quorum: row.get("quorum").and_then(|v| v.int()).unwrap_or_default(),
        duty: row.text("duty").to_owned(),
        members: members.into_iter().map(|m| (m.person, word(DUTIES, &m.duty))).collect(),
        waiting: db
            .waiting_for_body(&id, MEETINGS)
            .await?
            .into_iter()
            .map(|(decision, number, _)| (decision, number.unwrap_or_default()))
            .collect(),
        meetings,
        can_edit: me.reaches(Action::Edit, "meeting"),
        call: vec![Field::date("held_on", "開催日"), Field::new("place", "場所", Input::Text)],
        id,
    })
}

/// Calls a meeting and puts everything that waits for the body on its agenda.
pub(crate) async fn call(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let day = form.date("held_on", "開催日を入力してください。");
    let place = form.required("place", "場所を入力してください。");
    let (true, Some(day)) = (form.ok(), day) else {
        return Err(PortalError::Settled("開催日と場所を入力してください。".to_owned()));
    };
    let waiting = app.store.db.waiting_for_body(&id, MEETINGS).await?;
    let mut tx = app.store.write(&me.actor(), "meeting.call").await?;
    let meeting = tx.call_meeting(&id, day, &place).await?;
    for (decision, number, _) in waiting {
        let title = format!("{} について", number.unwrap_or_default());
        tx.put_on_agenda(&meeting, &title, Some(&decision)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/bodies/{id}?done=saved")).into_response())
}

/// Puts an item on the agenda, or records who was there and the minutes.
pub(crate) async fn record(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let meeting = app.store.db.row(&MEETING, &id).await?.ok_or(PortalError::NotFound)?;
    let body = meeting.text("body_id").to_owned();
    if form.get("do") == "item" {
        let title = form.limited("title");
        if title.is_empty() {
            return Err(PortalError::Settled("議題を入力してください。".to_owned()));
        }
        let mut tx = app.store.write(&me.actor(), "meeting.agenda").await?;
        tx.put_on_agenda(&id, &title, None).await?;
        tx.commit().await?;
    } else {
        let present: BTreeSet<String> = form.all("present").map(str::to_owned).collect();
        let minutes = form.limited("minutes");
        let mut tx = app.store.write(&me.actor(), "meeting.hold").await?;
        match tx.hold_meeting(&id, &present, &minutes).await {
            Err(StoreError::IllegalMove(_)) => {
                return Err(PortalError::Settled(
                    "開催日の前の会議や、その日の構成員でない人の出席は記録できません。".to_owned(),
                ));
            }
            other => other?,
        }
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/bodies/{body}?done=saved")).into_response())
}

/// The chair confirms what the meeting resolved about an item.
pub(crate) async fn resolve(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let item =
        app.store.db.row(&sekisho_domain::body::AGENDA_ITEM, &id).await?.ok_or(PortalError::NotFound)?;
    let meeting = app.store.db.row(&MEETING, item.text("meeting_id")).await?.ok_or(PortalError::NotFound)?;
    let result = form.one_of("result", "結果を選んでください。", |r| {
        RESULTS.iter().skip(1).find(|(code, _)| *code == r).map(|(code, _)| *code)
    });
    let votes = form.get("ayes").parse::<i64>().ok().zip(form.get("noes").parse::<i64>().ok());
    let text = form.limited("resolution");
    let Some(result) = result else {
        return Err(PortalError::Settled("結果を選んでください。".to_owned()));
    };
    match app.store.resolve(&me.who, &id, Resolution { votes, result, text: &text }).await {
        Ok(()) => {
            Ok(Redirect::to(&format!("/bodies/{}?done=saved", meeting.text("body_id"))).into_response())
        }
        Err(ResolveError::Refused(why)) => Err(PortalError::Settled(why.to_owned())),
        Err(ResolveError::Decide(error)) => Err(refused(&app, error).await),
        Err(ResolveError::Store(error)) => Err(error.into()),
    }
}
