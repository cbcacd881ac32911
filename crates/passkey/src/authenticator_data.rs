//! Authenticator data (§6.1): fixed bytes, then CBOR. Every byte must be accounted for.

use ciborium::Value;

use crate::key::PublicKey;
use crate::{MESSAGE_BYTES_MAX, Refused};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;
/// Longest credential id (§4, Credential ID).
const ID_BYTES_MAX: usize = 1_023;

pub(crate) struct AuthenticatorData {
    pub(crate) rp_id_hash: [u8; 32],
    pub(crate) user_present: bool,
    pub(crate) user_verified: bool,
    pub(crate) backup_eligible: bool,
    pub(crate) backed_up: bool,
    pub(crate) counter: u32,
    pub(crate) attested: Option<Attested>,
}

/// The new key of a registration.
pub(crate) struct Attested {
    pub(crate) id: Vec<u8>,
    pub(crate) key: PublicKey,
}

const SHORT: Refused = Refused::Unreadable("authenticator data is too short");

impl AuthenticatorData {
    pub(crate) fn parse(bytes: &[u8]) -> Result<AuthenticatorData, Refused> {
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(SHORT)?;
        let ([flags], rest) = rest.split_first_chunk::<1>().ok_or(SHORT)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
        let attested = match flags & ATTESTED {
            0 => None,
            _ => Some(attested(&mut rest)?),
        };
        if flags & EXTENSIONS != 0 && !matches!(value(&mut rest)?, Value::Map(_)) {
            return Err(Refused::Unreadable("extensions are not a map"));
        }
        if !rest.is_empty() {
            return Err(Refused::Unreadable("bytes left over after the authenticator data"));
        }
        Ok(AuthenticatorData {
            rp_id_hash: *rp_id_hash,
            user_present: flags & USER_PRESENT != 0,
            user_verified: flags & USER_VERIFIED != 0,
            backup_eligible: flags & BACKUP_ELIGIBLE != 0,
            backed_up: flags & BACKED_UP != 0,
            counter: u32::from_be_bytes(*counter),
            attested,
        })
    }
}

fn attested(rest: &mut &[u8]) -> Result<Attested, Refused> {
    let (_model, after) = rest.split_first_chunk::<16>().ok_or(SHORT)?;
    let (length, after) = after.split_first_chunk::<2>().ok_or(SHORT)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > ID_BYTES_MAX {
        return Err(Refused::Unreadable("the credential id has an impossible length"));
    }
    let (id, mut after) = after.split_at_checked(length).ok_or(SHORT)?;
    let key = PublicKey::from_cose(&value(&mut after)?)?;
    *rest = after;
    Ok(Attested { id: id.to_vec(), key })
}

/// One CBOR item from the front of `rest`.
fn value(rest: &mut &[u8]) -> Result<Value, Refused> {
    ciborium::from_reader(rest).map_err(|_| Refused::Unreadable("not CBOR"))
}

/// The authenticator data inside an attestation object (§6.5): `{fmt, attStmt, authData}`, nothing after it.
pub(crate) fn from_attestation_object(object: &[u8]) -> Result<AuthenticatorData, Refused> {
    if object.len() > MESSAGE_BYTES_MAX {
        return Err(Refused::Unreadable("too long"));
    }
    let mut rest = object;
    let Value::Map(fields) = value(&mut rest)? else {
        return Err(Refused::Unreadable("the attestation object is not a map"));
    };
    if !rest.is_empty() {
        return Err(Refused::Unreadable("bytes left over after the attestation object"));
    }
    let mut found = fields.iter().filter(|(name, _)| name.as_text() == Some("authData"));
    match (found.next(), found.next()) {
        (Some((_, Value::Bytes(bytes))), None) => AuthenticatorData::parse(bytes),
        _ => Err(Refused::Unreadable("no authenticator data")),
    }
}
