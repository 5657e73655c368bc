//! Time and allocations of each row, in this process.

use std::time::Instant;

use crate::allocations;
use crate::callgrind;
use crate::row::{Calls, Row};

/// Calls in one batch: long beside the clock's own grain, short beside what disturbs it.
const BATCH: u64 = 500;
/// Batches of each row; the median leaves out those that were disturbed.
const BATCHES: usize = 401;

/// What one call costs, the request's clone and the response's drop included.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Which stack over which terminal.
    pub row: Row,
    /// Nanoseconds, the median of many batches.
    pub ns: f64,
    /// How often memory was asked for.
    pub allocs: f64,
    /// Instructions as callgrind counts them; none where valgrind is not there.
    pub instr: Option<u64>,
}

/// Measures all rows; their batches take turns, so that none has the quiet minutes to itself.
pub fn measure(rows: &[Row]) -> Vec<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime without I/O needs nothing that can be missing");
    let _entered = runtime.enter();
    let mut calls: Vec<Calls> = rows.iter().map(|row| (row.build)(row.terminal)).collect();
    let allocs: Vec<f64> = calls.iter_mut().map(allocations).collect();
    let mut batches = vec![Vec::with_capacity(BATCHES); rows.len()];
    for _ in 0..BATCHES {
        for (calls, batches) in calls.iter_mut().zip(&mut batches) {
            batches.push(time(calls));
        }
    }
    let measured = rows.iter().zip(&mut batches).zip(allocs);
    let measured = measured.map(|((&row, batches), allocs)| {
        let ns = median(batches);
        Measured {
            row,
            ns,
            allocs,
            instr: callgrind::instructions(row),
        }
    });
    measured.collect()
}

/// Per call, after a first batch has filled whatever is filled once.
fn allocations(calls: &mut Calls) -> f64 {
    calls(BATCH);
    allocations::during(|| calls(BATCH)) as f64 / BATCH as f64
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long calls really take"
)]
fn time(calls: &mut Calls) -> f64 {
    let begin = Instant::now();
    calls(BATCH);
    begin.elapsed().as_nanos() as f64 / BATCH as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
