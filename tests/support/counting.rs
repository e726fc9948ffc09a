//! What a thread allocates. A test file that counts makes [`Counting`] its allocator:
//!
//! ```text
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//! ```

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// Counts what a thread allocates.
pub struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
    static MOST: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    // While a thread ends there is nothing to count in, and nobody who asks.
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

// SAFETY: hands everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-size(layout));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How many allocations it makes.
pub fn allocations<T>(what: impl FnOnce() -> T) -> u64 {
    let before = ALLOCATIONS.get();
    let result = what();
    let made = ALLOCATIONS.get() - before;
    drop(result);
    made
}

/// The bytes that this thread holds.
pub fn held() -> i64 {
    BYTES.get()
}

/// The most bytes that this thread holds at a time while something is done, beyond what it held before. Work that is
/// done on another thread is not in it.
pub async fn most<T>(what: impl Future<Output = T>) -> (T, i64) {
    let before = BYTES.get();
    MOST.set(before);
    let result = what.await;
    (result, MOST.get() - before)
}
