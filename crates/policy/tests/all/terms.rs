//! A definition that is missing is noticed, whichever it is.

use sekisho_policy::{Code, parse_file};

const MODEL: &str = include_str!("../../../../catalogue/model-policy/sakurazaka.md");

#[test]
fn each_definition_of_the_model_policy_is_missed_when_it_is_gone() {
    let whole = parse_file(MODEL.as_bytes(), "a.md").unwrap();
    let undefined = |text: &str| -> Vec<String> {
        let found = parse_file(text.as_bytes(), "a.md").unwrap();
        found.warnings.into_iter().filter(|w| w.code == Code::TermUndefined).map(|w| w.message).collect()
    };
    assert_eq!(undefined(MODEL), Vec::<String>::new());
    let section = whole.clauses.iter().find(|c| c.label == "2").unwrap().id.clone();
    let mut terms = 0;
    for term in &whole.terms {
        if whole.clause(&term.clause).unwrap().parent.as_deref() != Some(section.as_str()) {
            continue;
        }
        terms += 1;
        let gone = |line: &&str| !line.contains(&format!(") {} ", term.term));
        let text: String = MODEL.lines().filter(gone).map(|line| format!("{line}\n")).collect();
        assert_eq!(text.lines().count() + 1, MODEL.lines().count(), "{}", term.term);
        let said = undefined(&text);
        assert!(said.iter().any(|w| w.starts_with(&format!("「{}」", term.term))), "{}: {said:?}", term.term);
    }
    assert_eq!(terms, 14);
}
