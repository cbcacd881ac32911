//! Flow rules F01–F28 of the national models (guideline §3.3) as intents, and what the 特定通信台帳 must say.
//!
//! Only rules about reachability are generated: F01, F02, F04, F05, F08, F12–F14, F18–F22, F25, F28. The others (F03 and
//! F06–F07 on evidence and terminals, F09–F11 on content, F15–F17, F23–F24, F26–F27) are not decided by device
//! configurations.

use crate::site::{Deny, Endpoint, Only, Service, Site, ZoneKind};
use crate::verdict::{Finding, Verdict};

/// Models whose rules are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// α.
    Alpha,
    /// α': LGWAN接続系 to listed clouds.
    AlphaPrime,
}

impl Model {
    /// `alpha`, `α`, `alpha'`, `alpha-prime`, `α'`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "alpha" | "α" => Some(Self::Alpha),
            "alpha'" | "alpha-prime" | "α'" | "α’" => Some(Self::AlphaPrime),
            _ => None,
        }
    }
}

/// Whether packets of one zone kind may never, or only as registered, go to another; with the rule.
const fn relation(model: Model, from: ZoneKind, to: ZoneKind) -> Option<(&'static str, bool)> {
    use ZoneKind::{EX, IN, JU, KO, LG, PT, SC};
    Some(match (from, to) {
        (JU, IN | EX) | (IN | EX, JU) => ("F05", false),
        (JU, _) | (_, JU) => ("F01", true),
        (LG, IN) | (IN, LG) => ("F08", true),
        (LG, EX) => ("F14", matches!(model, Model::AlphaPrime)),
        (EX, LG) => ("F14", false),
        (IN, EX) => ("F13", true),
        (KO, LG | IN) | (LG | IN, KO) => ("F20", true),
        (PT, _) => ("F22", true),
        (SC, LG) => ("F08", true),
        _ => return None,
    })
}

/// Adds the rules of the site's model to its intents.
pub fn apply(site: &mut Site) {
    let Some(model) = site.model.as_deref().and_then(Model::parse) else { return };
    for from in 0..site.zones.len() {
        for to in (0..site.zones.len()).filter(|&t| t != from) {
            let (a, b) = (site.zones[from].kind, site.zones[to].kind);
            let passive = |k| matches!(k, ZoneKind::TRANSIT | ZoneKind::MGMT | ZoneKind::OTHER);
            if passive(a) || passive(b) {
                continue;
            }
            let Some((rule, registered)) = relation(model, a, b) else { continue };
            let id = format!("{rule}:{}→{}", site.zones[from].id, site.zones[to].id);
            let ends = |zone| vec![Endpoint { zone, addresses: None }];
            if registered {
                site.intents.only.push(Only { id, from: ends(from), to: ends(to), basis: rule.to_owned() });
            } else {
                let service = Service::any();
                let deny = Deny {
                    id,
                    from: ends(from),
                    to: ends(to),
                    service,
                    except: Vec::new(),
                    basis: rule.to_owned(),
                    through_relays: false,
                };
                site.intents.deny.push(deny);
            }
            if rule == "F05" && (a == ZoneKind::EX || b == ZoneKind::EX) {
                let id = format!("F28:{}→{}", site.zones[from].id, site.zones[to].id);
                let service = Service::any();
                let deny = Deny {
                    id,
                    from: ends(from),
                    to: ends(to),
                    service,
                    except: Vec::new(),
                    basis: "F28".to_owned(),
                    through_relays: true,
                };
                site.intents.deny.push(deny);
            }
        }
    }
    site.intents.no_dual_homing = true;
}

/// F02, F22, F25: every 特定通信 names hosts and services, an owner, a basis and a day it ends.
#[must_use]
pub fn ledger(site: &Site, as_of: Option<&str>) -> Vec<Finding> {
    let mut out = Vec::new();
    for allow in &site.intents.allow {
        let touches = |kind| {
            allow
                .uses
                .iter()
                .any(|u| site.zones[u.from.zone].kind == kind || site.zones[u.to.zone].kind == kind)
        };
        let mut problems: Vec<(&str, &str)> = Vec::new();
        if allow.owner.is_none() {
            problems.push(("F25", "所有者がありません"));
        }
        if allow.basis.is_none() {
            problems.push(("F25", "根拠がありません"));
        }
        match (&allow.until, as_of) {
            (None, _) => problems.push(("F25", "期限がありません")),
            (Some(until), Some(day)) if until.as_str() < day => problems.push(("F22", "期限が切れています")),
            _ => {}
        }
        if touches(ZoneKind::JU)
            && allow.uses.iter().any(|u| u.from.addresses.is_none() || u.to.addresses.is_none())
        {
            problems.push(("F02", "送信元と宛先のアドレスが限定されていません"));
        }
        if touches(ZoneKind::JU) && allow.uses.iter().any(|u| u.service == Service::any()) {
            problems.push(("F02", "ポート・プロトコルが限定されていません"));
        }
        for (rule, text) in problems {
            out.push(Finding::plain(
                &format!("{rule}:{}", allow.id),
                "ledger",
                format!("特定通信 {}：{text}", allow.id),
                rule,
                Verdict::Refuted,
            ));
        }
    }
    out
}
