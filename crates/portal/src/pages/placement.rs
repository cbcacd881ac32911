//! 要求の置き場所: to which clause of the city's own policy the catalogue's requirements belong. Guessed from numbers
//! and headings; a city that numbers its policy otherwise says it here, once.

use crate::App;
use crate::error::PortalError;
use crate::form::Form;
use crate::pages::own_requirement::{choices, clauses};
use crate::pages::shared::FormPage;
use crate::part::{Errors, Field};
use crate::session::Me;
use crate::shell::{Page, page};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_catalogue::{Clause, OwnClause, catalogue};
use sekisho_store::page::ClauseLine;
use sekisho_store::placement::Placement;

/// A clause of the catalogue with requirements, and where they stand now.
struct Place {
    clause: &'static Clause,
    rows: i64,
    /// Of the edition in force; `None` when they stand nowhere in it, or not all in one clause.
    now: Option<String>,
    by_hand: bool,
}

async fn places(app: &App, own: &[ClauseLine]) -> Result<Vec<Place>, PortalError> {
    let known = |id: &String| own.iter().any(|c| c.clause_id == *id);
    let stand = app.store.db.placements().await?;
    let place = |clause: &'static Clause| {
        let mine: Vec<_> = stand.iter().filter(|p| p.clause_label == clause.label).collect();
        let now = match mine.as_slice() {
            [Placement { clause_id: Some(id), .. }] if known(id) => Some(id.clone()),
            _ => None,
        };
        let by_hand = mine.iter().any(|p| p.by_hand > 0);
        Place { clause, rows: mine.iter().map(|p| p.rows_there).sum(), now, by_hand }
    };
    Ok(catalogue().clauses.iter().map(place).filter(|p| p.rows > 0).collect())
}

async fn form_page(app: &App, me: &Me, form: Option<&Form>) -> Result<FormPage, PortalError> {
    let own = clauses(app, me, "policy").await?;
    if own.is_empty() {
        return Err(PortalError::Refused(
            "施行中の基本方針がありません。先に基本方針を取り込み、決裁を受けてください。".to_owned(),
        ));
    }
    let guess = |label: &str| {
        let heading = |c: &ClauseLine| c.heading.clone().unwrap_or_default();
        let headings: Vec<String> = own.iter().map(heading).collect();
        let own: Vec<OwnClause<'_>> = own
            .iter()
            .zip(&headings)
            .map(|(c, heading)| OwnClause { id: &c.clause_id, label: &c.label, heading })
            .collect();
        catalogue().place(label, &own).map(str::to_owned)
    };
    let field = |place: Place| {
        let Clause { label, title, .. } = place.clause;
        let value = place.now.clone().or_else(|| guess(label)).unwrap_or_default();
        let field = Field::select(label, format!("{label} {title}（要求 {} 件）", place.rows), choices(&own))
            .value(value.clone())
            .optional();
        match (&place.now, value.is_empty()) {
            (Some(_), _) if place.by_hand => {
                field.hint("人が結びつけました。新しい版が施行されても、そのままにします。")
            }
            (Some(_), _) => field,
            (None, false) => field.hint("まだ結びついていません。見出しから推測した条項を選んであります。"),
            (None, true) => field.hint("結びつく条項が分かりません。選んでください。"),
        }
    };
    let fields: Vec<Field> = places(app, &own).await?.into_iter().map(field).collect();
    let (fields, errors) = form.map_or((fields.clone(), Errors::default()), |f| f.refill(fields));
    let shell = app.shell(me, "/requirements", "要求は、基本方針のどの条項のためのものですか").await?;
    Ok(FormPage {
        shell: shell.crumb("/requirements", "要求事項"),
        lead: "左の番号は要求事項カタログの並び、選ぶのは当市の基本方針の条項です。新しい版の施行日に、番号と見出しで分かるものは\
               自動でその条項へ移ります。"
            .to_owned(),
        errors,
        action: "/requirements/places".to_owned(),
        fields,
        upload: false,
        button: "この結びつきにする",
        consequence: "方針の状態を示す画面で、要求がこの条項の下に数えられます。採否や証拠は変わりません。"
            .to_owned(),
    })
}

pub(crate) async fn form(State(app): State<App>, me: Me) -> Page {
    page(&form_page(&app, &me, None).await?)
}

pub(crate) async fn save(State(app): State<App>, me: Me, mut form: Form) -> Result<Response, PortalError> {
    let own = clauses(&app, &me, "policy").await?;
    let known = |id: &str| id.is_empty() || own.iter().any(|c| c.clause_id == id);
    // What the form does not speak of stays where it is.
    let spoken = |p: &Place| form.all(&p.clause.label).next().map(|id| (p.clause, id.trim().to_owned()));
    let wanted: Vec<(&'static Clause, String)> =
        places(&app, &own).await?.iter().filter_map(spoken).collect();
    for (clause, id) in &wanted {
        if !known(id) {
            form.refuse(&clause.label, "施行中の基本方針にある条項から選んでください。");
        }
    }
    if !form.ok() {
        return Ok(page(&form_page(&app, &me, Some(&form)).await?)?.into_response());
    }
    let mut tx = app.store.write(&me.actor(), "requirement.place").await?;
    let places = wanted.iter().map(|(clause, id)| {
        let id = Some(id.as_str()).filter(|id| !id.is_empty());
        (clause.label.as_str(), id)
    });
    tx.place_requirements(&places.collect()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/requirements?done=placed").into_response())
}
