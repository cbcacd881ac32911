//! 文書の取込み: upload, look at what was read, save as a draft. The upload waits in an operational table; nothing
//! is recorded until the person who read the preview saves it.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::board::edition;
use crate::pages::compare;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field, HashStamp, Input};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::date::{Date, wareki};
use sekisho_domain::document::{KINDS, VISIBILITIES};
use sekisho_policy::Document;
use sekisho_policy::compare::{Change, Proposal, propose};
use sekisho_store::document::{ImportDraft, NewRevision};
use sha2::{Digest, Sha256};

/// A document that nobody set another interval for is looked over once a year.
const REVIEW_MONTHS: i64 = 12;

/// What the importer read, before anything is saved.
#[derive(Debug, Template)]
#[template(path = "document/preview.html")]
pub(crate) struct PreviewPage {
    pub(crate) shell: Shell,
    pub(crate) action: String,
    pub(crate) file: String,
    pub(crate) hash: HashStamp,
    pub(crate) found_title: String,
    pub(crate) adopted: String,
    pub(crate) revised: String,
    pub(crate) entries: usize,
    pub(crate) terms: usize,
    pub(crate) clauses: Vec<FoundClause>,
    pub(crate) warnings: Vec<FoundWarning>,
    /// 第4版, when this will be a revision of a known document.
    pub(crate) previous: String,
    pub(crate) carries: Vec<Carry>,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct FoundClause {
    pub(crate) label: String,
    pub(crate) heading: String,
    pub(crate) text: String,
    pub(crate) line: u32,
}

#[derive(Debug)]
pub(crate) struct FoundWarning {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// A proposal for a person to confirm: this clause continues that one, or these came of those.
#[derive(Debug)]
pub(crate) struct Carry {
    /// Parsed id of the new clause: the value of the checkbox.
    pub(crate) id: String,
    pub(crate) new: String,
    pub(crate) old: String,
    pub(crate) change: &'static str,
    pub(crate) percent: u8,
    pub(crate) checked: bool,
}

async fn upload_page(
    app: &App,
    me: &Me,
    document: &str,
    form: Option<&Form>,
) -> Result<FormPage, PortalError> {
    let new = (String::new(), "新しい文書として取り込む".to_owned());
    let documents = app.store.db.documents(me.on).await?;
    let known = documents.into_iter().filter(|d| d.open_state.is_none());
    let known = known.map(|d| (d.id, format!("「{}」の改定案にする", d.title)));
    let fields = vec![
        Field::new("file", "文書のファイル", Input::File)
            .hint("Word（.docx）、テキスト、Markdown。32 MB まで。文字コードは自動で見分けます。")
            .accept(".docx,.txt,.md"),
        Field::select("document", "取込み先", [new].into_iter().chain(known).collect())
            .value(document)
            .optional(),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app.shell(me, "/documents", "どの文書を取り込みますか").await?.crumb("/documents", "文書"),
        lead: "条・項・号を読み取り、一つ一つを状態を持つ条項にします。".to_owned(),
        errors,
        action: "/documents/import".to_owned(),
        fields,
        upload: true,
        button: "読み取る",
        consequence: "次の画面で、読み取った結果を確かめます。まだ何も保存しません。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    page(&upload_page(&app, &me, query.get("document"), None).await?)
}

pub(crate) async fn upload(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let document = form.get("document").to_owned();
    let upload = form.upload.clone().filter(|u| !u.bytes.is_empty());
    let parsed = match &upload {
        None => {
            form.refuse("file", "ファイルを選んでください。");
            None
        }
        Some(upload) => {
            let (bytes, name) = (upload.bytes.clone(), upload.name.clone());
            let work = move || sekisho_policy::parse_file(&bytes, &name);
            let parsed =
                tokio::task::spawn_blocking(work).await.map_err(|e| PortalError::Internal(e.to_string()))?;
            parsed.map_err(|e| form.refuse("file", sekisho_policy::ja::error(&e))).ok()
        }
    };
    let (Some(upload), Some(parsed)) = (upload, parsed) else {
        return Ok(page(&upload_page(&app, &me, &document, Some(&form)).await?)?.into_response());
    };
    let sha256 = hex::encode(Sha256::digest(&upload.bytes));
    let id = app.store.keep_import(&me.session.account_id, &upload.name, &sha256, &parsed).await?;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("document", &document).finish();
    Ok(Redirect::to(&format!("/documents/import/{id}?{query}")).into_response())
}

/// The upload of this person, or not found: nobody else's uploads can be opened.
async fn draft(app: &App, me: &Me, id: &str) -> Result<(ImportDraft, Document), PortalError> {
    app.store.import_draft(id, &me.session.account_id).await?.ok_or(PortalError::NotFound)
}

/// The approved revision that an import would follow, with proposals of what continues what.
async fn proposals(
    app: &App,
    document: &str,
    parsed: &Document,
) -> Result<(String, Document, Vec<Proposal>), PortalError> {
    let db = &app.store.db;
    let previous = match document {
        "" => None,
        id => db.revisions(id).await?.into_iter().find(|r| r.state == "approved"),
    };
    let Some(previous) = previous else { return Ok((String::new(), Document::default(), vec![])) };
    let old = compare::document(&previous, &db.clauses(&previous.id).await?);
    let (before, after) = (old.clone(), parsed.clone());
    let work = move || propose(&before, &after);
    let found = tokio::task::spawn_blocking(work).await.map_err(|e| PortalError::Internal(e.to_string()))?;
    Ok((edition(&previous.edition), old, found))
}

async fn preview_page(
    app: &App,
    me: &Me,
    id: &str,
    document: &str,
    form: Option<&Form>,
) -> Result<PreviewPage, PortalError> {
    let (draft, parsed) = draft(app, me, id).await?;
    let (previous, old, found) = proposals(app, document, &parsed).await?;
    let known = app.store.db.documents(me.on).await?.into_iter().find(|d| d.id == document);
    let fields =
        fields(&parsed, known.as_ref().map(|d| (d.title.as_str(), d.kind.as_str(), d.visibility.as_str())));
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let picked: Option<Vec<&str>> = form.map(|f| f.all("carry").collect());
    let carries = found.iter().filter(|p| p.change != Change::Kept).filter_map(|p| {
        let id = p.new.first().filter(|_| !p.old.is_empty())?.clone();
        let (new, old) = (names(&parsed, &p.new), names(&old, &p.old));
        let checked = picked.as_ref().is_none_or(|picked| picked.contains(&id.as_str()));
        Some(Carry { id, new, old, change: p.change.ja(), percent: p.confidence_percent, checked })
    });
    let day = |d: Option<Date>| d.map_or("書かれていません".to_owned(), wareki);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("document", document).finish();
    let shell = app.shell(me, "/documents", "正しく読み取れていますか").await?.crumb("/documents", "文書");
    Ok(PreviewPage {
        shell: shell.crumb("/documents/import", "取り込む"),
        action: format!("/documents/import/{id}?{query}"),
        file: draft.file_name,
        hash: HashStamp::new(draft.sha256),
        found_title: parsed.title.clone().unwrap_or_else(|| "見つかりません".to_owned()),
        adopted: day(parsed.adopted),
        revised: day(parsed.revised),
        entries: parsed.revisions.len(),
        terms: parsed.terms.len(),
        carries: carries.collect(),
        previous,
        clauses: parsed.clauses.iter().map(found_clause).collect(),
        warnings: parsed
            .warnings
            .into_iter()
            .map(|w| FoundWarning { line: w.line, message: w.message })
            .collect(),
        errors,
        fields,
    })
}

fn found_clause(c: &sekisho_policy::Clause) -> FoundClause {
    FoundClause {
        label: c.label.clone(),
        heading: c.heading.clone().unwrap_or_default(),
        text: c.body().to_owned(),
        line: c.line,
    }
}

/// 7(3)② LGWAN系の分離; several of one side, as 分割 and 統合 have them, one after the other.
fn names(document: &Document, ids: &[String]) -> String {
    let name = |id: &String| {
        let clause = document.clauses.iter().find(|c| c.id == *id)?;
        let title: String = clause.text.lines().next().unwrap_or("").chars().take(20).collect();
        Some(format!("{} {title}", clause.label))
    };
    ids.iter().filter_map(name).collect::<Vec<_>>().join("、")
}

/// Fields filled with what the file says of itself; kind and visibility only for a new document.
fn fields(parsed: &Document, known: Option<(&str, &str, &str)>) -> Vec<Field> {
    let last = parsed.revisions.last();
    let iso = |d: Option<Date>| d.map_or(String::new(), |d| d.to_string());
    let choices = |list: &[(&str, &str)]| {
        let none = (String::new(), "選んでください".to_owned());
        [none].into_iter().chain(list.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned()))).collect()
    };
    let title = parsed.title.clone().or(known.map(|(t, _, _)| t.to_owned())).unwrap_or_default();
    let (kind, visibility) = kind_of(&title);
    let mut out = vec![
        Field::text("title", "題名").value(title),
        Field::text("edition", "版")
            .value(last.and_then(|r| r.version.clone()).unwrap_or_default())
            .hint("例：5"),
        Field::date("revised", "改定日")
            .optional()
            .value(iso(last.and_then(|r| r.revised_on).or(parsed.revised))),
        Field::date("effective", "施行日")
            .optional()
            .value(iso(last.and_then(|r| r.effective_on)))
            .hint("決裁に出すまでに決めます。"),
    ];
    if known.is_none() {
        out.push(Field::select("kind", "種別", choices(KINDS)).value(kind));
        out.push(
            Field::select("visibility", "公開区分", choices(VISIBILITIES)).value(visibility).hint(
                "実施手順は、公開すると対策の弱みが知られるおそれがあるため、非公開にします（方針11）。",
            ),
        );
    }
    out
}

/// What a title says of kind and 公開区分. A 実施手順 is 非公開 unless somebody opens it to a circle (方針11); of a title
/// that says nothing, neither is taken for granted.
fn kind_of(title: &str) -> (&'static str, &'static str) {
    let says = |words: &[&str]| words.iter().any(|word| title.contains(word));
    if says(&["手順", "マニュアル", "要領", "手引"]) {
        ("procedure", "secret")
    } else if says(&["対策基準"]) {
        ("standard", "internal")
    } else if says(&["方針", "ポリシー"]) {
        ("policy", "public")
    } else {
        ("", "")
    }
}

pub(crate) async fn preview(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    page(&preview_page(&app, &me, &id, query.get("document"), None).await?)
}

pub(crate) async fn save(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    mut form: Form,
) -> Result<Response, PortalError> {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let document = query.get("document").to_owned();
    let (draft, parsed) = draft(&app, &me, &id).await?;
    let title = form.required("title", "題名を入力してください。");
    let edition = form.required("edition", "版を入力してください。");
    let revised_on = form.date_or_none("revised");
    let effective_on = form.date_or_none("effective");
    let choice = |list: &'static [(&str, &'static str)]| {
        move |k: &str| list.iter().find(|(c, _)| *c == k).map(|(c, _)| *c)
    };
    let (kind, visibility) = match document.is_empty() {
        true => (
            form.one_of("kind", "種別を選んでください。", choice(KINDS)),
            form.one_of("visibility", "公開区分を選んでください。", choice(VISIBILITIES)),
        ),
        false => (Some("policy"), Some("public")), // of the known document; not read
    };
    if kind == Some("procedure") && visibility == Some("public") && document.is_empty() {
        form.refuse("visibility", "実施手順は公開にできません（方針11）。");
    }
    let (true, Some(kind), Some(mut visibility)) = (form.ok(), kind, visibility) else {
        return Ok(page(&preview_page(&app, &me, &id, &document, Some(&form)).await?)?.into_response());
    };
    let known = app.store.db.documents(me.on).await?.into_iter().find(|d| d.id == document);
    if let Some(known) = &known {
        visibility = VISIBILITIES.iter().find(|(c, _)| *c == known.visibility).map_or("secret", |(c, _)| *c);
    }
    let (_, _, found) = proposals(&app, &document, &parsed).await?;
    let picked: Vec<&str> = form.all("carry").collect();
    let confirmed: Vec<Proposal> = found
        .into_iter()
        .filter(|p| p.change == Change::Kept || p.new.first().is_some_and(|n| picked.contains(&n.as_str())))
        .collect();
    let owner = me.who.seat(me.on).map(|s| s.office(me.on).to_owned());
    let mut tx = app.store.write(&me.actor(), "revision.import").await?;
    let saved = tx
        .save_revision(NewRevision {
            document_id: known.as_ref().map(|d| d.id.as_str()),
            kind,
            visibility,
            owner_unit_id: owner.as_deref(),
            review_months: REVIEW_MONTHS,
            parsed: &parsed,
            title: &title,
            edition: &edition,
            revised_on,
            effective_on,
            source_name: &draft.file_name,
            source_sha256: &draft.sha256,
            confirmed: &confirmed,
        })
        .await?;
    tx.commit().await?;
    app.store.forget_import(&id).await?;
    Ok(Redirect::to(&format!("/revisions/{}?done=saved", saved.revision_id)).into_response())
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn procedures_are_held_back_and_unclear_titles_ask() {
        assert_eq!(kind_of("住民記録システム 情報セキュリティ実施手順"), ("procedure", "secret"));
        assert_eq!(kind_of("情報セキュリティポリシー対策基準"), ("standard", "internal"));
        assert_eq!(kind_of("さくら坂市情報セキュリティ基本方針"), ("policy", "public"));
        assert_eq!(kind_of("規程集"), ("", ""));
    }
}
