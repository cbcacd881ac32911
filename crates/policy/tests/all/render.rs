//! The page for the city's web site and the frozen text.

use super::{MODEL_3, model, outline, read};
use sekisho_policy::render::{canonical, html};

#[test]
fn canonical_text_of_the_model_reads_back() {
    for document in [model(), read(MODEL_3, "a.md")] {
        let text = canonical(&document);
        let again = read(&text, "canonical.md");
        assert_eq!(outline(&again), outline(&document));
        assert_eq!(
            (again.revisions.clone(), again.title.clone()),
            (document.revisions.clone(), document.title.clone())
        );
        assert_eq!(canonical(&again), text);
    }
}

#[test]
fn page_shows_what_is_public_and_says_that_something_is_not() {
    let document = model();
    let all = html(&document, |_| true);
    assert!(all.starts_with("<!DOCTYPE html>\n<html lang=\"ja\">"));
    assert!(all.contains("<time datetime=\"2024-03-25\">令和6年3月25日</time>"));
    assert!(all.contains("<h2 id=\"c7\"><span class=\"no\">7</span>情報セキュリティ対策</h2>"));
    assert!(all.contains("<li id=\"c7-3-2\"><span class=\"no\">②</span>LGWAN"));
    assert!(!all.contains("公開していません"));
    assert!(!all.contains("http") && !all.contains("<script"));
    // Everything below 7(3) goes with it.
    let some = html(&document, |c| c.label != "7(3)");
    assert!(!some.contains("c7-3\"") && !some.contains("c7-3-2") && some.contains("c7-4"));
    assert!(some.contains("一部の条項は公開していません。"));
}

#[test]
fn tags_balance_and_text_is_escaped() {
    let mut document = model();
    document.title = Some("<script>&\"'".to_owned());
    let page = html(&document, |_| true);
    assert!(page.contains("<h1>&lt;script&gt;&amp;&quot;&#39;</h1>"));
    for tag in ["section", "ol", "li", "p", "h1", "h2", "h3", "table", "tr", "main", "nav", "ul", "span"] {
        let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}
