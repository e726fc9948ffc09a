//! The tokens that one thread sees again and again.
//!
//! A token has one place, by its last bytes, which are the signature's. It is taken in when it is seen
//! there twice without another one in between, so many tokens in turn change nothing. The thread keeps
//! claims of its own, since a count of references that two threads share costs more than all the rest: two threads that verify
//! one token do 1.81 times the work of one, and without this level 1.04 times (`benches/peers`, "two threads, cached, one token").

use std::cell::RefCell;

use super::Entry;
use crate::limits::CACHED_TOKENS_PER_THREAD;

#[derive(Default)]
struct Slot {
    held: Option<ThreadEntry>,
    /// The token that was seen here last, by its tag.
    candidate: u64,
}

struct ThreadEntry {
    /// The id of the cache.
    cache: u64,
    token: Box<[u8]>,
    entry: Entry,
    /// How often it may be found until the shared level has to hear of it again.
    remaining: u16,
}

thread_local! {
    static SLOTS: RefCell<[Slot; CACHED_TOKENS_PER_THREAD]> = RefCell::default();
}

/// The entry for this token, if the thread has one.
pub(super) fn get(cache: u64, token: &[u8]) -> Option<Entry> {
    let found = with_slot(token, |slot, _| {
        let held = slot.held.as_mut().filter(|held| held.cache == cache && *held.token == *token)?;
        // So that the shared level goes on keeping a token that is used.
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

/// Drops the entry in the place of this token: it is void.
pub(super) fn forget(token: &[u8]) {
    with_slot(token, |slot, _| slot.held = None);
}

/// Notes that the shared level had this token.
pub(super) fn seen(cache: u64, token: &[u8], entry: &Entry) {
    with_slot(token, |slot, tag| {
        if slot.candidate == tag {
            let entry = Entry { claims: entry.claims.unshared(), ..*entry };
            slot.held = Some(ThreadEntry { cache, token: token.into(), entry, remaining: FOUND_AT_MOST });
        }
        slot.candidate = tag;
    });
}

/// Does something with the place of a token, given its tag; `None` while the thread ends.
fn with_slot<T>(token: &[u8], then: impl FnOnce(&mut Slot, u64) -> T) -> Option<T> {
    let tag = tag(token);
    let place = usize::try_from(tag).unwrap_or_default() % CACHED_TOKENS_PER_THREAD;
    SLOTS.try_with(|slots| Some(then(slots.try_borrow_mut().ok()?.get_mut(place)?, tag))).ok().flatten()
}

/// The end of the signature, as a number. Whoever chooses it gains nothing: only verified tokens are
/// held, and they are compared as a whole.
fn tag(token: &[u8]) -> u64 {
    let end = token.iter().rev().skip(1).take(8);
    end.fold(0, |tag, byte| tag << 7 ^ u64::from(*byte))
}

/// How often a thread finds a token by itself before it asks the shared level again, which otherwise would take it for one
/// that nobody uses. Ours: often enough that the asking costs nothing, and before a busy cache has dropped it.
const FOUND_AT_MOST: u16 = 1_000;
