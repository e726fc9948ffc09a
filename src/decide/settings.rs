//! The settings of a verifier.

use std::{sync::Arc, time::Duration};

use crate::{
    audience_pattern::{AudiencePattern, PatternTarget},
    authorizer_type::{AuthorizerType, ExpectedTokenUse, Rules},
    error_text::debug_as_display,
    identity_source::IdentitySource,
    limits::{MAX_APP_CLIENTS, MAX_LEEWAY, MAX_TOKEN_PATTERN_SIZE, MAX_USER_POOLS},
    user_pool::{Audience, Issuer, UserPool, UserPoolId},
};

/// The settings of a verifier. The defaults are API Gateway's; the methods of [`AuthorizerBuilder`](crate::AuthorizerBuilder)
/// document each setting.
#[derive(Clone, Debug, Default)]
pub(crate) struct VerifierSettings {
    pub(crate) user_pools: Vec<UserPool>,
    pub(crate) authorizer_type: AuthorizerType,
    pub(crate) identity_source: IdentitySource,
    pub(crate) token_use: Option<ExpectedTokenUse>,
    /// `None` if not set.
    pub(crate) audience: Option<Vec<Audience>>,
    pub(crate) any_app_client: bool,
    pub(crate) audience_pattern: Option<AudiencePattern>,
    pub(crate) leeway: Duration,
    pub(crate) not_before_leeway: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) accepts_sender_constrained: bool,
}

impl VerifierSettings {
    /// Whether to accept tokens of any app client if no audience is set.
    fn accepts_any_app_client(&self) -> bool {
        self.any_app_client || !self.authorizer_type.rules().needs_audience
    }

    /// Finds all mistakes, except those of the issuers.
    fn mistakes(&self) -> Vec<VerifierMistake> {
        let mut mistakes = Vec::new();
        match self.user_pools.len() {
            0 => mistakes.push(VerifierMistake::NoUserPool),
            count if count > MAX_USER_POOLS => mistakes.push(VerifierMistake::TooManyUserPools { count }),
            _ => {}
        }
        match &self.audience {
            None if !self.accepts_any_app_client() => mistakes.push(VerifierMistake::NoAudience),
            None => {}
            Some(_) if self.any_app_client => mistakes.push(VerifierMistake::AppClients),
            Some(ids) if ids.is_empty() => mistakes.push(VerifierMistake::NoAppClient),
            Some(ids) if ids.len() > MAX_APP_CLIENTS => {
                mistakes.push(VerifierMistake::TooManyAppClients { count: ids.len() });
            }
            Some(_) => {}
        }
        let is_costly = |own: &AudiencePattern| own.target() == PatternTarget::RawToken && !own.is_small();
        if self.audience_pattern.as_ref().is_some_and(is_costly) {
            mistakes.push(VerifierMistake::TokenPattern);
        }
        let leeways = std::iter::once(self.leeway).chain(self.not_before_leeway);
        mistakes.extend(leeways.filter(|own| *own > MAX_LEEWAY).map(|leeway| VerifierMistake::Leeway { leeway }));
        let lifetime = self.max_lifetime.filter(|own| *own < Duration::from_secs(1));
        mistakes.extend(lifetime.map(|lifetime| VerifierMistake::MaxLifetime { lifetime }));
        mistakes
    }

    /// Returns the issuers of all user pools, ascending by name, and the mistakes in them.
    fn issuers(&self) -> (Vec<Arc<Issuer>>, Vec<VerifierMistake>) {
        let mut mistakes = Vec::new();
        let mut issuers = Vec::new();
        for user_pool in self.user_pools.iter().take(MAX_USER_POOLS) {
            let of_pool = user_pool.issuers();
            if of_pool.is_empty() {
                mistakes.push(VerifierMistake::NoIssuer { id: user_pool.id().to_string() });
            }
            issuers.extend(of_pool.into_iter().map(Arc::new));
        }
        issuers.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        for issuer in &issuers {
            let is_address = ["https://", "http://"].iter().any(|scheme| issuer.name().starts_with(scheme));
            // The error must not show a user name or password (RFC 3986 §3.2.1), even in a malformed address.
            if issuer.name().contains('@') {
                mistakes.push(VerifierMistake::IssuerCredentials { id: issuer.user_pool().to_string() });
            } else if !is_address {
                mistakes.push(VerifierMistake::InvalidIssuer { issuer: issuer.name().to_owned() });
            }
        }
        let shared = issuers.windows(2).filter_map(|pair| match pair {
            [a, b] if a.name() == b.name() && !a.name().contains('@') => Some(a),
            _ => None,
        });
        // A user pool's issuer has two forms; report both as one mistake.
        let mut pools: Vec<&UserPoolId> = Vec::new();
        for issuer in shared {
            if !pools.contains(&issuer.user_pool()) {
                pools.push(issuer.user_pool());
                mistakes.push(VerifierMistake::SharedIssuer { issuer: issuer.name().to_owned() });
            }
        }
        (issuers, mistakes)
    }
}

/// The rules for verifying tokens and permitting routes: the core of the crate, without clock, network or async.
///
/// Most services need an [`Authorizer`](crate::Authorizer), which contains a verifier and fetches its keys.
/// [`AuthorizerBuilder::build_verifier`](crate::AuthorizerBuilder::build_verifier) builds a verifier, and
/// [`Authorizer::verifier`](crate::Authorizer::verifier) returns the authorizer's.
///
/// ```
/// use cognito_authorizer::Authorizer;
///
/// let verifier = Authorizer::for_user_pool("eu-west-1_Ab129faBb")
///     .app_clients(["1example23456789"])
///     .build_verifier()?;
/// assert_eq!(
///     verifier.issuers()[0].name(),
///     "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb"
/// );
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    /// The issuers of every user pool, ascending by name.
    issuers: Vec<Arc<Issuer>>,
    settings: VerifierSettings,
}

impl Verifier {
    /// Makes a verifier, or returns all mistakes in its settings.
    pub(crate) fn new(settings: VerifierSettings) -> Result<Self, Vec<VerifierMistake>> {
        let (issuers, of_issuers) = settings.issuers();
        let mut mistakes = settings.mistakes();
        mistakes.extend(of_issuers);
        if mistakes.is_empty() { Ok(Self { issuers, settings }) } else { Err(mistakes) }
    }

    /// Returns the accepted issuers of every user pool, ascending by name.
    pub fn issuers(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    pub(super) fn issuer(&self, name: &str) -> Option<&Arc<Issuer>> {
        let found = self.issuers.binary_search_by(|issuer| issuer.name().cmp(name)).ok()?;
        self.issuers.get(found)
    }

    /// Returns the authorizer type whose rules apply.
    pub fn authorizer_type(&self) -> AuthorizerType {
        self.settings.authorizer_type
    }

    pub(crate) fn rules(&self) -> &'static Rules {
        self.authorizer_type().rules()
    }

    /// Returns where a request carries its token.
    pub fn identity_source(&self) -> &IdentitySource {
        &self.settings.identity_source
    }

    /// Returns the kind of token that is accepted.
    pub fn expected_token_use(&self) -> ExpectedTokenUse {
        self.settings.token_use.unwrap_or(self.rules().token_use)
    }

    /// Returns the audience, if it is set.
    pub(super) fn audience(&self) -> Option<&[Audience]> {
        self.settings.audience.as_deref()
    }

    /// Whether to accept tokens of any app client if no audience is set.
    pub(super) fn accepts_any_app_client(&self) -> bool {
        self.settings.accepts_any_app_client()
    }

    /// Returns the identity validation expression, if it has this target.
    pub(super) fn audience_pattern(&self, target: PatternTarget) -> Option<&AudiencePattern> {
        self.settings.audience_pattern.as_ref().filter(|pattern| pattern.target() == target)
    }

    /// Returns the longest accepted lifetime in seconds.
    pub(super) fn max_lifetime(&self) -> Option<u64> {
        self.settings.max_lifetime.map(|lifetime| lifetime.as_secs())
    }

    pub(super) fn accepts_sender_constrained(&self) -> bool {
        self.settings.accepts_sender_constrained
    }

    /// Returns the leeway for `exp` in seconds.
    pub(super) fn leeway(&self) -> u64 {
        self.settings.leeway.as_secs()
    }

    /// Returns the leeway for `nbf` and `iat` in seconds.
    pub(super) fn not_before_leeway(&self) -> u64 {
        self.settings.not_before_leeway.unwrap_or(self.settings.leeway).as_secs()
    }
}

/// One mistake in the settings of a verifier.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierMistake {
    /// No user pool was given.
    #[error("no user pool was given: name at least one")]
    NoUserPool,
    /// There are more than 1,000 user pools.
    #[error("{count} user pools were given: at most {MAX_USER_POOLS} are supported")]
    TooManyUserPools {
        /// The number of user pools.
        count: usize,
    },
    /// The user pool id does not begin with an AWS region, so its issuer is unknown unless it is set.
    #[error("`{id}` has no AWS region, so its issuer cannot be derived: set the issuer with `UserPool::with_issuer`")]
    NoIssuer {
        /// The user pool id.
        id: String,
    },
    /// Two user pools have the same issuer, so a token does not tell which keys to use.
    #[error("the issuer `{issuer}` belongs to two user pools: add each user pool once, with its own issuer")]
    SharedIssuer {
        /// The issuer.
        issuer: String,
    },
    /// The list of app clients is empty, which would reject every token.
    #[error("the list of app clients is empty: name at least one, or leave it out to accept any of the user pool")]
    NoAppClient,
    /// Both a list of app clients and `any_app_client` are set.
    #[error("both a list of app clients and `any_app_client` were given: choose one")]
    AppClients,
    /// There are more than 1,000 app clients.
    #[error("{count} app clients were given: at most {MAX_APP_CLIENTS} are supported")]
    TooManyAppClients {
        /// The number of app clients.
        count: usize,
    },
    /// The authorizer of an HTTP API has no audience list.
    #[error(
        "the JWT authorizer of an HTTP API requires an audience list: list the app clients with `audience`, or set \
         `any_app_client`"
    )]
    NoAudience,
    /// The issuer is not an address.
    #[error("`{issuer}` is not an issuer: expected an address that starts with https:// or http://")]
    InvalidIssuer {
        /// The issuer.
        issuer: String,
    },
    /// The issuer contains an `@`, so it has a user name or a password.
    #[error(
        "the issuer of the user pool `{id}` contains an `@`, so it may contain a password, and issuers are logged: \
         remove the user name and the password"
    )]
    IssuerCredentials {
        /// The user pool id.
        id: String,
    },
    /// The identity validation expression for the raw token takes too long to match.
    #[error(
        "the identity validation expression is too large to match unverified tokens: its compiled size must be at \
         most {MAX_TOKEN_PATTERN_SIZE} bytes; use lower repetition counts, or match the audience"
    )]
    TokenPattern,
    /// The maximum lifetime is below one second, which would reject every token.
    #[error("a maximum lifetime of {lifetime:?} rejects every token: choose at least one second")]
    MaxLifetime {
        /// The configured lifetime.
        lifetime: Duration,
    },
    /// The leeway is more than 300 seconds.
    #[error("a leeway of {leeway:?} is too long: at most {MAX_LEEWAY:?} are supported")]
    Leeway {
        /// The configured leeway.
        leeway: Duration,
    },
}

debug_as_display!(VerifierMistake);
