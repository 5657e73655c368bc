//! The kinds of failures.

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The server answered with an error status.
    Status,
    /// No answer in time, by reqwest's timeouts or a limit of the policy.
    Timeout,
    /// No connection: refused, not found, or not in time.
    Connect,
    /// The certificate or the handshake was refused.
    Tls,
    /// The rate limit of this client refused the call; nothing was sent.
    RateLimited,
    /// The server had closed this scope for longer than the call may wait; nothing was sent.
    GateClosed,
    /// The user's quota of a day, week or month is spent; nothing was sent.
    QuotaSpent,
    /// The connection broke after the request was sent, or the body ended early.
    Interrupted,
    /// The body could not be decoded.
    Decode,
    /// The request, or what was said about this call, makes no sense.
    InvalidRequest,
    /// Too many redirects.
    Redirect,
    /// Another middleware in the chain failed it.
    Middleware,
    /// Anything else.
    Other,
}
