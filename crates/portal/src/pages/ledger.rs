//! 証跡: how far the record can be trusted, and the form that lets someone outside vouch for it.
//!
//! L0: the record agrees with itself. L1: it also agrees with a checkpoint that somebody keeps elsewhere. Below L1
//! the page never says that nothing was altered, because the operator of this machine could have rewritten all.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::board::{SealLine, thousands};
use crate::part::{Errors, Field, HashStamp, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_ledger::SignedCheckpoint;
use sekisho_store::ledger::Head;
use sekisho_store::page::OutsideLine;

/// Confirmations listed on the page.
const OUTSIDE_ROWS: i64 = 20;

#[derive(Debug, Template)]
#[template(path = "ledger/page.html")]
pub(crate) struct LedgerPage {
    pub(crate) shell: Shell,
    pub(crate) size: String,
    pub(crate) root: HashStamp,
    /// A checkpoint kept elsewhere does not agree with the record.
    pub(crate) bad: bool,
    /// L0・L1
    pub(crate) level: &'static str,
    pub(crate) level_words: String,
    pub(crate) unsealed: i64,
    /// The signed checkpoint, to be copied and kept elsewhere.
    pub(crate) note: String,
    pub(crate) outside: Vec<Outside>,
    pub(crate) can_confirm: bool,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) place: String,
    pub(crate) size: i64,
    pub(crate) person: String,
    pub(crate) at: Moment,
}

/// How the record stands against what is kept elsewhere.
#[derive(Debug)]
pub(crate) enum Level {
    /// Nothing is kept elsewhere.
    Alone,
    /// It agrees with the newest confirmation.
    Agrees(OutsideLine),
    /// It does not.
    Differs(OutsideLine),
}

pub(crate) async fn level(app: &App) -> Result<Level, PortalError> {
    let Some(newest) = app.store.db.outside_checkpoints(1).await?.pop() else { return Ok(Level::Alone) };
    let size = u64::try_from(newest.size).map_err(|e| PortalError::Internal(e.to_string()))?;
    Ok(match app.sequencer.root_at(size).await? {
        Some(root) if root == newest.root => Level::Agrees(newest),
        _ => Level::Differs(newest),
    })
}

impl Level {
    fn words(&self) -> (&'static str, String) {
        let day = |o: &OutsideLine| Moment::at(Ms(o.confirmed_ms)).text;
        match self {
            Level::Alone => (
                "L0",
                "記録どうしのつじつまは合っています。外に控えがないため、この仕組みの管理者による書き換えまでは見抜けません。".to_owned(),
            ),
            Level::Agrees(o) => (
                "L1",
                format!("外の控え（{}、{}に確認）と一致しています。そこまでの {} 件は書き換えられていません。", o.place, day(o), thousands(o.size)),
            ),
            Level::Differs(o) => (
                "要確認",
                format!("外の控え（{}、{} 件）と一致しません。記録が書き換えられたか、古いものに戻されたおそれがあります。", o.place, thousands(o.size)),
            ),
        }
    }

    fn short(&self) -> &'static str {
        match self {
            Level::Alone => "L0 外の控えなし",
            Level::Agrees(_) => "L1 外の控えと一致",
            Level::Differs(_) => "外の控えと一致しません",
        }
    }
}

/// The board's line about the record.
pub(crate) fn seal_line(head: Head, level: &Level) -> SealLine {
    let level = level.short();
    let line = match head.pending {
        0 => level.to_owned(),
        n => format!("記録中 {n} 件 ・ {level}"),
    };
    SealLine { size: thousands(head.size), line }
}

/// One sentence for the CISO's page.
pub(crate) fn sentence(head: Head, level: &Level) -> String {
    let (level, words) = level.words();
    format!("記録 {} 件。{level}：{words}", thousands(head.size))
}

fn fields() -> Vec<Field> {
    vec![
        Field::text("place", "どこに控えていますか").hint("例：監査委員事務局の金庫"),
        Field::area("note", "控えてある封印の文").hint("控えの文を、最後の行まで全部貼り付けてください。"),
    ]
}

async fn ledger_page(app: &App, me: &Me, form: Option<&Form>) -> Result<LedgerPage, PortalError> {
    let db = &app.store.db;
    let head = db.ledger_head().await?;
    let level = level(app).await?;
    let note = app.sequencer.checkpoint();
    let published =
        SignedCheckpoint::parse(note.as_bytes()).map_err(|e| PortalError::Internal(e.to_string()))?;
    let outside = db.outside_checkpoints(OUTSIDE_ROWS).await?.into_iter().map(|o| Outside {
        place: o.place,
        size: o.size,
        person: o.person,
        at: Moment::at(Ms(o.confirmed_ms)),
    });
    let (fields, errors) = form.map_or((fields(), Errors::default()), |f| f.refill(fields()));
    let (name, level_words) = level.words();
    Ok(LedgerPage {
        shell: app.shell(me, "/ledger", "記録は、あとから書き換えられていませんか").await?,
        size: thousands(head.size),
        root: HashStamp::new(published.checkpoint.root.to_base64()),
        bad: matches!(level, Level::Differs(_)),
        level: name,
        level_words,
        unsealed: head.pending,
        note,
        outside: outside.collect(),
        can_confirm: me.reaches(Action::Edit, "outside_checkpoint"),
        errors,
        fields,
    })
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut shown = ledger_page(&app, &me, None).await?;
    shown.shell.done =
        (query.get("done") == "confirmed").then_some("控えと一致しました。確かめたことを記録しました。");
    page(&shown)
}

/// Records that a checkpoint kept elsewhere agrees with the log; one that does not is never recorded.
pub(crate) async fn confirm(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let place = form.required("place", "控えている場所を入力してください。");
    let note = form.required("note", "控えてある封印の文を貼り付けてください。");
    let kept = match form.ok() {
        true => kept(&app, &note).await.map_err(|why| form.refuse("note", why)).ok(),
        false => None,
    };
    let Some((size, root)) = kept else {
        return Ok(page(&ledger_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "outside_checkpoint.confirm").await?;
    tx.confirm_outside(size, &root, &place, &me.who.person_id).await?;
    tx.commit().await?;
    Ok(Redirect::to("/ledger?done=confirmed").into_response())
}

/// Size and root of a kept checkpoint that this log signed and still contains; otherwise the sentence that says why.
async fn kept(app: &App, note: &str) -> Result<(i64, String), String> {
    const UNREADABLE: &str = "封印の文として読めません。控えの文を、最後の行まで全部貼り付けてください。";
    // A browser sends the text without the final newline that the format asks for.
    let note = format!("{}\n", note.trim_end());
    let signed = SignedCheckpoint::parse(note.as_bytes()).map_err(|_| UNREADABLE)?;
    signed
        .verify(&app.sequencer.public_keys())
        .map_err(|_| "この仕組みの署名ではありません。別の仕組みの控えか、書き換えられた控えです。")?;
    let size = signed.checkpoint.size;
    let root =
        app.sequencer.root_at(size).await.map_err(|_| "記録を読めませんでした。もう一度試してください。")?;
    match root {
        Some(root) if root == signed.checkpoint.root.to_base64() => {
            Ok((i64::try_from(size).map_err(|_| UNREADABLE)?, root))
        }
        _ => Err("控えと、ここにある記録が一致しません。記録していません。すぐに情報セキュリティ担当課と監査人に知らせてください。".to_owned()),
    }
}
