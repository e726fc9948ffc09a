//! User pools: the issuers of their tokens and the addresses of their JWK Sets.
//!
//! A user pool id or ARN determines both, in every AWS partition. Any other text is rejected. Sources: Cognito,
//! "Verifying JSON web tokens", and `UserPoolIdType` of the Cognito API reference; [behaviour §1.5 and
//! §7.1](crate::docs::behaviour).

mod app_client_id;

mod error;

use std::{fmt, str::FromStr, sync::Arc};

pub use self::{
    app_client_id::{AppClientId, Audience},
    error::UserPoolError,
};
use crate::{
    address::RedactedUrl,
    text_value::{never_an_error, text_value},
};

/// A user pool id, `<region>_<id>`, such as `eu-west-1_Ab129faBb`.
///
/// An id is any text that matches the pattern of the Cognito API reference, `[\w-]+_[0-9a-zA-Z]+`, and has at most 55
/// characters. Emulator ids, such as `local_2D4gvA2k`, are therefore valid. The part of such an id before the last `_`
/// is not an AWS region, so no issuer can be derived from it, and [`UserPool::with_issuer`] must set one.
///
/// An unknown region in the form of an AWS region is accepted, because AWS adds regions without notice. The prefix of
/// the region selects its partition, by default `aws`.
///
/// ```
/// use cognito_authorizer::UserPoolId;
///
/// assert_eq!("eu-west-1_Ab129faBb".parse::<UserPoolId>()?.region(), "eu-west-1");
/// let arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";
/// assert_eq!(arn.parse::<UserPoolId>()?.as_str(), "eu-west-1_Ab129faBb");
/// # Ok::<(), cognito_authorizer::user_pool::UserPoolError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserPoolId {
    // Shared, because every verified token refers to the id of its pool.
    text: Arc<str>,
    region_length: usize,
}

/// Parses a user pool id or the ARN of a user pool.
///
/// # Errors
///
/// Returns [`UserPoolError::InvalidArn`] for an invalid text that starts with `arn:`, and [`UserPoolError::InvalidId`]
/// for any other invalid text. Both name the text.
impl FromStr for UserPoolId {
    type Err = UserPoolError;

    fn from_str(text: &str) -> Result<Self, UserPoolError> {
        if text.starts_with("arn:") {
            return Self::from_arn(text).ok_or_else(|| UserPoolError::InvalidArn { arn: text.to_owned() });
        }
        Self::from_id(text).ok_or_else(|| UserPoolError::InvalidId { id: text.to_owned() })
    }
}

impl UserPoolId {
    /// Returns the id, `<region>_<id>`, as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the AWS region, such as `eu-west-1`, or the text that an emulator uses in place of a region.
    pub fn region(&self) -> &str {
        self.text.get(..self.region_length).unwrap_or_default()
    }

    /// Returns whether the id begins with an AWS region, so that an issuer can be derived from the id.
    pub(crate) fn names_region(&self) -> bool {
        is_region(self.region())
    }

    fn from_id(text: &str) -> Option<Self> {
        let (region, id) = text.rsplit_once('_')?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let region_holds = !region.is_empty() && region.bytes().all(is_word);
        let id_holds = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // The Cognito API reference limits a `UserPoolId` to 55 characters.
        (region_holds && id_holds && text.len() <= 55).then(|| Self { text: text.into(), region_length: region.len() })
    }

    /// Parses `arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool id}`.
    fn from_arn(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (_arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let id = Self::from_id(resource.strip_prefix("userpool/")?)?;
        let account_holds = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (partition.starts_with("aws") && service == "cognito-idp" && region == id.region() && account_holds)
            .then_some(id)
    }

    /// Returns the DNS suffix of the region's AWS partition.
    fn dns_suffix(&self) -> &'static str {
        partition(self.region()).1
    }
}

/// Returns the name and the DNS suffix of a region's AWS partition.
pub(crate) fn partition(region: &str) -> (&'static str, &'static str) {
    let own = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
    own.map_or(("aws", "amazonaws.com"), |(_, name, suffix)| (name, suffix))
}

impl fmt::Debug for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A user pool whose tokens are accepted.
///
/// By default, the tokens may name either form of Cognito issuer: `https://cognito-idp.…` or the newer
/// `https://issuer-cognito-idp.…`. An emulator or a proxy uses other addresses, and its issuer and its JWK Set may have
/// different ones:
///
/// ```
/// use cognito_authorizer::UserPool;
///
/// let pool = "us-east-1_Ab129faBb".parse::<UserPool>()?
///     .with_issuer("http://localhost:9229/us-east-1_Ab129faBb")
///     .with_jwks_uri("http://127.0.0.1:9229/us-east-1_Ab129faBb/.well-known/jwks.json");
/// assert_eq!(pool.issuers().len(), 1);
/// # Ok::<(), cognito_authorizer::user_pool::UserPoolError>(())
/// ```
///
/// `Debug` hides the query of an address, because a query may contain a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPool {
    id: UserPoolId,
    issuer: Option<String>,
    jwks_uri: Option<String>,
}

/// Creates a user pool from its id or ARN.
///
/// # Errors
///
/// Returns the errors of [`str::parse::<UserPoolId>`].
impl FromStr for UserPool {
    type Err = UserPoolError;

    fn from_str(id_or_arn: &str) -> Result<Self, UserPoolError> {
        id_or_arn.parse::<UserPoolId>().map(Self::from)
    }
}

text_value!(UserPoolId, UserPoolError);

text_value!(UserPool, UserPoolError);

never_an_error!(UserPoolError);

impl UserPool {
    /// Accepts only this issuer, compared exactly.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Fetches the keys from this address, for every issuer of the user pool.
    ///
    /// The default address is `{issuer}/.well-known/jwks.json`.
    #[must_use]
    pub fn with_jwks_uri(mut self, jwks_uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(jwks_uri.into());
        self
    }

    /// Returns the user pool id.
    pub fn id(&self) -> &UserPoolId {
        &self.id
    }

    /// Returns the issuer that [`with_issuer`](Self::with_issuer) set.
    #[cfg(feature = "configuration")]
    pub(crate) fn own_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns the address that [`with_jwks_uri`](Self::with_jwks_uri) set.
    #[cfg(feature = "configuration")]
    pub(crate) fn own_jwks_uri(&self) -> Option<&str> {
        self.jwks_uri.as_deref()
    }

    /// Returns the accepted issuers, the usual one first.
    ///
    /// The list is empty if no issuer was set and the id does not begin with an AWS region.
    pub fn issuers(&self) -> Vec<Issuer> {
        let names = match &self.issuer {
            Some(name) => vec![name.clone()],
            None if !self.id.names_region() => Vec::new(),
            None => {
                let (id, region, suffix) = (&self.id, self.id.region(), self.id.dns_suffix());
                ["cognito-idp", "issuer-cognito-idp"]
                    .map(|host| format!("https://{host}.{region}.{suffix}/{id}"))
                    .to_vec()
            }
        };
        let issuer = |name: String| {
            let well_known = || format!("{}/.well-known/jwks.json", name.trim_end_matches('/'));
            let jwks_uri = self.jwks_uri.clone().unwrap_or_else(well_known);
            Issuer { user_pool: self.id.clone(), name, jwks_uri }
        };
        names.into_iter().map(issuer).collect()
    }
}

impl AsRef<str> for UserPoolId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&UserPoolId> for UserPool {
    fn from(id: &UserPoolId) -> Self {
        id.clone().into()
    }
}

impl From<UserPoolId> for UserPool {
    fn from(id: UserPoolId) -> Self {
        Self { id, issuer: None, jwks_uri: None }
    }
}

impl fmt::Debug for UserPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserPool")
            .field("id", &self.id)
            .field("issuer", &self.issuer.as_deref().map(RedactedUrl))
            .field("jwks_uri", &self.jwks_uri.as_deref().map(RedactedUrl))
            .finish()
    }
}

/// An issuer of a user pool's tokens.
///
/// `Debug` hides the query of an address, because a query may contain a secret.
///
/// ```
/// use cognito_authorizer::UserPool;
///
/// let issuers = "eu-west-1_Ab129faBb".parse::<UserPool>()?.issuers();
/// assert_eq!(
///     issuers[0].name(),
///     "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb"
/// );
/// assert_eq!(issuers[0].jwks_uri(), format!("{}/.well-known/jwks.json", issuers[0].name()));
/// # Ok::<(), cognito_authorizer::user_pool::UserPoolError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    user_pool: UserPoolId,
    name: String,
    jwks_uri: String,
}

impl Issuer {
    /// Returns the id of the user pool.
    pub fn user_pool(&self) -> &UserPoolId {
        &self.user_pool
    }

    /// Returns the exact value that the `iss` claim must have (RFC 7519 §4.1.1, RFC 8725 §3.8).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address of the issuer's JWK Set.
    pub fn jwks_uri(&self) -> &str {
        &self.jwks_uri
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("user_pool", &self.user_pool)
            .field("name", &RedactedUrl(&self.name))
            .field("jwks_uri", &RedactedUrl(&self.jwks_uri))
            .finish()
    }
}

/// Returns whether the text has the form of an AWS region: lower-case words and a number, joined by hyphens, such as
/// `eu-west-1`, `us-gov-west-1` or `eusc-de-east-1`.
fn is_region(text: &str) -> bool {
    let mut words = text.split('-').rev();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.next().is_some_and(is_number) && words.clone().count() >= 2 && words.all(is_word)
}

/// Region prefix, name and DNS suffix of every partition except `aws`.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
];

#[cfg(test)]
mod tests;
