//! Reads an authorizer of a configuration file.

use std::str::FromStr;

use tracing::Level;

use super::{
    section::{Section, listed},
    settings::{LEVELS, NamedAuthorizer},
};
use crate::{
    audience_pattern::AudiencePattern,
    authorizer::AuthorizerSettings,
    authorizer_type::AuthorizerType,
    decide::VerifierSettings,
    identity_source::IdentitySource,
    limits::{MAX_CLAIM_HEADERS, MAX_LEEWAY},
    request_context::{ClaimHeaders, ClaimHeadersError},
    user_pool::{AppClientId, Audience, UserPoolError},
};

/// Reads an authorizer. `user_pools` are the names of the user pools in the file.
pub(super) fn authorizer(name: &str, section: Section<'_, '_>, user_pools: &[&str]) -> Option<NamedAuthorizer> {
    section.require("type", "COGNITO_USER_POOLS (a REST API) or JWT (an HTTP API)");
    let authorizer_type = section.parsed("type", str::parse::<AuthorizerType>);
    let mut names = Vec::new();
    for (at, name) in section.texts("user_pools").unwrap_or_default() {
        if user_pools.contains(&name) {
            names.push(name.to_owned());
        } else {
            let message = format!("unknown user pool `{name}`: expected {}", listed(user_pools, name));
            section.findings().problem(&at, message);
        }
    }
    if section.at.get("user_pools").is_none_or(|at| at.items().next().is_none()) {
        section.problem_at(
            "user_pools",
            "`user_pools` is missing: expected the name of at least one user pool of this file",
        );
    }
    let mut settings = options(&section);
    settings.verifier.identity_source = identity_source(&section);
    settings.verifier.audience_pattern = audience_pattern(&section);
    let audience = ids::<Audience>(&section, "audience");
    if settings.verifier.audience.is_some() && audience.is_some() {
        section.problem_at("audience", "`audience` and `app_clients` set the same list: remove one");
    }
    settings.verifier.audience = settings.verifier.audience.or(audience);
    section.end();
    settings.verifier.authorizer_type = authorizer_type?;
    Some(NamedAuthorizer { name: name.to_owned(), user_pools: names, settings })
}

/// Reads the settings that a file may also add to an authorizer of an API definition.
pub(super) fn options(section: &Section<'_, '_>) -> AuthorizerSettings {
    let verifier = VerifierSettings {
        audience: ids::<AppClientId>(section, "app_clients"),
        any_app_client: section.flag("any_app_client").unwrap_or_default(),
        token_use: section.word("token_use"),
        leeway: section.seconds("leeway_seconds").unwrap_or_default(),
        not_before_leeway: section.seconds("not_before_leeway_seconds"),
        max_lifetime: section.seconds("max_lifetime_seconds"),
        accepts_sender_constrained: section.flag("accept_sender_constrained_tokens").unwrap_or_default(),
        ..VerifierSettings::default()
    };
    for name in ["leeway_seconds", "not_before_leeway_seconds"] {
        if section.number(name).is_some_and(|seconds| seconds > MAX_LEEWAY.as_secs()) {
            section.problem_at(name, format!("choose at most {}", MAX_LEEWAY.as_secs()));
        }
    }
    if section.number("max_lifetime_seconds") == Some(0) {
        section.problem_at("max_lifetime_seconds", "choose at least 1");
    }
    AuthorizerSettings {
        verifier,
        insufficient_scope: section.status("insufficient_scope"),
        when_keys_unavailable: section.status("when_keys_unavailable"),
        challenges: section.word("challenges"),
        mimics_sigv4: section.flag("mimic_sigv4_fallback").unwrap_or_default(),
        passes_preflight: section.flag("pass_preflight").unwrap_or_default(),
        strips_token: section.flag("forward_token") == Some(false),
        claim_headers: claim_headers(section),
        rejection_level: section.parsed("rejection_level", level),
        ..AuthorizerSettings::default()
    }
}

fn identity_source(section: &Section<'_, '_>) -> IdentitySource {
    let source = section.parsed("identity_source", str::parse::<IdentitySource>).unwrap_or_default();
    source.with_bearer_scheme(section.word("bearer_scheme").unwrap_or_default())
}

fn audience_pattern(section: &Section<'_, '_>) -> Option<AudiencePattern> {
    let pattern = section.parsed("identity_validation_expression", str::parse::<AudiencePattern>);
    let target = section.word("identity_validation_target");
    if section.at.get("identity_validation_expression").is_none() && target.is_some() {
        section.problem("`identity_validation_expression` is missing");
    }
    Some(pattern?.with_target(target.unwrap_or_default()))
}

fn level(word: &str) -> Result<Level, String> {
    let known = LEVELS.iter().find(|(own, _)| *own == word).map(|(_, level)| *level);
    known.ok_or_else(|| format!("`{word}` is not a level: expected {}", listed(&LEVELS.map(|(word, _)| word), word)))
}

fn claim_headers(section: &Section<'_, '_>) -> ClaimHeaders {
    let is_bounded = section.is_bounded("claim_headers", MAX_CLAIM_HEADERS);
    let claims = section.named_texts("claim_headers").into_iter().filter(|_| is_bounded);
    let headers = claims.fold(ClaimHeaders::builder(), |headers, (_, header, claim)| headers.claim(header, claim));
    let context = section.text("request_context_header");
    let headers = context.iter().fold(headers, |headers, name| headers.request_context(name));
    headers.build().unwrap_or_else(|error| {
        for header in error.headers() {
            section.problem(ClaimHeadersError::text(header));
        }
        ClaimHeaders::default()
    })
}

/// Reads a list of IDs.
fn ids<I: FromStr<Err = UserPoolError> + Into<Audience>>(
    section: &Section<'_, '_>,
    name: &'static str,
) -> Option<Vec<Audience>> {
    let texts = section.texts(name)?;
    if texts.is_empty() {
        section.problem_at(name, "the list is empty: name one, or leave it out");
    }
    let mut ids = Vec::new();
    for (at, id) in &texts {
        match id.parse::<I>() {
            Ok(id) => ids.push(id.into()),
            Err(error) => section.findings().problem(at, error.to_string()),
        }
    }
    Some(ids)
}
