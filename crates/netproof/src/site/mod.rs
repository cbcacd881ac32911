//! The input directory: zones, intents, links and assumptions as TOML, device configurations as they were printed.

mod file;
mod input;
mod joins;
mod terms;
pub mod topology;

pub use file::is_day;
pub use input::{
    Allow, AllowedUse, Assumption, AssumptionKind, Deny, Intents, Mgmt, Only, Relay, Site, SiteError,
    Waypoint, Zone, ZoneKind,
};
pub use terms::{Endpoint, Service};
