//! The tokens that one thread receives repeatedly.
//!
//! The end of its signature assigns each token to one slot. A slot stores a token that it sees twice in a row, so many
//! alternating tokens replace nothing. Each thread has its own copy of the claims, because a reference count that two
//! threads share costs more than all the rest: two threads that verify one token do 1.81 times the work of one thread,
//! and without this level 1.04 times (`benches/peers`, "two threads, cached, one token").

use std::cell::RefCell;

use super::Entry;
use crate::limits::CACHED_TOKENS_PER_THREAD;

#[derive(Default)]
struct Slot {
    held: Option<ThreadEntry>,
    /// The tag of the token that was seen last in this slot.
    candidate: u64,
}

struct ThreadEntry {
    /// The id of the cache.
    cache: u64,
    token: Box<[u8]>,
    entry: Entry,
    /// How many more times to return the entry before the shared level must see the token again.
    remaining: u16,
}

thread_local! {
    static SLOTS: RefCell<[Slot; CACHED_TOKENS_PER_THREAD]> = RefCell::default();
}

/// Returns the entry of this token, if the thread has one.
pub(super) fn get(cache: u64, token: &[u8]) -> Option<Entry> {
    let found = with_slot(token, |slot, _| {
        let held = slot.held.as_mut().filter(|held| held.cache == cache && *held.token == *token)?;
        // The shared level evicts tokens that it does not see, so it must see a used token from time to time.
        match held.remaining.checked_sub(1) {
            Some(remaining) => {
                held.remaining = remaining;
                Some(held.entry.clone())
            }
            None => {
                slot.held = None;
                None
            }
        }
    });
    found.flatten()
}

/// Drops the entry in the slot of this token, because the entry is invalid.
pub(super) fn forget(token: &[u8]) {
    with_slot(token, |slot, _| slot.held = None);
}

/// Records that the shared level had this token.
pub(super) fn seen(cache: u64, token: &[u8], entry: &Entry) {
    with_slot(token, |slot, tag| {
        if slot.candidate == tag {
            let entry = Entry { claims: entry.claims.unshared(), ..*entry };
            slot.held = Some(ThreadEntry { cache, token: token.into(), entry, remaining: FOUND_AT_MOST });
        }
        slot.candidate = tag;
    });
}

/// Calls a function with the slot and the tag of a token; `None` while the thread ends.
fn with_slot<T>(token: &[u8], then: impl FnOnce(&mut Slot, u64) -> T) -> Option<T> {
    let tag = tag(token);
    let place = usize::try_from(tag).unwrap_or_default() % CACHED_TOKENS_PER_THREAD;
    SLOTS.try_with(|slots| Some(then(slots.try_borrow_mut().ok()?.get_mut(place)?, tag))).ok().flatten()
}

/// Returns the end of the signature as a number. A client that chooses it gains nothing: only verified tokens are
/// cached, and lookups compare the whole token.
fn tag(token: &[u8]) -> u64 {
    let end = token.iter().rev().skip(1).take(8);
    end.fold(0, |tag, byte| tag << 7 ^ u64::from(*byte))
}

/// How often a thread returns its own entry before it asks the shared level again, which would otherwise evict the
/// token as unused. Our choice: so rare that the cost is negligible, and soon enough that a busy cache has not evicted
/// the token.
const FOUND_AT_MOST: u16 = 1_000;
