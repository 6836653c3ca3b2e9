//! Loading the editions: the built-in ones load, and every kind of fault is refused with
//! its file and line.

#![expect(clippy::unwrap_used, reason = "what a test's helpers unwrap is part of the test")]

use calsos_domain::rulebook::{RulebookFile, Rulebooks};
use calsos_domain::year::DashboardYear;

/// The built-in files with one replacement in one of them.
fn changed(name: &str, from: &str, to: &str) -> Vec<RulebookFile> {
    let mut files = Rulebooks::built_in_files();
    let file = files.iter_mut().find(|f| f.name == name).unwrap();
    assert!(file.text.contains(from), "{name} has no {from:?}");
    file.text = file.text.replacen(from, to, 1);
    files
}

/// The faults that the replacement causes, with the line of the replaced text.
fn faults(name: &str, from: &str, to: &str) -> (Vec<String>, usize) {
    let files = changed(name, from, to);
    let text = Rulebooks::built_in_files().into_iter().find(|f| f.name == name).unwrap().text;
    let line = 1 + text[..text.find(from).unwrap()].matches('\n').count();
    let error = Rulebooks::load(&files).unwrap_err();
    (error.0.iter().map(ToString::to_string).collect(), line)
}

#[track_caller]
fn refused(name: &str, from: &str, to: &str, expected: &str) {
    let (faults, _) = faults(name, from, to);
    assert!(faults.iter().any(|f| f.contains(expected)), "{expected:?} not in {faults:#?}");
    assert!(faults.iter().all(|f| f.starts_with(&format!("{name}:"))), "{faults:#?}");
}

#[test]
fn the_built_in_editions_load_and_each_has_a_hash_of_its_own() {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).unwrap();
    let mut hashes: Vec<&str> = books.editions().map(|e| e.hash.as_str()).collect();
    assert_eq!(hashes.len(), 7);
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 7);
    assert!(hashes.iter().all(|h| h.len() == 64));
    assert_eq!(books.years().count(), 9);
}

#[test]
fn every_rule_cites_a_source_that_is_known() {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).unwrap();
    for edition in books.editions() {
        for criterion in &edition.criteria {
            assert!(books.source(criterion.source.source_id()).is_some());
            assert!(criterion.source.place().is_some(), "{}", criterion.id);
        }
    }
}

#[test]
fn the_hash_changes_with_one_character() {
    let hash = |files: &[RulebookFile]| {
        let year = DashboardYear::new(2024).unwrap();
        Rulebooks::load(files).unwrap().edition(year).unwrap().hash.clone()
    };
    let before = hash(&Rulebooks::built_in_files());
    assert_ne!(before, hash(&changed("2024.toml", "# The 2024", "# the 2024")));
    assert_eq!(before, hash(&changed("2023.toml", "# The 2023", "# the 2023")));
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let (faults, line) = faults("2024.toml", "minimum = 30", "minimum = 30\nmaximum = 40");
    let expected = format!("2024.toml:{}: unknown field `maximum`", line + 1);
    assert!(faults[0].starts_with(&expected), "{faults:#?}");
}

#[test]
fn a_duplicate_key_is_refused_with_its_line() {
    let (faults, line) = faults("2024.toml", "minimum = 30", "minimum = 30\nminimum = 31");
    assert!(faults[0].starts_with(&format!("2024.toml:{}:", line + 1)), "{faults:#?}");
    assert!(faults[0].contains("duplicate key"), "{faults:#?}");
}

#[test]
fn a_duplicate_rule_is_refused() {
    refused("2024.toml", "id = \"p6-suspension\"", "id = \"p5-graduation\"", "a second time");
}

#[test]
fn a_missing_source_is_refused() {
    let from =
        "id = \"M1\"\nrule = \"group-in-priorities\"\ncount = 2\nsource = \"cde-criteria-2024\"";
    let to = "id = \"M1\"\nrule = \"group-in-priorities\"\ncount = 2";
    refused("2024.toml", from, to, "missing field `source`");
}

#[test]
fn an_unknown_source_is_refused() {
    refused("2024.toml", "ec-52072#b-1", "ec-52099#b-1", "'ec-52099' is not in sources.toml");
}

#[test]
fn an_indicator_that_the_year_did_not_publish_is_refused() {
    let from = "{ indicator = \"GRAD\", color = \"red\" }";
    let to = "{ indicator = \"CHRO\", color = \"red\" }";
    refused("2017.toml", from, to, "a condition on CHRO, but the year did not publish it");
}

#[test]
fn an_indicator_without_a_rating_is_refused() {
    let from = "{ indicator = \"GRAD\", color = \"red\" }";
    let to = "{ indicator = \"ELPI\", color = \"red\" }";
    refused("2018.toml", from, to, "published it without a rating");
}

#[test]
fn a_colour_where_only_status_was_published_is_refused() {
    let from = "{ indicator = \"CCI\", status = \"very low\" }";
    let to = "{ indicator = \"CCI\", color = \"red\" }";
    refused("2023.toml", from, to, "a condition on CCI, but the year published only its status");
}

#[test]
fn overlapping_criteria_are_refused() {
    let from = "    { all = [{ indicator = \"ELA\", color = \"red\" }, { indicator = \"MATH\", color = \"orange\" }] },";
    let to = "    { indicator = \"ELA\", color = \"red\" },";
    refused("2024.toml", from, to, "'p4-ela-math' overlaps 'p4-ela-math'");
}

#[test]
fn two_criteria_of_one_priority_on_one_indicator_overlap() {
    let from = "any = [{ indicator = \"CHRO\", color = \"red\" }]";
    let to = "any = [{ indicator = \"GRAD\", color = \"red\" }]";
    refused("2024.toml", from, to, "'p5-chronic-absence' overlaps 'p5-graduation'");
}

#[test]
fn an_unreachable_alternative_is_refused() {
    let from =
        "{ indicator = \"ELA\", color = \"red\" }, { indicator = \"MATH\", color = \"red\" }";
    let to =
        "{ indicator = \"ELA\", color = \"red\" }, { indicator = \"ELA\", color = \"orange\" }";
    refused("2024.toml", from, to, "unreachable: two conditions on ELA");
}

#[test]
fn an_indicator_that_a_group_does_not_have_is_unreachable() {
    let from = "groups = { only = [\"EL\", \"LTEL\"] }";
    let to = "groups = { only = [\"EL\", \"SWD\"] }";
    refused("2024.toml", from, to, "unreachable: ELPI is not published for the group SWD");
}

#[test]
fn a_criterion_for_no_group_is_unreachable() {
    refused("2025.toml", "{ only = [\"EL\"] }", "{ only = [] }", "no group is left");
}

#[test]
fn a_window_out_of_order_is_refused() {
    let from = "window = [2019, 2022, 2023, 2024]";
    refused("2024.toml", from, "window = [2022, 2019, 2023, 2024]", "out of order");
    refused(
        "2024.toml",
        from,
        "window = [2018, 2019, 2022, 2023]",
        "must end with the edition's own",
    );
}

#[test]
fn a_window_year_without_determinations_is_refused() {
    let from = "window = [2019, 2022, 2023, 2024]";
    refused("2024.toml", from, "window = [2021, 2022, 2023, 2024]", "without determinations");
    refused("2024.toml", from, "window = [2016, 2022, 2023, 2024]", "2016 has no edition");
}

#[test]
fn a_window_cannot_ask_for_more_years_than_it_has() {
    let from = "window = [2019, 2022, 2023, 2024]\nyears = 3";
    let to = "window = [2019, 2022, 2023, 2024]\nyears = 5";
    refused("2024.toml", from, to, "the number of years must be 1 to 4");
}

/// The editions with some for later years, of which the last has a test over all of them.
fn with_later_years(later: &[u16]) -> Vec<RulebookFile> {
    let mut files = Rulebooks::built_in_files();
    let newest = |name: &str| files.iter().find(|f| f.name == name).unwrap().text.clone();
    let (rules, colors) = (newest("2025.toml"), newest("2025.colors.toml"));
    let every: Vec<u16> =
        [2017, 2018, 2019, 2022, 2023, 2024, 2025].iter().chain(later).copied().collect();
    for year in later {
        let window = if Some(year) == later.last() {
            format!("window = {every:?}")
        } else {
            format!("window = [{year}]")
        };
        let lines = rules.lines().map(|line| match line.split(" = ").next() {
            Some("year") => format!("year = {year}\n"),
            Some("window") => format!("{window}\n"),
            Some("years") => "years = 1\n".to_owned(),
            _ => format!("{line}\n"),
        });
        files.push(RulebookFile { name: format!("{year}.toml"), text: lines.collect() });
        let name = format!("{year}.colors.toml");
        files.push(RulebookFile {
            name,
            text: colors.replace("year = 2025", &format!("year = {year}")),
        });
    }
    files
}

#[test]
fn a_window_of_eight_years_is_possible_and_one_of_nine_is_refused() {
    let books = Rulebooks::load(&with_later_years(&[2026]));
    assert!(books.is_ok(), "{}", books.unwrap_err());
    let error = Rulebooks::load(&with_later_years(&[2026, 2027])).unwrap_err().to_string();
    let expected = "the window has 9 years: at most 8 are possible";
    assert!(error.contains(expected), "{error}");
}

/// The 2024 edition with criteria on so many more state priorities.
fn with_priorities(more: &[u8]) -> Vec<RulebookFile> {
    let criterion = |priority: &u8| {
        format!(
            "[[criterion]]\nid = \"more-{priority}\"\npriority = {priority}\n\
             any = [{{ indicator = \"SUSP\", color = \"red\" }}]\n\
             source = \"cde-criteria-2024#priority-6\"\n\n"
        )
    };
    let criteria: String = more.iter().map(criterion).collect();
    changed("2024.toml", "[[criterion]]", &format!("{criteria}[[criterion]]"))
}

#[test]
fn seven_state_priorities_are_possible_and_eight_are_refused() {
    let books = Rulebooks::load(&with_priorities(&[1, 2, 3]));
    assert!(books.is_ok(), "{}", books.unwrap_err());
    let error = Rulebooks::load(&with_priorities(&[1, 2, 3, 7])).unwrap_err().to_string();
    let expected = "criteria belong to 8 state priorities: at most 7 are possible";
    assert!(error.contains(expected), "{error}");
}

/// The 2024 edition with so many more tests over several years for charter schools.
fn with_tests(count: usize) -> Vec<RulebookFile> {
    let test = |number: usize| {
        format!(
            "[[sustained]]\nid = \"test-{number}\"\nlea = [\"charter\"]\nwindow = [2023, 2024]\n\
             years = 2\ngroups = 1\npriorities = 2\neffect = \"data-test\"\n\
             source = \"ec-47607.3#b\"\n\n"
        )
    };
    let tests: String = (0..count).map(test).collect();
    changed("2024.toml", "[[sustained]]", &format!("{tests}[[sustained]]"))
}

#[test]
fn four_tests_for_one_kind_of_lea_are_possible_and_five_are_refused() {
    assert!(Rulebooks::load(&with_tests(4)).is_ok());
    let error = Rulebooks::load(&with_tests(5)).unwrap_err().to_string();
    let expected = "at most 4 tests over several years for a charter school are possible";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_second_local_indicator_of_a_priority_is_refused_and_one_for_other_leas_is_not() {
    let rule = |lea: &str| {
        format!(
            "[[local]]\nid = \"again\"\npriority = 9\nlea = [\"{lea}\"]\n\
             rating = \"Not Met\"\nsource = \"cde-criteria-2024#priority-9\"\n\n# Ways to"
        )
    };
    assert!(Rulebooks::load(&changed("2024.toml", "# Ways to", &rule("district"))).is_ok());
    refused(
        "2024.toml",
        "# Ways to",
        &rule("countyOffice"),
        "'local-9-expelled-pupils' is on the local indicator of priority 9 already",
    );
}

#[test]
fn an_unknown_open_point_is_refused() {
    refused("2024.toml", "open = [\"having-a-group\"]", "open = [\"having\"]", "no [[open]] point");
}

#[test]
fn a_second_file_of_a_year_is_refused() {
    let mut files = Rulebooks::built_in_files();
    let mut again = files.iter().find(|f| f.name == "2024.toml").unwrap().clone();
    again.name = "2024-again.toml".to_owned();
    files.push(again);
    let error = Rulebooks::load(&files).unwrap_err();
    assert!(error.to_string().contains("2024-again.toml:3: the year 2024 has a file already"));
}

#[test]
fn every_fault_of_a_file_is_reported_at_once() {
    let mut files = changed("2024.toml", "ec-52072#b-1", "ec-1#b");
    let file = files.iter_mut().find(|f| f.name == "2024.toml").unwrap();
    file.text = file.text.replacen(
        "id = \"p6-suspension\"\npriority = 6",
        "id = \"p6-suspension\"\npriority = 11",
        1,
    );
    let error = Rulebooks::load(&files).unwrap_err();
    assert!(error.to_string().contains("11 is no state priority"), "{error}");
}

#[test]
fn an_edition_without_colour_tables_is_refused() {
    let mut files = Rulebooks::built_in_files();
    files.retain(|f| f.name != "2024.colors.toml");
    let error = Rulebooks::load(&files).unwrap_err();
    assert!(error.to_string().contains("2024.toml:3: an edition needs its colour tables"));
}

#[test]
fn the_colour_tables_are_part_of_the_hash() {
    let hash = |files: &[RulebookFile]| {
        let year = DashboardYear::new(2024).unwrap();
        Rulebooks::load(files).unwrap().edition(year).unwrap().hash.clone()
    };
    let mut files = Rulebooks::built_in_files();
    let before = hash(&files);
    files.iter_mut().find(|f| f.name == "2024.colors.toml").unwrap().text.push_str("# more\n");
    assert_ne!(before, hash(&files));
}

#[test]
fn a_source_of_a_colour_table_must_be_known() {
    let expected = "'cde-colours-2024' is not in sources.toml";
    refused("2024.colors.toml", "cde-colors-2024", "cde-colours-2024", expected);
}
