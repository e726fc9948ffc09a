//! Settings with one word per value, as in a configuration file.

use crate::error_text::debug_as_display;

/// A setting whose values have words.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// All values with their words.
    #[cfg_attr(not(feature = "configuration"), expect(dead_code, reason = "only a configuration lists them"))]
    const ALL: &'static [(&'static str, Self)];
}

/// Implements `as_str`, `FromStr` and [`Word`] for an enum.
macro_rules! words {
    ($setting:ident { $($value:ident = $word:literal),+ $(,)? }) => {
        impl $setting {
            /// Returns the word for this value in a configuration file.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }
        }

        impl std::str::FromStr for $setting {
            type Err = crate::word::UnknownWord;

            fn from_str(word: &str) -> Result<Self, crate::word::UnknownWord> {
                match word {
                    $($word => Ok(Self::$value),)+
                    _ => Err(crate::word::UnknownWord::new(word, &[$($word),+])),
                }
            }
        }

        impl crate::word::Word for $setting {
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$value)),+];
        }
    };
}

pub(crate) use words;

/// The error when a text is not a word of a setting.
///
/// ```
/// use cognito_authorizer::route::{InnerRouter, UnknownWord};
///
/// assert_eq!("any_order".parse(), Ok(InnerRouter::AnyOrder));
/// let error: UnknownWord = "any".parse::<InnerRouter>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`any` is not known here: expected any_order, literal_first or matched_route"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not known here: expected {}", alternatives(.expected))]
pub struct UnknownWord {
    word: String,
    expected: &'static [&'static str],
}

debug_as_display!(UnknownWord);

impl UnknownWord {
    pub(crate) fn new(word: &str, expected: &'static [&'static str]) -> Self {
        Self { word: word.to_owned(), expected }
    }
}

/// Joins words as `a, b or c`.
pub(crate) fn alternatives(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        words => words.concat(),
    }
}
