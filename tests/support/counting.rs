//! Counts the allocations of a thread. A test file that counts makes [`Counting`] its allocator:
//!
//! ```text
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//! ```

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// An allocator that counts what each thread allocates.
pub struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
    static MOST: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // The counters of a thread that is ending are gone, and no test reads them.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + u64::from(bytes > 0)));
    let held = BYTES.try_with(|sum| {
        sum.set(sum.get() + bytes);
        sum.get()
    });
    let _ = MOST.try_with(|most| most.set(most.get().max(held.unwrap_or_default())));
}

fn size(layout: Layout) -> i64 {
    i64::try_from(layout.size()).unwrap_or(i64::MAX)
}

// SAFETY: forwards every call to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout));
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-size(layout));
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Counts the allocations that a closure makes.
pub fn allocations<T>(what: impl FnOnce() -> T) -> u64 {
    let before = ALLOCATIONS.get();
    let result = what();
    let made = ALLOCATIONS.get() - before;
    drop(result);
    made
}

/// Returns the bytes that this thread has allocated and not freed.
pub fn held() -> i64 {
    BYTES.get()
}

/// Returns the peak of the bytes that a future allocates on this thread, above the level before. Work on other threads is not
/// counted.
pub async fn most<T>(what: impl Future<Output = T>) -> (T, i64) {
    let before = BYTES.get();
    MOST.set(before);
    let result = what.await;
    (result, MOST.get() - before)
}
