//! A configuration as a JSON text that can be read again.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::settings::{
    AuthorizerSettings, BEARER_SCHEMES, CHALLENGES, INNER_ROUTERS, INSUFFICIENT_SCOPES, PATTERN_TARGETS, Settings,
    TOKEN_USES, TRAILING_SLASHES, UserPoolSettings, WHEN_KEYS_UNAVAILABLE,
};
use crate::{audience_pattern::PatternTarget, gateway_response::GatewayResponses, identity_source::IdentitySource};

/// An object whose members stay in their order, without those that are null, false or empty.
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

    /// `false`, where that says something.
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

/// The settings as JSON, in the order in which the file is documented.
pub(super) fn json(settings: &Settings) -> String {
    let named = |object: Object, (name, part): (&str, Object)| object.with_object(name, part);
    let user_pools = settings.user_pools.iter().map(|own| (&*own.name, user_pool(own))).fold(Object::default(), named);
    let authorizers = settings.authorizers.iter().map(|own| (&*own.name, authorizer(own)));
    let table = &settings.route_table;
    let root = Object::default()
        .with_object("user_pools", user_pools)
        .with_object("authorizers", authorizers.fold(Object::default(), named));
    let mut root = root.with_object(
        "route_table",
        Object::default()
            .with("stage", &table.stage)
            .with("trailing_slash", table.trailing_slash.and_then(|slash| word(&TRAILING_SLASHES, slash)))
            .with("proxy_covers_root", table.proxy_covers_root)
            .with("strict_paths", table.strict_paths)
            .with("hand_on_unknown_routes", table.hand_on_unknown_routes)
            .with("insert_matched_route", table.insert_matched_route)
            .with("inner_router", table.inner_router.and_then(|router| word(&INNER_ROUTERS, router)))
            .with_off("ignore_case", table.case_sensitive),
    );
    root.0.push(("routes".to_owned(), Part::List(routes(settings))));
    let root = gateway_responses(&settings.gateway_responses, root)
        .with_object(
            "keys",
            Object::default()
                .with("proxy", &settings.keys.proxy)
                .with("fetch_timeout_milliseconds", settings.keys.fetch_timeout_milliseconds)
                .with("max_age_seconds", settings.keys.max_age_seconds)
                .with(
                    "last_known_good_directory",
                    settings.keys.last_known_good_directory.as_ref().map(|path| path.to_string_lossy()),
                ),
        )
        .with_object("token_cache", Object::default().with("bytes", settings.token_cache_bytes))
        .with_object(
            "danger",
            Object::default()
                .with("plain_http", settings.danger.plain_http)
                .with("paths_as_sent", settings.danger.paths_as_sent)
                .with("shadow", settings.danger.shadow),
        );
    serde_json::to_string_pretty(&root).unwrap_or_default()
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

fn authorizer(own: &AuthorizerSettings) -> Object {
    let options = &own.options;
    let headers = options.claim_headers.iter();
    let headers = headers.fold(Object::default(), |object, (header, claim)| object.with(header, claim));
    identity_source(
        &own.identity_source,
        Object::default().with("type", own.authorizer_type.as_str()).with("user_pools", &own.user_pools),
    )
    .with("identity_validation_expression", own.audience_pattern.as_ref().map(|pattern| pattern.expression()))
    .with(
        "identity_validation_target",
        own.audience_pattern
            .as_ref()
            .map(|own| own.target())
            .filter(|target| *target != PatternTarget::default())
            .and_then(|target| word(&PATTERN_TARGETS, target)),
    )
    .with("app_clients", &options.app_clients)
    .with("audience", &own.audience)
    .with("any_app_client", options.any_app_client)
    .with("token_use", options.token_use.and_then(|expected| word(&TOKEN_USES, expected)))
    .with("leeway_seconds", Some(options.leeway_seconds).filter(|seconds| *seconds > 0))
    .with("not_before_leeway_seconds", options.not_before_leeway_seconds)
    .with("max_lifetime_seconds", options.max_lifetime_seconds)
    .with("accept_sender_constrained_tokens", options.accept_sender_constrained_tokens)
    .with("insufficient_scope", options.insufficient_scope.and_then(|own| number(&INSUFFICIENT_SCOPES, own)))
    .with("when_keys_unavailable", options.when_keys_unavailable.and_then(|own| number(&WHEN_KEYS_UNAVAILABLE, own)))
    .with("challenges", options.challenges.and_then(|own| word(&CHALLENGES, own)))
    .with("mimic_sigv4_fallback", options.mimic_sigv4_fallback)
    .with("pass_preflight", options.pass_preflight)
    .with_off("forward_token", options.strip_token)
    .with_object("claim_headers", headers)
    .with("request_context_header", &options.request_context_header)
}

fn identity_source(own: &IdentitySource, object: Object) -> Object {
    let is_default = *own == IdentitySource::default();
    object.with("identity_source", Some(own.to_string()).filter(|_| !is_default)).with(
        "bearer_scheme",
        Some(own.bearer_scheme())
            .filter(|scheme| *scheme != Default::default())
            .and_then(|scheme| word(&BEARER_SCHEMES, scheme)),
    )
}

fn routes(settings: &Settings) -> Vec<Object> {
    let has_several = settings.authorizers.len() > 1;
    let route = |own: &super::settings::RouteSettings| {
        let object = Object::default().with("route", own.route.as_str());
        if own.authorization.is_open() {
            return object.with("authorization", "NONE");
        }
        let scopes: Vec<&str> = own.authorization.scope_names().collect();
        object.with("authorizer", own.authorizer.as_ref().filter(|_| has_several)).with("scopes", scopes)
    };
    settings.routes.iter().map(route).collect()
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
        // Also one that changes nothing: it keeps the catch-all from applying.
        object.0.push((response_type.as_str().to_owned(), Part::Object(part)));
        object
    });
    let cors = own
        .cors()
        .map(|cors| cors.written())
        .map(|(origins, credentials)| Object::default().with("origins", origins).with("credentials", credentials));
    root.with_object("variables", variables.fold(Object::default(), texts))
        .with_object("gateway_responses", responses)
        .with_object("cors", cors.unwrap_or_default())
}

fn word<T: PartialEq + Copy, const N: usize>(choices: &[(&'static str, T); N], value: T) -> Option<&'static str> {
    choices.iter().find(|(_, own)| *own == value).map(|(word, _)| *word)
}

fn number<T: PartialEq + Copy, const N: usize>(choices: &[(u64, T); N], value: T) -> Option<u64> {
    choices.iter().find(|(_, own)| *own == value).map(|(number, _)| *number)
}
