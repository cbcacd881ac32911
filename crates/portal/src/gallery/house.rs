//! What must hold on every page, whatever it shows.

use super::pages;

#[test]
fn every_page_keeps_the_house_rules() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/gallery");
    std::fs::create_dir_all(&folder).expect("target is writable");
    for name in ["tokens.css", "sekisho.css"] {
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
        std::fs::copy(from, folder.join(name)).expect("copied");
    }
    for (name, html) in pages() {
        assert!(html.contains(r#"<html lang="ja">"#), "{name}: language");
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one heading");
        assert!(html.contains("<main id=\"main\""), "{name}: main");
        assert!(html.matches("<button class=\"p\"").count() <= 1, "{name}: one primary button");
        for forbidden in [" style=", "<script", "<style", " onclick", "javascript:"] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        let tables = html.matches("<table").count();
        assert_eq!(html.matches("<caption>").count(), tables, "{name}: every table has a caption");
        assert!(!html.contains("<th>"), "{name}: every th has a scope");
        for input in html.split("<input ").skip(1) {
            let tag = input.split('>').next().unwrap_or("");
            let labelled = tag.contains("type=\"hidden\"") || tag.contains("type=\"checkbox\" name");
            let id = tag.split("id=\"").nth(1).and_then(|r| r.split('"').next());
            let for_id = id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
            assert!(labelled || for_id, "{name}: <input {tag}> has a label");
        }
        let local = html
            .replace(crate::assets::href("tokens.css"), "tokens.css")
            .replace(crate::assets::href("sekisho.css"), "sekisho.css");
        std::fs::write(folder.join(format!("{name}.html")), local).expect("written");
    }
}
