//! `token_use`: the claim that distinguishes the kinds of Cognito token (RFC 8725 §3.12).

/// The kind of a Cognito token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenUse {
    /// An access token: `"token_use":"access"`.
    Access,
    /// An ID token: `"token_use":"id"`.
    Id,
}

impl TokenUse {
    /// Parses the claim's value, case-sensitively.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "access" => Some(Self::Access),
            "id" => Some(Self::Id),
            _ => None,
        }
    }

    /// Returns the claim's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
        }
    }
}
