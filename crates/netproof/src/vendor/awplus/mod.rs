//! Allied Telesis AlliedWare Plus: hardware lists of switches, entity firewall and NAT of AR routers (devices-jp §3).

mod entity;
mod lower;
mod reviewed;
mod wall;

pub(super) use lower::read;
