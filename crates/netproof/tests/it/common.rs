//! A generated municipality: a FortiGate between four zones, an IOS core switch and a YAMAHA branch router.

use sekisho_netproof::certificate::Declarations;
use sekisho_netproof::site::Site;
use sekisho_netproof::verdict::{DeviceText, Report, Snapshot, Verdict, verify};

/// Deterministic generator (xorshift64*).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

/// How often a random test is repeated: ten times as often in `./test long netproof-engine`.
pub fn times(ordinary: u64) -> u64 {
    if std::env::var_os("SEKISHO_LONG").is_some() { ordinary * 10 } else { ordinary }
}

pub const ZONES: &str = r#"
name = "試験市"
[[zone]]
id = "ju"
name = "マイナンバー利用事務系"
kind = "JU"
prefixes = ["10.10.0.0/16", "2001:db8:10::/48"]
[[zone]]
id = "lg"
name = "LGWAN接続系"
kind = "LG"
prefixes = ["10.20.0.0/16", "2001:db8:20::/48"]
hosts = { gw = "10.20.1.5" }
[[zone]]
id = "in"
name = "インターネット接続系"
kind = "IN"
prefixes = ["10.30.0.0/16", "2001:db8:30::/48"]
[[zone]]
id = "ex"
name = "インターネット"
kind = "EX"
prefixes = ["0.0.0.0/0 - zones", "::/0 - zones"]
interfaces = ["fw1:wan1"]
[[zone]]
id = "transit"
name = "庁内接続区間"
kind = "TRANSIT"
prefixes = ["10.99.0.0/24"]
"#;

pub const INTENTS: &str = r#"
[[deny]]
id = "ex-ju"
from = "ex"
to = "ju"
[[deny]]
id = "in-ju"
from = "in"
to = "ju"
[[deny]]
id = "ju-in"
from = "ju"
to = "in"
[[deny]]
id = "ju-ex"
from = "ju"
to = "ex"
[[deny]]
id = "lg-ju"
from = "lg"
to = "ju"
[[only]]
id = "ju-lg"
from = "ju"
to = "lg"
[[allow]]
id = "S-1"
from = "ju"
to = "lg:gw"
service = "tcp/443"
"#;

pub struct Town {
    pub fortigate: String,
    pub core: String,
    pub branch: String,
}

pub fn policy(id: u64, from: &str, to: &str, src: &str, dst: &str, service: &str, accept: bool) -> String {
    let action = if accept { "        set action accept\n" } else { "" };
    format!(
        "    edit {id}\n        set name \"p{id}\"\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n{action}        set srcaddr \"{src}\"\n        set dstaddr \"{dst}\"\n        set schedule \"always\"\n        set service \"{service}\"\n        set logtraffic all\n    next\n"
    )
}

/// A clean town: everything the intents forbid is blocked.
pub fn town(d: &mut Dice) -> Town {
    let mut policies = policy(1, "ju", "lg", "all", "GW", "HTTPS", true);
    for id in 2..2 + d.roll(6) {
        let list = [
            policy(id, "in", "wan1", "all", "all", "HTTPS", true),
            policy(id, "lg", "wan1", "LGNET", "all", "ALL", false),
            policy(id, "in", "lg", "all", "all", "ALL", false),
            policy(id, "any", "ju", "all", "all", "ALL", false),
            policy(id, "lg", "in", "LGNET", "MAIL", "SMTP", true),
        ];
        policies.push_str(&list[d.roll(list.len() as u64) as usize]);
    }
    let fortigate = format!(
        r#"#config-version=FGT60F-7.4.{}-FW-build2571-240000:opmode=0:vdom=0:user=admin
config system global
    set hostname "fw1"
end
config system interface
    edit "wan1"
        set vdom "root"
        set ip 203.0.113.1 255.255.255.0
        set allowaccess ping
        set type physical
    next
    edit "ju"
        set vdom "root"
        set ip 10.10.0.1 255.255.255.0
        config ipv6
            set ip6-address 2001:db8:10::1/64
        end
    next
    edit "lg"
        set vdom "root"
        set ip 10.99.0.1 255.255.255.0
    next
    edit "in"
        set vdom "root"
        set ip 10.30.0.1 255.255.255.0
        config ipv6
            set ip6-address 2001:db8:30::1/64
        end
    next
end
config system admin
    edit "admin"
        set password ENC SECRETSECRET
    next
end
config firewall address
    edit "all"
    next
    edit "GW"
        set subnet 10.20.1.5 255.255.255.255
    next
    edit "LGNET"
        set subnet 10.20.0.0 255.255.0.0
    next
    edit "MAIL"
        set subnet 10.30.0.25 255.255.255.255
    next
end
config firewall address6
    edit "all"
    next
end
config firewall service custom
    edit "ALL"
        set protocol IP
    next
    edit "HTTPS"
        set tcp-portrange 443
    next
    edit "SMTP"
        set tcp-portrange 25
    next
    edit "SMB"
        set tcp-portrange 445
    next
end
config firewall policy
{policies}end
config router static
    edit 1
        set gateway 203.0.113.254
        set device "wan1"
    next
    edit 2
        set dst 10.20.0.0 255.255.0.0
        set gateway 10.99.0.2
        set device "lg"
    next
    edit 3
        set dst 10.10.8.0 255.255.255.0
        set gateway 10.10.0.2
        set device "ju"
    next
end
"#,
        d.roll(5)
    );
    let core = "version 17.3\nhostname core\n!\ninterface Vlan99\n ip address 10.99.0.2 255.255.255.0\n!\ninterface Vlan20\n ip address 10.20.1.1 255.255.255.0\n ip access-group LGIN in\n!\nip access-list extended LGIN\n deny ip any 10.10.0.0 0.0.255.255\n permit ip any any\n!\nip route 0.0.0.0 0.0.0.0 10.99.0.1\nend\n".to_owned();
    let branch = "ip lan1 address 10.10.8.1/24\nip lan2 address 10.10.0.2/24\nip lan1 secure filter in 1 2\nip lan2 secure filter in 3\nip filter 1 reject * 10.20.0.0/16 tcp,udp * 135,445\nip filter 2 pass 10.10.8.0/24 *\nip filter 3 pass * 10.10.8.0/24\nip route default gateway 10.10.0.1\n".to_owned();
    Town { fortigate, core, branch }
}

/// Kinds of planted hole.
pub const HOLES: u64 = 9;

/// Plants one hole; returns the intent it violates.
pub fn plant(town: &mut Town, kind: u64, d: &mut Dice) -> &'static str {
    let id = 900 + d.roll(90);
    let mut first = |text: String| {
        let at = town.fortigate.find("config firewall policy\n").unwrap() + "config firewall policy\n".len();
        town.fortigate.insert_str(at, &text);
    };
    match kind {
        0 => {
            first(policy(id, "any", "any", "all", "all", "ALL", true));
            "in-ju"
        }
        1 => {
            first(policy(id, "in", "ju", "all", "all", "SMB", true));
            "in-ju"
        }
        2 => {
            first(policy(id, "wan1", "ju", "all", "V1", "ALL", true));
            let vip = format!(
                "config firewall vip\n    edit \"V1\"\n        set extip 203.0.113.{}\n        set extintf \"wan1\"\n        set mappedip \"10.10.0.{}\"\n    next\nend\n",
                20 + d.roll(100),
                20 + d.roll(100)
            );
            town.fortigate.push_str(&vip);
            "ex-ju"
        }
        3 => {
            town.fortigate = town.fortigate.replace("10.20.1.5 255.255.255.255", "10.20.1.0 255.255.255.0");
            "ju-lg"
        }
        4 => {
            town.fortigate = town.fortigate.replace("set tcp-portrange 443", "set tcp-portrange 443-445");
            "ju-lg"
        }
        5 => {
            first(policy(id, "ju", "any", "all", "all", "HTTPS", true));
            "ju-ex"
        }
        6 => {
            let text = policy(id, "in", "ju", "all", "all", "HTTPS", true);
            first(text.replace("set srcaddr ", "set srcaddr6 ").replace("set dstaddr ", "set dstaddr6 "));
            "in-ju"
        }
        7 => {
            town.fortigate.push_str(
                "config system zone\n    edit \"Z\"\n        set intrazone allow\n        set interface \"ju\" \"in\"\n    next\nend\n",
            );
            "zone"
        }
        _ => {
            first(policy(id, "ju", "in", "all", "MAIL", "SMTP", true));
            "ju-in"
        }
    }
}

pub fn snapshot(town: &Town) -> Snapshot {
    let device = |name: &str, file: &str, text: &str| DeviceText::new(name, file, None, text.as_bytes());
    Snapshot {
        devices: vec![
            device("fw1", "fw1.conf", &town.fortigate),
            device("core", "core.cfg", &town.core),
            device("rtx1", "rtx1.txt", &town.branch),
        ],
        state: Vec::new(),
        as_of: Some("2026-11-23".into()),
    }
}

pub fn site() -> Site {
    Site::parse(ZONES, INTENTS, "", "").unwrap()
}

pub fn declarations() -> Declarations {
    Declarations { zones: ZONES.into(), intents: INTENTS.into(), ..Declarations::default() }
}

pub fn check(town: &Town) -> Report {
    verify(&site(), &snapshot(town))
}

pub fn verdict(report: &Report, id: &str) -> Verdict {
    report.findings.iter().find(|f| f.id == id).unwrap().verdict
}
