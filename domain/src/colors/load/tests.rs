//! What is refused, and where.

use super::*;
use crate::colors::sample::EDITION;

/// Loads the sample with one text replaced (the first of its kind) and gives the faults as
/// they are printed.
fn faults_with(old: &str, new: &str) -> Vec<String> {
    assert!(EDITION.contains(old), "the sample has no {old:?}");
    let text = EDITION.replacen(old, new, 1);
    let faults = load("2099.colors.toml", &text).map(|_| ()).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

fn line_of(text: &str) -> usize {
    1 + EDITION.split(text).next().unwrap().matches('\n').count()
}

/// The sample with one text replaced has exactly this fault, in the line of that text.
fn refused(old: &str, new: &str, message: &str) {
    let expected = format!("2099.colors.toml:{}: {message}", line_of(old));
    assert_eq!(faults_with(old, new), [expected]);
}

#[test]
fn the_sample_is_accepted_and_keeps_what_is_uncertain() {
    let tables = load("2099.colors.toml", EDITION).unwrap();
    let table = tables.table(Indicator::Grad, Variant::AlternativeSchool).unwrap();
    assert_eq!(table.uncertain(), Some("Everything."));
    assert_eq!(table.source(), "made-up");
    assert_eq!(tables.tables().count(), 13);
}

#[test]
fn every_source_is_listed_with_its_line() {
    let tables = load("2099.colors.toml", EDITION).unwrap();
    let sources = tables.sources();
    assert_eq!(sources.len(), EDITION.matches("source =").count());
    let small = sources.iter().find(|source| source.id == "made-up#small").unwrap();
    assert_eq!(small.line, line_of("source = \"made-up#small\""));
}

#[test]
fn a_year_outside_this_century_is_refused() {
    refused("year = 2099", "year = 1999", "1999 is no Dashboard year; 2000 to 2099 are");
}

#[test]
fn an_unknown_key_is_refused_in_its_line() {
    let faults = faults_with("below = 150", "beneath = 150");
    let place = format!("2099.colors.toml:{}:", line_of("below = 150"));
    assert!(faults.len() == 1 && faults[0].starts_with(&place), "{faults:?}");
    assert!(faults[0].contains("unknown field `beneath`"), "{faults:?}");
}

#[test]
fn a_fraction_is_refused_where_tenths_are_meant() {
    let faults = faults_with("[25, 50, 100, 200]", "[2.5, 5.0, 10.0, 20.0]");
    let place = format!("2099.colors.toml:{}:", line_of("[25, 50, 100, 200]"));
    assert!(faults.len() == 1 && faults[0].starts_with(&place), "{faults:?}");
}

#[test]
fn an_unknown_indicator_or_variant_is_refused() {
    let known = "ELA, MATH, SCIENCE, ELPI, GRAD, CHRO, SUSP, CCI are known";
    refused(
        "indicator = \"CCI\"",
        "indicator = \"cci\"",
        &format!("unknown indicator 'cci'; {known}"),
    );
    refused("variant = \"DASS\"", "variant = \"HS\"", "GRAD has no variant 'HS'");
}

#[test]
fn a_table_given_twice_is_refused_and_the_first_is_named() {
    let first = line_of("[[table]]\nindicator = \"GRAD\"\nvariant = \"ALL\"");
    let text = EDITION.replace("variant = \"DASS\"", "variant = \"ALL\"");
    let faults = load("f", &text).map(|_| ()).unwrap_err();
    assert_eq!(faults.len(), 1);
    let message = format!("the table of GRAD ALL stands in line {first} already");
    assert_eq!(faults[0].message, message);
}

#[test]
fn cuts_that_do_not_run_one_way_are_refused() {
    refused(
        "status = [650, 550, 450, 350]",
        "status = [650, 550, 550, 350]",
        "the status cuts [650, 550, 550, 350] of ELPI do not fall from level 5 to 2",
    );
    refused(
        "change = [-30, -5, 4, 30]",
        "change = [30, 4, -5, -30]",
        "the change cuts [30, 4, -5, -30] of CHRO do not rise from level 5 to 2",
    );
}

#[test]
fn cuts_other_than_four_are_refused() {
    refused(
        "status = [650, 550, 450, 350]",
        "status = [650, 550, 450]",
        "3 status cuts of ELPI; 4 are expected, of levels 5, 4, 3 and 2",
    );
}

#[test]
fn a_grid_needs_five_rows_of_five_known_letters() {
    refused("[\"YGBBB\", \"OYGGB\", ", "[\"OYGGB\", ", "the grid has 4 rows; 5 are expected");
    refused("YGBBB", "YGBB", "grid row 'YGBB' has 4 cells, not 5");
    refused("-BBBB", "xBBBB", "grid row 'xBBBB' has a letter other than R, O, Y, G, B and -");
}

#[test]
fn change_cuts_and_grid_go_together() {
    let change = "change = [100, 30, -29, -100]\n";
    let grid = "grid = [\"-BBBB\", \"OYGGB\", \"OOYGG\", \"ROOYY\", \"RRRRR\"]\nuncertain";
    refused(
        &format!("{change}{grid}"),
        &format!("{change}uncertain"),
        "the table of GRAD DASS has change cuts without a grid",
    );
    refused(
        &format!("{change}{grid}"),
        grid,
        "the table of GRAD DASS has a grid without change cuts",
    );
}

#[test]
fn a_missing_or_blank_source_is_refused() {
    let old = "[[table]]\nindicator = \"CCI\"";
    let text = EDITION.replace(
        "status = [700, 550, 350, 100]\nsource = \"made-up\"",
        "status = [700, 550, 350, 100]",
    );
    let faults = load("f", &text).map(|_| ()).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].line, line_of(old));
    assert_eq!(faults[0].message, "the table of CCI ALL has no source; every number needs one");
    refused(
        "source = \"made-up#small\"",
        "source = \" \"",
        "the source of [small_denominator] is blank; an id is expected",
    );
}

#[test]
fn a_suspension_type_without_a_table_is_missed() {
    let table = "[[table]]\nindicator = \"SUSP\"\nvariant = \"UD\"\nstatus = [10, 25, 45, 80]\nsource = \"made-up\"\n";
    let text = EDITION.replace(table, "");
    let faults = load("f", &text).map(|_| ()).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].message, "SUSP has no table for UD");
}

#[test]
fn a_rule_for_an_indicator_without_a_table_is_refused() {
    refused("indicators = [\"ELPI\"]", "indicators = [\"MATH\"]", "MATH has no table in this year");
    refused(
        "change_level_before_collapse = [\"GRAD\"]",
        "change_level_before_collapse = [\"CCI\"]",
        "CCI is not among the indicators of [small_denominator]",
    );
}

#[test]
fn a_group_is_known_and_named_once() {
    refused("[\"FOS\", \"HOM\"]", "[\"FOS\", \"SBA\"]", "unknown student group 'SBA'");
    refused("[\"FOS\", \"HOM\"]", "[\"FOS\", \"FOS\"]", "FOS is named twice");
    refused("[\"FOS\", \"HOM\"]", "[\"FOS\", \"TOM\"]", "'TOM' is written MR here");
}

#[test]
fn a_size_for_colours_is_not_below_the_one_for_levels() {
    refused("color = 15", "color = 10", "10 students for a colour is less than 11 for a level");
    refused(
        "[size]\ncolor = 30\n",
        "[size]\n",
        "[size] has no 'color', though a table gives colours",
    );
}

#[test]
fn an_override_assigns_what_its_kind_can_assign() {
    refused(
        "kind = \"data-error\"",
        "kind = \"mistake\"",
        "unknown override 'mistake'; not-certified, data-error, participation-cap are known",
    );
    refused("\"Orange\"", "\"Purple\"", "unknown colour 'Purple'");
    refused("box = 180", "box = 185", "185 is no box; 10, 20 … 250 are");
    refused("status_level = 2", "status_level = 6", "6 is no level; 1 to 5 are");
    refused(
        "[[override]]\nkind = \"data-error\"",
        "[[override]]\nbox = 180\nkind = \"data-error\"",
        "data-error assigns no result, and nothing else may stand here",
    );
    refused(
        "[[override]]\nkind = \"data-error\"\nindicators = [\"CHRO\"]",
        "[[override]]\nkind = \"not-certified\"\nindicators = [\"CHRO\"]\nstatus_level = 2",
        "not-certified is given twice for one indicator",
    );
    let faults = faults_with("box = 180\n", "");
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].ends_with(
            "not-certified assigns 'color' and 'box', or 'status_level', and nothing else may stand here"
        ),
        "{faults:?}"
    );
}

#[test]
fn every_fault_is_reported_in_the_order_of_lines() {
    let text = EDITION
        .replacen("[650, 550, 450, 350]", "[650, 550, 450]", 1)
        .replacen("\"Orange\"", "\"Purple\"", 1)
        .replacen("variant = \"DASS\"", "variant = \"XX\"", 1);
    let faults = load("f", &text).map(|_| ()).unwrap_err();
    let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines.len(), 3, "{faults:?}");
    assert!(lines.is_sorted());
}

#[test]
fn every_year_that_is_shipped_loads_and_is_named_as_its_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rulebooks");
    let mut years = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(year) = name.strip_suffix(".colors.toml") else {
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let tables = load(&name, &text).unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!(tables.year().to_string(), year);
        years += 1;
    }
    assert!(years > 0);
}
