//! Who can cheat, and what notices: every attacker with every act, carried out and verified at each level.
//! The table in docs/threats-ledger.md is checked against what happens here.

use crate::support::*;
use sekisho_ledger::*;
use serde_json::json;

/// The lowest level at which verification notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noticed {
    L0,
    L1,
    L2,
    Never,
}
use Noticed::{L0, L1, L2, Never};

/// What an attack leaves behind: the machine, and what the keeper outside holds in that story.
struct Scene {
    city: City,
    kept: Vec<KeptCheckpoint>,
}

const ACTS: [&str; 8] =
    ["edit", "drop", "reorder", "truncate", "fork", "back-date", "change inside the window", "row gone"];

type Attacker = (&'static str, fn(&str) -> Scene, [Noticed; ACTS.len()]);

/// The table of docs/threats-ledger.md.
const TABLE: [Attacker; 4] = [
    ("database writer", database_writer, [L0, L0, L0, L0, L0, L0, Never, L0]),
    ("root with key", root_with_key, [L1, L1, L1, L1, L2, L1, Never, L1]),
    ("VM rollback", vm_rollback, [L1, L1, L1, L1, L1, L1, Never, L1]),
    ("vendor update", vendor_update, [L1, L1, L1, L1, L2, Never, Never, L0]),
];

/// Each scene starts from 40 entries that the audit office and the witnesses saw and 10 that only the machine
/// has: the window of a daily checkpoint.
fn scene(attack: impl FnOnce(&mut City)) -> Scene {
    let mut city = ordinary_city();
    attack(&mut city);
    Scene { kept: city.kept.clone(), city }
}

/// Rewrites the row's past too, so that only the tree can tell: the entry becomes another change of its asset.
fn falsify(city: &mut City, index: usize) {
    let old = Entry::parse(&city.entries[index]).unwrap();
    let commitment = Commitment::to(&[1; 32], &json!({"schema": "asset/1", "name": "false"})).unwrap();
    city.entries[index] = entry(&old.subject.id, old.subject.version, old.at_ms, commitment);
}

/// Deletes an asset and all that was ever said about it.
fn erase_asset(city: &mut City, id: &str) {
    city.rows.0.remove(id);
    city.entries.retain(|bytes| Entry::parse(bytes).unwrap().subject.id != id);
}

/// Tampers with entries and rows in the database. Has neither the key nor the files.
fn database_writer(act: &str) -> Scene {
    scene(|city| match act {
        "edit" => falsify(city, 10),
        "drop" => drop(city.entries.remove(10)),
        "reorder" => city.entries.swap(10, 20),
        "truncate" => city.entries.truncate(30),
        "fork" => (30..50).for_each(|index| falsify(city, index)),
        // Puts a line of yesterday into the outbox; the sequencer appends it like any other.
        "back-date" => {
            city.change_at("a-0", "as if it had been yesterday", START_MS);
            city.publish();
        }
        // A change that was committed but is not under a checkpoint yet: entry and row are changed together.
        "change inside the window" => {
            city.change("a-0", "false from the beginning");
            city.publish();
        }
        "row gone" => drop(city.rows.0.remove("a-0")),
        _ => unreachable!(),
    })
}

/// Rewrites whatever lies on the machine, consistently, and signs it anew.
fn root_with_key(act: &str) -> Scene {
    if act == "fork" {
        return split_view();
    }
    scene(|city| {
        match act {
            "edit" => falsify(city, 10),
            "drop" => drop(city.entries.remove(10)),
            "reorder" => city.entries.swap(10, 11),
            "truncate" => {
                city.entries.truncate(30);
                rows_follow(city);
            }
            // At its proper place, so that no clock seems to go backwards.
            "back-date" => {
                let at_ms = START_MS + 10 * MINUTE_MS;
                city.entries.insert(11, entry("a-3", 1, at_ms, Commitment([9; 32])));
            }
            "change inside the window" => falsify(city, 41),
            "row gone" => erase_asset(city, "a-0"),
            _ => unreachable!(),
        }
        city.resign();
    })
}

/// Two histories from the same key: witnesses and other keepers saw one, this auditor is shown the other and
/// holds copies of nothing else.
fn split_view() -> Scene {
    let mut city = ordinary_city();
    falsify(&mut city, 10);
    city.resign();
    city.kept.clear();
    city.send_out();
    Scene { kept: city.kept.clone(), city }
}

/// Puts the whole machine back to an earlier state, the signer's memory included, and lives on differently.
fn vm_rollback(act: &str) -> Scene {
    let window = act == "change inside the window";
    let mut city = City::new();
    city.work(30, "work");
    city.publish();
    let early = city.clone();
    city.work(10, "work");
    city.publish();
    city.send_out();
    assert!(city.cosign());
    let late = city.clone();
    city.work(10, "work");
    city.publish();
    let kept = city.kept.clone();
    let mut city = if window { late } else { early };
    match act {
        "truncate" => {}
        "edit" | "fork" | "change inside the window" => city.work(20, "another"),
        // The same work over again, but for one change that is left out.
        "drop" => {
            city.work(5, "work");
            for n in 36..50 {
                city.change_at(&format!("a-{}", n % 7), &format!("work {n}"), START_MS + n * MINUTE_MS);
            }
        }
        "reorder" => {
            city.change("a-3", "work 31");
            city.change("a-2", "work 30");
            city.work(18, "work");
        }
        "back-date" => city.change_at("a-0", "late", START_MS + 30 * MINUTE_MS),
        "row gone" => {
            city.rows.0.remove("a-0");
            city.entries.push(entry("a-0", 6, START_MS + 31 * MINUTE_MS, Commitment::GONE));
            city.work(20, "work");
        }
        _ => unreachable!(),
    }
    city.publish();
    Scene { city, kept }
}

/// Our own program, but false: it has every right, and it lies from the day of the update on.
fn vendor_update(act: &str) -> Scene {
    match act {
        // For the past it is root.
        "edit" | "drop" | "reorder" | "truncate" | "fork" => root_with_key(act),
        // It stamps what happens this afternoon with this morning's time, never earlier than the last entry.
        "back-date" => scene(|city| {
            city.change_at("a-0", "this morning", START_MS + 49 * MINUTE_MS);
            city.publish();
        }),
        "change inside the window" => scene(|city| {
            city.change("a-0", "not what the official entered");
            city.publish();
        }),
        // It deletes without writing it down.
        "row gone" => scene(|city| drop(city.rows.0.remove("a-0"))),
        _ => unreachable!(),
    }
}

/// Rows as the remaining entries left them.
fn rows_follow(city: &mut City) {
    let mut copy = City::new();
    copy.work(city.entries.len(), "work");
    assert_eq!(copy.entries, city.entries);
    city.rows = copy.rows;
}

fn noticed(scene: &mut Scene) -> Noticed {
    let alarmed = |report: &VerifyReport| {
        !report.is_intact() || report.warnings.iter().any(|w| w.code() == "clock_backwards")
    };
    let no_witnesses = Policy::without_witnesses(vec![key().public().clone()]);
    if alarmed(&scene.city.verify_with(&no_witnesses, &[])) {
        return L0;
    }
    if alarmed(&scene.city.verify_with(&no_witnesses, &scene.kept)) {
        return L1;
    }
    // At L2 the witnesses are asked to cosign the head, and the auditor gets their own copies.
    let cosigned = scene.city.cosign();
    let copies = [scene.city.witness_copies(), scene.kept.clone()].concat();
    let report = scene.city.verify(&copies);
    if alarmed(&report) || report.level < Level::L2 || !cosigned { L2 } else { Never }
}

#[test]
fn every_attack_is_noticed_where_the_table_says() {
    let mut seen = Vec::new();
    for (who, attack, expected) in TABLE {
        for (act, expected) in ACTS.into_iter().zip(expected) {
            let found = noticed(&mut attack(act));
            if found != expected {
                seen.push(format!("{who} × {act}: noticed {found:?}, the table says {expected:?}"));
            }
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
}

#[test]
fn without_an_attack_nothing_is_noticed() {
    assert_eq!(noticed(&mut scene(|_| ())), Never);
}

#[test]
fn the_published_table_is_this_table() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/threats-ledger.md");
    let text = std::fs::read_to_string(docs).unwrap();
    for (who, _, expected) in TABLE {
        let cells = expected.map(|e| if e == Never { "never".to_owned() } else { format!("{e:?}") });
        let row = format!("| {who} | {} |", cells.join(" | "));
        assert!(text.contains(&row), "docs/threats-ledger.md lacks: {row}");
    }
    assert!(text.contains(&format!("| attacker | {} |", ACTS.join(" | "))));
}
