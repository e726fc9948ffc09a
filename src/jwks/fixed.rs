//! A key source with fixed keys, from text or from a file.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;

use super::{KeyFuture, KeyRequest, KeySource, KeySourceError};
use crate::{
    error_text::debug_as_display,
    jose::{JwkSet, JwkSetError},
    limits::MAX_JWK_SET_BYTES,
    regular_file,
    user_pool::{Issuer, UserPoolError, UserPoolId},
};

/// Provides a fixed JWK Set for each user pool, without network access.
///
/// The source reads a file again after an hour, and when a token names a key that is not in the file. To rotate keys,
/// replace the file.
///
/// ```
/// use cognito_authorizer::{Authorizer, keys::FixedKeySource};
///
/// # let json = r#"{"keys":[{"kty":"RSA","kid":"a","alg":"RS256","use":"sig","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}"#;
/// let keys = FixedKeySource::new().with_jwk_set("eu-west-1_Ab129faBb", json)?;
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").key_source(keys).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FixedKeySource {
    // Separate for each user pool, so that the key of one pool never verifies a token of another.
    user_pools: Vec<(UserPoolId, JwkSetInput)>,
}

#[derive(Clone, Debug)]
enum JwkSetInput {
    Text(Bytes),
    File(Arc<Path>),
}

impl FixedKeySource {
    /// Creates a source without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the JWK Set of a user pool, named by its id or ARN, as JSON.
    ///
    /// # Errors
    ///
    /// [`FixedKeySourceError`] if the JWK Set holds no usable key, or the user pool has a JWK Set already.
    pub fn with_jwk_set(self, user_pool: &str, json: impl Into<String>) -> Result<Self, FixedKeySourceError> {
        self.with(user_pool, JwkSetInput::Text(Bytes::from(json.into())))
    }

    /// Adds a file with the JWK Set of a user pool, named by its id or ARN.
    ///
    /// # Errors
    ///
    /// [`FixedKeySourceError`] if the file cannot be read or holds no usable key, or the user pool
    /// has a JWK Set already.
    pub fn with_file(self, user_pool: &str, path: impl AsRef<Path>) -> Result<Self, FixedKeySourceError> {
        self.with(user_pool, JwkSetInput::File(path.as_ref().into()))
    }

    fn with(mut self, user_pool: &str, given: JwkSetInput) -> Result<Self, FixedKeySourceError> {
        let user_pool = user_pool.parse::<UserPoolId>()?;
        if self.of(&user_pool).is_some() {
            return Err(FixedKeySourceError::Repeated { user_pool });
        }
        let set = JwkSet::parse(&given.read()?)
            .map_err(|reason| FixedKeySourceError::Malformed { user_pool: user_pool.clone(), reason })?;
        if set.is_empty() {
            return Err(FixedKeySourceError::NoUsableKey { user_pool, reason: set.why_empty() });
        }
        self.user_pools.push((user_pool, given));
        Ok(self)
    }

    fn of(&self, user_pool: &UserPoolId) -> Option<&JwkSetInput> {
        self.user_pools.iter().find(|(own, _)| own == user_pool).map(|(_, given)| given)
    }
}

impl JwkSetInput {
    /// Returns the document. Blocks if the document is in a file.
    fn read(&self) -> Result<Bytes, FixedKeySourceError> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => {
                read_file(path).map_err(|reason| FixedKeySourceError::File { path: path.to_path_buf(), reason })
            }
        }
    }
}

impl KeySource for FixedKeySource {
    fn is_persistable(&self) -> bool {
        false
    }

    fn supports(&self, issuer: &Issuer) -> Result<(), KeySourceError> {
        let not_given = || FixedKeySourceError::NotGiven { user_pool: issuer.user_pool().clone() };
        self.of(issuer.user_pool()).map(drop).ok_or_else(|| KeySourceError::Other(not_given().into()))
    }

    fn fetch(&self, request: KeyRequest) -> KeyFuture {
        let given = self.of(&request.user_pool).cloned();
        Box::pin(async move {
            let error = |error: FixedKeySourceError| KeySourceError::Other(error.into());
            let given = given.ok_or_else(|| error(FixedKeySourceError::NotGiven { user_pool: request.user_pool }))?;
            let read = tokio::task::spawn_blocking(move || given.read());
            let document = read.await.map_err(|panic| KeySourceError::Other(panic.into()))?;
            Ok(document.map_err(error)?.into())
        })
    }
}

/// An error of [`FixedKeySource`].
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum FixedKeySourceError {
    /// The user pool is not valid.
    #[error(transparent)]
    UserPool(#[from] UserPoolError),
    /// The user pool has a JWK Set already.
    #[error("two JWK Sets were given for the user pool `{user_pool}`: give one")]
    Repeated {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// No JWK Set was given for the user pool.
    #[error("no JWK Set was given for the user pool `{user_pool}`")]
    NotGiven {
        /// The user pool.
        user_pool: UserPoolId,
    },
    /// The JWK Set cannot be parsed.
    #[error("the JWK Set of the user pool `{user_pool}` cannot be used: {reason}")]
    Malformed {
        /// The user pool.
        user_pool: UserPoolId,
        /// What is wrong with the JWK Set.
        reason: JwkSetError,
    },
    /// The JWK Set holds no key, or every key was dropped.
    #[error("the JWK Set of the user pool `{user_pool}` holds no usable key: {reason}")]
    NoUsableKey {
        /// The user pool.
        user_pool: UserPoolId,
        /// What is wrong with each key.
        reason: String,
    },
    /// The file cannot be read.
    #[error("cannot read the JWK Set file `{}`: {reason}", .path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        reason: io::Error,
    },
}

debug_as_display!(FixedKeySourceError);

/// Reads a file, up to one byte past the limit of a JWK Set: parsing rejects a document that is too large.
fn read_file(path: &Path) -> io::Result<Bytes> {
    let mut content = Vec::new();
    regular_file::open(path, MAX_JWK_SET_BYTES)?.read_to_end(&mut content)?;
    Ok(content.into())
}
