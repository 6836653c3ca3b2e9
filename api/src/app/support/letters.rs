//! Communications as HTML documents: the frame that all of them have, and the template by which
//! the letter to one LEA is written.
//!
//! Templates may come from outside. They are written in a small part of Jinja, in which nothing
//! can be made longer than the template and the facts already are: values are printed, escaped,
//! and there are `if` and `for`. So time is bounded by fuel, and memory by the sizes here.

use std::fmt;
use std::io;

use calsos_domain::year::Day;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter,
};

use super::communications::CommunicationKind;
use super::letter_samples::samples;
use crate::views::support::communication::CommunicationFacts;

/// How long a template may be.
pub(crate) const TEMPLATE_BYTES_MOST: usize = 64 * 1024;

/// How long a letter may be that is written by it.
pub(crate) const LETTER_BYTES_MOST: usize = 256 * 1024;

/// How many steps of the engine a letter may take. Those of the built-in templates take about
/// a tenth of it at most.
pub(crate) const STEPS_MOST: u64 = 100_000;

/// The print style sheet of every document.
const STYLE: &str = include_str!("../../../templates/print.css");

/// What a document may do in a browser: nothing but look as it does. No script is run, and nothing
/// is fetched, whatever a template says.
pub(crate) const DOCUMENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                                          img-src data:; base-uri 'none'; form-action 'none'";

/// The built-in template of a kind.
pub(crate) fn built_in(kind: CommunicationKind) -> &'static str {
    match kind {
        CommunicationKind::NoticeOfIdentification => {
            include_str!("../../../templates/noticeOfIdentification.html")
        }
        CommunicationKind::OnePageSummary => {
            include_str!("../../../templates/onePageSummary.html")
        }
        CommunicationKind::StrengthsAndWeaknesses => {
            include_str!("../../../templates/strengthsAndWeaknesses.html")
        }
        CommunicationKind::SpringSummary => {
            include_str!("../../../templates/springSummary.html")
        }
    }
}

/// What is wrong with a template, or with a letter that is written by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateFault {
    /// The line of the template, from 1.
    pub(crate) line: Option<usize>,
    pub(crate) what: String,
}

impl TemplateFault {
    fn new(line: Option<usize>, what: impl Into<String>) -> TemplateFault {
        TemplateFault { line, what: what.into() }
    }

    fn of(error: &Error) -> TemplateFault {
        let what = match error.kind() {
            ErrorKind::OutOfFuel => {
                format!("the letter takes more than {STEPS_MOST} steps; take loops out of loops")
            }
            ErrorKind::WriteFailure => format!(
                "the letter is longer than {LETTER_BYTES_MOST} bytes; shorten what is repeated"
            ),
            ErrorKind::UndefinedError => "it names a fact that is not there, or not always; \
                                          correct the name, or ask for it with 'if … is defined'"
                .to_owned(),
            kind => match error.detail() {
                Some(detail) => format!("{kind}: {detail}"),
                None => kind.to_string(),
            },
        };
        TemplateFault::new(error.line(), what)
    }
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Tries a template: reads it, and writes letters to made-up LEAs by it.
pub(crate) fn check(kind: CommunicationKind, template: &str) -> Result<(), TemplateFault> {
    samples(kind).iter().try_for_each(|facts| letter(template, facts).map(drop))
}

/// The letter to one LEA.
pub(crate) fn letter(template: &str, facts: &CommunicationFacts) -> Result<String, TemplateFault> {
    if template.len() > TEMPLATE_BYTES_MOST {
        let what = format!(
            "the template has {} bytes; at most {TEMPLATE_BYTES_MOST} are taken",
            template.len()
        );
        return Err(TemplateFault::new(None, what));
    }
    only_the_small_part(template)?;
    let engine = engine();
    let compiled = engine.template_from_named_str("the template", template);
    let compiled = compiled.map_err(|error| TemplateFault::of(&error))?;
    let mut letter = Limited { bytes: Vec::new() };
    compiled
        .render_captured_to(Serde(facts), &mut letter)
        .map_err(|error| TemplateFault::of(&error))?;
    String::from_utf8(letter.bytes).map_err(|_no_text| TemplateFault::new(None, "it is no text"))
}

/// A letter while it is written.
struct Limited {
    bytes: Vec<u8>,
}

impl io::Write for Limited {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > LETTER_BYTES_MOST {
            return Err(io::Error::other("the letter is too long"));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The engine with what templates may use, and nothing else.
fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(print);
    engine.set_fuel(Some(STEPS_MOST));
    engine.add_test("defined", |value: &Value| !value.is_undefined());
    engine.add_filter("upper", |text: String| text.to_uppercase());
    engine.add_filter("length", |value: &Value| value.len());
    engine.add_filter("join", join);
    engine.add_filter("date", date);
    engine
}

/// Prints a value that is one: of a list or an object its parts are printed.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => {
            escape_formatter(out, state, value)
        }
        ValueKind::Undefined => Err(ErrorKind::UndefinedError.into()),
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            "a list or an object is not printed as a whole; print its parts",
        )),
    }
}

/// The longest text between the items of a list that is joined.
const BETWEEN_MOST: usize = 20;

fn join(list: &Value, between: Option<&str>) -> Result<String, Error> {
    let between = between.unwrap_or_default();
    if between.len() > BETWEEN_MOST {
        let what = format!("at most {BETWEEN_MOST} bytes stand between the items of a list");
        return Err(Error::new(ErrorKind::InvalidOperation, what));
    }
    let mut items = Vec::new();
    for item in list.try_iter()? {
        match item.kind() {
            ValueKind::String | ValueKind::Number => items.push(item.to_string()),
            _ => {
                let what = "only a list of texts or numbers is joined";
                return Err(Error::new(ErrorKind::InvalidOperation, what));
            }
        }
    }
    Ok(items.join(between))
}

/// A day in words, such as `December 15, 2099`; of a month, `December 2099`.
fn date(text: &str) -> Result<String, Error> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let words = || {
        Day::parse(text)?;
        let mut parts = text.split('-');
        let (year, month) = (parts.next()?, parts.next()?.parse::<usize>().ok()?);
        let month = MONTHS.get(month.checked_sub(1)?)?;
        Some(match parts.next() {
            Some(day) => format!("{month} {}, {year}", day.trim_start_matches('0')),
            None => format!("{month} {year}"),
        })
    };
    words().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "only a day is written as one"))
}

/// The statements of the language.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// What would make something longer than it is, or anew.
const NOT_IN_EXPRESSIONS: [char; 5] = ['~', '*', '+', '[', '{'];

/// Refuses what is not of the small part of Jinja that templates are written in. What is no Jinja
/// at all, the engine says.
fn only_the_small_part(template: &str) -> Result<(), TemplateFault> {
    let mut rest = template;
    let line_at = |rest: &str| {
        let read = template.len().saturating_sub(rest.len());
        let before = template.get(..read).unwrap_or_default();
        Some(before.matches('\n').count() + 1)
    };
    while let Some(at) = rest.find('{') {
        let (_, found) = rest.split_at(at);
        let line = line_at(found);
        let Some((opening, inner)) = found.split_at_checked(2) else { break };
        rest = match opening {
            "{#" => inner.split_once("#}").map_or("", |(_, after)| after),
            "{{" => expression(inner, "}}", line)?,
            "{%" => {
                let statement = inner.trim_start_matches(['-', '+']).trim_start();
                let is_letter = |c: char| c.is_ascii_alphabetic();
                let end = statement.find(|c| !is_letter(c)).unwrap_or(statement.len());
                let word = statement.get(..end).unwrap_or_default();
                if !STATEMENTS.contains(&word) {
                    let what = format!(
                        "'{word}' is no statement of templates; there are {}",
                        STATEMENTS.join(", ")
                    );
                    return Err(TemplateFault::new(line, what));
                }
                expression(statement, "%}", line)?
            }
            _ => found.get(1..).unwrap_or_default(),
        };
    }
    Ok(())
}

/// What is after an expression, up to its end.
fn expression<'t>(text: &'t str, end: &str, line: Option<usize>) -> Result<&'t str, TemplateFault> {
    let mut quote = None;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        let here = text.get(at..).unwrap_or_default();
        match (quote, letter) {
            (Some(_), '\\') => drop(letters.next()),
            (Some(open), _) => {
                if open == letter {
                    quote = None;
                }
            }
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) if here.starts_with(end) => {
                return Ok(here.get(end.len()..).unwrap_or_default());
            }
            // Trims the blanks after the statement.
            (None, '+') if here.get(1..).is_some_and(|after| after.starts_with(end)) => {}
            (None, letter) if NOT_IN_EXPRESSIONS.contains(&letter) => {
                let what = format!(
                    "'{letter}' is not in the language of templates: texts and lists are printed \
                     as they are, one after another"
                );
                return Err(TemplateFault::new(line, what));
            }
            (None, 'r') if is_word(text, at, "recursive") => {
                let what = "a loop is not 'recursive' in templates";
                return Err(TemplateFault::new(line, what));
            }
            (None, _) => {}
        }
    }
    Ok("")
}

/// Whether a word stands at a place of a text.
fn is_word(text: &str, at: usize, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (before, here) = text.split_at_checked(at).unwrap_or((text, ""));
    here.strip_prefix(word).is_some_and(|after| !after.starts_with(is_part))
        && !before.ends_with(is_part)
}

/// A document of letters, each from a new page.
pub(crate) fn document(kind: CommunicationKind, title: &str, letters: &[String]) -> String {
    let title = escaped(title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{DOCUMENT_POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    if letters.is_empty() {
        text.push_str(&format!("<h1>{title}</h1>\n<p>There is no LEA to write to.</p>\n"));
    }
    for letter in letters {
        text.push_str(&format!("<article class=\"letter {}\">\n", kind.code()));
        text.push_str(letter.trim());
        text.push_str("\n</article>\n");
    }
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: CommunicationKind = CommunicationKind::OnePageSummary;

    fn fault(template: &str) -> String {
        check(KIND, template).unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_templates_write_letters_within_a_tenth_of_the_limits() {
        for kind in CommunicationKind::ALL {
            let template = built_in(kind);
            assert_eq!(check(kind, template), Ok(()), "{kind:?}");
            assert!(template.len() < TEMPLATE_BYTES_MOST / 5, "{kind:?}");
        }
    }

    #[test]
    fn what_is_printed_is_escaped() {
        let [facts, ..] = samples(KIND);
        let letter = letter("{{ name }} {{ methods.0.id }}", &facts);
        assert_eq!(letter.as_deref(), Ok("Made-up &amp; &lt;Unified&gt; M1"));
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        assert_eq!(
            fault("a\n{{ nmae }}"),
            "line 2: it names a fact that is not there, or not always; correct the name, or ask \
             for it with 'if … is defined'"
        );
        assert!(
            fault("a\n\n{% if name %}").starts_with("line 3: syntax error"),
            "{}",
            fault("{% if name %}")
        );
        assert!(fault("{{ reasons }}").contains("print its parts"));
        assert!(fault("{{ name|date }}").contains("only a day"));
        assert!(fault("{{ name|safe }}").contains("safe"));
    }

    #[test]
    fn nothing_is_made_longer_or_read_from_elsewhere() {
        for (template, said) in [
            ("\n{% set x = name %}", "line 2: 'set' is no statement"),
            ("{%- include 'x' %}", "'include' is no statement"),
            ("{% autoescape false %}{% endautoescape %}", "'autoescape' is no statement"),
            ("{% raw %}{% endraw %}", "'raw' is no statement"),
            ("{{ name ~ name }}", "'~' is not in the language"),
            ("{{ 'a' * 9 }}", "'*' is not in the language"),
            ("{{ 1 + 1 }}", "'+' is not in the language"),
            ("{% for x in [name, name] %}{% endfor %}", "'[' is not in the language"),
            ("{{ {'a': 1} }}", "'{' is not in the language"),
            ("{% for x in groups recursive %}{% endfor %}", "not 'recursive'"),
            ("{{ methods|join('123456789012345678901') }}", "at most 20 bytes"),
        ] {
            let told = fault(template);
            assert!(told.contains(said), "{template}: {told}");
        }
        // In texts they stand for themselves, and so they do outside of expressions.
        let sound = "{ ~ * [ {# {{ x ~ y }} #} {%- if 'a~b[{' == \"+\\\"*\" -%} {%+ endif +%}";
        assert_eq!(check(KIND, sound), Ok(()));
    }

    #[test]
    fn a_letter_without_an_end_is_refused_and_one_up_to_the_limits_is_not() {
        let nested = |depth: usize, inner: &str| {
            let open = "{% for a in identifiedYears %}".repeat(depth);
            format!("{open}{inner}{}", "{% endfor %}".repeat(depth))
        };
        // Two years, so that each loop doubles what is within it.
        assert_eq!(check(KIND, &nested(10, "x")), Ok(()));
        assert!(fault(&nested(30, "")).contains("more than 100000 steps"));
        let half = "x".repeat(TEMPLATE_BYTES_MOST / 2);
        assert_eq!(check(KIND, &nested(3, &half)), Ok(()));
        let longer = format!("{}y", nested(3, &half));
        assert!(fault(&longer).contains("longer than 262144 bytes"), "{}", fault(&longer));
        assert_eq!(check(KIND, &"x".repeat(TEMPLATE_BYTES_MOST)), Ok(()));
        assert!(fault(&"x".repeat(TEMPLATE_BYTES_MOST + 1)).contains("at most 65536 are taken"));
    }

    #[test]
    fn days_are_written_in_words() {
        assert_eq!(date("2099-12-05").unwrap(), "December 5, 2099");
        assert_eq!(date("2099-12").unwrap(), "December 2099");
        assert!(date("2099").is_err());
    }
}
