//! The flow rules of the national models: which become questions, which are read from the register, which are
//! decided elsewhere; and indirect ways through declared relays.

use std::collections::BTreeSet;

use sekisho_netproof::site::Site;
use sekisho_netproof::templates::{self, LEDGER_RULES};
use sekisho_netproof::verdict::{DeviceText, Snapshot, Verdict, verify};

const KINDS: [&str; 9] = ["JU", "LG", "IN", "KO", "SC", "EX", "LGWAN", "CL", "PT"];

fn everything(model: &str) -> Site {
    let zones: String = (0..)
        .zip(KINDS)
        .map(|(n, kind)| {
            format!("[[zone]]\nid = \"{kind}\"\nkind = \"{kind}\"\nprefixes = [\"10.{n}.0.0/16\"]\n")
        })
        .collect();
    Site::parse(&format!("model = \"{model}\"\n{zones}"), "", "", "").unwrap()
}

#[test]
fn every_flow_rule_has_a_place() {
    for model in ["alpha", "alpha-prime"] {
        let site = everything(model);
        let mut rules: BTreeSet<String> = LEDGER_RULES.iter().map(|r| (*r).to_owned()).collect();
        rules.extend(site.intents.deny.iter().map(|d| d.basis.clone()));
        rules.extend(site.intents.only.iter().map(|d| d.basis.clone()));
        assert!(site.intents.no_dual_homing);
        rules.insert("F19".into());
        rules.extend(templates::elsewhere(&site).iter().map(|e| e.rule.to_owned()));
        let all: BTreeSet<String> = (1..=28).map(|n| format!("F{n:02}")).collect();
        assert_eq!(rules, all, "{model}");
    }
    // Without a model nothing is added.
    assert!(templates::elsewhere(&Site::parse("[[zone]]\nid = \"a\"\n", "", "", "").unwrap()).is_empty());
}

#[test]
fn the_models_differ_in_the_local_breakout() {
    let closed = |model: &str| everything(model).intents.deny.iter().any(|d| d.id == "F14:LG→EX");
    assert!(closed("alpha") && !closed("alpha-prime"));
    let only = everything("alpha-prime");
    assert!(only.intents.only.iter().any(|o| o.id == "F14:LG→EX"));
    for never in ["F05:JU→EX", "F05:EX→JU", "F05:IN→JU", "F05:JU→IN"] {
        assert!(only.intents.deny.iter().any(|d| d.id == never), "{never}");
    }
}

fn problems(allow: &str) -> BTreeSet<String> {
    let zones = "model = \"alpha-prime\"\n[[zone]]\nid = \"ju\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/16\"]\n[[zone]]\nid = \"lg\"\nkind = \"LG\"\nprefixes = [\"10.2.0.0/16\"]\nrelays = [\"10.2.9.9\"]\n[[zone]]\nid = \"in\"\nkind = \"IN\"\nprefixes = [\"10.3.0.0/16\"]\n[[zone]]\nid = \"ex\"\nkind = \"EX\"\nprefixes = [\"0.0.0.0/0 - zones\"]\n";
    let intents = format!("[[allow]]\nid = \"S\"\n{allow}");
    let site = Site::parse(zones, &intents, "", "").unwrap();
    templates::ledger(&site, Some("2026-11-25")).into_iter().map(|f| f.basis).collect()
}

#[test]
fn the_register_is_read_by_its_rules() {
    let good = "until = \"2027-03-31\"\nowner = \"税務課\"\nbasis = \"決裁 1\"\nservice = \"tcp/443\"\n";
    let set = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(problems(&format!("from = \"ju:10.1.0.5\"\nto = \"lg:10.2.0.5\"\n{good}")), set(&[]));
    assert_eq!(problems(&format!("from = \"ju\"\nto = \"lg:10.2.0.5\"\n{good}")), set(&["F02"]));
    assert_eq!(
        problems("from = \"ju:10.1.0.5\"\nto = \"lg:10.2.0.5\"\nservice = \"any\"\n"),
        set(&["F02", "F25"])
    );
    assert_eq!(problems(&format!("from = \"ju:10.1.0.5\"\nto = \"in:10.3.0.5\"\n{good}")), set(&["F03"]));
    assert_eq!(problems(&format!("from = \"in:10.3.0.5\"\nto = \"lg:10.2.0.5\"\n{good}")), set(&["F08"]));
    assert_eq!(problems(&format!("from = \"in:10.3.0.5\"\nto = \"lg:10.2.9.9\"\n{good}")), set(&[]));
    assert_eq!(problems(&format!("from = \"in\"\nto = \"lg:10.2.9.9\"\n{good}")), set(&["F12"]));
    assert_eq!(problems(&format!("from = \"lg:10.2.0.5\"\nto = \"ex\"\n{good}")), set(&["F14"]));
    let late = good.replace("2027-03-31", "2026-11-24");
    assert_eq!(problems(&format!("from = \"ju:10.1.0.5\"\nto = \"lg:10.2.0.5\"\n{late}")), set(&["F22"]));
}

const ZONES: &str = "[[zone]]\nid = \"ju\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/24\"]\n[[zone]]\nid = \"lg\"\nkind = \"LG\"\nprefixes = [\"10.2.0.0/24\"]\n[[zone]]\nid = \"ex\"\nkind = \"EX\"\nprefixes = [\"203.0.113.0/24\"]\ninterfaces = [\"core:GigabitEthernet0/0/2\"]\n";
const INTENTS: &str = "[[deny]]\nid = \"plain\"\nfrom = \"ju\"\nto = \"ex\"\n[[deny]]\nid = \"indirect\"\nfrom = \"ju\"\nto = \"ex\"\nthrough_relays = true\n";
/// JU reaches one host of LG, that host reaches outside.
const CORE: &str = "version 17.3\nhostname core\nip routing\ninterface GigabitEthernet0/0/0\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group A in\ninterface GigabitEthernet0/0/1\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group B in\ninterface GigabitEthernet0/0/2\n ip address 203.0.113.1 255.255.255.0\n no ip proxy-arp\nip access-list extended A\n permit tcp any host 10.2.0.9 eq 443\nip access-list extended B\n permit tcp host 10.2.0.9 any eq 443\n";

fn answers(zones: &str, core: &str) -> (Verdict, Verdict) {
    let site = Site::parse(zones, INTENTS, "", "").unwrap();
    let devices = vec![DeviceText::new("core", "core.ios.cfg", None, core.as_bytes())];
    let report = verify(&site, &Snapshot { devices, ..Snapshot::default() });
    let of = |id: &str| report.findings.iter().find(|f| f.id == id).unwrap().verdict;
    (of("plain"), of("indirect"))
}

#[test]
fn a_chain_through_declared_relays_is_no_proof() {
    assert_eq!(answers(ZONES, CORE), (Verdict::Proved, Verdict::Proved), "nothing declares a relay");
    let relay = ZONES
        .replace("prefixes = [\"10.2.0.0/24\"]", "prefixes = [\"10.2.0.0/24\"]\nrelays = [\"10.2.0.9\"]");
    let (plain, indirect) = answers(&relay, CORE);
    assert_eq!(plain, Verdict::Proved);
    assert_eq!(indirect, Verdict::Refuted, "every part of the chain is certain");
    // The relay is kept from going on.
    let cut = CORE.replace(" permit tcp host 10.2.0.9 any eq 443", " deny ip any any");
    assert_eq!(answers(&relay, &cut), (Verdict::Proved, Verdict::Proved));
    // One box with a leg on either side needs no route between them.
    let legs =
        format!("{ZONES}[[relay]]\nname = \"gateway\"\nlegs = [\"lg:10.2.0.9\", \"ex:203.0.113.9\"]\n");
    let (plain, indirect) = answers(&legs, &cut);
    assert_eq!(plain, Verdict::Proved);
    assert_ne!(indirect, Verdict::Proved);
}
