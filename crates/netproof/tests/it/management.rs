//! Who may reach a device's own services, read from its configuration.

use sekisho_netproof::site::Site;
use sekisho_netproof::verdict::{DeviceText, Finding, Snapshot, Verdict, verify};

const ZONES: &str = r#"
[[zone]]
id = "ad"
kind = "MGMT"
prefixes = ["10.9.0.0/24"]
[[zone]]
id = "in"
kind = "IN"
prefixes = ["10.2.0.0/16"]
"#;

fn ask(file: &str, text: &str, services: &str) -> Finding {
    let intents = format!(
        "[[mgmt]]\nid = \"m\"\ntarget = \"dev\"\nallow_from = [\"10.9.0.0/24\"]\nservice = {services}\n"
    );
    let site = Site::parse(ZONES, &intents, "", "").unwrap();
    let devices = vec![DeviceText::new("dev", file, None, text.as_bytes())];
    let snapshot = Snapshot { devices, state: Vec::new(), as_of: Some("2026-11-26".into()) };
    let report = verify(&site, &snapshot);
    for (device, counts) in report.devices.iter().zip([text]) {
        let lines = device.lowered + device.ignored + device.unknown.len();
        assert_eq!(lines, counts.lines().count(), "every line is counted once");
    }
    report.findings.into_iter().find(|f| f.id == "m").unwrap()
}

fn line_of(finding: &Finding) -> Vec<u32> {
    finding.hops.iter().map(|h| h.line).chain(finding.reasons.iter().map(|r| r.line)).collect()
}

const RTX: &str = "ip lan1 address 10.9.0.1/24\nip lan2 address 10.2.0.1/16\n";

#[test]
fn rtx_lets_anybody_in_by_telnet_unless_told_otherwise() {
    let open = ask("dev.rtx.txt", RTX, "[\"telnet\"]");
    assert_eq!(open.verdict, Verdict::Refuted);
    for (more, verdict) in [
        ("telnetd service off\n", Verdict::Proved),
        ("telnetd host none\n", Verdict::Proved),
        ("telnetd host 10.9.0.1-10.9.0.254\n", Verdict::Proved),
        ("telnetd host 10.9.0.5 10.2.0.7\n", Verdict::Refuted),
        // By address or by interface? Either way 10.2.0.0/16 stays out, but for forged addresses nobody says so.
        ("telnetd host lan\n", Verdict::Refuted),
        ("telnetd host any\n", Verdict::Refuted),
        ("telnetd host gurobaru\n", Verdict::Unknown),
        ("telnetd listen 2323\n", Verdict::Unknown),
    ] {
        assert_eq!(ask("dev.rtx.txt", &format!("{RTX}{more}"), "[\"telnet\"]").verdict, verdict, "{more}");
    }
}

#[test]
fn rtx_ssh_is_off_until_switched_on() {
    assert_eq!(ask("dev.rtx.txt", RTX, "[\"ssh\"]").verdict, Verdict::Proved);
    let on = format!("{RTX}sshd service on\nsshd host key generate *\n");
    let finding = ask("dev.rtx.txt", &on, "[\"ssh\"]");
    assert_eq!(finding.verdict, Verdict::Refuted);
    assert_eq!(
        ask("dev.rtx.txt", &format!("{on}sshd host 10.9.0.5\n"), "[\"ssh\"]").verdict,
        Verdict::Proved
    );
}

/// The reference does not say that `in` filters look at packets for the router itself.
#[test]
fn rtx_filters_alone_prove_nothing_about_the_router_itself() {
    let filtered = format!(
        "{RTX}ip filter 1 reject * 10.2.0.1,10.9.0.1\nip filter 2 pass * *\nip lan2 secure filter in 1 2\n"
    );
    assert_eq!(ask("dev.rtx.txt", &filtered, "[\"telnet\"]").verdict, Verdict::Unknown);
}

#[test]
fn services_that_are_not_read_stay_unknown() {
    assert_eq!(ask("dev.rtx.txt", RTX, "[\"udp/161\"]").verdict, Verdict::Unknown);
}

const IOS: &str = "version 17.3\nhostname dev\nip routing\ninterface Vlan9\n ip address 10.9.0.1 255.255.255.0\ninterface Vlan2\n ip address 10.2.0.1 255.255.0.0\nno ip http server\nno ip http secure-server\n";

#[test]
fn ios_lines_with_a_list_are_proved_and_without_one_refuted() {
    let with = |more: &str, services: &str| ask("dev.ios.txt", &format!("{IOS}{more}"), services);
    let list = "access-list 23 permit 10.9.0.0 0.0.0.255\n";
    let vty = |children: &str| format!("{list}line vty 0 4\n{children}");
    let guarded = vty(" access-class 23 in\n transport input ssh\n login local\n");
    for services in ["[\"ssh\"]", "[\"telnet\"]", "[\"http\", \"https\"]"] {
        assert_eq!(with(&guarded, services).verdict, Verdict::Proved, "{services}");
    }
    let open = with(&vty(" transport input ssh\n"), "[\"ssh\"]");
    assert_eq!(open.verdict, Verdict::Refuted);
    assert!(line_of(&open).contains(&11), "{:?}", line_of(&open));
    assert_eq!(with(&vty(" transport input ssh\n"), "[\"telnet\"]").verdict, Verdict::Proved);
    assert_eq!(with(&vty(" login\n"), "[\"ssh\"]").verdict, Verdict::Unknown);
    assert_eq!(with(&vty(" transport input none\n"), "[\"ssh\"]").verdict, Verdict::Proved);
    // A list that is not there, and a second block without the list.
    assert_eq!(
        with(&vty(" access-class 99 in\n transport input ssh\n"), "[\"ssh\"]").verdict,
        Verdict::Unknown
    );
    let second = format!("{guarded}line vty 5 15\n transport input ssh\n");
    assert_eq!(with(&second, "[\"ssh\"]").verdict, Verdict::Unknown);
}

#[test]
fn ios_web_server() {
    let on = IOS.replace("no ip http server\n", "ip http server\n");
    assert_eq!(ask("dev.ios.txt", &on, "[\"http\"]").verdict, Verdict::Refuted);
    let listed = format!("{on}ip http access-class 23\naccess-list 23 permit 10.9.0.0 0.0.0.255\n");
    assert_eq!(ask("dev.ios.txt", &listed, "[\"http\"]").verdict, Verdict::Proved);
    let silent = IOS.replace("no ip http server\n", "");
    assert_eq!(ask("dev.ios.txt", &silent, "[\"http\"]").verdict, Verdict::Unknown);
}

const ASA: &str = "ASA Version 9.8(2)\nhostname dev\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address 10.2.0.1 255.255.0.0\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n ip address 10.9.0.1 255.255.255.0\n";

#[test]
fn asa_admits_by_line_and_interface() {
    let with = |more: &str, services: &str| ask("dev.asa.txt", &format!("{ASA}{more}"), services).verdict;
    assert_eq!(with("", "[\"ssh\"]"), Verdict::Proved);
    assert_eq!(with("ssh 10.9.0.0 255.255.255.0 inside\nssh timeout 5\n", "[\"ssh\"]"), Verdict::Proved);
    assert_eq!(with("ssh 0.0.0.0 0.0.0.0 outside\n", "[\"ssh\"]"), Verdict::Refuted);
    assert_eq!(with("ssh 10.9.0.0 255.255.255.0 nowhere\n", "[\"ssh\"]"), Verdict::Unknown);
    // Telnet on the lowest level works through a tunnel only.
    assert_eq!(with("telnet 0.0.0.0 0.0.0.0 outside\n", "[\"telnet\"]"), Verdict::Unknown);
    assert_eq!(
        with("http server enable\nhttp 10.2.0.0 255.255.0.0 outside\n", "[\"https\"]"),
        Verdict::Refuted
    );
    assert_eq!(
        with("http server enable\nhttp 10.9.0.0 255.255.255.0 inside\n", "[\"https\"]"),
        Verdict::Proved
    );
}

const FORTIGATE: &str = "#config-version=FGT60F-7.4.4-FW-build1-1:opmode=0:vdom=0:user=admin\nconfig system global\n    set admin-sport 8443\nend\nconfig system admin\n    edit \"admin\"\n        set accprofile \"super_admin\"\n        TRUST\n    next\nend\nconfig system interface\n    edit \"mgmt\"\n        set ip 10.9.0.1 255.255.255.0\n        set allowaccess ping https ssh\n    next\n    edit \"wan1\"\n        set ip 10.2.0.1 255.255.0.0\n        set allowaccess ping WAN\n    next\nend\n";

#[test]
fn fortios_admits_per_interface_and_trusted_host() {
    let with = |wan: &str, trust: &str, services: &str| {
        let text = FORTIGATE.replace("WAN", wan).replace("TRUST", trust);
        ask("dev.fortios.txt", &text, services)
    };
    let free = "set vdom \"root\"";
    let trust = "set trusthost1 10.9.0.0 255.255.255.0";
    assert_eq!(with("snmp", trust, "[\"ssh\"]").verdict, Verdict::Proved);
    let open = with("ssh", free, "[\"ssh\"]");
    assert_eq!(open.verdict, Verdict::Refuted);
    assert!(line_of(&open).contains(&18), "{:?}", line_of(&open));
    assert_eq!(with("ssh", trust, "[\"ssh\"]").verdict, Verdict::Proved);
    // The web pages have moved to another port; nothing answers on the usual one.
    assert_eq!(with("https", free, "[\"tcp/8443\"]").verdict, Verdict::Refuted);
    assert_eq!(with("https", free, "[\"tcp/443\"]").verdict, Verdict::Unknown);
}

/// Local-in policies stand in front: what one refuses for certain is refused, what one accepts may be let in.
#[test]
fn fortios_refuses_by_local_in_policies_in_their_order() {
    let services = "config firewall service custom\n    edit \"SSH\"\n        set tcp-portrange 22\n    next\n    edit \"HTTPS\"\n        set tcp-portrange 443\n    next\nend\n";
    let policy = |words: &str| {
        let set = |word: &str| format!("        set {word}\n");
        let usual = ["intf \"wan1\"", "srcaddr \"all\"", "dstaddr \"all\"", "schedule \"always\""];
        let lines: String = usual.iter().copied().chain(words.split(", ")).map(set).collect();
        format!("    edit 0\n{lines}    next\n")
    };
    let with = |wan: &str, policies: &[&str]| {
        let policies: String = policies.iter().map(|words| policy(words)).collect();
        let unit = FORTIGATE.replace("WAN", wan).replace("TRUST", "set vdom \"root\"");
        let text = format!("{unit}{services}config firewall local-in-policy\n{policies}end\n");
        ask("dev.fortios.txt", &text, "[\"ssh\"]").verdict
    };
    let (deny, accept) = ("service \"SSH\", action deny", "service \"SSH\", action accept");
    assert_eq!(with("ssh", &[deny]), Verdict::Proved);
    assert_eq!(with("ssh", &["service \"SSH\""]), Verdict::Proved, "deny unless it is set");
    assert_eq!(with("ssh", &[deny, accept]), Verdict::Proved, "the first one counts");
    // Another service, another interface, sometimes, switched off, not known, or behind one that accepts.
    for wrong in [
        "service \"HTTPS\", action deny",
        "service \"SSH\", action deny, intf \"mgmt\"",
        "service \"SSH\", action deny, schedule \"weekend\"",
        "service \"SSH\", action deny, srcaddr \"somewhere\"",
        "service \"SSH\", action deny, dstaddr-negate enable",
        "service \"SSH\", action deny, intf \"zone\"",
    ] {
        assert_eq!(with("ssh", &[wrong]), Verdict::Unknown, "{wrong}");
    }
    assert_eq!(with("ssh", &[accept, deny]), Verdict::Unknown);
    assert_eq!(with("ssh", &["service \"SSH\", action deny, status disable"]), Verdict::Refuted);
    // Beyond `allowaccess`, which says nothing of ssh here.
    assert_eq!(with("snmp", &[deny]), Verdict::Proved);
    assert_eq!(with("snmp", &[accept]), Verdict::Unknown);
}

const PAN: &str = "config { devices { localhost { deviceconfig { system { ip-address 10.9.0.2; netmask 255.255.255.0; LISTED } } network { profiles { interface-management-profile { ops { ping yes; https yes; ssh yes; PERMITTED } } } interface { ethernet { ethernet1/1 { layer3 { ip { 10.9.0.1/24; } interface-management-profile ops; } } ethernet1/2 { layer3 { ip { 10.2.0.1/16; } BOUND } } } } virtual-router { default { interface [ ethernet1/1 ethernet1/2 ]; } } } vsys { vsys1 { zone { ad { network { layer3 ethernet1/1; } } in { network { layer3 ethernet1/2; } } } rulebase { security { rules { } } } } } } } }\n";

#[test]
fn panos_admits_by_profile_and_permitted_address() {
    let with = |listed: &str, permitted: &str, bound: &str, services: &str| {
        let text = PAN.replace("LISTED", listed).replace("PERMITTED", permitted).replace("BOUND", bound);
        ask("dev.panos.txt", &text, services).verdict
    };
    let port = "permitted-ip { 10.9.0.0/24; }";
    let ops = "permitted-ip { 10.9.0.0/24; }";
    for services in ["[\"ssh\"]", "[\"https\"]", "[\"telnet\"]"] {
        assert_eq!(with(port, ops, "", services), Verdict::Proved, "{services}");
    }
    // The same profile on the side of the zone that may not: its list still holds.
    let bound = "interface-management-profile ops;";
    assert_eq!(with(port, ops, bound, "[\"ssh\"]"), Verdict::Proved);
    assert_eq!(with(port, "permitted-ip { 10.2.0.0/16; }", bound, "[\"ssh\"]"), Verdict::Refuted);
    // An empty list, one that cannot be read, and a profile that is not there.
    assert_eq!(with(port, "", bound, "[\"ssh\"]"), Verdict::Unknown);
    assert_eq!(with(port, "permitted-ip { somewhere; }", bound, "[\"ssh\"]"), Verdict::Unknown);
    assert_eq!(with(port, ops, "interface-management-profile lost;", "[\"ssh\"]"), Verdict::Unknown);
    // What the profile does not switch on stays shut; what is not read at all is not answered.
    assert_eq!(with(port, "permitted-ip { 10.2.0.0/16; }", bound, "[\"telnet\"]"), Verdict::Proved);
    assert_eq!(with(port, ops, "", "[\"udp/161\"]"), Verdict::Unknown);
}

/// The management port is a way in of its own.
#[test]
fn panos_management_port_has_its_own_list() {
    let with = |listed: &str| {
        let text = PAN
            .replace("LISTED", listed)
            .replace("PERMITTED", "permitted-ip { 10.9.0.0/24; }")
            .replace("BOUND", "")
            .replace("ip-address 10.9.0.2", "ip-address 10.2.0.2")
            .replace("netmask 255.255.255.0", "netmask 255.255.0.0");
        ask("dev.panos.txt", &text, "[\"ssh\"]").verdict
    };
    assert_eq!(with(""), Verdict::Unknown);
    assert_eq!(with("permitted-ip { 10.2.0.0/16; }"), Verdict::Unknown);
    assert_eq!(with("permitted-ip { 10.9.0.0/24; }"), Verdict::Proved);
    assert_eq!(with("service { disable-ssh yes; }"), Verdict::Proved);
    let silent = PAN.replace("ip-address 10.9.0.2; netmask 255.255.255.0; LISTED", "hostname fw;");
    let silent = silent.replace("PERMITTED", "permitted-ip { 10.9.0.0/24; }").replace("BOUND", "");
    assert_eq!(ask("dev.panos.txt", &silent, "[\"ssh\"]").verdict, Verdict::Unknown);
}

const AX: &str = "hostname dev\ninterface vlan 9\n ip address 10.9.0.1 255.255.255.0\ninterface vlan 2\n ip address 10.2.0.1 255.255.0.0\nip access-list standard REMOTE\n 10 permit 10.9.0.0 0.0.0.255\nline vty 0 2\nLISTED";

#[test]
fn alaxala_lines_with_a_list_are_proved_where_the_guide_was_read() {
    let with = |listed: &str, model: &str| {
        let intents = "[[mgmt]]\nid = \"m\"\ntarget = \"dev\"\nallow_from = [\"10.9.0.0/24\"]\nservice = [\"ssh\", \"telnet\"]\n";
        let zones = format!("{ZONES}[[device]]\nname = \"dev\"\nvendor = \"alaxala\"\nmodel = \"{model}\"\n");
        let site = Site::parse(&zones, intents, "", "").unwrap();
        let text = AX.replace("LISTED", listed);
        let devices = vec![DeviceText::new("dev", "dev.alaxala.txt", None, text.as_bytes())];
        let snapshot = Snapshot { devices, state: Vec::new(), as_of: Some("2026-11-26".into()) };
        verify(&site, &snapshot).findings.into_iter().find(|f| f.id == "m").unwrap().verdict
    };
    assert_eq!(with(" ip access-group REMOTE in\n", "AX8300S"), Verdict::Proved);
    assert_eq!(with("", "AX8300S"), Verdict::Unknown);
    assert_eq!(with(" ip access-group LOST in\n", "AX8300S"), Verdict::Unknown);
    assert_eq!(with(" ip access-group REMOTE in\nline vty 3 5\n", "AX8300S"), Verdict::Unknown);
    assert_eq!(with(" ip access-group REMOTE in\n", "AX3660S"), Verdict::Unknown);
}
