//! Makes `Debug` of public errors print their `Display` text.
//!
//! An error that `main` returns is printed with `Debug`, and its reader needs the text of `Display`.

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

/// Writes the text with control characters escaped, except line breaks. An error may quote a client's text, and a terminal
/// would interpret its control characters.
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

/// Writes each mistake on its own line.
pub(crate) fn write_lines(mistakes: &[impl fmt::Display], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (number, mistake) in mistakes.iter().enumerate() {
        write!(f, "{}{mistake}", if number > 0 { "\n" } else { "" })?;
    }
    Ok(())
}
