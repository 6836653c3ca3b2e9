//! Editions of the rules that are not built in.

use calsos_domain::rulebook::Rulebooks;

use crate::program::Program;

/// Writes the edition of 2025 as one of 2026 into the folder `editions`, with suspension
/// counting from red or from orange on.
///
/// # Panics
/// If the edition of 2025 is not as it is changed here.
#[expect(clippy::unwrap_used, reason = "a test cannot go on without the edition")]
pub fn write_edition_of_2026(program: &Program, from_orange: bool) {
    let files = Rulebooks::built_in_files();
    let text = |name: &str| files.iter().find(|file| file.name == name).unwrap().text.clone();
    let red = "any = [{ indicator = \"SUSP\", color = \"red\" }]";
    let mut edition = text("2025.toml");
    let moves = [
        ("year = 2025\n", "year = 2026\n"),
        ("public-date = \"2025-11-13\"", "public-date = \"2026-11-12\""),
        ("window = [2024, 2025]", "window = [2025, 2026]"),
        ("window = [2023, 2024, 2025]", "window = [2024, 2025, 2026]"),
        ("window = [2022, 2023, 2024, 2025]", "window = [2023, 2024, 2025, 2026]"),
        ("second-year-after = 2024", "second-year-after = 2025"),
        ("\"AssistanceStatus2025\"", "\"AssistanceStatus2025\", \"AssistanceStatus2026\""),
        ("\"EC52072_2025\", \"EC52071f_2025\"", "\"EC52072_2026\", \"EC52071f_2026\""),
    ];
    for (from, to) in moves {
        assert!(edition.contains(from), "{from}");
        edition = edition.replace(from, to);
    }
    assert!(edition.contains(red));
    if from_orange {
        let more = red.replace("}]", "}, { indicator = \"SUSP\", color = \"orange\" }]");
        edition = edition.replace(red, &more);
    }
    program.write("editions/2026.toml", edition);
    let colors = text("2025.colors.toml").replace("year = 2025\n", "year = 2026\n");
    program.write("editions/2026.colors.toml", colors);
}
