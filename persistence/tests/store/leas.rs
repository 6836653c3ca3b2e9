//! LEAs: one id, dated codes, names by year.

use calsos_domain::cds::CdsCode;
use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::priority::Priority;
use calsos_domain::release::{ReleaseKind, Rows, SuccessionKind};
use calsos_persistence::{LeaCode, LeaId, LeaRecord};

use crate::support::{
    Backend, Database, cds, day, mention, naming, on_both, succession, successions, year,
};

const LIST: ReleaseKind = ReleaseKind::PublishedList;
const INDICATOR: ReleaseKind = ReleaseKind::Indicator(Indicator::Ela);

fn local() -> ReleaseKind {
    ReleaseKind::LocalIndicator(Priority::new(1).unwrap())
}

/// Imports one file for each kind, year and name, and returns the LEA's names by year.
fn names(on: Backend, files: &[(ReleaseKind, u16, &str)], years: &[u16]) -> Vec<String> {
    let database = Database::new(on);
    for (place, (kind, number, name)) in files.iter().enumerate() {
        let contents = naming(*kind, year(*number), vec![mention(cds(3, 1, 0), name)]);
        database.add(&contents, &place.to_string());
    }
    let leas = database.store.leas().unwrap();
    assert_eq!(leas.len(), 1);
    years.iter().map(|number| leas[0].name_in(year(*number)).to_owned()).collect()
}

fn the_published_list_names_before_an_indicator_file_and_that_before_a_local_one(on: Backend) {
    let files = [(LIST, 2090, "list"), (INDICATOR, 2090, "indicator"), (local(), 2090, "local")];
    assert_eq!(names(on, &files, &[2090]), ["list"]);
    assert_eq!(names(on, &files[1..], &[2090]), ["indicator"]);
    assert_eq!(names(on, &files[2..], &[2090]), ["local"]);
}

fn a_later_import_names_before_an_earlier_one(on: Backend) {
    let files = [(INDICATOR, 2090, "old"), (INDICATOR, 2090, "new"), (INDICATOR, 2090, "old")];
    assert_eq!(names(on, &files[..2], &[2090]), ["new"]);
    assert_eq!(names(on, &files, &[2090]), ["old"]);
}

fn a_year_without_a_name_takes_the_nearest_earlier_one_and_else_the_nearest_later(on: Backend) {
    let files = [
        (LIST, 2096, "of 2096"),
        (local(), 2092, "of 2092"),
        (LIST, 2090, "of 2090"),
        (LIST, 2093, ""),
    ];
    assert_eq!(
        names(on, &files, &[2089, 2090, 2091, 2093, 2095, 2099]),
        ["of 2090", "of 2090", "of 2090", "of 2092", "of 2092", "of 2096"]
    );
    assert_eq!(names(on, &[(LIST, 2090, " ")], &[2090]), [""]);
}

fn each_field_comes_from_the_best_file_that_has_it(on: Backend) {
    let database = Database::new(on);
    let code = cds(3, 1, 4);
    let mut listed = mention(code, "Made-up Charter");
    listed.city = Some(String::new());
    let mut local_one = mention(code, "Made-Up Charter School");
    local_one.county_name = "Nowhere".to_owned();
    local_one.city = Some("Elsewhere".to_owned());
    local_one.grade_span = Some("K-8".to_owned());
    database.add(&naming(LIST, year(2090), vec![listed]), "list");
    database.add(&naming(local(), year(2090), vec![local_one]), "local");
    let lea = &database.store.leas().unwrap()[0];
    assert_eq!(lea.name_in(year(2090)), "Made-up Charter");
    assert_eq!(lea.county_name_in(year(2090)), "Nowhere");
    assert_eq!(lea.city_in(year(2090)), Some("Elsewhere"));
    assert_eq!(lea.grade_span_in(year(2090)), Some("K-8"));
    assert_eq!(lea.lea_type_in(year(2090)), Some(LeaType::Charter));
    assert_eq!(lea.authorizer_in(year(2090)), Some(cds(3, 1, 0)));
}

fn an_id_stays_with_its_lea(on: Backend) {
    let database = Database::new(on);
    let one = naming(LIST, year(2090), vec![mention(cds(3, 1, 0), "One")]);
    database.add(&one, "first");
    let id = database.store.leas().unwrap()[0].id();
    let two =
        naming(LIST, year(2091), vec![mention(cds(3, 1, 0), "Uno"), mention(cds(3, 2, 0), "Two")]);
    database.add(&two, "second");
    let leas = database.store.leas().unwrap();
    assert_eq!(leas.len(), 2);
    assert_eq!((leas[0].id(), leas[0].name_in(year(2091))), (id, "Uno"));
    assert!(leas[1].id() != id);
    assert_eq!(leas[1].codes(), [LeaCode { cds: cds(3, 2, 0), from: None, until: None }]);
    assert_eq!(leas[1].authorizer_in(year(2091)), None);
}

fn the_state_itself_is_no_lea(on: Backend) {
    let database = Database::new(on);
    database.add(&naming(LIST, year(2090), vec![mention(CdsCode::STATE, "California")]), "state");
    assert_eq!(database.store.leas().unwrap(), []);
}

fn what_many_files_say_alike_is_kept_once(on: Backend) {
    let database = Database::new(on);
    for place in 0..4 {
        let kind = if place == 2 { LIST } else { INDICATOR };
        let contents = naming(kind, year(2090), vec![mention(cds(3, 1, 0), "Same")]);
        database.add(&contents, &place.to_string());
    }
    let leas = database.store.leas().unwrap();
    let [naming] = leas[0].namings() else { panic!("{leas:?}") };
    assert_eq!((naming.kind, naming.release.0), (LIST, 3));
}

fn a_renumbered_lea_keeps_its_id_and_has_both_codes(on: Backend) {
    let database = Database::new(on);
    let (old, new) = (cds(5, 9, 0), cds(5, 1, 0));
    database.add(&naming(LIST, year(2090), vec![mention(old, "Before")]), "2090");
    database.add(&naming(LIST, year(2092), vec![mention(new, "After")]), "2092");
    let apart = database.store.leas().unwrap();
    let (new_id, old_id) = (apart[0].id(), apart[1].id());
    let row = succession(old, new, SuccessionKind::Renumbered, "2091-07-01");
    database.add(&successions(vec![row]), "successions");

    let leas = database.store.leas().unwrap();
    let [lea] = leas.as_slice() else { panic!("{leas:?}") };
    assert_eq!((lea.id(), lea.other_ids(), lea.cds()), (old_id, [new_id].as_slice(), new));
    let changed = Some(day("2091-07-01"));
    assert_eq!(
        lea.codes(),
        [
            LeaCode { cds: old, from: None, until: changed },
            LeaCode { cds: new, from: changed, until: None },
        ]
    );
    let names = [2090, 2091, 2092].map(|number| lea.name_in(year(number)));
    assert_eq!(names, ["Before", "Before", "After"]);
}

fn a_newer_file_of_successions_supersedes_the_older(on: Backend) {
    let database = Database::new(on);
    let (a, b) = (cds(5, 1, 0), cds(5, 2, 0));
    let renumbered = succession(a, b, SuccessionKind::Renumbered, "2091-07-01");
    database.add(&successions(vec![renumbered]), "wrong");
    assert_eq!(database.store.leas().unwrap().len(), 1);
    let merged = succession(a, b, SuccessionKind::Merged, "2091-07-01");
    let release = database.add(&successions(vec![merged.clone()]), "right").number;
    assert_eq!(database.store.leas().unwrap().len(), 2);
    let stored = database.store.successions().unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].release, &stored[0].row), (release, &merged));
}

fn successions_in_a_circle_join_nothing_and_do_not_hang(on: Backend) {
    let database = Database::new(on);
    let codes = [1, 2, 3].map(|district| cds(5, district, 0));
    let rows = (0..3)
        .map(|i| succession(codes[i], codes[(i + 1) % 3], SuccessionKind::Renumbered, "2091-07"))
        .collect();
    database.add(&successions(rows), "circle");
    assert_eq!(database.store.leas().unwrap().len(), 3);
    assert_eq!(database.store.leas().unwrap()[0].name_in(year(2091)), "");
}

fn a_chain_of_renumberings_is_one_lea_in_order(on: Backend) {
    let database = Database::new(on);
    let codes = [cds(5, 3, 0), cds(5, 1, 0), cds(5, 2, 0)];
    let rows = vec![
        succession(codes[1], codes[2], SuccessionKind::Renumbered, "2095-07"),
        succession(codes[0], codes[1], SuccessionKind::Renumbered, "2091-07"),
        succession(codes[2], codes[2], SuccessionKind::Renamed, "2096-07"),
    ];
    database.add(&successions(rows), "chain");
    let leas = database.store.leas().unwrap();
    let [lea] = leas.as_slice() else { panic!("{leas:?}") };
    assert_eq!(lea.codes().iter().map(|code| code.cds).collect::<Vec<_>>(), codes);
}

/// Two files and one of successions, and the LEAs by which of the three are allowed.
fn what_releases_say_that_are_left_out_is_not_known(on: Backend) {
    let database = Database::new(on);
    let (old, new, other) = (cds(5, 1, 0), cds(5, 2, 0), cds(5, 3, 0));
    let before = naming(LIST, year(2090), vec![mention(old, "Before")]);
    let after = naming(
        LIST,
        year(2090),
        vec![mention(old, "Renamed"), mention(new, "After"), mention(other, "Other")],
    );
    database.add(&before, "before");
    database.add(&after, "after");
    let row = succession(old, new, SuccessionKind::Renumbered, "2090-07-01");
    database.add(&successions(vec![row]), "successions");
    let store = &database.store;
    let by = |allowed: &[u32]| {
        let leas = store.leas_by(|release| allowed.contains(&release.0)).unwrap();
        let shown = leas
            .iter()
            .map(|lea| (lea.cds(), lea.codes().len(), lea.name_in(year(2090)).to_owned()));
        shown.collect::<Vec<_>>()
    };
    let named = |cds, codes, name: &str| (cds, codes, name.to_owned());
    assert_eq!(by(&[]), []);
    assert_eq!(by(&[1]), [named(old, 1, "Before")]);
    assert_eq!(
        by(&[1, 2]),
        [named(old, 1, "Renamed"), named(new, 1, "After"), named(other, 1, "Other")]
    );
    // The successions speak of the new code, which no file names then.
    assert_eq!(by(&[1, 3]), [named(new, 2, "Before")]);
    assert_eq!(by(&[3]), [named(new, 2, "")]);
    // Several sets are read at once as each by itself.
    let sets: [&[u32]; 4] = [&[1], &[1, 2], &[], &[1, 2, 3]];
    let [a, b, c, d] = sets
        .map(|set| move |release: calsos_domain::facts::ReleaseNumber| set.contains(&release.0));
    let each = store.leas_by_each([&a, &b, &c, &d]).unwrap();
    for (set, leas) in sets.into_iter().zip(each) {
        assert_eq!(leas, store.leas_by(|release| set.contains(&release.0)).unwrap(), "{set:?}");
    }
    assert_eq!(store.leas_by(|_| true).unwrap(), store.leas().unwrap());
    // Ids are those that the codes have with all releases.
    let ids_of = |leas: Vec<LeaRecord>| -> Vec<(CdsCode, LeaId)> {
        let of_one = |lea: &LeaRecord| {
            let ids: Vec<_> =
                std::iter::once(lea.id()).chain(lea.other_ids().iter().copied()).collect();
            lea.codes().iter().map(|code| code.cds).zip(ids).collect::<Vec<_>>()
        };
        leas.iter().flat_map(of_one).collect()
    };
    let with_all = ids_of(store.leas().unwrap());
    assert_eq!(ids_of(store.leas_by(|release| release.0 != 3).unwrap()), with_all);
}

fn the_newest_file_of_successions_that_is_allowed_is_in_force(on: Backend) {
    let database = Database::new(on);
    let (a, b, c) = (cds(5, 1, 0), cds(5, 2, 0), cds(5, 3, 0));
    let renumbered = succession(a, b, SuccessionKind::Renumbered, "2091-07-01");
    let first = database.add(&successions(vec![renumbered.clone()]), "first").number;
    let merged = succession(a, c, SuccessionKind::Merged, "2092-07-01");
    database.add(&successions(vec![merged]), "second");
    let store = &database.store;
    let only_first = |release| release == first;
    assert_eq!(store.leas().unwrap().len(), 3);
    let leas = store.leas_by(only_first).unwrap();
    let [lea] = leas.as_slice() else { panic!("{leas:?}") };
    assert_eq!((lea.codes()[0].cds, lea.cds()), (a, b));
    let rows = store.successions_by(only_first).unwrap();
    assert_eq!((rows.len(), &rows[0].row, rows[0].release), (1, &renumbered, first));
    assert_eq!(store.successions_by(|_| false).unwrap(), []);
    assert_eq!(store.successions_by(|_| true).unwrap(), store.successions().unwrap());
    // A file that is superseded has still named its codes.
    assert_eq!(store.leas_by(|release| release != first).unwrap().len(), 2);
}

fn a_directory_that_is_left_out_calls_nothing_no_lea(on: Backend) {
    let database = Database::new(on);
    let code = cds(5, 1, 0);
    let named = database.add(&naming(LIST, year(2090), vec![mention(code, "One")]), "list").number;
    let entry = DirectoryRow {
        row: 2,
        cds: code,
        agency: Agency::NotLea,
        status: DirectoryStatus::Active,
        name: "One".to_owned(),
        county_name: String::new(),
        city: None,
        grade_span: None,
        opened: None,
        closed: None,
        charter_number: None,
        funding: None,
        doc: None,
        doc_name: None,
        nces_district: None,
        nces_school: None,
    };
    let mut directory = naming(ReleaseKind::Directory, year(2090), Vec::new());
    directory.rows = Rows::Directory(vec![entry]);
    database.add(&directory, "directory");
    let lea_type = |leas: Vec<LeaRecord>| leas[0].lea_type_in(year(2090));
    assert_eq!(lea_type(database.store.leas().unwrap()), None);
    let without = database.store.leas_by(|release| release == named).unwrap();
    assert_eq!(lea_type(without), Some(LeaType::District));
}

on_both![
    what_releases_say_that_are_left_out_is_not_known,
    the_newest_file_of_successions_that_is_allowed_is_in_force,
    a_directory_that_is_left_out_calls_nothing_no_lea,
    the_published_list_names_before_an_indicator_file_and_that_before_a_local_one,
    a_later_import_names_before_an_earlier_one,
    a_year_without_a_name_takes_the_nearest_earlier_one_and_else_the_nearest_later,
    each_field_comes_from_the_best_file_that_has_it,
    an_id_stays_with_its_lea,
    the_state_itself_is_no_lea,
    what_many_files_say_alike_is_kept_once,
    a_renumbered_lea_keeps_its_id_and_has_both_codes,
    a_newer_file_of_successions_supersedes_the_older,
    successions_in_a_circle_join_nothing_and_do_not_hang,
    a_chain_of_renumberings_is_one_lea_in_order,
];
