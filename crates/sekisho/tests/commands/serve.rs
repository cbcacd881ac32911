//! `sekisho serve`: addresses, the administrators' entrance, TLS from files, and a start that is refused in words.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};

use crate::kit::{Place, Server, exchange, sekisho};

#[test]
fn an_empty_city_starts_and_goes_on() {
    let place = Place::new();
    let mut server = Server::start(&place.path("data"), &[]);
    while !server.line().trim_start().starts_with("admin") {}
    let answer = server.get(0, "/");
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: /login?back=%2F"), "{answer}");
    assert!(server.get(0, "/login").contains("関所にログインする"));
    server.stop();
    let server = Server::start(&place.path("data"), &[]);
    assert!(server.get(0, "/login").contains("さくら坂市"));
}

#[test]
fn the_demo_city_lives_through_its_first_week() {
    let place = Place::new();
    let mut server = Server::start(&place.path("data"), &["--demo", "--scene", "first-week"]);
    while !server.line().contains("副市長 CISO") {}
    assert!(server.get(0, "/login").contains("関所にログインする"));
    server.stop();
    let said = sekisho(&["ledger", "verify", "--data", &place.text("data")]);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
}

#[test]
fn a_taken_port_is_named() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = sekisho(&["serve", "--listen", &address, "--data", &place.text("data")]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(&format!("{address} で待ち受けられません")), "{}", said.err);
}

#[test]
fn the_administrators_have_a_door_of_their_own() {
    let place = Place::new();
    let server = Server::start(&place.path("data"), &["--admin-listen", "127.0.0.1:0"]);
    for door in [0, 1] {
        assert!(server.get(door, "/login").starts_with("HTTP/1.1 200"));
        // Without a session both send to the log-in; who is signed in is told apart in the portal's own tests.
        assert!(server.get(door, "/accounts").starts_with("HTTP/1.1 303"));
    }
}

#[test]
fn tls_from_files() {
    let place = Place::new();
    let made = rcgen::generate_simple_self_signed(["sekisho.lan".to_owned()]).unwrap();
    std::fs::write(place.path("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(place.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (place.text("cert.pem"), place.text("key.pem"));
    let server = Server::start(&place.path("data"), &["--tls-cert", &cert, "--tls-key", &key]);
    assert!(server.said.contains("https://"), "{}", server.said);

    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(&cert).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = ServerName::try_from("sekisho.lan").unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(&server.doors[0]).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, socket);
    let answer = exchange(&mut stream, "sekisho.lan", "/login");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    // Whoever speaks plain HTTP to the TLS door gets nothing.
    let plain = server.get(0, "/login");
    assert!(!plain.contains("関所"), "{plain}");
}

#[test]
fn unreadable_tls_files_are_named() {
    let place = Place::new();
    std::fs::write(place.path("cert.pem"), "not a certificate").unwrap();
    let (cert, key) = (place.text("cert.pem"), place.text("no-key.pem"));
    let data = place.text("data");
    let said = sekisho(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data,
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
    ]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("TLS の証明書") && said.err.contains("no-key.pem"), "{}", said.err);
}
