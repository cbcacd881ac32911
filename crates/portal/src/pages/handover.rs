//! 引継書: one A4 page per seat for whoever leaves it and whoever comes: shown, handed over, received, printed.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::section::tabs;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Field, HashStamp, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Access, Action, Seat, Thing, may};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::wareki;
use sekisho_domain::handover::Part;
use sekisho_domain::noun::Value;
use sekisho_store::handover::Handover;

#[derive(Template)]
#[template(path = "handover/page.html")]
struct HandoverPage {
    shell: Shell,
    city: String,
    /// 税務課 課長
    seat: String,
    from: String,
    to: String,
    day: String,
    parts: Vec<Part>,
    /// Where the button posts to, what it says and brings about, with its fields.
    action: Option<Act>,
    /// The office enters what was signed on paper.
    on_paper: Option<String>,
    received: Option<String>,
    hash: Option<HashStamp>,
}

struct Act {
    path: String,
    fields: Vec<Field>,
    button: &'static str,
    after: &'static str,
}

/// The seats I hold today that can be handed over, and what was handed to or by me.
pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let db = &app.store.db;
    let all = me.reach(Action::View, "handover") == sekisho_domain::access::Reach::All;
    let mut rows = Vec::new();
    for (n, seat) in me.who.seats.iter().enumerate().filter(|(_, seat)| seat.valid(me.on)) {
        rows.push(vec![
            Cell::link(format!("/handovers/new?seat={n}"), seat_words(&app, &me, seat).await?),
            Cell::text("あなたの今の職"),
            Cell::text("引継書を見る・引き継ぐ"),
        ]);
    }
    let person = (!all).then_some(me.who.person_id.as_str());
    for handover in db.handovers(person).await? {
        let seat =
            words_of(&app, &me, handover.row.text("position_id"), handover.row.text("unit_id")).await?;
        let from = db.person_name(handover.row.text("from_id")).await?.unwrap_or_default();
        let to = db.person_name(handover.row.text("to_id")).await?.unwrap_or_default();
        let state =
            if handover.received() { "受け取り済み" } else { "受け取りを待っています" };
        rows.push(vec![
            Cell::link(format!("/handovers/{}", handover.row.id), seat),
            Cell::text(format!("{from} → {to}")),
            Cell::text(state),
        ]);
    }
    page(&ListPage {
        shell: app.shell(&me, "/sections", "どの職を引き継ぎますか").await?,
        lead: "異動や退職のときに、後任に渡すA4で1枚の引継書です。".to_owned(),
        tabs: tabs(&me, "/handovers"),
        caption: "今の職と、これまでの引き継ぎ。".to_owned(),
        heads: vec!["職", "だれから、だれへ", "状態"],
        rows,
        empty: "あなたには今、職がありません。",
        ..ListPage::default()
    })
}

async fn seat_words(app: &App, me: &Me, seat: &Seat) -> Result<String, PortalError> {
    words_of(app, me, &seat.position_id, &seat.unit_id).await
}

async fn words_of(app: &App, me: &Me, position_id: &str, unit_id: &str) -> Result<String, PortalError> {
    let db = &app.store.db;
    let section = db.section_name(unit_id, me.on).await?.unwrap_or_default();
    let position = db.row(&sekisho_domain::position::POSITION, position_id).await?;
    Ok(format!("{section} {}", position.map(|p| p.text("name").to_owned()).unwrap_or_default()))
}

/// A seat of mine by its place among my seats.
fn mine<'m>(me: &'m Me, place: &str) -> Result<&'m Seat, PortalError> {
    let seat = place.parse::<usize>().ok().and_then(|n| me.who.seats.get(n));
    seat.filter(|seat| seat.valid(me.on)).ok_or(PortalError::NotFound)
}

fn successor() -> Field {
    Field::text("to", "後任の職員番号")
        .optional()
        .hint("まだ決まっていないときは、空欄にします。その職に就いた人が受け取ります。")
}

async fn draft_page(
    app: &App,
    me: &Me,
    place: &str,
    form: Option<&Form>,
) -> Result<HandoverPage, PortalError> {
    let seat = mine(me, place)?;
    let content = app.store.db.handover_content(seat, me.on).await?;
    let mut field = successor();
    if let Some(form) = form {
        let (mut fields, _) = form.refill(vec![field.clone()]);
        field = fields.pop().unwrap_or(field);
    }
    let words = seat_words(app, me, seat).await?;
    let shell = app.shell(me, "/sections", "この職で、何を引き継ぎますか").await?;
    Ok(HandoverPage {
        shell: shell.crumb("/handovers", "引継書"),
        city: app.config.city.clone(),
        seat: words,
        from: me.session.name.clone(),
        to: String::new(),
        day: wareki(me.on),
        parts: content.on_one_sheet(),
        action: Some(Act {
            path: "/handovers".to_owned(),
            fields: vec![field, Field::hidden("seat", place)],
            button: "この内容で引き継ぐ",
            after: "今の内容を引継書として残します。後任が受け取ると、引き継ぎが終わります。",
        }),
        on_paper: None,
        received: None,
        hash: None,
    })
}

pub(crate) async fn new(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    page(&draft_page(&app, &me, query.get("seat"), None).await?)
}

pub(crate) async fn hand(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let place = form.get("seat").to_owned();
    let seat = mine(&me, &place)?.clone();
    let number = form.limited("to");
    let mut to = None;
    if !number.is_empty() {
        to = app.store.db.person_with_number(&number, me.on).await?;
        match &to {
            None => form.refuse("to", "この職員番号の人は、今いません。"),
            Some(id) if *id == me.who.person_id => form.refuse("to", "自分には引き継げません。"),
            Some(_) => {}
        }
    }
    if !form.ok() {
        return Ok(page(&draft_page(&app, &me, &place, Some(&form)).await?)?.into_response());
    }
    let id = app.store.hand_over(&me.who, &seat, to.as_deref(), me.on).await?;
    Ok(Redirect::to(&format!("/handovers/{id}")).into_response())
}

/// Whoever hands over or receives, whoever sits in the seat now, and whoever sees the section.
fn sees(me: &Me, handover: &Handover) -> bool {
    let thing = Thing {
        noun: "handover",
        unit_id: Some(handover.row.text("unit_id")),
        person_id: handover.concerns(&me.who.person_id).then_some(me.who.person_id.as_str()),
        visibility: None,
    };
    sits(me, handover) || may(&me.who, Action::View, thing, me.on) == Access::Granted
}

/// Whether the reader holds the seat today.
fn sits(me: &Me, handover: &Handover) -> bool {
    let (position, unit) = (handover.row.text("position_id"), handover.row.text("unit_id"));
    me.who.seats.iter().any(|s| s.valid(me.on) && s.position_id == position && s.unit_id == unit)
}

/// Named as the successor; where nobody is named, in the seat.
fn may_receive(me: &Me, handover: &Handover) -> bool {
    let to = handover.row.text("to_id");
    let named = if to.is_empty() { sits(me, handover) } else { to == me.who.person_id };
    named && !handover.received() && handover.row.text("from_id") != me.who.person_id
}

async fn find(app: &App, me: &Me, id: &str) -> Result<Handover, PortalError> {
    let found = app.store.db.handover(id).await?.filter(|handover| sees(me, handover));
    found.ok_or(PortalError::NotFound)
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    let handover = find(&app, &me, &id).await?;
    let db = &app.store.db;
    let row = &handover.row;
    let int = |column: &str| row.get(column).and_then(Value::int);
    let handed = Moment::at(Ms(int("handed_ms").unwrap_or_default()));
    let to = db.person_name(row.text("to_id")).await?.unwrap_or_default();
    let paper = row.text("paper_by").to_owned();
    let received = int("received_ms").map(|ms| {
        let how = if paper.is_empty() { "" } else { "（紙で受け取り、情報政策課が登録）" };
        format!("{} {to}{how}", Moment::at(Ms(ms)).text)
    });
    let action = may_receive(&me, &handover).then(|| Act {
        path: format!("/handovers/{id}"),
        fields: Vec::new(),
        button: "受け取った",
        after: "引き継ぎが終わります。あとから、だれがいつ受け取ったかを確かめられます。",
    });
    let office = me.reach(Action::Edit, "handover") == sekisho_domain::access::Reach::All;
    let shell = app.shell(&me, "/sections", "何が引き継がれましたか").await?;
    page(&HandoverPage {
        shell: shell.crumb("/handovers", "引継書"),
        city: app.config.city.clone(),
        seat: words_of(&app, &me, row.text("position_id"), row.text("unit_id")).await?,
        from: db.person_name(row.text("from_id")).await?.unwrap_or_default(),
        to,
        day: handed.text,
        parts: handover.content.clone().on_one_sheet(),
        action,
        on_paper: (office && !handover.received()).then(|| format!("/handovers/{id}")),
        received,
        hash: Some(HashStamp::new(row.text("content_sha256"))),
    })
}

pub(crate) async fn receive(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let handover = find(&app, &me, &id).await?;
    let paper = form.get("paper") == "1";
    let office = me.reach(Action::Edit, "handover") == sekisho_domain::access::Reach::All;
    if !(may_receive(&me, &handover) || (paper && office)) {
        return Err(PortalError::Forbidden(crate::ja::why(sekisho_domain::access::Why::Role).to_owned()));
    }
    app.store.receive_handover(&me.actor(), &id, paper).await?;
    Ok(Redirect::to(&format!("/handovers/{id}")).into_response())
}
