//! A point in time as a value.
//!
//! The core never reads a clock: callers pass the time.

use std::time::{Duration, UNIX_EPOCH};

/// Whole seconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 7519 §2, "NumericDate").
///
/// ```
/// use cognito_authorizer::clock::UnixTime;
///
/// let issued = UnixTime::from_secs(1_700_000_000);
/// assert!(issued.saturating_add(3_600) > issued);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Returns the time `seconds` after the epoch.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Returns the duration until a later time; zero if that time has passed.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cognito_authorizer::clock::UnixTime;
    ///
    /// let (now, expiry) = (UnixTime::from_secs(1_700_000_000), UnixTime::from_secs(1_700_000_060));
    /// assert_eq!(now.until(expiry), Duration::from_secs(60));
    /// assert_eq!(expiry.until(now), Duration::ZERO);
    /// ```
    pub const fn until(self, later: Self) -> Duration {
        Duration::from_secs(later.0.saturating_sub(self.0))
    }

    /// Returns day and time of day in UTC; `None` after the year 9999.
    pub(crate) fn date_time(self) -> Option<DateTime> {
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(self.0)).filter(|_| self.0 < YEAR_10000)?;
        // `Tue, 09 Jun 2024 15:00:04 GMT`
        let date = httpdate::fmt_http_date(time);
        let mut parts = date.split(' ').map(str::to_owned);
        let weekday = parts.next()?.trim_end_matches(',').to_owned();
        Some(DateTime { weekday, day: parts.next()?, month: parts.next()?, year: parts.next()?, clock: parts.next()? })
    }

    /// Returns the time `seconds` later, or the latest possible time.
    pub const fn saturating_add(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// 10000-01-01T00:00:00Z, the first time that an HTTP date cannot represent.
const YEAR_10000: u64 = 253_402_300_800;

/// The parts of a date that API Gateway writes.
#[derive(Debug)]
pub(crate) struct DateTime {
    /// `Tue`
    pub(crate) weekday: String,
    /// `09`
    pub(crate) day: String,
    /// `Jun`
    pub(crate) month: String,
    /// `2024`
    pub(crate) year: String,
    /// `15:00:04`
    pub(crate) clock: String,
}
