//! What an application is about, in the words of its kind.

use crate::App;
use crate::error::PortalError;
use crate::part::ClauseLabel;
use crate::session::Me;
use sekisho_domain::account::STATES as ACCOUNT_STATES;
use sekisho_domain::date::wareki;
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::REQUIREMENT;

/// Rows of a list named on the page; the rest is counted.
const ROWS_NAMED: usize = 20;
/// Changed clauses listed beside a decision; the comparison shows all.
const PREVIEW_ROWS: usize = 20;

/// The parts of a decision page that depend on the kind.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// Completes 「…してよいか」.
    pub(crate) verb: String,
    pub(crate) subject: Vec<(&'static str, String)>,
    pub(crate) link: Option<(String, &'static str)>,
    pub(crate) consequence: &'static str,
    pub(crate) note: Option<String>,
    pub(crate) preview: Vec<(ClauseLabel, &'static str)>,
}

pub(crate) async fn about(
    app: &App,
    me: &Me,
    row: &Row,
    subject: &serde_json::Value,
) -> Result<About, PortalError> {
    let text = |key: &str| subject[key].as_str().unwrap_or("").to_owned();
    let day = |key: &str| text(key).parse().map_or_else(|_| text(key), wareki);
    match row.text("kind") {
        "revision" => revision_about(app, me, row, day("effective_on")).await,
        "rejection" => {
            let ids = subject["rows"].as_array().map_or(0, Vec::len);
            let mut rows = Vec::new();
            for id in subject["rows"].as_array().into_iter().flatten().filter_map(|v| v["id"].as_str()) {
                if rows.len() < ROWS_NAMED
                    && let Some(r) = app.store.db.row(&REQUIREMENT, id).await?
                {
                    rows.push(format!("{} {}", r.text("clause_label"), r.text("text")));
                }
            }
            Ok(About {
                verb: format!("要求 {ids} 件を不採用に"),
                subject: vec![("要求", rows.join("／")), ("いつまで", day("until"))],
                consequence: "承認すると、期限の日まで判定の対象から外れます。期限を過ぎると未検討に戻ります。",
                ..About::default()
            })
        }
        "adoption" => adoption_about(app, subject).await,
        "account" => account_about(app, subject).await,
        "emergency" => {
            let requirement = app.store.db.row(&REQUIREMENT, &text("requirement")).await?;
            let done = subject["done_ms"].as_i64().unwrap_or_default();
            Ok(About {
                verb: "先に行ったことを事後に承認".to_owned(),
                subject: vec![
                    ("行ったこと", text("substitute")),
                    ("行った日時", crate::part::Moment::at(sekisho_domain::clock::Ms(done)).text),
                    (
                        "承認を先に受ける決まり",
                        requirement.map_or(String::new(), |r| r.text("text").to_owned()),
                    ),
                ],
                link: Some((format!("/requirements/{}", text("requirement")), "要求と今の判定を見る")),
                note: Some("緊急のため、承認の前に行われました。例外として記録されています。".to_owned()),
                consequence: "承認しても、承認が後だったことは例外として記録に残ります。",
                ..About::default()
            })
        }
        "exception" => {
            let requirement = app.store.db.row(&REQUIREMENT, &text("requirement")).await?;
            let words = requirement.map_or(String::new(), |r| r.text("text").to_owned());
            Ok(About {
                verb: "例外措置を許可".to_owned(),
                subject: vec![
                    ("要求", words),
                    ("代わりの対策", text("substitute")),
                    ("期間", format!("{}から{}まで", day("valid_from"), day("valid_to"))),
                ],
                link: Some((format!("/requirements/{}", text("requirement")), "要求と今の判定を見る")),
                consequence: "承認すると、期間のあいだ「例外措置中」になります。期限が来ると自動で終わります。",
                ..About::default()
            })
        }
        "disposal" => Ok(About {
            verb: "廃棄を許可".to_owned(),
            subject: vec![
                ("廃棄するもの", text("title")),
                (
                    "消し方",
                    crate::pages::clause::word(sekisho_domain::disposal::METHODS, &text("method")).to_owned(),
                ),
                ("理由", text("reason")),
            ],
            link: Some((format!("/registers/{}/{}", text("register"), text("row")), "台帳の行を見る")),
            consequence: "承認すると、廃棄できます。廃棄した後に証明を残すまで、行は台帳に残ります。",
            ..About::default()
        }),
        _ => Ok(About {
            verb: format!("「{}」を承認", row.text("title")),
            subject: subject["detail"].as_str().map(|d| ("内容", d.to_owned())).into_iter().collect(),
            consequence: "承認すると、この内容で決まります。",
            ..About::default()
        }),
    }
}

async fn revision_about(app: &App, me: &Me, row: &Row, effective: String) -> Result<About, PortalError> {
    let db = &app.store.db;
    let revision = db.revision(row.text("subject_id")).await?.ok_or(PortalError::NotFound)?;
    let changes = crate::pages::compare::changes(app, me, &revision).await?;
    let words = match changes.previous.is_some() {
        true => format!("{} 件", changes.rows.len()),
        false => "新しい文書です".to_owned(),
    };
    let note = (revision.warnings > 0).then(|| {
        format!(
            "取り込んだときに気づいたことが {} 件あります。全文のページで確かめられます。",
            revision.warnings
        )
    });
    let edition = crate::pages::board::edition(&revision.edition);
    Ok(About {
        verb: match changes.previous.is_some() {
            true => format!("{}を{edition}に改定", revision.title),
            false => format!("{}（{edition}）を制定", revision.title),
        },
        subject: vec![
            ("文書", format!("{} {edition}", revision.title)),
            ("施行日", effective),
            ("条項", format!("{} 件", revision.clauses)),
            ("変わる条項", words),
        ],
        link: Some((format!("/revisions/{}", revision.id), "全文と新旧対照表を見る")),
        consequence: "承認すると本文が固定され、施行日から効力を持ちます。",
        note,
        preview: changes.rows.into_iter().take(PREVIEW_ROWS).collect(),
    })
}

async fn adoption_about(app: &App, subject: &serde_json::Value) -> Result<About, PortalError> {
    let rows = subject["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut words = Vec::new();
    for row in rows.iter().take(ROWS_NAMED) {
        if let Some(r) = app.store.db.row(&REQUIREMENT, row["id"].as_str().unwrap_or_default()).await? {
            words.push(format!(
                "{} {}",
                r.text("clause_label"),
                row["text"].as_str().unwrap_or(r.text("text"))
            ));
        }
    }
    if rows.len() > ROWS_NAMED {
        words.push(format!("ほか {} 件", rows.len() - ROWS_NAMED));
    }
    let (verb, consequence) = match subject["state"].as_str() {
        Some("modified") => ("当市の文に変えて採用", "承認すると、変えた文で判定の対象になります。"),
        Some("undecided") => ("未検討に", "承認すると、判定の対象から外れ、未検討に戻ります。"),
        _ => ("採用", "承認すると、判定の対象になり、方針の実施状況に表れます。"),
    };
    Ok(About {
        verb: format!("要求 {} 件を{verb}", rows.len()),
        subject: vec![("要求", words.join("／"))],
        link: Some(("/requirements?adoption=undecided".to_owned(), "未検討の要求を見る")),
        consequence,
        ..About::default()
    })
}

async fn account_about(app: &App, subject: &serde_json::Value) -> Result<About, PortalError> {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    let person = app.store.db.person_name(text("person")).await?.unwrap_or_default();
    let privileged = subject["privileged"].as_bool().unwrap_or(false);
    let (verb, consequence) = match text("change") {
        "create" => (
            "アカウントを新しく用意",
            "承認するとアカウントができます。仮パスワードはシステム管理者が渡します。",
        ),
        "lock" => ("アカウントの利用を停止", "承認すると、その人はすぐに使えなくなります。"),
        "unlock" => ("アカウントの利用を再開", "承認すると、その人はまた使えるようになります。"),
        _ => ("アカウントを廃止", "承認すると、その人は使えなくなります。記録は残ります。"),
    };
    let state = match app.store.db.row(&sekisho_domain::account::ACCOUNT, text("account")).await? {
        Some(row) => crate::pages::clause::word(ACCOUNT_STATES, row.text("state")),
        None => "まだありません",
    };
    Ok(About {
        verb: format!("{person}さんの{verb}"),
        subject: vec![
            ("職員", person),
            ("ログイン名", text("login").to_owned()),
            ("今の状態", state.to_owned()),
            ("特権", if privileged { "付ける" } else { "付けない" }.to_owned()),
        ],
        note: privileged.then(|| "特権のあるアカウントです。2種類の認証がそろうまで使えません。".to_owned()),
        consequence,
        ..About::default()
    })
}
