//! One call for a caller that has the files in memory: snapshot in; verdicts, picture, certificates out.
//!
//! ```
//! use sekisho_netproof::analysis::{Files, analyse};
//!
//! let mut files = Files::default();
//! files.declarations.zones = "[[zone]]\nid = \"a\"\nprefixes = [\"10.1.0.0/16\"]\n".into();
//! files.add_device("rtx1.rtx.txt", b"ip lan1 address 10.1.0.1/24\n");
//! let analysis = analyse(&files, Some("2026-11-25")).unwrap();
//! assert!(analysis.picture.starts_with("<svg"));
//! assert_eq!(analysis.report.devices.len(), 1);
//! ```

use serde_json::Value;

use crate::certificate::{self, Declarations};
use crate::picture;
use crate::site::{Site, SiteError};
use crate::vendor::captured::TableKind;
use crate::vendor::{Vendor, secrets};
use crate::verdict::{CapturedText, DeviceText, Report, Snapshot, read_world, verify};

/// What a municipality hands in.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The TOML files.
    pub declarations: Declarations,
    /// Configurations.
    pub devices: Vec<DeviceText>,
    /// Captured tables.
    pub state: Vec<CapturedText>,
}

impl Files {
    /// Adds a configuration by its file name, `NAME.LANGUAGE.anything`; the language is guessed when absent.
    pub fn add_device(&mut self, file: &str, bytes: &[u8]) {
        let mut parts = file.split('.');
        let name = parts.next().unwrap_or_default().to_owned();
        let vendor = parts.map(Vendor::from_name).find(|v| *v != Vendor::Unread);
        self.devices.push(DeviceText::new(&name, file, vendor, bytes));
    }

    /// Adds a captured table by its file name, `NAME.route.txt`, `NAME.arp.txt` and the like (see [`TableKind`]);
    /// false when the name says nothing of the kind.
    pub fn add_state(&mut self, file: &str, bytes: &[u8]) -> bool {
        let mut parts = file.split('.');
        let device = parts.next().unwrap_or_default().to_owned();
        let Some(kind) = parts.find_map(TableKind::from_name) else { return false };
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.state.push(CapturedText { device, file: file.to_owned(), kind, text });
        true
    }

    /// A configuration as it may be stored and shown: credentials replaced.
    #[must_use]
    pub fn stripped(device: &DeviceText) -> String {
        let vendor = device.vendor.unwrap_or_else(|| crate::vendor::detect(&device.text));
        secrets::strip(vendor, &device.text)
    }
}

/// Everything that can be said about a snapshot.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The parsed declarations.
    pub site: Site,
    /// Verdicts; serialises to JSON, one object per intent.
    pub report: Report,
    /// Zones and devices as SVG.
    pub picture: String,
    /// Certificates, one per set of assumptions.
    pub certificates: Vec<Value>,
}

/// Reads, verifies and draws. `as_of` is the day the answer is for (`YYYY-MM-DD`).
pub fn analyse(files: &Files, as_of: Option<&str>) -> Result<Analysis, SiteError> {
    let d = &files.declarations;
    let site = Site::parse(&d.zones, &d.intents, &d.links, &d.assumptions)?;
    let snapshot = Snapshot {
        devices: files.devices.clone(),
        state: files.state.clone(),
        as_of: as_of.map(str::to_owned),
    };
    let report = verify(&site, &snapshot);
    let (devices, topology) = read_world(&site, &snapshot, &[]);
    let picture = picture::svg(&site, &devices, &topology);
    let certificates = certificate::documents(&site, &snapshot, d, &report);
    Ok(Analysis { site, report, picture, certificates })
}
