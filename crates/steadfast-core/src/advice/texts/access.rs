//! Who may do what: 401, 402, 403, 407, 451, 511.

use super::Text;
use crate::advice::{Helps::No, Side};

pub(super) const TEXTS: &[Text] = &[
    Text {
        code: 401,
        title: "Unauthorized",
        meaning: "not yet authenticated: the server does not know who is calling",
        side: Side::Caller,
        causes: &[
            "no key or token was sent, or not in the header and form that this API expects",
            "the key or token is expired, revoked or mistyped (a line break at its end is enough)",
            "it belongs to another environment: a test key at the live address, or the reverse",
            "a redirect led to another host, and the Authorization header was not sent along",
        ],
        next: &[
            "check that a credential is sent; WWW-Authenticate names the scheme that is wanted",
            "get a fresh token or key, then send the request once more with it",
            "check this machine's clock when signatures or fresh tokens count as expired",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 402,
        title: "Payment Required",
        meaning: "the server wants a payment before it does this",
        side: Side::Caller,
        causes: &[
            "the credit is used up, an invoice is open, or a card was declined",
            "the operation is not part of the current plan",
        ],
        next: &[
            "look at the account's billing page",
            "read the body: payment APIs put the reason of a declined card there",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 403,
        title: "Forbidden",
        meaning: "the server knows who is calling and does not permit this",
        side: Side::Caller,
        causes: &[
            "the key lacks a scope, role or permission for this operation",
            "the operation or the data lies outside the plan that the account has",
            "the object belongs to somebody else",
            "a firewall refused the caller's address, country, or missing User-Agent",
            "a rate limit in disguise: some APIs answer 403 where others answer 429",
        ],
        next: &[
            "compare the scopes of the key with those that the documentation asks for",
            "ask the owner of the account or object for access, or look at what the plan includes",
            "do not log in again for this: another token with the same rights is refused as well",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 407,
        title: "Proxy Authentication Required",
        meaning: "a proxy on the way wants to know who is calling; the server saw nothing",
        side: Side::Between,
        causes: &[
            "the proxy's user and password are missing or wrong",
            "a proxy from the environment (HTTP_PROXY, HTTPS_PROXY) is used without intent",
        ],
        next: &[
            "set the proxy's credentials on the client, or in the proxy's URL",
            "exclude the host with NO_PROXY if no proxy is needed",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 451,
        title: "Unavailable For Legal Reasons",
        meaning: "the server must not show this, for legal reasons (RFC 7725)",
        side: Side::Server,
        causes: &[
            "a court order, a takedown, sanctions, or a privacy law",
            "the block may hold only for the country that the request comes from",
        ],
        next: &[
            "read the body and the Link header with rel=\"blocked-by\" for who demands it",
            "handle it as permanent; do not try to get around it",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
    Text {
        code: 511,
        title: "Network Authentication Required",
        meaning: "the network, not the server, wants a login first (RFC 6585): a captive portal",
        side: Side::Between,
        causes: &["this machine is in a guest, hotel or company network that needs a login"],
        next: &[
            "open any http:// page in a browser on this machine and log in",
            "trust no other answer until then: the network replaces them",
        ],
        waiting_helps: No,
        repeating_helps: No,
    },
];
