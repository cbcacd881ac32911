//! Whole sites as a stranger hands them in, ordinary lines included. Every answer was decided by hand before the tool was
//! asked; what it was decided by stands beside it.

use std::collections::BTreeMap;
use std::path::Path;

use sekisho_netproof::certificate::{self, Declarations};
use sekisho_netproof::site::Site;
use sekisho_netproof::vendor::Vendor;
use sekisho_netproof::verdict::{DeviceText, Snapshot, Verdict, verify};

/// One site: files and, by question, the answer and why.
struct City {
    name: String,
    files: BTreeMap<String, String>,
    expected: Vec<(String, Verdict, String)>,
}

/// `--- NAME` begins a file; `expect` holds `QUESTION ANSWER reason` in lines.
fn cities() -> Vec<City> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cities");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| city(path)).collect()
}

fn city(path: &Path) -> City {
    let text = std::fs::read_to_string(path).unwrap();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        match line.strip_prefix("--- ") {
            Some(name) => current = name.to_owned(),
            None => {
                let file = files.entry(current.clone()).or_default();
                file.push_str(line);
                file.push('\n');
            }
        }
    }
    let expected = files.remove("expect").unwrap();
    let expected = expected.lines().map(|line| {
        let mut words = line.splitn(3, ' ');
        let (question, answer) = (words.next().unwrap(), words.next().unwrap());
        let answer = match answer {
            "PROVED" => Verdict::Proved,
            "PROVED_UNDER" => Verdict::ProvedUnder,
            "REFUTED" => Verdict::Refuted,
            "UNKNOWN" => Verdict::Unknown,
            other => panic!("{other}"),
        };
        (question.to_owned(), answer, words.next().unwrap().to_owned())
    });
    let expected = expected.collect();
    City { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), files, expected }
}

impl City {
    fn file(&self, name: &str) -> String {
        self.files.get(name).cloned().unwrap_or_default()
    }

    fn site(&self) -> Site {
        let part = |name: &str| self.file(&format!("{name}.toml"));
        Site::parse(&part("zones"), &part("intents"), &part("links"), &part("assumptions")).unwrap()
    }

    fn snapshot(&self) -> Snapshot {
        let devices = self.files.iter().filter_map(|(path, text)| {
            let file = path.strip_prefix("devices/")?;
            let mut parts = file.split('.');
            let (name, language) = (parts.next()?, parts.next()?);
            let vendor = Some(Vendor::from_name(language)).filter(|v| *v != Vendor::Unread);
            Some(DeviceText::new(name, file, vendor, text.as_bytes()))
        });
        Snapshot { devices: devices.collect(), as_of: Some("2026-11-26".into()), ..Snapshot::default() }
    }
}

#[test]
fn every_city_is_answered_as_by_hand() {
    let mut wrong = Vec::new();
    for city in cities() {
        let report = verify(&city.site(), &city.snapshot());
        for (question, answer, because) in &city.expected {
            let finding = report.findings.iter().find(|f| f.id == *question).unwrap();
            if finding.verdict != *answer {
                wrong.push(format!(
                    "{} {question}: {answer:?} ({because}), got {:?} {:?} {:?}",
                    city.name, finding.verdict, finding.packet, finding.reasons
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is proved has a certificate that the other program accepts.
#[test]
fn certificates_of_the_cities_hold() {
    for city in cities() {
        let (site, snapshot) = (city.site(), city.snapshot());
        let report = verify(&site, &snapshot);
        let declared = Declarations {
            zones: city.file("zones.toml"),
            intents: city.file("intents.toml"),
            links: city.file("links.toml"),
            assumptions: city.file("assumptions.toml"),
        };
        let mut files: BTreeMap<String, Vec<u8>> =
            snapshot.devices.iter().map(|d| (d.file.clone(), d.text.clone().into_bytes())).collect();
        for name in ["zones.toml", "intents.toml", "links.toml", "assumptions.toml"] {
            files.insert(name.into(), city.file(name).into_bytes());
        }
        for document in certificate::documents(&site, &snapshot, &declared, &report) {
            let checked = sekisho_netproof_check::check(&document.to_string(), &files);
            assert!(checked.is_ok(), "{}: {checked:?}", city.name);
        }
    }
}
