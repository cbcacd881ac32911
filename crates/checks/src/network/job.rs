//! Filing, judging what is due, and emptying the folder. Whatever is long runs on a thread of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sekisho_domain::access::Who;
use sekisho_domain::clock::Ms;
use sekisho_domain::date::{Date, date_at};
use sekisho_domain::noun::Row;
use sekisho_netproof::vendor::captured::mac_addresses;
use sekisho_store::network::{NewResult, NewSnapshot, ResultLine};
use sekisho_store::object::Objects;
use sekisho_store::{Actor, Store, StoreError};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::judge::{Registers, judge};
use super::{Bundle, Fault, Judgement, Upload};

/// Devices drawn for the second person's sample: at most this many, and about the root of all.
const SAMPLE_MAX: usize = 5;
/// A file in the folder that was written to within this time may still be on its way.
const SETTLED_MS: i64 = 10 * Ms::SECOND;
/// An archive in the folder (bytes); larger ones are refused unread.
const ARCHIVE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Archives taken from the folder in one round.
const FOLDER_AT_ONCE: usize = 20;

/// Nouns whose rows go into a judgement; a change of any other changes no answer.
pub const JUDGED_FROM: [&str; 5] = ["decision", "device", "network_snapshot", "section", "specific_flow"];

/// Who hands in.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A person, at a form.
    Manual { who: &'a Who, actor: &'a Actor, note: Option<&'a str> },
    /// The keeper, out of the folder.
    Folder,
}

#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals and files what was handed in. `read`: when it was read off the devices; an archive may say so itself.
pub async fn take_in(
    store: &Store,
    objects: &Objects,
    source: Source<'_>,
    read: Option<Ms>,
    uploads: Vec<Upload>,
) -> Result<String, TakeInError> {
    let before = match store.db.newest_snapshot().await? {
        Some(row) => Some(open_bundle(store, objects, &row).await?),
        None => None,
    };
    let (bundle, named) = blocking(move || Bundle::read(uploads, before.as_ref())).await??;
    let read = read.or(named).ok_or(Fault::NoTime)?;
    if read > store.clock.now() {
        return Err(Fault::Future.into());
    }
    let bytes = serde_json::to_vec(&bundle).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    if store.db.same_snapshot(&sha256, read).await?.is_some() {
        return Err(Fault::Same.into());
    }
    let sealed = objects.put(store, bytes).await?;
    let sample = draw(store, bundle.devices.iter().map(|d| d.name.clone()).collect());
    let (actor, who, word, note) = match source {
        Source::Manual { who, actor, note } => (actor.clone(), Some(who), "manual", note),
        Source::Folder => (Actor::system(), None, "folder", None),
    };
    let mut tx = store.write(&actor, "network.snapshot").await?;
    let new = NewSnapshot {
        read,
        source: word,
        devices: count(bundle.devices.len()),
        files: bundle.listing(),
        sealed: &sealed,
        sample: &sample,
        note,
    };
    let id = tx.file_snapshot(who, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// About as many devices as the root of all, drawn so that nobody can know which.
fn draw(store: &Store, mut devices: Vec<String>) -> Vec<String> {
    let wanted = devices.len().isqrt().clamp(1, SAMPLE_MAX);
    let mut sample = Vec::new();
    while sample.len() < wanted && !devices.is_empty() {
        let mut random = [0u8; 8];
        store.entropy.fill(&mut random);
        let at = u64::from_le_bytes(random) % devices.len() as u64;
        sample.push(devices.swap_remove(usize::try_from(at).unwrap_or(0)));
    }
    sample.sort();
    sample
}

/// Judges a 提出 that was never judged, or the newest one again when a register or the day changed what follows.
/// Returns how many were judged.
pub async fn judge_due(store: &Store, objects: &Objects) -> Result<usize, StoreError> {
    const AT_ONCE: usize = 20;
    let mut judged = 0;
    while judged < AT_ONCE {
        let Some(snapshot) = store.db.unjudged_snapshot().await? else { break };
        judge_one(store, objects, &snapshot).await?;
        judged += 1;
    }
    let Some(newest) = store.db.newest_snapshot().await? else { return Ok(judged) };
    let on = date_at(store.clock.now());
    let last = store.db.network_result(&newest.id).await?;
    // What is past its day changes the answer; the day itself does not.
    let known = match &last {
        Some(_) => inputs(&registers(store, on).await?, ended(store, objects, &newest, on).await?),
        None => String::new(),
    };
    if last.is_none_or(|last| last.inputs_sha256 != known) {
        judge_one(store, objects, &newest).await?;
        judged += 1;
    }
    Ok(judged)
}

async fn registers(store: &Store, on: Date) -> Result<Registers, StoreError> {
    let boxes = store.db.network_devices(on).await?;
    let (mut known, mut macs) = (BTreeSet::new(), BTreeSet::new());
    for (number, column, words) in store.db.device_numbers(on).await? {
        known.insert(number);
        macs.extend(sekisho_domain::device::macs(&column));
        macs.extend(mac_addresses(&words));
    }
    let flows = store.db.flows_in_force(on).await?;
    Ok(Registers { flows, boxes: boxes.into_iter().map(|b| (b.number, b.name)).collect(), known, macs })
}

/// How many of the dates in the declarations lie before the day. They are kept for the newest 提出, because opening it
/// for them at every change of a register would be dear.
async fn ended(store: &Store, objects: &Objects, snapshot: &Row, on: Date) -> Result<usize, StoreError> {
    static KEPT: Mutex<Option<(String, Vec<Date>)>> = Mutex::new(None);
    let past = |days: &[Date]| days.iter().filter(|day| **day < on).count();
    if let Some((id, days)) = &*KEPT.lock().unwrap_or_else(PoisonError::into_inner)
        && *id == snapshot.id
    {
        return Ok(past(days));
    }
    let days = last_days(&open_bundle(store, objects, snapshot).await?);
    let ended = past(&days);
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some((snapshot.id.clone(), days));
    Ok(ended)
}

/// Every `until` of the declarations.
fn last_days(bundle: &Bundle) -> Vec<Date> {
    let lines = bundle.assumptions.lines().chain(bundle.intents.lines());
    let rest = lines.filter_map(|l| l.trim().strip_prefix("until"));
    rest.filter_map(|r| r.trim_start_matches([' ', '=', '"']).get(..10)?.parse().ok()).collect()
}

/// Digest of what goes into a judgement besides the configurations.
fn inputs(registers: &Registers, ended: usize) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(env!("CARGO_PKG_VERSION"));
    add(&ended.to_string());
    for flow in &registers.flows {
        add(&format!("{}@{} {}", flow.row.id, flow.row.version, flow.decision));
    }
    for (number, name) in &registers.boxes {
        add(number);
        add(name);
    }
    registers.known.iter().chain(&registers.macs).for_each(|word| add(word));
    hex::encode(hash.finalize())
}

async fn judge_one(store: &Store, objects: &Objects, snapshot: &Row) -> Result<(), StoreError> {
    let on = date_at(store.clock.now());
    let registers = registers(store, on).await?;
    let bundle = open_bundle(store, objects, snapshot).await?;
    let inputs_sha256 = inputs(&registers, ended(store, objects, snapshot, on).await?);
    let judged = blocking(move || judge(&bundle, &registers, on)).await;
    // What cannot be judged proves nothing, and must not be tried again after every commit.
    let (judgement, answers) = match judged {
        Ok(Ok(judged)) => judged,
        Ok(Err(error)) => (Judgement::failed(on, &error.to_string()), Vec::new()),
        Err(error) => (Judgement::failed(on, &error.to_string()), Vec::new()),
    };
    let bytes = serde_json::to_vec(&judgement).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let sealed = objects.put(store, bytes).await?;
    let mut tx = store.write(&Actor::system(), "network.judge").await?;
    let devices = judgement.report["devices"].as_array().map_or(0, Vec::len);
    let new = NewResult {
        snapshot_id: &snapshot.id,
        as_of: on,
        inputs_sha256: &inputs_sha256,
        devices: count(devices),
        missing: count(judgement.missing.len()),
        unlisted: count(judgement.unlisted.len()),
        unexplained: count(judgement.unexplained.len()),
        sealed: &sealed,
        answers,
    };
    tx.keep_network_result(new).await?;
    tx.commit().await
}

/// Takes every archive out of the folder: into `done` when it was filed, into `refused` with the reason beside it
/// when not. Nothing is deleted.
pub async fn empty_folder(store: &Store, objects: &Objects, folder: &Path) -> Result<usize, StoreError> {
    let mut taken = 0;
    for path in waiting(store, folder).await? {
        let name = path.file_name().unwrap_or_default().to_owned();
        let io = |source| StoreError::Io { path: path.display().to_string(), source };
        let large = tokio::fs::metadata(&path).await.map_err(io)?.len() > ARCHIVE_BYTES_MAX;
        let outcome = match large {
            true => Err(TakeInError::Fault(Fault::TooLarge(name.to_string_lossy().into_owned()))),
            false => {
                let bytes = tokio::fs::read(&path).await.map_err(io)?;
                let upload = Upload { name: name.to_string_lossy().into_owned(), bytes };
                take_in(store, objects, Source::Folder, None, vec![upload]).await
            }
        };
        let place = match outcome {
            // Filed, or filed before a crash came between filing and moving.
            Ok(_) | Err(TakeInError::Fault(Fault::Same)) => folder.join("done"),
            Err(TakeInError::Fault(fault)) => {
                let place = folder.join("refused");
                tokio::fs::create_dir_all(&place).await.map_err(io)?;
                let mut said = name.clone();
                said.push(".理由.txt");
                let words = format!(
                    "{}\n何も保存していません。直してから、もう一度フォルダに置いてください。\n",
                    fault.ja()
                );
                tokio::fs::write(place.join(said), words).await.map_err(io)?;
                place
            }
            Err(TakeInError::Store(error)) => return Err(error),
        };
        tokio::fs::create_dir_all(&place).await.map_err(io)?;
        tokio::fs::rename(&path, place.join(&name)).await.map_err(io)?;
        taken += 1;
    }
    Ok(taken)
}

/// Archives that nobody writes to any more, in the order of their names.
async fn waiting(store: &Store, folder: &Path) -> Result<Vec<std::path::PathBuf>, StoreError> {
    let io = |source| StoreError::Io { path: folder.display().to_string(), source };
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io(e)),
    };
    let now = store.clock.now();
    let mut out = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(io)? {
        let path = entry.path();
        let is_zip = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
        let meta = entry.metadata().await.map_err(io)?;
        let written = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let written = written.and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or(i64::MAX);
        if is_zip && meta.is_file() && now.since(Ms(written)) >= SETTLED_MS {
            out.push(path);
        }
    }
    out.sort();
    out.truncate(FOLDER_AT_ONCE);
    Ok(out)
}

/// What was handed in, opened.
pub async fn open_bundle(store: &Store, objects: &Objects, snapshot: &Row) -> Result<Bundle, StoreError> {
    open(store, objects, snapshot.text("object_id")).await
}

/// A judgement, opened.
pub async fn open_judgement(
    store: &Store,
    objects: &Objects,
    result: &ResultLine,
) -> Result<Judgement, StoreError> {
    open(store, objects, &result.object_id).await
}

async fn open<T: DeserializeOwned>(store: &Store, objects: &Objects, id: &str) -> Result<T, StoreError> {
    let bytes = objects.get(store, id).await?;
    serde_json::from_slice(&bytes).map_err(|e| StoreError::Corrupt(e.to_string()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Corrupt(e.to_string()))
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
