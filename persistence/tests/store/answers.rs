//! Runs: all or nothing, and their answers found again.

use std::convert::Infallible;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_persistence::{
    AnswerFilter, AnswerRecord, EditionRecord, NewAnswer, NewRun, ReleaseNumber, RunId, RunRecord,
    Store, StoreError, StoredTexts,
};

use crate::support::{Backend, Database, NO_FACTS, cds, on_both, ready, small_file, year};

fn answer(number: u16, cds: CdsCode, level: Option<u8>) -> AnswerRecord {
    AnswerRecord {
        year: year(number),
        cds,
        lea_type: if cds.is_district_level() { LeaType::District } else { LeaType::Charter },
        eligible_level: level,
        label: level.map(|level| format!("Level {level}")),
        provisional: level.is_none(),
        body: format!("{{\"cds\":\"{cds}\"}}"),
        summary: cds.is_district_level().then(|| format!("{{\"of\":\"{cds}\"}}")),
    }
}

fn edition(number: u16, text: &str) -> EditionRecord {
    EditionRecord { year: year(number), hash: format!("hash of {text}"), text: text.to_owned() }
}

fn run<'a>(releases: &'a [ReleaseNumber], editions: &'a [EditionRecord]) -> NewRun<'a> {
    NewRun {
        by: "tester",
        program_version: "0.0.1",
        releases,
        editions,
        facts: &NO_FACTS,
        audit: None,
    }
}

fn save(store: &Store, new: &NewRun<'_>, answers: Vec<AnswerRecord>) -> RunRecord {
    store.save_run(new, answers.into_iter().map(ready).map(Ok::<_, Infallible>)).unwrap()
}

fn wanted(store: &Store, run: &RunRecord, filter: AnswerFilter) -> Vec<(u16, CdsCode)> {
    let answers = store.answers(&run.id, &filter).unwrap();
    answers.iter().map(|answer| (answer.year.number(), answer.cds)).collect()
}

fn there_is_no_current_run_before_the_first(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    assert_eq!(store.current_run().unwrap(), None);
    assert_eq!(store.runs().unwrap(), []);
}

fn a_saved_run_is_current_and_read_back_whole(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let first = database.add(&small_file(), "one").number;
    let second = database.add(&small_file(), "two").number;
    let editions = [edition(2091, "rules of 2091"), edition(2090, "rules of 2090")];
    let mut answers: Vec<AnswerRecord> =
        (0..99).map(|n| answer(2091, cds(4, n, 0), Some(n))).collect();
    answers.push(answer(2090, cds(4, 3, 7), None));
    answers.push(answer(2091, cds(4, 3, 7), Some(u8::MAX)));

    let saved = save(store, &run(&[second, first, second], &editions), answers.clone());
    assert_eq!(saved.number, 1);
    assert_eq!(saved.releases, [first, second]);
    assert_eq!(saved.editions[0].year, year(2090));
    assert_eq!(saved.editions[1].hash, "hash of rules of 2091");
    assert_eq!(saved.answer_count, 101);
    assert_eq!((saved.by.as_str(), saved.program_version.as_str()), ("tester", "0.0.1"));
    assert_eq!(store.current_run().unwrap().as_ref(), Some(&saved));
    answers.sort_by_key(|answer| (answer.year, answer.cds));
    assert_eq!(store.answers(&saved.id, &AnswerFilter::default()).unwrap(), answers);
    assert_eq!(store.edition("hash of rules of 2090").unwrap().as_ref(), Some(&editions[1]));
    assert_eq!(store.edition("unknown").unwrap(), None);
}

fn a_filter_takes_the_answers_for_which_every_field_agrees(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let (district, charter, elsewhere) = (cds(4, 3, 0), cds(4, 3, 7), cds(5, 1, 0));
    let answers = [2090, 2091]
        .iter()
        .flat_map(|y| [district, charter, elsewhere].map(|cds| answer(*y, cds, Some(1))))
        .collect();
    let run = save(store, &run(&[], &[]), answers);
    let none = AnswerFilter::default();
    let of_year = AnswerFilter { year: Some(year(2091)), ..none };
    assert_eq!(wanted(store, &run, of_year).len(), 3);
    let of_lea = AnswerFilter { cds: Some(charter), ..none };
    assert_eq!(wanted(store, &run, of_lea), [(2090, charter), (2091, charter)]);
    let of_county = AnswerFilter { county: Some(district.county()), ..of_year };
    assert_eq!(wanted(store, &run, of_county), [(2091, district), (2091, charter)]);
    let of_type = AnswerFilter { lea_type: Some(LeaType::Charter), ..of_county };
    assert_eq!(wanted(store, &run, of_type), [(2091, charter)]);
}

fn an_error_in_the_middle_of_the_answers_leaves_the_old_run_current(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let old = save(store, &run(&[], &[]), vec![answer(2090, cds(4, 3, 0), Some(1))]);
    let before = database.counts();
    let answers = (0..90).map(|n| {
        if n < 80 {
            Ok(ready(answer(2091, cds(4, n, 0), Some(2))))
        } else {
            Err("no rule for this")
        }
    });
    let error = store.save_run(&run(&[], &[edition(2091, "new")]), answers).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answers of the run could not be made: no rule for this. The run before it stays \
         current"
    );
    assert_eq!(store.current_run().unwrap(), Some(old));
    assert_eq!(database.counts(), before);
}

fn a_run_that_contradicts_itself_is_refused_whole(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    save(store, &run(&[], &[edition(2090, "kept")]), Vec::new());
    let before = database.counts();
    let two = [edition(2090, "a"), edition(2090, "b")];
    let changed = [EditionRecord { text: "changed".to_owned(), ..edition(2090, "kept") }];
    let twice = vec![answer(2090, cds(4, 3, 0), Some(1)), answer(2090, cds(4, 3, 0), Some(2))];
    let cases: [(NewRun<'_>, Vec<AnswerRecord>, &str); 4] = [
        (run(&[], &[]), twice, "it has two answers for 04000030000000 in 2090"),
        (run(&[], &two), Vec::new(), "it has two editions for 2090"),
        (
            run(&[], &changed),
            Vec::new(),
            "the edition hash of kept is stored already, with another year or text",
        ),
        (run(&[ReleaseNumber(8)], &[]), Vec::new(), "release 8 is not stored"),
    ];
    for (new, answers, message) in cases {
        let answers = answers.into_iter().map(ready).map(Ok::<_, Infallible>);
        let error = store.save_run(&new, answers).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(database.counts(), before);
    }
}

fn an_edition_and_an_answer_that_stay_the_same_are_kept_once(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let editions = [edition(2090, "rules")];
    let answers = vec![answer(2090, cds(4, 3, 0), Some(1)), answer(2090, cds(4, 4, 0), Some(1))];
    let first = save(store, &run(&[], &editions), answers.clone());
    let second = save(store, &run(&[], &editions), answers.clone());
    let counts = database.counts();
    assert_eq!((counts["edition"], counts["answer_body"], counts["answer"]), (1, 2, 4));
    for run in [&first, &second] {
        assert_eq!(store.answers(&run.id, &AnswerFilter::default()).unwrap(), answers);
    }
    assert_eq!(store.current_run().unwrap().as_ref(), Some(&second));
    assert_eq!(store.runs().unwrap(), [first, second]);
    assert_eq!(database.counts()["current_run"], 1);
}

fn a_run_that_is_not_stored_is_named(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let id = RunId::parse("01890000-0000-7000-8000-000000000000").unwrap();
    let error = store.answers(&id, &AnswerFilter::default()).unwrap_err();
    assert!(matches!(error, StoreError::UnknownRun(unknown) if unknown == id));
    assert!(error.to_string().contains("01890000-0000-7000-8000-000000000000"), "{error}");
    assert_eq!(RunId::parse("not an id"), None);
    assert_eq!(RunId::parse("{1890000000070008000000000000000000}"), None);
}

fn a_run_with_a_nul_in_a_text_is_refused_whole(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let old = save(store, &run(&[], &[]), vec![answer(2090, cds(4, 3, 0), Some(1))]);
    let before = database.counts();
    let sound = || answer(2090, cds(4, 3, 0), Some(1));
    let labelled = AnswerRecord { label: Some("\0".to_owned()), ..sound() };
    let worded = AnswerRecord { body: "{}\0".to_owned(), ..sound() };
    let listed = AnswerRecord { summary: Some("{}\0".to_owned()), ..sound() };
    let cases = [
        (labelled, "the label of 04000030000000 in 2090 has a NUL character"),
        (worded, "the answer for 04000030000000 in 2090 has a NUL character"),
        (listed, "the summary for 04000030000000 in 2090 has a NUL character"),
    ];
    for (answer, words) in cases {
        let error = NewAnswer::of(answer, &StoredTexts::default()).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let editions = [edition(2090, "a\0b")];
    let cases = [
        (run(&[], &editions), "the edition for 2090 has a NUL character"),
        (NewRun { by: "\0", ..run(&[], &[]) }, "the name of who decides"),
        (NewRun { program_version: "\0", ..run(&[], &[]) }, "the program's version"),
    ];
    for (new, words) in cases {
        let error = store.save_run(&new, [Ok::<_, Infallible>(ready(sound()))]).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(database.counts(), before);
    }
    assert_eq!(store.current_run().unwrap(), Some(old));
}

fn a_text_that_the_current_run_has_need_not_be_packed_again(on: Backend) {
    let (database, elsewhere) = (Database::new(on), Database::new(on));
    let store = &database.store;
    let answers = || [answer(2090, cds(4, 3, 0), Some(1)), answer(2090, cds(4, 4, 0), Some(2))];
    let first = save(store, &run(&[], &[]), answers().to_vec());
    let again = |stored: &StoredTexts| answers().map(|answer| NewAnswer::of(answer, stored));
    let stored = store.stored_texts().unwrap();
    let second = store.save_run(&run(&[], &[]), again(&stored)).unwrap();
    assert_ne!(first.id, second.id);
    let filter = AnswerFilter::default();
    assert_eq!(store.answers(&second.id, &filter).unwrap(), answers());
    assert_eq!(store.answers(&first.id, &filter).unwrap(), answers());
    // Whoever is wrong about it stores no answer without its text.
    let before = elsewhere.counts();
    assert!(elsewhere.store.save_run(&run(&[], &[]), again(&stored)).is_err());
    assert_eq!(elsewhere.counts(), before);
    let none = elsewhere.store.stored_texts().unwrap();
    let made = elsewhere.store.save_run(&run(&[], &[]), again(&none)).unwrap();
    assert_eq!(elsewhere.store.answers(&made.id, &filter).unwrap(), answers());
}

/// Several statements' worth of answers, some with one text, in no order.
fn many_answers_are_kept_by_year_and_code_with_their_texts(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let mut answers: Vec<AnswerRecord> = (0..2500u32)
        .map(|n| AnswerRecord {
            body: format!("{{\"text\":{}}}", n % 1700),
            summary: Some(format!("{{\"of\":{}}}", n % 1700)),
            ..answer(2090 + (n % 2) as u16, cds(9, (n % 99) as u8, n), Some(1))
        })
        .collect();
    let saved = save(store, &run(&[], &[]), answers.clone());
    assert_eq!(saved.answer_count, 2500);
    assert_eq!(database.counts()["answer_body"], 1700);
    answers.sort_by_key(|answer| (answer.year, answer.cds));
    assert_eq!(store.answers(&saved.id, &AnswerFilter::default()).unwrap(), answers);
    let again = save(store, &run(&[], &[]), answers.clone());
    assert_eq!(database.counts()["answer_body"], 1700);
    assert_eq!(store.answers(&again.id, &AnswerFilter::default()).unwrap(), answers);
    // The same by their keys and texts.
    let mut keys = store.answer_keys(&again.id, year(2090)).unwrap();
    assert_eq!(keys.len(), 1250);
    keys.extend(store.answer_keys(&again.id, year(2091)).unwrap());
    let read = store.with_texts(keys.clone()).unwrap();
    let read = read.iter().map(|a| (a.year, a.cds, a.body.text().unwrap(), a.summary.clone()));
    let wanted = answers.iter().map(|a| (a.year, a.cds, a.body.clone(), a.summary.clone()));
    assert_eq!(read.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    // What is wrong with a text is told of the answer that has it.
    let mut absent = keys.clone();
    absent[7].hash = vec![0; 32];
    let error = store.with_texts(absent).unwrap_err().to_string();
    let named = format!("year {}, cds {}", keys[7].year, keys[7].cds);
    assert!(error.contains(&format!("{named}: its text is not there")), "{error}");
    let damage = "UPDATE answer_body SET compression = 'zstd'";
    database.execute(damage);
    let error = store.with_texts(keys[7..8].to_vec()).unwrap_err().to_string();
    assert!(error.contains(&format!("{named}: compression 'zstd' cannot be read")), "{error}");
}

fn the_years_of_a_run_are_those_of_its_answers(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let answers = [(2092, 1), (2090, 1), (2092, 2), (2095, 1), (2090, 2)]
        .map(|(number, district)| answer(number, cds(1, district, 0), None));
    let years = |run: &RunRecord| -> Vec<u16> {
        store.run_years(&run.id).unwrap().iter().map(|year| year.number()).collect()
    };
    let first = save(store, &run(&[], &[]), answers.to_vec());
    let second = save(store, &run(&[], &[]), vec![answer(2091, cds(1, 1, 0), None)]);
    let empty = save(store, &run(&[], &[]), Vec::new());
    assert_eq!(years(&first), [2090, 2092, 2095]);
    assert_eq!(years(&second), [2091]);
    assert_eq!(years(&empty), [0; 0]);
    let absent = RunId::parse("01900000-0000-7000-8000-000000000000").unwrap();
    assert!(matches!(store.run_years(&absent), Err(StoreError::UnknownRun(_))));
}

on_both![
    the_years_of_a_run_are_those_of_its_answers,
    a_run_with_a_nul_in_a_text_is_refused_whole,
    a_text_that_the_current_run_has_need_not_be_packed_again,
    many_answers_are_kept_by_year_and_code_with_their_texts,
    there_is_no_current_run_before_the_first,
    a_saved_run_is_current_and_read_back_whole,
    a_filter_takes_the_answers_for_which_every_field_agrees,
    an_error_in_the_middle_of_the_answers_leaves_the_old_run_current,
    a_run_that_contradicts_itself_is_refused_whole,
    an_edition_and_an_answer_that_stay_the_same_are_kept_once,
    a_run_that_is_not_stored_is_named,
];
