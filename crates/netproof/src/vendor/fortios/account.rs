//! The account of every line: read, reviewed as harmless, or unknown.

use crate::model::Severity;

use super::super::build::{Builder, Scope};
use super::lex::Block;
use super::reviewed;

/// The `config`/`edit`/`next`/`end` lines of a block whose contents are read.
pub(super) fn structure(b: &mut Builder, block: &Block) {
    b.lowered(block.line, "structure");
    b.lowered(block.last, "structure");
}

/// Every line of a block, children included, became `item`.
pub(super) fn account_all(b: &mut Builder, block: &Block, item: &str) {
    for line in block.line..=block.last {
        b.lowered(line, item);
    }
}

/// Sections whose entries the lowering reads attribute by attribute.
const READ_BY_ATTRIBUTE: &[&str] = &[
    "system interface",
    "firewall policy",
    "firewall policy6",
    "router static",
    "router static6",
    "router policy",
    "router policy6",
    "system settings",
];

/// Sections read as a whole: an attribute that is not understood makes the object doubtful.
const READ_AS_OBJECTS: &[&str] = &[
    "firewall address",
    "firewall address6",
    "firewall addrgrp",
    "firewall addrgrp6",
    "firewall service custom",
    "firewall service group",
    "firewall schedule onetime",
    "firewall schedule recurring",
    "firewall schedule group",
    "firewall vip",
    "firewall vipgrp",
    "firewall ippool",
    "firewall ippool6",
    "system zone",
    "firewall central-snat-map",
    "system sdwan",
    "system virtual-wan-link",
];

/// Attributes of SD-WAN: what is read, and what chooses among the members, any of which is possible anyway.
const SDWAN: &[&str] = &[
    "status",
    "load-balance-mode",
    "fail-detect",
    "fail-alert-interfaces",
    "neighbor-hold-down",
    "neighbor-hold-down-time",
    "speedtest-bypass-routing",
    "interface",
    "zone",
    "gateway",
    "gateway6",
    "source",
    "source6",
    "preferred-source",
    "cost",
    "weight",
    "priority",
    "priority6",
    "volume-ratio",
    "spillover-threshold",
    "ingress-spillover-threshold",
    "comment",
    "seq-num",
    "id",
    "service-sla-tie-break",
    "name",
    "mode",
    "src",
    "dst",
    "src-negate",
    "dst-negate",
    "src6",
    "dst6",
    "protocol",
    "start-port",
    "end-port",
    "priority-members",
    "priority-zone",
    "internet-service",
    "internet-service-name",
    "internet-service-custom",
    "internet-service-custom-group",
    "internet-service-group",
    "internet-service-app-ctrl",
    "internet-service-app-ctrl-group",
    "internet-service-app-ctrl-category",
    "health-check",
    "link-cost-factor",
    "link-cost-threshold",
    "minimum-sla-meet-members",
    "default",
    "tie-break",
    "hold-down-time",
    "addr-mode",
];

/// SD-WAN may hold more than members and rules that choose among them (copies of packets, neighbours).
fn account_sdwan(b: &mut Builder, config: &Block, depth: usize) {
    let inner = config.configs.iter().chain(&config.entries);
    for block in inner {
        match block.name.as_str() {
            // Probes; they say which member is up.
            "health-check" if depth == 0 => {}
            "duplication" | "neighbor" if depth == 0 && !block.entries.is_empty() => {
                for line in block.line..=block.last {
                    b.unknown(line, Scope::Device);
                }
            }
            _ => account_sdwan(b, block, depth + 1),
        }
    }
    for line in &config.strays {
        b.unknown(*line, Scope::Device);
    }
    for setting in config.settings.iter().filter(|s| !SDWAN.contains(&s.key.as_str())) {
        b.unknown(setting.line, Scope::Device);
    }
}

/// Accounts for the lines of every section.
pub(super) fn account_sections(b: &mut Builder, configs: &[&Block], vdom: &str) {
    for config in configs {
        let name = config.name.as_str();
        if READ_BY_ATTRIBUTE.contains(&name) {
            structure(b, config);
            for entry in &config.entries {
                structure(b, entry);
            }
            for line in config.strays.iter().chain(config.configs.iter().map(|c| &c.line)) {
                b.unknown(*line, Scope::Device);
            }
        } else if READ_AS_OBJECTS.contains(&name) {
            account_objects(b, config);
        } else if matches!(name, "firewall acl" | "firewall acl6" | "firewall ttl-policy")
            && !config.entries.is_empty()
        {
            // These drop before the policies: what passes those need not pass here.
            for line in config.line..=config.last {
                b.unknown(line, Scope::Drops);
            }
        } else if let Some(rule) = reviewed::section(name) {
            b.ignored_span(config.line, config.last, rule);
        } else {
            account_other(b, config, vdom);
        }
    }
}

/// Tables of a VDOM without any interface: no packet meets them.
pub(super) fn account_unreached(b: &mut Builder, configs: &[&Block]) {
    for config in configs.iter().filter(|c| READ_BY_ATTRIBUTE.contains(&c.name.as_str())) {
        account_all(b, config, "vdom without interfaces");
    }
}

/// Objects: attributes that the object readers do not know are unknown within the object, which its user sees as a
/// doubt.
fn account_objects(b: &mut Builder, config: &Block) {
    account_all(b, config, &config.name);
    if matches!(config.name.as_str(), "system sdwan" | "system virtual-wan-link") {
        account_sdwan(b, config, 0);
        return;
    }
    for line in &config.strays {
        b.unknown(*line, Scope::Device);
    }
    for entry in &config.entries {
        let scope = || Scope::Rule(format!("{} {}", config.name, entry.name));
        for line in &entry.strays {
            b.unknown(*line, scope());
        }
        let Some((known, settled)) = reviewed::object_keys(&config.name) else { continue };
        for setting in entry.settings.iter().filter(|s| !known.contains(&s.key.as_str())) {
            // Where the reader of the object does not take the attribute into account, anything may follow from it.
            b.unknown(setting.line, if settled { scope() } else { Scope::Device });
        }
    }
}

/// Sections that matter only when they hold something.
fn account_other(b: &mut Builder, config: &Block, vdom: &str) {
    let name = config.name.as_str();
    let hollow = config.entries.is_empty() && config.settings.is_empty() && config.strays.is_empty();
    let only_empty_children = config.configs.iter().all(|c| c.entries.is_empty() && c.settings.is_empty());
    if hollow && only_empty_children {
        b.ignored_span(config.line, config.last, "empty-section");
        return;
    }
    match name {
        "router ospf" | "router ospf6" | "router bgp" | "router rip" | "router ripng" | "router isis" => {
            account_all(b, config, "routing protocol");
        }
        "router multicast"
        | "router multicast6"
        | "firewall multicast-policy"
        | "firewall multicast-policy6" => {
            account_all(b, config, "multicast");
            let live = config.entries.iter().any(|e| e.word("action") != Some("deny"))
                || config.enabled("multicast-routing");
            if live {
                b.forwards_multicast(config.line);
                let text = "マルチキャストを転送する設定があります。転送先は設定だけでは決まりません";
                b.finding("multicast", Severity::Info, config.line, text);
            }
        }
        // The proxy listens only when it is switched on.
        "ftp-proxy explicit" if config.word("status") != Some("enable") => {
            b.ignored_span(config.line, config.last, "switched-off");
        }
        "firewall local-in-policy" | "firewall local-in-policy6" => account_all(b, config, "local-in"),
        "firewall interface-policy" | "firewall interface-policy6" => {
            b.ignored_span(config.line, config.last, "inspection");
        }
        "system ha" => {
            account_all(b, config, "ha");
            if matches!(config.word("mode"), Some("a-a" | "a-p")) {
                let text = "HA 構成です。構成するすべての機器の設定を提出してください";
                b.finding("ha", Severity::Info, config.line, text);
            }
        }
        "system vdom-link"
        | "system ipsec-aggregate"
        | "system gre-tunnel"
        | "system ipip-tunnel"
        | "system ipv6-tunnel"
        | "system sit-tunnel"
        | "vpn l2tp"
        | "vpn pptp" => {
            // Their interfaces are printed under `system interface` as tunnels with unknown far ends.
            account_all(b, config, "tunnel");
        }
        _ => {
            let _ = vdom;
            for line in config.line..=config.last {
                b.unknown(line, Scope::Device);
            }
        }
    }
}
