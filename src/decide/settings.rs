//! The settings of a verifier.

use std::{sync::Arc, time::Duration};

use crate::{
    audience_pattern::{AudiencePattern, PatternTarget},
    authorizer_type::{AuthorizerType, ExpectedTokenUse, Rules},
    error_text::debug_as_display,
    limits::{MAX_APP_CLIENTS, MAX_LEEWAY, MAX_TOKEN_PATTERN_SIZE, MAX_USER_POOLS},
    user_pool::{AppClientId, Audience, Issuer, UserPool},
};

/// The rules by which tokens are judged: the core of the crate, without clock, network or async.
///
/// The `Authorizer` wraps one, keeps the keys for it, and is what most services need.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// Of every user pool, ascending by name.
    issuers: Vec<Arc<Issuer>>,
    authorizer_type: AuthorizerType,
    expected_token_use: Option<ExpectedTokenUse>,
    app_clients: AppClients,
    audience_pattern: Option<AudiencePattern>,
    /// In seconds.
    leeway: u64,
    not_before_leeway: Option<u64>,
    /// In seconds.
    max_lifetime: Option<u64>,
    accepts_sender_constrained: bool,
}

/// Whose tokens are taken.
#[derive(Clone, Debug)]
pub(super) enum AppClients {
    /// It was not said.
    Unset,
    /// Anybody's.
    Any,
    Listed(Vec<Audience>),
}

impl Verifier {
    /// Accepts tokens of these user pools, of any of their app clients, by the rules of a REST API.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] if there is no user pool, too many, one without an issuer, or two that share an issuer.
    pub fn new(user_pools: impl IntoIterator<Item = UserPool>) -> Result<Self, VerifierError> {
        let mut issuers = Vec::new();
        let mut count = 0;
        for user_pool in user_pools {
            let of_pool = user_pool.issuers();
            if of_pool.is_empty() {
                return Err(VerifierError::NoIssuer { id: user_pool.id().to_string() });
            }
            issuers.extend(of_pool.into_iter().map(Arc::new));
            count += 1;
        }
        if count == 0 {
            return Err(VerifierError::NoUserPool);
        }
        if count > MAX_USER_POOLS {
            return Err(VerifierError::TooManyUserPools { count });
        }
        // A user name or a password (RFC 3986 §3.2.1), or what is meant as one. Said without the issuer, which holds a secret then.
        if issuers.iter().any(|issuer| issuer.name().contains('@')) {
            return Err(VerifierError::IssuerCredentials);
        }
        issuers.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        let is_shared = |pair: &&[Arc<Issuer>]| matches!(pair, [a, b] if a.name() == b.name());
        if let Some([issuer, ..]) = issuers.windows(2).find(is_shared) {
            return Err(VerifierError::SharedIssuer { issuer: issuer.name().to_owned() });
        }
        let is_address =
            |issuer: &Issuer| ["https://", "http://"].iter().any(|scheme| issuer.name().starts_with(scheme));
        if let Some(issuer) = issuers.iter().find(|issuer| !is_address(issuer)) {
            return Err(VerifierError::InvalidIssuer { issuer: issuer.name().to_owned() });
        }
        Ok(Self {
            issuers,
            authorizer_type: AuthorizerType::default(),
            expected_token_use: None,
            app_clients: AppClients::Unset,
            audience_pattern: None,
            leeway: 0,
            not_before_leeway: None,
            max_lifetime: None,
            accepts_sender_constrained: false,
        })
    }

    /// Judges by the rules of this type; by default [`AuthorizerType::CognitoUserPools`].
    #[must_use]
    pub fn with_authorizer_type(self, authorizer_type: AuthorizerType) -> Self {
        Self { authorizer_type, ..self }
    }

    /// Takes this kind of token; by default [`ExpectedTokenUse::ByScopes`], or for
    /// [`AuthorizerType::Jwt`] [`ExpectedTokenUse::Unchecked`].
    #[must_use]
    pub fn with_token_use(self, expected: ExpectedTokenUse) -> Self {
        Self { expected_token_use: Some(expected), ..self }
    }

    /// Accepts only tokens that were issued to these app clients.
    ///
    /// Without it every app client of the user pool passes by the rules of a REST API, and none by
    /// those of an HTTP API.
    ///
    /// # Errors
    ///
    /// [`VerifierError::NoAppClient`] if there is none, [`VerifierError::TooManyAppClients`] above
    /// [`MAX_APP_CLIENTS`].
    pub fn with_app_clients(self, ids: impl IntoIterator<Item = AppClientId>) -> Result<Self, VerifierError> {
        self.with_audience(ids.into_iter().map(Audience::from))
    }

    /// Accepts only tokens for one of these: the audience list of an HTTP API. It replaces
    /// [`with_app_clients`](Self::with_app_clients).
    ///
    /// # Errors
    ///
    /// As [`with_app_clients`](Self::with_app_clients).
    pub fn with_audience(mut self, audience: impl IntoIterator<Item = Audience>) -> Result<Self, VerifierError> {
        let ids: Vec<_> = audience.into_iter().collect();
        if ids.is_empty() {
            return Err(VerifierError::NoAppClient);
        }
        if ids.len() > MAX_APP_CLIENTS {
            return Err(VerifierError::TooManyAppClients { count: ids.len() });
        }
        self.app_clients = AppClients::Listed(ids);
        Ok(self)
    }

    /// Takes the tokens of every app client of the user pools, also by the rules of an HTTP API, where
    /// that has to be said.
    #[must_use]
    pub fn with_any_app_client(self) -> Self {
        Self { app_clients: AppClients::Any, ..self }
    }

    /// Takes only tokens that match this identity validation expression. While there is one, access
    /// tokens without `aud`, and that is what Cognito issues, are refused everywhere.
    ///
    /// # Errors
    ///
    /// [`VerifierError::TokenPattern`] if it is for the token as it was sent, and larger than [`MAX_TOKEN_PATTERN_SIZE`].
    pub fn with_audience_pattern(self, pattern: AudiencePattern) -> Result<Self, VerifierError> {
        if pattern.target() == PatternTarget::RawToken && !pattern.is_small() {
            return Err(VerifierError::TokenPattern);
        }
        Ok(Self { audience_pattern: Some(pattern), ..self })
    }

    /// Allows for clocks that differ by this much when `exp` and `nbf`, and on an HTTP API `iat`, are
    /// checked, in whole seconds; by default 0, as on API Gateway.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Leeway`] above [`MAX_LEEWAY`].
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, VerifierError> {
        if leeway > MAX_LEEWAY {
            return Err(VerifierError::Leeway { leeway });
        }
        self.leeway = leeway.as_secs();
        Ok(self)
    }

    /// Allows for this much in `nbf`, and in `iat` where that is checked, instead.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Leeway`] above [`MAX_LEEWAY`].
    pub fn with_not_before_leeway(mut self, leeway: Duration) -> Result<Self, VerifierError> {
        if leeway > MAX_LEEWAY {
            return Err(VerifierError::Leeway { leeway });
        }
        self.not_before_leeway = Some(leeway.as_secs());
        Ok(self)
    }

    /// Rejects tokens that were issued for longer than this, `exp` less `iat`, or that do not say when they were issued; in
    /// whole seconds. By default there is no bound, as on API Gateway.
    ///
    /// # Errors
    ///
    /// [`VerifierError::MaxLifetime`] below one second.
    pub fn with_max_lifetime(mut self, lifetime: Duration) -> Result<Self, VerifierError> {
        if lifetime < Duration::from_secs(1) {
            return Err(VerifierError::MaxLifetime { lifetime });
        }
        self.max_lifetime = Some(lifetime.as_secs());
        Ok(self)
    }

    /// Accepts tokens with a `cnf` claim (RFC 7800), which are bound to a key of their sender. By default they are rejected:
    /// the proof of possession is not checked here.
    #[must_use]
    pub fn with_sender_constrained_tokens(self) -> Self {
        Self { accepts_sender_constrained: true, ..self }
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
        self.authorizer_type
    }

    pub(crate) fn rules(&self) -> &'static Rules {
        self.authorizer_type.rules()
    }

    /// Whether it is said whose tokens are taken, where that has to be said.
    pub(crate) fn has_audience(&self) -> bool {
        !(self.rules().needs_audience && matches!(self.app_clients, AppClients::Unset))
    }

    /// Which kind of token is taken.
    pub fn expected_token_use(&self) -> ExpectedTokenUse {
        self.expected_token_use.unwrap_or(self.rules().token_use)
    }

    pub(super) fn app_clients(&self) -> &AppClients {
        &self.app_clients
    }

    /// The identity validation expression, if there is one for this.
    pub(super) fn audience_pattern(&self, target: PatternTarget) -> Option<&AudiencePattern> {
        self.audience_pattern.as_ref().filter(|pattern| pattern.target() == target)
    }

    pub(super) fn max_lifetime(&self) -> Option<u64> {
        self.max_lifetime
    }

    pub(super) fn accepts_sender_constrained(&self) -> bool {
        self.accepts_sender_constrained
    }

    pub(super) fn leeway(&self) -> u64 {
        self.leeway
    }

    pub(super) fn not_before_leeway(&self) -> u64 {
        self.not_before_leeway.unwrap_or(self.leeway)
    }
}

/// What is wrong with the rules for a verifier.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// No user pool was given.
    #[error("no user pool was given: name at least one")]
    NoUserPool,
    /// More user pools than [`MAX_USER_POOLS`].
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
    /// More app clients than [`MAX_APP_CLIENTS`].
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
    #[error("an issuer holds an `@`, so a user name or password, and issuers are written to logs: leave them out")]
    IssuerCredentials,
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
    /// More leeway than [`MAX_LEEWAY`].
    #[error("a leeway of {leeway:?} is too long: at most {MAX_LEEWAY:?} are supported")]
    Leeway {
        /// The leeway that was asked for.
        leeway: Duration,
    },
}

debug_as_display!(VerifierError);
