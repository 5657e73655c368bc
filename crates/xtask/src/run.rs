//! Children that are watched while they run: their lines are passed on and read, or kept for when they fail.

use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long something took, for people.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "tells people how long a command took"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tells people how long a command took"
    )]
    pub(crate) fn read(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Passes on what the command prints, line by line, and shows each line (without its colours) to `read`.
pub(crate) fn tee(command: &mut Command, mut read: impl FnMut(&str)) -> Outcome<ExitStatus> {
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = spawn(command)?;
    for (stream, line) in lines(&mut child) {
        match stream {
            Stream::Out => println!("{line}"),
            Stream::Err => eprintln!("{line}"),
        }
        read(&without_colours(&line));
    }
    wait(&mut child, command)
}

/// How a child ended that had a time limit.
pub(crate) enum End {
    /// It ended by itself; with all it printed.
    Exit(ExitStatus, String),
    /// It was still running when its time was up, and was stopped; with what it had printed.
    TimeUp(String),
}

/// Runs the command silently, for at most `limit`.
pub(crate) fn within(limit: Duration, command: &mut Command) -> Outcome<End> {
    let mut child = spawn(command)?;
    let lines = lines(&mut child);
    let watch = Stopwatch::start();
    let mut printed = String::new();
    loop {
        match lines.recv_timeout(limit.saturating_sub(watch.read())) {
            Ok((_, line)) => {
                printed.push_str(&line);
                printed.push('\n');
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = wait(&mut child, command)?;
                return Ok(End::Exit(status, printed));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                stop(&mut child);
                return Ok(End::TimeUp(printed));
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

fn spawn(command: &mut Command) -> Outcome<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{command:?} does not start: {e}"))
}

fn stop(child: &mut Child) {
    // Both fail only for a child that has ended already, which is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

fn wait(child: &mut Child, command: &Command) -> Outcome<ExitStatus> {
    let status = child.wait();
    status.map_err(|e| format!("{command:?} was lost: {e}"))
}

/// What a child prints, line by line, until both its streams end.
fn lines(child: &mut Child) -> mpsc::Receiver<(Stream, String)> {
    let (sender, receiver) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        forward(out, Stream::Out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, Stream::Err, sender);
    }
    receiver
}

fn forward(
    pipe: impl Read + Send + 'static,
    stream: Stream,
    lines: mpsc::Sender<(Stream, String)>,
) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r').to_owned();
            if lines.send((stream, line)).is_err() {
                return;
            }
        }
    });
}

/// The line without ANSI colour sequences (`ESC [ ... m`).
fn without_colours(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once('m').map_or(piece, |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out_of_a_line() {
        assert_eq!(
            without_colours("\u{1b}[32;1m Summary\u{1b}[0m [1s]"),
            " Summary [1s]"
        );
        assert_eq!(without_colours("plain"), "plain");
    }

    #[test]
    fn a_child_that_runs_too_long_is_stopped_and_its_output_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; exec sleep 600"]);
        let end = within(Duration::from_millis(300), &mut command).unwrap();
        assert!(matches!(end, End::TimeUp(printed) if printed == "begun\n"));
    }

    #[test]
    fn a_child_hands_over_its_exit_code_and_both_its_streams() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let end = within(Duration::from_secs(60), &mut command).unwrap();
        let End::Exit(status, printed) = end else {
            panic!("it was stopped")
        };
        assert_eq!(status.code(), Some(3));
        assert!(printed.contains("one\n") && printed.contains("two\n"));
    }
}
