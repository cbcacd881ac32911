//! Copies under seal: every file encrypted (age, X25519) for a key whose secret half lies elsewhere, in a safe. Who finds
//! such a copy learns how many files there are and how large they are; the machine that makes it cannot open it again.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use anyhow::{Context as _, Result, anyhow, bail};

use super::{MANIFEST, each_file, restrict};

/// What is put behind the name of a sealed file.
const SEALED: &str = ".age";
/// A key file is a line or two; a larger one is something else.
const KEY_BYTES_MAX: u64 = 4_096;

/// Writes a new key to a file of its own; returns the half that copies are sealed for.
pub(crate) fn new_key(file: &Path) -> Result<String> {
    let identity = Identity::generate();
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut out = open
        .with_context(|| format!("{} を作れません(すでにあるファイルには上書きしません)", file.display()))?;
    let public = identity.to_public();
    writeln!(out, "# 関所の写しの封を開ける鍵。写しを取るとき: --for {public}")?;
    writeln!(out, "{}", identity.to_string().expose_secret())?;
    out.sync_all()?;
    Ok(public.to_string())
}

/// The public half, as `sekisho admin backup-key` printed it.
pub(crate) fn recipient(text: &str) -> Result<Recipient, String> {
    Recipient::from_str(text.trim()).map_err(|_| {
        "age1 で始まる、封の鍵の公開部分を指定してください(`sekisho admin backup-key` が表示したもの)"
            .to_owned()
    })
}

/// Whether every file of a copy is sealed.
pub(crate) fn is_sealed(copy: &Path) -> bool {
    sealed_name(&copy.join(MANIFEST)).exists()
}

/// Seals every file below `plain` into the same place below `sealed`.
pub(crate) fn seal(plain: &Path, sealed: &Path, to: &Recipient) -> Result<()> {
    std::fs::create_dir_all(sealed).with_context(|| format!("{} を作れません", sealed.display()))?;
    restrict(sealed)?;
    each_file(plain, &mut |path| {
        let target = sealed_name(&sealed.join(path.strip_prefix(plain)?));
        let (mut from, out) = (File::open(path)?, create(&target)?);
        let recipients = std::iter::once(to as &dyn age::Recipient);
        let mut out = age::Encryptor::with_recipients(recipients)?.wrap_output(BufWriter::new(out))?;
        std::io::copy(&mut from, &mut out).with_context(|| format!("{} に書けません", target.display()))?;
        out.finish()?.into_inner()?.sync_all()?;
        Ok(())
    })
}

/// Opens every file below `sealed` into the same place below `plain`. A file that was changed, cut short or sealed for
/// another key is refused by name.
pub(crate) fn open(sealed: &Path, plain: &Path, key: &Path) -> Result<()> {
    let identity = read_key(key)?;
    std::fs::create_dir_all(plain)?;
    restrict(plain)?;
    each_file(sealed, &mut |path| {
        let name = path.strip_prefix(sealed)?;
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(SEALED)) else {
            bail!("写しの中の {} は封をしたファイルではありません。何も戻していません", name.display());
        };
        let refused = || {
            anyhow!("写しの中の {name} の封が開きません。鍵が違うか、写しが壊れています。何も戻していません")
        };
        let file = BufReader::new(File::open(path)?);
        let opened = age::Decryptor::new_buffered(file).map_err(|_| refused())?;
        let mut opened =
            opened.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|_| refused())?;
        let mut out = create(&plain.join(name))?;
        // The sealed stream ends with a mark of its own: one that was cut short is an error here.
        match std::io::copy(&mut opened, &mut out) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Err(error.into()),
            Err(_) => Err(refused()),
        }
    })
}

fn read_key(file: &Path) -> Result<Identity> {
    let mut text = String::new();
    let open = File::open(file).with_context(|| format!("{} を読めません", file.display()))?;
    open.take(KEY_BYTES_MAX).read_to_string(&mut text).ok();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    line.and_then(|line| Identity::from_str(line).ok()).with_context(|| {
        format!(
            "{} は封の鍵ではありません(`sekisho admin backup-key` が作ったファイルを指定してください)",
            file.display()
        )
    })
}

fn sealed_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SEALED);
    name.into()
}

/// For its owner only, as the keys among the files demand.
fn create(path: &Path) -> Result<File> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    open.with_context(|| format!("{} を作れません", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(root: &Path) -> (PathBuf, PathBuf) {
        let (plain, sealed, key) = (root.join("plain"), root.join("sealed"), root.join("key"));
        std::fs::create_dir_all(plain.join("keys")).unwrap();
        std::fs::write(plain.join("keys/log.key"), b"secret half").unwrap();
        std::fs::write(plain.join(MANIFEST), vec![7; 200_000]).unwrap();
        let public = new_key(&key).unwrap();
        seal(&plain, &sealed, &recipient(&public).unwrap()).unwrap();
        (sealed, key)
    }

    #[test]
    fn what_was_sealed_comes_back_and_says_nothing_before() {
        let root = tempfile::tempdir().unwrap();
        let (sealed, key) = sealed(root.path());
        assert!(is_sealed(&sealed) && !is_sealed(&root.path().join("plain")));
        let bytes = std::fs::read(sealed.join("keys/log.key.age")).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"secret"));
        let back = root.path().join("back");
        open(&sealed, &back, &key).unwrap();
        assert_eq!(std::fs::read(back.join("keys/log.key")).unwrap(), b"secret half");
        assert_eq!(std::fs::read(back.join(MANIFEST)).unwrap(), vec![7; 200_000]);
    }

    #[test]
    fn another_key_a_changed_byte_and_a_lost_end_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let (sealed, key) = sealed(root.path());
        let other = root.path().join("other");
        new_key(&other).unwrap();
        assert!(new_key(&other).is_err(), "a key is never written over");
        let refused = |key: &Path, why: &str| {
            let back = tempfile::tempdir().unwrap();
            let error = open(&sealed, back.path(), key).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        refused(&other, "封が開きません");
        refused(&sealed.join("manifest.json.age"), "封の鍵ではありません");
        let file = sealed.join("manifest.json.age");
        let whole = std::fs::read(&file).unwrap();
        let mut changed = whole.clone();
        changed[100_000] ^= 1;
        // The last block gone, at its border: every block that is left is genuine.
        let cut = &whole[..whole.len() - (200_000 % 65_536 + 16)];
        for damaged in [&changed[..], cut] {
            std::fs::write(&file, damaged).unwrap();
            refused(&key, "manifest.json の封が開きません");
        }
        std::fs::write(&file, &whole).unwrap();
        std::fs::write(sealed.join("stray"), b"x").unwrap();
        refused(&key, "stray は封をしたファイルではありません");
    }
}
