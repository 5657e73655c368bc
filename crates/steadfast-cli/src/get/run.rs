//! All calls, so many at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest_middleware::ClientWithMiddleware;
use serde_json::json;
use steadfast::Policies;
use tokio::sync::mpsc;
use tracing_subscriber::layer::SubscriberExt;

use super::GetArgs;
use super::body::Sink;
use super::call::{End, Finished, call};
use super::progress::Progress;
use super::request::Template;
use super::summary::Summary;
use super::watch::Watch;
use crate::clock;
use crate::exit::Exit;
use crate::output::{Colour, Output};
use crate::time::millis;

/// Up to so many calls each attempt is shown.
const FEW: usize = 10;

struct Shared {
    templates: Vec<Template>,
    client: ClientWithMiddleware,
    sink: Sink,
    next: AtomicUsize,
    total: usize,
}

pub(super) async fn run(
    args: GetArgs,
    templates: Vec<Template>,
    policies: &Policies,
    output: &Output,
) -> Result<Exit, String> {
    let repeat = usize::try_from(args.repeat.get()).unwrap_or(usize::MAX);
    let total = templates.len().saturating_mul(repeat);
    let workers = args.concurrency.get().min(total);
    let few = total <= FEW;
    let progress = Progress::new(total, !few && !args.quiet && !output.json);
    if (few || args.verbose) && !args.quiet {
        let watch = Watch::new(output.clone(), progress.clone(), total > 1);
        let subscriber = tracing_subscriber::registry().with(watch);
        // Somebody who runs this as a library may have one already; then theirs is told.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
    let sink = Sink::new(args.file, repeat > 1, workers == 1);
    sink.try_out()?;
    let client = reqwest::Client::builder()
        .user_agent(concat!("steadfast/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("no client: {error}"))?;
    let shared = Arc::new(Shared {
        templates,
        client: policies.wrap(client),
        sink,
        next: AtomicUsize::new(0),
        total,
    });
    let mut teller = Teller {
        output,
        progress: &progress,
        each: few,
        quiet: args.quiet,
        numbered: total > 1,
        advised: BTreeSet::new(),
    };
    let started = clock::now();
    let (summary, exit) = collect(&shared, workers, &mut teller).await;
    progress.clear();
    let elapsed = clock::now().duration_since(started);
    if output.json {
        output.tell(summary.to_json(elapsed, exit));
    } else if !args.quiet && total > 1 {
        for line in summary.lines(elapsed) {
            output.tell(line);
        }
    }
    Ok(exit)
}

/// Makes all calls and tells each when it is over, until ctrl-c.
async fn collect(shared: &Arc<Shared>, workers: usize, teller: &mut Teller<'_>) -> (Summary, Exit) {
    let mut summary = Summary::default();
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    // Polled once before anything is sent: from here on ctrl-c ends in a summary.
    tokio::select! {
        biased;
        _ = &mut interrupt => return (summary, Exit::Interrupted),
        () = std::future::ready(()) => {}
    }
    let mut finished = start(shared, workers);
    loop {
        let next = tokio::select! {
            biased;
            next = finished.recv() => next,
            _ = &mut interrupt => return (summary, Exit::Interrupted),
        };
        let Some((n, call)) = next else {
            let exit = summary.exit();
            return (summary, exit);
        };
        summary.add(&call);
        teller.tell(n, &call);
    }
}

/// The workers, and where finished calls come out.
fn start(shared: &Arc<Shared>, workers: usize) -> mpsc::UnboundedReceiver<(usize, Finished)> {
    let (sender, receiver) = mpsc::unbounded_channel();
    for _ in 0..workers {
        let (shared, sender) = (Arc::clone(shared), sender.clone());
        tokio::spawn(async move {
            loop {
                let n = shared.next.fetch_add(1, Ordering::Relaxed);
                if n >= shared.total {
                    return;
                }
                let template = &shared.templates[n % shared.templates.len()];
                let call = call(n + 1, template, &shared.client, &shared.sink).await;
                if sender.send((n + 1, call)).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// Says how calls ended.
struct Teller<'a> {
    output: &'a Output,
    progress: &'a Progress,
    /// Whether each call is told, or only what is new among the errors.
    each: bool,
    quiet: bool,
    numbered: bool,
    /// What was said already.
    advised: BTreeSet<String>,
}

impl Teller<'_> {
    fn tell(&mut self, n: usize, call: &Finished) {
        self.progress.step(call.end.exit() != Exit::Success);
        let output = self.output;
        if output.json {
            if !self.quiet {
                self.progress.tell(output, as_json(n, call));
            }
            return;
        }
        let shown = self.each && !self.quiet;
        let label = match self.numbered {
            true => format!("#{n} "),
            false => String::new(),
        };
        let tell = |line: &str| self.progress.tell(output, format_args!("{label}{line}"));
        match &call.end {
            End::Status(status, None) if shown => {
                let status = output.beside(status.as_str(), Colour::Good);
                tell(&format!("{status}: {}", call.record));
            }
            End::Status(_, None) => {}
            End::Status(_, Some(advice)) => {
                if shown {
                    tell(&call.record.to_string());
                }
                if self.advised.insert(advice.summary()) {
                    tell(&output.beside(advice, Colour::Warning));
                }
            }
            End::Failed(_, text) => {
                if self.advised.insert(text.clone()) || self.each {
                    tell(&output.beside(text, Colour::Bad));
                }
                if shown {
                    tell(&call.record.to_string());
                }
            }
        }
    }
}

fn as_json(n: usize, call: &Finished) -> serde_json::Value {
    let (status, advice, error) = match &call.end {
        End::Status(status, advice) => (
            Some(status.as_u16()),
            advice.as_ref().map(|advice| advice.summary()),
            None,
        ),
        End::Failed(_, text) => (None, None, Some(text)),
    };
    json!({
        "event": "call",
        "call": n,
        "status": status,
        "error": error,
        "advice": advice,
        "record": call.record.to_string(),
        "attempts": call.record.attempt_count(),
        "waited_ms": millis(call.record.waited()),
        "took_ms": millis(call.took),
        "body_bytes": call.body_bytes,
        "exit": call.end.exit() as u8,
    })
}
