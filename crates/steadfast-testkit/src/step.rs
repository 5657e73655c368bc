//! One step of a script: what happens to one request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::log::Received;

/// What happens to one request: an answer, whole or broken, or none.
///
/// Made from a status (`Step::from(503)`) or by one of the constructors, then refined by the
/// setters. A setter that speaks of an answer changes nothing on a step that never answers
/// ([`reset`](Step::reset), [`silence`](Step::silence), ...).
///
/// ```
/// use std::time::Duration;
/// use steadfast_testkit::Step;
///
/// let step = Step::from(429).retry_after(2).json(r#"{"error":"slow down"}"#);
/// let half = Step::from(200).body_len(1000).half_body().rst();
/// let late = Step::reset().delay(Duration::from_secs(3));
/// # let _ = (step, half, late);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Step {
    pub(crate) act: Act,
    pub(crate) delay: Duration,
}

/// The closed set of things a step can do.
#[derive(Clone)]
pub(crate) enum Act {
    Answer(Box<Answer>),
    Reset,
    Fin,
    Silence,
    Hang,
    Refuse,
    Dynamic(Arc<dyn Fn(&Received) -> Step + Send + Sync>),
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => answer.fmt(f),
            Self::Reset => f.write_str("Reset"),
            Self::Fin => f.write_str("Fin"),
            Self::Silence => f.write_str("Silence"),
            Self::Hang => f.write_str("Hang"),
            Self::Refuse => f.write_str("Refuse"),
            Self::Dynamic(_) => f.write_str("Dynamic(..)"),
        }
    }
}

/// An answer with a head, and perhaps less than all of its body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Bytes, Bytes)>,
    pub(crate) body: Bytes,
    pub(crate) chunked: bool,
    pub(crate) drip: Option<Drip>,
    pub(crate) cut: Option<Cut>,
    pub(crate) end: End,
}

/// A body written in pieces with waits between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drip {
    pub(crate) chunk: usize,
    pub(crate) every: Duration,
}

/// Where a body stops short.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    At(usize),
    Half,
}

/// What becomes of the connection after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Keep,
    Fin,
    Rst,
    Hang,
}

impl Answer {
    fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            chunked: false,
            drip: None,
            cut: None,
            end: End::Keep,
        }
    }

    /// The part of the body that is sent.
    pub(crate) fn sent(&self) -> Bytes {
        match self.cut {
            None => self.body.clone(),
            Some(Cut::At(n)) => self.body.slice(..n.min(self.body.len())),
            Some(Cut::Half) => self.body.slice(..self.body.len() / 2),
        }
    }

    /// Whether the body stops before its end. One in chunks ends with a mark that a cut leaves out.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.is_some() && (self.chunked || self.sent().len() < self.body.len())
    }

    /// RFC 9110, 6.4.1: no body after HEAD, 1xx, 204 and 304.
    pub(crate) fn has_body(&self, method: &http::Method) -> bool {
        *method != http::Method::HEAD && !self.is_bodiless()
    }

    /// All header lines, with the one that says how long the body is.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Bytes, Bytes)> {
        let mut lines = self.headers.clone();
        let framed = lines.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case(b"content-length")
                || name.eq_ignore_ascii_case(b"transfer-encoding")
        });
        if !framed && !self.is_bodiless() {
            lines.push(if self.chunked {
                (
                    Bytes::from_static(b"transfer-encoding"),
                    Bytes::from_static(b"chunked"),
                )
            } else {
                let length = self.body.len().to_string();
                (Bytes::from_static(b"content-length"), Bytes::from(length))
            });
        }
        lines.into_iter()
    }

    fn is_bodiless(&self) -> bool {
        matches!(self.status, 100..=199 | 204 | 304)
    }
}

// ===== impl Step =====

impl Step {
    fn acting(act: Act) -> Self {
        Self {
            act,
            delay: Duration::ZERO,
        }
    }

    /// An answer with this status, no header and no body.
    ///
    /// Any number is sent on a socket; a [`Transport`](crate::Transport) can only express 100 to
    /// 999 and fails with [`Malformed`](crate::TransportErrorKind::Malformed) otherwise.
    pub fn status(status: u16) -> Self {
        Self::acting(Act::Answer(Box::new(Answer::new(status))))
    }

    /// Reads the request, then resets the connection (RST): nothing of an answer is sent.
    pub fn reset() -> Self {
        Self::acting(Act::Reset)
    }

    /// Reads the request, then closes the connection (FIN): nothing of an answer is sent.
    ///
    /// In a [`script!`](crate::script) it is the word `fin`.
    pub fn closed() -> Self {
        Self::acting(Act::Fin)
    }

    /// Reads the request and never answers; the connection stays open.
    pub fn silence() -> Self {
        Self::acting(Act::Silence)
    }

    /// Reads the head of the request and nothing after it, and never answers.
    ///
    /// Differs from [`silence`](Self::silence) for large request bodies only: their sender is stuck in
    /// its writes. In a [`script!`](crate::script) it is the word `hang`.
    pub fn unread() -> Self {
        Self::acting(Act::Hang)
    }

    /// The connection is refused: for a [`Transport`](crate::Transport) only.
    ///
    /// A server has accepted its connection long before a step is chosen, so there it acts as
    /// [`reset`](Self::reset); for a refused connection on a socket see
    /// [`refused_port`](crate::refused_port()).
    pub fn refuse() -> Self {
        Self::acting(Act::Refuse)
    }

    /// A step chosen by looking at the request, body included.
    ///
    /// A step that the closure returns may be dynamic itself.
    ///
    /// ```
    /// use steadfast_testkit::Step;
    ///
    /// // Every third request of the script fails.
    /// let step = Step::dynamic(|request| if request.n % 3 == 2 { 503 } else { 200 });
    /// # let _ = step;
    /// ```
    pub fn dynamic<S: Into<Self>>(choose: impl Fn(&Received) -> S + Send + Sync + 'static) -> Self {
        Self::acting(Act::Dynamic(Arc::new(move |request| {
            choose(request).into()
        })))
    }

    /// Waits, on the runtime's clock, between the request's end and whatever the step does.
    ///
    /// Default: no wait. On a dynamic step the wait comes before the one of the chosen step.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn answer(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        if let Act::Answer(answer) = &mut self.act {
            change(answer);
        }
        self
    }

    /// Adds a header line, byte for byte: on a socket nothing is checked.
    ///
    /// `Content-Length` and `Transfer-Encoding` given here replace the ones that would be written.
    pub fn header(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let line = (
            Bytes::copy_from_slice(name.as_ref()),
            Bytes::copy_from_slice(value.as_ref()),
        );
        self.answer(|answer| answer.headers.push(line))
    }

    /// `Retry-After` in seconds (RFC 9110, 10.2.3).
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// `retry-after-ms`, in milliseconds.
    pub fn retry_after_ms(self, milliseconds: u64) -> Self {
        self.header("retry-after-ms", milliseconds.to_string())
    }

    /// The body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        self.answer(|answer| answer.body = body)
    }

    /// A body of this many bytes, all of them `x`.
    pub fn body_len(self, len: usize) -> Self {
        self.body(vec![b'x'; len])
    }

    /// A JSON body with its `Content-Type`: a string, or a value such as `serde_json::json!` makes.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a value is what `json!` gives"
    )]
    pub fn json(self, json: impl ToString) -> Self {
        self.header("content-type", "application/json")
            .body(json.to_string())
    }

    /// The body in chunked transfer coding, without `Content-Length`.
    pub fn chunked(self) -> Self {
        self.answer(|answer| answer.chunked = true)
    }

    /// The body in pieces of `chunk` bytes (at least 1), `every` so often; the first one at once.
    pub fn drip(self, chunk: usize, every: Duration) -> Self {
        self.answer(|answer| {
            answer.drip = Some(Drip {
                chunk: chunk.max(1),
                every,
            })
        })
    }

    /// Closes the connection after the whole answer, and says so (`Connection: close`).
    pub fn close(self) -> Self {
        self.header("connection", "close")
            .answer(|answer| answer.end = End::Fin)
    }

    /// Announces the whole body and sends its first `n` bytes only.
    ///
    /// Then the connection is closed; [`rst`](Self::rst) or [`hang`](Self::hang) say
    /// otherwise.
    pub fn cut(self, n: usize) -> Self {
        self.cut_at(Cut::At(n))
    }

    /// Announces the whole body and sends the first half of it only. See [`cut`](Self::cut).
    pub fn half_body(self) -> Self {
        self.cut_at(Cut::Half)
    }

    fn cut_at(self, cut: Cut) -> Self {
        self.answer(|answer| {
            answer.cut = Some(cut);
            if answer.end == End::Keep {
                answer.end = End::Fin;
            }
        })
    }

    /// Closes the connection (FIN) after what was sent of the answer, without announcing it.
    pub fn fin(self) -> Self {
        self.answer(|answer| answer.end = End::Fin)
    }

    /// Resets the connection (RST) after what was sent of the answer.
    pub fn rst(self) -> Self {
        self.answer(|answer| answer.end = End::Rst)
    }

    /// Leaves the connection open and silent after what was sent of the answer.
    pub fn hang(self) -> Self {
        self.answer(|answer| answer.end = End::Hang)
    }

    /// Sends the head and resets the connection. Without a body one of a byte is announced.
    pub fn reset_after_head(self) -> Self {
        self.head_only().rst()
    }

    /// Sends the head and closes the connection. Without a body one of a byte is announced.
    pub fn fin_after_head(self) -> Self {
        self.head_only().fin()
    }

    /// Sends the head and then nothing. Without a body one of a byte is announced.
    pub fn hang_after_head(self) -> Self {
        self.head_only().hang()
    }

    fn head_only(self) -> Self {
        self.cut(0).answer(|answer| {
            // An answer without a body would be complete with its head.
            if answer.body.is_empty() {
                answer.body = Bytes::from_static(b"x");
            }
        })
    }
}

impl From<u16> for Step {
    fn from(status: u16) -> Self {
        Self::status(status)
    }
}

impl From<http::StatusCode> for Step {
    fn from(status: http::StatusCode) -> Self {
        Self::status(status.as_u16())
    }
}
