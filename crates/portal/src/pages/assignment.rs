//! 配属: putting a person into a seat from a day on, and ending it.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::section::choices;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::noun::Row;
use sekisho_domain::person::PERSON;
use sekisho_domain::position::{ASSIGNMENT, ASSIGNMENT_KINDS};

async fn form_page(app: &App, me: &Me, id: &str, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let person = app.store.db.row(&PERSON, id).await?.ok_or(PortalError::NotFound)?;
    let positions = app.store.db.positions(me.on).await?.into_iter().map(|p| (p.id, p.name)).collect();
    let kinds = ASSIGNMENT_KINDS.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect();
    let fields = vec![
        Field::select("unit", "所属", choices(app, me).await?),
        Field::select("position", "職", positions),
        Field::select("kind", "種別", kinds),
        Field::date("from", "いつから").value(me.on.to_string()),
        Field::date("to", "いつまで").optional().hint("決まっているときだけ。この日から効力がなくなります。"),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let name = person.text("name");
    let shell = app.shell(me, "/sections", format!("{name}さんを、どこに配属しますか")).await?;
    Ok(FormPage {
        shell: shell.crumb("/people", "職員").crumb(format!("/people/{id}"), name),
        lead: String::new(),
        errors,
        action: format!("/people/{id}/assign"),
        fields,
        upload: false,
        button: "配属を加える",
        consequence: "職に結びついた役割と権限が、その日から自動で付きます。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    page(&form_page(&app, &me, &id, None).await?)
}

pub(crate) async fn create(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let unit = form.required("unit", "所属を選んでください。");
    let position = form.required("position", "職を選んでください。");
    let known = |k: &str| ASSIGNMENT_KINDS.iter().find(|(c, _)| *c == k).map(|(c, _)| *c);
    let kind = form.one_of("kind", "種別を選んでください。", known);
    let from = form.date("from", "いつからかを入力してください。");
    let to = form.date_or_none("to");
    if !choices(&app, &me).await?.iter().any(|(u, _)| *u == unit) {
        form.refuse("unit", "所属を選び直してください。");
    }
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        form.refuse("to", "終わる日が、始まる日より前になっています。");
    }
    let (true, Some(kind), Some(from)) = (form.ok(), kind, from) else {
        return Ok(page(&form_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "assignment.create").await?;
    let row = Row::new(&ASSIGNMENT, tx.new_id())
        .set("person_id", id.as_str())
        .set("position_id", position)
        .set("unit_id", unit)
        .set("kind", kind)
        .set("valid_from", from)
        .set("valid_to", to);
    tx.insert(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}?done=saved")).into_response())
}

async fn end_page(app: &App, me: &Me, id: &str, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let row = app.store.db.row(&ASSIGNMENT, id).await?.ok_or(PortalError::NotFound)?;
    let person = app.store.db.row(&PERSON, row.text("person_id")).await?.ok_or(PortalError::NotFound)?;
    let fields =
        vec![Field::date("on", "効力がなくなる最初の日").hint("3月31日までなら、4月1日を入れます。")];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let name = person.text("name");
    let shell = app.shell(me, "/sections", format!("{name}さんの配属を、いつ終えますか")).await?;
    Ok(FormPage {
        shell: shell.crumb("/people", "職員").crumb(format!("/people/{}", person.id), name),
        lead: String::new(),
        errors,
        action: format!("/assignments/{id}/end"),
        fields,
        upload: false,
        button: "配属を終える",
        consequence: "この配属から来る権限は、その日からなくなります。記録は残ります。".to_owned(),
    })
}

pub(crate) async fn end_form(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    page(&end_page(&app, &me, &id, None).await?)
}

pub(crate) async fn end(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&ASSIGNMENT, &id).await?.ok_or(PortalError::NotFound)?;
    let on = form.date("on", "日付を入力してください。");
    if on.is_some_and(|day| day.to_string().as_str() < row.text("valid_from")) {
        form.refuse("on", "配属が始まった日より前にはできません。");
    }
    let (true, Some(on)) = (form.ok(), on) else {
        return Ok(page(&end_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "assignment.end").await?;
    tx.end(&ASSIGNMENT, &id, on).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{}?done=saved", row.text("person_id"))).into_response())
}
