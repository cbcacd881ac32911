//! Copies of an installation: a directory with the database, keys, log, sealed files and a manifest of digests.
//!
//! The order makes a copy of a running system consistent: the log and its signer's memory first, then the
//! database (which may only be ahead of them, and a log catches up), then sealed files (which are on the disk
//! before a record refers to them).

pub(crate) mod seal;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use age::x25519::Recipient;
use anyhow::{Context as _, Result, bail};
use sekisho_identity::Identity;
use sekisho_ledger::{DirStorage, Policy, Storage as _, VerifyReport};
use sekisho_mail::Relay;
use sekisho_store::verify::Against;
use sha2::{Digest as _, Sha256};

use crate::data::{Data, SystemClock, read_settings, write_settings};
use sekisho_domain::clock::Clock as _;

const MANIFEST: &str = "manifest.json";
/// The dump of a PostgreSQL database inside a copy.
const DUMP: &str = "database.dump";

/// A copy, and what the settings name that is not in it because it lies outside the data directory.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) place: PathBuf,
    pub(crate) left_out: Vec<PathBuf>,
}

/// Copies a running installation to a new directory under `to`; under seal if it is given for whom.
pub(crate) async fn make(data: &Data, to: &Path, sealed_for: Option<&Recipient>) -> Result<Made> {
    let name = format!("sekisho-{}", SystemClock.now().0);
    let (part, done) = (to.join(format!("{name}.part")), to.join(name));
    let left_out = match sealed_for {
        None => fill(data, &part).await?,
        // Nothing readable ever lies where the copy goes.
        Some(recipient) => {
            let plain = Away::new(data.dir.join("copying"))?;
            let left_out = fill(data, &plain.0).await?;
            seal::seal(&plain.0, &part, recipient)?;
            left_out
        }
    };
    std::fs::rename(&part, &done)?;
    Ok(Made { place: done, left_out })
}

/// Writes a copy and its manifest; returns what is not in it.
async fn fill(data: &Data, part: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(part).with_context(|| format!("{} を作れません", part.display()))?;
    restrict(part)?;
    for sub in ["keys", "ledger", "kept"] {
        copy_tree(&data.dir.join(sub), &part.join(sub))?;
    }
    match &data.settings.database {
        None => data.store.db.copy_to(&part.join("sekisho.db")).await?,
        Some(url) => {
            run(Command::new("pg_dump").arg("--format=custom").arg("--file").arg(part.join(DUMP)).arg(url))?
        }
    }
    copy_tree(&data.dir.join("objects"), &part.join("objects"))?;
    copy_tree(&data.dir.join("fonts"), &part.join("fonts"))?;
    let (within, left_out) = named_files(&data.dir)?;
    for path in within {
        let target = part.join(&path);
        std::fs::create_dir_all(target.parent().unwrap_or(part))?;
        std::fs::copy(data.dir.join(&path), &target)?;
    }
    std::fs::copy(data.dir.join("sekisho.toml"), part.join("sekisho.toml"))?;
    let manifest = serde_json::to_vec_pretty(&digests(part)?)?;
    std::fs::write(part.join(MANIFEST), manifest)?;
    Ok(left_out)
}

/// A directory that is gone when it is no longer needed, and whatever an interrupted run left there.
pub(crate) struct Away(PathBuf);

impl Away {
    fn new(dir: PathBuf) -> Result<Away> {
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        Ok(Away(dir))
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A copy as it is read: itself, or what came out from under its seal, beside the place it goes to.
pub(crate) enum Copy<'a> {
    Plain(&'a Path),
    Opened(Away),
}

impl Copy<'_> {
    pub(crate) fn read<'a>(copy: &'a Path, key: Option<&Path>, beside: &Path) -> Result<Copy<'a>> {
        if !seal::is_sealed(copy) {
            return Ok(Copy::Plain(copy));
        }
        let key = key.with_context(|| {
            "この写しには封がしてあります。--key で、封を開ける鍵のファイルを指定してください".to_owned()
        })?;
        let opened = Away::new(beside.with_extension("opened"))?;
        seal::open(copy, &opened.0, key)?;
        Ok(Copy::Opened(opened))
    }

    pub(crate) fn dir(&self) -> &Path {
        match self {
            Copy::Plain(dir) => dir,
            Copy::Opened(Away(dir)) => dir,
        }
    }
}

/// The files that `sekisho.toml` names (certificates, passwords): those in the data directory, relative to it, and
/// those that lie elsewhere. Whatever setting names it, a text that is the path of a file is taken for one.
fn named_files(dir: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let text = std::fs::read_to_string(dir.join("sekisho.toml"))?;
    let mut open = vec![toml::Value::Table(toml::from_str(&text)?)];
    let (mut within, mut elsewhere) = (Vec::new(), Vec::new());
    while let Some(value) = open.pop() {
        match value {
            toml::Value::Table(table) => open.extend(table.into_iter().map(|(_, v)| v)),
            toml::Value::Array(values) => open.extend(values),
            toml::Value::String(text) => {
                let path = PathBuf::from(&text);
                if !dir.join(&path).is_file() {
                    continue;
                }
                let plain = path.components().all(|c| matches!(c, std::path::Component::Normal(_)));
                if plain { within.push(path) } else { elsewhere.push(path) }
            }
            _ => {}
        }
    }
    Ok((within, elsewhere))
}

/// Whether everything that the settings of a restored place name is there, so that `serve` would start.
pub(crate) fn settings_work(dir: &Path) -> Result<()> {
    let settings = read_settings(dir)?;
    if let Some(sign_in) = &settings.sign_in {
        Identity::open(sign_in, dir).map_err(|e| anyhow::anyhow!("[sign_in]: {}", e.ja()))?;
    }
    if let Some(mail) = &settings.mail {
        Relay::open(mail, dir).map_err(|fault| anyhow::anyhow!(fault.ja()))?;
    }
    Ok(())
}

/// Whether a copy is of an installation on PostgreSQL.
pub(crate) fn has_dump(copy: &Path) -> bool {
    copy.join(DUMP).exists()
}

/// Makes an empty database beside the one at `url`; returns its address. Needs the right to create databases.
pub(crate) fn create_database(url: &str, tag: &str) -> Result<String> {
    // Two drills on one server can begin in the same millisecond.
    let name = format!("sekisho_{tag}_{}_{}", SystemClock.now().0, std::process::id());
    let made = run(Command::new("createdb")
        .args(["--template=template0", "--locale=C", "--encoding=UTF8", "--maintenance-db", url])
        .arg(&name));
    made.context(
        "空のデータベースを作れません。作る権限のある人が用意して、--database で指定してください".to_owned(),
    )?;
    Ok(with_database(url, &name))
}

pub(crate) fn drop_database(url: &str, made: &str) -> Result<()> {
    let path = made.split('?').next().unwrap_or(made);
    let name = path.rsplit('/').next().unwrap_or_default();
    run(Command::new("dropdb").args(["--if-exists", "--maintenance-db", url]).arg(name))
}

/// The same address with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let server = address[authority..].find('/').map_or(address, |at| &address[..authority + at]);
    match query {
        Some(query) => format!("{server}/{name}?{query}"),
        None => format!("{server}/{name}"),
    }
}

/// Puts the dump of a copy into an empty database, and the address into the settings of `to`.
pub(crate) fn load_dump(copy: &Path, to: &Path, url: String) -> Result<()> {
    run(Command::new("pg_restore")
        .args(["--no-owner", "--exit-on-error", "--dbname", &url])
        .arg(copy.join(DUMP)))?;
    let mut settings = read_settings(to)?;
    settings.database = Some(url);
    write_settings(to, &settings)
}

/// Restores a copy to a place that does not exist yet and verifies its ledger.
pub(crate) async fn restore(from: &Path, to: &Path, database: Option<String>) -> Result<VerifyReport> {
    unpack(from, to)?;
    if has_dump(from) {
        let url = database
            .context("この写しは PostgreSQL のものです。--database で空のデータベースを指定してください")?;
        load_dump(from, to, url)?;
    }
    let data = Data::open_any_schema(to).await?;
    data.store.db.migrate().await?;
    data.sequencer().await?.run_once().await?;
    let report = verify(&data).await?;
    data.store.db.close().await;
    Ok(report)
}

/// Checks every digest and copies the files to a new place.
pub(crate) fn unpack(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        bail!("{} はすでにあります。上書きはしません。別の場所を指定してください", to.display());
    }
    let manifest = std::fs::read(from.join(MANIFEST))
        .with_context(|| format!("{} は写しではありません(manifest.json がありません)", from.display()))?;
    let expected: BTreeMap<String, String> =
        serde_json::from_slice(&manifest).context("manifest.json が壊れています")?;
    let mut found = digests(from)?;
    found.remove(MANIFEST);
    for (path, digest) in &expected {
        if found.get(path) != Some(digest) {
            bail!("写しの中の {path} が壊れているか、書き換えられています。何も戻していません");
        }
    }
    let part = to.with_extension("part");
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    for path in expected.keys().filter(|p| p.as_str() != DUMP) {
        let target = part.join(path);
        std::fs::create_dir_all(target.parent().unwrap_or(&part))?;
        std::fs::copy(from.join(path), &target)?;
    }
    for sub in ["kept", "objects", "ledger"] {
        std::fs::create_dir_all(part.join(sub))?;
    }
    restrict(&part)?;
    std::fs::rename(&part, to)?;
    Ok(())
}

/// The digest that names a copy: of its manifest.
pub(crate) fn digest(backup: &Path) -> Result<String> {
    file_digest(&backup.join(MANIFEST))
}

async fn verify(data: &Data) -> Result<VerifyReport> {
    let tiles = DirStorage::open(data.dir.join("ledger"))?;
    let checkpoint = tiles.read(sekisho_ledger::CHECKPOINT)?.unwrap_or_default();
    let policy = Policy::without_witnesses(sekisho_store::ledger::log_keys(&data.dir)?);
    let against = Against { policy, checkpoint, kept: Vec::new() };
    Ok(data.store.db.verify_ledger(against, Some(std::sync::Arc::new(tiles))).await?)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("{program} を動かせません。PostgreSQL の client を入れてください"))?;
    if !output.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    let Ok(entries) = std::fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if let Err(error) = std::fs::copy(entry.path(), &target)
            // A partial tile may give way to a full one while we walk; the log does without it.
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("{} を写せません", entry.path().display()));
        }
    }
    Ok(())
}

/// Only the owner may read a copy: it holds keys.
fn restrict(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    Ok(())
}

fn digests(dir: &Path) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    each_file(dir, &mut |path| {
        let name = path.strip_prefix(dir)?.to_string_lossy().into_owned();
        all.insert(name, file_digest(path)?);
        Ok(())
    })?;
    Ok(all)
}

fn each_file(dir: &Path, act: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { act(&path)? }
        }
    }
    Ok(())
}

fn file_digest(path: &Path) -> Result<String> {
    let mut file = std::fs::File::open(path).with_context(|| format!("{} を読めません", path.display()))?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0u8; 64 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_on_the_same_server() {
        for (url, expected) in [
            ("postgres://u:p@db:5432/city", "postgres://u:p@db:5432/new"),
            ("postgres://db/city?sslmode=require", "postgres://db/new?sslmode=require"),
            ("postgres:///city?host=/run/pg", "postgres:///new?host=/run/pg"),
            ("postgres://db", "postgres://db/new"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
