//! The real policy that the product grew from. It is not part of this repository; the test says so when it is absent.

use super::codes;
use sekisho_policy::{Code, parse_file};
use std::path::Path;

#[test]
fn a_real_city_is_read_and_its_defects_are_found() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/seed"));
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: {} does not exist on this machine", folder.display());
        return;
    };
    for path in entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "txt")) {
        let document = parse_file(&std::fs::read(&path).unwrap(), &path.to_string_lossy()).unwrap();
        assert_eq!(document.clauses.iter().filter(|c| c.parent.is_none()).count(), 11);
        assert_eq!((document.clauses.len(), document.revisions.len(), document.terms.len()), (47, 4, 15));
        assert!(document.labelled("7(3)②").is_some_and(|c| c.text.contains("無害化通信")));
        assert_eq!(document.revisions[3].effective_on.map(|d| d.to_string()).as_deref(), Some("2024-04-01"));
        assert_eq!(document.revisions[3].revised_on.map(|d| d.to_string()).as_deref(), Some("2024-03-31"));
        let wrong = document.warnings.iter().find(|w| w.code == Code::ReferenceMismatch).unwrap();
        assert_eq!(wrong.line, 99);
        assert!(wrong.message.contains("上記3") && wrong.message.contains("「4 "), "{}", wrong.message);
        assert!(!codes(&document).contains(&"line-unrecognised".to_owned()));
        let joined: Vec<u32> =
            document.warnings.iter().filter(|w| w.code == Code::LineJoined).map(|w| w.line).collect();
        assert_eq!(joined, [83, 121]);
    }
}
