//! A city's morning: people sign in with a password and a one-time code and look at what they have to do.
//! `./test long signin-bench` (SQLite), with `SEKISHO_BENCH_DB=postgres:///name` on PostgreSQL.
//!
//! 3,000 people within 15 minutes are one every 300 ms; here 900 of 3,000 come in 270 s, at random moments (a Poisson
//! stream of that rate), and nobody waits for the one before. One argon2id hash is measured alone first: the bar is
//! for everything else.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    dead_code,
    reason = "a bench measures time and prints"
)]

#[path = "../tests/pages/kit.rs"]
mod kit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::{City, START, UNIT};
use sekisho_portal::credential::{hash_password, verify_password};
use sekisho_store::Actor;

const PEOPLE: usize = 3_000;
const MORNING: Duration = Duration::from_secs(15 * 60);
/// Those who are waited for.
const COMING: usize = 900;
const PASSWORD: &str = "封筒の中の長いパスワード";
const SECRET: &[u8; 20] = b"12345678901234567890";
/// People of one transaction while the city is filled.
const BATCH: usize = 500;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let city = Arc::new(City::on(std::env::var("SEKISHO_BENCH_DB").ok()).await);
    let phc = hash_password(PASSWORD, &*city.app.store.entropy).unwrap();
    fill(&city, &phc).await;
    let hash = median((0..20).map(|_| timed(|| assert!(verify_password(PASSWORD, &phc)))).collect());
    println!("one hash alone: {hash:?}");

    let code = code();
    let mut waiting = Vec::new();
    let (began, mut due) = (Instant::now(), Duration::ZERO);
    for n in 0..COMING {
        due += pause(&city);
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        let (city, code) = (Arc::clone(&city), code.clone());
        waiting.push(tokio::spawn(async move { sign_in(&city, &format!("p{n:04}"), &code).await }));
    }
    let (mut signed_in, mut looked) = (Vec::new(), Vec::new());
    for one in waiting {
        let (in_after, seen_after) = one.await.unwrap();
        signed_in.push(in_after);
        looked.push(seen_after);
    }
    println!("{COMING} people in {:.0} s", began.elapsed().as_secs_f64());
    percentiles("signed in, without the hash", signed_in.iter().map(|t| t.saturating_sub(hash)).collect());
    percentiles("signed in, all of it", signed_in);
    percentiles("the first page after it", looked);
}

async fn fill(city: &City, phc: &str) {
    let people: Vec<usize> = (0..PEOPLE).collect();
    for batch in people.chunks(BATCH) {
        let mut tx = city.app.store.write(&Actor::system(), "bench.fill").await.unwrap();
        for n in batch {
            city.person(&mut tx, &format!("p{n:04}"), UNIT, Some("section_staff")).await;
        }
        tx.commit().await.unwrap();
        for n in batch {
            let holder = city.app.store.db.holder_by_login(&format!("p{n:04}")).await.unwrap().unwrap();
            let mut tx = city.app.store.write(&Actor::system(), "bench.fill").await.unwrap();
            tx.set_credential(&holder.id, "password", phc, false).await.unwrap();
            tx.set_credential(&holder.id, "totp", &hex::encode(SECRET), false).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

/// Time until the session is open, and until the first page is read.
async fn sign_in(city: &City, login: &str, code: &str) -> (Duration, Duration) {
    let began = Instant::now();
    let answer = city.post("", "/login", &[("login", login), ("password", PASSWORD)]).await;
    let step = answer.to("/login/code").cookie.unwrap();
    let signed_in = city.post(&step, "/login/code", &[("code", code)]).await.to("/").cookie.unwrap();
    let in_after = began.elapsed();
    let began = Instant::now();
    city.get(&signed_in, "/tasks").await.ok();
    (in_after, began.elapsed())
}

/// The one-time code of the moment at which the city's clock stands still.
fn code() -> String {
    let totp = totp_rs::Builder::new().with_secret(SECRET.to_vec()).build().unwrap();
    totp.generate(u64::try_from(START.0 / 1_000).unwrap()).to_string()
}

/// Until the next one comes: exponential, with the morning's mean.
fn pause(city: &City) -> Duration {
    let mut random = [0u8; 4];
    city.app.store.entropy.fill(&mut random);
    let even = (f64::from(u32::from_le_bytes(random)) + 1.0) / (f64::from(u32::MAX) + 2.0);
    MORNING.div_f64(PEOPLE as f64).mul_f64(-even.ln())
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took[took.len() / 2]
}

fn percentiles(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    println!("{what}: p50 {:?}, p95 {:?}, p99 {:?}, most {:?}", at(50), at(95), at(99), at(100));
}
