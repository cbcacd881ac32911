//! Type 2 charstrings (Adobe Technical Note 5177) interpreted to outlines.

use super::outline::{Fixed, ONE, Outline, Segment};

/// Subroutine calls inside each other; the format allows 10.
const MAX_CALLS: usize = 10;
/// Operators of one glyph, subroutines included.
const MAX_STEPS: usize = 200_000;

/// What charstrings of one font dictionary share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared<'a> {
    pub(super) global: &'a [&'a [u8]],
    pub(super) local: &'a [&'a [u8]],
    pub(super) default_width: Fixed,
    pub(super) nominal_width: Fixed,
}

/// Accented character: base and accent by standard code, and where the accent goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accent {
    pub(super) dx: Fixed,
    pub(super) dy: Fixed,
    pub(super) base: u8,
    pub(super) accent: u8,
}

struct Machine<'a> {
    shared: Shared<'a>,
    stack: Vec<Fixed>,
    outline: Outline,
    width_seen: bool,
    stems: usize,
    transient: [Fixed; 32],
    accent: Option<Accent>,
    steps: usize,
    done: bool,
}

/// Interprets a charstring.
pub(super) fn interpret(code: &[u8], shared: Shared<'_>) -> Option<(Outline, Option<Accent>)> {
    let mut machine = Machine {
        shared,
        stack: Vec::with_capacity(48),
        outline: Outline { width: shared.default_width, segments: Vec::new() },
        width_seen: false,
        stems: 0,
        transient: [0; 32],
        accent: None,
        steps: 0,
        done: false,
    };
    machine.run(code, 0)?;
    Some((machine.outline, machine.accent))
}

impl<'a> Machine<'a> {
    /// The first operator that clears the stack may find the width below its operands.
    fn width(&mut self, present: bool) {
        if !self.width_seen {
            self.width_seen = true;
            if present && !self.stack.is_empty() {
                self.outline.width = self.shared.nominal_width + self.stack.remove(0);
            }
        }
    }

    fn run(&mut self, code: &[u8], calls: usize) -> Option<()> {
        let mut at = 0;
        while let Some(&b) = code.get(at) {
            at += 1;
            self.steps += 1;
            if self.steps > MAX_STEPS || self.stack.len() > 513 {
                return None;
            }
            match b {
                28 => {
                    let v = i16::from_be_bytes([*code.get(at)?, *code.get(at + 1)?]);
                    self.stack.push(Fixed::from(v) * ONE);
                    at += 2;
                }
                32..=246 => self.stack.push((Fixed::from(b) - 139) * ONE),
                247..=250 => {
                    self.stack.push(((Fixed::from(b) - 247) * 256 + Fixed::from(*code.get(at)?) + 108) * ONE);
                    at += 1;
                }
                251..=254 => {
                    self.stack
                        .push((-(Fixed::from(b) - 251) * 256 - Fixed::from(*code.get(at)?) - 108) * ONE);
                    at += 1;
                }
                255 => {
                    let bytes = code.get(at..at + 4)?;
                    self.stack.push(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into());
                    at += 4;
                }
                1 | 3 | 18 | 23 => self.stem(),
                19 | 20 => {
                    self.stem();
                    at += self.stems.div_ceil(8);
                }
                10 | 29 => {
                    let list = if b == 10 { self.shared.local } else { self.shared.global };
                    let subroutine = self.subroutine(list)?;
                    if calls >= MAX_CALLS {
                        return None;
                    }
                    self.run(subroutine, calls + 1)?;
                    if self.done {
                        return Some(());
                    }
                }
                11 => return Some(()),
                14 => {
                    self.end();
                    return Some(());
                }
                12 => {
                    let second = *code.get(at)?;
                    at += 1;
                    self.escape(second)?;
                }
                _ => self.draw(b)?,
            }
        }
        Some(())
    }

    fn subroutine(&mut self, list: &'a [&'a [u8]]) -> Option<&'a [u8]> {
        let bias = match list.len() {
            0..1240 => 107,
            1240..33900 => 1131,
            _ => 32768,
        };
        let index = self.stack.pop()? / ONE + bias;
        list.get(usize::try_from(index).ok()?).copied()
    }

    fn stem(&mut self) {
        self.width(self.stack.len() % 2 == 1);
        self.stems += self.stack.len() / 2;
        self.stack.clear();
    }

    fn end(&mut self) {
        self.width(matches!(self.stack.len(), 1 | 5));
        if let [dx, dy, base, accent] = self.stack[..] {
            let code = |v: Fixed| u8::try_from(v / ONE).unwrap_or(0);
            self.accent = Some(Accent { dx, dy, base: code(base), accent: code(accent) });
        }
        self.done = true;
    }

    fn line(&mut self, dx: Fixed, dy: Fixed) -> Option<()> {
        self.outline.push(Segment::Line(dx, dy))
    }

    fn curve(&mut self, v: [Fixed; 6]) -> Option<()> {
        self.outline.push(Segment::Curve(v))
    }

    fn draw(&mut self, b: u8) -> Option<()> {
        match b {
            21 => self.width(self.stack.len() > 2),
            4 | 22 => self.width(self.stack.len() > 1),
            _ => self.width(false),
        }
        let s = std::mem::take(&mut self.stack);
        let n = s.len();
        match (b, &s[..]) {
            (21, [.., dx, dy]) => self.outline.push(Segment::Move(*dx, *dy))?,
            (22, [.., dx]) => self.outline.push(Segment::Move(*dx, 0))?,
            (4, [.., dy]) => self.outline.push(Segment::Move(0, *dy))?,
            (5, _) => s.chunks_exact(2).try_for_each(|p| self.line(p[0], p[1]))?,
            (6 | 7, _) => s.iter().enumerate().try_for_each(|(i, v)| {
                if (i % 2 == 0) == (b == 6) { self.line(*v, 0) } else { self.line(0, *v) }
            })?,
            (8, _) => s.chunks_exact(6).try_for_each(|c| self.curve([c[0], c[1], c[2], c[3], c[4], c[5]]))?,
            (24, _) if n >= 2 => {
                let (curves, line) = s.split_at(n - 2);
                curves.chunks_exact(6).try_for_each(|c| self.curve([c[0], c[1], c[2], c[3], c[4], c[5]]))?;
                self.line(line[0], line[1])?;
            }
            (25, _) if n >= 6 => {
                let (lines, c) = s.split_at(n - 6);
                lines.chunks_exact(2).try_for_each(|p| self.line(p[0], p[1]))?;
                self.curve([c[0], c[1], c[2], c[3], c[4], c[5]])?;
            }
            (26, _) => {
                let (mut extra, rest) = if n % 4 == 1 { (s[0], &s[1..]) } else { (0, &s[..]) };
                for c in rest.chunks_exact(4) {
                    self.curve([extra, c[0], c[1], c[2], 0, c[3]])?;
                    extra = 0;
                }
            }
            (27, _) => {
                let (mut extra, rest) = if n % 4 == 1 { (s[0], &s[1..]) } else { (0, &s[..]) };
                for c in rest.chunks_exact(4) {
                    self.curve([c[0], extra, c[1], c[2], c[3], 0])?;
                    extra = 0;
                }
            }
            (30 | 31, _) => self.alternating(&s, b == 31)?,
            _ => return None,
        }
        Some(())
    }

    /// `vhcurveto` and `hvcurveto`: tangents alternate between the axes, the last curve may be free.
    fn alternating(&mut self, s: &[Fixed], mut horizontal: bool) -> Option<()> {
        let curves = s.len() / 4;
        for (i, c) in s.chunks_exact(4).enumerate() {
            let last = if i + 1 == curves && s.len() % 4 == 1 { s[s.len() - 1] } else { 0 };
            self.curve(if horizontal {
                [c[0], 0, c[1], c[2], last, c[3]]
            } else {
                [0, c[0], c[1], c[2], c[3], last]
            })?;
            horizontal = !horizontal;
        }
        Some(())
    }

    fn escape(&mut self, b: u8) -> Option<()> {
        match b {
            34..=37 => self.flex(b),
            _ => self.arithmetic(b),
        }
    }

    fn flex(&mut self, b: u8) -> Option<()> {
        self.width(false);
        let s = std::mem::take(&mut self.stack);
        match (b, &s[..]) {
            (35, [a, b, c, d, e, f, g, h, i, j, k, l, ..]) => {
                self.curve([*a, *b, *c, *d, *e, *f])?;
                self.curve([*g, *h, *i, *j, *k, *l])
            }
            (34, [x1, x2, y2, x3, x4, x5, x6, ..]) => {
                self.curve([*x1, 0, *x2, *y2, *x3, 0])?;
                self.curve([*x4, 0, *x5, -*y2, *x6, 0])
            }
            (36, [x1, y1, x2, y2, x3, x4, x5, y5, x6, ..]) => {
                self.curve([*x1, *y1, *x2, *y2, *x3, 0])?;
                self.curve([*x4, 0, *x5, *y5, *x6, -(*y1 + *y2 + *y5)])
            }
            (37, [x1, y1, x2, y2, x3, y3, x4, y4, x5, y5, d6, ..]) => {
                let (dx, dy) = (x1 + x2 + x3 + x4 + x5, y1 + y2 + y3 + y4 + y5);
                let (x6, y6) = if dx.abs() > dy.abs() { (*d6, -dy) } else { (-dx, *d6) };
                self.curve([*x1, *y1, *x2, *y2, *x3, *y3])?;
                self.curve([*x4, *y4, *x5, *y5, x6, y6])
            }
            _ => None,
        }
    }

    fn arithmetic(&mut self, b: u8) -> Option<()> {
        let truth = |b: bool| if b { ONE } else { 0 };
        match b {
            0 => {}
            3 => self.binary(|a, b| truth(a != 0 && b != 0))?,
            4 => self.binary(|a, b| truth(a != 0 || b != 0))?,
            5 => self.unary(|a| truth(a == 0))?,
            9 => self.unary(Fixed::abs)?,
            10 => self.binary(|a, b| a + b)?,
            11 => self.binary(|a, b| a - b)?,
            12 => self.binary(|a, b| if b == 0 { 0 } else { a.saturating_mul(ONE) / b })?,
            14 => self.unary(|a| -a)?,
            15 => self.binary(|a, b| truth(a == b))?,
            18 => {
                self.stack.pop()?;
            }
            20 => {
                let (index, value) = (self.stack.pop()?, self.stack.pop()?);
                *self.transient.get_mut(usize::try_from(index / ONE).ok()?)? = value;
            }
            21 => {
                let index = self.stack.pop()?;
                self.stack.push(*self.transient.get(usize::try_from(index / ONE).ok()?)?);
            }
            22 => {
                let (v2, v1) = (self.stack.pop()?, self.stack.pop()?);
                let (s2, s1) = (self.stack.pop()?, self.stack.pop()?);
                self.stack.push(if v1 <= v2 { s1 } else { s2 });
            }
            23 => self.stack.push(ONE / 2),
            24 => self.binary(|a, b| a.saturating_mul(b) / ONE)?,
            26 => self.unary(|a| ((a.max(0) as f64 / ONE as f64).sqrt() * ONE as f64) as Fixed)?,
            27 => self.stack.push(*self.stack.last()?),
            28 => {
                let n = self.stack.len();
                if n < 2 {
                    return None;
                }
                self.stack.swap(n - 1, n - 2);
            }
            29 => {
                let index = usize::try_from((self.stack.pop()? / ONE).max(0)).ok()?;
                self.stack.push(*self.stack.get(self.stack.len().checked_sub(index.checked_add(1)?)?)?);
            }
            30 => {
                let (by, n) = (self.stack.pop()? / ONE, usize::try_from(self.stack.pop()? / ONE).ok()?);
                let from = self.stack.len().checked_sub(n)?;
                if n > 0 {
                    let turn = usize::try_from(by.rem_euclid(Fixed::try_from(n).ok()?)).ok()?;
                    self.stack[from..].rotate_right(turn);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn unary(&mut self, f: impl Fn(Fixed) -> Fixed) -> Option<()> {
        let a = self.stack.pop()?;
        self.stack.push(f(a));
        Some(())
    }

    fn binary(&mut self, f: impl Fn(Fixed, Fixed) -> Fixed) -> Option<()> {
        let (b, a) = (self.stack.pop()?, self.stack.pop()?);
        self.stack.push(f(a, b).clamp(-(1 << 40), 1 << 40));
        Some(())
    }
}
