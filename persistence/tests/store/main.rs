//! The store on real databases, each test on its own: SQLite files, and databases of a
//! PostgreSQL server that lives as long as the tests do.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod leas;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod moments;
#[cfg(test)]
mod news;
#[cfg(test)]
mod publications;
#[cfg(test)]
mod records_of_support;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod sets_of_support;
#[cfg(test)]
mod signing_keys;
#[cfg(test)]
mod support;
#[cfg(test)]
mod withdrawals;
