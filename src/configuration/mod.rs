//! A configuration file: authorizers, user pools, routes, gateway responses and every other setting as data (feature
//! `configuration`).
//!
//! In: TOML, JSON or YAML of this module's own form, or an API definition as [`api_definition`](crate::api_definition)
//! reads it. Out: [`Authorizers`], a [`RouteTable`] and a layer. What is not known is refused with the nearest name that
//! is, all mistakes at once, each with its line.
//!
//! This module is a guest of the crate: its API may change in any release until 1.0.

mod build;

mod import;

mod lint;

mod read;

mod read_authorizer;

mod read_gateway_responses;

mod reader;

mod section;

mod settings;

mod written;

use std::{io, path::PathBuf};

use self::settings::Settings;
pub use self::{lint::Lint, reader::ConfigurationReader};
pub use crate::document::Problem;
use crate::{
    api_definition::ApiDefinitionError,
    authorizer::{AuthorizerBuilder, Authorizers, BuildError},
    error_text::debug_as_display,
    jwks::FixedKeySourceError,
    middleware::AuthorizerLayer,
    route::RouteTable,
};

/// A configuration that was read.
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
/// Everything but a user pool and an authorizer may be left out, and is then as API Gateway has it; but `inner_router` is
/// `any_order` and `ignore_case` is on, since any kind of service may stand behind a configuration. A route without
/// `authorization = "NONE"` takes a token; without `authorizer` that of the only one. Most members
/// have the name of the method that they set, with the unit of their number; `identity_validation_expression` is
/// `audience_pattern`.
///
/// | part | members |
/// |---|---|
/// | `[user_pools.NAME]` | `id` (or ARN), `issuer`, `jwks_uri`, `jwks_file`, `resource_servers` (a list of `identifier` and `scopes`, for [`lint`](Self::lint) alone) |
/// | `[authorizers.NAME]` | `type` (`COGNITO_USER_POOLS` or `JWT`), `user_pools` (names), `identity_source`, `bearer_scheme` (`optional`, `required`, `refused`), `identity_validation_expression`, `identity_validation_target` (`aud`, `raw_token`), `app_clients` or `audience`, `any_app_client`, `token_use` (`by_scopes`, `access`, `id`, `either`, `unchecked`), `leeway_seconds`, `not_before_leeway_seconds`, `max_lifetime_seconds`, `accept_sender_constrained_tokens`, `insufficient_scope` (401, 403), `when_keys_unavailable` (401, 500, 503), `challenges` (`never`, `api_gateway`, `rfc_6750`), `mimic_sigv4_fallback`, `pass_preflight`, `forward_token`, `claim_headers` (header = claim), `request_context_header`, `rejection_level` (`error`, `warn`, `info`, `debug`, `trace`) |
/// | `[route_table]` | `stage`, `trailing_slash` (`ignored`, `significant`), `proxy_covers_root`, `strict_paths`, `hand_on_unknown_routes`, `insert_matched_route`, `inner_router` (`any_order`, `literal_first`, `matched_route`), `ignore_case` |
/// | `[[routes]]` | `route`, `authorizer`, `scopes`, `authorization` (`NONE`) |
/// | `[gateway_responses.TYPE]` | `status`, `headers`, `templates` |
/// | `[variables]` | stage variables |
/// | `[cors]` | `origins`, `credentials` |
/// | `[keys]` | `proxy`, `fetch_timeout_milliseconds`, `max_age_seconds`, `last_known_good_directory` |
/// | `[token_cache]` | `bytes`, of each authorizer |
/// | `[danger]` | `plain_http`, `paths_as_sent`, `shadow` ([`danger`](crate::danger)) |
/// | `[definition]` | `file`, `api`, `base_path` (`ignore`, `prepend`, `split`), `ignore_root_security`: authorizers and routes are those of an API definition, and `[authorizers.NAME]` says what else is set for one of them, `app_clients` and from `any_app_client` on |
///
/// [`JSON_SCHEMA`](Self::JSON_SCHEMA) says the same to an editor.
#[derive(Clone, Debug)]
pub struct Configuration {
    settings: Settings,
    table: RouteTable,
    notes: Vec<Problem>,
}

impl Configuration {
    /// A JSON Schema (draft 2020-12) of the file.
    pub const JSON_SCHEMA: &str = include_str!("authorizer.schema.json");

    /// A reader with default settings.
    pub fn reader() -> ConfigurationReader {
        ConfigurationReader::default()
    }

    /// What of an API definition is not enforced here, and opens nothing.
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// The authorizers, by name.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Keys`] and [`ConfigurationError::Authorizer`] for what only now is looked for: a file with
    /// keys, the directory for keys.
    pub fn authorizers(&self) -> Result<Authorizers, ConfigurationError> {
        self.authorizers_with(|_, builder| builder)
    }

    /// The authorizers, by name, each with what else is set for it: a clock, a key source, a revocation check.
    ///
    /// # Errors
    ///
    /// As [`authorizers`](Self::authorizers), also for what was set.
    pub fn authorizers_with(
        &self,
        mut settings: impl FnMut(&str, AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> Result<Authorizers, ConfigurationError> {
        let key_source = self.settings.key_source()?;
        let named = self.settings.authorizers.iter().map(|own| {
            let builder = self.settings.authorizer(own, key_source.clone())?;
            let authorizer = settings(&own.name, builder).build();
            let failed = |reason| ConfigurationError::Authorizer { name: own.name.clone(), reason };
            Ok((own.name.clone(), authorizer.map_err(failed)?))
        });
        Ok(Authorizers::new(named.collect::<Result<Vec<_>, ConfigurationError>>()?)?)
    }

    /// The routes. If there are several authorizers, each names its own.
    pub fn route_table(&self) -> &RouteTable {
        &self.table
    }

    /// The layer: the authorizers of this configuration, asked by its routes. With `danger.shadow` it only
    /// [watches](crate::danger::Dangerous::shadow).
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Build`] if the authorizers are others.
    pub fn layer(&self, authorizers: &Authorizers) -> Result<AuthorizerLayer, ConfigurationError> {
        let layer = authorizers.layer(self.table.clone())?;
        Ok(if self.is_shadow() { layer.dangerous().shadow() } else { layer })
    }

    /// Whether the [layer](Self::layer) only watches: `danger.shadow`.
    pub fn is_shadow(&self) -> bool {
        self.settings.danger.shadow
    }

    /// What is odd, though it can be used: routes that nothing reaches or that are open by accident, scopes that nobody
    /// defines, authorizers that take the tokens of every app client, and checks that are weakened.
    pub fn lint(&self) -> Vec<Lint> {
        self.settings.lint(self.table.lint())
    }

    /// All of it as JSON, which can be read again and says the same: also of an API definition.
    pub fn to_json(&self) -> String {
        written::json(&self.settings)
    }
}

/// Why a configuration cannot be used.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        reason: io::Error,
    },
    /// Something in the configuration.
    #[error("{}", Problem::listed(.problems))]
    Configuration {
        /// Everything that is wrong, in the order of the text.
        problems: Vec<Problem>,
    },
    /// The text is an API definition, and something is wrong with it.
    #[error(transparent)]
    Definition(#[from] ApiDefinitionError),
    /// The file with the keys of a user pool.
    #[error(transparent)]
    Keys(#[from] FixedKeySourceError),
    /// An authorizer cannot be built.
    #[error("the authorizer `{name}`: {reason}")]
    Authorizer {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: BuildError,
    },
    /// What is said makes no layer.
    #[error(transparent)]
    Build(#[from] BuildError),
}

debug_as_display!(ConfigurationError);

impl ConfigurationError {
    /// What is wrong in the text, place by place, of the configuration or of the definition that it names.
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
