//! 不在と委任 of one's own: days on which somebody does not decide, and seats handed to somebody else for a while. The
//! registers of both are kept by the office; here everybody enters what concerns themselves, and nothing else.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::part::{Errors, Field};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Seat;
use sekisho_domain::date::{Date, plus_days, wareki};
use sekisho_domain::decision::KINDS;
use sekisho_domain::delegation::{ABSENCE, DELEGATION};
use sekisho_domain::noun::Row;
use sekisho_store::delegation::OwnLine;

/// A delegation longer than this is a change of seats, which 情報政策課 enters.
const DELEGATION_DAYS_MAX: i32 = 366;

#[derive(Template)]
#[template(path = "absence/page.html")]
struct AwayPage {
    shell: Shell,
    errors: Errors,
    away: Vec<Field>,
    hand: Vec<Field>,
    has_seat: bool,
    absences: Vec<Shown>,
    given: Vec<Shown>,
}

struct Shown {
    id: String,
    what: &'static str,
    words: String,
    days: String,
    open: bool,
}

fn seats(me: &Me) -> Vec<(usize, &Seat)> {
    me.who.seats.iter().enumerate().filter(|(_, seat)| seat.valid(me.on)).collect()
}

async fn away_page(app: &App, me: &Me, form: Option<&Form>) -> Result<AwayPage, PortalError> {
    let db = &app.store.db;
    let away = vec![
        Field::date("from", "いつから").value(me.on.to_string()),
        Field::date("to", "いつまで").hint("この日までいません。"),
        Field::text("reason", "理由").hint("例：出張、休暇。決裁の画面には出ません。"),
    ];
    let mut places = Vec::new();
    for (n, seat) in seats(me) {
        let section = db.section_name(&seat.unit_id, me.on).await?.unwrap_or_default();
        let position = db.row(&sekisho_domain::position::POSITION, &seat.position_id).await?;
        let position = position.map(|p| p.text("name").to_owned()).unwrap_or_default();
        places.push((n.to_string(), format!("{section} {position}")));
    }
    let kinds = [("*".to_owned(), "全ての事項".to_owned())]
        .into_iter()
        .chain(KINDS.iter().map(|(code, word)| ((*code).to_owned(), (*word).to_owned())));
    let hand = vec![
        Field::select("seat", "委任する職", places),
        Field::text("delegate", "受ける人の職員番号"),
        Field::select("kind", "事項", kinds.collect()).value("*"),
        Field::date("hand_from", "委任を始める日").value(me.on.to_string()),
        Field::date("hand_to", "委任を終える日").hint("この日まで効力があります。"),
        Field::text("why", "委任の理由"),
    ];
    let (away, hand, errors) = match form {
        Some(form) if form.get("do") == "delegate" => {
            let (hand, errors) = form.refill(hand);
            (away, hand, errors)
        }
        Some(form) => {
            let (away, errors) = form.refill(away);
            (away, hand, errors)
        }
        None => (away, hand, Errors::default()),
    };
    let today = me.on.to_string();
    let line = |what: &'static str| {
        let today = today.clone();
        move |own: OwnLine| Shown {
            id: own.id,
            what,
            words: own.words,
            open: own.valid_to > today,
            days: format!("{}から{}の前日まで", day(&own.valid_from), day(&own.valid_to)),
        }
    };
    let person = &me.who.person_id;
    Ok(AwayPage {
        shell: app.shell(me, "/decisions", "いつ不在で、だれに任せますか").await?.crumb("/decisions", "決裁"),
        errors,
        has_seat: !seats(me).is_empty(),
        away,
        hand,
        absences: db.own_absences(person).await?.into_iter().map(line("absence")).collect(),
        given: db.own_delegations(person).await?.into_iter().map(line("delegation")).collect(),
    })
}

fn day(text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), wareki)
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut found = away_page(&app, &me, None).await?;
    found.shell.done = match query.get("done") {
        "saved" => Some("登録しました。"),
        "ended" => Some("今日で終えました。"),
        _ => None,
    };
    page(&found)
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let row = match form.get("do") {
        "delegate" => delegation(&app, &me, &mut form).await?,
        _ => absence(&me, &mut form),
    };
    let Some(row) = row.filter(|_| form.ok()) else {
        return Ok(page(&away_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let action = if row.noun.name == "delegation" { "delegation.create" } else { "absence.create" };
    let mut tx = app.store.write(&me.actor(), action).await?;
    let id = tx.new_id();
    tx.insert(Row { id, ..row }).await?;
    tx.commit().await?;
    Ok(Redirect::to("/absence?done=saved").into_response())
}

/// The days of a form, the last one included, as an interval; `None` when they make none.
fn days(form: &mut Form, from: &'static str, to: &'static str, today: Date) -> Option<(Date, Date)> {
    let begin = form.date(from, "始まりの日を入力してください。")?;
    let last = form.date(to, "終わりの日を入力してください。")?;
    if last < begin || last < today {
        form.refuse(to, "終わりの日は、始まりの日と今日より後にしてください。");
        return None;
    }
    Some((begin, plus_days(last, 1)))
}

fn absence(me: &Me, form: &mut Form) -> Option<Row> {
    let days = days(form, "from", "to", me.on);
    let reason = form.required("reason", "理由を入力してください。");
    let (from, to) = days?;
    let row = Row::new(&ABSENCE, "").set("person_id", me.who.person_id.as_str()).set("reason", reason);
    Some(row.set("recorded_by", me.who.person_id.as_str()).set("valid_from", from).set("valid_to", to))
}

async fn delegation(app: &App, me: &Me, form: &mut Form) -> Result<Option<Row>, PortalError> {
    let days = days(form, "hand_from", "hand_to", me.on);
    let why = form.required("why", "委任の理由を入力してください。");
    let kind = form.one_of("kind", "事項を選んでください。", |k| {
        (k == "*" || KINDS.iter().any(|(code, _)| *code == k)).then(|| k.to_owned())
    });
    let place = form.get("seat").parse::<usize>().ok();
    let seat = seats(me).into_iter().find(|(n, _)| Some(*n) == place).map(|(_, seat)| seat);
    if seat.is_none() {
        form.refuse("seat", "委任する職を選んでください。");
    }
    let number = form.required("delegate", "受ける人の職員番号を入力してください。");
    let delegate = app.store.db.person_with_number(&number, me.on).await?;
    match &delegate {
        None if !number.is_empty() => form.refuse("delegate", "この職員番号の人は、今いません。"),
        Some(id) if app.store.db.identities(&me.who.person_id).await?.contains(id) => {
            form.refuse("delegate", "自分（同じ人の別の登録を含む）には委任できません。");
        }
        _ => {}
    }
    if let Some((from, to)) = days
        && plus_days(from, DELEGATION_DAYS_MAX) < to
    {
        form.refuse("hand_to", "委任は1年までです。");
    }
    let (Some((from, to)), Some(kind), Some(seat), Some(delegate)) = (days, kind, seat, delegate) else {
        return Ok(None);
    };
    let row = Row::new(&DELEGATION, "")
        .set("position_id", seat.position_id.as_str())
        .set("unit_id", seat.unit_id.as_str())
        .set("delegate_id", delegate)
        .set("kinds", kind)
        .set("reason", why)
        .set("granted_by", me.who.person_id.as_str());
    Ok(Some(row.set("valid_from", from).set("valid_to", to)))
}

/// Ends one's own absence or delegation today.
pub(crate) async fn end(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let (noun, owner, action) = match form.get("what") {
        "delegation" => (&DELEGATION, "granted_by", "delegation.end"),
        _ => (&ABSENCE, "person_id", "absence.end"),
    };
    let row = app.store.db.row(noun, &id).await?;
    let row = row.filter(|row| row.text(owner) == me.who.person_id).ok_or(PortalError::NotFound)?;
    // What has not begun ends on the day it would have begun: it never held.
    let last = row.text("valid_from").parse().map_or(me.on, |from: Date| from.max(me.on));
    let mut tx = app.store.write(&me.actor(), action).await?;
    tx.update(row.set("valid_to", last)).await?;
    tx.commit().await?;
    Ok(Redirect::to("/absence?done=ended").into_response())
}
