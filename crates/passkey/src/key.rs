//! Public keys: COSE (RFC 9053) as authenticators send them, JWK (RFC 7517) as they are kept, so that an auditor's
//! own tools can read them. Signatures are verified by ring, the library that also carries TLS.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};

use crate::Refused;

/// COSE numbers of what is accepted, in the order in which a browser is asked for them: ES256, EdDSA, RS256.
pub const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// A public key in JWK form; coordinates are base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty", deny_unknown_fields)]
pub enum PublicKey {
    /// ES256 on P-256.
    #[serde(rename = "EC")]
    Ec { crv: P256, x: String, y: String },
    /// EdDSA on Ed25519.
    #[serde(rename = "OKP")]
    Okp { crv: Ed25519, x: String },
    /// RS256, 2,048 bits or more.
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

/// The only curve of its kind, so that no other can be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum P256 {
    #[serde(rename = "P-256")]
    P256,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ed25519 {
    Ed25519,
}

// Labels and values of COSE keys (RFC 9053 §7, RFC 8230 §4).
const KTY: i64 = 1;
const ALG: i64 = 3;
const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const KTY_RSA: i64 = 3;
const CRV_P256: i64 = 1;
const CRV_ED25519: i64 = 6;
/// Smallest RSA modulus (bytes): 2,048 bits.
const RSA_BYTES_MIN: usize = 256;
const RSA_BYTES_MAX: usize = 1_024;

impl PublicKey {
    pub(crate) fn from_cose(value: &Value) -> Result<PublicKey, Refused> {
        let Value::Map(fields) = value else { return Err(Refused::Unreadable("the key is not a map")) };
        let one = |label: i64| {
            let mut all = fields.iter().filter(|(l, _)| int(l) == Some(label)).map(|(_, v)| v);
            match (all.next(), all.next()) {
                (Some(value), None) => Ok(value),
                _ => Err(Refused::Unreadable("a field of the key is missing or double")),
            }
        };
        let number = |label| one(label).map(|v| int(v).unwrap_or(0));
        let bytes = |label| one(label).and_then(|v| v.as_bytes().ok_or(Refused::Unreadable("key bytes")));
        let sized = |label, length: usize| {
            let bytes = bytes(label)?;
            if bytes.len() == length { Ok(encode(bytes)) } else { Err(Refused::Unreadable("key length")) }
        };
        match (number(KTY)?, number(ALG)?) {
            (KTY_EC2, -7) if number(-1)? == CRV_P256 => {
                Ok(PublicKey::Ec { crv: P256::P256, x: sized(-2, 32)?, y: sized(-3, 32)? })
            }
            (KTY_OKP, -8) if number(-1)? == CRV_ED25519 => {
                Ok(PublicKey::Okp { crv: Ed25519::Ed25519, x: sized(-2, 32)? })
            }
            (KTY_RSA, -257) => {
                let (n, e) = (bytes(-1)?, bytes(-2)?);
                if !(RSA_BYTES_MIN..=RSA_BYTES_MAX).contains(&n.len()) || n.first() == Some(&0) {
                    return Err(Refused::Algorithm);
                }
                Ok(PublicKey::Rsa { n: encode(n), e: encode(e) })
            }
            _ => Err(Refused::Algorithm),
        }
    }

    /// Whether `signature` over `message` was made with the private half.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        match self {
            PublicKey::Ec { x, y, .. } => decode(x).zip(decode(y)).is_some_and(|(x, y)| {
                let point = [&[4u8][..], &x, &y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }),
            PublicKey::Okp { x, .. } => decode(x)
                .is_some_and(|x| UnparsedPublicKey::new(&ED25519, x).verify(message, signature).is_ok()),
            PublicKey::Rsa { n, e } => decode(n).zip(decode(e)).is_some_and(|(n, e)| {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }),
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn int(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|i| i64::try_from(i).ok())
}
