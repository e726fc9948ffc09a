//! Reads API definitions written for API Gateway: authorizers, routes with scopes, and gateway responses (feature
//! `openapi`).
//!
//! The input is Swagger 2.0 or OpenAPI 3 with the extensions `x-amazon-apigateway-…`, or a CloudFormation or SAM
//! template, as JSON or YAML ([behaviour §6](crate::docs::behaviour)). The output configures an [`AuthorizerBuilder`]
//! and a [`RouteTable`]. Each part that cannot be imported is reported with its line. The definition is rejected if
//! that part would leave a route open. Nothing is dropped silently.
//!
//! The API of this module may change in any release until 1.0.

mod app;

mod assumed;

mod base_path;

mod cors;

mod detached;

mod gateway_responses;

mod mock;

mod notes;

mod openapi;

mod parts;

mod read_app;

#[cfg(feature = "local-user-pool")]
mod read_user_pools;

mod reader;

mod routes;

mod scheme;

mod template;

#[cfg(feature = "local-user-pool")]
mod user_pool_draft;

#[cfg(feature = "local-user-pool")]
mod user_pool_properties;

#[cfg(feature = "local-user-pool")]
mod user_pools;

use std::{io, path::PathBuf};

#[cfg(feature = "local-user-pool")]
pub use self::user_pools::{AppUserPool, AppUserPools, DefinedAppClient};
#[cfg(feature = "configuration")]
pub(crate) use self::{
    app::{AppSettings, Environment},
    assumed::has_derived_form,
};
pub use self::{
    assumed::{AssumedValue, DefinedUserPool, DerivedUserPool},
    base_path::BasePath,
    reader::ApiDefinitionReader,
    routes::RouteDefinition,
    scheme::AuthorizerDefinition,
};
pub use crate::document::Problem;
use crate::{
    authorizer::{AuthorizerBuilder, AuthorizerSettings, Authorizers, BuildError},
    error_text::debug_as_display,
    gateway_response::{Cors, GatewayResponses},
    route::{RouteTable, RouteTableBuilder, RouteTableError},
    user_pool::UserPoolId,
};

/// An API definition, read by an [`ApiDefinitionReader`].
///
/// ```
/// use cognito_authorizer::api_definition::ApiDefinition;
///
/// let definition = ApiDefinition::reader().variable("account", "123456789012").read(
///     r#"
/// openapi: "3.0.1"
/// paths:
///   /pets:
///     get: {security: [{pool: [pets/read]}]}
///   /health:
///     get: {security: []}
/// components:
///   securitySchemes:
///     pool:
///       type: apiKey
///       in: header
///       name: Authorization
///       x-amazon-apigateway-authtype: cognito_user_pools
///       x-amazon-apigateway-authorizer:
///         type: cognito_user_pools
///         providerARNs: ["arn:aws:cognito-idp:eu-west-1:${stageVariables.account}:userpool/eu-west-1_Ab129faBb"]
/// "#,
/// )?;
/// let authorizer = definition.authorizer()?.build()?;
/// let layer = authorizer.layer().routes(definition.route_table().stage("prod").build()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ApiDefinition {
    authorizers: Vec<AuthorizerDefinition>,
    routes: Vec<RouteDefinition>,
    gateway_responses: Option<GatewayResponses>,
    /// The scopes, with their user pool if it is known.
    defined_scopes: Option<(Option<UserPoolId>, Vec<String>)>,
    assumed: Vec<AssumedValue>,
    cors: Option<Cors>,
    notes: Vec<Problem>,
}

impl ApiDefinition {
    /// Returns a reader with default settings.
    pub fn reader() -> ApiDefinitionReader {
        ApiDefinitionReader::default()
    }

    /// Returns the authorizers that the routes use, sorted by name.
    pub fn authorizers(&self) -> &[AuthorizerDefinition] {
        &self.authorizers
    }

    /// Returns the routes in the order of the definition.
    pub fn routes(&self) -> &[RouteDefinition] {
        &self.routes
    }

    /// Returns the full names of the scopes that the resource servers of a template define.
    ///
    /// `None` if the template has no resource servers, if a scope name is unknown, or if the scopes belong to several
    /// user pools.
    pub fn defined_scopes(&self) -> Option<&[String]> {
        self.defined_scopes.as_ref().map(|(_, scopes)| &**scopes)
    }

    /// Returns the [`defined_scopes`](Self::defined_scopes) if they belong to this user pool.
    #[cfg(feature = "configuration")]
    pub(crate) fn scopes_of(&self, user_pool: &UserPoolId) -> Option<&[String]> {
        let (of, scopes) = self.defined_scopes.as_ref()?;
        (of.as_ref() == Some(user_pool)).then_some(scopes)
    }

    /// Returns the gateway responses that override the defaults of API Gateway.
    pub fn gateway_responses(&self) -> Option<&GatewayResponses> {
        self.gateway_responses.as_ref()
    }

    /// Returns the CORS configuration of an HTTP API, for [`AuthorizerLayer::cors`](crate::AuthorizerLayer::cors).
    pub fn cors(&self) -> Option<&Cors> {
        self.cors.as_ref()
    }

    /// Returns notes, such as parts of the definition that are not enforced here. These parts never leave a route open.
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// Returns the values that were assumed because the deployment of the app is not known.
    pub fn assumed(&self) -> &[AssumedValue] {
        &self.assumed
    }

    /// Returns an error if values were assumed, unless local user pools serve all derived ids.
    pub(crate) fn check_deployment(&self) -> Result<(), ApiDefinitionError> {
        let user_pools: Vec<&DefinedUserPool> =
            self.authorizers.iter().flat_map(AuthorizerDefinition::user_pools).collect();
        let has_derived = user_pools.iter().any(|own| matches!(own, DefinedUserPool::Derived(_)));
        let are_local = !user_pools.is_empty() && user_pools.iter().all(|own| matches!(own, DefinedUserPool::Local(_)));
        if self.assumed.is_empty() && !has_derived || are_local {
            return Ok(());
        }
        Err(ApiDefinitionError::NotDeployed { values: self.assumed.clone() })
    }

    /// Returns a builder with the settings of the only authorizer, and with the gateway responses.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::NotDeployed`] if the deployment of the app is not known.
    ///
    /// [`ApiDefinitionError::Authorizers`] if the routes use no authorizer, or several. For several, call
    /// [`authorizers_with`](Self::authorizers_with).
    pub fn authorizer(&self) -> Result<AuthorizerBuilder, ApiDefinitionError> {
        self.check_deployment()?;
        match &*self.authorizers {
            [own] => Ok(self.builder(own)),
            several => {
                let names = several.iter().map(|own| own.name.clone()).collect();
                Err(ApiDefinitionError::Authorizers { names })
            }
        }
    }

    /// Builds the authorizers that the routes use.
    ///
    /// The closure receives each authorizer's name and builder, and returns the builder with further settings.
    ///
    /// ```no_run
    /// use cognito_authorizer::api_definition::ApiDefinition;
    ///
    /// let definition = ApiDefinition::reader().read_file("api.yaml")?;
    /// let authorizers =
    ///     definition.authorizers_with(|_name, authorizer| authorizer.token_cache_bytes(0))?;
    /// let layer = authorizers.layer(definition.route_table().build()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::Build`] if the routes use no authorizer, or if one cannot be built, and
    /// [`ApiDefinitionError::NotDeployed`] if the deployment of the app is not known.
    pub fn authorizers_with(
        &self,
        mut settings: impl FnMut(&str, AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> Result<Authorizers, ApiDefinitionError> {
        self.check_deployment()?;
        let named = self.authorizers.iter().map(|own| {
            let builder = settings(&own.name, self.builder(own));
            Ok((own.name.clone(), builder.build()?))
        });
        Ok(Authorizers::new(named.collect::<Result<Vec<_>, ApiDefinitionError>>()?)?)
    }

    fn builder(&self, own: &AuthorizerDefinition) -> AuthorizerBuilder {
        let gateway_responses = self.gateway_responses.clone().unwrap_or_default();
        AuthorizerBuilder::from_settings(AuthorizerSettings { gateway_responses, ..own.settings() })
    }

    /// Returns a builder of the route table, ready for a stage and other settings.
    ///
    /// If the routes use more than one authorizer, each route names its authorizer.
    pub fn route_table(&self) -> RouteTableBuilder {
        let name = |route: &'_ RouteDefinition| route.authorizer.clone().filter(|_| self.authorizers.len() > 1);
        let authorizer_type = self.authorizers.first().map(|own| own.authorizer_type).unwrap_or_default();
        let table = RouteTable::builder().authorizer_type(authorizer_type);
        self.routes.iter().fold(table, |table, route| match (name(route), &route.mock_response) {
            (_, Some(response)) => table.mock(&route.route_key, response.clone()),
            (Some(name), None) => table.route_for_authorizer(&name, &route.route_key, route.authorization.clone()),
            (None, None) => table.route(&route.route_key, route.authorization.clone()),
        })
    }
}

/// An error of reading an API definition or of building its authorizers.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ApiDefinitionError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        reason: io::Error,
    },
    /// The definition is invalid, or a part of it cannot be imported.
    #[error("{}", Problem::listed(.problems))]
    Definition {
        /// All problems, in the order of the document.
        problems: Vec<Problem>,
    },
    /// The routes do not form a valid route table.
    #[error(transparent)]
    Routes(#[from] RouteTableError),
    /// The routes use no authorizer, or more than one.
    #[error(
        "expected exactly one authorizer, but the routes of this definition use {}",
        if .names.is_empty() { "none".to_owned() } else { .names.join(", ") }
    )]
    Authorizers {
        /// The names of the authorizers.
        names: Vec<String>,
    },
    /// The deployment of the app is not known, and no local user pool serves its derived ids.
    #[error(
        "the deployment of this app is not known, so {} would be assumed: {}",
        .values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        AssumedValue::advice(.values)
    )]
    NotDeployed {
        /// The assumed values.
        values: Vec<AssumedValue>,
    },
    /// The app has no user pool.
    #[error("the app has no user pool: no template has an `AWS::Cognito::UserPool`")]
    NoUserPool,
    /// The authorizer cannot be built from the definition.
    #[error(transparent)]
    Build(#[from] BuildError),
}

debug_as_display!(ApiDefinitionError);

impl ApiDefinitionError {
    /// Returns the problems in the definition; empty for any other error.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Definition { problems } => problems,
            Self::File { .. }
            | Self::Routes(_)
            | Self::Authorizers { .. }
            | Self::NotDeployed { .. }
            | Self::NoUserPool
            | Self::Build(_) => &[],
        }
    }

    fn of(problems: Vec<Problem>) -> Self {
        Self::Definition { problems: Problem::sorted(problems) }
    }
}
