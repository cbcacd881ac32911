//! The account of every line: read, reviewed as harmless, or unknown.

use crate::vendor::build::{Builder, Scope};

use super::lower::{RULE_CONDITIONS, RULE_LOOKS, for_every_device};
use super::tree::Tree;

/// Sections that cannot make a packet pass, by path; reviewed.
const IGNORED: &[(&str, &str)] = &[
    ("mgt-config", "admin"),
    ("deviceconfig", "admin"),
    ("shared/application", "app-object"),
    ("shared/application-group", "app-object"),
    ("shared/botnet", "inspection"),
    ("shared/authentication-profile", "admin"),
    ("shared/admin-role", "admin"),
    ("shared/tag", "look"),
    ("shared/log-settings", "log"),
    ("shared/certificate", "certificate"),
    ("shared/server-profile", "admin"),
    ("shared/reports", "log"),
    ("shared/response-page", "look"),
    ("shared/content-preview", "admin"),
    ("shared/ssl-tls-service-profile", "certificate"),
    ("shared/local-user-database", "admin"),
    ("shared/alg-override", "alg-follows-permitted-session"),
    ("shared/ssl-decrypt", "inspection"),
    ("shared/profiles", "inspection"),
    ("shared/profile-group", "inspection"),
    ("shared/schedule", "looked-at"),
    ("network/profiles", "admin"),
    ("network/ike", "tunnel-object"),
    ("network/qos", "shaping"),
    ("network/tunnel", "tunnel-object"),
    ("network/lldp", "link"),
    ("network/dhcp", "addressing"),
    ("network/dns-proxy", "admin"),
    ("vsys/import", "looked-at"),
    ("vsys/tag", "look"),
    ("vsys/log-settings", "log"),
    ("vsys/setting", "inspection"),
    ("vsys/application", "app-object"),
    ("vsys/application-group", "app-object"),
    ("vsys/application-filter", "app-object"),
    ("vsys/profiles", "inspection"),
    ("vsys/profile-group", "inspection"),
    ("vsys/region", "looked-at"),
    ("vsys/schedule", "looked-at"),
    ("vsys/user-id-collector", "user-object"),
    ("vsys/captive-portal", "user-object"),
    ("vsys/group-mapping", "user-object"),
    ("vsys/threats", "inspection"),
    ("vsys/display-name", "look"),
    ("vsys/reports", "log"),
    ("vsys/external-list", "looked-at"),
    ("vsys/rulebase/decryption", "inspection"),
    ("vsys/rulebase/captive-portal", "user-object"),
    ("vsys/rulebase/dos", "drops-only"),
    ("vsys/rulebase/qos", "shaping"),
    ("vsys/rulebase/authentication", "user-object"),
    ("vsys/rulebase/tunnel-inspect", "inspection"),
    ("vsys/dns-proxy", "admin"),
    ("vsys/email-scheduler", "log"),
    ("vsys/report-group", "log"),
];

/// Every line is inside a read section, a reviewed one, or unknown.
pub(super) fn account(b: &mut Builder, whole: &Tree, root: &Tree, device: &Tree, vsys: &Tree, total: u32) {
    // Lines that belong to no section: text outside the tree, or after a place where it could not be followed.
    let set_format = b.device.text.iter().any(|l| l.starts_with("set "));
    for line in 1..=total {
        let text = b.device.text[line as usize - 1].trim().to_owned();
        let inside = if set_format {
            text.starts_with("set ")
        } else {
            whole.children.iter().any(|c| c.line <= line && line <= c.last)
        };
        if inside || text.is_empty() || text.starts_with("<?xml") {
            b.lowered(line, "structure");
        }
    }
    let hollow = |t: &Tree| t.children.iter().all(|c| c.children.is_empty());
    let mut check = |prefix: &str, parent: &Tree, read: &[&str]| {
        for child in &parent.children {
            let path =
                if prefix.is_empty() { child.name.clone() } else { format!("{prefix}/{}", child.name) };
            if read.contains(&child.name.as_str()) {
                continue;
            }
            match IGNORED.iter().find(|(p, _)| *p == path) {
                Some((_, rule)) => b.ignored_span(child.line, child.last, rule),
                None if child.children.is_empty() || hollow(child) && prefix == "network" => {
                    b.ignored_span(child.line, child.last, "empty-section");
                }
                None => {
                    for line in child.line..=child.last {
                        b.unknown(line, Scope::Device);
                    }
                }
            }
        }
    };
    let flat = std::ptr::eq(device, root) || root.get("devices").is_none();
    if !flat {
        check("", root, &["devices", "shared", "version", "urldb", "detail-version"]);
        check("", device, &["network", "vsys"]);
    } else if device.get("vsys").is_some() {
        check("", root, &["network", "shared", "vsys"]);
    }
    let lists = ["address", "address-group", "service", "service-group"];
    if let Some(shared) = root.get("shared") {
        check("shared", shared, &lists);
    }
    if let Some(network) = device.get("network") {
        // Shared gateways are printed on every multi-vsys platform; empty ones carry nothing.
        let used = network.get("shared-gateway").is_some_and(|g| {
            g.children.iter().any(|x| x.get("zone").is_some_and(|z| !z.children.is_empty()))
        });
        let read = ["interface", "virtual-router", "logical-router", "shared-gateway"];
        check("network", network, if used { &read[..3] } else { &read });
        if let Some(interface) = network.get("interface") {
            let kinds = ["ethernet", "aggregate-ethernet", "vlan", "loopback", "tunnel"];
            check("network/interface", interface, &kinds);
        }
    }
    let mut check = |parent: &Tree, prefix: &str, read: &[&str]| {
        for child in &parent.children {
            let path = format!("{prefix}/{}", child.name);
            if read.contains(&child.name.as_str()) {
                continue;
            }
            match IGNORED.iter().find(|(p, _)| *p == path) {
                Some((_, rule)) => b.ignored_span(child.line, child.last, rule),
                None if child.children.is_empty() => b.ignored(child.line, "empty-section"),
                None => {
                    for line in child.line..=child.last {
                        b.unknown(line, Scope::Device);
                    }
                }
            }
        }
    };
    let mut read = lists.to_vec();
    read.extend(["zone", "pre-rulebase", "rulebase", "post-rulebase"]);
    if flat {
        read.extend(["network", "shared", "deviceconfig", "mgt-config"]);
    }
    check(vsys, "vsys", &read);
    for name in ["pre-rulebase", "rulebase", "post-rulebase"] {
        let Some(base) = vsys.get(name) else { continue };
        check(base, "vsys/rulebase", &["security", "nat", "default-security-rules"]);
    }
    for name in ["rulebase", "post-rulebase"] {
        let defaults = vsys.at(&[name, "default-security-rules", "rules"]);
        for rule in defaults.map(|d| d.children.as_slice()).unwrap_or_default() {
            let named = matches!(rule.name.as_str(), "intrazone-default" | "interzone-default");
            strict(b, rule, if named { DEFAULT_RULE } else { &[] });
        }
    }
    for scope in [root.get("shared"), Some(vsys)].into_iter().flatten() {
        for (kind, known) in [("address", ADDRESS), ("service", SERVICE)] {
            for entry in scope.get(kind).map(|l| l.children.as_slice()).unwrap_or_default() {
                for child in entry.children.iter().filter(|c| !known.contains(&c.name.as_str())) {
                    unknown(b, child, &Scope::Rule(format!("{kind} {}", entry.name)));
                }
            }
        }
        // A group is a list of names, or keywords with lists.
        for kind in ["address-group", "service-group"] {
            for entry in scope.get(kind).map(|l| l.children.as_slice()).unwrap_or_default() {
                let list = |c: &Tree| c.children.is_empty() || GROUP.contains(&c.name.as_str());
                for child in entry.children.iter().filter(|c| !list(c)) {
                    unknown(b, child, &Scope::Rule(format!("{kind} {}", entry.name)));
                }
            }
        }
    }
    // Only the first device entry is read.
    if !flat {
        for other in root.get("devices").map(|d| d.children.as_slice()).unwrap_or_default().iter().skip(1) {
            unknown(b, other, &Scope::Device);
        }
    }
    for (base, kind) in ["pre-rulebase", "rulebase", "post-rulebase"]
        .into_iter()
        .flat_map(|base| ["security", "nat"].map(|kind| (base, kind)))
    {
        let Some(list) = vsys.at(&[base, kind]) else { continue };
        strict(b, list, &["rules"]);
        // Rules in force are held to the list where they are read.
        for rule in list.get("rules").map(|r| r.children.as_slice()).unwrap_or_default() {
            let known = |c: &Tree| RULE_LOOKS.iter().chain(RULE_CONDITIONS).any(|known| c.name == *known);
            let read = |c: &Tree| known(c) || for_every_device(c);
            for child in rule.children.iter().filter(|c| !read(c)) {
                unknown(b, child, &Scope::Rule(format!("rule {}", rule.name)));
            }
        }
    }
    let logical = device.at(&["network", "logical-router"]);
    for router in logical.map(|r| r.children.as_slice()).unwrap_or_default() {
        strict(b, router, &["vrf"]);
    }
    for router in device.get("network").map(super::lower::routers).unwrap_or_default().iter() {
        strict(b, router, ROUTER);
        for family in ["ip", "ipv6"] {
            let list = router.at(&["routing-table", family, "static-route"]);
            for route in list.map(|l| l.children.as_slice()).unwrap_or_default() {
                strict(b, route, STATIC_ROUTE);
            }
        }
    }
    for zone in vsys.get("zone").map(|z| z.children.as_slice()).unwrap_or_default() {
        strict(b, zone, ZONE);
        if let Some(network) = zone.get("network") {
            strict(b, network, ZONE_NETWORK);
        }
    }
    interfaces(b, device);
}

/// Attributes of objects; an object with any other is doubtful to whoever uses it.
pub(super) const ADDRESS: &[&str] = &["ip-netmask", "ip-range", "fqdn", "ip-wildcard", "description", "tag"];
pub(super) const SERVICE: &[&str] = &["protocol", "description", "tag"];
const GROUP: &[&str] = &["static", "dynamic", "members", "description", "tag"];
const DEFAULT_RULE: &[&str] =
    &["action", "log-start", "log-end", "log-setting", "profile-setting", "tag", "group-tag", "uuid"];
const ROUTER: &[&str] = &[
    "interface",
    "protocol",
    "routing-table",
    "ecmp",
    "admin-dists",
    "multicast",
    "bfd-profile",
    // Of a logical router.
    "bgp",
    "ospf",
    "ospfv3",
    "rip",
];
const STATIC_ROUTE: &[&str] = &[
    "destination",
    "nexthop",
    "interface",
    "metric",
    "admin-dist",
    "route-table",
    "bfd",
    "path-monitor",
    "uuid",
];
const ZONE: &[&str] = &[
    "network",
    "enable-user-identification",
    "enable-device-identification",
    "user-acl",
    "device-acl",
    "enable-packet-buffer-protection",
];
const ZONE_NETWORK: &[&str] = &[
    "layer3",
    "layer2",
    "virtual-wire",
    "tap",
    "external",
    "tunnel",
    "log-setting",
    "zone-protection-profile",
    "enable-packet-buffer-protection",
];
/// What one physical interface may be, besides a layer-3 one.
const ENTRY: &[&str] = &[
    "layer2",
    "virtual-wire",
    "tap",
    "aggregate-group",
    "decrypt-mirror",
    "log-card",
    "poe",
    "high-availability",
];
const LAYER3: &[&str] = &[
    "ip",
    "ipv6",
    "mtu",
    "units",
    "ndp-proxy",
    "lldp",
    "interface-management-profile",
    "adjust-tcp-mss",
    "dhcp-client",
    "pppoe",
    "netflow-profile",
    "arp",
    "bonjour",
    "sdwan-link-settings",
    "untagged-sub-interface",
    "tag",
    "comment",
    "link-speed",
    "link-duplex",
    "link-state",
    "layer3",
    "lacp",
    "ha",
    "traffic-interconnect",
    "decrypt-forward",
    "bfd",
];

/// Attributes of a section that is read one by one: any other makes the device unknown.
fn strict(b: &mut Builder, parent: &Tree, known: &[&str]) {
    for child in parent.children.iter().filter(|c| !known.contains(&c.name.as_str())) {
        unknown(b, child, &Scope::Device);
    }
}

fn unknown(b: &mut Builder, section: &Tree, scope: &Scope) {
    for line in section.line..=section.last {
        b.unknown(line, scope.clone());
    }
}

fn interfaces(b: &mut Builder, device: &Tree) {
    let Some(all) = device.at(&["network", "interface"]) else { return };
    let units = |t: &Tree| t.get("units").map(|u| u.children.clone()).unwrap_or_default();
    let known: Vec<&str> = ENTRY.iter().chain(LAYER3).copied().collect();
    for family in &all.children {
        // Loopback, tunnel and VLAN interfaces are themselves what a physical one holds.
        let physical = matches!(family.name.as_str(), "ethernet" | "aggregate-ethernet");
        if !physical {
            strict(b, family, LAYER3);
            for unit in units(family) {
                strict(b, &unit, LAYER3);
            }
            continue;
        }
        for entry in &family.children {
            strict(b, entry, &known);
            let Some(layer3) = entry.get("layer3") else { continue };
            strict(b, layer3, LAYER3);
            for unit in units(layer3) {
                strict(b, &unit, LAYER3);
            }
        }
    }
}
