//! Files that evidence points at: sealed one by one on disk, each under a key of its own (age, X25519). Destroying
//! the key destroys the file, wherever copies of it lie.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use sekisho_domain::id::{is_id, new_id};
use sha2::{Digest as _, Sha256};

use crate::Store;
use crate::error::{Result, StoreError};

sql! {
    const KEEP_KEY = "INSERT INTO object_key (object_id, identity) VALUES ($1, $2)";
    const KEY = "SELECT identity FROM object_key WHERE object_id = $1";
    pub(crate) const DESTROY_KEY = "DELETE FROM object_key WHERE object_id = $1";
}

/// A file that has been sealed and is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub object_id: String,
    /// Digest of the file as it came, before sealing.
    pub sha256: String,
}

/// The sealed files of an instance, under one directory.
#[derive(Clone, Debug)]
pub struct Objects {
    dir: PathBuf,
}

impl Objects {
    pub fn at(dir: impl Into<PathBuf>) -> Objects {
        Objects { dir: dir.into() }
    }

    /// Seals a file. It is on the disk, with its key, before this returns; a record may then refer to it. A crash
    /// in between leaves at most a sealed file that nothing refers to.
    pub async fn put(&self, store: &Store, bytes: Vec<u8>) -> Result<Sealed> {
        let object_id = new_id(store.clock.now(), &*store.entropy);
        let path = self.path(&object_id)?;
        let sealed = tokio::task::spawn_blocking(move || seal(&path, &bytes)).await;
        let (identity, sha256) = sealed.map_err(|e| StoreError::Corrupt(e.to_string()))??;
        store.op_execute(KEEP_KEY, &[object_id.as_str().into(), identity.into()]).await?;
        Ok(Sealed { object_id, sha256 })
    }

    /// Opens a sealed file.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such file or its key was destroyed.
    pub async fn get(&self, store: &Store, object_id: &str) -> Result<Vec<u8>> {
        let key: Option<(String,)> = store.db.fetch_optional(KEY, &[object_id.into()]).await?;
        let (identity,) = key.ok_or(StoreError::NotFound)?;
        let path = self.path(object_id)?;
        let opened = tokio::task::spawn_blocking(move || open(&path, &identity)).await;
        opened.map_err(|e| StoreError::Corrupt(e.to_string()))?
    }

    /// Makes a file unreadable for good.
    pub async fn destroy(&self, store: &Store, object_id: &str) -> Result<()> {
        store.op_execute(DESTROY_KEY, &[object_id.into()]).await?;
        let path = self.path(object_id)?;
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(&path, e)),
            _ => Ok(()),
        }
    }

    /// `objects/f3/…f3.age`: spread by the id's random end, since its beginning is the time.
    fn path(&self, object_id: &str) -> Result<PathBuf> {
        if !is_id(object_id) {
            return Err(StoreError::NotFound);
        }
        Ok(self.dir.join(&object_id[34..]).join(format!("{object_id}.age")))
    }
}

fn seal(path: &Path, bytes: &[u8]) -> Result<(String, String)> {
    let identity = Identity::generate();
    let sealed =
        age::encrypt(&identity.to_public(), bytes).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let dir = path.parent().unwrap_or(path);
    std::fs::create_dir_all(dir).map_err(|e| io(dir, e))?;
    let part = path.with_extension("part");
    let mut file = std::fs::File::create(&part).map_err(|e| io(&part, e))?;
    file.write_all(&sealed).and_then(|()| file.sync_all()).map_err(|e| io(&part, e))?;
    std::fs::rename(&part, path).map_err(|e| io(path, e))?;
    std::fs::File::open(dir).and_then(|d| d.sync_all()).map_err(|e| io(dir, e))?;
    Ok((identity.to_string().expose_secret().to_owned(), hex::encode(Sha256::digest(bytes))))
}

fn open(path: &Path, identity: &str) -> Result<Vec<u8>> {
    let identity = Identity::from_str(identity).map_err(|e| StoreError::Corrupt(e.to_owned()))?;
    let mut sealed = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => StoreError::NotFound,
        _ => io(path, e),
    })?;
    std::io::BufReader::new(file).read_to_end(&mut sealed).map_err(|e| io(path, e))?;
    age::decrypt(&identity, &sealed).map_err(|e| StoreError::Corrupt(e.to_string()))
}

fn io(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.display().to_string(), source }
}
