//! The zone of 住民情報系 exchanges nothing with other zones but decided 特定通信, proved from configurations. It takes
//! three things together (7(3)①): separation, no carrying out, and two factors; the latter two must be adopted.

use crate::Check;
use crate::check::zone_is_apart;

pub(crate) static CHECK: Check = zone_is_apart!(
    "resident_zone_is_apart",
    "住民情報系と他の領域の間を、特定通信のほかは通らない",
    "resident",
    &["3.1.1", "3.1.2"],
    also: "'3.1.6', '3.1.8'",
    holds: "住民情報系と他の領域の間を、決裁された特定通信のほかは何も通らないと証明しました。"
);
