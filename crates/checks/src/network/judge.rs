//! One 提出 under the registers of one day: pure, so that the whole judgement can be repeated from what is sealed.

use std::collections::BTreeSet;

use sekisho_domain::date::{Date, plus_days};
use sekisho_domain::noun::Value as Cell;
use sekisho_netproof::analysis::{Analysis, analyse};
use sekisho_netproof::site::{Endpoint, Service, Site, SiteError, ZoneKind};
use sekisho_netproof::vendor::captured::mac_addresses;
use sekisho_netproof::verdict::Verdict;
use sekisho_store::network::{FlowInForce, NewAnswer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Bundle;

/// What the registers say on the day of the judgement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registers {
    pub(crate) flows: Vec<FlowInForce>,
    /// (number, name) of network devices in use.
    pub(crate) boxes: Vec<(String, String)>,
    /// Numbers of all known devices.
    pub(crate) known: BTreeSet<String>,
    /// MAC addresses that a device row names, twelve digits.
    pub(crate) macs: BTreeSet<String>,
}

/// A zone as the declarations name it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZoneWords {
    pub id: String,
    pub name: String,
    /// `JU`, `LG`, …
    pub kind: String,
}

/// A line or a neighbour about which nothing is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Doubt {
    pub file: String,
    pub line: u32,
    pub text: String,
    pub why: String,
}

/// A judgement as it is sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judgement {
    pub as_of: String,
    pub city: String,
    pub model: Option<String>,
    pub zones: Vec<ZoneWords>,
    /// The engine's report: devices, findings, notes.
    pub report: Value,
    /// SVG.
    pub picture: String,
    pub certificates: Vec<Value>,
    /// `intents.toml` with the 特定通信 in force: what the certificates speak about.
    pub intents: String,
    /// Numbers of the 特定通信 that were used.
    pub flows: Vec<String>,
    pub notes: Vec<String>,
    /// Registered devices whose configuration was not handed in.
    pub missing: Vec<String>,
    /// Devices that were handed in and that no register knows.
    pub unlisted: Vec<String>,
    pub unexplained: Vec<Doubt>,
}

impl Judgement {
    /// Nothing could be said: no answers, and why.
    pub(crate) fn failed(on: Date, why: &str) -> Judgement {
        Judgement {
            as_of: on.to_string(),
            city: String::new(),
            model: None,
            zones: Vec::new(),
            report: serde_json::json!({ "devices": [], "findings": [] }),
            picture: String::new(),
            certificates: Vec::new(),
            intents: String::new(),
            flows: Vec::new(),
            notes: vec![format!("判定の途中で止まりました（{why}）。設定を確かめ、提出し直してください。")],
            missing: Vec::new(),
            unlisted: Vec::new(),
            unexplained: Vec::new(),
        }
    }
}

/// Judges a bundle. Comes back with what the record keeps of each item.
pub(crate) fn judge(
    bundle: &Bundle,
    registers: &Registers,
    on: Date,
) -> Result<(Judgement, Vec<NewAnswer>), SiteError> {
    let (intents, flows, mut notes) = intents(bundle, registers)?;
    let files = bundle.files(intents.clone());
    let analysis = analyse(&files, Some(&on.to_string()))?;
    notes.extend(analysis.report.notes.iter().cloned());
    let answers = answers(&analysis);
    let handed_in = |number: &str, name: &str| {
        bundle.devices.iter().any(|d| d.name.eq_ignore_ascii_case(number) || d.name == name)
    };
    let missing = registers.boxes.iter().filter(|(number, name)| !handed_in(number, name));
    let listed = |device: &str| {
        let named = registers.boxes.iter().any(|(_, name)| name == device);
        named || registers.known.iter().any(|number| number.eq_ignore_ascii_case(device))
    };
    let registered = |text: &str| mac_addresses(text).iter().any(|mac| registers.macs.contains(mac));
    let known = |text: &str| listed(text) || registered(text);
    let unexplained = analysis.report.unexplained.iter().filter(|d| !known(&d.text)).map(|d| Doubt {
        file: d.file.clone(),
        line: d.line,
        text: d.text.clone(),
        why: d.why.clone(),
    });
    let zones = analysis.site.zones.iter().map(|z| ZoneWords {
        id: z.id.clone(),
        name: z.name.clone(),
        kind: format!("{:?}", z.kind),
    });
    let judgement = Judgement {
        as_of: on.to_string(),
        city: analysis.site.name.clone(),
        model: analysis.site.model.clone(),
        zones: zones.collect(),
        report: serde_json::to_value(&analysis.report).unwrap_or_default(),
        picture: analysis.picture,
        certificates: analysis.certificates,
        intents,
        flows,
        notes,
        missing: missing.map(|(number, name)| format!("{number} {name}")).collect(),
        unlisted: bundle.devices.iter().map(|d| d.name.clone()).filter(|d| !listed(d)).collect(),
        unexplained: unexplained.collect(),
    };
    Ok((judgement, answers))
}

/// The declared intents with the 特定通信 of the register in the place of those in the file: only the register has
/// decisions and ends. A row that cannot be read allows nothing.
fn intents(bundle: &Bundle, registers: &Registers) -> Result<(String, Vec<String>, Vec<String>), SiteError> {
    let wrong = |message: String| SiteError::Toml { file: "intents.toml", message };
    let mut table: toml::Table = bundle.intents.parse().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
    let (mut notes, mut used, mut allows) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(dropped) = table.remove("allow").and_then(|a| a.as_array().map(Vec::len)) {
        notes.push(format!(
            "intents.toml の [[allow]] {dropped} 件は使っていません。特定通信は、台帳に登録して決裁を受けたものだけを使います。"
        ));
    }
    let text = |table: &toml::Table| toml::to_string(table).map_err(|e| wrong(e.to_string()));
    for flow in &registers.flows {
        let allow = toml::Value::Table(allow(flow));
        let mut alone = table.clone();
        alone.insert("allow".to_owned(), toml::Value::Array(vec![allow.clone()]));
        match Site::parse(&bundle.zones, &text(&alone)?, &bundle.links, &bundle.assumptions) {
            Ok(_) => {
                used.push(flow.row.text("number").to_owned());
                allows.push(allow);
            }
            Err(SiteError::Word { word, .. }) => notes.push(format!(
                "特定通信 {} は「{word}」が分からないため使っていません。台帳の行を直してください。",
                flow.row.text("number")
            )),
            Err(_) => notes.push(format!(
                "特定通信 {} は読めないため使っていません。台帳の行を直してください。",
                flow.row.text("number")
            )),
        }
    }
    if !allows.is_empty() {
        table.insert("allow".to_owned(), toml::Value::Array(allows));
    }
    Ok((text(&table)?, used, notes))
}

fn allow(flow: &FlowInForce) -> toml::Table {
    let row = &flow.row;
    let list = |column: &str| {
        let parts = row.text(column).split([',', '、']).map(str::trim).filter(|p| !p.is_empty());
        toml::Value::Array(parts.map(|p| toml::Value::String(p.to_owned())).collect())
    };
    let mut out = toml::Table::new();
    out.insert("id".into(), row.text("number").into());
    out.insert("from".into(), list("from_end"));
    out.insert("to".into(), list("to_end"));
    out.insert("service".into(), list("service"));
    // The row holds until before its day, the engine reads a last day.
    if let Ok(end) = row.text("valid_to").parse::<Date>() {
        out.insert("until".into(), plus_days(end, -1).to_string().into());
    }
    out.insert("owner".into(), flow.owner.clone().into());
    out.insert("basis".into(), format!("決裁 {}", flow.decision).into());
    out.insert("must_work".into(), (row.get("must_work") == Some(&Cell::Bool(Some(true)))).into());
    out
}

/// Which zones an item goes from and to.
fn ends(site: &Site, item: &str) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let zones = |ends: &[Endpoint]| ends.iter().map(|e| e.zone).collect::<BTreeSet<_>>();
    let intents = &site.intents;
    if let Some(deny) = intents.deny.iter().find(|d| d.id == item) {
        return (zones(&deny.from), zones(&deny.to));
    }
    if let Some(only) = intents.only.iter().find(|o| o.id == item) {
        return (zones(&only.from), zones(&only.to));
    }
    if let Some(waypoint) = intents.waypoint.iter().find(|w| w.id == item) {
        return (zones(&waypoint.from), zones(&waypoint.to));
    }
    // `F02:S-014` is what the register should say about S-014.
    let number = item.split_once(':').map_or(item, |(_, number)| number);
    let uses = intents.allow.iter().filter(|a| a.id == item || a.id == number).flat_map(|a| &a.uses);
    uses.fold(Default::default(), |(mut from, mut to): (BTreeSet<_>, BTreeSet<_>), one| {
        from.insert(one.from.zone);
        to.insert(one.to.zone);
        (from, to)
    })
}

fn answers(analysis: &Analysis) -> Vec<NewAnswer> {
    let site = &analysis.site;
    let found = analysis.report.findings.iter().map(|f| {
        let (from, to) = ends(site, &f.id);
        let verdict = match f.verdict {
            Verdict::Proved => "proved",
            Verdict::ProvedUnder => "proved-under",
            Verdict::Refuted => "refuted",
            Verdict::Unknown => "unknown",
        };
        answer(site, (&f.id, f.kind), f.title.clone(), f.basis.clone(), (&from, &to), verdict, &f.assumptions)
    });
    let unasked = unasked(site).into_iter().map(|(from, to)| {
        let title = format!("{} から {} への通信", site.zones[from].name, site.zones[to].name);
        let item = format!("{}→{}", site.zones[from].id, site.zones[to].id);
        let ends = (BTreeSet::from([from]), BTreeSet::from([to]));
        answer(site, (&item, "unasked"), title, String::new(), (&ends.0, &ends.1), "unknown", &[])
    });
    found.chain(unasked).collect()
}

type Ends<'a> = (&'a BTreeSet<usize>, &'a BTreeSet<usize>);

fn answer(
    site: &Site,
    (item, kind): (&str, &'static str),
    title: String,
    basis: String,
    (from, to): Ends<'_>,
    verdict: &'static str,
    assumptions: &[String],
) -> NewAnswer {
    let ids = |zones: &BTreeSet<usize>| {
        zones.iter().map(|&z| site.zones[z].id.as_str()).collect::<Vec<_>>().join(",")
    };
    // Whether the zones are apart; what is meant to get through and who may log in are other questions. An interface
    // in two zones joins whichever zones there are.
    let everywhere = kind == "no-dual-homing";
    let speaks = matches!(kind, "deny" | "only" | "waypoint" | "ledger" | "unasked");
    let touches = |wanted: ZoneKind| {
        everywhere || speaks && from.iter().chain(to).any(|&z| site.zones[z].kind == wanted)
    };
    NewAnswer {
        item: item.to_owned(),
        kind,
        title,
        basis,
        from_zones: ids(from),
        to_zones: ids(to),
        resident: touches(ZoneKind::JU),
        lgwan: touches(ZoneKind::LG),
        internet: touches(ZoneKind::IN),
        verdict,
        assumptions: assumptions.join(","),
    }
}

/// Pairs of zones that 7(3) wants to be asked about and that no item asks about wholly.
fn unasked(site: &Site) -> Vec<(usize, usize)> {
    use ZoneKind::{EX, IN, JU, LG, MGMT, TRANSIT};
    let whole = |ends: &[Endpoint], zone: usize| ends.iter().any(|e| e.zone == zone && e.addresses.is_none());
    let asked = |from: usize, to: usize| {
        let denied = site.intents.deny.iter().any(|d| {
            d.service == Service::any() && !d.through_relays && whole(&d.from, from) && whole(&d.to, to)
        });
        denied || site.intents.only.iter().any(|o| whole(&o.from, from) && whole(&o.to, to))
    };
    let wanted = |a: ZoneKind, b: ZoneKind| match (a, b) {
        (MGMT | TRANSIT, _) | (_, MGMT | TRANSIT) => false,
        (JU, _) | (_, JU) => a != b,
        (LG, IN | EX) | (IN | EX, LG) => true,
        _ => false,
    };
    let zones = 0..site.zones.len();
    let pairs = zones.clone().flat_map(|a| zones.clone().map(move |b| (a, b))).filter(|(a, b)| a != b);
    pairs.filter(|&(a, b)| wanted(site.zones[a].kind, site.zones[b].kind) && !asked(a, b)).collect()
}
