//! Plays a script on a socket.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use steadfast::redact::redact_url;
use steadfast_core::one_line;
use steadfast_testkit::{Received, Script, Server, Step};

use super::line::Line;
use super::script::Section;
use crate::output::{Colour, Output};

/// The requests that are never answered.
type Never = Mutex<BTreeSet<usize>>;

/// How often it is looked whether the last answer is out.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Serves until so many requests were answered, or ctrl-c.
pub(super) async fn serve(
    script: &[Section],
    port: u16,
    requests: Option<usize>,
    output: &Output,
) -> Result<(), String> {
    // Answers that never come count as given.
    let never = Arc::new(Never::default());
    let mut builder = Server::builder();
    for section in script.iter().filter(|section| !section.steps.is_empty()) {
        let steps = section.steps.iter().map(|line| shown(line, &never, output));
        let script = match section.cycle {
            true => Script::new(steps).cycle(),
            false => Script::new(steps),
        };
        builder = match &section.path {
            Some(path) => builder.on(path, script),
            None => builder.fallback(script),
        };
    }
    if script.first().is_none_or(|all| all.steps.is_empty()) {
        let missing = Line {
            text: "404 (no step for this path)".to_owned(),
            step: Step::status(404),
            answers: true,
        };
        builder = builder.fallback(shown(&missing, &never, output));
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = builder.start_on(address).await;
    let server = server.map_err(|error| format!("port {port}: {error}"))?;
    let url = server.url("");
    let url = url.trim_end_matches('/');
    tokio::select! {
        // Polled first: who reads where it listens may already end it.
        biased;
        _ = tokio::signal::ctrl_c() => {}
        () = async {
            match output.json {
                true => output.line(json!({ "listening": url })),
                false => output.line(format_args!("listening on {}", output.paint(url, Colour::Title))),
            }
            answered(&server, requests, &never).await;
        } => {}
    }
    server.stop().await;
    Ok(())
}

/// The step, told when it is played.
fn shown(line: &Line, never: &Arc<Never>, output: &Output) -> Step {
    let (line, never, output) = (line.clone(), Arc::clone(never), output.clone());
    Step::dynamic(move |request| {
        tell(request, &line.text, &output);
        if !line.answers {
            let mut never = never.lock().unwrap_or_else(PoisonError::into_inner);
            never.insert(request.n);
        }
        line.step.clone()
    })
}

fn tell(request: &Received, answer: &str, output: &Output) {
    let path = redact_url(&request.path);
    let (path, answer) = (shown_text(&path), shown_text(answer));
    let (n, method, bytes) = (request.n + 1, &request.method, request.body.len());
    if output.json {
        output.line(json!({
            "n": n,
            "method": method.as_str(),
            "path": path,
            "body_bytes": bytes,
            "connection": request.connection + 1,
            "step": answer,
        }));
        return;
    }
    let body = match bytes {
        0 => String::new(),
        _ => format!(" ({bytes} bytes)"),
    };
    let n = output.paint(format_args!("#{n}"), Colour::Quiet);
    output.line(format_args!("{n} {method} {path}{body} -> {answer}"));
}

/// What a client or a script wrote, harmless for a terminal.
fn shown_text(text: &str) -> String {
    one_line(text).collect()
}

/// Returns when so many requests got all that their steps give them, or all that their clients waited for.
async fn answered(server: &Server, requests: Option<usize>, never: &Never) {
    let Some(requests) = requests else {
        return std::future::pending().await;
    };
    let log = server.log();
    log.wait_for(requests).await;
    loop {
        let over = {
            let never = never.lock().unwrap_or_else(PoisonError::into_inner);
            let is_over = |entry: &Received| {
                entry.answered_at.or(entry.left_at).is_some() || never.contains(&entry.n)
            };
            log.entries().iter().filter(|entry| is_over(entry)).count()
        };
        if over >= requests {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_asks_for_cannot_steer_the_terminal() {
        let path = "/a\u{202e}b\u{1b}[2J\u{2028}c\u{2066}";
        assert_eq!(
            shown_text(&redact_url(path)),
            "/a\u{fffd}b\u{fffd}[2J c\u{fffd}"
        );
    }
}
