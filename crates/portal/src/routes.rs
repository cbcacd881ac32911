//! The table of every page. The router is built from it and the route × role matrix test reads it: a page that is
//! not here does not exist, and none is reached without its `Need`.

use crate::error::PortalError;
use crate::pages::{
    absence, account, adoption, api_token, application, asset, assignment, board, body, bulk, campaign, card,
    clause, compare, credential, decision, disposal, document, evidence, exception, handover, import,
    incumbency, ledger, login, network, notice, oidc, outside, own_requirement, passkey, person, personnel,
    placement, position, publication, register, relation, requirement, role_seat, section,
    session as sessions, start, step_up, stocktake, succession, summary, task,
};
use crate::session::{Need, guard};
use crate::{App, assets, guard as front, limits};
use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use sekisho_domain::access::Action::{Decide, Edit, Export, Request, View};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

/// One page or action.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub verb: Verb,
    pub path: &'static str,
    pub need: Need,
    /// Largest request body (bytes).
    pub body_bytes: usize,
    /// Answered only by the entrance for administrators, where an installation has one.
    pub admin: bool,
    handler: fn() -> MethodRouter<App>,
}

macro_rules! routes {
    ($($verb:ident $path:literal $need:expr => $handler:path $([$bytes:expr])? $(, $admin:ident)?;)+) => {
        &[$(Route {
            verb: routes!(@verb $verb),
            path: $path,
            need: $need,
            body_bytes: routes!(@bytes $($bytes)?),
            admin: routes!(@admin $($admin)?),
            handler: || $verb($handler),
        }),+]
    };
    (@verb get) => { Verb::Get };
    (@verb post) => { Verb::Post };
    (@bytes) => { limits::FORM_BODY_BYTES };
    (@bytes $bytes:expr) => { $bytes };
    (@admin) => { false };
    (@admin admin) => { true };
}

use Need::{May, Nobody, Register, SignedIn, Stage};

pub static ROUTES: &[Route] = routes! {
    // log-in
    get  "/login"                         Nobody                      => login::form;
    post "/login"                         Nobody                      => login::password;
    get  "/login/code"                    Stage("password")           => login::code_form;
    post "/login/code"                    Stage("password")           => login::code;
    get  "/login/first"                   Stage("enrol")              => login::enrol_form;
    post "/login/first"                   Stage("enrol")              => login::enrol;
    get  "/login/passkey"                 Nobody                      => passkey::log_in_form;
    post "/login/passkey"                 Nobody                      => passkey::log_in;
    get  "/login/oidc"                    Nobody                      => oidc::log_in;
    get  "/login/oidc/callback"           Nobody                      => oidc::callback;
    post "/login/card"                    Nobody                      => card::log_in;
    post "/logout"                        Nobody                      => login::logout;
    get  "/step-up"                       SignedIn                    => step_up::form;
    post "/step-up"                       SignedIn                    => step_up::code;
    get  "/step-up/passkey"               SignedIn                    => passkey::step_up_form;
    post "/step-up/passkey"               SignedIn                    => passkey::step_up;
    get  "/step-up/oidc"                  SignedIn                    => oidc::step_up;
    post "/step-up/card"                  SignedIn                    => card::step_up;
    get  "/credentials"                   SignedIn                    => credential::list;
    get  "/credentials/passkey"           SignedIn                    => passkey::register_form;
    post "/credentials/passkey"           SignedIn                    => passkey::register;
    post "/credentials/recovery"          SignedIn                    => credential::recovery;
    post "/credentials/{id}/remove"       SignedIn                    => credential::remove;
    post "/credentials/{id}/revoke"       May(Edit, "credential")     => credential::revoke;
    post "/credentials/{id}/countersign"  May(Edit, "credential")     => credential::countersign;
    get  "/sessions"                      May(View, "session")        => sessions::list;
    post "/sessions/{id}/revoke"          May(Edit, "session")        => sessions::revoke;
    post "/api-tokens"                    May(Edit, "session")        => api_token::create;
    post "/api-tokens/{id}/revoke"        May(Edit, "session")        => api_token::revoke;
    // the board
    get  "/"                              May(View, "verdict")        => board::show;
    get  "/summary"                       May(View, "verdict")        => summary::show;
    get  "/start"                         May(View, "verdict")        => start::show;
    get  "/clauses"                       May(View, "clause")         => clause::list;
    get  "/clauses/{id}"                  May(View, "clause")         => clause::show;
    get  "/clauses/{id}/evidence"         May(View, "evidence")       => evidence::of_clause;
    // requirements and evidence
    get  "/requirements"                  May(View, "requirement")    => requirement::list;
    post "/requirements"                  May(Edit, "requirement")    => requirement::adopt;
    get  "/requirements/new"              May(Edit, "requirement")    => own_requirement::form;
    post "/requirements/new"              May(Edit, "requirement")    => own_requirement::create;
    get  "/requirements/places"           May(Edit, "requirement")    => placement::form;
    post "/requirements/places"           May(Edit, "requirement")    => placement::save;
    post "/requirements/{id}/standard"    May(Edit, "requirement")    => own_requirement::lay_down;
    get  "/requirements/{id}"             May(View, "requirement")    => requirement::show;
    post "/requirements/{id}/evidence"    May(Edit, "evidence")       => evidence::file [limits::UPLOAD_BODY_BYTES];
    post "/requirements/{id}/zero"        May(Edit, "evidence")       => evidence::zero;
    get  "/evidence/{id}/file"            May(View, "evidence")       => evidence::download;
    // documents
    get  "/documents"                     May(View, "document")       => document::list;
    get  "/documents/import"              May(Edit, "revision")       => import::form;
    post "/documents/import"              May(Edit, "revision")       => import::upload [limits::UPLOAD_BODY_BYTES];
    get  "/documents/import/{id}"         May(Edit, "revision")       => import::preview;
    post "/documents/import/{id}"         May(Edit, "revision")       => import::save;
    get  "/documents/{id}"                May(View, "document")       => document::show;
    get  "/revisions/{id}"                May(View, "revision")       => document::revision;
    get  "/revisions/{id}/export"         May(Export, "revision")     => publication::html;
    get  "/revisions/{id}/export.pdf"     May(Export, "revision")     => publication::pdf;
    post "/revisions/{id}/bodies"         May(Edit, "adoption")       => adoption::create;
    post "/revisions/{id}/visibility"     May(Edit, "clause_text")    => document::grade;
    post "/revisions/{id}/submit"         May(Request, "revision")    => document::submit;
    post "/revisions/{id}/withdraw"       May(Edit, "revision")       => document::withdraw;
    post "/revisions/{id}/publication"    May(Edit, "publication")    => publication::publish [limits::UPLOAD_BODY_BYTES];
    get  "/compare"                       May(View, "revision")       => compare::show;
    get  "/compare.docx"                  May(View, "revision")       => compare::download;
    get  "/policy"                        Nobody                      => publication::public;
    // decisions
    get  "/decisions"                     May(View, "decision")       => decision::list;
    get  "/decisions/{id}"                May(View, "decision")       => decision::show;
    post "/decisions/{id}"                May(View, "decision")       => decision::decide;
    get  "/absence"                       SignedIn                    => absence::show;
    post "/absence"                       SignedIn                    => absence::create;
    post "/absence/{id}"                  SignedIn                    => absence::end;
    get  "/tasks"                         May(View, "task")           => task::list;
    post "/tasks/feed"                    May(View, "task")           => task::feed;
    post "/tasks/{id}"                    May(Edit, "task")           => task::act;
    get  "/feeds/{token}/tasks.ics"       Nobody                      => task::ics;
    get  "/calendar"                      May(View, "task")           => task::year;
    get  "/notices"                       May(View, "notice_template") => notice::list;
    get  "/notices/{id}/edit"             May(Edit, "notice_template") => notice::edit_form;
    post "/notices/{id}/edit"             May(Edit, "notice_template") => notice::edit;
    get  "/campaigns"                     May(View, "campaign_part")  => campaign::list;
    get  "/campaigns/new"                 May(Edit, "campaign")       => campaign::new_form;
    post "/campaigns"                     May(Edit, "campaign")       => campaign::begin;
    get  "/campaigns/stocktake"           May(Edit, "campaign")       => stocktake::new_form;
    post "/campaigns/stocktake"           May(Edit, "campaign")       => stocktake::begin;
    get  "/campaigns/{id}"                May(View, "campaign_part")  => campaign::show;
    post "/campaigns/{id}/close"          May(Edit, "campaign")       => stocktake::close;
    get  "/stocktakes/{id}"               May(View, "campaign_part")  => stocktake::sheet;
    get  "/stocktakes/{id}/checklist"     May(View, "campaign_part")  => stocktake::checklist;
    post "/stocktakes/{id}/say"           May(Edit, "campaign_part")  => stocktake::say;
    post "/stocktakes/{id}/scan"          May(Edit, "campaign_part")  => stocktake::scan;
    post "/stocktakes/{id}/extra"         May(Edit, "campaign_part")  => stocktake::extra;
    post "/stocktakes/{id}/prepare"       May(Edit, "campaign_part")  => stocktake::prepare;
    post "/stocktakes/{id}/confirm"       May(Decide, "campaign_part") => stocktake::confirm;
    post "/stocktakes/{id}/return"        May(View, "campaign_part")  => stocktake::give_back;
    post "/stocktakes/{id}/settle"        May(Edit, "campaign_part")  => stocktake::settle;
    get  "/q/{noun}/{number}"             Register(View)              => stocktake::label;
    get  "/bodies"                        May(View, "body")           => body::list;
    get  "/bodies/{id}"                   May(View, "body")           => body::show;
    post "/bodies/{id}/meetings"          May(Edit, "meeting")        => body::call;
    post "/meetings/{id}"                 May(Edit, "meeting")        => body::record;
    post "/agenda/{id}"                   May(View, "body")           => body::resolve;
    get  "/was"                           May(View, "assignment")     => incumbency::show;
    get  "/decisions/together"            May(View, "decision")       => bulk::show;
    post "/decisions/together"            May(View, "decision")       => bulk::decide;
    get  "/decisions/{id}/draft"          May(View, "decision")       => outside::download;
    post "/decisions/{id}/outside"        May(View, "decision")       => outside::record [limits::UPLOAD_BODY_BYTES];
    get  "/applications/new"              May(Request, "decision")    => application::choose;
    get  "/applications/general"          May(Request, "decision")    => application::general_form;
    post "/applications/general"          May(Request, "decision")    => application::general;
    get  "/applications/account"          May(Request, "decision")    => application::account_form;
    post "/applications/account"          May(Request, "decision")    => application::account;
    get  "/applications/emergency"        May(Request, "decision")    => application::emergency_form;
    post "/applications/emergency"        May(Request, "decision")    => application::emergency;
    get  "/applications/exception"        May(Request, "exception")   => application::exception_form;
    post "/applications/exception"        May(Request, "exception")   => application::exception;
    post "/decisions/{id}/withdraw"       May(View, "decision")       => decision::withdraw;
    // organisation
    get  "/sections"                      May(View, "section")        => section::list;
    get  "/sections/new"                  May(Edit, "section")        => section::form;
    post "/sections"                      May(Edit, "section")        => section::create;
    get  "/sections/{id}/edit"            May(Edit, "section")        => section::edit_form;
    post "/sections/{id}/edit"            May(Edit, "section")        => section::rename;
    get  "/sections/{id}/close"           May(Edit, "section")        => succession::form;
    post "/sections/{id}/close"           May(Edit, "section")        => succession::close;
    get  "/people"                        May(View, "person")         => person::list;
    get  "/people/new"                    May(Edit, "person")         => person::form;
    post "/people"                        May(Edit, "person")         => person::create;
    get  "/people/{id}"                   May(View, "person")         => person::show;
    get  "/people/{id}/edit"              May(Edit, "person")         => person::edit_form;
    post "/people/{id}/edit"              May(Edit, "person")         => person::update;
    get  "/people/{id}/assign"            May(Edit, "assignment")     => assignment::form;
    post "/people/{id}/assign"            May(Edit, "assignment")     => assignment::create;
    get  "/assignments/{id}/end"          May(Edit, "assignment")     => assignment::end_form;
    post "/assignments/{id}/end"          May(Edit, "assignment")     => assignment::end;
    get  "/personnel"                     SignedIn                    => personnel::list;
    get  "/personnel/new"                 May(Edit, "personnel_change") => personnel::form;
    post "/personnel"                     May(Edit, "personnel_change") => personnel::load [limits::UPLOAD_BODY_BYTES];
    get  "/personnel/{id}"                SignedIn                    => personnel::show;
    post "/personnel/{id}"                SignedIn                    => personnel::act;
    get  "/personnel/{id}/undo.csv"       SignedIn                    => personnel::undo_file;
    get  "/handovers"                     May(View, "handover")       => handover::list;
    post "/handovers"                     May(Edit, "handover")       => handover::hand;
    get  "/handovers/new"                 May(Edit, "handover")       => handover::new;
    get  "/handovers/{id}"                May(View, "handover")       => handover::show;
    post "/handovers/{id}"                May(Edit, "handover")       => handover::receive;
    get  "/positions"                     May(View, "position")       => position::list;
    get  "/positions/new"                 May(Edit, "position")       => position::form;
    post "/positions"                     May(Edit, "position")       => position::create;
    get  "/roles"                         May(View, "role_seat")      => role_seat::list;
    get  "/roles/new"                     May(Edit, "role_seat")      => role_seat::form;
    post "/roles"                         May(Edit, "role_seat")      => role_seat::create;
    get  "/roles/{id}/end"                May(Edit, "role_seat")      => role_seat::end_form;
    post "/roles/{id}/end"                May(Edit, "role_seat")      => role_seat::end;
    get  "/accounts"                      May(View, "account")        => account::list, admin;
    get  "/accounts/new"                  May(Edit, "account")        => account::form, admin;
    post "/accounts"                      May(Edit, "account")        => account::create, admin;
    get  "/accounts/review"               May(View, "account")        => account::review, admin;
    get  "/accounts/{id}"                 May(View, "account")        => account::show, admin;
    post "/accounts/{id}"                 May(Edit, "account")        => account::update, admin;
    post "/accounts/{id}/certificate"     May(Edit, "account")        => account::certificate, admin;
    post "/accounts/{id}/reset"           May(Edit, "account")        => account::reset, admin;
    post "/accounts/{id}/sessions"        May(Edit, "account")        => account::end_sessions, admin;
    // registers
    get  "/registers"                     SignedIn                    => register::list::index;
    get  "/registers/{noun}"              Register(View)              => register::list::list;
    post "/registers/{noun}"              Register(Edit)              => register::form::create;
    get  "/registers/{noun}/new"          Register(Edit)              => register::form::new_form;
    get  "/registers/{noun}/export"       Register(Export)            => register::export::export;
    get  "/registers/{noun}/import"       Register(Edit)              => register::import::form;
    post "/registers/{noun}/import"       Register(Edit)              => register::import::upload [limits::UPLOAD_BODY_BYTES];
    get  "/registers/{noun}/import/{id}"  Register(Edit)              => register::import::show;
    post "/registers/{noun}/import/{id}"  Register(Edit)              => register::import::apply;
    post "/registers/{noun}/import/{id}/map" Register(Edit)           => register::import::map;
    get  "/registers/{noun}/imports"      Register(Edit)              => register::import::history;
    get  "/registers/{noun}/imports/{id}" Register(Edit)              => register::import::undo_form;
    post "/registers/{noun}/imports/{id}" Register(Edit)              => register::import::undo;
    get  "/registers/{noun}/bulk"         Register(Edit)              => register::bulk::form;
    post "/registers/{noun}/bulk"         Register(Edit)              => register::bulk::apply;
    get  "/registers/{noun}/labels"       Register(View)              => register::label::sheet;
    get  "/registers/{noun}/collect"      Register(Edit)              => register::collect::show;
    get  "/registers/{noun}/collect.zip"  Register(Edit)              => register::collect::hand_out;
    post "/registers/{noun}/collect"      Register(Edit)              => register::collect::take_back [limits::UPLOAD_BODY_BYTES];
    get  "/registers/{noun}/columns"      May(Edit, "extra_column")   => register::column::list;
    post "/registers/{noun}/columns"      May(Edit, "extra_column")   => register::column::create;
    get  "/registers/{noun}/columns/new"  May(Edit, "extra_column")   => register::column::new_form;
    get  "/registers/{noun}/columns/{id}" May(Edit, "extra_column")   => register::column::edit_form;
    post "/registers/{noun}/columns/{id}" May(Edit, "extra_column")   => register::column::update;
    post "/registers/{noun}/views"        Register(View)              => register::view::keep;
    post "/registers/{noun}/views/{id}/remove" Register(View)         => register::view::forget;
    get  "/registers/{noun}/{id}"         Register(View)              => register::row::show;
    get  "/registers/{noun}/{id}/dispose" Register(Edit)              => disposal::ask_form;
    post "/registers/{noun}/{id}/dispose" Register(Edit)              => disposal::ask;
    post "/registers/{noun}/{id}/files"   Register(Edit)              => disposal::attach [limits::UPLOAD_BODY_BYTES];
    get  "/registers/{noun}/{id}/stocktake" Register(View)            => stocktake::row;
    get  "/registers/{noun}/{id}/edit"    Register(Edit)              => register::form::edit_form;
    post "/registers/{noun}/{id}/edit"    Register(Edit)              => register::form::update;
    get  "/registers/{noun}/{id}/print"   Register(View)              => register::print::show;
    get  "/registers/{noun}/{id}/end"     Register(Edit)              => register::form::end_form;
    post "/registers/{noun}/{id}/end"     Register(Edit)              => register::form::end;
    get  "/registers/asset/classify"      May(Edit, "asset")          => asset::classify_new;
    get  "/registers/asset/reclassify"    May(Edit, "asset")          => asset::reclassify;
    post "/registers/asset/reclassify"    May(Edit, "asset")          => asset::reread;
    get  "/registers/asset/{id}/classify" May(Edit, "asset")          => asset::classify;
    post "/registers/asset/{id}/classify" May(Edit, "asset")          => asset::classified;
    get  "/registers/{noun}/{id}/relations" Register(View)            => relation::show;
    get  "/files/{id}"                    SignedIn                    => disposal::file;
    get  "/disposals"                     May(View, "disposal")       => disposal::list;
    get  "/disposals/{id}"                May(View, "disposal")       => disposal::show;
    post "/disposals/{id}"                May(Edit, "disposal")       => disposal::finish [limits::UPLOAD_BODY_BYTES];
    get  "/disposals/{id}/proof"          May(View, "disposal")       => disposal::proof;
    get  "/exceptions"                    May(View, "exception")      => exception::list;
    get  "/api/v1/openapi.json"           SignedIn                    => register::api::description;
    get  "/api/v1/registers/{noun}"       Register(View)              => register::api::list;
    post "/api/v1/registers/{noun}"       Register(Edit)              => register::api::create;
    get  "/api/v1/registers/{noun}/{id}"  Register(View)              => register::api::show;
    post "/api/v1/registers/{noun}/{id}"  Register(Edit)              => register::api::update;
    // ネットワークの分離
    get  "/network"                       May(View, "verdict")        => network::overview::show;
    get  "/network/answers/{id}"          May(View, "network_answer") => network::answer::show;
    get  "/network/snapshots"             May(View, "network_snapshot") => network::snapshot::list;
    post "/network/snapshots"             May(Edit, "network_snapshot") => network::snapshot::file [limits::UPLOAD_BODY_BYTES];
    get  "/network/snapshots/new"         May(Edit, "network_snapshot") => network::snapshot::form;
    get  "/network/snapshots/{id}"        May(View, "network_snapshot") => network::snapshot::show;
    post "/network/snapshots/{id}/confirm" May(Edit, "network_snapshot") => network::snapshot::confirm;
    get  "/network/snapshots/{id}/file"   May(View, "network_snapshot") => network::snapshot::text;
    get  "/network/snapshots/{id}/certificates/{number}" May(Export, "network_result") => network::snapshot::certificate;
    get  "/network/compare"               May(View, "network_snapshot") => network::compare::show;
    post "/network/flows/{id}/apply"      May(Edit, "specific_flow")  => network::flow::apply;
    // the record
    get  "/ledger"                        May(View, "checkpoint")     => ledger::show;
    post "/ledger/outside"                May(Edit, "outside_checkpoint") => ledger::confirm;
    post "/ledger/witnesses"              May(Edit, "ledger_witness") => ledger::witness;
    post "/ledger/witnesses/{id}/end"     May(Edit, "ledger_witness") => ledger::end_witness;
};

/// Which door a request comes in by. An installation may keep the administrators' pages off the network of the staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// Every page: the only door, or the one for administrators.
    Whole,
    /// The staff's door of an installation that has another for administrators.
    Staff,
}

/// The portal as one of its doors shows it.
pub fn router(app: App, entrance: Entrance) -> Router {
    let mut pages = Router::new();
    for route in ROUTES {
        let handler = match route.admin && entrance == Entrance::Staff {
            true if route.verb == Verb::Get => get(elsewhere),
            true => post(elsewhere),
            false => (route.handler)(),
        };
        let handler = handler
            .layer(DefaultBodyLimit::max(route.body_bytes))
            .layer(from_fn_with_state((app.clone(), route.need), guard));
        pages = pages.route(route.path, handler);
    }
    pages
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .route("/assets/{hash}/{name}", get(asset))
        .fallback(|| async { PortalError::NotFound })
        .method_not_allowed_fallback(|| async { PortalError::NotFound })
        .layer(from_fn_with_state(app.clone(), front::same_origin))
        .layer(from_fn_with_state(app.clone(), front::front))
        .with_state(app)
}

async fn elsewhere() -> PortalError {
    PortalError::OtherEntrance
}

async fn asset(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    assets::serve(uri.path(), &headers)
}
