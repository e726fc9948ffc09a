//! The path of a request, as segments to match and as seen by a service that reads it otherwise.
//!
//! Matching is on the path as it was sent, never percent-decoded: `%2F` does not split a segment
//! ([behaviour §5.1.9](crate::docs::behaviour)). What another reader could take for a different path
//! is refused here, so that this table and the service behind it cannot disagree: `.` and `..`
//! segments, also percent-encoded; `\`, NUL and control characters, in either form.

use std::borrow::Cow;

use crate::limits::MAX_PATH_SEGMENTS;

/// The segments of a request path.
///
/// Slashes at the start count as one and one slash at the end as none (behaviour §5.1.7, §5.1.8); a
/// doubled slash inside leaves an empty segment, which only a greedy variable takes.
pub(super) fn segments(path: &str) -> Result<Vec<&str>, PathError> {
    let rest = path.strip_prefix('/').ok_or(PathError::NotAPath)?.trim_start_matches('/');
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let segments: Vec<_> = rest.split('/').take(MAX_PATH_SEGMENTS + 1).collect();
    if segments.len() > MAX_PATH_SEGMENTS {
        return Err(PathError::NotAPath);
    }
    let ambiguous = |segment: &&str| is_dot_segment(segment.as_bytes()) || holds_control(segment.as_bytes());
    if segments.iter().any(ambiguous) { Err(PathError::Ambiguous) } else { Ok(segments) }
}

/// Why a path is not matched at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// It does not start with a slash (`*`, an authority), or has too many segments.
    NotAPath,
    /// It means different things to different readers.
    Ambiguous,
}

/// `.` or `..`, with any of the dots percent-encoded (RFC 3986 §3.3, §6.2.2.3), and with a path
/// parameter behind, which some servers drop before they resolve the dots (`..;x`).
pub(super) fn is_dot_segment(segment: &[u8]) -> bool {
    let mut dots = 0;
    let mut rest = segment;
    loop {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            [] | [b';', ..] => return dots == 1 || dots == 2,
            _ => return false,
        };
        dots += 1;
    }
}

/// Whether the segment holds a backslash, NUL or another control character, as itself or
/// percent-encoded.
fn holds_control(segment: &[u8]) -> bool {
    let refused = |byte: u8| byte.is_ascii_control() || byte == b'\\';
    segment.iter().copied().any(refused) || escapes(segment).any(refused)
}

/// The path with every percent-encoded unreserved character decoded, where there is one.
///
/// RFC 3986 §6.2.2.2 calls the two equal, so a service may read either.
pub(super) fn unreserved_decoded(path: &str) -> Option<Cow<'_, str>> {
    if !escapes(path.as_bytes()).any(is_unreserved) {
        return None;
    }
    let mut decoded = String::with_capacity(path.len());
    let mut parts = path.split('%');
    decoded.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match escape(part.as_bytes()).filter(|byte| is_unreserved(*byte)) {
            Some(byte) => {
                decoded.push(char::from(byte));
                decoded.push_str(part.get(2..).unwrap_or_default());
            }
            None => {
                decoded.push('%');
                decoded.push_str(part);
            }
        }
    }
    Some(Cow::Owned(decoded))
}

/// Characters of a path segment besides `%`: pchar of RFC 3986 §3.3.
pub(super) fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@')
}

/// RFC 3986 §2.3
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The bytes that stand percent-encoded in a text.
fn escapes(text: &[u8]) -> impl Iterator<Item = u8> {
    text.split(|byte| *byte == b'%').skip(1).filter_map(escape)
}

/// The byte that two hexadecimal digits at the start of `text` stand for.
fn escape(text: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(*text.get(index)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
