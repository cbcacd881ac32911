//! What was handed in, sorted: declarations, configurations, captured tables. Credentials are replaced here, before
//! anything is stored.

use std::io::{Cursor, Read as _};

use sekisho_domain::clock::Ms;
use sekisho_netproof::analysis::Files;
use sekisho_netproof::certificate::Declarations;
use sekisho_netproof::site::{Site, SiteError};
use sekisho_netproof::vendor::Vendor;
use sekisho_netproof::vendor::captured::TableKind;
use sekisho_netproof::verdict::{CapturedText, DeviceText};
use serde::{Deserialize, Serialize};

/// Most files of one 提出: a thousand devices with a few tables each.
const FILES_MAX: usize = 4_000;
/// All texts of one 提出 after inflating (bytes). Fifty devices with 100,000 rules are about 10 MB.
const TEXT_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// One configuration (bytes); the longest seen in practice is about 3 MB.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Names that backup programs leave in archives and that say nothing.
pub const ROUTINE_FILES: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];
/// In an archive: when its files were read off the devices.
const READ_AT: &str = "read_at.txt";
const DECLARATIONS: [&str; 4] = ["zones.toml", "intents.toml", "links.toml", "assumptions.toml"];

/// A file as it came: from a form or out of an archive (with its folder).
#[derive(Clone, Debug)]
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Why nothing was taken in. Each has a sentence for people in `Fault::ja`.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("no device configuration")]
    NoDevices,
    #[error("two configurations of {0}")]
    Twice(String),
    #[error("no zones.toml, now or before")]
    NoZones,
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error("archive {name}: {why}")]
    Archive { name: String, why: String },
    #[error("{0} is over the limit")]
    TooLarge(String),
    #[error("{0} is empty")]
    Empty(String),
    #[error("more than {FILES_MAX} files")]
    TooMany,
    #[error("nothing says when the configurations were read off")]
    NoTime,
    #[error("read off in the future")]
    Future,
    #[error("handed in before")]
    Same,
}

impl Fault {
    /// What happened and what to do. Nothing is kept in any of these cases.
    pub fn ja(&self) -> String {
        match self {
            Fault::NoDevices => "機器の設定が1つもありません。「機器名.言語.txt」の名前で、機器が表示したままの設定を選んでください。".into(),
            Fault::Twice(name) => format!("機器 {name} の設定が2つあります。1つの機器には1つの設定だけを出してください。"),
            Fault::NoZones => "領域の宣言（zones.toml）がありません。最初の提出では、zones.toml も一緒に選んでください。".into(),
            Fault::Site(SiteError::Toml { file, message }) => {
                format!("{file} の書き方に誤りがあります。{}", message.lines().next().unwrap_or_default())
            }
            Fault::Site(SiteError::Word { file, what, word }) => {
                format!("{file} の {what}「{word}」が分かりません。つづりと定義を確かめてください。")
            }
            Fault::Site(SiteError::Empty(file)) => format!("{file} に領域がありません。[[zone]] を書いてください。"),
            Fault::Archive { name, .. } => format!("「{name}」をZIPとして開けません。パスワードのないZIPにするか、ファイルのまま選んでください。"),
            Fault::TooLarge(name) => format!("「{name}」が大きすぎます（1ファイル32 MB、全部で128 MBまで）。"),
            Fault::Empty(name) => format!("「{name}」が空です。機器から読み出し直してください。"),
            Fault::TooMany => format!("ファイルが多すぎます（{FILES_MAX}個まで）。"),
            Fault::NoTime => "機器から読み出した日時が分かりません。ZIPの中に read_at.txt（例：2026-11-25 09:30）を入れてください。".into(),
            Fault::Future => "機器から読み出した日時が、今より先になっています。".into(),
            Fault::Same => "同じ日時に読み出した同じ設定が、もう提出されています。".into(),
        }
    }
}

/// Everything of one 提出 as it is sealed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bundle {
    pub zones: String,
    pub intents: String,
    pub links: String,
    pub assumptions: String,
    /// Declarations that were not handed in and come from the 提出 before.
    pub carried: Vec<String>,
    pub devices: Vec<DeviceFile>,
    pub state: Vec<StateFile>,
}

/// A configuration, credentials replaced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceFile {
    pub name: String,
    pub file: String,
    pub vendor: String,
    /// Of the bytes as they were handed in.
    pub sha256: String,
    pub bytes: usize,
    pub text: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StateFile {
    pub device: String,
    pub file: String,
    /// `route`, `arp`, `mac`, `lldp`, `vlan`
    pub kind: String,
    pub sha256: String,
    pub text: String,
}

impl Bundle {
    /// Sorts files by their names, opens archives, replaces credentials. Declarations that are missing are carried
    /// over from the 提出 before. With the bundle comes the time its archive names, if it does.
    pub fn read(uploads: Vec<Upload>, before: Option<&Bundle>) -> Result<(Bundle, Option<Ms>), Fault> {
        let mut archives = Opened::default();
        for upload in uploads {
            archives.add(upload)?;
        }
        let Opened { files, mut read, oldest, .. } = archives;
        let (mut bundle, mut texts) = (Bundle::default(), Files::default());
        let mut given: Vec<&str> = Vec::new();
        for file in &files {
            let name = file.name.rsplit('/').next().unwrap_or_default();
            let text = || String::from_utf8_lossy(&file.bytes).trim_start_matches('\u{feff}').to_owned();
            if ROUTINE_FILES.contains(&name) || name.starts_with('.') {
                continue;
            }
            if let Some(known) = DECLARATIONS.iter().find(|d| **d == name) {
                *bundle.declaration(known) = text();
                given.push(known);
            } else if name == READ_AT {
                read = read.or_else(|| moment(&text()));
            } else if file.bytes.is_empty() {
                return Err(Fault::Empty(name.to_owned()));
            } else if !table(&file.name, name, &file.bytes, &mut texts) {
                texts.add_device(name, &file.bytes);
            }
        }
        if let Some(before) = before {
            for known in DECLARATIONS.iter().filter(|d| !given.contains(d)) {
                let mut before = before.clone();
                let text = std::mem::take(before.declaration(known));
                if !text.is_empty() {
                    bundle.carried.push((*known).to_owned());
                    *bundle.declaration(known) = text;
                }
            }
        }
        bundle.keep(&files, texts)?;
        Ok((bundle, read.or(oldest)))
    }

    fn declaration(&mut self, name: &str) -> &mut String {
        match name {
            "zones.toml" => &mut self.zones,
            "intents.toml" => &mut self.intents,
            "links.toml" => &mut self.links,
            _ => &mut self.assumptions,
        }
    }

    fn keep(&mut self, files: &[Upload], texts: Files) -> Result<(), Fault> {
        if self.zones.is_empty() {
            return Err(Fault::NoZones);
        }
        let site = Site::parse(&self.zones, &self.intents, &self.links, &self.assumptions)?;
        if texts.devices.is_empty() {
            return Err(Fault::NoDevices);
        }
        let size = |name: &str| {
            let found = files.iter().find(|f| f.name.rsplit('/').next() == Some(name));
            found.map_or(0, |f| f.bytes.len())
        };
        for mut device in texts.devices {
            if self.devices.iter().any(|d| d.name == device.name) {
                return Err(Fault::Twice(device.name));
            }
            device.vendor = site.devices.get(&device.name).and_then(|d| d.0).or(device.vendor);
            let vendor = device.vendor.unwrap_or_else(|| sekisho_netproof::vendor::detect(&device.text));
            device.vendor = Some(vendor);
            self.devices.push(DeviceFile {
                text: Files::stripped(&device),
                bytes: size(&device.file),
                name: device.name,
                file: device.file,
                vendor: vendor.name().to_owned(),
                sha256: device.sha256,
            });
        }
        self.devices.sort_by(|a, b| a.name.cmp(&b.name));
        for table in texts.state {
            self.state.push(StateFile {
                sha256: sekisho_netproof::verdict::sha256(table.text.as_bytes()),
                kind: kind_word(table.kind).to_owned(),
                device: table.device,
                file: table.file,
                text: table.text,
            });
        }
        self.state.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(())
    }

    /// As the engine takes it, with other intents.
    pub fn files(&self, intents: String) -> Files {
        let device = |d: &DeviceFile| DeviceText {
            name: d.name.clone(),
            file: d.file.clone(),
            vendor: Some(Vendor::from_name(&d.vendor)),
            text: d.text.clone(),
            sha256: d.sha256.clone(),
        };
        let table = |s: &StateFile| {
            let kind = TableKind::from_name(&s.kind)?;
            Some(CapturedText { device: s.device.clone(), file: s.file.clone(), kind, text: s.text.clone() })
        };
        Files {
            declarations: Declarations {
                zones: self.zones.clone(),
                intents,
                links: self.links.clone(),
                assumptions: self.assumptions.clone(),
            },
            devices: self.devices.iter().map(device).collect(),
            state: self.state.iter().filter_map(table).collect(),
        }
    }

    /// What the record says of each file.
    pub fn listing(&self) -> serde_json::Value {
        let devices = self.devices.iter().map(|d| {
            serde_json::json!({ "file": d.file, "device": d.name, "kind": d.vendor, "bytes": d.bytes, "sha256": d.sha256 })
        });
        let tables = self.state.iter().map(|s| {
            serde_json::json!({ "file": s.file, "device": s.device, "kind": s.kind, "bytes": s.text.len(),
                "sha256": s.sha256 })
        });
        devices.chain(tables).collect()
    }
}

/// Adds a captured table; false when the file is a configuration.
fn table(path: &str, name: &str, bytes: &[u8], texts: &mut Files) -> bool {
    !path.contains("devices/") && texts.add_state(name, bytes)
}

fn kind_word(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Route => "route",
        TableKind::Arp => "arp",
        TableKind::Mac => "mac",
        TableKind::Lldp => "lldp",
        TableKind::Vlan => "vlan",
    }
}

/// 「2026-11-25 09:30」 or 「2026-11-25T09:30:00」, in Japan.
pub(super) fn moment(text: &str) -> Option<Ms> {
    let text = text.lines().next()?.trim().replace('/', "-");
    let text = text.replacen(' ', "T", 1);
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    in_japan(civil)
}

fn in_japan(civil: jiff::civil::DateTime) -> Option<Ms> {
    let day = sekisho_domain::date::start_of(civil.date());
    let seconds =
        i64::from(civil.hour()) * 3_600 + i64::from(civil.minute()) * 60 + i64::from(civil.second());
    Some(day.plus(seconds * Ms::SECOND))
}

/// Files out of archives, and what the archives say about time.
#[derive(Default)]
struct Opened {
    files: Vec<Upload>,
    bytes: u64,
    read: Option<Ms>,
    /// The oldest time of a configuration in an archive: nothing in it was read off earlier.
    oldest: Option<Ms>,
}

impl Opened {
    fn add(&mut self, upload: Upload) -> Result<(), Fault> {
        if !upload.bytes.starts_with(b"PK\x03\x04") {
            return self.keep(upload);
        }
        let broken =
            |e: &dyn std::fmt::Display| Fault::Archive { name: upload.name.clone(), why: e.to_string() };
        let mut archive = zip::ZipArchive::new(Cursor::new(&upload.bytes)).map_err(|e| broken(&e))?;
        if archive.len() > FILES_MAX {
            return Err(Fault::TooMany);
        }
        for at in 0..archive.len() {
            let entry = archive.by_index(at).map_err(|e| broken(&e))?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map_err(|e| broken(&e))?.replace('\\', "/");
            let last = name.rsplit('/').next().unwrap_or_default();
            let declared = DECLARATIONS.contains(&last) || ROUTINE_FILES.contains(&last) || last == READ_AT;
            let time = entry.last_modified().and_then(|t| moment(&t.to_string()));
            let mut bytes = Vec::new();
            // The size an archive claims is not believed.
            entry.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
            if let (false, Some(time)) = (declared, time) {
                self.oldest = Some(self.oldest.map_or(time, |o| o.min(time)));
            }
            self.keep(Upload { name, bytes })?;
        }
        Ok(())
    }

    fn keep(&mut self, upload: Upload) -> Result<(), Fault> {
        let size = upload.bytes.len() as u64;
        self.bytes += size;
        if size > FILE_BYTES_MAX || self.bytes > TEXT_BYTES_MAX {
            return Err(Fault::TooLarge(upload.name));
        }
        if self.files.len() >= FILES_MAX {
            return Err(Fault::TooMany);
        }
        self.files.push(upload);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: &str = "[[zone]]\nid = \"ju\"\nkind = \"JU\"\nprefixes = [\"10.10.0.0/16\"]\n";

    fn upload(name: &str, text: &str) -> Upload {
        Upload { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn files_are_sorted_by_name_and_secrets_are_gone() {
        let files = vec![
            upload("zones.toml", ZONES),
            upload("rt1.rtx.txt", "login password hirake-goma\nip lan1 address 10.10.0.1/24\n"),
            upload("rt1.arp.txt", "10.10.0.9 00:11:22:33:44:55\n"),
        ];
        let (bundle, time) = Bundle::read(files, None).unwrap();
        assert_eq!((bundle.devices.len(), bundle.state.len(), time), (1, 1, None));
        assert_eq!(bundle.devices[0].vendor, "yamaha-rtx");
        assert!(!bundle.devices[0].text.contains("hirake-goma"), "{}", bundle.devices[0].text);
        // The digest is of what was handed in, so that the city can compare with its own copy.
        let raw = "login password hirake-goma\nip lan1 address 10.10.0.1/24\n";
        assert_eq!(bundle.devices[0].sha256, sekisho_netproof::verdict::sha256(raw.as_bytes()));
        // The next time only what was read off is handed in.
        let next = Bundle::read(vec![upload("rt1.rtx.txt", raw)], Some(&bundle)).unwrap().0;
        assert_eq!((next.zones.as_str(), next.carried.as_slice()), (ZONES, &["zones.toml".to_owned()][..]));
    }

    #[test]
    fn what_cannot_be_used_is_refused_whole() {
        let read = |files: Vec<Upload>| Bundle::read(files, None).unwrap_err();
        let rt = || upload("rt1.rtx.txt", "ip lan1 address 10.10.0.1/24\n");
        assert!(matches!(read(vec![rt()]), Fault::NoZones));
        assert!(matches!(read(vec![upload("zones.toml", ZONES)]), Fault::NoDevices));
        assert!(matches!(read(vec![upload("zones.toml", "[[zone]"), rt()]), Fault::Site(_)));
        let twice = vec![upload("zones.toml", ZONES), rt(), upload("rt1.conf", "x\n")];
        assert!(matches!(read(twice), Fault::Twice(name) if name == "rt1"));
        assert!(matches!(read(vec![upload("zones.toml", ZONES), upload("rt1.txt", "")]), Fault::Empty(_)));
        let cut = Upload { name: "a.zip".into(), bytes: b"PK\x03\x04cut".to_vec() };
        assert!(matches!(read(vec![cut]), Fault::Archive { .. }));
    }

    #[test]
    fn moments_are_in_japan() {
        assert_eq!(moment("2026/11/25 09:30\n"), Some(Ms(1_795_566_600_000)));
        assert_eq!(moment("2026-11-25T09:30"), moment("2026-11-25 09:30:00"));
        assert_eq!(moment("昨日"), None);
    }
}
