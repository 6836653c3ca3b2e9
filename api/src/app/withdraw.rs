//! Withdraws releases, and reinstates them.

use calsos_persistence::{
    ChangeRelease, NewWithdrawal, ReleaseChange, ReleaseRecord, RunRecord, Withdrawal,
};

use super::Office;
use super::clients::by_command;
use crate::error::AppError;

/// The characters that a reason may have at most.
pub(crate) const REASON_CHARACTERS: usize = 1000;

/// What is expected where a reason is asked for.
pub(crate) const REASON_EXPECTED: &str = "a reason of 1 to 1000 characters on one line";

/// What became of a release that was to be withdrawn or reinstated.
pub(crate) struct Withdrawn {
    pub(crate) release: ReleaseRecord,
    /// What holds of it; `None` where it was never withdrawn.
    pub(crate) holds: Option<Withdrawal>,
    /// Whether that was said now.
    pub(crate) anew: bool,
    /// The run that was made with it, where one was.
    pub(crate) run: Option<RunRecord>,
}

/// Reads a reason.
pub(crate) fn reason(text: &str) -> Option<String> {
    let text = text.trim();
    let long = text.chars().count();
    let sound = (1..=REASON_CHARACTERS).contains(&long) && !text.contains(char::is_control);
    sound.then(|| text.to_owned())
}

impl Office {
    /// The release of a number or an id.
    pub(crate) fn release_named(&self, name: &str) -> Result<ReleaseRecord, AppError> {
        find_release(&self.store.releases()?, name)
    }

    /// Withdraws a release or reinstates it, and makes the run that goes without it or has it
    /// again: a new one where anything was said, or where the current one is not so, as after
    /// a process that ended between the two.
    pub(crate) fn withdraw(
        &self,
        name: &str,
        new: NewWithdrawal<'_>,
        by: &str,
    ) -> Result<Withdrawn, AppError> {
        let number = self.release_named(name)?.number;
        let target = format!("release {number}");
        let audit = Some(by_command(by, "calsos withdraw", &target));
        let change = ReleaseChange { withdrawn: Some(new), public_at: None };
        let done = self.store.change_release(number, None, &change, by, audit)?;
        let (holds, anew) = match done {
            ChangeRelease::Done { holds, anew } => (holds.withdrawal, anew),
            ChangeRelease::Otherwise(holds) => (holds.withdrawal, false),
        };
        let current = self.store.current_run()?;
        let is_so = current.is_some_and(|run| run.releases.contains(&number) != new.withdrawn);
        let run = if anew || !is_so { Some(self.determine(by)?) } else { None };
        Ok(Withdrawn { release: self.release_named(name)?, holds, anew, run })
    }
}

/// Finds a release by its number or its id.
pub(crate) fn find_release(
    records: &[ReleaseRecord],
    name: &str,
) -> Result<ReleaseRecord, AppError> {
    let is_it = |record: &&ReleaseRecord| {
        record.number.to_string() == name || record.id.to_string() == name
    };
    records.iter().find(is_it).cloned().ok_or_else(|| {
        AppError::NotFound(format!(
            "no release has the number or id '{name}'; `calsos releases` shows them"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_a_thousand_characters_at_most() {
        assert_eq!(reason(" a test file ").as_deref(), Some("a test file"));
        assert_eq!(reason(&"é".repeat(1000)).as_deref(), Some("é".repeat(1000).as_str()));
        for text in ["", "  ", "a\nb", "a\0b", "a\tb", &"é".repeat(1001)] {
            assert_eq!(reason(text), None, "{text:?}");
        }
    }
}
