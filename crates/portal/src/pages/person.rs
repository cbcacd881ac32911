//! 職員: the people of today, one person with their assignments, adding and correcting.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::pages::clause::word;
use crate::pages::section::{day, tabs};
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Pager};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::Action;
use sekisho_domain::noun::Row;
use sekisho_domain::person::{BY_HAND, PERSON, POPULATIONS};
use sekisho_domain::position::ASSIGNMENT_KINDS;
use sekisho_domain::search::like_pattern;

pub(crate) async fn list(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let (words, after) = (query.get("q"), query.get("after"));
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let mut people = app.store.db.people(me.on, &like_pattern(words), after, limit).await?;
    let more = people.len() > PAGE_ROWS;
    people.truncate(PAGE_ROWS);
    let link = |after: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", words).append_pair("after", after);
        format!("/people?{}", query.finish())
    };
    let next = people.last().filter(|_| more).map(|p| link(&p.number));
    let rows = people.iter().map(|p| {
        let seat =
            [p.section.as_deref(), p.position.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![
            Cell::link(format!("/people/{}", p.id), p.name.clone()).under(p.number.clone()),
            Cell::text(if seat.is_empty() { "配属なし".to_owned() } else { seat }),
            Cell::text(word(POPULATIONS, &p.population)),
            Cell::text(day(&p.joined_on)),
        ]
    });
    let mut shell = app.shell(&me, "/sections", "どの職員を探していますか").await?;
    shell.done = (query.get("done") == "saved").then_some("保存しました。");
    page(&ListPage {
        shell,
        tabs: tabs(&me, "/people"),
        filter: vec![Field::text("q", "氏名・よみ・職員番号").value(words).optional()],
        caption: "今日在籍している人。職員番号の順。".to_owned(),
        heads: vec!["氏名", "所属と職", "区分", "採用日"],
        rows: rows.collect(),
        empty: "条件に合う職員はいません。",
        pager: Pager { first: (!after.is_empty()).then(|| link("")), next },
        add: me.reaches(Action::Edit, "person").then(|| ("/people/new".to_owned(), "職員を加える")),
        ..ListPage::default()
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let person = app.store.db.row(&PERSON, &id).await?.ok_or(PortalError::NotFound)?;
    let can_edit = me.reaches(Action::Edit, "assignment");
    let rows = app.store.db.assignments_of(&id, me.on).await?;
    let today = me.on.to_string();
    let rows = rows.into_iter().map(|a| {
        let open = a.valid_to.as_deref().is_none_or(|to| to > today.as_str());
        let ends = a.valid_to.as_deref().map_or("今も".to_owned(), |to| format!("{}の前日まで", day(to)));
        let seat = format!("{} {}", a.section.unwrap_or_default(), a.position);
        let end = match open && can_edit {
            true => Cell::link(format!("/assignments/{}/end", a.id), "終える"),
            false => Cell::text(""),
        };
        vec![
            Cell::text(seat),
            Cell::text(word(ASSIGNMENT_KINDS, &a.kind)),
            Cell::text(day(&a.valid_from)),
            Cell::text(ends),
            end,
        ]
    });
    let name = person.text("name");
    let mut shell = app.shell(&me, "/sections", format!("{name}さんは、どこに配属されていますか")).await?;
    shell = shell.crumb("/people", "職員");
    shell.done = (query.get("done") == "saved").then_some("保存しました。");
    let lead = format!(
        "職員番号 {} ・ {} ・ {}採用",
        person.text("number"),
        word(POPULATIONS, person.text("population")),
        day(person.text("joined_on"))
    );
    let add = can_edit.then(|| (format!("/people/{id}/assign"), "配属を加える"));
    page(&ListPage {
        shell,
        lead,
        caption: "配属。新しい順。権限は、今日有効な配属だけから決まります。".to_owned(),
        heads: vec!["所属と職", "種別", "いつから", "いつまで", "操作"],
        rows: rows.collect(),
        empty: "まだ配属がありません。配属がないと、何の権限もありません。",
        add,
        ..ListPage::default()
    })
}

fn fields(me: &Me) -> Vec<Field> {
    let populations = POPULATIONS.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect();
    vec![
        Field::text("number", "職員番号"),
        Field::text("name", "氏名"),
        Field::text("kana", "よみ").optional(),
        Field::text("mail", "メール").optional(),
        Field::select("population", "区分", populations),
        Field::date("joined", "採用日").value(me.on.to_string()),
    ]
}

async fn form_page(
    app: &App,
    me: &Me,
    row: Option<&Row>,
    form: Option<&Form>,
) -> Result<FormPage, PortalError> {
    let mut fields = fields(me);
    if let Some(row) = row {
        let columns = ["number", "name", "kana", "mail", "population", "joined_on"];
        for (field, column) in fields.iter_mut().zip(columns) {
            field.value = row.text(column).to_owned();
        }
        fields.push(
            Field::date("left", "退職日")
                .optional()
                .value(row.text("left_on"))
                .hint("この日から、どの権限もなくなります。"),
        );
    }
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let (title, action, button) = match row {
        Some(row) => (
            format!("{}さんの何を直しますか", row.text("name")),
            format!("/people/{}/edit", row.id),
            "保存する",
        ),
        None => ("どの職員を加えますか".to_owned(), "/people".to_owned(), "職員を加える"),
    };
    Ok(FormPage {
        shell: app.shell(me, "/sections", title).await?.crumb("/people", "職員"),
        lead: String::new(),
        errors,
        action,
        fields,
        upload: false,
        button,
        consequence: "次に、配属を加えると権限が決まります。".to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None, None).await?)
}

pub(crate) async fn edit_form(State(app): State<App>, me: Me, Path(id): Path<String>) -> Page {
    let row = app.store.db.row(&PERSON, &id).await?.ok_or(PortalError::NotFound)?;
    page(&form_page(&app, &me, Some(&row), None).await?)
}

/// Reads the form onto a row; `None` when something is wrong.
fn read(form: &mut Form, row: Row) -> Option<Row> {
    let number = form.required("number", "職員番号を入力してください。");
    let name = form.required("name", "氏名を入力してください。");
    let [kana, mail] = ["kana", "mail"].map(|field| Some(form.limited(field)).filter(|v| !v.is_empty()));
    let known = |k: &str| POPULATIONS.iter().find(|(c, _)| *c == k).map(|(c, _)| *c);
    let population = form.one_of("population", "区分を選んでください。", known);
    let joined = form.date("joined", "採用日を入力してください。");
    let left = form.date_or_none("left");
    if let (Some(joined), Some(left)) = (joined, left)
        && left < joined
    {
        form.refuse("left", "退職日が採用日より前になっています。");
    }
    form.ok().then_some(())?;
    let row = row.set("number", number).set("name", name).set("kana", kana).set("mail", mail);
    Some(row.set("population", population?).set("joined_on", joined?).set("left_on", left))
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let mut tx = app.store.write(&me.actor(), "person.create").await?;
    let id = tx.new_id();
    let Some(row) = read(&mut form, Row::new(&PERSON, &id).set("source", BY_HAND[0])) else {
        drop(tx);
        return Ok(page(&form_page(&app, &me, None, Some(&form)).await?)?.into_response());
    };
    match tx.create_person(row).await {
        Err(sekisho_store::StoreError::Refused(_)) => {
            drop(tx);
            form.refuse("number", "この職員番号は、ほかの人が使っています。");
            return Ok(page(&form_page(&app, &me, None, Some(&form)).await?)?.into_response());
        }
        other => other?,
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}?done=saved")).into_response())
}

pub(crate) async fn update(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&PERSON, &id).await?.ok_or(PortalError::NotFound)?;
    let Some(new) = read(&mut form, row.clone()) else {
        return Ok(page(&form_page(&app, &me, Some(&row), Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "person.update").await?;
    tx.update_person(new).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}?done=saved")).into_response())
}
