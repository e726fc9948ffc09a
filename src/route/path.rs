//! Splits the path of a request into segments for matching.
//!
//! A path is matched as sent and is never percent-decoded, so `%2F` does not split a segment
//! ([behaviour §5.1.9](crate::docs::behaviour)). A path is rejected if another reader could resolve it to a different path: `.`
//! and `..` segments, also percent-encoded; `\`, NUL and control characters, in either form. For other differences, only the
//! route decides whether they matter; `readings` computes the other paths to look up.

use smallvec::SmallVec;

use super::{marks::Marks, tree::Order};
use crate::{
    limits::{MAX_PATH_BYTES, MAX_PATH_SEGMENTS},
    word::words,
};

/// The meaning of a slash at the end of a request path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// The slash is ignored: `/pets/` is `/pets`, as on a REST API ([behaviour §5.1.7](crate::docs::behaviour)).
    Ignored,
    /// The slash is significant: `/pets/` is another path, as on an HTTP API ([behaviour §5.2.4](crate::docs::behaviour)).
    Significant,
}

words!(TrailingSlash { Ignored = "ignored", Significant = "significant" });

/// The rules by which one kind of API matches routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MatchRules {
    pub(crate) trailing_slash: TrailingSlash,
    /// Whether a route without a greedy variable takes precedence over all routes with one, however their first segments
    /// compare (behaviour §5.2.1).
    pub(crate) full_match_first: bool,
}

impl Default for MatchRules {
    fn default() -> Self {
        REST
    }
}

impl MatchRules {
    pub(super) fn order(self) -> Order {
        if self.full_match_first { Order::FullMatchFirst } else { Order::LiteralFirst }
    }
}

/// The match rules of a REST API (behaviour §5.1.2, §5.1.7).
pub(crate) const REST: MatchRules = MatchRules { trailing_slash: TrailingSlash::Ignored, full_match_first: false };

/// The match rules of an HTTP API (behaviour §5.2.1, §5.2.4).
#[cfg(test)]
pub(super) const HTTP: MatchRules = MatchRules { trailing_slash: TrailingSlash::Significant, full_match_first: true };

/// The ambiguities that a path may contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PathPolicy {
    /// Rejects every path that readers could treat differently: no `%2f`, no `%3b`, no `;`.
    Strict,
    /// Accepts only ambiguities that make no difference to this table.
    #[default]
    OneRule,
    /// Accepts every path, because the inner service reads paths exactly as sent.
    AsSent,
}

impl PathPolicy {
    /// Whether a path with these marks is rejected, whatever route covers it.
    pub(super) fn rejects(self, marks: Marks) -> bool {
        const SEPARATORS: Marks = Marks::ESCAPED_SLASH.and(Marks::PARAMETER).and(Marks::ESCAPED_SEMICOLON);
        match self {
            Self::AsSent => false,
            Self::OneRule => marks.has_any(Marks::AMBIGUOUS),
            Self::Strict => marks.has_any(Marks::AMBIGUOUS.and(SEPARATORS)),
        }
    }
}

/// The segments of a path, stored inline because most paths have few.
pub(super) type Segments<'p> = SmallVec<[&'p str; 16]>;

/// Splits a request path into segments. A slash at the end leaves an empty segment, and so do two adjacent slashes.
pub(super) fn segments(path: &str) -> Result<Segments<'_>, PathError> {
    check_length(path)?;
    let rest = path.get(1..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(Segments::new());
    }
    let segments: Segments<'_> = rest.split('/').take(MAX_PATH_SEGMENTS + 2).collect();
    // Segments past the limit are not checked, so a path that has them is rejected.
    if without_slash_at_end(&segments).len() > MAX_PATH_SEGMENTS {
        return Err(PathError::Ambiguous);
    }
    Ok(segments)
}

/// Checks that the path starts with a slash and is not too long to be matched.
pub(super) fn check_length(path: &str) -> Result<(), PathError> {
    match path.starts_with('/') {
        false => Err(PathError::NotAPath),
        true if path.len() > MAX_PATH_BYTES => Err(PathError::Ambiguous),
        true => Ok(()),
    }
}

/// Returns the segments of the path without one slash at its end.
pub(super) fn without_slash_at_end<'s, 'p>(segments: &'s [&'p str]) -> &'s [&'p str] {
    match segments {
        [rest @ .., ""] => rest,
        segments => segments,
    }
}

/// Returns the segments after the empty ones at the start: several slashes there count as one (behaviour §5.1.8).
pub(super) fn without_slashes_at_start<'s, 'p>(mut segments: &'s [&'p str]) -> &'s [&'p str] {
    while let ["", rest @ ..] = segments {
        segments = rest;
    }
    segments
}

/// Folds the text to one case, including non-ASCII characters whose other case is an ASCII letter.
pub(super) fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The reason why a path cannot be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// The path does not start with a slash: `*`, an authority, or an empty path.
    NotAPath,
    /// Different readers could resolve the path differently, or the path is too long to check.
    Ambiguous,
}
