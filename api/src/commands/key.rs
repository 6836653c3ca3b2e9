//! `calsos key`.

use calsos_persistence::SigningKeyRecord;

use crate::app::Office;
use crate::cli::{Global, Key};
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &Key) -> Result<(), AppError> {
    let keys = match asked {
        Key::List => office.signing_keys()?,
        Key::Ensure { by } => vec![office.ensure_key(by)?],
        Key::Rotate { by } => vec![office.rotate_key(by)?],
    };
    let mut table =
        Table::new(&["key", "algorithm", "made at", "by", "signed until", "served until"]);
    for key in keys {
        let SigningKeyRecord { kid, algorithm, created_at, created_by, .. } = key;
        table.push([
            kid,
            algorithm,
            created_at,
            created_by,
            key.retired_at.unwrap_or_default(),
            key.served_until.map(|until| until.to_string()).unwrap_or_default(),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}
