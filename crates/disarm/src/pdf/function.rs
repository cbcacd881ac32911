//! Functions (ISO 32000-2, 7.10). PostScript calculators (type 4) are evaluated here and leave as samples (P13).

use hayro_syntax::object::{Dict, Object};

use super::copy::{Copier, Role, dict_of, number_of, numbers_of, stream_of};
use super::filter;
use super::lex::{Lexer, Token};
use super::object::Value;
use super::resource::Found;
use crate::{Action, Meter, Refusal, Severity, Threat};

/// Samples per input for one to four inputs; together at most 64 Ki points.
const SAMPLES: [usize; 4] = [1024, 64, 17, 9];
/// Operators of one calculator and values on its stack.
const MAX_PROGRAM: usize = 4096;
const MAX_STACK: usize = 100;

impl<'a> Copier<'a, '_, '_> {
    pub(super) fn function(&mut self, found: Found<'a>) -> Result<Option<Value>, Refusal> {
        let (id, object) = found;
        if let Object::Name(name) = &object {
            return Ok((name.as_ref() == b"Identity").then(|| Value::name("Identity")));
        }
        let Some(dict) = dict_of(&object).cloned() else { return Ok(None) };
        self.once(id, Role::Function, |c| {
            let kind = number_of(&dict, "FunctionType").unwrap_or(-1.0);
            let mut out = c.plain_keys("Function", &dict);
            out.set("FunctionType", Value::number(kind));
            match kind as i64 {
                0 => {
                    let Some(stream) = stream_of(&object) else { return Ok(None) };
                    let data = filter::decode(stream, c.ctx)?.data;
                    Ok(Some(c.out.add_stream(out, &data)))
                }
                2 => Ok(Some(c.out.add(Value::Dict(out)))),
                3 => {
                    let Some((_, Object::Array(parts))) = c.entry(&dict, b"Functions") else {
                        return Ok(None);
                    };
                    let mut each = Vec::new();
                    for part in c.elements(&parts).into_iter().take(4096) {
                        let Some(part) = c.function(part)? else { return Ok(None) };
                        each.push(part);
                    }
                    out.set("Functions", Value::Array(each));
                    Ok(Some(c.out.add(Value::Dict(out))))
                }
                4 => {
                    let Some(stream) = stream_of(&object) else { return Ok(None) };
                    let code = filter::decode(stream, c.ctx)?.data;
                    c.calculator(&dict, &code)
                }
                _ => Ok(None),
            }
        })
    }

    /// Samples a calculator on a grid.
    fn calculator(&mut self, dict: &Dict<'a>, code: &[u8]) -> Result<Option<Value>, Refusal> {
        let (Some(domain), Some(range)) = (numbers_of(dict, "Domain"), numbers_of(dict, "Range")) else {
            return Ok(None);
        };
        let (inputs, outputs) = (domain.len() / 2, range.len() / 2);
        let program = parse(code);
        let (Some(program), true) = (program, (1..=4).contains(&inputs) && (1..=32).contains(&outputs))
        else {
            self.simplified(Threat::P13, "計算式による色");
            return Ok(None);
        };
        let size = SAMPLES[inputs - 1];
        let points = size.pow(u32::try_from(inputs).unwrap_or(4));
        self.ctx.spend(Meter::Steps, points as u64 * program.len().min(MAX_PROGRAM) as u64)?;
        let mut data = Vec::with_capacity(points * outputs * 2);
        for point in 0..points {
            let mut rest = point;
            let mut stack: Vec<f64> = Vec::with_capacity(16);
            for i in 0..inputs {
                let (low, high) = (domain[i * 2], domain[i * 2 + 1]);
                stack.push(low + (high - low) * (rest % size) as f64 / (size - 1) as f64);
                rest /= size;
            }
            let mut fuel = MAX_PROGRAM * 4;
            run(&program, &mut stack, &mut fuel);
            let missing = outputs.saturating_sub(stack.len());
            let top = &stack[stack.len() - (outputs - missing)..];
            for o in 0..outputs {
                let (low, high) = (range[o * 2], range[o * 2 + 1]);
                let value = if o < missing { low } else { top[o - missing] };
                let unit = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
                let unit = if unit.is_nan() { 0.0 } else { unit };
                data.extend(((unit * 65535.0).round() as u16).to_be_bytes());
            }
        }
        self.report(Threat::P13, Severity::Note, Action::Rewritten, "計算式による色（表に変換）");
        let mut out = super::object::Dict::new();
        out.set("FunctionType", Value::Int(0));
        out.set("Domain", Value::numbers(domain));
        out.set("Range", Value::numbers(range));
        out.set("Size", Value::Array(vec![Value::int(size); inputs]));
        out.set("BitsPerSample", Value::Int(16));
        Ok(Some(self.out.add_stream(out, &data)))
    }
}

enum Step {
    Push(f64),
    Op(Vec<u8>),
    If(Vec<Step>),
    IfElse(Vec<Step>, Vec<Step>),
}

fn parse(code: &[u8]) -> Option<Vec<Step>> {
    let mut lexer = Lexer::new(code);
    let mut budget = MAX_PROGRAM;
    match lexer.next()? {
        Token::Brace(true) => block(&mut lexer, &mut budget, 0),
        _ => None,
    }
}

fn block(lexer: &mut Lexer<'_>, budget: &mut usize, depth: usize) -> Option<Vec<Step>> {
    if depth > 32 {
        return None;
    }
    let mut steps = Vec::new();
    let mut blocks: Vec<Vec<Step>> = Vec::new();
    loop {
        *budget = budget.checked_sub(1)?;
        match lexer.next()? {
            Token::Brace(true) => blocks.push(block(lexer, budget, depth + 1)?),
            Token::Brace(false) => return blocks.is_empty().then_some(steps),
            Token::Number(v) => steps.push(Step::Push(v.value())),
            Token::Bool(v) => steps.push(Step::Push(f64::from(u8::from(v)))),
            Token::Word(b"if") => steps.push(Step::If(blocks.pop()?)),
            Token::Word(b"ifelse") => {
                let no = blocks.pop()?;
                steps.push(Step::IfElse(blocks.pop()?, no));
            }
            Token::Word(word) => steps.push(Step::Op(word.to_vec())),
            _ => return None,
        }
    }
}

/// Runs a program; on any mistake it stops with the stack as it is.
fn run(program: &[Step], stack: &mut Vec<f64>, fuel: &mut usize) -> Option<()> {
    for step in program {
        *fuel = fuel.checked_sub(1)?;
        match step {
            Step::Push(v) => stack.push(*v),
            Step::If(yes) => {
                if stack.pop()? != 0.0 {
                    run(yes, stack, fuel)?;
                }
            }
            Step::IfElse(yes, no) => {
                let branch = if stack.pop()? == 0.0 { no } else { yes };
                run(branch, stack, fuel)?;
            }
            Step::Op(op) => operate(op, stack)?,
        }
        if stack.len() > MAX_STACK {
            return None;
        }
    }
    Some(())
}

fn operate(op: &[u8], stack: &mut Vec<f64>) -> Option<()> {
    let truth = |b: bool| f64::from(u8::from(b));
    let unary: Option<fn(f64) -> f64> = match op {
        b"abs" => Some(f64::abs),
        b"neg" => Some(|v| -v),
        b"ceiling" => Some(f64::ceil),
        b"floor" => Some(f64::floor),
        b"round" => Some(|v| (v + 0.5).floor()),
        b"truncate" | b"cvi" => Some(f64::trunc),
        b"cvr" => Some(|v| v),
        b"sqrt" => Some(|v| v.max(0.0).sqrt()),
        b"sin" => Some(|v| v.to_radians().sin()),
        b"cos" => Some(|v| v.to_radians().cos()),
        b"ln" => Some(f64::ln),
        b"log" => Some(f64::log10),
        b"not" => Some(|v| if v == 0.0 { 1.0 } else { 0.0 }),
        _ => None,
    };
    if let Some(unary) = unary {
        let v = stack.pop()?;
        stack.push(unary(v));
        return Some(());
    }
    match op {
        b"pop" => {
            stack.pop()?;
        }
        b"dup" => stack.push(*stack.last()?),
        b"exch" => {
            let n = stack.len();
            if n < 2 {
                return None;
            }
            stack.swap(n - 1, n - 2);
        }
        b"copy" => {
            let n = stack.pop()? as usize;
            let from = stack.len().checked_sub(n.min(MAX_STACK))?;
            stack.extend_from_within(from..);
        }
        b"index" => {
            let n = stack.pop()? as usize;
            stack.push(*stack.get(stack.len().checked_sub(n.checked_add(1)?)?)?);
        }
        b"roll" => {
            let (by, n) = (stack.pop()? as i64, stack.pop()? as usize);
            let from = stack.len().checked_sub(n)?;
            if n > 0 {
                let turn = usize::try_from(by.rem_euclid(i64::try_from(n).ok()?)).ok()?;
                stack[from..].rotate_right(turn);
            }
        }
        _ => {
            let (b, a) = (stack.pop()?, stack.pop()?);
            stack.push(match op {
                b"add" => a + b,
                b"sub" => a - b,
                b"mul" => a * b,
                b"div" => a / b,
                b"idiv" => (a / b).trunc(),
                b"mod" => a % b,
                b"exp" => a.powf(b),
                b"atan" => {
                    let degrees = a.atan2(b).to_degrees();
                    if degrees < 0.0 { degrees + 360.0 } else { degrees }
                }
                b"eq" => truth(a == b),
                b"ne" => truth(a != b),
                b"gt" => truth(a > b),
                b"ge" => truth(a >= b),
                b"lt" => truth(a < b),
                b"le" => truth(a <= b),
                b"and" => ((a as i64) & (b as i64)) as f64,
                b"or" => ((a as i64) | (b as i64)) as f64,
                b"xor" => ((a as i64) ^ (b as i64)) as f64,
                b"bitshift" if b >= 0.0 => ((a as i64) << (b as u32).min(31)) as f64,
                b"bitshift" => ((a as i64) >> (-b as u32).min(31)) as f64,
                _ => return None,
            });
        }
    }
    Some(())
}
