//! `cargo run -p sekisho-policy --example compare -- OLD NEW OUT.docx OUT.html FONT OUT.pdf`: a 新旧対照表 of two files,
//! and the new one as a PDF.
#![expect(clippy::print_stdout, reason = "an example that is looked at")]

use sekisho_policy::{compare, parse_file, render};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [old, new, word, page, font, sheet] = args.as_slice() else {
        return Err("OLD NEW OUT.docx OUT.html FONT OUT.pdf".into());
    };
    let (old, new) = (parse_file(&std::fs::read(old)?, old)?, parse_file(&std::fs::read(new)?, new)?);
    let proposals = compare::propose(&old, &new);
    for p in proposals.iter().filter(|p| p.change != compare::Change::Kept) {
        println!("{} {:?} → {:?} {} %", p.change.ja(), p.old, p.new, p.confidence_percent);
    }
    let rows = compare::rows(&old, &new, &proposals, false);
    std::fs::write(word, compare::docx(&rows)?)?;
    std::fs::write(page, render::html(&new, |_| true) + &compare::html(&rows))?;
    std::fs::write(sheet, sekisho_policy::pdf::pdf(&new, |_| true, &std::fs::read(font)?, 0)?)?;
    Ok(())
}
