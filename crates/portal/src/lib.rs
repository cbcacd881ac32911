//! The portal: the pages on which a municipality's security policy is read, decided and kept.
//!
//! Reading order: `routes.rs` is the table of every page; `pages/<noun>.rs` is what it does; its view structs
//! fill `templates/<noun>/*.html`; `part.rs` holds what all pages share. Pages work without JavaScript; only
//! passkeys need it (`assets/passkey.js`). Clock, randomness and database arrive in `App`.

pub mod assets;
pub mod credential;
pub mod error;
pub mod form;
#[cfg(test)]
mod gallery;
pub mod guard;
mod ja;
pub mod limits;
mod pages;
pub mod part;
mod picture;
mod routes;
mod session;
pub mod shell;
mod sign_in;
mod standing;
mod touch;

pub use pages::publication::exported;
pub use pages::register::api::openapi;
pub use routes::{Entrance, ROUTES, Route, Verb, router};
pub use session::Need;

use sekisho_domain::factor::{Demand, Method};
use sekisho_identity::Identity;
use sekisho_store::Store;
use sekisho_store::ledger::Sequencer;
use sekisho_store::object::Objects;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What every handler can reach.
#[derive(Clone, Debug)]
pub struct App {
    pub store: Store,
    pub config: Arc<Config>,
    /// Who vouches for people besides us.
    pub identity: Arc<Identity>,
    /// Sealed files.
    pub objects: Objects,
    /// The log of this instance.
    pub sequencer: Sequencer,
    /// Password hashes being computed.
    hashing: Arc<Semaphore>,
    /// How the policy stands, kept until something is recorded.
    standing: Arc<standing::Kept>,
}

impl App {
    pub fn new(store: Store, config: Config, objects: Objects, sequencer: Sequencer) -> App {
        let hashing = Arc::new(Semaphore::new(limits::HASHES_AT_ONCE));
        App {
            store,
            config: Arc::new(config),
            identity: Arc::default(),
            objects,
            sequencer,
            hashing,
            standing: Arc::default(),
        }
    }
}

/// What the installation says about itself; read once, by the binary.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// さくら坂市
    pub city: String,
    /// Served over TLS: cookies are `Secure` with the `__Host-` prefix and HSTS is sent.
    pub tls: bool,
    /// The public `host[:port]` when a proxy stands in front; otherwise the `Host` header is trusted.
    pub host: Option<String>,
    /// What every account has to show at least; accounts of their own kind may have to show more.
    pub demand: Option<Demand>,
    /// What counts as a fresh proof before decisions, by the city's rule; empty: everything but a password kept
    /// here and a recovery code.
    pub step_up: Vec<Method>,
    /// Whose glyphs go into PDFs.
    pub font: Option<Font>,
    /// Shown on every page, such as 「架空の市のデモです」.
    pub notice: Option<String>,
}

impl App {
    /// With the city's directory, provider and card reader.
    pub fn with_identity(mut self, identity: Identity) -> App {
        self.identity = Arc::new(identity);
        self
    }
}

impl Config {
    /// Whether showing this counts as a fresh proof.
    pub fn steps_up(&self, method: Method) -> bool {
        match self.step_up.as_slice() {
            [] => !matches!(method, Method::Password | Method::Recovery),
            chosen => chosen.contains(&method),
        }
    }
}

/// An OpenType font or collection on this machine, read when a PDF is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Font {
    pub path: PathBuf,
    /// Which face of a collection.
    pub index: u32,
}
