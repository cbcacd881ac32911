//! 通知: what a mail says. Staff may change the words; a template knows numbers, links and dates and nothing else,
//! so that no mail can carry personal data or what a matter is about.

use crate::noun::{Column, Kind, Noun};

pub static NOTICE_TEMPLATE: Noun = Noun {
    name: "notice_template",
    label: "通知の文面",
    columns: &[
        Column::new("code", "種類", Kind::Text),
        Column::new("subject", "件名", Kind::Text),
        Column::new("body", "本文", Kind::Text),
    ],
};

/// (code, what it is, subject, body) as shipped.
pub const STANDARD: &[(&str, &str, &str, &str)] = &[
    (
        "digest",
        "1日1回のまとめ",
        "【関所】やること {{ count }} 件(期限切れ {{ late }} 件)",
        "{{ city }} 関所です。\n\nやることが {{ count }} 件あります(期限切れ {{ late }} 件、今日まで {{ today }} 件、決裁 {{ decisions }} 件)。\n\
         {% for item in items %}\n{{ item.due }}  {{ item.number }}\n  {{ item.link }}{% endfor %}\n\n一覧: {{ link }}\n\n\
         内容は関所の画面で確かめてください。このメールには個人情報を書いていません。\n",
    ),
    (
        "urgent",
        "急ぎの知らせ",
        "【関所・至急】{{ number }}",
        "{{ city }} 関所です。\n\n{{ number }} は期限が近いか、過ぎています(期限 {{ due }})。\n{{ link }}\n\n\
         内容は関所の画面で確かめてください。このメールには個人情報を書いていません。\n",
    ),
    (
        "escalated",
        "上位の職への知らせ",
        "【関所】{{ number }} が止まっています",
        "{{ city }} 関所です。\n\n{{ number }} が期限({{ due }})を過ぎても終わっていません。\n{{ link }}\n",
    ),
];

/// What a template may name. Nothing here comes from what people wrote.
pub const WORDS: &[&str] =
    &["city", "count", "late", "today", "decisions", "items", "item", "number", "due", "link", "loop"];

/// How the words are written, and what a reader gets in their place.
pub const MEANINGS: &[(&str, &str)] = &[
    ("{{ city }}", "市の名前"),
    ("{{ count }}", "やることの件数（まとめ）"),
    ("{{ late }}", "そのうち期限を過ぎた件数（まとめ）"),
    ("{{ today }}", "そのうち今日までの件数（まとめ）"),
    ("{{ decisions }}", "決裁を待つ件数（まとめ）"),
    (
        "{% for item in items %} … {% endfor %}",
        "やることを1件ずつ。中では {{ item.due }}（期限）、{{ item.number }}（番号）、{{ item.link }}（リンク）（まとめ）",
    ),
    ("{{ number }}", "番号（急ぎ・上位の職へ）"),
    ("{{ due }}", "期限（急ぎ・上位の職へ）"),
    ("{{ link }}", "関所の画面へのリンク"),
];
