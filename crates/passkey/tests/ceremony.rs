//! Registration and touch against an authenticator written here from the specification: what is right passes, and
//! every single thing that is wrong is refused for its own reason.

#![expect(clippy::unwrap_used, reason = "tests")]

mod device;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use device::{AT, Ceremony, Key, UP, UV};
use proptest::prelude::*;
use sekisho_passkey::{
    Assertion, PublicKey, Refused, Registration, RelyingParty, counter_moved, registered, touched,
};
use sha2::{Digest as _, Sha256};

const CHALLENGE: &[u8] = b"thirty-two bytes of a challenge.";

fn rp() -> RelyingParty {
    RelyingParty { id: "sekisho.lan".into(), origin: "https://sekisho.lan:8443".into() }
}

fn registration() -> Ceremony {
    Ceremony::honest("webauthn.create", &rp(), CHALLENGE, UP | UV | AT)
}

fn touch() -> Ceremony {
    Ceremony::honest("webauthn.get", &rp(), CHALLENGE, UP | UV)
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
