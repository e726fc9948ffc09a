//! `Debug` of public errors is their `Display`.
//!
//! An error that is returned from `main` is printed by `Debug`, and the reader needs the text of `Display`.

use std::fmt::{self, Write};

/// Implements `Debug` for errors that have `Display`.
macro_rules! debug_as_display {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                crate::error_text::write_escaped(self, f)
            }
        }
    )+};
}

pub(crate) use debug_as_display;

/// Writes the text with its control characters escaped, but for line breaks: an error may quote the text of a client, and a
/// terminal would obey them.
pub(crate) fn write_escaped(error: &dyn fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in error.to_string().chars() {
        if character.is_control() && character != '\n' {
            write!(f, "{}", character.escape_debug())?;
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}

/// Writes each mistake in a line of its own.
pub(crate) fn write_lines(mistakes: &[impl fmt::Display], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (number, mistake) in mistakes.iter().enumerate() {
        write!(f, "{}{mistake}", if number > 0 { "\n" } else { "" })?;
    }
    Ok(())
}
