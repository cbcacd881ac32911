//! ネットワークの分離: may packets of one zone reach another? `overview.rs` answers for today, `answer.rs` shows the
//! proof or the packet, `snapshot.rs` takes configurations in, `compare.rs` says what changed between two of them,
//! `flow.rs` has a 特定通信 decided.
//!
//! Configurations, paths and counter-examples are 限定: few may see them, and every look is recorded.

pub(crate) mod answer;
pub(crate) mod compare;
pub(crate) mod flow;
pub(crate) mod overview;
pub(crate) mod snapshot;

use crate::App;
use crate::error::PortalError;
use crate::part::Worded;
use crate::session::Me;
use sekisho_checks::network::{Judgement, open_judgement};
use sekisho_domain::network::{NETWORK_SNAPSHOT, VERDICTS};
use sekisho_domain::noun::{Row, Value};
use sekisho_domain::verdict::State;
use sekisho_store::network::ResultLine;

/// 提出 listed in the history.
const HISTORY: i64 = 100;

/// An answer's mark: shape, word and colour.
fn verdict(code: &str) -> Worded {
    let word = VERDICTS.iter().find(|(c, _)| *c == code).map_or("判定できません", |(_, w)| w);
    let state = match code {
        "proved" => State::Holds,
        "proved-under" => State::Excepted,
        "refuted" => State::Broken,
        _ => State::Unproven,
    };
    Worded { state, word }
}

/// What a file is, by the word the record keeps: the product, or the table that was captured.
fn kind_words(code: &str) -> &str {
    match code {
        "fortios" => "FortiGate の設定",
        "yamaha-rtx" => "YAMAHA RTX の設定",
        "alaxala-ax" => "Alaxala の設定",
        "awplus" => "AlliedWare Plus の設定",
        "cisco-ios" => "Cisco IOS の設定",
        "cisco-asa" => "Cisco ASA の設定",
        "panos" => "PAN-OS の設定",
        "nec-ix" => "NEC IX の設定",
        "nftables" | "iptables" => "Linux の設定",
        "unread" => "読み取れない種類の設定",
        "route" => "経路表",
        "arp" => "ARP 表",
        "mac" => "MACアドレス表",
        "lldp" => "LLDP の表",
        "vlan" => "VLAN の表",
        other => other,
    }
}

/// What an item rests on: the number of a flow rule with its words, or the clause as the city wrote it.
fn basis_words(basis: &str) -> String {
    match sekisho_netproof::templates::rule_words(basis) {
        Some(words) => format!("{words}（流れ規則 {basis}）"),
        None => basis.to_owned(),
    }
}

/// From worst to best, as a matrix shows the worst of a pair.
fn rank(code: &str) -> usize {
    ["refuted", "unknown", "proved-under", "proved"].iter().position(|c| *c == code).unwrap_or(1)
}

/// A 提出 with its last judgement, opened.
struct Open {
    snapshot: Row,
    result: ResultLine,
    judgement: Judgement,
}

/// Opens a 提出's judgement for somebody who may see it, and records that they did. `None`: not judged yet.
async fn open(app: &App, me: &Me, snapshot: Row) -> Result<Option<Open>, PortalError> {
    app.store.note_view(&me.actor(), &me.who, "network_snapshot", &snapshot.id).await?;
    let Some(result) = app.store.db.network_result(&snapshot.id).await? else { return Ok(None) };
    let judgement = open_judgement(&app.store, &app.objects, &result).await?;
    Ok(Some(Open { snapshot, result, judgement }))
}

async fn snapshot_row(app: &App, id: &str) -> Result<Row, PortalError> {
    app.store.db.row(&NETWORK_SNAPSHOT, id).await?.ok_or(PortalError::NotFound)
}

fn instant(row: &Row, column: &str) -> Option<i64> {
    row.get(column).and_then(Value::int)
}
