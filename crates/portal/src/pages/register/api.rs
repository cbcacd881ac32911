//! The JSON API of registers: `/api/v1/registers/{noun}`. The same rights, rules and history as the pages. What it
//! promises stands in `docs/openapi.json`, which is written from the declarations and checked by a test.

use super::named;
use super::query::Asked;
use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::limits::PAGE_ROWS;
use crate::session::Me;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sekisho_domain::REGISTERS;
use sekisho_domain::access::{Action, by_decision};
use sekisho_domain::id::new_id;
use sekisho_domain::noun::{Column, Kind, Row};
use sekisho_domain::register::{Layout, Register};
use serde_json::{Map, Value as Json, json};

fn answer(status: StatusCode, body: &Json) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// A row as the API gives it: stored values (codes, ids, ISO dates), not words.
fn row_json(layout: &Layout, seen: &[&'static Column], row: &Row) -> Json {
    let values = seen.iter().map(|c| (c.name.to_owned(), layout.get(row, c).json()));
    json!({ "id": row.id, "version": row.version, "values": values.collect::<Map<_, _>>() })
}

pub(crate) async fn list(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let form = Form::from_query(query.as_deref().unwrap_or(""));
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let asked = Asked::parse(&layout, &seen, &form, me.on);
    let reach = me.reach(Action::View, register.noun.name);
    let listed = app.store.db.register_list(register, &asked.to_store(register, PAGE_ROWS), &reach).await?;
    let next = listed.rows.last().filter(|_| listed.more).map(|row| {
        let value = row.get(register.sorts[asked.sort]).map(super::list::plain).unwrap_or_default();
        format!("/api/v1/registers/{noun}?{}", asked.query_after(register, &value, &row.id))
    });
    let items: Vec<Json> = listed.rows.iter().map(|row| row_json(&layout, &seen, row)).collect();
    Ok(answer(StatusCode::OK, &json!({ "items": items, "next": next })))
}

pub(crate) async fn show(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::View, register, &id).await?;
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    Ok(answer(StatusCode::OK, &row_json(&layout, &seen, &row)))
}

pub(crate) async fn create(
    State(app): State<App>,
    me: Me,
    Path(noun): Path<String>,
    body: Bytes,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let row = Row::new(register.noun, new_id(me.now, &*app.store.entropy));
    write(&app, &me, register, row, &body, true).await
}

pub(crate) async fn update(
    State(app): State<App>,
    me: Me,
    Path((noun, id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, PortalError> {
    let register = named(&noun)?;
    let row = app.row_for(&me, Action::Edit, register, &id).await?;
    write(&app, &me, register, row, &body, false).await
}

/// Values named in the body replace those of the row; the others stay.
async fn write(
    app: &App,
    me: &Me,
    register: &'static Register,
    mut row: Row,
    body: &Bytes,
    fresh: bool,
) -> Result<Response, PortalError> {
    let body: Json = serde_json::from_slice(body).map_err(|e| PortalError::Unreadable(e.to_string()))?;
    let layout = app.store.db.layout(register).await?;
    let seen = layout.seen_by(&me.who, me.on);
    let mut wrong = Map::new();
    for (name, json) in body.get("values").and_then(Json::as_object).into_iter().flatten() {
        match seen.iter().copied().find(|c| c.name == name) {
            Some(column) => match column.kind.from_json(json) {
                value if value.is_null() && !json.is_null() => {
                    wrong.insert(name.clone(), format!("「{json}」は入れられません。").into());
                }
                value => layout.set(&mut row, column, value),
            },
            None => drop(wrong.insert(name.clone(), "この項目はありません。".into())),
        }
    }
    if !fresh {
        row.version = body.get("version").and_then(Json::as_i64).unwrap_or(0);
    }
    if wrong.is_empty() {
        wrong.extend(layout.refusals(&row).into_iter().map(|(name, said)| (name.to_owned(), said.into())));
    }
    if !wrong.is_empty() {
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "errors": wrong })));
    }
    me.must_row(Action::Edit, register, &row)?;
    let id = row.id.clone();
    let mut tx =
        app.store.write(&me.actor(), register.action(if fresh { "create" } else { "update" })).await?;
    if fresh {
        tx.insert(row).await?
    } else {
        tx.update(row).await?
    }
    tx.commit().await?;
    let row = app.store.db.row(register.noun, &id).await?.ok_or(PortalError::NotFound)?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok(answer(status, &row_json(&layout, &seen, &row)))
}

pub(crate) async fn description() -> Response {
    answer(StatusCode::OK, &openapi())
}

/// OpenAPI 3.1, from the declarations. Columns a city added are not in it: they are that city's.
pub fn openapi() -> Json {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for register in REGISTERS {
        let noun = register.noun.name;
        schemas.insert(noun.to_owned(), schema(register));
        paths.insert(format!("/api/v1/registers/{noun}"), collection(register));
        paths.insert(format!("/api/v1/registers/{noun}/{{id}}"), single(register));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "関所 台帳API",
            "version": "1",
            "description": "画面と同じ権限・決まり・履歴で、台帳の行を読み書きする。値は画面の言葉ではなく、符号・行のid・西暦の日付（YYYY-MM-DD）。"
        },
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": {
            "key": { "type": "http", "scheme": "bearer", "description": "「どこからログインしていますか」の画面で作る鍵。作った人と同じ範囲を、読むだけか、読み書きする。" },
            "session": { "type": "apiKey", "in": "cookie", "name": "__Host-sekisho" }
        } },
        "security": [{ "key": [] }, { "session": [] }]
    })
}

fn schema(register: &Register) -> Json {
    let layout = Layout::plain(register_static(register));
    let values = layout.columns().map(|c| (c.name.to_owned(), value_schema(c))).collect::<Map<_, _>>();
    let required: Vec<&str> = layout.columns().filter(|c| c.required).map(|c| c.name).collect();
    json!({
        "title": register.noun.label,
        "type": "object",
        "required": ["id", "version", "values"],
        "properties": {
            "id": { "type": "string" },
            "version": { "type": "integer", "description": "直すときは、読んだときの版を送る。違っていれば 409。" },
            "values": { "type": "object", "properties": values, "required": required }
        }
    })
}

fn register_static(register: &Register) -> &'static Register {
    sekisho_domain::register(register.noun.name).unwrap_or(REGISTERS[0])
}

fn value_schema(column: &Column) -> Json {
    let kind = match column.kind {
        Kind::Int | Kind::Instant => "integer",
        Kind::Bool => "boolean",
        _ => "string",
    };
    let kind = if column.required { json!(kind) } else { json!([kind, "null"]) };
    let mut schema = json!({ "type": kind, "title": column.label });
    match column.kind {
        Kind::Date => schema["format"] = "date".into(),
        Kind::Choice(choices) => {
            let codes = choices.iter().map(|(code, _)| Json::from(*code));
            let null = (!column.required).then_some(Json::Null);
            schema["enum"] = codes.chain(null).collect();
            let words: Vec<String> = choices.iter().map(|(code, word)| format!("{code}: {word}")).collect();
            schema["description"] = words.join("、").into();
        }
        Kind::Unit => schema["description"] = "組織の番号（unit_id）".into(),
        Kind::Ref(noun) => schema["description"] = format!("{noun} の id").into(),
        _ => {}
    }
    if !column.unit.is_empty() {
        schema["description"] = format!("単位：{}", column.unit).into();
    }
    schema
}

fn collection(register: &Register) -> Json {
    let (noun, label) = (register.noun.name, register.noun.label);
    let text = |name: String, words: &str| json!({ "name": name, "in": "query", "description": words, "schema": { "type": "string" } });
    let mut parameters = vec![
        text("q".to_owned(), "言葉で探す（全角・半角、かな・カナを問わない）"),
        text("on".to_owned(), "いつの時点で有効か（YYYY-MM-DD、all で全て）。なければ今日"),
        text("sort".to_owned(), &format!("並び順：{}", register.sorts.join("、"))),
        text("dir".to_owned(), "down で逆順"),
    ];
    parameters.extend(register.filters.iter().map(|name| {
        let label = register.noun.column(name).map_or("", |c| c.label);
        text(format!("f_{name}"), label)
    }));
    let one = json!({ "$ref": format!("#/components/schemas/{noun}") });
    let mut paths = json!({
        "get": {
            "summary": format!("{label}の一覧（{PAGE_ROWS}件ずつ。続きは next）"),
            "parameters": parameters,
            "responses": { "200": content(&json!({ "type": "object", "properties": {
                "items": { "type": "array", "items": one },
                "next": { "type": ["string", "null"] }
            } })), "401": { "description": "鍵がないか、期限が切れている" }, "403": { "description": "権限がない" } }
        }
    });
    if !by_decision(noun) {
        paths["post"] = json!({
            "summary": format!("{label}を1件加える"),
            "requestBody": content(&json!({ "type": "object", "properties": { "values": { "type": "object" } } })),
            "responses": { "201": content(&one), "409": { "description": "番号が使われている" }, "422": { "description": "入れられない値がある（errors）" } }
        });
    }
    paths
}

fn single(register: &Register) -> Json {
    let label = register.noun.label;
    let one = json!({ "$ref": format!("#/components/schemas/{}", register.noun.name) });
    let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let mut paths = json!({
        "parameters": id,
        "get": { "summary": format!("{label}を1件読む"), "responses": { "200": content(&one), "404": { "description": "ない" } } }
    });
    if !by_decision(register.noun.name) {
        paths["post"] = json!({
            "summary": format!("{label}を1件直す。送った項目だけが変わる"),
            "requestBody": content(&json!({ "type": "object", "required": ["version", "values"], "properties": {
                "version": { "type": "integer" }, "values": { "type": "object" }
            } })),
            "responses": { "200": content(&one), "409": { "description": "ほかの人が先に直した" }, "422": { "description": "入れられない値がある（errors）" } }
        });
    }
    paths
}

fn content(schema: &Json) -> Json {
    json!({ "description": "JSON", "content": { "application/json": { "schema": schema } } })
}
