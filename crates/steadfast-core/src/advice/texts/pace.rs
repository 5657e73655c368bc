//! Too fast, too much, or too busy: 429, 503, 509, 529.

use super::Text;
use crate::advice::{
    Helps::{No, Sometimes, Yes},
    Side,
};

pub(super) const TEXTS: &[Text] = &[
    Text {
        code: 429,
        title: "Too Many Requests",
        meaning: "too many requests in too little time; this one was not processed",
        side: Side::Caller,
        causes: &[
            "calls come faster than the limit allows, on average or in a burst",
            "other processes, jobs or people use the same key or address",
            "the limit counts something else as well: tokens, bytes, cost, calls at once",
            "a second layer of retries adds requests that nobody counts",
        ],
        next: &[
            "wait as long as the response asks for, then go on more slowly",
            "set a client-side rate a little below the limit, shared by all who use the key",
            "send fewer requests: larger pages, batches, a cache, webhooks instead of polling",
        ],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
    Text {
        code: 503,
        title: "Service Unavailable",
        meaning: "the server is there, but cannot take this request at the moment",
        side: Side::Server,
        causes: &[
            "overload: more work than it can do",
            "maintenance, a restart, or a release in progress",
            "the load balancer has no healthy server behind it",
        ],
        next: &[
            "wait as long as Retry-After says, or with growing and random pauses, then repeat",
            "send less until it is back: a crowd of retries keeps it down",
            "look at the provider's status page when it lasts for minutes",
        ],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
    Text {
        code: 509,
        title: "Bandwidth Limit Exceeded",
        meaning: "the site has used up its traffic for now (a status of hosting panels)",
        side: Side::Server,
        causes: &["the hosting plan's monthly traffic is used up, by all of its callers together"],
        next: &[
            "tell whoever runs the site",
            "transfer less: caching, compression, smaller pages",
        ],
        waiting_helps: Sometimes,
        repeating_helps: Sometimes,
    },
    Text {
        code: 529,
        title: "Site Is Overloaded",
        meaning: "the service as a whole has more requests than it can serve (Anthropic, Qualys)",
        side: Side::Server,
        causes: &["many callers at once; not this caller's own limit, that would be 429"],
        next: &[
            "wait with growing and random pauses, then repeat",
            "move work that can wait to a quieter hour",
        ],
        waiting_helps: Yes,
        repeating_helps: Yes,
    },
];

/// A 429, or a 403 in its place, that says that a day's, week's, month's or plan's quota is used
/// up.
pub(super) const QUOTA_SPENT: Text = Text {
    code: 429,
    title: "Quota Used Up",
    meaning: "the quota of a day, week, month or plan is used up; nothing was processed",
    side: Side::Caller,
    causes: &[
        "more was used in this day, week or month than the plan includes",
        "prepaid credit is gone, or a spending limit was reached",
        "a loop, a test or somebody else with the same key used it up",
    ],
    next: &[
        "stop calling until the quota resets: going slower does not bring it back",
        "raise the quota, the plan or the credit, or ask the provider to",
        "look at the usage page for what used it, and spread the work over the period",
    ],
    waiting_helps: Yes,
    repeating_helps: No,
};

/// A 403 that carries a wait or a remainder of 0.
pub(super) const LIMIT_IN_DISGUISE: Text = Text {
    code: 403,
    title: "Forbidden by a rate limit",
    meaning: "not a matter of permission: this API answers 403 when requests come too fast",
    side: Side::Caller,
    causes: &[
        "calls come faster than the limit allows, on average or in a burst",
        "other processes, jobs or people use the same key or address",
    ],
    next: &[
        "wait as long as the response asks for, then go on more slowly",
        "set a client-side rate a little below the limit, shared by all who use the key",
    ],
    waiting_helps: Yes,
    repeating_helps: Yes,
};
