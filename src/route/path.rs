//! The path of a request, as segments to match.
//!
//! Matching is on the path as it was sent, never percent-decoded: `%2F` does not split a segment
//! ([behaviour §5.1.9](crate::docs::behaviour)). A path that another reader could resolve to a different one is rejected:
//! `.` and `..` segments, also percent-encoded; `\`, NUL and control characters, in either form. Where only the route
//! decides whether it matters, `readings` has the other paths to look up.

use smallvec::SmallVec;

use super::{marks::Marks, tree::Order};
use crate::{
    limits::{MAX_PATH_BYTES, MAX_PATH_SEGMENTS},
    word::words,
};

/// A slash at the end of a request path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// `/pets/` is `/pets`, as on a REST API ([behaviour §5.1.7](crate::docs::behaviour)).
    Ignored,
    /// `/pets/` is another path, as on an HTTP API ([behaviour §5.2.4](crate::docs::behaviour)).
    Significant,
}

words!(TrailingSlash { Ignored = "ignored", Significant = "significant" });

/// How an API of one kind matches routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MatchRules {
    pub(crate) trailing_slash: TrailingSlash,
    /// A route without greedy variable comes before all that have one, however their first segments
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

/// Those of a REST API (behaviour §5.1.2, §5.1.7).
pub(crate) const REST: MatchRules = MatchRules { trailing_slash: TrailingSlash::Ignored, full_match_first: false };

/// Those of an HTTP API (behaviour §5.2.1, §5.2.4).
#[cfg(test)]
pub(super) const HTTP: MatchRules = MatchRules { trailing_slash: TrailingSlash::Significant, full_match_first: true };

/// How much a path may leave open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PathPolicy {
    /// Nothing that any reader could take otherwise: no `%2f`, no `;`.
    Strict,
    /// Only what makes no difference to this table.
    #[default]
    OneRule,
    /// Everything: the inner service reads paths exactly as they are sent.
    AsSent,
}

impl PathPolicy {
    /// Whether a path with these marks is rejected, whatever route it falls under.
    pub(super) fn rejects(self, marks: Marks) -> bool {
        const SEPARATORS: Marks = Marks::ESCAPED_SLASH.and(Marks::PARAMETER).and(Marks::ESCAPED_SEMICOLON);
        match self {
            Self::AsSent => false,
            Self::OneRule => marks.has_any(Marks::AMBIGUOUS),
            Self::Strict => marks.has_any(Marks::AMBIGUOUS.and(SEPARATORS)),
        }
    }
}

/// The segments of a path: few, as a rule.
pub(super) type Segments<'p> = SmallVec<[&'p str; 16]>;

/// The segments of a request path. A slash at the end leaves one more, which is empty, and so do two slashes together.
pub(super) fn segments(path: &str) -> Result<Segments<'_>, PathError> {
    check_length(path)?;
    let rest = path.get(1..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(Segments::new());
    }
    let segments: Segments<'_> = rest.split('/').take(MAX_PATH_SEGMENTS + 2).collect();
    // What was not looked at cannot be trusted either.
    if without_slash_at_end(&segments).len() > MAX_PATH_SEGMENTS {
        return Err(PathError::Ambiguous);
    }
    Ok(segments)
}

/// Whether it is a path that is looked at.
pub(super) fn check_length(path: &str) -> Result<(), PathError> {
    match path.starts_with('/') {
        false => Err(PathError::NotAPath),
        true if path.len() > MAX_PATH_BYTES => Err(PathError::Ambiguous),
        true => Ok(()),
    }
}

/// The segments of the path without one slash at its end.
pub(super) fn without_slash_at_end<'s, 'p>(segments: &'s [&'p str]) -> &'s [&'p str] {
    match segments {
        [rest @ .., ""] => rest,
        segments => segments,
    }
}

/// The segments after the empty ones at the start: slashes there count as one (behaviour §5.1.8).
pub(super) fn without_slashes_at_start<'s, 'p>(mut segments: &'s [&'p str]) -> &'s [&'p str] {
    while let ["", rest @ ..] = segments {
        segments = rest;
    }
    segments
}

/// The text in one case, also where a character beyond ASCII has an ASCII letter for its other case.
pub(super) fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Why a path is not matched at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// It does not start with a slash: `*`, an authority, or nothing.
    NotAPath,
    /// It means different things to different readers, or is too long to say.
    Ambiguous,
}
