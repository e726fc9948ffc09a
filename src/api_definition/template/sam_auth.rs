//! Reads `Auth` of a SAM API and of an event.
//!
//! Turns the authorizers and the default authorizer of the API, and the `Auth` of an event, into security schemes,
//! defaults and route requirements. Rejects resource policies, `AWS_IAM`, an API key alone, and Lambda authorizers that
//! a route uses. Source: SAM, "ApiAuth", "HttpApiAuth", "ApiFunctionAuth", "HttpApiFunctionAuth", and its translator;
//! [behaviour §6.3](crate::docs::behaviour).

use std::collections::BTreeMap;

use super::{
    events::Event,
    http_api::jwt,
    properties::{is_empty, reject_policy},
    sam_view::{is_function, is_true},
    with_globals::{ServerlessApi, WithGlobals},
};
use crate::{
    api_definition::{
        notes::{READ_BEFORE_FUNCTIONS, TIME_TO_LIVE},
        parts::{ImportSettings, Parts},
        routes::{Defaults, Guard, RouteRequirement, SchemeUse, scheme_use, scopes},
        scheme::{AuthorizerDefinition, Scheme, header_source},
    },
    document::{Cursor, NodeValue, Problem},
    route::RouteAuthorization,
};

/// The `Auth` of an API.
#[derive(Debug)]
pub(super) struct Auth {
    api: ServerlessApi,
    /// The authorizers by name, with the authorization of routes that name no scopes.
    authorizers: BTreeMap<String, RouteAuthorization>,
    pub(super) defaults: Defaults,
}

impl Auth {
    /// Reads the `Auth` of an API.
    pub(super) fn read(
        auth: &WithGlobals<'_>,
        written: &WithGlobals<'_>,
        api: ServerlessApi,
        settings: &ImportSettings<'_>,
        parts: &mut Parts,
    ) -> Result<Self, Problem> {
        let of_rest_api = api == ServerlessApi::Rest;
        auth.check_members(if of_rest_api { &API } else { &HTTP_API })?;
        let mut own = Self { api, authorizers: BTreeMap::new(), defaults: Defaults::default() };
        reject_policy(auth.get("ResourcePolicy")?)?;
        if let Some(plan) = auth.either("UsagePlan") {
            parts.findings.note(&plan, "a usage plan is not enforced here");
        }
        let as_written = written.layered("Authorizers")?;
        for (name, at) in auth.layered("Authorizers")?.entries()? {
            let as_written = as_written.either(name).ok_or_else(|| at.problem(READ_BEFORE_FUNCTIONS))?;
            own.read_authorizer(name, &at, &as_written, settings, parts)?;
        }
        own.defaults.guards_preflight = of_rest_api;
        reject_override(auth, written, "DefaultAuthorizer")?;
        if let Some(at) = auth.get("DefaultAuthorizer")? {
            let name = settings.variables.text(&at)?;
            own.defaults.guard = Some(own.guard(&name, None, &at, parts)?);
        }
        let flag = |name: &str| written.either(name).map(|at| sam_flag(&at)).transpose();
        if let Some(guards) = flag("AddDefaultAuthorizerToCorsPreflight")? {
            own.defaults.guards_preflight = guards;
        }
        own.defaults.api_key = flag("ApiKeyRequired")?.unwrap_or(false);
        own.defaults.api_key_for_preflight = flag("AddApiKeyRequiredToCorsPreflight")?.unwrap_or(true);
        if own.defaults.api_key
            && let Some(at) = auth.get("ApiKeyRequired")?
        {
            parts.findings.note(&at, "the API key is not checked here");
        }
        Ok(own)
    }

    fn read_authorizer(
        &mut self,
        name: &str,
        at: &Cursor<'_>,
        written: &Cursor<'_>,
        settings: &ImportSettings<'_>,
        parts: &mut Parts,
    ) -> Result<(), Problem> {
        let at = at.clone().map()?;
        let read = ["Identity", "JwtConfiguration"].into_iter().filter_map(|name| written.get(name));
        if let Some(function) = [written.clone()].into_iter().chain(read).find(|at| is_function(at.node)) {
            return Err(function.problem(READ_BEFORE_FUNCTIONS));
        }
        let of_rest_api = self.api == ServerlessApi::Rest;
        if name == "NONE" || of_rest_api && ["api_key", "api_key_false"].contains(&name) {
            return Err(at.problem(format!("SAM reserves the name `{name}`: rename the authorizer")));
        }
        let default = match at.get("AuthorizationScopes") {
            Some(at) => scopes(at, settings.variables)?,
            None => RouteAuthorization::guarded(),
        };
        let read = match self.api {
            _ if written.get("FunctionArn").is_some() => Err(at.problem(LAMBDA)),
            ServerlessApi::Rest => of_user_pools(name, &at, settings, parts),
            ServerlessApi::Http => of_issuer(name, &at, settings),
        };
        parts.add_scheme(name, &at, read.map_or_else(Scheme::Other, Scheme::Authorizer));
        self.authorizers.insert(name.to_owned(), default);
        Ok(())
    }

    /// Applies the changes that SAM makes to an inline definition for the authorizers and the API key.
    pub(super) fn join(
        &mut self,
        body: &Cursor<'_>,
        version: Option<Cursor<'_>>,
        settings: &ImportSettings<'_>,
    ) -> Result<(), Problem> {
        if self.api == ServerlessApi::Http {
            return Ok(());
        }
        if self.defaults.guard.is_some() {
            self.defaults.authorizers = Some(self.authorizers.keys().cloned().collect());
        }
        let adds_schemes = !self.authorizers.is_empty() || self.defaults.api_key;
        if adds_schemes
            && body.get("swagger").is_none()
            && let Some(at) = version
            && !is_openapi_3(&settings.variables.text(&at)?)
        {
            return Err(at.problem(
                "with this `OpenApiVersion`, SAM adds the authorizers where OpenAPI 3 does not read them: use the \
                 version of the definition",
            ));
        }
        let moves = body.get("securityDefinitions").is_some_and(|at| is_true(at.node));
        self.defaults.replaces_schemes = adds_schemes || moves;
        self.defaults.moves_schemes = moves;
        Ok(())
    }

    /// Returns the requirement of an event.
    pub(super) fn asked(
        &self,
        event: &Event<'_>,
        settings: &ImportSettings<'_>,
        parts: &mut Parts,
    ) -> Result<RouteRequirement, Problem> {
        let Some(auth) = event.properties.get("Auth") else { return Ok(RouteRequirement::default()) };
        let written = event.written.as_ref().and_then(|written| written.get("Auth"));
        let written = written.filter(|written| !is_function(written.node));
        let written = written.ok_or_else(|| auth.problem(READ_BEFORE_FUNCTIONS))?;
        let auth = auth.map()?;
        let of_rest_api = self.api == ServerlessApi::Rest;
        auth.check_members(if of_rest_api { &EVENT } else { &HTTP_EVENT })?;
        reject_policy(auth.get("ResourcePolicy"))?;
        let mut asked = RouteRequirement::default();
        if let Some(at) = written.get("ApiKeyRequired") {
            asked.api_key = Some(sam_flag(&at)?);
            parts.findings.note(&at, "an API key is not checked here");
        }
        let own_scopes = auth.get("AuthorizationScopes");
        let scopes = own_scopes.filter(|at| of_rest_api || !is_empty(at));
        asked.guard = match (auth.get("Authorizer"), scopes) {
            (Some(at), scopes) => {
                let name = settings.variables.text(&at)?;
                let has_default = self.defaults.guard.is_some();
                match &*name {
                    "NONE" if scopes.is_some() => {
                        return Err(
                            at.problem("`NONE` cannot be combined with `AuthorizationScopes`: remove one of the two")
                        );
                    }
                    "NONE" if has_default => Some(Guard::OPEN),
                    "NONE" => return Err(at.problem("`NONE` requires a `DefaultAuthorizer` of the API: remove `NONE`")),
                    name => {
                        let scopes = scopes.map(|at| self::scopes(at, settings.variables)).transpose()?;
                        Some(self.guard(name, scopes, &at, parts)?)
                    }
                }
            }
            (None, Some(at)) if of_rest_api => {
                return Err(at.problem("scopes require an authorizer: name it with `Authorizer`"));
            }
            (None, scopes) => match (&self.defaults.guard, scopes) {
                (Some(default), Some(at)) => {
                    Some(Guard { authorization: self::scopes(at, settings.variables)?, ..default.clone() })
                }
                // On an HTTP API, a non-empty `Auth` applies the default authorizer to every method, `OPTIONS`
                // included.
                (Some(default), None) if !of_rest_api && is_true(written.node) => Some(default.clone()),
                (Some(_), None) => None,
                (None, _) if of_rest_api || auth.entries().next().is_none() => None,
                (None, _) => {
                    return Err(auth.problem("`Authorizer` is missing, and the API has no `DefaultAuthorizer`"));
                }
            },
        };
        Ok(asked)
    }

    /// Returns the guard of a named authorizer, with these scopes or the authorizer's default.
    fn guard(
        &self,
        name: &str,
        scopes: Option<RouteAuthorization>,
        at: &Cursor<'_>,
        parts: &mut Parts,
    ) -> Result<Guard, Problem> {
        let Some(default) = self.authorizers.get(name) else {
            if name == "AWS_IAM" {
                let problem = at.problem("`AWS_IAM` cannot be checked here: this route would be open");
                return parts.routes.unsupported(problem);
            }
            return Err(at.problem(format!("`{name}` is not one of the `Authorizers` of the API")));
        };
        if let SchemeUse::Unsupported(problem) = scheme_use(&parts.schemes, name, at)? {
            return parts.routes.unsupported(problem);
        }
        let authorization = scopes.unwrap_or_else(|| default.clone());
        Ok(Guard { authorization, authorizer: Some(name.to_owned()) })
    }
}

/// Rejects a member of the API that is a function without a value, if `Globals` has the member too: SAM uses the
/// function.
fn reject_override(auth: &WithGlobals<'_>, written: &WithGlobals<'_>, name: &str) -> Result<(), Problem> {
    let own = |layered: &WithGlobals<'_>| layered.own.as_ref().is_some_and(|own| own.get(name).is_some());
    match auth.either(name) {
        Some(at) if own(written) && !own(auth) => Err(at.problem(READ_BEFORE_FUNCTIONS)),
        _ => Ok(()),
    }
}

/// Reads a boolean setting of SAM. SAM treats every text and every function as true, so both are rejected.
pub(super) fn sam_flag(at: &Cursor<'_>) -> Result<bool, Problem> {
    match &at.node.value {
        NodeValue::Bool(value) => Ok(*value),
        _ => Err(
            at.problem("expected true or false: SAM treats a string or a function as true, so write `true` or `false`")
        ),
    }
}

/// Whether SAM moves `securityDefinitions` for this version.
fn is_openapi_3(version: &str) -> bool {
    let is_digit = |part: &str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit());
    let minor = version.strip_prefix("3.");
    minor.is_some_and(|minor| match minor.split_once('.') {
        Some((minor, patch)) => is_digit(minor) && is_digit(patch),
        None => is_digit(minor),
    })
}

fn of_user_pools(
    name: &str,
    at: &Cursor<'_>,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) -> Result<AuthorizerDefinition, Problem> {
    let arn = at.get("UserPoolArn").ok_or_else(|| at.problem(LAMBDA))?;
    at.check_members(&["AuthorizationScopes", "Identity", "UserPoolArn"])?;
    let identity = at.get("Identity").map(Cursor::map).transpose()?;
    let mut header = None;
    let mut expression = None;
    if let Some(identity) = &identity {
        identity.check_members(&["Header", "ReauthorizeEvery", "ValidationExpression"])?;
        header = settings.variables.member(identity, "Header")?;
        expression = identity.get("ValidationExpression");
        if let Some(every) = identity.get("ReauthorizeEvery") {
            parts.findings.note(&every, TIME_TO_LIVE);
        }
    }
    let identity_source = header_source(at, header.as_deref().unwrap_or("Authorization"))?;
    let reader = settings.scheme_reader();
    let user_pools = match &arn.node.value {
        NodeValue::List(_) => reader.user_pools(arn)?,
        _ => vec![reader.user_pool(&arn)?],
    };
    reader.of_user_pools(name, identity_source, user_pools, expression)
}

fn of_issuer(name: &str, at: &Cursor<'_>, settings: &ImportSettings<'_>) -> Result<AuthorizerDefinition, Problem> {
    let configuration = at.get("JwtConfiguration").ok_or_else(|| at.problem(LAMBDA))?;
    at.check_members(&["AuthorizationScopes", "IdentitySource", "JwtConfiguration"])?;
    let configuration = configuration.map()?;
    let (mut issuer, mut audience) = (None, None);
    for (name, at) in configuration.entries() {
        // SAM ignores the case of these names.
        let place = match &*name.to_ascii_lowercase() {
            "issuer" => &mut issuer,
            "audience" => &mut audience,
            _ => return Err(at.problem("unknown member: expected `issuer` or `audience`")),
        };
        if place.replace(at.clone()).is_some() {
            return Err(at.problem(format!("`{name}` is set twice: keep one")));
        }
    }
    let source = at.get("IdentitySource");
    let source = source
        .ok_or_else(|| at.problem("`IdentitySource` is missing: expected one such as $request.header.Authorization"))?;
    jwt(name, issuer, audience, &configuration, &source, settings)
}

const LAMBDA: &str = "a Lambda authorizer cannot be imported: it runs custom code";

const API: [&str; 8] = [
    "AddApiKeyRequiredToCorsPreflight",
    "AddDefaultAuthorizerToCorsPreflight",
    "ApiKeyRequired",
    "Authorizers",
    "DefaultAuthorizer",
    "InvokeRole",
    "ResourcePolicy",
    "UsagePlan",
];

const HTTP_API: [&str; 3] = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"];

const EVENT: [&str; 6] =
    ["ApiKeyRequired", "AuthorizationScopes", "Authorizer", "InvokeRole", "OverrideApiAuth", "ResourcePolicy"];

const HTTP_EVENT: [&str; 2] = ["AuthorizationScopes", "Authorizer"];
