//! Huffman tables: reading given ones (T.81 annex C) and building best ones (annex K.2).

/// Looks a code up by its first nine bits, longer ones by length.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    /// `(length, value)` for each 9-bit prefix; length 0 means longer or invalid.
    fast: Vec<(u8, u8)>,
    /// Largest code of each length, left-aligned to 16 bits, plus one; and index of its first value.
    limit: [u32; 17],
    offset: [i32; 17],
    values: Vec<u8>,
}

pub(super) const FAST_BITS: u32 = 9;

impl Decoder {
    /// Builds the decoder from 16 counts and the values in code order; `None` if the lengths oversubscribe.
    pub(super) fn new(counts: &[u8], values: &[u8]) -> Option<Self> {
        let mut fast = vec![(0_u8, 0_u8); 1 << FAST_BITS];
        let (mut limit, mut offset) = ([0_u32; 17], [0_i32; 17]);
        let (mut code, mut index) = (0_u32, 0_usize);
        for len in 1..=16_usize {
            let count = usize::from(counts[len - 1]);
            offset[len] = i32::try_from(index).ok()? - i32::try_from(code).ok()?;
            for _ in 0..count {
                let len32 = u32::try_from(len).ok()?;
                if code >> len32 != 0 {
                    return None;
                }
                if len32 <= FAST_BITS {
                    let first = (code << (FAST_BITS - len32)) as usize;
                    let span = 1_usize << (FAST_BITS - len32);
                    fast[first..first + span].fill((u8::try_from(len).ok()?, *values.get(index)?));
                }
                code += 1;
                index += 1;
            }
            limit[len] = code << (16 - len);
            code <<= 1;
        }
        Some(Self { fast, limit, offset, values: values.to_vec() })
    }

    /// Decodes the code at the top of `bits16`: `(length, value)`.
    pub(super) fn lookup(&self, bits16: u32) -> Option<(u32, u8)> {
        let (len, value) = self.fast[(bits16 >> (16 - FAST_BITS)) as usize];
        if len > 0 {
            return Some((u32::from(len), value));
        }
        for len in FAST_BITS as usize + 1..=16 {
            if bits16 < self.limit[len] {
                let code = i32::try_from(bits16 >> (16 - len)).ok()?;
                let value = self.values.get(usize::try_from(code + self.offset[len]).ok()?)?;
                return Some((u32::try_from(len).ok()?, *value));
            }
        }
        None
    }
}

/// A table to write: 16 counts, values, and the code of each symbol.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    pub(super) counts: [u8; 16],
    pub(super) values: Vec<u8>,
    /// `(code, length)` per symbol; length 0 means unused.
    codes: [(u32, u32); 256],
}

impl Encoder {
    /// The optimal table for these symbol counts, code lengths at most 16, all-ones code unused (K.2).
    pub(super) fn optimal(histogram: &[u32; 256]) -> Self {
        let lengths = code_lengths(histogram);
        let counts_by_length = limit_lengths(lengths);
        let mut symbols: Vec<(u8, u8)> = Vec::new();
        for (symbol, &len) in lengths.iter().take(256).enumerate() {
            if len > 0 {
                symbols.push((len, u8::try_from(symbol).unwrap_or(0)));
            }
        }
        symbols.sort_unstable();
        let values: Vec<u8> = symbols.into_iter().map(|(_, s)| s).collect();
        let mut codes = [(0, 0); 256];
        let (mut code, mut index) = (0_u32, 0_usize);
        for (i, &count) in counts_by_length.iter().enumerate() {
            let len = u32::try_from(i + 1).unwrap_or(16);
            for _ in 0..count {
                if let Some(&symbol) = values.get(index) {
                    codes[usize::from(symbol)] = (code, len);
                }
                code += 1;
                index += 1;
            }
            code <<= 1;
        }
        Self { counts: counts_by_length, values, codes }
    }

    /// Code and length of a symbol that was counted in the histogram.
    pub(super) fn code(&self, symbol: u8) -> (u32, u32) {
        self.codes[usize::from(symbol)]
    }
}

/// Code length per symbol; entry 256 is the reserved symbol that keeps the all-ones code free (figure K.1).
fn code_lengths(histogram: &[u32; 256]) -> [u8; 257] {
    let mut freq = [0_u64; 257];
    for (slot, &n) in freq.iter_mut().zip(histogram) {
        *slot = u64::from(n);
    }
    freq[256] = 1;
    let mut size = [0_u8; 257];
    let mut next: [Option<usize>; 257] = [None; 257];
    loop {
        let smallest = |freq: &[u64; 257], not: Option<usize>| {
            (0..257)
                .filter(|&i| freq[i] > 0 && Some(i) != not)
                .min_by_key(|&i| (freq[i], std::cmp::Reverse(i)))
        };
        let Some(a) = smallest(&freq, None) else { break };
        let Some(b) = smallest(&freq, Some(a)) else { break };
        freq[a] += freq[b];
        freq[b] = 0;
        let mut at = a;
        loop {
            size[at] += 1;
            match next[at] {
                Some(n) => at = n,
                None => break,
            }
        }
        next[at] = Some(b);
        let mut at = b;
        loop {
            size[at] += 1;
            match next[at] {
                Some(n) => at = n,
                None => break,
            }
        }
    }
    size
}

/// Counts per length 1..=16 after shortening longer codes and removing the reserved one (figures K.2, K.3).
fn limit_lengths(size: [u8; 257]) -> [u8; 16] {
    let mut bits = [0_i32; 258];
    for &len in &size {
        if len > 0 {
            bits[usize::from(len)] += 1;
        }
    }
    let mut i = 257;
    while i > 16 {
        while bits[i] > 0 {
            let mut j = i - 2;
            while bits[j] == 0 {
                j -= 1;
            }
            bits[i] -= 2;
            bits[i - 1] += 1;
            bits[j + 1] += 2;
            bits[j] -= 1;
        }
        i -= 1;
    }
    while i > 0 && bits[i] == 0 {
        i -= 1;
    }
    bits[i] -= i32::from(i > 0);
    let mut counts = [0_u8; 16];
    for (slot, &n) in counts.iter_mut().zip(&bits[1..=16]) {
        *slot = u8::try_from(n).unwrap_or(0);
    }
    counts
}
