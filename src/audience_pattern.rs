//! The identity validation expression ("Token validation" in the console).
//!
//! Input: a regular expression, and the audience of a verified token. Output: whether they match. The expression must match one
//! whole `aud`, so with an expression a token without `aud` is rejected. [Behaviour §1.2](crate::docs::behaviour).
//!
//! The time for a match grows no faster than the lengths of pattern and text, because there is no backtracking.

use std::{fmt, str::FromStr};

use regex_lite::{Regex, RegexBuilder};

use crate::error_text::debug_as_display;
use crate::limits::{MAX_AUDIENCE_PATTERN_BYTES, MAX_AUDIENCE_PATTERN_SIZE, MAX_TOKEN_PATTERN_SIZE};
use crate::text_value::{never_an_error, text_value};
use crate::word::words;

/// An identity validation expression: a regular expression that must match one whole `aud` of a token.
///
/// As in Java, `\d`, `\w` and `\s` match only ASCII. Look-around and back-references are not supported.
///
/// ```
/// use cognito_authorizer::token::AudiencePattern;
///
/// let pattern = "1example23456789|2example.*".parse::<AudiencePattern>()?;
/// assert!("(".parse::<AudiencePattern>().is_err());
/// # Ok::<(), cognito_authorizer::token::AudiencePatternError>(())
/// ```
#[derive(Clone)]
pub struct AudiencePattern {
    expression: Box<str>,
    regex: Regex,
    target: PatternTarget,
    is_small: bool,
}

/// The text that an identity validation expression is matched against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternTarget {
    /// The `aud` of the verified token (API reference, `identityValidationExpression`).
    #[default]
    Audience,
    /// The whole value of the identity source, including `Bearer `, as other AWS pages document it. It is matched before the
    /// token is parsed.
    RawToken,
}

words!(PatternTarget { Audience = "aud", RawToken = "raw_token" });

/// Parses an expression of at most 1,024 bytes.
///
/// # Errors
///
/// [`AudiencePatternError`], with the reason.
impl FromStr for AudiencePattern {
    type Err = AudiencePatternError;

    fn from_str(expression: &str) -> Result<Self, AudiencePatternError> {
        let error = |reason: String| AudiencePatternError { expression: expression.to_owned(), reason };
        if expression.is_empty() {
            return Err(error("an empty expression checks nothing: leave it out".to_owned()));
        }
        if expression.len() > MAX_AUDIENCE_PATTERN_BYTES {
            return Err(error(format!("it is longer than {MAX_AUDIENCE_PATTERN_BYTES} bytes")));
        }
        let compile = |expression: &str, size| RegexBuilder::new(expression).size_limit(size).build();
        let of_any_size = |expression: &str| {
            compile(expression, MAX_AUDIENCE_PATTERN_SIZE).map_err(|reason| error(reason.to_string()))
        };
        // Compile it alone first: `a)|(b` is not a valid expression, but would become one inside these parentheses.
        of_any_size(expression)?;
        let regex = of_any_size(&format!(r"\A(?:{expression})\z"))?;
        let is_small = compile(regex.as_str(), MAX_TOKEN_PATTERN_SIZE).is_ok();
        Ok(Self { expression: expression.into(), regex, target: PatternTarget::default(), is_small })
    }
}

impl AudiencePattern {
    /// Sets the text to match; by default [`PatternTarget::Audience`].
    #[must_use]
    pub fn with_target(self, target: PatternTarget) -> Self {
        Self { target, ..self }
    }

    /// Returns the text of the expression.
    pub fn as_str(&self) -> &str {
        &self.expression
    }

    /// Whether the expression is small enough to match it against the token of any client.
    pub(crate) fn is_small(&self) -> bool {
        self.is_small
    }

    /// Returns the text to match.
    pub fn target(&self) -> PatternTarget {
        self.target
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Debug for AudiencePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expression, target, .. } = self;
        f.debug_struct("AudiencePattern").field("expression", expression).field("target", target).finish()
    }
}

/// The error when a text is not a supported regular expression.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}` is not an identity validation expression: {reason}")]
pub struct AudiencePatternError {
    expression: String,
    reason: String,
}

debug_as_display!(AudiencePatternError);

text_value!(AudiencePattern, AudiencePatternError);

never_an_error!(AudiencePatternError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_whole_text() {
        for (expression, text, whole) in [
            ("abc", "abc", true),
            ("abc", "xabcx", false),
            ("abc|x", "x", true),
            ("a|ab", "ab", true),
            ("abc.*", "abcdef", true),
            ("^abc$", "abc", true),
            ("abc", "abc\n", false),
            ("(?m)^b$", "a\nb\nc", false),
            ("ABC", "abc", false),
            ("(?i)ABC", "abc", true),
            (r"\d+", "\u{0663}", false),
        ] {
            let pattern = expression.parse::<AudiencePattern>().unwrap();
            assert_eq!(pattern.matches(text), whole, "{expression} {text}");
        }
    }

    #[test]
    fn keeps_what_it_was_given() {
        let pattern = "a+".parse::<AudiencePattern>().unwrap();
        let shown = |own: &AudiencePattern| (own.as_str().to_owned(), own.target());
        assert_eq!(shown(&pattern), ("a+".to_owned(), PatternTarget::Audience));
        let other = pattern.with_target(PatternTarget::RawToken);
        assert_eq!(shown(&other), ("a+".to_owned(), PatternTarget::RawToken));
        assert!(format!("{other:?}").contains("a+") && format!("{other:?}").contains("RawToken"));
        // T-PAR-9: what anybody may have matched.
        assert!(other.is_small() && !"a{500}".parse::<AudiencePattern>().unwrap().is_small());
        assert!("a".repeat(MAX_AUDIENCE_PATTERN_BYTES).parse::<AudiencePattern>().is_ok());
    }

    /// T-PAR-9: expressions that take for ever elsewhere, against the longest token.
    #[test]
    fn does_not_backtrack() {
        let text = "a".repeat(10_000);
        for expression in ["(a+)+b", "(a|a)*b", "(.*)*b", "(a?){40}a{40}b"] {
            assert!(!expression.parse::<AudiencePattern>().unwrap().matches(&text), "{expression}");
        }
    }

    #[test]
    fn rejects_what_is_not_an_expression_and_names_it() {
        let (long, wide) = ("a".repeat(MAX_AUDIENCE_PATTERN_BYTES + 1), "(a{50}){50}".to_owned());
        for expression in ["", "(", "a)|(b", "[", "*", r"(a)\1", "(?=a)", "(?x)a #", &long, &wide] {
            let error = expression.parse::<AudiencePattern>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{expression}`")), "{error}");
        }
    }
}
