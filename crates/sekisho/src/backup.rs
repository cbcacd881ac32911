//! Copies of an installation: a directory with the database, keys, log, sealed files and a manifest of digests.
//!
//! The order makes a copy of a running system consistent: the log and its signer's memory first, then the
//! database (which may only be ahead of them, and a log catches up), then sealed files (which are on the disk
//! before a record refers to them).

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sekisho_ledger::{DirStorage, Policy, SigningKey, Storage as _, VerifyReport};
use sekisho_store::verify::Against;
use sha2::{Digest as _, Sha256};

use crate::data::{Data, SystemClock, read_settings, write_settings};
use sekisho_domain::clock::Clock as _;

const MANIFEST: &str = "manifest.json";
/// The dump of a PostgreSQL database inside a copy.
const DUMP: &str = "database.dump";

/// Copies a running installation to a new directory under `to` and returns it.
pub(crate) async fn make(data: &Data, to: &Path) -> Result<PathBuf> {
    let name = format!("sekisho-{}", SystemClock.now().0);
    let (part, done) = (to.join(format!("{name}.part")), to.join(name));
    std::fs::create_dir_all(&part).with_context(|| format!("{} を作れません", part.display()))?;
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
    std::fs::copy(data.dir.join("sekisho.toml"), part.join("sekisho.toml"))?;
    let manifest = serde_json::to_vec_pretty(&digests(&part)?)?;
    std::fs::write(part.join(MANIFEST), manifest)?;
    restrict(&part)?;
    std::fs::rename(&part, &done)?;
    Ok(done)
}

/// Restores a copy to a place that does not exist yet and verifies its ledger.
pub(crate) async fn restore(from: &Path, to: &Path, database: Option<String>) -> Result<VerifyReport> {
    unpack(from, to)?;
    let mut settings = read_settings(to)?;
    if from.join(DUMP).exists() {
        let url = database
            .context("この写しは PostgreSQL のものです。--database で空のデータベースを指定してください")?;
        run(Command::new("pg_restore")
            .args(["--no-owner", "--exit-on-error", "--dbname", &url])
            .arg(from.join(DUMP)))?;
        settings.database = Some(url);
        write_settings(to, &settings)?;
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
    let key = SigningKey::load(&data.dir.join("keys/ledger.key"))?;
    let checkpoint = tiles.read(sekisho_ledger::CHECKPOINT)?.unwrap_or_default();
    let policy = Policy::without_witnesses(vec![key.public().clone()]);
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
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir)?.to_string_lossy().into_owned();
                all.insert(name, file_digest(&path)?);
            }
        }
    }
    Ok(all)
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
