//! Wires nobody described well: two masks on one transfer net, a tunnel in a bridge, link-local networks everywhere.

use sekisho_netproof::verdict::Verdict;

use crate::never_bare::{Case, ZONES, case};

const TRANSIT: &str = "[[zone]]\nid = \"t\"\nkind = \"TRANSIT\"\nprefixes = [\"10.99.0.0/24\"]\n";
const EDGE: &str = "version 15.2\nip routing\ninterface Vlan20\n ip address 10.2.0.1 255.255.0.0\n!\ninterface Vlan99\n ip address 10.99.0.1 255.255.255.0\n!\nip route 10.1.0.0 255.255.0.0 10.99.0.2\n";
const CORE: &str = "version 15.2\nip routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.0.0\n!\ninterface Vlan99\n ip address 10.99.0.2 MASK\n!\nip route 10.2.0.0 255.255.0.0 10.99.0.1\n";

fn transfer(mask: &str) -> Case<'static> {
    let core = CORE.replace("MASK", mask);
    let mut c = case(&[("edge.ios.cfg", EDGE), ("core.ios.cfg", &core)]);
    c.zones = format!("{ZONES}{TRANSIT}");
    c
}

#[test]
fn two_masks_on_one_transfer_net() {
    assert_eq!(transfer("255.255.255.0").verdict(), Verdict::Refuted, "the way is there");
    let mut odd = transfer("255.255.255.128");
    let report = odd.report();
    assert_eq!(report.findings.iter().find(|f| f.id == "d").unwrap().verdict, Verdict::Unknown);
    assert!(report.notes.iter().any(|n| n.contains("core:Vlan99")), "{:?}", report.notes);
    // Said to be one wire.
    odd.links = "[[link]]\nends = [\"edge:Vlan99\", \"core:Vlan99\"]\n".into();
    assert_eq!(odd.verdict(), Verdict::Refuted);
}

/// A filter on the way keeps the answer definite.
#[test]
fn overlapping_networks_behind_a_filter_are_proved() {
    let mut c = transfer("255.255.255.128");
    let edge = EDGE.replace(
        " ip address 10.2.0.1 255.255.0.0\n",
        " ip address 10.2.0.1 255.255.0.0\n ip access-group F in\n",
    );
    c.devices[0].1 =
        format!("{edge}ip access-list extended F\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n");
    assert_eq!(c.verdict(), Verdict::Proved);
}

const RTX: &str = "ip bridge1 address 10.1.0.1/16\nip lan2 address 203.0.113.1/24\nip lan2 secure filter out 1\nbridge member bridge1 lan1 tunnel1\nip filter 1 reject * *\nip bridge1 secure filter out 1\ntunnel select 1\n tunnel encapsulation l2tpv3\ntunnel enable 1\n";
const OUTSIDE: &str = "[[zone]]\nid = \"ex\"\nkind = \"EX\"\ninterfaces = [\"rtx:lan2\"]\nprefixes = [\"0.0.0.0/0 - zones\", \"::/0 - zones\"]\n";

#[test]
fn a_tunnel_in_a_bridge_leads_outside() {
    let ask = |text: &str| {
        let mut c = case(&[("rtx.rtx.txt", text)]);
        c.zones = format!("{ZONES}{OUTSIDE}");
        c.intents = "[[deny]]\nid = \"d\"\nfrom = \"ex\"\nto = \"ju\"\n[[deny]]\nid = \"e\"\nfrom = \"ju\"\nto = \"ex\"\n".into();
        c
    };
    let verdicts = |c: &Case<'_>| {
        let report = c.report();
        ["d", "e"].map(|id| report.findings.iter().find(|f| f.id == id).unwrap().verdict)
    };
    assert_eq!(verdicts(&ask(RTX)), [Verdict::Unknown, Verdict::Unknown]);
    let off = RTX.replace("tunnel enable 1\n", "");
    assert_eq!(verdicts(&ask(&off)), [Verdict::Proved, Verdict::Proved]);
    let mut closed = ask(RTX);
    closed.assumptions = "[[assumption]]\nid = \"A\"\nowner = \"情報政策課\"\nbasis = \"回答書\"\nuntil = \"2027-03-31\"\nabout = \"closed-interface\"\ndevice = \"rtx\"\ninterface = \"tunnel1\"\n".into();
    assert_eq!(verdicts(&closed), [Verdict::ProvedUnder, Verdict::ProvedUnder]);
}

/// Every Linux interface has the link-local network: that does not make them one wire.
#[test]
fn link_local_networks_join_nothing() {
    let linux = |near: &str, far: &str| {
        format!(
            "### ip -o address\n2: a0    inet {near} scope global a0\n2: a0    inet6 fe80::1/64 scope link\n3: b0    inet {far} scope global b0\n3: b0    inet6 fe80::2/64 scope link\n### ip route\n### nft list ruleset\ntable inet f {{\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n\t}}\n}}\n"
        )
    };
    let c = case(&[
        ("one.nft.txt", &linux("10.1.0.1/24", "10.1.5.1/24")),
        ("two.nft.txt", &linux("10.2.0.1/24", "10.2.5.1/24")),
    ]);
    assert_eq!(c.verdict(), Verdict::Proved);
}

/// A table of one family or one VRF is no table of the other.
#[test]
fn a_captured_table_speaks_for_its_own_family_and_vrf() {
    let core = "version 15.2\nip routing\nipv6 unicast-routing\ninterface Vlan10\n ip address 10.1.0.1 255.255.0.0\n ipv6 address 2001:db8:1::1/64\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.0.0\n ipv6 address 2001:db8:2::1/64\n ip access-group F in\n!\nip access-list extended F\n deny ip any 10.1.0.0 0.0.255.255\n permit ip any any\n!\nipv6 access-list S\n deny ipv6 any 2001:db8:1::/64\n permit ipv6 any any\n!\nrouter ospf 1\n";
    let table = "C 10.1.0.0/16 is directly connected, Vlan10\nC 10.2.0.0/16 is directly connected, Vlan20\nO 10.1.77.0/24 [110/2] via 10.2.0.9, 00:00:01, Vlan20\n";
    let zones = ZONES
        .replace("10.1.0.0/16\"", "10.1.0.0/16\", \"2001:db8:1::/64\"")
        .replace("10.2.0.0/16\"", "10.2.0.0/16\", \"2001:db8:2::/64\"");
    let guarded =
        core.replace(" ip access-group F in\n", " ip access-group F in\n ipv6 traffic-filter S in\n");
    let mut c = case(&[("core.ios.cfg", &guarded)]);
    c.zones = zones;
    c.state = vec![("core", table)];
    // Routes of IPv6 are not in the table: they may lead anywhere, and only a filter for all of it proves anything.
    c.zones = c.zones.replace("2001:db8:1::/64", "2001:db8:1::/48");
    assert_eq!(c.verdict(), Verdict::Unknown);
    let closed = guarded.replace("deny ipv6 any 2001:db8:1::/64", "deny ipv6 any any");
    c.devices[0].1 = closed;
    assert_eq!(c.verdict(), Verdict::Proved);
}
