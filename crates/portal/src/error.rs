//! What can go wrong between a request and its page. English for the log, Japanese for the reader (`ja.rs`).

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

/// Every way a request ends without its page.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PortalError {
    #[error("no such page or record")]
    NotFound,
    /// The reader may not do this; the reason is a Japanese sentence from `domain::access`.
    #[error("refused: {0}")]
    Forbidden(String),
    /// No session, or it ended. Carries the path to come back to.
    #[error("not signed in")]
    SignedOut { back: String },
    /// The action asks for a fresh proof (step-up). Carries the page to come back to.
    #[error("a fresh proof of identity is asked for")]
    StepUp { back: String },
    #[error("a state-changing request did not come from our own pages")]
    CrossOrigin,
    #[error("the page is served by the administrators' entrance only")]
    OtherEntrance,
    #[error("the request body is too large")]
    TooLarge,
    #[error("the request could not be read: {0}")]
    Unreadable(String),
    /// What was sent cannot be used, for a reason the sender can mend: a Japanese sentence.
    #[error("cannot be used: {0}")]
    Refused(String),
    #[error("the record changed meanwhile or the step is no longer possible: {0}")]
    Conflict(String),
    /// The thing has been settled otherwise; the sentence says how and by whom.
    #[error("settled otherwise: {0}")]
    Settled(String),
    #[error("no Japanese font is installed, so no PDF can be made")]
    NoFont,
    #[error("the request took too long")]
    TooSlow,
    /// Anything unexpected; the detail is for the log only.
    #[error("internal: {0}")]
    Internal(String),
}

impl PortalError {
    /// Stable; printed on the page and in the log.
    pub fn code(&self) -> &'static str {
        match self {
            PortalError::NotFound => "P404",
            PortalError::Forbidden(_) => "P403",
            PortalError::SignedOut { .. } => "P401",
            PortalError::StepUp { .. } => "P402",
            PortalError::CrossOrigin => "P421",
            PortalError::OtherEntrance => "P403A",
            PortalError::TooLarge => "P413",
            PortalError::Unreadable(_) => "P400",
            PortalError::Refused(_) => "P422",
            PortalError::Conflict(_) => "P409",
            PortalError::Settled(_) => "P410",
            PortalError::NoFont => "P501",
            PortalError::TooSlow => "P504",
            PortalError::Internal(_) => "P500",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            PortalError::NotFound => StatusCode::NOT_FOUND,
            PortalError::Forbidden(_) | PortalError::CrossOrigin | PortalError::OtherEntrance => {
                StatusCode::FORBIDDEN
            }
            PortalError::SignedOut { .. } | PortalError::StepUp { .. } => StatusCode::UNAUTHORIZED,
            PortalError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            PortalError::Unreadable(_) => StatusCode::BAD_REQUEST,
            PortalError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            PortalError::Conflict(_) | PortalError::Settled(_) => StatusCode::CONFLICT,
            PortalError::NoFont => StatusCode::NOT_IMPLEMENTED,
            PortalError::TooSlow => StatusCode::GATEWAY_TIMEOUT,
            PortalError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The whole answer, with the request's number on it.
    pub(crate) fn page(&self, request_id: &str) -> Response {
        let elsewhere = match self {
            PortalError::SignedOut { back } => Some(("/login", back)),
            PortalError::StepUp { back } => Some(("/step-up", back)),
            _ => None,
        };
        if let Some((page, back)) = elsewhere {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
            return Redirect::to(&format!("{page}?{query}")).into_response();
        }
        let mut response = (self.status(), Html(page_html(self, request_id))).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl PortalError {
    /// The same for a program.
    pub(crate) fn json(&self, request_id: &str) -> Response {
        let said = crate::ja::said(self);
        let body = serde_json::json!({ "code": self.code(), "error": said.happened, "request": request_id });
        let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        let mut response = (self.status(), kind, body.to_string()).into_response();
        if self.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for PortalError {
    /// Leaves the page to `guard::front`, which knows the request's number.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<askama::Error> for PortalError {
    fn from(error: askama::Error) -> PortalError {
        PortalError::Internal(format!("template: {error}"))
    }
}

pub(crate) fn page_html(error: &PortalError, request_id: &str) -> String {
    let page = ErrorPage { said: crate::ja::said(error), code: error.code(), request_id };
    page.render().unwrap_or_else(|_| "エラーが起きました。".to_owned())
}

impl From<sekisho_store::StoreError> for PortalError {
    fn from(error: sekisho_store::StoreError) -> PortalError {
        use sekisho_store::StoreError as E;
        match error {
            E::NotFound => PortalError::NotFound,
            E::Conflict { .. } | E::Refused(_) | E::Rule { .. } | E::IllegalMove(_) => {
                PortalError::Conflict(error.to_string())
            }
            other => PortalError::Internal(format!("{}: {other}", other.code())),
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    said: crate::ja::Said,
    code: &'a str,
    request_id: &'a str,
}
