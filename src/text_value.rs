//! Conversions for setters that take a value or the text to parse it from.

/// Implements the conversions from a reference and from texts to `$value`, for setters; `$error` is the parse error.
macro_rules! text_value {
    ($value:ty, $error:ty) => {
        impl TryFrom<&str> for $value {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                text.parse()
            }
        }

        /// For iterators over `&str` items.
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

/// Lets a setter take a parsed value, which cannot fail to convert. [`text_value`] needs this once for each type of error.
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
