//! The made-up catalogues of services are read as catalogues, and are the same each time.

use std::collections::BTreeSet;

use calsos_ingest::{Layouts, read_catalogue};
use calsos_sample::State;

#[test]
fn each_county_office_has_a_catalogue_of_its_own() {
    let state = State::new(11, 100).unwrap();
    let catalogues = state.catalogues();
    assert_eq!(catalogues.len(), 58);
    let layouts = Layouts::builtin();
    let mut texts = BTreeSet::new();
    for catalogue in &catalogues {
        let bytes = catalogue.text.as_bytes();
        let read = read_catalogue(&catalogue.name, bytes, None, &layouts);
        let read = read.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(read.provider.county(), Some(catalogue.county));
        assert!((3..=15).contains(&read.services.len()) && read.notes.is_empty(), "{read:?}");
        texts.insert(catalogue.text.split_once('\n').map(|(_, rows)| rows.len()));
    }
    // Not every office has the same.
    assert!(texts.len() > 10, "{texts:?}");
    assert_eq!(State::new(11, 100).unwrap().catalogues(), catalogues);
    assert_ne!(State::new(12, 100).unwrap().catalogues(), catalogues);
}
