//! The types of gateway response that a refusal can have.

use http::StatusCode;

/// A type of gateway response ([behaviour §2.1](crate::docs::behaviour)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ResponseType {
    /// `AUTHORIZER_CONFIGURATION_ERROR`: the user pool's keys cannot be obtained.
    AuthorizerConfigurationError,
    /// `BAD_REQUEST_PARAMETERS`: the path cannot be trusted to mean one thing.
    BadRequestParameters,
    /// `MISSING_AUTHENTICATION_TOKEN`: no route covers the request.
    MissingAuthenticationToken,
    /// Not a type of AWS's: the user pool's keys cannot be obtained, and the caller is to come back.
    ServiceUnavailable,
    /// `UNAUTHORIZED`: everything that is wrong with a token.
    Unauthorized,
}

impl ResponseType {
    /// The status.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::AuthorizerConfigurationError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadRequestParameters => StatusCode::BAD_REQUEST,
            Self::MissingAuthenticationToken => StatusCode::FORBIDDEN,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
        }
    }

    /// The value of `x-amzn-ErrorType`.
    pub(super) fn error_type(self) -> &'static str {
        match self {
            Self::AuthorizerConfigurationError => "AuthorizerConfigurationException",
            Self::BadRequestParameters => "BadRequestException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::ServiceUnavailable => "ServiceUnavailableException",
            Self::Unauthorized => "UnauthorizedException",
        }
    }
}
