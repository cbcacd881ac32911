//! Passkeys (W3C Web Authentication Level 2, §7): what a browser sends after a registration or a touch goes in,
//! and either what was proven comes out or the reason why nothing was.
//!
//! Stateless on purpose. A log-in and a decision kept for ten years are verified by the same function, and the
//! caller chooses the challenge: random for a log-in, the SHA-256 of what is decided for a decision. Attestation
//! statements are neither asked for nor judged; who may register a key is the office's business
//! (a second person confirms it), not a manufacturer's.
//!
//! ```text
//! RelyingParty + challenge + Registration            → registered() → Registered { id, key, counter, … }
//! RelyingParty + challenge + PublicKey + Assertion   → touched()    → Touch { counter, user_verified, … }
//! ```

mod authenticator_data;
mod key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use authenticator_data::AuthenticatorData;
pub use key::{ALGORITHMS, PublicKey};

/// Longest message a browser may send (bytes, decoded): an RSA key of 8,192 bits with extensions is under 3 KiB.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Who asks for the touch. Both are compared exactly: a passkey of another host, port or scheme proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// `sekisho.city.lan`: the host name without port.
    pub id: String,
    /// `https://sekisho.city.lan:8443`: as the browser writes it.
    pub origin: String,
}

/// What `navigator.credentials.create` returned; fields are base64url without padding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub id: String,
    pub client_data: String,
    pub attestation_object: String,
}

/// What `navigator.credentials.get` returned; fields are base64url without padding. It is also what is kept of a
/// strong decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    pub id: String,
    pub client_data: String,
    pub authenticator_data: String,
    pub signature: String,
    /// Whom the authenticator took the key to belong to, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_handle: Option<String>,
}

/// A key that may now be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The credential's id, base64url.
    pub id: String,
    pub key: PublicKey,
    pub counter: u32,
    /// The device asked for PIN, finger or face.
    pub user_verified: bool,
    /// The key may be copied to other devices of its owner (a synchronised passkey).
    pub may_be_copied: bool,
}

/// A touch that was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The authenticator's count of signatures; 0 from authenticators that do not count.
    pub counter: u32,
    /// The device asked for PIN, finger or face: two factors in one.
    pub user_verified: bool,
}

/// Why nothing was proven. For the log; a person is told one sentence for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the message cannot be read: {0}")]
    Unreadable(&'static str),
    #[error("the ceremony is of another type")]
    Type,
    #[error("the challenge is not the one that was given")]
    Challenge,
    #[error("the touch was for another site")]
    Origin,
    #[error("the touch came from inside another site's page")]
    Framed,
    #[error("the key is for another relying party")]
    RelyingParty,
    #[error("nobody touched the authenticator")]
    NoPresence,
    #[error("the device asked for neither PIN, finger nor face")]
    NoVerification,
    #[error("the flags contradict each other")]
    Flags,
    #[error("the id inside and outside the message differ")]
    Id,
    #[error("the kind of key is not accepted")]
    Algorithm,
    #[error("the signature does not fit")]
    Signature,
    #[error("the counter went back: the key may have been copied")]
    Counter,
}

impl Refused {
    /// Stable; for logs and tests.
    pub fn code(self) -> &'static str {
        match self {
            Refused::Unreadable(_) => "passkey.unreadable",
            Refused::Type => "passkey.type",
            Refused::Challenge => "passkey.challenge",
            Refused::Origin => "passkey.origin",
            Refused::Framed => "passkey.framed",
            Refused::RelyingParty => "passkey.rp_id",
            Refused::NoPresence => "passkey.no_presence",
            Refused::NoVerification => "passkey.no_verification",
            Refused::Flags => "passkey.flags",
            Refused::Id => "passkey.id",
            Refused::Algorithm => "passkey.algorithm",
            Refused::Signature => "passkey.signature",
            Refused::Counter => "passkey.counter",
        }
    }
}

/// Verifies a registration (§7.1). User verification is required: a passkey here always stands for two factors.
pub fn registered(rp: &RelyingParty, challenge: &[u8], sent: &Registration) -> Result<Registered, Refused> {
    check_client_data(rp, challenge, "webauthn.create", &decode(&sent.client_data)?)?;
    let object = decode(&sent.attestation_object)?;
    let data = authenticator_data::from_attestation_object(&object)?;
    check_authenticator(rp, &data)?;
    let attested = data.attested.ok_or(Refused::Unreadable("no key in the registration"))?;
    let id = URL_SAFE_NO_PAD.encode(attested.id);
    if id != sent.id {
        return Err(Refused::Id);
    }
    Ok(Registered {
        id,
        key: attested.key,
        counter: data.counter,
        user_verified: true,
        may_be_copied: data.backup_eligible,
    })
}

/// Verifies a touch (§7.2). The caller has looked up `key` by [`Assertion::id`] and afterwards compares the counter
/// with [`counter_moved`].
pub fn touched(
    rp: &RelyingParty,
    challenge: &[u8],
    key: &PublicKey,
    sent: &Assertion,
) -> Result<Touch, Refused> {
    let client_data = decode(&sent.client_data)?;
    check_client_data(rp, challenge, "webauthn.get", &client_data)?;
    let bytes = decode(&sent.authenticator_data)?;
    let data = AuthenticatorData::parse(&bytes)?;
    check_authenticator(rp, &data)?;
    if data.attested.is_some() {
        return Err(Refused::Flags);
    }
    let mut signed = bytes.clone();
    signed.extend_from_slice(&Sha256::digest(&client_data));
    if !key.verifies(&signed, &decode(&sent.signature)?) {
        return Err(Refused::Signature);
    }
    Ok(Touch { counter: data.counter, user_verified: true })
}

/// The counter must grow, unless the authenticator does not count at all (both zero).
pub fn counter_moved(kept: u32, seen: u32) -> Result<(), Refused> {
    if (kept == 0 && seen == 0) || seen > kept { Ok(()) } else { Err(Refused::Counter) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

fn check_client_data(
    rp: &RelyingParty,
    challenge: &[u8],
    ceremony: &str,
    bytes: &[u8],
) -> Result<(), Refused> {
    let data: ClientData =
        serde_json::from_slice(bytes).map_err(|_| Refused::Unreadable("client data is not JSON"))?;
    if data.r#type != ceremony {
        return Err(Refused::Type);
    }
    if data.challenge != URL_SAFE_NO_PAD.encode(challenge) {
        return Err(Refused::Challenge);
    }
    if data.origin != rp.origin {
        return Err(Refused::Origin);
    }
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Refused::Framed);
    }
    Ok(())
}

fn check_authenticator(rp: &RelyingParty, data: &AuthenticatorData) -> Result<(), Refused> {
    if data.rp_id_hash[..] != Sha256::digest(&rp.id)[..] {
        return Err(Refused::RelyingParty);
    }
    if !data.user_present {
        return Err(Refused::NoPresence);
    }
    if !data.user_verified {
        return Err(Refused::NoVerification);
    }
    if data.backed_up && !data.backup_eligible {
        return Err(Refused::Flags);
    }
    Ok(())
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    if text.len() > MESSAGE_BYTES_MAX * 4 / 3 {
        return Err(Refused::Unreadable("too long"));
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Unreadable("not base64url"))
}
