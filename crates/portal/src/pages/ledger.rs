//! 証跡: how far the record can be trusted, and the forms by which the audit vouches for what lies outside it.
//!
//! L0: the record agrees with itself. L1: it also agrees with a checkpoint that an auditor holds, or that a witness
//! signed whose key an auditor has compared. Below L1 the page never says that nothing was altered, because the
//! operator of this machine could have rewritten all; nothing that the operator can do alone leads to L1.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::board::{SealLine, thousands};
use crate::part::{Errors, Field, HashStamp, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::role::Role;
use sekisho_ledger::{KeyKind, SignedCheckpoint, VerifierKey};
use sekisho_store::keeper::{Keeper, WitnessLine};
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
    pub(crate) keepers: Vec<KeeperRow>,
    pub(crate) outside: Vec<Outside>,
    pub(crate) witnesses: Vec<WitnessRow>,
    pub(crate) can_confirm: bool,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
    pub(crate) witness_fields: Vec<Field>,
}

/// One of `[keepers]`.
#[derive(Debug)]
pub(crate) struct KeeperRow {
    pub(crate) name: String,
    pub(crate) way: &'static str,
    pub(crate) left: String,
    pub(crate) fault: Option<String>,
}

#[derive(Debug)]
pub(crate) struct WitnessRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) key: String,
    pub(crate) person: String,
    pub(crate) signed: String,
    pub(crate) ended: bool,
}

#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) place: String,
    pub(crate) size: String,
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
    let today = sekisho_domain::date::date_at(app.store.clock.now());
    let Some(newest) = app.store.db.outside_checkpoints(today, 1).await?.pop() else {
        return Ok(Level::Alone);
    };
    let size = u64::try_from(newest.size).map_err(|e| PortalError::Internal(e.to_string()))?;
    Ok(match app.sequencer.root_at(size).await? {
        Some(root) if root == newest.root && signed_as_it_says(&newest) => Level::Agrees(newest),
        _ => Level::Differs(newest),
    })
}

/// A witness's line is verified again each time: a row of the database is not a signature.
fn signed_as_it_says(line: &OutsideLine) -> bool {
    if line.key.is_empty() {
        return true;
    }
    let (Ok(key), Ok(signed)) =
        (VerifierKey::parse(&line.key), SignedCheckpoint::parse(line.note.as_bytes()))
    else {
        return false;
    };
    let cosigned = sekisho_ledger::cosignatures(&signed, [&key]).is_ok_and(|found| !found.is_empty());
    cosigned && signed.checkpoint.root.to_base64() == line.root
}

/// The first 32 hexadecimal digits in groups of four, to be read aloud or compared with paper.
pub(crate) fn grouped(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().take(32).collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

impl Level {
    fn words(&self) -> (&'static str, String) {
        let day = |o: &OutsideLine| Moment::at(Ms(o.confirmed_ms)).text;
        match self {
            Level::Alone => (
                "L0",
                "記録どうしのつじつまは合っています。監査人も立会人も外の控えを確かめていないため、この仕組みの管理者による書き換えまでは見抜けません。".to_owned(),
            ),
            Level::Agrees(o) => (
                "L1",
                format!("外の控え（{}、{}に{}）と一致しています。そこまでの {} 件は書き換えられていません。", o.place, day(o), if o.key.is_empty() { "監査人が確認" } else { "立会人が連署" }, thousands(o.size)),
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

/// One sentence for the CISO's page, with what lets paper vouch for the record: the checkpoint's size and fingerprint.
pub(crate) fn sentence(app: &App, head: Head, level: &Level) -> String {
    let (level, words) = level.words();
    let published = SignedCheckpoint::parse(app.sequencer.checkpoint().as_bytes());
    let stamp = published.map_or_else(
        |_| String::new(),
        |signed| {
            let size = thousands(i64::try_from(signed.checkpoint.size).unwrap_or(i64::MAX));
            format!("封印（{size} 件）の照合値：{}。", signed.checkpoint.root.fingerprint())
        },
    );
    format!("記録 {} 件。{level}：{words}{stamp}", thousands(head.size))
}

fn witness_fields() -> Vec<Field> {
    vec![
        Field::text("where", "立会人はどこの機械ですか").hint("例：県の情報政策課"),
        Field::text("key", "立会人から直接受け取った公開鍵")
            .hint("「名前+8桁の英数字+長い文字列」の1行です。この画面や設定ファイルから写さず、立会人に聞いてください。"),
    ]
}

fn fields() -> Vec<Field> {
    vec![
        Field::text("place", "どこに控えていますか").hint("例：監査委員事務局の金庫"),
        Field::area("note", "控えてある封印の文").hint("控えの文を、最後の行まで全部貼り付けてください。"),
    ]
}

/// Which of the two forms came back with mistakes.
#[derive(Clone, Copy)]
enum Refused<'f> {
    Copy(&'f Form),
    Witness(&'f Form),
}

async fn ledger_page(app: &App, me: &Me, form: Option<Refused<'_>>) -> Result<LedgerPage, PortalError> {
    let db = &app.store.db;
    let head = db.ledger_head().await?;
    let level = level(app).await?;
    let note = app.sequencer.checkpoint();
    let published =
        SignedCheckpoint::parse(note.as_bytes()).map_err(|e| PortalError::Internal(e.to_string()))?;
    let outside = db.outside_checkpoints(me.on, OUTSIDE_ROWS).await?.into_iter().map(|o| Outside {
        place: o.place,
        size: thousands(o.size),
        person: if o.key.is_empty() { o.person } else { "立会人の連署".to_owned() },
        at: Moment::at(Ms(o.confirmed_ms)),
    });
    let (mut fields, mut witness_fields, mut errors) = (fields(), witness_fields(), Errors::default());
    match form {
        Some(Refused::Copy(form)) => (fields, errors) = form.refill(fields),
        Some(Refused::Witness(form)) => (witness_fields, errors) = form.refill(witness_fields),
        None => {}
    }
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
        keepers: db.keepers().await?.into_iter().map(keeper_row).collect(),
        witnesses: db.ledger_witnesses().await?.into_iter().map(witness_row).collect(),
        outside: outside.collect(),
        can_confirm: me.reaches(Action::Edit, "outside_checkpoint") && is_outside(me),
        errors,
        fields,
        witness_fields,
    })
}

/// Whoever runs this system does not vouch for what lies outside it, whatever other seat they hold.
fn is_outside(me: &Me) -> bool {
    let runs = [Role::Secretariat, Role::SystemAdministrator, Role::SystemOperator];
    !sekisho_domain::access::holds_any(&me.who, &runs, me.on)
}

fn keeper_row(keeper: Keeper) -> KeeperRow {
    KeeperRow {
        way: match keeper.way.as_str() {
            "folder" => "フォルダ",
            "mail" => "メール",
            _ => "立会人",
        },
        left: keeper.left_ms.map_or_else(|| "まだ出ていません".to_owned(), |at| Moment::at(Ms(at)).text),
        name: keeper.name,
        fault: keeper.fault,
    }
}

fn witness_row(witness: WitnessLine) -> WitnessRow {
    WitnessRow {
        signed: witness.signed_ms.map_or_else(|| "まだありません".to_owned(), |at| Moment::at(Ms(at)).text),
        ended: witness.ended_ms.is_some(),
        id: witness.id,
        name: witness.name,
        place: witness.place,
        key: witness.key,
        person: witness.person,
    }
}

pub(crate) async fn show(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut shown = ledger_page(&app, &me, None).await?;
    shown.shell.done = match query.get("done") {
        "confirmed" => Some("控えと一致しました。確かめたことを記録しました。"),
        "witness" => {
            Some("立会人の鍵を確かめたことを記録しました。この立会人の連署を、外の確認として数えます。")
        }
        "ended" => Some("この立会人の連署は、もう数えません。"),
        _ => None,
    };
    page(&shown)
}

const NOT_OUTSIDE: &str = "この仕組みを運用する役割を兼ねる人は、外の控えを確かめたことにできません。ほかの監査人に頼んでください。";

/// Records that a checkpoint kept elsewhere agrees with the log; one that does not is never recorded.
pub(crate) async fn confirm(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    if !is_outside(&me) {
        form.refuse("place", NOT_OUTSIDE);
    }
    let place = form.required("place", "控えている場所を入力してください。");
    let note = form.required("note", "控えてある封印の文を貼り付けてください。");
    let kept = match form.ok() {
        true => kept(&app, &note).await.map_err(|why| form.refuse("note", why)).ok(),
        false => None,
    };
    let Some((size, root)) = kept else {
        return Ok(page(&ledger_page(&app, &me, Some(Refused::Copy(&form))).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "outside_checkpoint.confirm").await?;
    tx.confirm_outside(size, &root, &place, &me.who.person_id).await?;
    tx.commit().await?;
    Ok(Redirect::to("/ledger?done=confirmed").into_response())
}

/// An auditor has compared a witness's key: from now on its signatures count as outside copies.
pub(crate) async fn witness(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let place = form.required("where", "立会人のいる所を入力してください。");
    let text = form.required("key", "立会人の公開鍵を貼り付けてください。");
    let key = VerifierKey::parse(text.trim()).ok().filter(|key| key.kind() == KeyKind::Witness);
    if !is_outside(&me) {
        form.refuse("where", NOT_OUTSIDE);
    } else if key.is_none() && !text.is_empty() {
        form.refuse(
            "key",
            "立会人の公開鍵として読めません。立会人の画面に出た1行を、全部貼り付けてください。",
        );
    }
    let (Some(key), true) = (key, form.ok()) else {
        return Ok(page(&ledger_page(&app, &me, Some(Refused::Witness(&form))).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "ledger_witness.confirm").await?;
    tx.confirm_witness(&key.to_string(), key.name(), &place, &me.who.person_id).await?;
    tx.commit().await?;
    Ok(Redirect::to("/ledger?done=witness").into_response())
}

pub(crate) async fn end_witness(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let mut tx = app.store.write(&me.actor(), "ledger_witness.end").await?;
    tx.end_witness(&id, &me.who.person_id).await?;
    tx.commit().await?;
    Ok(Redirect::to("/ledger?done=ended").into_response())
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
