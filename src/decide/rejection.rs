//! Why a request is refused.

use crate::{identity_source::NoToken, route::NoRoute};

/// A refusal. The layer puts it into the response's extensions, so that a layer outside can log or
/// count it; what the caller is told is the gateway response, which says less.
///
/// It holds nothing that was received.
///
/// ```
/// use cognito_authorizer::{Rejection, RejectionKind};
/// use http::Response;
///
/// /// For a layer outside of the authorizer's.
/// fn was_expired<B>(response: &Response<B>) -> bool {
///     response.extensions().get::<Rejection>().is_some_and(|rejection| rejection.kind() == RejectionKind::Expired)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request refused: {kind}")]
pub struct Rejection {
    kind: RejectionKind,
    retry_after: Option<u64>,
}

impl Rejection {
    /// The reason.
    pub fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// Seconds after which it is worth trying again, where the caller is to be told.
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    pub(crate) fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl From<RejectionKind> for Rejection {
    fn from(kind: RejectionKind) -> Self {
        Self { kind, retry_after: None }
    }
}

/// The reason for a refusal, in the order in which the checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The inner service could take the request for one with another rule, by its path, its method or the order of its routes.
    #[error("the request is ambiguous: another rule may cover it")]
    AmbiguousPath,
    /// The path does not begin with the stage of the route table.
    #[error("the path does not begin with the stage")]
    UnknownStage,
    /// No route covers the request.
    #[error("no route covers the request")]
    NoRoute,
    /// The identity source is absent.
    #[error("no token was sent")]
    MissingToken,
    /// The identity source is there more than once.
    #[error("more than one token was sent")]
    RepeatedToken,
    /// The identity source is empty, or a scheme without a token.
    #[error("the token is empty")]
    EmptyToken,
    /// The scheme `Bearer` was asked for, and is not there.
    #[error("the token was sent without its scheme")]
    MissingScheme,
    /// The token does not match the identity validation expression, where that is for the token.
    #[error("the token does not match the identity validation expression")]
    TokenPatternMismatch,
    /// The token is longer than 10,240 bytes.
    #[error("the token is too long")]
    TokenTooLong,
    /// The token is not in the JWS Compact Serialization.
    #[error("the token is not a compact JWS")]
    MalformedToken,
    /// The JOSE header is not base64url of a JSON object, or a strict reader refuses it.
    #[error("the JOSE header is malformed")]
    MalformedHeader,
    /// The payload is not base64url of a JSON object, or a strict reader refuses it.
    #[error("the claim set is malformed")]
    MalformedClaims,
    /// The signature is not base64url, or longer than any that is accepted.
    #[error("the signature is malformed")]
    MalformedSignature,
    /// The JOSE header asks for an extension (`crit`, `b64`, `zip`).
    #[error("the JOSE header asks for an extension that is not supported")]
    UnsupportedExtension,
    /// `alg` is absent, is no string, or names an algorithm that is not accepted.
    #[error("the signature algorithm is not accepted")]
    UnsupportedAlgorithm,
    /// `iss` is absent, is no string, or is not an issuer of a configured user pool.
    #[error("the issuer is not a configured user pool")]
    UnknownIssuer,
    /// `kid` is absent or no string.
    #[error("the token names no key")]
    MissingKid,
    /// No trusted JWK Set of the issuer is at hand, because none was obtained or the last one is past
    /// its maximum age, and none can be obtained now.
    #[error("the user pool's keys cannot be obtained")]
    KeysUnavailable,
    /// The user pool's JWK Set holds no such key.
    #[error("the user pool has no such key")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature is invalid")]
    InvalidSignature,
    /// `exp` is absent or no NumericDate.
    #[error("the token does not say when it expires")]
    MissingExpiry,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come, or is no NumericDate.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` has not come, or is no NumericDate. Only the authorizer of an HTTP API asks.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// The token is good for longer than the settings allow, or does not say when it was issued.
    #[error("the token was issued for too long")]
    LifetimeTooLong,
    /// `sub` is absent or no string.
    #[error("the token names no subject")]
    MissingSubject,
    /// The token has a `cnf` claim: it is bound to a key of its sender, and the proof is not checked here.
    #[error("the token is bound to a key of its sender")]
    SenderConstrained,
    /// `token_use` is not what the route expects.
    #[error("the token is of the wrong kind for the route")]
    WrongTokenUse,
    /// The token was issued to an app client that is not listed, or is for another audience.
    #[error("the token was issued to another app client")]
    WrongAppClient,
    /// No `aud` of the token matches the identity validation expression, or there is none.
    #[error("the audience does not match the identity validation expression")]
    AudiencePatternMismatch,
    /// The token holds none of the route's scopes.
    #[error("the token holds none of the route's scopes")]
    InsufficientScope,
    /// The service's own check says that the token was revoked.
    #[error("the token was revoked")]
    Revoked,
}

/// Names every reason once, in the order of the checks.
macro_rules! names {
    ($($kind:ident = $name:literal),+ $(,)?) => {
        impl RejectionKind {
            /// Every reason, in the order of the checks.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Its place in [`ALL`](Self::ALL), which is in the order of the declaration.
            #[allow(clippy::as_conversions, reason = "an enum without fields is its place")]
            pub(crate) const fn place(self) -> usize {
                self as usize
            }

            /// A stable name for logs, metrics and programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }
        }
    };
}

names! {
    AmbiguousPath = "ambiguous_path",
    UnknownStage = "unknown_stage",
    NoRoute = "no_route",
    MissingToken = "missing_token",
    RepeatedToken = "repeated_token",
    EmptyToken = "empty_token",
    MissingScheme = "missing_scheme",
    TokenPatternMismatch = "token_pattern_mismatch",
    TokenTooLong = "token_too_long",
    MalformedToken = "malformed_token",
    MalformedHeader = "malformed_header",
    MalformedClaims = "malformed_claims",
    MalformedSignature = "malformed_signature",
    UnsupportedExtension = "unsupported_extension",
    UnsupportedAlgorithm = "unsupported_algorithm",
    UnknownIssuer = "unknown_issuer",
    MissingKid = "missing_kid",
    KeysUnavailable = "keys_unavailable",
    UnknownKey = "unknown_key",
    InvalidSignature = "invalid_signature",
    MissingExpiry = "missing_expiry",
    Expired = "expired",
    NotYetValid = "not_yet_valid",
    IssuedInFuture = "issued_in_future",
    LifetimeTooLong = "lifetime_too_long",
    MissingSubject = "missing_subject",
    SenderConstrained = "sender_constrained",
    WrongTokenUse = "wrong_token_use",
    WrongAppClient = "wrong_app_client",
    AudiencePatternMismatch = "audience_pattern_mismatch",
    InsufficientScope = "insufficient_scope",
    Revoked = "revoked",
}

impl From<NoToken> for RejectionKind {
    fn from(error: NoToken) -> Self {
        match error {
            NoToken::Missing => Self::MissingToken,
            NoToken::Repeated => Self::RepeatedToken,
            NoToken::Empty => Self::EmptyToken,
            NoToken::NoScheme => Self::MissingScheme,
            NoToken::TooLong => Self::TokenTooLong,
        }
    }
}

impl From<NoRoute> for RejectionKind {
    fn from(error: NoRoute) -> Self {
        match error {
            NoRoute::Ambiguous => Self::AmbiguousPath,
            NoRoute::UnknownStage => Self::UnknownStage,
            NoRoute::NotFound => Self::NoRoute,
        }
    }
}

impl From<NoRoute> for Rejection {
    fn from(error: NoRoute) -> Self {
        RejectionKind::from(error).into()
    }
}
