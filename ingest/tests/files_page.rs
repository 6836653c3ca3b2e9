//! The table of layouts in `docs/files.md` is made from the layouts themselves. With
//! `UPDATE_GOLDEN=1` in the environment it is written anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use calsos_ingest::Layouts;

const BEGIN: &str = "<!-- made by ingest/tests/files_page.rs -->\n";
const END: &str = "<!-- end -->\n";

#[test]
fn the_page_of_files_says_which_layouts_are_proved() {
    let layouts = Layouts::builtin();
    let mut years = BTreeSet::new();
    let mut cells: BTreeMap<&str, BTreeMap<u16, String>> = BTreeMap::new();
    for (indicator, year, verified, decides) in layouts.indicator_layouts() {
        years.insert(year.number());
        let proved = if verified { "proved" } else { "unverified" };
        let needs = match decides {
            [] => String::new(),
            fields => format!(" ({})", fields.join(", ")),
        };
        let row = cells.entry(indicator.code()).or_default();
        row.insert(year.number(), format!("{proved}{needs}"));
    }
    assert!(cells.len() >= 7 && years.len() >= 7, "{cells:?}");
    let mut table = String::from("| |");
    years.iter().for_each(|year| table += &format!(" {year} |"));
    table += "\n|---|";
    years.iter().for_each(|_| table += "---|");
    table += "\n";
    for (indicator, row) in &cells {
        table += &format!("| {indicator} |");
        for year in &years {
            table += &format!(" {} |", row.get(year).map_or("–", String::as_str));
        }
        table += "\n";
    }
    table +=
        "\nIn brackets: the columns that decide, beside the code, the record type and the group.\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/files.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let made = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(page, made, "docs/files.md is out of date: run this test with UPDATE_GOLDEN=1");
}
