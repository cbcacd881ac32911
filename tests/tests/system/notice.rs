//! Mails from the record to the relay: once, at their hour, and never lost.

use std::path::Path;

use sekisho::post::Post;
use sekisho_domain::access::{Who, role_key};
use sekisho_domain::clock::{Clock as _, Ms};
use sekisho_domain::person::PERSON;
use sekisho_domain::role::Role;
use sekisho_domain::task::DueRule;
use sekisho_mail::{Relay, RelayConfig};
use sekisho_store::Actor;
use sekisho_store::notice::Held;
use std::sync::Arc;
use testkit::World;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// A relay that keeps what it takes.
async fn relay() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 relay ESMTP\r\n").await.unwrap();
                let (mut data, mut letter) = (false, String::new());
                while let Ok(Some(line)) = lines.next_line().await {
                    if data && line != "." {
                        letter.push_str(&line);
                        letter.push('\n');
                        continue;
                    }
                    let answer = match (data, line.get(..4).unwrap_or("")) {
                        (true, _) => {
                            data = false;
                            kept.lock().await.push(std::mem::take(&mut letter));
                            "250 taken"
                        }
                        (_, "EHLO") => "250-relay\r\n250 8BITMIME",
                        (_, "DATA") => {
                            data = true;
                            "354 go on"
                        }
                        (_, "QUIT") => "221 bye",
                        _ => "250 ok",
                    };
                    write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                }
            });
        }
    });
    (port, taken)
}

fn post(world: &World, port: u16) -> Post {
    let config = RelayConfig {
        host: "127.0.0.1".into(),
        port,
        tls: "none".into(),
        ca: None,
        from: "sekisho@city.example.jp".into(),
        user: None,
        password_file: None,
        public_url: "https://sekisho.city.lan".into(),
        digest_hour: 9,
    };
    let relay = Relay::open(&config, Path::new(".")).unwrap();
    Post { store: world.store.clone(), relay, city: "さくら坂市".into() }
}

async fn somebody(world: &World) -> Who {
    let unit = world.section("0204", "税務課").await;
    let who = world.person("田中", Role::Manager, &unit).await;
    let mut tx = world.store.write(&Actor::system(), "test.setup").await.unwrap();
    let row = tx.get(&PERSON, &who.person_id).await.unwrap();
    tx.update_person(row.set("mail", "tanaka@city.example.jp")).await.unwrap();
    tx.commit().await.unwrap();
    who
}

async fn task(world: &World, title: &str, basis: &str, rule: DueRule) {
    let mut tx = world.store.write(&Actor::system(), "task.create").await.unwrap();
    let key = role_key(Role::Manager, Some("0204"));
    tx.create_task(title, basis, rule, &key).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_digest_a_day_says_numbers_and_nothing_else() {
    let world = World::new().await;
    somebody(&world).await;
    task(&world, "山田花子さんの件を確かめる", "policy", DueRule::CalendarDays(3)).await;
    let (port, taken) = relay().await;
    let post = post(&world, port);
    // Sunday, and a holiday after it: nobody is written to. Tuesday at eight: not yet. At ten: once, however often
    // it is asked.
    for hours in [0, 24, 23] {
        world.clock.advance(hours * Ms::HOUR);
        post.round().await.unwrap();
    }
    assert!(taken.lock().await.is_empty());
    world.clock.advance(2 * Ms::HOUR);
    for _ in 0..3 {
        post.round().await.unwrap();
    }
    let mails = taken.lock().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("To: tanaka@city.example.jp"));
    assert!(!mails[0].contains("山田") && !mails[0].contains("確かめる"), "{}", mails[0]);
    assert_eq!(world.db().notices_held(Ms(0)).await.unwrap(), Held::default());
}

/// A port at which nobody answers.
async fn nobodys_port() -> u16 {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    closed.local_addr().unwrap().port()
}

#[tokio::test]
async fn a_mail_waits_until_the_relay_can_be_asked() {
    let world = World::new().await;
    somebody(&world).await;
    task(&world, "漏えい等の報告", "law", DueRule::CalendarDays(1)).await;
    post(&world, nobodys_port().await).round().await.unwrap();
    let held = world.db().notices_held(Ms(0)).await.unwrap();
    assert_eq!((held.waiting, held.refused), (1, 0), "urgent on a Sunday too, and kept");
    assert_eq!(held.since_ms, Some(world.clock.now().0));
    // The program ends and begins again; the mail is still there and leaves once.
    let (port, taken) = relay().await;
    world.clock.advance(2 * Ms::MINUTE);
    let post = post(&world, port);
    post.round().await.unwrap();
    post.round().await.unwrap();
    let mails = taken.lock().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Message-ID: <"));
    assert_eq!(world.db().notices_held(Ms(0)).await.unwrap(), Held::default());
}

/// A refused mail is news for a while, and kept for whoever asks; it does not stay for ever.
#[tokio::test]
async fn a_refused_mail_is_told_and_forgotten_in_the_end() {
    let world = World::new().await;
    somebody(&world).await;
    task(&world, "漏えい等の報告", "law", DueRule::CalendarDays(1)).await;
    post(&world, nobodys_port().await).round().await.unwrap();
    let mail = world.db().notices_due(Ms::FOREVER, 1).await.unwrap().pop().unwrap();
    world.store.notice_refused(&mail.id, "550 no such mailbox").await.unwrap();
    let written = world.clock.now();
    let refused = Held { refused: 1, ..Held::default() };
    assert_eq!(world.db().notices_held(written.plus(-1)).await.unwrap(), refused);
    assert_eq!(world.db().notices_held(written).await.unwrap(), Held::default(), "no news any more");
    world.clock.advance(89 * Ms::DAY);
    world.store.sweep_notices().await.unwrap();
    assert_eq!(world.db().notices_held(Ms(0)).await.unwrap(), refused);
    world.clock.advance(2 * Ms::DAY);
    world.store.sweep_notices().await.unwrap();
    assert_eq!(world.db().notices_held(Ms(0)).await.unwrap(), Held::default());
}
