//! One fetch, from the request to the end of it.

use std::sync::Arc;

use tokio::{task::spawn_blocking, time::timeout};

use super::{
    KeyRequest, KeyResponse,
    issuer_keys::{Fetched, IssuerKeys},
    refresh::Sequence,
};
use crate::{jose::JwkSet, limits::MAX_ETAG_BYTES};

/// A fetch under way. However it ends, by panic or shutdown too, it is no longer under way then, and
/// those who wait are told.
pub(super) struct Fetch {
    keys: Arc<IssuerKeys>,
    sequence: Sequence,
    /// Whether it was noted how the fetch ended.
    is_noted: bool,
}

impl Fetch {
    pub(super) fn new(keys: Arc<IssuerKeys>, sequence: Sequence) -> Self {
        Self { keys, sequence, is_noted: false }
    }

    pub(super) async fn run(mut self) {
        match self.fetch().await {
            Ok(fetched) => {
                self.is_noted = true;
                self.keys.fetched(self.sequence, fetched);
                // Nobody waits for the file.
                self.keys.tell_ended(self.sequence);
                self.remember().await;
            }
            Err(reason) => {
                // Looked for before the failure is told, so that those who wait have what is found.
                self.look_for_last_known_good().await;
                self.fail(&reason);
            }
        }
    }

    /// Ends it without keys.
    pub(super) fn fail(mut self, reason: &str) {
        self.is_noted = true;
        self.keys.failed(self.sequence, reason);
    }

    async fn fetch(&self) -> Result<Fetched, String> {
        let keys = &self.keys;
        let mut request = KeyRequest::new(&keys.issuer);
        request.etag = keys.etag();
        let may_be_unchanged = request.etag.is_some();
        let response = match timeout(keys.settings.fetch_timeout, keys.source.fetch(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(chain(&error)),
            Err(_) => return Err(format!("no answer within {:?}", keys.settings.fetch_timeout)),
        };
        match response {
            KeyResponse::Document { body, etag, max_age } => {
                let set = JwkSet::parse(&body).map_err(|error| error.to_string())?;
                if set.is_empty() {
                    return Err(no_usable_keys(&set));
                }
                let etag = etag.filter(|etag| etag.len() <= MAX_ETAG_BYTES);
                Ok(Fetched { new: Some((set, body)), etag, max_age })
            }
            KeyResponse::NotModified { max_age } if may_be_unchanged && keys.has_keys() => {
                Ok(Fetched { new: None, etag: keys.etag(), max_age })
            }
            KeyResponse::NotModified { .. } => Err("the answer is \"not modified\", and nobody asked".to_owned()),
        }
    }

    /// Writes the keys in use to the last known good file.
    async fn remember(&self) {
        let Some(file) = self.keys.settings.last_known_good.clone() else { return };
        let Some(document) = self.keys.document() else { return };
        let (issuer, now) = (Arc::clone(&self.keys.issuer), self.keys.settings.clock.now());
        let write = spawn_blocking(move || file.write(&issuer, &document, now));
        if let Ok(Err(error)) = write.await {
            let issuer = self.keys.issuer.name();
            tracing::warn!(issuer, error = chain(&error), "the last known good file was not written");
        }
    }

    /// Takes the keys from the last known good file, if there are no others.
    async fn look_for_last_known_good(&self) {
        let Some(file) = self.keys.settings.last_known_good.clone() else { return };
        if self.keys.has_keys() {
            return;
        }
        let (issuer, now) = (Arc::clone(&self.keys.issuer), self.keys.settings.clock.now());
        let read = spawn_blocking(move || file.read(&issuer, now));
        match read.await {
            Ok(Ok(Some(found))) => self.keys.found(found.set, found.document, found.age),
            Ok(Ok(None)) | Err(_) => {}
            Ok(Err(error)) => {
                let issuer = self.keys.issuer.name();
                tracing::warn!(issuer, error = chain(&error), "the last known good file was ignored");
            }
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        if !self.is_noted && std::thread::panicking() {
            self.keys.failed(self.sequence, "the key source panicked");
        } else if !self.is_noted {
            self.keys.given_up(self.sequence);
        }
        self.keys.tell_ended(self.sequence);
    }
}

fn no_usable_keys(set: &JwkSet) -> String {
    let reasons: Vec<String> =
        set.dropped().iter().map(|dropped| format!("key {} {}", dropped.index(), dropped.reason())).collect();
    format!(
        "the JWK Set holds no usable key: {}",
        if reasons.is_empty() { "it is empty".to_owned() } else { reasons.join(", ") }
    )
}

/// An error and all that it comes from: mostly the last one says what to do.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
