//! Storing files: once each, whole, and found again.

use calsos_domain::indicator::Indicator;
use calsos_domain::release::{
    LeaMention, PublishedRow, PublishedStatus, ReleaseKind, Rows, SuccessionKind,
};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::Day;
use calsos_persistence::{AddRelease, NewRelease, ReleaseNumber, StoreError};

use crate::support::{
    Backend, Database, add, cds, mention, naming, on_both, small_file, succession, successions,
    year,
};

fn the_same_file_again_changes_nothing(on: Backend) {
    let database = Database::new(on);
    let first = database.add(&small_file(), "the same bytes");
    let before = database.counts();
    // Even when it is read differently by then: the bytes are the file.
    let read_later = naming(ReleaseKind::Indicator(Indicator::Susp), year(2091), Vec::new());
    assert_eq!(
        add(&database.store, &read_later, "the same bytes"),
        AddRelease::AlreadyStored(first)
    );
    assert_eq!(database.counts(), before);
}

fn releases_are_numbered_in_the_order_of_import(on: Backend) {
    let database = Database::new(on);
    let first = database.add(&small_file(), "one");
    let second = database.add(&small_file(), "two");
    assert_eq!((first.number, second.number), (ReleaseNumber(1), ReleaseNumber(2)));
    assert!(first.imported_at <= second.imported_at);
    assert_eq!((first.imported_at.len(), &first.imported_at[26..]), (27, "Z"));
    assert!(first.id < second.id);
    assert_eq!(database.store.releases().unwrap(), [first, second]);
}

fn a_file_is_found_by_its_hash(on: Backend) {
    let database = Database::new(on);
    let record = database.add(&small_file(), "abc");
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(record.sha256, hash);
    assert_eq!(database.store.release_of_file(&hash.to_uppercase()).unwrap(), Some(record));
    assert_eq!(database.store.release_of_file("00").unwrap(), None);
}

fn a_release_that_is_not_stored_is_named(on: Backend) {
    let database = Database::new(on);
    for number in [0, 1, u32::MAX] {
        let error = database.store.release_contents(ReleaseNumber(number)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("release {number} is not stored; `releases` lists those that are")
        );
        assert!(database.store.release_bytes(ReleaseNumber(number)).is_err());
    }
}

fn rows_of_another_kind_are_refused(on: Backend) {
    let database = Database::new(on);
    let before = database.counts();
    let mut contents = small_file();
    contents.rows = Rows::Calpads(Vec::new());
    let new = NewRelease {
        contents: &contents,
        file_name: "suspdownload.txt",
        bytes: b"",
        kept_bytes: None,
        imported_by: "tester",
        report: "{}",
        public_at: None,
        beside: None,
        audit: None,
    };
    assert_eq!(
        database.store.add_release(&new).unwrap_err().to_string(),
        "storing 'suspdownload.txt' was refused: it is said to be suspension rate (SUSP), but \
         its rows are not. Nothing of it was stored"
    );
    assert_eq!(database.counts(), before);
}

fn a_file_that_fails_in_the_middle_leaves_nothing(on: Backend) {
    let database = Database::new(on);
    let before = database.counts();
    let mut row = succession(cds(1, 1, 0), cds(1, 2, 0), SuccessionKind::Merged, "2090-07-01");
    row.effective = Day::new(10_000, 1, 1).unwrap();
    let contents = successions(vec![row]);
    let new = NewRelease {
        contents: &contents,
        file_name: "successions.csv",
        bytes: b"far away",
        kept_bytes: None,
        imported_by: "tester",
        report: "{}",
        public_at: None,
        beside: None,
        audit: None,
    };
    let error = database.store.add_release(&new).unwrap_err();
    assert!(error.to_string().contains("year of more than four digits"), "{error}");
    assert_eq!(database.counts(), before);
}

fn a_damaged_value_is_named_by_table_row_and_column(on: Backend) {
    let database = Database::new(on);
    let record = database.add(&small_file(), "to be damaged");
    let number = record.number;
    for (damage, message) in [
        (
            "UPDATE lea_mention SET cds = 'X' WHERE place = 1",
            "table lea_mention, release 1, place 1: cds 'X' cannot be read.",
        ),
        (
            "DELETE FROM lea_mention WHERE place = 1",
            "table lea_mention, release 1: 0 rows and 1 LEAs are found, where 0 and 2 were stored.",
        ),
        ("UPDATE release SET year = 1", "table release, release 1: year '1' cannot be read."),
    ] {
        database.execute(damage);
        let error = database.store.release_contents(number).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

fn a_damaged_file_is_not_handed_out(on: Backend) {
    let database = Database::new(on);
    let number = database.add(&small_file(), "the file").number;
    let other = database.add(&small_file(), "another file").number;
    for damage in [
        "UPDATE release_file SET bytes = (SELECT bytes FROM release_file WHERE release = 2)",
        "UPDATE release_file SET bytes = x'00ff'",
        "UPDATE release_file SET compression = 'zstd'",
    ] {
        let damage = match on {
            Backend::Sqlite => damage.to_owned(),
            Backend::Postgresql(_) => damage.replace("x'", "'\\x"),
        };
        database.execute(&format!("{damage} WHERE release = 1"));
        let error = database.store.release_bytes(number).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { table: "release_file", .. }), "{error:?}");
    }
    assert_eq!(database.store.release_bytes(other).unwrap(), b"another file");
    database.execute("DELETE FROM release_file WHERE release = 2");
    let message = database.store.release_bytes(other).unwrap_err().to_string();
    assert!(message.starts_with("table release_file, release 2: the row is missing."), "{message}");
}

fn an_lea_named_twice_in_one_file_is_kept_twice(on: Backend) {
    let database = Database::new(on);
    let mut contents = small_file();
    contents.leas = vec![mention(cds(9, 1, 0), "First"), mention(cds(9, 1, 0), "Second")];
    let number = database.add(&contents, "twice").number;
    assert_eq!(database.store.release_contents(number).unwrap(), contents);
    assert_eq!(database.store.leas().unwrap().len(), 1);
}

/// Both databases keep every character but NUL, which PostgreSQL cannot hold.
fn a_text_with_a_nul_is_refused_before_anything_is_written(on: Backend) {
    let database = Database::new(on);
    let before = database.counts();
    let with_nul = || "a\0b".to_owned();
    let (sound, code) = (small_file(), cds(1, 1, 0));
    let named = |change: &dyn Fn(&mut LeaMention)| {
        let mut contents = small_file();
        contents.leas.iter_mut().for_each(change);
        contents
    };
    let mut row = succession(code, code, SuccessionKind::Merged, "2090-07-01");
    row.source = with_nul();
    let mut listed = naming(ReleaseKind::PublishedList, year(2090), Vec::new());
    listed.rows = Rows::Published(vec![PublishedRow {
        row: 2,
        cds: code,
        codes: [(StudentGroup::Swd, '\0')].into(),
        listed_groups: [].into(),
        group_count: None,
        status: PublishedStatus::General,
        earlier_statuses: [].into(),
        methods: [].into(),
        ec52072: None,
        ec52071f: None,
    }]);
    let cases = [
        (sound.clone(), ["a\0b", "tester", "{}"], "the file's name"),
        (sound.clone(), ["a", "a\0b", "{}"], "the name of who imports it"),
        (sound, ["a", "tester", "a\0b"], "the report"),
        (named(&|m| m.name = with_nul()), ["a", "tester", "{}"], "the name of 07000110000000"),
        (named(&|m| m.county_name = with_nul()), ["a", "tester", "{}"], "the county's name"),
        (named(&|m| m.city = Some(with_nul())), ["a", "tester", "{}"], "the city of"),
        (named(&|m| m.grade_span = Some(with_nul())), ["a", "tester", "{}"], "the grade span of"),
        (successions(vec![row]), ["a", "tester", "{}"], "the source in row 2"),
        (listed, ["a", "tester", "{}"], "the code of SWD in row 2"),
    ];
    for (contents, [file_name, imported_by, report], what) in cases {
        let new = NewRelease {
            contents: &contents,
            file_name,
            bytes: b"",
            kept_bytes: None,
            imported_by,
            report,
            public_at: None,
            beside: None,
            audit: None,
        };
        let error = database.store.add_release(&new).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(what), "{message}");
        assert!(message.contains("has a NUL character"), "{message}");
        assert!(!message.contains('\0'), "{message:?}");
        assert_eq!(database.counts(), before);
    }
}

fn what_is_kept_in_a_files_place_is_read_back_and_the_file_is_known_by_its_own_bytes(on: Backend) {
    let database = Database::new(on);
    let contents = small_file();
    let add = |bytes: &[u8], kept_bytes| {
        let (file_name, imported_by, report) = ("directory.txt", "tester", "{}");
        let new = NewRelease {
            contents: &contents,
            file_name,
            bytes,
            kept_bytes,
            imported_by,
            report,
            public_at: None,
            beside: None,
            audit: None,
        };
        database.store.add_release(&new).unwrap()
    };
    let kept: &[u8] = b"without people";
    let AddRelease::Added(record) = add(b"with people", Some(kept)) else {
        panic!("nothing was stored before");
    };
    assert_eq!(record.byte_length, b"with people".len() as u64);
    assert_eq!(database.store.release_bytes(record.number).unwrap(), kept);
    let before = database.counts();
    assert_eq!(add(b"with people", Some(kept)), AddRelease::AlreadyStored(record.clone()));
    assert_eq!(add(b"with people", None), AddRelease::AlreadyStored(record.clone()));
    assert_eq!(database.counts(), before);
    // The file as it was kept is another file, and would be stored as one.
    assert!(matches!(add(kept, None), AddRelease::Added(_)));
    database.execute("UPDATE release_kept SET sha256 = 'X' WHERE release = 1");
    let error = database.store.release_bytes(record.number).unwrap_err().to_string();
    assert!(error.contains("table release_file, release 1: the file's SHA-256 is"), "{error}");
}

on_both![
    a_text_with_a_nul_is_refused_before_anything_is_written,
    the_same_file_again_changes_nothing,
    releases_are_numbered_in_the_order_of_import,
    a_file_is_found_by_its_hash,
    a_release_that_is_not_stored_is_named,
    rows_of_another_kind_are_refused,
    a_file_that_fails_in_the_middle_leaves_nothing,
    a_damaged_value_is_named_by_table_row_and_column,
    a_damaged_file_is_not_handed_out,
    an_lea_named_twice_in_one_file_is_kept_twice,
    what_is_kept_in_a_files_place_is_read_back_and_the_file_is_known_by_its_own_bytes,
];
