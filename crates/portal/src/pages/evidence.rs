//! 証拠: filing what was seen, saying that nothing happened, and giving the file back.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::requirement::{Shown, requirement_page};
use crate::pages::shared::ListPage;
use crate::part::{Cell, Field, Input, Pager};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{self, Action, Reach, Thing, Why};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{self, Date};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_domain::role::Role;
use sekisho_store::evidence::{NewEvidence, StoredFile};

/// The fields of 証拠を登録する and of 該当なし, for what the reader may file; without the latter where it is not theirs
/// to say.
pub(crate) async fn fields(
    app: &App,
    me: &Me,
    requirement: &Row,
) -> Result<(Vec<Field>, Option<Vec<Field>>), PortalError> {
    let check_kind = requirement.text("check_kind");
    let abouts = abouts(app, me).await?;
    let may_report = |(unit, _): &&(String, String)| may_report_none(me, requirement, unit);
    let silent: Vec<(String, String)> = abouts.iter().filter(may_report).cloned().collect();
    let about = |id, choices: Vec<(String, String)>| {
        let first = choices.first().map_or("", |(id, _)| id).to_owned();
        Field::select(id, "どこについての証拠ですか", choices).value(first)
    };
    let mut fields = vec![
        Field::text("title", "表題").hint("例：令和8年度 情報セキュリティ委員会 議事録"),
        Field::date("observed", "確認した日").hint("見たり確かめたりした日。登録する日ではありません。"),
        about("unit", abouts),
    ];
    if check_kind == "attestation" {
        let question = "この要求どおりにできていますか（自己申告）";
        fields.push(Field::radio("answer", question, &[("yes", "はい"), ("no", "いいえ")]));
    }
    fields.extend([
        Field::area("detail", "内容").optional().hint("何を、誰と、どう確かめたか。"),
        Field::date("from", "対象の期間（始め）").optional(),
        Field::date("to", "対象の期間（終わり）").optional(),
        Field::new("file", "ファイル", Input::File)
            .optional()
            .hint("32 MB まで。中身の印を記録し、鍵をかけて保管します。"),
    ]);
    if check_kind != "attestation" {
        let hint = "ファイルを出せないときに書きます。例：総務第123号、情報政策課の書庫 3段目";
        fields.push(Field::text("reference", "文書番号と保管場所").optional().hint(hint));
    }
    let happens = requirement.get("event_triggered") == Some(&Value::Bool(Some(true)));
    let zero = (happens && !silent.is_empty()).then(|| {
        vec![
            Field::date("zero_from", "いつから"),
            Field::date("zero_to", "いつまで"),
            about("zero_unit", silent),
            Field::area("zero_detail", "どう確かめたか").hint("例：受付簿を1枚ずつ確かめ、該当がなかった。"),
        ]
    });
    Ok((fields, zero))
}

/// What a person's evidence may speak about: the city, or the sections within reach.
async fn abouts(app: &App, me: &Me) -> Result<Vec<(String, String)>, PortalError> {
    let reach = me.reach(Action::Edit, "evidence");
    let sections = app.store.db.sections(me.on).await?;
    let within = |unit: &str| match &reach {
        Reach::All => true,
        Reach::Sections(units) | Reach::SectionsAndOwn(units) => units.iter().any(|u| u == unit),
        Reach::Own | Reach::Nothing => false,
    };
    let city = (reach == Reach::All).then(|| (String::new(), "市全体".to_owned()));
    let sections =
        sections.into_iter().filter(|s| s.answers() && within(&s.unit_id)).map(|s| (s.unit_id, s.name));
    Ok(city.into_iter().chain(sections).collect())
}

/// Whether 該当なし about a section (empty: the city) is this person's to say.
fn may_report_none(me: &Me, requirement: &Row, unit: &str) -> bool {
    let role = Role::from_code(requirement.text("role")).unwrap_or(Role::Secretariat);
    me.who.may_report_none(role, Some(unit).filter(|u| !u.is_empty()), me.on)
}

/// Refuses evidence about a section outside the person's reach.
fn must_reach(me: &Me, unit: &str) -> Result<(), PortalError> {
    let unit_id = Some(unit).filter(|u| !u.is_empty());
    me.must(Action::Edit, Thing { noun: "evidence", unit_id, ..Thing::default() })
}

pub(crate) async fn file(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&REQUIREMENT, &id).await?.ok_or(PortalError::NotFound)?;
    let title = form.required("title", "表題を入力してください。");
    let observed = form
        .date("observed", "確認した日を入力してください。")
        .filter(|day| past(&mut form, "observed", *day, me.on));
    let detail = form.limited("detail");
    let period = period(&mut form, "from", "to");
    let unit = form.get("unit").to_owned();
    let answer = match row.text("check_kind") {
        "attestation" => {
            form.one_of("answer", "「はい」か「いいえ」を選んでください。", |a| match a {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            })
        }
        _ => None,
    };
    let reference = form.limited("reference");
    if form.upload.as_ref().is_some_and(|upload| upload.bytes.is_empty()) {
        form.refuse("file", "ファイルの中身がありません。もう一度選んでください。");
    } else if row.text("check_kind") != "attestation" && form.upload.is_none() && reference.is_empty() {
        form.refuse(
            "file",
            "ファイルを選ぶか、文書番号と保管場所を書いてください。どちらもない証拠は確かめられません。",
        );
    }
    let (true, Some(observed)) = (form.ok(), observed) else {
        let shown = Shown { form: Some((&form, false)), ..Shown::default() };
        return Ok(page(&requirement_page(&app, &me, &id, shown).await?)?.into_response());
    };
    must_reach(&me, &unit)?;
    // The file is sealed and on the disk before the transaction opens.
    let sealed = match form.upload.take() {
        Some(upload) => Some((app.objects.put(&app.store, upload.bytes.to_vec()).await?, upload.name)),
        None => None,
    };
    let stored = sealed.as_ref().map(|(sealed, name)| StoredFile {
        object_id: &sealed.object_id,
        name,
        sha256: &sealed.sha256,
    });
    let mut tx = app.store.write(&me.actor(), "evidence.file").await?;
    let new = NewEvidence {
        requirement_id: &id,
        unit_id: Some(unit.as_str()).filter(|u| !u.is_empty()),
        kind: if answer.is_some() { "attestation" } else { "record" },
        title: &title,
        detail: Some(detail.as_str()).filter(|d| !d.is_empty()),
        answer,
        observed: at_noon_or_now(&me, observed),
        period,
        source: "画面から登録",
        file: stored,
        reference: Some(reference.as_str()).filter(|r| !r.is_empty()),
    };
    tx.file_evidence(&me.who, new).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/requirements/{id}?done=filed")).into_response())
}

pub(crate) async fn zero(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&REQUIREMENT, &id).await?.ok_or(PortalError::NotFound)?;
    let from = form.date("zero_from", "期間の始めを入力してください。");
    let to = form
        .date("zero_to", "期間の終わりを入力してください。")
        .filter(|day| past(&mut form, "zero_to", *day, me.on));
    let detail = form.required("zero_detail", "どう確かめたかを入力してください。");
    let unit = form.get("zero_unit").to_owned();
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        form.refuse("zero_to", "期間の終わりが、始めより前になっています。");
    }
    let (true, Some(from), Some(to)) = (form.ok(), from, to) else {
        let shown = Shown { form: Some((&form, true)), ..Shown::default() };
        return Ok(page(&requirement_page(&app, &me, &id, shown).await?)?.into_response());
    };
    must_reach(&me, &unit)?;
    if !may_report_none(&me, &row, &unit) {
        return Err(PortalError::Forbidden(crate::ja::why(Why::Role).to_owned()));
    }
    let title = format!("該当なし（{}から{}まで）", date::wareki(from), date::wareki(to));
    let mut tx = app.store.write(&me.actor(), "evidence.zero").await?;
    let new = NewEvidence {
        requirement_id: &id,
        unit_id: Some(unit.as_str()).filter(|u| !u.is_empty()),
        kind: "zero",
        title: &title,
        detail: Some(&detail),
        // It speaks for the period, so it is as old as the period's end.
        observed: at_noon_or_now(&me, to),
        period: Some((from, to)),
        source: "画面から報告",
        ..NewEvidence::default()
    };
    tx.file_evidence(&me.who, new).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/requirements/{id}?done=zero")).into_response())
}

/// Gives a sealed file back, always as a download: nothing a stranger made is shown inside the portal.
pub(crate) async fn download(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let line = app.store.db.evidence(&id).await?.ok_or(PortalError::NotFound)?;
    let thing = Thing {
        noun: "evidence",
        unit_id: line.unit_id.as_deref(),
        person_id: Some(&line.filed_by),
        visibility: None,
    };
    me.must_find(Action::View, thing)?;
    let object = line.object_id.ok_or(PortalError::NotFound)?;
    let bytes = app.objects.get(&app.store, &object).await?;
    Ok(attachment(&line.file_name.unwrap_or_default(), "application/octet-stream", bytes))
}

/// Evidence of all requirements that stand in a clause, as far as the reader may see it.
pub(crate) async fn of_clause(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let db = &app.store.db;
    let revision = db.revision_of_clause(&id, me.on).await?.ok_or(PortalError::NotFound)?;
    let clauses = db.clauses(&revision.id).await?;
    let clause = clauses.iter().find(|c| c.clause_id == id).ok_or(PortalError::NotFound)?;
    if !access::reads(&me.who, &clause.visibility, me.on) {
        return Err(PortalError::Forbidden(crate::ja::why(Why::Visibility).to_owned()));
    }
    let before = query.get("before").split_once('_');
    let before = before.and_then(|(ms, id)| Some((Ms(ms.parse().ok()?), id))).unwrap_or((Ms::FOREVER, ""));
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let reach = me.reach(Action::View, "evidence");
    let mut lines = db.clause_evidence(&id, before, &reach, &me.who.person_id, limit).await?;
    let more = lines.len() > PAGE_ROWS;
    lines.truncate(PAGE_ROWS);
    let total = db.clause_evidence_count(&id).await?;
    let next = lines.last().filter(|_| more).map(|l| format!("?before={}_{}", l.observed_ms, l.id));
    let day = |ms| date::wareki(date::date_at(Ms(ms)));
    let rows = lines.iter().map(|e| {
        vec![
            Cell::link(format!("/requirements/{}#evidence", e.requirement_id), e.title.as_str())
                .under(e.requirement.as_str()),
            Cell::text(day(e.observed_ms)),
            Cell::text(day(e.fresh_until_ms)),
            Cell::text(day(e.filed_ms)).under(e.person.as_str()),
            Cell::text(e.section.as_deref().unwrap_or("市全体")),
        ]
    });
    let name = format!("{} {}", clause.label, crate::picture::title(clause));
    let shell = app.shell(&me, "/", format!("{name}には、どんな証拠がありますか")).await?;
    page(&ListPage {
        shell: shell.crumb("/", "方針の実施状況").crumb(format!("/clauses/{id}"), name),
        lead: format!(
            "この条項の要求に登録された証拠は {total} 件です。ほかの所属のものは、見られる人にだけ表示します。"
        ),
        caption: "新しく確認した順。".to_owned(),
        heads: vec!["証拠と要求", "確認した日", "いつまで有効", "登録", "どこについて"],
        rows: rows.collect(),
        empty: "見られる証拠はありません。",
        pager: Pager { first: (before.0 != Ms::FOREVER).then(|| format!("/clauses/{id}/evidence")), next },
        ..ListPage::default()
    })
}

/// A file to be saved under its name (RFC 6266, RFC 8187).
pub(crate) fn attachment(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let encoded: String =
        form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    let disposition = format!("attachment; filename=\"download\"; filename*=UTF-8''{encoded}");
    let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Whether a day is not in the future; notes the mistake.
fn past(form: &mut Form, field: &str, day: Date, today: Date) -> bool {
    if day > today {
        form.refuse(field, "先の日付です。今日までの日付を入力してください。");
    }
    day <= today
}

fn period(form: &mut Form, from: &str, to: &str) -> Option<(Date, Date)> {
    let (start, end) = (form.date_or_none(from)?, form.date_or_none(to)?);
    if end < start {
        form.refuse(to, "期間の終わりが、始めより前になっています。");
    }
    Some((start, end))
}

/// The instant that stands for a day: noon, or now while it is still morning.
fn at_noon_or_now(me: &Me, day: Date) -> Ms {
    let noon = date::start_of(day).plus(12 * Ms::HOUR);
    noon.min(me.now)
}
