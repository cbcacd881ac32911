//! Flow rules F01–F28 of the national models (guideline §3.3) as intents, and what the 特定通信台帳 must say.
//!
//! Every rule either becomes intents (what may reach what), is read from the 特定通信台帳, or is listed as decided
//! elsewhere, with what decides it: configurations say nothing about terminals, contents or evidence.

use crate::site::{Allow, AllowedUse, Deny, Endpoint, Only, Service, Site, Zone, ZoneKind};
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
    use ZoneKind::{CL, EX, IN, JU, KO, LG, LGWAN, PT, SC};
    Some(match (from, to) {
        (JU, IN | EX) | (IN | EX, JU) => ("F05", false),
        // ぴったりサービス, eLTAX and the like come by LGWAN and nothing else.
        (JU, LGWAN) | (LGWAN, JU) => ("F04", true),
        (JU, _) | (_, JU) => ("F01", true),
        (LG, IN) | (IN, LG) => ("F08", true),
        (LG, EX) => ("F14", matches!(model, Model::AlphaPrime)),
        (EX, LG) => ("F14", false),
        (IN, EX) => ("F13", true),
        (KO, LG | IN) | (LG | IN, KO) => ("F20", true),
        (PT, _) | (_, PT) => ("F22", true),
        (SC, LG) => ("F08", true),
        (EX, CL) | (CL, EX) => ("F18", false),
        (CL, _) | (_, CL) => ("F18", true),
        (EX, IN) => ("F13", true),
        (EX, KO) | (KO, EX) => ("F21", true),
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

/// What the rules of the models say, for people.
const RULES: &[(&str, &str)] = &[
    ("F01", "マイナンバー利用事務系とほかの領域との通信は、既定で止める"),
    (
        "F02",
        "マイナンバー利用事務系の通信は登録した特定通信だけとし、送信元と宛先、ポートとプロトコルの両方を限る",
    ),
    ("F03", "特定通信の相手は、インターネットにつながらないものに限る（国などが公に構築したものを除く）"),
    ("F04", "eLTAXやぴったりサービスなどの双方向のデータは、LGWAN経由の中継だけを通す"),
    ("F05", "マイナンバー利用事務系とインターネット（接続系を含む）との間に、直接の通信を許さない"),
    ("F06", "マイナンバー利用事務系の端末は、2種類以上の要素で認証する"),
    ("F07", "マイナンバー利用事務系の端末は、外部の媒体に書き込めないようにする"),
    ("F08", "LGWAN接続系とインターネット接続系との通信は既定で止め、無害化の経路だけを許す"),
    ("F09", "インターネットからのメールは、本文の文字化と添付の無害化を通す"),
    ("F10", "LGWAN接続系からのウェブ閲覧は、画面の転送だけとする"),
    ("F11", "LGWAN接続系に取り込むファイルは、1件ごとに無害化の記録を残す"),
    ("F12", "更新ファイルは、決めた中継か、検査した登録媒体だけで取り込む"),
    ("F13", "インターネット接続系からインターネットへは、自治体情報セキュリティクラウドだけを通す"),
    ("F14", "LGWAN接続系からインターネットへの通信を止める（α'では、許可した宛先だけを通す）"),
    ("F15", "直接つなぐクラウドは、承認した台帳にあり、端末にEDR・宛先の制限・記録がある"),
    ("F16", "β・β'では、インターネット接続系の全端末の防御、脆弱性の管理、年1回の外部監査を行う"),
    ("F17", "βでは、LGWAN接続系へは画面の転送だけとする"),
    ("F18", "マイナンバー利用事務系やLGWAN接続系とつながるクラウドは、専用線か閉域とする"),
    ("F19", "1つの区間や機器を、2つの領域に同時につながない"),
    ("F20", "個別の領域からほかの領域への通信は、1件ごとに承認する"),
    ("F21", "外部のネットワークとの接続は、許可と調査の記録があるものに限る"),
    ("F22", "遠隔保守は、期限のある一時の規則だけで許す"),
    ("F23", "特権での接続は、時間を限る"),
    ("F24", "公開サーバーは、守られた区間に置く"),
    ("F25", "規則には、所有者・根拠・期限・最後に確かめた日を付ける"),
    ("F26", "情報は、その区分を置いてよい領域に置く"),
    ("F27", "媒体で領域をまたぐときは、登録・検査・許可をそろえる"),
    ("F28", "許した通信をつないでも、マイナンバー利用事務系とインターネットの間に道ができない"),
];

/// What a rule says, by its number.
#[must_use]
pub fn rule_words(rule: &str) -> Option<&'static str> {
    RULES.iter().find(|(id, _)| *id == rule).map(|(_, words)| *words)
}

/// A rule that device configurations do not decide.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Elsewhere {
    /// Rule.
    pub rule: &'static str,
    /// What decides it, in Japanese.
    pub decided_by: &'static str,
}

const ELSEWHERE: &[(&str, &str)] = &[
    ("F06", "端末の多要素認証の設定"),
    ("F07", "端末の外部媒体の制御の設定と媒体台帳"),
    ("F09", "メール無害化装置の設定と通過記録"),
    ("F10", "画面転送装置の設定（クリップボード・ドライブ・印刷の転送）"),
    ("F11", "ファイル 1 件ごとの無害化記録と承認"),
    ("F15", "クラウド台帳の承認と、端末の EDR・宛先制限・ログの設定"),
    ("F16", "端末の EPP・EDR、脆弱性管理、外部監査の記録（β、β'）"),
    ("F17", "画面転送装置の設定（β）"),
    ("F23", "特権接続の許可記録"),
    ("F24", "公開サーバーの構成と WAF の設定"),
    ("F26", "情報資産台帳の区分と保管場所"),
    ("F27", "媒体の登録・検査・許可の記録"),
];

/// Rules of the site's model that are decided by something else than device configurations.
#[must_use]
pub fn elsewhere(site: &Site) -> Vec<Elsewhere> {
    if site.model.is_none() {
        return Vec::new();
    }
    ELSEWHERE.iter().map(|&(rule, decided_by)| Elsewhere { rule, decided_by }).collect()
}

/// Rules read from the 特定通信台帳.
pub const LEDGER_RULES: &[&str] = &["F02", "F03", "F08", "F12", "F14", "F21", "F22", "F25"];

/// What every 特定通信 must say, by the rules in [`LEDGER_RULES`].
#[must_use]
pub fn ledger(site: &Site, as_of: Option<&str>) -> Vec<Finding> {
    let mut out = Vec::new();
    for allow in &site.intents.allow {
        let mut problems = formal(allow, as_of);
        for one in &allow.uses {
            problems.extend(kinds(site, one));
        }
        problems.sort_unstable();
        problems.dedup();
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

type Problem = (&'static str, &'static str);

fn formal(allow: &Allow, as_of: Option<&str>) -> Vec<Problem> {
    let blank = |text: &Option<String>| text.as_deref().is_none_or(|t| t.trim().is_empty());
    let mut out = Vec::new();
    if blank(&allow.owner) {
        out.push(("F25", "所有者がありません"));
    }
    if blank(&allow.basis) {
        out.push(("F25", "根拠がありません"));
    }
    match (&allow.until, as_of) {
        (None, _) => out.push(("F25", "期限がありません")),
        (Some(until), Some(day)) if until.as_str() < day => out.push(("F22", "期限が切れています")),
        _ => {}
    }
    out
}

/// What the two ends of one communication ask for.
fn kinds(site: &Site, one: &AllowedUse) -> Vec<Problem> {
    use ZoneKind::{CL, EX, IN, JU, LG, PT, SC};
    let (from, to) = (&site.zones[one.from.zone], &site.zones[one.to.zone]);
    let touches = |kind: ZoneKind| from.kind == kind || to.kind == kind;
    let mut out = Vec::new();
    if touches(JU) {
        if one.from.addresses.is_none() || one.to.addresses.is_none() {
            out.push(("F02", "送信元と宛先のアドレスが限定されていません"));
        }
        if one.service == Service::any() {
            out.push(("F02", "ポート・プロトコルが限定されていません"));
        }
        if touches(EX) || touches(IN) {
            out.push(("F03", "相手がインターネットに接続する領域です"));
        }
    }
    let relayed = |end: &Endpoint, zone: &Zone| {
        let relays = site.relays.iter().flatten().filter(|l| l.0 == end.zone);
        let all = relays.fold(zone.relays.clone(), |acc, l| acc.union(&l.1));
        end.addresses.as_ref().is_some_and(|a| !a.is_empty() && a.is_subset(&all))
    };
    if touches(LG) && touches(IN) && !relayed(&one.from, from) && !relayed(&one.to, to) {
        out.push(("F08", "無害化などの中継（relays）を通らない通信です"));
    }
    if matches!(from.kind, EX | IN | SC) && matches!(to.kind, LG | JU) && one.from.addresses.is_none() {
        out.push(("F12", "取込元の中継が限定されていません"));
    }
    if from.kind == LG && to.kind == EX && one.to.addresses.is_none() {
        out.push(("F14", "接続先のクラウドのアドレスが限定されていません"));
    }
    if (touches(EX) || touches(PT) || touches(CL)) && one.service == Service::any() {
        out.push(("F21", "外部との接続のポート・プロトコルが限定されていません"));
    }
    out
}
