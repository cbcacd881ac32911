//! What makes a search tolerant: one folded form of every searchable text, made here and nowhere else.

use unicode_normalization::UnicodeNormalization;

/// NFKC, lower case, katakana folded to hiragana, white space squeezed away: ＡＢＣ 税務 カ → `abc税務か`.
pub fn search_key(parts: &[&str]) -> String {
    parts
        .iter()
        .flat_map(|part| part.nfkc().flat_map(char::to_lowercase))
        .filter(|c| !c.is_whitespace())
        .map(hiragana)
        .collect()
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// A search term as the right side of `LIKE … ESCAPE '!'`, matching anywhere.
pub fn like_pattern(term: &str) -> String {
    let mut pattern = String::from("%");
    for c in search_key(&[term]).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Words of a signature. 4 × 63 bits hold the 60 or so different pairs of letters of one row at a quarter full.
pub const SIGNATURE_WORDS: usize = 4;

/// Which pairs of neighbouring letters a folded text holds, as bits: a text can hold a term only if its signature
/// holds the term's. Comparing four numbers is far cheaper than looking through the text, so a search for what is
/// not there costs little; the same numbers work in every database. 63 bits each: the sign stays free.
pub fn signature(key: &str) -> [i64; SIGNATURE_WORDS] {
    let mut words = [0i64; SIGNATURE_WORDS];
    for (a, b) in key.chars().zip(key.chars().skip(1)) {
        let pair = (u64::from(u32::from(a)) << 21) | u64::from(u32::from(b));
        // Fibonacci hashing: the upper bits of the product are well mixed.
        let mixed = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let word = usize::try_from(mixed % 4).unwrap_or(0);
        words[word] |= 1 << ((mixed >> 2) % 63);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No search loses a row to its signature.
        #[test]
        fn a_text_holds_the_signature_of_its_parts(text in "[あ-んa-z0-9税務課]{0,40}", from in 0usize..40, length in 0usize..10) {
            let key = search_key(&[&text]);
            let part: String = key.chars().skip(from).take(length).collect();
            let (whole, part) = (signature(&key), signature(&part));
            prop_assert!(whole.iter().zip(part).all(|(w, p)| w & p == p));
        }
    }

    #[test]
    fn folds_width_case_and_kana() {
        assert_eq!(search_key(&["ＡＢＣ　税務", "ﾀﾅｶ タナカ"]), "abc税務たなかたなか");
        assert_eq!(like_pattern("100%_!"), "%100!%!_!!%");
    }
}
