//! Whole sites as a stranger hands them in, ordinary lines included. Every answer was decided by hand before the tool was
//! asked; what it was decided by stands beside it.

use std::collections::BTreeMap;
use std::path::Path;

use sekisho_netproof::certificate::{self, Declarations};
use sekisho_netproof::site::Site;
use sekisho_netproof::vendor::Vendor;
use sekisho_netproof::verdict::{DeviceText, Finding, Snapshot, Verdict, verify};

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

/// The answer to one question of a city after `old` in one of its devices became `new`.
fn changed(name: &str, old: &str, new: &str, question: &str) -> Finding {
    let mut city = city(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cities/{name}.case")));
    let found =
        city.files.iter_mut().filter(|(file, text)| file.starts_with("devices/") && text.contains(old));
    let text = found.map(|(_, text)| text).next().unwrap();
    *text = text.replacen(old, new, 1);
    let report = verify(&city.site(), &city.snapshot());
    report.findings.into_iter().find(|f| f.id == question).unwrap()
}

#[test]
fn a_witness_is_one_that_the_device_does_not_drop() {
    let refuted = changed("fg-rpf", "set srcaddr \"old\"", "set srcaddr \"all\"", "pt-lg");
    assert_eq!(refuted.verdict, Verdict::Refuted);
    assert!(refuted.packet.unwrap().src.starts_with("192.168.77."));
    // Switched off, the spoofed one passes.
    for off in ["set src-check disable\n        set type", "set type"] {
        let interface = "set ip 192.168.77.1 255.255.255.0\n        set type";
        let new = interface.replace("set type", off);
        let expected = if off.contains("src-check") { Verdict::Refuted } else { Verdict::Unknown };
        assert_eq!(changed("fg-rpf", interface, &new, "pt-lg").verdict, expected);
    }
}

#[test]
fn what_joins_tables_of_vrfs_is_never_silent() {
    let vrf = "vrf definition 3\n";
    let inside = format!("{vrf}  import inter-vrf 10\n");
    assert_eq!(changed("ax8600-core", vrf, &inside, "in-ju").verdict, Verdict::Unknown);
    let gone = "  vrf forwarding 3\n";
    assert_eq!(changed("ax8600-core", gone, "", "in-ju").verdict, Verdict::Refuted);
    let route = "ip route vrf IN 0.0.0.0/0 10.254.0.9\n";
    let across = format!("{route}ip route vrf IN 10.1.0.0/17 vlan101\n");
    assert_eq!(changed("multi", route, &across, "in-ju").verdict, Verdict::Refuted);
    let next_hop = format!("{route}ip route vrf IN 10.1.0.0/17 10.1.0.99\n");
    assert_eq!(changed("multi", route, &next_hop, "in-ju").verdict, Verdict::Unknown);
    let imported = "ip vrf IN 3\n route-target import 1:1\n";
    assert_eq!(changed("multi", "ip vrf IN 3\n", imported, "in-ju").verdict, Verdict::Unknown);
}

#[test]
fn an_interface_without_an_address_is_none_of_ipv4() {
    let silent = "interface Vlan1\n no ip address\n";
    assert_eq!(changed("ios-cbac", silent, silent, "in-lg").verdict, Verdict::Proved);
    // Without the line nothing says so.
    assert_eq!(changed("ios-cbac", silent, "interface Vlan1\n", "ex-in").verdict, Verdict::Unknown);
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
