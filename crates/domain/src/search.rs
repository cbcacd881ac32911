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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_width_case_and_kana() {
        assert_eq!(search_key(&["ＡＢＣ　税務", "ﾀﾅｶ タナカ"]), "abc税務たなかたなか");
        assert_eq!(like_pattern("100%_!"), "%100!%!_!!%");
    }
}
