//! What goes wrong inside the server: 500, 501, 505 to 508, 510.

use super::Text;
use crate::advice::{
    Helps::{No, Sometimes},
    Side,
};

pub(super) const TEXTS: &[Text] = &[
    Text {
        code: 500,
        title: "Internal Server Error",
        meaning: "the server failed at its work; the cause may still be in the request",
        side: Side::Server,
        causes: &[
            "a bug, or something behind the server that failed: a database, a queue, a disk",
            "a value that the server did not expect and did not check: empty, huge, of an odd form",
            "a release that went wrong a moment ago",
        ],
        next: &[
            "repeat it once if it may be repeated: part of it may have been carried out",
            "if only this request fails, take things out of it until it passes",
            "report it to the provider with the time and the request id",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 501,
        title: "Not Implemented",
        meaning: "the server does not know this method: it is not there yet, here or at all",
        side: Side::Either,
        causes: &[
            "the operation is announced or documented, but not released in this version or region",
            "the method name is misspelt or not known to the server (PATCH, QUERY, LINK)",
            "a header asks for a feature that the server lacks (S3: some conditions and encodings)",
        ],
        next: &[
            "look in the changelog for the version that brings it, and in the path for the version \
             that is called",
            "use another method or operation; the Allow header may name some",
            "come back after a release, not after a pause: nothing changes until then",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 505,
        title: "HTTP Version Not Supported",
        meaning: "the server does not speak this version of HTTP",
        side: Side::Either,
        causes: &[
            "the client was told to use HTTP/2 or HTTP/3 without asking the server first",
            "an unencoded space in the URL, which cuts the request line in two",
        ],
        next: &[
            "let the client negotiate the version",
            "check that the URL is encoded",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 506,
        title: "Variant Also Negotiates",
        meaning: "the server is set up wrongly: its choice among variants never ends (RFC 2295)",
        side: Side::Server,
        causes: &["a mistake in the server's content negotiation"],
        next: &[
            "ask for one exact type and language",
            "tell whoever runs the server",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 507,
        title: "Insufficient Storage",
        meaning: "the server has no room to store this (RFC 4918)",
        side: Side::Server,
        causes: &[
            "the account's storage is full",
            "the server's own disk is full",
        ],
        next: &[
            "delete something or buy more space",
            "tell whoever runs the server",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 508,
        title: "Loop Detected",
        meaning: "the server went round in circles while it worked on the request (RFC 5842)",
        side: Side::Server,
        causes: &["folders, links or proxies that lead back to themselves"],
        next: &[
            "ask for a smaller part, or less depth",
            "tell whoever runs the server",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 510,
        title: "Not Extended",
        meaning: "the server wants an extension that was not declared (RFC 2774, historic)",
        side: Side::Caller,
        causes: &["a very old or very special server"],
        next: &["read the body of the response for what is wanted"],
        waiting_helps: No,
        repeating_helps: No,
    },
];

/// Any other 5xx.
pub(super) const OTHER: Text = Text {
    code: 500,
    title: "Server Error",
    meaning: "the server or a gateway failed, for a reason with no standard name",
    side: Side::Server,
    causes: &["a status of this API's own, or of a gateway or CDN in front of it"],
    next: &[
        "look the status up in the documentation of the API and of its CDN",
        "until you know more, handle it as 500: repeat once if it may be repeated, then report it",
    ],
    waiting_helps: Sometimes,
    repeating_helps: Sometimes,
};

/// A status above 599 (RFC 9110 section 15).
pub(super) const INVALID: Text = Text {
    code: 600,
    title: "Invalid Status",
    meaning: "no status of HTTP: those end at 599, and RFC 9110 says to treat this one like a 5xx",
    side: Side::Server,
    causes: &[
        "a filter against bots that answers so on purpose (999)",
        "a server, a script or a gateway that invents statuses",
    ],
    next: &[
        "look at the body and at the documentation of the API for what it means",
        "no policy retries it by default: if it is temporary, give `600..` a rule",
    ],
    waiting_helps: Sometimes,
    repeating_helps: Sometimes,
};
