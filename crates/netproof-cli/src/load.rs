//! Reading a site directory from disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sekisho_netproof::analysis::Files;
use sekisho_netproof::certificate::Declarations;
use sekisho_netproof::site::{Site, SiteError};
use sekisho_netproof::vendor::LIMIT_CONFIG_BYTES;
use sekisho_netproof::verdict::Snapshot;
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
    /// Two configurations of one device.
    #[error("{name}: two configurations")]
    Twice {
        /// Device.
        name: String,
    },
    /// A captured table whose name does not say what it is.
    #[error("{file}: kind of table unknown")]
    State {
        /// File.
        file: String,
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
            Self::Twice { name } => {
                format!("機器 {name} の設定が 2 つあります。1 つの機器には 1 つの設定だけを置いてください。")
            }
            Self::State { file } => format!(
                "state/{file} が何の表か分かりません。名前を「機器名.route.txt」「機器名.arp.txt」「機器名.mac.txt」「機器名.lldp.txt」のどれかにしてください。"
            ),
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

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    let io = |source| LoadError::Io { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > LIMIT_CONFIG_BYTES as u64 {
        return Err(LoadError::Limit { path: path.to_owned() });
    }
    std::fs::read(path).map_err(io)
}

pub(crate) fn text(path: &Path) -> Result<String, LoadError> {
    Ok(String::from_utf8_lossy(&bytes(path)?).into_owned())
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
    let mut read = Files::default();
    for (file, bytes) in folder(&dir.join("devices"))? {
        read.add_device(&file, &bytes);
        files.insert(file, bytes);
    }
    if read.devices.is_empty() {
        return Err(LoadError::NoDevices { path: dir.join("devices") });
    }
    let mut names: Vec<&str> = read.devices.iter().map(|d| d.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|w| w[0] == w[1]) {
        return Err(LoadError::Twice { name: twice[0].to_owned() });
    }
    let state = dir.join("state");
    if state.exists() {
        for (file, bytes) in folder(&state)? {
            if !read.add_state(&file, &bytes) {
                return Err(LoadError::State { file });
            }
        }
    }
    let snapshot = Snapshot { devices: read.devices, state: read.state, as_of: as_of.map(str::to_owned) };
    Ok(Loaded { site, snapshot, declarations, files })
}

/// Files of a folder by name; hidden ones are left alone.
fn folder(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, LoadError> {
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
    if paths.len() > LIMIT_DEVICES {
        return Err(LoadError::Limit { path: dir.to_owned() });
    }
    let mut out = Vec::new();
    for path in paths {
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        out.push((file, bytes(&path)?));
    }
    Ok(out)
}
