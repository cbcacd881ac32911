//! Identifiers: UUIDv7 text made in Rust, so that both databases sort rows by creation without a sequence.

use crate::clock::{Entropy, Ms};

/// A new UUIDv7 (RFC 9562 §5.7): 48 bits of time, 74 bits of randomness, lower-case hyphenated text.
pub fn new_id(now: Ms, entropy: &dyn Entropy) -> String {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

/// Whether a string is the text form of an id this system could have made.
pub fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok() && !text.bytes().any(|b| b.is_ascii_uppercase())
}

/// Declares newtypes over id text, so that a `SectionId` cannot be passed where a `PersonId` is meant.
#[macro_export]
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededEntropy;

    #[test]
    fn ids_sort_by_time_and_are_recognised() {
        let entropy = SeededEntropy::new(1);
        let a = new_id(Ms(1_000), &entropy);
        let b = new_id(Ms(2_000), &entropy);
        assert!(a < b);
        assert!(is_id(&a));
        assert!(!is_id("../../etc/passwd"));
    }
}
