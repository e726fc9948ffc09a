//! What a configuration says, once it was read: plain values, by the names of the file.

use std::{fmt, path::PathBuf, sync::Arc};

use super::section::Choices;
use crate::{
    address::RedactedUrl,
    api_definition::BasePath,
    audience_pattern::{AudiencePattern, PatternTarget},
    authorizer_type::{AuthorizerType, Challenges, ExpectedTokenUse, InsufficientScope, WhenKeysUnavailable},
    gateway_response::GatewayResponses,
    identity_source::{BearerScheme, IdentitySource},
    route::{InnerRouter, RouteAuthorization, RouteKey, TrailingSlash},
    user_pool::UserPool,
};

/// Everything that a configuration says.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) user_pools: Vec<UserPoolSettings>,
    /// The first one answers where no route covers a request.
    pub(super) authorizers: Vec<AuthorizerSettings>,
    pub(super) routes: Vec<RouteSettings>,
    pub(super) route_table: RouteTableSettings,
    pub(super) gateway_responses: GatewayResponses,
    pub(super) keys: KeySettings,
    pub(super) token_cache_bytes: Option<u64>,
    pub(super) danger: DangerSettings,
}

/// A user pool, by its name in the file.
#[derive(Clone, Debug)]
pub(super) struct UserPoolSettings {
    pub(super) name: String,
    pub(super) user_pool: UserPool,
    pub(super) jwks_file: Option<PathBuf>,
    /// The full names of every custom scope, if the resource servers are known.
    pub(super) scopes: Option<Arc<[String]>>,
}

/// An authorizer, by its name in the file.
#[derive(Clone, Debug)]
pub(super) struct AuthorizerSettings {
    pub(super) name: String,
    pub(super) authorizer_type: AuthorizerType,
    /// By name.
    pub(super) user_pools: Vec<String>,
    pub(super) identity_source: IdentitySource,
    pub(super) audience_pattern: Option<AudiencePattern>,
    pub(super) audience: Option<Vec<String>>,
    pub(super) options: AuthorizerOptions,
}

/// What may be set for an authorizer beyond what API Gateway has for it.
#[derive(Clone, Debug, Default)]
pub(super) struct AuthorizerOptions {
    pub(super) app_clients: Option<Vec<String>>,
    pub(super) any_app_client: bool,
    pub(super) token_use: Option<ExpectedTokenUse>,
    pub(super) leeway_seconds: u64,
    pub(super) not_before_leeway_seconds: Option<u64>,
    pub(super) max_lifetime_seconds: Option<u64>,
    pub(super) accept_sender_constrained_tokens: bool,
    pub(super) insufficient_scope: Option<InsufficientScope>,
    pub(super) when_keys_unavailable: Option<WhenKeysUnavailable>,
    pub(super) challenges: Option<Challenges>,
    pub(super) mimic_sigv4_fallback: bool,
    pub(super) pass_preflight: bool,
    pub(super) strip_token: bool,
    /// Header and claim.
    pub(super) claim_headers: Vec<(String, String)>,
    pub(super) request_context_header: Option<String>,
}

/// A route, and the name of the authorizer that it asks.
#[derive(Clone, Debug)]
pub(super) struct RouteSettings {
    pub(super) route: RouteKey,
    pub(super) authorization: RouteAuthorization,
    pub(super) authorizer: Option<String>,
}

/// How paths are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct RouteTableSettings {
    pub(super) stage: Option<String>,
    pub(super) trailing_slash: Option<TrailingSlash>,
    pub(super) proxy_covers_root: bool,
    pub(super) strict_paths: bool,
    pub(super) hand_on_unknown_routes: bool,
    /// `None`: any order, which is safe for every service.
    pub(super) inner_router: Option<InnerRouter>,
    pub(super) case_sensitive: bool,
    pub(super) insert_matched_route: bool,
}

/// How keys are obtained, of every user pool.
#[derive(Clone, Default)]
pub(super) struct KeySettings {
    /// It may hold a password.
    pub(super) proxy: Option<String>,
    pub(super) fetch_timeout_milliseconds: Option<u64>,
    pub(super) max_age_seconds: Option<u64>,
    pub(super) last_known_good_directory: Option<PathBuf>,
}

impl fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySettings")
            .field("proxy", &self.proxy.as_deref().map(RedactedUrl))
            .field("fetch_timeout_milliseconds", &self.fetch_timeout_milliseconds)
            .field("max_age_seconds", &self.max_age_seconds)
            .field("last_known_good_directory", &self.last_known_good_directory)
            .finish()
    }
}

/// What weakens a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DangerSettings {
    pub(super) plain_http: bool,
    pub(super) paths_as_sent: bool,
    pub(super) shadow: bool,
}

impl Settings {
    pub(super) fn user_pool(&self, name: &str) -> Option<&UserPoolSettings> {
        self.user_pools.iter().find(|own| own.name == name)
    }
}

pub(super) const BEARER_SCHEMES: Choices<BearerScheme, 3> =
    [("optional", BearerScheme::Optional), ("required", BearerScheme::Required), ("refused", BearerScheme::Refused)];

pub(super) const PATTERN_TARGETS: Choices<PatternTarget, 2> =
    [("aud", PatternTarget::Audience), ("raw_token", PatternTarget::RawToken)];

pub(super) const TOKEN_USES: Choices<ExpectedTokenUse, 5> = [
    ("by_scopes", ExpectedTokenUse::ByScopes),
    ("access", ExpectedTokenUse::Access),
    ("id", ExpectedTokenUse::Id),
    ("either", ExpectedTokenUse::Either),
    ("unchecked", ExpectedTokenUse::Unchecked),
];

pub(super) const CHALLENGES: Choices<Challenges, 3> =
    [("never", Challenges::Never), ("api_gateway", Challenges::ApiGateway), ("rfc_6750", Challenges::Rfc6750)];

pub(super) const BASE_PATHS: Choices<BasePath, 3> =
    [("ignore", BasePath::Ignore), ("prepend", BasePath::Prepend), ("split", BasePath::Split)];

pub(super) const INNER_ROUTERS: Choices<InnerRouter, 3> = [
    ("any_order", InnerRouter::AnyOrder),
    ("literal_first", InnerRouter::LiteralFirst),
    ("matched_route", InnerRouter::MatchedRoute),
];

pub(super) const TRAILING_SLASHES: Choices<TrailingSlash, 2> =
    [("ignored", TrailingSlash::Ignored), ("significant", TrailingSlash::Significant)];

pub(super) const INSUFFICIENT_SCOPES: [(u64, InsufficientScope); 2] =
    [(401, InsufficientScope::Unauthorized), (403, InsufficientScope::Forbidden)];

pub(super) const WHEN_KEYS_UNAVAILABLE: [(u64, WhenKeysUnavailable); 3] = [
    (401, WhenKeysUnavailable::Unauthorized),
    (500, WhenKeysUnavailable::InternalServerError),
    (503, WhenKeysUnavailable::ServiceUnavailable),
];
