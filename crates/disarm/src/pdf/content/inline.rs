//! Pictures that stand in the content itself (8.9.7).

use std::borrow::Cow;

use hayro_syntax::object::{Dict as InputDict, FromBytes};

use super::{Category, Writer};
use crate::{
    Refusal,
    pdf::{
        copy::{Copier, Role},
        lex::{Entries, Lexer, Token, write_name, write_string},
        object::Value,
    },
};

impl<'a> Copier<'a, '_, '_> {
    /// `BI … ID … EI` becomes a picture of its own.
    pub(super) fn inline_picture(
        &mut self,
        lexer: &mut Lexer<'_>,
        w: &mut Writer<'_, 'a>,
    ) -> Result<(), Refusal> {
        let mut entries: Entries<'_> = Vec::new();
        loop {
            match lexer.next() {
                Some(Token::Name(key)) => {
                    if let Some(value) = lexer.next() {
                        entries.push((Cow::Owned(long_key(&key).to_vec()), value));
                    }
                }
                Some(Token::Word(b"ID")) => break,
                Some(Token::Word(b"EI")) | None => return Ok(()),
                Some(_) => {}
            }
        }
        lexer.skip(1);
        // A colour space that is a name may belong to the resources.
        let space = match entries.iter().find(|(k, _)| k[..] == b"ColorSpace"[..]) {
            Some((_, Token::Name(name))) => self.named_space(name, Some(w.scope))?,
            _ => None,
        };
        let mut text = Vec::new();
        write_dict(&entries, &mut text, 0);
        let data = lexer.rest();
        let length = inline_length(&entries, space.as_ref().map(|s| s.components), data);
        lexer.skip(length);
        // Behind the data stands EI.
        if let Some(Token::Word(b"EI")) = lexer.clone().next() {
            lexer.next();
        }
        let Some(dict) = InputDict::from_bytes(&text) else { return Ok(()) };
        let raw = &data[..length.min(data.len())];
        if let Some(picture) = self.picture_parts(&dict, raw, space, Role::Picture)? {
            let Value::Name(name) = w.shared.enter(Category::XObject, picture) else { return Ok(()) };
            write_name(&name, &mut w.out);
            w.out.extend(b" Do\n");
            w.weight = w.weight.saturating_add(1);
        }
        Ok(())
    }
}

/// Full names of the abbreviations in inline pictures (8.9.7).
fn long_key(key: &[u8]) -> &[u8] {
    match key {
        b"BPC" => b"BitsPerComponent",
        b"CS" => b"ColorSpace",
        b"D" => b"Decode",
        b"DP" => b"DecodeParms",
        b"F" => b"Filter",
        b"H" => b"Height",
        b"IM" => b"ImageMask",
        b"I" => b"Interpolate",
        b"W" => b"Width",
        other => other,
    }
}

fn write_dict(entries: &[(Cow<'_, [u8]>, Token<'_>)], out: &mut Vec<u8>, depth: usize) {
    out.extend(b"<<");
    for (key, value) in entries {
        write_name(key, out);
        out.push(b' ');
        write_token(value, out, depth);
        out.push(b' ');
    }
    out.extend(b">>");
}

fn write_token(token: &Token<'_>, out: &mut Vec<u8>, depth: usize) {
    if depth > 8 {
        out.extend(b"null");
        return;
    }
    match token {
        Token::Number(v) => v.write(out),
        Token::Name(name) => write_name(name, out),
        Token::Str(text) => write_string(text, out),
        Token::Bool(v) => out.extend(if *v { &b"true"[..] } else { b"false" }),
        Token::Array(items) => {
            out.push(b'[');
            for item in items {
                write_token(item, out, depth + 1);
                out.push(b' ');
            }
            out.push(b']');
        }
        Token::Dict(entries) => write_dict(entries, out, depth + 1),
        Token::Null | Token::Word(_) | Token::Brace(_) => out.extend(b"null"),
    }
}

/// Bytes of inline picture data: computed when there is no filter, found by its end mark otherwise.
fn inline_length(entries: &[(Cow<'_, [u8]>, Token<'_>)], components: Option<usize>, data: &[u8]) -> usize {
    let get = |key: &[u8]| entries.iter().find(|(k, _)| k[..] == *key).map(|(_, v)| v);
    let int = |key: &[u8]| match get(key) {
        Some(Token::Number(v)) if (0.0..1e6).contains(&v.value()) => Some(v.value() as usize),
        _ => None,
    };
    if get(b"Filter").is_none()
        && let (Some(width), Some(height)) = (int(b"Width"), int(b"Height"))
    {
        let mask = matches!(get(b"ImageMask"), Some(Token::Bool(true)));
        let bits = if mask { 1 } else { int(b"BitsPerComponent").unwrap_or(8).min(16) };
        let components = if mask {
            1
        } else {
            match get(b"ColorSpace") {
                Some(Token::Array(_)) | None => 1,
                Some(_) => components.unwrap_or(1),
            }
        };
        let length = (width * components * bits).div_ceil(8).saturating_mul(height);
        if is_end(data, length) {
            return length;
        }
    }
    (0..data.len()).find(|at| is_end(data, *at)).unwrap_or(data.len())
}

/// `EI` between white space at `at`, followed by something that reads like content.
fn is_end(data: &[u8], at: usize) -> bool {
    let Some(tail) = data.get(at..) else { return false };
    let spaces = tail.iter().take(8).take_while(|b| matches!(b, 0 | 9 | 10 | 12 | 13 | 32)).count();
    let Some(after) = tail.get(spaces..).and_then(|t| t.strip_prefix(b"EI")) else { return false };
    let at_start = spaces > 0 || at == 0 || matches!(data.get(at - 1), Some(b'>' | b'~'));
    let space_behind = after.first().is_none_or(|b| matches!(b, 0 | 9 | 10 | 12 | 13 | 32));
    let printable = after.iter().take(16).all(|b| matches!(b, 9 | 10 | 13 | 0x20..=0x7e));
    (at_start || spaces == 0) && space_behind && printable
}
