//! Seals: a hash of the rows that were stored together, kept beside them. What the kept files
//! and the rules prove of a stored value is proved by them; the seal finds a change also where
//! they say nothing, such as in who imported a file, and tells damage from what another version
//! of the program would have stored.
//!
//! A row is written for its seal by postcard, column by column in the order of its table: a
//! column more is another type here, and its migration deletes the table's seals.

use std::collections::BTreeSet;

use diesel::prelude::*;
use postcard::to_stdvec as words;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::file;
use crate::schema::{
    answer, answer_body, edition, facts_body, lea, publication, release, release_county,
    release_file, release_kept, run, run_edition, run_facts, run_release, seal, support_record,
    support_version, withdrawal,
};

/// What has numbers, and rows that are stored with it and never changed afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Release,
    Run,
    Publication,
    Withdrawal,
    SupportRecord,
    SupportVersion,
}

/// A table of which the rows that were stored under one number are sealed together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sealed {
    Release,
    ReleaseCounties,
    ReleaseFile,
    ReleaseKept,
    /// The codes that the release was the first to name.
    Leas,
    Run,
    RunReleases,
    RunEditions,
    /// The texts of the editions that decided the run.
    Editions,
    Answers,
    RunFacts,
    Publication,
    Withdrawal,
    SupportRecord,
    SupportVersion,
}

impl Sealed {
    pub(crate) const ALL: [Sealed; 15] = [
        Sealed::Release,
        Sealed::ReleaseCounties,
        Sealed::ReleaseFile,
        Sealed::ReleaseKept,
        Sealed::Leas,
        Sealed::Run,
        Sealed::RunReleases,
        Sealed::RunEditions,
        Sealed::Editions,
        Sealed::Answers,
        Sealed::RunFacts,
        Sealed::Publication,
        Sealed::Withdrawal,
        Sealed::SupportRecord,
        Sealed::SupportVersion,
    ];

    /// The table's name, which is the seal's subject.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Sealed::Release => "release",
            Sealed::ReleaseCounties => "release_county",
            Sealed::ReleaseFile => "release_file",
            Sealed::ReleaseKept => "release_kept",
            Sealed::Leas => "lea",
            Sealed::Run => "run",
            Sealed::RunReleases => "run_release",
            Sealed::RunEditions => "run_edition",
            Sealed::Editions => "edition",
            Sealed::Answers => "answer",
            Sealed::RunFacts => "run_facts",
            Sealed::Publication => "publication",
            Sealed::Withdrawal => "withdrawal",
            Sealed::SupportRecord => "support_record",
            Sealed::SupportVersion => "support_version",
        }
    }

    pub(crate) fn owner(self) -> Owner {
        match self {
            Sealed::Release
            | Sealed::ReleaseCounties
            | Sealed::ReleaseFile
            | Sealed::ReleaseKept
            | Sealed::Leas => Owner::Release,
            Sealed::Run
            | Sealed::RunReleases
            | Sealed::RunEditions
            | Sealed::Editions
            | Sealed::Answers
            | Sealed::RunFacts => Owner::Run,
            Sealed::Publication => Owner::Publication,
            Sealed::Withdrawal => Owner::Withdrawal,
            Sealed::SupportRecord => Owner::SupportRecord,
            Sealed::SupportVersion => Owner::SupportVersion,
        }
    }

    /// The hash of the rows as they are stored now.
    pub(crate) fn hash(self, connection: &mut Connection, number: i32) -> Result<Vec<u8>, Failure> {
        let words = match self {
            Sealed::Release => words(&release_row(connection, number)?),
            Sealed::ReleaseCounties => {
                let rows: Vec<(i32, bool, i16)> = release_county::table
                    .filter(release_county::release.eq(number))
                    .order((release_county::charters, release_county::county))
                    .load(connection)?;
                words(&rows)
            }
            Sealed::ReleaseFile => {
                let row: Option<(i32, String, Vec<u8>)> =
                    release_file::table.find(number).first(connection).optional()?;
                words(
                    &row.map(|(release, packing, bytes)| (release, packing, file::sha256(&bytes))),
                )
            }
            Sealed::ReleaseKept => {
                let row: Option<(i32, String, i64)> =
                    release_kept::table.find(number).first(connection).optional()?;
                words(&row)
            }
            Sealed::Leas => {
                let rows: Vec<(String, String, i32)> = lea::table
                    .filter(lea::first_release.eq(number))
                    .order(lea::cds)
                    .load(connection)?;
                words(&rows)
            }
            Sealed::Run => {
                let row: Option<(i32, String, String, String, String, i64)> =
                    run::table.find(number).first(connection).optional()?;
                words(&row)
            }
            Sealed::RunReleases => {
                let rows: Vec<(i32, i32)> = run_release::table
                    .filter(run_release::run.eq(number))
                    .order(run_release::release)
                    .load(connection)?;
                words(&rows)
            }
            Sealed::RunEditions => {
                let rows: Vec<(i32, i32, String)> = run_edition::table
                    .filter(run_edition::run.eq(number))
                    .order(run_edition::year)
                    .load(connection)?;
                words(&rows)
            }
            Sealed::Editions => {
                let rows: Vec<(String, i32, String)> = run_edition::table
                    .inner_join(edition::table)
                    .filter(run_edition::run.eq(number))
                    .order(run_edition::year)
                    .select(edition::all_columns)
                    .load(connection)?;
                words(&rows)
            }
            Sealed::Answers => words(&answer_rows(connection, number)?),
            Sealed::RunFacts => {
                let rows: Vec<(i32, String, Vec<u8>)> = run_facts::table
                    .filter(run_facts::run.eq(number))
                    .order(run_facts::cds)
                    .load(connection)?;
                words(&rows)
            }
            Sealed::Publication => {
                let row: Option<(i32, i32, Option<String>, String, String)> =
                    publication::table.find(number).first(connection).optional()?;
                words(&row)
            }
            Sealed::Withdrawal => {
                let row: Option<(i32, i32, bool, String, String, String)> =
                    withdrawal::table.find(number).first(connection).optional()?;
                words(&row)
            }
            Sealed::SupportRecord => {
                let row: Option<(i32, String, String, Option<String>, Option<i16>)> =
                    support_record::table.find(number).first(connection).optional()?;
                words(&row)
            }
            Sealed::SupportVersion => {
                let row: Option<SupportVersionRow> =
                    support_version::table.find(number).first(connection).optional()?;
                words(&row)
            }
        };
        Ok(file::sha256(&words.map_err(unwritten)?))
    }
}

impl Owner {
    /// As findings name it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Owner::Release => "release",
            Owner::Run => "run",
            Owner::Publication => "publication",
            Owner::Withdrawal => "withdrawal",
            Owner::SupportRecord => "record of support",
            Owner::SupportVersion => "version of a record of support",
        }
    }

    /// The numbers that are stored.
    pub(crate) fn numbers(self, connection: &mut Connection) -> QueryResult<Vec<i32>> {
        match self {
            Owner::Release => {
                release::table.select(release::number).order(release::number).load(connection)
            }
            Owner::Run => run::table.select(run::number).order(run::number).load(connection),
            Owner::Publication => publication::table
                .select(publication::sequence)
                .order(publication::sequence)
                .load(connection),
            Owner::Withdrawal => withdrawal::table
                .select(withdrawal::sequence)
                .order(withdrawal::sequence)
                .load(connection),
            Owner::SupportRecord => support_record::table
                .select(support_record::sequence)
                .order(support_record::sequence)
                .load(connection),
            Owner::SupportVersion => support_version::table
                .select(support_version::sequence)
                .order(support_version::sequence)
                .load(connection),
        }
    }
}

type SupportVersionRow = (
    i32,
    i32,
    i32,
    String,
    String,
    String,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

type ReleaseRow = (
    i32,
    String,
    String,
    Option<i32>,
    Option<String>,
    bool,
    String,
    String,
    i64,
    i64,
    i64,
    String,
    String,
    String,
    Option<String>,
);

fn release_row(connection: &mut Connection, number: i32) -> QueryResult<Option<ReleaseRow>> {
    release::table.find(number).first(connection).optional()
}

type AnswerRow = (i32, i32, String, i16, String, Option<i16>, Option<String>, bool, Vec<u8>);

fn answer_rows(connection: &mut Connection, number: i32) -> QueryResult<Vec<AnswerRow>> {
    answer::table.filter(answer::run.eq(number)).order((answer::year, answer::cds)).load(connection)
}

/// The seal of a packed text.
pub(crate) fn of_text(
    compression: &str,
    byte_length: i64,
    summary: Option<&str>,
    content: &[u8],
) -> Result<Vec<u8>, Failure> {
    let content = file::sha256(content);
    let words = words(&(compression, byte_length, summary, content)).map_err(unwritten)?;
    Ok(file::sha256(&words))
}

/// The seal of packed facts.
pub(crate) fn of_facts(format: i16, byte_length: i64, content: &[u8]) -> Result<Vec<u8>, Failure> {
    let words = words(&(format, byte_length, file::sha256(content))).map_err(unwritten)?;
    Ok(file::sha256(&words))
}

fn unwritten(cause: postcard::Error) -> Failure {
    StoreError::Database { doing: "sealing what is stored", problem: Box::new(cause) }.into()
}

/// Seals what was stored under a number, as the last thing of its transaction.
pub(crate) fn set(connection: &mut Connection, owner: Owner, number: i32) -> Result<(), Failure> {
    for sealed in Sealed::ALL.into_iter().filter(|sealed| sealed.owner() == owner) {
        set_one(connection, sealed, number)?;
    }
    Ok(())
}

fn set_one(connection: &mut Connection, sealed: Sealed, number: i32) -> Result<(), Failure> {
    let sha256 = sealed.hash(connection, number)?;
    diesel::insert_into(seal::table)
        .values((
            seal::subject.eq(sealed.table()),
            seal::number.eq(number),
            seal::sha256.eq(sha256),
        ))
        .execute(connection)?;
    Ok(())
}

/// A text with all that its seal is made of: hash, packing, length, summary, content, seal.
pub(crate) type Text = (Vec<u8>, String, i64, Option<String>, Vec<u8>, Vec<u8>);

/// Facts with all that their seal is made of: hash, format, length, content, seal.
pub(crate) type Facts = (Vec<u8>, i16, i64, Vec<u8>, Vec<u8>);

/// Texts and facts that are read together.
const TOGETHER: i64 = 256;

/// Some texts after the one of a hash, in the order of their hashes.
pub(crate) fn texts_after(connection: &mut Connection, last: &[u8]) -> QueryResult<Vec<Text>> {
    answer_body::table
        .filter(answer_body::hash.gt(last))
        .order(answer_body::hash)
        .limit(TOGETHER)
        .select((
            answer_body::hash,
            answer_body::compression,
            answer_body::byte_length,
            answer_body::summary,
            answer_body::content,
            answer_body::seal,
        ))
        .load(connection)
}

/// Some facts after those of a hash, in the order of their hashes.
pub(crate) fn facts_after(connection: &mut Connection, last: &[u8]) -> QueryResult<Vec<Facts>> {
    facts_body::table
        .filter(facts_body::hash.gt(last))
        .order(facts_body::hash)
        .limit(TOGETHER)
        .select((
            facts_body::hash,
            facts_body::format,
            facts_body::byte_length,
            facts_body::content,
            facts_body::seal,
        ))
        .load(connection)
}

/// Seals what an earlier version of the program stored without, as it is found.
pub(crate) fn set_missing(connection: &mut Connection) -> Result<(), Failure> {
    for sealed in Sealed::ALL {
        let there: BTreeSet<i32> = seal::table
            .filter(seal::subject.eq(sealed.table()))
            .select(seal::number)
            .load(connection)?
            .into_iter()
            .collect();
        for number in sealed.owner().numbers(connection)? {
            if !there.contains(&number) {
                set_one(connection, sealed, number)?;
            }
        }
    }
    let mut last = Vec::new();
    loop {
        let rows = texts_after(connection, &last)?;
        let Some((hash, ..)) = rows.last() else { break };
        last.clone_from(hash);
        for (hash, compression, byte_length, summary, content, found) in rows {
            if found.is_empty() {
                let sealed = of_text(&compression, byte_length, summary.as_deref(), &content)?;
                diesel::update(answer_body::table.find(hash))
                    .set(answer_body::seal.eq(sealed))
                    .execute(connection)?;
            }
        }
    }
    let mut last = Vec::new();
    loop {
        let rows = facts_after(connection, &last)?;
        let Some((hash, ..)) = rows.last() else { return Ok(()) };
        last.clone_from(hash);
        for (hash, format, byte_length, content, found) in rows {
            if found.is_empty() {
                let sealed = of_facts(format, byte_length, &content)?;
                diesel::update(facts_body::table.find(hash))
                    .set(facts_body::seal.eq(sealed))
                    .execute(connection)?;
            }
        }
    }
}
