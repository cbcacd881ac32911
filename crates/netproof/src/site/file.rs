//! Reading the TOML files. Unknown keys are errors: a misspelt intent must not silently mean less.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::space::Ranges;
use crate::vendor::{ReadOptions, Vendor};

use super::input::{
    Allow, AllowedUse, Assumption, AssumptionKind, Deny, Mgmt, Only, Relay, Site, SiteError, Waypoint, Zone,
    ZoneKind,
};
use super::terms::{Endpoint, Service, addresses};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZonesFile {
    #[serde(default)]
    name: String,
    model: Option<String>,
    #[serde(default)]
    zone: Vec<ZoneText>,
    #[serde(default)]
    device: Vec<DeviceText>,
    #[serde(default)]
    relay: Vec<RelayText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayText {
    #[serde(rename = "name")]
    _name: String,
    legs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneText {
    id: String,
    name: Option<String>,
    kind: Option<ZoneKind>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    interfaces: Vec<String>,
    #[serde(default)]
    routers: Vec<String>,
    #[serde(default)]
    hosts: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    relays: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceText {
    name: String,
    vendor: Option<String>,
    model: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(&self) -> Vec<String> {
        match self {
            Self::One(s) => vec![s.clone()],
            Self::Many(v) => v.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinksFile {
    #[serde(default)]
    link: Vec<LinkText>,
    #[serde(default)]
    separate: Vec<LinkText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkText {
    ends: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IntentsFile {
    #[serde(default)]
    deny: Vec<DenyText>,
    #[serde(default)]
    only: Vec<DenyText>,
    #[serde(default)]
    allow: Vec<AllowText>,
    #[serde(default)]
    waypoint: Vec<WaypointText>,
    #[serde(default)]
    mgmt: Vec<MgmtText>,
    #[serde(default)]
    no_dual_homing: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DenyText {
    id: String,
    from: OneOrMany,
    to: OneOrMany,
    service: Option<OneOrMany>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    through_relays: bool,
    #[serde(default)]
    basis: String,
    #[serde(default, rename = "severity")]
    _severity: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowText {
    id: String,
    from: OneOrMany,
    to: OneOrMany,
    service: OneOrMany,
    until: Option<String>,
    owner: Option<String>,
    basis: Option<String>,
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
    #[serde(default)]
    must_work: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaypointText {
    id: String,
    from: OneOrMany,
    to: OneOrMany,
    via: String,
    #[serde(default)]
    basis: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MgmtText {
    id: String,
    target: String,
    allow_from: Vec<String>,
    service: OneOrMany,
    #[serde(default)]
    basis: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssumptionsFile {
    #[serde(default)]
    assumption: Vec<AssumptionText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssumptionText {
    id: String,
    owner: String,
    basis: String,
    until: String,
    about: String,
    device: Option<String>,
    name: Option<String>,
    text: Option<String>,
    interface: Option<String>,
    address: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    interfaces: Vec<String>,
}

fn toml<'a, T: Deserialize<'a>>(file: &'static str, text: &'a str) -> Result<T, SiteError> {
    toml::from_str(text).map_err(|e| SiteError::Toml { file, message: e.to_string() })
}

fn word(file: &'static str, what: &'static str, word: &str) -> SiteError {
    SiteError::Word { file, what, word: word.to_owned() }
}

/// `YYYY-MM-DD` of a day that may exist; days are compared as texts.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |at: usize, width: usize, most: u32| {
        parts.get(at).is_some_and(|p| {
            p.len() == width
                && p.chars().all(|c| c.is_ascii_digit())
                && p.parse().is_ok_and(|n| (1..=most).contains(&n))
        })
    };
    parts.len() == 3 && number(0, 4, 9999) && number(1, 2, 12) && number(2, 2, 31)
}

fn ends(file: &'static str, list: &[String]) -> Result<Vec<(String, String)>, SiteError> {
    list.iter()
        .map(|e| {
            let (d, i) = e.split_once(':').ok_or_else(|| word(file, "interface", e))?;
            Ok((d.to_owned(), i.to_owned()))
        })
        .collect()
}

fn all_addresses(file: &'static str, list: &[String]) -> Result<Ranges, SiteError> {
    list.iter().try_fold(Ranges::empty(), |acc, text| {
        Ok(acc.union(&addresses(text).ok_or_else(|| word(file, "address", text))?))
    })
}

impl Site {
    /// Parses the four files; the last two may be empty texts.
    pub fn parse(zones: &str, intents: &str, links: &str, assumptions: &str) -> Result<Self, SiteError> {
        let mut site = Self::default();
        site.read_zones(toml("zones.toml", zones)?)?;
        let links: LinksFile = toml("links.toml", links)?;
        for link in &links.link {
            site.links.push(ends("links.toml", &link.ends)?);
        }
        for link in &links.separate {
            site.separate.push(ends("links.toml", &link.ends)?);
        }
        site.read_intents(toml("intents.toml", intents)?)?;
        site.read_assumptions(toml("assumptions.toml", assumptions)?)?;
        crate::templates::apply(&mut site);
        Ok(site)
    }

    fn read_zones(&mut self, file: ZonesFile) -> Result<(), SiteError> {
        const FILE: &str = "zones.toml";
        self.name = file.name;
        self.model = file.model;
        let mut rest_of: Vec<usize> = Vec::new();
        for text in file.zone {
            let mut prefixes = Ranges::empty();
            for prefix in &text.prefixes {
                if prefix.contains("- zones") {
                    rest_of.push(self.zones.len());
                }
                let plain = prefix.split(" - ").next().unwrap_or(prefix);
                prefixes = prefixes.union(&addresses(plain).ok_or_else(|| word(FILE, "address", prefix))?);
            }
            let mut hosts = BTreeMap::new();
            for (name, list) in &text.hosts {
                hosts.insert(name.clone(), all_addresses(FILE, &list.list())?);
            }
            self.zones.push(Zone {
                name: text.name.unwrap_or_else(|| text.id.clone()),
                id: text.id,
                kind: text.kind.unwrap_or(ZoneKind::OTHER),
                prefixes,
                interfaces: ends(FILE, &text.interfaces)?,
                routers: all_addresses(FILE, &text.routers)?,
                hosts,
                relays: all_addresses(FILE, &text.relays)?,
            });
        }
        for &open in &rest_of {
            let others = (0..self.zones.len())
                .filter(|n| !rest_of.contains(n))
                .fold(Ranges::empty(), |acc, n| acc.union(&self.zones[n].prefixes));
            let reduced = self.zones[open].prefixes.subtract(&others);
            self.zones[open].prefixes = reduced;
        }
        for device in file.device {
            let vendor = match &device.vendor {
                Some(name) => match Vendor::from_name(name) {
                    Vendor::Unread => return Err(word(FILE, "vendor", name)),
                    known => Some(known),
                },
                None => None,
            };
            self.devices.insert(device.name, (vendor, device.model));
        }
        self.relays = self
            .zones
            .iter()
            .enumerate()
            .filter(|(_, z)| !z.relays.is_empty())
            .map(|(n, z)| vec![(n, z.relays.clone())])
            .collect();
        for relay in file.relay {
            let mut legs = Relay::new();
            for text in &relay.legs {
                let leg = self.endpoints(FILE, &OneOrMany::One(text.clone()))?;
                legs.extend(leg.into_iter().filter_map(|e| Some((e.zone, e.addresses?))));
            }
            if legs.len() < relay.legs.len() || legs.is_empty() {
                return Err(word(FILE, "relay leg", &relay.legs.join(" ")));
            }
            self.relays.push(legs);
        }
        if self.zones.is_empty() {
            return Err(SiteError::Empty("zones.toml"));
        }
        match self.model.as_deref() {
            Some(text) if crate::templates::Model::parse(text).is_none() => Err(word(FILE, "model", text)),
            _ => Ok(()),
        }
    }

    /// Number of a zone by id.
    #[must_use]
    pub fn zone(&self, id: &str) -> Option<usize> {
        self.zones.iter().position(|z| z.id == id)
    }

    /// `zone`, `zone:host`, `zone:hosts/host`, `zone:A/len`, `*` (every zone).
    fn endpoints(&self, file: &'static str, words: &OneOrMany) -> Result<Vec<Endpoint>, SiteError> {
        let mut out = Vec::new();
        for text in words.list() {
            if text == "*" {
                out.extend((0..self.zones.len()).map(|zone| Endpoint { zone, addresses: None }));
                continue;
            }
            let (id, part) = text.split_once(':').map_or((text.as_str(), None), |(z, p)| (z, Some(p)));
            let zone = self.zone(id).ok_or_else(|| word(file, "zone", &text))?;
            let addresses = match part {
                None => None,
                Some(p) => {
                    let host = p.strip_prefix("hosts/").unwrap_or(p);
                    let found = self.zones[zone].hosts.get(host).cloned().or_else(|| addresses(host));
                    Some(found.ok_or_else(|| word(file, "host", &text))?)
                }
            };
            out.push(Endpoint { zone, addresses });
        }
        Ok(out)
    }

    fn service(words: Option<&OneOrMany>) -> Result<Service, SiteError> {
        let Some(words) = words else { return Ok(Service::any()) };
        let list = words.list();
        Service::parse(&list).ok_or_else(|| word("intents.toml", "service", &list.join(" ")))
    }

    fn read_intents(&mut self, file: IntentsFile) -> Result<(), SiteError> {
        const FILE: &str = "intents.toml";
        for d in &file.deny {
            self.intents.deny.push(Deny {
                id: d.id.clone(),
                from: self.endpoints(FILE, &d.from)?,
                to: self.endpoints(FILE, &d.to)?,
                service: Self::service(d.service.as_ref())?,
                except: d.except.clone(),
                basis: d.basis.clone(),
                through_relays: d.through_relays,
            });
        }
        for d in &file.only {
            self.intents.only.push(Only {
                id: d.id.clone(),
                from: self.endpoints(FILE, &d.from)?,
                to: self.endpoints(FILE, &d.to)?,
                basis: d.basis.clone(),
            });
        }
        for a in file.allow {
            if let Some(until) = a.until.as_deref().filter(|u| !is_day(u)) {
                return Err(word(FILE, "until", until));
            }
            let mut uses = Vec::new();
            let service = Self::service(Some(&a.service))?;
            for from in self.endpoints(FILE, &a.from)? {
                for to in self.endpoints(FILE, &a.to)? {
                    uses.push(AllowedUse { from: from.clone(), to, service: service.clone() });
                }
            }
            self.intents.allow.push(Allow {
                id: a.id,
                uses,
                until: a.until,
                owner: a.owner,
                basis: a.basis,
                must_work: a.must_work,
            });
        }
        for w in &file.waypoint {
            let via = self.endpoints(FILE, &OneOrMany::One(w.via.clone()))?;
            self.intents.waypoint.push(Waypoint {
                id: w.id.clone(),
                from: self.endpoints(FILE, &w.from)?,
                to: self.endpoints(FILE, &w.to)?,
                via: via.into_iter().next().ok_or_else(|| word("intents.toml", "via", &w.via))?,
                basis: w.basis.clone(),
            });
        }
        for m in file.mgmt {
            self.intents.mgmt.push(Mgmt {
                id: m.id,
                target: m.target,
                allow_from: all_addresses("intents.toml", &m.allow_from)?,
                service: Self::service(Some(&m.service))?,
                basis: m.basis,
            });
        }
        self.intents.no_dual_homing = file.no_dual_homing;
        Ok(())
    }

    fn read_assumptions(&mut self, file: AssumptionsFile) -> Result<(), SiteError> {
        const FILE: &str = "assumptions.toml";
        for a in file.assumption {
            let missing = |what: &'static str| word(FILE, what, &a.id);
            let kind = match a.about.as_str() {
                "object" => AssumptionKind::Object {
                    name: a.name.clone().ok_or_else(|| missing("name"))?,
                    addresses: all_addresses(FILE, &a.addresses)?,
                },
                "line" => AssumptionKind::Line {
                    text: a.text.clone().ok_or_else(|| missing("text"))?.trim().to_owned(),
                },
                "implicit-discard" => AssumptionKind::ImplicitDiscard,
                "neighbour-discovery" => AssumptionKind::Discovery,
                "trunk" => AssumptionKind::Trunk {
                    interface: a.interface.clone().ok_or_else(|| missing("interface"))?,
                },
                "separate-vlan" => AssumptionKind::Apart { ends: ends(FILE, &a.interfaces)? },
                "closed-interface" => AssumptionKind::Closed {
                    interface: a.interface.clone().ok_or_else(|| missing("interface"))?,
                },
                "router" => AssumptionKind::Router {
                    address: a
                        .address
                        .as_deref()
                        .and_then(crate::net::parse_ip)
                        .ok_or_else(|| missing("address"))?,
                    zone: a.zone.as_deref().and_then(|z| self.zone(z)).ok_or_else(|| missing("zone"))?,
                },
                other => return Err(word(FILE, "about", other)),
            };
            if !is_day(&a.until) {
                return Err(word(FILE, "until", &a.until));
            }
            self.assumptions.push(Assumption {
                id: a.id,
                owner: a.owner,
                basis: a.basis,
                until: a.until,
                device: a.device,
                kind,
            });
        }
        Ok(())
    }

    /// What the active assumptions say about one device.
    #[must_use]
    pub fn read_options(&self, device: &str, as_of: Option<&str>, active: &[usize]) -> ReadOptions {
        let mut options = ReadOptions {
            model: self.devices.get(device).and_then(|d| d.1.clone()),
            as_of: as_of.map(str::to_owned),
            ..ReadOptions::default()
        };
        for &number in active {
            let assumption = &self.assumptions[number];
            if assumption.device.as_deref().is_some_and(|d| d != device) {
                continue;
            }
            match &assumption.kind {
                AssumptionKind::Object { name, addresses } => {
                    options.objects.insert(name.clone(), addresses.clone());
                }
                AssumptionKind::Line { text } => options.harmless.push(text.clone()),
                AssumptionKind::ImplicitDiscard => options.implicit_discard = true,
                AssumptionKind::Discovery => options.discovery_stays = true,
                AssumptionKind::Closed { .. }
                | AssumptionKind::Router { .. }
                | AssumptionKind::Trunk { .. }
                | AssumptionKind::Apart { .. } => {}
            }
        }
        options
    }
}
