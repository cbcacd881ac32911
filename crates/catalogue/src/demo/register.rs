//! What the demo city keeps in its registers: about two thousand rows, made by rule from a few tables, always the
//! same for the same day. What is wrong with them stands in `register_defects.csv`, and nowhere else.

use std::collections::{BTreeMap, HashMap};

use sekisho_domain::asset::ASSET;
use sekisho_domain::date::{Date, fiscal_year};
use sekisho_domain::device::DEVICE;
use sekisho_domain::medium::MEDIUM;
use sekisho_domain::noun::{Kind, Noun, Value};
use sekisho_domain::specific_flow::SPECIFIC_FLOW;
use sekisho_domain::system::SYSTEM;

use super::city::City;
use super::error::DemoError;
use super::table::rows;
use super::when::{Frame, When, plus};
use super::{DemoSource, event::KeptRow};

/// Days before the anchor on which the city took up a register; devices are read again all the time.
const SYSTEMS_AGO: i32 = 60;
const MEDIA_AGO: i32 = 46;
const ASSETS_AGO: i32 = 45;
const DEVICES_AGO: i32 = 2;
const NETWORK_AGO: i32 = 55;
/// The last stocktake began this many days ago, a section a day.
const STOCKTAKE_AGO: i32 = 130;

/// Rows of a register with the day on which somebody wrote them.
type Written = Vec<(Date, Vec<KeptRow>)>;

/// Every register with the day on which its rows were taken up, and the rows that were put right later.
pub(super) fn kept(
    source: &DemoSource<'_>,
    city: &City,
    frame: &Frame,
) -> Result<(Written, Written), DemoError> {
    let maker = Maker { city, frame };
    let mut all = [
        (SYSTEMS_AGO, maker.systems(source.systems)?),
        (MEDIA_AGO, maker.media()?),
        (ASSETS_AGO, maker.assets(source.asset_kinds)?),
        (DEVICES_AGO, maker.devices(source.devices)?),
        (DEVICES_AGO, maker.network_devices(source.network_devices)?),
        (NETWORK_AGO, maker.specific_flows(source.specific_flows)?),
    ];
    let mended = maker.spoil(source.register_defects, &mut all)?;
    let first = plus(frame.start, 1)?;
    let taken_up: Result<Written, DemoError> =
        all.into_iter().map(|(ago, rows)| Ok((plus(frame.anchor, -ago)?.max(first), rows))).collect();
    Ok((taken_up?, mended))
}

struct Maker<'a> {
    city: &'a City,
    frame: &'a Frame,
}

impl Maker<'_> {
    fn ago(&self, days: i32) -> Result<Value, DemoError> {
        plus(self.frame.anchor, -days).map(Value::from)
    }

    fn fiscal(&self, years: i16) -> Result<Date, DemoError> {
        self.frame.date(When::Fiscal { years, month: 4, day: 1 })
    }

    /// The sections that keep rows, in order, with the day of their last stocktake.
    fn stocktaken(&self, section: &str) -> Result<Value, DemoError> {
        let at = self.city.sections.iter().position(|s| s.code == section).unwrap_or(0);
        self.ago(STOCKTAKE_AGO - i32::try_from(at).unwrap_or(0))
    }

    fn systems(&self, text: &str) -> Result<Vec<KeptRow>, DemoError> {
        let table = rows(
            "systems.csv",
            text,
            [
                "number",
                "name",
                "section",
                "zone",
                "cloud",
                "vendor",
                "rto",
                "rpo",
                "backup",
                "backed_up",
                "restored",
                "purpose",
            ],
        )?;
        let one = |[
            number,
            name,
            section,
            zone,
            cloud,
            vendor,
            rto,
            rpo,
            backup,
            backed,
            restored,
            purpose,
        ]: [&str; 12]| {
            let manager = self.city.sections.iter().find(|s| s.code == section);
            let manager = manager.map(|s| format!("{}長", s.name));
            Ok(KeptRow::new(&SYSTEM, number)
                .section(section)
                .set("name", name)
                .set("manager", manager)
                .set("purpose", purpose)
                .set("zone", zone)
                .set("cloud", cloud)
                .set("vendor", vendor)
                .set("contract_to", self.frame.date(When::Fiscal { years: 0, month: 3, day: 31 })?)
                .set("rto_hours", integer(rto)?)
                .set("rpo_hours", integer(rpo)?)
                .set("backup", backup)
                .set("backed_up_on", self.days_ago(backed)?)
                .set("restored_on", self.days_ago(restored)?)
                .set("encrypted", cloud != "none" || zone == "resident")
                .set("checked_on", self.stocktaken(section)?)
                .set("valid_from", self.fiscal(-5)?))
        };
        table.into_iter().map(one).collect()
    }

    fn days_ago(&self, text: &str) -> Result<Value, DemoError> {
        match integer(text)?.and_then(|days| i32::try_from(days).ok()) {
            Some(days) => self.ago(days),
            None => Ok(Value::Text(None)),
        }
    }

    /// A kind of asset in a section, with a volume per fiscal year; `*` stands for every section with business.
    fn assets(&self, text: &str) -> Result<Vec<KeptRow>, DemoError> {
        let table = rows(
            "asset_kinds.csv",
            text,
            [
                "section",
                "name",
                "form",
                "class",
                "integrity",
                "availability",
                "personal",
                "persons",
                "zone",
                "system",
                "keeping",
                "volumes",
            ],
        )?;
        let mut out = Vec::new();
        for section in self.city.sections.iter().filter(|s| s.managed) {
            for kind in table.iter().filter(|kind| kind[0] == "*" || kind[0] == section.code) {
                let volumes = i16::try_from(integer(kind[11])?.unwrap_or(1)).unwrap_or(1);
                for volume in 0..volumes {
                    let number = format!("A-{:04}", out.len() + 1);
                    out.push(self.asset(&number, &section.code, kind, (volume, volumes))?);
                }
            }
        }
        Ok(out)
    }

    fn asset(
        &self,
        number: &str,
        section: &str,
        kind: &[&str; 12],
        (volume, volumes): (i16, i16),
    ) -> Result<KeptRow, DemoError> {
        let [_, name, form, class, integrity, availability, personal, persons, zone, system, keeping, _] =
            *kind;
        let begins = self.fiscal(-volume)?;
        let begins = if volumes == 1 { self.fiscal(-6)? } else { begins };
        let title = match volumes {
            1 => name.to_owned(),
            _ => format!("{name}（令和{}年度）", fiscal_year(begins) - 2018),
        };
        // Kept to the end of the year it was made in, and then as long as the rule says.
        let years: Option<i16> = keeping.parse().ok().filter(|_| volumes > 1);
        let dispose = years.map(|years| self.fiscal(years + 1 - volume)).transpose()?;
        let paper = form == "paper";
        let place = if paper {
            format!("書庫 {section}-{:02}", number.len() + usize::from(volume.unsigned_abs()))
        } else {
            String::new()
        };
        Ok(KeptRow::new(&ASSET, number)
            .section(section)
            .set("name", title)
            .set("form", form)
            .set("confidentiality", class)
            .set("integrity", integrity)
            .set("availability", availability)
            .set("personal_data", personal)
            .set("persons", integer(persons)?)
            .set("zone", zone)
            .refer("system_id", "system", system)
            .set("place", text(&place))
            .set("users", if class == "1" { "全職員" } else { "課内の職員" })
            .set("reason", reason(class, personal))
            .set("handling", (class.starts_with('3')).then_some("持ち出し・複製・外への提供は、課長の許可"))
            // What is not closed at the end of a year is kept for as long as it is used.
            .set("keeping", if volumes == 1 && keeping.parse::<u8>().is_ok() { "use" } else { keeping })
            .set("dispose_on", dispose.map(Value::from).unwrap_or(Value::Text(None)))
            .set("outsourced", matches!(zone, "cloud"))
            .set("checked_on", self.stocktaken(section)?)
            .set("valid_from", begins))
    }

    fn devices(&self, text: &str) -> Result<Vec<KeptRow>, DemoError> {
        let table = rows(
            "devices.csv",
            text,
            ["section", "system", "resident", "lgwan", "internet", "mobile", "server", "network"],
        )?;
        let mut out = Vec::new();
        for [section, system, counts @ ..] in table {
            for (letters, count) in ["R", "L", "I", "M", "SV", "NW"].into_iter().zip(counts) {
                for nth in 1..=integer(count)?.unwrap_or(0) {
                    out.push(self.device(section, system, letters, nth)?);
                }
            }
        }
        Ok(out)
    }

    fn device(&self, section: &str, system: &str, letters: &str, nth: i64) -> Result<KeptRow, DemoError> {
        let few = i32::try_from(nth % 3).unwrap_or(0);
        let seen = DEVICES_AGO + 1 + few;
        let (kind, name, zone, login, protection) = match letters {
            "R" => ("pc", "業務端末", "resident", "mfa", "antivirus"),
            "L" => ("pc", "事務端末", "lgwan", "mfa", "antivirus"),
            "I" => ("pc", "インターネット端末", "internet", "password", "edr"),
            "M" => ("mobile", "タブレット", "internet", "mfa", "edr"),
            // The common base of the resident side has its own servers.
            "SV" if section == "0103" && nth <= 10 => {
                ("server", "業務サーバ", "resident", "mfa", "antivirus")
            }
            "SV" => ("server", "サーバ", "lgwan", "mfa", "edr"),
            // Floor switches without management: there is no configuration to read off them.
            _ => ("other", "フロアスイッチ（管理機能なし）", "lgwan", "none", "none"),
        };
        let guarded = protection != "none";
        let own = matches!(letters, "R").then_some(system).unwrap_or_default();
        let dated = |days: i32| if guarded { self.ago(seen + days) } else { Ok(Value::Text(None)) };
        Ok(KeptRow::new(&DEVICE, &format!("{letters}{section}-{nth:02}"))
            .section(section)
            .set("name", name)
            .set("kind", kind)
            .set("state", "registered")
            .set("owner", if kind == "pc" { "lease" } else { "city" })
            .set("zone", zone)
            .refer("system_id", "system", own)
            .set("carried_out", kind == "mobile")
            .set(
                "os",
                match kind {
                    "server" => "Windows Server 2022",
                    "mobile" => "iPadOS 26",
                    "other" => "なし",
                    _ => "Windows 11 Enterprise",
                },
            )
            .set("os_support_to", self.fiscal(3)?)
            .set("login", login)
            .set("usb", if zone == "resident" { "locked" } else { "listed" })
            .set("encrypted", kind != "other")
            .set("wipeable", kind == "mobile")
            .set("protection", protection)
            .set("settings_locked", guarded)
            .set("pattern_on", dated(few)?)
            .set("agent_on", dated(60 + few)?)
            .set("patched_on", dated(14 + few)?)
            .set("scanned_on", dated(5 + few)?)
            .set("seen_on", self.ago(seen)?)
            .set("valid_from", self.fiscal(-2)?))
    }

    fn network_devices(&self, text: &str) -> Result<Vec<KeptRow>, DemoError> {
        let mut out = Vec::new();
        for [number, name, zone, os] in rows("network_devices.csv", text, ["number", "name", "zone", "os"])? {
            out.push(
                KeptRow::new(&DEVICE, number)
                    .section("0103")
                    .set("name", name)
                    .set("kind", "network")
                    .set("state", "registered")
                    .set("owner", "city")
                    .set("zone", zone)
                    .set("carried_out", false)
                    .set("os", os)
                    .set("os_support_to", self.fiscal(3)?)
                    .set("login", "password")
                    .set("usb", "locked")
                    .set("encrypted", false)
                    .set("wipeable", false)
                    .set("protection", "none")
                    .set("settings_locked", false)
                    .set("seen_on", self.ago(DEVICES_AGO + 1)?)
                    .set("valid_from", self.fiscal(-2)?),
            );
        }
        Ok(out)
    }

    fn specific_flows(&self, text: &str) -> Result<Vec<KeptRow>, DemoError> {
        let heads = ["number", "name", "section", "system", "from", "to", "service", "reason"];
        let mut out = Vec::new();
        for [number, name, section, system, from, to, service, reason] in
            rows("specific_flows.csv", text, heads)?
        {
            out.push(
                KeptRow::new(&SPECIFIC_FLOW, number)
                    .section(section)
                    .set("name", name)
                    .refer("system_id", "system", system)
                    .set("from_end", from)
                    .set("to_end", to)
                    .set("service", service)
                    .set("must_work", false)
                    .set("reason", reason)
                    .set("valid_from", self.ago(NETWORK_AGO)?)
                    .set("valid_to", self.ago(NETWORK_AGO - 365)?),
            );
        }
        Ok(out)
    }

    fn media(&self) -> Result<Vec<KeptRow>, DemoError> {
        let mut out = Vec::new();
        for (at, section) in self.city.sections.iter().filter(|s| s.managed).enumerate() {
            for nth in 1..=3 {
                let number = format!("U{}-{nth:02}", section.code);
                let row = self.medium(&number, &section.code, "usb", "職員用USBメモリ", "3C")?;
                out.push(match (nth, at % 4) {
                    (3, 0) => row
                        .set("state", "lent")
                        .set("holder", format!("{}の担当者", section.name))
                        .set("permit", format!("持-{:03}", at + 1))
                        .set("lent_on", self.ago(50)?)
                        .set("due_on", plus(self.frame.anchor, 9)?),
                    (3, 2) => row
                        .set("state", "destroyed")
                        .set("unneeded_on", self.ago(96)?)
                        .set("emptied_on", self.ago(80)?)
                        .set("method", "physical")
                        .set("emptied_by", "情報基盤係")
                        .set("witness", format!("破壊証明書 第{}号", at + 1))
                        .set("disposal_permit", format!("廃-{:03}", at + 1)),
                    _ => row,
                });
            }
        }
        for nth in 1..=24 {
            let row = self.medium(&format!("T0103-{nth:02}"), "0103", "tape", "バックアップテープ", "3B")?;
            out.push(
                row.set("long_term", true)
                    .set("write_protected", true)
                    .set("apart", true)
                    .set("place", "中央公民館 耐火金庫"),
            );
        }
        Ok(out)
    }

    fn medium(
        &self,
        number: &str,
        section: &str,
        kind: &str,
        name: &str,
        class: &str,
    ) -> Result<KeptRow, DemoError> {
        Ok(KeptRow::new(&MEDIUM, number)
            .section(section)
            .set("name", name)
            .set("kind", kind)
            .set("class_allowed", class)
            .set("state", "stored")
            .set("encrypted", true)
            .set("locked", true)
            .set("place", "課の鍵付き書庫")
            .set("long_term", false)
            .set("write_protected", false)
            .set("apart", false)
            .set("checked_on", self.stocktaken(section)?)
            .set("valid_from", self.fiscal(-3)?))
    }

    /// `match` is a number, or `section/beginning of the name` for every row it fits. Gives back, in the order of days,
    /// the rows as they were before, where `mended` names the day on which somebody put them right.
    fn spoil(&self, text: &str, all: &mut [(i32, Vec<KeptRow>)]) -> Result<Written, DemoError> {
        let columns = ["noun", "match", "column", "value", "mended"];
        let mut mended: BTreeMap<Date, Vec<KeptRow>> = BTreeMap::new();
        for [noun, matched, column, value, on] in rows("register_defects.csv", text, columns)? {
            let mut hit = false;
            for row in
                all.iter_mut().flat_map(|(_, rows)| rows).filter(|row| row.noun == noun && row.fits(matched))
            {
                if !on.is_empty() {
                    let rows = mended.entry(self.frame.date(When::parse(on)?)?).or_default();
                    let known = rows.iter().any(|r| (r.noun, &r.number) == (row.noun, &row.number));
                    if !known {
                        rows.push(row.clone());
                    }
                }
                self.set(row, column, value)?;
                hit = true;
            }
            if !hit {
                return Err(DemoError::Value { what: "row of a register", value: matched.to_owned() });
            }
        }
        Ok(mended.into_iter().collect())
    }

    fn set(&self, row: &mut KeptRow, name: &str, value: &str) -> Result<(), DemoError> {
        let unknown = || DemoError::Value { what: "column of a register", value: name.to_owned() };
        let noun = sekisho_domain::noun(row.noun).ok_or_else(unknown)?;
        let column = noun.column(name).ok_or_else(unknown)?;
        let value = match column.kind {
            Kind::Unit => {
                row.section = Some(value.to_owned()).filter(|v| !v.is_empty());
                return Ok(());
            }
            Kind::Ref(other) => {
                row.refs.retain(|(column, ..)| *column != name);
                *row = std::mem::take(row).refer(column.name, other, value);
                return Ok(());
            }
            _ if value.is_empty() => column.kind.null(),
            Kind::Date => self.frame.date(When::parse(value)?)?.into(),
            Kind::Bool => Value::from(value == "yes"),
            Kind::Int | Kind::Instant => integer(value)?.into(),
            Kind::Text | Kind::Choice(_) | Kind::Route | Kind::Json => value.into(),
        };
        row.values.insert(column.name, value);
        Ok(())
    }
}

impl KeptRow {
    pub(super) fn new(noun: &'static Noun, number: &str) -> KeptRow {
        KeptRow {
            noun: noun.name,
            number: number.to_owned(),
            section: None,
            refs: Vec::new(),
            values: HashMap::new(),
        }
    }

    pub(super) fn section(mut self, code: &str) -> KeptRow {
        self.section = Some(code.to_owned());
        self
    }

    pub(super) fn refer(mut self, column: &'static str, noun: &'static str, number: &str) -> KeptRow {
        if !number.is_empty() {
            self.refs.push((column, noun, number.to_owned()));
        }
        self
    }

    pub(super) fn set(mut self, column: &'static str, value: impl Into<Value>) -> KeptRow {
        self.values.insert(column, value.into());
        self
    }

    fn fits(&self, matched: &str) -> bool {
        match matched.split_once('/') {
            None => self.number == matched,
            Some((section, name)) => {
                let own = self.values.get("name").and_then(Value::text).unwrap_or_default();
                self.section.as_deref() == Some(section) && own.starts_with(name)
            }
        }
    }
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(Some(text.to_owned()).filter(|t| !t.is_empty()))
}

/// Empty is no number.
pub(super) fn integer(text: &str) -> Result<Option<i64>, DemoError> {
    let bad = || DemoError::Value { what: "number", value: text.to_owned() };
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| bad()) }
}

fn reason(class: &str, personal: &str) -> Option<&'static str> {
    match (class, personal) {
        ("3A", _) => Some("秘密文書の指定を受けて、国から受け取ったため"),
        ("3B" | "3", "my_number") => Some("特定個人情報をまとめて持ち、漏れると個人の権利を大きく害するため"),
        ("3B" | "3", "sensitive") => Some("要配慮個人情報を含み、漏れると個人の権利を大きく害するため"),
        ("3B" | "3", _) => Some("多くの人の記録をまとめて持ち、漏れると個人の権利を大きく害するため"),
        ("3C", _) => Some("公表を前提とせず、扱いに注意が要るため"),
        (_, "none") => None,
        _ => Some("個人の名前を含むが、すぐに害のある内容ではないため"),
    }
}
