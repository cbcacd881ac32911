//! What a hop went through, in Japanese: names of tables and of their entries.

/// The place inside a device a table stands for. `stage` is what follows the device in the table's name.
pub(super) fn place(stage: &str) -> String {
    // Virtual domains of FortiOS stand in front.
    let (domain, table) = stage.rsplit_once('/').map_or(("", stage), |(d, t)| (d, t));
    let (first, rest) = table.split_once(' ').unwrap_or((table, ""));
    let words = match first {
        "ipv6" => return format!("IPv6の{}", place(rest)),
        "vip" | "nat-outside" | "nat-in" | "untranslate" | "nat-decide" => "宛先アドレスの変換",
        "snat" | "central-snat" | "nat-inside" | "nat-out" | "translate" | "nat-apply" => {
            "送信元アドレスの変換"
        }
        "route" | "zone-lookup" | "reply-route" | "relay-route" => "経路",
        "pbr" | "forward-filter" => "ポリシールーティング",
        "policy" => "ファイアウォールポリシー",
        "security" => "セキュリティポリシー",
        "firewall" => "ファイアウォールの規則",
        "access-rules" | "rules" | "out-rules" => "アクセスルール",
        "in-acl" | "in-lists" | "port-lists" | "in-filter" | "in" => "受信側のフィルター",
        "out-acl" | "out-lists" | "out-filter" | "out" => "送信側のフィルター",
        "either" | "after" | "dropped" => "ポートとVLANのフィルター",
        "own-address" => "機器自身のアドレス",
        "reverse-path" => "送信元の検査",
        "services" => "機器の管理サービス",
        "relay" => "機器による中継",
        "multicast" => "マルチキャスト",
        "unknown-lines" | "leaving" => "読み取れない行",
        "interconnect" => "VLANの間の制限",
        "chain" | "gate" => "チェイン",
        "entry" | "to-self" | "to-forward" | "reply-forward" => "受信",
        _ => return stage.to_owned(),
    };
    let names = matches!(first, "in" | "out" | "chain" | "rules" | "forward-filter" | "snat" | "services");
    let mut out = words.to_owned();
    if names && !rest.is_empty() {
        out.push_str(&format!("（{rest}）"));
    }
    if !domain.is_empty() && domain != "root" {
        out.push_str(&format!("（VDOM {domain}）"));
    }
    out
}

/// The entry that decided, by its label and the table it stands in.
pub(super) fn entry(label: &str, stage: &str) -> String {
    let named = [
        ("policy route ", "ポリシールート "),
        ("policy ", "ポリシー "),
        ("route-map ", "ルートマップ "),
        ("route ", "経路 "),
        ("filter ", "フィルター "),
        ("firewall rule ", "ファイアウォールの規則 "),
        ("nat rule ", "NATの規則 "),
        ("central-snat ", "中央SNAT "),
        ("vip ", "VIP "),
        ("zone ", "ゾーン "),
        ("vdom ", "VDOM "),
        ("rule ", "規則 "),
        ("nat ", "NAT "),
        ("access-group ", "アクセスリストの適用 "),
        ("intrazone-default ", "ゾーン内の既定 "),
    ];
    let whole = match label {
        "access-group" => "アクセスリストの適用",
        "secure filter" => "フィルターの適用",
        "forward filter" => "転送先の指定",
        "own address" => "機器自身のアドレス",
        "neighbour discovery" => "近隣探索",
        "reverse path" => "送信元へ戻る経路がない",
        "bridged" => "同じVLANの中の転送",
        "no filter matched" => "どのフィルターにも当たらない",
        "implicit discard" => "どの行にも当たらない",
        "undefined list" => "定義のないアクセスリスト",
        "detection mode" => "フロー検出モード",
        "lists disagree" => "ポートとVLANのフィルターの食い違い",
        "higher to lower security" => "セキュリティレベルの高い側から低い側へ",
        "same security" | "same-security-traffic" => "同じセキュリティレベルの間",
        "interzone-default" => "ゾーン間の既定",
        "nat" | "ip nat" | "nat destination" => "NAT",
        "nat static" | "ip nat static" => "静的NAT",
        "masquerade static" => "静的IPマスカレード",
        "masquerade incoming" | "masquerade incoming forward" | "masquerade incoming through" => {
            "外から来た通信のIPマスカレード"
        }
        "vlan interconnect" => "VLANの間の制限",
        "routing protocol" | "dynamic" | "dynamic address" => "動的経路",
        "relay" => "機器による中継",
        "multicast" => "マルチキャスト",
        "unknown line" => "読み取れない行",
        "line vty" => "リモート接続（line vty）",
        "other services" => "読み取らない管理サービス",
        _ => "",
    };
    if !whole.is_empty() {
        return whole.to_owned();
    }
    if let Some((rest, words)) = named.iter().find_map(|(p, w)| Some((label.strip_prefix(p)?, w))) {
        let rest = rest.replace(" intrazone", " の中");
        return format!("{words}{rest}");
    }
    // An entry of a list is named by its list.
    let table = stage.rsplit('/').next().unwrap_or(stage);
    match table.split(' ').next() {
        Some("in" | "out" | "after" | "services" | "rules") => format!("アクセスリスト {label}"),
        _ => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_entries_have_words() {
        assert_eq!(place("in Vlan20 GUARD"), "受信側のフィルター（Vlan20 GUARD）");
        assert_eq!(place("ipv6 in lan1"), "IPv6の受信側のフィルター（lan1）");
        assert_eq!(place("root/policy"), "ファイアウォールポリシー");
        assert_eq!(place("dmz/vip"), "宛先アドレスの変換（VDOM dmz）");
        assert_eq!(entry("route 10.1.0.0/24", "route"), "経路 10.1.0.0/24");
        assert_eq!(entry("policy 12", "root/policy"), "ポリシー 12");
        assert_eq!(entry("GUARD", "in Vlan20 GUARD"), "アクセスリスト GUARD");
        assert_eq!(entry("zone Z intrazone", "root/policy"), "ゾーン Z の中");
    }
}
