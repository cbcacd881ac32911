//! 公表: what leaves this network for the city's web site, and the record that somebody saw it there.

pub(crate) mod words;

use crate::App;
use crate::error::PortalError;
use crate::form::{Form, Upload};
use crate::pages::board::edition;
use crate::pages::document::{a_day, in_force, must_read};
use crate::pages::{compare, document, evidence};
use crate::part::{Day, Field, Input};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::document::DOCUMENT;
use sekisho_policy::{Document, Revision};
use sekisho_store::Db;
use sekisho_store::document::Seen;
use sekisho_store::page::{ClauseLine, EntryLine, RevisionLine};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use words::Words;

/// The policies in force, as far as they are public.
#[derive(Debug, Template)]
#[template(path = "document/public.html")]
pub(crate) struct PublicPage {
    pub(crate) shell: Shell,
    pub(crate) texts: Vec<PublicText>,
}

#[derive(Debug)]
pub(crate) struct PublicText {
    pub(crate) title: String,
    pub(crate) edition: String,
    pub(crate) effective: Option<Day>,
    pub(crate) clauses: Vec<document::ClauseRow>,
    pub(crate) held_back: bool,
}

pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::text("url", "公表先のアドレス").hint("市のホームページの、その文書のアドレス"),
        Field::date("day", "公表した日"),
        Field::new("file", "公表したファイル", Input::File)
            .hint("ホームページから取り出したファイルそのもの。市で作ったPDFでも構いません。"),
    ]
}

pub(crate) async fn publish(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, PortalError> {
    let own = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let url = form.required("url", "公表先のアドレスを入力してください。");
    if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
        form.refuse("url", "https:// か http:// で始まるアドレスを入力してください。");
    } else if !url.is_empty() && !is_outside(&url, own) {
        form.refuse(
            "url",
            "庁内のアドレスです。住民が見られる、市のホームページのアドレスを入力してください。",
        );
    }
    let day = form.date("day", "公表した日を入力してください。");
    if day.is_some_and(|d| d > me.on) {
        form.refuse("day", "先の日付です。公表してから記録してください。");
    }
    if form.upload.as_ref().is_none_or(|u| u.bytes.is_empty()) {
        form.refuse("file", "公表したファイルを選んでください。");
    }
    let (true, Some(day), Some(upload)) = (form.ok(), day, form.upload.clone()) else {
        return Ok(page(&document::revision_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let sha256 = hex::encode(Sha256::digest(&upload.bytes));
    let outgoing = outgoing(&app, &me, &id).await?;
    let same_as = same_as(&app, outgoing.clone(), &upload.bytes).await?;
    let words = if same_as == "other" { Some(outgoing.words(upload).await) } else { None };
    let found = words.as_ref().map(serde_json::to_string).transpose();
    let found = found.map_err(|e| PortalError::Internal(e.to_string()))?;
    let code = words.as_ref().map(Words::code);
    let mut tx = app.store.write(&me.actor(), "publication.record").await?;
    let (words, person_id) = (code.zip(found.as_deref()), me.who.person_id.as_str());
    tx.record_publication(&id, Seen { url: &url, on: day, sha256: &sha256, same_as, words, person_id })
        .await?;
    tx.commit().await?;
    let done = code.map_or("published".to_owned(), |code| format!("published-{code}"));
    Ok(Redirect::to(&format!("/revisions/{id}?done={done}#publication")).into_response())
}

/// Whether a file is what [`html`] or [`pdf`] gives out: the same edition makes the same bytes every time.
async fn same_as(app: &App, outgoing: Outgoing, file: &[u8]) -> Result<&'static str, PortalError> {
    if outgoing.html().as_bytes() == file {
        return Ok("html");
    }
    // Where there is no font no PDF was given out.
    match outgoing.pdf(app).await {
        Ok(pdf) if pdf == file => Ok("pdf"),
        Ok(_) | Err(PortalError::NoFont) => Ok("other"),
        Err(error) => Err(error),
    }
}

/// Whether an address can be one that the public reaches: not this portal's, not a name or number of closed networks.
fn is_outside(url: &str, own: &str) -> bool {
    fn host(authority: &str) -> &str {
        match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((v6, _)) => v6,
            None => authority.split(':').next().unwrap_or_default(),
        }
    }
    let authority = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#']).next();
    let authority = authority.unwrap_or_default().rsplit('@').next().unwrap_or_default();
    let host_of = host(authority).trim_end_matches('.').to_ascii_lowercase();
    let closed = match host_of.parse::<std::net::IpAddr>() {
        // The city's web site has a name; a bare number is somebody's machine.
        Ok(_) => true,
        Err(_) => !host_of.contains('.') || host_of.ends_with(".lgwan.jp") || host_of.ends_with(".local"),
    };
    !closed && host_of != host(own).to_ascii_lowercase()
}

/// A revision as it may leave the city: its public clauses and its 改定履歴. What stands below a clause that is held
/// back is held back with it.
#[derive(Clone)]
struct Outgoing {
    document: Document,
    public: HashSet<String>,
    /// Name of the file, without its ending.
    name: String,
}

impl Outgoing {
    async fn load(db: &Db, id: &str) -> Result<(Outgoing, String), PortalError> {
        let r = db.revision(id).await?.ok_or(PortalError::NotFound)?;
        let kept = db.row(&DOCUMENT, &r.document_id).await?.ok_or(PortalError::NotFound)?;
        let clauses = db.clauses(id).await?;
        let public = clauses.iter().filter(|c| c.visibility == "public").map(|c| c.clause_id.clone());
        let public = public.collect();
        let entries = db.revision_entries(id).await?;
        let name = format!("{}_{}", r.title, edition(&r.edition));
        let outgoing = Outgoing { document: whole(&r, &clauses, entries), public, name };
        Ok((outgoing, kept.text("visibility").to_owned()))
    }

    fn html(&self) -> String {
        sekisho_policy::render::html(&self.document, |c| self.public.contains(&c.id))
    }

    /// What the words of somebody else's file come to. Whatever goes wrong while a file is read, its words were not.
    async fn words(self, file: Upload) -> Words {
        let work =
            move || words::read(&file.bytes, &file.name, &self.document, |c| self.public.contains(&c.id));
        let read = tokio::task::spawn_blocking(work).await;
        read.unwrap_or_else(|_| {
            Words::Unread(
                "ファイルを読んでいる途中で失敗しました。元の文書からファイルを作り直して載せてください。"
                    .to_owned(),
            )
        })
    }

    async fn pdf(self, app: &App) -> Result<Vec<u8>, PortalError> {
        let Some(font) = app.config.font.clone() else { return Err(PortalError::NoFont) };
        let made = tokio::task::spawn_blocking(move || {
            let bytes = std::fs::read(&font.path).map_err(|e| format!("{}: {e}", font.path.display()))?;
            sekisho_policy::pdf::pdf(&self.document, |c| self.public.contains(&c.id), &bytes, font.index)
                .map_err(|e| format!("{}: {e}", font.path.display()))
        });
        made.await.map_err(|e| PortalError::Internal(e.to_string()))?.map_err(PortalError::Internal)
    }
}

async fn outgoing(app: &App, me: &Me, id: &str) -> Result<Outgoing, PortalError> {
    let (outgoing, visibility) = Outgoing::load(&app.store.db, id).await?;
    must_read(me, &visibility)?;
    if visibility != "public" {
        return Err(PortalError::Forbidden("公開の文書ではないため、公表用には取り出せません。".to_owned()));
    }
    Ok(outgoing)
}

/// The HTML file of an edition as [`html`] gives it out.
///
/// # Errors
/// When there is no such edition, or the database cannot be read.
pub async fn exported(db: &Db, revision_id: &str) -> Result<String, PortalError> {
    Ok(Outgoing::load(db, revision_id).await?.0.html())
}

fn whole(r: &RevisionLine, clauses: &[ClauseLine], entries: Vec<EntryLine>) -> Document {
    let day = |text: Option<String>| text.and_then(|d| d.parse::<Date>().ok());
    let entries = entries.into_iter().map(|e| Revision {
        version: Some(e.edition).filter(|e| !e.is_empty()),
        revised_on: day(e.revised_on),
        effective_on: day(e.effective_on),
        sections: e.sections,
        summary: e.summary,
    });
    let revisions: Vec<Revision> = entries.collect();
    let adopted = revisions.first().filter(|_| revisions.len() > 1).and_then(|first| first.revised_on);
    Document { adopted, revisions, ..compare::document(r, clauses) }
}

/// One static, accessible HTML file for the city's web site.
pub(crate) async fn html(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let outgoing = outgoing(&app, &me, &id).await?;
    let (name, html) = (format!("{}.html", outgoing.name), outgoing.html());
    Ok(evidence::attachment(&name, "text/html; charset=utf-8", html.into_bytes()))
}

/// The same as a tagged A4 PDF, with the glyphs of the installation's font in it.
pub(crate) async fn pdf(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let outgoing = outgoing(&app, &me, &id).await?;
    let name = format!("{}.pdf", outgoing.name);
    Ok(evidence::attachment(&name, "application/pdf", outgoing.pdf(&app).await?))
}

/// 公開 clauses of the policies in force, for anybody.
pub(crate) async fn public(State(app): State<App>) -> Page {
    let today = date_at(app.store.clock.now());
    let db = &app.store.db;
    let mut texts = Vec::new();
    for d in db.documents(today).await?.into_iter().filter(|d| d.visibility == "public") {
        let revisions = db.revisions(&d.id).await?;
        let Some(r) = in_force(&revisions, today) else { continue };
        let clauses = db.clauses(&r.id).await?;
        let shown = shown(&clauses);
        let held_back = shown.len() < clauses.len();
        let public = shown.into_iter().map(document::clause_row);
        texts.push(PublicText {
            title: r.title.clone(),
            edition: edition(&r.edition),
            effective: a_day(r.effective_on.as_deref()),
            clauses: public.collect(),
            held_back,
        });
    }
    page(&PublicPage {
        shell: app.bare_shell(format!("{}の情報セキュリティポリシー", app.config.city)),
        texts,
    })
}

/// Public clauses below public clauses.
fn shown(clauses: &[ClauseLine]) -> Vec<&ClauseLine> {
    let mut open: HashSet<&str> = HashSet::new();
    let mut out = Vec::new();
    // A parent stands before its children.
    for clause in clauses {
        if clause.visibility == "public"
            && clause.parent_clause_id.as_deref().is_none_or(|p| open.contains(p))
        {
            open.insert(&clause.clause_id);
            out.push(clause);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::is_outside;

    #[test]
    fn addresses_that_no_resident_reaches_are_not_outside() {
        let own = "sekisho.city.example.jp:8443";
        assert!(is_outside("https://www.city.example.jp/policy.pdf", own));
        for inside in [
            "https://sekisho.city.example.jp:8443/policy",
            "https://SEKISHO.city.example.jp./policy",
            "https://user@sekisho.city.example.jp/policy",
            "http://127.0.0.1:8080/policy",
            "http://[::1]/policy",
            "http://192.168.1.10/policy.pdf",
            "http://intra/policy.pdf",
            "https://portal.pref.lgwan.jp/policy.pdf",
            "https:///policy.pdf",
        ] {
            assert!(!is_outside(inside, own), "{inside}");
        }
    }
}
