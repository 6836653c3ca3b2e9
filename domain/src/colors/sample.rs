//! A made-up year for the tests of this module.

use super::{ColorTables, load};

/// The tables of a year that will not come.
pub(super) const EDITION: &str = r#"year = 2099

[size]
color = 30
levels = 11
source = "made-up"

[size.district_level]
groups = ["FOS", "HOM"]
color = 15

[small_denominator]
below = 150
indicators = ["GRAD", "CHRO"]
change_level_before_collapse = ["GRAD"]
source = "made-up#small"

[[override]]
kind = "not-certified"
indicators = ["CHRO"]
color = "Orange"
box = 180
source = "made-up"

[[override]]
kind = "data-error"
indicators = ["CHRO"]
source = "made-up"

[[override]]
kind = "participation-cap"
indicators = ["ELPI"]
status_level = 2
source = "made-up"

[[table]]
indicator = "ELA"
variant = "ALL"
status = [450, 100, -50, -700]
change = [150, 30, -29, -150]
grid = ["GGBBB", "GGGGB", "YYYGG", "OOOYY", "RRROO"]
source = "made-up"

[[table]]
indicator = "ELA"
variant = "HS"
status = [750, 300, 0, -450]
change = [150, 30, -29, -150]
grid = ["GGBBB", "GGGGB", "YYYGG", "OOOYY", "RRROO"]
source = "made-up"

[[table]]
indicator = "ELPI"
variant = "ALL"
status = [650, 550, 450, 350]
change = [100, 20, -19, -100]
grid = ["YGBBB", "OYGGB", "OOYGG", "ROOYY", "RRROY"]
source = "made-up"

[[table]]
indicator = "GRAD"
variant = "ALL"
status = [950, 905, 800, 680]
change = [50, 10, -9, -50]
grid = ["-BBBB", "OYGGB", "OOYGG", "ROOYY", "RRRRR"]
source = "made-up"

[[table]]
indicator = "GRAD"
variant = "DASS"
status = [900, 800, 700, 670]
change = [100, 30, -29, -100]
grid = ["-BBBB", "OYGGB", "OOYGG", "ROOYY", "RRRRR"]
uncertain = "Everything."
source = "made-up"

[[table]]
indicator = "CHRO"
variant = "ALL"
status = [25, 50, 100, 200]
change = [-30, -5, 4, 30]
grid = ["YGBBB", "OYGGB", "OOYGG", "ROOYY", "RRROY"]
source = "made-up"

[[table]]
indicator = "SUSP"
variant = "ES"
status = [5, 10, 30, 60]
source = "made-up"

[[table]]
indicator = "SUSP"
variant = "MS"
status = [5, 20, 80, 120]
source = "made-up"

[[table]]
indicator = "SUSP"
variant = "HS"
status = [5, 15, 60, 100]
source = "made-up"

[[table]]
indicator = "SUSP"
variant = "ED"
status = [5, 15, 30, 60]
source = "made-up"

[[table]]
indicator = "SUSP"
variant = "HD"
status = [15, 35, 60, 90]
source = "made-up"

[[table]]
indicator = "SUSP"
variant = "UD"
status = [10, 25, 45, 80]
source = "made-up"

[[table]]
indicator = "CCI"
variant = "ALL"
status = [700, 550, 350, 100]
source = "made-up"
"#;

/// The tables of [`EDITION`].
pub(super) fn tables() -> ColorTables {
    load("2099.colors.toml", EDITION).unwrap()
}
