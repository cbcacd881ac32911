//! Adding a row, changing it, ending it.

use super::list::{field, input_text};
use super::named;
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::date::Date;
use sekisho_domain::id::new_id;
use sekisho_domain::noun::{Column, Kind, Row, Value};
use sekisho_domain::register::names::Names;
use sekisho_domain::register::{Layout, Register, cell};

#[derive(Template)]
#[template(path = "register/form.html")]
struct RegisterForm {
    shell: Shell,
    /// Where the class of an asset is worked out by questions.
    help: Option<String>,
    errors: Errors,
    action: String,
    fields: Vec<Field>,
    button: &'static str,
}

/// Everything a form of a register is made from.
struct Desk {
    layout: Layout,
    seen: Vec<&'static Column>,
    names: Names,
}

impl Desk {
    /// For a form that shows a row.
    async fn showing(
        app: &App,
        me: &Me,
        register: &'static Register,
        row: &Row,
    ) -> Result<Desk, PortalError> {
        let layout = app.store.db.layout(register).await?;
        let seen = layout.seen_by(&me.who, me.on);
        let names = app.store.db.names_of(&seen, std::slice::from_ref(row), me.on).await?;
        Ok(Desk { layout, seen, names })
    }

    /// For a form that came back: any row may have been named in it.
    async fn reading(app: &App, me: &Me, register: &'static Register) -> Result<Desk, PortalError> {
        let layout = app.store.db.layout(register).await?;
        let seen = layout.seen_by(&me.who, me.on);
        let names = app.store.db.names(&seen, me.on).await?;
        Ok(Desk { layout, seen, names })
    }

    fn fields(&self, me: &Me, row: &Row) -> Vec<Field> {
        let register = self.layout.register;
        let reach = me.reach(Action::Edit, register.noun.name);
        let one = |column: &&'static Column| {
            let value = input_text(column, &self.layout.get(row, column), &self.names);
            field(column, &self.names, &reach, register.section == Some(column.name)).value(value)
        };
        self.seen.iter().map(one).collect()
    }

    /// Reads the form into the row, noting every mistake beside its field.
    fn read(&self, form: &mut Form, row: &mut Row) {
        for column in &self.seen {
            match read(column, form.get(column.name), &self.names) {
                Ok(value) => self.layout.set(row, column, value),
                Err(said) => form.refuse(column.name, said),
            }
        }
        if form.ok() {
            for (column, said) in self.layout.refusals(row) {
                form.refuse(column, said);
            }
        }
    }
}

/// A value as a form sends it: codes and ids where it was picked, text where it was typed.
pub(crate) fn read(column: &Column, text: &str, names: &Names) -> Result<Value, String> {
    match column.kind {
        Kind::Unit if names.word("section", text).is_some() => Ok(text.into()),
        Kind::Ref(noun) if names.word(noun, text).is_some() => Ok(text.into()),
        _ => cell::read(column, text, names),
    }
}

/// A new row as the form proposes it: the next number, one's own section, today.
async fn proposed(app: &App, me: &Me, register: &'static Register) -> Result<Row, PortalError> {
    let mut row = Row::new(register.noun, "");
    if let Some(number) = app.store.db.next_number(register).await? {
        row = row.set(register.key[0], number);
    }
    if let (Some(section), Some(seat)) = (register.section, me.who.seat(me.on)) {
        row = row.set(section, seat.office(me.on));
    }
    if let Some((from, _)) = register.valid {
        row = row.set(from, me.on);
    }
    for column in register.noun.columns.iter().filter(|c| c.kind == Kind::Bool && c.required) {
        row = row.set(column.name, false);
    }
    Ok(row)
}

async fn form_page(
    app: &App,
    me: &Me,
    desk: &Desk,
    row: &Row,
    form: Option<&Form>,
) -> Result<RegisterForm, PortalError> {
    let register = desk.layout.register;
    let (noun, label) = (register.noun.name, register.noun.label);
    let mut fields = desk.fields(me, row);
    let version = (!row.id.is_empty()).then(|| Field::hidden("version", row.version.to_string()));
    let mut errors = Errors::default();
    if let Some(form) = form {
        (fields, errors) = form.refill(fields);
    }
    fields.extend(version);
    let (title, action, button) = match row.id.as_str() {
        "" => (format!("どの{label}を加えますか"), format!("/registers/{noun}"), "加える"),
        id => (
            format!("「{}」の何を直しますか", row.text(register.title)),
            format!("/registers/{noun}/{id}/edit"),
            "直す",
        ),
    };
    let shell = app.shell(me, "/registers", title).await?;
    let help = (noun == "asset").then(|| match row.id.as_str() {
        "" => "/registers/asset/classify".to_owned(),
        id => format!("/registers/asset/{id}/classify"),
    });
    Ok(RegisterForm {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), label),
        help,
        errors,
        action,
        fields,
        button,
    })
}

/// What the address already says, such as a class that the questions proposed, stands in the form.
pub(crate) async fn new_form(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let register = named(&noun)?;
    let mut row = proposed(&app, &me, register).await?;
    let desk = Desk::reading(&app, &me, register).await?;
    let said = Form::from_query(query.as_deref().unwrap_or(""));
    for column in desk.seen.iter().filter(|column| !said.get(column.name).is_empty()) {
        if let Ok(value) = read(column, said.get(column.name), &desk.names) {
            desk.layout.set(&mut row, column, value);
        }
    }
    page(&form_page(&app, &me, &desk, &row, None).await?)
}

pub(crate) async fn create(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let desk = Desk::reading(&app, &me, register).await?;
    let mut row = Row::new(register.noun, new_id(me.now, &*app.store.entropy));
    desk.read(&mut form, &mut row);
    if form.ok() {
        refuse_foreign(&me, register, &row, &mut form);
        refuse_known_number(&app, register, &row, &mut form).await?;
    }
    if !form.ok() {
        row.id = String::new();
        return Ok(page(&form_page(&app, &me, &desk, &row, Some(&form)).await?)?.into_response());
    }
    let id = row.id.clone();
    let mut tx = app.store.write(&me.actor(), register.action("create")).await?;
    tx.insert(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/{noun}/{id}?done=created")).into_response())
}

pub(crate) async fn edit_form(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Page {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::Edit, register, &id).await?;
    let desk = Desk::showing(&app, &me, register, &row).await?;
    page(&form_page(&app, &me, &desk, &row, None).await?)
}

pub(crate) async fn update(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let before = app.row_for(&me, Action::Edit, register, &id).await?;
    let desk = Desk::reading(&app, &me, register).await?;
    let mut row = before.clone();
    // The version the form was made from: whoever saved meanwhile must not be overwritten unseen.
    row.version = form.get("version").parse().unwrap_or(0);
    desk.read(&mut form, &mut row);
    sekisho_domain::asset::decide_by_hand(&before, &mut row);
    if form.ok() {
        refuse_foreign(&me, register, &row, &mut form);
        refuse_known_number(&app, register, &row, &mut form).await?;
    }
    if !form.ok() {
        return Ok(page(&form_page(&app, &me, &desk, &row, Some(&form)).await?)?.into_response());
    }
    if row.values == before.values && row.version == before.version {
        return Ok(Redirect::to(&format!("/registers/{noun}/{id}")).into_response());
    }
    let mut tx = app.store.write(&me.actor(), register.action("update")).await?;
    tx.update(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/{noun}/{id}?done=saved")).into_response())
}

/// A row may not be given to a section whose rows its writer does not keep.
fn refuse_foreign(me: &Me, register: &'static Register, row: &Row, form: &mut Form) {
    if me.must_row(Action::Edit, register, row).is_err() {
        let field = register.section.unwrap_or(register.key[0]);
        form.refuse(field, "ほかの所属の行は、書けません。自分の所属を選んでください。");
    }
}

async fn refuse_known_number(
    app: &App,
    register: &'static Register,
    row: &Row,
    form: &mut Form,
) -> Result<(), PortalError> {
    let [number] = register.key else { return Ok(()) };
    let holders = app.store.db.ids_of_number(register, row.text(number)).await?;
    if holders.iter().any(|id| *id != row.id) {
        form.refuse(number, "この番号は、ほかの行が使っています。番号は使い回しません。");
    }
    Ok(())
}

async fn end_page(
    app: &App,
    me: &Me,
    register: &'static Register,
    row: &Row,
    form: Option<&Form>,
) -> Result<FormPage, PortalError> {
    let fields = vec![
        Field::date("on", "いつから無くなりますか")
            .value(me.on.to_string())
            .hint("この日から、一覧に出なくなります。"),
        Field::hidden("version", row.version.to_string()),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let noun = register.noun.name;
    let shell =
        app.shell(me, "/registers", format!("「{}」を終了にしますか", row.text(register.title))).await?;
    Ok(FormPage {
        shell: shell.crumb("/registers", "台帳").crumb(format!("/registers/{noun}"), register.noun.label),
        lead: "廃棄した、返した、使わなくなったときに終了にします。行は消えません。".to_owned(),
        errors,
        action: format!("/registers/{noun}/{}/end", row.id),
        fields,
        upload: false,
        button: "終了にする",
        consequence: "終了した行は「いつの時点で有効」を前の日にすると見られます。".to_owned(),
    })
}

pub(crate) async fn end_form(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Page {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::Edit, register, &id).await?;
    register.valid.ok_or(PortalError::NotFound)?;
    page(&end_page(&app, &me, register, &row, None).await?)
}

pub(crate) async fn end(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::Edit, register, &id).await?;
    let (from, to) = register.valid.ok_or(PortalError::NotFound)?;
    let day = form.date("on", "いつから無くなるかを入力してください。");
    let begins: Option<Date> = row.text(from).parse().ok();
    if let (Some(day), Some(begins)) = (day, begins)
        && day < begins
    {
        form.refuse("on", "始まりの日より前にはできません。");
    }
    let (true, Some(day)) = (form.ok(), day) else {
        return Ok(page(&end_page(&app, &me, register, &row, Some(&form)).await?)?.into_response());
    };
    let mut row = row.set(to, day);
    row.version = form.get("version").parse().unwrap_or(0);
    let mut tx = app.store.write(&me.actor(), register.action("end")).await?;
    tx.update(row).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/registers/{noun}/{id}?done=ended")).into_response())
}
