//! How a limit stands, for people.

/// How the concurrency limit of a scope stands, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConcurrencyView {
    /// How many attempts may be under way at once. An adaptive limit may have been higher a moment ago.
    pub limit: u32,
    /// Whether the limit is found out.
    pub is_adaptive: bool,
    /// How many attempts have a permit.
    pub in_flight: u32,
    /// How many of them are responses whose body has not been read to its end.
    pub unread: u32,
    /// How many attempts wait.
    pub waiting: usize,
}
