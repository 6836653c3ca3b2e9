//! A file's header, compared with what is expected of it.

use crate::fault::{Fault, FaultCode, Faults};
use crate::layouts::Layouts;
use crate::sheet::{normalised, trimmed};

/// The columns of a file by field.
#[derive(Debug)]
pub(crate) struct Columns {
    /// As the file spells them.
    names: Vec<String>,
    /// Field of each column, or its normalised name where it is none.
    fields: Vec<String>,
}

impl Columns {
    /// The columns of a header. A field that two columns have is a fault, because it could
    /// not be said which of the two was meant.
    pub(crate) fn of(header: &[String], layouts: &Layouts, faults: &mut Faults) -> Columns {
        let fields: Vec<String> =
            header.iter().map(|name| layouts.field(&normalised(name)).to_owned()).collect();
        for (at, field) in fields.iter().enumerate() {
            let Some(first) = fields.iter().take(at).position(|other| other == field) else {
                continue;
            };
            if layouts.is_field(field) {
                let first_name = header.get(first).map_or("", String::as_str);
                let name = header.get(at).map_or("", String::as_str);
                faults.push(
                    Fault::of_file(
                        FaultCode::DuplicateColumn,
                        format!(
                            "columns {} ('{first_name}') and {} ('{name}') both stand for \
                             '{field}'; one is expected. Remove the wrong one.",
                            first + 1,
                            at + 1
                        ),
                    )
                    .at(name, ""),
                );
            }
        }
        Columns { names: header.to_vec(), fields }
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Where the column of a field is.
    pub(crate) fn at(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|known| known == field)
    }

    /// How the file spells the column at a place.
    pub(crate) fn name(&self, at: usize) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }

    /// Where the column of a field is; a fault that names its spellings where it is missing.
    pub(crate) fn required(
        &self,
        field: &str,
        of_what: &str,
        layouts: &Layouts,
        faults: &mut Faults,
    ) -> Option<usize> {
        let at = self.at(field);
        if at.is_none() {
            let spellings = layouts.spellings(field);
            let known = if spellings.is_empty() { field.to_owned() } else { spellings.join(", ") };
            faults.push(
                Fault::of_file(
                    FaultCode::MissingColumn,
                    format!(
                        "The column is missing, and {of_what} cannot be read without it \
                         (spellings known: {known}). Give the file with all its columns, or add \
                         the new spelling to the layouts."
                    ),
                )
                .at(field, ""),
            );
        }
        at
    }

    /// Columns of the file that are not expected, as the file spells them.
    pub(crate) fn unknown(&self, expected: &[String]) -> Vec<String> {
        let known = |field: &String| {
            expected.iter().any(|column| match column.strip_suffix('*') {
                Some(prefix) => field.starts_with(prefix),
                None => column == field,
            })
        };
        let columns = self.names.iter().zip(&self.fields);
        let unknown = columns.filter(|(name, field)| !name.is_empty() && !known(field));
        unknown.map(|(name, _)| name.clone()).collect()
    }

    /// Expected columns that the file has not.
    pub(crate) fn missing(&self, expected: &[String]) -> Vec<String> {
        let has = |column: &&String| column.ends_with('*') || self.fields.contains(column);
        expected.iter().filter(|column| !has(column)).cloned().collect()
    }
}

/// Checks that a row has as many fields as the header.
pub(crate) fn ragged(row: u32, fields: &[&str], columns: &Columns) -> Option<Fault> {
    (fields.len() != columns.len()).then(|| {
        Fault::of_row(
            FaultCode::RaggedRow,
            row,
            format!(
                "The row has {} fields and the header {}; as many are expected. The file may be \
                 cut or its columns shifted: fetch it again.",
                fields.len(),
                columns.len()
            ),
        )
    })
}

/// The field at a place; blank where there is none.
pub(crate) fn field<'a>(fields: &[&'a str], at: Option<usize>) -> &'a str {
    trimmed(at.and_then(|at| fields.get(at)).copied().unwrap_or(""))
}
