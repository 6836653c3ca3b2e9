//! Which group of which LEA was met in which row.

use std::collections::HashMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::student_group::StudentGroup;

/// Every group has its place: `StudentGroup::All` and those that count.
const GROUPS: usize = StudentGroup::COUNTED.len() + 1;

/// The first place of each group of each LEA. Files are sorted by LEA, so that an LEA is
/// searched only where it is not that of the row before.
#[derive(Default, Debug)]
pub(super) struct Seen {
    leas: HashMap<CdsCode, usize>,
    places: Vec<[Option<usize>; GROUPS]>,
    last: Option<(CdsCode, usize)>,
}

impl Seen {
    /// Where the group was met before; where it was not, it is met at `place` now.
    pub(super) fn place(
        &mut self,
        cds: CdsCode,
        group: StudentGroup,
        place: usize,
    ) -> Option<usize> {
        let lea = match self.last {
            Some((last, lea)) if last == cds => lea,
            _ => {
                let new = self.places.len();
                let lea = *self.leas.entry(cds).or_insert(new);
                if lea == new {
                    self.places.push([None; GROUPS]);
                }
                self.last = Some((cds, lea));
                lea
            }
        };
        let known = self.places.get_mut(lea)?.get_mut(group as usize)?;
        let before = *known;
        if before.is_none() {
            *known = Some(place);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_met_again_also_when_other_leas_lie_between() {
        let (one, two) = ("01999990000000".parse().unwrap(), "02999990000000".parse().unwrap());
        let mut seen = Seen::default();
        let groups = || StudentGroup::COUNTED.into_iter().chain([StudentGroup::All]);
        for (place, group) in groups().enumerate() {
            assert_eq!(seen.place(one, group, place), None, "{group}");
        }
        assert_eq!(seen.place(two, StudentGroup::All, 99), None);
        for (place, group) in groups().enumerate() {
            assert_eq!(seen.place(one, group, 100), Some(place), "{group}");
        }
        assert_eq!(seen.place(two, StudentGroup::All, 100), Some(99));
    }
}
