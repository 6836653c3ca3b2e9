//! `calsos client`.

use std::io::Write as _;

use calsos_persistence::ClientRecord;

use crate::app::Office;
use crate::app::clients::{ClientAsked, WithSecret};
use crate::cli::{Client, Format, Global};
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &Client) -> Result<(), AppError> {
    match asked {
        Client::Create { id, name, scope, agency, by } => {
            let scopes = scope.iter().copied().collect();
            let made = office.create_client(&ClientAsked { id, name, scopes, agency }, by)?;
            show_secret(global, made)
        }
        Client::Rotate { id, by } => show_secret(global, office.rotate_client(id, by)?),
        Client::Disable { id, by } => show(global, [office.disable_client(id, by)?]),
        Client::List => show(global, office.store.clients()?),
    }
}

/// Shows a secret, once.
fn show_secret(global: &Global, made: WithSecret) -> Result<(), AppError> {
    let WithSecret { client, secret } = made;
    let mut out = screen();
    if global.format == Format::Table {
        writeln!(out, "client_id      {}", client.id)?;
        writeln!(out, "client_secret  {secret}")?;
        writeln!(out, "scope          {}", client.scopes)?;
        writeln!(out, "agency         {}", client.agency)?;
        writeln!(out, "\nThe secret is shown this once; nobody can read it again.")?;
        out.flush()?;
        return Ok(());
    }
    let mut table = Table::new(&["client_id", "client_secret", "scope", "agency"]);
    table.push([client.id, secret, client.scopes, client.agency]);
    write_table(&mut *out, &table, global.format)
}

fn show(global: &Global, clients: impl IntoIterator<Item = ClientRecord>) -> Result<(), AppError> {
    let mut table = Table::new(&[
        "client",
        "name",
        "scope",
        "agency",
        "made at",
        "by",
        "secret of",
        "disabled at",
    ]);
    for client in clients {
        table.push([
            client.id,
            client.name,
            client.scopes,
            client.agency,
            client.created_at,
            client.created_by,
            client.secret_changed_at,
            client.disabled_at.unwrap_or_default(),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}
