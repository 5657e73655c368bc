//! One call, from its request to the last byte of its answer.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Response, Url};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::advice::{Advice, AdviceReport, Facts};
use steadfast::hint::{Hints, spent_quota};
use steadfast::record::Stop;
use steadfast::{Error, ErrorKind, Record, RequestBuilderExt};
use tracing::Instrument;

use super::body::Sink;
use super::request::Template;
use crate::clock;
use crate::exit::Exit;

/// How a call went.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) record: Record,
    pub(super) end: End,
    pub(super) took: Duration,
    pub(super) body_bytes: u64,
}

/// How a call ended.
#[derive(Debug)]
pub(super) enum End {
    /// With an answer. What is to be said about it, where it is an error.
    Status(StatusCode, Option<Box<AdviceReport>>),
    /// Without one, or with one that broke off.
    Failed(Exit, String),
}

impl End {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Status(_, None) => Exit::Success,
            Self::Status(_, Some(_)) => Exit::Http,
            Self::Failed(exit, _) => *exit,
        }
    }
}

/// Makes a call. `n` is its number, for those who watch.
pub(super) async fn call(
    n: usize,
    template: &Template,
    client: &ClientWithMiddleware,
    sink: &Sink,
) -> Finished {
    let started = clock::now();
    let span = tracing::info_span!(target: "steadfast_cli", "call", n);
    let (record, result) = template
        .to_request(client)
        .send_recorded()
        .instrument(span)
        .await;
    let mut body_bytes = 0;
    let end = match result {
        Ok(response) => {
            let (status, advice) = (response.status(), advice(&response, template));
            match read(response, sink, &mut body_bytes).await {
                Ok(()) => End::Status(status, advice.map(Box::new)),
                Err(end) => end,
            }
        }
        Err(error) => {
            let error = Error::from(error);
            End::Failed(exit(error.kind(), record.stop()), error.to_string())
        }
    };
    let took = clock::now().duration_since(started);
    Finished {
        record,
        end,
        took,
        body_bytes,
    }
}

fn exit(kind: ErrorKind, stop: Stop) -> Exit {
    match (kind, stop) {
        (ErrorKind::InvalidRequest, _) => Exit::Usage,
        (_, Stop::Refused(_)) => Exit::Refused,
        _ => Exit::Transport,
    }
}

fn advice(response: &Response, template: &Template) -> Option<AdviceReport> {
    let status = response.status();
    if status.as_u16() < 400 {
        return None;
    }
    let headers = response.headers();
    let path = path_of(&template.url);
    let facts = Facts::new(status, headers)
        .method(&template.method)
        .path(&path)
        .request_headers(&template.headers)
        .hints(Hints::read_refusal(status, headers, clock::wall))
        .quota(spent_quota(&[], headers));
    Some(Advice::about(&facts))
}

fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Reads the body to its end, or for as long as anybody wants it.
async fn read(mut response: Response, sink: &Sink, bytes: &mut u64) -> Result<(), End> {
    let unwritten = |text| End::Failed(Exit::Usage, text);
    let mut whole = Vec::new();
    sink.write(&[]).map_err(unwritten)?;
    loop {
        match response.chunk().await {
            Ok(Some(part)) => {
                *bytes += part.len() as u64;
                if sink.streams {
                    sink.write(&part).map_err(unwritten)?;
                } else if sink.keeps() {
                    whole.extend_from_slice(&part);
                }
            }
            Ok(None) => break,
            Err(error) => {
                let error = Error::from(error);
                return Err(End::Failed(Exit::Transport, error.to_string()));
            }
        }
        if !sink.is_open() {
            return Ok(());
        }
    }
    sink.write(&whole).map_err(unwritten)
}
