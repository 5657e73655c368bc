//! What time it is for the server that answered.
//!
//! A moment that a server names is read against the clock that it was read from: the response's own
//! `Date`. So a client whose clock is wrong waits right. The wall clock is the second choice, asked
//! only when it is needed, and at most once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use super::asked::{self, Asked};
use super::retry_after::LONGEST;

/// Now, found out when it is first needed.
#[derive(Debug)]
pub(super) struct Clock<'h, W> {
    date: Option<&'h HeaderValue>,
    wall: Option<W>,
    now: Option<Now>,
}

/// The time since the Unix epoch, and whose clock says so.
#[derive(Clone, Copy, Debug)]
enum Now {
    Server(Duration),
    Client(Duration),
}

// ===== impl Clock =====

impl<'h, W: FnOnce() -> SystemTime> Clock<'h, W> {
    /// `aged`: the response has an `Age`, so its `Date` is when a cache stored it (RFC 9111 section
    /// 5.1) and says nothing of now.
    pub(super) fn new(date: Option<&'h HeaderValue>, aged: bool, wall: W) -> Self {
        Self {
            date: date.filter(|_| !aged),
            wall: Some(wall),
            now: None,
        }
    }

    /// The wait from now on, at most [`LONGEST`]; zero for a moment in the past. By the wall clock
    /// it is rounded up to a full second, since the clocks may differ.
    pub(super) fn wait(&mut self, asked: Asked) -> Duration {
        let wait = match asked {
            Asked::For(span) => span,
            Asked::Until(moment) => match self.now() {
                Now::Server(now) => moment.saturating_sub(now),
                Now::Client(now) => full_seconds(moment.saturating_sub(now)),
            },
        };
        wait.min(LONGEST)
    }

    fn now(&mut self) -> Now {
        let (date, wall) = (self.date, &mut self.wall);
        *self.now.get_or_insert_with(|| {
            let server = date.and_then(|date| asked::date(date.as_bytes()));
            match (server, wall.take()) {
                (None, Some(wall)) => {
                    Now::Client(wall().duration_since(UNIX_EPOCH).unwrap_or_default())
                }
                (server, _) => Now::Server(server.unwrap_or_default()),
            }
        })
    }
}

fn full_seconds(wait: Duration) -> Duration {
    let started = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs(wait.as_secs() + started)
}
