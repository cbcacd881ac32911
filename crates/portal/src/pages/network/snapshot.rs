//! 提出: handing configurations in, looking at what was handed in, and the second person's sample.

use super::{HISTORY, instant, snapshot_row, verdict};
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::evidence::attachment;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Errors, Field, HashStamp, Input, Moment};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_checks::network::{Source, TakeInError, Upload, open_bundle, open_judgement, take_in};
use sekisho_domain::access::Action;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, start_of};
use sekisho_domain::network::SOURCES;
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::person::PERSON;
use sekisho_store::StoreError;
use sekisho_store::network::{CONFIRMED, OWN_UPLOAD};
use serde::Deserialize;
use std::collections::HashMap;

/// Lines of a configuration on one page.
const LINES: usize = 400;
/// Looks at a 提出 that its page lists.
const VIEWS: i64 = 50;

pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let lines = app.store.db.network_snapshots(HISTORY).await?;
    let mut tally: HashMap<String, Vec<(String, i64)>> = HashMap::new();
    for (snapshot, verdict, number) in app.store.db.network_tally().await? {
        tally.entry(snapshot).or_default().push((verdict, number));
    }
    let older: Vec<Option<String>> = lines.iter().skip(1).map(|l| Some(l.id.clone())).chain([None]).collect();
    let rows = lines.into_iter().zip(older).map(|(line, before)| {
        let mut counts = tally.remove(&line.id).unwrap_or_default();
        counts.sort_by_key(|(code, _)| super::rank(code));
        let counts: Vec<String> =
            counts.iter().map(|(code, n)| format!("{} {n}", verdict(code).word)).collect();
        let counts =
            if counts.is_empty() { "まだ判定していません".to_owned() } else { counts.join("、") };
        let by = line.filed_by.unwrap_or_default();
        let confirmed = match (line.confirmed_by, line.agrees) {
            (Some(who), Some(true)) => format!("{who}（一致）"),
            (Some(who), _) => format!("{who}（違いあり）"),
            (None, _) => "まだ".to_owned(),
        };
        vec![
            Cell::link(format!("/network/snapshots/{}", line.id), Moment::at(Ms(line.read_ms)).text)
                .under(format!("提出 {}", Moment::at(Ms(line.filed_ms)).text)),
            Cell::text(word(SOURCES, &line.source)).under(by),
            Cell::number(line.devices),
            Cell::text(confirmed),
            Cell::text(counts),
            match before {
                Some(before) => {
                    Cell::link(format!("/network/compare?before={before}&after={}", line.id), "前と比べる")
                }
                None => Cell::text("最初の提出です"),
            },
        ]
    });
    page(&ListPage {
        shell: app
            .shell(&me, "/network", "いつの設定で判定しましたか")
            .await?
            .crumb("/network", "ネットワークの分離"),
        caption: "機器から読み出した日時の新しい順。いちばん上のものが、今の判定に使われます。".to_owned(),
        heads: vec!["読み出した日時", "提出のしかた", "機器", "抜取確認", "答え", "変わったこと"],
        rows: rows.collect(),
        empty: "まだ提出がありません。",
        add: me
            .reaches(Action::Edit, "network_snapshot")
            .then(|| ("/network/snapshots/new".to_owned(), "設定を提出する")),
        ..ListPage::default()
    })
}

#[derive(Template)]
#[template(path = "network/submit.html")]
struct SubmitPage {
    shell: Shell,
    errors: Errors,
    fields: Vec<Field>,
    first: bool,
}

async fn submit_page(app: &App, me: &Me, form: Option<&Form>) -> Result<SubmitPage, PortalError> {
    let fields = vec![
        Field::date("read_on", "機器から読み出した日")
            .hint("提出する日ではありません。判定の新しさは、この日から数えます。"),
        Field::text("read_at", "読み出した時刻").hint("例：9:30。何台もあるときは、最初に読み出した時刻。"),
        Field::area("note", "備考").optional(),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(SubmitPage {
        shell: app
            .shell(me, "/network", "機器の設定を提出する")
            .await?
            .crumb("/network", "ネットワークの分離")
            .crumb("/network/snapshots", "提出の履歴"),
        errors,
        fields,
        first: app.store.db.newest_snapshot().await?.is_none(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&submit_page(&app, &me, None).await?)
}

/// 「9:30」 as milliseconds of the day.
fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text
        .trim()
        .replace(['：', '時'], ":")
        .trim_end_matches('分')
        .split_once(':')
        .map(|(h, m)| (h.to_owned(), m.to_owned()))?;
    let (hour, minute): (i64, i64) =
        (hour.parse().ok()?, if minute.is_empty() { 0 } else { minute.parse().ok()? });
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * Ms::HOUR + minute * Ms::MINUTE)
}

pub(crate) async fn file(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let day: Option<Date> = form.date("read_on", "機器から読み出した日を入力してください。");
    let time = time_of_day(form.get("read_at"));
    if time.is_none() {
        form.refuse("read_at", "読み出した時刻を「9:30」のように入力してください。");
    }
    let note = Some(form.limited("note")).filter(|n| !n.is_empty());
    let uploads: Vec<Upload> =
        form.take_uploads().into_iter().map(|u| Upload { name: u.name, bytes: u.bytes.to_vec() }).collect();
    if uploads.is_empty() {
        form.refuse("files", "ファイルを選んでください。");
    }
    if let (true, Some(day), Some(time)) = (form.ok(), day, time) {
        let actor = me.actor();
        let source = Source::Manual { who: &me.who, actor: &actor, note: note.as_deref() };
        let read = start_of(day).plus(time);
        match take_in(&app.store, &app.objects, source, Some(read), uploads).await {
            Ok(_) => return Ok(Redirect::to("/network?done=filed").into_response()),
            Err(TakeInError::Fault(fault)) => form.refuse("files", fault.ja()),
            Err(TakeInError::Store(error)) => return Err(error.into()),
        }
    }
    Ok(page(&submit_page(&app, &me, Some(&form)).await?)?.into_response())
}

#[derive(Template)]
#[template(path = "network/snapshot.html")]
struct SnapshotPage {
    shell: Shell,
    id: String,
    read: Moment,
    filed: Moment,
    source: &'static str,
    by: String,
    note: String,
    hash: HashStamp,
    carried: Vec<String>,
    files: Vec<FileLine>,
    sample: Vec<String>,
    confirmed: Option<(String, Moment, bool, String)>,
    may_confirm: bool,
    own: bool,
    errors: Errors,
    fields: Vec<Field>,
    certificates: Vec<usize>,
    views: Vec<(String, Moment)>,
}

#[derive(Clone, Debug, Deserialize)]
struct FileLine {
    file: String,
    device: String,
    kind: String,
    bytes: u64,
    sha256: String,
}

impl FileLine {
    fn href(&self, id: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("name", &self.file).finish();
        format!("/network/snapshots/{id}/file?{query}")
    }

    fn words(&self) -> &str {
        super::kind_words(&self.kind)
    }

    fn hash(&self) -> HashStamp {
        HashStamp::new(self.sha256.as_str())
    }
}

async fn name_of(app: &App, id: &str) -> Result<String, PortalError> {
    Ok(app.store.db.row(&PERSON, id).await?.map_or_else(String::new, |p| p.text("name").to_owned()))
}

async fn snapshot_page(
    app: &App,
    me: &Me,
    row: Row,
    form: Option<&Form>,
) -> Result<SnapshotPage, PortalError> {
    app.store.note_view(&me.actor(), &me.who, "network_snapshot", &row.id).await?;
    let bundle = open_bundle(&app.store, &app.objects, &row).await?;
    let certificates = match app.store.db.network_result(&row.id).await? {
        Some(result) => open_judgement(&app.store, &app.objects, &result).await?.certificates.len(),
        None => 0,
    };
    let sample: Vec<String> = serde_json::from_str(row.text("sample")).unwrap_or_default();
    let confirmed = match instant(&row, "confirmed_ms") {
        Some(at) => {
            let agrees = row.get("agrees") == Some(&Value::Bool(Some(true)));
            let who = name_of(app, row.text("confirmed_by")).await?;
            Some((who, Moment::at(Ms(at)), agrees, row.text("confirm_note").to_owned()))
        }
        None => None,
    };
    let own = app.store.db.identities(row.text("filed_by")).await?.contains(&me.who.person_id);
    let fields = vec![
        Field::radio(
            "agrees",
            format!("{} の設定は、機器の表示と一致しますか", sample.join("・")),
            &[("yes", "一致する"), ("no", "違いがある")],
        ),
        Field::new("confirm_note", "どう確かめたか", Input::Area)
            .hint("例：nw-fw1 の画面で policy 10〜90 を表示し、下の内容と1行ずつ見比べた。"),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let views = app.store.db.limited_views(&row.id, VIEWS).await?;
    Ok(SnapshotPage {
        shell: app
            .shell(me, "/network", "提出された設定")
            .await?
            .crumb("/network", "ネットワークの分離")
            .crumb("/network/snapshots", "提出の履歴"),
        read: Moment::at(Ms(instant(&row, "read_ms").unwrap_or_default())),
        filed: Moment::at(Ms(instant(&row, "filed_ms").unwrap_or_default())),
        source: word(SOURCES, row.text("source")),
        by: name_of(app, row.text("filed_by")).await?,
        note: row.text("note").to_owned(),
        hash: HashStamp::new(row.text("sha256")),
        carried: bundle.carried,
        files: serde_json::from_str(row.text("files")).map_err(|e| PortalError::Internal(e.to_string()))?,
        sample,
        may_confirm: confirmed.is_none() && !own && me.reaches(Action::Edit, "network_snapshot"),
        confirmed,
        own,
        errors,
        fields,
        certificates: (1..=certificates).collect(),
        views: views.into_iter().map(|v| (v.person, Moment::at(Ms(v.viewed_ms)))).collect(),
        id: row.id,
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let mut shown = snapshot_page(&app, &me, snapshot_row(&app, &id).await?, None).await?;
    shown.shell.done = match Form::from_query(query.as_deref().unwrap_or("")).get("done") {
        "confirmed" => Some("抜取確認を記録しました。"),
        _ => None,
    };
    page(&shown)
}

pub(crate) async fn confirm(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = snapshot_row(&app, &id).await?;
    let agrees =
        form.one_of("agrees", "「一致する」か「違いがある」を選んでください。", |a| {
            match a {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            }
        });
    let note = form.required("confirm_note", "どう確かめたかを書いてください。");
    let (true, Some(agrees)) = (form.ok(), agrees) else {
        return Ok(page(&snapshot_page(&app, &me, row, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "network.confirm").await?;
    match tx.confirm_snapshot(&me.who, &id, agrees, &note).await {
        Ok(()) => {}
        Err(StoreError::IllegalMove(why)) if why == OWN_UPLOAD => {
            return Err(PortalError::Forbidden("抜取確認は、提出した人とは別の人が行います。".to_owned()));
        }
        Err(StoreError::IllegalMove(why)) if why == CONFIRMED => {
            return Err(PortalError::Conflict("the sample was taken already".to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/network/snapshots/{id}?done=confirmed")).into_response())
}

#[derive(Template)]
#[template(path = "network/file.html")]
struct FilePage {
    shell: Shell,
    lines: Vec<(usize, String, bool)>,
    total: usize,
    before: Option<String>,
    after: Option<String>,
}

/// A configuration as it is kept: credentials replaced, lines numbered as on the device.
pub(crate) async fn text(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let row = snapshot_row(&app, &id).await?;
    app.store.note_view(&me.actor(), &me.who, "network_snapshot", &row.id).await?;
    let bundle = open_bundle(&app.store, &app.objects, &row).await?;
    let name = query.get("name");
    let config = bundle.devices.iter().find(|d| d.file == name).map(|d| &d.text);
    let text = config.or_else(|| bundle.state.iter().find(|s| s.file == name).map(|s| &s.text));
    let text = text.ok_or(PortalError::NotFound)?;
    let wanted: usize = query.get("line").parse().unwrap_or(1);
    let total = text.lines().count();
    let first = wanted.saturating_sub(LINES / 2).min(total.saturating_sub(LINES));
    let marked = !query.get("line").is_empty();
    let lines = text.lines().enumerate().skip(first).take(LINES);
    let lines = lines.map(|(n, line)| (n + 1, line.to_owned(), marked && n + 1 == wanted)).collect();
    let href = |line: usize| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("name", name)
            .append_pair("line", &line.to_string())
            .finish();
        format!("/network/snapshots/{id}/file?{query}")
    };
    page(&FilePage {
        shell: app
            .shell(&me, "/network", name)
            .await?
            .crumb("/network", "ネットワークの分離")
            .crumb(format!("/network/snapshots/{id}"), "提出された設定"),
        lines,
        total,
        before: (first > 0).then(|| href(first.saturating_sub(LINES / 2).max(1))),
        after: (first + LINES < total).then(|| href(first + LINES + LINES / 2)),
    })
}

/// A certificate, for the checker that shares no code with the engine.
pub(crate) async fn certificate(
    State(app): State<App>,
    me: Me,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let row = snapshot_row(&app, &id).await?;
    me.must_be_stepped_up(&format!("/network/snapshots/{id}"))?;
    let opened = super::open(&app, &me, row).await?.ok_or(PortalError::NotFound)?;
    let at = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let one = at.and_then(|n| opened.judgement.certificates.get(n));
    let bytes = serde_json::to_vec(one.ok_or(PortalError::NotFound)?);
    let bytes = bytes.map_err(|e| PortalError::Internal(e.to_string()))?;
    Ok(attachment(&format!("certificate-{number}.json"), "application/json", bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for text in ["9:30", "09:30", "9：30", "9時30分"] {
            assert_eq!(time_of_day(text), Some(9 * Ms::HOUR + 30 * Ms::MINUTE), "{text}");
        }
        for text in ["", "930", "24:00", "9:60", "朝"] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }
}
