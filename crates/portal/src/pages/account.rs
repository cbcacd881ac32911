//! アカウント: who can log in, making one, and handing out a one-time password.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::pages::section::tabs;
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Input, Pager};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use sekisho_domain::access::Action;
use sekisho_domain::account::{ACCOUNT, STATES};
use sekisho_domain::search::like_pattern;

/// A one-time password, shown once.
#[derive(Debug, Template)]
#[template(path = "account/issued.html")]
pub(crate) struct IssuedPage {
    pub(crate) shell: Shell,
    pub(crate) login: String,
    pub(crate) password: String,
}

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let after = query.get("after");
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let mut accounts = app.store.db.accounts(after, limit).await?;
    let more = accounts.len() > PAGE_ROWS;
    accounts.truncate(PAGE_ROWS);
    let link = |after: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("after", after).finish();
        format!("/accounts?{query}")
    };
    let next = accounts.last().filter(|_| more).map(|a| link(&a.login));
    let can_edit = me.reaches(Action::Edit, "account");
    let rows = accounts.into_iter().map(|a| {
        let factors = if a.factors >= 2 { "二つ" } else { "二つめがまだ" };
        let kind = if a.privileged { "特権" } else { "一般" };
        let login = match can_edit {
            true => Cell::link(format!("/accounts/new?reset={}", a.account_id), a.login),
            false => Cell::text(a.login),
        };
        vec![
            login,
            Cell::text(a.name),
            Cell::text(word(STATES, &a.state)),
            Cell::text(kind),
            Cell::text(factors),
        ]
    });
    page(&ListPage {
        shell: app.shell(&me, "/sections", "誰がログインできますか").await?,
        tabs: tabs(&me, "/accounts"),
        caption: "ログイン名の順。ログイン名を押すと、登録のやり直しができます。".to_owned(),
        heads: vec!["ログイン名", "氏名", "状態", "種別", "認証"],
        rows: rows.collect(),
        empty: "まだアカウントがありません。",
        pager: Pager { first: (!after.is_empty()).then(|| link("")), next },
        add: can_edit.then(|| ("/accounts/new".to_owned(), "アカウントを作る")),
        ..ListPage::default()
    })
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    const PEOPLE_OFFERED: i64 = 3_000; // a large city's staff; the list is searched by typing in the browser
    let people = app.store.db.people(me.on, &like_pattern(""), "", PEOPLE_OFFERED).await?;
    let people = people
        .into_iter()
        .map(|p| (p.id, format!("{} {} {}", p.number, p.name, p.section.unwrap_or_default())));
    let fields = vec![
        Field::select("person", "職員", people.collect()),
        Field::text("login", "ログイン名").hint("半角の英小文字・数字・「.」「-」「_」"),
        Field::new("privileged", "特権アカウントにする（この仕組みやサーバの管理に使う）", Input::Check)
            .optional(),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app
            .shell(me, "/sections", "誰のアカウントを作りますか")
            .await?
            .crumb("/accounts", "アカウント"),
        lead: String::new(),
        errors,
        action: "/accounts".to_owned(),
        fields,
        upload: false,
        button: "アカウントを作る",
        consequence: "一度だけ使えるパスワードを、次の画面に一度だけ表示します。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let id = query.get("reset");
    if id.is_empty() {
        return page(&form_page(&app, &me, None).await?);
    }
    let account = app.store.db.row(&ACCOUNT, id).await?.ok_or(PortalError::NotFound)?;
    let login = account.text("login");
    let shell = app.shell(&me, "/sections", format!("{login} の登録をやり直しますか")).await?;
    page(&FormPage {
        shell: shell.crumb("/accounts", "アカウント"),
        lead: "本人が職員証などで本人であることを示したときだけ、行ってください。".to_owned(),
        errors: Errors::default(),
        action: format!("/accounts/{id}/reset"),
        fields: vec![],
        upload: false,
        button: "一度だけ使えるパスワードを出す",
        consequence: "今のパスワードは使えなくなり、開いているログインはすべて終わります。".to_owned(),
    })
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let person = form.required("person", "職員を選んでください。");
    let login = form.required("login", "ログイン名を入力してください。");
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    if login.len() > 64 || !login.chars().all(fits) {
        form.refuse("login", "半角の英小文字・数字・「.」「-」「_」だけで、64文字以内にしてください。");
    } else if !app.store.db.login(&login).await?.is_empty() {
        form.refuse("login", "このログイン名は、ほかの人が使っています。");
    }
    if !form.ok() {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    }
    let privileged = form.get("privileged") == "1";
    let (password, phc) = one_time(&app).await?;
    let mut tx = app.store.write(&me.actor(), "account.create").await?;
    let id = tx.create_account(&person, &login, privileged).await?;
    tx.set_credential(&id, "password", &phc, true).await?;
    tx.commit().await?;
    issued(&app, &me, login, password).await
}

pub(crate) async fn reset(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    me.must_be_stepped_up(&format!("/accounts/new?reset={id}"))?;
    let account = app.store.db.row(&ACCOUNT, &id).await?.ok_or(PortalError::NotFound)?;
    let (password, phc) = one_time(&app).await?;
    let mut tx = app.store.write(&me.actor(), "credential.reset").await?;
    tx.set_credential(&id, "password", &phc, true).await?;
    tx.commit().await?;
    app.store.close_sessions_of(&id, "").await?;
    issued(&app, &me, account.text("login").to_owned(), password).await
}

/// A new one-time password and its hash.
async fn one_time(app: &App) -> Result<(String, String), PortalError> {
    let password = credential::one_time_password(&*app.store.entropy);
    let (entropy, plain) = (app.store.entropy.clone(), password.clone());
    let phc = app.hash(move || credential::hash_password(&plain, &*entropy)).await?;
    Ok((password, phc.ok_or(PortalError::Internal("hash".to_owned()))?))
}

async fn issued(app: &App, me: &Me, login: String, password: String) -> Result<Response, PortalError> {
    let shell = app.shell(me, "/sections", "このパスワードを本人に渡してください").await?;
    let shell = shell.crumb("/accounts", "アカウント");
    Ok(page(&IssuedPage { shell, login, password })?.into_response())
}
