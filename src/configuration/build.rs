//! Builds authorizers and a route table from settings.

use std::sync::Arc;

use super::{
    ConfigurationError,
    settings::{NamedAuthorizer, Settings},
};
#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
use crate::{
    authorizer::{Authorizer, AuthorizerBuilder, AuthorizerSettings, BuildError},
    jwks::{FixedKeySource, KeyFuture, KeyRequest, KeySource, KeySourceError},
    route::{RouteTable, RouteTableError},
};

impl Settings {
    /// Creates the built-in key source, if there is one. All authorizers share it.
    #[cfg(feature = "reqwest")]
    pub(super) fn key_source(&self) -> Result<Option<Arc<dyn KeySource>>, BuildError> {
        let source = match &self.proxy {
            Some(proxy) => HttpsKeySource::through_proxy(&proxy.0)?,
            None => HttpsKeySource::new()?,
        };
        Ok(Some(Arc::new(if self.danger.plain_http { source.dangerous().allow_plain_http() } else { source })))
    }

    #[cfg(not(feature = "reqwest"))]
    pub(super) fn key_source(&self) -> Result<Option<Arc<dyn KeySource>>, BuildError> {
        Ok(None)
    }

    /// Returns the builder of an authorizer, with its key sources.
    pub(super) fn authorizer(
        &self,
        own: &NamedAuthorizer,
        key_source: Option<Arc<dyn KeySource>>,
    ) -> Result<AuthorizerBuilder, ConfigurationError> {
        let builder = AuthorizerBuilder::from_settings(self.settings_of(own));
        let mut builder = key_source.into_iter().fold(builder, AuthorizerBuilder::configured_key_source);
        for user_pool in self.user_pools_of(own) {
            if let Some(file) = &user_pool.jwks_file {
                let id = user_pool.user_pool.id();
                builder = builder.key_source_for(id, FixedKeySource::new().with_file(id.as_str(), file)?);
            }
        }
        Ok(builder)
    }

    /// Builds an authorizer without accessing files or the network, to find its errors.
    pub(super) fn check(
        &self,
        own: &NamedAuthorizer,
        key_source: Option<Arc<dyn KeySource>>,
    ) -> Result<Authorizer, BuildError> {
        let settings = AuthorizerSettings { last_known_good_directory: None, ..self.settings_of(own) };
        let builder = AuthorizerBuilder::from_settings(settings)
            .configured_key_source(key_source.unwrap_or(Arc::new(NoKeySource)));
        let in_files = self.user_pools_of(own).filter(|user_pool| user_pool.jwks_file.is_some());
        in_files.fold(builder, |builder, own| builder.key_source_for(own.user_pool.id(), NoKeySource)).build()
    }

    pub(super) fn route_table(&self) -> Result<RouteTable, RouteTableError> {
        let authorizer_type = self.authorizers.first().map(|own| own.settings.verifier.authorizer_type);
        let table = RouteTable::builder()
            .with_settings(self.route_table.clone())
            .authorizer_type(authorizer_type.unwrap_or_default());
        let table = if self.danger.paths_as_sent { table.dangerous().paths_as_sent() } else { table };
        let table = self.routes.iter().fold(table, |table, route| {
            if let Some(response) = &route.mock_response {
                return table.mock(&route.route, response.clone());
            }
            // A route names its authorizer only if there are several.
            match route.authorizer.as_deref().filter(|_| self.authorizers.len() > 1) {
                Some(name) => table.route_for_authorizer(name, &route.route, route.authorization.clone()),
                None => table.route(&route.route, route.authorization.clone()),
            }
        });
        table.build()
    }
}

/// A key source without keys. A check uses it instead of files, and where there is no built-in source.
#[derive(Clone, Copy, Debug)]
struct NoKeySource;

impl KeySource for NoKeySource {
    fn fetch(&self, _: KeyRequest) -> KeyFuture {
        Box::pin(async { Err(KeySourceError::Other("no key source was given".into())) })
    }
}
