//! An API as it is defined for API Gateway: authorizers, routes with their scopes, and gateway responses (feature
//! `openapi`).
//!
//! In: Swagger 2.0 or OpenAPI 3 with the extensions `x-amazon-apigateway-…`, or a CloudFormation or SAM template, as
//! JSON or YAML ([behaviour §6](crate::docs::behaviour)). Out: what an [`AuthorizerBuilder`] and a [`RouteTable`] take.
//! What cannot be imported is named with its line, and refused where it would leave a route open; nothing is dropped in
//! silence.
//!
//! This module is a guest of the crate: its API may change in any release until 1.0.

mod base_path;

mod gateway_responses;

mod notes;

mod openapi;

mod parts;

mod reader;

mod routes;

mod scheme;

mod template;

use std::{io, path::PathBuf};

pub use self::{
    base_path::BasePath, reader::ApiDefinitionReader, routes::RouteDefinition, scheme::AuthorizerDefinition,
};
pub use crate::document::Problem;
use crate::{
    authorizer::{AuthorizerBuilder, AuthorizerSettings, Authorizers, BuildError},
    error_text::debug_as_display,
    gateway_response::GatewayResponses,
    route::{RouteTable, RouteTableBuilder, RouteTableError},
    user_pool::UserPoolId,
};

/// An API definition that was read.
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
    /// Of which user pool, if that is known.
    defined_scopes: Option<(Option<UserPoolId>, Vec<String>)>,
    notes: Vec<Problem>,
}

impl ApiDefinition {
    /// A reader with default settings.
    pub fn reader() -> ApiDefinitionReader {
        ApiDefinitionReader::default()
    }

    /// The authorizers that routes ask for, by name.
    pub fn authorizers(&self) -> &[AuthorizerDefinition] {
        &self.authorizers
    }

    /// The routes, in the order of the definition.
    pub fn routes(&self) -> &[RouteDefinition] {
        &self.routes
    }

    /// The full names of the scopes that the resource servers of a template define; `None` if it has none, not all of
    /// their names are known, or they are of several user pools.
    pub fn defined_scopes(&self) -> Option<&[String]> {
        self.defined_scopes.as_ref().map(|(_, scopes)| &**scopes)
    }

    /// The same of one user pool.
    #[cfg(feature = "configuration")]
    pub(crate) fn scopes_of(&self, user_pool: &UserPoolId) -> Option<&[String]> {
        let (of, scopes) = self.defined_scopes.as_ref()?;
        (of.as_ref() == Some(user_pool)).then_some(scopes)
    }

    /// What is answered otherwise than API Gateway does by itself.
    pub fn gateway_responses(&self) -> Option<&GatewayResponses> {
        self.gateway_responses.as_ref()
    }

    /// What is not enforced here, and opens nothing.
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// A builder with everything that the definition says of its authorizer, gateway responses too.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::Authorizers`] if the routes ask for none, or for more than one: those are for
    /// [`authorizers_with`](Self::authorizers_with).
    pub fn authorizer(&self) -> Result<AuthorizerBuilder, ApiDefinitionError> {
        match &*self.authorizers {
            [own] => Ok(self.builder(own)),
            several => {
                let names = several.iter().map(|own| own.name.clone()).collect();
                Err(ApiDefinitionError::Authorizers { names })
            }
        }
    }

    /// The authorizers that the routes ask for, by name, each with what else is set for it.
    ///
    /// ```no_run
    /// use cognito_authorizer::api_definition::ApiDefinition;
    ///
    /// let definition = ApiDefinition::reader().read_file("api.yaml")?;
    /// let authorizers = definition.authorizers_with(|_name, authorizer| authorizer.token_cache_bytes(0))?;
    /// let layer = authorizers.layer(definition.route_table().build()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::Build`] if there is none, or one cannot be built.
    pub fn authorizers_with(
        &self,
        mut settings: impl FnMut(&str, AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> Result<Authorizers, ApiDefinitionError> {
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

    /// A table of the routes, to be given a stage or other settings and built. If they ask for more than one
    /// authorizer, each names its own.
    pub fn route_table(&self) -> RouteTableBuilder {
        let name = |route: &'_ RouteDefinition| route.authorizer.clone().filter(|_| self.authorizers.len() > 1);
        let authorizer_type = self.authorizers.first().map(|own| own.authorizer_type).unwrap_or_default();
        let table = RouteTable::builder().authorizer_type(authorizer_type);
        self.routes.iter().fold(table, |table, route| match name(route) {
            Some(name) => table.route_for_authorizer(&name, &route.route_key, route.authorization.clone()),
            None => table.route(&route.route_key, route.authorization.clone()),
        })
    }
}

/// Why a definition is not imported.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ApiDefinitionError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        reason: io::Error,
    },
    /// Something in the definition.
    #[error("{}", Problem::listed(.problems))]
    Definition {
        /// Everything that is wrong, in the order of the document.
        problems: Vec<Problem>,
    },
    /// The routes do not make a table.
    #[error(transparent)]
    Routes(#[from] RouteTableError),
    /// No authorizer, or more than one.
    #[error(
        "one authorizer is wanted, and the routes of this definition ask for {}",
        if .names.is_empty() { "none".to_owned() } else { .names.join(", ") }
    )]
    Authorizers {
        /// Their names.
        names: Vec<String>,
    },
    /// What the definition says makes no authorizer.
    #[error(transparent)]
    Build(#[from] BuildError),
}

debug_as_display!(ApiDefinitionError);

impl ApiDefinitionError {
    /// What is wrong in the text, place by place.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Definition { problems } => problems,
            Self::File { .. } | Self::Routes(_) | Self::Authorizers { .. } | Self::Build(_) => &[],
        }
    }

    fn of(problems: Vec<Problem>) -> Self {
        Self::Definition { problems: Problem::sorted(problems) }
    }
}
