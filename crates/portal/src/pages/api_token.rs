//! Keys for one's programs: made beside the log-ins, shown once, ended by their day or a click.

use crate::App;
use crate::credential::new_token;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::session::list_page;
use crate::part::{Errors, Field, Moment};
use crate::session::Me;
use crate::shell::{Shell, page};
use crate::sign_in::query;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Action, Thing};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{date_at, wareki};
use sekisho_store::api_token::{API_TOKENS_MAX, NewApiToken};

/// Longest name of a key (characters).
const NAME_CHARS: usize = 40;
/// How long a key may last. A program that is still needed after a year is worth a new one.
const LASTS: [(&str, &str, i64); 3] = [("30", "30日", 30), ("90", "90日", 90), ("365", "1年", 365)];
const REACHES: &[(&str, &str)] = &[("reads", "読むだけ"), ("writes", "読んで、書く")];
const PAGE: &str = "/sessions";

/// The keys of a person and the form for another.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) rows: Vec<KeyRow>,
    pub(crate) errors: Errors,
    pub(crate) fields: Vec<Field>,
    /// 本人確認, when it has to come before a key is made.
    pub(crate) prove_first: Option<String>,
}

#[derive(Debug)]
pub(crate) struct KeyRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) reaches: &'static str,
    pub(crate) ends: String,
    pub(crate) used: Option<Moment>,
}

impl Keys {
    pub(crate) async fn of(app: &App, me: &Me, form: Option<&Form>) -> Result<Keys, PortalError> {
        let rows = app.store.db.api_tokens_of(&me.session.account_id, me.now).await?;
        let rows = rows.into_iter().map(|key| KeyRow {
            id: key.id,
            name: key.name,
            reaches: if key.writes { "読んで、書く" } else { "読むだけ" },
            ends: wareki(date_at(Ms(key.ends_ms))),
            used: (key.used_ms > 0).then(|| Moment::at(Ms(key.used_ms))),
        });
        let (fields, errors) = form.map_or((fields(), Errors::default()), |form| form.refill(fields()));
        let prove_first = (!me.stepped_up()).then(|| format!("/step-up?{}", query("back", PAGE)));
        Ok(Keys { rows: rows.collect(), errors, fields, prove_first })
    }
}

fn fields() -> Vec<Field> {
    let lasts: Vec<(&str, &str)> = LASTS.iter().map(|(code, words, _)| (*code, *words)).collect();
    vec![
        Field::text("name", "何に使いますか").hint("例：資産管理ソフトから機器台帳への反映"),
        Field::radio("reaches", "できること", REACHES).value("reads").hint(
            "台帳の行だけです。あなたが見られる行、直せる行に限ります。申請・決裁・書き出しはできません。",
        ),
        Field::radio("lasts", "いつまで使えますか", &lasts).value("90"),
    ]
}

#[derive(Debug, Template)]
#[template(path = "session/key.html")]
struct KeyPage {
    shell: Shell,
    token: String,
    ends: String,
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    me.must_be_stepped_up(PAGE)?;
    let name = form.required("name", "何に使う鍵かを書いてください。あとで見分けるためです。");
    if name.chars().count() > NAME_CHARS {
        form.refuse("name", format!("{NAME_CHARS}字以内にしてください。"));
    }
    let writes = form.one_of("reaches", "できることを選んでください。", |code| match code {
        "reads" => Some(false),
        "writes" => Some(true),
        _ => None,
    });
    let days = form.one_of("lasts", "期間を選んでください。", |code| {
        LASTS.iter().find(|(known, ..)| *known == code).map(|(.., days)| *days)
    });
    if let (true, Some(writes), Some(days)) = (form.ok(), writes, days) {
        let (token, hash) = new_token(&*app.store.entropy);
        let ends = me.now.plus(days * Ms::DAY);
        let account_id = me.session.account_id.as_str();
        let new = NewApiToken { account_id, token_sha256: &hash, name: &name, writes, ends };
        if app.store.add_api_token(new).await? {
            let shell = app.shell(&me, "", "この鍵を、今、プログラムに入れてください").await?;
            let shell = shell.crumb(PAGE, "ログインと鍵");
            return Ok(page(&KeyPage { shell, token, ends: wareki(date_at(ends)) })?.into_response());
        }
        let full = format!("鍵は{API_TOKENS_MAX}個まで作れます。使っていないものを無効にしてください。");
        form.refuse("name", full);
    }
    Ok(page(&list_page(&app, &me, Some(&form)).await?)?.into_response())
}

pub(crate) async fn revoke(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Redirect, PortalError> {
    let own =
        app.store.db.api_tokens_of(&me.session.account_id, me.now).await?.iter().any(|key| key.id == id);
    let owner = own.then_some(me.who.person_id.as_str());
    me.must_find(Action::Edit, Thing { noun: "session", person_id: owner, ..Thing::default() })?;
    app.store.remove_api_token(&id).await?;
    Ok(Redirect::to(PAGE))
}
