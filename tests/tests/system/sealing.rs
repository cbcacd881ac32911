//! Sealing beside the portal: an entry gets its place and its checkpoint at once, whatever else goes on.

use std::time::{Duration, Instant};

use sekisho::housekeeping;
use sekisho_domain::noun::Row;
use sekisho_domain::position::POSITION;
use sekisho_store::Actor;
use sekisho_store::ledger::Sequencer;
use testkit::World;

/// Far more than the second that is promised, far less than the minute after which a missed wake-up would show.
const PATIENCE: Duration = Duration::from_secs(8);

async fn commit(world: &World, id: &str) {
    let mut tx = world.store.write(&Actor::system(), "position.create").await.unwrap();
    let row = Row::new(&POSITION, id).set("code", id).set("name", "課長").set("rank", 60i64);
    tx.insert(row.set("valid_from", "2026-04-01")).await.unwrap();
    tx.commit().await.unwrap();
}

/// Waits until everything that was committed is under a checkpoint; how long it took.
#[allow(clippy::disallowed_methods, reason = "a promise about time is kept by the clock on the wall")]
async fn sealed(world: &World, sequencer: &Sequencer) -> Duration {
    let began = Instant::now();
    loop {
        let head = world.db().ledger_head().await.unwrap();
        let published = sequencer.checkpoint();
        let published: i64 = published.lines().nth(1).unwrap().parse().unwrap();
        if head.pending == 0 && published == head.size {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "{} entries still wait", head.pending);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_sealed_at_once_also_one_that_comes_during_a_round() {
    let world = World::new().await;
    let sequencer = Sequencer::open(&world.store, &world.data).await.unwrap();
    let sealer = tokio::spawn(housekeeping::seal(world.store.clone(), sequencer.clone()));
    let mut took = Vec::new();
    for n in 0..10 {
        commit(&world, &format!("single-{n}")).await;
        took.push(sealed(&world, &sequencer).await);
    }
    // In a burst many commits fall into a round that is under way.
    for n in 0..60 {
        commit(&world, &format!("burst-{n:02}")).await;
    }
    took.push(sealed(&world, &sequencer).await);
    sealer.abort();
    took.sort();
    println!("commit to checkpoint: median {:?}, longest {:?}", took[took.len() / 2], took.last().unwrap());
}

/// A log in which nothing happens grows by one entry a day, and by no more.
#[tokio::test]
async fn silence_leaves_an_entry_a_day() {
    let world = World::new().await;
    let size = async || {
        let head = world.db().ledger_head().await.unwrap();
        head.size + head.pending
    };
    let before = size().await;
    for day in 1..=3 {
        world.store.beat().await.unwrap();
        world.store.beat().await.unwrap();
        assert_eq!(size().await, before + day);
        world.clock.advance(sekisho_domain::clock::Ms::DAY);
    }
}
