//! 外部決裁: the draft for the city's 文書管理 system, and what came back from it.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::decision::{decision_page, refused, visible};
use crate::part::{Field, Input};
use crate::session::Me;
use crate::shell::page;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::date::wareki;
use sekisho_domain::noun::Row;
use sekisho_store::decision::{Answer, Outside, draft};
use sekisho_store::evidence::StoredFile;

pub(crate) fn fields(row: &Row) -> Vec<Field> {
    vec![
        Field::text("file_number", "文書番号").hint("文書管理システムの番号。例：情政第412号"),
        Field::date("decided_on", "決裁日"),
        Field::text("division", "専決区分").value(row.text("division")),
        Field::text("seat", "決裁した職").hint("例：総務部長"),
        Field::text("hash", "中身の印")
            .hint("起案に印刷された64文字。違う内容が決裁されていないかを確かめます。"),
        Field::new("file", "決裁済みの文書の写し", Input::File).hint("鍵をかけて保管し、印を記録します。"),
    ]
}

/// What was recorded of the paper, for the page.
pub(crate) fn paper(row: &Row) -> Vec<(&'static str, String)> {
    let Ok(paper) = serde_json::from_str::<serde_json::Value>(row.text("external")) else {
        return Vec::new();
    };
    let text = |key: &str| paper[key].as_str().unwrap_or_default().to_owned();
    let day = text("decided_on").parse().map_or_else(|_| text("decided_on"), wareki);
    let copy = &paper["copy"];
    vec![
        ("文書番号（外部）", text("file_number")),
        ("決裁日", day),
        ("専決区分", text("division")),
        ("決裁した職", text("seat")),
        (
            "写し",
            format!(
                "{}（中身の印 {}）",
                copy["name"].as_str().unwrap_or_default(),
                copy["sha256"].as_str().unwrap_or_default()
            ),
        ),
    ]
}

pub(crate) async fn download(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let row = visible(&app, &me, &id).await?;
    if row.text("venue") != "external" {
        return Err(PortalError::NotFound);
    }
    let applicant = app.store.db.person_name(row.text("applicant_id")).await?.unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"draft.txt\""),
    ];
    Ok((headers, draft(&row, &applicant)).into_response())
}

pub(crate) async fn record(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, PortalError> {
    let row = visible(&app, &me, &id).await?;
    let file_number = form.required("file_number", "文書番号を入力してください。");
    let decided_on = form.date("decided_on", "決裁日を入力してください。");
    let division = form.required("division", "専決区分を入力してください。");
    let seat = form.required("seat", "決裁した職を入力してください。");
    let hash = form.required("hash", "起案に印刷された中身の印を入力してください。").to_lowercase();
    if decided_on.is_some_and(|day| day > me.on) {
        form.refuse("decided_on", "今日までの日付を入力してください。");
    }
    if !hash.is_empty() && hash != row.text("subject_sha256") {
        form.refuse(
            "hash",
            "中身の印が、この申請のものと違います。違う内容が決裁されています。何も記録していません。",
        );
    }
    if form.upload.is_none() {
        form.refuse("file", "決裁済みの文書の写しを選んでください。");
    }
    let (true, Some(decided_on), Some(upload)) = (form.ok(), decided_on, form.upload.take()) else {
        return Ok(page(&decision_page(&app, &me, &id, Some(&form)).await?)?.into_response());
    };
    let sealed = app.objects.put(&app.store, upload.bytes.to_vec()).await?;
    let answer = if form.get("answer") == "returned" { Answer::Return } else { Answer::Approve };
    let outside = Outside {
        file_number: &file_number,
        decided_on,
        division: &division,
        seat: &seat,
        subject_sha256: &hash,
        copy: StoredFile { object_id: &sealed.object_id, name: &upload.name, sha256: &sealed.sha256 },
        answer,
    };
    if let Err(error) = app.store.record_outside(&me.who, &id, outside).await {
        return Err(refused(&app, error).await);
    }
    Ok(Redirect::to("/decisions?of=mine&done=outside").into_response())
}
