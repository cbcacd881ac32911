//! 制定した機関: each executive body adopts a revision on its own day.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::document::revision_page;
use crate::part::Field;
use crate::session::Me;
use crate::shell::page;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::document::BODIES;

pub(crate) fn fields() -> Vec<Field> {
    let bodies = BODIES.iter().map(|b| ((*b).to_owned(), (*b).to_owned())).collect();
    vec![
        Field::select("body", "機関", bodies),
        Field::date("decided", "決定した日").hint("その機関が、自分の機関に適用すると決めた日"),
        Field::text("number", "文書番号").optional().hint("例：桜情第12号"),
    ]
}

pub(crate) async fn create(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let body = form
        .one_of("body", "機関を選んでください。", |b| BODIES.iter().find(|known| **known == b));
    let decided = form.date("decided", "決定した日を入力してください。");
    if decided.is_some_and(|day| day > me.on) {
        form.refuse("decided", "先の日付です。決定してから記録してください。");
    }
    let number = form.limited("number");
    if let Some(body) = body
        && app.store.db.adoptions(&id).await?.iter().any(|a| a.body == *body)
    {
        form.refuse("body", "この機関の決定は、すでに記録されています。");
    }
    let (true, Some(body), Some(decided)) = (form.ok(), body, decided) else {
        return Ok(page(&revision_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "revision.adopt").await?;
    tx.record_adoption(&id, body, decided, Some(number.as_str()).filter(|n| !n.is_empty())).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/revisions/{id}?done=body")).into_response())
}
