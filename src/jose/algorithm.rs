//! Signature algorithms.

/// A signature algorithm that is accepted (RFC 7518 §3.1). The others, `none` among them, have no
/// value here: code that holds an `Algorithm` cannot be talked into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3): what Cognito signs with.
    Rs256,
}

impl Algorithm {
    /// The algorithm of an `alg` value, compared case-sensitively (RFC 7515 §4.1.1).
    pub fn from_name(name: &str) -> Option<Self> {
        (name == Self::Rs256.name()).then_some(Self::Rs256)
    }

    /// The `alg` value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_one_spelling_of_one_algorithm() {
        assert_eq!(Algorithm::from_name("RS256"), Some(Algorithm::Rs256));
        for name in ["none", "None", "nOnE", "", "rs256", "RS256 ", "HS256", "PS256", "ES256", "RS384", "RS512"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }
}
