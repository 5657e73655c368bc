//! Which policy a request gets: patterns of method, scheme, host, port and path.
//!
//! [`Pattern`] says what a pattern reads and which of several wins. The rule looks at the patterns alone, never at the
//! order in which they were given: a list of policies comes from several hands and files, and a line that is moved must
//! not change what happens. So two patterns of which neither can win are refused.
//!
//! # What a lookup costs
//!
//! A hash for the host, one more for each label where there are `*.` hosts, then one for each segment of the path, and
//! again for what is tried after a segment that leads nowhere. Nothing is allocated, and what other hosts have is not
//! looked at. Patterns that differ in nothing but method, scheme and port are tried in turn.

mod choice;
mod filter;
mod host;
mod hosts;
mod invalid;
mod parse;
mod path;
mod paths;
mod pattern;
mod routes;
mod segment;

pub use invalid::InvalidPattern;
pub use pattern::Pattern;
pub use routes::Routes;

#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
