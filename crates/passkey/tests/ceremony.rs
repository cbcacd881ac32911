//! Registration and touch against an authenticator written here from the specification: what is right passes, and
//! every single thing that is wrong is refused for its own reason.

#![expect(clippy::unwrap_used, reason = "tests")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use sekisho_passkey::{
    Assertion, PublicKey, Refused, Registration, RelyingParty, counter_moved, registered, touched,
};
use sha2::{Digest as _, Sha256};

const CHALLENGE: &[u8] = b"thirty-two bytes of a challenge.";
const UP: u8 = 0x01;
const UV: u8 = 0x04;
const AT: u8 = 0x40;

fn rp() -> RelyingParty {
    RelyingParty { id: "sekisho.lan".into(), origin: "https://sekisho.lan:8443".into() }
}

enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    fn all() -> Vec<Key> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let ed = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let rsa = RsaKeyPair::from_pkcs8(include_bytes!("rsa-2048.pk8")).unwrap();
        vec![Key::Ec(ec), Key::Ed(ed), Key::Rsa(rsa)]
    }

    fn ed() -> Key {
        Key::Ed(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
    }

    fn cose(&self) -> Value {
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

    fn sign(&self, message: &[u8]) -> Vec<u8> {
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
struct Ceremony {
    kind: &'static str,
    challenge: Vec<u8>,
    origin: String,
    rp_id: String,
    extra: &'static str,
    flags: u8,
    counter: u32,
    tail: Vec<u8>,
}

impl Ceremony {
    fn honest(kind: &'static str, flags: u8) -> Ceremony {
        Ceremony {
            kind,
            challenge: CHALLENGE.to_vec(),
            origin: rp().origin,
            rp_id: rp().id,
            extra: "",
            flags,
            counter: 5,
            tail: vec![],
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(&self.challenge);
        format!(
            r#"{{"type":"{}","challenge":"{challenge}","origin":"{}","crossOrigin":false{}}}"#,
            self.kind, self.origin, self.extra
        )
        .into_bytes()
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let mut out = Sha256::digest(&self.rp_id).to_vec();
        out.push(self.flags);
        out.extend(self.counter.to_be_bytes());
        out.extend(&self.tail);
        out
    }

    fn register(mut self, key: &Key) -> Registration {
        let mut cose = Vec::new();
        ciborium::into_writer(&key.cose(), &mut cose).unwrap();
        let tail = std::mem::take(&mut self.tail);
        self.tail = [&[0u8; 16][..], &[0, 4], b"id-1", &cose, &tail].concat();
        self.attested()
    }

    fn attested(self) -> Registration {
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

    fn touch(self, key: &Key) -> Assertion {
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

fn registration() -> Ceremony {
    Ceremony::honest("webauthn.create", UP | UV | AT)
}

fn touch() -> Ceremony {
    Ceremony::honest("webauthn.get", UP | UV)
}

fn key_of(key: &Key) -> PublicKey {
    registered(&rp(), CHALLENGE, &registration().register(key)).unwrap().key
}

#[test]
fn every_kind_of_key_registers_and_signs() {
    for key in Key::all() {
        let kept = registered(&rp(), CHALLENGE, &registration().register(&key)).unwrap();
        assert_eq!((kept.counter, kept.user_verified, kept.may_be_copied), (5, true, false));
        let json = serde_json::to_string(&kept.key).unwrap();
        let read: PublicKey = serde_json::from_str(&json).unwrap();
        assert_eq!(read, kept.key);
        let proven = touched(&rp(), CHALLENGE, &read, &touch().touch(&key)).unwrap();
        assert_eq!((proven.counter, proven.user_verified), (5, true));
    }
    let keys: Vec<PublicKey> = Key::all().iter().map(key_of).collect();
    let others = Key::all();
    // Ed25519 and RSA come out the same each time; the EC key is a new one.
    assert_eq!(
        touched(&rp(), CHALLENGE, &keys[0], &touch().touch(&others[0])),
        Err(Refused::Signature),
        "another key of the same kind"
    );
}

#[test]
fn each_wrong_thing_is_refused_for_its_own_reason() {
    let key = Key::ed();
    let kept = key_of(&key);
    let refused = |change: fn(&mut Ceremony)| {
        let mut ceremony = touch();
        change(&mut ceremony);
        touched(&rp(), CHALLENGE, &kept, &ceremony.touch(&key)).unwrap_err()
    };
    assert_eq!(refused(|c| c.kind = "webauthn.create"), Refused::Type);
    assert_eq!(refused(|c| c.challenge[0] ^= 1), Refused::Challenge);
    assert_eq!(refused(|c| c.challenge.clear()), Refused::Challenge);
    assert_eq!(refused(|c| c.origin = "https://sekisho.lan".into()), Refused::Origin);
    assert_eq!(refused(|c| c.origin = "http://sekisho.lan:8443".into()), Refused::Origin);
    assert_eq!(refused(|c| c.origin = "https://sekisho.lan:8443.evil.lan".into()), Refused::Origin);
    assert_eq!(refused(|c| c.extra = r#","topOrigin":"https://evil.lan""#), Refused::Framed);
    assert_eq!(refused(|c| c.rp_id = "evil.lan".into()), Refused::RelyingParty);
    assert_eq!(refused(|c| c.flags = UV), Refused::NoPresence);
    assert_eq!(refused(|c| c.flags = UP), Refused::NoVerification);
    assert_eq!(refused(|c| c.flags = UP | UV | 0x10), Refused::Flags, "backed up but not to be backed up");
    assert_eq!(
        refused(|c| c.tail = vec![0]),
        Refused::Unreadable("bytes left over after the authenticator data")
    );

    let refused = |change: fn(&mut Ceremony)| {
        let mut ceremony = registration();
        change(&mut ceremony);
        registered(&rp(), CHALLENGE, &ceremony.register(&key)).unwrap_err()
    };
    assert_eq!(refused(|c| c.kind = "webauthn.get"), Refused::Type);
    assert_eq!(refused(|c| c.challenge[0] ^= 1), Refused::Challenge);
    assert_eq!(refused(|c| c.origin = "https://evil.lan".into()), Refused::Origin);
    assert_eq!(refused(|c| c.rp_id = "evil.lan".into()), Refused::RelyingParty);
    assert_eq!(refused(|c| c.flags = UP | AT), Refused::NoVerification);
    let mut sent = registration().register(&key);
    sent.id = URL_SAFE_NO_PAD.encode(b"id-2");
    assert_eq!(registered(&rp(), CHALLENGE, &sent), Err(Refused::Id));
    let mut ceremony = registration();
    ceremony.flags = UP | UV;
    assert_eq!(
        registered(&rp(), CHALLENGE, &ceremony.attested()),
        Err(Refused::Unreadable("no key in the registration"))
    );
}

/// A registration's signed-over data must not pass as a touch, nor a framed page's.
#[test]
fn a_cross_origin_frame_is_refused() {
    let key = Key::ed();
    let kept = key_of(&key);
    let mut sent = touch().touch(&key);
    let client = String::from_utf8(URL_SAFE_NO_PAD.decode(&sent.client_data).unwrap()).unwrap();
    let client = client.replace("\"crossOrigin\":false", "\"crossOrigin\":true");
    let data = URL_SAFE_NO_PAD.decode(&sent.authenticator_data).unwrap();
    sent.signature = URL_SAFE_NO_PAD.encode(key.sign(&[&data[..], &Sha256::digest(&client)].concat()));
    sent.client_data = URL_SAFE_NO_PAD.encode(client);
    assert_eq!(touched(&rp(), CHALLENGE, &kept, &sent), Err(Refused::Framed));
}

#[test]
fn weak_and_foreign_keys_are_refused() {
    let register = |fields: Vec<(i64, Value)>| {
        let cose = Value::Map(fields.into_iter().map(|(l, v)| (Value::from(l), v)).collect());
        let mut bytes = Vec::new();
        ciborium::into_writer(&cose, &mut bytes).unwrap();
        let mut ceremony = registration();
        ceremony.tail = [&[0u8; 16][..], &[0, 4], b"id-1", &bytes].concat();
        registered(&rp(), CHALLENGE, &ceremony.attested()).unwrap_err()
    };
    let bytes = |n: usize| Value::Bytes(vec![1; n]);
    let rsa_1024 = vec![(1, 3.into()), (3, (-257).into()), (-1, bytes(128)), (-2, bytes(3))];
    assert_eq!(register(rsa_1024), Refused::Algorithm);
    let rs1 = vec![(1, 3.into()), (3, (-65_535).into()), (-1, bytes(256)), (-2, bytes(3))];
    assert_eq!(register(rs1), Refused::Algorithm);
    let p384 = vec![(1, 2.into()), (3, (-7).into()), (-1, 2.into()), (-2, bytes(32)), (-3, bytes(32))];
    assert_eq!(register(p384), Refused::Algorithm);
    let twice = vec![(1, 1.into()), (1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, bytes(32))];
    assert_eq!(register(twice), Refused::Unreadable("a field of the key is missing or double"));
}

#[test]
fn a_counter_that_does_not_grow_is_a_copy() {
    assert_eq!(counter_moved(0, 0), Ok(()));
    assert_eq!(counter_moved(5, 6), Ok(()));
    for (kept, seen) in [(5, 5), (5, 4), (5, 0)] {
        assert_eq!(counter_moved(kept, seen), Err(Refused::Counter));
    }
}

proptest! {
    /// No single changed bit in anything signed, nor in the signature, survives.
    #[test]
    fn a_changed_bit_is_refused(part in 0usize..3, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let key = Key::ed();
        let kept = key_of(&key);
        let mut sent = touch().touch(&key);
        let field = [&mut sent.client_data, &mut sent.authenticator_data, &mut sent.signature]
            .into_iter().nth(part).unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(&*field).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        *field = URL_SAFE_NO_PAD.encode(bytes);
        prop_assert!(touched(&rp(), CHALLENGE, &kept, &sent).is_err());
    }

    /// Whatever arrives, the answer is a value and never a panic.
    #[test]
    fn noise_is_refused(a in "\\PC{0,80}", b in proptest::collection::vec(any::<u8>(), 0..200)) {
        let sent = Registration {
            id: a.clone(),
            client_data: URL_SAFE_NO_PAD.encode(registration().client_data()),
            attestation_object: URL_SAFE_NO_PAD.encode(&b),
        };
        prop_assert!(registered(&rp(), CHALLENGE, &sent).is_err());
        let sent = Assertion {
            id: a, client_data: URL_SAFE_NO_PAD.encode(touch().client_data()),
            authenticator_data: URL_SAFE_NO_PAD.encode(&b), signature: String::new(), user_handle: None,
        };
        prop_assert!(touched(&rp(), CHALLENGE, &key_of(&Key::ed()), &sent).is_err());
    }
}
