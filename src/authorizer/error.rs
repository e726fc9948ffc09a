//! The mistakes of an authorizer's settings.

use std::{error::Error, fmt, path::PathBuf, time::Duration};

#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySourceError;
use crate::{
    audience_pattern::AudiencePatternError,
    authorizer_type::AuthorizerType,
    decide::VerifierError,
    error_text::{debug_as_display, write_lines},
    gateway_response::GatewayResponsesError,
    identity_source::IdentitySourceError,
    jwks::KeySourceError,
    limits::{MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE},
    request_context::ClaimHeadersError,
    route::RouteTableError,
    scope::ScopeError,
    user_pool::{UserPoolError, UserPoolId},
};

/// An authorizer, or a layer, cannot be built. `Display` writes a line for each mistake.
///
/// ```
/// use cognito_authorizer::{Authorizer, BuildMistake};
///
/// let error = Authorizer::for_user_pool("eu-west-1").build().unwrap_err();
/// assert!(matches!(error.mistakes(), [BuildMistake::UserPool(_)]));
/// assert!(error.to_string().contains("`eu-west-1`"));
/// ```
pub struct BuildError {
    mistakes: Vec<BuildMistake>,
}

debug_as_display!(BuildError, BuildMistake);

impl BuildError {
    pub(super) fn new(mistakes: Vec<BuildMistake>) -> Self {
        Self { mistakes }
    }

    /// All mistakes, in the order in which the settings apply; at least one.
    pub fn mistakes(&self) -> &[BuildMistake] {
        &self.mistakes
    }
}

impl<M: Into<BuildMistake>> From<M> for BuildError {
    fn from(mistake: M) -> Self {
        Self::new(vec![mistake.into()])
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.mistakes, f)
    }
}

impl Error for BuildError {
    /// The first mistake's that has one.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.mistakes.iter().find_map(Error::source)
    }
}

/// One mistake of an authorizer or of a layer. Its text names the setting or the text that holds it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BuildMistake {
    /// A user pool or an app client.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// The header that holds the token.
    #[error(transparent)]
    IdentitySource(#[from] IdentitySourceError),
    /// The identity validation expression.
    #[error(transparent)]
    AudiencePattern(#[from] AudiencePatternError),
    /// A query parameter as identity source of a REST API, which has none.
    #[error(
        "`{identity_source}` is an identity source of an HTTP API alone: choose a header, or the authorizer type JWT"
    )]
    QueryStringSource {
        /// The identity source.
        identity_source: String,
    },
    /// A gateway response that would hold the token.
    #[error("a gateway response holds `{identity_source}`, which is the token: leave it out")]
    EchoesToken {
        /// The identity source.
        identity_source: String,
    },
    /// A gateway response of one authorizer that would hold the token of another one of the same API.
    #[error(
        "a gateway response of `{authorizer}` holds `{identity_source}`, which is the token of `{other}`: leave it out"
    )]
    EchoesTokenOf {
        /// Whose gateway response.
        authorizer: String,
        /// Whose token.
        other: String,
        /// The identity source of the other one.
        identity_source: String,
    },
    /// A claim header in the place of the token.
    #[error("`{identity_source}` holds the token, and cannot be a claim header: choose another name")]
    ClaimHeader {
        /// The identity source.
        identity_source: String,
    },
    /// The gateway responses.
    #[error(transparent)]
    GatewayResponses(#[from] GatewayResponsesError),
    /// The claim headers.
    #[error(transparent)]
    ClaimHeaders(#[from] ClaimHeadersError),
    /// The authorization scopes.
    #[error(transparent)]
    Scopes(#[from] ScopeError),
    /// The routes.
    #[error(transparent)]
    Routes(#[from] RouteTableError),
    /// The rules by which tokens are judged.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// A fetch that may take no time, or too much.
    #[error("a fetch time-out of {timeout:?} is not possible: choose more than zero and at most {MAX_FETCH_TIMEOUT:?}")]
    FetchTimeout {
        /// The time-out that was asked for.
        timeout: Duration,
    },
    /// Not one authorizer.
    #[error("there is no authorizer: name one")]
    NoAuthorizer,
    /// Two authorizers of one API with the same name.
    #[error("two authorizers have the name `{name}`: rename one")]
    AuthorizerName {
        /// The name.
        name: String,
    },
    /// Authorizers of one API that are of different types.
    #[error(
        "the authorizers of one API are of one type, COGNITO_USER_POOLS or JWT: give the others a layer of their own"
    )]
    AuthorizerTypes,
    /// A route table for the other type of API.
    #[error(
        "the route table matches as another type of API does: set `.authorizer_type(..)` of its builder to {}, the type of its \
         authorizer", .authorizer_type.as_str()
    )]
    RouteTableType {
        /// The type of the authorizer.
        authorizer_type: AuthorizerType,
    },
    /// A route asks an authorizer that is not there.
    #[error(
        "the route `{route_key}` {}",
        match .authorizer {
            Some(name) => format!("asks the authorizer `{name}`, which is not there: name one of {}", quoted(.known)),
            None => format!("does not say which of the authorizers it asks: name one of {}", quoted(.known)),
        }
    )]
    UnknownAuthorizer {
        /// The route.
        route_key: String,
        /// The authorizer that it names.
        authorizer: Option<String>,
        /// The names of those that are there.
        known: Vec<String>,
    },
    /// Keys that are too old before they are stale.
    #[error("a maximum key age of {age:?} is too short: choose at least {MAX_JWK_SET_SOFT_AGE:?}")]
    MaxKeyAge {
        /// The age that was asked for.
        age: Duration,
    },
    /// The directory for the last known good keys is not there, or not this user's alone to write.
    #[error("keys cannot be kept in `{}`: {reason}; it has to be there, and this user's alone to write", .directory.display())]
    LastKnownGood {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        #[source]
        reason: std::io::Error,
    },
    /// A key source for a user pool that was not added, or that has one already.
    #[error(
        "a key source was given for the user pool `{user_pool}`, which was not added or has one already: add the user pool, and give it one source"
    )]
    KeySourceFor {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The keys of an issuer cannot come from the source that was given for them.
    #[error("the keys of `{issuer}` cannot come from the given source: {reason}")]
    KeySource {
        /// The issuer.
        issuer: String,
        /// Why not.
        reason: KeySourceError,
    },
    /// The built-in key source cannot be set up.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    HttpsKeySource(#[from] HttpsKeySourceError),
    /// There is no built-in key source in this build.
    #[error(
        "no key source was given, and the feature `reqwest`, which has one built in, is off: turn the feature on, or say `key_source`"
    )]
    NoKeySource,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
