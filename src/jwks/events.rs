//! Events and metrics about an issuer's keys: one event for each change of state.
//!
//! [`docs::metrics`](crate::docs::metrics) lists the names and labels.

use std::time::Duration;

use crate::{
    jose::{DroppedKey, JwkSet, KeyRejection},
    metric_names::{self, FETCH_DURATION, FETCHES, KEYS, OBTAINED},
    time::UnixTime,
    user_pool::Issuer,
};

/// Reports events and metrics about the keys of one issuer.
///
/// Call the methods without holding a lock: subscribers and recorders are foreign code.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyEvents<'i>(pub(super) &'i Issuer);

impl KeyEvents<'_> {
    /// Logs that new keys are in use, or that fetches succeed again.
    pub(super) fn obtained(self, set: &JwkSet, generation: u64) {
        tracing::info!(issuer = self.0.name(), keys = set.len(), generation, "keys fetched");
    }

    /// Logs keys that are published with their private part: any reader of the set can sign with them. The publisher
    /// must replace these keys.
    pub(super) fn private(self, dropped: &[DroppedKey]) {
        for key in dropped.iter().filter(|key| key.reason() == KeyRejection::Private) {
            let (issuer, index) = (self.0.name(), key.index());
            tracing::error!(issuer, index, "JWK Set publishes private key material, key dropped");
        }
    }

    pub(super) fn dropped(self, dropped: &[DroppedKey]) {
        self.private(dropped);
        for key in dropped.iter().filter(|key| key.reason() != KeyRejection::Private) {
            let (issuer, index) = (self.0.name(), key.index());
            tracing::warn!(issuer, index, reason = %key.reason(), "key of the JWK Set dropped");
        }
    }

    /// Logs the first of several failed fetches in a row.
    pub(super) fn failing(self, reason: &str, has_keys: bool) {
        tracing::warn!(issuer = self.0.name(), reason, has_keys, "keys cannot be fetched");
    }

    /// Logs a further failed fetch.
    pub(super) fn still_failing(self, reason: &str) {
        tracing::debug!(issuer = self.0.name(), reason, "keys still cannot be fetched");
    }

    pub(super) fn distrusted(self, hard_age: Duration) {
        let seconds = hard_age.as_secs();
        tracing::error!(issuer = self.0.name(), seconds, "keys are too old and no longer trusted");
        self.keys(0);
    }

    pub(super) fn found(self, set: &JwkSet, age: Duration) {
        let (issuer, seconds) = (self.0.name(), age.as_secs());
        tracing::warn!(issuer, keys = set.len(), seconds, "keys loaded from the last known good file");
    }

    /// Logs a problem with the last known good file.
    pub(super) fn file(self, problem: &str) {
        tracing::warn!(issuer = self.0.name(), problem, "the last known good file was ignored or not written");
    }

    /// Registers every series of the issuer, at zero.
    pub(super) fn register(self) {
        metric_names::describe();
        for result in FETCH_RESULTS {
            drop(metrics::counter!(FETCHES, "issuer" => self.label(), "result" => result));
        }
        self.keys(0);
    }

    /// Counts a fetch by its result.
    pub(super) fn fetch(self, result: &'static str) {
        metrics::counter!(FETCHES, "issuer" => self.label(), "result" => result).increment(1);
    }

    /// Records the duration of a fetch, whatever its result.
    pub(super) fn fetch_took(self, duration: Duration) {
        metrics::histogram!(FETCH_DURATION, "issuer" => self.label()).record(duration);
    }

    /// Sets the gauges for the number of keys in use and the time of their fetch.
    pub(super) fn in_use(self, keys: usize, obtained: UnixTime) {
        self.keys(keys);
        let gauge = metrics::gauge!(OBTAINED, "issuer" => self.label());
        gauge.set(u32::try_from(obtained.as_secs()).unwrap_or(u32::MAX));
    }

    fn keys(self, keys: usize) {
        let gauge = metrics::gauge!(KEYS, "issuer" => self.label());
        gauge.set(u32::try_from(keys).unwrap_or(u32::MAX));
    }

    fn label(self) -> String {
        self.0.name().to_owned()
    }
}

/// The results of a fetch.
const FETCH_RESULTS: [&str; 5] = ["taken", "unchanged", "late", "failed", "dropped"];
