//! Every page with believable words in it, without a database: checked for what must hold on all of them, and
//! written to `target/gallery` to be looked at (`tests/gallery.sh` takes the pictures).

mod house;

use crate::pages::board::{Adopted, Board, ChapterRow, Fix, SealLine, Tally};
use crate::pages::{
    api_token, clause, compare, decision, document, ledger, login, requirement, session, shared, start,
    summary,
};
use crate::part::*;
use crate::shell::{NavItem, Shell};
use sekisho_domain::clock::Ms;
use sekisho_domain::date::Date;
use sekisho_domain::verdict::State;

const NOW: Ms = Ms(1_795_323_900_000); // 令和8年11月22日 14:05
const HASH: &str = "9f3c1d2e4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2a21e";

fn shell(title: &str, here: &str) -> Shell {
    let nav = Shell::NAV.iter().map(|(href, words)| NavItem {
        href,
        words,
        count: if *href == "/decisions" { 4 } else { 0 },
        here: *href == here,
    });
    Shell {
        city: "さくら坂市".into(),
        notice: Some("架空の市のデモです。入力した内容は実在の市と関係がありません。".into()),
        me: Some("情報政策課 佐藤".into()),
        nav: nav.collect(),
        title: title.into(),
        ..Shell::default()
    }
}

fn day(y: i16, m: i8, d: i8) -> Day {
    Day::of(Date::constant(y, m, d))
}

fn label(label: &str, title: &str) -> ClauseLabel {
    ClauseLabel { id: "c".into(), label: label.into(), title: title.into() }
}

fn seat(seat: &str, person: &str) -> Seat {
    Seat::new(seat, Some(person))
}

fn bar(holds: usize, broken: usize, stale: usize, unproven: usize) -> Bar {
    Bar::of(|s| match s {
        State::Holds => holds,
        State::Broken => broken,
        State::Stale => stale,
        State::Unproven => unproven,
        _ => 0,
    })
}

fn fixes() -> Vec<Fix> {
    let fix = |l: &str, t: &str, why: &str, s: &str, p: &str, since: Day| Fix {
        clause: label(l, t),
        mark: State::Broken.into(),
        reason: why.into(),
        requirement_id: "r".into(),
        also: 0,
        seat: seat(s, p),
        due: (l == "7(1)").then(|| Day::of(Date::constant(2026, 12, 1))),
        late: false,
        since,
    };
    vec![
        fix(
            "7(1)",
            "組織体制",
            "情報システム管理者の席が 2 つの課で空いています。税務課、水道局営業課。",
            "情報政策課長",
            "高橋",
            day(2026, 11, 4),
        ),
        fix(
            "9",
            "ポリシーの見直し",
            "対策基準は前回の見直しから 14 か月たっています（12 か月ごと）。",
            "情報政策課長",
            "高橋",
            day(2026, 10, 1),
        ),
        fix(
            "7(6)",
            "技術的セキュリティ",
            "特権を持つアカウント 9 件のうち 1 件に、二つめの認証がありません。",
            "情報政策課長",
            "高橋",
            day(2026, 11, 20),
        ),
    ]
}

fn tallies() -> Vec<Tally> {
    [(State::Holds, 27), (State::Broken, 3), (State::Stale, 5), (State::Unproven, 11), (State::Excepted, 1)]
        .map(|(s, count)| Tally { mark: s.into(), count, href: "/requirements".into() })
        .into()
}

const ADOPTED: Adopted = Adopted { count: 402, of_catalogue: 396, total: 441, started: true, homeless: 0 };

fn board() -> Board {
    let row = |l: &str, t: &str, child, b: (usize, usize, usize, usize), spark: &[usize]| ChapterRow {
        clause: label(l, t),
        child,
        bar: bar(b.0, b.1, b.2, b.3),
        counts: [b.0, b.1, b.2, b.3, 0].map(|n| (n, "/requirements".to_owned())).into(),
        spark: Spark::new(spark.to_vec()),
    };
    Board {
        shell: shell("方針は今日、守られていますか", "/"),
        document: "さくら坂市 情報セキュリティ基本方針 第4版（令和6年4月1日施行）".into(),
        now: Moment::at(NOW),
        then: None,
        tallies: tallies(),
        seal: SealLine {
            size: "18,204".into(), line: "記録中 12 件 ・ L1 外の控えと一致".into()
        },
        adopted: ADOPTED,
        fixes: fixes(),
        fix_caption: "守られていない条項。理由と、次に動く人。".into(),
        nothing_to_fix: "",
        heads: vec!["守られている", "いない", "古い", "未確認", "例外"],
        chapters: vec![
            row("6", "職員等の遵守義務", false, (4, 0, 0, 2), &[0, 0, 1, 2, 2, 3, 4, 4, 4, 4, 4, 4]),
            row(
                "7",
                "情報セキュリティ対策",
                false,
                (240, 3, 20, 60),
                &[10, 30, 60, 90, 120, 140, 170, 200, 210, 230, 235, 240],
            ),
            row("7(1)", "組織体制", true, (33, 1, 2, 0), &[28, 28, 28, 29, 29, 30, 31, 31, 32, 33, 33, 33]),
            row(
                "7(2)",
                "情報資産の分類と管理",
                true,
                (31, 0, 8, 0),
                &[31, 30, 31, 32, 31, 31, 31, 30, 31, 31, 31, 31],
            ),
            row(
                "9",
                "情報セキュリティポリシーの見直し",
                false,
                (9, 1, 0, 0),
                &[10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9, 9],
            ),
        ],
        as_of: "2026-11-22".into(),
        today: "2026-11-22".into(),
    }
}

fn clause_page() -> clause::ClausePage {
    let row = |title: &str, stage, how, state: State, reason: &str, unconfirmed: bool| clause::Row {
        id: "r".into(),
        title: title.into(),
        text: "統括情報セキュリティ責任者は、課ごとに担当を定めて一覧を保つ。".into(),
        stage,
        how,
        badge: if unconfirmed { "原典未確認" } else { "" },
        mark: Some(state.into()),
        adoption: "採用",
        reason: reason.into(),
        population: "確認 41 / 対象 43".into(),
        source: "組織（令和8年11月22日時点）".into(),
        seat: seat("情報政策課長", "高橋"),
    };
    clause::ClausePage {
        shell: shell("7(1) 組織体制は、守られていますか", "/")
            .crumb("/", "方針の実施状況")
            .crumb("/clauses/7", "7 情報セキュリティ対策"),
        id: "c".into(),
        label: "7(1)".into(),
        document: "さくら坂市 情報セキュリティ基本方針".into(),
        edition: "第4版（令和6年4月1日施行）".into(),
        definition: false,
        mark: State::Broken.into(),
        now: Moment::at(NOW),
        then: None,
        texts: vec![(
            "7(1)".into(),
            "本市の情報資産について、情報セキュリティ対策を進めるための全庁の体制を定める。".into(),
        )],
        origins: vec!["第4版で、7(9)が統合されました。".into()],
        children: vec![],
        requirements: vec![
            row(
                "情報システム管理者を置く",
                "整備",
                "機械判定",
                State::Broken,
                "情報システム管理者の席が 2 つの課で空いています。",
                false,
            ),
            row(
                "CISO を補佐する者を置く",
                "整備",
                "記録",
                State::Holds,
                "任命の記録が 1 件あり、1 年以内に確かめられています。",
                true,
            ),
        ],
        stages: vec![
            ("整備", Some(State::Broken.into())),
            ("運用", Some(State::Holds.into())),
            ("独立確認", None),
        ],
        as_of: String::new(),
        hindsight: None,
    }
}

fn evidence_fields() -> Vec<Field> {
    vec![
        Field::text("title", "表題").hint("例：令和8年度 情報セキュリティ委員会 議事録"),
        Field::date("observed", "確認した日").hint("見たり確かめたりした日。登録する日ではありません。"),
        Field::new("file", "ファイル", Input::File).hint("32 MB まで。").optional(),
    ]
}

fn requirement_page(wrong: bool) -> requirement::RequirementPage {
    let mut form = crate::form::Form::from_query("title=%E8%AD%B0%E4%BA%8B%E9%8C%B2&observed=");
    form.refuse("observed", "確認した日を入力してください。");
    let (fields, errors) =
        if wrong { form.refill(evidence_fields()) } else { (evidence_fields(), Errors::default()) };
    requirement::RequirementPage {
        shell: shell("委員会を年1回以上ひらいていますか", "/requirements").crumb("/requirements", "要求事項"),
        id: "r".into(),
        text: "情報セキュリティ委員会を少なくとも年に1回ひらき、ポリシーの見直しと対策の進み具合を話し合う。"
            .into(),
        clause: label("7(1)", "組織体制"),
        adoption: "採用".into(),
        edition: "令和5年3月版から".into(),
        badge: "原典未確認",
        how: "記録",
        occasion: "年1回".into(),
        evidence_kind: "委員会の議事録".into(),
        attestation: false,
        seat: seat("統括情報セキュリティ責任者", "総務部長 井上"),
        verdict: Some(requirement::VerdictCard {
            mark: State::Stale.into(),
            reason: "いちばん新しい議事録は令和7年10月3日のもので、12か月を過ぎています。".into(),
            expected: 1,
            observed: 1,
            violating: 0,
            source: "登録された証拠（令和8年11月22日時点）".into(),
            kept_at: vec![],
            since: Moment::at(NOW),
            samples: vec![],
            own: vec![],
            acts: vec![],
        }),
        not_judged: "",
        history: vec![requirement::Change {
            from: Moment::at(NOW),
            mark: State::Stale.into(),
            reason: "12か月を過ぎました。".into(),
        }],
        evidence: vec![requirement::EvidenceRow {
            title: "令和7年度 第1回 情報セキュリティ委員会 議事録".into(),
            kind: "記録",
            late: true,
            observed: day(2025, 10, 3),
            fresh_until: day(2026, 10, 3),
            filed: day(2025, 11, 10),
            about: "市全体".into(),
            by: "佐藤".into(),
            answer: "",
            file: Some((Some("/evidence/e/file".into()), "議事録.pdf".into())),
            hash: Some(HashStamp::new(HASH)),
            reference: String::new(),
        }],
        no_evidence: "",
        pager: Pager { first: None, next: Some("?after=x".into()) },
        can_file: true,
        errors,
        fields,
        zero_open: false,
        zero_fields: Some(vec![Field::date("from", "いつから"), Field::date("to", "いつまで")]),
        standard: None,
    }
}

fn requirement_list() -> requirement::RequirementList {
    let row = |title: &str, text: &str, clause: &str, state, mark: Option<State>| requirement::ListRow {
        id: "r".into(),
        title: title.into(),
        text: text.into(),
        clause: clause.into(),
        role: "CISO".into(),
        state,
        badge: if clause == "7(2)" { "原典未確認" } else { "" },
        mark: mark.map(Mark::from),
        picked: false,
    };
    requirement::RequirementList {
        shell: shell("どの要求を、この市で採用しますか", "/requirements"),
        adopted: 396,
        total: 441,
        undecided: 45,
        errors: Errors::default(),
        filter: vec![
            Field::select(
                "chapter",
                "章",
                vec![("".into(), "すべて".into()), ("1".into(), "1 組織体制".into())],
            )
            .optional(),
            Field::text("q", "ことば").optional(),
        ],
        rows: vec![
            row(
                "CISO を置く",
                "副市長を最高情報セキュリティ責任者とし、権限と責任を定める。",
                "7(1)",
                "採用",
                Some(State::Holds),
            ),
            row(
                "機密性の分類を定める",
                "取り扱う情報資産を機密性によって分ける基準を定める。",
                "7(2)",
                "未検討",
                None,
            ),
        ],
        matching: 45,
        pager: Pager::default(),
        can_edit: true,
        fields: vec![
            Field::radio(
                "state",
                "採否",
                &[
                    ("adopted", "採用"),
                    ("modified", "変更して採用"),
                    ("rejected", "不採用"),
                    ("undecided", "未検討に戻す"),
                ],
            ),
            Field::area("reason", "理由").hint("変更・不採用のときは必ず書いてください。").optional(),
        ],
        back: String::new(),
    }
}

fn revision() -> document::RevisionPage {
    document::RevisionPage {
        shell: shell("さくら坂市情報セキュリティ基本方針 第5版（案）を、このまま決裁に出しますか", "/documents").crumb("/documents", "文書").crumb("/documents/d", "基本方針"),
        id: "v".into(),
        kind: "基本方針",
        visibility: "公開",
        state: "案".into(),
        hash: HashStamp::new(HASH),
        note: None,
        revised: Some(day(2026, 12, 1)),
        effective: Some(day(2027, 4, 1)),
        source: "基本方針_第5版.docx".into(),
        bodies: vec![("市長".into(), day(2026, 12, 1), "情政第41号".into())],
        decision: None,
        compare: Some("/compare?old=a&new=b".into()),
        warnings: vec![document::Warning { line: 152, message: "「上記3の脅威」とありますが、脅威は 4 に書かれています。".into() }],
        impact: vec![document::Impact { clause: label("7(3)②", "LGWAN系の分離"), change: "本文が変わりました", requirements: 28, judged: 27, evidence: 14 }],
        clauses: vec![document::ClauseRow { clause: label("1", ""), heading: "目的".into(), text: "この基本方針は、本市が保有する情報資産の機密性、完全性及び可用性を維持するため、必要な事項を定める。".into(), visibility: "公開", definition: false }],
        history: vec![document::Entry { edition: "初".into(), revised: Some(day(2004, 4, 1)), effective: Some(day(2004, 4, 1)), sections: "全章".into(), summary: "初版発行".into() }],
        publications: vec![],
        errors: Errors::default(),
        can_publish: false,
        publish_fields: vec![],
        can_adopt: false,
        body_fields: vec![],
        can_grade: true,
        grades: Field::select("visibility", "選んだ条項の公開区分", vec![("internal".into(), "庁内".into())]),
        can_export: true,
        can_submit: true,
        can_drop: true,
        submit_fields: vec![Field::area("reason", "改定の理由")],
    }
}

fn decision_page() -> decision::DecisionPage {
    decision::DecisionPage {
        shell: shell("基本方針を第5版に改定してよいか", "/decisions").crumb("/decisions", "決裁"),
        id: "d".into(),
        number: "情政第41号".into(),
        applicant: "佐藤（情報政策課）".into(),
        requested: Moment::at(NOW),
        answer_by: Some(Day::due(Date::constant(2026, 11, 27))),
        state: "決裁待ち".into(),
        notes: vec!["取り込んだときに気づいたことが 1 件残っています。".into()],
        subject: vec![
            ("文書", "さくら坂市情報セキュリティ基本方針 第5版".into()),
            ("施行日", "令和9年4月1日".into()),
            ("変わる条項", "3 件".into()),
        ],
        subject_link: Some(("/revisions/v".into(), "全文と新旧対照表を見る")),
        hash: HashStamp::new(HASH),
        clause: Some(label("9", "情報セキュリティポリシーの見直し")),
        reason: "ガイドライン（令和7年3月版）の改定に合わせるため。".into(),
        division: "CISO決裁（専決規程 1 方針の改定）".into(),
        like: "昨年度から 14 件、すべて承認".into(),
        consequence: "承認すると本文が固定され、令和9年4月1日に施行されます。",
        errors: Errors::default(),
        comment: Field::area("comment", "意見")
            .optional()
            .hint("差し戻すときは、直してほしいところを書いてください。"),
        button: Some("承認する"),
        can_return: true,
        touch: None,
        prove_first: None,
        can_withdraw: false,
        outside: None,
        paper: Vec::new(),
        why_not: None,
        steps: vec![decision::Step {
            kind: "決裁",
            notes: Vec::new(),
            seat: seat("最高情報セキュリティ責任者(CISO)", "副市長 山本"),
            state: "決裁待ち",
            at: None,
            comment: String::new(),
            proof: "",
        }],
        preview: vec![
            (label("7(3)②", "LGWAN系の分離"), "本文が変わりました"),
            (label("7(9)", "業務委託"), "加わりました"),
        ],
    }
}

fn compare_page() -> compare::ComparePage {
    compare::ComparePage {
        shell: shell("第4版から第5版で、どこが変わりましたか", "/documents"),
        old: "第4版".into(),
        new: "第5版".into(),
        changed: 1,
        docx: "/compare.docx?old=a&new=b".into(),
        rows: vec![compare::CompareRow {
            label: "7(3)②".into(),
            change: "変更",
            new: vec![
                (false, "LGWAN系とインターネット系の間の通信は、".into()),
                (true, "無害化した上で".into()),
                (false, "許可する。".into()),
            ],
            old: vec![
                (false, "LGWAN系とインターネット系の間の通信は、".into()),
                (true, "必要なものに限り".into()),
                (false, "許可する。".into()),
            ],
        }],
    }
}

fn start_page() -> start::StartPage {
    let step = |title, why, progress: &str, action, class| start::StartStep {
        title,
        why,
        progress: progress.into(),
        href: "/sections",
        action,
        done: class == "done-step",
        open: class == "next-step",
        class,
    };
    start::StartPage {
        shell: shell("何から始めればよいですか", "/start"),
        done_count: 2,
        steps: vec![
            step(
                "組織を登録する",
                "どの課が何に責任を持つかの土台になります。",
                "43 の課を登録しました。",
                "組織を見る",
                "done-step",
            ),
            step(
                "職員を登録する",
                "人がいないと、責任者も決裁者も決まりません。",
                "312 人を登録しました。",
                "職員を見る",
                "done-step",
            ),
            step(
                "方針の本文を取り込む",
                "条項の一つ一つが、状態を持つようになります。",
                "まだ施行中の基本方針がありません。",
                "取り込む",
                "next-step",
            ),
            step(
                "体制を決める",
                "役割を職に結びつけると、人事異動のあとも自動で引き継がれます。",
                "6 つの役割のうち 2 つに今日の担当者がいます。",
                "体制を決める",
                "",
            ),
        ],
    }
}

fn summary_page() -> summary::SummaryPage {
    summary::SummaryPage {
        exceptions: vec![(
            "7(2)".to_owned(),
            "情報資産の持出しを許可する".to_owned(),
            "令和9年3月31日".to_owned(),
            3,
        )],
        more_exceptions: 0,
        shell: shell("方針は今日、守られていますか", "/summary"),
        city: "さくら坂市".into(),
        document: "情報セキュリティ基本方針 第4版".into(),
        now: Moment::at(NOW),
        tallies: tallies(),
        sentence: "47 条項のうち 3 条項が守られていません。あなたの決裁を待つものが 1 件あります。".into(),
        fixes: fixes(),
        more_fixes: 0,
        decisions: vec![summary::Waiting {
            title: "基本方針を第5版に改定".into(),
            applicant: "情報政策課 佐藤".into(),
            requested: Moment::at(NOW),
        }],
        adopted: ADOPTED,
        heads: vec!["守られている", "いない", "古い", "未確認", "例外"],
        chapters: vec![summary::ChapterLine {
            words: "7(1) 組織体制".into(),
            bar: bar(33, 1, 2, 0),
            counts: vec![33, 1, 2, 0, 0],
        }],
        ledger: "記録 18,204 件。L1：外の控え（令和8年11月20日に監査人が確認）と一致しています。封印（18,204 件）の照合値：0ac5-186a-9186-3e8e。".into(),
        edition_hash: Some(ledger::grouped(HASH)),
    }
}

fn ledger_page() -> ledger::LedgerPage {
    ledger::LedgerPage {
        shell: shell("記録は、あとから書き換えられていませんか", "/ledger"),
        size: "18,204".into(),
        root: HashStamp::new(HASH),
        bad: false,
        level: "L1",
        level_words: "外の控え（監査委員事務局の金庫）と一致しています。".into(),
        unsealed: 12,
        note: "sekisho.example/sakurazaka\n18204\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— sekisho.example/sakurazaka Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n".into(),
        outside: vec![ledger::Outside {
            place: "監査委員事務局の金庫".into(),
            size: "17,950".into(),
            person: "監査委員事務局 小林".into(),
            at: Moment::at(NOW),
        }],
        keepers: vec![
            ledger::KeeperRow {
                name: "監査委員事務局の共有".into(),
                way: "フォルダ",
                left: "令和8年11月26日 6時1分".into(),
                fault: None,
            },
            ledger::KeeperRow {
                name: "県の立会人".into(),
                way: "立会人",
                left: "令和8年11月24日 6時1分".into(),
                fault: Some("つながりません".into()),
            },
        ],
        witnesses: vec![ledger::WitnessRow {
            id: "w".into(),
            name: "witness.pref.example/city".into(),
            place: "県の情報政策課".into(),
            key: "witness.pref.example/city+1a2b3c4d+BARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".into(),
            person: "監査委員事務局 小林".into(),
            signed: "令和8年11月24日 6時1分".into(),
            ended: false,
        }],
        can_confirm: true,
        errors: Errors::default(),
        witness_fields: vec![Field::text("key", "立会人から直接受け取った公開鍵")],
        fields: vec![
            Field::text("place", "どこに控えていますか"),
            Field::area("note", "控えてある封印の文")
                .hint("「sekisho/」で始まる4行をそのまま貼り付けてください。"),
        ],
    }
}

fn pages() -> Vec<(&'static str, String)> {
    let secret = b"12345678901234567890";
    let url = crate::credential::totp_url(secret, "さくら坂市", "sato");
    let enrol = login::EnrolPage {
        own: true,
        shell: Shell {
            nav: vec![], me: None, ..shell("自分のパスワードと認証アプリを決める", "")
        },
        errors: Errors::default(),
        password_fields: vec![
            Field::new("password", "新しいパスワード", Input::Password)
                .hint("12文字以上。覚えやすい文章でもかまいません。"),
        ],
        qr: Qr::of(&url, "認証アプリに読み取らせる図").expect("fits"),
        secret: crate::credential::totp_text(secret),
        code: Field::new("code", "アプリに出た6桁の数字", Input::Digits),
    };
    let form = shared::FormPage {
        shell: Shell { nav: vec![], me: None, ..shell("関所にログインする", "") },
        lead: String::new(),
        errors: Errors::default(),
        action: "/login".into(),
        fields: vec![
            Field::text("login", "ログイン名"),
            Field::new("password", "パスワード", Input::Password),
        ],
        upload: false,
        button: "次へ",
        consequence: "次の画面で、認証アプリの6桁の数字を入力します。".into(),
    };
    let list = shared::ListPage {
        shell: shell("この市の組織は、どうなっていますか", "/sections"),
        tabs: vec![("/sections", "組織", true), ("/people", "職員", false), ("/roles", "役割", false)],
        caption: "今日の組織。".into(),
        heads: vec!["名称", "種別", "いつから", "人数"],
        rows: vec![vec![
            Cell::link("/sections/s", "情報政策課").under("企画部"),
            Cell::text("課"),
            Cell::text("令和6年4月1日"),
            Cell::number(12),
        ]],
        empty: "",
        add: Some(("/sections/new".into(), "組織を加える")),
        ..shared::ListPage::default()
    };
    let sessions = session::SessionList {
        shell: shell("どこからログインしていますか", ""),
        sessions: vec![session::SessionRow {
            id: "s".into(),
            agent: "Microsoft Edge（Windows）".into(),

            since: Moment::at(NOW),
            seen: Moment::at(NOW),
            current: true,
        }],
        keys: api_token::Keys {
            rows: vec![api_token::KeyRow {
                id: "k".into(),
                name: "資産管理ソフトから機器台帳への反映".into(),
                reaches: "読んで、書く",
                ends: "令和9年2月20日".into(),
                used: Some(Moment::at(NOW)),
            }],
            errors: Errors::default(),
            fields: Vec::new(),
            prove_first: None,
        },
    };
    let document = document::DocumentPage {
        shell: shell("さくら坂市情報セキュリティ基本方針", "/documents").crumb("/documents", "文書"),
        id: "d".into(),
        kind: "基本方針",
        visibility: "公開",
        owner: "情報政策課".into(),
        review: "見直しは12か月ごと（最後は令和8年4月1日）".into(),
        revisions: vec![document::RevisionRow {
            id: "v".into(),
            edition: "第4版".into(),
            hash: HashStamp::new(HASH),
            state: "施行中".into(),
            revised: Some(day(2024, 3, 31)),
            effective: Some(day(2024, 4, 1)),
            clauses: 61,
            warnings: 1,
            compare: Some("/compare".into()),
        }],
        old: Field::select("old", "改定前", vec![]),
        new: Field::select("new", "改定後", vec![]),
        can_edit: true,
    };
    let error = crate::error::PortalError::NotFound;
    let error = crate::error::page_html(&error, "0123456789abcdef");
    let render = |name, template: &dyn askama::DynTemplate| (name, template.dyn_render().expect("renders"));
    vec![
        render("board", &board()),
        render("clause", &clause_page()),
        render("requirement", &requirement_page(false)),
        render("requirement-wrong", &requirement_page(true)),
        render("requirements", &requirement_list()),
        render("document", &document),
        render("revision", &revision()),
        render("compare", &compare_page()),
        render("decision", &decision_page()),
        render("start", &start_page()),
        render("summary", &summary_page()),
        render("ledger", &ledger_page()),
        render("enrol", &enrol),
        render("login", &form),
        render("sections", &list),
        render("sessions", &sessions),
        ("error", error),
    ]
}
