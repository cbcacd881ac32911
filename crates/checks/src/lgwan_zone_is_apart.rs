//! LGWAN系 and インターネット系 exchange nothing but decided 特定通信, proved from configurations (7(3)②).

use crate::Check;
use crate::check::zone_is_apart;

pub(crate) static CHECK: Check = zone_is_apart!(
    "lgwan_zone_is_apart",
    "LGWAN系とインターネット系の間を、特定通信のほかは通らない",
    "lgwan",
    &["3.2.1"],
    also: "''",
    holds: "LGWAN系と他の領域の間を、決裁された特定通信のほかは何も通らないと証明しました。"
);
