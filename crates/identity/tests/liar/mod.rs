//! An OpenID provider whose answers are whatever a test wants them to be.

#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test uses some of it"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RsaKeyPair};
use serde_json::{Value, json};

/// A provider whose next token is whatever a test says. Answers one request per connection.
pub struct Liar {
    port: u16,
    pub token: Arc<Mutex<String>>,
    /// The last request for a token, as it came.
    pub asked: Arc<Mutex<String>>,
}

impl Liar {
    pub fn start(issuer: Option<&str>) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let token = Arc::new(Mutex::new(String::new()));
        let asked = Arc::new(Mutex::new(String::new()));
        let (shared, issuer) = (Arc::clone(&token), issuer.map(str::to_owned));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = vec![0; 8_192];
                let read = stream.read(&mut bytes).unwrap_or(0);
                let request = String::from_utf8_lossy(&bytes[..read]).into_owned();
                let here = format!("http://127.0.0.1:{port}");
                if request.starts_with("POST /token") {
                    kept.lock().unwrap().clone_from(&request);
                }
                let body = match request.split(' ').nth(1).unwrap_or("") {
                    "/.well-known/openid-configuration" => json!({
                        "issuer": issuer.as_deref().unwrap_or(&here),
                        "authorization_endpoint": format!("{here}/authorize"),
                        "token_endpoint": format!("{here}/token"),
                        "jwks_uri": format!("{here}/jwks"),
                        "response_types_supported": ["code"],
                        "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                    }),
                    "/jwks" => json!({ "keys": [jwk()] }),
                    _ => json!({
                        "access_token": "a", "token_type": "Bearer", "id_token": *shared.lock().unwrap(),
                    }),
                };
                let body = body.to_string();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Liar { port, token, asked }
    }

    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn key() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("../../../passkey/tests/rsa-2048.pk8")).unwrap()
}

fn b64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn jwk() -> Value {
    let parts: ring::rsa::PublicKeyComponents<Vec<u8>> = key().public_key().into();
    json!({ "kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256", "n": b64(&parts.n), "e": b64(&parts.e) })
}

/// A token as the provider, or somebody who plays it, would sign it.
pub fn signed(alg: &str, claims: &Value) -> String {
    let head = b64(json!({ "alg": alg, "kid": "k", "typ": "JWT" }).to_string().as_bytes());
    let message = format!("{head}.{}", b64(claims.to_string().as_bytes()));
    let signature = match alg {
        "RS256" => {
            let key = key();
            let mut out = vec![0; key.public().modulus_len()];
            key.sign(&ring::signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut out)
                .unwrap();
            out
        }
        // The classic confusion: the public client secret as the key of an HMAC.
        "HS256" => {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"client-secret");
            ring::hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        }
        _ => Vec::new(),
    };
    format!("{message}.{}", b64(&signature))
}
