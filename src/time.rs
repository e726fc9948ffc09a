//! A point in time as a value.
//!
//! The core never reads a clock: whoever asks it a question says what time it is.

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted (RFC 7519 §2, "NumericDate").
///
/// ```
/// use cognito_authorizer::UnixTime;
///
/// let issued = UnixTime::from_secs(1_700_000_000);
/// assert!(issued.saturating_add(3_600) > issued);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The time that lies `seconds` after the epoch.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The time `seconds` later, or the latest time there is.
    pub const fn saturating_add(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}
