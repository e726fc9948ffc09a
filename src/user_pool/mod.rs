//! Which user pool a token has to come from, and where that pool publishes its keys.
//!
//! In: a user pool id or ARN. Out: the issuers that its tokens name and the address of its JWK Set,
//! for every AWS partition. Refused: text that is neither. Sources: Cognito, "Verifying JSON web
//! tokens", and `UserPoolIdType` of the Cognito API reference; [behaviour §1.5 and §7.1](crate::docs::behaviour).

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
/// Any text is an id that matches the pattern of the Cognito API reference, `[\w-]+_[0-9a-zA-Z]+`, and has at most 55
/// characters. So the ids of emulators are ids too, such as `local_2D4gvA2k`; the part before the last `_` is then not
/// an AWS region, no issuer can be derived from it, and [`UserPool::with_issuer`] must set one. A region that has the
/// form of an AWS region, but is not known, is taken for one of the partition that its prefix belongs to, `aws` by
/// default: regions are added without notice.
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
    // Shared: every verified token carries it.
    text: Arc<str>,
    region_length: usize,
}

/// Reads a user pool id or the ARN of a user pool.
///
/// # Errors
///
/// [`UserPoolError::InvalidId`] or [`UserPoolError::InvalidArn`], naming the text.
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
    /// The id, `<region>_<id>`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The AWS region, such as `eu-west-1`, or what an emulator has in its place.
    pub fn region(&self) -> &str {
        self.text.get(..self.region_length).unwrap_or_default()
    }

    /// Whether the id begins with an AWS region, so that an issuer can be derived from it.
    pub(crate) fn names_region(&self) -> bool {
        is_region(self.region())
    }

    fn from_id(text: &str) -> Option<Self> {
        let (region, id) = text.rsplit_once('_')?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let region_holds = !region.is_empty() && region.bytes().all(is_word);
        let id_holds = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // 55: the longest UserPoolId of the Cognito API reference.
        (region_holds && id_holds && text.len() <= 55).then(|| Self { text: text.into(), region_length: region.len() })
    }

    /// `arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool id}`
    fn from_arn(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (_arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let id = Self::from_id(resource.strip_prefix("userpool/")?)?;
        let account_holds = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (partition.starts_with("aws") && service == "cognito-idp" && region == id.region() && account_holds)
            .then_some(id)
    }

    /// The DNS suffix of the AWS partition that the region belongs to.
    fn dns_suffix(&self) -> &'static str {
        partition(self.region()).1
    }
}

/// The name of the AWS partition that a region belongs to, and its DNS suffix.
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

/// A user pool whose tokens are accepted: its id, the issuers that its tokens may name, and where
/// its JWK Set is.
///
/// From the id alone both Cognito issuer forms are accepted, `https://cognito-idp.…` and the newer
/// `https://issuer-cognito-idp.…`. An emulator or a proxy has other addresses, and the two can
/// differ:
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
/// `Debug` shows no query of an address: it may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPool {
    id: UserPoolId,
    issuer: Option<String>,
    jwks_uri: Option<String>,
}

/// The user pool with this id or ARN.
///
/// # Errors
///
/// As [`str::parse::<UserPoolId>`].
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

    /// Takes the keys from this address, whichever issuer a token names. By default they are at
    /// `{issuer}/.well-known/jwks.json`.
    #[must_use]
    pub fn with_jwks_uri(mut self, jwks_uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(jwks_uri.into());
        self
    }

    /// The user pool id.
    pub fn id(&self) -> &UserPoolId {
        &self.id
    }

    /// The only issuer, if one was given.
    #[cfg(feature = "configuration")]
    pub(crate) fn own_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Where the keys are, if that was given.
    #[cfg(feature = "configuration")]
    pub(crate) fn own_jwks_uri(&self) -> Option<&str> {
        self.jwks_uri.as_deref()
    }

    /// The issuers that are accepted, the usual one first. There are none if none was given and none can be derived,
    /// because the id does not begin with an AWS region.
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
/// `Debug` shows no query of an address: it may hold a secret.
///
/// ```
/// use cognito_authorizer::UserPool;
///
/// let issuers = "eu-west-1_Ab129faBb".parse::<UserPool>()?.issuers();
/// assert_eq!(issuers[0].name(), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb");
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
    /// The user pool.
    pub fn user_pool(&self) -> &UserPoolId {
        &self.user_pool
    }

    /// What the `iss` claim has to be, to the letter (RFC 7519 §4.1.1, RFC 8725 §3.8).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the issuer's JWK Set is.
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

/// `eu-west-1`, `us-gov-west-1`, `eusc-de-east-1`: lower-case words and a number, joined by hyphens.
fn is_region(text: &str) -> bool {
    let mut words = text.split('-').rev();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.next().is_some_and(is_number) && words.clone().count() >= 2 && words.all(is_word)
}

/// Region prefix, name and DNS suffix of every partition but `aws`.
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
