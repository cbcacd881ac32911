//! Linux routers: `nft list ruleset` or `iptables-save`, with `ip -o address` and `ip route` in the same file.
//!
//! A file holds blocks, each begun by a line `### COMMAND`: `### ip -o address`, `### ip route`, `### ip -6 route`,
//! `### nft list ruleset`, `### iptables-save`, `### ip6tables-save`. Text before the first such line is the rule set.

mod chains;
mod iptables;
mod lower;
mod nft;
mod nft_match;

pub(super) use lower::read;
