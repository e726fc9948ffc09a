//! The types of gateway response, and what is said by default.

use http::StatusCode;

use crate::error_text::debug_as_display;

/// A type of gateway response of a REST API ([behaviour §2.2](crate::docs::behaviour)).
///
/// The layer answers with the few that an authorizer has to do with. The others are here because a
/// configuration that was written for API Gateway may name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ResponseType {
    /// `ACCESS_DENIED`: a required scope is missing, where that is answered with 403.
    AccessDenied,
    /// `API_CONFIGURATION_ERROR`
    ApiConfigurationError,
    /// `AUTHORIZER_CONFIGURATION_ERROR`: the user pool's keys cannot be obtained.
    AuthorizerConfigurationError,
    /// `AUTHORIZER_FAILURE`
    AuthorizerFailure,
    /// `BAD_REQUEST_BODY`
    BadRequestBody,
    /// `BAD_REQUEST_PARAMETERS`: the path cannot be trusted to mean one thing.
    BadRequestParameters,
    /// `DEFAULT_4XX`: what is set here holds for every 4XX that has no setting of its own.
    Default4xx,
    /// `DEFAULT_5XX`: the same for every 5XX.
    Default5xx,
    /// `EXPIRED_TOKEN`: of AWS credentials; an expired JWT is `UNAUTHORIZED`.
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
    /// `UNAUTHORIZED`: everything that is wrong with a token.
    Unauthorized,
    /// `UNSUPPORTED_MEDIA_TYPE`
    UnsupportedMediaType,
    /// `WAF_FILTERED`
    WafFiltered,
}

impl ResponseType {
    /// Every type, ascending by name.
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

    /// AWS's name for it.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The status, unless it is set to another one; the catch-alls have none of their own.
    pub fn status(self) -> Option<StatusCode> {
        StatusCode::from_u16(self.row().1).ok()
    }

    /// The catch-all that applies where this type has no setting: by the class of its own status,
    /// whatever status it is set to (behaviour §2.3.1).
    pub(crate) fn catch_all(self) -> Self {
        match self {
            Self::Default5xx => Self::Default5xx,
            _ if self.row().1 >= 500 => Self::Default5xx,
            _ => Self::Default4xx,
        }
    }

    /// Name and status: [behaviour §2.2](crate::docs::behaviour).
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

    /// Reads AWS's name.
    fn from_str(name: &str) -> Result<Self, UnknownResponseType> {
        let found = Self::ALL.iter().find(|response_type| response_type.as_str() == name);
        found.copied().ok_or_else(|| UnknownResponseType { name: name.to_owned() })
    }
}

/// The text does not name a type of gateway response.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a type of gateway response: expected one such as UNAUTHORIZED or DEFAULT_4XX")]
pub struct UnknownResponseType {
    name: String,
}

debug_as_display!(UnknownResponseType);

/// What is said by default in one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) response_type: ResponseType,
    pub(crate) status: StatusCode,
    /// The value of `x-amzn-errortype`, which only a REST API sends.
    pub(crate) error_type: &'static str,
    /// `$context.error.message`
    pub(crate) message: Option<&'static str>,
    /// The same as JSON, without spaces or line break.
    pub(crate) body: &'static str,
}

/// An [`Answer`]: type, status, error type, and the message if there is one.
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
