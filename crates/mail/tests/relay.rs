//! Against a peer that speaks SMTP: what arrives, what is refused for now and for ever, and what never leaves.

#![allow(clippy::unwrap_used, reason = "a failed expectation is the answer")]

use sekisho_mail::{Fault, Letter, Relay, RelayConfig};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// A relay that answers `RCPT` with a given line and keeps what it takes.
async fn sink(rcpt: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
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
                write.write_all(b"220 sink ESMTP\r\n").await.unwrap();
                let (mut data, mut letter) = (false, String::new());
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match line.split(' ').next().unwrap_or("") {
                        _ if data && line == "." => {
                            data = false;
                            kept.lock().await.push(std::mem::take(&mut letter));
                            "250 taken"
                        }
                        _ if data => {
                            letter.push_str(&line);
                            letter.push('\n');
                            continue;
                        }
                        "EHLO" => "250-sink\r\n250 8BITMIME",
                        "RCPT" => rcpt,
                        "DATA" => {
                            data = true;
                            "354 go on"
                        }
                        "QUIT" => "221 bye",
                        _ => "250 ok",
                    };
                    write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                }
            });
        }
    });
    (port, taken)
}

fn config(port: u16) -> RelayConfig {
    RelayConfig {
        host: "127.0.0.1".into(),
        port,
        tls: "none".into(),
        ca: None,
        from: "sekisho@city.example.jp".into(),
        user: None,
        password_file: None,
        public_url: "https://sekisho.city.lan/".into(),
        digest_hour: 9,
    }
}

const LETTER: Letter<'_> = Letter {
    id: "0190-1",
    to: "tanaka@city.example.jp",
    subject: "【関所】やること 3 件",
    body: "一覧: https://sekisho.city.lan/tasks\n.\n本文の終わり\n",
};

#[tokio::test]
async fn a_letter_arrives_whole() {
    let (port, taken) = sink("250 ok").await;
    let relay = Relay::open(&config(port), Path::new(".")).unwrap();
    relay.send(LETTER).await.unwrap();
    let taken = taken.lock().await;
    assert_eq!(taken.len(), 1);
    let said = &taken[0];
    assert!(said.contains("Message-ID: <0190-1@city.example.jp>"), "{said}");
    assert!(said.contains("Subject: =?utf-8?b?"), "{said}");
    assert_eq!(relay.public_url, "https://sekisho.city.lan");
}

#[tokio::test]
async fn a_refusal_is_for_now_or_for_ever() {
    let (port, taken) = sink("450 later").await;
    let relay = Relay::open(&config(port), Path::new(".")).unwrap();
    assert!(matches!(relay.send(LETTER).await, Err(Fault::Later(_))));
    let (port, _) = sink("550 no such person").await;
    let relay = Relay::open(&config(port), Path::new(".")).unwrap();
    let fault = relay.send(LETTER).await.unwrap_err();
    assert!(matches!(fault, Fault::Never(_)) && fault.ja().contains("宛先"));
    let injected = Letter { to: "a@city.example.jp\r\nRCPT TO:<b@example.jp>", ..LETTER };
    assert!(matches!(relay.send(injected).await, Err(Fault::Never(_))));
    assert!(taken.lock().await.is_empty());
}

#[tokio::test]
async fn a_relay_that_is_down_or_offers_no_tls_is_not_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let relay = Relay::open(&config(port), Path::new(".")).unwrap();
    assert!(matches!(relay.send(LETTER).await, Err(Fault::Later(_))));

    // STARTTLS is asked for and not offered: nothing is said in the clear.
    let (port, taken) = sink("250 ok").await;
    let relay = Relay::open(&RelayConfig { tls: "starttls".into(), ..config(port) }, Path::new(".")).unwrap();
    assert!(relay.send(LETTER).await.is_err());
    assert!(taken.lock().await.is_empty());
    let clear = RelayConfig { user: Some("sekisho".into()), ..config(port) };
    assert!(matches!(Relay::open(&clear, Path::new(".")), Err(Fault::Config(_))));
}
