//! Canonical writer: stored or deflated, UTF-8 names, no extra fields, no comments, one fixed time.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use crate::{Meter, Refusal};

/// 1980-01-01, the first day a DOS date can express.
const DATE: u16 = 0x0021;

/// Builds a ZIP in memory. The same entries give the same bytes.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds one file. Deflates unless storing is shorter.
    pub(crate) fn add(&mut self, name: &str, data: &[u8]) -> Result<(), Refusal> {
        let packed = deflate(data);
        let (method, body): (u16, &[u8]) = if packed.len() < data.len() { (8, &packed) } else { (0, data) };
        self.entry(name, data, method, body)
    }

    /// Adds one file as it is, for an archive that is only handed to the next step.
    pub(crate) fn store(&mut self, name: &str, data: &[u8]) -> Result<(), Refusal> {
        self.entry(name, data, 0, data)
    }

    fn entry(&mut self, name: &str, data: &[u8], method: u16, body: &[u8]) -> Result<(), Refusal> {
        let mut crc = Crc::new();
        crc.update(data);
        let too_big = |_| Refusal::Limit(Meter::OutputBytes);
        let offset = u32::try_from(self.out.len()).map_err(too_big)?;
        let name_len = u16::try_from(name.len()).map_err(|_| Refusal::malformed(name, "名前が長すぎます"))?;
        let mut head = Vec::with_capacity(26);
        for v in [20_u16, 0x0800, method, 0, DATE] {
            head.extend(v.to_le_bytes());
        }
        head.extend(crc.sum().to_le_bytes());
        head.extend(u32::try_from(body.len()).map_err(too_big)?.to_le_bytes());
        head.extend(u32::try_from(data.len()).map_err(too_big)?.to_le_bytes());
        head.extend(name_len.to_le_bytes());
        head.extend([0, 0]);
        self.out.extend(b"PK\x03\x04");
        self.out.extend(&head);
        self.out.extend(name.as_bytes());
        self.out.extend(body);
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(20_u16.to_le_bytes());
        self.directory.extend(&head);
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count = self.count.checked_add(1).ok_or(Refusal::Limit(Meter::Entries))?;
        Ok(())
    }

    /// Adds the central directory and hands the archive over.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Refusal> {
        let too_big = |_| Refusal::Limit(Meter::OutputBytes);
        let start = u32::try_from(self.out.len()).map_err(too_big)?;
        let size = u32::try_from(self.directory.len()).map_err(too_big)?;
        self.out.append(&mut self.directory);
        self.out.extend(b"PK\x05\x06\0\0\0\0");
        self.out.extend(self.count.to_le_bytes());
        self.out.extend(self.count.to_le_bytes());
        self.out.extend(size.to_le_bytes());
        self.out.extend(start.to_le_bytes());
        self.out.extend([0, 0]);
        Ok(self.out)
    }
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut deflater = Compress::new(Compression::new(6), false);
    let mut out = Vec::with_capacity(data.len() / 4 + 64);
    loop {
        let consumed = deflater.total_in() as usize;
        match deflater.compress_vec(&data[consumed..], &mut out, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => return out,
            Ok(_) => out.reserve(out.capacity().max(4096)),
            // Storing is always possible; an output as long as the input makes the caller do so.
            Err(_) => return data.to_vec(),
        }
    }
}
