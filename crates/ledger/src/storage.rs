//! Where tiles, checkpoints and the states of signers and witnesses lie: a handful of small files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// No file of ours is larger: 256 leaves of 64 KiB. Anything longer was not written by us.
const MAX_FILE_BYTES: u64 = 256 * (2 + 65_535);

/// A file to write: path with `/`, and its bytes.
pub type NamedBytes = (String, Vec<u8>);

/// Named bytes with durable, atomic writes. Paths are relative, with `/`.
pub trait Storage: Send + Sync + fmt::Debug {
    /// The bytes at `path`; `None` when there is nothing.
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes all files. On return they survive a power cut; at no moment is one half-written under its name.
    fn write(&self, files: &[NamedBytes]) -> io::Result<()>;

    /// Removes a directory with all in it; nothing to remove is success.
    fn remove_dir(&self, path: &str) -> io::Result<()>;

    /// Holds off every other process that locks the same storage until the guard is dropped.
    fn lock(&self) -> io::Result<LockGuard<'_>>;
}

/// Released on drop, and by the operating system when the process dies.
#[derive(Debug)]
pub struct LockGuard<'a> {
    _file: Option<File>,
    _memory: Option<MutexGuard<'a, ()>>,
}

/// A directory on disk.
#[derive(Debug)]
pub struct DirStorage {
    root: PathBuf,
    /// Makes names of temporary files distinct within the process.
    counter: AtomicU64,
}

impl DirStorage {
    /// Creates the directory when it is missing.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<DirStorage> {
        let root = root.into();
        fs::create_dir_all(&root)?;
        Ok(DirStorage { root, counter: AtomicU64::new(0) })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    fn locate(&self, path: &str) -> io::Result<PathBuf> {
        let plain =
            |part: &str| !part.is_empty() && !part.starts_with("..") && part != "." && !part.contains('\\');
        if path.split('/').all(plain) {
            Ok(self.root.join(path))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("path {path:?}")))
        }
    }

    /// Creates missing directories down to `dir`; every parent that gained one must be synced.
    fn ensure_dir(&self, dir: &Path, changed: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        let missing: Vec<&Path> = dir.ancestors().take_while(|d| !d.exists()).collect();
        for dir in missing.iter().rev() {
            match fs::create_dir(dir) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
                _ => changed.extend(dir.parent().map(Path::to_owned)),
            }
        }
        Ok(())
    }

    /// A file that nobody else writes to: other processes, even in containers with the same process id, find
    /// the name taken.
    fn create_temporary(&self, dir: &Path) -> io::Result<(PathBuf, File)> {
        loop {
            let unique = self.counter.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!(".tmp-{}-{unique}", std::process::id()));
            match File::create_new(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                file => return Ok((path, file?)),
            }
        }
    }
}

impl Storage for DirStorage {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.locate(path)?) {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{path} is too large")));
        }
        Ok(Some(bytes))
    }

    fn write(&self, files: &[NamedBytes]) -> io::Result<()> {
        let mut changed = BTreeSet::new();
        for (path, bytes) in files {
            let target = self.locate(path)?;
            let dir = target.parent().unwrap_or(&self.root);
            self.ensure_dir(dir, &mut changed)?;
            let (temporary, mut file) = self.create_temporary(dir)?;
            file.write_all(bytes)?;
            file.sync_data()?;
            fs::rename(&temporary, &target)?;
            changed.insert(dir.to_owned());
        }
        changed.iter().try_for_each(|dir| File::open(dir)?.sync_all())
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        match fs::remove_dir_all(self.locate(path)?) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> io::Result<LockGuard<'_>> {
        let file = File::options().create(true).truncate(false).write(true).open(self.root.join(".lock"))?;
        file.lock()?;
        Ok(LockGuard { _file: Some(file), _memory: None })
    }
}

/// Makes the directory entry of a new file durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Files in memory: tests, and verification of a bundle that arrived as an archive.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    lock: Mutex<()>,
}

impl MemoryStorage {
    pub fn new() -> MemoryStorage {
        MemoryStorage::default()
    }

    /// All files, for making a copy or a change by hand.
    pub fn files(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for MemoryStorage {
    fn clone(&self) -> MemoryStorage {
        MemoryStorage { files: Mutex::new(self.files().clone()), lock: Mutex::default() }
    }
}

impl Storage for MemoryStorage {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files().get(path).cloned())
    }

    fn write(&self, files: &[NamedBytes]) -> io::Result<()> {
        self.files().extend(files.iter().cloned());
        Ok(())
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        let prefix = format!("{path}/");
        self.files().retain(|name, _| !name.starts_with(&prefix));
        Ok(())
    }

    fn lock(&self) -> io::Result<LockGuard<'_>> {
        Ok(LockGuard { _file: None, _memory: Some(self.lock.lock().unwrap_or_else(PoisonError::into_inner)) })
    }
}

impl<S: Storage + ?Sized> Storage for std::sync::Arc<S> {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        (**self).read(path)
    }

    fn write(&self, files: &[NamedBytes]) -> io::Result<()> {
        (**self).write(files)
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        (**self).remove_dir(path)
    }

    fn lock(&self) -> io::Result<LockGuard<'_>> {
        (**self).lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(storage: &dyn Storage) {
        assert_eq!(storage.read("a/b/c").unwrap(), None);
        storage.write(&[("a/b/c".into(), b"1".to_vec()), ("a/b/c.p/7".into(), b"2".to_vec())]).unwrap();
        storage.write(&[("a/b/c".into(), b"3".to_vec())]).unwrap();
        assert_eq!(storage.read("a/b/c").unwrap().unwrap(), b"3");
        storage.remove_dir("a/b/c.p").unwrap();
        storage.remove_dir("a/b/c.p").unwrap();
        assert_eq!(storage.read("a/b/c.p/7").unwrap(), None);
        drop(storage.lock().unwrap());
        drop(storage.lock().unwrap());
    }

    #[test]
    fn both_kinds_behave_alike() {
        let dir = tempfile::tempdir().unwrap();
        let disk = DirStorage::open(dir.path().join("log")).unwrap();
        exercise(&disk);
        exercise(&MemoryStorage::new());
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b"] {
            assert!(disk.read(bad).is_err(), "{bad:?}");
        }
        let left: Vec<_> = fs::read_dir(disk.root().join("a/b")).unwrap().collect();
        assert_eq!(left.len(), 1, "no temporary file stays behind");
    }
}
