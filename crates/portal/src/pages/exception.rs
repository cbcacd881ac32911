//! 例外措置の台帳: what is allowed today, what is asked for, what has ended by itself; and clauses that are excepted so
//! often that the policy is at fault. Asking for one is `application.rs`, granting it a decision.

use crate::App;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::shared::ListPage;
use crate::part::Cell;
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{RawQuery, State};
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::exception::{EXCEPTED_TOO_OFTEN, STATES};
use sekisho_domain::register::cell::worded;
use sekisho_store::page::ExceptionLine;

const TABS: [(&str, &str, &str); 3] = [
    ("now", "/exceptions", "今、許可されているもの"),
    ("asked", "/exceptions?which=asked", "申請中・これからのもの"),
    ("past", "/exceptions?which=past", "終わったもの・不許可"),
];

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let which = TABS.iter().map(|(code, ..)| *code).find(|code| *code == form.get("which")).unwrap_or("now");
    let reach = me.reach(Action::View, "exception");
    let lines = app.store.db.exceptions(which, &reach, &me.who.person_id, me.on).await?;
    let often = lines.iter().filter(|line| line.times >= EXCEPTED_TOO_OFTEN).count();
    let lead = match (reach == Reach::All, often) {
        (false, _) => "あなたの課の例外措置です。期限が来ると、自動で終わります。".to_owned(),
        (true, 0) => "期限が来ると、自動で終わります。延ばすには、もう一度申請します。".to_owned(),
        (true, often) => format!(
            "期限が来ると、自動で終わります。3年に{EXCEPTED_TOO_OFTEN}回以上の例外がある条項のものが{often}件あります。守れない方針を見直してください。"
        ),
    };
    page(&ListPage {
        shell: app
            .shell(&me, "/registers", "どの要求に、例外を認めていますか")
            .await?
            .crumb("/registers", "台帳")
            .crumb("/registers/exception", "例外措置"),
        lead,
        tabs: TABS.iter().map(|(code, href, words)| (*href, *words, *code == which)).collect(),
        caption: format!(
            "{}。{}件。終わりの早い順。",
            TABS.iter().find(|t| t.0 == which).map_or("", |t| t.2),
            lines.len()
        ),
        heads: vec!["要求", "理由", "代わりの対策", "残るリスク", "いつまで", "決裁"],
        rows: lines.iter().map(row).collect(),
        empty: "ありません。",
        add: me
            .reaches(Action::Request, "exception")
            .then(|| ("/applications/exception".to_owned(), "例外措置を申請する")),
        ..ListPage::default()
    })
}

fn row(line: &ExceptionLine) -> Vec<Cell> {
    let number = line.catalogue_id.as_deref().unwrap_or("（市独自）");
    let times = match line.times >= EXCEPTED_TOO_OFTEN {
        true => format!("{}　この条項で3年に{}回目", line.clause_label, line.times),
        false => line.clause_label.clone(),
    };
    let state = word(STATES, &line.state);
    let decision = match &line.decision_id {
        Some(id) => Cell::link(format!("/decisions/{id}"), state),
        None => Cell::text(state),
    };
    vec![
        Cell::link(format!("/requirements/{}", line.requirement_id), format!("{number} {}", line.title))
            .under(times),
        Cell::text(&line.reason),
        Cell::text(&line.substitute),
        Cell::text(line.residual_risk.as_deref().unwrap_or("（書かれていません）")),
        Cell::text(worded(&line.valid_to)).under(format!("{}から", worded(&line.valid_from))),
        decision.under(line.applicant.clone().unwrap_or_default()),
    ]
}
