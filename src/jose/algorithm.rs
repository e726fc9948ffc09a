//! Signature algorithms.

/// A signature algorithm that can be accepted (RFC 7518 §3.1). The others, `none` among them, have no
/// value here: code that holds an `Algorithm` cannot be talked into one.
///
/// Which of these are accepted depends on the [authorizer type](crate::AuthorizerType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3): what Cognito signs with.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// The algorithm of an `alg` value, compared case-sensitively (RFC 7515 §4.1.1).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Rs384, Self::Rs512].into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_one_spelling_of_three_algorithms() {
        assert_eq!(Algorithm::from_name("RS256"), Some(Algorithm::Rs256));
        assert_eq!(Algorithm::from_name("RS384"), Some(Algorithm::Rs384));
        assert_eq!(Algorithm::from_name("RS512"), Some(Algorithm::Rs512));
        for name in ["none", "None", "nOnE", "", "rs256", "RS256 ", "HS256", "PS256", "ES256", "RS1", "RS5120"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }
}
