//! Maps each reason for a rejection to its answer. No other module does so.

use crate::{
    authorizer_type::{Answer, InsufficientScope, Rules, WhenKeysUnavailable},
    decide::{Rejection, RejectionKind},
};

/// Returns the default answer to a rejection.
pub(super) fn answer(
    rejection: Rejection,
    rules: &Rules,
    insufficient_scope: InsufficientScope,
    when_keys_unavailable: WhenKeysUnavailable,
) -> Answer {
    use RejectionKind as No;
    let answers = &rules.answers;
    match rejection.kind() {
        No::AmbiguousPath => answers.bad_path,
        No::UnknownStage => answers.unknown_stage,
        No::NoRoute => answers.no_route,
        No::UnsupportedAuthorization => answers.forbidden,
        No::KeysUnavailable => match when_keys_unavailable {
            WhenKeysUnavailable::InternalServerError => answers.keys_unavailable,
            WhenKeysUnavailable::ServiceUnavailable => answers.try_again,
            WhenKeysUnavailable::Unauthorized => answers.unauthorized,
        },
        No::Expired => answers.expired,
        No::InsufficientScope => match insufficient_scope {
            InsufficientScope::Unauthorized => answers.unauthorized,
            InsufficientScope::Forbidden => answers.forbidden,
        },
        No::MissingToken
        | No::RepeatedToken
        | No::EmptyToken
        | No::MissingScheme
        | No::TokenPatternMismatch
        | No::TokenTooLong
        | No::MalformedToken
        | No::MalformedHeader
        | No::MalformedClaims
        | No::MalformedSignature
        | No::UnsupportedExtension
        | No::UnsupportedAlgorithm
        | No::UnknownIssuer
        | No::MissingKid
        | No::UnknownKey
        | No::InvalidSignature
        | No::MissingExpiry
        | No::NotYetValid
        | No::IssuedInFuture
        | No::LifetimeTooLong
        | No::MissingSubject
        | No::SenderConstrained
        | No::WrongTokenUse
        | No::WrongAppClient
        | No::AudiencePatternMismatch
        | No::Revoked => answers.unauthorized,
    }
}
