//! The page that stands beside the sample's files.

use std::fmt::Write;

use crate::State;
use crate::places::Kind;

impl State {
    /// What the sample is, and what is in it on purpose.
    pub(crate) fn about(&self) -> String {
        let count = |kind: Kind| self.places.leas.iter().filter(|p| p.kind == kind).count();
        let mut text = format!(
            "# A made-up California\n\n\
             Made by `calsos sample --seed {} --leas {} --schools {}`; the same words make the \
             same bytes. Counties are California's own. Every other name, code, person and \
             number is made up.\n\n\
             - {} county offices of education, {} districts, {} charter schools, and {} other \
             schools, which are no LEAs\n",
            self.seed,
            self.size.leas(),
            self.size.schools(),
            count(Kind::CountyOffice),
            count(Kind::District),
            count(Kind::Charter),
            self.places.schools.len(),
        );
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "- {} successions (`successions.csv`): mergers, new codes, new names, charters with \
             another authorizer",
            self.places.successions.len()
        );
        let reissued: Vec<String> = self
            .specs()
            .iter()
            .filter(|spec| spec.is_reissue())
            .map(|spec| format!("`{}`", spec.stem))
            .collect();
        if !reissued.is_empty() {
            let _ = writeln!(
                text,
                "- files that were corrected after their first issue: {}. The lists follow the \
                 corrected ones; import these last",
                reissued.join(", ")
            );
        }
        if let Some(corrections) = &self.corrections {
            let (year, first) = (corrections.year, corrections.too_much);
            let (second, third) = (corrections.another, corrections.taken_away);
            let _ = writeln!(
                text,
                "- the list of {year} was issued twice. The first issue gives {} of {} the code \
                 {}, which the second takes back, and {} of {} the code {}; it lists {} LEAs that \
                 are no more, and {} of its rows carry another LEA's `Cdcode`\n\
                 - in both issues {} of {} has no code although the files give one: the state \
                 changed its answer there. `calsos reconcile --year {year}` shows this code and \
                 the number of groups, and nothing else",
                first.1,
                first.0,
                first.2,
                second.1,
                second.0,
                second.2,
                corrections.dropped.len(),
                corrections.mistaken.len(),
                third.1,
                third.0,
            );
        }
        let _ = writeln!(
            text,
            "- the county offices' catalogues of services (`services/county-NN.csv`), for `calsos \
             services import`"
        );
        let _ = writeln!(
            text,
            "\nThe directory (`{}`) names people, who are made up as well.",
            self.layouts.directory().0
        );
        text
    }
}
