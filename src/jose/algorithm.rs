//! Signature algorithms.

/// A signature algorithm that can be accepted (RFC 7518 §3.1).
///
/// Other algorithms, including `none`, have no variant here, so code with an `Algorithm` cannot be tricked into using
/// one.
///
/// The [authorizer type](crate::AuthorizerType) determines which of these algorithms are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3), the algorithm of Cognito's tokens.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// Parses an `alg` value, case-sensitively (RFC 7515 §4.1.1).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Rs384, Self::Rs512].into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// Returns the `alg` value.
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
