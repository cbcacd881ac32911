//! Who a device's own management services let in.
//!
//! What is asked is whom the configuration admits, not whether a host key has been made or a password is set.

use crate::model::{Doubt, Rule};
use crate::net;
use crate::space::{Cube, Field, Ranges};

/// Packets a service lets in, or has a list decide about.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// By source, interface and own address.
    pub from: Cube,
    /// Why they may be refused after all.
    pub doubt: Option<Doubt>,
    /// Line that says so; 0 for an initial value.
    pub line: u32,
    /// The list that decides, as entries whose jumps are replaced; everything is let in when there is none.
    pub list: Option<(String, Vec<Rule>)>,
}

/// One management service.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// Service name and the words of its line.
    pub label: String,
    /// Line it comes from; 0 for an initial value.
    pub line: u32,
    /// Protocol and port it listens on.
    pub port: Cube,
    /// Who is let in.
    pub admitted: Vec<Admitted>,
}

impl Door {
    /// A service on one TCP port that lets nobody in.
    pub(crate) fn tcp(label: &str, line: u32, port: u16) -> Self {
        Self::on(net::TCP, label, line, port)
    }

    /// A service on one port that lets nobody in.
    pub(crate) fn on(proto: u128, label: &str, line: u32, port: u16) -> Self {
        let port = Cube::any()
            .with(Field::Proto, Ranges::one(proto))
            .with(Field::Dport, Ranges::one(u128::from(port)));
        Self { label: label.to_owned(), line, port, admitted: Vec::new() }
    }

    /// Lets these packets in.
    pub(crate) fn admit(&mut self, from: Cube, line: u32, doubt: Option<Doubt>) {
        self.admitted.push(Admitted { from, doubt, line, list: None });
    }
}
