//! Passwords that came with the file.

use std::fmt;

use zeroize::Zeroizing;

/// Passwords to try, in order. Never printed and wiped on drop.
#[derive(Clone, Default)]
pub struct Secrets {
    passwords: Vec<Zeroizing<String>>,
}

impl Secrets {
    /// No password at hand.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Takes the passwords to try, first one first.
    #[must_use]
    pub fn new(passwords: impl IntoIterator<Item = String>) -> Self {
        Self { passwords: passwords.into_iter().map(Zeroizing::new).collect() }
    }

    pub(crate) fn passwords(&self) -> impl Iterator<Item = &str> {
        self.passwords.iter().map(|p| p.as_str())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} hidden)", self.passwords.len())
    }
}
