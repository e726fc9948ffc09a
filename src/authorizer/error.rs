//! The mistakes in an authorizer's settings.

use std::{error::Error, fmt, path::PathBuf, time::Duration};

#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySourceError;
use crate::{
    audience_pattern::AudiencePatternError,
    authorizer_type::AuthorizerType,
    decide::VerifierMistake,
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

/// The error when an authorizer or a layer cannot be built. `Display` writes one line per mistake.
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
    pub(crate) fn new(mistakes: Vec<BuildMistake>) -> Self {
        Self { mistakes }
    }

    /// Returns all mistakes, at least one. Texts that do not parse come before settings that contradict each other.
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
    /// Returns the source of the first mistake that has one.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.mistakes.iter().find_map(Error::source)
    }
}

/// One mistake in the settings of an authorizer or a layer. Its text names the setting, or quotes the invalid text.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BuildMistake {
    /// A user pool or an app client is invalid.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// The identity source is invalid.
    #[error(transparent)]
    IdentitySource(#[from] IdentitySourceError),
    /// The identity validation expression is invalid.
    #[error(transparent)]
    AudiencePattern(#[from] AudiencePatternError),
    /// The identity source is a query parameter, which a REST API does not support.
    #[error(
        "only an HTTP API supports the identity source `{identity_source}`: choose a header, or the authorizer type JWT"
    )]
    QueryStringSource {
        /// The identity source.
        identity_source: String,
    },
    /// A gateway response would contain the token.
    #[error("a gateway response contains `{identity_source}`, which is the token: leave it out")]
    EchoesToken {
        /// The identity source.
        identity_source: String,
    },
    /// A gateway response of one authorizer would contain the token of another authorizer of the same API.
    #[error(
        "a gateway response of `{authorizer}` contains `{identity_source}`, which is the token of `{other}`: leave \
         it out"
    )]
    EchoesTokenOf {
        /// The authorizer with the gateway response.
        authorizer: String,
        /// The authorizer whose token it contains.
        other: String,
        /// The identity source of that token.
        identity_source: String,
    },
    /// A claim header has the name of the header that holds the token.
    #[error("`{identity_source}` holds the token, and cannot be a claim header: choose another name")]
    TokenAsClaimHeader {
        /// The identity source.
        identity_source: String,
    },
    /// Two key sources are set for all user pools, or a key source and a proxy.
    #[error(
        "two key sources were given for all user pools: keep one, and give a user pool its own with `key_source_for`"
    )]
    TwoKeySources,
    /// The list of app clients is set twice.
    #[error("`audience` and `app_clients` set the same list: keep one")]
    TwoAudiences,
    /// The gateway responses are invalid.
    #[error(transparent)]
    GatewayResponses(#[from] GatewayResponsesError),
    /// The claim headers are invalid.
    #[error(transparent)]
    ClaimHeaders(#[from] ClaimHeadersError),
    /// The authorization scopes are invalid.
    #[error(transparent)]
    Scopes(#[from] ScopeError),
    /// The routes are invalid.
    #[error(transparent)]
    Routes(#[from] RouteTableError),
    /// The rules for verifying tokens are invalid.
    #[error(transparent)]
    Verifier(#[from] VerifierMistake),
    /// The fetch time-out is zero or too long.
    #[error("a fetch time-out of {timeout:?} is invalid: choose more than zero and at most {MAX_FETCH_TIMEOUT:?}")]
    FetchTimeout {
        /// The configured time-out.
        timeout: Duration,
    },
    /// The list of authorizers is empty.
    #[error("the list of authorizers is empty: add one")]
    NoAuthorizer,
    /// Two authorizers of one API have the same name.
    #[error("two authorizers have the name `{name}`: rename one")]
    RepeatedAuthorizerName {
        /// The name.
        name: String,
    },
    /// The authorizers of one API have different types.
    #[error(
        "the authorizers of one API must have the same type, COGNITO_USER_POOLS or JWT: use another layer for the \
         others"
    )]
    MixedAuthorizerTypes,
    /// The layer has a rule already, which a second one would replace.
    #[error(
        "the layer already has a rule: call `scopes` or `routes` once, and set the scopes of single routes in the \
         route table"
    )]
    SecondRule,
    /// The route table was built for the other type of API.
    #[error(
        "the route table was built for the other type of API: build it with \
         `.authorizer_type(AuthorizerType::{authorizer_type:?})`, the type of its authorizer"
    )]
    RouteTableType {
        /// The type of the authorizer.
        authorizer_type: AuthorizerType,
    },
    /// A route names an unknown authorizer, or none where it must name one.
    #[error(
        "the route `{route_key}` {}",
        match .authorizer {
            Some(name) if .known.is_empty() => format!(
                "names the authorizer `{name}`, but the authorizer of the layer has no name: remove the name, or use \
                 `Authorizers`"
            ),
            Some(name) => format!("names the unknown authorizer `{name}`: name one of {}", quoted(.known)),
            None => format!("names no authorizer: name one of {}", quoted(.known)),
        }
    )]
    UnknownAuthorizer {
        /// The route.
        route_key: String,
        /// The name of the authorizer.
        authorizer: Option<String>,
        /// The names of the known authorizers.
        known: Vec<String>,
    },
    /// The maximum key age is shorter than the longest time for which keys are fresh.
    #[error("a maximum key age of {age:?} is too short: choose at least {MAX_JWK_SET_SOFT_AGE:?}")]
    MaxKeyAge {
        /// The configured age.
        age: Duration,
    },
    /// The directory for the last known good keys does not exist, or another user can write to it.
    #[error(
        "keys cannot be stored in `{}`: {reason}; the directory must exist and be writable only by this user",
        .directory.display()
    )]
    LastKnownGood {
        /// The directory.
        directory: PathBuf,
        /// The reason.
        #[source]
        reason: std::io::Error,
    },
    /// A key source is set for a user pool that was not added or that already has one.
    #[error(
        "a key source was given for the user pool `{user_pool}`, which was not added or already has one: add the \
         user pool, and set one key source for it"
    )]
    KeySourceWithoutUserPool {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The key source does not support the issuer.
    #[error("the key source does not support the issuer `{issuer}`: {reason}")]
    UnsupportedIssuer {
        /// The issuer.
        issuer: String,
        /// The reason.
        reason: KeySourceError,
    },
    /// The built-in key source cannot be set up.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    HttpsKeySource(#[from] HttpsKeySourceError),
    /// No key source is set, and this build has no built-in one.
    #[error(
        "no key source is set, and the built-in one is disabled: enable the feature `reqwest`, or call `key_source`"
    )]
    NoKeySource,
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
