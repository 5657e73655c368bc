//! The system's allocator, with a count of what is asked of it.
#![expect(
    unsafe_code,
    reason = "an allocator cannot be written without it; each call goes to System unchanged"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[global_allocator]
static COUNTING: Counting = Counting {
    asked: AtomicU64::new(0),
};

struct Counting {
    asked: AtomicU64,
}

impl Counting {
    /// A load and a store: only one thread measures, and a locked addition would cost more than it counts.
    fn count(&self) {
        self.asked.store(self.asked.load(Relaxed) + 1, Relaxed);
    }
}

// SAFETY: every method hands its arguments to `System`, which upholds the contract, and returns what that returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.count();
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        unsafe { System.dealloc(old, layout) }
    }
}

/// How often memory was asked for (also to grow what was there) while `work` ran. For one thread.
pub fn during(work: impl FnOnce()) -> u64 {
    let before = COUNTING.asked.load(Relaxed);
    work();
    COUNTING.asked.load(Relaxed) - before
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn a_box_and_a_vector_that_grows_are_counted() {
        // Other test threads are not counted apart, so at least.
        assert!(during(|| drop(black_box(Box::new(1)))) >= 1);
        let grows = || {
            let mut list = Vec::with_capacity(1);
            list.extend(black_box([1_u8, 2]));
            drop(black_box(list));
        };
        assert!(during(grows) >= 2);
    }
}
