//! Caches verified tokens, so that the signature of a repeated token is not verified again.
//!
//! Input: a verified token with its claims and the origin of the key. Output: the claims, if exactly this token was
//! verified with a key that is still in use.
//!
//! 1. Only verified tokens are cached, and lookups compare the whole token.
//! 2. The cache stores only that the signature is valid, never a decision: `exp`, `nbf`, token use, audience and scopes
//!    are checked each time.
//! 3. An entry expires with the generation of the keys that verified it.
//! 4. The memory is bounded, in bytes and in entries; tokens above a size limit are not cached.
//!
//! There are two levels. The level that all threads share decides which tokens to keep. In front of it, each thread has
//! a few entries of its own, so that threads that receive the same token do not wait for each other.

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
    /// Distinguishes the caches of the process in the entries of a thread.
    id: u64,
    /// How often the cache was flushed. Entries from before the last flush are invalid.
    flushes: AtomicU64,
    shared: Shared,
    counters: Counters,
}

/// The claims of a verified token, and the origin of the key.
#[derive(Clone)]
struct Entry {
    claims: Claims,
    origin: KeyOrigin,
    /// The number of flushes before the token was verified. After another flush, the entry is invalid.
    flushes: u64,
}

/// The content and the counters of the token cache
/// ([`Authorizer::token_cache_status`](crate::Authorizer::token_cache_status)).
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
    /// The number of cached tokens.
    pub entries: u64,
    /// The estimated memory of the cached tokens, in bytes; rather too large than too small.
    pub bytes: u64,
    /// The number of requests with a cached token.
    pub hits: u64,
    /// The number of requests with an uncached token that was then verified, successfully or not.
    pub misses: u64,
    /// The number of tokens that were evicted to make room for others.
    pub evictions: u64,
}

impl TokenCache {
    /// Creates a cache of at most this many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Self { id, flushes: AtomicU64::new(0), shared: Shared::new(bytes), counters: Counters::default() }
    }

    /// Returns the claims of a token that was verified before, with a key that is still in use.
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

    /// Counts an uncached token that was then verified, successfully or not.
    pub(crate) fn missed(&self) {
        self.counters.count_miss();
        self.counters.publish(self.shared.evictions());
    }

    /// Returns how often the cache was flushed. Call this method before a token is verified.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Acquire)
    }

    /// Caches a token that was verified with a key of this origin, unless the cache was flushed since `flushes` was
    /// read.
    pub(crate) fn insert(&self, token: &[u8], claims: &Claims, origin: KeyOrigin, flushes: u64) {
        if token.len() <= MAX_CACHED_TOKEN_BYTES && flushes == self.flushes() {
            self.shared.insert(token, Entry { claims: claims.clone(), origin, flushes });
        }
    }

    /// Removes every token.
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
