//! Counts hits and misses without a counter that every thread writes to.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::{
    metric_names::{CACHE_EVICTIONS, CACHE_REQUESTS},
    time::UnixTime,
};

/// Counts hits and misses per thread. More than `PLACES` threads share counters.
#[derive(Default)]
pub(super) struct Counters {
    counts: [Count; PLACES],
    /// The counts that the metrics already include.
    published: Count,
    published_evictions: AtomicU64,
    /// The second of the last publication.
    published_at: AtomicU64,
}

/// The counts of one place, on a separate cache line.
#[derive(Default)]
#[repr(align(128))]
struct Count {
    hits: AtomicU64,
    misses: AtomicU64,
}

thread_local! {
    static PLACE: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % PLACES
    };
}

impl Counters {
    pub(super) fn count_hit(&self) {
        if let Some(count) = self.own() {
            count.hits.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn count_miss(&self) {
        if let Some(count) = self.own() {
            count.misses.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the counts of this thread's place.
    fn own(&self) -> Option<&Count> {
        self.counts.get(PLACE.try_with(|place| *place).unwrap_or_default())
    }

    /// Returns the hits and misses so far.
    pub(super) fn totals(&self) -> (u64, u64) {
        let sum =
            |of: fn(&Count) -> &AtomicU64| self.counts.iter().map(|count| of(count).load(Ordering::Relaxed)).sum();
        (sum(|count| &count.hits), sum(|count| &count.misses))
    }

    /// Whether nothing was published in this second yet. If true, the caller must publish.
    #[inline]
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        let now = now.as_secs();
        self.published_at.load(Ordering::Relaxed) != now && self.published_at.swap(now, Ordering::Relaxed) != now
    }

    /// Adds the counts since the last publication to the metrics.
    pub(super) fn publish(&self, evictions: u64) {
        let (hits, misses) = self.totals();
        let since = |published: &AtomicU64, now: u64| now.saturating_sub(published.fetch_max(now, Ordering::Relaxed));
        metrics::counter!(CACHE_REQUESTS, "result" => "hit").increment(since(&self.published.hits, hits));
        metrics::counter!(CACHE_REQUESTS, "result" => "miss").increment(since(&self.published.misses, misses));
        metrics::counter!(CACHE_EVICTIONS).increment(since(&self.published_evictions, evictions));
    }
}

const PLACES: usize = 16;
