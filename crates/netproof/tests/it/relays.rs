//! Devices that send on to a server what hosts broadcast (DHCP relay, helper addresses): the destination is made anew,
//! and no list of the device looks at it.

use sekisho_netproof::verdict::{Finding, Verdict};

use crate::never_bare::{Case, assume, case};

const IOS: &str = "version 17.3\nhostname core\nip routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group GUARD in\n ip helper-address SERVER\n!\nip access-list extended GUARD\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n";
const ALAXALA: &str = "interface vlan 10\n ip address 10.1.0.1 255.255.255.0\n!\ninterface vlan 20\n ip address 10.2.0.1 255.255.255.0\n ip access-group GUARD in\n ip helper-address SERVER\n!\nip access-list extended GUARD\n 10 deny ip any 10.1.0.0 0.0.255.255\n 20 permit ip any any\n";
const AWPLUS: &str = "access-list hardware GUARD\n 4 deny ip any 10.1.0.0/16\n!\ninterface port1.0.1\n switchport mode access\n switchport access vlan 20\n access-group GUARD\n!\ninterface vlan10\n ip address 10.1.0.1/24\n!\ninterface vlan20\n ip address 10.2.0.1/24\n ip dhcp-relay server-address SERVER\n";
const RTX: &str = "ip lan1 address 10.1.0.1/24\nip lan2 address 10.2.0.1/24\nip filter 1 reject * 10.1.0.0/16\nip filter 2 pass * *\nip lan2 secure filter in 1 2\ndhcp service relay\ndhcp relay server SERVER\n";
const FORTIOS: &str = "#config-version=FGT60F-7.4.3-FW-build2571-240000:opmode=0:vdom=0:user=admin\nconfig system interface\n    edit \"ju\"\n        set vdom \"root\"\n        set ip 10.1.0.1 255.255.255.0\n    next\n    edit \"in\"\n        set vdom \"root\"\n        set ip 10.2.0.1 255.255.255.0\n        set dhcp-relay-service enable\n        set dhcp-relay-ip \"SERVER\"\n    next\nend\n";
const ASA: &str = "ASA Version 9.16(3)\ninterface Gi0/0\n nameif ju\n security-level 100\n ip address 10.1.0.1 255.255.255.0\ninterface Gi0/1\n nameif in\n security-level 0\n ip address 10.2.0.1 255.255.255.0\ndhcprelay server SERVER ju\ndhcprelay enable in\n";
const PANOS: &str = "config {\n devices {\n l {\n network { interface { ethernet { ethernet1/1 { layer3 { ip { 10.1.0.1/24; } } } ethernet1/2 { layer3 { ip { 10.2.0.1/24; } } } } }\n virtual-router { v { interface [ ethernet1/1 ethernet1/2 ]; } }\n dhcp { interface { ethernet1/2 { relay { ip { enabled yes;\n server [ SERVER ];\n } } } } } }\n vsys { vsys1 { zone { ju { network { layer3 ethernet1/1; } } in { network { layer3 ethernet1/2; } } } rulebase { security { rules { } } } } }\n }\n }\n}\n";

/// (file, configuration, how its line about the server begins)
const DEVICES: [(&str, &str, &str); 7] = [
    ("core.ios.txt", IOS, "ip helper-address"),
    ("ax.alaxala.txt", ALAXALA, "ip helper-address"),
    ("sw.awplus.txt", AWPLUS, "ip dhcp-relay"),
    ("rt.rtx.txt", RTX, "dhcp relay server"),
    ("fw.fortios.conf", FORTIOS, "set dhcp-relay-ip"),
    ("fw.asa.txt", ASA, "dhcprelay server"),
    ("pa.panos.txt", PANOS, "server ["),
];

fn with<'a>(file: &'a str, text: &str, server: &str) -> Case<'a> {
    let text = text.replace("SERVER", server);
    let mut c = case(&[(file, text.as_str())]);
    c.zones.push_str(
        "[[device]]\nname = \"ax\"\nmodel = \"AX8600R\"\n"
            .replace("\"ax\"", &format!("{:?}", file.split('.').next().unwrap_or_default()))
            .as_str(),
    );
    c
}

#[test]
fn a_server_in_the_other_zone_is_a_way_there() {
    for (file, text, begins) in DEVICES {
        let own = with(file, text, "10.2.0.7").finding();
        assert_eq!(own.verdict, Verdict::Proved, "{file} {:?}", own.reasons);
        let finding: Finding = with(file, text, "10.1.0.7").finding();
        assert_eq!(finding.verdict, Verdict::Unknown, "{file}");
        let named = finding.reasons.iter().any(|r| r.line > 0 && r.text.starts_with(begins));
        assert!(named, "{file} {:?}", finding.reasons);
    }
}

#[test]
fn the_city_may_answer_for_the_line() {
    let mut c = with("core.ios.txt", IOS, "10.1.0.7");
    c.assumptions = assume("line", "device = \"core\"\ntext = \"ip helper-address 10.1.0.7\"");
    assert_eq!(c.verdict(), Verdict::ProvedUnder);
}
