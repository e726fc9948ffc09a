//! The mistakes of an authorizer's settings.

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
    pub(crate) fn new(mistakes: Vec<BuildMistake>) -> Self {
        Self { mistakes }
    }

    /// All mistakes, those of texts that do not parse before those of settings that do not go together; at least one.
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
    TokenAsClaimHeader {
        /// The identity source.
        identity_source: String,
    },
    /// Two key sources for all user pools, or a key source and a proxy.
    #[error(
        "two key sources were given for all user pools: keep one, and give a user pool its own with `key_source_for`"
    )]
    TwoKeySources,
    /// Two lists of app clients.
    #[error("`audience` and `app_clients` are two words for one list, which was given twice: keep one")]
    TwoAudiences,
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
    Verifier(#[from] VerifierMistake),
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
    RepeatedAuthorizerName {
        /// The name.
        name: String,
    },
    /// Authorizers of one API that are of different types.
    #[error(
        "the authorizers of one API are of one type, COGNITO_USER_POOLS or JWT: give the others a layer of their own"
    )]
    MixedAuthorizerTypes,
    /// A second rule for a layer, which would take the place of the first one.
    #[error(
        "the layer has its rule already: call `scopes` or `routes` once; for scopes of single routes, name them in the route \
         table"
    )]
    SecondRule,
    /// A route table for the other type of API.
    #[error(
        "the route table matches as another type of API does: build it with \
         `.authorizer_type(AuthorizerType::{authorizer_type:?})`, the type of its authorizer"
    )]
    RouteTableType {
        /// The type of the authorizer.
        authorizer_type: AuthorizerType,
    },
    /// A route asks an authorizer that is not there.
    #[error(
        "the route `{route_key}` {}",
        match .authorizer {
            Some(name) if .known.is_empty() => format!(
                "names the authorizer `{name}`, and the layer has one without a name: take the name out, or use `Authorizers`"
            ),
            Some(name) => format!("names the unknown authorizer `{name}`: name one of {}", quoted(.known)),
            None => format!("names no authorizer: name one of {}", quoted(.known)),
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
    KeySourceWithoutUserPool {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The keys of an issuer cannot come from the source that was given for them.
    #[error("the keys of `{issuer}` cannot come from the given source: {reason}")]
    UnsupportedIssuer {
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
