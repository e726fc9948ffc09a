//! Finds the parts of a path that readers treat differently, in one pass.

/// A set of marks: the parts of a path that readers treat differently. A path without marks has only one reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u16);

impl Marks {
    /// `%2f`
    pub(super) const ESCAPED_SLASH: Self = Self(1);
    /// `%3b`, which also counts as an escape of another character.
    pub(super) const ESCAPED_SEMICOLON: Self = Self(1 << 1);
    /// An escape of an unreserved character (RFC 3986 §2.3).
    pub(super) const ESCAPED_UNRESERVED: Self = Self(1 << 2);
    /// An escape of any other character except the slash.
    pub(super) const ESCAPED_OTHER: Self = Self(1 << 3);
    /// `;`
    pub(super) const PARAMETER: Self = Self(1 << 4);
    /// `?` or `#`
    pub(super) const QUERY: Self = Self(1 << 5);
    /// Two adjacent slashes, anywhere.
    pub(super) const DOUBLE_SLASH: Self = Self(1 << 6);
    /// Two adjacent slashes at the start.
    pub(super) const DOUBLE_SLASH_AT_START: Self = Self(1 << 7);
    /// A slash at the end of a path that is not the root.
    pub(super) const SLASH_AT_END: Self = Self(1 << 8);
    /// A segment that ends with a dot or a blank.
    pub(super) const DOT_AT_END: Self = Self(1 << 9);
    /// U+FFFD, the replacement character for octets that are not UTF-8.
    pub(super) const INVALID: Self = Self(1 << 10);
    /// A character that has another case, or may have one.
    pub(super) const CASED: Self = Self(1 << 11);
    /// A dot segment, a backslash, a control character, or an overlong form of UTF-8.
    pub(super) const AMBIGUOUS: Self = Self(1 << 12);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has_any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// Returns the marks of a path that starts with a slash.
    pub(super) fn of(path: &str) -> Self {
        let bytes = path.as_bytes();
        let mut marks = Self::default();
        // The last escape of the segment.
        let mut escaped = None;
        for (index, byte) in bytes.iter().enumerate() {
            let rest = || bytes.get(index + 1..).unwrap_or_default();
            let found = match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => continue,
                b'A'..=b'Z' => Self::CASED,
                b'/' => {
                    escaped = None;
                    Self::of_slash(index, rest())
                }
                b'.' | b' ' => match rest().first() {
                    None | Some(b'/') => Self::DOT_AT_END,
                    Some(_) => continue,
                },
                b'%' => match (escape(rest()), rest().first()) {
                    (Some(byte), _) => Self::of_escape(byte, escaped.replace(byte)),
                    // IIS reads `%u0061` as a character.
                    (None, Some(b'u' | b'U')) => Self::AMBIGUOUS,
                    (None, _) => continue,
                },
                b';' => Self::PARAMETER,
                b'?' | b'#' => Self::QUERY,
                b'\\' | 0..=0x1f | 0x7f => Self::AMBIGUOUS,
                // U+FFFD
                0xef if rest().starts_with(&[0xbf, 0xbd]) => Self::INVALID.and(Self::CASED),
                0x80.. => Self::CASED,
                _ => continue,
            };
            marks = marks.and(found);
        }
        marks
    }

    /// Returns the marks of a slash; `rest` is the text after the slash.
    fn of_slash(index: usize, rest: &[u8]) -> Self {
        match rest.first() {
            None if index == 0 => Self::default(),
            None => Self::SLASH_AT_END,
            Some(b'/') if index == 0 => Self::DOUBLE_SLASH.and(Self::DOUBLE_SLASH_AT_START),
            Some(b'/') => Self::DOUBLE_SLASH,
            Some(b'.' | b'%') if is_dot_segment(rest) => Self::AMBIGUOUS,
            Some(_) => Self::default(),
        }
    }

    /// Returns the marks of an escape; `before` is the previous escape in the same segment. The overlong forms are those of
    /// RFC 3629 §3, and the older forms of five and six octets (RFC 2279 §2).
    fn of_escape(byte: u8, before: Option<u8>) -> Self {
        match (before, byte) {
            (_, b'\\' | 0..=0x1f | 0x7f | 0xc0 | 0xc1)
            | (Some(0xe0), 0x80..=0x9f)
            | (Some(0xf0), 0x80..=0x8f)
            | (Some(0xf8), 0x80..=0x87)
            | (Some(0xfc), 0x80..=0x83) => Self::AMBIGUOUS,
            (_, b'/') => Self::ESCAPED_SLASH,
            (_, b';') => Self::ESCAPED_SEMICOLON.and(Self::ESCAPED_OTHER),
            (_, byte) if is_unreserved(byte) => Self::ESCAPED_UNRESERVED,
            (_, _) => Self::ESCAPED_OTHER,
        }
    }
}

/// Whether a segment, up to the next slash, is `.` or `..`. Each dot may be percent-encoded (RFC 3986 §3.3, §6.2.2.3). A path
/// parameter may follow, as in `..;x`, because some servers drop it before they resolve the dots.
pub(super) fn is_dot_segment(segment: &[u8]) -> bool {
    let mut dots = 0;
    let mut rest = segment;
    loop {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            [] | [b';' | b'/', ..] => return dots == 1 || dots == 2,
            _ => return false,
        };
        dots += 1;
    }
}

/// Whether the byte is an unreserved character (RFC 3986 §2.3).
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether the byte is a plain character of a path segment: `pchar` of RFC 3986 §3.3, without `%`.
pub(super) fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@')
}

/// Decodes the byte from two hexadecimal digits at the start of `text`.
pub(super) fn escape(text: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let [high, low, ..] = text else { return None };
    Some(digit(high)? << 4 | digit(low)?)
}
