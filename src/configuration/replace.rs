//! Builds the authorizers of a configuration that replaces another one while a server runs.

use std::sync::Arc;

use super::{Configuration, ConfigurationError, settings::Settings};
use crate::{authorizer::Authorizers, jwks::KeySource};

/// The authorizers of a configuration, with what the authorizers of the next one may share with them.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    authorizers: Authorizers,
    key_source: Option<Arc<dyn KeySource>>,
    /// The settings that made the key source.
    proxy: Option<String>,
    plain_http: bool,
}

impl Built {
    pub(crate) fn authorizers(&self) -> &Authorizers {
        &self.authorizers
    }

    /// Returns the key source, if these settings would make an equal one.
    fn key_source_for(&self, settings: &Settings) -> Option<&Arc<dyn KeySource>> {
        let is_equal = self.plain_http == settings.danger.plain_http && self.proxy == proxy(settings);
        self.key_source.as_ref().filter(|_| is_equal)
    }
}

fn proxy(settings: &Settings) -> Option<String> {
    settings.proxy.as_ref().map(|address| address.0.clone())
}

impl Configuration {
    /// Builds the authorizers. They share the keys of the previous ones, where the issuer, the address of its keys and the
    /// settings for fetches are the same. Nothing changes for the previous ones before
    /// [`share_turns`](Authorizers::share_turns).
    pub(crate) fn build_after(&self, previous: Option<&Built>) -> Result<Built, ConfigurationError> {
        self.check_deployment()?;
        let key_source = match previous.and_then(|previous| previous.key_source_for(&self.settings)) {
            Some(source) => Some(Arc::clone(source)),
            None => self.settings.key_source()?,
        };
        let known: Vec<_> =
            previous.iter().flat_map(|own| own.authorizers.iter()).map(|(_, own)| own.clone()).collect();
        let named = self.named_authorizers(key_source.clone(), |_, builder| builder.with_keys_of(known.clone()))?;
        let authorizers = Authorizers::before_use(named)?;
        let (proxy, plain_http) = (proxy(&self.settings), self.settings.danger.plain_http);
        Ok(Built { authorizers, key_source, proxy, plain_http })
    }

    /// Returns everything that decides what a layer of this configuration does: its settings, and the content of the files
    /// with keys.
    pub(crate) fn content(&self) -> Result<Vec<u8>, ConfigurationError> {
        let mut content = self.to_json()?.into_bytes();
        for file in self.settings.user_pools.iter().filter_map(|own| own.jwks_file.as_ref()) {
            // A missing file is an error when the authorizers are built.
            content.extend(std::fs::read(file).unwrap_or_default());
        }
        Ok(content)
    }
}
