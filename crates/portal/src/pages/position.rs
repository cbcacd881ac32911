//! 職: the seats that exist (市長, 部長, 課長 …).

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::section::{day, tabs};
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::noun::Row;
use sekisho_domain::position::POSITION;

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let positions = app.store.db.positions(me.on).await?;
    let rows = positions.into_iter().map(|p| {
        vec![
            Cell::text(p.name).under(p.code),
            Cell::number(p.rank),
            Cell::text(day(&p.valid_from)),
            Cell::number(p.holders),
        ]
    });
    let mut shell = app.shell(&me, "/sections", "この市には、どんな職がありますか").await?;
    shell.done = (query.get("done") == "saved").then_some("保存しました。");
    page(&ListPage {
        shell,
        tabs: tabs(&me, "/positions"),
        caption: "今日ある職。順位の小さい順。".to_owned(),
        heads: vec!["職名", "順位", "いつから", "今日の人数"],
        rows: rows.collect(),
        empty: "まだ職がありません。市長、副市長、部長、課長のように加えます。",
        add: me.reaches(Action::Edit, "position").then(|| ("/positions/new".to_owned(), "職を加える")),
        ..ListPage::default()
    })
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let fields = vec![
        Field::text("name", "職名").hint("例：課長"),
        Field::text("code", "職コード"),
        Field::new("rank", "順位", Input::Digits)
            .hint("小さいほど上位。市長10、副市長20、部長40、課長60 のように空けて付けます。"),
        Field::date("from", "いつから").value(me.on.to_string()),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app.shell(me, "/sections", "どの職を加えますか").await?.crumb("/positions", "職"),
        lead: String::new(),
        errors,
        action: "/positions".to_owned(),
        fields,
        upload: false,
        button: "職を加える",
        consequence: "次に、役割の画面でこの職に役割を結びつけられます。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let name = form.required("name", "職名を入力してください。");
    let code = form.required("code", "職コードを入力してください。");
    let rank = form.one_of("rank", "順位を1から999の数字で入力してください。", |t| {
        t.parse::<i64>().ok().filter(|n| (1..1000).contains(n))
    });
    let from = form.date("from", "いつからかを入力してください。");
    if app.store.db.positions(me.on).await?.iter().any(|p| p.code == code) {
        form.refuse("code", "この職コードは、ほかの職が使っています。");
    }
    let (true, Some(rank), Some(from)) = (form.ok(), rank, from) else {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "position.create").await?;
    let row = Row::new(&POSITION, tx.new_id());
    tx.insert(row.set("code", code).set("name", name).set("rank", rank).set("valid_from", from)).await?;
    tx.commit().await?;
    Ok(Redirect::to("/positions?done=saved").into_response())
}
