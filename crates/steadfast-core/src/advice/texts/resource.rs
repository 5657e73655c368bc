//! What is wrong with the thing that was asked for: 404, 409, 410, 412 and similar ones.

use super::Text;
use crate::advice::{
    Helps::{No, Sometimes, Yes},
    Side,
};

pub(super) const TEXTS: &[Text] = &[
    Text {
        code: 404,
        title: "Not Found",
        meaning: "nothing is at this address, or nothing that this caller may see",
        side: Side::Caller,
        causes: &[
            "a typo in the path, or a value in it that is empty or was never filled in",
            "the API moved or changed its version: what was /v1/ is /v2/ now",
            "the object was deleted, or lives in another environment, region or account",
            "the server hides what the caller may not see (GitHub: private repositories)",
        ],
        next: &[
            "compare the host and path with the documentation, character by character",
            "list the collection above it to see which objects there are",
            "try a credential that certainly may see it, to tell missing from hidden",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 409,
        title: "Conflict",
        meaning: "the request contradicts the present state of the thing it wants to change",
        side: Side::Caller,
        causes: &[
            "somebody else changed or created the same thing in the meantime",
            "the name or id is taken already, perhaps by an earlier attempt that did succeed",
            "a request with the same idempotency key is still running",
        ],
        next: &[
            "read the thing anew, and decide on what is there now",
            "with an idempotency key, repeat later with the same key",
        ],
        waiting_helps: Sometimes,
        repeating_helps: No,
    },
    Text {
        code: 410,
        title: "Gone",
        meaning: "it was here and has been removed for good",
        side: Side::Caller,
        causes: &[
            "the object was deleted, or a link, cursor or upload has expired",
            "this version of the API has been switched off",
        ],
        next: &[
            "forget the address: it will not come back",
            "look for a successor in the body, the Link header and the API's changelog",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 412,
        title: "Precondition Failed",
        meaning: "a condition in the request's own headers does not hold, so nothing was done",
        side: Side::Caller,
        causes: &[
            "If-Match carries an old ETag: somebody changed the thing since it was read",
            "If-None-Match: * was sent to create something that exists already",
        ],
        next: &["read the thing anew, apply the change to it, and send its new ETag"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 423,
        title: "Locked",
        meaning: "the thing is locked by somebody (RFC 4918)",
        side: Side::Caller,
        causes: &[
            "another user or job is editing it, or left a lock behind",
            "an account was locked after failed logins",
        ],
        next: &["wait for the lock to end, or have its owner release it"],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 424,
        title: "Failed Dependency",
        meaning: "another request that this one depends on has failed (RFC 4918)",
        side: Side::Caller,
        causes: &["an earlier step of a batch, or a service that the API calls, did not succeed"],
        next: &["find the step that failed first, and deal with its error"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 425,
        title: "Too Early",
        meaning: "the request came in TLS early data, which could be replayed (RFC 8470)",
        side: Side::Between,
        causes: &["the TLS connection was resumed with 0-RTT, and the request went out with it"],
        next: &["repeat it after the handshake, whatever its method: it was not processed"],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
    Text {
        code: 428,
        title: "Precondition Required",
        meaning: "the server wants to know on which state this change is based (RFC 6585)",
        side: Side::Caller,
        causes: &["If-Match is missing: the API guards against changes that get lost"],
        next: &["read the thing first, and send its ETag as If-Match with the change"],
        waiting_helps: No,
        repeating_helps: No,
    },
];
