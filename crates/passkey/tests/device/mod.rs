//! An authenticator written from the specification, for tests that change one thing of what a browser and a device
//! would do. The tests of other crates use it too.

#![allow(
    dead_code,
    missing_debug_implementations,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test uses a part of it"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use sekisho_passkey::{Assertion, Registration, RelyingParty};
use sha2::{Digest as _, Sha256};

pub const UP: u8 = 0x01;
pub const UV: u8 = 0x04;
pub const AT: u8 = 0x40;

pub enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    pub fn all() -> Vec<Key> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let ed = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let rsa = RsaKeyPair::from_pkcs8(include_bytes!("../rsa-2048.pk8")).unwrap();
        vec![Key::Ec(ec), Key::Ed(ed), Key::Rsa(rsa)]
    }

    pub fn ed() -> Key {
        Key::Ed(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
    }

    pub fn cose(&self) -> Value {
        let map = |fields: Vec<(i64, Value)>| {
            Value::Map(fields.into_iter().map(|(l, v)| (Value::from(l), v)).collect())
        };
        match self {
            Key::Ec(key) => {
                let point = key.public_key().as_ref();
                map(vec![
                    (1, 2.into()),
                    (3, (-7).into()),
                    (-1, 1.into()),
                    (-2, Value::Bytes(point[1..33].to_vec())),
                    (-3, Value::Bytes(point[33..].to_vec())),
                ])
            }
            Key::Ed(key) => map(vec![
                (1, 1.into()),
                (3, (-8).into()),
                (-1, 6.into()),
                (-2, Value::Bytes(key.public_key().as_ref().to_vec())),
            ]),
            Key::Rsa(key) => {
                let parts: ring::rsa::PublicKeyComponents<Vec<u8>> = key.public().into();
                let (n, e) = (Value::Bytes(parts.n), Value::Bytes(parts.e));
                map(vec![(1, 3.into()), (3, (-257).into()), (-1, n), (-2, e)])
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Key::Ec(key) => key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Key::Ed(key) => key.sign(message).as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut out = vec![0; key.public().modulus_len()];
                key.sign(&ring::signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut out)
                    .unwrap();
                out
            }
        }
    }
}

/// A ceremony as an honest browser and device would perform it; a test changes one thing.
pub struct Ceremony {
    pub kind: &'static str,
    pub challenge: Vec<u8>,
    pub origin: String,
    pub rp_id: String,
    pub extra: &'static str,
    pub flags: u8,
    pub counter: u32,
    pub tail: Vec<u8>,
}

impl Ceremony {
    /// As it should be between this site and a device that has touched `counter` times before.
    pub fn honest(kind: &'static str, rp: &RelyingParty, challenge: &[u8], flags: u8) -> Ceremony {
        Ceremony {
            kind,
            challenge: challenge.to_vec(),
            origin: rp.origin.clone(),
            rp_id: rp.id.clone(),
            extra: "",
            flags,
            counter: 5,
            tail: vec![],
        }
    }

    pub fn client_data(&self) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(&self.challenge);
        format!(
            r#"{{"type":"{}","challenge":"{challenge}","origin":"{}","crossOrigin":false{}}}"#,
            self.kind, self.origin, self.extra
        )
        .into_bytes()
    }

    pub fn authenticator_data(&self) -> Vec<u8> {
        let mut out = Sha256::digest(&self.rp_id).to_vec();
        out.push(self.flags);
        out.extend(self.counter.to_be_bytes());
        out.extend(&self.tail);
        out
    }

    pub fn register(mut self, key: &Key) -> Registration {
        let mut cose = Vec::new();
        ciborium::into_writer(&key.cose(), &mut cose).unwrap();
        let tail = std::mem::take(&mut self.tail);
        self.tail = [&[0u8; 16][..], &[0, 4], b"id-1", &cose, &tail].concat();
        self.attested()
    }

    pub fn attested(self) -> Registration {
        let object = Value::Map(vec![
            (Value::from("fmt"), Value::from("none")),
            (Value::from("attStmt"), Value::Map(vec![])),
            (Value::from("authData"), Value::Bytes(self.authenticator_data())),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        Registration {
            id: URL_SAFE_NO_PAD.encode(b"id-1"),
            client_data: URL_SAFE_NO_PAD.encode(self.client_data()),
            attestation_object: URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    pub fn touch(self, key: &Key) -> Assertion {
        let (data, client) = (self.authenticator_data(), self.client_data());
        let signed = [&data[..], &Sha256::digest(&client)].concat();
        Assertion {
            id: URL_SAFE_NO_PAD.encode(b"id-1"),
            client_data: URL_SAFE_NO_PAD.encode(client),
            authenticator_data: URL_SAFE_NO_PAD.encode(data),
            signature: URL_SAFE_NO_PAD.encode(key.sign(&signed)),
            user_handle: None,
        }
    }
}
