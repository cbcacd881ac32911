//! Style sheets and the one script, embedded. Their path carries their hash, so a browser keeps them for a year and still never
//! sees an old one.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One embedded file.
#[derive(Debug)]
struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static str,
    sha256: String,
    href: String,
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("tokens.css", "text/css; charset=utf-8", include_str!("../assets/tokens.css")),
        asset("passkey.js", "text/javascript; charset=utf-8", include_str!("../assets/passkey.js")),
        asset("sekisho.css", "text/css; charset=utf-8", include_str!("../assets/sekisho.css")),
    ]
});

fn asset(name: &'static str, kind: &'static str, body: &'static str) -> Asset {
    let sha256 = hex::encode(Sha256::digest(body));
    let href = format!("/assets/{}/{name}", &sha256[..16]);
    Asset { name, kind, body, sha256, href }
}

/// Where a page finds an embedded file; empty for a name that is not embedded.
pub fn href(name: &str) -> &'static str {
    ASSETS.iter().find(|a| a.name == name).map_or("", |a| a.href.as_str())
}

/// Answers `/assets/{hash}/{name}`; a hash other than today's is not found.
pub(crate) fn serve(path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|a| a.href == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", asset.sha256);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let known = known.is_some_and(|v| v == "*" || v.split(',').any(|t| t.trim() == etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.kind)], asset.body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_served_by_its_hash_only() {
        let path = href("sekisho.css");
        let first = serve(path, &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(serve(path, &headers).status(), StatusCode::NOT_MODIFIED);
        let other = "/assets/0000000000000000/sekisho.css";
        assert_eq!(serve(other, &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn style_sheets_load_nothing_from_elsewhere() {
        for asset in ASSETS.iter() {
            assert!(!asset.body.contains("url(") && !asset.body.contains("@import"), "{}", asset.name);
        }
    }
}
