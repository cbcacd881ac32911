//! Saved views: keeping the list as it is now, and forgetting it again.

use super::named;
use super::query::Asked;
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::session::Me;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;

/// Longest name of a view (characters).
const NAME_CHARS: usize = 40;

/// Whether somebody keeps what everybody who reads a register has in common.
pub(crate) fn may_share(me: &Me) -> bool {
    me.reaches(Action::Edit, "extra_column")
}

pub(crate) async fn keep(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let name: String = form.get("name").chars().take(NAME_CHARS).collect();
    let name = if name.is_empty() { "名前のない見方".to_owned() } else { name };
    // Read and written out again, so that it holds nothing but what the list understands.
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let query = Asked::parse(&layout, &seen, &Form::from_query(form.get("query")), me.on).query(register);
    let shared = !form.get("shared").is_empty() && may_share(&me);
    let kept = app.store.add_view(register.noun.name, &me.who.person_id, &name, &query, shared).await?;
    let done = if kept { "view" } else { "view-full" };
    Ok(Redirect::to(&format!("/registers/{noun}?{query}&done={done}")).into_response())
}

pub(crate) async fn forget(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    named(&noun)?;
    if !app.store.remove_view(&id, &me.who.person_id, may_share(&me)).await? {
        return Err(PortalError::NotFound);
    }
    Ok(Redirect::to(&format!("/registers/{noun}?done=view-removed")).into_response())
}
