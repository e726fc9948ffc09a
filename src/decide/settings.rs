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

/// What a verifier accepts. The defaults are API Gateway's; the methods of [`AuthorizerBuilder`](crate::AuthorizerBuilder)
/// document each setting.
#[derive(Clone, Debug, Default)]
pub(crate) struct VerifierSettings {
    pub(crate) user_pools: Vec<UserPool>,
    pub(crate) authorizer_type: AuthorizerType,
    pub(crate) identity_source: IdentitySource,
    pub(crate) token_use: Option<ExpectedTokenUse>,
    /// `None`: it was not said.
    pub(crate) audience: Option<Vec<Audience>>,
    pub(crate) any_app_client: bool,
    pub(crate) audience_pattern: Option<AudiencePattern>,
    pub(crate) leeway: Duration,
    pub(crate) not_before_leeway: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) accepts_sender_constrained: bool,
}

impl VerifierSettings {
    /// Whether tokens of any app client are accepted where no audience is given.
    fn accepts_any_app_client(&self) -> bool {
        self.any_app_client || !self.authorizer_type.rules().needs_audience
    }

    /// Everything that is wrong, but for the issuers.
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

    /// The issuers of all user pools, ascending by name, and what is wrong with them.
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
            // A user name or a password (RFC 3986 §3.2.1), or what is meant as one: the error must not show it.
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
        // The two forms of one user pool's issuer are one mistake.
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

/// The rules by which tokens are verified and permitted: the core of the crate, without clock, network or async.
///
/// An [`Authorizer`](crate::Authorizer) wraps one, keeps the keys for it, and is what most services need. From
/// [`AuthorizerBuilder::build_verifier`](crate::AuthorizerBuilder::build_verifier) or
/// [`Authorizer::verifier`](crate::Authorizer::verifier).
///
/// ```
/// use cognito_authorizer::Authorizer;
///
/// let verifier = Authorizer::for_user_pool("eu-west-1_Ab129faBb").app_clients(["1example23456789"]).build_verifier()?;
/// assert_eq!(verifier.issuers()[0].name(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb");
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    /// Of every user pool, ascending by name.
    issuers: Vec<Arc<Issuer>>,
    settings: VerifierSettings,
}

impl Verifier {
    /// A verifier with these settings, or everything that is wrong with them.
    pub(crate) fn new(settings: VerifierSettings) -> Result<Self, Vec<VerifierMistake>> {
        let (issuers, of_issuers) = settings.issuers();
        let mut mistakes = settings.mistakes();
        mistakes.extend(of_issuers);
        if mistakes.is_empty() { Ok(Self { issuers, settings }) } else { Err(mistakes) }
    }

    /// The issuers whose tokens are accepted, of every user pool, ascending by name.
    pub fn issuers(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    pub(super) fn issuer(&self, name: &str) -> Option<&Arc<Issuer>> {
        let found = self.issuers.binary_search_by(|issuer| issuer.name().cmp(name)).ok()?;
        self.issuers.get(found)
    }

    /// The type whose rules are applied.
    pub fn authorizer_type(&self) -> AuthorizerType {
        self.settings.authorizer_type
    }

    pub(crate) fn rules(&self) -> &'static Rules {
        self.authorizer_type().rules()
    }

    /// Where a request carries its token.
    pub fn identity_source(&self) -> &IdentitySource {
        &self.settings.identity_source
    }

    /// Which kind of token is accepted.
    pub fn expected_token_use(&self) -> ExpectedTokenUse {
        self.settings.token_use.unwrap_or(self.rules().token_use)
    }

    /// The audience, if one is given.
    pub(super) fn audience(&self) -> Option<&[Audience]> {
        self.settings.audience.as_deref()
    }

    /// Whether tokens of any app client are accepted where no audience is given.
    pub(super) fn accepts_any_app_client(&self) -> bool {
        self.settings.accepts_any_app_client()
    }

    /// The identity validation expression, if there is one for this.
    pub(super) fn audience_pattern(&self, target: PatternTarget) -> Option<&AudiencePattern> {
        self.settings.audience_pattern.as_ref().filter(|pattern| pattern.target() == target)
    }

    /// In seconds.
    pub(super) fn max_lifetime(&self) -> Option<u64> {
        self.settings.max_lifetime.map(|lifetime| lifetime.as_secs())
    }

    pub(super) fn accepts_sender_constrained(&self) -> bool {
        self.settings.accepts_sender_constrained
    }

    /// In seconds.
    pub(super) fn leeway(&self) -> u64 {
        self.settings.leeway.as_secs()
    }

    /// In seconds.
    pub(super) fn not_before_leeway(&self) -> u64 {
        self.settings.not_before_leeway.unwrap_or(self.settings.leeway).as_secs()
    }
}

/// One mistake of the rules of a verifier.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierMistake {
    /// No user pool was given.
    #[error("no user pool was given: name at least one")]
    NoUserPool,
    /// More user pools than 1,000.
    #[error("{count} user pools were given: at most {MAX_USER_POOLS} are supported")]
    TooManyUserPools {
        /// How many.
        count: usize,
    },
    /// The id does not begin with an AWS region, so there is no issuer unless one is given.
    #[error("`{id}` names no AWS region, so its issuer cannot be derived: set its issuer with `UserPool::with_issuer`")]
    NoIssuer {
        /// The user pool id.
        id: String,
    },
    /// Two user pools have one issuer, so a token would not tell which keys to use.
    #[error("the issuer `{issuer}` belongs to two user pools: give each user pool once, and its own issuer")]
    SharedIssuer {
        /// The issuer.
        issuer: String,
    },
    /// An empty list of app clients would refuse everybody.
    #[error("the list of app clients is empty: name at least one, or leave it out to accept any of the user pool")]
    NoAppClient,
    /// A list of app clients, and any of them.
    #[error("both a list of app clients and `any_app_client` were given: choose one")]
    AppClients,
    /// More app clients than 1,000.
    #[error("{count} app clients were given: at most {MAX_APP_CLIENTS} are supported")]
    TooManyAppClients {
        /// How many.
        count: usize,
    },
    /// The authorizer of an HTTP API without audience list.
    #[error(
        "the JWT authorizer of an HTTP API has an audience list: name the app clients with `audience`, or say \
         `any_app_client`"
    )]
    NoAudience,
    /// An issuer is not an address.
    #[error("`{issuer}` is not an issuer: expected an address that starts with https:// or http://")]
    InvalidIssuer {
        /// The issuer.
        issuer: String,
    },
    /// An issuer holds an `@`, and so a user name or a password.
    #[error(
        "the issuer of the user pool `{id}` holds an `@`, so a user name or password, and issuers are written to logs: leave \
         them out"
    )]
    IssuerCredentials {
        /// The user pool id.
        id: String,
    },
    /// An identity validation expression for the token as it was sent that takes long to match.
    #[error(
        "the identity validation expression is too large for the token as it was sent, which anybody can have matched: \
         compiled, it may have {MAX_TOKEN_PATTERN_SIZE} bytes; use lower counts, or match the audience"
    )]
    TokenPattern,
    /// A longest lifetime below one second would reject every token.
    #[error("a maximum lifetime of {lifetime:?} rejects every token: choose at least one second")]
    MaxLifetime {
        /// The lifetime that was asked for.
        lifetime: Duration,
    },
    /// More leeway than 300 seconds.
    #[error("a leeway of {leeway:?} is too long: at most {MAX_LEEWAY:?} are supported")]
    Leeway {
        /// The leeway that was asked for.
        leeway: Duration,
    },
}

debug_as_display!(VerifierMistake);
