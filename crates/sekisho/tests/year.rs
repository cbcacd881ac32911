//! The year of the demo city, replayed through the real write path: the board at its end says what the story means it to
//! say (`year.txt`), and the ledger is whole. Here it judges once, at the end; `./test long first-command` judges every evening.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sekisho::data::{Data, FORMAT, Settings};
use sekisho::demo::{Rounds, replay};
use sekisho_catalogue::demo::Scene;
use sekisho_domain::clock::{Clock as _, Ms, SetClock};
use sekisho_domain::verdict::State;

/// 2026-11-22 09:00 JST.
const NOW: Ms = Ms(1_795_305_600_000);

#[tokio::test(flavor = "multi_thread")]
async fn the_year_of_the_demo_city_ends_as_its_story_means() {
    let place = tempfile::tempdir().unwrap();
    let settings = Settings {
        format: FORMAT,
        city: "さくら坂市".into(),
        origin: "sekisho.example/sakurazaka".into(),
        database: None,
        demo: true,
        sign_in: None,
        mail: None,
        keepers: None,
    };
    let clock = Arc::new(SetClock::at(NOW));
    let data = Data::create(place.path(), &settings, clock.clone()).await.unwrap();
    let rounds = match std::env::var_os("SEKISHO_LONG") {
        Some(_) => Rounds::EveryDay,
        None => Rounds::AtTheEnd,
    };
    replay(&data, &clock, Scene::OneYearLater, NOW, rounds, |_, _| ()).await.unwrap();
    assert_eq!(clock.now(), NOW);

    let mut worst: BTreeMap<String, State> = BTreeMap::new();
    for row in data.store.db.judged(NOW).await.unwrap() {
        let (Some(id), Some(state)) = (row.catalogue_id, row.state) else { continue };
        let state = State::from_code(&state);
        worst.entry(id).and_modify(|known| *known = state.min(*known)).or_insert(state);
    }
    let those = |state: State| -> Vec<&str> {
        worst.iter().filter(|(_, s)| **s == state).map(|(id, _)| id.as_str()).collect()
    };
    let mut board = String::new();
    for state in [State::Broken, State::Stale, State::Unproven, State::Excepted] {
        let _ = writeln!(board, "{}: {}", state.code(), those(state).join(" "));
    }
    let reviewed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/year.txt");
    if std::env::var_os("UPDATE_YEAR").is_some() {
        std::fs::write(&reviewed, &board).unwrap();
    }
    let known = std::fs::read_to_string(&reviewed).unwrap();
    assert_eq!(board, known, "review it and run: UPDATE_YEAR=1 cargo test -p sekisho --test year");
    assert!(those(State::Holds).len() > 250, "{}", those(State::Holds).len());
    data.store.db.close().await;
    let said = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["ledger", "verify", "--data"])
        .arg(place.path())
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}
