//! The `www-authenticate` header (RFC 9110 §11.6.1, RFC 6750 §3).
//!
//! An HTTP API writes `Bearer scope="<the route's scopes>" error="…" error_description="…"`, or only `Bearer` if the
//! request has no token. See [behaviour §4.2](crate::docs::behaviour). This crate chose the texts that were not
//! observed on API Gateway.

use http::HeaderValue;

use crate::{authorizer_type::Challenges, decide::RejectionKind, route::RouteAuthorization};

/// Returns the challenge for a rejection on a route; `None` if the response has no challenge.
pub(super) fn challenge(
    kind: RejectionKind,
    authorization: Option<&RouteAuthorization>,
    style: Challenges,
) -> Option<HeaderValue> {
    let separator = match style {
        Challenges::Never => return None,
        Challenges::ApiGateway => " ",
        Challenges::Rfc6750 => ", ",
    };
    let Some((error, description)) = error(kind)? else { return Some(HeaderValue::from_static("Bearer")) };
    let scopes = authorization.into_iter().flat_map(RouteAuthorization::scope_names).collect::<Vec<_>>().join(" ");
    let description = match kind {
        RejectionKind::InsufficientScope => format!("{description}: [{scopes}]"),
        _ => description.to_owned(),
    };
    // Neither a scope (RFC 6749 §3.3) nor a description contains a quote or a backslash.
    let value =
        format!(r#"Bearer scope="{scopes}"{separator}error="{error}"{separator}error_description="{description}""#);
    HeaderValue::try_from(value).ok()
}

/// Returns the error code (RFC 6750 §3.1) and the description.
///
/// `Some(None)` is a challenge without an error, and `None` means that no challenge is sent.
fn error(kind: RejectionKind) -> Option<Option<(&'static str, &'static str)>> {
    use RejectionKind as No;
    let description = match kind {
        No::AmbiguousPath | No::UnknownStage | No::NoRoute | No::UnsupportedAuthorization => return None,
        No::MissingToken | No::EmptyToken => return Some(None),
        No::InsufficientScope => return Some(Some(("insufficient_scope", "expected scopes"))),
        No::RepeatedToken => "more than one token was sent",
        No::MissingScheme => "the token was sent without its scheme",
        No::TokenTooLong => "the token is too long",
        No::MalformedToken => "token contains an invalid number of segments",
        No::MalformedHeader | No::MalformedClaims | No::MalformedSignature | No::UnsupportedExtension => {
            "the token is malformed"
        }
        No::UnsupportedAlgorithm => "the signing method is invalid",
        No::UnknownIssuer => "the token has an invalid issuer",
        No::MissingKid => "the token does not have a kid",
        No::KeysUnavailable | No::UnknownKey => "unable to find a key with the token's kid",
        No::InvalidSignature => "signature is invalid",
        No::MissingExpiry => "the token does not have an expiry",
        No::Expired => "the token has expired",
        No::NotYetValid => "the token is not valid yet",
        No::IssuedInFuture => "the token was issued in the future",
        No::LifetimeTooLong => "the token was issued for too long",
        No::MissingSubject => "the token does not have a subject",
        No::SenderConstrained => "the token is bound to a key of its sender",
        No::WrongTokenUse => "the token has an invalid token use",
        No::WrongAppClient | No::AudiencePatternMismatch | No::TokenPatternMismatch => {
            "the token does not have a valid audience"
        }
        No::Revoked => "the token was revoked",
    };
    Some(Some(("invalid_token", description)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RejectionKind as No;

    /// In the words of API Gateway where it has some, and in like words where it has none (behaviour §4.2).
    #[test]
    fn every_reason_that_is_about_a_token_is_told() {
        for (kind, expected) in [
            (No::MissingToken, None),
            (No::EmptyToken, None),
            (No::RepeatedToken, Some("more than one token was sent")),
            (No::MissingScheme, Some("the token was sent without its scheme")),
            (No::TokenTooLong, Some("the token is too long")),
            (No::MalformedToken, Some("token contains an invalid number of segments")),
            (No::UnsupportedExtension, Some("the token is malformed")),
            (No::MissingKid, Some("the token does not have a kid")),
            (No::KeysUnavailable, Some("unable to find a key with the token's kid")),
            (No::MissingExpiry, Some("the token does not have an expiry")),
            (No::NotYetValid, Some("the token is not valid yet")),
            (No::MissingSubject, Some("the token does not have a subject")),
            (No::AudiencePatternMismatch, Some("the token does not have a valid audience")),
            (No::TokenPatternMismatch, Some("the token does not have a valid audience")),
            (No::Revoked, Some("the token was revoked")),
        ] {
            assert_eq!(error(kind), Some(expected.map(|text| ("invalid_token", text))), "{kind:?}");
        }
        for kind in [No::AmbiguousPath, No::UnknownStage, No::NoRoute, No::UnsupportedAuthorization] {
            assert_eq!(error(kind), None, "{kind:?}: another token would not help");
        }
    }
}
