//! 市独自の要求: a row of the city's own 対策基準 that the catalogue does not have; and where in the 対策基準 a row is
//! laid down.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field, Input};
use crate::picture;
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::noun::Row;
use sekisho_domain::requirement::{CHECK_KINDS, REQUIREMENT, STAGES};
use sekisho_domain::role::Role;
use sekisho_store::page::ClauseLine;
use sekisho_store::requirement::OwnRequirement;

/// How long evidence is good for when nobody says otherwise (days): a year.
const FRESHNESS_DAYS: i64 = 365;

/// Clauses of the document of a kind that is in force today; none when there is no such document.
pub(crate) async fn clauses(app: &App, me: &Me, kind: &'static str) -> Result<Vec<ClauseLine>, PortalError> {
    match app.store.db.in_force(kind, me.on).await? {
        Some(revision) => Ok(app.store.db.clauses(&revision.id).await?),
        None => Ok(Vec::new()),
    }
}

/// `(clause id, 「7(3)② LGWAN系の分離」)`, after a way to choose none.
pub(crate) fn choices(clauses: &[ClauseLine]) -> Vec<(String, String)> {
    let none = (String::new(), "まだ決めない".to_owned());
    let named = |c: &ClauseLine| (c.clause_id.clone(), format!("{} {}", c.label, picture::title(c)));
    [none].into_iter().chain(clauses.iter().map(named)).collect()
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let words =
        |list: &[(&str, &str)]| list.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect();
    let proven = CHECK_KINDS.iter().filter(|(code, _)| *code != "machine").copied().collect::<Vec<_>>();
    let roles = app.store.db.role_names().await?.choices();
    let fields = vec![
        Field::text("title", "要求の見出し").hint("例：窓口の画面をのぞき見から守る"),
        Field::area("text", "内容").hint("誰が、何を、いつまでにするか。"),
        Field::select(
            "clause",
            "基本方針のどの条項のためですか",
            choices(&clauses(app, me, "policy").await?),
        ),
        Field::select(
            "standard",
            "対策基準のどこに書いてありますか",
            choices(&clauses(app, me, "standard").await?),
        )
        .optional(),
        Field::select("role", "担当する役割", roles),
        Field::select("kind", "確かめ方", words(&proven)),
        Field::select("stage", "段階", words(STAGES)),
        Field::new("days", "証拠の有効日数", Input::Digits)
            .value(FRESHNESS_DAYS.to_string())
            .hint("この日数を過ぎた証拠は「古い」になります。"),
        Field::new(
            "event",
            "事象があったときだけの要求（無かった期間は「該当なし」を報告する）",
            Input::Check,
        )
        .optional(),
    ];
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let shell = app.shell(me, "/requirements", "この市だけの要求を加えますか").await?;
    Ok(FormPage {
        shell: shell.crumb("/requirements", "要求事項"),
        lead: "国のガイドラインの441件に無い、この市の対策基準だけの決まりを加えます。".to_owned(),
        errors,
        action: "/requirements/new".to_owned(),
        fields,
        upload: false,
        button: "要求を加える",
        consequence:
            "「未検討」として加わります。採用の決裁を受けると、判定が始まります。441件の数には入りません。"
                .to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn create(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let title = form.required("title", "見出しを入力してください。");
    let text = form.required("text", "内容を入力してください。");
    let policy = clauses(&app, &me, "policy").await?;
    let clause = form.one_of("clause", "条項を選んでください。", |id| {
        policy.iter().find(|c| c.clause_id == id)
    });
    let standard = clauses(&app, &me, "standard").await?;
    let standard = standard.iter().find(|c| c.clause_id == form.get("standard")).map(|c| c.clause_id.clone());
    let role = form.one_of("role", "役割を選んでください。", Role::from_code);
    let code =
        |list: &'static [(&str, &str)]| move |c: &str| list.iter().find(|(k, _)| *k == c).map(|(k, _)| *k);
    let kind =
        form.one_of("kind", "確かめ方を選んでください。", code(CHECK_KINDS)).filter(|k| *k != "machine");
    let stage = form.one_of("stage", "段階を選んでください。", code(STAGES));
    let days = form.get("days").parse::<i64>().ok().filter(|d| (1..=3_660).contains(d));
    if days.is_none() {
        form.refuse("days", "1から3660までの数字を入力してください。");
    }
    let event_triggered = form.get("event") == "1";
    let (true, Some(clause), Some(role), Some(check_kind), Some(stage), Some(freshness_days)) =
        (form.ok(), clause, role, kind, stage, days)
    else {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    };
    let mut tx = app.store.write(&me.actor(), "requirement.create").await?;
    let new = OwnRequirement {
        title: &title,
        text: &text,
        clause_id: &clause.clause_id,
        clause_label: &clause.label,
        standard_clause_id: standard.as_deref(),
        role,
        check_kind,
        stage,
        freshness_days,
        event_triggered,
    };
    let id = tx.create_requirement(new).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/requirements/{id}?done=created")).into_response())
}

/// The field by which a row is tied to the 対策基準; nothing when none is in force.
pub(crate) async fn standard_field(app: &App, me: &Me, row: &Row) -> Result<Option<Field>, PortalError> {
    let clauses = clauses(app, me, "standard").await?;
    let field = Field::select("standard", "対策基準のどこに書いてありますか", choices(&clauses));
    Ok((!clauses.is_empty()).then(|| field.value(row.text("standard_clause_id"))))
}

/// Says where in the 対策基準 a row is laid down.
pub(crate) async fn lay_down(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    form: Form,
) -> Result<Redirect, PortalError> {
    let standard = clauses(&app, &me, "standard").await?;
    let clause = standard.iter().find(|c| c.clause_id == form.get("standard")).map(|c| c.clause_id.clone());
    let mut tx = app.store.write(&me.actor(), "requirement.lay_down").await?;
    let row = tx.get(&REQUIREMENT, &id).await?;
    tx.update(row.set("standard_clause_id", clause)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/requirements/{id}?done=laid-down")))
}
