//! Writes an EMF: one header, records with computed lengths, one end.

use std::collections::BTreeMap;

/// Bytes of the header that is written (with both extensions).
pub(super) const HEADER: usize = 108;
/// Objects a metafile may have at a time; Windows allows a process 10,000.
const OBJECTS: u32 = 10_000;
/// Drawing states that may be put aside.
const SAVED: i32 = 4_096;

/// What stands behind a number that records select.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    Pen,
    Brush,
    /// A font and its character set.
    Font(u8),
}

/// Where the drawing stands and how large it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Left, top, right, bottom in pixels of the device.
    pub(super) bounds: [i32; 4],
    /// The same in hundredths of a millimetre.
    pub(super) frame: [i32; 4],
    /// Pixels of the device.
    pub(super) device: [i32; 2],
    /// Micrometres of the device.
    pub(super) micrometres: [i32; 2],
}

#[derive(Debug)]
pub(super) struct Emf {
    out: Vec<u8>,
    records: u32,
    objects: BTreeMap<u32, Object>,
    highest: u32,
    saved: i32,
    /// Records that put something on the page.
    pub(super) drawn: u64,
    /// Character set of the selected font.
    pub(super) charset: u8,
}

impl Emf {
    pub(super) fn new() -> Self {
        Self {
            out: vec![0; HEADER],
            records: 1,
            objects: BTreeMap::new(),
            highest: 0,
            saved: 0,
            drawn: 0,
            charset: 0,
        }
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> u64 {
        self.out.len() as u64
    }

    /// Writes a record; `body` is what stands behind type and length.
    pub(super) fn record(&mut self, kind: u32, body: &[u8]) {
        let padded = body.len().next_multiple_of(4);
        self.out.extend(kind.to_le_bytes());
        self.out.extend(u32::try_from(padded + 8).unwrap_or(u32::MAX).to_le_bytes());
        self.out.extend_from_slice(body);
        self.out.resize(self.out.len() + padded - body.len(), 0);
        self.records += 1;
        self.drawn += u64::from(draws(kind));
    }

    /// Writes a record of 32-bit fields.
    pub(super) fn integers(&mut self, kind: u32, fields: &[i32]) {
        let body: Vec<u8> = fields.iter().flat_map(|f| f.to_le_bytes()).collect();
        self.record(kind, &body);
    }

    /// Writes a record that makes an object; `body` is what stands behind its number.
    pub(super) fn create(&mut self, kind: u32, number: u32, object: Object, body: &[u8]) -> Option<()> {
        if !(1..=OBJECTS).contains(&number) {
            return None;
        }
        self.highest = self.highest.max(number);
        self.objects.insert(number, object);
        self.record(kind, &[&number.to_le_bytes(), body].concat());
        Some(())
    }

    /// Selects an object. One that was not written (a palette) is not selected either.
    pub(super) fn select(&mut self, number: u32) {
        // Brushes, pens and fonts that every device has.
        let stock = matches!(number, 0x8000_0000..=0x8000_0008 | 0x8000_000A..=0x8000_000E | 0x8000_0010..=0x8000_0013);
        let own = self.objects.get(&number).copied();
        if let Some(Object::Font(charset)) = own {
            self.charset = charset;
        }
        if stock || own.is_some() {
            self.record(37, &number.to_le_bytes());
        }
    }

    pub(super) fn delete(&mut self, number: u32) {
        if self.objects.remove(&number).is_some() {
            self.record(40, &number.to_le_bytes());
        }
    }

    pub(super) fn save(&mut self) -> Option<()> {
        if self.saved >= SAVED {
            return None;
        }
        self.saved += 1;
        self.record(33, &[]);
        Some(())
    }

    /// Takes up a state put aside before: the last ones when negative, that one when positive.
    pub(super) fn restore(&mut self, which: i32) -> Option<()> {
        let left = if which < 0 { self.saved.checked_add(which)? } else { which - 1 };
        if which == 0 || left < 0 || left >= self.saved {
            return None;
        }
        self.integers(34, &[left - self.saved]);
        self.saved = left;
        Some(())
    }

    /// Writes the end and the header.
    pub(super) fn finish(mut self, frame: &Frame) -> Vec<u8> {
        self.integers(14, &[0, 0x10, 20]);
        let length = u32::try_from(self.out.len()).unwrap_or(u32::MAX);
        let handles = self.highest + 1;
        let mut head = Vec::with_capacity(HEADER);
        let millimetres = frame.micrometres.map(|v| (v / 1000).max(1));
        head.extend(1_u32.to_le_bytes());
        head.extend(u32::try_from(HEADER).unwrap_or(0).to_le_bytes());
        head.extend(frame.bounds.iter().chain(&frame.frame).flat_map(|v| v.to_le_bytes()));
        head.extend(b" EMF");
        // Version, bytes, records, objects (two bytes, two reserved), description, palette.
        for field in [0x1_0000, length, self.records, handles, 0, 0, 0] {
            head.extend(field.to_le_bytes());
        }
        head.extend(frame.device.iter().chain(&millimetres).flat_map(|v| v.to_le_bytes()));
        // No pixel format, no OpenGL.
        head.extend([0; 12]);
        head.extend(frame.micrometres.iter().flat_map(|v| v.to_le_bytes()));
        self.out[..HEADER].copy_from_slice(&head);
        self.out
    }
}

/// Whether a record of this kind puts something on the page.
pub(super) fn draws(kind: u32) -> bool {
    matches!(kind, 2..=8 | 15 | 41..=47 | 53..=56 | 62..=64 | 71..=74 | 76..=81 | 83..=92 | 96 | 97 | 102 | 103 | 108 | 114 | 116..=118)
}
