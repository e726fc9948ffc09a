//! Writes a configuration as JSON that can be read again.

use http::HeaderName;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;
use tracing::Level;

use super::settings::{LEVELS, NamedAuthorizer, NamedRoute, Settings, UserPoolSettings};
use crate::{
    audience_pattern::PatternTarget,
    authorizer_type::{Challenges, ExpectedTokenUse, InsufficientScope, WhenKeysUnavailable},
    decide::VerifierSettings,
    gateway_response::{Cors, GatewayResponses},
    identity_source::{BearerScheme, IdentitySource},
    route::{InnerRouter, MockResponse, PathPolicy, TableSettings, TrailingSlash},
    user_pool::Audience,
};

/// A JSON object that keeps the order of its members, and omits members that are null, false or empty.
#[derive(Debug, Default)]
struct Object(Vec<(String, Part)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part {
    Value(Value),
    Object(Object),
    List(Vec<Object>),
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, part) in &self.0 {
            map.serialize_entry(name, part)?;
        }
        map.end()
    }
}

impl Object {
    fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        let says_nothing = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
        };
        if !says_nothing {
            self.0.push((name.to_owned(), Part::Value(value)));
        }
        self
    }

    /// Adds `false` for a setting that is on by default.
    fn with_off(mut self, name: &str, is_off: bool) -> Self {
        if is_off {
            self.0.push((name.to_owned(), Part::Value(Value::Bool(false))));
        }
        self
    }

    fn with_object(mut self, name: &str, object: Self) -> Self {
        if !object.0.is_empty() {
            self.0.push((name.to_owned(), Part::Object(object)));
        }
        self
    }
}

/// Writes the settings as JSON, in the order of the documentation of the file.
pub(super) fn json(settings: &Settings) -> String {
    let named = |object: Object, (name, part): (&str, Object)| object.with_object(name, part);
    let user_pools = settings.user_pools.iter().map(|own| (&*own.name, user_pool(own))).fold(Object::default(), named);
    let authorizers = settings.authorizers.iter().map(|own| (&*own.name, authorizer(own)));
    let mut root = Object::default()
        .with_object("user_pools", user_pools)
        .with_object("authorizers", authorizers.fold(Object::default(), named))
        .with_object("route_table", route_table(&settings.route_table));
    root.0.push(("routes".to_owned(), Part::List(routes(settings))));
    let danger = Object::default()
        .with("plain_http", settings.danger.plain_http)
        .with("paths_as_sent", settings.danger.paths_as_sent)
        .with("shadow", settings.danger.shadow);
    let root = gateway_responses(&settings.shared.gateway_responses, root)
        .with_object("cors", settings.cors.as_ref().map(cors).unwrap_or_default())
        .with_object("keys", keys(settings))
        .with_object("token_cache", Object::default().with("bytes", settings.shared.token_cache_bytes))
        .with_object("danger", danger);
    serde_json::to_string_pretty(&root).unwrap_or_default()
}

fn route_table(table: &TableSettings) -> Object {
    let default = Settings::default().route_table;
    let inner_router = Some(table.inner_router).filter(|router| *router != default.inner_router);
    Object::default()
        .with("stage", Some(table.stage.name()).filter(|stage| !stage.is_empty()))
        .with("trailing_slash", table.trailing_slash.map(TrailingSlash::as_str))
        .with("proxy_covers_root", table.proxy_covers_root)
        .with("strict_paths", table.policy == PathPolicy::Strict)
        .with("hand_on_unknown_routes", table.hands_on_unknown)
        .with("insert_matched_route", table.inserts_matched_route)
        .with("inner_router", inner_router.map(InnerRouter::as_str))
        .with_off("ignore_case", !table.ignores_case)
}

fn keys(settings: &Settings) -> Object {
    let shared = &settings.shared;
    let directory = shared.last_known_good_directory.as_ref();
    Object::default()
        .with("proxy", settings.proxy.as_ref().map(|proxy| &proxy.0))
        .with(
            "fetch_timeout_milliseconds",
            shared.fetch_timeout.and_then(|timeout| u64::try_from(timeout.as_millis()).ok()),
        )
        .with("max_age_seconds", shared.max_key_age.map(|age| age.as_secs()))
        .with("last_known_good_directory", directory.map(|path| path.to_string_lossy()))
}

fn user_pool(own: &UserPoolSettings) -> Object {
    let mut object = Object::default()
        .with("id", own.user_pool.id().as_str())
        .with("issuer", own.user_pool.own_issuer())
        .with("jwks_uri", own.user_pool.own_jwks_uri())
        .with("jwks_file", own.jwks_file.as_ref().map(|path| path.to_string_lossy()));
    if let Some(scopes) = &own.scopes {
        let mut servers: Vec<(&str, Vec<&str>)> = Vec::new();
        for (identifier, scope) in scopes.iter().filter_map(|scope| scope.rsplit_once('/')) {
            match servers.iter_mut().find(|(own, _)| *own == identifier) {
                Some((_, scopes)) => scopes.push(scope),
                None => servers.push((identifier, vec![scope])),
            }
        }
        let servers = servers.into_iter();
        let servers =
            servers.map(|(identifier, scopes)| Object::default().with("identifier", identifier).with("scopes", scopes));
        object.0.push(("resource_servers".to_owned(), Part::List(servers.collect())));
    }
    object
}

fn authorizer(own: &NamedAuthorizer) -> Object {
    let (settings, verifier) = (&own.settings, &own.settings.verifier);
    let claim = |object: Object, (header, claim): (&HeaderName, Option<&str>)| object.with(header.as_str(), claim);
    let context = settings.claim_headers.iter().find(|(_, claim)| claim.is_none()).map(|(header, _)| header.as_str());
    let start = Object::default().with("type", verifier.authorizer_type.as_str()).with("user_pools", &own.user_pools);
    let audience: Option<Vec<&str>> =
        verifier.audience.as_ref().map(|audience| audience.iter().map(Audience::as_str).collect());
    audience_pattern(verifier, identity_source(&verifier.identity_source, start))
        .with("audience", audience)
        .with("any_app_client", verifier.any_app_client)
        .with("token_use", verifier.token_use.map(ExpectedTokenUse::as_str))
        .with("leeway_seconds", Some(verifier.leeway.as_secs()).filter(|seconds| *seconds > 0))
        .with("not_before_leeway_seconds", verifier.not_before_leeway.map(|leeway| leeway.as_secs()))
        .with("max_lifetime_seconds", verifier.max_lifetime.map(|lifetime| lifetime.as_secs()))
        .with("accept_sender_constrained_tokens", verifier.accepts_sender_constrained)
        .with("insufficient_scope", number(settings.insufficient_scope.map(InsufficientScope::as_str)))
        .with("when_keys_unavailable", number(settings.when_keys_unavailable.map(WhenKeysUnavailable::as_str)))
        .with("challenges", settings.challenges.map(Challenges::as_str))
        .with("mimic_sigv4_fallback", settings.mimics_sigv4)
        .with("pass_preflight", settings.passes_preflight)
        .with_off("forward_token", settings.strips_token)
        .with_object("claim_headers", settings.claim_headers.iter().fold(Object::default(), claim))
        .with("request_context_header", context)
        .with("rejection_level", settings.rejection_level.and_then(level))
}

fn identity_source(own: &IdentitySource, object: Object) -> Object {
    let is_default = *own == IdentitySource::default();
    let scheme = Some(own.bearer_scheme()).filter(|scheme| *scheme != BearerScheme::default());
    object
        .with("identity_source", Some(own.to_string()).filter(|_| !is_default))
        .with("bearer_scheme", scheme.map(BearerScheme::as_str))
}

fn audience_pattern(own: &VerifierSettings, object: Object) -> Object {
    let Some(pattern) = &own.audience_pattern else { return object };
    let target = Some(pattern.target()).filter(|target| *target != PatternTarget::default());
    object
        .with("identity_validation_expression", pattern.as_str())
        .with("identity_validation_target", target.map(PatternTarget::as_str))
}

fn routes(settings: &Settings) -> Vec<Object> {
    let has_several = settings.authorizers.len() > 1;
    let route = |own: &NamedRoute| {
        let object = Object::default().with("route", own.route.as_str());
        if own.authorization.is_open() {
            let object = object.with("authorization", "NONE");
            return object
                .with_object("mock_response", own.mock_response.as_ref().map(mock_response).unwrap_or_default());
        }
        if own.authorization.is_unsupported() {
            return object.with("authorization", "UNSUPPORTED");
        }
        let scopes: Vec<&str> = own.authorization.scope_names().collect();
        object.with("authorizer", own.authorizer.as_ref().filter(|_| has_several)).with("scopes", scopes)
    };
    settings.routes.iter().map(route).collect()
}

fn mock_response(own: &MockResponse) -> Object {
    let (status, headers, further_origins, body) = own.written();
    let headers = headers.fold(Object::default(), |object, (name, value)| object.with(name, value));
    Object::default()
        .with("status", status)
        .with_object("headers", headers)
        .with("further_origins", further_origins)
        .with("body", Some(body).filter(|body| !body.is_empty()))
}

fn gateway_responses(own: &GatewayResponses, root: Object) -> Object {
    let texts = |object: Object, (name, value): (&str, String)| object.with(name, value);
    let variables = own.stage_variables().iter().map(|(name, value)| (&**name, value.clone()));
    let responses = own.iter().fold(Object::default(), |object, (response_type, response)| {
        let part = Object::default()
            .with("status", response.own_status().map(|status| status.as_u16()))
            .with_object("headers", response.written_headers().fold(Object::default(), texts))
            .with_object("templates", response.written_templates().fold(Object::default(), texts));
        let mut object = object;
        // Keep a response that changes nothing, because it overrides the catch-all.
        object.0.push((response_type.as_str().to_owned(), Part::Object(part)));
        object
    });
    root.with_object("variables", variables.fold(Object::default(), texts)).with_object("gateway_responses", responses)
}

fn cors(own: &Cors) -> Object {
    let own = own.written();
    Object::default()
        .with("origins", own.origins)
        .with("methods", own.methods)
        .with("headers", own.headers)
        .with("expose_headers", own.exposed)
        .with("max_age_seconds", own.max_age_seconds)
        .with("credentials", own.credentials)
}

fn level(level: Level) -> Option<&'static str> {
    LEVELS.iter().find(|(_, own)| *own == level).map(|(word, _)| *word)
}

/// Parses a status code, which the file has without quotes.
fn number(word: Option<&str>) -> Option<u64> {
    word?.parse().ok()
}
