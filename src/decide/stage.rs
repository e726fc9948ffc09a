//! The stages of the decision, and the stage of each rejection.

use super::RejectionKind;

/// A stage of the decision. A request passes the stages in this order, and the first one that fails decides.
///
/// ```
/// use cognito_authorizer::{RejectionKind, verifier::DecisionStage};
///
/// assert_eq!(RejectionKind::Expired.decision_stage(), DecisionStage::Time);
/// assert!(DecisionStage::Signature < DecisionStage::Scopes);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DecisionStage {
    /// Which route matches, and its authorizer.
    Route,
    /// Whether the identity source holds exactly one token of an accepted length.
    IdentitySource,
    /// Whether the token is a compact JWS whose header and claims can be parsed (RFC 7515 §3.1, RFC 7519 §7.2).
    Shape,
    /// Whether the token's algorithm is accepted (RFC 8725 §3.1).
    Algorithm,
    /// Whether the token names a configured issuer (RFC 8725 §3.8).
    Issuer,
    /// Whether the issuer has the key that the token names (RFC 7515 §4.1.4).
    Key,
    /// Whether the signature is valid (RFC 7518 §3.3).
    Signature,
    /// Whether the token is valid at this time (RFC 7519 §4.1.4 to §4.1.6).
    Time,
    /// Whether the token names a subject.
    Subject,
    /// Whether the token is of the kind that the route accepts (RFC 8725 §3.12).
    TokenUse,
    /// Whether the token was issued to an accepted app client, for this audience (RFC 8725 §3.9).
    AppClient,
    /// Whether the token has one of the route's scopes (RFC 6749 §3.3).
    Scopes,
    /// Whether the service reports the token as revoked.
    Revocation,
}

impl DecisionStage {
    /// All stages, in order.
    pub const ALL: &'static [Self] = &[
        Self::Route,
        Self::IdentitySource,
        Self::Shape,
        Self::Algorithm,
        Self::Issuer,
        Self::Key,
        Self::Signature,
        Self::Time,
        Self::Subject,
        Self::TokenUse,
        Self::AppClient,
        Self::Scopes,
        Self::Revocation,
    ];

    /// Returns a stable name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::IdentitySource => "identity_source",
            Self::Shape => "shape",
            Self::Algorithm => "algorithm",
            Self::Issuer => "issuer",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Time => "time",
            Self::Subject => "subject",
            Self::TokenUse => "token_use",
            Self::AppClient => "app_client",
            Self::Scopes => "scopes",
            Self::Revocation => "revocation",
        }
    }
}

impl RejectionKind {
    /// Returns the stage that failed.
    pub const fn decision_stage(self) -> DecisionStage {
        match self {
            Self::AmbiguousPath | Self::UnknownStage | Self::NoRoute | Self::UnsupportedAuthorization => {
                DecisionStage::Route
            }
            Self::MissingToken
            | Self::RepeatedToken
            | Self::EmptyToken
            | Self::MissingScheme
            | Self::TokenTooLong
            | Self::TokenPatternMismatch => DecisionStage::IdentitySource,
            Self::MalformedToken | Self::MalformedHeader | Self::MalformedClaims | Self::MalformedSignature => {
                DecisionStage::Shape
            }
            Self::UnsupportedExtension | Self::UnsupportedAlgorithm => DecisionStage::Algorithm,
            Self::UnknownIssuer => DecisionStage::Issuer,
            Self::MissingKid | Self::KeysUnavailable | Self::UnknownKey => DecisionStage::Key,
            Self::InvalidSignature => DecisionStage::Signature,
            Self::MissingExpiry | Self::Expired | Self::NotYetValid | Self::IssuedInFuture | Self::LifetimeTooLong => {
                DecisionStage::Time
            }
            Self::MissingSubject => DecisionStage::Subject,
            Self::SenderConstrained | Self::WrongTokenUse => DecisionStage::TokenUse,
            Self::WrongAppClient | Self::AudiencePatternMismatch => DecisionStage::AppClient,
            Self::InsufficientScope => DecisionStage::Scopes,
            Self::Revoked => DecisionStage::Revocation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        DecisionStage,
        RejectionKind::{self, *},
    };

    /// Behaviour §10.7, with the reasons that each stage has.
    const STAGES: [(&str, &[RejectionKind]); 13] = [
        ("route", &[AmbiguousPath, UnknownStage, NoRoute, UnsupportedAuthorization]),
        (
            "identity_source",
            &[MissingToken, RepeatedToken, EmptyToken, MissingScheme, TokenTooLong, TokenPatternMismatch],
        ),
        ("shape", &[MalformedToken, MalformedHeader, MalformedClaims, MalformedSignature]),
        ("algorithm", &[UnsupportedExtension, UnsupportedAlgorithm]),
        ("issuer", &[UnknownIssuer]),
        ("key", &[MissingKid, KeysUnavailable, UnknownKey]),
        ("signature", &[InvalidSignature]),
        ("time", &[MissingExpiry, Expired, NotYetValid, IssuedInFuture, LifetimeTooLong]),
        ("subject", &[MissingSubject]),
        ("token_use", &[SenderConstrained, WrongTokenUse]),
        ("app_client", &[WrongAppClient, AudiencePatternMismatch]),
        ("scopes", &[InsufficientScope]),
        ("revocation", &[Revoked]),
    ];

    #[test]
    fn every_reason_has_its_place() {
        for (place, kind) in RejectionKind::ALL.iter().enumerate() {
            assert_eq!(kind.place(), place, "{kind:?}");
        }
        let kinds: usize = STAGES.iter().map(|(_, kinds)| kinds.len()).sum();
        assert_eq!(RejectionKind::ALL.len(), kinds);
    }

    #[test]
    fn each_rejection_has_its_stage_and_they_stand_in_order() {
        let names: Vec<&str> = DecisionStage::ALL.iter().map(|stage| stage.as_str()).collect();
        assert_eq!(names, STAGES.map(|(name, _)| name));
        assert!(DecisionStage::ALL.is_sorted_by(|one, other| one < other));
        for (name, kinds) in STAGES {
            for kind in kinds {
                assert_eq!(kind.decision_stage().as_str(), name, "{kind:?}");
            }
        }
    }
}
