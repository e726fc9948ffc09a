//! Claims of a token whose signature is valid.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};

use super::{TokenUse, UnverifiedClaims, claim_set::ClaimSet};
use crate::{
    error_text::debug_as_display,
    jose::{
        json::{JsonText, Member},
        signature::SignatureHeld,
    },
    time::UnixTime,
    user_pool::{Issuer, UserPoolId},
};

/// Claims whose signature is valid. No other check has been made.
pub(crate) struct SignedClaims(UnverifiedClaims);

impl UnverifiedClaims {
    /// Marks the claims as signed, given the proof that their signature is valid.
    pub(crate) fn signed(self, _proof: SignatureHeld) -> SignedClaims {
        SignedClaims(self)
    }
}

impl SignedClaims {
    /// Returns the time claims; `None` if `exp` is not a NumericDate.
    pub(crate) fn times(&self) -> Option<Times<'_>> {
        let ClaimSet { expires_at, not_before, issued_at, .. } = &self.0.set;
        Some(Times { expires_at: *expires_at.value()?, not_before, issued_at })
    }

    /// Returns the claims for the request's extensions; `None` if `sub` is not a string.
    pub(crate) fn into_claims(self, expires_at: UnixTime, issuer: Arc<Issuer>) -> Option<Claims> {
        let UnverifiedClaims { document, set } = self.0;
        set.subject.value()?;
        Some(Claims(Arc::new(Inner { document, set, expires_at, issuer })))
    }
}

/// The time claims of a token (RFC 7519 §4.1.4 to §4.1.6).
#[derive(Clone, Copy)]
pub(crate) struct Times<'c> {
    pub(crate) expires_at: UnixTime,
    pub(crate) not_before: &'c Member<UnixTime>,
    pub(crate) issued_at: &'c Member<UnixTime>,
}

/// The claims of a verified token. Cheap to clone.
///
/// The layer inserts the claims into the request's extensions. With the `axum` feature, a handler takes them as an
/// argument. Known claims have methods. [`get`](Self::get) reads any other claim by name, and
/// [`deserialize`](Self::deserialize) reads all claims together.
///
/// `Debug` does not show any claim.
///
/// ```
/// use cognito_authorizer::Claims;
/// use http::Request;
///
/// fn greet<B>(request: &Request<B>) -> String {
///     match request.extensions().get::<Claims>() {
///         Some(claims) if claims.groups().any(|group| group == "admin") => {
///             "welcome back".to_owned()
///         }
///         Some(claims) => {
///             let plan: Option<String> = claims.get("custom:plan").ok().flatten();
///             format!("your plan is {}", plan.as_deref().unwrap_or("free"))
///         }
///         None => "this route is open".to_owned(),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Claims(Arc<Inner>);

struct Inner {
    document: String,
    set: ClaimSet,
    expires_at: UnixTime,
    issuer: Arc<Issuer>,
}

impl Claims {
    /// Returns the id of the user pool whose key signed the token.
    pub fn user_pool(&self) -> &UserPoolId {
        self.0.issuer.user_pool()
    }

    /// Returns `iss` (RFC 7519 §4.1.1).
    pub fn issuer(&self) -> &str {
        self.0.issuer.name()
    }

    /// Returns `sub` (RFC 7519 §4.1.2): the user's UUID or, in a client credentials token, the app client id.
    pub fn subject(&self) -> &str {
        self.text(&self.0.set.subject).unwrap_or_default()
    }

    /// Returns `aud` (RFC 7519 §4.1.3): the app client id in an ID token; access tokens normally have no `aud`.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.texts(&self.0.set.audience)
    }

    /// Returns `exp` (RFC 7519 §4.1.4).
    pub fn expires_at(&self) -> UnixTime {
        self.0.expires_at
    }

    /// Returns `nbf` (RFC 7519 §4.1.5). Cognito does not write this claim.
    pub fn not_before(&self) -> Option<UnixTime> {
        self.0.set.not_before.value().copied()
    }

    /// Returns `iat` (RFC 7519 §4.1.6), if it is a NumericDate. Only the authorizer of an HTTP API checks this claim.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.0.set.issued_at.value().copied()
    }

    /// Returns `jti` (RFC 7519 §4.1.7), if it is a string.
    pub fn jwt_id(&self) -> Option<&str> {
        self.text(&self.0.set.jwt_id)
    }

    /// Returns `token_use`, if it is `access` or `id`.
    pub fn token_use(&self) -> Option<TokenUse> {
        self.text(&self.0.set.token_use).and_then(TokenUse::from_name)
    }

    /// Returns `client_id`: the app client id in an access token, absent in an ID token.
    pub fn client_id(&self) -> Option<&str> {
        self.text(&self.0.set.client_id)
    }

    /// Returns `scope` (RFC 6749 §3.3): the scopes of an access token, separated by spaces; empty if absent.
    pub fn scope(&self) -> &str {
        self.text(&self.0.set.scope).unwrap_or_default()
    }

    /// Returns the scopes of an access token, one by one; an ID token has none.
    ///
    /// ```
    /// use cognito_authorizer::Claims;
    ///
    /// fn may_write(claims: &Claims) -> bool {
    ///     claims.scopes().any(|scope| scope == "pets/write")
    /// }
    /// ```
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope().split(' ').filter(|scope| !scope.is_empty())
    }

    /// Returns the time until the token expires; zero if it has expired.
    pub fn remaining(&self, now: UnixTime) -> Duration {
        now.until(self.expires_at())
    }

    /// Returns `scp`, which some other issuers use instead of `scope`.
    ///
    /// The claim is a string or an array of strings, each with one or more scopes. REST APIs ignore it.
    pub fn scp(&self) -> impl Iterator<Item = &str> {
        self.texts(&self.0.set.scp)
    }

    /// Returns whether the token has an `aud`.
    pub(crate) fn has_audience(&self) -> bool {
        self.0.set.audience != Member::Absent
    }

    /// Returns whether the token is bound to a key of its sender (`cnf`, RFC 7800 §3.1).
    pub(crate) fn is_sender_constrained(&self) -> bool {
        self.0.set.has_confirmation
    }

    /// Copies the claims, so that clones of the copy have their own reference count.
    pub(crate) fn unshared(&self) -> Self {
        let Inner { document, set, expires_at, issuer } = &*self.0;
        let (document, set) = (document.clone(), set.clone());
        Self(Arc::new(Inner { document, set, expires_at: *expires_at, issuer: Arc::clone(issuer) }))
    }

    /// Returns the memory of the claims, in bytes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Inner>().saturating_add(self.0.document.capacity()).saturating_add(self.0.set.size())
    }

    /// Returns the time claims.
    pub(crate) fn times(&self) -> Times<'_> {
        let ClaimSet { not_before, issued_at, .. } = &self.0.set;
        Times { expires_at: self.0.expires_at, not_before, issued_at }
    }

    /// Returns the claim set: the JSON object of the token, with every `\/` written as `/`.
    pub(crate) fn document(&self) -> &str {
        &self.0.document
    }

    /// Returns the user name: `username` in an access token, `cognito:username` in an ID token.
    ///
    /// A client credentials token does not have a user name.
    pub fn username(&self) -> Option<&str> {
        match self.token_use() {
            Some(TokenUse::Id) => self.text(&self.0.set.cognito_username),
            Some(TokenUse::Access) | None => self.text(&self.0.set.username),
        }
    }

    /// Returns `cognito:groups`: the groups of the user; none if the claim is absent or is not an array of strings.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.texts(&self.0.set.groups)
    }

    /// Reads one claim by name, such as `custom:role` or `auth_time`; `None` if the token does not contain the claim.
    ///
    /// Each call parses the claim set again.
    ///
    /// # Errors
    ///
    /// Returns [`ClaimError`] if the claim is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ClaimError> {
        let mut deserializer = serde_json::Deserializer::from_str(&self.0.document);
        let error = |_| ClaimError { name: Some(name.to_owned()) };
        deserializer.deserialize_map(OneMember { name, value: PhantomData }).map_err(error)
    }

    /// Deserializes the whole claim set into a `T`.
    ///
    /// # Errors
    ///
    /// Returns [`ClaimError`] if the claim set is not a `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ClaimError> {
        serde_json::from_str(&self.0.document).map_err(|_| ClaimError { name: None })
    }

    fn text<'c>(&'c self, member: &'c Member<JsonText>) -> Option<&'c str> {
        member.value().map(|text| text.of(&self.0.document))
    }

    fn texts<'c>(&'c self, member: &'c Member<Vec<JsonText>>) -> impl Iterator<Item = &'c str> {
        member.value().into_iter().flatten().map(|text| text.of(&self.0.document))
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("user_pool", self.user_pool()).finish_non_exhaustive()
    }
}

/// A claim is not of the requested type.
///
/// The error does not contain the value of the claim: only the handler may read it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} not of the requested type", match .name {
    Some(name) => format!("the claim `{name}` is"),
    None => "the claims are".to_owned(),
})]
pub struct ClaimError {
    name: Option<String>,
}

debug_as_display!(ClaimError);

/// Reads one member of an object. The strict parser has already rejected repeated names.
struct OneMember<'n, T> {
    name: &'n str,
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneMember<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Option<T>, M::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(IsName(self.name))? {
            if is_it {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Compares the name of a member with this name.
struct IsName<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{jose::tests::proof, user_pool::UserPool};

    fn claims(document: &str) -> Claims {
        let issuer = "eu-west-1_Ab129faBb".parse::<UserPool>().unwrap().issuers().remove(0);
        let claims = UnverifiedClaims::parse(document.as_bytes().to_vec()).unwrap().signed(proof());
        claims.into_claims(UnixTime::from_secs(0), Arc::new(issuer)).unwrap()
    }

    /// What a remembered token counts for (T-CCH-6).
    #[test]
    fn counts_every_byte_that_it_holds() {
        let small = r#"{"sub":"a"}"#;
        let of_small = claims(small).size();
        assert_eq!(of_small, size_of::<Inner>() + small.len());
        let large = format!(r#"{{"sub":"a","x":"{}"}}"#, "y".repeat(1_000));
        assert_eq!(claims(&large).size() - of_small, large.len() - small.len());
        let escaped = r#"{"sub":"\u0061"}"#;
        assert_eq!(
            claims(escaped).size() - of_small,
            escaped.len() - small.len() + 1,
            "and the text without the escape"
        );
        assert_eq!(claims(&large).unshared().size(), claims(&large).size());
    }

    #[test]
    fn lists_scopes_one_by_one() {
        for (scope, expected) in [
            (r#","scope":"pets/read pets/write""#, &["pets/read", "pets/write"][..]),
            (r#","scope":" pets/read  ""#, &["pets/read"]),
            (r#","scope":"""#, &[]),
            (r#","scp":["pets/read"]"#, &[]),
            ("", &[]),
        ] {
            let claims = claims(&format!(r#"{{"sub":"a"{scope}}}"#));
            assert_eq!(claims.scopes().collect::<Vec<_>>(), expected, "{scope}");
        }
    }

    #[test]
    fn remains_until_it_expires() {
        let issuer = Arc::new("eu-west-1_Ab129faBb".parse::<UserPool>().unwrap().issuers().remove(0));
        let signed = UnverifiedClaims::parse(br#"{"sub":"a"}"#.to_vec()).unwrap().signed(proof());
        let claims = signed.into_claims(UnixTime::from_secs(1_000), issuer).unwrap();
        for (now, seconds) in [(0, 1_000), (999, 1), (1_000, 0), (5_000, 0)] {
            assert_eq!(claims.remaining(UnixTime::from_secs(now)), Duration::from_secs(seconds));
        }
    }
}
