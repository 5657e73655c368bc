//! Any bytes as a response: nothing panics, and what is promised of every response holds.

#![no_main]

#[path = "../../tests/common/judge_bytes.rs"]
mod judge_bytes;

use std::sync::LazyLock;
use std::time::Instant;

/// One moment for all runs, so that an input always does the same.
static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

libfuzzer_sys::fuzz_target!(|data: &[u8]| judge_bytes::judge_bytes(data, *NOW));
