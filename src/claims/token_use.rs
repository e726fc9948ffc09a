//! `token_use`: the claim that tells Cognito's token kinds apart (RFC 8725 §3.12).

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenUse {
    /// An access token: `"token_use":"access"`.
    Access,
    /// An ID token: `"token_use":"id"`.
    Id,
}

impl TokenUse {
    /// The kind that the claim's value names, compared case-sensitively.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "access" => Some(Self::Access),
            "id" => Some(Self::Id),
            _ => None,
        }
    }

    /// The claim's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
        }
    }
}
