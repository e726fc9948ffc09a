//! Header names that a service could take for each other.

/// Whether some services take these two header names for the same: those that keep letters and digits
/// alone, without case, as CGI does.
pub(crate) fn reads_alike(one: impl AsRef<[u8]>, other: impl AsRef<[u8]>) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    let same =
        |(a, b): (&u8, &u8)| a.eq_ignore_ascii_case(b) || !a.is_ascii_alphanumeric() && !b.is_ascii_alphanumeric();
    one.len() == other.len() && one.iter().zip(other).all(same)
}
