//! Where am I logged in, and how do I end it.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::api_token::Keys;
use crate::part::Moment;
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use sekisho_domain::access::{Action, Thing};
use sekisho_domain::clock::Ms;

#[derive(Debug, Template)]
#[template(path = "session/list.html")]
pub(crate) struct SessionList {
    pub(crate) shell: Shell,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) keys: Keys,
}

#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) since: Moment,
    pub(crate) seen: Moment,
    pub(crate) current: bool,
}

pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    page(&list_page(&app, &me, None).await?)
}

/// Where somebody is logged in, and which programs ask in their name.
pub(crate) async fn list_page(app: &App, me: &Me, form: Option<&Form>) -> Result<SessionList, PortalError> {
    let open = app.store.db.sessions_of(&me.session.account_id, me.now).await?;
    let sessions = open.into_iter().filter(|s| s.stage == "full").map(|s| SessionRow {
        agent: agent_words(&s.agent),
        since: Moment::at(Ms(s.created_ms)),
        seen: Moment::at(Ms(s.seen_ms)),
        current: s.id == me.session.id,
        id: s.id,
    });
    Ok(SessionList {
        sessions: sessions.collect(),
        keys: Keys::of(app, me, form).await?,
        shell: app.shell(me, "", "どこからログインしていますか").await?,
    })
}

pub(crate) async fn revoke(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    let own = app.store.db.sessions_of(&me.session.account_id, me.now).await?.iter().any(|s| s.id == id);
    let owner = own.then_some(me.who.person_id.as_str());
    me.must_find(Action::Edit, Thing { noun: "session", person_id: owner, ..Thing::default() })?;
    app.store.close_session(&id).await?;
    Ok(Redirect::to("/sessions"))
}

/// What a person recognises: the browser and the system, from the many words a browser sends.
pub(crate) fn agent_words(agent: &str) -> String {
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(key, _)| agent.contains(key)).map(|(_, w)| *w);
    let browser = find(&[
        ("Edg/", "Microsoft Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("Android", "Android"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}（{system}）"),
        _ => agent.to_owned(),
    }
}
