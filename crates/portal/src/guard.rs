//! What stands in front of every page: request id, security headers, cross-origin protection, a time limit.

use crate::error::PortalError;
use crate::{App, limits};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// The number of one request, in the answer's `x-request-id`, in the log, and on error pages.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Scripts and styles only from our own files, none inline, nothing from elsewhere, no framing.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                       form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), geolocation=(), microphone=(), usb=(), publickey-credentials-get=(self)",
        ),
    ),
];

/// The outermost layer: gives the request its number, bounds its time, dresses the answer.
pub(crate) async fn front(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let mut random = [0u8; 8];
    app.store.entropy.fill(&mut random);
    let id = hex::encode(random);
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let patience = Duration::from_secs(limits::REQUEST_SECONDS);
    let mut response = match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => PortalError::TooSlow.into_response(),
    };
    // An error handler cannot know the number; it is filled in here, once.
    if let Some(error) = response.extensions_mut().remove::<PortalError>() {
        tracing::info!(id, %method, path, code = error.code(), %error, "refused");
        response = if path.starts_with("/api/") { error.json(&id) } else { error.page(&id) };
    }
    tracing::info!(id, %method, path, status = response.status().as_u16(), "answered");
    dress(response.headers_mut(), &id, app.config.tls);
    response
}

fn dress(headers: &mut HeaderMap, id: &str, tls: bool) {
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    if tls {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    // Pages show people and their work: nothing of them stays in a shared computer's cache.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
}

/// Refuses state-changing requests that another site caused. A request with a key of its own is no browser's: no site
/// can make one add it, and nothing but the key counts.
pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let program = crate::session::program(request.uri().path(), request.headers()).is_some();
    if program || may_change_state(request.method(), request.headers(), app.config.host.as_deref()) {
        next.run(request).await
    } else {
        PortalError::CrossOrigin.into_response()
    }
}

/// Go's `http.CrossOriginProtection`, one step stricter. Reading methods pass. Otherwise the browser must say
/// that the request came from our own pages: `Sec-Fetch-Site` is `same-origin` or `none` (typed by the user);
/// where it is absent (plain HTTP), `Origin` must name our host. A request that carries neither is refused,
/// because every browser in use sends `Origin` with a POST. `host` is the configured public name, if any; the
/// `Host` header is compared otherwise.
fn may_change_state(method: &Method, headers: &HeaderMap, host: Option<&str>) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    match one(headers, "sec-fetch-site") {
        Single::Value(site) => return matches!(site, "same-origin" | "none"),
        Single::Many => return false,
        Single::Absent => {}
    }
    let Single::Value(origin) = one(headers, "origin") else { return false };
    let host = match (host, one(headers, "host")) {
        (Some(host), _) | (None, Single::Value(host)) => host,
        _ => return false,
    };
    let origin_host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && origin_host.is_some_and(|o| o.eq_ignore_ascii_case(host))
}

/// A header that must not come twice.
enum Single<'a> {
    Absent,
    Value(&'a str),
    Many,
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Single<'a> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Single::Absent,
        (Some(value), None) => value.to_str().map_or(Single::Many, Single::Value),
        (Some(_), Some(_)) => Single::Many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn only_our_own_pages_change_state() {
        let post = |pairs: &[(&str, &str)]| may_change_state(&Method::POST, &headers(pairs), None);
        assert!(post(&[("sec-fetch-site", "same-origin")]));
        assert!(post(&[("sec-fetch-site", "none")]));
        assert!(post(&[("host", "sekisho.lan:8443"), ("origin", "https://sekisho.lan:8443")]));
        for refused in [
            &[][..],
            &[("host", "sekisho.lan")],
            &[("sec-fetch-site", "cross-site"), ("host", "a"), ("origin", "https://a")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("host", "a"), ("origin", "null")],
            &[("host", "a"), ("origin", "https://a.evil")],
            &[("host", "a"), ("origin", "ftp://a")],
            &[("host", ""), ("origin", "https://")],
        ] {
            assert!(!post(refused), "{refused:?}");
        }
    }

    #[test]
    fn the_configured_host_wins_over_the_header() {
        let map = headers(&[("host", "10.0.0.1:3000"), ("origin", "https://sekisho.lan")]);
        assert!(may_change_state(&Method::POST, &map, Some("sekisho.lan")));
        assert!(!may_change_state(&Method::POST, &map, Some("other.lan")));
    }

    proptest! {
        /// Whatever the headers say: a writing request passes only if the browser vouches for it, and a second
        /// implementation of that sentence agrees.
        #[test]
        fn agrees_with_the_sentence(
            write in any::<bool>(),
            site in proptest::option::of("same-origin|same-site|cross-site|none|[a-z]{0,6}"),
            origin in proptest::option::of("null|https://a|http://a|https://b|a|https://A|https://a/x"),
            host in proptest::option::of("a|b|"),
        ) {
            let mut map = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", &site), ("origin", &origin), ("host", &host)] {
                if let Some(value) = value {
                    map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
                }
            }
            let method = if write { Method::POST } else { Method::GET };
            let vouched = match (&site, &origin, &host) {
                (Some(site), _, _) => site == "same-origin" || site == "none",
                (None, Some(o), Some(h)) if !h.is_empty() => {
                    [format!("https://{h}"), format!("http://{h}")].contains(&o.to_lowercase())
                }
                _ => false,
            };
            prop_assert_eq!(may_change_state(&method, &map, None), !write || vouched);
        }
    }
}
