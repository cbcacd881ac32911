//! What changed inside a text, in words: runs of one script are compared whole, as a person would underline them.

use crate::limits;
use crate::text::{fold, tidy};
use serde::{Deserialize, Serialize};

/// A piece of text, and whether the other side lacks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub text: String,
    pub changed: bool,
}

/// Unchanged pieces this short between two changes are underlined with them.
const ISLAND_CHARS_MAX: usize = 1;

/// Both texts cut into runs. `fuel` counts compared word pairs down; when it is used up, what lies between the
/// common beginning and end counts as changed.
pub fn diff(old: &str, new: &str, fuel: &mut usize) -> (Vec<Run>, Vec<Run>) {
    let (a, b) = (words(old), words(new));
    let head = a.iter().zip(&b).take_while(|(x, y)| same(x, y)).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| same(x, y)).count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let cells = middle_a.len().saturating_mul(middle_b.len());
    let kept = if cells <= limits::DIFF_CELLS_MAX && cells <= *fuel {
        *fuel -= cells;
        common(middle_a, middle_b)
    } else {
        Vec::new()
    };
    let mut keep_a = vec![false; a.len()];
    let mut keep_b = vec![false; b.len()];
    for (i, j) in kept {
        (keep_a[head + i], keep_b[head + j]) = (true, true);
    }
    for at in 0..head {
        (keep_a[at], keep_b[at]) = (true, true);
    }
    for back in 1..=tail {
        (keep_a[a.len() - back], keep_b[b.len() - back]) = (true, true);
    }
    (runs(&a, &keep_a), runs(&b, &keep_b))
}

/// Width of characters is no change.
fn same(a: &str, b: &str) -> bool {
    a == b || a.chars().map(fold).eq(b.chars().map(fold))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Katakana,
    Latin,
    /// Every hiragana and sign stands alone.
    Single,
}

fn script(c: char) -> Script {
    match fold(c) {
        // Conjunctions are not part of the words they join.
        '及' | '又' | '並' | '若' => Script::Single,
        '\u{4E00}'..='\u{9FFF}' | '々' => Script::Kanji,
        'ァ'..='ヺ' | 'ー' => Script::Katakana,
        c if c.is_ascii_alphanumeric() => Script::Latin,
        _ => Script::Single,
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let now = script(c);
        if last.is_some_and(|l| l != now || now == Script::Single) {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(now);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// Words of kanji and katakana carry the meaning: keeping one of them is worth more than keeping particles.
fn weight(word: &str) -> u32 {
    let each = if word.chars().next().is_some_and(|c| script(c) == Script::Single) { 1 } else { 2 };
    word.chars().map(|_| each).sum()
}

/// Positions of a heaviest common subsequence.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let columns = b.len() + 1;
    let mut table = vec![0u32; (a.len() + 1) * columns];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * columns + j] = if same(a[i], b[j]) {
                table[(i + 1) * columns + j + 1] + weight(a[i])
            } else {
                table[(i + 1) * columns + j].max(table[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        let here = table[i * columns + j];
        if here == table[(i + 1) * columns + j] {
            i += 1;
        } else if here == table[i * columns + j + 1] {
            j += 1;
        } else {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        }
    }
    out
}

fn runs(words: &[&str], kept: &[bool]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (word, kept) in words.iter().zip(kept) {
        match runs.last_mut() {
            Some(run) if run.changed != *kept => run.text.push_str(word),
            _ => runs.push(Run { text: (*word).to_owned(), changed: !kept }),
        }
    }
    // A lone particle between two changes is noise.
    for at in 1..runs.len().saturating_sub(1) {
        let island = !runs[at].changed
            && tidy(&runs[at].text).chars().count() <= ISLAND_CHARS_MAX
            && !runs[at].text.contains('\n');
        if island && runs[at - 1].changed && runs[at + 1].changed {
            runs[at].changed = true;
        }
    }
    let mut merged: Vec<Run> = Vec::new();
    for run in runs {
        match merged.last_mut() {
            Some(last) if last.changed == run.changed => last.text.push_str(&run.text),
            _ => merged.push(run),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(runs: &[Run]) -> String {
        runs.iter().map(|r| if r.changed { format!("[{}]", r.text) } else { r.text.clone() }).collect()
    }

    #[test]
    fn underlines_words() {
        let (old, new) =
            diff("職員は、端末の検査を行う。", "職員等は、端末及びサーバの検査を毎年行う。", &mut 10_000);
        assert_eq!(marked(&old), "[職員]は、端末の検査を[行]う。");
        assert_eq!(marked(&new), "[職員等]は、端末[及びサーバ]の検査を[毎年行]う。");
    }

    #[test]
    fn stops_when_the_fuel_is_used_up() {
        let (old, new) = diff("甲あ乙", "甲い乙", &mut 0);
        assert_eq!((marked(&old).as_str(), marked(&new).as_str()), ("甲[あ]乙", "甲[い]乙"));
    }

    proptest! {
        #[test]
        fn loses_nothing(a in "[あいう端末\\n a1]{0,40}", b in "[あいう端末\\n a1]{0,40}") {
            let (old, new) = diff(&a, &b, &mut 1_000_000);
            prop_assert_eq!(old.iter().map(|r| r.text.as_str()).collect::<String>(), a.clone());
            prop_assert_eq!(new.iter().map(|r| r.text.as_str()).collect::<String>(), b.clone());
            let same = |runs: &[Run]| runs.iter().all(|r| !r.changed);
            prop_assert_eq!(same(&old) && same(&new), a == b);
        }
    }
}
