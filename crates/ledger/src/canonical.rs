//! Canonical JSON (RFC 8785, JCS), for values without floating-point numbers.
//!
//! Two programs that agree on a value must agree on its bytes, or a commitment to it means nothing. Numbers
//! are where implementations differ, so only integers that every reader holds exactly are accepted.

use crate::error::{Error, Result};
use crate::limits::{MAX_JSON_DEPTH_LEVELS, MAX_JSON_INTEGER, MAX_PAYLOAD_BYTES};
use serde_json::Value;

/// The canonical bytes of `value`: UTF-8, no white space, object names in UTF-16 order.
///
/// # Errors
/// [`Error::NumberNotExact`] for a fraction, an exponent or an integer beyond ±(2^53−1);
/// [`Error::TooDeep`] beyond 64 levels; [`Error::TooLarge`] beyond 1 MiB.
pub fn canonical(value: &Value) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    write_value(value, 0, &mut out)?;
    Ok(out)
}

fn write_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<()> {
    if depth > MAX_JSON_DEPTH_LEVELS {
        return Err(Error::TooDeep { max: MAX_JSON_DEPTH_LEVELS });
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => out.extend_from_slice(exact(number)?.to_string().as_bytes()),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            write_list(out, *b"[]", items, |item, out| write_value(item, depth + 1, out))?;
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            write_list(out, *b"{}", members, |(name, item), out| {
                write_string(name, out);
                out.push(b':');
                write_value(item, depth + 1, out)
            })?;
        }
    }
    if out.len() > MAX_PAYLOAD_BYTES {
        return Err(Error::TooLarge { what: "canonical JSON", bytes: out.len(), max: MAX_PAYLOAD_BYTES });
    }
    Ok(())
}

fn write_list<T>(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    out.push(open);
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(item, out)?;
    }
    out.push(close);
    Ok(())
}

fn exact(number: &serde_json::Number) -> Result<i64> {
    match number.as_i64() {
        Some(n) if n.unsigned_abs() <= MAX_JSON_INTEGER => Ok(n),
        _ => Err(Error::NumberNotExact),
    }
}

/// RFC 8785 §3.2.2.2: the two-letter escapes where they exist, `\u00xx` for other controls, all else as is.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            0x00..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(value: &Value) -> String {
        String::from_utf8(canonical(value).unwrap()).unwrap()
    }

    #[test]
    fn names_are_sorted_by_utf16_units() {
        // RFC 8785 §3.2.3: U+1F600 is a surrogate pair (D83D…) and sorts before U+FB33.
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            text(&value),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn strings_are_escaped_as_the_rfc_says() {
        assert_eq!(
            text(&json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}")),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\""
        );
    }

    #[test]
    fn only_exact_integers_pass() {
        assert_eq!(text(&json!([0, -1, 9_007_199_254_740_991_i64])), "[0,-1,9007199254740991]");
        for bad in
            [json!(1.0), json!(0.5), json!(9_007_199_254_740_992_i64), json!(u64::MAX), json!(i64::MIN)]
        {
            assert!(matches!(canonical(&bad), Err(Error::NumberNotExact)), "{bad}");
        }
    }

    #[test]
    fn depth_and_size_have_limits() {
        let deep = (0..70).fold(json!(1), |inner, _| json!([inner]));
        assert!(matches!(canonical(&deep), Err(Error::TooDeep { .. })));
        let large = json!("x".repeat(MAX_PAYLOAD_BYTES + 1));
        assert!(matches!(canonical(&large), Err(Error::TooLarge { .. })));
    }

    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_value_and_is_a_fixed_point(value in any_json()) {
            let bytes = canonical(&value).unwrap();
            let read: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(canonical(&read).unwrap(), bytes);
        }
    }
}
