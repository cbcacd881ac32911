//! What the declarations say, after reading.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::space::Ranges;
use crate::vendor::Vendor;

use super::terms::{Endpoint, Service};

/// An input file that cannot be used.
#[derive(Debug, Error)]
pub enum SiteError {
    /// Not TOML of the expected shape.
    #[error("{file}: {message}")]
    Toml {
        /// File name.
        file: &'static str,
        /// Parser message.
        message: String,
    },
    /// A word that does not mean anything here.
    #[error("{file}: {what} '{word}' is not known")]
    Word {
        /// File name.
        file: &'static str,
        /// Kind of word.
        what: &'static str,
        /// The word.
        word: String,
    },
    /// No zone or no device.
    #[error("nothing to check: {0}")]
    Empty(&'static str),
}

impl SiteError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Toml { .. } => "site-toml",
            Self::Word { .. } => "site-word",
            Self::Empty(_) => "site-empty",
        }
    }
}

/// Role of a zone in the national model (guideline §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum ZoneKind {
    /// 住民情報系（マイナンバー利用事務系）.
    JU,
    /// LGWAN接続系.
    LG,
    /// インターネット接続系.
    IN,
    /// 個別.
    KO,
    /// 自治体情報セキュリティクラウド.
    SC,
    /// インターネット.
    EX,
    /// LGWAN そのもの.
    LGWAN,
    /// クラウド領域.
    CL,
    /// 委託先拠点.
    PT,
    /// 機器同士をつなぐ区間.
    TRANSIT,
    /// 管理.
    MGMT,
    /// その他.
    OTHER,
}

/// One zone.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Identifier.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// Role.
    pub kind: ZoneKind,
    /// Addresses that belong to it.
    pub prefixes: Ranges,
    /// `device:interface` names attached to it.
    pub interfaces: Vec<(String, String)>,
    /// Routers inside it that are not in the inventory and lead nowhere else.
    pub routers: Ranges,
    /// Named hosts.
    pub hosts: BTreeMap<String, Ranges>,
    /// Addresses in it that make packets anew (proxies, load balancers, 無害化).
    pub relays: Ranges,
}

/// A relay: zone and own addresses of each leg.
pub type Relay = Vec<(usize, Ranges)>;

impl Zone {
    /// Whether everything beyond its wires belongs to it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.kind, ZoneKind::EX | ZoneKind::LGWAN | ZoneKind::SC)
    }
}

/// `deny`: nothing that begins in `from` may arrive in `to`.
#[derive(Clone, Debug)]
pub struct Deny {
    /// Identifier.
    pub id: String,
    /// Where packets begin.
    pub from: Vec<Endpoint>,
    /// Where they must not arrive.
    pub to: Vec<Endpoint>,
    /// Services, seen at the destination.
    pub service: Service,
    /// Ids of `allow` entries that are exempt; `*` at the end matches a prefix.
    pub except: Vec<String>,
    /// Clause or rule this comes from.
    pub basis: String,
    /// Whether declared relays may pass packets on as their own (F28).
    pub through_relays: bool,
}

/// `only`: what passes from `from` to `to` is in the list of 特定通信.
#[derive(Clone, Debug)]
pub struct Only {
    /// Identifier.
    pub id: String,
    /// Where packets begin.
    pub from: Vec<Endpoint>,
    /// Where they arrive.
    pub to: Vec<Endpoint>,
    /// Clause or rule this comes from.
    pub basis: String,
}

/// One 特定通信.
#[derive(Clone, Debug)]
pub struct AllowedUse {
    /// Where packets begin.
    pub from: Endpoint,
    /// Where they arrive.
    pub to: Endpoint,
    /// Services, seen at the destination.
    pub service: Service,
}

/// One entry of the 特定通信台帳.
#[derive(Clone, Debug)]
pub struct Allow {
    /// Identifier.
    pub id: String,
    /// The communication.
    pub uses: Vec<AllowedUse>,
    /// Last day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Decision it rests on.
    pub basis: Option<String>,
    /// Whether it has to work, reply included.
    pub must_work: bool,
}

/// `waypoint`: from `from` to `to` only by way of `via` addresses.
#[derive(Clone, Debug)]
pub struct Waypoint {
    /// Identifier.
    pub id: String,
    /// Where packets begin.
    pub from: Vec<Endpoint>,
    /// Where they arrive.
    pub to: Vec<Endpoint>,
    /// The 無害化 relay.
    pub via: Endpoint,
    /// Clause or rule this comes from.
    pub basis: String,
}

/// `mgmt`: who may talk to a device itself.
#[derive(Clone, Debug)]
pub struct Mgmt {
    /// Identifier.
    pub id: String,
    /// Device name.
    pub target: String,
    /// Addresses that may.
    pub allow_from: Ranges,
    /// With these services.
    pub service: Service,
    /// Clause or rule this comes from.
    pub basis: String,
}

/// Everything that is to be checked.
#[derive(Clone, Debug, Default)]
pub struct Intents {
    /// Denials.
    pub deny: Vec<Deny>,
    /// Closed lists.
    pub only: Vec<Only>,
    /// 特定通信.
    pub allow: Vec<Allow>,
    /// Waypoints.
    pub waypoint: Vec<Waypoint>,
    /// Management access.
    pub mgmt: Vec<Mgmt>,
    /// Whether a device host with interfaces in two zones is a violation (F19).
    pub no_dual_homing: bool,
}

/// What an assumption says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssumptionKind {
    /// A run-time object stands for these addresses.
    Object {
        /// Object name.
        name: String,
        /// Addresses.
        addresses: Ranges,
    },
    /// A line has no effect on forwarding.
    Line {
        /// Trimmed text of the line.
        text: String,
    },
    /// Access lists of the device end in an implicit discard.
    ImplicitDiscard,
    /// Neighbour discovery that a router sent on to another network is no communication: nobody takes it.
    Discovery,
    /// Nothing is attached to this interface.
    Closed {
        /// Interface name.
        interface: String,
    },
    /// Switches behind this trunk keep its VLANs apart.
    Trunk {
        /// Interface name.
        interface: String,
    },
    /// Interfaces with one VLAN number that are in different layer-2 networks.
    Apart {
        /// One interface of each.
        ends: Vec<(String, String)>,
    },
    /// A next hop outside the inventory leads only into one zone.
    Router {
        /// Its address.
        address: u128,
        /// Zone number.
        zone: usize,
    },
}

/// One declared assumption.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// Identifier.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it may be assumed.
    pub basis: String,
    /// Last day, `YYYY-MM-DD`.
    pub until: String,
    /// Device it is about; `None` for all.
    pub device: Option<String>,
    /// What it says.
    pub kind: AssumptionKind,
}

/// The parsed TOML files.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Municipality or site name.
    pub name: String,
    /// α, α', β, β': generates the flow rules of that model.
    pub model: Option<String>,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Devices that end a communication and begin a new one.
    pub relays: Vec<Relay>,
    /// Declared links: interfaces on one wire although addresses do not say so.
    pub links: Vec<Vec<(String, String)>>,
    /// Interfaces that are not on one wire although addresses say so.
    pub separate: Vec<Vec<(String, String)>>,
    /// Language and model by device name.
    pub devices: BTreeMap<String, (Option<Vendor>, Option<String>)>,
    /// What is to be checked.
    pub intents: Intents,
    /// Declared assumptions.
    pub assumptions: Vec<Assumption>,
}
