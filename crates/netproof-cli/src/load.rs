//! Reading a site directory from disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sekisho_netproof::certificate::Declarations;
use sekisho_netproof::site::{Site, SiteError};
use sekisho_netproof::vendor::{LIMIT_CONFIG_BYTES, Vendor};
use sekisho_netproof::verdict::{DeviceText, Snapshot};
use thiserror::Error;

/// Most configurations one directory may hold.
const LIMIT_DEVICES: usize = 1_000;

/// A directory that cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Path.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Declarations are wrong.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// Too large or too many.
    #[error("{path}: over the limit")]
    Limit {
        /// Path.
        path: PathBuf,
    },
    /// No configuration.
    #[error("{path}: no device configuration")]
    NoDevices {
        /// Path.
        path: PathBuf,
    },
}

impl LoadError {
    /// What happened and what to do, for people.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::Io { path, source } => {
                format!("{} を読めませんでした（{source}）。場所と権限を確かめてください。", path.display())
            }
            Self::Site(SiteError::Toml { file, message }) => {
                format!("{file} の書き方に誤りがあります。次の箇所を直してください。\n{message}")
            }
            Self::Site(SiteError::Word { file, what, word }) => {
                format!("{file} の {what} 「{word}」が分かりません。つづりと定義を確かめてください。")
            }
            Self::Site(SiteError::Empty(file)) => {
                format!("{file} に領域がありません。[[zone]] を書いてください。")
            }
            Self::Limit { path } => {
                format!("{} が上限を超えています。分けて提出してください。", path.display())
            }
            Self::NoDevices { path } => {
                format!(
                    "{} に設定ファイルがありません。機器から取り出した設定を置いてください。",
                    path.display()
                )
            }
        }
    }
}

/// A directory in memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) site: Site,
    pub(crate) snapshot: Snapshot,
    pub(crate) declarations: Declarations,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

pub(crate) fn text(path: &Path) -> Result<String, LoadError> {
    let io = |source| LoadError::Io { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > LIMIT_CONFIG_BYTES as u64 {
        return Err(LoadError::Limit { path: path.to_owned() });
    }
    let bytes = std::fs::read(path).map_err(io)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

fn optional(path: &Path) -> Result<String, LoadError> {
    if path.exists() { text(path) } else { Ok(String::new()) }
}

/// Reads the whole directory; `need_zones` is off for actions that look at devices only.
pub(crate) fn load(dir: &Path, as_of: Option<&str>, need_zones: bool) -> Result<Loaded, LoadError> {
    let mut declarations = Declarations::default();
    let slots = [
        ("zones.toml", &mut declarations.zones, need_zones),
        ("intents.toml", &mut declarations.intents, false),
        ("links.toml", &mut declarations.links, false),
        ("assumptions.toml", &mut declarations.assumptions, false),
    ];
    let mut files = BTreeMap::new();
    for (name, slot, needed) in slots {
        let path = dir.join(name);
        *slot = if needed { text(&path)? } else { optional(&path)? };
        files.insert(name.to_owned(), slot.clone().into_bytes());
    }
    let zones =
        if declarations.zones.is_empty() { "[[zone]]\nid = \"-\"" } else { declarations.zones.as_str() };
    let site = Site::parse(zones, &declarations.intents, &declarations.links, &declarations.assumptions)?;
    let devices = devices(&dir.join("devices"), &mut files)?;
    let snapshot = Snapshot { devices, as_of: as_of.map(str::to_owned) };
    Ok(Loaded { site, snapshot, declarations, files })
}

fn devices(dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<Vec<DeviceText>, LoadError> {
    let io = |source| LoadError::Io { path: dir.to_owned(), source };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let hidden = path.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(LoadError::NoDevices { path: dir.to_owned() });
    }
    if paths.len() > LIMIT_DEVICES {
        return Err(LoadError::Limit { path: dir.to_owned() });
    }
    let mut out = Vec::new();
    for path in paths {
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // `fw1.fortios.conf`: name, language, anything.
        let mut parts = file.split('.');
        let name = parts.next().unwrap_or_default().to_owned();
        let vendor = parts.map(Vendor::from_name).find(|v| *v != Vendor::Unread);
        let text = text(&path)?;
        files.insert(file.clone(), text.clone().into_bytes());
        out.push(DeviceText { name, file, vendor, text });
    }
    Ok(out)
}
