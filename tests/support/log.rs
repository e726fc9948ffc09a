//! Captures log output.

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures this thread's log output until the guard is dropped.
    pub fn capture(&self, level: LevelFilter) -> DefaultGuard {
        LazyLock::force(&SECOND);
        let subscriber = tracing_subscriber::fmt().with_writer(self.clone()).with_max_level(level).with_ansi(false);
        tracing::subscriber::set_default(subscriber.finish())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// A second subscriber. With only one in the process, `tracing` lets the first thread that reaches an event decide whether the
/// event is enabled. That thread may belong to another test, without a subscriber. With two subscribers, `tracing` asks both.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).finish()));
