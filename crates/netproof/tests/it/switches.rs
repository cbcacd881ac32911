//! Layer 3 switches: which list looks at a packet depends on the port it came in by, and trunks are ports too.

use sekisho_netproof::site::Site;
use sekisho_netproof::vendor::Vendor;
use sekisho_netproof::verdict::{DeviceText, Finding, Snapshot, Verdict, verify};

use crate::never_bare::{ZONES, case};

/// An IOS switch between the zones. `ports` stand before, `more` behind the VLAN interfaces.
fn catalyst(ports: &str, on_vlan20: &str, more: &str) -> Verdict {
    let text = format!(
        "version 17.3\nhostname core\nip routing\n{ports}interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n{on_vlan20}!\n{more}ip access-list extended GUARD\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\nip access-list extended OPEN\n permit ip any any\n"
    );
    case(&[("core.cfg", &text)]).verdict()
}

fn access(list: &str) -> String {
    let bound = if list.is_empty() { String::new() } else { format!(" ip access-group {list} in\n") };
    format!("interface GigabitEthernet1/0/1\n switchport mode access\n switchport access vlan 20\n{bound}!\n")
}

fn trunk(list: &str) -> String {
    let bound = if list.is_empty() { String::new() } else { format!(" ip access-group {list} in\n") };
    format!(
        "interface GigabitEthernet1/0/24\n switchport mode trunk\n switchport trunk allowed vlan 10,20\n{bound}!\n"
    )
}

#[test]
fn a_trunk_goes_past_the_lists_of_access_ports() {
    assert_eq!(catalyst(&access("GUARD"), "", ""), Verdict::Proved);
    let with_trunk = access("GUARD") + &trunk("");
    assert_eq!(catalyst(&with_trunk, "", ""), Verdict::Refuted);
    let guarded = access("GUARD") + &trunk("GUARD");
    assert_eq!(catalyst(&guarded, "", ""), Verdict::Proved);
    // One of two trunks without a list: a packet may come by it.
    let second = trunk("").replace("1/0/24", "1/0/23");
    assert_ne!(catalyst(&(guarded + &second), "", ""), Verdict::Proved);
    let bound = " ip access-group GUARD in\n";
    assert_eq!(catalyst(&(access("") + &trunk("")), bound, ""), Verdict::Proved);
}

/// Whether the list of the VLAN interface looks at what a port's list passed depends on the switch.
#[test]
fn lists_of_port_and_vlan_may_be_merged_or_not() {
    let bound = " ip access-group GUARD in\n";
    assert_eq!(catalyst(&access("OPEN"), bound, ""), Verdict::Unknown);
    assert_eq!(catalyst(&access("GUARD"), bound, ""), Verdict::Proved);
    assert_eq!(catalyst(&access("OPEN"), "", ""), Verdict::Refuted);
}

#[test]
fn ports_without_words_are_in_vlan_1() {
    let text = |port: &str| {
        format!(
            "version 17.3\nip routing\ninterface GigabitEthernet1/0/1\n switchport mode access\n ip access-group GUARD in\n!\n{port}interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n!\ninterface Vlan1\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n!\nip access-list extended GUARD\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n"
        )
    };
    assert_eq!(case(&[("core.cfg", &text(""))]).verdict(), Verdict::Proved);
    let silent = text("interface GigabitEthernet1/0/2\n!\n");
    assert_ne!(case(&[("core.cfg", &silent)]).verdict(), Verdict::Proved);
}

#[test]
fn policy_routing_of_a_vlan_sees_packets_of_its_ports() {
    let edge = "version 17.3\nhostname edge\nip routing\ninterface GigabitEthernet1/0/1\n switchport mode access\n switchport access vlan 20\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n POLICY\n!\ninterface Vlan99\n ip address 10.99.0.1 255.255.255.252\n no ip proxy-arp\n!\nroute-map OUT permit 10\n set ip next-hop 10.99.0.2\n";
    let inner = "version 17.3\nhostname inner\nip routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\ninterface Vlan99\n ip address 10.99.0.2 255.255.255.252\n no ip proxy-arp\n";
    let ask =
        |policy: &str| case(&[("edge.cfg", &edge.replace("POLICY", policy)), ("inner.cfg", inner)]).verdict();
    assert_eq!(ask("no ip redirects"), Verdict::Proved);
    assert_eq!(ask("ip policy route-map OUT"), Verdict::Unknown, "as long as the next hop answers");
}

#[test]
fn translation_on_a_vlan_sees_packets_of_its_ports() {
    let nat = "interface GigabitEthernet0/1\n ip address 10.3.0.1 255.255.255.0\n!\nip nat inside source static 10.1.0.9 10.2.0.50\n";
    let on = " ip nat outside\n ip access-group GUARD in\n";
    assert_eq!(catalyst(&access(""), " ip access-group GUARD in\n", nat), Verdict::Proved);
    assert_eq!(catalyst(&access(""), on, nat), Verdict::Refuted);
}

#[test]
fn a_switchport_line_nobody_reads_may_join_vlans() {
    let port = "interface GigabitEthernet1/0/24\n switchport mode trunk\n switchport trunk allowed vlan 10,20\n switchport vlan mapping 20 10\n!\n";
    assert_eq!(catalyst(port, " ip access-group GUARD in\n", ""), Verdict::Unknown);
}

fn alaxala(ports: &str) -> Verdict {
    let text = format!(
        "vlan 10,20\n!\n{ports}interface vlan 10\n ip address 10.1.0.1 255.255.255.0\n!\ninterface vlan 20\n ip address 10.2.0.1 255.255.255.0\n!\nip access-list extended GUARD\n 10 deny ip any 10.1.0.0 0.0.255.255\n 20 permit ip any any\n"
    );
    let mut c = case(&[("ax.alaxala", &text)]);
    c.zones = format!("{ZONES}[[device]]\nname = \"ax\"\nmodel = \"AX8600R\"\n");
    c.verdict()
}

#[test]
fn an_outbound_list_on_one_port_leaves_the_others_open() {
    let port = |n: u8, bound: &str| {
        format!(
            "interface gigabitethernet 1/{n}\n switchport mode access\n switchport access vlan 10\n{bound}!\n"
        )
    };
    let list = " ip access-group GUARD out\n";
    assert_eq!(alaxala(&port(1, list)), Verdict::Proved);
    assert_ne!(alaxala(&(port(1, list) + &port(2, ""))), Verdict::Proved);
    assert_eq!(alaxala(&(port(1, list) + &port(2, list))), Verdict::Proved);
    let inward = " ip access-group GUARD in\n";
    let other = |n: u8, bound: &str| port(n, bound).replace("vlan 10", "vlan 20");
    assert_eq!(alaxala(&other(3, inward)), Verdict::Proved);
    assert_eq!(alaxala(&(other(3, inward) + &other(4, ""))), Verdict::Refuted);
}

fn awplus(ports: &str, more: &str) -> Finding {
    let text = format!(
        "vlan database\n vlan 10,20 state enable\n!\naccess-list hardware GUARD\n 4 deny ip any 10.1.0.0/16\n!\n{ports}interface vlan10\n ip address 10.1.0.1/24\n!\ninterface vlan20\n ip address 10.2.0.1/24\n{more}"
    );
    case(&[("sw.awplus", &text)]).finding()
}

#[test]
fn hardware_lists_belong_on_trunks_too() {
    let access =
        "interface port1.0.1\n switchport mode access\n switchport access vlan 20\n access-group GUARD\n!\n";
    let trunk = "interface port1.0.2\n switchport mode trunk\n switchport trunk allowed vlan add 10,20\n switchport trunk native vlan none\n!\n";
    assert_eq!(awplus(access, "").verdict, Verdict::Proved);
    assert_eq!(awplus(&format!("{access}{trunk}"), "").verdict, Verdict::Refuted);
    let bound = trunk.replace(" switchport mode trunk\n", " switchport mode trunk\n access-group GUARD\n");
    assert_eq!(awplus(&format!("{access}{bound}"), "").verdict, Verdict::Proved);
}

/// A router that answers ARP for other networks takes in packets of a wire with a wide mask.
#[test]
fn proxy_arp_of_alliedware_plus() {
    let wide = "interface vlan30\n ip address 10.2.9.1/24\n!\ninterface vlan20\n ip address 10.1.200.1/16\n";
    let inner = |arp: &str| {
        format!(
            "interface vlan21\n ip address 10.2.0.1/24\n{arp}!\ninterface vlan10\n ip address 10.1.0.1/24\n"
        )
    };
    let ask = |arp: &str| {
        let text = inner(arp);
        let mut c = case(&[("wide.awplus", wide), ("inner.awplus", &text)]);
        c.links = "[[link]]\nends = [\"wide:vlan20\", \"inner:vlan21\"]\n".into();
        c.zones = ZONES
            .replace("kind = \"IN\"", "kind = \"IN\"\ninterfaces = [\"wide:vlan30\"]")
            .replace("kind = \"JU\"", "kind = \"JU\"\ninterfaces = [\"inner:vlan10\"]");
        c.zones.push_str("[[zone]]\nid = \"tr\"\nkind = \"TRANSIT\"\ninterfaces = [\"wide:vlan20\"]\nprefixes = [\"10.3.0.0/16\"]\n");
        c.verdict()
    };
    assert_eq!(ask(""), Verdict::Proved);
    assert_eq!(ask(" ip proxy-arp\n"), Verdict::Unknown);
}

#[test]
fn an_application_the_device_may_bring_along_is_not_taken_for_undefined() {
    let router = |rule: &str| {
        let text = format!(
            "zone in\n network lan\n  ip subnet 10.2.0.0/24\nzone ju\n network lan\n  ip subnet 10.1.0.0/24\ninterface vlan10\n ip address 10.1.0.1/24\ninterface vlan20\n ip address 10.2.0.1/24\nfirewall\n rule 10 {rule}\n protect\n"
        );
        case(&[("ar.awplus", &text)]).finding()
    };
    assert_eq!(router("permit any from ju to in").verdict, Verdict::Proved);
    let builtin = router("permit imap from in to ju");
    assert_eq!(builtin.verdict, Verdict::Unknown);
    assert!(builtin.reasons.iter().any(|r| r.text.contains("permit imap")), "{:?}", builtin.reasons);
    assert_eq!(router("permit https from in to ju").verdict, Verdict::Refuted);
    assert_eq!(router("permit any from in to nowhere").verdict, Verdict::Proved, "an undefined entity");
}

/// A core switch has hundreds of networks that nobody puts into a zone: what is behind them may go anywhere by any of
/// them, and the declared ones are decided all the same.
#[test]
fn hundreds_of_undeclared_networks_leave_the_declared_ones_decided() {
    let zones = "[[zone]]\nid = \"ju\"\nprefixes = [\"10.0.0.0/24\"]\n[[zone]]\nid = \"lg\"\nprefixes = [\"10.0.1.0/24\"]\n[[zone]]\nid = \"ex\"\nkind = \"EX\"\nprefixes = [\"0.0.0.0/0 - zones\"]\n";
    let intents = "[[deny]]\nid = \"lg-ju\"\nfrom = \"lg\"\nto = \"ju\"\n[[deny]]\nid = \"ex-ju\"\nfrom = \"ex\"\nto = \"ju\"\n[[deny]]\nid = \"ju-lg\"\nfrom = \"ju\"\nto = \"lg\"\n";
    let mut switch = String::from("version 17.3\nhostname core\nip routing\n");
    for number in 0..600 {
        let (high, low) = (number / 200, number % 200);
        let list = if number == 0 { "JU" } else { "REST" };
        switch.push_str(&format!(
            "interface Vlan{}\n ip address 10.{high}.{low}.1 255.255.255.0\n ip access-group {list} in\n!\n",
            100 + number
        ));
    }
    switch.push_str("ip access-list extended JU\n permit ip any any\nip access-list extended REST\n deny ip any 10.0.0.0 0.0.0.255\n permit ip any any\nend\n");
    let site = Site::parse(zones, intents, "", "").unwrap();
    let device = DeviceText::new("core", "core.cfg", Some(Vendor::CiscoIos), switch.as_bytes());
    let report = verify(&site, &Snapshot { devices: vec![device], ..Snapshot::default() });
    let answers: Vec<_> = report.findings.iter().map(|f| (f.id.as_str(), f.verdict)).collect();
    let expected = [("lg-ju", Verdict::Proved), ("ex-ju", Verdict::Proved), ("ju-lg", Verdict::Refuted)];
    assert_eq!(answers, expected, "{:?}", report.findings[0].reasons);
}
