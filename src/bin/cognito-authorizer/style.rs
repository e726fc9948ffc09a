//! The colours of the words that begin a line. `anstream` leaves them out where the output is not a terminal, and with
//! `NO_COLOR`.

use anstyle::{AnsiColor, Style};

pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const PLAIN: Style = AnsiColor::Cyan.on_default();
