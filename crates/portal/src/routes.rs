//! The table of every page.

use crate::error::PortalError;
use crate::{App, assets, guard, limits};
use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;

/// The whole portal.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/assets/{hash}/{name}", get(asset))
        .fallback(|| async { PortalError::NotFound })
        .layer(DefaultBodyLimit::max(limits::FORM_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), guard::same_origin))
        .layer(from_fn_with_state(app.clone(), guard::front))
        .with_state(app)
}

async fn asset(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    assets::serve(uri.path(), &headers)
}
