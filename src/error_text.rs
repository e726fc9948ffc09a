//! `Debug` of public errors is their `Display`.
//!
//! An error that is returned from `main` is printed by `Debug`, and the reader needs the text of `Display`.

/// Implements `Debug` for errors that have `Display`.
macro_rules! debug_as_display {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )+};
}

pub(crate) use debug_as_display;
