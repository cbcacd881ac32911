//! 一斉の依頼: things asked of many sections at once, how far they are, and 棚卸 among them.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::clause::word;
use crate::pages::shared::{FormPage, ListPage};
use crate::pages::stocktake;
use crate::part::{Cell, Day, Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, Shell, page};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::campaign::{CAMPAIGN, KINDS};
use sekisho_domain::noun::Row;
use sekisho_domain::task::{BASES, DueRule, STATES};
use sekisho_store::campaign::{Begun, NewCampaign};

/// Campaigns shown; a city begins a few dozen a year.
const CAMPAIGNS_MAX: i64 = 200;

/// Every campaign, newest first, with how far it is.
pub(crate) async fn list(State(app): State<App>, me: Me) -> Page {
    let mut rows = Vec::new();
    for c in app.store.db.campaigns("~", CAMPAIGNS_MAX).await? {
        let state = if c.closed_ms.is_some() { "終わり" } else { "進行中" };
        rows.push(vec![
            Cell::link(format!("/campaigns/{}", c.id), c.title),
            Cell::text(word(KINDS, &c.kind)),
            Cell::text(c.due_on.parse().map_or(String::new(), sekisho_domain::date::wareki_weekday)),
            Cell { number: true, ..Cell::text(format!("{} / {}", c.done, c.asked)) },
            Cell::text(state),
        ]);
    }
    let can_ask = me.reach(Action::Edit, "campaign") == Reach::All;
    page(&ListPage {
        shell: app.shell(&me, "/tasks", "全ての課に、何を頼んでいますか").await?.crumb("/tasks", "やること"),
        caption: "新しい順。".to_owned(),
        heads: vec!["件名", "種類", "期限", "終わった所属", "状態"],
        rows,
        empty: if can_ask {
            "まだ何も頼んでいません。「棚卸を始める」を押すと、台帳を持つ全ての課のやることに届き、ここに進み具合が出ます。"
        } else {
            "いま、全ての課に頼まれていることはありません。棚卸が始まると、あなたのやることに届き、ここに課の進み具合が出ます。"
        },
        add: can_ask.then(|| ("/campaigns/stocktake".to_owned(), "棚卸を始める")),
        ..ListPage::default()
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let row = app.store.db.row(&CAMPAIGN, &id).await?.ok_or(PortalError::NotFound)?;
    match row.text("kind") {
        "stocktake" => {
            stocktake::progress(&app, &me, &row, &Form::from_query(query.as_deref().unwrap_or(""))).await
        }
        _ => asked(&app, &me, &row).await,
    }
}

#[derive(Debug, Template)]
#[template(path = "campaign/page.html")]
pub(crate) struct CampaignPage {
    shell: Shell,
    detail: String,
    basis: &'static str,
    due: Day,
    asked: usize,
    done: usize,
    rows: Vec<Vec<Cell>>,
}

async fn asked(app: &App, me: &Me, row: &Row) -> Page {
    let id = row.id.as_str();
    let tasks = app.store.db.campaign_tasks(id, me.on).await?;
    let everything = me.reach(Action::View, "campaign") == Reach::All;
    let mine = |unit: Option<&str>| unit.is_some_and(|unit| me.who.sits_in(unit, me.on));
    if !everything && !tasks.iter().any(|t| mine(t.unit_id.as_deref())) {
        return Err(PortalError::NotFound);
    }
    let done = tasks.iter().filter(|t| t.state == "done").count();
    let asked = tasks.len();
    let shown = tasks.into_iter().filter(|t| everything || mine(t.unit_id.as_deref()));
    let rows = shown.map(|t| {
        let at = t.closed_ms.map(|ms| crate::part::Moment::at(sekisho_domain::clock::Ms(ms)).text);
        vec![
            Cell::text(t.section.unwrap_or_default()),
            Cell::text(word(STATES, &t.state)),
            Cell::text(at.unwrap_or_default()),
        ]
    });
    let due = row.text("due_on").parse().unwrap_or(me.on);
    page(&CampaignPage {
        shell: app
            .shell(me, "/tasks", row.text("title"))
            .await?
            .crumb("/tasks", "やること")
            .crumb("/campaigns", "一斉の依頼"),
        detail: row.text("detail").to_owned(),
        basis: word(BASES, row.text("basis")),
        due: Day::due(due),
        asked,
        done,
        rows: rows.collect(),
    })
}

fn fields() -> Vec<Field> {
    let bases: Vec<(&str, &str)> = BASES.to_vec();
    vec![
        Field::text("title", "件名"),
        Field::area("detail", "してほしいこと"),
        Field::radio("basis", "求めているもの", &bases),
        Field::radio(
            "rule",
            "期限の決まり",
            &[
                ("business", "開庁日で数える"),
                ("calendar", "暦の日で数える（法令の期限はこれだけ）"),
                ("roll", "暦の日で数え、閉庁日なら次の開庁日"),
            ],
        ),
        Field::new("days", "日数", Input::Digits),
        Field::new("anyway", "依頼が重なっている所属にも出す", Input::Check),
    ]
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let units = app.store.db.managed_units(me.on).await?.len();
    let fields = fields();
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app.shell(me, "/tasks", "全ての課に、何を頼みますか").await?.crumb("/tasks", "やること"),
        lead: format!(
            "情報セキュリティ管理者のいる {units} の組織に、同じ依頼を出します。適用範囲の外の組織には出しません。"
        ),
        errors,
        action: "/campaigns".to_owned(),
        fields,
        upload: false,
        button: "依頼する",
        consequence: "各課の「やること」に出ます。終わった課から、集計に反映します。".to_owned(),
    })
}

pub(crate) async fn new_form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn begin(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let title = form.required("title", "件名を入力してください。");
    let detail = form.required("detail", "してほしいことを入力してください。");
    let basis = form.one_of("basis", "求めているものを選んでください。", |b| {
        BASES.iter().find(|(code, _)| *code == b).map(|(code, _)| *code)
    });
    let days = form.get("days").to_owned();
    let rule = DueRule::parse(&format!("{}:{days}", form.get("rule")));
    let rule = match (rule, basis) {
        (Err(_), _) => {
            form.refuse("days", "期限の決まりを選び、日数を数字で入力してください。");
            None
        }
        (Ok(rule), Some(basis)) if rule.allowed(basis).is_err() => {
            form.refuse("rule", "法令の期限は、暦の日で数えます。開庁日では数えられません。");
            None
        }
        (Ok(rule), _) => Some(rule),
    };
    let (true, Some(basis), Some(rule)) = (form.ok(), basis, rule) else {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let units = app.store.db.managed_units(me.on).await?;
    let new = NewCampaign {
        title: &title,
        detail: &detail,
        basis,
        due_rule: rule,
        unit_ids: &units,
        anyway: !form.get("anyway").is_empty(),
    };
    match app.store.begin_campaign(&me.actor(), new).await? {
        Begun::Yes(id) => Ok(Redirect::to(&format!("/campaigns/{id}")).into_response()),
        Begun::Crowded(units) => {
            let mut names = Vec::new();
            for unit in units.iter().take(3) {
                names.push(app.store.db.section_name(unit, me.on).await?.unwrap_or_default());
            }
            form.refuse(
                "anyway",
                format!(
                    "{} など {} の組織には、終わっていない依頼が3件以上あります。終わるのを待つか、重ねて出すことを選んでください。",
                    names.join("、"),
                    units.len()
                ),
            );
            Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response())
        }
    }
}
