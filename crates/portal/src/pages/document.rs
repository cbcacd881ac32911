//! 文書: the policy's texts, their revisions, what changed between two of them, and where they are published.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::board::edition;
use crate::pages::clause::word;
use crate::pages::publication::words::{Told, told};
use crate::pages::shared::ListPage;
use crate::pages::{adoption, compare, publication};
use crate::part::{Cell, ClauseLabel, Day, Errors, Field, HashStamp};
use crate::picture;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{self, Action, Thing};
use sekisho_domain::date::Date;
use sekisho_domain::document::{DOCUMENT, KINDS, SAME_AS, VISIBILITIES, WORDS};
use sekisho_domain::noun::Value;
use sekisho_store::page::{AdoptionLine, ClauseLine, EntryLine, PublicationLine, RevisionLine};

#[derive(Debug, Template)]
#[template(path = "document/page.html")]
pub(crate) struct DocumentPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) visibility: &'static str,
    pub(crate) owner: String,
    /// 見直しは12か月ごと（最後は令和8年4月1日）
    pub(crate) review: String,
    pub(crate) revisions: Vec<RevisionRow>,
    pub(crate) old: Field,
    pub(crate) new: Field,
    pub(crate) can_edit: bool,
}

#[derive(Debug)]
pub(crate) struct RevisionRow {
    pub(crate) id: String,
    pub(crate) edition: String,
    pub(crate) hash: HashStamp,
    /// 案・決裁中・施行前・施行中・旧版
    pub(crate) state: String,
    pub(crate) revised: Option<Day>,
    pub(crate) effective: Option<Day>,
    pub(crate) clauses: i64,
    pub(crate) warnings: i64,
    pub(crate) compare: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Warning {
    pub(crate) line: i64,
    pub(crate) message: String,
}

#[derive(Debug, Template)]
#[template(path = "document/revision.html")]
pub(crate) struct RevisionPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) visibility: &'static str,
    pub(crate) state: String,
    pub(crate) hash: HashStamp,
    pub(crate) note: Option<String>,
    pub(crate) revised: Option<Day>,
    pub(crate) effective: Option<Day>,
    pub(crate) source: String,
    /// (body, day, file number)
    pub(crate) bodies: Vec<(String, Day, String)>,
    /// (address, words)
    pub(crate) decision: Option<(String, String)>,
    pub(crate) compare: Option<String>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) impact: Vec<Impact>,
    pub(crate) clauses: Vec<ClauseRow>,
    pub(crate) history: Vec<Entry>,
    pub(crate) publications: Vec<Published>,
    pub(crate) errors: Errors,
    pub(crate) can_publish: bool,
    pub(crate) publish_fields: Vec<Field>,
    /// 制定した機関 can be added.
    pub(crate) can_adopt: bool,
    pub(crate) body_fields: Vec<Field>,
    /// The 公開区分 of single clauses can be set.
    pub(crate) can_grade: bool,
    pub(crate) grades: Field,
    pub(crate) can_export: bool,
    pub(crate) can_submit: bool,
    pub(crate) can_drop: bool,
    pub(crate) submit_fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct ClauseRow {
    pub(crate) clause: ClauseLabel,
    pub(crate) heading: String,
    pub(crate) text: String,
    pub(crate) visibility: &'static str,
    pub(crate) definition: bool,
}

/// What a changed clause touches.
#[derive(Debug)]
pub(crate) struct Impact {
    pub(crate) clause: ClauseLabel,
    pub(crate) change: &'static str,
    pub(crate) requirements: i64,
    pub(crate) judged: i64,
    pub(crate) evidence: i64,
}

/// One line of the 改定履歴.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) edition: String,
    pub(crate) revised: Option<Day>,
    pub(crate) effective: Option<Day>,
    pub(crate) sections: String,
    pub(crate) summary: String,
}

#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) url: String,
    pub(crate) day: Day,
    pub(crate) person: String,
    pub(crate) hash: HashStamp,
    /// 取り出したHTMLと同じ…
    pub(crate) same_as: &'static str,
    /// What comparing the words found, for a file that was not given out.
    pub(crate) told: Option<Told>,
}

pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let documents = app.store.db.documents(me.on).await?;
    let rows = documents.into_iter().filter(|d| access::reads(&me.who, &d.visibility, me.on)).map(|d| {
        let open = match d.open_state.as_deref() {
            Some("draft") => "改定案あり",
            Some("pending") => "決裁中の案あり",
            _ => "",
        };
        vec![
            Cell::link(format!("/documents/{}", d.id), d.title),
            Cell::text(word(KINDS, &d.kind)),
            Cell::text(word(VISIBILITIES, &d.visibility)),
            Cell::text(d.in_force.as_deref().map_or_else(|| "施行中の版なし".to_owned(), edition))
                .under(open),
        ]
    });
    page(&ListPage {
        shell: app.shell(&me, "/documents", "どの文書が、いま効力を持っていますか").await?,
        caption: "基本方針、対策基準、実施手順の順。".to_owned(),
        heads: vec!["題名", "種別", "公開区分", "施行中の版"],
        rows: rows.collect(),
        empty: "まだ文書がありません。市の情報セキュリティ基本方針を取り込むことから始めます。",
        add: me.reaches(Action::Edit, "revision").then(|| ("/documents/import".to_owned(), "文書を取り込む")),
        ..ListPage::default()
    })
}

/// 案・決裁中・施行前・施行中・旧版・取下げ: what follows from state and dates.
fn standing(revision: &RevisionLine, in_force: Option<&str>, today: Date) -> &'static str {
    let effective = revision.effective_on.as_deref().and_then(|d| d.parse::<Date>().ok());
    match revision.state.as_str() {
        "draft" => "案",
        "pending" => "決裁中",
        "withdrawn" => "取下げ",
        _ if in_force == Some(revision.id.as_str()) => "施行中",
        _ if effective.is_some_and(|d| d > today) => "施行前",
        _ => "旧版",
    }
}

/// The approved revision with the latest 施行日 that has come.
pub(crate) fn in_force(revisions: &[RevisionLine], today: Date) -> Option<&RevisionLine> {
    let today = today.to_string();
    let started = revisions.iter().filter(|r| r.state == "approved");
    let started = started.filter(|r| r.effective_on.as_deref().is_some_and(|d| d <= today.as_str()));
    started.max_by(|a, b| (&a.effective_on, a.number).cmp(&(&b.effective_on, b.number)))
}

pub(crate) fn a_day(text: Option<&str>) -> Option<Day> {
    text.and_then(|d| d.parse().ok()).map(Day::of)
}

pub(crate) fn must_read(me: &Me, visibility: &str) -> Result<(), PortalError> {
    let thing = Thing { noun: "document", visibility: Some(visibility), ..Thing::default() };
    me.must_find(Action::View, thing)
}

pub(crate) async fn show(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    let db = &app.store.db;
    let document = db.row(&DOCUMENT, &id).await?.ok_or(PortalError::NotFound)?;
    must_read(&me, document.text("visibility"))?;
    let revisions = db.revisions(&id).await?;
    let current = in_force(&revisions, me.on).map(|r| r.id.clone());
    let choices: Vec<(String, String)> =
        revisions.iter().map(|r| (r.id.clone(), edition(&r.edition))).collect();
    let rows = revisions.iter().enumerate().map(|(i, r)| RevisionRow {
        id: r.id.clone(),
        edition: edition(&r.edition),
        hash: HashStamp::new(&r.body_sha256),
        state: standing(r, current.as_deref(), me.on).to_owned(),
        revised: a_day(r.revised_on.as_deref()),
        effective: a_day(r.effective_on.as_deref()),
        clauses: r.clauses,
        warnings: r.warnings,
        compare: revisions.get(i + 1).map(|old| compare_href(&old.id, &r.id)),
    });
    let owner = document.text("owner_unit_id");
    let owner =
        db.sections(me.on).await?.into_iter().find(|s| s.unit_id == owner).map_or(String::new(), |s| s.name);
    let months = document.get("review_months").and_then(Value::int).unwrap_or(12);
    let reviewed = a_day(Some(document.text("reviewed_on")));
    let reviewed =
        reviewed.map_or("まだ見直していません".to_owned(), |d| format!("最後は{}", d.text));
    let shell = app.shell(&me, "/documents", document.text("title")).await?;
    let second = choices.get(1).map_or(String::new(), |(id, _)| id.clone());
    page(&DocumentPage {
        shell: shell.crumb("/documents", "文書"),
        kind: word(KINDS, document.text("kind")),
        visibility: word(VISIBILITIES, document.text("visibility")),
        owner,
        review: format!("見直しは{months}か月ごと（{reviewed}）"),
        revisions: rows.collect(),
        old: Field::select("old", "改定前", choices.clone()).value(second),
        new: Field::select("new", "改定後", choices),
        can_edit: me.reaches(Action::Edit, "revision"),
        id,
    })
}

fn compare_href(old: &str, new: &str) -> String {
    format!("/compare?old={old}&new={new}")
}

pub(crate) async fn revision(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut shown = revision_page(&app, &me, &id, None).await?;
    shown.shell.done = match query.get("done") {
        "saved" => Some("案として保存しました。内容を確かめてから、決裁を求めてください。"),
        "submitted" => Some("決裁を求めました。"),
        "published" => Some("公表したことを記録しました。ファイルは、この版から取り出したものと同じです。"),
        "published-agree" => Some(
            "公表したことを記録しました。ファイルの文字は、この版の条項とすべて同じです。下の「比べなかった行」も見てください。",
        ),
        "published-differ" => Some(
            "公表したことを記録しました。ただし、ファイルにはこの版と違うところがあるため、公表を確かめたことになりません。下に、違うところと直し方があります。",
        ),
        "published-unread" => Some(
            "公表したことを記録しました。ただし、ファイルの文字を読めないため、公表を確かめたことになりません。下に、読めないわけと直し方があります。",
        ),
        "body" => Some("制定した機関を記録しました。"),
        "graded" => Some("条項の公開区分を変えました。"),
        _ => None,
    };
    page(&shown)
}

pub(crate) async fn revision_page(
    app: &App,
    me: &Me,
    id: &str,
    form: Option<&Form>,
) -> Result<RevisionPage, PortalError> {
    let db = &app.store.db;
    let r = db.revision(id).await?.ok_or(PortalError::NotFound)?;
    let document = db.row(&DOCUMENT, &r.document_id).await?.ok_or(PortalError::NotFound)?;
    must_read(me, document.text("visibility"))?;
    let all = db.revisions(&r.document_id).await?;
    let current = in_force(&all, me.on).map(|r| r.id.clone());
    let state = standing(&r, current.as_deref(), me.on);
    let changes = compare::changes(app, me, &r).await?;
    let touched = db.touched().await?;
    let impact = changes.rows.into_iter().map(|(clause, change)| {
        let hit = touched.iter().find(|t| t.clause_id == clause.id);
        let (requirements, judged, evidence) =
            hit.map_or((0, 0, 0), |t| (t.requirements, t.judged, t.evidence));
        Impact { clause, change, requirements, judged, evidence }
    });
    let clauses = compare::readable(me, db.clauses(id).await?);
    let warnings = db.revision_warnings(id).await?;
    let mut errors = Errors::default();
    let mut refilled = |fields: Vec<Field>| match form {
        Some(form) => {
            let (fields, found) = form.refill(fields);
            errors = found;
            fields
        }
        None => fields,
    };
    let publish_fields = refilled(publication::fields());
    let submit_fields = refilled(submit_fields());
    let body_fields = refilled(adoption::fields());
    let name = format!("{} {}", r.title, edition(&r.edition));
    let title = match state {
        "案" => format!("{name}（案）を、このまま決裁に出しますか"),
        _ => format!("{name}は、何を定めていますか"),
    };
    let shell = app.shell(me, "/documents", title).await?.crumb("/documents", "文書");
    Ok(RevisionPage {
        shell: shell.crumb(format!("/documents/{}", r.document_id), document.text("title")),
        id: id.to_owned(),
        kind: word(KINDS, document.text("kind")),
        visibility: word(VISIBILITIES, document.text("visibility")),
        state: state.to_owned(),
        hash: HashStamp::new(&r.body_sha256),
        note: (state == "案").then(|| "この案には、まだ効力がありません。".to_owned()),
        revised: a_day(r.revised_on.as_deref()),
        effective: a_day(r.effective_on.as_deref()),
        source: r.source_name.clone(),
        bodies: db.adoptions(id).await?.into_iter().filter_map(body_line).collect(),
        decision: r
            .decision_id
            .as_ref()
            .map(|d| (format!("/decisions/{d}"), "この版を決めた決裁".to_owned())),
        compare: changes.previous.as_ref().map(|old| compare_href(&old.id, id)),
        warnings: warnings.into_iter().map(|w| Warning { line: w.line, message: w.message }).collect(),
        impact: impact.collect(),
        clauses: clauses.iter().map(clause_row).collect(),
        history: db.revision_entries(id).await?.into_iter().map(entry).collect(),
        publications: db.publications(id).await?.into_iter().filter_map(published).collect(),
        errors,
        can_publish: state == "施行中" && me.reaches(Action::Edit, "publication"),
        publish_fields,
        can_adopt: state != "案" && state != "取下げ" && me.reaches(Action::Edit, "adoption"),
        body_fields,
        can_grade: state == "案" && me.reaches(Action::Edit, "clause_text"),
        grades: Field::select("visibility", "選んだ条項の公開区分", grades(document.text("kind"))),
        can_export: document.text("visibility") == "public" && me.reaches(Action::Export, "revision"),
        can_submit: state == "案" && me.reaches(Action::Request, "revision"),
        can_drop: state == "案" && me.reaches(Action::Edit, "revision"),
        submit_fields,
    })
}

fn body_line(a: AdoptionLine) -> Option<(String, Day, String)> {
    Some((a.body, a_day(Some(&a.decided_on))?, a.file_number.unwrap_or_default()))
}

pub(crate) fn clause_row(c: &ClauseLine) -> ClauseRow {
    ClauseRow {
        clause: ClauseLabel { id: c.clause_id.clone(), label: c.label.clone(), title: String::new() },
        heading: c.heading.clone().unwrap_or_default(),
        text: picture::body(c).to_owned(),
        visibility: word(VISIBILITIES, &c.visibility),
        definition: c.definition,
    }
}

fn entry(e: EntryLine) -> Entry {
    Entry {
        edition: edition(&e.edition),
        revised: a_day(e.revised_on.as_deref()),
        effective: a_day(e.effective_on.as_deref()),
        sections: e.sections.unwrap_or_default(),
        summary: e.summary.unwrap_or_default(),
    }
}

fn published(p: PublicationLine) -> Option<Published> {
    let day = a_day(Some(&p.published_on))?;
    let same_as =
        p.same_as.map_or("取り出したものと比べていません", |code| word(SAME_AS, &code));
    let same_as = p.words.map_or(same_as, |code| word(WORDS, &code));
    let told = p.comparison.and_then(|json| told(&json));
    Some(Published { url: p.url, day, person: p.person, hash: HashStamp::new(p.sha256), same_as, told })
}

fn submit_fields() -> Vec<Field> {
    vec![Field::area("reason", "改定の理由").hint("決裁する人が、なぜ今なのかを判断できるように書きます。")]
}

pub(crate) async fn submit(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let reason = form.required("reason", "改定の理由を入力してください。");
    let revision = app.store.db.revision(&id).await?.ok_or(PortalError::NotFound)?;
    if revision.effective_on.is_none() {
        form.refuse(
            "reason",
            "施行日が決まっていない案は、決裁に出せません。施行日を入れて取り込み直してください。",
        );
    }
    if !form.ok() {
        return Ok(page(&revision_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    }
    let mut tx = app.store.write(&me.actor(), "revision.submit").await?;
    let decision = tx.submit_revision(&me.who, &id, &reason).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/decisions/{decision}?done=submitted")).into_response())
}

/// Drops a draft, so that another can take its place.
pub(crate) async fn withdraw(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    let revision = app.store.db.revision(&id).await?.ok_or(PortalError::NotFound)?;
    let mut tx = app.store.write(&me.actor(), "revision.withdraw").await?;
    tx.withdraw_revision(&id).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/documents/{}", revision.document_id)))
}

/// 実施手順 are never public (§11), and so are none of their clauses.
fn grades(kind: &str) -> Vec<(String, String)> {
    let allowed = VISIBILITIES.iter().filter(|(code, _)| kind != "procedure" || *code != "public");
    allowed.map(|(code, word)| ((*code).to_owned(), (*word).to_owned())).collect()
}

/// Sets the 公開区分 of some clauses of a draft.
pub(crate) async fn grade(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let known = |code: &str| VISIBILITIES.iter().find(|(c, _)| *c == code).map(|(c, _)| *c);
    let visibility = form.one_of("visibility", "公開区分を選んでください。", known);
    let clauses: Vec<String> = form.all("clause").map(str::to_owned).collect();
    if clauses.is_empty() {
        form.refuse("visibility", "条項を一つ以上選んでください。");
    }
    let (true, Some(visibility)) = (form.ok(), visibility) else {
        return Ok(page(&revision_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "clause.grade").await?;
    tx.grade_clauses(&id, &clauses, visibility).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/revisions/{id}?done=graded#clauses")).into_response())
}
