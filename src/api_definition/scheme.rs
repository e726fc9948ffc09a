//! Reads security schemes: which ones are authorizers, and the settings of those ([behaviour
//! §6](crate::docs::behaviour)).

use http::Uri;

use super::{
    assumed::{Assumptions, DefinedUserPool, DerivedUserPool},
    notes::TIME_TO_LIVE,
};
use crate::{
    audience_pattern::AudiencePattern,
    authorizer::AuthorizerSettings,
    authorizer_type::AuthorizerType,
    decide::VerifierSettings,
    document::{Cursor, Findings, NodeValue, Problem, Variables},
    identity_source::IdentitySource,
    limits::MAX_USER_POOLS,
    user_pool::{Audience, UserPool, UserPoolId},
};

/// A security scheme of a definition.
#[derive(Clone, Debug)]
pub(super) enum Scheme {
    Authorizer(AuthorizerDefinition),
    /// `x-api-key`: an API key, by which API Gateway counts requests.
    ApiKey,
    /// Another scheme, with the reason why it cannot be imported.
    Other(Problem),
}

/// An authorizer of an API definition, in the terms of API Gateway.
#[derive(Clone, Debug)]
pub struct AuthorizerDefinition {
    pub(super) name: String,
    pub(super) authorizer_type: AuthorizerType,
    pub(super) user_pools: Vec<DefinedUserPool>,
    pub(super) identity_source: IdentitySource,
    pub(super) audience_pattern: Option<AudiencePattern>,
    pub(super) audience: Vec<Audience>,
}

impl AuthorizerDefinition {
    /// Returns the name of the authorizer.
    ///
    /// It is the name of the security scheme. In a template, it is the logical ID or the name in `Auth`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type, which selects the rules of a REST API or of an HTTP API.
    pub fn authorizer_type(&self) -> AuthorizerType {
        self.authorizer_type
    }

    /// Returns the user pools whose tokens are accepted.
    pub fn user_pools(&self) -> &[DefinedUserPool] {
        &self.user_pools
    }

    /// Returns the identity source, the place of the token in the request.
    pub fn identity_source(&self) -> &IdentitySource {
        &self.identity_source
    }

    /// Returns the identity validation expression of a `COGNITO_USER_POOLS` authorizer.
    pub fn audience_pattern(&self) -> Option<&AudiencePattern> {
        self.audience_pattern.as_ref()
    }

    /// Returns the audience list of a `JWT` authorizer.
    pub fn audience(&self) -> &[Audience] {
        &self.audience
    }

    /// Returns the settings. Derived user pools are included, for checks.
    pub(crate) fn settings(&self) -> AuthorizerSettings {
        AuthorizerSettings {
            verifier: VerifierSettings {
                user_pools: self.user_pools.iter().map(DefinedUserPool::for_checks).collect(),
                authorizer_type: self.authorizer_type,
                identity_source: self.identity_source.clone(),
                audience: Some(self.audience.clone()).filter(|audience| !audience.is_empty()),
                audience_pattern: self.audience_pattern.clone(),
                ..VerifierSettings::default()
            },
            ..AuthorizerSettings::default()
        }
    }
}

/// Reads security schemes.
#[derive(Debug)]
pub(super) struct SchemeReader<'r> {
    pub(super) variables: &'r Variables,
    /// User pools that replace those of the definition with the same ID.
    pub(super) user_pools: &'r [UserPool],
    pub(super) assumptions: &'r Assumptions,
    /// Whether the API is known to be a REST API.
    pub(super) is_rest_api: bool,
}

impl SchemeReader<'_> {
    pub(super) fn read(&self, name: &str, at: &Cursor<'_>, findings: &mut Findings) -> Scheme {
        match self.scheme(name, at, findings) {
            Ok(scheme) => scheme,
            Err(problem) => Scheme::Other(problem),
        }
    }

    fn scheme(&self, name: &str, at: &Cursor<'_>, findings: &mut Findings) -> Result<Scheme, Problem> {
        let at = &at.clone().map()?;
        let text = |name: &str| self.variables.member(at, name);
        let authtype = text("x-amazon-apigateway-authtype")?.unwrap_or_default();
        if at.get("$ref").is_some() {
            return Err(at.problem("`$ref` is not supported for a security scheme: write the scheme directly"));
        }
        let Some(authorizer) = at.get("x-amazon-apigateway-authorizer") else {
            let is_api_key = text("type")?.as_deref() == Some("apiKey")
                && text("name")?.is_some_and(|name| name.eq_ignore_ascii_case("x-api-key"));
            return match &*authtype.to_ascii_lowercase() {
                "" if is_api_key => Ok(Scheme::ApiKey),
                "cognito_user_pools" => Err(at.problem(
                    "this export does not name the user pool: add `x-amazon-apigateway-authorizer` with `providerARNs`",
                )),
                "" => Err(at.problem("this scheme cannot be checked here: it has no `x-amazon-apigateway-authorizer`")),
                other => Err(at.problem(format!("`{other}` is not an authorizer that can be imported"))),
            };
        };
        let authorizer = authorizer.map()?;
        let kind = match authorizer.get("type") {
            Some(at) => self.variables.text(&at)?,
            None => return Err(authorizer.problem("`type` is missing: expected cognito_user_pools or jwt")),
        };
        if let Some(ttl) = authorizer.get("authorizerResultTtlInSeconds") {
            self.variables.text(&ttl)?;
            findings.note(&ttl, TIME_TO_LIVE);
        }
        match &*kind.to_ascii_lowercase() {
            "cognito_user_pools" => self.cognito(name, at, &authorizer).map(Scheme::Authorizer),
            "jwt" if self.is_rest_api => {
                Err(authorizer.problem("the `JWT` authorizer of a REST API is not supported: use a Cognito authorizer"))
            }
            "jwt" => self.jwt(name, at, &authorizer).map(Scheme::Authorizer),
            "token" | "request" => {
                Err(authorizer.problem(format!("a `{kind}` authorizer cannot be imported: it runs custom code")))
            }
            _ => {
                let message = format!("`{kind}` is not a type of authorizer: expected cognito_user_pools or jwt");
                Err(authorizer.problem(message))
            }
        }
    }

    /// Reads the authorizer of a REST API: `type: apiKey`, `in: header`, and the ARNs of the user pools.
    fn cognito(&self, name: &str, at: &Cursor<'_>, authorizer: &Cursor<'_>) -> Result<AuthorizerDefinition, Problem> {
        let text = |name: &str| self.variables.member(at, name);
        let members = ["type", "providerARNs", "identityValidationExpression", "authorizerResultTtlInSeconds"];
        authorizer.check_members(&members)?;
        if text("type")?.as_deref() != Some("apiKey") || text("in")?.as_deref() != Some("header") {
            return Err(at.problem("the scheme of a Cognito authorizer must have `type: apiKey` and `in: header`"));
        }
        let header =
            text("name")?.ok_or_else(|| at.problem("`name` is missing: expected the header that holds the token"))?;
        let identity_source = header_source(at, &header)?;
        let arns = authorizer.get("providerARNs");
        let arns =
            arns.ok_or_else(|| authorizer.problem("`providerARNs` is missing: expected the ARNs of the user pools"))?;
        let expression = authorizer.get("identityValidationExpression");
        self.of_user_pools(name, identity_source, self.user_pools(arns)?, expression)
    }

    /// Returns a `COGNITO_USER_POOLS` authorizer with its identity validation expression.
    pub(super) fn of_user_pools(
        &self,
        name: &str,
        identity_source: IdentitySource,
        user_pools: Vec<DefinedUserPool>,
        expression: Option<Cursor<'_>>,
    ) -> Result<AuthorizerDefinition, Problem> {
        let audience_pattern = expression.map(|at| {
            let expression = self.variables.text(&at)?;
            expression.parse::<AudiencePattern>().map_err(|error| at.problem(error.to_string()))
        });
        Ok(AuthorizerDefinition {
            name: name.to_owned(),
            authorizer_type: AuthorizerType::CognitoUserPools,
            user_pools,
            identity_source,
            audience_pattern: audience_pattern.transpose()?,
            audience: Vec::new(),
        })
    }

    /// Reads a list of user pool ARNs.
    pub(super) fn user_pools(&self, arns: Cursor<'_>) -> Result<Vec<DefinedUserPool>, Problem> {
        let arns = arns.list()?;
        if arns.items().count() > MAX_USER_POOLS {
            return Err(arns.problem(format!("more than {MAX_USER_POOLS} user pools")));
        }
        let user_pools = arns.items().map(|at| self.user_pool(&at)).collect::<Result<Vec<_>, _>>()?;
        if user_pools.is_empty() {
            return Err(arns.problem("the list of user pools is empty: name at least one"));
        }
        Ok(user_pools)
    }

    /// Reads the authorizer of an HTTP API: issuer and audience from `jwtConfiguration`, or the issuer from
    /// `openIdConnectUrl`.
    fn jwt(&self, name: &str, at: &Cursor<'_>, authorizer: &Cursor<'_>) -> Result<AuthorizerDefinition, Problem> {
        authorizer.check_members(&["type", "jwtConfiguration", "identitySource", "authorizerResultTtlInSeconds"])?;
        let kind = self.variables.member(at, "type")?.unwrap_or_default();
        if !["oauth2", "openIdConnect"].contains(&&*kind) {
            return Err(at.problem("the scheme of a JWT authorizer must have `type: oauth2` or `type: openIdConnect`"));
        }
        let configuration = authorizer.get("jwtConfiguration").map(Cursor::map).transpose()?;
        if let Some(configuration) = &configuration {
            configuration.check_members(&["issuer", "audience"])?;
        }
        let issuer = configuration.as_ref().and_then(|configuration| configuration.get("issuer"));
        let (issuer_at, issuer) = match (issuer, at.get("openIdConnectUrl")) {
            (Some(at), _) => (at.clone(), self.variables.text(&at)?),
            (None, Some(at)) => {
                let url = self.variables.text(&at)?;
                let issuer = url.strip_suffix("/.well-known/openid-configuration").map(str::to_owned);
                let wanted = || at.problem("expected <issuer>/.well-known/openid-configuration");
                (at.clone(), issuer.ok_or_else(wanted)?)
            }
            (None, None) => return Err(authorizer.problem("`jwtConfiguration.issuer` is missing")),
        };
        let user_pool = self.issuer(&issuer_at, &issuer)?;
        let audience = configuration.and_then(|configuration| configuration.get("audience"));
        let audience = audience.ok_or_else(|| authorizer.problem("`jwtConfiguration.audience` is missing"))?;
        let identity_source = authorizer.get("identitySource");
        let identity_source = identity_source.ok_or_else(|| {
            authorizer.problem("`identitySource` is missing: expected one such as $request.header.Authorization")
        })?;
        self.of_issuer(name, user_pool, audience, &identity_source)
    }

    /// Returns a `JWT` authorizer with its audience list.
    pub(super) fn of_issuer(
        &self,
        name: &str,
        user_pool: DefinedUserPool,
        audience: Cursor<'_>,
        identity_source: &Cursor<'_>,
    ) -> Result<AuthorizerDefinition, Problem> {
        let audience = audience.list()?;
        let values = audience
            .items()
            .map(|at| self.variables.text(&at)?.parse::<Audience>().map_err(|error| at.problem_with_value(error)));
        let values = values.collect::<Result<Vec<_>, Problem>>()?;
        if values.is_empty() {
            return Err(audience.problem("the audience list is empty: name an app client"));
        }
        let identity_source = match &identity_source.node.value {
            // Not expanded: `$request.header.Authorization` is not a variable.
            NodeValue::Text(text) => text.parse().map_err(|error| identity_source.problem(format!("{error}")))?,
            _ => return Err(identity_source.expected("one identity source, such as $request.header.Authorization")),
        };
        Ok(AuthorizerDefinition {
            name: name.to_owned(),
            authorizer_type: AuthorizerType::Jwt,
            user_pools: vec![user_pool],
            identity_source,
            audience_pattern: None,
            audience: values,
        })
    }

    pub(super) fn user_pool(&self, at: &Cursor<'_>) -> Result<DefinedUserPool, Problem> {
        let arn = self.variables.text(at)?;
        let id = arn.parse::<UserPoolId>().map_err(|error| at.problem_with_value(error))?;
        Ok(self.own(UserPool::from(id)))
    }

    /// Returns the user pool of an issuer: a configured user pool, or the one that an AWS issuer names.
    pub(super) fn issuer(&self, at: &Cursor<'_>, issuer: &str) -> Result<DefinedUserPool, Problem> {
        let given = self.user_pools.iter().find(|own| own.issuers().iter().any(|own| own.name() == issuer));
        if let Some(given) = given {
            return Ok(self.own(given.clone()));
        }
        let id = issuer.rsplit('/').next().unwrap_or_default();
        let of_aws = id.parse::<UserPool>().ok().filter(|own| own.issuers().iter().any(|own| own.name() == issuer));
        let other =
            || at.problem(format!("`{issuer}` is not an issuer of a Cognito user pool: configure it with `user_pool`"));
        of_aws.map(|user_pool| self.own(user_pool.with_issuer(issuer))).ok_or_else(other)
    }

    /// Returns the configured user pool with the same ID, or else this user pool.
    fn own(&self, user_pool: UserPool) -> DefinedUserPool {
        let given = self.user_pools.iter().find(|own| own.id() == user_pool.id());
        // A derived id stays one if it is written into a variable or a definition.
        let derived = self.assumptions.derived(user_pool.id());
        let derived = derived.or_else(|| DerivedUserPool::written(user_pool.id()));
        match (derived, given) {
            (None, given) => DefinedUserPool::Known(given.cloned().unwrap_or(user_pool)),
            (Some(_), Some(given)) if !has_keys_of_aws(given) => DefinedUserPool::Local(given.clone()),
            (Some(derived), _) => DefinedUserPool::Derived(derived),
        }
    }
}

/// Whether a user pool has keys on a host that AWS gives to user pools with its ID, or an address that cannot be read.
fn has_keys_of_aws(user_pool: &UserPool) -> bool {
    let host = |jwks_uri: &str| {
        let uri = jwks_uri.parse::<Uri>().ok();
        uri.and_then(|uri| uri.host().map(|host| host.trim_end_matches('.').to_ascii_lowercase()))
    };
    let of_aws = UserPool::from(user_pool.id()).issuers();
    let of_aws: Vec<Option<String>> = of_aws.iter().map(|issuer| host(issuer.jwks_uri())).collect();
    let hosts = user_pool.issuers().into_iter().map(|issuer| host(issuer.jwks_uri()));
    hosts.into_iter().any(|host| host.is_none() || of_aws.contains(&host))
}

/// Returns the identity source for the header with this name.
pub(super) fn header_source(at: &Cursor<'_>, header: &str) -> Result<IdentitySource, Problem> {
    let identity_source = format!("method.request.header.{header}").parse();
    identity_source.map_err(|_| at.problem(format!("`{header}` is not a header name")))
}
