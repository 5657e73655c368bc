//! The texts, one file per thing that can be wrong.

mod access;
mod gateway;
mod pace;
mod request;
mod resource;
mod server;

use super::{Helps, Side};

/// What is known of a status by itself.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) code: u16,
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
    pub(super) side: Side,
    pub(super) causes: &'static [&'static str],
    pub(super) next: &'static [&'static str],
    pub(super) waiting_helps: Helps,
    pub(super) repeating_helps: Helps,
}

/// A quota that is used up, whatever the status.
pub(super) const QUOTA_SPENT: &Text = &pace::QUOTA_SPENT;
/// A 403 that is a rate limit.
pub(super) const LIMIT_IN_DISGUISE: &Text = &pace::LIMIT_IN_DISGUISE;

/// A status above 599.
pub(super) const INVALID: &Text = &server::INVALID;

/// What is said of a status that is no error.
const NO_ERROR: &Text = &Text {
    code: 200,
    title: "No error",
    meaning: "this status does not mean that something went wrong",
    side: Side::Either,
    causes: &[],
    next: &[],
    waiting_helps: Helps::No,
    repeating_helps: Helps::No,
};

/// Every text that belongs to one status.
pub(super) fn all() -> impl Iterator<Item = &'static Text> {
    [
        request::TEXTS,
        access::TEXTS,
        resource::TEXTS,
        pace::TEXTS,
        server::TEXTS,
        gateway::TEXTS,
    ]
    .into_iter()
    .flatten()
}

/// The text of this status, or of its class.
pub(super) fn find(code: u16) -> &'static Text {
    let by_class = match code {
        400..=499 => &request::OTHER,
        500..=599 => &server::OTHER,
        600.. => INVALID,
        _ => NO_ERROR,
    };
    all().find(|text| text.code == code).unwrap_or(by_class)
}

#[cfg(test)]
mod tests;
