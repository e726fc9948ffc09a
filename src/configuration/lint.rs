//! Finds warnings about a usable configuration.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::settings::{NamedAuthorizer, Settings};
use crate::{
    audience_pattern::PatternTarget,
    authorizer_type::ExpectedTokenUse,
    limits::MAX_FINDINGS,
    route::{InnerRouter, RouteLint},
};

/// A warning about a usable configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lint {
    /// A warning about the routes.
    Route(RouteLint),
    /// A route requires a scope that no resource server of its user pools defines. This is checked only if the resource
    /// servers of all its user pools are known.
    UndefinedScope {
        /// The route.
        route_key: String,
        /// The scope.
        scope: String,
    },
    /// An authorizer accepts the tokens of every app client of its user pools.
    AnyAppClient {
        /// The authorizer.
        authorizer: String,
    },
    /// Requests that no route covers are forwarded to the inner service without verifying a token.
    UnknownRoutesHandedOn,
    /// Routes are not compared with those that the inner service may choose, so it must dispatch by the matched route.
    RoutesNotCompared,
    /// An authorizer checks less than API Gateway does.
    WeakenedCheck {
        /// The authorizer.
        authorizer: String,
        /// The member that weakens the check.
        setting: &'static str,
    },
    /// No authorizer uses the user pool.
    UnusedUserPool {
        /// The user pool.
        user_pool: String,
    },
    /// No route uses the authorizer.
    UnusedAuthorizer {
        /// The authorizer.
        authorizer: String,
    },
    /// AWS does not have the region of the user pool, as far as this release knows.
    UnknownRegion {
        /// The user pool.
        user_pool: String,
        /// The region.
        region: String,
    },
    /// A member of `danger` weakens a check.
    Danger {
        /// The member of `danger`.
        setting: &'static str,
    },
}

impl Lint {
    /// Returns a stable name for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Route(lint) => lint.kind().as_str(),
            Self::UndefinedScope { .. } => "undefined_scope",
            Self::AnyAppClient { .. } => "any_app_client",
            Self::UnknownRoutesHandedOn => "unknown_routes_handed_on",
            Self::RoutesNotCompared => "routes_not_compared",
            Self::WeakenedCheck { .. } => "weakened_check",
            Self::UnusedUserPool { .. } => "unused_user_pool",
            Self::UnusedAuthorizer { .. } => "unused_authorizer",
            Self::UnknownRegion { .. } => "unknown_region",
            Self::Danger { .. } => "danger",
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(lint) => lint.fmt(f),
            Self::UndefinedScope { route_key, scope } => write!(
                f,
                "`{route_key}` requires the scope `{scope}`, which no resource server of its user pools defines: no \
                 token will have it"
            ),
            Self::AnyAppClient { authorizer } => write!(
                f,
                "the authorizer `{authorizer}` accepts the tokens of every app client of its user pools: list the \
                 accepted ones with `app_clients`, or set `any_app_client = true`"
            ),
            Self::UnknownRoutesHandedOn => f.write_str(
                "requests that match no route are forwarded to the service without verifying a token \
                 (`route_table.hand_on_unknown_routes`)",
            ),
            Self::RoutesNotCompared => f.write_str(
                "the service must dispatch only by the matched route (`route_table.inner_router`): in front of a \
                 proxy, set `any_order`",
            ),
            Self::WeakenedCheck { authorizer, setting } => {
                write!(f, "the authorizer `{authorizer}` checks less than API Gateway does: `{setting}`")
            }
            Self::UnusedUserPool { user_pool } => {
                write!(f, "no authorizer uses the user pool `{user_pool}`: remove it, or name it in `user_pools`")
            }
            Self::UnusedAuthorizer { authorizer } => {
                write!(f, "no route uses the authorizer `{authorizer}`: remove it, or name it in a route")
            }
            Self::UnknownRegion { user_pool, region } => write!(
                f,
                "the user pool `{user_pool}` is in `{region}`, which is not a region of AWS that this release knows: check \
                 its id"
            ),
            Self::Danger { setting } => write!(f, "`danger.{setting}` is on"),
        }
    }
}

impl Settings {
    pub(super) fn lint(&self, routes: Vec<RouteLint>) -> Vec<Lint> {
        let dangers = [
            ("plain_http", self.danger.plain_http),
            ("paths_as_sent", self.danger.paths_as_sent),
            ("shadow", self.danger.shadow),
        ];
        let dangers = dangers.into_iter().filter(|(_, is_on)| *is_on).map(|(setting, _)| Lint::Danger { setting });
        let is_for_all = |own: &&NamedAuthorizer| {
            let verifier = &own.settings.verifier;
            verifier.audience.is_none() && verifier.audience_pattern.is_none() && !verifier.any_app_client
        };
        let for_all = self.authorizers.iter().filter(is_for_all);
        let for_all = for_all.map(|own| Lint::AnyAppClient { authorizer: own.name.clone() });
        let weakened = self.authorizers.iter().flat_map(weakened_checks);
        let handed_on = self.route_table.hands_on_unknown.then_some(Lint::UnknownRoutesHandedOn);
        let is_dispatched = self.route_table.inner_router == InnerRouter::MatchedRoute;
        let handed_on = handed_on.into_iter().chain(is_dispatched.then_some(Lint::RoutesNotCompared));
        dangers
            .chain(for_all)
            .chain(weakened)
            .chain(handed_on)
            .chain(self.unused())
            .chain(self.unknown_regions())
            .chain(self.undefined_scopes())
            .chain(routes.into_iter().map(Lint::Route))
            .collect()
    }

    /// Finds user pools and authorizers that nothing uses. A configuration without routes may be for routes written in
    /// the service.
    fn unused(&self) -> Vec<Lint> {
        let used: HashSet<&str> = self.authorizers.iter().flat_map(|own| &own.user_pools).map(String::as_str).collect();
        let user_pools = self.user_pools.iter().filter(|own| !used.contains(&*own.name));
        let mut found: Vec<Lint> = user_pools.map(|own| Lint::UnusedUserPool { user_pool: own.name.clone() }).collect();
        if self.routes.is_empty() {
            return found;
        }
        let asked: HashSet<&str> = self.routes.iter().filter_map(|own| own.authorizer.as_deref()).collect();
        let authorizers = self.authorizers.iter().filter(|own| !asked.contains(&*own.name));
        found.extend(authorizers.map(|own| Lint::UnusedAuthorizer { authorizer: own.name.clone() }));
        found
    }

    /// Finds user pools in regions that AWS does not have.
    fn unknown_regions(&self) -> impl Iterator<Item = Lint> + '_ {
        let of_aws = self.user_pools.iter().filter(|own| own.user_pool.own_issuer().is_none());
        let unknown = of_aws.filter(|own| !REGIONS.contains(&own.user_pool.id().region()));
        unknown.map(|own| {
            let region = own.user_pool.id().region().to_owned();
            Lint::UnknownRegion { user_pool: own.name.clone(), region }
        })
    }

    fn undefined_scopes(&self) -> Vec<Lint> {
        let defined: HashMap<&str, Option<HashSet<&str>>> =
            self.authorizers.iter().map(|own| (&*own.name, self.defined(own))).collect();
        let mut found = Vec::new();
        for route in &self.routes {
            let asked = route.authorizer.as_deref().and_then(|name| defined.get(name));
            // A user pool with unknown resource servers may define any scope.
            let Some(Some(defined)) = asked else { continue };
            let is_undefined = |scope: &&str| !defined.contains(scope) && !STANDARD.contains(scope);
            for scope in route.authorization.scope_names().filter(is_undefined) {
                found.push(Lint::UndefinedScope { route_key: route.route.to_string(), scope: scope.to_owned() });
            }
            if found.len() > MAX_FINDINGS {
                break;
            }
        }
        found
    }

    /// Returns the scopes that the user pools of an authorizer define; `None` if those of any user pool are unknown.
    fn defined(&self, own: &NamedAuthorizer) -> Option<HashSet<&str>> {
        let mut scopes = HashSet::new();
        for name in &own.user_pools {
            scopes.extend(self.user_pool(name)?.scopes.as_ref()?.iter().map(String::as_str));
        }
        Some(scopes)
    }
}

/// Returns the settings of an authorizer that accept more tokens than API Gateway does.
fn weakened_checks(own: &NamedAuthorizer) -> impl Iterator<Item = Lint> + '_ {
    let (verifier, rules) = (&own.settings.verifier, own.settings.verifier.authorizer_type.rules());
    let unchecked =
        verifier.token_use == Some(ExpectedTokenUse::Unchecked) && rules.token_use != ExpectedTokenUse::Unchecked;
    let either = verifier.token_use == Some(ExpectedTokenUse::Either) && rules.token_use == ExpectedTokenUse::ByScopes;
    let pattern = verifier.audience_pattern.as_ref();
    let settings = [
        ("token_use", unchecked || either),
        ("any_app_client", verifier.any_app_client && rules.needs_audience),
        ("leeway_seconds", !verifier.leeway.is_zero()),
        ("not_before_leeway_seconds", verifier.not_before_leeway.is_some_and(|leeway| !leeway.is_zero())),
        ("identity_validation_target", pattern.is_some_and(|own| own.target() == PatternTarget::RawToken)),
    ];
    let weakened = settings.into_iter().filter(|(_, is_weak)| *is_weak);
    weakened.map(|(setting, _)| Lint::WeakenedCheck { authorizer: own.name.clone(), setting })
}

/// The regions with Cognito user pools. Source: AWS General Reference, "Amazon Cognito Identity endpoints".
const REGIONS: [&str; 39] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Scopes that every user pool has (behaviour §1.4.4).
const STANDARD: [&str; 5] = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];
