//! The reasons for rejecting a request.

use crate::{identity_source::NoToken, route::NoRoute};

/// The reason why a request was rejected.
///
/// The layer puts it into the response's extensions, so that an outer layer can log or count it. The client sees only the
/// gateway response, which says less. A rejection contains no data from the request.
///
/// ```
/// use cognito_authorizer::{Rejection, RejectionKind};
/// use http::Response;
///
/// /// For a layer outside of the authorizer's.
/// fn was_expired<B>(response: &Response<B>) -> bool {
///     response
///         .extensions()
///         .get::<Rejection>()
///         .is_some_and(|rejection| rejection.kind() == RejectionKind::Expired)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request rejected: {kind}")]
pub struct Rejection {
    kind: RejectionKind,
    retry_after: Option<u64>,
}

impl Rejection {
    /// Returns the reason.
    pub fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// Returns the seconds until a retry is useful, if the response has `Retry-After`.
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

/// The reason for a rejection, in the order of the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RejectionKind {
    /// The inner service could match the request to another rule, because of its path, its method or the order of its routes.
    #[error("the request is ambiguous: another rule may cover it")]
    AmbiguousPath,
    /// The path does not begin with the stage of the route table.
    #[error("the path does not begin with the stage")]
    UnknownStage,
    /// No route matches the request.
    #[error("no route covers the request")]
    NoRoute,
    /// The route has an authorization on API Gateway that this crate cannot check, so it rejects every request
    /// ([`RouteAuthorization::unsupported`](crate::route::RouteAuthorization::unsupported)).
    #[error("the route's authorization is not supported, so the route rejects every request")]
    UnsupportedAuthorization,
    /// The identity source is absent.
    #[error("no token was sent")]
    MissingToken,
    /// The identity source occurs more than once.
    #[error("more than one token was sent")]
    RepeatedToken,
    /// The identity source is empty, or has a scheme without a token.
    #[error("the token is empty")]
    EmptyToken,
    /// The scheme `Bearer` is required and missing.
    #[error("the token was sent without its scheme")]
    MissingScheme,
    /// The raw token does not match the identity validation expression, if that is its target.
    #[error("the token does not match the identity validation expression")]
    TokenPatternMismatch,
    /// The token is longer than 10,240 bytes.
    #[error("the token is too long")]
    TokenTooLong,
    /// The token is not in the JWS Compact Serialization.
    #[error("the token is not a compact JWS")]
    MalformedToken,
    /// The JOSE header is not base64url of a JSON object, or is not strictly valid.
    #[error("the JOSE header is malformed")]
    MalformedHeader,
    /// The payload is not base64url of a JSON object, or is not strictly valid.
    #[error("the claim set is malformed")]
    MalformedClaims,
    /// The signature is not base64url, or is longer than any accepted signature.
    #[error("the signature is malformed")]
    MalformedSignature,
    /// The JOSE header requires an extension (`crit`, `b64`, `zip`).
    #[error("the JOSE header requires an extension that is not supported")]
    UnsupportedExtension,
    /// `alg` is missing, is not a string, or names an algorithm that is not accepted.
    #[error("the signature algorithm is not accepted")]
    UnsupportedAlgorithm,
    /// `iss` is missing, is not a string, or is not an issuer of a configured user pool.
    #[error("the issuer is not a configured user pool")]
    UnknownIssuer,
    /// `kid` is missing or not a string.
    #[error("the token has no `kid`")]
    MissingKid,
    /// No trusted keys of the issuer are cached, because none were fetched or the last ones exceed their maximum age, and they
    /// cannot be fetched now.
    #[error("the user pool's keys cannot be fetched")]
    KeysUnavailable,
    /// The user pool's JWK Set does not contain the key.
    #[error("the user pool does not have the token's key")]
    UnknownKey,
    /// The signature is invalid.
    #[error("the signature is invalid")]
    InvalidSignature,
    /// `exp` is missing or not a NumericDate.
    #[error("the token has no expiry")]
    MissingExpiry,
    /// `exp` is not in the future.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is in the future or not a NumericDate.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is in the future or not a NumericDate. Only the authorizer of an HTTP API checks it.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// The token is valid for longer than the settings allow, or has no issue time.
    #[error("the lifetime of the token is too long")]
    LifetimeTooLong,
    /// `sub` is missing or not a string.
    #[error("the token has no subject")]
    MissingSubject,
    /// The token has a `cnf` claim: it is bound to a key of its sender, and this crate does not verify that the sender holds
    /// it.
    #[error("the token is bound to a key of its sender")]
    SenderConstrained,
    /// `token_use` is not what the route expects.
    #[error("the token has the wrong `token_use` for the route")]
    WrongTokenUse,
    /// The token was issued to an app client that is not listed, or for another audience.
    #[error("the token was issued to another app client")]
    WrongAppClient,
    /// No `aud` of the token matches the identity validation expression, or the token has no `aud`.
    #[error("the audience does not match the identity validation expression")]
    AudiencePatternMismatch,
    /// The token holds none of the route's scopes.
    #[error("the token has none of the route's scopes")]
    InsufficientScope,
    /// The service's own check reports the token as revoked.
    #[error("the token was revoked")]
    Revoked,
}

/// Gives each reason its name, in the order of the declaration.
macro_rules! names {
    ($($kind:ident = $name:literal),+ $(,)?) => {
        impl RejectionKind {
            /// All reasons, in the order of the stages.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Returns the index in [`ALL`](Self::ALL), which has the order of the declaration.
            #[allow(clippy::as_conversions, reason = "an enum without fields is its place")]
            pub(crate) const fn place(self) -> usize {
                self as usize
            }

            /// Returns a stable name for logs, metrics and programs.
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
    UnsupportedAuthorization = "unsupported_authorization",
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
