//! Header names that a service could confuse.

/// Whether some services treat these two header names as the same, because they ignore case and every character except letters
/// and digits, as CGI does.
pub(crate) fn reads_alike(one: impl AsRef<[u8]>, other: impl AsRef<[u8]>) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    let same =
        |(a, b): (&u8, &u8)| a.eq_ignore_ascii_case(b) || !a.is_ascii_alphanumeric() && !b.is_ascii_alphanumeric();
    one.len() == other.len() && one.iter().zip(other).all(same)
}
