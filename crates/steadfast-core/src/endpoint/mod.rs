//! Which policy a request gets: patterns of method, scheme, host, port and path.
//!
//! A pattern reads `[METHOD[,METHOD…] ][scheme://]host[:port][/path]`:
//!
//! | part | reads | without it |
//! |---|---|---|
//! | methods | `GET`, or `GET,HEAD` | any method |
//! | scheme | `http` or `https` | either |
//! | host | `api.example.com`, `[::1]`, or `*.example.com`: one or more labels more, not the bare `example.com` | |
//! | port | `8443` | the default port of the URL's scheme |
//! | path | segments: `items` is itself, `{id}` is any one segment that is not empty; a last `/**` is any rest, also none | everything on the host |
//!
//! # Which pattern wins
//!
//! Of the patterns that match a request the most specific one wins. What stands further left here counts first:
//!
//! 1. **Host**: an exact one before `*.`; of two `*.`, the longer.
//! 2. **Path**, segment by segment from the left: a literal before `{…}` before `**`; a path that ends before one that
//!    goes on with `/**`.
//! 3. **Methods**: a list before none, a shorter list before a longer one.
//! 4. **Scheme**: one that names it before one that does not.
//! 5. **Port**: the same.
//!
//! So `/v1/{id}/**` beats `/v1/**`, and `/v1/me/**` beats `/v1/{id}/posts` for `/v1/me/posts`. The order in which patterns
//! are given decides nothing: two that match some same request and are equally specific are a mistake that
//! [`Routes::build`] reports, with both of them.
//!
//! # How URLs are compared
//!
//! * **Letters**: hosts and schemes in any case; methods and paths as they are.
//! * **Percent-encoding**: `%7e` is `~` and `%c3%a9` is `%C3%A9` (RFC 3986, 6.2.2), in pattern and URL alike; what URLs
//!   have to encode may stand in a pattern as it is (`/café`). `%2F` never divides segments.
//! * **Slashes**: `/a` and `/a/` differ; `/a/**` is both. An empty path is `/`. A URL's `//` has an empty segment inside,
//!   which only `**` matches; a pattern with one is refused.
//! * **Dots**: `.` and `..` are refused in a pattern, as clients resolve them before they send. In a URL that still has
//!   them, they are segments like others.
//! * **Ports**: `https://x.com:443` is `https://x.com`.
//! * **Addresses**: IPv6 in brackets, in any spelling; IPv4 in full. A name with a dot at its end is another name.
//! * **Length**: a pattern's path has at most 128 segments, and each at most 1,024 bytes in percent-encoding.
//! * **Userinfo, query and fragment** are refused in a pattern and not looked at in a URL.
//!
//! # What a lookup costs
//!
//! A hash for the host, one more for each label where there are `*.` hosts, then one for each segment of the path, and
//! again for what is tried after a `{…}` that leads nowhere. Nothing is allocated, and what other hosts have is not looked at. Patterns that differ in nothing but
//! method, scheme and port are tried in turn.

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
