//! Transport errors of a `POST` that were met after it may have reached a server.
//!
//! A connection that is refused says of itself that nothing was sent. But an attempt before it may have been carried out,
//! or it was refused where a redirect led. Such an error has to say so, and has to stay the `reqwest::Error` that it is,
//! since people ask it `is_connect()`. There is one thing that can be changed in it: the fragment of its URL, which is
//! never sent. Shown, the error reads `... for url (https://api.example.com/orders#may-have-been-sent)`.

use reqwest_middleware::Error;
use steadfast_core::{FailureKind, Reach, Record, repeatable};
use steadfast_tower::failure_kind;

const MARK: &str = "may-have-been-sent";

/// Marks the error that ends a call, if it says less than its record. An idempotent method does no harm in any case, so its
/// errors stay as they are.
pub(crate) fn mark(mut error: Error, record: &Record) -> Error {
    if let Error::Reqwest(transport) = &mut error {
        let idempotent = record.method().is_none_or(repeatable::idempotent);
        let kind: FailureKind = failure_kind(transport);
        if !idempotent && kind.reach() == Reach::NotSent && record.may_have_been_sent() {
            if let Some(url) = transport.url_mut() {
                url.set_fragment(Some(MARK));
            }
        }
    }
    error
}

pub(crate) fn is_marked(error: &reqwest::Error) -> bool {
    error.url().and_then(reqwest::Url::fragment) == Some(MARK)
}
