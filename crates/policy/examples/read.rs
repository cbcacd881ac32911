//! `cargo run -p sekisho-policy --example read -- FILE`: what a file is understood as, for developers.
#![expect(clippy::print_stdout, reason = "an example that is looked at")]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("FILE")?;
    let bytes = std::fs::read(&name)?;
    let document = sekisho_policy::parse_file(&bytes, &name)
        .map_err(|e| format!("{e}\n{}", sekisho_policy::ja::error(&e)))?;
    println!("{:?} 制定 {:?} 改定 {:?}", document.title, document.adopted, document.revised);
    for r in &document.revisions {
        println!("  {r:?}");
    }
    for c in &document.clauses {
        let text: String = c.text.replace('\n', "⏎").chars().take(70).collect();
        println!("{:5} {:16} {:18} ^{:12} {text}", c.line, c.id, c.label, c.parent.as_deref().unwrap_or("-"));
    }
    for t in &document.terms {
        println!(
            "term {}: {} [{} line {}]",
            t.term,
            t.definition.chars().take(30).collect::<String>(),
            t.clause,
            t.line
        );
    }
    for w in &document.warnings {
        println!("warning {:4} {:?} {}", w.line, w.code, w.message);
    }
    Ok(())
}
