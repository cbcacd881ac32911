//! Figures (b) and (c) of specs/ledger.md: `store::Tx` end to end on SQLite, synchronous=FULL, one row + one entry
//! with 64 callers; and one `Tx` of 20,000 rows. Run: `cargo bench -p sekisho-tests --bench store`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures time and prints"
)]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sekisho_domain::noun::Row;
use sekisho_domain::position::POSITION;
use sekisho_store::Actor;
use testkit::World;

const CALLERS: usize = 64;
const COMMITS: usize = 4_000;
const ROWS: usize = 20_000;

fn position(id: &str) -> Row {
    Row::new(&POSITION, id)
        .set("code", id)
        .set("name", "課長")
        .set("rank", 60i64)
        .set("valid_from", "2026-04-01")
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let world = Arc::new(World::new().await);
    println!("disk: {:.0} × (4 KiB + fdatasync)/s", disk(&world.data));

    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (world, next) = (Arc::clone(&world), Arc::clone(&next));
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= COMMITS {
                        return took;
                    }
                    let began = Instant::now();
                    let mut tx = world.store.write(&Actor::system(), "position.create").await.unwrap();
                    tx.insert(position(&format!("p{n:06}"))).await.unwrap();
                    tx.commit().await.unwrap();
                    took.push(began.elapsed());
                }
            })
        })
        .collect();
    let mut took: Vec<Duration> = Vec::new();
    for caller in callers {
        took.extend(caller.await.unwrap());
    }
    let total = began.elapsed();
    took.sort();
    println!(
        "(b) {CALLERS} callers: {:.0} Tx/s, p50 {:?}, p99 {:?}",
        COMMITS as f64 / total.as_secs_f64(),
        took[took.len() / 2],
        took[took.len() * 99 / 100]
    );

    let began = Instant::now();
    let mut tx = world.store.write(&Actor::system(), "position.import").await.unwrap();
    for n in 0..ROWS {
        tx.insert(position(&format!("b{n:06}"))).await.unwrap();
    }
    tx.commit().await.unwrap();
    println!("(c) one Tx of {ROWS} rows: {:?}", began.elapsed());
}

fn disk(dir: &std::path::Path) -> f64 {
    let mut file = std::fs::File::create(dir.join("probe")).unwrap();
    let (began, page, mut n) = (Instant::now(), [7u8; 4096], 0);
    while began.elapsed() < Duration::from_secs(1) {
        file.write_all(&page).unwrap();
        file.sync_data().unwrap();
        n += 1;
    }
    n as f64 / began.elapsed().as_secs_f64()
}
