//! Deterministic fuel: the same bytes use the same amount on every machine, so a verdict can be repeated.

use serde::{Deserialize, Serialize};

use crate::Refusal;

/// Upper bounds for one call of [`crate::disarm`], everything nested inside included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the file itself. A day's scans of a counter fit into 512 MiB.
    pub input_bytes: u64,
    /// Bytes of the rebuilt file; the parent process caps its reading with the same figure.
    pub output_bytes: u64,
    /// Bytes produced by all decompressors together; decides how much memory a bomb can ask for.
    pub expanded_bytes: u64,
    /// Expanded ÷ compressed of a single stream above `ratio_free_bytes`. Sheets of equal cells reach 100:1
    /// honestly, and deflate cannot exceed 1032:1, so the bound sits between.
    pub ratio: u64,
    /// Bytes a stream may expand to before `ratio` is looked at.
    pub ratio_free_bytes: u64,
    /// Entries of all containers together.
    pub entries: u64,
    /// Containers within containers (docx in zip in zip = 3).
    pub depth: u64,
    /// Nesting of XML elements, PDF arrays and dictionaries. Word itself stays below 100.
    pub nesting: u64,
    /// Attributes of one XML element.
    pub attributes: u64,
    /// Decoded pixels of all images together (500 A4 pages at 300 dpi need 4.3 gigapixels; 1 is plenty for one file).
    pub pixels: u64,
    /// Pages of paged documents.
    pub pages: u64,
    /// PDF objects, XML elements and other parsed things.
    pub objects: u64,
    /// Steps of interpreters (content-stream operators, formula tokens).
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 512 << 20,
            output_bytes: 1 << 30,
            expanded_bytes: 2 << 30,
            ratio: 400,
            ratio_free_bytes: 16 << 20,
            entries: 20_000,
            depth: 5,
            nesting: 256,
            attributes: 256,
            pixels: 1_000_000_000,
            pages: 5_000,
            objects: 50_000_000,
            steps: 500_000_000,
        }
    }
}

/// Which bound was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meter {
    InputBytes,
    OutputBytes,
    ExpandedBytes,
    Ratio,
    Entries,
    Depth,
    Nesting,
    Attributes,
    Pixels,
    Pages,
    Objects,
    Steps,
}

/// What has been used so far of the meters that add up.
#[derive(Debug, Default)]
pub(crate) struct Fuel {
    expanded_bytes: u64,
    entries: u64,
    pixels: u64,
    pages: u64,
    objects: u64,
    steps: u64,
}

impl Fuel {
    /// Uses `amount` of a meter that adds up over the whole call; the others are bounded per use with [`within`].
    pub(crate) fn spend(&mut self, limits: &Limits, meter: Meter, amount: u64) -> Result<(), Refusal> {
        let (used, limit) = match meter {
            Meter::ExpandedBytes => (&mut self.expanded_bytes, limits.expanded_bytes),
            Meter::Entries => (&mut self.entries, limits.entries),
            Meter::Pixels => (&mut self.pixels, limits.pixels),
            Meter::Pages => (&mut self.pages, limits.pages),
            Meter::Objects => (&mut self.objects, limits.objects),
            Meter::Steps => (&mut self.steps, limits.steps),
            other => return within(amount, limits.of(other), other),
        };
        *used = used.saturating_add(amount);
        within(*used, limit, meter)
    }
}

impl Limits {
    fn of(&self, meter: Meter) -> u64 {
        match meter {
            Meter::InputBytes => self.input_bytes,
            Meter::OutputBytes => self.output_bytes,
            Meter::ExpandedBytes => self.expanded_bytes,
            Meter::Ratio => self.ratio,
            Meter::Entries => self.entries,
            Meter::Depth => self.depth,
            Meter::Nesting => self.nesting,
            Meter::Attributes => self.attributes,
            Meter::Pixels => self.pixels,
            Meter::Pages => self.pages,
            Meter::Objects => self.objects,
            Meter::Steps => self.steps,
        }
    }
}

fn within(used: u64, limit: u64, meter: Meter) -> Result<(), Refusal> {
    if used > limit { Err(Refusal::Limit(meter)) } else { Ok(()) }
}
