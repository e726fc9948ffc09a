//! The clock. Only this module reads the system clock.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

pub use crate::time::UnixTime;

/// Converts to whole seconds. A time before 1970 becomes the latest possible time, so every token has expired.
impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        Self::from_secs(time.duration_since(UNIX_EPOCH).map_or(u64::MAX, |elapsed| elapsed.as_secs()))
    }
}

/// A wall clock and a monotonic clock.
///
/// ```
/// use cognito_authorizer::{
///     Authorizer,
///     clock::{ManualClock, UnixTime},
/// };
///
/// // For tests: time passes only when it is told to.
/// let clock = ManualClock::new(UnixTime::from_secs(1_700_000_000));
/// let authorizer =
///     Authorizer::for_user_pool("eu-west-1_Ab129faBb").clock(clock.clone()).build()?;
/// clock.advance(3_600);
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time of day, which decides whether a token has expired. It may jump when the clock is set.
    fn now(&self) -> UnixTime;

    /// Returns the time since a fixed moment, for measuring waits. It never goes back.
    fn monotonic(&self) -> Duration;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> UnixTime {
        (**self).now()
    }

    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Makes a clock that reads the system's clock.
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> UnixTime {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock for tests that moves only when told to. Clones share the time.
///
/// ```
/// use cognito_authorizer::clock::{Clock, ManualClock, UnixTime};
///
/// let clock = ManualClock::new(UnixTime::from_secs(1_700_000_000));
/// clock.advance(60);
/// assert_eq!(clock.now(), UnixTime::from_secs(1_700_000_060));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<AtomicU64>,
    monotonic: Arc<AtomicU64>,
}

impl ManualClock {
    /// Makes a clock that shows this time.
    pub fn new(now: UnixTime) -> Self {
        Self { now: Arc::new(AtomicU64::new(now.as_secs())), monotonic: Arc::default() }
    }

    /// Moves both clocks forward by this many seconds.
    pub fn advance(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
        self.monotonic.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the time of day, forward or back, without moving the monotonic clock.
    pub fn set(&self, now: UnixTime) {
        self.now.store(now.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.monotonic.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_time_counts_whole_seconds_from_the_epoch() {
        assert_eq!(UnixTime::from(UNIX_EPOCH + Duration::from_millis(1_999)), UnixTime::from_secs(1));
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_secs(5)), UnixTime::from_secs(u64::MAX));
    }
}
