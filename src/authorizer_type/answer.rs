//! The types of gateway response and their defaults.

use http::StatusCode;

use crate::error_text::debug_as_display;

/// A type of gateway response of a REST API ([behaviour §2.2](crate::docs::behaviour)).
///
/// The layer uses only the types that concern an authorizer. The others are accepted because a configuration for API Gateway
/// may name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ResponseType {
    /// `ACCESS_DENIED`: a required scope is missing, if the status for this is 403.
    AccessDenied,
    /// `API_CONFIGURATION_ERROR`
    ApiConfigurationError,
    /// `AUTHORIZER_CONFIGURATION_ERROR`: the user pool's keys cannot be fetched.
    AuthorizerConfigurationError,
    /// `AUTHORIZER_FAILURE`
    AuthorizerFailure,
    /// `BAD_REQUEST_BODY`
    BadRequestBody,
    /// `BAD_REQUEST_PARAMETERS`: the path is ambiguous.
    BadRequestParameters,
    /// `DEFAULT_4XX`: its settings apply to every 4XX type without its own.
    Default4xx,
    /// `DEFAULT_5XX`: its settings apply to every 5XX type without its own.
    Default5xx,
    /// `EXPIRED_TOKEN`: expired AWS credentials; for an expired JWT it is `UNAUTHORIZED`.
    ExpiredToken,
    /// `INTEGRATION_FAILURE`
    IntegrationFailure,
    /// `INTEGRATION_TIMEOUT`
    IntegrationTimeout,
    /// `INVALID_API_KEY`
    InvalidApiKey,
    /// `INVALID_SIGNATURE`
    InvalidSignature,
    /// `MISSING_AUTHENTICATION_TOKEN`: no route covers the request.
    MissingAuthenticationToken,
    /// `QUOTA_EXCEEDED`
    QuotaExceeded,
    /// `REQUEST_TOO_LARGE`
    RequestTooLarge,
    /// `RESOURCE_NOT_FOUND`: no route covers the request, on an HTTP API.
    ResourceNotFound,
    /// `THROTTLED`
    Throttled,
    /// `UNAUTHORIZED`: the token is missing or was rejected.
    Unauthorized,
    /// `UNSUPPORTED_MEDIA_TYPE`
    UnsupportedMediaType,
    /// `WAF_FILTERED`
    WafFiltered,
}

impl ResponseType {
    /// All types, ascending by name.
    pub const ALL: &'static [Self] = &[
        Self::AccessDenied,
        Self::ApiConfigurationError,
        Self::AuthorizerConfigurationError,
        Self::AuthorizerFailure,
        Self::BadRequestBody,
        Self::BadRequestParameters,
        Self::Default4xx,
        Self::Default5xx,
        Self::ExpiredToken,
        Self::IntegrationFailure,
        Self::IntegrationTimeout,
        Self::InvalidApiKey,
        Self::InvalidSignature,
        Self::MissingAuthenticationToken,
        Self::QuotaExceeded,
        Self::RequestTooLarge,
        Self::ResourceNotFound,
        Self::Throttled,
        Self::Unauthorized,
        Self::UnsupportedMediaType,
        Self::WafFiltered,
    ];

    /// Returns AWS's name.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Returns the default status; `None` for the catch-alls.
    pub fn status(self) -> Option<StatusCode> {
        StatusCode::from_u16(self.row().1).ok()
    }

    /// Returns the catch-all that applies if this type has no setting. It depends on the default status of the type, not on a
    /// configured one (behaviour §2.3.1).
    pub(crate) fn catch_all(self) -> Self {
        match self {
            Self::Default5xx => Self::Default5xx,
            _ if self.row().1 >= 500 => Self::Default5xx,
            _ => Self::Default4xx,
        }
    }

    /// Returns name and status: [behaviour §2.2](crate::docs::behaviour).
    const fn row(self) -> (&'static str, u16) {
        match self {
            Self::AccessDenied => ("ACCESS_DENIED", 403),
            Self::ApiConfigurationError => ("API_CONFIGURATION_ERROR", 500),
            Self::AuthorizerConfigurationError => ("AUTHORIZER_CONFIGURATION_ERROR", 500),
            Self::AuthorizerFailure => ("AUTHORIZER_FAILURE", 500),
            Self::BadRequestBody => ("BAD_REQUEST_BODY", 400),
            Self::BadRequestParameters => ("BAD_REQUEST_PARAMETERS", 400),
            Self::Default4xx => ("DEFAULT_4XX", 0),
            Self::Default5xx => ("DEFAULT_5XX", 0),
            Self::ExpiredToken => ("EXPIRED_TOKEN", 403),
            Self::IntegrationFailure => ("INTEGRATION_FAILURE", 504),
            Self::IntegrationTimeout => ("INTEGRATION_TIMEOUT", 504),
            Self::InvalidApiKey => ("INVALID_API_KEY", 403),
            Self::InvalidSignature => ("INVALID_SIGNATURE", 403),
            Self::MissingAuthenticationToken => ("MISSING_AUTHENTICATION_TOKEN", 403),
            Self::QuotaExceeded => ("QUOTA_EXCEEDED", 429),
            Self::RequestTooLarge => ("REQUEST_TOO_LARGE", 413),
            Self::ResourceNotFound => ("RESOURCE_NOT_FOUND", 404),
            Self::Throttled => ("THROTTLED", 429),
            Self::Unauthorized => ("UNAUTHORIZED", 401),
            Self::UnsupportedMediaType => ("UNSUPPORTED_MEDIA_TYPE", 415),
            Self::WafFiltered => ("WAF_FILTERED", 403),
        }
    }
}

impl std::str::FromStr for ResponseType {
    type Err = UnknownResponseType;

    /// Parses AWS's name.
    fn from_str(name: &str) -> Result<Self, UnknownResponseType> {
        let found = Self::ALL.iter().find(|response_type| response_type.as_str() == name);
        found.copied().ok_or_else(|| UnknownResponseType { name: name.to_owned() })
    }
}

/// The error when a text does not name a type of gateway response.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a type of gateway response: expected one such as UNAUTHORIZED or DEFAULT_4XX")]
pub struct UnknownResponseType {
    name: String,
}

debug_as_display!(UnknownResponseType);

/// The default gateway response in one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) response_type: ResponseType,
    pub(crate) status: StatusCode,
    /// The value of `x-amzn-errortype`, which only a REST API sends.
    pub(crate) error_type: &'static str,
    /// `$context.error.message`
    pub(crate) message: Option<&'static str>,
    /// The message as JSON, without spaces or line break.
    pub(crate) body: &'static str,
}

/// Makes an [`Answer`] from type, status, error type and optional message.
macro_rules! answer {
    ($response_type:ident, $status:ident, $error_type:literal, $message:literal) => {
        Answer {
            response_type: ResponseType::$response_type,
            status: StatusCode::$status,
            error_type: $error_type,
            message: Some($message),
            body: concat!("{\"message\":\"", $message, "\"}"),
        }
    };
    ($response_type:ident, $status:ident, $error_type:literal) => {
        Answer {
            response_type: ResponseType::$response_type,
            status: StatusCode::$status,
            error_type: $error_type,
            message: None,
            body: "{\"message\":null}",
        }
    };
}

pub(super) use answer;
