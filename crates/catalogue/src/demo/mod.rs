//! The fictional city さくら坂市 and what happened in it: pure data that a store replays through its real write
//! path with a clock it sets itself.
//!
//! Nothing here is dated absolutely. Dates are written relative to the day the demo is opened (`anchor`), to the
//! day the city started using the system (`start`) or to a fiscal year, so that the city always looks current
//! and its 人事異動 always falls on April 1.

mod city;
mod error;
mod event;
mod expand;
mod organisation;
mod recur;
mod register;
mod script;
mod select;
mod setup;
mod table;
mod when;

use sekisho_domain::date::Date;

pub use city::{Account, Adoption, Assignment, City, Person, Position, RoleSeat, Scope, Section};
pub use error::DemoError;
pub use event::{
    Actor, Attest, Body, Covers, Decide, Event, Evidence, Exception, Form, Import, KeptRow, Meeting,
    PersonNo, Publish, State, What, ZeroReport,
};

/// The demo files as text.
#[derive(Debug, Clone, Copy)]
pub struct DemoSource<'a> {
    pub sections: &'a str,
    pub positions: &'a str,
    pub people: &'a str,
    pub assignments: &'a str,
    pub role_seats: &'a str,
    pub accounts: &'a str,
    pub adoption: &'a str,
    /// What the city keeps in its registers, and what is wrong with it.
    pub systems: &'a str,
    pub asset_kinds: &'a str,
    pub devices: &'a str,
    pub network_devices: &'a str,
    pub specific_flows: &'a str,
    pub register_defects: &'a str,
    /// By whom and how the city is run: lists of staff, deputies, 専決規程, bodies, where the policy does not apply.
    pub staff_sources: &'a str,
    pub deputies: &'a str,
    pub authority: &'a str,
    pub bodies: &'a str,
    pub body_members: &'a str,
    pub scopes: &'a str,
    /// Requirement id → clause label of the city's 対策基準.
    pub links: &'a str,
    pub first_week: &'a str,
    pub one_year_later: &'a str,
}

/// The embedded demo city.
pub const SOURCE: DemoSource<'static> = DemoSource {
    sections: include_str!("../../../../demo/sections.csv"),
    positions: include_str!("../../../../demo/positions.csv"),
    people: include_str!("../../../../demo/people.csv"),
    assignments: include_str!("../../../../demo/assignments.csv"),
    role_seats: include_str!("../../../../demo/role_seats.csv"),
    accounts: include_str!("../../../../demo/accounts.csv"),
    adoption: include_str!("../../../../demo/adoption.toml"),
    systems: include_str!("../../../../demo/systems.csv"),
    asset_kinds: include_str!("../../../../demo/asset_kinds.csv"),
    devices: include_str!("../../../../demo/devices.csv"),
    network_devices: include_str!("../../../../demo/network_devices.csv"),
    specific_flows: include_str!("../../../../demo/specific_flows.csv"),
    register_defects: include_str!("../../../../demo/register_defects.csv"),
    staff_sources: include_str!("../../../../demo/staff_sources.csv"),
    deputies: include_str!("../../../../demo/deputies.csv"),
    authority: include_str!("../../../../demo/authority.csv"),
    bodies: include_str!("../../../../demo/bodies.csv"),
    body_members: include_str!("../../../../demo/body_members.csv"),
    scopes: include_str!("../../../../demo/scopes.csv"),
    links: include_str!("../../../../catalogue/model-standard/links.csv"),
    first_week: include_str!("../../../../demo/first-week.toml"),
    one_year_later: include_str!("../../../../demo/one-year-later.toml"),
};

macro_rules! network_files {
    ($($folder:literal / $file:literal),+ $(,)?) => {
        &[$(($folder, $file, include_str!(concat!("../../../../demo/network/", $folder, "/", $file)))),+]
    };
}

/// What the network of the demo city was read to say: (folder, file, text). Files of `before` stand in for those of
/// `devices` in the reading before the last.
pub const NETWORK: &[(&str, &str, &str)] = network_files![
    "." / "zones.toml",
    "." / "intents.toml",
    "before" / "nw-fw1.fortios.conf",
    "devices" / "nw-fw1.fortios.conf",
    "devices" / "nw-fw2.fortios.conf",
    "devices" / "nw-gw1.rtx.txt",
    "devices" / "nw-in1.awplus.txt",
    "devices" / "nw-ju1.awplus.txt",
    "devices" / "nw-ju2.alaxala.txt",
    "devices" / "nw-lg1.awplus.txt",
    "state" / "nw-lg1.arp.txt",
];

/// The 基本方針 of the demo city (version 4), which is also the model a city may start from.
pub const MODEL_POLICY: &str = include_str!("../../../../catalogue/model-policy/sakurazaka.md");
/// The version before it.
pub const MODEL_POLICY_V3: &str = include_str!("../../../../catalogue/model-policy/sakurazaka-v3.md");
/// The 対策基準 of the demo city, which is also the model a city may start from.
pub const MODEL_STANDARD: &str = include_str!("../../../../catalogue/model-standard/standard.md");

/// Which state of the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// About a week in: organisation, staff and policy are there, the first rows are adopted.
    FirstWeek,
    /// A year and a month in: one full year of evidence, decisions, defects and exceptions.
    OneYearLater,
}

impl Scene {
    pub const ALL: [Scene; 2] = [Scene::FirstWeek, Scene::OneYearLater];

    /// The least number of days between the city's first day in the system, a Monday, and `anchor`. 400 so that everything yearly, filed up
    /// to two weeks late, has happened at least once after the first two weeks.
    pub fn days(self) -> i32 {
        match self {
            Scene::FirstWeek => 6,
            Scene::OneYearLater => 400,
        }
    }
}

/// Everything that happened in the city up to the day before `anchor`, in order of time.
///
/// # Errors
/// Only when the data files are inconsistent or `anchor` lies outside the calendar; the embedded files are
/// tested for every day of a four-year cycle.
pub fn history(scene: Scene, anchor: Date) -> Result<Vec<Event>, DemoError> {
    history_of(&SOURCE, scene, anchor)
}

/// The same for other data files.
pub fn history_of(source: &DemoSource<'_>, scene: Scene, anchor: Date) -> Result<Vec<Event>, DemoError> {
    expand::history(source, scene, anchor)
}
