//! `system settings` of one VDOM.

use crate::model::Severity;

use super::super::build::{Builder, Scope};
use super::lower::Vdom;

const SETTINGS: &[&str] = &[
    "central-nat",
    "opmode",
    "asymroute",
    "ngfw-mode",
    "comments",
    "vdom-type",
    "inspection-mode",
    "gui-",
    "h323-direct-model",
    "default-voip-alg-mode",
    "sip-tcp-port",
    "sip-udp-port",
    "sip-ssl-port",
    "sip-expectation",
    "sip-helper",
    "sip-nat-trace",
    "sccp-port",
    "ses-denied-traffic",
    "strict-src-check",
    "allow-subnet-overlap",
    "bfd",
    "deny-tcp-with-icmp",
    "discovered-device-timeout",
    "email-portal-check-dns",
    "firewall-session-dirty",
    "ike-",
    "implicit-allow-dns",
    "link-down-access",
    "location-id",
    "manageip",
    "mac-ttl",
    "ecmp-max-paths",
    "v4-ecmp-mode",
    "v6-ecmp-mode",
    "status",
    "prp-trailer-action",
    "lldp-",
    "dhcp-",
    "auxiliary-session",
    "block-land-attack",
    "consolidated-firewall-mode",
    "detect-unknown-esp",
    "dyn-addr-session-check",
    "application-bandwidth-tracking",
    "multicast-skip-policy",
    "multicast-ttl-notchange",
    "multicast-forward",
    "hyperscale-",
    "tcp-session-without-syn",
    "utf8-spam-tagging",
    "wccp-cache-engine",
    "snat-hairpin-traffic",
    "asymroute-icmp",
    "asymroute6",
    "asymroute6-icmp",
    "nat46-",
    "nat64-",
    "best-vrf",
    "policy-offload-level",
    "fqdn-session-check",
    "ext-resource-session-check",
    "internet-service-",
    "intree-ses-best-route",
    "map-",
    "vpn-stats-",
    "ip-",
    "default-policy-expiry-days",
    "http-external-dest",
    "ssl-ssh-profile",
    "gateway",
    "gateway6",
    "ip6",
    "ip",
    "device",
];

/// Reads the settings; false when one of them makes the VDOM unreadable.
pub(super) fn settings(b: &mut Builder, vdom: &mut Vdom<'_>) -> bool {
    let mut readable = true;
    for config in vdom.sections(&["system settings"]) {
        for setting in &config.settings {
            let value = setting.values.first().map_or("", String::as_str);
            let on = setting.verb == "set";
            let known = SETTINGS
                .iter()
                .any(|k| if k.ends_with('-') { setting.key.starts_with(k) } else { setting.key == *k });
            let bad = on
                && match setting.key.as_str() {
                    "opmode" => value != "nat",
                    "ngfw-mode" => value != "profile-based",
                    "status" => value != "enable",
                    "wccp-cache-engine" | "hyperscale-policy" => value == "enable",
                    _ => !known,
                };
            if bad {
                readable &= !b.unknown(setting.line, Scope::Device);
            } else {
                b.lowered(setting.line, "settings");
            }
            if on && setting.key == "central-nat" {
                vdom.central_nat = value == "enable";
            }
            if on && setting.key.starts_with("asymroute") && value == "enable" {
                let text = "非対称経路を許しているため、接続状態の検査が弱くなっています";
                b.finding("asymroute", Severity::Warning, setting.line, text);
            }
        }
    }
    readable
}
