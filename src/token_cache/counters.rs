//! Hits and misses, counted without a place that every thread writes to.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::{
    metric_names::{CACHE_EVICTIONS, CACHE_REQUESTS},
    time::UnixTime,
};

/// Counts per thread, as far as there are places for them.
#[derive(Default)]
pub(super) struct Counters {
    counts: [Count; PLACES],
    /// What the metrics know of already.
    published: Count,
    published_evictions: AtomicU64,
    /// The second in which they were published last.
    published_at: AtomicU64,
}

/// On a cache line of its own.
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

    /// The place of this thread.
    fn own(&self) -> Option<&Count> {
        self.counts.get(PLACE.try_with(|place| *place).unwrap_or_default())
    }

    /// Hits and misses so far.
    pub(super) fn totals(&self) -> (u64, u64) {
        let sum =
            |of: fn(&Count) -> &AtomicU64| self.counts.iter().map(|count| of(count).load(Ordering::Relaxed)).sum();
        (sum(|count| &count.hits), sum(|count| &count.misses))
    }

    /// Whether nothing was published in this second yet; then the caller has to.
    #[inline]
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        let now = now.as_secs();
        self.published_at.load(Ordering::Relaxed) != now && self.published_at.swap(now, Ordering::Relaxed) != now
    }

    /// Tells the metrics what has happened since the last time.
    pub(super) fn publish(&self, evictions: u64) {
        let (hits, misses) = self.totals();
        let since = |published: &AtomicU64, now: u64| now.saturating_sub(published.fetch_max(now, Ordering::Relaxed));
        metrics::counter!(CACHE_REQUESTS, "result" => "hit").increment(since(&self.published.hits, hits));
        metrics::counter!(CACHE_REQUESTS, "result" => "miss").increment(since(&self.published.misses, misses));
        metrics::counter!(CACHE_EVICTIONS).increment(since(&self.published_evictions, evictions));
    }
}

const PLACES: usize = 16;
