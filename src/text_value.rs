//! Values that a setter takes as they are or as a text that is parsed.

/// Implements the conversions by which a setter takes `$value`, a reference to one, or a text; `$error` says what is wrong with
/// the text.
macro_rules! text_value {
    ($value:ty, $error:ty) => {
        impl TryFrom<&str> for $value {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                text.parse()
            }
        }

        /// For texts that are iterated over.
        impl TryFrom<&&str> for $value {
            type Error = $error;

            fn try_from(text: &&str) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl TryFrom<&String> for $value {
            type Error = $error;

            fn try_from(text: &String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl TryFrom<String> for $value {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<&Self> for $value {
            fn from(value: &Self) -> Self {
                value.clone()
            }
        }
    };
}

/// A value that was parsed before has no mistake, so [`text_value`] needs this once for each type of error.
macro_rules! never_an_error {
    ($error:ty) => {
        impl From<std::convert::Infallible> for $error {
            fn from(never: std::convert::Infallible) -> Self {
                match never {}
            }
        }
    };
}

pub(crate) use never_an_error;
pub(crate) use text_value;
