//! What tells the two kinds of API apart: every difference is a field of one table.
//!
//! A REST API with a `COGNITO_USER_POOLS` authorizer and an HTTP API with a `JWT` authorizer read the
//! token from another place, accept other tokens, and refuse in other words. No other file of the
//! crate asks which of the two it is. Sources: [behaviour §1, §2, §4 and §5](crate::docs::behaviour).

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

/// The kind of authorizer that is reproduced.
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
    /// AWS's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CognitoUserPools => "COGNITO_USER_POOLS",
            Self::Jwt => "JWT",
        }
    }

    /// Whether the claim `scp` holds scopes too, beside `scope` ([behaviour §1.4.6 and §4.1.9](crate::docs::behaviour)).
    pub fn reads_scp(self) -> bool {
        self.rules().reads_scp
    }

    /// The column of the table.
    pub(crate) fn rules(self) -> &'static Rules {
        match self {
            Self::CognitoUserPools => &COGNITO_USER_POOLS,
            Self::Jwt => &JWT,
        }
    }
}

impl RouteTableBuilder {
    /// Matches routes as the API of this type of authorizer does, a REST API by default. A layer takes only tables of its
    /// authorizer's type.
    ///
    /// ```
    /// use cognito_authorizer::{AuthorizerType, RouteTable, route::NoRoute};
    ///
    /// let routes = RouteTable::builder().open("GET /pets").authorizer_type(AuthorizerType::Jwt).build()?;
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

    /// Reads AWS's name, in capitals or not ([behaviour §6.1.2](crate::docs::behaviour)).
    fn from_str(name: &str) -> Result<Self, UnknownAuthorizerType> {
        let found = [Self::CognitoUserPools, Self::Jwt].into_iter().find(|own| own.as_str().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownAuthorizerType { name: name.to_owned() })
    }
}

/// The text does not name a type of authorizer that is reproduced.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a type of authorizer: expected COGNITO_USER_POOLS or JWT")]
pub struct UnknownAuthorizerType {
    name: String,
}

debug_as_display!(UnknownAuthorizerType);

/// The status of a refusal for lack of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsufficientScope {
    /// 401, as on a REST API.
    Unauthorized,
    /// 403, as on an HTTP API and in RFC 6750 §3.1.
    Forbidden,
}

words!(InsufficientScope { Unauthorized = "401", Forbidden = "403" });

/// The `www-authenticate` header of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenges {
    /// None, as on a REST API.
    Never,
    /// As an HTTP API writes it: with blanks between the parameters, where RFC 9110 §11.6.1 wants
    /// commas.
    ApiGateway,
    /// The same with commas (RFC 6750 §3).
    Rfc6750,
}

words!(Challenges { Never = "never", ApiGateway = "api_gateway", Rfc6750 = "rfc_6750" });

/// What to answer while the keys that a token needs cannot be obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenKeysUnavailable {
    /// 500, as is to be expected of a REST API ([behaviour §2.1](crate::docs::behaviour)).
    InternalServerError,
    /// 503 `{"message":"Service Unavailable"}` with `Retry-After` (RFC 9110 §15.6.4).
    ServiceUnavailable,
    /// 401, as was observed of an HTTP API ([behaviour §4.1.13](crate::docs::behaviour)).
    Unauthorized,
}

words!(WhenKeysUnavailable { Unauthorized = "401", InternalServerError = "500", ServiceUnavailable = "503" });

/// Which claims say for whom a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AudienceRule {
    /// `client_id` of an access token, `aud` of an ID token.
    ByTokenUse,
    /// `aud`, or `client_id` in a token without `aud`.
    AudienceElseClientId,
}

/// How claims are written for the service behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimFormat {
    /// `Tue Jun 18 15:00:04 UTC 2024`, `a,b`; in the order of the token.
    Rest,
    /// `1718722804`, `[a b]`; ascending by name, and the token's scopes beside them.
    Http,
}

/// One column of the table.
#[derive(Debug)]
pub(crate) struct Rules {
    /// `$request.querystring.<name>` is an identity source.
    pub(crate) query_string_source: bool,
    pub(crate) algorithms: &'static [Algorithm],
    /// A token that says it was issued in the future is refused.
    pub(crate) checks_issued_at: bool,
    pub(crate) token_use: ExpectedTokenUse,
    pub(crate) audience: AudienceRule,
    /// There has to be an audience list.
    pub(crate) needs_audience: bool,
    /// `scp` holds scopes too.
    pub(crate) reads_scp: bool,
    pub(crate) routes: MatchRules,
    /// An unknown route with an `Authorization` header can be taken for a bad SigV4 signature.
    pub(crate) knows_sigv4: bool,
    pub(crate) insufficient_scope: InsufficientScope,
    pub(crate) when_keys_unavailable: WhenKeysUnavailable,
    pub(crate) challenges: Challenges,
    /// The headers by which a caller can refer to a refused request, and one for its reason.
    pub(crate) id_headers: IdHeaders,
    pub(crate) claim_format: ClaimFormat,
    pub(crate) answers: Answers,
}

/// The names of headers that only a gateway response has.
#[derive(Debug)]
pub(crate) struct IdHeaders {
    pub(crate) error_type: Option<HeaderName>,
    pub(crate) request_id: Option<HeaderName>,
    pub(crate) extended_request_id: HeaderName,
}

/// What is said in each case.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) bad_path: Answer,
    pub(crate) unknown_stage: Answer,
    pub(crate) no_route: Answer,
    pub(crate) unauthorized: Answer,
    pub(crate) expired: Answer,
    pub(crate) forbidden: Answer,
    pub(crate) keys_unavailable: Answer,
    /// The same, where the caller is told to come back.
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
