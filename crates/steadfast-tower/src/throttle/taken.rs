//! What an attempt takes from its quotas: from all of them or from none, and back again if it is not sent.

use std::sync::Arc;
use std::time::SystemTime;

use steadfast_core::Refusal;
use steadfast_core::quota::{QuotaWindow, Receipt};

use super::loading::Counters;
use crate::clock;
use crate::quota::Counter;
use crate::trace::signed;

/// Taken from a quota: given back unless the request is sent.
#[derive(Debug)]
pub(crate) struct Taken {
    counter: Arc<Counter>,
    receipt: Option<Receipt>,
}

// ===== impl Taken =====

/// Takes from all counters or from none.
pub(crate) fn take_quotas(counters: Counters, cost: u32) -> Result<Vec<Taken>, Refusal> {
    let wall = clock::wall();
    let mut taken = Vec::with_capacity(counters.len());
    for (whose, counter) in counters {
        match counter.take(wall, cost) {
            Ok(took) => {
                if took.warns {
                    let status = counter.lock().status(wall);
                    warn(&whose, &status);
                }
                let receipt = Some(took.receipt);
                taken.push(Taken { counter, receipt });
            }
            Err(spent) => {
                let limit = counter.lock().quota().limit();
                return Err(used_up(
                    wall,
                    limit,
                    spent.left,
                    spent.window,
                    spent.resets_at,
                ));
            }
        }
    }
    Ok(taken)
}

/// What a call is told when a quota is used up.
pub(crate) fn used_up(
    wall: SystemTime,
    limit: u64,
    left: u64,
    window: QuotaWindow,
    resets_at: SystemTime,
) -> Refusal {
    Refusal::QuotaUsedUp {
        limit,
        left,
        window,
        resets_at,
        wait: resets_at.duration_since(wall).unwrap_or_default(),
    }
}

fn warn(whose: &str, status: &steadfast_core::quota::QuotaStatus) {
    tracing::event!(
        target: "steadfast",
        tracing::Level::WARN,
        steadfast.quota.limit = signed(status.limit),
        steadfast.quota.used = signed(status.used),
        steadfast.quota.left = signed(status.left),
        "{} of {} requests of a quota are used: {}",
        status.used,
        status.limit,
        whose.trim_end(),
    );
}

impl Taken {
    /// The request is sent.
    pub(crate) fn spend(&mut self) {
        self.receipt = None;
    }

    /// The server says that there is nothing left.
    pub(crate) fn spend_all(&self, until: Option<std::time::SystemTime>) {
        self.counter.lock().spend_all(clock::wall(), until);
        self.counter.touched();
    }

    pub(crate) fn window(&self) -> steadfast_core::quota::QuotaWindow {
        self.counter.lock().quota().window()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(receipt) = &self.receipt {
            self.counter.lock().give_back(receipt);
            self.counter.touched();
        }
    }
}
