//! ネットワークの分離: from configurations that were handed in to a judgement the checks can read.
//!
//! `intake.rs` sorts files, reads archives and replaces credentials; `judge.rs` lets the engine answer and reconciles
//! with the registers; `job.rs` files, judges what is due and empties the folder. The checks of 7(3) then read plain
//! tables like every other check.

mod intake;
mod job;
mod judge;

pub use intake::{Bundle, DeviceFile, Fault, ROUTINE_FILES, StateFile, Upload};
pub use job::{
    JUDGED_FROM, Source, TakeInError, empty_folder, judge_due, open_bundle, open_judgement, take_in,
};
pub use judge::{Doubt, Judgement, ZoneWords};
