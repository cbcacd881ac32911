//! Tests of the whole engine, in one binary: building it once is most of the cost.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, unreachable_pub)]

mod aerleon;
mod cities;
mod common;
mod differential;
mod holes;
mod ignorance;
mod kernel;
mod long_captured;
mod management;
mod neighbours;
mod never_bare;
mod overlaps;
mod relays;
mod robust;
mod run_time;
mod second_reader;
mod switches;
mod templates;
mod town;
mod vectors;
