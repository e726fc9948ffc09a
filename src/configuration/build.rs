//! From settings to authorizers and a route table.

use std::{sync::Arc, time::Duration};

use super::{
    ConfigurationError,
    settings::{AuthorizerSettings, Settings},
};
#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
use crate::{
    authorizer::{Authorizer, AuthorizerBuilder, BuildError},
    jwks::{FixedKeySource, KeyFuture, KeyRequest, KeySource, KeySourceError},
    request_context::ClaimHeaders,
    route::{InnerRouter, RouteTable, RouteTableBuilder, RouteTableError},
};

impl Settings {
    /// A builder with everything that the configuration says of an authorizer, but not where its keys come from.
    fn builder(&self, own: &AuthorizerSettings) -> Result<AuthorizerBuilder, BuildError> {
        let options = &own.options;
        let mut builder = Authorizer::builder()
            .authorizer_type(own.authorizer_type)
            .with_identity_source(own.identity_source.clone())
            .leeway(Duration::from_secs(options.leeway_seconds))
            .mimic_sigv4_fallback(options.mimic_sigv4_fallback)
            .pass_preflight(options.pass_preflight)
            .forward_token(!options.strip_token)
            .accept_sender_constrained_tokens(options.accept_sender_constrained_tokens)
            .gateway_responses(self.gateway_responses.clone());
        for name in &own.user_pools {
            if let Some(user_pool) = self.user_pool(name) {
                builder = builder.with_user_pool(user_pool.user_pool.clone());
            }
        }
        if let Some(pattern) = &own.audience_pattern {
            builder = builder.with_audience_pattern(pattern.clone());
        }
        if let Some(ids) = &options.app_clients {
            builder = builder.app_clients(ids)?;
        }
        if let Some(audience) = &own.audience {
            builder = builder.audience(audience)?;
        }
        if options.any_app_client {
            builder = builder.any_app_client();
        }
        if let Some(expected) = options.token_use {
            builder = builder.token_use(expected);
        }
        if let Some(seconds) = options.not_before_leeway_seconds {
            builder = builder.not_before_leeway(Duration::from_secs(seconds));
        }
        if let Some(seconds) = options.max_lifetime_seconds {
            builder = builder.max_lifetime(Duration::from_secs(seconds));
        }
        if let Some(status) = options.insufficient_scope {
            builder = builder.insufficient_scope(status);
        }
        if let Some(answer) = options.when_keys_unavailable {
            builder = builder.when_keys_unavailable(answer);
        }
        if let Some(challenges) = options.challenges {
            builder = builder.challenges(challenges);
        }
        if let Some(bytes) = self.token_cache_bytes {
            builder = builder.token_cache_bytes(bytes);
        }
        if let Some(timeout) = self.keys.fetch_timeout_milliseconds {
            builder = builder.fetch_timeout(Duration::from_millis(timeout));
        }
        if let Some(age) = self.keys.max_age_seconds {
            builder = builder.max_key_age(Duration::from_secs(age));
        }
        let headers = options.claim_headers.iter();
        let headers = headers.fold(ClaimHeaders::builder(), |headers, (header, claim)| headers.claim(header, claim));
        let headers =
            options.request_context_header.iter().fold(headers, |headers, name| headers.request_context(name));
        Ok(builder.claim_headers(headers.build()?))
    }

    /// The built-in key source, if there is one: the same for all authorizers.
    #[cfg(feature = "reqwest")]
    pub(super) fn key_source(&self) -> Result<Option<Arc<dyn KeySource>>, BuildError> {
        let source = match &self.keys.proxy {
            Some(proxy) => HttpsKeySource::through_proxy(proxy)?,
            None => HttpsKeySource::new()?,
        };
        Ok(Some(Arc::new(if self.danger.plain_http { source.dangerous().allow_plain_http() } else { source })))
    }

    #[cfg(not(feature = "reqwest"))]
    pub(super) fn key_source(&self) -> Result<Option<Arc<dyn KeySource>>, BuildError> {
        Ok(None)
    }

    /// The same, with its keys.
    pub(super) fn authorizer(
        &self,
        own: &AuthorizerSettings,
        key_source: Option<Arc<dyn KeySource>>,
    ) -> Result<AuthorizerBuilder, ConfigurationError> {
        let failed = |reason| ConfigurationError::Authorizer { name: own.name.clone(), reason };
        let builder = self.builder(own).map_err(failed)?;
        let mut builder = key_source.into_iter().fold(builder, AuthorizerBuilder::key_source);
        for user_pool in own.user_pools.iter().filter_map(|name| self.user_pool(name)) {
            if let Some(file) = &user_pool.jwks_file {
                let id = user_pool.user_pool.id().as_str();
                let source = FixedKeySource::new().with_file(id, file);
                builder = builder.key_source_for(id, source?).map_err(failed)?;
            }
        }
        Ok(match &self.keys.last_known_good_directory {
            Some(directory) => builder.last_known_good_directory(directory),
            None => builder,
        })
    }

    /// What would be wrong with an authorizer, without a look at files or the network.
    pub(super) fn check(
        &self,
        own: &AuthorizerSettings,
        key_source: Option<Arc<dyn KeySource>>,
    ) -> Result<Authorizer, BuildError> {
        let mut builder = self.builder(own)?.key_source(key_source.unwrap_or(Arc::new(NoKeySource)));
        for user_pool in own.user_pools.iter().filter_map(|name| self.user_pool(name)) {
            if user_pool.jwks_file.is_some() {
                builder = builder.key_source_for(user_pool.user_pool.id().as_str(), NoKeySource)?;
            }
        }
        builder.build()
    }

    pub(super) fn route_table(&self) -> Result<RouteTable, RouteTableError> {
        let own = &self.route_table;
        let authorizer_type = self.authorizers.first().map(|own| own.authorizer_type).unwrap_or_default();
        let builder = RouteTable::builder().authorizer_type(authorizer_type);
        let mut table = self.routes.iter().fold(builder, |table: RouteTableBuilder, route| {
            // A name is needed where there are several.
            match route.authorizer.as_deref().filter(|_| self.authorizers.len() > 1) {
                Some(name) => table.route_for_authorizer(name, &route.route, route.authorization.clone()),
                None => table.route(&route.route, route.authorization.clone()),
            }
        });
        if let Some(stage) = &own.stage {
            table = table.stage(stage);
        }
        if let Some(slash) = own.trailing_slash {
            table = table.trailing_slash(slash);
        }
        if own.hand_on_unknown_routes {
            table = table.hand_on_unknown_routes();
        }
        if own.insert_matched_route {
            table = table.insert_matched_route();
        }
        if own.strict_paths {
            table = table.strict_paths();
        }
        if self.danger.paths_as_sent {
            table = table.dangerous().paths_as_sent();
        }
        // What serves behind a configuration is often a proxy or a service in another language.
        let table =
            table.inner_router(own.inner_router.unwrap_or(InnerRouter::AnyOrder)).ignore_case(!own.case_sensitive);
        table.proxy_covers_root(own.proxy_covers_root).build()
    }
}

/// A source that has no keys: where there is no built-in one, and where none is asked.
#[derive(Clone, Copy, Debug)]
struct NoKeySource;

impl KeySource for NoKeySource {
    fn fetch(&self, _: KeyRequest) -> KeyFuture {
        Box::pin(async { Err(KeySourceError::Other("no key source was given".into())) })
    }
}
