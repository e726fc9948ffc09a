//! The differences between the two types of API, each a field of one table.
//!
//! A REST API with a `COGNITO_USER_POOLS` authorizer and an HTTP API with a `JWT` authorizer differ in where they read the
//! token, which tokens they accept and how they respond. Code outside this module reads the table and does not match on the
//! type. Sources: [behaviour §1, §2, §4 and §5](crate::docs::behaviour).

mod answer;

mod expected_token_use;

use http::{HeaderName, StatusCode};

pub(crate) use self::answer::Answer;
use self::answer::answer;
pub use self::{
    answer::{ResponseType, UnknownResponseType},
    expected_token_use::ExpectedTokenUse,
};
use crate::{
    error_text::debug_as_display,
    jose::Algorithm,
    route::{MatchRules, RouteTableBuilder, TrailingSlash},
    word::words,
};

/// The type of authorizer to reproduce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorizerType {
    /// `COGNITO_USER_POOLS`: the authorizer of a REST API.
    #[default]
    CognitoUserPools,
    /// `JWT`: the authorizer of an HTTP API.
    Jwt,
}

impl AuthorizerType {
    /// Returns AWS's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CognitoUserPools => "COGNITO_USER_POOLS",
            Self::Jwt => "JWT",
        }
    }

    /// Whether scopes are also read from the claim `scp`, besides `scope`
    /// ([behaviour §1.4.6 and §4.1.9](crate::docs::behaviour)).
    pub fn reads_scp(self) -> bool {
        self.rules().reads_scp
    }

    /// Whether the app client is looked for in `aud` first, even in an access token
    /// ([behaviour §4.1.7](crate::docs::behaviour)).
    pub fn prefers_audience(self) -> bool {
        self.rules().audience == AudienceRule::AudienceElseClientId
    }

    /// Returns the column of the table.
    pub(crate) fn rules(self) -> &'static Rules {
        match self {
            Self::CognitoUserPools => &COGNITO_USER_POOLS,
            Self::Jwt => &JWT,
        }
    }
}

impl RouteTableBuilder {
    /// Matches routes as the API of this authorizer type does; by default a REST API. A layer accepts only tables of its
    /// authorizer's type.
    ///
    /// ```
    /// use cognito_authorizer::{AuthorizerType, RouteTable, route::NoRoute};
    ///
    /// let routes =
    ///     RouteTable::builder().open("GET /pets").authorizer_type(AuthorizerType::Jwt).build()?;
    /// // A slash at the end counts on an HTTP API.
    /// assert_eq!(routes.find(&http::Method::GET, "/pets/"), Err(NoRoute::NotFound));
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn authorizer_type(self, authorizer_type: AuthorizerType) -> Self {
        self.match_rules(authorizer_type.rules().routes)
    }
}

impl std::str::FromStr for AuthorizerType {
    type Err = UnknownAuthorizerType;

    /// Parses AWS's name, ignoring case ([behaviour §6.1.2](crate::docs::behaviour)).
    fn from_str(name: &str) -> Result<Self, UnknownAuthorizerType> {
        let found = [Self::CognitoUserPools, Self::Jwt].into_iter().find(|own| own.as_str().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownAuthorizerType { name: name.to_owned() })
    }
}

/// The error when a text does not name a supported type of authorizer.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a type of authorizer: expected COGNITO_USER_POOLS or JWT")]
pub struct UnknownAuthorizerType {
    name: String,
}

debug_as_display!(UnknownAuthorizerType);

/// The status of a rejection because of a missing scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsufficientScope {
    /// 401, as on a REST API.
    Unauthorized,
    /// 403, as on an HTTP API and in RFC 6750 §3.1.
    Forbidden,
}

words!(InsufficientScope { Unauthorized = "401", Forbidden = "403" });

/// The `www-authenticate` header of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenges {
    /// No header, as on a REST API.
    Never,
    /// The header as an HTTP API writes it: with spaces between the parameters, where RFC 9110 §11.6.1 requires commas.
    ApiGateway,
    /// The header with commas (RFC 6750 §3).
    Rfc6750,
}

words!(Challenges { Never = "never", ApiGateway = "api_gateway", Rfc6750 = "rfc_6750" });

/// The response while the keys for a token cannot be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenKeysUnavailable {
    /// 500, as expected of a REST API ([behaviour §2.1](crate::docs::behaviour)).
    InternalServerError,
    /// 503 `{"message":"Service Unavailable"}` with `Retry-After` (RFC 9110 §15.6.4).
    ServiceUnavailable,
    /// 401, as observed on an HTTP API ([behaviour §4.1.13](crate::docs::behaviour)).
    Unauthorized,
}

words!(WhenKeysUnavailable { Unauthorized = "401", InternalServerError = "500", ServiceUnavailable = "503" });

/// The claims that name the audience of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AudienceRule {
    /// `client_id` of an access token, `aud` of an ID token.
    ByTokenUse,
    /// `aud`, or `client_id` in a token without `aud`.
    AudienceElseClientId,
}

/// The format of claims for the inner service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimFormat {
    /// `Tue Jun 18 15:00:04 UTC 2024`, `a,b`; in the order of the token.
    Rest,
    /// `1718722804`, `[a b]`; ascending by name, with the token's scopes separately.
    Http,
}

/// One column of the table: the rules of one type of API.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Whether `$request.querystring.<name>` is a valid identity source.
    pub(crate) query_string_source: bool,
    pub(crate) algorithms: &'static [Algorithm],
    /// Whether to reject a token that was issued in the future.
    pub(crate) checks_issued_at: bool,
    pub(crate) token_use: ExpectedTokenUse,
    pub(crate) audience: AudienceRule,
    /// Whether an audience list is required.
    pub(crate) needs_audience: bool,
    /// Whether to read scopes from `scp` too.
    pub(crate) reads_scp: bool,
    pub(crate) routes: MatchRules,
    /// Whether an unmatched route with an `Authorization` header may be answered as a bad SigV4 signature.
    pub(crate) knows_sigv4: bool,
    pub(crate) insufficient_scope: InsufficientScope,
    pub(crate) when_keys_unavailable: WhenKeysUnavailable,
    pub(crate) challenges: Challenges,
    /// The headers that identify a rejected request, and the one for the error type.
    pub(crate) id_headers: IdHeaders,
    pub(crate) claim_format: ClaimFormat,
    pub(crate) answers: Answers,
}

/// The names of headers that only gateway responses have.
#[derive(Debug)]
pub(crate) struct IdHeaders {
    pub(crate) error_type: Option<HeaderName>,
    pub(crate) request_id: Option<HeaderName>,
    pub(crate) extended_request_id: HeaderName,
}

/// The default gateway response in each case.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) bad_path: Answer,
    pub(crate) unknown_stage: Answer,
    pub(crate) no_route: Answer,
    pub(crate) unauthorized: Answer,
    pub(crate) expired: Answer,
    pub(crate) forbidden: Answer,
    pub(crate) keys_unavailable: Answer,
    /// Used instead of `keys_unavailable` if the client should retry.
    pub(crate) try_again: Answer,
}

static COGNITO_USER_POOLS: Rules = Rules {
    query_string_source: false,                                      // 1.1.1
    algorithms: &[Algorithm::Rs256],                                 // 1.5.5
    checks_issued_at: false,                                         // 1.5.9
    token_use: ExpectedTokenUse::ByScopes,                           // 1.3
    audience: AudienceRule::ByTokenUse,                              // 1.2.1
    needs_audience: false,                                           // 1.2.1
    reads_scp: false,                                                // 1.4.6
    routes: crate::route::REST,                                      // 5.1.2, 5.1.7
    knows_sigv4: true,                                               // 2.1
    insufficient_scope: InsufficientScope::Unauthorized,             // 1.3.4
    when_keys_unavailable: WhenKeysUnavailable::InternalServerError, // 2.1
    challenges: Challenges::Never,                                   // 2.1
    id_headers: IdHeaders {
        error_type: Some(HeaderName::from_static("x-amzn-errortype")),
        request_id: Some(HeaderName::from_static("x-amzn-requestid")),
        extended_request_id: HeaderName::from_static("x-amz-apigw-id"),
    },
    claim_format: ClaimFormat::Rest, // 3.1
    // 2.1
    answers: Answers {
        bad_path: answer!(BadRequestParameters, BAD_REQUEST, "BadRequestException", "Bad Request"),
        unknown_stage: answer!(Default4xx, FORBIDDEN, "ForbiddenException", "Forbidden"),
        no_route: answer!(
            MissingAuthenticationToken,
            FORBIDDEN,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token"
        ),
        unauthorized: answer!(Unauthorized, UNAUTHORIZED, "UnauthorizedException", "Unauthorized"),
        expired: answer!(Unauthorized, UNAUTHORIZED, "UnauthorizedException", "The incoming token has expired"),
        forbidden: answer!(
            AccessDenied,
            FORBIDDEN,
            "AccessDeniedException",
            "User is not authorized to access this resource"
        ),
        keys_unavailable: answer!(
            AuthorizerConfigurationError,
            INTERNAL_SERVER_ERROR,
            "AuthorizerConfigurationException"
        ),
        try_again: answer!(
            AuthorizerConfigurationError,
            SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            "Service Unavailable"
        ),
    },
};

static JWT: Rules = Rules {
    query_string_source: true,                                           // 4.1.1
    algorithms: &[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512], // 4.1.4
    checks_issued_at: true,                                              // 4.1.8
    token_use: ExpectedTokenUse::Unchecked,                              // 4.1.10
    audience: AudienceRule::AudienceElseClientId,                        // 4.1.7
    needs_audience: true,                                                // 4.1.7
    reads_scp: true,                                                     // 4.1.9
    routes: MatchRules { trailing_slash: TrailingSlash::Significant, full_match_first: true }, // 5.2.1, 5.2.4
    knows_sigv4: false,                                                  // 4.2
    insufficient_scope: InsufficientScope::Forbidden,                    // 4.2
    when_keys_unavailable: WhenKeysUnavailable::Unauthorized,            // 4.1.13
    challenges: Challenges::ApiGateway,                                  // 4.2
    id_headers: IdHeaders {
        error_type: None,
        request_id: None,
        extended_request_id: HeaderName::from_static("apigw-requestid"),
    },
    claim_format: ClaimFormat::Http, // 3.2
    // 4.2
    answers: Answers {
        bad_path: answer!(BadRequestParameters, BAD_REQUEST, "", "Bad Request"),
        unknown_stage: answer!(ResourceNotFound, NOT_FOUND, "", "Not Found"),
        no_route: answer!(ResourceNotFound, NOT_FOUND, "", "Not Found"),
        unauthorized: answer!(Unauthorized, UNAUTHORIZED, "", "Unauthorized"),
        expired: answer!(Unauthorized, UNAUTHORIZED, "", "Unauthorized"),
        forbidden: answer!(AccessDenied, FORBIDDEN, "", "Forbidden"),
        keys_unavailable: answer!(AuthorizerConfigurationError, INTERNAL_SERVER_ERROR, "", "Internal Server Error"),
        try_again: answer!(AuthorizerConfigurationError, SERVICE_UNAVAILABLE, "", "Service Unavailable"),
    },
};

#[cfg(test)]
mod tests;
