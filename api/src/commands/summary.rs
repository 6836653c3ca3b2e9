//! `calsos summary`.

use crate::app::Office;
use crate::app::summary::Counts;
use crate::cli::{Format, Global, OneYear};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_ndjson, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &OneYear) -> Result<(), AppError> {
    let summary = office.summary(asked.year)?;
    let mut out = screen();
    match global.format {
        Format::Json => return write_json(&mut *out, &summary),
        Format::Ndjson => return write_ndjson(&mut *out, &[summary]),
        Format::Table | Format::Csv | Format::Xlsx => {}
    }
    let mut table = Table::new(&["what", "of", "is", "LEAs"]);
    let mut add = |what: &str, of: &str, is: &str, count: usize| {
        table.push([what, of, is].map(str::to_owned).into_iter().chain([count.to_string()]));
    };
    add("LEAs", "", "", summary.leas);
    add("provisional", "", "", summary.provisional);
    let nested: [(&str, &Counts); 4] = [
        ("status", &summary.labels),
        ("level", &summary.levels),
        ("method", &summary.methods),
        ("test over years", &summary.sustained_need),
    ];
    for (what, counts) in nested {
        for (of, by) in &counts.0 {
            for (is, count) in by {
                add(what, of, is, *count);
            }
        }
    }
    for (group, count) in &summary.groups {
        add("group with a code", group, "", *count);
    }
    for (priority, count) in &summary.priorities {
        add("priority met by a group", priority, "", *count);
    }
    write_table(&mut *out, &table, global.format)
}
