//! Who is asking: the cookie, the session behind it, and what its owner may do today.

use crate::error::PortalError;
use crate::guard::RequestId;
use crate::shell::{NavItem, Shell};
use crate::{App, credential};
use axum::RequestExt as _;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sekisho_domain::access::{self, Access, Action, Reach, Thing, Who};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_store::Actor;
use sekisho_store::session::Session;

/// The number beside 決裁 is counted up to here: beyond it, it says no more than "many".
const WAITING_MOST: i64 = 999;

/// What a route asks of the one who comes. Written beside every route in `routes.rs`, enforced before the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anybody: log-in, the published policy, style sheets.
    Nobody,
    /// Somebody who gave a password and still owes the second factor (`password`) or must choose both (`enrol`).
    Stage(&'static str),
    /// Anybody signed in.
    SignedIn,
    /// Somebody whose seats reach at least some records of the noun; the handler then asks about the one.
    May(Action, &'static str),
    /// The same for the register that `{noun}` in the address names.
    Register(Action),
}

/// The signed-in person, with rights as of this moment.
#[derive(Clone, Debug)]
pub(crate) struct Me {
    pub(crate) session: Session,
    pub(crate) who: Who,
    pub(crate) now: Ms,
    pub(crate) on: Date,
    /// 情報政策課 主任
    pub(crate) seat: String,
    /// It is not the person at a screen but a program with a key of theirs: what the key is good for.
    pub(crate) program: Option<Program>,
}

/// What a key for programs is good for: never a decision, never an application, never a file of the whole register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Reads,
    ReadsAndWrites,
}

impl Program {
    fn may(self, action: Action) -> bool {
        match action {
            Action::View => true,
            Action::Edit => self == Program::ReadsAndWrites,
            Action::Request | Action::Decide | Action::Export => false,
        }
    }
}

impl Me {
    /// Whether everything a log-in asks for was shown, or the request came with a key where keys count.
    fn is_in(&self) -> bool {
        self.session.stage == "full" || self.program.is_some()
    }

    /// 情報政策課 主任 佐藤
    pub(crate) fn words(&self) -> String {
        format!("{} {}", self.seat, self.session.name).trim().to_owned()
    }

    pub(crate) fn reach(&self, action: Action, noun: &str) -> Reach {
        access::reach(&self.who, action, noun, self.on)
    }

    /// Whether the person may do this to at least some records of the noun.
    pub(crate) fn reaches(&self, action: Action, noun: &str) -> bool {
        self.reach(action, noun) != Reach::Nothing
    }

    /// Refuses with the reason as a sentence.
    pub(crate) fn must(&self, action: Action, thing: Thing<'_>) -> Result<(), PortalError> {
        match access::may(&self.who, action, thing, self.on) {
            Access::Granted => Ok(()),
            Access::Refused(why) => Err(PortalError::Forbidden(crate::ja::why(why).to_owned())),
        }
    }

    /// The same for a record that an address names: what the reader may not even see answers as what does not exist, so
    /// that nobody learns by trying which records there are.
    pub(crate) fn must_find(&self, action: Action, thing: Thing<'_>) -> Result<(), PortalError> {
        match access::may(&self.who, Action::View, thing, self.on) {
            Access::Granted => self.must(action, thing),
            Access::Refused(_) => Err(PortalError::NotFound),
        }
    }

    /// Whether the person has proved within the last minutes that it is they who sit at the screen (step-up).
    pub(crate) fn stepped_up(&self) -> bool {
        self.session.stepped_up(self.now)
    }

    /// Decisions, exports and the use of keys ask for a fresh proof (but not an edition's file, which is made to be
    /// published). A page that leads there asks [`Me::stepped_up`] and offers 「本人確認」 beforehand; the handler asks
    /// this, so that nothing is decided on an unattended screen. `back` is the page to return to, never the target of a form.
    pub(crate) fn must_be_stepped_up(&self, back: &str) -> Result<(), PortalError> {
        if self.stepped_up() { Ok(()) } else { Err(PortalError::StepUp { back: back.to_owned() }) }
    }

    /// Who stands in the ledger for what is written now.
    pub(crate) fn actor(&self) -> Actor {
        let seat = self.who.seat(self.on).map(access::Seat::code);
        Actor { person_id: self.who.person_id.clone(), seat: seat.unwrap_or_else(|| "-".to_owned()) }
    }
}

impl FromRequestParts<App> for Me {
    type Rejection = PortalError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Me, PortalError> {
        parts.extensions.get::<Me>().cloned().ok_or_else(|| PortalError::SignedOut { back: "/".to_owned() })
    }
}

/// Stands before every handler and asks what its route needs.
pub(crate) async fn guard(
    State((app, need)): State<(App, Need)>,
    mut request: Request,
    next: Next,
) -> Result<Response, PortalError> {
    let me = match program(request.uri().path(), request.headers()) {
        Some(token) => {
            let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
            find_program(&app, token, &id).await?
        }
        None => find(&app, request.headers()).await?,
    };
    let need = match need {
        Need::Register(action) if me.is_some() => Need::May(action, noun_in(&mut request).await?),
        need => need,
    };
    let allowed = match (need, &me) {
        (Need::Nobody, _) => Ok(()),
        (Need::Stage(stage), Some(me)) if me.session.stage == stage => Ok(()),
        (Need::SignedIn, Some(me)) if me.is_in() => Ok(()),
        (Need::May(action, noun), Some(me)) if me.is_in() => match me.reach(action, noun) {
            Reach::Nothing => Err(PortalError::Forbidden(crate::ja::why(access::Why::Role).to_owned())),
            _ if me.program.is_some_and(|program| !program.may(action)) => {
                Err(PortalError::Forbidden(READS_ONLY.to_owned()))
            }
            _ => Ok(()),
        },
        _ => Err(PortalError::SignedOut { back: back(&request) }),
    };
    allowed?;
    if let Some(me) = me {
        request.extensions_mut().insert(me);
    }
    Ok(next.run(request).await)
}

/// Where keys of programs count. Nowhere else is one looked at.
const API: &str = "/api/v1/";
const READS_ONLY: &str = "この鍵は、読むためのものです。書くには、読み書きできる鍵を作ってください。";

/// The key of a program that a request carries. Such a request is judged by the key alone: what cookies come along
/// counts for nothing, so another site that makes a browser send them gains nothing.
pub(crate) fn program<'h>(path: &str, headers: &'h HeaderMap) -> Option<&'h str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter().filter(|_| path.starts_with(API));
    let token = given.next()?.to_str().ok()?.strip_prefix("Bearer ")?;
    given.next().is_none().then_some(token.trim())
}

/// The person whose key it is. The session that stands for the request is at no stage, so that nothing that asks for a
/// stage lets it in.
async fn find_program(app: &App, token: &str, request_id: &str) -> Result<Option<Me>, PortalError> {
    let now = app.store.clock.now();
    let Some(token) = app.store.db.api_token(&credential::token_hash(token), now).await? else {
        return Ok(None);
    };
    app.store.api_token_used(&token).await?;
    tracing::info!(id = request_id, key = %token.id, account = %token.account_id, "a program asks");
    let program = if token.writes { Program::ReadsAndWrites } else { Program::Reads };
    let session = Session {
        id: token.id,
        account_id: token.account_id,
        person_id: token.person_id,
        stage: "program".to_owned(),
        created_ms: token.created_ms,
        seen_ms: now.0,
        agent: token.name,
        methods: String::new(),
        stepped_up_ms: 0,
        login: token.login,
        name: token.person,
    };
    me(app, session, now, Some(program)).await.map(Some)
}

/// The register that the address names.
async fn noun_in(request: &mut Request) -> Result<&'static str, PortalError> {
    let params = request.extract_parts::<RawPathParams>().await.map_err(|_| PortalError::NotFound)?;
    let named =
        params.iter().find(|(key, _)| *key == "noun").and_then(|(_, noun)| sekisho_domain::register(noun));
    Ok(named.ok_or(PortalError::NotFound)?.noun.name)
}

/// Where to return after log-in: the page that was asked for, never the target of a form.
fn back(request: &Request) -> String {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    if request.method() == axum::http::Method::GET { path.to_owned() } else { "/".to_owned() }
}

/// The person behind the request's cookie, if the session is open.
async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Me>, PortalError> {
    let Some(token) = token(headers, app.config.tls) else { return Ok(None) };
    let now = app.store.clock.now();
    let db = &app.store.db;
    let Some(session) = db.session(&credential::token_hash(token), now).await? else { return Ok(None) };
    app.store.session_seen(&session).await?;
    me(app, session, now, None).await.map(Some)
}

/// Somebody with their rights as of now.
async fn me(app: &App, session: Session, now: Ms, program: Option<Program>) -> Result<Me, PortalError> {
    let (db, on) = (&app.store.db, date_at(now));
    let who = db.who(&session.person_id, &session.account_id).await?;
    let seat = db.main_seat(&session.person_id, on).await?;
    let seat = seat.map_or(String::new(), |(position, section)| format!("{section} {position}"));
    Ok(Me { session, who, now, on, seat, program })
}

const SESSION: &str = "sekisho";
/// The secret of a question (`store::ceremony`) that this browser was asked.
const STEP: &str = "sekisho_step";

/// `__Host-`: only over TLS, only from this host, for every path; a neighbouring host cannot set it.
fn cookie_name(name: &str, tls: bool) -> String {
    if tls { format!("__Host-{name}") } else { name.to_owned() }
}

/// The session's secret in the request, if there is exactly one cookie of our name.
pub(crate) fn token(headers: &HeaderMap, tls: bool) -> Option<&str> {
    cookie(headers, &cookie_name(SESSION, tls))
}

pub(crate) fn step_token(headers: &HeaderMap, tls: bool) -> Option<&str> {
    cookie(headers, &cookie_name(STEP, tls))
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut ours = all.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut ours = ours.by_ref().filter(|(given, _)| *given == name).map(|(_, value)| value);
    match (ours.next(), ours.next()) {
        (Some(token), None) => Some(token),
        _ => None,
    }
}

/// Sets (or, with an empty token, removes) the session cookie on an answer.
pub(crate) fn with_cookie(app: &App, token: &str, answer: impl IntoResponse) -> Response {
    set(app, SESSION, token, answer.into_response())
}

pub(crate) fn with_step_cookie(app: &App, token: &str, answer: impl IntoResponse) -> Response {
    set(app, STEP, token, answer.into_response())
}

/// `Lax`, not `Strict`: a link in a notice and the way back from the OpenID provider must find the session. What
/// changes anything is refused from other sites by `guard::same_origin`, whatever cookies come along.
fn set(app: &App, name: &str, token: &str, mut response: Response) -> Response {
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if app.config.tls { "; Secure" } else { "" };
    let name = cookie_name(name, app.config.tls);
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

impl App {
    /// The frame of a page for a signed-in reader. `here` is the entry of the main navigation it belongs to.
    pub(crate) async fn shell(
        &self,
        me: &Me,
        here: &str,
        title: impl Into<String>,
    ) -> Result<Shell, PortalError> {
        let waiting = self.store.db.count_waiting(&me.who, me.on, WAITING_MOST).await?;
        let waiting = usize::try_from(waiting).unwrap_or_default();
        // The way into an empty city is for those who fill it.
        let begins = me.reach(Action::Edit, "section") == Reach::All;
        let screens = Shell::NAV.iter().filter(|(href, _)| begins || *href != "/start");
        let nav = screens.map(|(href, words)| NavItem {
            href,
            words,
            count: if *href == "/decisions" { waiting } else { 0 },
            here: *href == here,
        });
        Ok(Shell {
            city: self.config.city.clone(),
            notice: self.config.notice.clone(),
            me: Some(me.words()),
            nav: nav.collect(),
            title: title.into(),
            ..Shell::default()
        })
    }

    /// The frame of a page that anybody may see.
    pub(crate) fn bare_shell(&self, title: impl Into<String>) -> Shell {
        Shell {
            city: self.config.city.clone(),
            notice: self.config.notice.clone(),
            title: title.into(),
            ..Shell::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_for_the_api_alone_and_only_once() {
        let headers = |given: &[&str]| {
            let mut map = HeaderMap::new();
            for value in given {
                map.append(header::AUTHORIZATION, value.parse().expect("header"));
            }
            map
        };
        assert_eq!(program("/api/v1/registers/asset", &headers(&["Bearer x"])), Some("x"));
        for (path, given) in [
            ("/registers/asset", &["Bearer x"][..]),
            ("/api/v1/registers/asset", &["Basic x"]),
            ("/api/v1/registers/asset", &["Bearer x", "Bearer y"]),
            ("/api/v1/registers/asset", &[]),
        ] {
            assert_eq!(program(path, &headers(given)), None, "{path} {given:?}");
        }
    }

    #[test]
    fn one_cookie_of_our_name_is_a_token() {
        let headers = |cookies: &[&str]| {
            let mut map = HeaderMap::new();
            for cookie in cookies {
                map.append(header::COOKIE, cookie.parse().expect("header"));
            }
            map
        };
        assert_eq!(token(&headers(&["a=1; sekisho=x; b=2"]), false), Some("x"));
        assert_eq!(token(&headers(&["sekisho=x"]), true), None);
        assert_eq!(token(&headers(&["__Host-sekisho=x"]), true), Some("x"));
        assert_eq!(token(&headers(&["sekisho=x", "sekisho=y"]), false), None);
        assert_eq!(token(&headers(&[]), false), None);
    }
}
