//! The embedded catalogue keeps its promises, and a damaged one is refused.

use sekisho_catalogue::{
    Capability, Catalogue, CatalogueError, CheckKind, ClauseKind, RequirementId, RoleScope, SOURCE, Source,
    Stage, catalogue,
};

/// Parses the embedded files with one chapter's text changed.
fn with_chapter(index: usize, change: impl Fn(&str) -> String) -> Result<Catalogue, CatalogueError> {
    let changed = change(SOURCE.chapters[index].1);
    assert_ne!(changed, SOURCE.chapters[index].1, "the change must bite");
    let mut chapters = SOURCE.chapters.to_vec();
    chapters[index].1 = &changed;
    Catalogue::parse(&Source { chapters: &chapters, ..SOURCE })
}

#[test]
fn holds_exactly_the_441_rows_and_those_of_the_policy() {
    let c = catalogue();
    assert_eq!(c.counted(), 441);
    let per_chapter: Vec<usize> =
        (1..=9).map(|n| c.requirements.iter().filter(|r| r.chapter == n).count()).collect();
    assert_eq!(per_chapter, [35, 40, 29, 41, 54, 143, 29, 46, 24]);
    let of_kind = |kind| c.requirements.iter().filter(|r| r.counted && r.check == kind).count();
    assert_eq!(CheckKind::ALL.map(of_kind), [298, 99, 44]);
    assert!(c.requirements.iter().filter(|r| !r.counted).all(|r| r.id.as_str().starts_with('P')));
}

#[test]
fn every_judged_clause_is_served_and_definitions_are_not_judged() {
    let c = catalogue();
    for label in ["1", "3", "4(1)", "4(2)", "4(3)", "5(1)", "5(2)②", "7(3)①", "7(9)", "8", "9", "10", "11"]
    {
        assert_eq!(c.clause(label).map(|c| c.kind), Some(ClauseKind::Judged), "{label}");
        assert!(c.of_clause(label).next().is_some(), "{label}");
    }
    for n in 1..=14 {
        let clause = c.clause(&format!("2({n})")).unwrap();
        assert_eq!(clause.kind, ClauseKind::Definition);
        assert_eq!(c.of_clause(&clause.label).count(), 0);
    }
}

#[test]
fn every_stage_and_role_is_used_and_rows_say_how_sure_they_are() {
    let c = catalogue();
    for stage in Stage::ALL {
        assert!(c.requirements.iter().any(|r| r.stage == stage), "{stage:?}");
    }
    for row in c.requirements.iter().filter(|r| r.counted) {
        assert!(
            !c.confidence(&row.confidence).unwrap().badge.is_empty(),
            "{} claims a confirmed source",
            row.id
        );
    }
    let holders = |cap| c.roles.iter().filter(|r| r.can(cap)).map(|r| r.key.as_str()).collect::<Vec<_>>();
    assert_eq!(holders(Capability::DecideException), ["ciso"]);
    assert_eq!(holders(Capability::ConfirmStocktake), ["manager"]);
    assert_eq!(c.role("統括情報セキュリティ責任者").unwrap().scope, RoleScope::City);
}

#[test]
fn roles_are_those_that_rights_are_judged_by() {
    for role in sekisho_domain::role::Role::ALL {
        assert!(catalogue().roles.iter().any(|r| r.key == role.code()), "{role:?}");
    }
    for stage in Stage::ALL {
        assert!(sekisho_domain::requirement::STAGES.contains(&(stage.key(), stage.label_ja())));
    }
    for kind in CheckKind::ALL {
        assert!(sekisho_domain::requirement::CHECK_KINDS.contains(&(kind.key(), kind.label_ja())));
    }
}

#[test]
fn freshness_follows_cadence_and_check_kind() {
    let days = |id: &str| catalogue().requirement(id).unwrap().freshness_days;
    assert_eq!((days("6.4.4"), days("1.9.2"), days("2.2.6")), (45, 120, 400));
    let zero = |id: &str| catalogue().requirement(id).unwrap().event_triggered;
    assert!(zero("4.2.9") && zero("6.3.14") && !zero("6.4.4") && !zero("6.1.37"));
}

#[test]
fn ids_parse_strictly_and_sort_by_number() {
    let id = |t: &str| RequirementId::parse(t).unwrap();
    assert!(id("1.2.9") < id("1.10.1") && id("1.2.9") < id("1.2.10") && id("9.3.5") < id("P1.1"));
    assert_eq!((id("6.1.10").section(), id("P4.2").section()), ("6.1", "P4"));
    for text in
        ["", "1.1", "1.1.1.1", "01.1.1", "1.1.x", "P1", "p1.1", "1.1.1000", "1..1", "P1.1.1", "１.1.1"]
    {
        assert_eq!(RequirementId::parse(text), None, "{text}");
    }
}

#[test]
fn damaged_files_are_refused() {
    let code = |r: Result<Catalogue, CatalogueError>| r.map(|_| "accepted").unwrap_or_else(|e| e.code());
    let first = |from: &'static str, to: &'static str| move |t: &str| t.replacen(from, to, 1);
    for (from, to, expected) in [
        ("check = \"machine\"", "check = \"hunch\"", "catalogue-syntax"),
        ("trigger =", "triggr =", "catalogue-syntax"),
        ("stage = \"整備\"", "stage = \"準備\"", "catalogue-syntax"),
        ("[\"首長\"]", "[\"殿様\"]", "catalogue-unknown"),
        ("[\"首長\"]", "[]", "catalogue-row"),
        ("cadence = \"standing\"", "cadence = \"sometimes\"", "catalogue-unknown"),
        ("edition = \"R5.3-\"", "edition = \"R99-\"", "catalogue-unknown"),
        ("confidence = \"general-knowledge\"", "confidence = \"certain\"", "catalogue-unknown"),
        ("[\"7(1)\"]", "[\"7(99)\"]", "catalogue-unknown"),
        ("[\"7(1)\"]", "[\"2(1)\"]", "catalogue-row"),
        ("id = \"1.1.2\"", "id = \"1.1.1\"", "catalogue-duplicate"),
        ("id = \"1.1.2\"", "id = \"1.2.2\"", "catalogue-row"),
        ("id = \"1.1.1\"", "id = \"1.1.9\"", "catalogue-row"),
        ("evidence = \"任命記録、体制表\"", "evidence = \" \"", "catalogue-row"),
        ("cadence = \"standing\"", "freshness_days = 0\ncadence = \"standing\"", "catalogue-row"),
        ("counted = true", "counted = false", "catalogue-count"),
    ] {
        assert_eq!(code(with_chapter(0, first(from, to))), expected, "{from} → {to}");
    }
    let without_policy_rows = Source { chapters: &SOURCE.chapters[..9], ..SOURCE };
    assert_eq!(code(Catalogue::parse(&without_policy_rows)), "catalogue-unserved");
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    for (index, (name, text)) in SOURCE.chapters.iter().enumerate().take(9) {
        for at in (0..text.trim_end().len()).step_by(7_919) {
            let cut = text.floor_char_boundary(at);
            let result = with_chapter(index, |t| t[..cut].to_owned());
            assert!(result.is_err(), "{name} cut at byte {cut} was taken for whole");
        }
    }
}
