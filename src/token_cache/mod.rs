//! Verified tokens that are remembered, so that the second sight of one costs no signature.
//!
//! In: a token, and after it was verified its claims and where the key came from. Out: the claims, if
//! this very token was verified with a key that is still among those in use.
//!
//! 1. Only verified tokens enter, and the whole of the token is compared.
//! 2. What is remembered is that the signature held, never a decision: `exp`, `nbf`, token use, audience
//!    and scopes are looked at each time.
//! 3. An entry dies with the generation of the keys that vouched for it.
//! 4. The memory is bounded, in bytes and in entries; tokens over a size are not kept.
//!
//! There are two levels. The one that all threads share decides what is kept. In front of it each thread
//! has a few entries of its own, so that threads that see the same token do not wait for each other.

mod counters;

mod per_thread;

mod shared;

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use self::{counters::Counters, shared::Shared};
use crate::{
    claims::Claims,
    jwks::{KeyOrigin, KeyStore},
    limits::MAX_CACHED_TOKEN_BYTES,
    time::UnixTime,
};

/// The verified tokens of one authorizer.
pub(crate) struct TokenCache {
    /// Told apart from the others of the process by the entries of a thread.
    id: u64,
    /// How often it was flushed: entries from before the last time are void.
    flushes: AtomicU64,
    shared: Shared,
    counters: Counters,
}

/// A verified token's claims, and what vouched for them.
#[derive(Clone)]
struct Entry {
    claims: Claims,
    origin: KeyOrigin,
    /// How many flushes there had been: after another one it is void.
    flushes: u64,
}

/// What the token cache holds and has done ([`Authorizer::token_cache_status`](crate::Authorizer::token_cache_status)).
///
/// ```
/// use cognito_authorizer::Authorizer;
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// let status = authorizer.token_cache_status();
/// assert_eq!((status.entries, status.hits), (0, 0));
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenCacheStatus {
    /// Tokens that are held.
    pub entries: u64,
    /// What they take in memory, in bytes: an estimate that errs on the large side.
    pub bytes: u64,
    /// Requests whose token was found.
    pub hits: u64,
    /// Requests whose token was not, and was found good or bad by itself.
    pub misses: u64,
    /// Tokens that made room for others.
    pub evictions: u64,
}

impl TokenCache {
    /// A cache that holds at most this many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Self { id, flushes: AtomicU64::new(0), shared: Shared::new(bytes), counters: Counters::default() }
    }

    /// The claims of a token that was verified before, with a key that is still in use.
    pub(crate) fn get(&self, token: &[u8], keys: &KeyStore, now: UnixTime) -> Option<Claims> {
        let found = self.find(token, keys);
        if found.is_some() {
            self.counters.count_hit();
            if self.counters.is_due(now) {
                self.counters.publish(self.shared.evictions());
            }
        }
        found
    }

    /// Notes that a token was not found, and that its own merits decided.
    pub(crate) fn missed(&self) {
        self.counters.count_miss();
        self.counters.publish(self.shared.evictions());
    }

    /// How often the cache was flushed: to be asked before a token is verified.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Acquire)
    }

    /// Remembers a token that was verified with a key of this origin, unless there was a flush meanwhile.
    pub(crate) fn insert(&self, token: &[u8], claims: &Claims, origin: KeyOrigin, flushes: u64) {
        if token.len() <= MAX_CACHED_TOKEN_BYTES && flushes == self.flushes() {
            self.shared.insert(token, Entry { claims: claims.clone(), origin, flushes });
        }
    }

    /// Forgets every token.
    pub(crate) fn flush(&self) {
        self.flushes.fetch_add(1, Ordering::Release);
        self.shared.clear();
    }

    pub(crate) fn status(&self) -> TokenCacheStatus {
        let (hits, misses) = self.counters.totals();
        let (entries, bytes, evictions) = (self.shared.entries(), self.shared.bytes(), self.shared.evictions());
        TokenCacheStatus { entries, bytes, hits, misses, evictions }
    }

    fn find(&self, token: &[u8], keys: &KeyStore) -> Option<Claims> {
        let flushes = self.flushes();
        let is_good = |entry: &Entry| entry.flushes == flushes && keys.is_current(entry.origin);
        if let Some(entry) = per_thread::get(self.id, token) {
            if is_good(&entry) {
                return Some(entry.claims);
            }
            per_thread::forget(token);
        }
        let entry = self.shared.get(token)?;
        if !is_good(&entry) {
            self.shared.remove(token);
            return None;
        }
        per_thread::seen(self.id, token, &entry);
        Some(entry.claims)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("status", &self.status()).finish_non_exhaustive()
    }
}
