//! 機器・端末: what was read off a device counts from the day it was read (`seen_on`), not from the day somebody
//! typed it. Clauses 2(6)–(9), 7(2); guideline §4.4, §3.1, §6.4.

use crate::asset::ZONES;
use crate::date::Date;
use crate::noun::{Column, EXTRA, Kind, Noun, Row, Value};
use crate::register::{Breach, Register, Sight};

pub const KINDS: &[(&str, &str)] = &[
    ("pc", "パソコン"),
    ("mobile", "モバイル端末"),
    ("server", "サーバ"),
    ("network", "ネットワーク機器"),
    ("printer", "複合機・プリンタ"),
    ("other", "その他"),
];

pub const STATES: &[(&str, &str)] =
    &[("registered", "登録済み"), ("unknown", "台帳にない機器"), ("stored", "保管中（使わない）")];

pub const OWNERS: &[(&str, &str)] = &[("city", "支給"), ("lease", "リース"), ("private", "私物")];

pub const LOGINS: &[(&str, &str)] =
    &[("none", "認証なし"), ("password", "パスワードだけ"), ("mfa", "多要素認証")];

pub const PROTECTIONS: &[(&str, &str)] =
    &[("none", "入っていない"), ("antivirus", "対策ソフト"), ("edr", "対策ソフトとEDR")];

pub const USBS: &[(&str, &str)] =
    &[("locked", "使えない"), ("listed", "登録した媒体だけ使える"), ("open", "何でも使える")];

/// Pattern files older than this, on the day the device was read, are not 最新 (days).
pub const PATTERN_DAYS: i64 = 7;

pub static DEVICE: Noun = Noun {
    name: "device",
    label: "機器",
    columns: &[
        Column::new("number", "機器番号", Kind::Text).aliases(&[
            "ホスト名",
            "コンピューター名",
            "端末名",
            "管理番号",
            "機器ID",
            "No",
        ]),
        Column::new("name", "名称", Kind::Text).aliases(&["機器名", "機種", "型番", "モデル"]),
        Column::new("kind", "種類", Kind::Choice(KINDS)).aliases(&["機器種別", "種別"]),
        Column::new("state", "状態", Kind::Choice(STATES)).aliases(&["登録状態"]).found("unknown"),
        // A device nobody knows belongs to nobody yet; only those who see the whole city meet it.
        Column::new("unit_id", "使う課", Kind::Unit).optional().aliases(&[
            "所属",
            "配置課",
            "設置課",
            "所管課",
        ]),
        Column::new("holder", "使う人", Kind::Text).optional().personal().aliases(&[
            "使用者",
            "利用者",
            "ユーザー",
        ]),
        Column::new("owner", "持ち主", Kind::Choice(OWNERS)).aliases(&["所有", "所有区分"]),
        Column::new("zone", "ネットワーク", Kind::Choice(ZONES)).aliases(&["ゾーン", "系統", "接続系"]),
        Column::new("system_id", "使う情報システム", Kind::Ref("system")).optional().aliases(&["システム"]),
        Column::new("carried_out", "庁外に持ち出す", Kind::Bool).aliases(&["持出し", "庁外利用"]),
        Column::new("os", "OS", Kind::Text).optional().aliases(&["OS名", "オペレーティングシステム"]),
        Column::new("os_support_to", "OSのサポート期限", Kind::Date)
            .optional()
            .aliases(&["サポート終了日", "EOL"]),
        Column::new("login", "ログイン", Kind::Choice(LOGINS)).aliases(&["認証方式", "多要素認証", "MFA"]),
        Column::new("usb", "USBの記録媒体", Kind::Choice(USBS)).aliases(&["USB制御", "デバイス制御"]),
        Column::new("encrypted", "内蔵ディスクを暗号化", Kind::Bool).aliases(&["暗号化", "BitLocker"]),
        Column::new("wipeable", "遠隔で消去できる", Kind::Bool).aliases(&["リモートワイプ", "遠隔消去"]),
        Column::new("protection", "不正プログラム対策", Kind::Choice(PROTECTIONS)).aliases(&[
            "対策ソフト",
            "ウイルス対策",
            "EDR",
        ]),
        Column::new("settings_locked", "対策の設定を利用者が変えられない", Kind::Bool)
            .aliases(&["設定ロック", "タンパープロテクション"]),
        Column::new("pattern_on", "定義ファイルの日付", Kind::Date).optional().aliases(&[
            "パターンファイル",
            "パターン日付",
            "定義更新日",
        ]),
        Column::new("agent_on", "対策ソフトの版の日付", Kind::Date)
            .optional()
            .aliases(&["エージェント更新日"]),
        Column::new("patched_on", "最後の更新プログラム", Kind::Date)
            .optional()
            .aliases(&["パッチ適用日", "更新日"]),
        Column::new("scanned_on", "最後のフルスキャン", Kind::Date).optional().aliases(&["フルスキャン日"]),
        Column::new("seen_on", "機器から読み取った日", Kind::Date)
            .optional()
            .aliases(&["最終接続日", "最終通信日", "取得日", "最終ログイン"])
            .hint("ここまでの設定と日付を、機器から読み取った日。手で書いた日ではありません。"),
        Column::new("checked_on", "最後に確かめた日", Kind::Date)
            .later()
            .aliases(&["棚卸日", "確認日"])
            .hint("棚卸で、現物があることを確かめた日。"),
        Column::new("macs", "MACアドレス", Kind::Text)
            .later()
            .aliases(&["MAC", "MAC Address", "物理アドレス", "ハードウェアアドレス"])
            .hint("例：00:11:22:33:44:55。有線と無線など、いくつもあるときは「、」で区切ります。ネットワークの表にある機器と、これで突き合わせます。"),
        Column::new("note", "備考", Kind::Text).optional().long().aliases(&["特記事項"]),
        Column::new("valid_from", "いつから", Kind::Date).aliases(&["導入日", "配備日", "登録日"]),
        Column::new("valid_to", "いつまで", Kind::Date).optional().aliases(&["廃棄日", "返却日"]),
        EXTRA,
    ],
};

pub static REGISTER: Register = Register {
    noun: &DEVICE,
    lead: "パソコン、サーバ、モバイル端末など。どの課が使い、設定と更新がどうなっているか。",
    key: &["number"],
    title: "name",
    section: Some("unit_id"),
    sight: Sight::Section,
    valid: Some(("valid_from", "valid_to")),
    list: &["number", "name", "unit_id", "zone", "protection", "pattern_on", "seen_on"],
    sorts: &["number", "name", "valid_from"],
    filters: &["unit_id", "zone", "kind", "state", "protection", "login"],
    searched: &["number", "name", "holder", "os", "note"],
    rules: &[
        a_section_answers,
        resident_side_asks_for_two_factors,
        resident_side_locks_usb,
        pattern_was_current,
        private_devices_stay_out,
        addresses_can_be_read,
    ],
    number: "D-",
};

fn a_section_answers(row: &Row) -> Option<Breach> {
    let says = "使う課が分かりません。どの課の機器かを調べ、分からなければネットワークから外してください。";
    (row.text("unit_id").is_empty() || row.text("state") == "unknown")
        .then(|| Breach::flagged("unit_id", says))
}

fn resident_side_asks_for_two_factors(row: &Row) -> Option<Breach> {
    let says = "住民情報系の端末は、多要素認証でなければなりません。";
    let user = matches!(row.text("kind"), "pc" | "mobile");
    (user && row.text("zone") == "resident" && row.text("login") != "mfa")
        .then(|| Breach::flagged("login", says))
}

fn resident_side_locks_usb(row: &Row) -> Option<Breach> {
    let says = "住民情報系の端末では、USBの記録媒体を使えない設定にしてください。";
    let user = matches!(row.text("kind"), "pc" | "mobile");
    (user && row.text("zone") == "resident" && row.text("usb") == "open")
        .then(|| Breach::flagged("usb", says))
}

/// Judged as of the day the device was read: what it is today, nobody knows.
fn pattern_was_current(row: &Row) -> Option<Breach> {
    let day = |column| row.get(column).and_then(Value::text).and_then(|t| t.parse::<Date>().ok());
    let (seen, pattern) = (day("seen_on")?, day("pattern_on")?);
    let oldest = seen.checked_sub(jiff::Span::new().days(PATTERN_DAYS)).ok()?;
    let says =
        "読み取った日に、定義ファイルが7日より古くなっていました。更新できているかを確かめてください。";
    (pattern < oldest).then(|| Breach::flagged("pattern_on", says))
}

fn private_devices_stay_out(row: &Row) -> Option<Breach> {
    let says = "私物の端末を、住民情報系やLGWAN系につなげません。支給の端末に替えてください。";
    let inner = matches!(row.text("zone"), "resident" | "lgwan" | "separate");
    (row.text("owner") == "private" && inner).then(|| Breach::flagged("owner", says))
}

/// 「00:11:22:33:44:55」, with `-` or `.` or nothing between the digits, as twelve small digits.
fn mac(text: &str) -> Option<String> {
    let shape = text.chars().all(|c| c.is_ascii_hexdigit() || ":-.".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    (shape && digits.len() == 12).then(|| digits.to_ascii_lowercase())
}

fn mac_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', ',', '，', ' ', '　', '\n']).filter(|w| !w.is_empty())
}

/// Hardware addresses of the column of that name, as twelve small digits: captured tables are compared with them.
pub fn macs(text: &str) -> impl Iterator<Item = String> {
    mac_words(text).filter_map(mac)
}

/// What cannot be read would never be found in a captured table, and nobody would know.
fn addresses_can_be_read(row: &Row) -> Option<Breach> {
    let says = "MACアドレスは「00:11:22:33:44:55」のように、12けたの16進数で書いてください。いくつもあるときは「、」で区切ります。";
    let unread = mac_words(row.text("macs")).any(|word| mac(word).is_none());
    unread.then(|| Breach::refused("macs", says))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pc() -> Row {
        Row::new(&DEVICE, "1")
            .set("kind", "pc")
            .set("state", "registered")
            .set("unit_id", "u")
            .set("owner", "city")
            .set("zone", "resident")
            .set("login", "mfa")
            .set("usb", "locked")
            .set("seen_on", "2026-11-20")
            .set("pattern_on", "2026-11-13")
    }

    #[test]
    fn each_rule_has_its_column() {
        assert!(REGISTER.breaches(&pc()).is_empty());
        for (column, value, said) in [
            ("state", "unknown", "unit_id"),
            ("login", "password", "login"),
            ("usb", "open", "usb"),
            ("pattern_on", "2026-11-12", "pattern_on"),
            ("owner", "private", "owner"),
            ("macs", "00:11:22:33:44:55、有線", "macs"),
            ("macs", "00:11:22:33:44", "macs"),
        ] {
            let columns: Vec<&str> =
                REGISTER.breaches(&pc().set(column, value)).iter().map(|b| b.column).collect();
            assert_eq!(columns, [said], "{column} = {value}");
        }
        let text = "00:11:22:33:44:55、0011.2233.4466 00-11-22-33-44-7A,001122334488";
        assert!(REGISTER.breaches(&pc().set("macs", text)).is_empty());
        let read = ["001122334455", "001122334466", "00112233447a", "001122334488"];
        assert_eq!(macs(text).collect::<Vec<_>>(), read, "what is accepted is found again");
        // Not read since: what was current then is not accused now.
        assert!(
            REGISTER.breaches(&pc().set("seen_on", "2026-10-01").set("pattern_on", "2026-09-30")).is_empty()
        );
    }
}
