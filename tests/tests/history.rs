//! One LEA over all years: by its code, as the state looks back, and through successions,
//! as it does not. Every LEA is made up where no real file is named.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{Cited, LeaFacts, ReleaseNumber};
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::Outcome;
use calsos_domain::release::{PublishedStatus, SuccessionKind, SuccessionRow};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::succession::{LookedThrough, Reading, look_through};
use calsos_domain::year::Day;
use calsos_tests::case::{Case, books, edition, priority, year};
use calsos_tests::program::{Program, list_text, table};
use calsos_tests::shared::{files, real_data};
use serde_json::Value;

const OLD: &str = "05999990000000";
const OTHER: &str = "05888880000000";
const NEW: &str = "06999990000000";
const GROUPS: [StudentGroup; 3] = [StudentGroup::Aa, StudentGroup::El, StudentGroup::Swd];

fn cds(code: &str) -> CdsCode {
    CdsCode::parse(code).unwrap()
}

/// An LEA of a code, made by `facts`.
fn lea(code: &str, lea_type: LeaType, facts: impl FnOnce(Case) -> Case) -> LeaFacts {
    let mut case = Case::new(lea_type);
    case.lea.cds = cds(code);
    facts(case).lea
}

/// On the lists of 2018, 2019 and 2022 with three groups, and not on that of 2023.
fn with_codes(code: &str) -> LeaFacts {
    with_codes_in(code, &[2018, 2019, 2022])
}

/// On the lists of 2018, 2019 and 2022, with three groups in these years.
fn with_codes_in(code: &str, years: &[u16]) -> LeaFacts {
    lea(code, LeaType::District, |case| {
        [2018, 2019, 2022]
            .into_iter()
            .fold(case, |case, of| {
                let groups: &[StudentGroup] = if years.contains(&of) { &GROUPS } else { &[] };
                case.listed(edition(of), PublishedStatus::Differentiated, groups)
            })
            .not_on_list(edition(2023))
    })
}

/// On the lists of the same years with no group.
fn without_codes(code: &str) -> LeaFacts {
    lea(code, LeaType::District, |case| {
        [2018, 2019, 2022]
            .into_iter()
            .fold(case, |case, of| case.listed(edition(of), PublishedStatus::General, &[]))
    })
}

/// Three groups in two priorities in 2023, and on no list before.
fn begun_in_2023(code: &str) -> LeaFacts {
    lea(code, LeaType::District, |case| {
        [2018, 2019, 2022]
            .into_iter()
            .fold(case, |case, of| case.not_on_list(edition(of)))
            .with_groups(edition(2023), &GROUPS, 2)
    })
}

/// The facts of LEAs with the successions between them: before, after, kind, day.
fn world(
    leas: &[LeaFacts],
    successions: &[(&str, &str, SuccessionKind, &str)],
) -> BTreeMap<CdsCode, LeaFacts> {
    let mut all: BTreeMap<CdsCode, LeaFacts> =
        leas.iter().map(|lea| (lea.cds, lea.clone())).collect();
    for (at, (before, after, kind, day)) in (2..).zip(successions) {
        let row = SuccessionRow {
            row: at,
            predecessor: cds(before),
            successor: cds(after),
            kind: *kind,
            effective: Day::parse(day).unwrap(),
            source: "made up".to_owned(),
        };
        for code in [row.predecessor, row.successor] {
            if let Some(lea) = all.get_mut(&code) {
                let cited = Cited { value: row.clone(), release: ReleaseNumber(9), row: at };
                lea.successions.push(cited);
            }
        }
    }
    all
}

fn through(
    leas: &BTreeMap<CdsCode, LeaFacts>,
    code: &str,
    reading: Reading,
) -> LookedThrough<'static> {
    look_through(books(), leas, cds(code), reading).unwrap()
}

fn level_3(determination: &Determination<'_>) -> (Outcome, Option<u8>) {
    let test = determination.conclusions.sustained.iter().find(|t| t.id == "ec-52072-b").unwrap();
    (test.outcome, determination.conclusions.eligible_level.known().copied())
}

/// The years that were joined, and whose they are.
fn joined(looked: &LookedThrough<'_>) -> Vec<(u16, String)> {
    looked.joined.iter().map(|j| (j.year.year.number(), j.cds.to_string())).collect()
}

// Through successions.

#[test]
fn a_renumbered_lea_is_decided_again_with_the_years_under_its_code_before() {
    let leas = world(
        &[with_codes(OLD), begun_in_2023(NEW)],
        &[(OLD, NEW, SuccessionKind::Renumbered, "2022-07-01")],
    );
    let by_code = decide(books(), &leas[&cds(NEW)], Basis::Files);
    assert_eq!(level_3(&by_code[&year(2023)]), (Outcome::NotMet, Some(2)));
    let looked = through(&leas, NEW, Reading::Any);
    assert_eq!(level_3(&looked.determinations[&year(2023)]), (Outcome::Met, Some(3)));
    assert!(!looked.joins_several());
    assert_eq!(joined(&looked), [2017, 2018, 2019, 2022].map(|of| (of, OLD.to_owned())).to_vec());
    assert!(look_through(books(), &leas, cds(OLD), Reading::Any).is_none(), "it follows nobody");
}

#[test]
fn a_year_belongs_to_the_lea_before_when_its_school_year_ended_before_the_succession() {
    // Two of four years are not enough, and three are.
    for (day, expected) in [("2022-07-01", Outcome::Met), ("2022-06-30", Outcome::NotMet)] {
        let leas = world(
            &[with_codes_in(OLD, &[2019, 2022]), begun_in_2023(NEW)],
            &[(OLD, NEW, SuccessionKind::Renumbered, day)],
        );
        let looked = through(&leas, NEW, Reading::Any);
        let has_2022 = joined(&looked).iter().any(|(of, _)| *of == 2022);
        assert_eq!(has_2022, expected.is_met(), "{day}");
        assert_eq!(level_3(&looked.determinations[&year(2023)]).0, expected, "{day}");
    }
}

#[test]
fn a_year_in_which_files_have_the_new_code_already_is_its_own() {
    let mut new = begun_in_2023(NEW);
    let own = without_codes(NEW).years.remove(&year(2022)).unwrap();
    new.years.insert(year(2022), own);
    let leas =
        world(&[with_codes(OLD), new], &[(OLD, NEW, SuccessionKind::Renumbered, "2022-07-01")]);
    let looked = through(&leas, NEW, Reading::Any);
    assert!(joined(&looked).iter().all(|(of, _)| *of < 2022), "{:?}", joined(&looked));
    assert_eq!(level_3(&looked.determinations[&year(2023)]).0, Outcome::Met, "2018, 2019, 2023");
}

#[test]
fn of_leas_that_merged_any_one_or_each_of_them_counts_by_the_reading() {
    let leas = world(
        &[with_codes(OLD), without_codes(OTHER), begun_in_2023(NEW)],
        &[
            (OLD, NEW, SuccessionKind::Merged, "2022-07-01"),
            (OTHER, NEW, SuccessionKind::Merged, "2022-07-01"),
        ],
    );
    let [any, each] = Reading::ALL.map(|reading| through(&leas, NEW, reading));
    assert!(any.joins_several() && each.joins_several());
    assert_eq!(joined(&any), joined(&each));
    assert!(joined(&any).contains(&(2022, OTHER.to_owned())));
    assert_eq!(level_3(&any.determinations[&year(2023)]).0, Outcome::Met);
    assert_eq!(level_3(&each.determinations[&year(2023)]).0, Outcome::NotMet);

    let both = world(
        &[with_codes(OLD), with_codes(OTHER), begun_in_2023(NEW)],
        &[
            (OLD, NEW, SuccessionKind::Merged, "2022-07-01"),
            (OTHER, NEW, SuccessionKind::Merged, "2022-07-01"),
        ],
    );
    let each = through(&both, NEW, Reading::Each);
    assert_eq!(level_3(&each.determinations[&year(2023)]).0, Outcome::Met);
}

#[test]
fn an_lea_that_takes_in_another_stands_beside_it_for_the_years_before() {
    let mut new = without_codes(NEW);
    new.years.extend(begun_in_2023(NEW).years.into_iter().filter(|(of, _)| of.number() == 2023));
    let leas = world(&[with_codes(OLD), new], &[(OLD, NEW, SuccessionKind::Merged, "2022-07-01")]);
    let [any, each] = Reading::ALL.map(|reading| through(&leas, NEW, reading));
    assert!(joined(&any).contains(&(2022, NEW.to_owned())));
    assert!(joined(&any).contains(&(2022, OLD.to_owned())));
    assert_eq!(level_3(&any.determinations[&year(2023)]).0, Outcome::Met);
    assert_eq!(level_3(&each.determinations[&year(2023)]).0, Outcome::NotMet);
}

#[test]
fn priorities_of_two_leas_never_add_up() {
    let in_one = |code: &str, number: u8| {
        lea(code, LeaType::District, |case| {
            let of = edition(2022);
            let case = case.loaded(of).all_best(of);
            case.in_priority(of, StudentGroup::El, priority(number))
        })
    };
    let leas = world(
        &[in_one(OLD, 5), in_one(OTHER, 6), begun_in_2023(NEW)],
        &[
            (OLD, NEW, SuccessionKind::Merged, "2022-07-01"),
            (OTHER, NEW, SuccessionKind::Merged, "2022-07-01"),
        ],
    );
    let looked = through(&leas, NEW, Reading::Any);
    let history = &looked.determinations[&year(2023)].history;
    let before = history.iter().find(|h| h.year == year(2022)).unwrap();
    let group = before.group(StudentGroup::El).unwrap();
    assert_eq!(group.in_at_least(1), Outcome::Met);
    assert_eq!(group.in_at_least(2), Outcome::NotMet);
    assert_eq!(before.eligible, Outcome::NotMet);
}

#[test]
fn both_parts_of_a_split_take_the_whole_history() {
    let leas = world(
        &[with_codes(OLD), begun_in_2023(NEW), begun_in_2023(OTHER)],
        &[
            (OLD, NEW, SuccessionKind::Split, "2022-07-01"),
            (OLD, OTHER, SuccessionKind::Split, "2022-07-01"),
        ],
    );
    for code in [NEW, OTHER] {
        let looked = through(&leas, code, Reading::Each);
        assert!(!looked.joins_several(), "{code}");
        assert_eq!(level_3(&looked.determinations[&year(2023)]).0, Outcome::Met, "{code}");
    }
}

#[test]
fn a_chain_of_successions_is_looked_through_whole_and_a_circle_ends() {
    let chain = world(
        &[
            with_codes(OLD),
            lea(OTHER, LeaType::District, |c| c.named(edition(2022))),
            begun_in_2023(NEW),
        ],
        &[
            (OLD, OTHER, SuccessionKind::Renumbered, "2019-07-01"),
            (OTHER, NEW, SuccessionKind::Renumbered, "2022-07-01"),
        ],
    );
    let looked = through(&chain, NEW, Reading::Any);
    let whose: BTreeMap<u16, String> = joined(&looked).into_iter().collect();
    assert_eq!((whose[&2018].as_str(), whose[&2019].as_str()), (OLD, OLD));
    assert_eq!(whose[&2022].as_str(), OTHER);

    let circle = world(
        &[with_codes(OLD), begun_in_2023(NEW)],
        &[
            (OLD, NEW, SuccessionKind::Renumbered, "2019-07-01"),
            (NEW, OLD, SuccessionKind::Renumbered, "2022-07-01"),
        ],
    );
    let looked = through(&circle, NEW, Reading::Any);
    assert_eq!(joined(&looked), [2017, 2018, 2019].map(|of| (of, OLD.to_owned())).to_vec());
}

#[test]
fn a_charter_with_a_new_authorizer_is_decided_with_the_year_under_its_code_before() {
    let (old, new) = ("05999999999999", "06999999999999");
    let red = |case: Case, of: u16| case.with_groups(edition(of), &[StudentGroup::Swd], 2);
    let leas = world(
        &[
            lea(old, LeaType::Charter, |case| red(case, 2022)),
            lea(new, LeaType::Charter, |case| red(case.loaded(edition(2022)), 2023)),
        ],
        &[(old, new, SuccessionKind::Renumbered, "2022-07-01")],
    );
    let mut leas = leas;
    leas.get_mut(&cds(new)).unwrap().years.get_mut(&year(2022)).unwrap().named = false;
    let by_code = decide(books(), &leas[&cds(new)], Basis::Files);
    let differentiated = |d: &Determination<'_>| d.conclusions.label.differentiated;
    assert_eq!(differentiated(&by_code[&year(2023)]), Outcome::NotMet);
    let looked = through(&leas, new, Reading::Any);
    assert_eq!(differentiated(&looked.determinations[&year(2023)]), Outcome::Met);
}

#[test]
fn the_answers_by_code_are_what_they_were_whatever_succession_is_loaded() {
    let alone = begun_in_2023(NEW);
    let leas = world(
        &[with_codes(OLD), begun_in_2023(NEW)],
        &[(OLD, NEW, SuccessionKind::Renumbered, "2022-07-01")],
    );
    let before = decide(books(), &alone, Basis::Files);
    let after = decide(books(), &leas[&cds(NEW)], Basis::Files);
    assert_eq!(before[&year(2023)].conclusions, after[&year(2023)].conclusions);
    let seen = |decided: &Determination<'_>| -> Vec<_> {
        let years = decided.history.iter();
        years
            .map(|h| (h.year, h.origin, h.eligible, h.first_year, [1, 2].map(|n| h.in_at_least(n))))
            .collect()
    };
    assert_eq!(seen(&before[&year(2023)]), seen(&after[&year(2023)]));
}

// The command.

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

fn year_of(view: &Value, of: u16) -> &Value {
    view["years"].as_array().unwrap().iter().find(|y| y["dashboardYear"] == of).unwrap()
}

/// Two LEAs merged into a third one of another county, which is decided for 2023 by files.
/// The lists before have a row of that county, and so speak of it.
fn merged() -> Program {
    let program = program();
    let mut all = Vec::new();
    let coded: &[(&str, &str)] =
        &[("AApriorities", "D"), ("ELpriorities", "D"), ("SWDpriorities", "D")];
    for of in [2018, 2019, 2022] {
        let rows = [
            (OLD, "Differentiated Assistance", coded),
            (OTHER, "General Assistance", &[]),
            ("06777770000000", "General Assistance", &[]),
        ];
        let name = format!("assistancestatus{}.csv", of % 100);
        all.push(program.write(&name, list_text("LCFF Eligibility File", of, &rows)));
    }
    let rated: Vec<_> = ["ELA", "MATH", "SUSP"]
        .into_iter()
        .flat_map(|i| ["AA", "EL", "SWD"].map(|group| (i, (NEW, group, 1))))
        .collect();
    all.extend(program.write_year(2023, &[NEW], &rated, &[]));
    let table = format!(
        "predecessor_cds,successor_cds,kind,effective_date,source\n\
         {OLD},{NEW},merged,2022-07-01,a letter that is made up\n\
         {OTHER},{NEW},merged,2022-07-01,a letter that is made up\n"
    );
    all.push(program.write("successions.csv", table));
    program.import(all);
    program.succeed(["determine"]);
    program
}

#[test]
fn a_history_has_the_stored_answers_and_beside_them_both_readings_of_a_merger() {
    let program = merged();
    let view = program.json(["history", NEW]);
    let answer = program.json(["list", "--year", "2023"])[0].clone();
    let own = year_of(&view, 2023);
    for field in ["label", "eligibleLevel", "methods", "groups", "sustainedNeed", "history"] {
        assert_eq!(own[field], answer[field], "{field}");
    }
    assert_eq!(own["eligibleLevel"], 2);
    let identity = &view["identity"];
    assert_eq!(identity["codes"][0]["cds"], NEW);
    assert_eq!(identity["names"][0]["name"], "District 0699999");
    assert_eq!(identity["names"][0]["dashboardYear"], 2023);
    assert_eq!(identity["successions"].as_array().unwrap().len(), 2);
    assert_eq!(identity["successions"][0]["source"], "a letter that is made up");
    let through = view["throughSuccessions"].as_array().unwrap();
    assert_eq!(through.len(), 2);
    for (view, (reading, level)) in through.iter().zip([("any", 3), ("each", 2)]) {
        assert_eq!(view["reading"], reading);
        assert!(view["note"].as_str().unwrap().starts_with("This is not what the state does"));
        assert_eq!(view["joined"].as_array().unwrap().len(), 8, "two LEAs, four years");
        let again = year_of(view, 2023);
        assert_eq!(again["eligibleLevel"], level, "{reading}");
        let changes = again["changes"].as_array().unwrap();
        let level_changed =
            changes.iter().any(|c| c["what"] == "level" && c["before"] == "2" && c["after"] == "3");
        assert_eq!(level_changed, level == 3, "{changes:?}");
        let looked_back = changes.iter().find(|c| c["what"] == "lookedBackOn.2022").unwrap();
        let after = looked_back["after"].as_str().unwrap();
        assert!(after.contains(&format!("AA EL SWD (published, {OLD})")), "{after}");
        assert!(after.contains(&format!("no group (published, {OTHER})")), "{after}");
    }
    let before = program.json(["history", OLD]);
    assert_eq!(before["throughSuccessions"], Value::Array(Vec::new()));
    assert_eq!(before["identity"]["successions"][0]["successor"], NEW);
    assert_eq!(year_of(&before, 2022)["published"]["codes"]["SWD"], "D");
}

#[test]
fn a_history_is_a_text_for_people_and_rows_and_lines_for_programs() {
    let program = merged();
    let text = program.succeed(["history", NEW]);
    for part in [
        "District 0699999 (06999990000000)",
        "merged on 2022-07-01: 05999990000000 to 06999990000000 (a letter that is made up;",
        "2023 (06999990000000): 2017 not loaded, 2018 not on the list",
        " 2020  no determinations: ",
        "Beside it, through successions, any of the LEAs joined: 06999990000000",
        "This is not what the state does",
        "2022 of 05999990000000: published, AA EL SWD; a method met",
        "level: 3 instead of 2",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let rows = table(&program.succeed(["history", NEW, "--format", "csv"]));
    let histories: Vec<&str> = rows.iter().map(|row| row["history"].as_str()).collect();
    assert_eq!(
        histories,
        [
            "by code",
            "through successions, any of the LEAs joined",
            "through successions, each of the LEAs joined"
        ]
    );
    assert_eq!((rows[0]["level"].as_str(), rows[1]["level"].as_str()), ("2", "3"));
    let lines = program.succeed(["history", NEW, "--format", "ndjson"]);
    let parts: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["part"].clone())
        .collect();
    assert_eq!(parts, ["identity", "year", "throughSuccessions", "throughSuccessions"]);
}

#[test]
fn a_history_of_nobody_and_one_before_the_first_run_are_not_found() {
    let program = program();
    let ran = program.run(["history", NEW]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("calsos determine"), "{}", ran.err);
    let program = merged();
    let ran = program.run(["history", "01999990000000"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("is named in the imported files"), "{}", ran.err);
}

#[test]
fn the_renumbering_of_lowell_joint_stands_beside_the_history_that_restarts() {
    let Some(data) = real_data("the history of Lowell Joint") else { return };
    let program = program();
    program.import(files(&data.join("published"), &[".xls", ".xlsx"]));
    program.succeed(["determine"]);
    let code_in = |of: &str| {
        let rows = table(&program.succeed(["list", "--year", of, "--format", "csv"]));
        rows.into_iter().find(|row| row["name"] == "Lowell Joint").unwrap()["CDS"].clone()
    };
    let (old, new) = (code_in("2019"), code_in("2022"));
    let (old, new) = (old.as_str(), new.as_str());
    assert_ne!(old, new);
    program.import([program.write(
        "successions.csv",
        format!(
            "predecessor_cds,successor_cds,kind,effective_date,source\n\
             {old},{new},renumbered,2021-07-01,the lists of 2019 and 2022\n"
        ),
    )]);
    program.succeed(["determine"]);
    let view = program.json(["history", new]);
    let codes: Vec<&Value> =
        view["identity"]["codes"].as_array().unwrap().iter().map(|c| &c["cds"]).collect();
    assert_eq!(codes, [old, new]);
    let counties: Vec<(u64, &str)> = view["identity"]["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["dashboardYear"].as_u64().unwrap(), n["countyName"].as_str().unwrap()))
        .collect();
    let la_then_orange = [2017, 2018, 2019]
        .map(|of| (of, "Los Angeles"))
        .into_iter()
        .chain([2022, 2023, 2024].map(|of| (of, "Orange")));
    assert_eq!(counties, la_then_orange.collect::<Vec<_>>());
    // The state's own words, year by year and code by code.
    let published = |of: u16| {
        let year = year_of(&view, of);
        (
            year["cds"].clone(),
            year["published"]["label"].clone(),
            year["published"]["codes"].to_string(),
        )
    };
    assert_eq!(published(2018).0, old);
    assert_eq!(published(2018).2, r#"{"SWD":"D"}"#);
    assert_eq!(published(2022).0, new);
    assert_eq!(published(2022).2, r#"{"AA":"C","SWD":"B"}"#);
    assert_eq!(published(2024).1, "Differentiated Assistance, Year 1");
    let said = &year_of(&view, 2024)["publishedAnswers"];
    assert_eq!(
        (&said["M1"], &said["ec-52072"], &said["code.LTEL"]),
        (&"Y".into(), &"N".into(), &"C".into())
    );
    let row = &table(&program.succeed(["history", new, "--format", "csv"]))[5];
    assert_eq!((row["year"].as_str(), row["published methods and flags"].as_str()), ("2024", "M1"));
    // By its code it begins anew in 2022; through the succession it does not.
    let origins: Vec<&str> = year_of(&view, 2022)["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["origin"].as_str().unwrap())
        .collect();
    assert_eq!(origins, ["notOnList"; 3]);
    let through = view["throughSuccessions"].as_array().unwrap();
    assert_eq!(through.len(), 1);
    assert_eq!((&through[0]["cds"], through[0].get("reading")), (&Value::from(new), None));
    let joined = through[0]["joined"].as_array().unwrap();
    let joined: Vec<(u64, &str, String)> = joined
        .iter()
        .map(|j| {
            assert_eq!(j["origin"], "published");
            let of = j["dashboardYear"].as_u64().unwrap();
            (of, j["cds"].as_str().unwrap(), j["groups"].to_string())
        })
        .collect();
    let expected =
        [(2017, "[]"), (2018, r#"["SWD"]"#), (2019, "[]")].map(|(of, g)| (of, old, g.to_owned()));
    assert_eq!(joined, expected);
    let again = year_of(&through[0], 2022)["changes"].as_array().unwrap();
    let change = again.iter().find(|c| c["what"] == "lookedBackOn.2018").unwrap();
    assert_eq!(change["before"], "no group (not on the list)");
    assert_eq!(change["after"], format!("SWD (published, {old})"));
    // The former code leads to the same LEA.
    let by_old = program.json(["history", old]);
    assert_eq!(by_old["identity"], view["identity"]);
    assert_eq!(by_old["years"], view["years"]);
}
