//! アカウント: who can log in, making one, and handing out a one-time password.

use crate::App;
use crate::credential;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::pages::credential::{KeyLine, line};
use crate::pages::section::tabs;
use crate::pages::session::agent_words;
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Input, Moment, Pager};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::account::{ACCOUNT, KINDS, STATES};
use sekisho_domain::clock::Ms;
use sekisho_domain::search::like_pattern;
use sekisho_store::account::NewKey;
use sekisho_store::page::ReviewRow;

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
            true => Cell::link(format!("/accounts/{}", a.account_id), a.login),
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
        caption: "ログイン名の順。ログイン名を押すと、認証の方法と登録のやり直しが開きます。".to_owned(),
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

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

/// One account: what proves its owner, and what an administrator may do about it.
#[derive(Debug, Template)]
#[template(path = "account/page.html")]
pub(crate) struct AccountPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) keys: Vec<KeyLine>,
    /// Where the owner is logged in now: (browser, since, last seen).
    pub(crate) sessions: Vec<(String, Moment, Moment)>,
    pub(crate) can_edit: bool,
    /// Somebody else has agreed that the person registers anew.
    pub(crate) granted: bool,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
    pub(crate) card: Vec<Field>,
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let mut shown = account_page(&app, &me, &id, None).await?;
    shown.shell.done = match query.get("done") {
        "asked" => {
            Some("登録のやり直しを申請しました。承認されたら、この画面で一度だけ使えるパスワードを出せます。")
        }
        "revoked" => Some("取り消しました。"),
        "ended" => Some("このアカウントのログインを全て終わらせました。"),
        "countersigned" => Some("立会いを記録しました。"),
        "saved" => Some("区分を変えました。"),
        "card" => Some("職員カードを結び付けました。"),
        _ => None,
    };
    page(&shown)
}

async fn account_page(app: &App, me: &Me, id: &str, form: Option<&Form>) -> Result<AccountPage, PortalError> {
    let holder = app.store.db.holder(id).await?.ok_or(PortalError::NotFound)?;
    let can_edit = me.reaches(Action::Edit, "account");
    let mut keys = Vec::new();
    for key in app.store.db.keys(id).await? {
        let mut actions = Vec::new();
        if can_edit {
            actions.push((format!("/credentials/{}/revoke", key.credential_id), "取り消す"));
            if key.kind == "passkey" && key.countersigned_by.is_none() && holder.person_id != me.who.person_id
            {
                actions.push((format!("/credentials/{}/countersign", key.credential_id), "立ち会った"));
            }
        }
        keys.push(line(app, &key, actions).await?);
    }
    let open = app.store.db.sessions_of(id, me.now).await?.into_iter().filter(|s| s.stage == "full");
    let sessions = open
        .map(|s| (agent_words(&s.agent), Moment::at(Ms(s.created_ms)), Moment::at(Ms(s.seen_ms))))
        .collect();
    let tick = |id, words, on: bool| {
        let field = Field::new(id, words, Input::Check).optional();
        if on { field.value("1") } else { field }
    };
    let resident = holder.resident_zone == Some(true);
    let card = vec![
        Field::text("issuer", "証明書の発行者").hint("例: CN=City CA,O=Sakurazaka。中継サーバの表示のとおり"),
        Field::text("serial", "証明書のシリアル番号").hint("16進数"),
    ];
    let (card, errors) = form.map_or((card.clone(), Errors::default()), |f| f.refill(card));
    let shell = app.shell(me, "/sections", format!("{} は、何で本人と分かりますか", holder.login)).await?;
    Ok(AccountPage {
        shell: shell.crumb("/accounts", "アカウント"),
        id: id.to_owned(),
        facts: vec![
            ("ログイン名", holder.login.clone()),
            ("氏名", holder.name.clone()),
            ("種別", word(KINDS, &holder.kind).to_owned()),
            ("状態", word(STATES, &holder.state).to_owned()),
        ],
        keys,
        sessions,
        can_edit,
        granted: app.store.db.reset_granted(id, me.now).await?,
        errors,
        fields: vec![
            tick("privileged", "特権アカウント（この仕組みやサーバの管理に使う）", holder.privileged),
            tick("resident_zone", "住民情報系を使う（種類の違う二つの認証が必ず要る）", resident),
        ],
        card,
    })
}

pub(crate) async fn update(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Redirect, PortalError> {
    me.must_be_stepped_up(&format!("/accounts/{id}"))?;
    let mut tx = app.store.write(&me.actor(), "account.update").await?;
    let row = tx.get(&ACCOUNT, &id).await?;
    let row = row.set("privileged", form.get("privileged") == "1");
    tx.update(row.set("resident_zone", form.get("resident_zone") == "1")).await?;
    tx.commit().await?;
    // What they showed at log-in may no longer be enough.
    app.store.close_sessions_of(&id, &me.session.id).await?;
    Ok(Redirect::to(&format!("/accounts/{id}?done=saved")))
}

pub(crate) async fn certificate(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    me.must_be_stepped_up(&format!("/accounts/{id}"))?;
    let issuer = form.required("issuer", "発行者を入力してください。");
    let serial = form.required("serial", "シリアル番号を入力してください。");
    if !serial.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == ' ') {
        form.refuse("serial", "0〜9 と A〜F で入力してください。");
    }
    let handle = super::card::handle(&issuer, &serial);
    if form.ok() && app.store.db.key(&handle).await?.is_some() {
        form.refuse("serial", "このカードは、ほかのアカウントに結び付いています。");
    }
    if !form.ok() {
        return Ok(page(&account_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    }
    app.store.db.holder(&id).await?.ok_or(PortalError::NotFound)?;
    let mut tx = app.store.write(&me.actor(), "credential.enrol").await?;
    let seen_by = me.who.person_id.as_str();
    let key = NewKey {
        kind: "certificate",
        label: &format!("シリアル {serial}"),
        handle: &handle,
        public_key: None,
        counter: 0,
        countersigned_by: Some(seen_by),
    };
    tx.add_key(&id, key).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/accounts/{id}?done=card")).into_response())
}

/// A question of the account review with the accounts it is about.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) words: &'static str,
    pub(crate) when: &'static str,
    pub(crate) rows: Vec<(Cell, String, String)>,
}

#[derive(Debug, Template)]
#[template(path = "account/review.html")]
pub(crate) struct ReviewPage {
    pub(crate) shell: Shell,
    pub(crate) sync: Option<String>,
    pub(crate) questions: Vec<Question>,
}

pub(crate) async fn review(State(app): State<App>, me: Me) -> Page {
    let found = app.store.db.account_review(me.now).await?;
    let moment = |ms: Option<i64>| ms.map_or_else(|| "一度もない".to_owned(), |ms| Moment::at(Ms(ms)).text);
    let question = |words, when, rows: Vec<ReviewRow>| {
        let rows = rows.into_iter().map(|r| {
            let login = match r.account_id.is_empty() {
                true => Cell::text(r.login),
                false => Cell::link(format!("/accounts/{}", r.account_id), r.login),
            };
            (login, r.name, moment(r.at_ms))
        });
        Question { words, when, rows: rows.collect() }
    };
    let used = "最後に使った日時";
    let seen = "庁内の認証基盤で最後に見た日時";
    let sync = app.store.db.directory_state().await?.map(|state| {
        let read = moment(Some(state.read_ms).filter(|ms| *ms > 0));
        match state.fault {
            None => format!("庁内の認証基盤との照合: {read}"),
            Some(fault) => format!("庁内の認証基盤を読めていません（{fault}）。最後に読めた日時: {read}"),
        }
    });
    page(&ReviewPage {
        shell: app
            .shell(&me, "/sections", "使われていない、危ないアカウントはありますか")
            .await?
            .crumb("/accounts", "アカウント"),
        sync,
        questions: vec![
            question("退職した人のアカウントが、庁内の認証基盤で止まっていない", seen, found.left),
            question("庁内の認証基盤にあるが、職員の名簿に持ち主がいない", seen, found.nobodys),
            question("特権又は住民情報系なのに、二つめの認証がない", used, found.one_factor),
            question("90日を超えて使われていない", used, found.unused),
        ],
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

/// 登録のやり直し takes two: the first time this applies for it, and once another person has approved it hands out
/// the one-time password. Approving has ended everything that proved the old owner.
pub(crate) async fn reset(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    me.must_be_stepped_up(&format!("/accounts/{id}"))?;
    let holder = app.store.db.holder(&id).await?.ok_or(PortalError::NotFound)?;
    if !app.store.db.reset_granted(&id, me.now).await? {
        let mut tx = app.store.write(&me.actor(), "decision.apply").await?;
        tx.apply_for_reset(&me.who, &holder).await?;
        tx.commit().await?;
        return Ok(Redirect::to(&format!("/accounts/{id}?done=asked")).into_response());
    }
    let (password, phc) = one_time(&app).await?;
    let mut tx = app.store.write(&me.actor(), "credential.reset").await?;
    tx.set_credential(&id, "password", &phc, true).await?;
    tx.commit().await?;
    app.store.close_sessions_of(&id, "").await?;
    issued(&app, &me, holder.login, password).await
}

/// Ends every log-in of an account at once: a screen left open, a telephone that was lost.
pub(crate) async fn end_sessions(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    app.store.db.holder(&id).await?.ok_or(PortalError::NotFound)?;
    app.store.close_sessions_of(&id, "").await?;
    Ok(Redirect::to(&format!("/accounts/{id}?done=ended")))
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
