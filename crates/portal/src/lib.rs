//! The portal: the pages on which a municipality's security policy is read, decided and kept.
//!
//! Reading order: `routes.rs` is the table of every page; `pages/<noun>.rs` is what it does; its view structs
//! fill `templates/<noun>/*.html`; `part.rs` holds what all pages share. Pages work without JavaScript; there
//! is none. Clock, randomness and database arrive in `App`.

pub mod assets;
pub mod credential;
pub mod error;
pub mod form;
#[cfg(test)]
mod gallery;
pub mod guard;
mod ja;
pub mod limits;
#[cfg_attr(not(test), allow(dead_code, reason = "the handlers arrive with the store"))]
mod pages;
pub mod part;
mod routes;
pub mod shell;

pub use routes::router;

use sekisho_domain::clock::{Clock, Entropy};
use std::sync::Arc;

/// What every handler can reach.
#[derive(Clone, Debug)]
pub struct App {
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
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
    /// Shown on every page, such as 「架空の市のデモです」.
    pub notice: Option<String>,
}
