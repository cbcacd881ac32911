//! PDF: a small strict reader of its own. It follows the cross-reference stream, demands that every byte of the file
//! belongs to an object, and holds every key, type, filter and operator against the lists below (threats P01–P17).
//! A file that is not written this plainly is unreadable, hence blocked.

use std::collections::BTreeMap;

use crate::{CheckError, Finding, Permits, image};

type Fail<T> = Result<T, CheckError>;

/// Keys that mean nothing active wherever they stand.
const KEYS: &str = " Type Subtype Pages Kids Count Parent MediaBox CropBox BleedBox TrimBox ArtBox Rotate UserUnit \
    Group Resources Contents Annots Lang PageLabels Outlines OCProperties ViewerPreferences Direction \
    DisplayDocTitle Nums First Last Next Prev Title Dest OCGs D ON OFF BaseState OC Name P S I K CS LW LC LJ ML RI OP op \
    OPM FL SM SA BM CA ca AIS TK Font SMask G BC TR BBox Matrix PaintType TilingType XStep YStep PatternType Shading \
    ExtGState ShadingType ColorSpace Background AntiAlias Coords Domain Extend Function BitsPerCoordinate \
    BitsPerComponent BitsPerFlag VerticesPerRow Decode FunctionType Range Size BitsPerSample Order Encode C0 C1 N \
    Functions Bounds WhitePoint BlackPoint Gamma Intent Interpolate Width Height ImageMask Mask Matte FirstChar \
    LastChar Widths FontBBox FontMatrix Encoding ToUnicode FontDescriptor BaseFont FontName Flags ItalicAngle Ascent \
    Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth MissingWidth FontWeight FontFile2 FontFile3 \
    Length1 DW DW2 W W2 CIDSystemInfo Registry Ordering Supplement CIDToGIDMap DescendantFonts CMapName WMode UseCMap \
    BaseEncoding Differences CharProcs Rect Border C H QuadPoints St Pattern Properties XObject Filter DecodeParms \
    Length Predictor Colors Columns Rows ColorTransform Root ";

/// Keys of fillable fields, where the rules permit them: names, values and looks, nothing that happens.
const FIELD_KEYS: &str =
    " AcroForm Fields DR DA NeedAppearances FT T TU Ff V MaxLen Q Opt MK BG CA R BS AP AS F ";

/// Values of `/Type` and `/Subtype`.
const TYPES: &str = " Catalog Pages Page Outlines Font FontDescriptor Encoding XObject Image Form Group Mask ExtGState Pattern OCG \
    OCMD CMap Annot Link Type0 Type1 TrueType Type3 CIDFontType0 CIDFontType2 Type1C CIDFontType0C XRef ";

const OPERATORS: &str = " q Q cm w J j M d ri i gs m l c v y h re S s f F f* B B* b b* n W W* BT ET Tc Tw Tz TL Tf Tr Ts Td \
    TD Tm T* Tj TJ ' \" d0 d1 CS cs SC sc SCN scn G g RG rg K k sh Do BDC EMC ";

/// Font tables that drawing needs.
const FONT_TABLES: &str = " cmap glyf head hhea hmtx loca maxp post ";

/// Bytes that one stream may inflate to; the engine's own limit is lower for files that get this far.
const MAX_INFLATED: usize = 512 << 20;
const MAX_DEPTH: usize = 40;

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Atom,
    Number(f64),
    Name(String),
    Text(Vec<u8>),
    Word(String),
    Reference(usize),
    Array(Vec<Value>),
    Dict(Vec<(String, Value)>),
}

impl Value {
    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dict(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            _ => "",
        }
    }

    fn number(&self) -> Option<usize> {
        match self {
            Self::Number(v) if *v >= 0.0 && v.fract() == 0.0 && *v < 1e15 => Some(*v as usize),
            _ => None,
        }
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

fn bad(at: usize, what: &'static str) -> CheckError {
    CheckError::Unreadable { location: format!("byte {at}"), what }
}

fn listed(list: &str, word: &str) -> bool {
    !word.is_empty() && !word.contains(' ') && list.contains(&format!(" {word} "))
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(|b| !b.is_ascii_whitespace() && !b"()<>[]{}/%".contains(&b)) {
            self.at += 1;
        }
        &self.data[start..self.at]
    }

    fn value(&mut self, depth: usize) -> Fail<Value> {
        self.space();
        let start = self.at;
        if depth > MAX_DEPTH {
            return Err(bad(start, "nesting"));
        }
        match (self.peek(), self.data.get(self.at + 1)) {
            (Some(b'/'), _) => {
                self.at += 1;
                let raw = self.word();
                self.decoded_name(raw)
            }
            (Some(b'('), _) => self.literal(),
            (Some(b'<'), Some(b'<')) => {
                self.at += 2;
                self.dict(depth)
            }
            (Some(b'<'), _) => self.hex(),
            (Some(b'['), _) => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        return Ok(Value::Array(items));
                    }
                    items.push(self.value(depth + 1)?);
                }
            }
            (Some(b), _) if !b"()>]{}%".contains(&b) => Ok(self.number_or_word()),
            _ => Err(bad(start, "token")),
        }
    }

    fn decoded_name(&self, raw: &[u8]) -> Fail<Value> {
        let mut out = Vec::new();
        let mut rest = raw;
        while let Some((&b, tail)) = rest.split_first() {
            rest = tail;
            if b == b'#' {
                let pair = rest.get(..2).and_then(|p| std::str::from_utf8(p).ok());
                let code = pair.and_then(|p| u8::from_str_radix(p, 16).ok());
                let code = code.ok_or_else(|| bad(self.at, "name"))?;
                // Letters need no escape: one that has it hides (P10).
                if code.is_ascii_alphanumeric() {
                    return Err(bad(self.at, "disguised name"));
                }
                out.push(code);
                rest = &rest[2..];
            } else {
                out.push(b);
            }
        }
        Ok(Value::Name(out.iter().map(|b| char::from(*b)).collect()))
    }

    fn number_or_word(&mut self) -> Value {
        let word = String::from_utf8_lossy(self.word()).into_owned();
        if let Ok(number) = word.parse::<f64>() {
            let mark = self.at;
            self.space();
            let generation = self.word();
            if generation == b"0" {
                self.space();
                if self.word() == b"R" {
                    return Value::Reference(number as usize);
                }
            }
            self.at = mark;
            return Value::Number(number);
        }
        match &word[..] {
            "true" | "false" | "null" => Value::Atom,
            _ => Value::Word(word),
        }
    }

    fn literal(&mut self) -> Fail<Value> {
        let start = self.at;
        let (mut depth, mut out) = (0, Vec::new());
        loop {
            let b = self.peek().ok_or_else(|| bad(start, "string"))?;
            self.at += 1;
            match b {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Value::Text(out));
                    }
                }
                b'\\' => self.at += 1,
                _ => out.push(b),
            }
        }
    }

    fn hex(&mut self) -> Fail<Value> {
        let start = self.at;
        self.at += 1;
        let digits = self.word();
        if self.peek() != Some(b'>') || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(bad(start, "hexadecimal string"));
        }
        self.at += 1;
        let pair = |p: &[u8]| std::str::from_utf8(p).ok().and_then(|p| u8::from_str_radix(p, 16).ok());
        Ok(Value::Text(digits.chunks(2).filter_map(pair).collect()))
    }

    fn dict(&mut self, depth: usize) -> Fail<Value> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        loop {
            self.space();
            if self.data[self.at..].starts_with(b">>") {
                self.at += 2;
                return Ok(Value::Dict(entries));
            }
            let Value::Name(key) = self.value(depth + 1)? else { return Err(bad(self.at, "key")) };
            if entries.iter().any(|(k, _)| *k == key) {
                return Err(bad(self.at, "repeated key"));
            }
            entries.push((key, self.value(depth + 1)?));
        }
    }
}

/// An object and, for a stream, where its data lies.
struct Body<'a> {
    value: Value,
    data: Option<&'a [u8]>,
}

/// Reads the whole file.
pub(crate) fn check(bytes: &[u8], permits: Permits) -> Fail<Vec<Finding>> {
    let (bodies, root) = read_file(bytes)?;
    let mut walk = Walk { bodies: &bodies, findings: Vec::new(), location: String::new(), permits };
    if bodies.get(&root).and_then(|b| b.value.get("Type")).map(Value::name) != Some("Catalog") {
        return Err(bad(0, "catalog"));
    }
    for (number, body) in &bodies {
        walk.location = format!("object {number}");
        walk.value(&body.value, "", 0);
        if let Some(data) = body.data {
            walk.stream(&body.value, data)?;
        }
    }
    walk.contents()?;
    Ok(walk.findings)
}

fn read_file(bytes: &[u8]) -> Fail<(BTreeMap<usize, Body<'_>>, usize)> {
    if !bytes.starts_with(b"%PDF-1.7\n") || !bytes.ends_with(b"\n%%EOF") {
        return Err(bad(0, "header or end mark"));
    }
    let mark = bytes.windows(9).rposition(|w| w == b"startxref").ok_or_else(|| bad(0, "startxref"))?;
    let text = std::str::from_utf8(&bytes[mark + 9..bytes.len() - 5]).unwrap_or("");
    let at: usize = text.trim().parse().map_err(|_| bad(mark, "startxref"))?;
    let (_, table, end) = read_object(bytes, at)?;
    if !bytes.get(end..mark).is_some_and(|gap| gap.iter().all(u8::is_ascii_whitespace)) {
        return Err(bad(end, "bytes behind the last object"));
    }
    let Some(rows) = table.data.filter(|_| table.value.get("Type").map(Value::name) == Some("XRef")) else {
        return Err(bad(at, "cross-reference stream"));
    };
    for key in ["Encrypt", "Prev", "XRefStm", "Info", "ID"] {
        if table.value.get(key).is_some() {
            return Err(bad(at, "trailer key"));
        }
    }
    let Some(Value::Reference(root)) = table.value.get("Root") else { return Err(bad(at, "root")) };
    let rows = inflate(rows, at)?;
    let Some(Value::Array(widths)) = table.value.get("W") else { return Err(bad(at, "widths")) };
    let [Some(1), Some(width @ 1..=8), Some(2)] = [0, 1, 2].map(|i| widths.get(i).and_then(Value::number))
    else {
        return Err(bad(at, "widths"));
    };
    let mut offsets: Vec<(usize, usize)> = Vec::new();
    for (number, row) in rows.chunks_exact(3 + width).enumerate() {
        let offset = row[1..=width].iter().fold(0, |v, b| v << 8 | usize::from(*b));
        match row[0] {
            0 if number == 0 => {}
            1 => offsets.push((offset, number)),
            _ => return Err(bad(at, "cross-reference entry")),
        }
    }
    offsets.sort_unstable();
    // Header, objects and table must follow each other without anything in between.
    let mut expected = bytes.iter().skip(9).position(|b| *b == b'\n').map_or(0, |p| p + 10);
    let mut bodies = BTreeMap::new();
    for (offset, number) in offsets {
        let gap = bytes.get(expected..offset).ok_or_else(|| bad(offset, "overlapping objects"))?;
        if !gap.iter().all(u8::is_ascii_whitespace) {
            return Err(bad(expected, "bytes between objects"));
        }
        let (found, body, end) = read_object(bytes, offset)?;
        if found != number {
            return Err(bad(offset, "object number"));
        }
        expected = end;
        if offset != at {
            bodies.insert(number, body);
        }
    }
    Ok((bodies, *root))
}

/// `N 0 obj … endobj`: number, object and where it ends.
fn read_object(bytes: &[u8], at: usize) -> Fail<(usize, Body<'_>, usize)> {
    let mut reader = Reader { data: bytes, at };
    let number = match reader.value(0)? {
        Value::Number(n) => n as usize,
        _ => return Err(bad(at, "object")),
    };
    let generation = reader.value(0)?;
    if generation != Value::Number(0.0) || reader.value(0)? != Value::Word("obj".to_owned()) {
        return Err(bad(at, "object"));
    }
    let value = reader.value(0)?;
    let mut data = None;
    let mut next = reader.value(0)?;
    if next == Value::Word("stream".to_owned()) {
        let length = value.get("Length").and_then(Value::number).ok_or_else(|| bad(at, "stream length"))?;
        let start = reader.at + 1;
        let end = start.checked_add(length).ok_or_else(|| bad(at, "stream length"))?;
        data = Some(bytes.get(start..end).ok_or_else(|| bad(at, "stream length"))?);
        reader.at = end;
        if reader.value(0)? != Value::Word("endstream".to_owned()) {
            return Err(bad(end, "endstream"));
        }
        next = reader.value(0)?;
    }
    if next != Value::Word("endobj".to_owned()) {
        return Err(bad(reader.at, "endobj"));
    }
    Ok((number, Body { value, data }, reader.at))
}

fn inflate(data: &[u8], at: usize) -> Fail<Vec<u8>> {
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(data, MAX_INFLATED)
        .map_err(|_| bad(at, "deflate"))
}

struct Walk<'b, 'a> {
    bodies: &'b BTreeMap<usize, Body<'a>>,
    findings: Vec<Finding>,
    location: String,
    permits: Permits,
}

impl Walk<'_, '_> {
    fn report(&mut self, threat: &'static str, what: impl Into<String>) {
        self.findings.push(Finding { threat, location: self.location.clone(), what: what.into() });
    }

    /// Holds a value, found under `under`, against the lists.
    fn value(&mut self, value: &Value, under: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return self.report("P11", "nesting");
        }
        match value {
            Value::Array(items) => items.iter().for_each(|v| self.value(v, "", depth + 1)),
            Value::Reference(number) if !self.bodies.contains_key(number) => {
                self.report("P11", format!("reference to missing object {number}"));
            }
            Value::Word(word) => self.report("P10", format!("stray word {word}")),
            Value::Dict(entries) => {
                let is_action = value.get("S").map(Value::name) == Some("URI");
                for (key, inner) in entries {
                    self.key(key, inner, under, is_action);
                    self.value(inner, key, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, key: &str, value: &Value, under: &str, is_action: bool) {
        let generated = |k: &str| {
            k.len() > 1 && k.as_bytes()[0].is_ascii_uppercase() && k[1..].bytes().all(|b| b.is_ascii_digit())
        };
        match (under, key) {
            ("CharProcs", _) => {}
            // The states of a box or button have names of their own.
            ("N", _) if self.permits.fields && matches!(value, Value::Reference(_)) => {}
            ("BS", "S") if self.permits.fields && matches!(value.name(), "S" | "D" | "B" | "I" | "U") => {}
            ("AcroForm" | "AP" | "MK" | "BS", "JS" | "A" | "AA") => self.report("P01", format!("key {key}")),
            (_, "Subtype") if self.permits.fields && value.name() == "Widget" => {}
            // `F` is the flags of a widget here; a file name or an embedded file would be something else.
            (_, "F") if self.permits.fields && *value == Value::Number(4.0) => {}
            (_, "F") => self.report("P04", "key F"),
            _ if self.permits.fields && listed(FIELD_KEYS, key) => {}
            ("Font" | "XObject" | "ExtGState" | "ColorSpace" | "Pattern" | "Shading" | "Properties", _)
                if generated(key) => {}
            (_, "A") if value.get("S").map(Value::name) == Some("URI") => {}
            (_, "URI") if is_action => {
                let web = self.permits.web_links
                    && matches!(value, Value::Text(t) if t.starts_with(b"http://") || t.starts_with(b"https://"));
                if !web {
                    self.report("X10", "link that is not to the web");
                }
            }
            (_, "Type" | "Subtype") if !listed(TYPES, value.name()) => {
                self.report("P00", format!("{key} {}", value.name()));
            }
            (_, "S")
                if !matches!(
                    value.name(),
                    "Transparency" | "Luminosity" | "Alpha" | "URI" | "D" | "R" | "r" | "A" | "a"
                ) =>
            {
                self.report("P02", format!("S {}", value.name()));
            }
            (_, "FunctionType") if *value == Value::Number(4.0) => self.report("P13", "calculator function"),
            (_, "Filter") if !matches!(value.name(), "FlateDecode" | "DCTDecode" | "CCITTFaxDecode") => {
                self.report("P13", "filter");
            }
            _ if listed(KEYS, key) => {}
            _ => self.report(threat_of(key), format!("key {key}")),
        }
    }

    fn stream(&mut self, dict: &Value, data: &[u8]) -> Fail<()> {
        match dict.get("Filter").map(Value::name) {
            Some("DCTDecode") => {
                let found = image::jpeg(data)?;
                self.findings.extend(found);
            }
            Some("FlateDecode") => {
                let inflated = inflate(data, 0)?;
                if dict.get("Length1").is_some() {
                    self.font(&inflated);
                }
                if dict.get("Subtype").map(Value::name) == Some("Form") || dict.get("PatternType").is_some() {
                    self.operators(&inflated)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Content streams of pages and the glyphs of Type 3 fonts, which say nothing about themselves.
    fn contents(&mut self) -> Fail<()> {
        let mut streams = Vec::new();
        for body in self.bodies.values() {
            streams.extend(body.value.get("Contents"));
            if let Some(Value::Dict(glyphs)) = body.value.get("CharProcs") {
                streams.extend(glyphs.iter().map(|(_, v)| v));
            }
        }
        for stream in streams {
            let Value::Reference(number) = stream else { continue };
            self.location = format!("object {number}");
            match self.bodies.get(number).and_then(|b| b.data) {
                Some(data) => self.operators(&inflate(data, 0)?)?,
                None => self.report("P11", "content that is no stream"),
            }
        }
        Ok(())
    }

    fn operators(&mut self, content: &[u8]) -> Fail<()> {
        let mut reader = Reader { data: content, at: 0 };
        loop {
            reader.space();
            if reader.peek().is_none() {
                return Ok(());
            }
            if let Value::Word(word) = reader.value(0)?
                && !listed(OPERATORS, &word)
            {
                self.report("P10", format!("operator {word}"));
            }
        }
    }

    fn font(&mut self, data: &[u8]) {
        let count = data.get(4..6).map_or(0, |b| usize::from(b[0]) << 8 | usize::from(b[1]));
        for i in 0..count {
            let tag = data.get(12 + i * 16..16 + i * 16).unwrap_or(b"????");
            let tag = String::from_utf8_lossy(tag).into_owned();
            if !listed(FONT_TABLES, &tag) {
                self.report("P14", format!("font table {tag}"));
            }
        }
    }
}

/// The row of the threat table that a key belongs to.
fn threat_of(key: &str) -> &'static str {
    match key {
        "JS" | "JavaScript" | "OpenAction" | "AA" => "P01",
        "A" | "URI" | "Win" | "Launch" => "P02",
        "EF" | "RF" | "EmbeddedFiles" | "AF" | "Collection" | "FS" | "UF" => "P03",
        "F" | "FFilter" | "FDecodeParms" | "OPI" | "Ref" | "Alternates" | "PS" | "Level1" => "P04",
        "AcroForm" | "XFA" | "Fields" | "FT" | "DA" => "P05",
        "RichMediaContent" | "Movie" | "Sound" | "Rendition" | "3DD" => "P06",
        "AP" | "RC" | "IRT" | "Popup" => "P07",
        "PieceInfo" | "Thumb" | "Trans" | "Dur" => "P09",
        "FontFile" | "CIDSet" => "P14",
        "Metadata" | "Author" | "Producer" => "P15",
        "ByteRange" | "Perms" | "DSS" => "P16",
        _ => "P08",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catalog, page tree, page and content, written as the engine writes.
    fn file(catalog: &str, page: &str, content: &str) -> Vec<u8> {
        let content = miniz_oxide::deflate::compress_to_vec_zlib(content.as_bytes(), 6);
        let mut out = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n".to_vec();
        let mut rows = vec![0_u8, 0, 0, 255, 255];
        let head = format!("<</Filter/FlateDecode/Length {}>>\nstream\n", content.len());
        let bodies: [Vec<u8>; 4] = [
            format!("<</Type/Catalog/Pages 2 0 R{catalog}>>").into_bytes(),
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
            format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R{page}>>").into_bytes(),
            [head.as_bytes(), &content, b"\nendstream"].concat(),
        ];
        for (number, body) in (1..).zip(&bodies) {
            rows.extend([1, (out.len() >> 8) as u8, out.len() as u8, 0, 0]);
            out.extend(format!("{number} 0 obj\n").bytes());
            out.extend(body);
            out.extend(b"\nendobj\n\n");
        }
        let at = out.len();
        rows.extend([1, (at >> 8) as u8, at as u8, 0, 0]);
        let rows = miniz_oxide::deflate::compress_to_vec_zlib(&rows, 6);
        let head = format!(
            "5 0 obj\n<</Length {}/Type/XRef/Filter/FlateDecode/Size 6/Root 1 0 R/W[1 2 2]>>\nstream\n",
            rows.len()
        );
        out.extend(head.bytes());
        out.extend(rows);
        out.extend(format!("\nendstream\nendobj\n\nstartxref\n{at}\n%%EOF").bytes());
        out
    }

    const LINKS: Permits = Permits { web_links: true, fields: false };

    #[test]
    fn fields_are_for_those_whose_rules_want_them_and_never_act() {
        let form = "/AcroForm<</Fields[<</FT/Tx/T(n)/V(x)/Kids[<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/F 4/BS<</S/U>>>>]>>]>>";
        assert!(threats(form, "", "").contains(&"P05"));
        let permits = Permits { web_links: false, fields: true };
        assert_eq!(check(&file(form, "", ""), permits), Ok(vec![]));
        let acting = form.replace("/F 4", "/F 4/AA<</K<</S/JavaScript/JS(x)>>>>");
        assert!(check(&file(&acting, "", ""), permits).unwrap().iter().any(|f| f.threat == "P01"));
        let outside = form.replace("/F 4", "/F(x)");
        assert!(check(&file(&outside, "", ""), permits).unwrap().iter().any(|f| f.threat == "P04"));
    }

    fn threats(catalog: &str, page: &str, content: &str) -> Vec<&'static str> {
        check(&file(catalog, page, content), LINKS).unwrap().into_iter().map(|f| f.threat).collect()
    }

    #[test]
    fn a_plain_file_passes_and_each_threat_is_named() {
        assert_eq!(threats("", "", "BT (x) Tj ET"), [""; 0]);
        assert_eq!(threats("/OpenAction<</S/JavaScript/JS(x)>>", "", "")[0], "P01");
        assert!(threats("/Names<</EmbeddedFiles<<>>>>", "", "").contains(&"P03"));
        assert_eq!(threats("/AcroForm<<>>", "", ""), ["P05"]);
        assert!(threats("", "/Annots[<</Type/Annot/Subtype/RichMedia>>]", "").contains(&"P00"));
        assert_eq!(
            threats("", "/Annots[<</Type/Annot/Subtype/Link/A<</S/URI/URI(file:///x)>>>>]", ""),
            ["X10"]
        );
        assert_eq!(threats("", "/PieceInfo<<>>", ""), ["P09"]);
        assert_eq!(threats("", "", "BI ID x EI").len(), 4);
        assert_eq!(threats("", "/Group 9 0 R", ""), ["P11"]);
    }

    #[test]
    fn surroundings_and_disguises_are_unreadable() {
        let mut behind = file("", "", "");
        behind.extend(b"PK");
        assert!(check(&behind, LINKS).is_err());
        assert!(check(&[b"GIF89a", &file("", "", "")[..]].concat(), LINKS).is_err());
        assert!(check(&file("/J#61va 1", "", ""), LINKS).is_err());
    }
}
