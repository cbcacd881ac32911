//! インターネット系 reaches the outside only by decided ways, proved from configurations. 7(3)③ takes three things
//! together: the exit, monitoring, and the 自治体情報セキュリティクラウド; the latter two must be adopted.

use crate::Check;
use crate::check::zone_is_apart;

pub(crate) static CHECK: Check = zone_is_apart!(
    "internet_has_one_exit",
    "インターネットへの出口が、決裁されたものだけである",
    "internet",
    &["3.3.3"],
    also: "'3.3.1', '3.3.2'",
    holds: "インターネット系から外へ、決裁された出口のほかは何も通らないと証明しました。"
);
