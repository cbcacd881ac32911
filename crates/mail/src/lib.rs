//! 通知: the words of a mail and the way it leaves the house. Knows no records: what may be said is a struct of numbers
//! and links, so that no template can carry a name or what a matter is about.

mod relay;
pub mod template;

pub use relay::{Fault, Letter, Relay, RelayConfig};
