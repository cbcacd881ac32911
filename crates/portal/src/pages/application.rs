//! 申請: asking for something to be decided. Who decides follows from 専決規程, never from the applicant's choice.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::{FormPage, ListPage};
use crate::part::{Cell, Errors, Field, Input};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Action, Reach};
use sekisho_domain::authority::Facts;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::start_of;
use sekisho_domain::requirement::REQUIREMENT;
use sekisho_store::StoreError;
use sekisho_store::decision::{Application, NO_APPROVER};
use sekisho_store::evidence::NewException;

/// The row of the catalogue that asks for approval before acting.
const APPROVAL_ROW: &str = "1.8.1";
const CLASSES: [&str; 8] = ["3A", "3B", "3C", "3", "2", "1", "", "-"];

pub(crate) async fn choose(State(app): State<App>, me: Me) -> Page {
    let mut rows = vec![
        ("/applications/account", "アカウントの申請", "新しく作る、止める、使えるように戻す、廃止する。"),
        (
            "/applications/general",
            "その他の申請",
            "区分・人数・領域・金額から、専決規程に沿って決裁する人が決まります。",
        ),
        (
            "/applications/emergency",
            "緊急時の事後承認",
            "承認を待てずに先に行ったことを、後から届け出ます。例外として記録されます。",
        ),
    ];
    if me.reach(Action::Request, "exception") != Reach::Nothing {
        rows.push((
            "/applications/exception",
            "例外措置の申請",
            "要求を守れないとき、代わりの対策と期限を決めて許可を求めます。",
        ));
    }
    page(&ListPage {
        shell: app.shell(&me, "/decisions", "何を申請しますか").await?.crumb("/decisions", "決裁"),
        lead: "方針・基準の改定は文書の画面から、要求の採否は要求事項の画面から申請します。".to_owned(),
        caption: "申請の種類。".to_owned(),
        heads: vec!["種類", "内容"],
        rows: rows
            .into_iter()
            .map(|(href, name, what)| vec![Cell::link(href, name), Cell::text(what)])
            .collect(),
        ..ListPage::default()
    })
}

struct Drawn {
    title: &'static str,
    lead: &'static str,
    action: &'static str,
    fields: Vec<Field>,
}

async fn form_page(app: &App, me: &Me, drawn: Drawn, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let (fields, errors) = form.map_or((drawn.fields.clone(), Errors::default()), |f| f.refill(drawn.fields));
    Ok(FormPage {
        shell: app
            .shell(me, "/decisions", drawn.title)
            .await?
            .crumb("/decisions", "決裁")
            .crumb("/applications/new", "申請する"),
        lead: drawn.lead.to_owned(),
        errors,
        action: drawn.action.to_owned(),
        fields,
        upload: false,
        button: "申請する",
        consequence: "決裁する人に回ります。決裁されるまでは引き戻せます。".to_owned(),
    })
}

/// Applies, and turns a missing approver into a sentence beside the form.
async fn submit(
    app: &App,
    me: &Me,
    drawn: Drawn,
    mut form: Form,
    result: Result<String, StoreError>,
) -> Result<Response, PortalError> {
    let why = match result {
        Ok(id) => return Ok(Redirect::to(&format!("/decisions/{id}?done=applied")).into_response()),
        Err(StoreError::IllegalMove(why)) if why == NO_APPROVER => {
            "あなたの申請を独立して決裁できる職も会議体もありません。情報政策課が「会議体」で、上位の職がないときに決裁する会議体を登録してください。"
        }
        Err(StoreError::IllegalMove("a route names a body that does not exist")) => {
            "専決規程が、登録のない会議体を指しています。情報政策課に知らせてください。"
        }
        Err(StoreError::Refused(_)) => "同じものの申請が、もう決裁を待っているか、承認されています。",
        Err(error) => return Err(error.into()),
    };
    form.refuse("reason", why);
    Ok(page(&form_page(app, me, drawn, Some(&form)).await?)?.into_response())
}

fn reason() -> Field {
    Field::area("reason", "理由")
}

fn general_drawn() -> Drawn {
    let words = |code: &str| match code {
        "" => "決まっていない".to_owned(),
        "-" => "情報を扱わない".to_owned(),
        class => format!("機密性{class}"),
    };
    let zones = [
        ("", "関係しない"),
        ("住民情報系", "住民情報系"),
        ("LGWAN系", "LGWAN系"),
        ("インターネット系", "インターネット系"),
        ("個別", "個別ネットワーク"),
    ];
    Drawn {
        title: "何を決めてほしいですか",
        lead: "",
        action: "/applications/general",
        fields: vec![
            Field::text("title", "件名").hint("「…について」を付けずに、決めることを書きます。"),
            Field::area("detail", "内容"),
            reason(),
            Field::select(
                "class",
                "扱う情報の区分",
                ["", "-", "1", "2", "3", "3C", "3B", "3A"]
                    .iter()
                    .map(|c| ((*c).to_owned(), words(c)))
                    .collect(),
            )
            .optional(),
            Field::new("persons", "個人の数（人）", Input::Digits).optional(),
            Field::select(
                "zone",
                "領域",
                zones.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect(),
            )
            .optional(),
            Field::new("amount", "金額（円）", Input::Digits)
                .optional()
                .hint("分からないときは空けます。金額で決まる専決は使われません。"),
            Field::text("clause", "根拠の条項").optional().hint("例：7(3)②"),
            Field::new("external", "文書管理システムで決裁する（外部決裁）", Input::Check),
        ],
    }
}

pub(crate) async fn general_form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, general_drawn(), None).await?)
}

/// A whole number that may be missing; full-width digits and separators are read as people write them.
fn figure(form: &mut Form, name: &str) -> Option<i64> {
    let folded = sekisho_domain::search::search_key(&[form.get(name)]);
    let text: String = folded.chars().filter(|c| !matches!(c, ',' | ' ' | '円' | '人')).collect();
    if text.is_empty() {
        return None;
    }
    let number = text.parse::<i64>().ok().filter(|n| *n >= 0);
    if number.is_none() {
        form.refuse(name, "数字で入力してください。");
    }
    number
}

pub(crate) async fn general(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let title = form.required("title", "件名を入力してください。");
    let detail = form.required("detail", "内容を入力してください。");
    let reason = form.required("reason", "理由を入力してください。");
    let clause = form.limited("clause");
    let facts = Facts {
        class: Some(form.get("class").to_owned()).filter(|c| CLASSES.contains(&c.as_str()) && !c.is_empty()),
        persons: figure(&mut form, "persons"),
        zone: Some(form.get("zone").to_owned()).filter(|z| !z.is_empty()),
        amount_yen: figure(&mut form, "amount"),
    };
    if !form.ok() {
        return Ok(page(&form_page(&app, &me, general_drawn(), Some(&form)).await?)?.into_response());
    }
    let external = !form.get("external").is_empty();
    let result = async {
        let mut tx = app.store.write(&me.actor(), "decision.apply").await?;
        let subject_id = tx.new_id();
        let application = Application {
            kind: "general",
            subject_noun: "decision",
            subject_id: &subject_id,
            subject: serde_json::json!({ "title": title, "detail": detail, "facts": facts.json() }),
            title: &title,
            reason: &reason,
            clause_label: Some(clause.as_str()).filter(|c| !c.is_empty()),
            facts,
            external,
            ..Application::default()
        };
        let id = tx.apply(&me.who, application).await?;
        tx.commit().await?;
        Ok(id)
    };
    let result = result.await;
    submit(&app, &me, general_drawn(), form, result).await
}

const CHANGES: [(&str, &str); 4] =
    [("create", "新しく作る"), ("lock", "止める"), ("unlock", "使えるように戻す"), ("disable", "廃止する")];

fn account_drawn() -> Drawn {
    Drawn {
        title: "どのアカウントを、どうしますか",
        lead: "決裁は、あなたの所属の情報セキュリティ管理者に回ります。",
        action: "/applications/account",
        fields: vec![
            Field::radio("change", "どうするか", &CHANGES),
            Field::text("login", "ログイン名"),
            Field::text("number", "職員番号").optional().hint("新しく作るときだけ。"),
            Field::new("privileged", "特権（管理者権限）を付ける", Input::Check),
            reason(),
        ],
    }
}

pub(crate) async fn account_form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, account_drawn(), None).await?)
}

pub(crate) async fn account(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let change = form.one_of("change", "どうするかを選んでください。", |c| {
        CHANGES.iter().find(|(code, _)| *code == c).map(|(code, _)| *code)
    });
    let login = form.required("login", "ログイン名を入力してください。");
    let reason = form.required("reason", "理由を入力してください。");
    let number = form.get("number").to_owned();
    let known = app.store.db.account_by_login(&login).await?;
    let person = match (change, &known) {
        (Some("create"), Some(_)) => {
            form.refuse("login", "このログイン名は、もう使われています。");
            None
        }
        (Some("create"), None) => {
            let found = app.store.db.person_by_number(&number).await?;
            if found.is_none() {
                form.refuse("number", "この職員番号の人はいません。");
            }
            found
        }
        (Some(_), Some(account)) => Some(account.person_id.clone()),
        (Some(_), None) => {
            form.refuse("login", "このログイン名のアカウントはありません。");
            None
        }
        (None, _) => None,
    };
    let (true, Some(change), Some(person)) = (form.ok(), change, person) else {
        return Ok(page(&form_page(&app, &me, account_drawn(), Some(&form)).await?)?.into_response());
    };
    let privileged = change == "create" && !form.get("privileged").is_empty();
    let word = CHANGES.iter().find(|(code, _)| *code == change).map_or("", |(_, word)| word);
    let title = format!("アカウント {login} を{word}");
    let result = async {
        let mut tx = app.store.write(&me.actor(), "account.request").await?;
        let subject_id = known.map_or_else(|| tx.new_id(), |account| account.account_id);
        let asked_ms = tx.at().0;
        let application = Application {
            kind: "account",
            subject_noun: "account",
            subject_id: &subject_id,
            subject: serde_json::json!({
                "change": change, "account": subject_id, "person": person, "login": login,
                "privileged": privileged, "asked_ms": asked_ms,
            }),
            title: &title,
            reason: &reason,
            clause_label: Some("7(6)"),
            alike: (!privileged).then_some(change),
            ..Application::default()
        };
        let id = tx.apply(&me.who, application).await?;
        tx.commit().await?;
        Ok(id)
    };
    let result = result.await;
    submit(&app, &me, account_drawn(), form, result).await
}

fn emergency_drawn() -> Drawn {
    Drawn {
        title: "承認の前に、何を行いましたか",
        lead: "緊急で承認を待てなかったことを届け出ます。承認されても、後からの承認だったことは例外として残ります。",
        action: "/applications/emergency",
        fields: vec![
            Field::area("what", "行ったこと"),
            Field::date("done_on", "行った日"),
            Field::text("done_at", "行った時刻").hint("例：21:40"),
            reason(),
            Field::text("requirement", "承認を先に受ける決まり").value(APPROVAL_ROW).hint("要求の番号"),
            Field::date("until", "元に戻すか、正規の手続きを終える日"),
        ],
    }
}

pub(crate) async fn emergency_form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, emergency_drawn(), None).await?)
}

/// `21:40` → milliseconds since midnight.
fn clock_time(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once([':', '：'])?;
    let (hour, minute): (i64, i64) = (hour.trim().parse().ok()?, minute.trim().parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * Ms::HOUR + minute * Ms::MINUTE)
}

pub(crate) async fn emergency(
    State(app): State<App>,
    me: Me,
    mut form: Form,
) -> Result<Response, PortalError> {
    let what = form.required("what", "行ったことを入力してください。");
    let reason = form.required("reason", "理由を入力してください。");
    let on = form.date("done_on", "行った日を入力してください。");
    let at = form.one_of("done_at", "時刻を 21:40 のように入力してください。", clock_time);
    let until = form.date("until", "日付を入力してください。");
    let done = on.zip(at).map(|(day, at)| start_of(day).plus(at));
    if done.is_some_and(|done| done > me.now) {
        form.refuse("done_on", "これからのことは、先に申請してください。");
    }
    if let (Some(on), Some(until)) = (on, until)
        && until <= on
    {
        form.refuse("until", "行った日より後の日付を入力してください。");
    }
    let requirement = app.store.db.requirement_by_catalogue_id(form.get("requirement")).await?;
    if requirement.is_none() {
        form.refuse("requirement", "この番号の要求はありません。");
    }
    let (true, Some(done), Some(on), Some(until), Some(requirement)) =
        (form.ok(), done, on, until, requirement)
    else {
        return Ok(page(&form_page(&app, &me, emergency_drawn(), Some(&form)).await?)?.into_response());
    };
    let result = async {
        let mut tx = app.store.write(&me.actor(), "emergency.report").await?;
        let new = NewException {
            requirement_id: &requirement,
            reason: &reason,
            substitute: &what,
            residual_risk: None,
            valid_from: on,
            valid_to: until,
        };
        let id = tx.apply_after_the_fact(&me.who, done, new).await?;
        tx.commit().await?;
        Ok(id)
    };
    let result = result.await;
    submit(&app, &me, emergency_drawn(), form, result).await
}

async fn exception_drawn(app: &App, chosen: &str) -> Result<Drawn, PortalError> {
    let row = app.store.db.row(&REQUIREMENT, chosen).await?;
    let number = row.map_or(String::new(), |row| row.text("catalogue_id").to_owned());
    Ok(Drawn {
        title: "どの要求を、いつまで守れませんか",
        lead: "許可されると、期間のあいだ「例外措置中」になります。期限が来ると自動で終わります。",
        action: "/applications/exception",
        fields: vec![
            Field::text("requirement", "要求の番号").value(number),
            reason(),
            Field::area("substitute", "代わりの対策"),
            Field::area("risk", "残るリスク")
                .hint("代わりの対策をとっても、起こりうること。なければ「なし」と、そう考える理由。"),
            Field::date("from", "いつから"),
            Field::date("until", "いつまで"),
        ],
    })
}

pub(crate) async fn exception_form(State(app): State<App>, me: Me, RawQuery(query): RawQuery) -> Page {
    let query = Form::from_query(query.as_deref().unwrap_or(""));
    let drawn = exception_drawn(&app, query.get("requirement")).await?;
    page(&form_page(&app, &me, drawn, None).await?)
}

pub(crate) async fn exception(
    State(app): State<App>,
    me: Me,
    mut form: Form,
) -> Result<Response, PortalError> {
    let reason = form.required("reason", "理由を入力してください。");
    let substitute = form.required("substitute", "代わりの対策を入力してください。");
    let risk = form.required("risk", "残るリスクを入力してください。なければ「なし」と理由を書きます。");
    let from = form.date("from", "いつからかを入力してください。");
    let until = form.date("until", "いつまでかを入力してください。");
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        form.refuse("until", "始まりより後の日付を入力してください。");
    }
    let requirement = app.store.db.requirement_by_catalogue_id(form.get("requirement")).await?;
    if requirement.is_none() {
        form.refuse("requirement", "この番号の要求はありません。");
    }
    let drawn = exception_drawn(&app, "").await?;
    let (true, Some(from), Some(until), Some(requirement)) = (form.ok(), from, until, requirement) else {
        return Ok(page(&form_page(&app, &me, drawn, Some(&form)).await?)?.into_response());
    };
    let result = async {
        let mut tx = app.store.write(&me.actor(), "exception.apply").await?;
        let new = NewException {
            requirement_id: &requirement,
            reason: &reason,
            substitute: &substitute,
            residual_risk: Some(&risk),
            valid_from: from,
            valid_to: until,
        };
        let id = tx.apply_for_exception(&me.who, new).await?;
        tx.commit().await?;
        Ok(id)
    };
    let result = result.await;
    submit(&app, &me, drawn, form, result).await
}
