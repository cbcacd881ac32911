//! Situations in which an answer may not be a bare PROVED, each next to its declared twin that may.

use sekisho_netproof::site::Site;
use sekisho_netproof::vendor::Vendor;
use sekisho_netproof::vendor::captured::TableKind;
use sekisho_netproof::verdict::{CapturedText, DeviceText, Finding, Report, Snapshot, Verdict, verify};

pub const ZONES: &str = r#"
[[zone]]
id = "ju"
kind = "JU"
prefixes = ["10.1.0.0/16"]
[[zone]]
id = "in"
kind = "IN"
prefixes = ["10.2.0.0/16"]
"#;
const DENY: &str = "[[deny]]\nid = \"d\"\nfrom = \"in\"\nto = \"ju\"\n";

#[derive(Default)]
pub struct Case<'a> {
    pub zones: String,
    pub intents: String,
    pub links: String,
    pub assumptions: String,
    pub devices: Vec<(&'a str, String)>,
    pub state: Vec<(&'a str, &'a str)>,
}

pub fn case<'a>(devices: &[(&'a str, &str)]) -> Case<'a> {
    Case {
        zones: ZONES.into(),
        intents: DENY.into(),
        devices: devices.iter().map(|(n, t)| (*n, (*t).to_owned())).collect(),
        ..Case::default()
    }
}

impl Case<'_> {
    pub fn report(&self) -> Report {
        let site = Site::parse(&self.zones, &self.intents, &self.links, &self.assumptions).unwrap();
        let devices = self.devices.iter().map(|(file, text)| {
            let name = file.split('.').next().unwrap();
            let vendor = file.split('.').skip(1).map(Vendor::from_name).find(|v| *v != Vendor::Unread);
            DeviceText::new(name, file, vendor, text.as_bytes())
        });
        let state = self.state.iter().map(|(device, text)| CapturedText {
            device: (*device).into(),
            file: format!("{device}.route.txt"),
            kind: TableKind::Route,
            text: (*text).into(),
        });
        let as_of = Some("2026-11-25".into());
        verify(&site, &Snapshot { devices: devices.collect(), state: state.collect(), as_of })
    }

    pub fn finding(&self) -> Finding {
        self.report().findings.into_iter().find(|f| f.id == "d").unwrap()
    }

    pub fn verdict(&self) -> Verdict {
        let finding = self.finding();
        if finding.verdict == Verdict::Unknown {
            assert!(!finding.reasons.is_empty());
        }
        finding.verdict
    }
}

pub fn assume(about: &str, more: &str) -> String {
    format!(
        "[[assumption]]\nid = \"A\"\nowner = \"情報政策課\"\nbasis = \"回答書\"\nuntil = \"2027-03-31\"\nabout = \"{about}\"\n{more}\n\
         [[assumption]]\nid = \"B\"\nowner = \"情報政策課\"\nbasis = \"使わない\"\nuntil = \"2027-03-31\"\nabout = \"object\"\nname = \"x\"\n"
    )
}

/// An IOS switch between the zones; the list on the internet side drops everything for JU.
const CORE: &str = "version 17.3\nhostname core\nip routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n ip access-group GUARD in\n!\nip access-list extended GUARD\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n";

#[test]
fn the_clean_twin_is_proved() {
    assert_eq!(case(&[("core.cfg", CORE)]).verdict(), Verdict::Proved);
}

#[test]
fn interface_without_declared_segment() {
    let core = format!("{CORE}interface Vlan90\n ip address 10.9.0.1 255.255.255.0\nip route 10.1.77.0 255.255.255.0 Vlan90\n")
        .replace("deny ip any 10.1.0.0 0.0.255.255", "deny ip any 10.1.0.0 0.0.0.255");
    let mut c = case(&[("core.cfg", &core)]);
    assert_eq!(c.verdict(), Verdict::Unknown);
    c.assumptions = assume("closed-interface", "device = \"core\"\ninterface = \"Vlan90\"");
    let finding = c.finding();
    assert_eq!(finding.verdict, Verdict::ProvedUnder);
    assert_eq!(finding.assumptions, ["A"], "only what the proof uses");
    // What nobody declared any more does not count.
    c.assumptions = c.assumptions.replace("2027-03-31", "2026-11-24");
    assert_eq!(c.verdict(), Verdict::Unknown);
}

#[test]
fn next_hop_outside_the_inventory() {
    let core = format!("{CORE}ip route 10.1.50.0 255.255.255.0 10.2.0.99\n")
        .replace("deny ip any 10.1.0.0 0.0.255.255", "deny ip any 10.1.0.0 0.0.0.255");
    let mut c = case(&[("core.cfg", &core)]);
    assert_eq!(c.verdict(), Verdict::Unknown);
    c.assumptions = assume("router", "address = \"10.2.0.99\"\nzone = \"in\"");
    assert_eq!(c.verdict(), Verdict::ProvedUnder);
}

#[test]
fn one_prefix_in_two_zones() {
    let mut c = case(&[("core.cfg", CORE)]);
    c.zones = ZONES.replace("10.2.0.0/16\"", "10.2.0.0/16\", \"10.1.0.0/24\"");
    assert_ne!(c.verdict(), Verdict::Proved);
}

#[test]
fn one_vlan_in_two_zones() {
    let other = "version 17.3\nhostname sw2\nip routing\ninterface Vlan10\n ip address 10.2.7.1 255.255.255.0\n no ip proxy-arp\n";
    let mut c = case(&[("core.cfg", CORE), ("sw2.cfg", other)]);
    assert_eq!(c.verdict(), Verdict::Unknown);
    c.assumptions = assume("separate-vlan", "interfaces = [\"core:Vlan10\", \"sw2:Vlan10\"]");
    assert_eq!(c.verdict(), Verdict::ProvedUnder);
    let apart = other.replace("Vlan10", "Vlan11");
    assert_eq!(case(&[("core.cfg", CORE), ("sw2.cfg", &apart)]).verdict(), Verdict::Proved);
}

#[test]
fn trunk_with_undeclared_vlans() {
    let with = |lines: &str| {
        let core = format!("{CORE}interface GigabitEthernet1/0/24\n switchport mode trunk\n{lines}");
        case(&[("core.cfg", core.as_str())]).verdict()
    };
    assert_eq!(with(""), Verdict::Unknown);
    assert_eq!(with(" switchport trunk allowed vlan 10,20,77\n"), Verdict::Unknown);
    assert_eq!(with(" switchport trunk allowed vlan 10,20\n"), Verdict::Proved);
    let core = format!("{CORE}interface GigabitEthernet1/0/24\n switchport mode trunk\n");
    let mut c = case(&[("core.cfg", core.as_str())]);
    c.assumptions = assume("trunk", "device = \"core\"\ninterface = \"GigabitEthernet1/0/24\"");
    assert_eq!(c.verdict(), Verdict::ProvedUnder);
}

fn fortigate(more: &str) -> String {
    let port = |name: &str, ip: &str| {
        format!(
            "    edit \"{name}\"\n        set vdom \"root\"\n        set ip {ip} 255.255.255.0\n    next\n"
        )
    };
    format!(
        "#config-version=FGT60F-7.4.3-FW-build2571-240000:opmode=0:vdom=0:user=admin\nconfig system interface\n{}{}{}end\n\
         config firewall address\n    edit \"all\"\n    next\nend\n\
         config firewall service custom\n    edit \"ALL\"\n        set protocol IP\n    next\nend\n{more}",
        port("ju", "10.1.0.1"),
        port("in", "10.2.0.1"),
        port("wan1", "203.0.113.1")
    )
}

const EX: &str =
    "[[zone]]\nid = \"ex\"\nkind = \"EX\"\nprefixes = [\"0.0.0.0/0 - zones\"]\ninterfaces = [\"fw1:wan1\"]\n";

fn guarded(more: &str, intent: &str) -> Case<'static> {
    let mut c = case(&[("fw1.conf", &fortigate(more))]);
    c.zones.push_str(EX);
    if !intent.is_empty() {
        c.intents = intent.into();
    }
    c
}

#[test]
fn transparent_mode() {
    assert_eq!(guarded("", "").verdict(), Verdict::Proved);
    let c = guarded("config system settings\n    set opmode transparent\nend\n", "");
    assert_eq!(c.verdict(), Verdict::Unknown);
}

#[test]
fn routing_protocol_without_captured_table() {
    let edge = |more: &str| {
        format!(
            "version 17.3\nhostname edge\nip routing\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\ninterface Vlan99\n ip address 10.99.0.1 255.255.255.252\n no ip proxy-arp\n{more}"
        )
    };
    let inner = |acl: &str| {
        format!(
            "version 17.3\nhostname inner\nip routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\ninterface Vlan99\n ip address 10.99.0.2 255.255.255.252\n no ip proxy-arp\n{acl}"
        )
    };
    let ospf = "router ospf 1\n network 10.0.0.0 0.255.255.255 area 0\n";
    assert_eq!(case(&[("edge.cfg", &edge("")), ("inner.cfg", &inner(""))]).verdict(), Verdict::Proved);
    let mut c = case(&[("edge.cfg", &edge(ospf)), ("inner.cfg", &inner(""))]);
    assert_eq!(c.verdict(), Verdict::Unknown);
    // Filters alone block it, whatever the routes are.
    let acl = " ip access-group GUARD in\nip access-list extended GUARD\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n";
    assert_eq!(case(&[("edge.cfg", &edge(ospf)), ("inner.cfg", &inner(acl))]).verdict(), Verdict::Proved);
    c.state = vec![(
        "edge",
        "C        10.2.0.0/24 is directly connected, Vlan20\nC        10.99.0.0/30 is directly connected, Vlan99\n",
    )];
    assert_eq!(c.verdict(), Verdict::Proved);
    c.state = vec![(
        "edge",
        "C        10.2.0.0/24 is directly connected, Vlan20\nO        10.1.0.0/16 [110/2] via 10.99.0.2, 00:01:02, Vlan99\n",
    )];
    assert_eq!(c.verdict(), Verdict::Refuted);
    // A table that is not understood is no table.
    c.state = vec![("edge", "O 10.1.0.0/16 ???\n")];
    assert_eq!(c.verdict(), Verdict::Unknown);
    assert!(c.report().notes.iter().any(|n| n.contains("edge.route.txt")));
}

#[test]
fn standby_member_without_the_filter() {
    let member = |name: &str, last: u8, acl: &str| {
        format!(
            "version 17.3\nhostname {name}\nip routing\ninterface Vlan10\n ip address 10.1.0.{last} 255.255.255.0\n no ip proxy-arp\n vrrp 1 ip 10.1.0.254\ninterface Vlan20\n ip address 10.2.0.{last} 255.255.255.0\n no ip proxy-arp\n vrrp 2 ip 10.2.0.254\n{acl}"
        )
    };
    let acl = " ip access-group GUARD in\nip access-list extended GUARD\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n";
    let both = case(&[("a.cfg", &member("a", 2, acl)), ("b.cfg", &member("b", 3, acl))]);
    assert_eq!(both.verdict(), Verdict::Proved);
    let one = [("a.cfg", member("a", 2, acl)), ("b.cfg", member("b", 3, ""))];
    let c = case(&[(one[0].0, one[0].1.as_str()), (one[1].0, one[1].1.as_str())]);
    assert_ne!(c.verdict(), Verdict::Proved);
    let site = Site::parse(ZONES, DENY, "", "").unwrap();
    let devices = one.iter().map(|(f, t)| DeviceText::new(&f[..1], f, None, t.as_bytes())).collect();
    let snapshot = Snapshot { devices, ..Snapshot::default() };
    let (devices, topology) = sekisho_netproof::verdict::read_world(&site, &snapshot, &[]);
    let mut findings = sekisho_netproof::hygiene::scan(&devices);
    sekisho_netproof::hygiene::add_drift(&devices, &topology, &mut findings);
    assert!(findings.iter().flat_map(|d| &d.findings).any(|f| f.code == "drift"));
}

fn accept(from: &str, to: &str) -> String {
    format!(
        "config firewall policy\n    edit 1\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n        set action accept\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        set service \"ALL\"\n    next\nend\n"
    )
}

fn tunnel(name: &str) -> String {
    format!(
        "config system interface\n    edit \"{name}\"\n        set vdom \"root\"\n        set type tunnel\n    next\nend\n"
    )
}

#[test]
fn tunnels_and_ssl_vpn_lead_outside() {
    let from_outside = "[[deny]]\nid = \"d\"\nfrom = \"ex\"\nto = \"ju\"\n";
    let to_outside = "[[deny]]\nid = \"d\"\nfrom = \"ju\"\nto = \"ex\"\n";
    assert_eq!(guarded("", from_outside).verdict(), Verdict::Proved);
    let vpn = format!("{}{}", tunnel("ssl.root"), accept("ssl.root", "ju"));
    assert_eq!(guarded(&vpn, from_outside).verdict(), Verdict::Unknown);
    let route = "config router static\n    edit 9\n        set dst 10.77.0.0 255.255.0.0\n        set device \"to-branch\"\n    next\nend\n";
    let out = format!("{}{}{route}", tunnel("to-branch"), accept("ju", "to-branch"));
    assert_eq!(guarded(&out, to_outside).verdict(), Verdict::Unknown);
    let mut c = guarded(&out, to_outside);
    c.zones.push_str("[[zone]]\nid = \"branch\"\nkind = \"PT\"\nprefixes = [\"10.77.0.0/16\"]\ninterfaces = [\"fw1:to-branch\"]\n");
    assert_eq!(c.verdict(), Verdict::Proved, "a declared peer is not the outside");
}

#[test]
fn load_balancers_make_packets_anew() {
    let vip = "config firewall vip\n    edit \"LB\"\n        set type server-load-balance\n        set extip 10.2.0.50\n        set extintf \"in\"\n        set server-type tcp\n    next\nend\n";
    let policy = accept("in", "ju").replace("dstaddr \"all\"", "dstaddr \"LB\"");
    assert_eq!(guarded(&format!("{vip}{policy}"), "").verdict(), Verdict::Unknown);
    let proxy = "config web-proxy explicit\n    set status enable\nend\n";
    assert_eq!(guarded(proxy, "").verdict(), Verdict::Unknown);
}

#[test]
fn ipv6_without_its_own_filter() {
    let rtx = |six: &str| {
        format!(
            "ip lan1 address 10.1.0.1/24\nip lan2 address 10.2.0.1/24\nip filter 1 reject * 10.1.0.0/16\nip filter 2 pass * *\nip lan2 secure filter in 1 2\n{six}"
        )
    };
    let six = "ipv6 lan1 address 2001:db8:1::1/64\nipv6 lan2 address 2001:db8:2::1/64\n";
    assert_eq!(case(&[("rtx1.rtx", &rtx(""))]).verdict(), Verdict::Proved);
    assert_eq!(case(&[("rtx1.rtx", &rtx(six))]).verdict(), Verdict::Unknown, "IPv6 is not even declared");
    let mut c = case(&[("rtx1.rtx", &rtx(six))]);
    c.zones = ZONES
        .replace("10.1.0.0/16\"", "10.1.0.0/16\", \"2001:db8:1::/48\"")
        .replace("10.2.0.0/16\"", "10.2.0.0/16\", \"2001:db8:2::/48\"");
    assert_eq!(c.verdict(), Verdict::Refuted);
    let named = ZONES
        .replace("kind = \"JU\"", "kind = \"JU\"\ninterfaces = [\"rtx1:lan1\"]")
        .replace("kind = \"IN\"", "kind = \"IN\"\ninterfaces = [\"rtx1:lan2\"]");
    let mut c = case(&[("rtx1.rtx", &rtx(six))]);
    c.zones = named;
    assert_eq!(c.verdict(), Verdict::Refuted, "hosts of a named wire may have any of its addresses");
    let learnt = "ipv6 lan1 address ra-prefix@lan2::1/64\n";
    assert_eq!(case(&[("rtx1.rtx", &rtx(learnt))]).verdict(), Verdict::Unknown);
}

#[test]
fn multicast_forwarding() {
    let policy = "config firewall multicast-policy\n    edit 1\n        set srcintf \"in\"\n        set dstintf \"ju\"\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n    next\nend\n";
    assert_eq!(guarded(policy, "").verdict(), Verdict::Unknown);
    let core = format!("{CORE}ip multicast-routing\n");
    assert_eq!(case(&[("core.cfg", &core)]).verdict(), Verdict::Unknown);
}

#[test]
fn proxy_arp() {
    // The internet side has a wide mask; the inner router answers ARP for JU addresses on that wire.
    let wide = "version 17.3\nhostname wide\nip routing\ninterface Vlan30\n ip address 10.2.9.1 255.255.255.0\n no ip proxy-arp\ninterface Vlan20\n ip address 10.1.200.1 255.255.0.0\n no ip proxy-arp\n";
    let inner = |arp: &str| {
        format!(
            "version 17.3\nhostname inner\nip routing\ninterface Vlan21\n ip address 10.2.0.1 255.255.255.0\n{arp}interface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n"
        )
    };
    let build = |arp: &str| {
        let text = inner(arp);
        let mut c = case(&[("wide.cfg", wide), ("inner.cfg", &text)]);
        c.links = "[[link]]\nends = [\"wide:Vlan20\", \"inner:Vlan21\"]\n".into();
        c.zones = ZONES
            .replace("kind = \"IN\"", "kind = \"IN\"\ninterfaces = [\"wide:Vlan30\"]")
            .replace("kind = \"JU\"", "kind = \"JU\"\ninterfaces = [\"inner:Vlan10\"]");
        c.zones.push_str("[[zone]]\nid = \"tr\"\nkind = \"TRANSIT\"\ninterfaces = [\"wide:Vlan20\"]\nprefixes = [\"10.3.0.0/16\"]\n");
        c.verdict()
    };
    assert_eq!(build(" no ip proxy-arp\n"), Verdict::Proved);
    assert_eq!(build(""), Verdict::Unknown);
}

#[test]
fn later_fragments() {
    let intent = "[[deny]]\nid = \"d\"\nfrom = \"in\"\nto = \"ju\"\nservice = \"tcp/445\"\n";
    let core = CORE.replace("deny ip any 10.1.0.0 0.0.255.255", "deny tcp any 10.1.0.0 0.0.255.255 eq 445");
    let mut c = case(&[("core.cfg", &core)]);
    c.intents = intent.into();
    assert_eq!(c.verdict(), Verdict::Unknown, "how IOS treats later fragments is recalled only");
    let alaxala = "interface gigabitethernet 1/1\n ip address 10.1.0.1 255.255.255.0\n!\ninterface gigabitethernet 1/2\n ip address 10.2.0.1 255.255.255.0\n ip access-group F in\n!\nip access-list extended F\n 10 deny tcp any any eq 445\n 20 permit ip any any\n";
    let mut c = case(&[("ax.alaxala", alaxala)]);
    c.intents = intent.into();
    c.zones.push_str("[[device]]\nname = \"ax\"\nmodel = \"AX8600R\"\n");
    let finding = c.finding();
    assert_eq!(finding.verdict, Verdict::Refuted);
    assert!(finding.packet.unwrap().later_fragment);
}

#[test]
fn stateless_reply_rules_initiate() {
    let core = CORE.replace(" deny ip any", " permit udp any eq 53 any\n deny ip any");
    let finding = case(&[("core.cfg", &core)]).finding();
    assert_eq!(finding.verdict, Verdict::Refuted);
    let packet = finding.packet.unwrap();
    assert_eq!((packet.proto.as_str(), packet.sport), ("udp", Some(53)));
    let core = CORE.replace(" deny ip any", " permit tcp any any established\n deny ip any");
    let finding = case(&[("core.cfg", &core)]).finding();
    assert_eq!(finding.verdict, Verdict::Refuted);
    assert!(finding.packet.unwrap().flags.contains(&"ACK"));
}

#[test]
fn a_hole_beside_an_unrelated_unknown_line_is_still_refuted() {
    let hole = CORE.replace(" deny ip any", " permit tcp any host 10.1.0.9 eq 445\n deny ip any");
    for more in [
        "interface Vlan30\n ip address 10.2.30.1 255.255.255.0\n ip frobnicate 5\n",
        "ip access-list extended OTHER\n frobnicate ip any any\n",
    ] {
        let core = format!("{hole}{more}");
        let report = case(&[("core.cfg", &core)]).report();
        let finding = report.findings.iter().find(|f| f.id == "d").unwrap();
        assert_eq!(finding.verdict, Verdict::Refuted, "{more}");
        assert!(!report.devices[0].unknown.is_empty());
        assert!(finding.hops.iter().any(|h| h.text.contains("permit tcp any host 10.1.0.9 eq 445")));
        assert!(finding.fix.is_some());
    }
}

#[test]
fn misspelt_declarations_prove_nothing() {
    let mut c = case(&[("core.cfg", CORE)]);
    c.zones = ZONES.replace("kind = \"JU\"", "kind = \"JU\"\ninterfaces = [\"core:Vlan110\"]");
    assert_eq!(c.verdict(), Verdict::Unknown);
    let mut c = case(&[("core.cfg", CORE)]);
    c.links = "[[link]]\nends = [\"core:Vlan20\", \"fw9:port1\"]\n".into();
    assert_eq!(c.verdict(), Verdict::Unknown);
}

/// An address that comes at run time is an address: what is received there is routed, not merely bridged.
#[test]
fn an_interface_with_a_run_time_address_is_a_way_in() {
    let text = "interface eth1\n ip address dhcp\ninterface port1.0.1\n switchport access vlan 10\n\
                interface vlan10\n ip address 10.1.0.1/24\n";
    let mut open = case(&[("r.awplus.txt", text)]);
    let outside = "prefixes = [\"10.2.0.0/16\"]\ninterfaces = [\"r:eth1\"]\n";
    open.zones = ZONES.replace("prefixes = [\"10.2.0.0/16\"]\n", outside);
    open.zones.push_str("[[device]]\nname = \"r\"\nvendor = \"awplus\"\nmodel = \"AR\"\n");
    assert!(!matches!(open.finding().verdict, Verdict::Proved | Verdict::ProvedUnder));
}

/// An unread line of a network may be the one that says which host a rule means: the rule is not dropped for it.
#[test]
fn a_host_that_an_unread_line_may_define_is_not_empty() {
    let with = |hosts: &str| {
        let text = format!(
            "zone out\n network wan\n  ip subnet 10.2.0.0/16\nzone in\n network lan\n{hosts}firewall\n \
             rule 10 permit any from out to in.lan.web\n protect\ninterface eth1\n ip address 10.2.0.1/24\n\
             interface eth2\n ip address 10.1.0.1/24\n"
        );
        let mut case = case(&[("r.awplus.txt", &text)]);
        case.zones.push_str("[[device]]\nname = \"r\"\nvendor = \"awplus\"\nmodel = \"AR\"\n");
        case.verdict()
    };
    assert_eq!(with("  host web\n   ip address 10.1.0.9\n"), Verdict::Refuted);
    assert_eq!(
        with("  host db\n   ip address 10.1.0.8\n"),
        Verdict::Proved,
        "no such host: the rule is not active"
    );
    assert_eq!(with("  host web\n   ip address mine\n"), Verdict::Unknown);
    assert_eq!(with("  host db\n   ip address 10.1.0.8\n  node web address 10.1.0.9\n"), Verdict::Unknown);
}

/// In set format the sections beside the virtual system are sections too.
#[test]
fn an_unread_section_beside_a_virtual_system_is_not_structure() {
    let with = |more: &str| {
        let text = format!(
            "set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24\n\
             set vsys vsys1 zone a network layer3 ethernet1/1\nset deviceconfig system hostname pa\n{more}"
        );
        case(&[("pa.panos.txt", &text)]).report().devices[0].unknown.len()
    };
    assert_eq!(with(""), 0);
    assert_eq!(with("set frobnicate packets yes\n"), 1);
}

/// A FortiGate whose ports 3 and 4 are `kind`, and a policy towards JU.
fn fortigate_with_ports(more: &str) -> String {
    format!(
        "#config-version=FGT60F-7.4.5-FW-build2702-240000:opmode=0:vdom=0:user=admin\n\
         config system interface\n    edit \"port1\"\n        set vdom \"root\"\n        set ip 10.1.0.1 255.255.255.0\n    next\n\
    edit \"port3\"\n        set vdom \"root\"\n    next\n    edit \"port4\"\n        set vdom \"root\"\n    next\n{more}"
    )
}

/// Frames between the ports of a switch meet no policy, and what comes in by a port is the switch's.
#[test]
fn ports_of_a_fortigate_switch_are_one_wire() {
    let switch = "    edit \"sw\"\n        set vdom \"root\"\n        set type switch\n        set ip 10.9.0.1 255.255.255.0\n    next\nend\n\
         config system switch-interface\n    edit \"sw\"\n        set vdom \"root\"\n        set member \"port3\" \"port4\"\n    next\nend\n";
    let hard = "    edit \"lan\"\n        set vdom \"root\"\n        set type hard-switch\n        set ip 10.9.0.1 255.255.255.0\n    next\nend\n\
         config system virtual-switch\n    edit \"lan\"\n        set physical-switch \"sw0\"\n        config port\n            edit \"port3\"\n            next\n            edit \"port4\"\n            next\n        end\n    next\nend\n";
    let pair = "    edit \"agg\"\n        set vdom \"root\"\n        set type aggregate\n        set member \"port3\" \"port4\"\n        set ip 10.9.0.1 255.255.255.0\n    next\nend\n";
    let service =
        "config firewall service custom\n    edit \"ALL\"\n        set protocol IP\n    next\nend\n";
    for (whole, text) in [("sw", switch), ("lan", hard), ("agg", pair)] {
        // The wire of the whole is in no zone by its address: the ports alone say where it is.
        let at = |zone: &str, prefix: &str, port: &str| {
            format!(
                "[[zone]]\nid = \"{zone}\"\nkind = \"OTHER\"\nprefixes = [\"{prefix}\"]\ninterfaces = [\"fw:{port}\"]\n"
            )
        };
        let clean = fortigate_with_ports(text);
        let ju = "[[zone]]\nid = \"ju\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/16\"]\n";
        let mut apart = case(&[("fw.fortios.conf", &clean)]);
        apart.zones = format!("{ju}{}", at("in", "10.2.0.0/16", "port3"));
        assert_eq!(apart.verdict(), Verdict::Proved, "{whole}");
        let policy = format!(
            "config firewall policy\n    edit 1\n        set srcintf \"{whole}\"\n        set dstintf \"port1\"\n        set action accept\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        set service \"ALL\"\n    next\nend\n"
        );
        let mut open = case(&[("fw.fortios.conf", &format!("{clean}{service}{policy}"))]);
        open.zones = apart.zones.clone();
        assert_eq!(open.verdict(), Verdict::Refuted, "{whole}");
        let mut split = case(&[("fw.fortios.conf", &clean)]);
        split.zones = format!("{}{}", at("ju", "10.3.0.0/16", "port3"), at("in", "10.2.0.0/16", "port4"));
        assert!(!matches!(split.verdict(), Verdict::Proved | Verdict::ProvedUnder), "{whole}");
    }
}

/// A 特定通信 to a whole network: neither the router's address in it nor the network's own are hosts that answer.
#[test]
fn an_allowed_network_is_its_hosts() {
    let core = "version 17.3\nhostname core\nip routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n!\n\
                interface Vlan20\n ip address 10.2.0.1 255.255.255.0\n no ip proxy-arp\n";
    let allow = |to: &str| {
        format!(
            "[[allow]]\nid = \"d\"\nfrom = \"in\"\nto = \"ju:{to}\"\nservice = \"tcp/443\"\nmust_work = true\nowner = \"x\"\nbasis = \"x\"\n"
        )
    };
    let mut works = case(&[("core.ios.conf", core)]);
    works.intents = allow("10.1.0.0/24");
    assert_eq!(works.verdict(), Verdict::Proved);
    let mut router = case(&[("core.ios.conf", core)]);
    router.intents = allow("10.1.0.1");
    assert_ne!(router.verdict(), Verdict::Proved);
}

/// Two virtual domains with a link between them, numbered or not: what one passes into the link comes out in the other.
#[test]
fn a_link_between_virtual_domains_leads_into_the_other() {
    for (near, far) in
        [("10.255.0.1 255.255.255.252", "10.255.0.2 255.255.255.252"), ("0.0.0.0 0.0.0.0", "0.0.0.0 0.0.0.0")]
    {
        for kind in ["vdom-link", "physical"] {
            let interface = |name: &str, vdom: &str, ip: &str, kind: &str| {
                format!(
                    "    edit \"{name}\"\n        set vdom \"{vdom}\"\n        set type {kind}\n        set ip {ip}\n    next\n"
                )
            };
            let (one, other) =
                if kind == "physical" { ("npu0_vlink0", "npu0_vlink1") } else { ("up0", "up1") };
            let pass = "config firewall policy\n    edit 1\n        set srcintf \"any\"\n        set dstintf \"any\"\n        set action accept\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        set service \"ALL\"\n    next\nend\n";
            let service =
                "config firewall service custom\n    edit \"ALL\"\n        set protocol IP\n    next\nend\n";
            let gateway = if near.starts_with('0') { "" } else { "        set gateway 10.255.0.2\n" };
            let route = format!(
                "config router static\n    edit 1\n        set dst 10.1.0.0 255.255.0.0\n{gateway}        set device \"{one}\"\n    next\nend\n"
            );
            let text = format!(
                "#config-version=FGT60F-7.4.5-FW-build2702-240000:opmode=0:vdom=1:user=admin\nconfig vdom\nedit A\nnext\nedit B\nnext\nend\nconfig global\nconfig system vdom-link\n    edit \"up\"\n    next\nend\nconfig system interface\n{}{}{}{}end\nend\nconfig vdom\nedit A\n{service}{route}{pass}end\nend\nconfig vdom\nedit B\n{service}{pass}end\nend\n",
                interface("port2", "A", "10.2.0.1 255.255.255.0", "physical"),
                interface(one, "A", near, kind),
                interface("port1", "B", "10.1.0.1 255.255.255.0", "physical"),
                interface(other, "B", far, kind),
            );
            let verdict = case(&[("fw.fortios.conf", &text)]).verdict();
            assert!(!matches!(verdict, Verdict::Proved | Verdict::ProvedUnder), "{near} {kind}: {verdict:?}");
        }
    }
}

/// A zone declared at a port of a channel is where the channel is, in its VRF and behind its list.
#[test]
fn ports_of_a_channel_are_the_channel() {
    let at = |device: &str| {
        format!(
            "[[zone]]\nid = \"ju\"\nkind = \"JU\"\nprefixes = [\"10.1.0.0/16\"]\n[[zone]]\nid = \"in\"\nkind = \"IN\"\nprefixes = [\"10.2.0.0/16\"]\ninterfaces = [\"core:{device}\"]\n"
        )
    };
    let ios = |of_both: &str, more: &str| {
        format!(
            "version 17.3\nhostname core\nip routing\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n no ip proxy-arp\n{of_both}interface GigabitEthernet0/1\n no ip address\n channel-group 1 mode active\ninterface Port-channel1\n ip address 10.9.0.1 255.255.255.0\n no ip proxy-arp\n{of_both}{more}"
        )
    };
    let member = "GigabitEthernet0/1";
    let list = " ip access-group G in\nip access-list extended G\n deny ip any any\n";
    for (text, expected) in [
        (ios("", ""), Verdict::Refuted),
        (ios("", list), Verdict::Proved),
        (ios(" vrf forwarding X\n", ""), Verdict::Refuted),
        (ios(" zone-member security A\n", "zone security A\n"), Verdict::Refuted),
    ] {
        let mut c = case(&[("core.ios.conf", &text)]);
        c.zones = at(member);
        assert_eq!(c.verdict(), expected, "{text}");
    }
    let alaxala = "hostname \"core\"\nvlan 10\nvlan 20\ninterface port-channel 1\n  switchport mode access\n  switchport access vlan 20\ninterface gigabitethernet 0/1\n  switchport mode access\n  switchport access vlan 10\ninterface gigabitethernet 0/2\n  channel-group 1 mode on\ninterface vlan 10\n  ip address 10.1.0.1 255.255.255.0\ninterface vlan 20\n  ip address 10.9.0.1 255.255.255.0\n";
    let mut c = case(&[("core.alaxala.conf", alaxala)]);
    c.zones = at("gigabitethernet 0/2");
    assert!(!matches!(c.verdict(), Verdict::Proved | Verdict::ProvedUnder));
}
