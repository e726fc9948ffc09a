//! Parses NumericDate values (RFC 7519 §2).

use crate::{limits::MAX_NUMERIC_DATE, time::UnixTime};

/// Parses a JSON number: whole seconds from 0 to [`MAX_NUMERIC_DATE`].
///
/// The RFC also allows fractions and negative numbers. Both are rejected: Cognito sends neither, and the way that a
/// library parses `1e400` is a known bypass of `exp`.
pub(super) fn parse(number: &str) -> Option<UnixTime> {
    let seconds: u64 = number.parse().ok()?;
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    (is_digits && seconds <= MAX_NUMERIC_DATE).then(|| UnixTime::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_seconds_and_nothing_else() {
        assert_eq!(parse("0"), Some(UnixTime::from_secs(0)));
        assert_eq!(parse("1718719204"), Some(UnixTime::from_secs(1_718_719_204)));
        assert_eq!(parse("253402300799"), Some(UnixTime::from_secs(253_402_300_799)));
        for number in
            ["253402300800", "-1", "-0", "+1", "1.0", "1e9", "1e400", "9223372036854775808", "18446744073709551616"]
        {
            assert_eq!(parse(number), None, "{number}");
        }
    }
}
