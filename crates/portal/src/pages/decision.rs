//! 申請・決裁: a page from which a seat can decide, showing everything the decision is bound to.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::pages::shared::ListPage;
use crate::part::{Cell, ClauseLabel, Day, Errors, Field, HashStamp, Moment, Pager, Seat};
use crate::picture;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{self, Action, Reach, Thing};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::date_at;
use sekisho_domain::decision::{DECISION, DECISION_STEP, STATES, STEP_STATES};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::person::PERSON;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_store::decision::{Answer, DecideError, DecisionRow, StepRow};
use sekisho_store::page::Incumbent;

/// Applications looked at when counting what waits for a reader; a city with more has other worries.
const WAITING_ROWS: i64 = 500;
/// Changed clauses listed beside a decision; the comparison shows all.
const PREVIEW_ROWS: usize = 20;

#[derive(Debug, Template)]
#[template(path = "decision/page.html")]
pub(crate) struct DecisionPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) applicant: String,
    pub(crate) requested: Moment,
    pub(crate) answer_by: Option<Day>,
    pub(crate) state: String,
    pub(crate) note: Option<String>,
    /// (term, words) of what is decided.
    pub(crate) subject: Vec<(&'static str, String)>,
    pub(crate) subject_link: Option<(String, &'static str)>,
    pub(crate) hash: HashStamp,
    pub(crate) clause: String,
    pub(crate) reason: String,
    pub(crate) consequence: &'static str,
    pub(crate) errors: Errors,
    pub(crate) comment: Field,
    pub(crate) can_decide: bool,
    pub(crate) can_withdraw: bool,
    /// Why the reader cannot decide, when they cannot.
    pub(crate) why_not: Option<String>,
    pub(crate) steps: Vec<Step>,
    /// (clause, how it changes)
    pub(crate) preview: Vec<(ClauseLabel, &'static str)>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) seat: Seat,
    pub(crate) state: &'static str,
    pub(crate) at: Option<Moment>,
    pub(crate) comment: String,
    /// サーバ記録のみ, or the kind of signature.
    pub(crate) proof: &'static str,
}

/// Applications on which one of the reader's seats of today can decide.
pub(crate) async fn waiting_for(app: &App, me: &Me) -> Result<Vec<DecisionRow>, PortalError> {
    let all = app.store.db.decisions_waiting("", WAITING_ROWS).await?;
    Ok(all.into_iter().filter(|d| is_turn_of(me, d)).collect())
}

/// The same question as `store` asks before it accepts an answer, so that nobody is shown a button in vain.
fn is_turn_of(me: &Me, d: &DecisionRow) -> bool {
    let seat = me.who.seat_for(d.role.as_deref(), d.position_id.as_deref(), d.unit_id.as_deref(), me.on);
    seat.is_some() && d.applicant_id != me.who.person_id
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mine = query.get("of") == "mine";
    let all = query.get("of") == "all" && me.reach(Action::View, "decision") == Reach::All;
    let before = Some(query.get("before")).filter(|b| !b.is_empty()).unwrap_or("~");
    let db = &app.store.db;
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let mut rows = match (all, mine) {
        (true, _) => db.decisions_recent(before, limit).await?,
        (_, true) => db.decisions_of(&me.who.person_id, before, limit).await?,
        _ => waiting_for(&app, &me).await?,
    };
    let of = if all { "all" } else { "mine" };
    let more = (all || mine) && rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| more).map(|d| format!("/decisions?of={of}&before={}", d.id));
    let mut tabs = vec![
        ("/decisions", "あなたの決裁を待つもの", !all && !mine),
        ("/decisions?of=mine", "あなたの申請", mine),
    ];
    if me.reach(Action::View, "decision") == Reach::All {
        tabs.push(("/decisions?of=all", "すべて", all));
    }
    let mut shell = app.shell(&me, "/decisions", "決めることは、ありますか").await?;
    shell.done = match query.get("done") {
        "approved" => Some("承認しました。"),
        "returned" => Some("差し戻しました。"),
        "withdrawn" => Some("引き戻しました。"),
        _ => None,
    };
    page(&ListPage {
        shell,
        tabs,
        caption: "件名を押すと、決めるための内容が開きます。".to_owned(),
        heads: vec!["件名", "状態", "申請者", "申請した日時"],
        rows: rows.into_iter().map(list_row).collect(),
        empty: match (all, mine) {
            (false, false) => "あなたの決裁を待つものはありません。",
            _ => "申請はまだありません。",
        },
        pager: Pager { first: (before != "~").then(|| format!("/decisions?of={of}")), next },
        ..ListPage::default()
    })
}

fn list_row(d: DecisionRow) -> Vec<Cell> {
    vec![
        Cell::link(format!("/decisions/{}", d.id), d.title),
        Cell::text(word(STATES, &d.state)),
        Cell::text(d.applicant),
        Cell::text(Moment::at(Ms(d.requested_ms)).text),
    ]
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    page(&decision_page(&app, &me, &id, None).await?)
}

async fn decision_page(
    app: &App,
    me: &Me,
    id: &str,
    form: Option<&Form>,
) -> Result<DecisionPage, PortalError> {
    let db = &app.store.db;
    let row = db.row(&DECISION, id).await?.ok_or(PortalError::NotFound)?;
    let steps = db.decision_steps(id).await?;
    let turn = row.text("state") == "pending"
        && row.text("applicant_id") != me.who.person_id
        && db.decidable_by(id, &me.who, me.now).await?;
    let applicant_id = row.text("applicant_id").to_owned();
    let thing = Thing { noun: "decision", unit_id: None, person_id: Some(&applicant_id), visibility: None };
    if !turn {
        me.must(Action::View, thing)?;
    }
    let applicant = db.row(&PERSON, &applicant_id).await?;
    let applicant = applicant.map_or(String::new(), |p| p.text("name").to_owned());
    let seat = db.main_seat(&applicant_id, me.on).await?;
    let applicant = seat.map_or(applicant.clone(), |(_, section)| format!("{applicant}（{section}）"));
    let subject: serde_json::Value = serde_json::from_str(row.text("subject")).unwrap_or_default();
    let about = about(app, me, &row, &subject).await?;
    let comment = Field::area("comment", "意見")
        .optional()
        .hint("差し戻すときは、直してほしいところを書いてください。");
    let (comment, errors) = match form {
        Some(form) => {
            let (mut fields, errors) = form.refill(vec![comment.clone()]);
            (fields.pop().unwrap_or(comment), errors)
        }
        None => (comment, Errors::default()),
    };
    let at = |column: &str| row.get(column).and_then(Value::int).map(Ms);
    let incumbents = db.incumbents(me.on).await?;
    Ok(DecisionPage {
        shell: app
            .shell(me, "/decisions", format!("{}してよいか", about.verb))
            .await?
            .crumb("/decisions", "決裁"),
        id: id.to_owned(),
        number: row.text("number").to_owned(),
        applicant,
        requested: Moment::at(at("requested_ms").unwrap_or_default()),
        answer_by: at("expires_ms")
            .filter(|_| row.text("state") == "pending")
            .map(|ms| Day::due(date_at(ms))),
        state: word(STATES, row.text("state")).to_owned(),
        note: about.note,
        subject: about.subject,
        subject_link: about.link,
        hash: HashStamp::new(row.text("subject_sha256")),
        clause: row.text("clause_label").to_owned(),
        reason: row.text("reason").to_owned(),
        consequence: about.consequence,
        errors,
        comment,
        can_decide: turn,
        can_withdraw: row.text("state") == "pending" && applicant_id == me.who.person_id,
        why_not: why_not(me, &row, turn),
        steps: step_lines(app, &steps, &incumbents).await?,
        preview: about.preview,
    })
}

/// What an application is about, in the words of its kind.
#[derive(Default)]
struct About {
    /// Completes 「…してよいか」.
    verb: String,
    subject: Vec<(&'static str, String)>,
    link: Option<(String, &'static str)>,
    consequence: &'static str,
    note: Option<String>,
    preview: Vec<(ClauseLabel, &'static str)>,
}

async fn about(app: &App, me: &Me, row: &Row, subject: &serde_json::Value) -> Result<About, PortalError> {
    let text = |key: &str| subject[key].as_str().unwrap_or("").to_owned();
    let day = |key: &str| text(key).parse().map_or_else(|_| text(key), sekisho_domain::date::wareki);
    match row.text("kind") {
        "revision" => revision_about(app, me, row, day("effective_on")).await,
        "rejection" => {
            let ids = subject["requirements"].as_array().map_or(0, Vec::len);
            let mut rows = Vec::new();
            for id in
                subject["requirements"].as_array().into_iter().flatten().filter_map(|v| v.as_str()).take(20)
            {
                if let Some(r) = app.store.db.row(&REQUIREMENT, id).await? {
                    rows.push(format!("{} {}", r.text("clause_label"), r.text("text")));
                }
            }
            Ok(About {
                verb: format!("要求 {ids} 件を不採用に"),
                subject: vec![("要求", rows.join("／")), ("いつまで", day("until"))],
                consequence: "承認すると、期限の日まで判定の対象から外れます。期限を過ぎると未検討に戻ります。",
                ..About::default()
            })
        }
        "exception" => {
            let requirement = app.store.db.row(&REQUIREMENT, &text("requirement")).await?;
            let words = requirement.map_or(String::new(), |r| r.text("text").to_owned());
            Ok(About {
                verb: "例外措置を許可".to_owned(),
                subject: vec![
                    ("要求", words),
                    ("代わりの対策", text("substitute")),
                    ("期間", format!("{}から{}まで", day("valid_from"), day("valid_to"))),
                ],
                link: Some((format!("/requirements/{}", text("requirement")), "要求と今の判定を見る")),
                consequence: "承認すると、期間のあいだ「例外措置中」になります。期限が来ると自動で終わります。",
                ..About::default()
            })
        }
        _ => Ok(About {
            verb: format!("「{}」を承認", row.text("title")),
            consequence: "承認すると、この内容で決まります。",
            ..About::default()
        }),
    }
}

async fn revision_about(app: &App, me: &Me, row: &Row, effective: String) -> Result<About, PortalError> {
    let db = &app.store.db;
    let revision = db.revision(row.text("subject_id")).await?.ok_or(PortalError::NotFound)?;
    let changes = crate::pages::compare::changes(app, me, &revision).await?;
    let words = match changes.previous.is_some() {
        true => format!("{} 件", changes.rows.len()),
        false => "新しい文書です".to_owned(),
    };
    let note = (revision.warnings > 0).then(|| {
        format!(
            "取り込んだときに気づいたことが {} 件あります。全文のページで確かめられます。",
            revision.warnings
        )
    });
    let edition = crate::pages::board::edition(&revision.edition);
    Ok(About {
        verb: match changes.previous.is_some() {
            true => format!("{}を{edition}に改定", revision.title),
            false => format!("{}（{edition}）を制定", revision.title),
        },
        subject: vec![
            ("文書", format!("{} {edition}", revision.title)),
            ("施行日", effective),
            ("条項", format!("{} 件", revision.clauses)),
            ("変わる条項", words),
        ],
        link: Some((format!("/revisions/{}", revision.id), "全文と新旧対照表を見る")),
        consequence: "承認すると本文が固定され、施行日から効力を持ちます。",
        note,
        preview: changes.rows.into_iter().take(PREVIEW_ROWS).collect(),
    })
}

fn why_not(me: &Me, row: &Row, turn: bool) -> Option<String> {
    if turn || row.text("state") != "pending" {
        return None;
    }
    let why = match row.text("applicant_id") == me.who.person_id {
        true => "自分の申請は、自分では承認できません。",
        false => "決裁の順番が回ってきた職の人だけが承認できます。",
    };
    Some(why.to_owned())
}

async fn step_lines(
    app: &App,
    steps: &[StepRow],
    incumbents: &[Incumbent],
) -> Result<Vec<Step>, PortalError> {
    let mut out = Vec::new();
    for step in steps {
        let row = app.store.db.row(&DECISION_STEP, &step.id).await?.ok_or(PortalError::NotFound)?;
        let mut seat = picture::seat(step.role.as_deref().unwrap_or(""), incumbents);
        if let Some(actor) = &step.actor_id
            && let Some(person) = app.store.db.row(&PERSON, actor).await?
        {
            seat.person = Some(person.text("name").to_owned());
        }
        let acted = row.get("acted_ms").and_then(Value::int);
        out.push(Step {
            seat,
            state: word(STEP_STATES, &step.state),
            at: acted.map(|ms| Moment::at(Ms(ms))),
            comment: row.text("comment").to_owned(),
            proof: match (acted, row.text("proof")) {
                (None, _) => "",
                (Some(_), "") => "サーバ記録のみ",
                (Some(_), _) => "セキュリティキーの署名あり",
            },
        });
    }
    Ok(out)
}

pub(crate) async fn decide(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&DECISION, &id).await?.ok_or(PortalError::NotFound)?;
    let answer = match form.get("answer") {
        "approved" => Answer::Approve,
        "returned" => Answer::Return,
        _ => return Err(PortalError::Unreadable("answer".to_owned())),
    };
    // What was shown is what is decided: the page carries the digest of the subject it showed.
    if form.get("subject_sha256") != row.text("subject_sha256") {
        return Err(PortalError::Conflict("the subject shown is not the one applied for".to_owned()));
    }
    let comment = form.limited("comment");
    if answer == Answer::Return && comment.is_empty() {
        form.refuse("comment", "差し戻すときは、直してほしいところを書いてください。");
    }
    if !form.ok() {
        return Ok(page(&decision_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    }
    let comment = Some(comment.as_str()).filter(|c| !c.is_empty());
    app.store.decide(&me.who, &id, answer, comment).await.map_err(refused)?;
    let done = if answer == Answer::Approve { "approved" } else { "returned" };
    Ok(Redirect::to(&format!("/decisions?done={done}")).into_response())
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    app.store.withdraw(&me.who, &id).await.map_err(refused)?;
    Ok(Redirect::to("/decisions?of=mine&done=withdrawn"))
}

fn refused(error: DecideError) -> PortalError {
    let why = access::Why::OwnApplication;
    match error {
        DecideError::OwnApplication => PortalError::Forbidden(crate::ja::why(why).to_owned()),
        DecideError::NotYourTurn => {
            PortalError::Forbidden("決裁の順番が回ってきた職の人だけが承認できます。".to_owned())
        }
        DecideError::Store(error) => error.into(),
        other => PortalError::Conflict(other.to_string()),
    }
}
