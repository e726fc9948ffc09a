//! What a configuration file says of one authorizer.

use std::str::FromStr;

use super::{
    section::{Section, listed},
    settings::{
        AuthorizerOptions, AuthorizerSettings, BEARER_SCHEMES, CHALLENGES, INSUFFICIENT_SCOPES, PATTERN_TARGETS,
        TOKEN_USES, WHEN_KEYS_UNAVAILABLE,
    },
};
use crate::{
    audience_pattern::AudiencePattern,
    authorizer_type::AuthorizerType,
    identity_source::IdentitySource,
    limits::{MAX_CLAIM_HEADERS, MAX_LEEWAY},
    user_pool::{AppClientId, Audience, UserPoolError},
};

/// An authorizer. It names user pools of the file, which are these.
pub(super) fn authorizer(name: &str, section: Section<'_, '_>, user_pools: &[&str]) -> Option<AuthorizerSettings> {
    section.require("type", "COGNITO_USER_POOLS (a REST API) or JWT (an HTTP API)");
    let authorizer_type = section.parsed("type", str::parse::<AuthorizerType>);
    let mut names = Vec::new();
    for (at, name) in section.texts("user_pools").unwrap_or_default() {
        if user_pools.contains(&name) {
            names.push(name.to_owned());
        } else {
            let message = format!("there is no user pool of this name: expected {}", listed(user_pools, name));
            section.findings().problem(&at, message);
        }
    }
    if section.at.get("user_pools").is_none_or(|at| at.items().next().is_none()) {
        section.problem_at("user_pools", "`user_pools` is missing: the names of user pools of this file, one at least");
    }
    let own = AuthorizerSettings {
        name: name.to_owned(),
        authorizer_type: authorizer_type.unwrap_or_default(),
        user_pools: names,
        identity_source: identity_source(&section),
        audience_pattern: audience_pattern(&section),
        audience: ids::<Audience>(&section, "audience"),
        options: options(&section),
    };
    if own.options.app_clients.is_some() && own.audience.is_some() {
        section.problem_at("audience", "`audience` and `app_clients` are two words for one list: take either out");
    }
    section.end();
    authorizer_type.map(|_| own)
}

/// What may also be set for an authorizer of an API definition.
pub(super) fn options(section: &Section<'_, '_>) -> AuthorizerOptions {
    let status = |name: &'static str, allowed: &[u64]| {
        let number = section.number(name)?;
        if !allowed.contains(&number) {
            let allowed: Vec<String> = allowed.iter().map(u64::to_string).collect();
            section.problem_at(name, format!("expected {}", allowed.join(" or ")));
        }
        Some(number)
    };
    let insufficient_scope = status("insufficient_scope", &INSUFFICIENT_SCOPES.map(|(number, _)| number));
    let when_keys_unavailable = status("when_keys_unavailable", &WHEN_KEYS_UNAVAILABLE.map(|(number, _)| number));
    for name in ["leeway_seconds", "not_before_leeway_seconds"] {
        if section.number(name).is_some_and(|seconds| seconds > MAX_LEEWAY.as_secs()) {
            section.problem_at(name, format!("choose at most {}", MAX_LEEWAY.as_secs()));
        }
    }
    if section.number("max_lifetime_seconds") == Some(0) {
        section.problem_at("max_lifetime_seconds", "choose at least 1");
    }
    AuthorizerOptions {
        app_clients: ids::<AppClientId>(section, "app_clients"),
        any_app_client: section.flag("any_app_client").unwrap_or_default(),
        token_use: section.choice("token_use", &TOKEN_USES),
        leeway_seconds: section.number("leeway_seconds").unwrap_or_default(),
        not_before_leeway_seconds: section.number("not_before_leeway_seconds"),
        max_lifetime_seconds: section.number("max_lifetime_seconds"),
        accept_sender_constrained_tokens: section.flag("accept_sender_constrained_tokens").unwrap_or_default(),
        insufficient_scope: of_status(&INSUFFICIENT_SCOPES, insufficient_scope),
        when_keys_unavailable: of_status(&WHEN_KEYS_UNAVAILABLE, when_keys_unavailable),
        challenges: section.choice("challenges", &CHALLENGES),
        mimic_sigv4_fallback: section.flag("mimic_sigv4_fallback").unwrap_or_default(),
        pass_preflight: section.flag("pass_preflight").unwrap_or_default(),
        strip_token: section.flag("forward_token") == Some(false),
        claim_headers: {
            let is_bounded = section.is_bounded("claim_headers", MAX_CLAIM_HEADERS);
            let headers = section.named_texts("claim_headers").into_iter().filter(|_| is_bounded);
            headers.map(|(_, header, claim)| (header.to_owned(), claim.to_owned())).collect()
        },
        request_context_header: section.text("request_context_header"),
    }
}

fn identity_source(section: &Section<'_, '_>) -> IdentitySource {
    let source = section.parsed("identity_source", str::parse::<IdentitySource>).unwrap_or_default();
    source.with_bearer_scheme(section.choice("bearer_scheme", &BEARER_SCHEMES).unwrap_or_default())
}

fn audience_pattern(section: &Section<'_, '_>) -> Option<AudiencePattern> {
    let pattern = section.parsed("identity_validation_expression", str::parse::<AudiencePattern>);
    let target = section.choice("identity_validation_target", &PATTERN_TARGETS);
    if section.at.get("identity_validation_expression").is_none() && target.is_some() {
        section.problem("`identity_validation_expression` is missing");
    }
    Some(pattern?.with_target(target.unwrap_or_default()))
}

/// The texts of a list, each of which has to be one of these ids.
fn ids<I: FromStr<Err = UserPoolError>>(section: &Section<'_, '_>, name: &'static str) -> Option<Vec<String>> {
    let texts = section.texts(name)?;
    if texts.is_empty() {
        section.problem_at(name, "the list is empty: name one, or leave it out");
    }
    for (at, id) in &texts {
        if let Err(error) = id.parse::<I>() {
            section.findings().problem(at, error.to_string());
        }
    }
    Some(texts.into_iter().map(|(_, id)| id.to_owned()).collect())
}

fn of_status<T: Copy, const N: usize>(known: &[(u64, T); N], number: Option<u64>) -> Option<T> {
    known.iter().find(|(own, _)| Some(*own) == number).map(|(_, value)| *value)
}
