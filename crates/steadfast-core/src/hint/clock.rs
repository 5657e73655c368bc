//! What time it is for the server that answered.
//!
//! A moment that a server names is read against the clock that it was read from: the response's own
//! `Date`. So a client whose clock is wrong waits right. The wall clock is the second choice, asked
//! only when it is needed, and at most once.
//!
//! An answer with an `Age` comes from a cache: its `Date` is when it was stored, so a moment is read against the wall
//! clock, and a span of time began when the answer was made.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use super::asked::{self, Asked};
use super::number::Number;
use super::retry_after::LONGEST;

/// Now, found out when it is first needed.
#[derive(Debug)]
pub(super) struct Clock<'h, W> {
    date: Option<&'h HeaderValue>,
    age: Option<&'h HeaderValue>,
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
    /// Of a response with these headers (RFC 9111 section 5.1).
    pub(super) fn new(
        date: Option<&'h HeaderValue>,
        age: Option<&'h HeaderValue>,
        wall: W,
    ) -> Self {
        Self {
            date: date.filter(|_| age.is_none()),
            age,
            wall: Some(wall),
            now: None,
        }
    }

    /// The wait from now on, at most [`LONGEST`]; zero for a moment in the past. By the wall clock
    /// it is rounded up to a full second, since the clocks may differ.
    pub(super) fn wait(&mut self, asked: Asked) -> Duration {
        let wait = match asked {
            Asked::For(span) => span.saturating_sub(self.age()),
            Asked::Until(moment) => match self.now() {
                Now::Server(now) => moment.saturating_sub(now),
                Now::Client(now) => full_seconds(moment.saturating_sub(now)),
            },
        };
        wait.min(LONGEST)
    }

    /// How long ago the answer was made; anything but a number is ignored.
    fn age(&self) -> Duration {
        let age = self.age.map(|age| age.as_bytes().trim_ascii());
        age.and_then(Number::parse)
            .map_or(Duration::ZERO, Asked::seconds)
    }

    fn now(&mut self) -> Now {
        let (date, wall) = (self.date, &mut self.wall);
        *self.now.get_or_insert_with(|| {
            let server = date.and_then(|date| asked::moment(date.as_bytes()));
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
