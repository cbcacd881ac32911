//! The nouns and rules of the office that runs a municipality's information-security policy.
//!
//! Pure: no clock, no randomness, no database, no network. Everything that depends on the outside world
//! arrives as an argument, so every rule here can be tested with a literal.

pub mod clock;
pub mod date;
pub mod id;
