//! 特定通信: asking for a row of the register to be decided as it stands. What else the register needs is the register.

use crate::App;
use crate::error::PortalError;
use crate::session::Me;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sekisho_domain::access::{Action, Thing};
use sekisho_domain::noun::Row;
use sekisho_domain::specific_flow::SPECIFIC_FLOW;
use sekisho_store::StoreError;
use sekisho_store::decision::NO_APPROVER;
use sekisho_store::network::FLOW_OVER;

/// How a row stands with the decision that lets it count.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) words: &'static str,
    /// (address, 文書番号) of the last application.
    pub(crate) last: Option<(String, String)>,
    /// Where applying is posted to; `None` while there is nothing to apply for, or for who may not.
    pub(crate) apply: Option<String>,
}

/// `None` for other registers.
pub(crate) async fn decided(app: &App, me: &Me, row: &Row) -> Result<Option<Decided>, PortalError> {
    if row.noun.name != SPECIFIC_FLOW.name {
        return Ok(None);
    }
    let last = app.store.db.flow_decision(row).await?;
    let (words, settled) = match last.as_ref().map(|d| (d.state.as_str(), d.unchanged)) {
        None => ("まだ申請していません。決裁されるまで、この通信は許していないものとして扱います。", false),
        Some(("pending", true)) => ("決裁を待っています。それまでは、許していない通信として扱います。", true),
        Some(("pending", false)) => (
            "申請したあとで内容が変わりました。この申請は決裁できません。引き戻して、申請し直してください。",
            true,
        ),
        Some(("approved", true)) => {
            ("このとおりに決裁されています。期限まで、許した通信として扱います。", true)
        }
        Some((_, false)) => (
            "決裁されたあとで内容が変わりました。もう一度決裁されるまで、許していない通信として扱います。",
            false,
        ),
        Some(_) => ("承認されていません。直してから、もう一度申請できます。", false),
    };
    let unit_id = Some(row.text("unit_id"));
    let mine = me.must(Action::Edit, Thing { noun: "specific_flow", unit_id, ..Thing::default() }).is_ok();
    Ok(Some(Decided {
        words,

        last: last.map(|d| (format!("/decisions/{}", d.id), d.number)),
        apply: (mine && !settled).then(|| format!("/network/flows/{}/apply", row.id)),
    }))
}

pub(crate) async fn apply(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let row = app.store.db.row(&SPECIFIC_FLOW, &id).await?.ok_or(PortalError::NotFound)?;
    let unit_id = Some(row.text("unit_id"));
    me.must_find(Action::Edit, Thing { noun: "specific_flow", unit_id, ..Thing::default() })?;
    let mut tx = app.store.write(&me.actor(), "specific_flow.apply").await?;
    let id = match tx.apply_for_flow(&me.who, &id).await {
        Ok(id) => id,
        Err(StoreError::IllegalMove(why)) if why == FLOW_OVER => {
            return Err(PortalError::Refused(
                "期限が過ぎています。期限を直してから申請してください。".to_owned(),
            ));
        }
        Err(StoreError::IllegalMove(why)) if why == NO_APPROVER => {
            return Err(PortalError::Refused(
                "あなたの申請を独立して決裁できる職も会議体もありません。情報政策課に知らせてください。"
                    .to_owned(),
            ));
        }
        Err(StoreError::Refused(_)) => {
            return Err(PortalError::Refused("この特定通信の申請が、もう決裁を待っています。".to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    tx.commit().await?;
    Ok(Redirect::to(&format!("/decisions/{id}?done=applied")).into_response())
}
