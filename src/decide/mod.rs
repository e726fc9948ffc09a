//! The decision: may this request pass?
//!
//! In: the request's headers, what its route asks for, the keys at hand, the time. Out: a
//! [`Verdict`]. The first check that fails decides, and the order of the checks is part of the
//! contract: presence, size, shape, `alg`, issuer, key, signature, time, subject, token use, app
//! client, scopes. So "expired" is said only of a token whose signature held, and nothing is fetched
//! for a token that could not pass. [Behaviour §1 and §2.1](crate::docs::behaviour).

mod rejection;

mod settings;

use std::sync::Arc;

use http::HeaderMap;

pub use self::{
    rejection::{Rejection, RejectionKind},
    settings::{ExpectedTokenUse, Verifier, VerifierError},
};
use crate::{
    claims::{Claims, UnverifiedClaims, checks},
    identity_source::{IdentitySource, RawToken},
    jose::{Algorithm, JwkSet, PublicKey, base64url, compact::CompactJws, header::JoseHeader},
    limits::{MAX_JOSE_HEADER_BYTES, MAX_KID_BYTES, MAX_SIGNATURE_BYTES, MAX_TOKEN_BYTES},
    route::RouteAuthorization,
    time::UnixTime,
};

impl Verifier {
    /// The whole question: `Allow` holds the claims, or `None` on an open route, where no token is
    /// looked at.
    pub fn authorize(
        &self,
        headers: &HeaderMap,
        identity_source: &IdentitySource,
        authorization: &RouteAuthorization,
        keys: &(impl Keys + ?Sized),
        now: UnixTime,
    ) -> Verdict<Option<Claims>> {
        let decide = || {
            if *authorization == RouteAuthorization::None {
                return Ok(None);
            }
            let token = identity_source.token(headers)?;
            let claims = self.check_token(token, keys, now)?;
            self.check_route(&claims, authorization, now)?;
            Ok(Some(claims))
        };
        decide().into()
    }

    /// Whether a token is genuine and current. Costly (a signature), and the same for every route.
    ///
    /// ```
    /// use cognito_authorizer::{JwkSet, RawToken, RejectionKind, UnixTime, UserPool, Verdict, Verifier};
    ///
    /// let verifier = Verifier::new([UserPool::parse("eu-west-1_Ab129faBb")?])?;
    /// let keys = [JwkSet::parse(br#"{"keys":[]}"#)?];
    /// let verdict = verifier.verify(RawToken::new("not a token"), &keys, UnixTime::from_secs(1_700_000_000));
    /// let Verdict::Deny(rejection) = verdict else { panic!() };
    /// assert_eq!(rejection.kind(), RejectionKind::MalformedToken);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, token: RawToken<'_>, keys: &(impl Keys + ?Sized), now: UnixTime) -> Verdict<Claims> {
        self.check_token(token, keys, now).into()
    }

    /// Whether a verified token may use a route. Cheap, different for each route, and never to be
    /// remembered: it looks at `exp` again.
    ///
    /// # Errors
    ///
    /// The [`Rejection`], if not.
    pub fn permit(&self, claims: &Claims, authorization: &RouteAuthorization, now: UnixTime) -> Result<(), Rejection> {
        self.check_route(claims, authorization, now).map_err(Rejection::from)
    }

    /// Every stage up to the claims, one after the other.
    fn check_token(&self, token: RawToken<'_>, keys: &(impl Keys + ?Sized), now: UnixTime) -> Result<Claims, Stop> {
        use RejectionKind as No;
        let (header_buffer, signature_buffer) = (&mut [0; MAX_JOSE_HEADER_BYTES], &mut [0; MAX_SIGNATURE_BYTES]);

        // Size. AWS: 10,240 bytes of request line and headers.
        let token = token.as_bytes();
        deny_if(token.len() > MAX_TOKEN_BYTES, No::TokenTooLong)?;

        // Shape. RFC 7515 §3.1 and §5.2 steps 1 to 3, RFC 7519 §7.2.
        let jws = CompactJws::parse(token).ok_or(No::MalformedToken)?;
        let header_text = json_text(jws.header, header_buffer).ok_or(No::MalformedHeader)?;
        let header = JoseHeader::parse(header_text).map_err(|_| No::MalformedHeader)?;
        let payload = base64url::decode(jws.payload).map_err(|_| No::MalformedClaims)?;
        let claims = UnverifiedClaims::parse(payload).map_err(|_| No::MalformedClaims)?;
        let signature = base64url::decode_into(jws.signature, signature_buffer);
        let signature = signature.map_err(|_| No::MalformedSignature)?;

        // Algorithm. RFC 8725 §3.1 and §3.2; RFC 7515 §4.1.11; behaviour §1.5.5, §1.5.14.
        deny_if(header.changes_reading(), No::UnsupportedExtension)?;
        let algorithm = header.algorithm(header_text).and_then(Algorithm::from_name).ok_or(No::UnsupportedAlgorithm)?;

        // Issuer: chooses among the configured pools, never what to fetch. RFC 8725 §3.8, §3.10.
        let issuer = claims.issuer().and_then(|name| self.issuer(name)).ok_or(No::UnknownIssuer)?;
        let user_pool = self.user_pool_id(issuer).ok_or(No::UnknownIssuer)?;

        // Key: of that pool alone. RFC 7515 §4.1.4; behaviour §1.5.5.
        let key_id = header.key_id(header_text).ok_or(No::MissingKeyId)?;
        deny_if(key_id.is_empty() || key_id.len() > MAX_KID_BYTES, No::UnknownKey)?;
        let key = keys.find(issuer.user_pool, key_id).ok_or(Stop::NeedKeys(issuer))?;
        deny_if(key.algorithm() != algorithm, No::UnsupportedAlgorithm)?;

        // Signature. RFC 7518 §3.3.
        let held = key.verify(jws.signing_input, signature).ok_or(No::InvalidSignature)?;
        let claims = claims.signed(held);

        // Time. RFC 7519 §4.1.4 and §4.1.5; behaviour §1.5.8 to §1.5.10.
        let expires_at = claims.expires_at().ok_or(No::MissingExpiry)?;
        deny_if(checks::is_expired(expires_at, now, self.leeway()), No::Expired)?;
        deny_if(checks::is_not_yet_valid(claims.not_before(), now, self.leeway()), No::NotYetValid)?;

        // Subject. RFC 8725 §3.8.
        claims.into_claims(expires_at, user_pool.clone()).ok_or(No::MissingSubject.into())
    }

    /// Every stage from the claims on. `exp` again, since the claims may have been kept for a while.
    fn check_route(
        &self,
        claims: &Claims,
        authorization: &RouteAuthorization,
        now: UnixTime,
    ) -> Result<(), RejectionKind> {
        use RejectionKind as No;
        if *authorization == RouteAuthorization::None {
            return Ok(());
        }
        // Time. RFC 7519 §4.1.4.
        deny_if(checks::is_expired(claims.expires_at(), now, self.leeway()), No::Expired)?;

        // Token use. RFC 8725 §3.12; behaviour §1.3.
        let token_use = claims.token_use().ok_or(No::WrongTokenUse)?;
        deny_if(!self.expected_token_use().admits(token_use, authorization), No::WrongTokenUse)?;

        // App client. RFC 8725 §3.9; behaviour §1.2.1, §1.5.7: any of the pool unless listed.
        deny_if(!self.app_clients().is_none_or(|ids| checks::is_of_app_client(claims, ids)), No::WrongAppClient)?;

        // Scopes. RFC 6749 §3.3; behaviour §1.4: any one is enough.
        match authorization {
            RouteAuthorization::Scopes(scopes) => deny_if(!scopes.any_in(claims.scope()), No::InsufficientScope),
            RouteAuthorization::None | RouteAuthorization::Token => Ok(()),
        }
    }
}

/// The answer to a request for a decision.
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict<T> {
    /// Yes, with what was found out.
    Allow(T),
    /// No, and why.
    Deny(Rejection),
    /// Not without newer keys: the token names a key that is not at hand.
    NeedKeys(NeedKeys),
}

/// Whose keys are needed before there can be a verdict: positions in the list of
/// [user pools](Verifier::user_pools) and in that pool's [issuers](crate::UserPool::issuers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedKeys {
    /// The user pool.
    pub user_pool: usize,
    /// The issuer that the token names.
    pub issuer: usize,
}

/// The keys at hand, apart for each user pool: a key of one never verifies a token of another.
pub trait Keys {
    /// The key with this `kid` of the user pool at this position of [`Verifier::user_pools`].
    fn find(&self, user_pool: usize, key_id: &str) -> Option<Arc<PublicKey>>;
}

impl Keys for [JwkSet] {
    fn find(&self, user_pool: usize, key_id: &str) -> Option<Arc<PublicKey>> {
        self.get(user_pool)?.find(key_id).cloned()
    }
}

impl<const N: usize> Keys for [JwkSet; N] {
    fn find(&self, user_pool: usize, key_id: &str) -> Option<Arc<PublicKey>> {
        self.as_slice().find(user_pool, key_id)
    }
}

/// Why the stages ended early.
enum Stop {
    Deny(RejectionKind),
    NeedKeys(NeedKeys),
}

impl<K: Into<RejectionKind>> From<K> for Stop {
    fn from(kind: K) -> Self {
        Self::Deny(kind.into())
    }
}

impl<T> From<Result<T, Stop>> for Verdict<T> {
    fn from(result: Result<T, Stop>) -> Self {
        match result {
            Ok(value) => Self::Allow(value),
            Err(Stop::Deny(kind)) => Self::Deny(kind.into()),
            Err(Stop::NeedKeys(need)) => Self::NeedKeys(need),
        }
    }
}

fn deny_if(is_bad: bool, kind: RejectionKind) -> Result<(), RejectionKind> {
    if is_bad { Err(kind) } else { Ok(()) }
}

/// The text that a base64url part of a token stands for.
fn json_text<'b>(part: &[u8], buffer: &'b mut [u8; MAX_JOSE_HEADER_BYTES]) -> Option<&'b str> {
    if part.len() > MAX_JOSE_HEADER_BYTES {
        return None;
    }
    std::str::from_utf8(base64url::decode_into(part, buffer).ok()?).ok()
}
