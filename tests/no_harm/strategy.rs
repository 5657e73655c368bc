//! Calls and servers at random.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::exchange::{Act, Answer, End, Exchange, Framing, Upload};

pub(crate) fn exchanges() -> impl Strategy<Value = Vec<Exchange>> {
    vec(exchange(), 1..4)
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let methods = vec![
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE",
    ];
    let method = prop::sample::select(methods).prop_map(|name| name.parse().unwrap());
    let body = prop_oneof![
        3 => Just(Upload::None),
        2 => size().prop_map(Upload::Whole),
        1 => size().prop_map(Upload::Stream),
    ];
    let timeout = prop::option::weighted(0.2, time());
    (method, body, timeout, vec(act(), 1..4)).prop_map(|(method, body, timeout, acts)| Exchange {
        method,
        body,
        timeout,
        acts,
    })
}

fn act() -> impl Strategy<Value = Act> {
    let redirect = prop::sample::select(vec![301_u16, 302, 303, 307, 308]);
    prop_oneof![
        12 => answer().prop_map(Act::Answer),
        2 => (redirect, any::<bool>()).prop_map(|(status, close)| Act::Redirect { status, close }),
        1 => Just(Act::Reset),
        1 => Just(Act::Closed),
        1 => Just(Act::Silence),
        1 => Just(Act::Unread),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![
        6 => Just(200),
        3 => prop::sample::select(vec![101_u16, 201, 202, 204, 206, 300, 304, 305, 600, 999]),
        2 => prop::sample::select(vec![400_u16, 404, 429, 500, 502, 503]),
        1 => 200_u16..=999,
    ];
    let framing = prop_oneof![
        2 => Just(Framing::Length),
        2 => Just(Framing::Chunked),
        1 => Just(Framing::UntilClose),
    ];
    let end = prop_oneof![
        6 => Just(End::Keep),
        2 => Just(End::Close),
        1 => Just(End::Unannounced),
        1 => size().prop_map(End::Cut),
        1 => size().prop_map(End::Reset),
        1 => size().prop_map(End::Stall),
    ];
    let drip = prop::option::weighted(0.3, (1_usize..6, time()));
    let delay = prop_oneof![2 => Just(Duration::ZERO), 1 => time()];
    (
        status,
        vec(header(), 0..5),
        size(),
        framing,
        drip,
        delay,
        end,
    )
        .prop_map(
            |(status, headers, body, framing, drip, delay, end)| Answer {
                status,
                headers,
                body,
                framing,
                drip,
                delay,
                end,
            },
        )
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_usize..2, 12 => 2_usize..5_000, 1 => 5_000_usize..200_000]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![1_u64..100, 100_u64..10_000, 10_000_u64..300_000].prop_map(Duration::from_millis)
}

/// What we read on refusals and must not heed here, what proxies add, and plain oddities.
fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let known = vec![
        ("retry-after", "3600"),
        ("retry-after-ms", "60000"),
        ("x-should-retry", "true"),
        ("x-should-retry", "false"),
        ("grpc-retry-pushback-ms", "-1"),
        ("ratelimit", "\"default\";r=0;t=48"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "99999999999"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("age", "5"),
        ("content-type", "text/event-stream"),
        ("content-encoding", "br"),
        ("set-cookie", "a=b"),
        ("location", "/elsewhere"),
        ("keep-alive", "timeout=5"),
        ("x-empty", ""),
    ];
    let known = prop::sample::select(known)
        .prop_map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let byte = prop_oneof![0x21_u8..0x7f, 0x80_u8..=0xff];
    let odd = ("x-[a-z]{1,8}", vec(byte, 0..40));
    let long = (
        Just("x-long".to_owned()),
        (0_usize..8_000).prop_map(|len| vec![b'l'; len]),
    );
    prop_oneof![6 => known, 3 => odd, 1 => long]
}
