//! Own addresses that are given at run time: any destination may be one, no two of them are.

use sekisho_netproof::verdict::Verdict;

use crate::never_bare::case;

struct Router {
    file: &'static str,
    wan: &'static str,
    /// The configuration, with RULE where one of the next three stands.
    text: &'static str,
    anywhere: &'static str,
    one_host: &'static str,
    nothing: &'static str,
}

const ROUTERS: [Router; 6] = [
    Router {
        file: "r.fortios.conf",
        wan: "wan1",
        text: r#"#config-version=FGT60F-7.4.3-FW-build2571-240000:opmode=0:vdom=0:user=admin
config system interface
    edit "inside"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
    next
    edit "wan1"
        set vdom "root"
        set mode pppoe
    next
end
config firewall schedule recurring
    edit "always"
        set day sunday monday tuesday wednesday thursday friday saturday
    next
end
config firewall service custom
    edit "ALL"
        set protocol IP
    next
end
config firewall address
    edit "all"
    next
    edit "one"
        set subnet 198.51.100.7 255.255.255.255
    next
end
config firewall policy
RULE
end
"#,
        anywhere: "edit 1\nset srcintf \"inside\"\nset dstintf \"wan1\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset action accept\nset schedule \"always\"\nset service \"ALL\"\nset nat enable\nnext",
        one_host: "edit 1\nset srcintf \"inside\"\nset dstintf \"wan1\"\nset srcaddr \"all\"\nset dstaddr \"one\"\nset action accept\nset schedule \"always\"\nset service \"ALL\"\nset nat enable\nnext",
        nothing: "",
    },
    Router {
        file: "r.asa.txt",
        wan: "outside",
        text: "ASA Version 9.16(3)
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address dhcp setroute
object network lan
 subnet 10.1.0.0 255.255.255.0
 nat (inside,outside) dynamic interface
access-list in extended RULE
access-group in in interface inside
",
        anywhere: "permit ip any any",
        one_host: "permit ip any host 198.51.100.7",
        nothing: "deny ip any any",
    },
    Router {
        file: "r.ios.txt",
        wan: "Dialer1",
        text: "version 17.3
hostname r
interface GigabitEthernet0/0/0
 ip address 10.1.0.1 255.255.255.0
 no ip proxy-arp
 ip access-group L in
interface Dialer1
 ip address negotiated
ip route 0.0.0.0 0.0.0.0 Dialer1
ip access-list extended L
 RULE
",
        anywhere: "permit ip any any",
        one_host: "permit ip any host 198.51.100.7",
        nothing: "deny ip any any",
    },
    Router {
        file: "r.rtx.txt",
        wan: "lan2",
        text: "ip lan1 address 10.1.0.1/24
ip lan2 address dhcp
ip route default gateway dhcp lan2
ip filter 1 RULE
ip lan1 secure filter in 1
",
        anywhere: "pass * *",
        one_host: "pass * 198.51.100.7",
        nothing: "reject * *",
    },
    Router {
        file: "r.awplus.txt",
        wan: "eth1",
        text: "zone private
 network lan
  ip subnet 10.1.0.0/24
zone public
 network wan
  ip subnet 0.0.0.0/0 interface eth1
  host one
   ip address 198.51.100.7
firewall
RULE
 protect
interface eth1
 ip address dhcp
interface eth2
 ip address 10.1.0.1/24
ip route 0.0.0.0/0 eth1
",
        anywhere: " rule 10 permit any from private to public",
        one_host: " rule 10 permit any from private to public.wan.one",
        nothing: "",
    },
    Router {
        file: "r.panos.txt",
        wan: "ethernet1/3",
        text: "set deviceconfig system hostname r
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set network interface ethernet ethernet1/3 layer3 dhcp-client enable yes
set network virtual-router default interface [ ethernet1/1 ethernet1/3 ]
set network virtual-router default routing-table ip static-route d destination 0.0.0.0/0
set network virtual-router default routing-table ip static-route d interface ethernet1/3
set vsys vsys1 zone in network layer3 ethernet1/1
set vsys vsys1 zone out network layer3 ethernet1/3
set vsys vsys1 address one ip-netmask 198.51.100.7
set vsys vsys1 rulebase security rules a from in
set vsys vsys1 rulebase security rules a to out
set vsys vsys1 rulebase security rules a source any
set vsys vsys1 rulebase security rules a service any
set vsys vsys1 rulebase security rules a application any
RULE
",
        anywhere: "set vsys vsys1 rulebase security rules a destination any\nset vsys vsys1 rulebase security rules a action allow",
        one_host: "set vsys vsys1 rulebase security rules a destination one\nset vsys vsys1 rulebase security rules a action allow",
        nothing: "set vsys vsys1 rulebase security rules a destination any\nset vsys vsys1 rulebase security rules a action deny",
    },
];

const ZONES: &str = r#"
[[zone]]
id = "ju"
kind = "JU"
prefixes = ["10.1.0.0/16"]
[[zone]]
id = "ex"
kind = "EX"
prefixes = ["0.0.0.0/0 - zones", "::/0 - zones"]
interfaces = ["r:WAN"]
"#;

/// What may go anywhere outside is a hole, although one of the destinations is the router itself; what may go to one
/// host may have nowhere to go.
#[test]
fn an_own_address_is_one_destination() {
    for router in &ROUTERS {
        let ask = |rule: &str| {
            let mut asked = case(&[(router.file, &router.text.replace("RULE", rule))]);
            asked.zones = ZONES.replace("WAN", router.wan);
            if router.file.contains("awplus") {
                asked.zones.push_str("[[device]]\nname = \"r\"\nvendor = \"awplus\"\nmodel = \"AR\"\n");
            }
            asked.intents = "[[deny]]\nid = \"d\"\nfrom = \"ju\"\nto = \"ex\"\n".into();
            asked.finding()
        };
        let hole = ask(router.anywhere);
        assert_eq!(hole.verdict, Verdict::Refuted, "{}: {:?}", router.file, hole.reasons);
        assert!(hole.packet.is_some_and(|p| p.beside), "{}", router.file);
        let doubtful = ask(router.one_host);
        assert_eq!(doubtful.verdict, Verdict::Unknown, "{}", router.file);
        let closed = ask(router.nothing);
        assert_eq!(closed.verdict, Verdict::Proved, "{}: {:?}", router.file, closed.reasons);
    }
}
