//! What goes wrong between a gateway and the server behind it: 502, 504, and what nginx and
//! Cloudflare added to them.

use super::Text;
use crate::advice::{
    Helps::{No, Sometimes, Yes},
    Side,
};

pub(super) const TEXTS: &[Text] = &[
    Text {
        code: 499,
        title: "Client Closed Request",
        meaning: "the caller hung up before the answer was there (a status of nginx)",
        side: Side::Between,
        causes: &[
            "a timeout of the client, or of a proxy before the server, is shorter than the work",
        ],
        next: &["ask for less at once, or allow more time"],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 502,
        title: "Bad Gateway",
        meaning: "a gateway got no usable answer from the server behind it",
        side: Side::Between,
        causes: &[
            "the server behind it is restarting, crashed, or is being released",
            "it closed the connection in the middle, or refused it",
            "its answer was not HTTP, or its headers were larger than the gateway reads",
        ],
        next: &[
            "repeat it after a pause, if it may be repeated: the server may have carried it out",
            "if only this request gets it, suspect the request: it may crash the server",
            "look at the provider's status page when it lasts for minutes",
        ],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
    Text {
        code: 504,
        title: "Gateway Timeout",
        meaning: "a gateway gave up waiting for the server; often too much was asked at once",
        side: Side::Between,
        causes: &[
            "too much at once: a large page, a wide range of dates, a heavy report or export",
            "the server is slow at the moment: overloaded, or waiting for something itself",
            "the gateway's limit, often 30 or 60 s, is shorter than this work always takes",
        ],
        next: &[
            "ask for less: smaller pages, a narrower range, fewer fields, several requests",
            "look for a form that starts the work and lets you poll for its result",
            "before repeating a change, see whether it was made: the work may have gone on",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 520,
        title: "Web Server Returned an Unknown Error",
        meaning: "Cloudflare got an empty or odd answer from the server behind it",
        side: Side::Between,
        causes: &[
            "the server crashed in the middle",
            "its headers or cookies are too large",
        ],
        next: &[
            "repeat it after a pause, if it may be repeated",
            "report it with the cf-ray id",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Yes,
    },
    Text {
        code: 521,
        title: "Web Server Is Down",
        meaning: "the server behind Cloudflare refused the connection",
        side: Side::Server,
        causes: &["it is down or restarting", "its firewall blocks Cloudflare"],
        next: &[
            "wait and repeat",
            "tell whoever runs the server when it lasts",
        ],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
    Text {
        code: 522,
        title: "Connection Timed Out",
        meaning: "Cloudflare could not connect to the server behind it in time",
        side: Side::Between,
        causes: &[
            "the server is overloaded or unreachable",
            "its firewall drops packets",
        ],
        next: &[
            "wait and repeat",
            "tell whoever runs the server when it lasts",
        ],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
    Text {
        code: 523,
        title: "Origin Is Unreachable",
        meaning: "Cloudflare found no way to the server behind it",
        side: Side::Between,
        causes: &[
            "a wrong DNS entry for the server",
            "a broken route in the network",
        ],
        next: &[
            "wait and repeat",
            "tell whoever runs the server when it lasts",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Yes,
    },
    Text {
        code: 524,
        title: "A Timeout Occurred",
        meaning: "the server behind Cloudflare took the request and did not answer in 100 s or so",
        side: Side::Between,
        causes: &[
            "too much was asked at once",
            "the server is overloaded or waits for something",
        ],
        next: &[
            "ask for less: smaller pages, a narrower range, fewer fields",
            "look for a form that starts the work and lets you poll for its result",
            "before repeating a change, see whether it was made: the work may have gone on",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 525,
        title: "SSL Handshake Failed",
        meaning: "Cloudflare and the server behind it could not agree on TLS",
        side: Side::Server,
        causes: &["the server's TLS is set up wrongly, or it is overloaded"],
        next: &[
            "repeat it after a pause",
            "tell whoever runs the server when it lasts",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 526,
        title: "Invalid SSL Certificate",
        meaning: "Cloudflare does not trust the certificate of the server behind it",
        side: Side::Server,
        causes: &["the certificate is expired, self-signed, or for another name"],
        next: &["tell whoever runs the server: only a new certificate helps"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 527,
        title: "Railgun Error",
        meaning: "the connection between Cloudflare's Railgun and the server was interrupted",
        side: Side::Between,
        causes: &["an old installation whose connection broke"],
        next: &[
            "wait and repeat",
            "tell whoever runs the server when it lasts",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Yes,
    },
    Text {
        code: 530,
        title: "Origin Error",
        meaning: "Cloudflare could not serve the site; the body carries a code 1xxx that says why",
        side: Side::Between,
        causes: &[
            "the host name of the server behind it is not found (1016)",
            "the site is frozen, or this caller's address is refused",
        ],
        next: &[
            "read the code in the body, and look it up in Cloudflare's documentation",
            "repeat it after a pause, if it may be repeated",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Yes,
    },
];
