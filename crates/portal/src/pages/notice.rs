//! 通知の文面: what the mails of this city say. A text is shown as the mail it makes before it is kept, and cannot ask
//! for anything but numbers, days and links.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::ListPage;
use crate::part::{Cell, Errors, Field};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::notice::{MEANINGS, STANDARD};
use sekisho_mail::template::{Item, Words, check, render, standard};

#[derive(Debug, Template)]
#[template(path = "notice/edit.html")]
struct EditPage {
    shell: Shell,
    code: String,
    errors: Errors,
    fields: Vec<Field>,
    /// The mail as somebody with two things to do would get it: (subject, body).
    sample: Option<(String, String)>,
    meanings: &'static [(&'static str, &'static str)],
    own: bool,
}

fn known(code: &str) -> Result<&'static str, PortalError> {
    STANDARD.iter().find(|(c, ..)| *c == code).map(|(_, what, ..)| *what).ok_or(PortalError::NotFound)
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let can_edit = me.reaches(Action::Edit, "notice_template");
    let mut rows = Vec::new();
    for (code, what, subject, _) in STANDARD {
        let own = app.store.db.notice_template(code).await?;
        let cell = match can_edit {
            true => Cell::link(format!("/notices/{code}/edit"), *what),
            false => Cell::text(*what),
        };
        let whose = if own.is_some() { "市で変えた文面" } else { "もとの文面" };
        rows.push(vec![
            cell,
            Cell::text(own.map_or_else(|| (*subject).to_owned(), |(subject, _)| subject)),
            Cell::text(whose),
        ]);
    }
    let mut shell = app.shell(&me, "/tasks", "関所からのメールには、何と書いてありますか").await?;
    shell.done = match query.get("done") {
        "saved" => Some("保存しました。次に送るメールから使います。"),
        "standard" => Some("もとの文面に戻しました。"),
        _ => None,
    };
    page(&ListPage {
        shell: shell.crumb("/tasks", "やること"),
        lead: "メールには、件数・番号・期限・リンクだけを書きます。名前や用件は書けません。".to_owned(),
        caption: "通知の種類。".to_owned(),
        heads: vec!["種類", "件名", "だれの文面か"],
        rows,
        ..ListPage::default()
    })
}

/// What the texts are tried with. Nobody's real tasks.
fn sample_words(city: &str) -> Words {
    let item = |due: &str, number: &str| Item {
        due: due.to_owned(),
        number: number.to_owned(),
        link: "https://sekisho.example.lan/tasks".to_owned(),
    };
    Words {
        city: city.to_owned(),
        count: 2,
        late: 1,
        today: 1,
        decisions: 1,
        items: vec![item("12月1日", "T-3F9A02"), item("12月4日", "T-77B10C")],
        number: "T-3F9A02".to_owned(),
        due: "12月1日".to_owned(),
        link: "https://sekisho.example.lan/tasks".to_owned(),
    }
}

async fn edit_page(app: &App, me: &Me, code: &str, form: Option<&Form>) -> Result<EditPage, PortalError> {
    let what = known(code)?;
    let own = app.store.db.notice_template(code).await?;
    let (subject, body) = standard(code).unwrap_or_default();
    let (subject, body) = own.clone().unwrap_or_else(|| (subject.to_owned(), body.to_owned()));
    let fields = vec![
        Field::text("subject", "件名").value(&subject),
        Field::area("body", "本文")
            .value(&body)
            .hint("{{ }} の中は、送るときに数字やリンクに置き換わります。"),
    ];
    let tried = form.map_or_else(|| (subject, body), |f| (f.get("subject").to_owned(), text(f, "body")));
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let sample = render(&tried.0, &tried.1, &sample_words(&app.config.city)).ok();
    let shell = app.shell(me, "/tasks", format!("{what}のメールに、何と書きますか")).await?;
    Ok(EditPage {
        shell: shell.crumb("/tasks", "やること").crumb("/notices", "通知の文面"),
        code: code.to_owned(),
        errors,
        fields,
        sample,
        meanings: MEANINGS,
        own: own.is_some(),
    })
}

fn text(form: &Form, name: &str) -> String {
    form.get(name).replace("\r\n", "\n")
}

pub(crate) async fn edit_form(State(app): State<App>, me: Me, Path(code): Path<String>) -> Page {
    page(&edit_page(&app, &me, &code, None).await?)
}

pub(crate) async fn edit(
    State(app): State<App>,
    me: Me,
    Path(code): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    known(&code)?;
    if form.get("do") == "standard" {
        app.store.set_notice_template(&me.actor(), &code, None).await?;
        return Ok(Redirect::to("/notices?done=standard").into_response());
    }
    let subject = form.required("subject", "件名を入力してください。");
    let body = form.required("body", "本文を入力してください。");
    for (name, text) in [("subject", &subject), ("body", &body)] {
        if let Err(error) = check(text) {
            form.refuse(name, error.ja());
        }
    }
    if form.ok()
        && let Err(error) = render(&subject, &body, &sample_words(&app.config.city))
    {
        form.refuse("body", error.ja());
    }
    if form.ok() && !body.contains("link") {
        form.refuse("body", "リンク（{{ link }}）がありません。受け取った人が、関所のどの画面を開けばよいか分かるように入れてください。");
    }
    if !form.ok() || form.get("do") == "try" {
        return Ok(page(&edit_page(&app, &me, &code, Some(&form)).await?)?.into_response());
    }
    app.store.set_notice_template(&me.actor(), &code, Some((&subject, &body))).await?;
    Ok(Redirect::to("/notices?done=saved").into_response())
}
