//! Names. Counties are California's own; everything else is made up.

/// A county: its name, and how many of a thousand districts and charters lie in it.
pub(crate) struct County {
    pub(crate) name: &'static str,
    pub(crate) districts: u32,
    pub(crate) charters: u32,
}

const fn county(name: &'static str, districts: u32, charters: u32) -> County {
    County { name, districts, charters }
}

/// The counties by number, 01 first, with about the weight that they have.
pub(crate) const COUNTIES: [County; 58] = [
    county("Alameda", 18, 80),
    county("Alpine", 1, 0),
    county("Amador", 1, 1),
    county("Butte", 14, 20),
    county("Calaveras", 4, 1),
    county("Colusa", 4, 2),
    county("Contra Costa", 18, 30),
    county("Del Norte", 1, 4),
    county("El Dorado", 15, 12),
    county("Fresno", 32, 38),
    county("Glenn", 8, 4),
    county("Humboldt", 31, 16),
    county("Imperial", 16, 6),
    county("Inyo", 7, 8),
    county("Kern", 46, 22),
    county("Kings", 13, 8),
    county("Lake", 6, 4),
    county("Lassen", 10, 4),
    county("Los Angeles", 80, 380),
    county("Madera", 9, 12),
    county("Marin", 17, 5),
    county("Mariposa", 1, 1),
    county("Mendocino", 12, 12),
    county("Merced", 20, 8),
    county("Modoc", 3, 1),
    county("Mono", 2, 2),
    county("Monterey", 24, 14),
    county("Napa", 5, 4),
    county("Nevada", 9, 14),
    county("Orange", 27, 34),
    county("Placer", 16, 20),
    county("Plumas", 1, 2),
    county("Riverside", 23, 30),
    county("Sacramento", 13, 56),
    county("San Benito", 11, 1),
    county("San Bernardino", 33, 50),
    county("San Diego", 42, 125),
    county("San Francisco", 1, 18),
    county("San Joaquin", 14, 40),
    county("San Luis Obispo", 10, 5),
    county("San Mateo", 23, 16),
    county("Santa Barbara", 20, 12),
    county("Santa Clara", 31, 62),
    county("Santa Cruz", 10, 10),
    county("Shasta", 25, 16),
    county("Sierra", 1, 0),
    county("Siskiyou", 25, 4),
    county("Solano", 6, 10),
    county("Sonoma", 40, 40),
    county("Stanislaus", 25, 20),
    county("Sutter", 12, 16),
    county("Tehama", 13, 6),
    county("Trinity", 9, 1),
    county("Tulare", 43, 18),
    county("Tuolumne", 11, 4),
    county("Ventura", 19, 16),
    county("Yolo", 5, 6),
    county("Yuba", 5, 6),
];

const BEGINNINGS: [&str; 40] = [
    "Amber", "Brindle", "Calder", "Dapple", "Ember", "Fennel", "Gorse", "Hollin", "Indigo",
    "Juniper", "Kestrel", "Larkin", "Mallow", "Nettle", "Osier", "Peña", "Quillon", "Russet",
    "Saffron", "Tansy", "Umber", "Vesper", "Wicker", "Xavel", "Yarrow", "Zephyr", "Alder",
    "Bracken", "Cinder", "Drummel", "Elder", "Flint", "Garnet", "Heron", "Isol", "Jasper",
    "Kindle", "Linden", "Marl", "Niño",
];

const ENDINGS: [&str; 30] = [
    "wick", "mere", "thorpe", "holm", "stead", "garth", "combe", "fell", "hythe", "moor", "wold",
    "shaw", "beck", "croft", "leigh", "ness", "rigg", "toft", "weir", "hurst", "lund", "marsh",
    "reach", "scar", "tarn", "vane", "wath", "yard", "brae", "dene",
];

const BEFORE: [&str; 17] = [
    "", "North ", "South ", "East ", "West ", "Upper ", "Lower ", "New ", "Old ", "Great ",
    "Little ", "Far ", "Near ", "High ", "Mid ", "Outer ", "Inner ",
];

/// A place's name, another one for every number below 20,400; after that they repeat.
pub(crate) fn place(number: u64) -> String {
    let (beginnings, endings) = (BEGINNINGS.len() as u64, ENDINGS.len() as u64);
    let of = |list: &[&'static str], at: u64| list.get(at as usize).copied().unwrap_or_default();
    // Neighbours in number shall not be neighbours in name.
    let beginning = of(&BEGINNINGS, number % beginnings);
    let ending = of(&ENDINGS, (number / beginnings + number) % endings);
    let before = of(&BEFORE, number / (beginnings * endings) % BEFORE.len() as u64);
    format!("{before}{beginning}{ending}")
}

pub(crate) const GIVEN_NAMES: [&str; 16] = [
    "Adaline",
    "Bastien",
    "Corisande",
    "Dov",
    "Eulalie",
    "Ferran",
    "Ginevra",
    "Hakon",
    "Isaura",
    "Jorund",
    "Katell",
    "Leocadia",
    "Merrin",
    "Nevio",
    "Ottoline",
    "Peregrine",
];

pub(crate) const FAMILY_NAMES: [&str; 16] = [
    "Quillfeather",
    "Rowntreeson",
    "Saltmarshe",
    "Thistlewood",
    "Umbersley",
    "Vexworth",
    "Wintergarth",
    "Yellowlees",
    "Zellweir",
    "Applegarth",
    "Brackenbury",
    "Coldstreamer",
    "Drystane",
    "Everdene",
    "Fallowfield",
    "Gossamer",
];

/// What a charter's name ends in.
pub(crate) const CHARTER_ENDINGS: [&str; 8] = [
    "Charter",
    "Academy Charter",
    "Charter Academy",
    "Preparatory Charter",
    "Arts Charter",
    "Science Charter",
    "Community Charter",
    "Collegiate Charter",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_a_name_each() {
        let names: std::collections::BTreeSet<String> = (0..20_400).map(place).collect();
        assert_eq!(names.len(), 20_400);
    }
}
