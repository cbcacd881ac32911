//! The appender end to end: publishing, reopening, crashes, several processes, rebuilding, refusing.
use sekisho_ledger::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const ORIGIN: &str = "city.example/log";

type Shared = Arc<MemoryStorage>;

fn key() -> SigningKey {
    SigningKey::generate(ORIGIN, KeyKind::Log, &[5; 32]).unwrap()
}

fn entries(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(|i| format!("entry {i}").into_bytes()).collect()
}

fn root(count: u64) -> Hash {
    root_of(&entries(0..count).iter().map(|e| leaf_hash(e)).collect::<Vec<_>>())
}

fn create(storage: &Shared, state: &Shared) -> Log {
    let signer = Signer::create(key(), Box::new(state.clone())).unwrap();
    Log::open(Box::new(storage.clone()), signer).unwrap()
}

fn open(storage: &Shared, state: &Shared) -> Result<Log> {
    Log::open(Box::new(storage.clone()), Signer::open(vec![key()], Box::new(state.clone()))?)
}

fn copy(storage: &Shared) -> Shared {
    Arc::new(MemoryStorage::clone(storage))
}

#[test]
fn what_is_published_reads_back_after_reopening_at_any_size() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    let mut size = 0;
    for step in [0, 1, 1, 253, 1, 1, 300, 700, 0, 66_000] {
        assert_eq!(log.append(&entries(size..size + step)).unwrap(), size..size + step);
        size += step;
        let head = log.publish().unwrap().checkpoint.clone();
        assert_eq!((head.size, head.root), (size, root(size)));
        assert_eq!(log.tiles().root().unwrap(), root(size));
        log = open(&storage, &state).unwrap();
        assert_eq!(log.size(), size);
        assert_eq!(log.published().checkpoint, head);
    }
    // Partial tiles that full ones replaced are gone.
    let partial: Vec<_> = storage.files().keys().filter(|k| k.contains(".p/")).cloned().collect();
    assert_eq!(size, 262 * 256 + 185);
    assert_eq!(partial, ["tile/0/262.p/185", "tile/1/001.p/6", "tile/2/000.p/1", "tile/entries/262.p/185"]);
    let bundle = storage.read("tile/entries/001").unwrap().unwrap();
    assert_eq!(decode_entries(&bundle, 256).unwrap(), entries(256..512));
}

#[test]
fn a_proof_as_text_verifies_with_nothing_but_the_entry_and_the_key() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..1000)).unwrap();
    let head = log.publish().unwrap().clone();
    let text = ProofText::new(log.tiles().inclusion(777).unwrap(), head).to_string();
    let proof = ProofText::parse(&text).unwrap();
    assert_eq!(proof.to_string(), text);
    proof.verify(b"entry 777", &log.public_keys()).unwrap();
    assert!(matches!(proof.verify(b"entry 778", &log.public_keys()), Err(Error::ProofFails)));
    let extra = text.replace("\nindex", "\nextra eA==\nindex");
    assert_eq!(ProofText::parse(&extra).unwrap(), proof);
    for bad in
        [text.replace("index 777", "index 0777"), text.replace("@v1", "@v2"), text.replace("index 777\n", "")]
    {
        assert!(ProofText::parse(&bad).is_err());
    }
}

#[test]
fn entries_appended_but_not_published_are_appended_again_after_a_crash() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..600)).unwrap();
    log.publish().unwrap();
    log.append(&entries(600..900)).unwrap();
    drop(log);
    let mut log = open(&storage, &state).unwrap();
    assert_eq!(log.size(), 600);
    log.append(&entries(600..900)).unwrap();
    assert_eq!(log.publish().unwrap().checkpoint.root, root(900));
}

#[test]
fn a_crash_between_signing_and_publishing_is_repaired() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..10)).unwrap();
    let old = log.publish().unwrap().to_string();
    log.append(&entries(10..20)).unwrap();
    let new = log.publish().unwrap().to_string();
    storage.write(&[(CHECKPOINT.into(), old.into_bytes())]).unwrap();
    let log = open(&storage, &state).unwrap();
    assert_eq!(log.size(), 20);
    assert_eq!(storage.read(CHECKPOINT).unwrap().unwrap(), new.into_bytes());
}

#[test]
fn the_process_that_comes_late_is_refused_and_reloads() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut first = create(&storage, &state);
    let mut second = open(&storage, &state).unwrap();
    first.append(&entries(0..300)).unwrap();
    second.append(&entries(0..200)).unwrap();
    first.publish().unwrap();
    assert!(matches!(second.publish(), Err(Error::SignerRefusesSmaller { signed: 300, asked: 200 })));
    second.reload().unwrap();
    assert_eq!(second.size(), 300);
    second.append(&entries(300..310)).unwrap();
    assert_eq!(second.publish().unwrap().checkpoint.root, root(310));
}

#[test]
fn the_signer_refuses_a_smaller_or_another_past() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..300)).unwrap();
    log.publish().unwrap();
    let signer = || Signer::open(vec![key()], Box::new(state.clone())).unwrap();
    let rebuild = |entries: Vec<Vec<u8>>| {
        Log::rebuild(Box::new(MemoryStorage::new()), signer(), entries.into_iter().map(Ok))
    };
    assert!(matches!(rebuild(entries(0..299)), Err(Error::SignerRefusesSmaller { signed: 300, asked: 299 })));
    let mut edited = entries(0..301);
    edited[17] = b"edited".to_vec();
    assert!(matches!(rebuild(edited), Err(Error::SignerRefusesFork { signed: 300, asked: 301 })));
    assert_eq!(rebuild(entries(0..301)).unwrap().published().checkpoint.root, root(301));

    assert!(matches!(Signer::create(key(), Box::new(state.clone())), Err(Error::SignerStateExists)));
    let nothing = Box::new(MemoryStorage::new());
    assert!(matches!(Signer::open(vec![key()], nothing), Err(Error::SignerStateMissing)));
}

#[test]
fn a_signer_state_put_back_is_noticed() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..5)).unwrap();
    log.publish().unwrap();
    let old = copy(&state);
    log.append(&entries(5..9)).unwrap();
    log.publish().unwrap();
    assert!(matches!(open(&storage, &old), Err(Error::SignerBehind { signed: 5, published: 9 })));
}

#[test]
fn damaged_or_missing_tiles_are_noticed_on_opening_and_can_be_rebuilt() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..700)).unwrap();
    log.publish().unwrap();
    for path in ["tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/002.p/188"] {
        let damaged = copy(&storage);
        damaged.files().remove(path).unwrap();
        assert!(matches!(open(&damaged, &state), Err(Error::MissingTile(_))), "{path}");
        damaged.files().insert(path.into(), b"x".to_vec());
        assert!(matches!(open(&damaged, &state), Err(Error::BadTile(_))), "{path}");
    }
    let damaged = copy(&storage);
    damaged.files().get_mut("tile/1/000.p/2").unwrap()[3] ^= 1;
    assert!(matches!(open(&damaged, &state), Err(Error::TilesBroken)));

    let fresh = Shared::default();
    let signer = Signer::open(vec![key()], Box::new(state.clone())).unwrap();
    Log::rebuild(Box::new(fresh.clone()), signer, entries(0..700).into_iter().map(Ok)).unwrap();
    assert!(*fresh.files() == *storage.files());
}

#[test]
fn while_keys_are_rotated_both_sign() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    log.append(&entries(0..5)).unwrap();
    log.publish().unwrap();
    let new = SigningKey::generate(ORIGIN, KeyKind::Log, &[6; 32]).unwrap();
    let both = Signer::open(vec![key(), new.clone()], Box::new(state.clone())).unwrap();
    let mut log = Log::open(Box::new(storage.clone()), both).unwrap();
    log.append(&entries(5..6)).unwrap();
    let head = log.publish().unwrap().clone();
    head.verify(&[key().public().clone()]).unwrap();
    head.verify(&[new.public().clone()]).unwrap();
    Log::open(Box::new(storage), Signer::open(vec![new], Box::new(state)).unwrap()).unwrap();
}

#[test]
fn the_same_log_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let storage = || Box::new(DirStorage::open(dir.path().join("log")).unwrap());
    let state = || Box::new(DirStorage::open(dir.path().join("signer")).unwrap());
    let mut log = Log::open(storage(), Signer::create(key(), state()).unwrap()).unwrap();
    for step in 0..6 {
        log.append(&entries(step * 100..(step + 1) * 100)).unwrap();
        log.publish().unwrap();
    }
    let log = Log::open(storage(), Signer::open(vec![key()], state()).unwrap()).unwrap();
    assert_eq!(log.tiles().root().unwrap(), root(600));
    assert_eq!(std::fs::read(dir.path().join("log/tile/1/000.p/2")).unwrap().len(), 64);
    assert!(!dir.path().join("log/tile/0/001.p").exists());
    assert!(matches!(
        Log::open(storage(), Signer::open(vec![key()], state()).unwrap()).map(|l| l.size()),
        Ok(600)
    ));
}

#[test]
fn a_leaf_beyond_the_format_is_refused_before_anything_is_appended() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    let error = log.append(&[vec![0; 10], vec![0; 65_536]]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { bytes: 65_536, .. }));
    assert_eq!(log.size(), 0);
    log.append(&[vec![0; 65_535]]).unwrap();
    log.publish().unwrap();
}

#[test]
fn a_sequencer_cannot_append_the_same_entries_twice() {
    let (storage, state) = (Shared::default(), Shared::default());
    let mut log = create(&storage, &state);
    assert_eq!(log.append_at(0, &entries(0..5)).unwrap(), 0..5);
    assert!(matches!(log.append_at(0, &entries(0..5)), Err(Error::NotAtEnd { first: 0, size: 5 })));
    assert!(matches!(log.append_at(6, &entries(6..7)), Err(Error::NotAtEnd { first: 6, size: 5 })));
}

/// A disk that dies after a number of files: each write is whole or not at all, as [`Storage`] promises.
#[derive(Debug)]
struct Dying {
    disk: Shared,
    files_left: Arc<AtomicI64>,
}

impl Storage for Dying {
    fn read(&self, path: &str) -> std::io::Result<Option<Vec<u8>>> {
        self.disk.read(path)
    }

    fn write(&self, files: &[NamedBytes]) -> std::io::Result<()> {
        for file in files {
            if self.files_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
                return Err(std::io::Error::other("power cut"));
            }
            self.disk.write(std::slice::from_ref(file))?;
        }
        Ok(())
    }

    fn remove_dir(&self, path: &str) -> std::io::Result<()> {
        self.disk.remove_dir(path)
    }

    fn lock(&self) -> std::io::Result<LockGuard<'_>> {
        self.disk.lock()
    }
}

/// Publishes in steps until the power goes; says how many entries were published.
fn live(storage: &Shared, state: &Shared, files_left: i64) -> Result<u64> {
    let files_left = Arc::new(AtomicI64::new(files_left));
    let dying = |disk: &Shared| Box::new(Dying { disk: disk.clone(), files_left: files_left.clone() });
    let mut log = Log::open(dying(storage), Signer::open(vec![key()], dying(state))?)?;
    for step in [100, 156, 200, 256, 300] {
        let size = log.size();
        log.append(&entries(size..size + step))?;
        log.publish()?;
    }
    Ok(log.size())
}

#[test]
fn after_a_power_cut_at_any_write_the_log_opens_and_goes_on() {
    for files_left in 0.. {
        let (storage, state) = (Shared::default(), Shared::default());
        drop(create(&storage, &state));
        let survived = live(&storage, &state, files_left).is_ok();

        let mut log = open(&storage, &state).unwrap_or_else(|e| panic!("after {files_left} files: {e}"));
        let signed = log.published().checkpoint.clone();
        assert_eq!(signed.root, root(signed.size), "after {files_left} files");
        let on_disk = SignedCheckpoint::parse(&storage.read(CHECKPOINT).unwrap().unwrap()).unwrap();
        assert_eq!(on_disk.checkpoint, signed, "what was signed is published");
        log.append(&entries(log.size()..1500)).unwrap();
        assert_eq!(log.publish().unwrap().checkpoint.root, root(1500));
        if survived {
            assert!(files_left > 20, "the power must have been cut at every write before");
            break;
        }
    }
}
