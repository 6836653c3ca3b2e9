//! A copy of the newest year's answers that is kept: `guide http://127.0.0.1:8080`.

#![expect(clippy::print_stdout, reason = "it is a program that shows what it found")]
#![expect(clippy::indexing_slicing, reason = "what JSON does not have is null")]

use std::error::Error;

use serde_json::{Value, from_reader};

fn main() -> Result<(), Box<dyn Error>> {
    let base = std::env::args().nth(1).ok_or("say where the service is: http://127.0.0.1:8080")?;
    let discovery: Value = from_reader(ureq::get(&base).call()?.body_mut().as_reader())?;
    let year = &discovery["newestYear"];

    let url = format!("{base}/v1/determinations?year={year}&status=differentiated&limit=5000");
    let mut answer = ureq::get(&url).call()?;
    let copy: Value = from_reader(answer.body_mut().as_reader())?;
    for lea in copy["items"].as_array().into_iter().flatten() {
        println!("{}: {}", lea["name"], lea["label"]);
    }

    // While the same dataset is served, there is nothing to fetch again.
    let tag = answer.headers().get("ETag").ok_or("the list has no ETag")?;
    let again = ureq::get(&url).header("If-None-Match", tag).call()?;
    println!("asked again: {}", again.status());
    Ok(())
}
