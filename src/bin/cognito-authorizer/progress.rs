//! The progress of a long run, on standard error: a bar with the rate and the time left, if the length is known.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how many tokens were verified. Without a terminal, nothing is shown.
pub(crate) struct Progress {
    bar: ProgressBar,
    bytes: u64,
    tokens: u64,
    denied: u64,
}

/// The number of tokens between two updates.
const STEP: u64 = 256;

impl Progress {
    /// Starts with the length of the input in bytes, if it is known.
    pub(crate) fn new(length: Option<u64>) -> Self {
        let (bar, style) = match length {
            Some(length) => (ProgressBar::new(length), "{bar:30} {percent}% {msg}, {eta} left"),
            None => (ProgressBar::no_length(), "{msg}"),
        };
        // The template is constant.
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        if !io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self { bar, bytes: 0, tokens: 0, denied: 0 }
    }

    /// Counts one token, which took this many bytes of the input.
    pub(crate) fn count(&mut self, bytes: usize, is_denied: bool) {
        self.bytes += u64::try_from(bytes).unwrap_or_default();
        self.tokens += 1;
        self.denied += u64::from(is_denied);
        if self.tokens.is_multiple_of(STEP) && !self.bar.is_hidden() {
            self.show();
        }
    }

    /// Shows the last figures. Returns how many tokens were denied.
    pub(crate) fn end(self) -> u64 {
        if !self.bar.is_hidden() {
            self.show();
            self.bar.abandon();
        }
        self.denied
    }

    fn show(&self) {
        let milliseconds = self.bar.elapsed().as_millis().max(1);
        let rate = u128::from(self.tokens) * 1_000 / milliseconds;
        self.bar.set_message(format!("{} tokens, {} denied, {rate} tokens/s", self.tokens, self.denied));
        self.bar.set_position(self.bytes);
    }
}
