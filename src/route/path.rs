//! The path of a request, as segments to match and as seen by a service that reads it otherwise.
//!
//! Matching is on the path as it was sent, never percent-decoded: `%2F` does not split a segment
//! ([behaviour §5.1.9](crate::docs::behaviour)). What another reader could take for a different path
//! is refused here, so that this table and the service behind it cannot disagree: `.` and `..`
//! segments, also percent-encoded; `\`, NUL and control characters, in either form. Where only the
//! route decides whether it matters, [`readings`] gives the other paths to look up.

use smallvec::SmallVec;

use crate::limits::{MAX_PATH_BYTES, MAX_PATH_READING_BYTES, MAX_PATH_READINGS, MAX_PATH_SEGMENTS};

/// A slash at the end of a request path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// `/pets/` is `/pets`, as on a REST API ([behaviour §5.1.7](crate::docs::behaviour)).
    Ignored,
    /// `/pets/` is another path, as on an HTTP API ([behaviour §5.2.4](crate::docs::behaviour)).
    Significant,
}

/// How an API of one kind matches routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatchRules {
    pub(crate) trailing_slash: TrailingSlash,
    /// A route without greedy variable comes before all that have one, however their first segments
    /// compare (behaviour §5.2.1).
    pub(crate) full_match_first: bool,
}

/// Those of a REST API (behaviour §5.1.2, §5.1.7).
pub(crate) const REST: MatchRules = MatchRules { trailing_slash: TrailingSlash::Ignored, full_match_first: false };

/// How much a path may leave open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PathPolicy {
    /// Nothing that any reader could take otherwise: no `%2f`, no `;`.
    Strict,
    /// Only what makes no difference to this table.
    #[default]
    OneRule,
    /// Everything: the service behind reads paths exactly as they are sent.
    AsSent,
}

/// The segments of a path: few, as a rule.
pub(super) type Segments<'p> = SmallVec<[&'p str; 16]>;

/// The segments of a request path.
///
/// Slashes at the start count as one (behaviour §5.1.8); a doubled slash inside leaves an empty
/// segment, which only a greedy variable takes, and so does one at the end that is significant.
pub(super) fn segments(path: &str, slash: TrailingSlash, policy: PathPolicy) -> Result<Segments<'_>, PathError> {
    let rest = path.strip_prefix('/').ok_or(PathError::NotAPath)?.trim_start_matches('/');
    if path.len() > MAX_PATH_BYTES {
        return Err(PathError::Ambiguous);
    }
    let rest = match slash {
        TrailingSlash::Ignored => rest.strip_suffix('/').unwrap_or(rest),
        TrailingSlash::Significant => rest,
    };
    if rest.is_empty() {
        return Ok(Segments::new());
    }
    let segments: Segments<'_> = rest.split('/').take(MAX_PATH_SEGMENTS + 1).collect();
    let is_ambiguous = |segment: &&str| match policy {
        PathPolicy::AsSent => false,
        PathPolicy::OneRule => is_dot_segment(segment.as_bytes()) || holds_control(segment.as_bytes()),
        PathPolicy::Strict => {
            let segment = segment.as_bytes();
            is_dot_segment(segment) || holds_control(segment) || holds_separator(segment)
        }
    };
    // What was not looked at cannot be trusted either.
    if segments.len() > MAX_PATH_SEGMENTS || segments.iter().any(is_ambiguous) {
        return Err(PathError::Ambiguous);
    }
    Ok(segments)
}

/// Why a path is not matched at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// It does not start with a slash: `*`, an authority, or nothing.
    NotAPath,
    /// It means different things to different readers, or is too long to say.
    Ambiguous,
}

/// What a service could take the path for, the path itself first; nothing for a plain path, which
/// has one reading.
///
/// Services differ in what they do to a path, and in which order: decode its escapes, or all but
/// those of `/`, or those of `/` or of unreserved characters alone; drop octets that are not UTF-8, or what
/// follows a `;` in a segment; collapse doubled slashes, all of them or those at the start; take the nothing
/// between two for the value of a variable, or what follows two for a host; end the path at a decoded `?` or
/// `#`. These are all the paths that come of that. Of a path that is taken as it was sent, it is the nothing
/// alone.
///
/// # Errors
///
/// [`PathError::Ambiguous`] if there are too many of them.
pub(super) fn readings(path: &str, policy: PathPolicy) -> Result<Vec<String>, PathError> {
    if policy == PathPolicy::AsSent {
        let filled = path.contains("//").then(|| vec![path.to_owned(), filled(path)]);
        return Ok(filled.unwrap_or_default());
    }
    if !path.contains(['%', ';']) && !path.contains("//") {
        return Ok(Vec::new());
    }
    let mut readings = vec![path.to_owned()];
    let mut next = 0;
    while let Some(reading) = readings.get(next).cloned() {
        next += 1;
        for step in STEPS {
            let changed = step(&reading);
            if !readings.contains(&changed) {
                readings.push(changed);
            }
        }
        let bytes: usize = readings.iter().map(String::len).sum();
        if readings.len() > MAX_PATH_READINGS || bytes > MAX_PATH_READING_BYTES {
            return Err(PathError::Ambiguous);
        }
    }
    Ok(readings)
}

const STEPS: [fn(&str) -> String; 11] = [
    decoded,
    decoded_but_slashes,
    slashes_decoded,
    normalized,
    without_invalid,
    without_parameters,
    collapsed,
    collapsed_at_start,
    filled,
    after_host,
    ended,
];

/// `.` or `..`, with any of the dots percent-encoded (RFC 3986 §3.3, §6.2.2.3), and followed by
/// a path parameter, which some servers drop before they resolve the dots (`..;x`).
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
/// percent-encoded, or an octet sequence that only an overlong form of UTF-8 has (RFC 3629 §3), also of those with five and
/// six octets that there were before it (RFC 2279 §2).
fn holds_control(segment: &[u8]) -> bool {
    let refused = |byte: u8| byte.is_ascii_control() || byte == b'\\';
    let is_overlong = |pair: (u8, u8)| {
        matches!(pair, (0xe0, 0x80..=0x9f) | (0xf0, 0x80..=0x8f) | (0xf8, 0x80..=0x87) | (0xfc, 0x80..=0x83))
    };
    segment.iter().copied().any(refused)
        || escapes(segment).any(|byte| refused(byte) || matches!(byte, 0xc0 | 0xc1))
        || escapes(segment).zip(escapes(segment).skip(1)).any(is_overlong)
}

/// Whether the segment holds a `/` that is percent-encoded, or a `;` in either form.
fn holds_separator(segment: &[u8]) -> bool {
    segment.contains(&b';') || escapes(segment).any(|byte| matches!(byte, b'/' | b';'))
}

fn decoded(path: &str) -> String {
    decoded_where(path, |_| true)
}

/// As by a service that splits the path into segments before it decodes each of them: `%2F` is part of its segment.
fn decoded_but_slashes(path: &str) -> String {
    decoded_where(path, |byte| byte != b'/')
}

/// As by a proxy that turns `%2F` into a slash for the services behind it.
fn slashes_decoded(path: &str) -> String {
    decoded_where(path, |byte| byte == b'/')
}

/// As by a service that decodes only what means the same in either form (RFC 3986 §6.2.2.2).
fn normalized(path: &str) -> String {
    decoded_where(path, is_unreserved)
}

/// The path with these escapes decoded, once. What is not UTF-8 becomes a character that no route has.
fn decoded_where(path: &str, is_meant: impl Fn(u8) -> bool) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut parts = path.as_bytes().split(|byte| *byte == b'%');
    bytes.extend_from_slice(parts.next().unwrap_or_default());
    for part in parts {
        match escape(part).filter(|byte| is_meant(*byte)) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As by a decoder that leaves out what is not UTF-8 (Unicode Technical Report 36 §3.5).
fn without_invalid(path: &str) -> String {
    path.replace(char::REPLACEMENT_CHARACTER, "")
}

fn without_parameters(path: &str) -> String {
    let segments: Vec<_> = path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    segments.join("/")
}

/// A slash at the end stays: whether it counts is another question.
fn collapsed(path: &str) -> String {
    let mut collapsed = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        collapsed.push('/');
        collapsed.push_str(segment);
    }
    if path.ends_with('/') {
        collapsed.push('/');
    }
    collapsed
}

/// As by this table.
fn collapsed_at_start(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

/// As by a router whose variables take nothing as well, such as axum's: with a segment that no route has by name in the
/// place of each one of nothing, but for what a slash at the end leaves.
fn filled(path: &str) -> String {
    let Some((front, last)) = path.rsplit_once('/') else { return path.to_owned() };
    let mut filled = String::with_capacity(path.len());
    for segment in front.split('/').skip(1) {
        filled.push('/');
        filled.push_str(if segment.is_empty() { FRESH } else { segment });
    }
    filled.push('/');
    filled.push_str(last);
    filled
}

/// A segment that is no literal of a route key: those hold no `*`.
pub(super) const FRESH: &str = "*";

/// Without a path after it, the host is followed by `/` (RFC 9110 §4.2.3).
fn after_host(path: &str) -> String {
    let Some(host_and_path) = path.strip_prefix("//").map(|rest| rest.trim_start_matches('/')) else {
        return path.to_owned();
    };
    let path = host_and_path.find('/').and_then(|start| host_and_path.get(start..));
    path.unwrap_or("/").to_owned()
}

fn ended(path: &str) -> String {
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
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
