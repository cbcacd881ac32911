//! Cisco IOS, IOS-XE and ASA, and the access-list language they share with others.

pub(super) mod acl;
pub(super) mod asa;
mod asa_names;
mod asa_nat;
mod asa_objects;
pub(super) mod ios;
mod ios_acl;
mod ios_interface;
mod ios_nat;
mod ios_route;
mod ios_zones;
mod ports;
mod reviewed;
pub(super) mod sections;
pub(super) mod services;
