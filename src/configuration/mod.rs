//! Reads a configuration file with authorizers, user pools, routes, gateway responses and every other setting (feature
//! `configuration`).
//!
//! In: TOML, JSON or YAML in the format of this module, or an API definition as parsed by
//! [`api_definition`](crate::api_definition). Out: [`Authorizers`], a [`RouteTable`] and a layer. Unknown names are
//! errors with a suggestion. All errors are reported at once, each with its line.
//!
//! The API of this module is unstable: it may change in any release until 1.0.

#[cfg(feature = "local-user-pool")]
mod app_user_pools;

mod build;

mod finish;

mod import;

mod lint;

mod read;

mod read_authorizer;

mod read_definition;

mod read_gateway_responses;

mod read_routes;

mod reader;

#[cfg(feature = "serve")]
mod replace;

mod section;

mod settings;

mod written;

use std::{io, path::PathBuf, sync::Arc};

use http::HeaderName;

#[cfg(feature = "serve")]
pub(crate) use self::replace::Built;
use self::settings::Settings;
pub use self::{lint::Lint, reader::ConfigurationReader};
pub use crate::document::Problem;
use crate::{
    api_definition::{ApiDefinitionError, AssumedValue},
    authorizer::{Authorizer, AuthorizerBuilder, Authorizers, BuildError},
    error_text::debug_as_display,
    gateway_response::Cors,
    jwks::{FixedKeySourceError, KeySource},
    middleware::AuthorizerLayer,
    route::RouteTable,
};

/// A configuration, read and checked.
///
/// ```
/// use cognito_authorizer::configuration::Configuration;
///
/// let configuration = Configuration::reader().read_toml(
///     r#"
/// [user_pools.customers]
/// id = "eu-west-1_Ab129faBb"
///
/// [authorizers.pool]
/// type = "COGNITO_USER_POOLS"
/// user_pools = ["customers"]
/// app_clients = ["1example23456789"]
///
/// [[routes]]
/// route = "GET /health"
/// authorization = "NONE"
///
/// [[routes]]
/// route = "GET /pets/{id}"
/// scopes = ["pets/read"]
/// "#,
/// )?;
/// let authorizers = configuration.authorizers()?;
/// let layer = configuration.layer(&authorizers)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The file
///
/// Only a user pool and an authorizer are required. The defaults are those of API Gateway, except that `inner_router` is
/// `any_order` and `ignore_case` is on, because the inner service may be of any kind.
///
/// A route requires a token, unless it has `authorization = "NONE"`, which opens it, or `authorization = "UNSUPPORTED"`,
/// which rejects every request. A route without `authorizer` uses the only
/// authorizer. Most members are named after the method that they set, and end with the unit of their number;
/// `identity_validation_expression` sets `audience_pattern`.
///
/// | part | members |
/// |---|---|
/// | `[user_pools.NAME]` | `id` (or ARN), `issuer`, `jwks_uri`, `jwks_file`, `resource_servers` (a list of `identifier` and `scopes`, for [`lint`](Self::lint) alone) |
/// | `[authorizers.NAME]` | `type` (`COGNITO_USER_POOLS` or `JWT`), `user_pools` (names), `identity_source`, `bearer_scheme` (`optional`, `required`, `rejected`), `identity_validation_expression`, `identity_validation_target` (`aud`, `raw_token`), `app_clients` or `audience`, `any_app_client`, `token_use` (`by_scopes`, `access`, `id`, `either`, `unchecked`), `leeway_seconds`, `not_before_leeway_seconds`, `max_lifetime_seconds`, `accept_sender_constrained_tokens`, `insufficient_scope` (401, 403), `when_keys_unavailable` (401, 500, 503), `challenges` (`never`, `api_gateway`, `rfc_6750`), `mimic_sigv4_fallback`, `pass_preflight`, `forward_token`, `claim_headers` (header = claim), `request_context_header`, `rejection_level` (`error`, `warn`, `info`, `debug`, `trace`) |
/// | `[route_table]` | `stage`, `trailing_slash` (`ignored`, `significant`), `proxy_covers_root`, `strict_paths`, `hand_on_unknown_routes`, `insert_matched_route`, `inner_router` (`any_order`, `literal_first`, `matched_route`), `ignore_case` |
/// | `[[routes]]` | `route`, `authorizer`, `scopes`, `authorization` (`NONE`, `UNSUPPORTED`), `mock_response` |
/// | `[routes.mock_response]` | `status`, `headers`, `further_origins`, `body` ([`MockResponse`](crate::route::MockResponse)) |
/// | `[gateway_responses.TYPE]` | `status`, `headers`, `templates` |
/// | `[variables]` | stage variables |
/// | `[cors]` | `origins`, `methods`, `headers`, `expose_headers`, `max_age_seconds`, `credentials` ([`AuthorizerLayer::cors`]) |
/// | `[keys]` | `proxy`, `fetch_timeout_milliseconds`, `max_age_seconds`, `last_known_good_directory` |
/// | `[token_cache]` | `bytes`, for each authorizer |
/// | `[danger]` | `plain_http`, `paths_as_sent`, `shadow` ([`danger`](crate::danger)) |
/// | `[definition]` | `file` (or the directory that `cdk synth` wrote) or `files` (the templates of an app), `api`, `base_path` (`ignore`, `prepend`, `split`), `ignore_root_security`, `reject_unsupported_routes`, `stack`, `region`, `account`, `outputs` (files), `resources` (files) |
///
/// With `[definition]`, the authorizers and routes are those of an API definition. `[authorizers.NAME]` then adds settings
/// to one of these authorizers: `app_clients`, and the members from `any_app_client` on.
///
/// [`JSON_SCHEMA`](Self::JSON_SCHEMA) describes the file for editors.
#[derive(Clone, Debug)]
pub struct Configuration {
    settings: Settings,
    table: RouteTable,
    notes: Vec<Problem>,
    /// The error of building an authorizer, if the deployment of the app is not known.
    assumed: Vec<AssumedValue>,
}

impl Configuration {
    /// The JSON Schema (draft 2020-12) of the file.
    pub const JSON_SCHEMA: &str = include_str!("authorizer.schema.json");

    /// Returns a reader with default settings.
    pub fn reader() -> ConfigurationReader {
        ConfigurationReader::default()
    }

    /// Returns the parts of an API definition that are not enforced here. None of them opens a route.
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// Builds the authorizers, by name.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Keys`] and [`ConfigurationError::Authorizer`] for the files with keys and the directory for
    /// keys, which are accessed only now, and [`ConfigurationError::Definition`] if the configuration is an app whose
    /// deployment is not known.
    pub fn authorizers(&self) -> Result<Authorizers, ConfigurationError> {
        self.authorizers_with(|_, builder| builder)
    }

    /// Builds the authorizers, by name, after `settings` has added to each builder: a clock, a key source, a revocation check.
    ///
    /// # Errors
    ///
    /// As [`authorizers`](Self::authorizers), and for the added settings.
    pub fn authorizers_with(
        &self,
        settings: impl FnMut(&str, AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> Result<Authorizers, ConfigurationError> {
        self.check_deployment()?;
        Ok(Authorizers::new(self.named_authorizers(self.settings.key_source()?, settings)?)?)
    }

    fn named_authorizers(
        &self,
        key_source: Option<Arc<dyn KeySource>>,
        mut settings: impl FnMut(&str, AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> Result<Vec<(String, Authorizer)>, ConfigurationError> {
        let named = self.settings.authorizers.iter().map(|own| {
            let builder = self.settings.authorizer(own, key_source.clone())?;
            let authorizer = settings(&own.name, builder).build();
            let failed = |reason| ConfigurationError::Authorizer { name: own.name.clone(), reason };
            Ok((own.name.clone(), authorizer.map_err(failed)?))
        });
        named.collect()
    }

    /// Returns the routes. If there are several authorizers, each guarded route names its authorizer.
    pub fn route_table(&self) -> &RouteTable {
        &self.table
    }

    /// Builds the layer from the routes and the given authorizers of this configuration. With `danger.shadow` the layer only
    /// [observes](crate::danger::Dangerous::shadow).
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Build`] if the authorizers are not those of this configuration, and
    /// [`ConfigurationError::Definition`] if the configuration is an app whose deployment is not known.
    pub fn layer(&self, authorizers: &Authorizers) -> Result<AuthorizerLayer, ConfigurationError> {
        self.check_deployment()?;
        let layer = authorizers.layer(self.table.clone())?;
        let layer = self.settings.cors.iter().cloned().fold(layer, AuthorizerLayer::cors);
        Ok(if self.is_shadow() { layer.dangerous().shadow() } else { layer })
    }

    /// Returns the CORS configuration of the [layer](Self::layer), if there is one.
    pub fn cors(&self) -> Option<&Cors> {
        self.settings.cors.as_ref()
    }

    /// Builds the [layer](Self::layer) without the CORS configuration.
    #[cfg(feature = "serve")]
    pub(crate) fn layer_without_cors(&self, authorizers: &Authorizers) -> Result<AuthorizerLayer, ConfigurationError> {
        self.check_deployment()?;
        let layer = authorizers.layer(self.table.clone())?;
        Ok(if self.is_shadow() { layer.dangerous().shadow() } else { layer })
    }

    /// Returns the names of all headers that carry claims to the service.
    pub fn claim_header_names(&self) -> Vec<HeaderName> {
        let all = self.settings.authorizers.iter().flat_map(|own| own.settings.claim_headers.iter());
        unique(all.map(|(name, _)| name))
    }

    /// Returns the headers of tokens that the service does not receive (`forward_token = false`).
    pub fn removed_token_headers(&self) -> Vec<HeaderName> {
        let stripping = self.settings.authorizers.iter().filter(|own| own.settings.strips_token);
        unique(stripping.filter_map(|own| own.settings.verifier.identity_source.header()))
    }

    /// Returns whether `danger.shadow` is on, so that the [layer](Self::layer) only observes.
    pub fn is_shadow(&self) -> bool {
        self.settings.danger.shadow
    }

    /// Returns warnings about a usable configuration: unreachable routes, routes open by accident, undefined scopes,
    /// authorizers that accept the tokens of every app client, and weakened checks.
    pub fn lint(&self) -> Vec<Lint> {
        self.settings.lint(self.table.lint())
    }

    /// Returns the configuration as JSON in the format of this module, even if it was read from an API definition.
    ///
    /// Reading the JSON again gives the same configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Definition`] if the configuration is an app whose deployment is not known: the JSON would
    /// contain assumed ids.
    pub fn to_json(&self) -> Result<String, ConfigurationError> {
        self.check_deployment()?;
        Ok(written::json(&self.settings))
    }

    /// Returns the values that were assumed because the deployment of the app is not known. While there are any, no
    /// authorizer is built.
    pub fn assumed(&self) -> &[AssumedValue] {
        &self.assumed
    }

    fn check_deployment(&self) -> Result<(), ConfigurationError> {
        if self.assumed.is_empty() {
            return Ok(());
        }
        Err(ApiDefinitionError::NotDeployed { values: self.assumed.clone() }.into())
    }
}

fn unique<'n>(names: impl Iterator<Item = &'n HeaderName>) -> Vec<HeaderName> {
    let mut unique: Vec<HeaderName> = Vec::new();
    for name in names {
        if !unique.contains(name) {
            unique.push(name.clone());
        }
    }
    unique
}

/// The reason why a configuration cannot be used.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        reason: io::Error,
    },
    /// The configuration has errors.
    #[error("{}", Problem::listed(.problems))]
    Configuration {
        /// All errors, in the order of the text.
        problems: Vec<Problem>,
    },
    /// The text is an API definition that has errors.
    #[error(transparent)]
    Definition(#[from] ApiDefinitionError),
    /// The file with the keys of a user pool cannot be used.
    #[error(transparent)]
    Keys(#[from] FixedKeySourceError),
    /// An authorizer cannot be built.
    #[error("the authorizer `{name}`: {reason}")]
    Authorizer {
        /// The name of the authorizer.
        name: String,
        /// The cause.
        reason: BuildError,
    },
    /// The key source, the authorizers or the layer cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

debug_as_display!(ConfigurationError);

impl ConfigurationError {
    /// Returns the errors that have a place in the text of the configuration or of its API definition.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Configuration { problems } => problems,
            Self::Definition(error) => error.problems(),
            Self::File { .. } | Self::Keys(_) | Self::Authorizer { .. } | Self::Build(_) => &[],
        }
    }

    fn of(problems: Vec<Problem>) -> Self {
        Self::Configuration { problems: Problem::sorted(problems) }
    }
}
