//! What is wrong with the request as it was sent: 400, 405, 406, 411 and similar ones.

use super::Text;
use crate::advice::{
    Helps::{No, Sometimes, Yes},
    Side,
};

pub(super) const TEXTS: &[Text] = &[
    Text {
        code: 400,
        title: "Bad Request",
        meaning: "the server could not make sense of the request and did nothing with it",
        side: Side::Caller,
        causes: &[
            "a query parameter, a field or a header is missing, misspelt, or has the wrong form",
            "the body is not what Content-Type says: broken JSON, or a number sent as text",
            "a value is too long, out of range, or not encoded (a space, & or + in the URL)",
        ],
        next: &[
            "read the body of the response: most APIs name the field that is wrong",
            "compare the request as it was sent with an example from the API's documentation",
            "change the request before sending it again: the same one fails the same way",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 405,
        title: "Method Not Allowed",
        meaning: "the address exists, but not for this method",
        side: Side::Caller,
        causes: &[
            "the wrong method: PUT instead of PATCH, GET instead of POST",
            "a redirect turned a POST into a GET",
            "a slash too many or too few led to another route",
        ],
        next: &[
            "use a method that the Allow header of the response names",
            "look up the operation's method and exact path in the documentation",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 406,
        title: "Not Acceptable",
        meaning: "the server has this, but in no form that the request accepts",
        side: Side::Caller,
        causes: &[
            "the Accept header asks for a type or an API version that is not offered",
            "Accept-Language, Accept-Encoding or a version header is too narrow",
        ],
        next: &[
            "send Accept: */*, or a type from the documentation",
            "check the version in vendor types (application/vnd.example.v2+json)",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 408,
        title: "Request Timeout",
        meaning: "the server got tired of waiting for the whole request",
        side: Side::Between,
        causes: &[
            "a slow or broken network, or an upload that stalled",
            "a connection that was idle when the request was sent, just as the server closed it",
            "Content-Length promised more bytes than were sent",
        ],
        next: &[
            "repeat it, if it may be repeated: it was probably not processed",
            "send large bodies in parts, or compress them",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Yes,
    },
    Text {
        code: 411,
        title: "Length Required",
        meaning: "the server wants to know the length of the body in advance",
        side: Side::Caller,
        causes: &["a streamed body was sent in chunks, without Content-Length"],
        next: &["send the body from memory or a file of known length, or set Content-Length"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 413,
        title: "Content Too Large",
        meaning: "the body is larger than the server takes",
        side: Side::Caller,
        causes: &[
            "a file or a batch above the API's limit",
            "a gateway with a limit of its own, often 1 MB, refused it before the API saw it",
        ],
        next: &[
            "send it in parts, in smaller batches, compressed, or by the API's upload operation",
            "when the response carries Retry-After, the refusal is a matter of time: wait",
        ],
        waiting_helps: Sometimes,
        repeating_helps: No,
    },
    Text {
        code: 414,
        title: "URI Too Long",
        meaning: "the URL is longer than the server reads",
        side: Side::Caller,
        causes: &[
            "a long list of ids or a large filter in the query",
            "a loop that appends to the query with each page or redirect",
        ],
        next: &[
            "send fewer values per request, or put them into the body if the API offers that",
            "print the URL: most servers read about 8,000 characters",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 415,
        title: "Unsupported Media Type",
        meaning: "the server does not read bodies of this type",
        side: Side::Caller,
        causes: &[
            "Content-Type is missing, or does not say what the body is",
            "a form was sent where JSON is wanted, or the reverse",
            "Content-Encoding names a compression that the server does not know",
        ],
        next: &[
            "set Content-Type to a type from the documentation, usually application/json",
            "look for Accept-Post, Accept-Patch or Accept in the response",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 416,
        title: "Range Not Satisfiable",
        meaning: "the Range header asks for bytes that are not there",
        side: Side::Caller,
        causes: &[
            "a download was continued that is complete already",
            "the file became shorter since it was first asked for",
        ],
        next: &[
            "read the real length from Content-Range in the response (bytes */LENGTH)",
            "start again without Range when the file has changed",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 417,
        title: "Expectation Failed",
        meaning: "a server or proxy on the way does not do what the Expect header asks for",
        side: Side::Between,
        causes: &["Expect: 100-continue is sent through a proxy that does not know it"],
        next: &["send the request without the Expect header"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 418,
        title: "I'm a Teapot",
        meaning: "no real status: RFC 9110 keeps it free because of an old joke",
        side: Side::Either,
        causes: &[
            "a firewall or a bot filter uses it to refuse",
            "an Easter egg",
        ],
        next: &["handle it as 403: look at User-Agent, address and rate of the caller"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 421,
        title: "Misdirected Request",
        meaning: "the request reached a server or connection that does not answer for its host",
        side: Side::Between,
        causes: &[
            "an HTTP/2 connection was shared between hosts that have one certificate",
            "the Host header does not match the name in the URL or in TLS",
        ],
        next: &[
            "send it again on a new connection, whatever its method: it was not processed",
            "if that fails too, compare Host, URL and DNS",
        ],
        waiting_helps: No,
        repeating_helps: Sometimes,
    },
    Text {
        code: 422,
        title: "Unprocessable Content",
        meaning: "the body is well formed, but what it says breaks a rule of the API",
        side: Side::Caller,
        causes: &[
            "a value fails a check: too short, already taken, in the past, unknown id",
            "fields contradict each other, or a required one is missing",
            "an idempotency key was used before with another body",
        ],
        next: &[
            "read the body of the response: it names fields and rules",
            "change the values; with a changed body use a new idempotency key",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 426,
        title: "Upgrade Required",
        meaning: "the server answers this only over another protocol",
        side: Side::Caller,
        causes: &[
            "plain http:// where TLS is wanted, or a WebSocket address called as HTTP",
            "an HTTP or client version that is no longer supported",
        ],
        next: &["use the protocol that the Upgrade header of the response names"],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 431,
        title: "Request Header Fields Too Large",
        meaning: "the headers, or one of them, are larger than the server reads (RFC 6585)",
        side: Side::Caller,
        causes: &[
            "cookies that pile up in a cookie store",
            "a token with very many claims, or trace baggage that grows from hop to hop",
        ],
        next: &[
            "print the headers by size, and drop what is not needed",
            "clear the cookie store; most servers read 8 to 16 KB of headers",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
];

/// Any other 4xx.
pub(super) const OTHER: Text = Text {
    code: 400,
    title: "Client Error",
    meaning: "the server takes the request to be wrong, for a reason with no standard name",
    side: Side::Caller,
    causes: &["a status of this API's own, or of a gateway in front of it"],
    next: &[
        "look the status up in the API's documentation, and read the body of the response",
        "until you know more, handle it as 400: change the request before repeating it",
    ],
    waiting_helps: No,
    repeating_helps: No,
};
