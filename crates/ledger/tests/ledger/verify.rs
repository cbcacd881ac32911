//! Verification names the first bad index and what kind, and says how far the result can be trusted.
use crate::support::*;
use proptest::prelude::*;
use sekisho_ledger::*;
use serde_json::json;

/// Name, what is done, first bad index and kind.
type Case = (&'static str, fn(&mut City), (u64, &'static str));

fn first_bad(report: &VerifyReport) -> (u64, &'static str) {
    let first = report.first_bad.as_ref().expect("something is wrong");
    (first.index, first.kind.code())
}

#[test]
fn an_untouched_city_is_intact_at_every_level() {
    let mut city = ordinary_city();
    let report = city.verify_with(&Policy::without_witnesses(vec![key().public().clone()]), &[]);
    assert!(report.is_intact() && report.warnings.is_empty(), "{report:?}");
    assert_eq!((report.level, report.confirmed_size, report.size, report.rows), (Level::L0, 0, 50, Some(7)));
    let kept = city.kept.clone();
    let report = city.verify_with(&Policy::without_witnesses(vec![key().public().clone()]), &kept);
    assert_eq!((report.level, report.confirmed_size), (Level::L1, 40));
    assert_eq!(report.agreeing, ["監査事務局"]);
    // The cosigned checkpoint that lies beside the log suffices for L2: nobody here can make its signatures.
    let note = city.disk.read(COSIGNED).unwrap().unwrap();
    let cosigned = KeptCheckpoint { place: "cosigned".into(), note, outside: false, received_ms: None };
    let report = city.verify(std::slice::from_ref(&cosigned));
    assert_eq!((report.level, report.confirmed_size, report.cosigners.len()), (Level::L2, 40, 2));
    let report = city.verify_with(&Policy::without_witnesses(vec![key().public().clone()]), &[cosigned]);
    assert_eq!(report.level, Level::L0, "without witnesses it is only the log's own word");
    assert!(ja::lines(&report).last().unwrap().contains("L0"));
}

#[test]
fn entries_not_under_the_head_yet_are_pending_and_explain_their_rows() {
    let mut city = ordinary_city();
    city.work(3, "new");
    let report = city.verify(&[]);
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(report.pending, 3);
}

#[test]
fn what_a_database_writer_does_is_named_with_its_index() {
    let cases: [Case; 12] = [
        ("edit", |c| c.entries[10] = entry("a-3", 2, START_MS, Commitment([1; 32])), (10, "edited")),
        (
            "edit two",
            |c| c.entries[10..12].fill(entry("a-3", 2, START_MS, Commitment([1; 32]))),
            (10, "edited"),
        ),
        ("remove one", |c| drop(c.entries.remove(10)), (10, "removed")),
        ("remove ten", |c| drop(c.entries.drain(10..20)), (10, "removed")),
        ("remove the last but one", |c| drop(c.entries.remove(48)), (48, "removed")),
        ("insert", |c| c.entries.insert(20, entry("a-9", 1, START_MS, Commitment::GONE)), (20, "inserted")),
        ("swap neighbours", |c| c.entries.swap(10, 11), (10, "reordered")),
        ("swap far apart", |c| c.entries.swap(5, 45), (5, "reordered")),
        ("swap the last two", |c| c.entries.swap(48, 49), (48, "reordered")),
        ("truncate", |c| c.entries.truncate(30), (30, "truncated_tail")),
        ("truncate by one", |c| c.entries.truncate(49), (49, "truncated_tail")),
        ("empty", |c| c.entries.clear(), (0, "truncated_tail")),
    ];
    for (name, attack, expected) in cases {
        let mut city = ordinary_city();
        attack(&mut city);
        // The tree is what is under test: rows follow from entries and would add findings of their own.
        let report = {
            let checkpoint = city.disk.read(CHECKPOINT).unwrap().unwrap();
            let (policy, kept) = (policy(), city.kept.clone());
            let tiles: Option<&dyn Storage> = Some(&*city.disk);
            let entries = &mut city.entries;
            Verification { policy: &policy, checkpoint: &checkpoint, entries, tiles, kept: &kept, rows: None }
                .run()
                .unwrap()
        };
        assert_eq!(first_bad(&report), expected, "{name}: {report:?}");
        assert!(report.confirmed_size <= expected.0, "{name}");
        assert_eq!(report.findings_count, 1, "{name}: {report:?}");
    }
}

#[test]
fn without_tiles_the_place_is_narrowed_by_kept_checkpoints() {
    let mut city = ordinary_city();
    city.entries[45] = city.entries[44].clone();
    let checkpoint = city.disk.read(CHECKPOINT).unwrap().unwrap();
    let (policy, kept) = (policy(), city.kept.clone());
    let mut run = |kept: &[KeptCheckpoint]| {
        let entries = &mut city.entries;
        Verification { policy: &policy, checkpoint: &checkpoint, entries, tiles: None, kept, rows: None }
            .run()
            .unwrap()
    };
    assert_eq!(first_bad(&run(&kept)), (40, "edited"));
    assert_eq!(first_bad(&run(&[])), (0, "edited"));
}

#[test]
fn a_resigned_log_is_found_only_by_what_is_kept_elsewhere() {
    let mut city = ordinary_city();
    city.entries[10] = entry("a-9", 1, START_MS + 10 * MINUTE_MS, Commitment::GONE);
    city.resign();
    assert!(city.verify(&[]).is_intact(), "the trap that L0 cannot see");
    let kept = city.kept.clone();
    let report = city.verify(&kept);
    assert_eq!(first_bad(&report), (0, "forked"));
    assert_eq!(report.level, Level::L0, "nothing agrees any more");
    assert!(!city.clone().cosign(), "the witnesses refuse it");
}

#[test]
fn of_two_kept_checkpoints_the_one_that_agrees_narrows_the_fork() {
    let mut city = ordinary_city();
    city.send_out();
    city.entries[41] = entry("a-9", 1, START_MS + 41 * MINUTE_MS, Commitment::GONE);
    city.resign();
    let kept = city.kept.clone();
    let report = city.verify(&kept);
    assert_eq!(first_bad(&report), (40, "forked"));
    assert_eq!((report.level, report.confirmed_size), (Level::L1, 40));
}

#[test]
fn a_restored_backup_is_found_by_a_later_checkpoint() {
    let mut city = ordinary_city();
    let mut backup = city.clone();
    city.work(20, "later");
    city.publish();
    city.send_out();
    let kept = city.kept.clone();
    let report = backup.verify(&kept);
    assert_eq!(first_bad(&report), (50, "truncated_tail"));
    assert_eq!((report.level, report.confirmed_size), (Level::L1, 40));
}

#[test]
fn a_head_that_was_lost_is_no_tampering_when_the_entries_reach_further() {
    let mut city = ordinary_city();
    let old_head = city.disk.read(CHECKPOINT).unwrap().unwrap();
    city.work(20, "later");
    city.publish();
    city.send_out();
    city.disk.write(&[(CHECKPOINT.into(), old_head)]).unwrap();
    let kept = city.kept.clone();
    let report = city.verify(&kept);
    assert!(report.is_intact(), "{report:?}");
    assert!(matches!(&report.warnings[..], [Warning::HeadBehind { size: 70, .. }]));
    assert_eq!((report.pending, report.confirmed_size), (20, 70));
}

#[test]
fn rows_must_be_what_was_last_logged() {
    let cases: [Case; 6] = [
        (
            "a changed value",
            |c| c.rows.0.get_mut("a-0").unwrap().1.as_mut().unwrap().1 = json!(1),
            (49, "unlogged_change"),
        ),
        ("a changed version", |c| c.rows.0.get_mut("a-1").unwrap().0 -= 1, (43, "unlogged_change")),
        ("a row from nowhere", |c| drop(c.rows.0.insert("a-x".into(), (1, None))), (50, "unlogged_change")),
        ("a row gone", |c| drop(c.rows.0.remove("a-2")), (44, "row_missing")),
        (
            "a payload destroyed without a word",
            |c| c.rows.0.get_mut("a-3").unwrap().1 = None,
            (45, "unlogged_change"),
        ),
        (
            "an older state",
            |c| {
                let (salt, name) = ([42; 32], json!({"schema": "asset/1", "name": "work 42"}));
                c.rows.0.insert("a-0".into(), (7, Some((salt, name))));
            },
            (49, "unlogged_change"),
        ),
    ];
    for (name, attack, expected) in cases {
        let mut city = ordinary_city();
        attack(&mut city);
        assert_eq!(first_bad(&city.verify(&[])), expected, "{name}");
    }
}

#[test]
fn lawful_destruction_and_deletion_are_logged_and_verify() {
    let mut city = ordinary_city();
    let at_ms = START_MS + 50 * MINUTE_MS;
    let version = city.rows.0["a-0"].0 + 1;
    city.entries.push(entry("a-0", version, at_ms, Commitment::GONE));
    city.rows.0.insert("a-0".into(), (version, None));
    let version = city.rows.0["a-1"].0 + 1;
    city.entries.push(entry("a-1", version, at_ms, Commitment::GONE));
    city.rows.0.remove("a-1");
    city.publish();
    let report = city.verify(&[]);
    assert!(report.is_intact(), "{report:?}");
}

#[test]
fn damaged_tiles_are_a_warning_because_the_entries_are_right() {
    let mut city = City::new();
    city.work(600, "work");
    city.publish();
    let pristine = MemoryStorage::clone(&city.disk);
    for (path, code) in
        [("tile/0/001", "tiles_stale"), ("tile/1/000.p/2", "tiles_stale"), ("tile/0/002.p/88", "tiles_stale")]
    {
        city.disk.files().get_mut(path).unwrap()[5] ^= 1;
        let report = city.verify(&[]);
        assert!(report.is_intact(), "{path}: {report:?}");
        assert_eq!(report.warnings[0].code(), code, "{path}");
        city.disk.files().remove(path);
        let report = city.verify(&[]);
        assert!(report.is_intact(), "{path}: {report:?}");
        assert_eq!(report.warnings[0].code(), "tile_missing", "{path}");
        *city.disk.files() = pristine.files().clone();
    }
    // Entries beyond the head fill tiles that are not published yet: nothing is missing.
    city.work(300, "new");
    let report = city.verify(&[]);
    assert!(report.is_intact() && report.warnings.is_empty(), "{report:?}");
    city.disk.files().get_mut("tile/1/000.p/2").unwrap()[5] ^= 1;
    assert_eq!(city.verify(&[]).warnings[0].code(), "tiles_stale");
}

#[test]
fn the_head_must_be_signed_by_a_known_key() {
    let mut city = ordinary_city();
    let stranger = SigningKey::generate(ORIGIN, KeyKind::Log, &[66; 32]).unwrap();
    let report = city.verify_with(&Policy::without_witnesses(vec![stranger.public().clone()]), &[]);
    assert_eq!(first_bad(&report), (0, "unknown_signer"));
    let head = city.disk.read(CHECKPOINT).unwrap().unwrap();
    let text = String::from_utf8(head).unwrap();
    for (bad, code) in [(text.replace("\n50\n", "\n49\n"), "bad_signature"), ("?".into(), "bad_checkpoint")] {
        city.disk.write(&[(CHECKPOINT.into(), bad.into_bytes())]).unwrap();
        let kept = city.kept.clone();
        assert_eq!(first_bad(&city.verify(&kept)), (0, code));
    }
}

#[test]
fn a_kept_checkpoint_that_is_not_the_logs_own_raises_nothing() {
    let mut city = ordinary_city();
    let stranger = SigningKey::generate(ORIGIN, KeyKind::Log, &[66; 32]).unwrap();
    let head = city.log().unwrap().published().checkpoint.clone();
    let note = SignedCheckpoint::sign(head, &stranger).to_string().into_bytes();
    let kept = |note| KeptCheckpoint { place: "机の中".into(), note, outside: true, received_ms: None };
    for note in [note, b"?".to_vec()] {
        let report = city.verify(&[kept(note)]);
        assert!(report.is_intact());
        assert_eq!((report.level, report.warnings[0].code()), (Level::L0, "kept_unusable"));
    }
}

#[test]
fn clocks_are_watched() {
    let mut city = ordinary_city();
    let last = START_MS + 49 * MINUTE_MS;
    city.change_at("a-0", "a minute late is tolerated", last - 60_000);
    city.change_at("a-0", "more is not", last - 60_001);
    city.publish();
    let report = city.verify(&[]);
    assert_eq!(report.warnings, [Warning::ClockBackwards { index: 51, behind_ms: 60_001 }]);
    // The auditor saw the tree of 40 entries earlier than its last entry claims to be.
    let mut kept = city.kept.clone();
    kept[0].received_ms = Some(START_MS + 38 * MINUTE_MS - 60_001);
    let report = city.verify(&kept);
    assert_eq!(report.warnings[0], Warning::DatedAhead { index: 38, ahead_ms: 60_001 });
    assert_eq!(report.warnings[1], Warning::DatedAhead { index: 39, ahead_ms: 120_001 });
}

#[test]
fn a_log_may_continue_another() {
    let old = ordinary_city().log().unwrap().published().to_string();
    let mut city = City::new();
    city.entries.push(old.into_bytes());
    city.work(5, "work");
    city.publish();
    let report = city.verify(&[]);
    assert!(report.is_intact() && report.warnings.is_empty(), "{report:?}");
    assert_eq!(report.continues.as_deref(), Some(ORIGIN));
    let stranger = SigningKey::generate("elsewhere", KeyKind::Log, &[66; 32]).unwrap();
    let other =
        SignedCheckpoint::sign(Checkpoint::new("elsewhere", 1, leaf_hash(b"")), &stranger).to_string();
    let mut other_city = City { entries: vec![other.into_bytes()], ..City::new() };
    other_city.publish();
    let report = other_city.verify(&[]);
    assert_eq!((report.continues, report.warnings), (None, vec![Warning::ForeignEntry { index: 0 }]));
    city.entries.push(b"not an entry".to_vec());
    assert!(matches!(city.verify(&[]).warnings[..], [Warning::ForeignEntry { index: 6 }]));
}

#[test]
fn a_copy_of_the_directory_verifies_without_the_database() {
    let mut city = City::new();
    city.work(700, "work");
    city.publish();
    let checkpoint = city.disk.read(CHECKPOINT).unwrap().unwrap();
    let policy = policy();
    let run = || {
        let mut entries = BundleEntries::new(&*city.disk, 700);
        let tiles: Option<&dyn Storage> = Some(&*city.disk);
        Verification {
            policy: &policy,
            checkpoint: &checkpoint,
            entries: &mut entries,
            tiles,
            kept: &[],
            rows: None,
        }
        .run()
    };
    assert!(run().unwrap().is_intact());
    let bundle = city.disk.read("tile/entries/001").unwrap().unwrap();
    let mut edited = Vec::new();
    for (i, entry) in decode_entries(&bundle, 256).unwrap().into_iter().enumerate() {
        encode_entry(if i == 3 { b"{}" } else { entry }, &mut edited).unwrap();
    }
    city.disk.files().insert("tile/entries/001".into(), edited);
    assert_eq!(first_bad(&run().unwrap()), (259, "edited"));
    city.disk.files().remove("tile/entries/001");
    assert!(matches!(run(), Err(Error::MissingTile(_))));
}

/// What a vandal may do to the list of entries.
#[derive(Clone, Debug)]
enum Vandalism {
    Edit(usize),
    Remove(usize, usize),
    Insert(usize),
    Swap(usize, usize),
    Truncate(usize),
}

fn vandalism(size: usize) -> impl Strategy<Value = Vandalism> {
    prop_oneof![
        (0..size).prop_map(Vandalism::Edit),
        (0..size, 1..5_usize).prop_map(|(at, count)| Vandalism::Remove(at, count)),
        (0..size).prop_map(Vandalism::Insert),
        (0..size, 0..size)
            .prop_filter("two places", |(a, b)| a != b)
            .prop_map(|(a, b)| Vandalism::Swap(a, b)),
        (0..size).prop_map(Vandalism::Truncate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_done_to_the_entries_the_first_difference_is_named(
        vandalism in vandalism(300), pending in 0..3_usize, with_tiles in any::<bool>(),
    ) {
        let mut city = City::new();
        city.work(200, "work");
        city.publish();
        city.send_out();
        city.work(100, "work");
        city.publish();
        city.work(pending, "pending");
        let logged = city.entries.clone();
        let foreign = entry("a-x", 1, START_MS + 150 * MINUTE_MS, Commitment([8; 32]));
        let code = match vandalism {
            Vandalism::Edit(at) => { city.entries[at] = foreign; "edited" }
            Vandalism::Remove(at, count) => { drop(city.entries.drain(at..(at + count).min(300))); "removed" }
            Vandalism::Insert(at) => { city.entries.insert(at, foreign); "inserted" }
            Vandalism::Swap(a, b) => { city.entries.swap(a, b); "reordered" }
            Vandalism::Truncate(at) => { city.entries.truncate(at); "truncated_tail" }
        };
        let first = logged.iter().zip(&city.entries).position(|(a, b)| a != b).unwrap_or(city.entries.len()) as u64;
        let checkpoint = city.disk.read(CHECKPOINT).unwrap().unwrap();
        let (policy, kept) = (policy(), city.kept.clone());
        let tiles = with_tiles.then_some(&*city.disk as &dyn Storage);
        let entries = &mut city.entries;
        let report = Verification { policy: &policy, checkpoint: &checkpoint, entries, tiles, kept: &kept, rows: None }
            .run().unwrap();
        let (index, found) = first_bad(&report);
        if with_tiles {
            prop_assert_eq!(index, first);
            // At the very end a gap and a cut are the same thing.
            let same = found == code || (code == "removed" && ["truncated_tail", "edited"].contains(&found) && first >= 290);
            prop_assert!(same, "{} instead of {}", found, code);
        } else {
            prop_assert!(index <= first, "{} > {}", index, first);
            prop_assert_eq!(index, if first < 200 { 0 } else { 200 }, "{}", found);
        }
    }
}
