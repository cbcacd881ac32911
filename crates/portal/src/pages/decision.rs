//! 申請・決裁: a page from which a seat can decide, showing everything the decision is bound to.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::pages::{about, bulk, outside};
use crate::part::{Cell, ClauseLabel, Day, Errors, Field, HashStamp, Moment, Pager, Seat, Touch};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use crate::sign_in::query;
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{self, Action, Reach, Thing};
use sekisho_domain::authority::AUTHORITY;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at, fiscal_year, start_of};
use sekisho_domain::decision::{DECISION, KINDS, STATES, STEP_KINDS, STEP_STATES};
use sekisho_domain::noun::{Row, Value};
use sekisho_store::decision::{
    Answer, Capacity, DecideError, DecisionRow, EXTERNAL_KEY, Like, StepRow, Verdict,
};
use sekisho_store::proof::SignedAnswer;

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
    /// What somebody must know before reading on.
    pub(crate) notes: Vec<String>,
    /// (term, words) of what is decided.
    pub(crate) subject: Vec<(&'static str, String)>,
    pub(crate) subject_link: Option<(String, &'static str)>,
    pub(crate) hash: HashStamp,
    pub(crate) clause: Option<ClauseLabel>,
    pub(crate) reason: String,
    /// 専決区分 and the row of the table it comes from.
    pub(crate) division: String,
    /// 「昨年度から 14 件、すべて承認」
    pub(crate) like: String,
    pub(crate) consequence: &'static str,
    pub(crate) errors: Errors,
    pub(crate) comment: Field,
    /// The button that says yes; `None` when it is not the reader's turn.
    pub(crate) button: Option<&'static str>,
    pub(crate) can_return: bool,
    /// The question to the reader's passkey: approving is signed with it.
    pub(crate) touch: Option<Touch>,
    /// Where the reader proves first that it is they; approving waits for it.
    pub(crate) prove_first: Option<String>,
    pub(crate) can_withdraw: bool,
    /// 外部決裁: the forms to fetch the draft and record what came back.
    pub(crate) outside: Option<Vec<Field>>,
    pub(crate) paper: Vec<(&'static str, String)>,
    /// Why the reader cannot decide, when they cannot.
    pub(crate) why_not: Option<String>,
    pub(crate) steps: Vec<Step>,
    /// (clause, how it changes)
    pub(crate) preview: Vec<(ClauseLabel, &'static str)>,
}

#[derive(Debug)]
pub(crate) struct Step {
    /// 決裁, 合議 or 後閲
    pub(crate) kind: &'static str,
    pub(crate) seat: Seat,
    pub(crate) state: &'static str,
    pub(crate) at: Option<Moment>,
    pub(crate) comment: String,
    /// How it was done and why by this seat: 代決, 委任, 上位の職へ.
    pub(crate) notes: Vec<String>,
    /// サーバ記録のみ, or the kind of signature.
    pub(crate) proof: &'static str,
}

/// The first applications on which one of the reader's seats of today can decide.
pub(crate) async fn waiting_for(app: &App, me: &Me, limit: i64) -> Result<Vec<DecisionRow>, PortalError> {
    Ok(app.store.db.decisions_waiting(&me.who, me.on, "", limit).await?)
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(raw): RawQuery) -> Page {
    let query = Form::from_query(raw.as_deref().unwrap_or(""));
    let everything = me.reach(Action::View, "decision") == Reach::All;
    let of = match query.get("of") {
        "mine" => "mine",
        "all" if everything => "all",
        _ => "",
    };
    let db = &app.store.db;
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let key = query.get("at");
    let before = if key.is_empty() { "~" } else { key };
    let mut rows = match of {
        "all" => db.decisions_recent(before, limit).await?,
        "mine" => db.decisions_of(&me.who.person_id, before, limit).await?,
        _ => db.decisions_waiting(&me.who, me.on, key, limit).await?,
    };
    let more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| more).map(|d| format!("/decisions?of={of}&at={}", d.id));
    let mut tabs = vec![
        ("/decisions", "あなたの決裁を待つもの", of.is_empty()),
        ("/decisions?of=mine", "あなたの申請", of == "mine"),
    ];
    if everything {
        tabs.push(("/decisions?of=all", "すべて", of == "all"));
    }
    let mut shell = app.shell(&me, "/decisions", "決めることは、ありますか").await?;
    shell.done = match query.get("done") {
        "approved" => Some("承認しました。"),
        "returned" => Some("差し戻しました。"),
        "withdrawn" => Some("引き戻しました。"),
        "applied" => Some("申請を出しました。"),
        "outside" => Some("外部での決裁を記録しました。"),
        _ => None,
    };
    let alike = if of.is_empty() { bulk::groups(&rows) } else { Vec::new() };
    page(&DecisionList {
        shell,
        tabs,
        alike,
        rows: rows.into_iter().map(|d| list_row(d, me.on)).collect(),
        empty: match of {
            "" => "あなたの決裁を待つものはありません。",
            _ => "申請はまだありません。",
        },
        pager: Pager { first: (!key.is_empty()).then(|| format!("/decisions?of={of}")), next },
        heads: HEADS,
    })
}

const HEADS: [&str; 5] = ["件名", "状態", "返事の目安", "申請者", "申請した日時"];

/// Waiting applications, groups of alike ones above them.
#[derive(Debug, Template)]
#[template(path = "decision/list.html")]
pub(crate) struct DecisionList {
    pub(crate) shell: Shell,
    pub(crate) tabs: Vec<(&'static str, &'static str, bool)>,
    /// (address, words)
    pub(crate) alike: Vec<(String, String)>,
    pub(crate) heads: [&'static str; 5],
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) empty: &'static str,
    pub(crate) pager: Pager,
}

fn list_row(d: DecisionRow, on: Date) -> Vec<Cell> {
    let state = match (d.state.as_str(), d.step_kind.as_str()) {
        (_, "after") => "後閲",
        ("pending", "concur") => "合議",
        (state, _) => word(STATES, state),
    };
    let by = d.answer_by.as_deref().filter(|_| d.state == "pending").and_then(|day| day.parse::<Date>().ok());
    let late = by.is_some_and(|day| day < on);
    let by = by.map_or_else(String::new, |day| Day::due(day).text);
    vec![
        Cell::link(format!("/decisions/{}", d.id), d.title).under(format!(
            "{} {}",
            d.number.unwrap_or_default(),
            word(KINDS, &d.kind)
        )),
        Cell::text(state),
        Cell::text(by).under(if late { "目安を過ぎています" } else { "" }),
        Cell::text(d.applicant),
        Cell::text(Moment::at(Ms(d.requested_ms)).text),
    ]
}

pub(crate) async fn show(State(app): State<App>, me: Me, headers: HeaderMap, Path(id): Path<String>) -> Page {
    let shown = decision_page(&app, &me, &id, None).await?;
    page(&asking(&app, &me, &headers, shown).await?)
}

/// With what approving asks for: the touch of a passkey, or else a fresh proof.
async fn asking(
    app: &App,
    me: &Me,
    headers: &HeaderMap,
    mut shown: DecisionPage,
) -> Result<DecisionPage, PortalError> {
    if shown.button.is_none() {
        return Ok(shown);
    }
    if let Some((step, _)) = app.store.db.turn(&shown.id, &me.who, me.on).await? {
        let answer = signed(&shown.id, &step.id, &shown.hash.sha256, me);
        shown.touch = app.decision_touch(me, headers, answer).await?;
    }
    let unproven = shown.touch.is_none() && !me.stepped_up();
    shown.prove_first =
        unproven.then(|| format!("/step-up?{}", query("back", &format!("/decisions/{}", shown.id))));
    Ok(shown)
}

fn signed<'a>(
    decision_id: &'a str,
    step_id: &'a str,
    subject_sha256: &'a str,
    me: &'a Me,
) -> SignedAnswer<'a> {
    let person_id = me.who.person_id.as_str();
    SignedAnswer { decision_id, step_id, answer: Answer::Approve.code(), subject_sha256, person_id }
}

/// Reads a decision that is the reader's business: their own, their section's, one whose turn is theirs or on which
/// they acted. Anything else does not exist for them.
pub(super) async fn visible(app: &App, me: &Me, id: &str) -> Result<Row, PortalError> {
    let db = &app.store.db;
    let row = db.row(&DECISION, id).await?.ok_or(PortalError::NotFound)?;
    let thing = Thing {
        noun: "decision",
        unit_id: Some(row.text("unit_id")).filter(|u| !u.is_empty()),
        person_id: Some(row.text("applicant_id")),
        visibility: None,
    };
    if me.must(Action::View, thing).is_ok() || db.took_part(id, &me.who.person_id).await? {
        return Ok(row);
    }
    let steps = db.decision_steps(id).await?;
    let capacities = db.capacities(&me.who, me.on).await?;
    let mine = steps.iter().filter(|s| s.state != "closed").any(|s| {
        let key = s.key();
        capacities.iter().any(|c| c.key == key && c.reaches(row.text("kind")))
    });
    if mine { Ok(row) } else { Err(PortalError::NotFound) }
}

pub(super) async fn decision_page(
    app: &App,
    me: &Me,
    id: &str,
    form: Option<&Form>,
) -> Result<DecisionPage, PortalError> {
    let db = &app.store.db;
    let row = visible(app, me, id).await?;
    let steps = db.decision_steps(id).await?;
    let turn = db.turn(id, &me.who, me.on).await?;
    let applicant_id = row.text("applicant_id").to_owned();
    let pending = row.text("state") == "pending";
    let name = db.person_name(&applicant_id).await?.unwrap_or_default();
    let section = match row.text("unit_id") {
        "" => db.main_seat(&applicant_id, me.on).await?.map(|(_, section)| section),
        unit => db.section_name(unit, me.on).await?,
    };
    let subject: serde_json::Value = serde_json::from_str(row.text("subject")).unwrap_or_default();
    let about = about::about(app, me, &row, &subject).await?;
    let comment = Field::area("comment", "意見")
        .optional()
        .hint("差し戻すときは、直してほしいところを書いてください。");
    let external = row.text("venue") == "external";
    let may_record = external
        && pending
        && (applicant_id == me.who.person_id || me.reach(Action::Edit, "decision") == Reach::All);
    let (comment, errors, outside) = match form {
        Some(form) if may_record && !form.get("file_number").is_empty() => {
            let (fields, errors) = form.refill(outside::fields(&row));
            (comment, errors, Some(fields))
        }
        Some(form) => {
            let (mut fields, errors) = form.refill(vec![comment.clone()]);
            (fields.pop().unwrap_or(comment), errors, may_record.then(|| outside::fields(&row)))
        }
        None => (comment, Errors::default(), may_record.then(|| outside::fields(&row))),
    };
    let int = |column: &str| row.get(column).and_then(Value::int);
    let open = steps.iter().find(|s| s.state == "open");
    let answer_by = open.and_then(|s| s.answer_by.as_deref()).and_then(|day| day.parse().ok());
    let mut notes: Vec<String> = about.note.into_iter().collect();
    notes.extend(turn.as_ref().and_then(|(_, capacity)| standing_in(capacity)));
    let kind = turn.as_ref().map(|(step, _)| step.kind.as_str());
    Ok(DecisionPage {
        shell: app
            .shell(me, "/decisions", format!("{}してよいか", about.verb))
            .await?
            .crumb("/decisions", "決裁"),
        id: id.to_owned(),
        number: row.text("number").to_owned(),
        applicant: format!("{name}（{}）", section.unwrap_or_default()),
        requested: Moment::at(Ms(int("requested_ms").unwrap_or_default())),
        answer_by: answer_by
            .or_else(|| int("expires_ms").map(|ms| date_at(Ms(ms))))
            .filter(|_| pending)
            .map(Day::due),
        state: word(STATES, row.text("state")).to_owned(),
        notes,
        subject: about.subject,
        subject_link: about.link,
        hash: HashStamp::new(row.text("subject_sha256")),
        clause: clause_label(app, me, row.text("clause_label")).await?,
        reason: row.text("reason").to_owned(),
        division: division(app, &row).await?,
        like: like(app, me, &row).await?,
        consequence: about.consequence,
        errors,
        comment,
        button: kind.map(|kind| match kind {
            "concur" => "同意する",
            "after" => "確かめた",
            _ => "承認する",
        }),
        can_return: kind.is_some_and(|kind| kind != "after"),
        touch: None,
        prove_first: None,
        can_withdraw: pending && applicant_id == me.who.person_id,
        outside,
        paper: outside::paper(&row),
        why_not: why_not(me, &row, open, turn.is_some()),
        steps: step_lines(app, me, &steps).await?,
        preview: about.preview,
    })
}

/// What a reader who is not the holder of the seat must know.
fn standing_in(capacity: &Capacity) -> Option<String> {
    match capacity.mode {
        "deputy" => Some(
            "決裁する職の人が不在か空席のため、あなたが代決します。後で本人が確かめます（後閲）。".to_owned(),
        ),
        "delegate" => Some("委任を受けて、あなたが決裁します。委任した人の名前も記録に残ります。".to_owned()),
        _ => None,
    }
}

/// The clause of a label in the policy in force, linked where it exists.
async fn clause_label(app: &App, me: &Me, label: &str) -> Result<Option<ClauseLabel>, PortalError> {
    if label.is_empty() {
        return Ok(None);
    }
    let db = &app.store.db;
    let clauses = match db.in_force("policy", me.on).await? {
        Some(revision) => db.clauses(&revision.id).await?,
        None => Vec::new(),
    };
    let found = clauses.into_iter().find(|c| c.label == label);
    Ok(Some(match found {
        Some(clause) => ClauseLabel {
            id: clause.clause_id,
            label: label.to_owned(),
            title: clause.heading.unwrap_or_default(),
        },
        None => ClauseLabel { id: String::new(), label: label.to_owned(), title: String::new() },
    }))
}

async fn division(app: &App, row: &Row) -> Result<String, PortalError> {
    let words = row.text("division");
    let rule = match row.text("authority_id") {
        "" if words.is_empty() => return Ok(String::new()),
        "" => return Ok(format!("{words}（専決規程が未登録のため、関所の標準）")),
        id => app.store.db.row(&AUTHORITY, id).await?,
    };
    Ok(rule.map_or(words.to_owned(), |rule| {
        format!("{words}（専決規程 {} {}）", rule.text("code"), rule.text("title"))
    }))
}

/// How like cases ended since the beginning of the last fiscal year.
async fn like(app: &App, me: &Me, row: &Row) -> Result<String, PortalError> {
    let last_april = Date::new(fiscal_year(me.on) - 1, 4, 1).unwrap_or(me.on);
    let alike = Some(row.text("alike")).filter(|a| !a.is_empty());
    let found = app.store.db.decisions_like(row.text("kind"), alike, start_of(last_april), &row.id).await?;
    Ok(match found {
        Like { number: 0, .. } => "昨年度から、似た決裁はありません。".to_owned(),
        Like { number, approved, .. } if number == approved => format!("昨年度から {number} 件、すべて承認"),
        Like { number, approved, returned } => {
            format!(
                "昨年度から {number} 件（承認 {approved}、差戻し {returned}、その他 {}）",
                number - approved - returned
            )
        }
    })
}

fn why_not(me: &Me, row: &Row, open: Option<&StepRow>, turn: bool) -> Option<String> {
    if turn || row.text("state") != "pending" {
        return None;
    }
    let key = open.map(StepRow::key).unwrap_or_default();
    let why = match row.text("applicant_id") == me.who.person_id {
        true => "自分の申請は、自分では承認できません。",
        false if key == EXTERNAL_KEY => "文書管理システムで決裁します。ここでは承認できません。",
        false if key.starts_with("body:") => "会議体が議決します。一人では承認できません。",
        false => "決裁の順番が回ってきた職の人だけが承認できます。",
    };
    Some(why.to_owned())
}

async fn step_lines(app: &App, me: &Me, steps: &[StepRow]) -> Result<Vec<Step>, PortalError> {
    let db = &app.store.db;
    let mut out = Vec::new();
    for step in steps {
        let words = db.seat_words(&step.key(), me.on).await?;
        let mut seat = Seat { seat: words.seat, person: words.person };
        let mut notes: Vec<String> = step.note.iter().cloned().collect();
        if words.absent && step.state == "open" {
            notes.push("今日は不在です。".to_owned());
        }
        if let Some(actor) = &step.actor_id {
            seat.person = db.person_name(actor).await?;
            let for_whom = match &step.for_id {
                Some(id) => db.person_name(id).await?.unwrap_or_default(),
                None => "空席".to_owned(),
            };
            match step.mode.as_deref() {
                Some("deputy") => notes.push(format!("代決（本来の決裁者 {for_whom}）")),
                Some("delegate") => notes.push(format!("委任による（委任した人 {for_whom}）")),
                Some("body") => notes.push("議決による。委員長が確定しました。".to_owned()),
                _ => {}
            }
        }
        out.push(Step {
            kind: word(STEP_KINDS, &step.kind),
            seat,
            state: word(STEP_STATES, &step.state),
            at: step.acted_ms.map(|ms| Moment::at(Ms(ms))),
            comment: step.comment.clone().unwrap_or_default(),
            notes,
            proof: match (step.acted_ms, step.proof.as_deref()) {
                (None, _) => "",
                (Some(_), None | Some("")) => "サーバ記録のみ",
                (Some(_), Some(_)) => "セキュリティキーの署名あり",
            },
        });
    }
    Ok(out)
}

pub(crate) async fn decide(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = visible(&app, &me, &id).await?;
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
        let shown = decision_page(&app, &me, &id, Some(&form)).await?;
        return Ok(page(&asking(&app, &me, &headers, shown).await?)?.into_response());
    }
    let mut proof = None;
    if answer == Answer::Approve {
        if let Some((step, _)) = app.store.db.turn(&id, &me.who, me.on).await? {
            let answer = signed(&id, &step.id, row.text("subject_sha256"), &me);
            proof = app.signed_decision(&me, &headers, &form, answer).await?;
        }
        if proof.is_none() {
            me.must_be_stepped_up(&format!("/decisions/{id}"))?;
        }
    }
    let comment = Some(comment.as_str()).filter(|c| !c.is_empty());
    if let Err(error) = app.store.decide_with(&me.who, &id, Verdict { answer, comment, proof }).await {
        return Err(refused(&app, error).await);
    }
    let done = if answer == Answer::Approve { "approved" } else { "returned" };
    Ok(Redirect::to(&format!("/decisions?done={done}")).into_response())
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    visible(&app, &me, &id).await?;
    if let Err(error) = app.store.withdraw(&me.who, &id).await {
        return Err(refused(&app, error).await);
    }
    Ok(Redirect::to("/decisions?of=mine&done=withdrawn"))
}

/// Why an answer was not taken, as the reader is told it.
pub(super) async fn refused(app: &App, error: DecideError) -> PortalError {
    let why = access::Why::OwnApplication;
    match error {
        DecideError::OwnApplication => PortalError::Forbidden(crate::ja::why(why).to_owned()),
        DecideError::NotYourTurn => {
            PortalError::Forbidden("決裁の順番が回ってきた職の人だけが承認できます。".to_owned())
        }
        DecideError::DecidedOutside => {
            PortalError::Forbidden("文書管理システムで決裁します。ここでは承認できません。".to_owned())
        }
        DecideError::NeedsResolution => {
            PortalError::Forbidden("会議体が議決します。一人では承認できません。".to_owned())
        }
        DecideError::AlreadyClosed { by } => {
            let name = match by {
                Some(id) => app.store.db.person_name(&id).await.ok().flatten(),
                None => None,
            };
            PortalError::Settled(match name {
                Some(name) => format!("先に{name}さんが決裁しました。"),
                None => "この申請は、もう決裁を待っていません。".to_owned(),
            })
        }
        DecideError::SubjectChanged => PortalError::Settled(
            "申請の後で内容が変わったため、この申請は失効しました。申請者がもう一度申請します。".to_owned(),
        ),
        DecideError::Expired => {
            PortalError::Settled("期限が過ぎたため、この申請は終わっています。".to_owned())
        }
        DecideError::ProofOfAnother => PortalError::Settled(
            "署名が、この決裁のものではありません。もう一度やり直してください。".to_owned(),
        ),
        DecideError::Store(error) => error.into(),
    }
}
