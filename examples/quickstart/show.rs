//! What stands on the screen: a line per call as it happens, advice below it, and a table at the end.

use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use http::StatusCode;
use steadfast::advice::{Advice, Finding};
use steadfast::error::StatusError;
use steadfast::record::{Human, Outcome, Stop};
use steadfast::{ErrorKind, Record};

const WIDTH: usize = 108;
/// The columns of a call's line; what happened stands in the rest of it.
const LABEL: usize = 37;
const ANSWER: usize = 8;
const ATTEMPTS: usize = 10;
const WAITED: usize = 8;
const TEXT: usize = LABEL + ANSWER + ATTEMPTS + WAITED;
/// The columns of the table.
const BARE: usize = 14;
const WRAPPED: usize = 12;

/// A call that is over.
pub(crate) struct Ended {
    pub(crate) record: Record,
    pub(crate) result: Result<StatusCode, steadfast::Error>,
    pub(crate) took: Duration,
}

/// The screen, and what has to be remembered for the table.
pub(crate) struct Screen {
    colour: bool,
    label: String,
    calls: Vec<(String, Ended)>,
}

#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            colour: stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            label: String::new(),
            calls: Vec::new(),
        }
    }

    pub(crate) fn title(&self, text: &str) {
        let heading = format!(
            "{:LABEL$}{:ANSWER$}{:ATTEMPTS$}{:WAITED$}what happened",
            "call", "answer", "attempts", "waited"
        );
        println!("{text}\n\n{}", self.ink(Ink::Bold, &heading));
    }

    /// The call begins: its name stands there while it is under way.
    pub(crate) fn start(&mut self, label: &str) {
        self.label = shortened(label, LABEL - 2);
        if self.label != label {
            println!("{}", shortened(label, WIDTH));
            print!("{:LABEL$}", "");
        } else {
            print!("{label:LABEL$}");
        }
        let _ = stdout().flush();
    }

    /// The call is over: the rest of its line, and advice.
    pub(crate) fn end(&mut self, ended: Ended) {
        let record = &ended.record;
        let answer = format!("{:ANSWER$}", answer(&ended));
        let waited = match record.waited() {
            Duration::ZERO => "-".to_owned(),
            time => Human(time).to_string(),
        };
        let lines = wrapped(&what_happened(&ended), WIDTH - TEXT);
        println!(
            "{}{:<ATTEMPTS$}{waited:<WAITED$}{}",
            self.ink(ink_of(&ended), &answer),
            record.attempt_count(),
            lines.join(&format!("\n{:TEXT$}", ""))
        );
        for (name, text) in advice(&ended) {
            for (index, line) in wrapped(&text, WIDTH - 14).into_iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                println!("{}", self.ink(Ink::Dim, &format!("      {name:<8}{line}")));
            }
        }
        self.calls.push((std::mem::take(&mut self.label), ended));
    }

    /// All calls in a table, beside what a client without retries would have got.
    pub(crate) fn summary(&self) {
        let heading = format!(
            "{:LABEL$}{:BARE$}{:WRAPPED$}{:ATTEMPTS$}time",
            "summary", "bare client", "steadfast", "attempts"
        );
        println!("\n{}", self.ink(Ink::Bold, &heading));
        for (label, ended) in &self.calls {
            println!(
                "{label:LABEL$}{:BARE$}{}{:<ATTEMPTS$}{}",
                first(ended),
                self.ink(ink_of(ended), &format!("{:WRAPPED$}", answer(ended))),
                ended.record.attempt_count(),
                Human(ended.took)
            );
        }
        let count = |wanted: fn(&Ended) -> bool| {
            let matching = self.calls.iter().filter(|(_, ended)| wanted(ended));
            matching.count()
        };
        println!(
            "\n{} calls: {} answered at once, {} saved by another attempt, {} returned with advice.",
            self.calls.len(),
            count(|ended| ended.result.is_ok() && ended.record.attempt_count() == 1),
            count(|ended| ended.result.is_ok() && ended.record.attempt_count() > 1),
            count(|ended| ended.result.is_err())
        );
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Green => "32",
            Ink::Yellow => "33",
            Ink::Red => "31",
            Ink::Plain => "",
        };
        match self.colour && !code.is_empty() {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

fn ink_of(ended: &Ended) -> Ink {
    match &ended.result {
        Ok(_) if ended.record.attempt_count() == 1 => Ink::Green,
        Ok(status) if status.is_success() => Ink::Yellow,
        Ok(_) => Ink::Plain,
        Err(_) => Ink::Red,
    }
}

/// The status, or the kind of failure.
fn answer(ended: &Ended) -> String {
    match &ended.result {
        Ok(status) => status.as_str().to_owned(),
        Err(error) => match (error.status(), error.kind()) {
            (Some(status), _) => status.as_str().to_owned(),
            (None, ErrorKind::Interrupted) => "reset".to_owned(),
            (None, kind) => format!("{kind:?}").to_lowercase(),
        },
    }
}

/// What came back first: all that a client without retries sees.
fn first(ended: &Ended) -> String {
    let first = ended.record.attempts().first();
    match first.map(|attempt| attempt.outcome) {
        Some(Outcome::Status(status)) => status.as_str().to_owned(),
        Some(Outcome::Failed(kind)) => kind.as_str().to_owned(),
        _ => answer(ended),
    }
}

/// `429 (Retry-After 1 s), 200`, and why it ended there.
fn what_happened(ended: &Ended) -> String {
    let record = &ended.record;
    let mut steps = Vec::new();
    for attempt in record.attempts() {
        steps.push(match attempt.wait {
            Some(wait) => format!("{} ({wait})", attempt.outcome),
            None => attempt.outcome.to_string(),
        });
    }
    match (record.stop(), steps.len()) {
        (Stop::Accepted, 0 | 1) => "accepted at once".to_owned(),
        (Stop::Accepted, _) => steps.join(", "),
        (stop, 0 | 1) => stop.to_string(),
        (stop, _) => format!("{}; {stop}", steps.join(", ")),
    }
}

/// What the status means; where the call failed, also what was found in this exchange and what to do.
fn advice(ended: &Ended) -> Vec<(&'static str, String)> {
    let Err(error) = &ended.result else {
        let first = ended.record.attempts().first();
        let status = first.and_then(|attempt| attempt.outcome.status());
        let refused = status.filter(|status| status.as_u16() >= 400);
        let means = refused.map(|status| ("means", Advice::of(status).summary()));
        return means.into_iter().collect();
    };
    match error.details() {
        Some(details) => of_status(details),
        None => vec![("means", error.to_string())],
    }
}

fn of_status(details: &StatusError) -> Vec<(&'static str, String)> {
    let report = details.advice();
    let mut lines = vec![("means", report.advice().summary())];
    if let Some(problem) = details.problem() {
        lines.push(("here", format!("the server says: {problem}")));
    }
    for finding in report.findings() {
        // Its own words were shown already if they were a problem.
        if details.problem().is_none() || !matches!(finding, Finding::Says(_)) {
            lines.push(("here", finding.to_string()));
        }
    }
    // Its body was just read.
    let read = |text: &&&str| lines.len() > 1 && text.starts_with("read the body");
    let next = report.advice().next.iter().find(|text| !read(text));
    lines.extend(next.map(|text| ("next", (*text).to_owned())));
    lines
}

/// Lines of at most so many characters, cut at blanks.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word = shortened(word, width);
        let index = lines.len() - 1;
        let line = &mut lines[index];
        if line.is_empty() {
            line.push_str(&word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

/// Without its middle where it is longer than that.
fn shortened(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let head = (width - 3) / 2;
    let tail = count - (width - 3 - head);
    let middle = "...".chars();
    let text = || text.chars();
    text()
        .take(head)
        .chain(middle)
        .chain(text().skip(tail))
        .collect()
}
