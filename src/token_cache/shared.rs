//! The level that all threads share. It decides which tokens to keep.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::{SharedSeed, fast::FoldHasher};
use quick_cache::{Lifecycle, Weighter, sync::Cache};

use super::Entry;
use crate::limits::MIN_CACHED_TOKEN_WEIGHT;

type Token = Box<[u8]>;

/// Tokens and their entries. Lookups compare the whole token.
pub(super) struct Shared {
    tokens: Cache<Token, Entry, Weight, Keyed, CountEvictions>,
    evictions: Arc<AtomicU64>,
}

impl Shared {
    pub(super) fn new(bytes: u64) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        // Every entry has at least this weight, which also bounds the number of entries.
        let entries = usize::try_from(bytes / MIN_CACHED_TOKEN_WEIGHT).unwrap_or(usize::MAX);
        let count = CountEvictions(Arc::clone(&evictions));
        Self { tokens: Cache::with(entries, bytes, Weight, Keyed::random(), count), evictions }
    }

    pub(super) fn get(&self, token: &[u8]) -> Option<Entry> {
        self.tokens.get(token)
    }

    pub(super) fn insert(&self, token: &[u8], entry: Entry) {
        self.tokens.insert(token.into(), entry);
    }

    pub(super) fn remove(&self, token: &[u8]) {
        self.tokens.remove(token);
    }

    pub(super) fn clear(&self) {
        self.tokens.clear();
    }

    pub(super) fn entries(&self) -> u64 {
        u64::try_from(self.tokens.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.tokens.weight()
    }

    pub(super) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }
}

/// The estimated memory of an entry.
#[derive(Clone)]
struct Weight;

impl Weighter<Token, Entry> for Weight {
    fn weight(&self, token: &Token, entry: &Entry) -> u64 {
        let bytes = token.len().saturating_add(entry.claims.size()).saturating_add(OVERHEAD);
        u64::try_from(bytes).unwrap_or(u64::MAX).max(MIN_CACHED_TOKEN_WEIGHT)
    }
}

/// A hash with a random key, so that no client can choose tokens that collide.
#[derive(Clone)]
struct Keyed {
    key: u64,
    shared: &'static SharedSeed,
}

impl Keyed {
    fn random() -> Self {
        // The standard library takes its keys from the operating system.
        let random = || RandomState::new().hash_one(0);
        Self { key: random(), shared: SharedSeed::global_random() }
    }
}

impl BuildHasher for Keyed {
    type Hasher = FoldHasher<'static>;

    fn build_hasher(&self) -> FoldHasher<'static> {
        FoldHasher::with_seed(self.key, self.shared)
    }
}

/// Counts evicted entries.
#[derive(Clone)]
struct CountEvictions(Arc<AtomicU64>);

impl Lifecycle<Token, Entry> for CountEvictions {
    type RequestState = ();

    fn begin_request(&self) {}

    fn on_evict(&self, _state: &mut (), _token: Token, _entry: Entry) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The memory of an entry besides the token and the claims: the entry, its place in the table, and the overhead of the
/// allocator for each of its parts.
const OVERHEAD: usize = 256;
