//! The same words make the same bytes.

#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test unwraps or indexes is part of the test"
)]

use std::collections::BTreeMap;

use calsos_sample::{Form, SampleError, SampleSize, State};
use sha2::{Digest, Sha256};

/// The hash of every file, by name.
fn hashes(seed: u64, leas: u32, forms: &[Form]) -> BTreeMap<String, String> {
    let state = State::new(seed, leas).unwrap();
    let hashed =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut found = BTreeMap::new();
    for file in state.files(forms) {
        let file = file.unwrap();
        assert!(!file.bytes.is_empty(), "{}", file.name);
        assert!(found.insert(file.name.clone(), hashed(&file.bytes)).is_none(), "{}", file.name);
    }
    found
}

#[test]
fn two_runs_make_the_same_bytes_in_both_forms() {
    let both = [Form::Text, Form::Xlsx];
    let first = hashes(11, 120, &both);
    assert_eq!(first, hashes(11, 120, &both));
    assert!(first.len() > 150, "{}", first.len());
    let workbooks = first.keys().filter(|name| name.ends_with(".xlsx")).count();
    assert!(workbooks > 70, "{workbooks}");
}

#[test]
fn the_bytes_are_the_same_on_every_machine_and_in_every_version() {
    // A change of these is a change of everybody's sample: say so where changes are told.
    let hashes = hashes(11, 100, &[Form::Text]);
    let mut all = Sha256::new();
    for (name, hash) in &hashes {
        all.update(format!("{name} {hash}\n"));
    }
    let all: String = all.finalize().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(all, "f84cb27990c095dc869c9a42040e9062003bc603fc4663e6d14b93d41d143d77");
}

#[test]
fn another_seed_makes_other_bytes_in_every_file_of_values() {
    let (one, two) = (hashes(11, 100, &[Form::Text]), hashes(12, 100, &[Form::Text]));
    for (name, hash) in &one {
        // Ratings and lists of a small state may be the same by chance.
        if name.contains("download") || name.starts_with("pubschls") || name == "README.md" {
            assert_ne!(Some(hash), two.get(name), "{name}");
        }
    }
}

#[test]
fn sizes_end_at_one_hundred_and_forty_thousand() {
    assert!(matches!(SampleSize::of_leas(99), Err(SampleError::Size { asked: 99, .. })));
    assert_eq!(SampleSize::of_leas(100).unwrap().leas(), 100);
    assert_eq!(SampleSize::of_leas(40_000).unwrap().leas(), 40_000);
    let message = SampleSize::of_leas(40_001).unwrap_err().to_string();
    assert_eq!(message, "40001 LEAs were asked for; 100 to 40000 can be made");
    assert_eq!(SampleSize::new(100, 40_000).unwrap().schools(), 40_000);
    assert!(SampleSize::new(100, 40_001).is_err());
    assert!(SampleSize::new(100, 0).is_ok());
}
