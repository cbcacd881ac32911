//! 役割: which security role goes with which position (充て職), so that authority moves with 人事異動 by itself.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::section::{choices, day, tabs};
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::noun::Row;
use sekisho_domain::position::ROLE_SEAT;
use sekisho_domain::role::Role;

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let can_edit = me.reaches(Action::Edit, "role_seat");
    let seats = app.store.db.role_seats(me.on).await?;
    let names = app.store.db.role_names().await?;
    let missing: Vec<&str> = Role::REQUIRED
        .iter()
        .filter(|r| !seats.iter().any(|s| s.role == r.code() && s.holders > 0))
        .map(|r| names.of(*r))
        .collect();
    let rows = seats.into_iter().map(|s| {
        let role = names.word(&s.role).to_owned();
        let place = s.section.or(s.unit_id).unwrap_or_else(|| "すべての所属".to_owned());
        let end = match can_edit {
            true => Cell::link(format!("/roles/{}/end", s.id), "終える"),
            false => Cell::text(""),
        };
        vec![
            Cell::text(role),
            Cell::text(s.position).under(place),
            Cell::text(day(&s.valid_from)),
            Cell::number(s.holders),
            end,
        ]
    });
    let mut shell = app.shell(&me, "/sections", "誰が、何に責任を持ちますか").await?;
    shell.done = (query.get("done") == "saved").then_some("保存しました。");
    page(&ListPage {
        shell,
        lead: match missing.is_empty() {
            true => "市での役割の呼び名は、台帳「役割の呼び名」で決められます。".to_owned(),
            false => format!("今日、担当する人がいない役割：{}", missing.join("、")),
        },
        tabs: tabs(&me, "/roles"),
        caption: "役割は人ではなく職に付きます。人が異動しても、役割は職に残ります。".to_owned(),
        heads: vec!["役割", "職", "いつから", "今日の人数", "操作"],
        rows: rows.collect(),
        empty: "まだ役割が決まっていません。まず、CISO をどの職が務めるかを決めます。",
        add: can_edit.then(|| ("/roles/new".to_owned(), "役割を職に結びつける")),
        ..ListPage::default()
    })
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let roles = app.store.db.role_names().await?.choices();
    let positions = app.store.db.positions(me.on).await?.into_iter().map(|p| (p.id, p.name)).collect();
    let everywhere = (String::new(), "すべての所属".to_owned());
    let fields = vec![
        Field::select("role", "役割", roles),
        Field::select("position", "職", positions),
        Field::select("unit", "所属", [everywhere].into_iter().chain(choices(app, me).await?).collect())
            .optional(),
        Field::date("from", "いつから").value(me.on.to_string()),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app
            .shell(me, "/sections", "どの役割を、どの職に結びつけますか")
            .await?
            .crumb("/roles", "役割"),
        lead: String::new(),
        errors,
        action: "/roles".to_owned(),
        fields,
        upload: false,
        button: "結びつける",
        consequence: "この職にいる人に、その日から役割の権限が付きます。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let role = form.one_of("role", "役割を選んでください。", Role::from_code);
    let position = form.required("position", "職を選んでください。");
    let unit = form.get("unit").to_owned();
    let from = form.date("from", "いつからかを入力してください。");
    let known = app.store.db.positions(me.on).await?.iter().any(|p| p.id == position);
    if !position.is_empty() && !known {
        form.refuse("position", "職を選び直してください。");
    }
    let (true, Some(role), Some(from)) = (form.ok(), role, from) else {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "role_seat.create").await?;
    let row = Row::new(&ROLE_SEAT, tx.new_id())
        .set("role", role.code())
        .set("position_id", position)
        .set("unit_id", Some(unit).filter(|u| !u.is_empty()))
        .set("valid_from", from);
    tx.insert(row).await?;
    tx.commit().await?;
    Ok(Redirect::to("/roles?done=saved").into_response())
}

async fn end_page(app: &App, me: &Me, id: &str, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let row = app.store.db.row(&ROLE_SEAT, id).await?.ok_or(PortalError::NotFound)?;
    let names = app.store.db.role_names().await?;
    let role = names.word(row.text("role"));
    let fields = vec![Field::date("on", "効力がなくなる最初の日").value(me.on.to_string())];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    Ok(FormPage {
        shell: app
            .shell(me, "/sections", format!("{role}の結びつきを、いつ終えますか"))
            .await?
            .crumb("/roles", "役割"),
        lead: String::new(),
        errors,
        action: format!("/roles/{id}/end"),
        fields,
        upload: false,
        button: "終える",
        consequence: "この結びつきから来る権限は、その日からなくなります。記録は残ります。".to_owned(),
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
    let row = app.store.db.row(&ROLE_SEAT, &id).await?.ok_or(PortalError::NotFound)?;
    let on = form.date("on", "日付を入力してください。");
    if on.is_some_and(|day| day.to_string().as_str() < row.text("valid_from")) {
        form.refuse("on", "始まった日より前にはできません。");
    }
    let (true, Some(on)) = (form.ok(), on) else {
        return Ok(page(&end_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "role_seat.end").await?;
    tx.end(&ROLE_SEAT, &id, on).await?;
    tx.commit().await?;
    Ok(Redirect::to("/roles?done=saved").into_response())
}
