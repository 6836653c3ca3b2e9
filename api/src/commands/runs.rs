//! `calsos runs`.

use crate::app::Office;
use crate::cli::Global;
use crate::error::AppError;
use crate::output::{Table, screen, write_table};
use crate::views::run_diff::RunView;

pub(super) fn run(office: &Office, global: &Global) -> Result<(), AppError> {
    let current = office.store.current_run()?.map(|run| run.number);
    let mut table = Table::new(&[
        "run", "id", "made at", "by", "version", "releases", "editions", "answers", "state",
    ]);
    for record in office.store.runs()? {
        let view = RunView::of(&record);
        let state = if Some(view.number) == current { "current" } else { "kept" };
        table.push([
            view.number.to_string(),
            view.run,
            view.made_at,
            view.made_by,
            view.program_version,
            view.releases.to_string(),
            view.editions.to_string(),
            view.answers.to_string(),
            state.to_owned(),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}
