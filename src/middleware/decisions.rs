//! Counts the decisions of a layer, and logs each rejection.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::Method;
use metrics::{Counter, counter};
use tracing::Level;

use crate::{
    decide::RejectionKind,
    metric_names::{self, DECISIONS},
};

/// Counts decisions. The handles are created with the layer, so every series exists at zero before the first request,
/// and requests look up no names.
#[derive(Clone, Debug)]
pub(super) struct Decisions {
    open: Counter,
    allowed: Counter,
    /// In the order of [`RejectionKind::ALL`].
    rejected: Vec<Counter>,
    /// Whether the event about stacked layers was logged.
    told_of_stack: Arc<AtomicBool>,
}

/// A rejection in the log. Of the request it shows only the method, and only a registered one.
pub(super) struct RejectionEvent<'e> {
    pub(super) kind: RejectionKind,
    pub(super) method: &'e Method,
    pub(super) route_key: Option<&'e str>,
    pub(super) request_id: Option<&'e str>,
}

impl Decisions {
    /// Creates the counters of a layer that rejects requests, or of a shadow.
    pub(super) fn new(is_shadow: bool) -> Self {
        metric_names::describe();
        let rejected = if is_shadow { "would_reject" } else { "rejected" };
        let rejections = RejectionKind::ALL.iter();
        Self {
            open: counter!(DECISIONS, "decision" => "open", "reason" => "none"),
            allowed: counter!(DECISIONS, "decision" => "allowed", "reason" => "none"),
            rejected: rejections
                .map(|kind| counter!(DECISIONS, "decision" => rejected, "reason" => kind.as_str()))
                .collect(),
            told_of_stack: Arc::default(),
        }
    }

    /// Warns once about a request whose token another layer accepted, and that is of the wrong kind for this one: the two ask
    /// for different tokens, and a request carries one.
    pub(super) fn warn_of_stack(&self, route_key: Option<&str>) {
        if !self.told_of_stack.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                route = route_key,
                "stacked layers require different kinds of token, so no request passes both"
            );
        }
    }

    /// Counts a request that passed without needing a token.
    #[inline]
    pub(super) fn count_open(&self) {
        self.open.increment(1);
    }

    /// Counts a request that passed with an accepted token.
    #[inline]
    pub(super) fn count_allowed(&self) {
        self.allowed.increment(1);
    }

    pub(super) fn count_rejected(&self, kind: RejectionKind) {
        if let Some(counter) = self.rejected.get(kind.place()) {
            counter.increment(1);
        }
    }
}

impl RejectionEvent<'_> {
    /// Logs a rejected request.
    pub(super) fn log(&self, level: Level) {
        let Self { kind, route_key: route, request_id, .. } = self;
        let (reason, method) = (kind.as_str(), self.method());
        // The level of an event is part of its static metadata.
        macro_rules! log {
            ($level:expr) => {
                tracing::event!($level, reason, method, route, request_id, "request rejected")
            };
        }
        match level {
            Level::ERROR => log!(Level::ERROR),
            Level::WARN => log!(Level::WARN),
            Level::INFO => log!(Level::INFO),
            Level::DEBUG => log!(Level::DEBUG),
            Level::TRACE => log!(Level::TRACE),
        }
    }

    /// Logs a request that a shadow passed although it would be rejected.
    pub(super) fn log_shadow(&self) {
        let (reason, method, route) = (self.kind.as_str(), self.method(), self.route_key);
        tracing::info!(reason, method, route, "request would be rejected");
    }

    /// Returns the method, or `OTHER` if it is not registered: a caller can make up methods, and each would be a new
    /// value.
    fn method(&self) -> &str {
        const KNOWN: [Method; 9] = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
            Method::PATCH,
            Method::CONNECT,
            Method::TRACE,
        ];
        if KNOWN.contains(self.method) { self.method.as_str() } else { "OTHER" }
    }
}
