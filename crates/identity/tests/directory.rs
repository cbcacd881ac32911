//! The directory against a real slapd that has Active Directory's attributes and limits.

#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::panic, reason = "peers are found through the environment")]

mod peers;

use std::path::PathBuf;

use peers::Slapd;
use sekisho_identity::{Answer, ConfigError, Directory, DirectoryConfig, DirectoryFault};

const NORMAL: u32 = 512;
const DISABLED: u32 = 514;

fn open(slapd: &Slapd, change: impl FnOnce(&mut DirectoryConfig)) -> Directory {
    let mut config = slapd.config();
    change(&mut config);
    Directory::open(&config, slapd.dir.path()).unwrap()
}

#[tokio::test]
async fn passwords_are_checked_and_tricks_are_not() {
    let people = [
        ("sato", "right horse", "1001", NORMAL),
        ("gone", "gone-password", "1002", DISABLED),
        ("Twin", "twin-password", "1003", NORMAL),
        ("twin", "twin-password", "1004", NORMAL),
        ("a*b", "star-password", "1005", NORMAL),
    ];
    let Some(mut slapd) = Slapd::start(&people) else { return eprintln!("NOT RUN: slapd is not installed") };
    let directory = open(&slapd, |_| {});
    let check = async |login: &str, password: &str| directory.check(login, password).await.unwrap();

    let Answer::Yes(found) = check("sato", "right horse").await else { panic!("the password is right") };
    assert_eq!((found.login.as_str(), found.number.as_deref(), found.enabled), ("sato", Some("1001"), true));
    assert_eq!(found.id, format!("fffe0000000000{}", "80".repeat(9)), "sixteen bytes that are no text");
    assert!(matches!(check("SATO", "right horse").await, Answer::Yes(_)), "names have no case");

    for (login, password) in [
        ("sato", "wrong"),
        // An unauthenticated bind is a success to the server (RFC 4513 5.1.2).
        ("sato", ""),
        ("", "right horse"),
        ("nobody", "right horse"),
        ("gone", "gone-password"),
        ("twin", "twin-password"),
        // Injection: each would match sato, or everybody, if it were not escaped.
        ("sat*", "right horse"),
        ("*", "right horse"),
        ("sato)(objectClass=*", "right horse"),
        ("*)(|(sAMAccountName=sato", "right horse"),
        ("sato\0", "right horse"),
        ("cn=p0,dc=city,dc=test", "right horse"),
    ] {
        assert_eq!(check(login, password).await, Answer::No, "{login:?} {password:?}");
    }
    assert!(matches!(check("a*b", "star-password").await, Answer::Yes(_)), "an escaped name finds itself");

    slapd.stop();
    let down = directory.check("sato", "right horse").await;
    assert!(matches!(down, Err(DirectoryFault::Unreachable(_))), "{down:?}");
}

#[tokio::test]
async fn everybody_is_read_in_pages() {
    let names: Vec<String> = (0..1_500).map(|n| format!("user{n:04}")).collect();
    let people: Vec<_> = names.iter().map(|n| (n.as_str(), "x", "", NORMAL)).collect();
    let Some(slapd) = Slapd::start(&people) else { return eprintln!("NOT RUN: slapd is not installed") };
    let found = open(&slapd, |_| {}).read().await.unwrap();
    assert_eq!(found.len(), 1_500, "more than the server gives at once");
    let ids: std::collections::BTreeSet<_> = found.iter().map(|f| &f.id).collect();
    assert_eq!(ids.len(), 1_500);
}

#[tokio::test]
async fn only_the_citys_own_authority_is_trusted() {
    let Some(slapd) = Slapd::start(&[("sato", "right horse", "1", NORMAL)]) else {
        return eprintln!("NOT RUN: slapd is not installed");
    };
    let start_tls = open(&slapd, |c| {
        c.urls = vec![format!("ldap://localhost:{}", slapd.plain)];
        c.start_tls = true;
    });
    assert!(matches!(start_tls.check("sato", "right horse").await, Ok(Answer::Yes(_))));
    let other = open(&slapd, |c| c.ca_file = Some(PathBuf::from("other.pem")));
    assert!(matches!(other.check("sato", "right horse").await, Err(DirectoryFault::Unreachable(_))));
    let second = open(&slapd, |c| c.urls.insert(0, format!("ldaps://localhost:{}", peers::free_port())));
    assert!(matches!(second.check("sato", "right horse").await, Ok(Answer::Yes(_))), "the next one is asked");
    let wrong = slapd.dir.path().join("wrong");
    std::fs::write(&wrong, "not the password").unwrap();
    let refused = open(&slapd, |c| c.bind_password_file = wrong);
    assert!(matches!(refused.check("sato", "right horse").await, Err(DirectoryFault::ServiceAccount(_))));

    let mut plain = slapd.config();
    plain.urls = vec![format!("ldap://localhost:{}", slapd.plain)];
    assert!(matches!(Directory::open(&plain, slapd.dir.path()), Err(ConfigError::PlainDirectory(_))));
}
