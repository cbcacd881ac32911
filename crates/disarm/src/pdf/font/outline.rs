//! Glyph outlines between reading and writing, in 16.16 fixed-point font units, so that writing and reading again
//! gives the same numbers.

/// A 16.16 fixed-point number.
pub(super) type Fixed = i64;

pub(super) const ONE: Fixed = 1 << 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    Move(Fixed, Fixed),
    Line(Fixed, Fixed),
    Curve([Fixed; 6]),
}

/// A glyph: advance width and segments relative to the previous point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) width: Fixed,
    pub(super) segments: Vec<Segment>,
}

/// Segments of one glyph; the densest kanji stay below a thousand.
const MAX_SEGMENTS: usize = 20_000;

impl Outline {
    /// Adds a segment; `None` when the glyph is absurdly large.
    pub(super) fn push(&mut self, segment: Segment) -> Option<()> {
        let fits = |v: &Fixed| v.abs() < 32_000 * ONE;
        let ok = match &segment {
            Segment::Move(x, y) | Segment::Line(x, y) => fits(x) && fits(y),
            Segment::Curve(v) => v.iter().all(fits),
        };
        if !ok || self.segments.len() >= MAX_SEGMENTS {
            return None;
        }
        self.segments.push(segment);
        Some(())
    }

    /// Where the pen stands at the end.
    pub(super) fn end(&self) -> (Fixed, Fixed) {
        self.segments.iter().fold((0, 0), |(x, y), s| match s {
            Segment::Move(dx, dy) | Segment::Line(dx, dy) => (x + dx, y + dy),
            Segment::Curve([a, b, c, d, e, f]) => (x + a + c + e, y + b + d + f),
        })
    }

    /// Appends another outline moved by `(dx, dy)` from the origin.
    pub(super) fn append(&mut self, other: &Self, dx: Fixed, dy: Fixed) -> Option<()> {
        let (x, y) = self.end();
        let (mut back_x, mut back_y) = (dx - x, dy - y);
        for segment in &other.segments {
            match *segment {
                Segment::Move(mx, my) => {
                    self.push(Segment::Move(mx + back_x, my + back_y))?;
                    (back_x, back_y) = (0, 0);
                }
                other => self.push(other)?,
            }
        }
        Some(())
    }

    /// Writes a Type 2 charstring without hints and without subroutines.
    pub(super) fn charstring(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.width != 0 {
            number(self.width, &mut out);
        }
        // Only a move may carry the width, so a damaged glyph that starts without one is given one.
        if !matches!(self.segments.first(), None | Some(Segment::Move(..))) {
            operator(&[0], 22, &mut out);
        }
        let mut segments = self.segments.iter().peekable();
        while let Some(segment) = segments.next() {
            match *segment {
                Segment::Move(dx, 0) => operator(&[dx], 22, &mut out),
                Segment::Move(0, dy) => operator(&[dy], 4, &mut out),
                Segment::Move(dx, dy) => operator(&[dx, dy], 21, &mut out),
                Segment::Line(dx, dy) if dx == 0 || dy == 0 => {
                    // Alternating horizontal and vertical lines share one operator.
                    let (mut horizontal, first) = (dy == 0, if dy == 0 { 6 } else { 7 });
                    let mut run = vec![if horizontal { dx } else { dy }];
                    while run.len() < 40
                        && let Some(Segment::Line(nx, ny)) = segments.peek().copied()
                        && ((horizontal && *nx == 0 && *ny != 0) || (!horizontal && *ny == 0 && *nx != 0))
                    {
                        horizontal = !horizontal;
                        run.push(if horizontal { *nx } else { *ny });
                        segments.next();
                    }
                    operator(&run, first, &mut out);
                }
                Segment::Line(dx, dy) => {
                    let mut run = vec![dx, dy];
                    while run.len() < 40
                        && let Some(Segment::Line(nx, ny)) = segments.peek().copied()
                        && *nx != 0
                        && *ny != 0
                    {
                        run.extend([*nx, *ny]);
                        segments.next();
                    }
                    operator(&run, 5, &mut out);
                }
                Segment::Curve([a, 0, c, d, 0, f]) => operator(&[a, c, d, f], 31, &mut out),
                Segment::Curve([0, b, c, d, e, 0]) => operator(&[b, c, d, e], 30, &mut out),
                Segment::Curve([a, 0, c, d, e, 0]) => operator(&[a, c, d, e], 27, &mut out),
                Segment::Curve([0, b, c, d, 0, f]) => operator(&[b, c, d, f], 26, &mut out),
                Segment::Curve(v) => {
                    let mut run = v.to_vec();
                    while run.len() < 42
                        && let Some(Segment::Curve(n)) = segments.peek().copied()
                        && is_free(n)
                    {
                        run.extend(n);
                        segments.next();
                    }
                    operator(&run, 8, &mut out);
                }
            }
        }
        out.push(14);
        out
    }
}

/// A curve whose tangents are not along the axes, for which no shorter operator exists.
fn is_free(v: &[Fixed; 6]) -> bool {
    let (starts_on_axis, ends_on_axis) = (v[0] == 0 || v[1] == 0, v[4] == 0 || v[5] == 0);
    !(starts_on_axis && ends_on_axis)
}

fn operator(operands: &[Fixed], code: u8, out: &mut Vec<u8>) {
    for v in operands {
        number(*v, out);
    }
    out.push(code);
}

/// Number in a Type 2 charstring (Adobe Technical Note 5177, table 1).
fn number(v: Fixed, out: &mut Vec<u8>) {
    if v % ONE != 0 {
        out.push(255);
        out.extend(i32::try_from(v).unwrap_or(0).to_be_bytes());
        return;
    }
    out.extend(integer(i32::try_from(v / ONE).unwrap_or(0)));
}

/// Integer as charstrings and dictionaries write it, for -32768..=32767.
pub(super) fn integer(v: i32) -> Vec<u8> {
    let byte = |v: i32| u8::try_from(v & 0xff).unwrap_or(0);
    match v {
        -107..=107 => vec![byte(v + 139)],
        108..=1131 => vec![byte((v - 108) / 256 + 247), byte(v - 108)],
        -1131..=-108 => vec![byte((-v - 108) / 256 + 251), byte(-v - 108)],
        _ => vec![28, byte(v >> 8), byte(v)],
    }
}
