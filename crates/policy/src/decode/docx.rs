use super::Source;
use crate::PolicyError;
pub(super) fn read(_bytes: &[u8]) -> Result<Source, PolicyError> {
    Err(PolicyError::NotWord)
}
