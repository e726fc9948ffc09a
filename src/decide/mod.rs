//! The decision whether to accept a request.
//!
//! Input: the request's headers, the authorization of its route, the cached keys and the time. Output: a [`Verdict`]. The first
//! check that fails decides, and the order of the checks is part of the contract ([behaviour §10.7](crate::docs::behaviour)).
//! So only a token with a valid signature is rejected as expired, and keys are fetched only for a well-formed token that names
//! a configured issuer. Sources: [behaviour §1, §2.1 and §4](crate::docs::behaviour).

mod rejection;

mod settings;

mod stage;

use std::{collections::HashMap, sync::Arc};

use http::HeaderMap;

pub(crate) use self::settings::VerifierSettings;
pub use self::{
    rejection::{Rejection, RejectionKind},
    settings::{Verifier, VerifierMistake},
    stage::DecisionStage,
};
use crate::{
    audience_pattern::PatternTarget,
    authorizer_type::AudienceRule,
    claims::{Claims, Times, UnverifiedClaims, checks},
    identity_source::RawToken,
    jose::{Algorithm, JwkSet, Kid, PublicKey, base64url, compact::CompactJws, header::JoseHeader, json},
    limits::{MAX_JOSE_HEADER_BYTES, MAX_SIGNATURE_BYTES, MAX_TOKEN_BYTES},
    route::RouteAuthorization,
    time::UnixTime,
    user_pool::Issuer,
};

impl Verifier {
    /// Decides whether a request may use a route. `query` is the request's, without `?`.
    ///
    /// `Allow` holds the claims, or `None` on an open route, where the token is not read.
    pub fn authorize(
        &self,
        authorization: &RouteAuthorization,
        headers: &HeaderMap,
        query: Option<&str>,
        keys: &(impl Keys + ?Sized),
        now: UnixTime,
    ) -> Verdict<Option<Claims>> {
        let accept = || {
            if authorization.is_open() {
                return Ok(None);
            }
            deny_if(authorization.is_unsupported(), RejectionKind::UnsupportedAuthorization)?;
            let token = self.identity_source().token(headers, query)?;
            let claims = self.verify_token(token.raw(), keys, now)?;
            self.permit_route(&claims, authorization, now)?;
            Ok(Some(claims))
        };
        Verdict::of(accept())
    }

    /// Verifies the signature and the times of a token. This is expensive, and the result is valid for every route.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use cognito_authorizer::{
    ///     Authorizer, RejectionKind, Verdict, clock::UnixTime, keys::JwkSet, token::RawToken,
    /// };
    ///
    /// let verifier = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build_verifier()?;
    /// let issuer = verifier.issuers()[0].name().to_owned();
    /// let keys = HashMap::from([(issuer, JwkSet::parse(br#"{"keys":[]}"#)?)]);
    /// match verifier.verify(RawToken::new("not a token"), &keys, UnixTime::from_secs(1_700_000_000))
    /// {
    ///     Verdict::Allow(claims) => println!("welcome, {}", claims.subject()),
    ///     Verdict::Deny(rejection) => assert_eq!(rejection.kind(), RejectionKind::MalformedToken),
    ///     Verdict::NeedKeys(issuer) => println!("fetch {} and ask again", issuer.jwks_uri()),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, token: RawToken<'_>, keys: &(impl Keys + ?Sized), now: UnixTime) -> Verdict<Claims> {
        Verdict::of(self.verify_token(token, keys, now))
    }

    /// Decides whether a verified token may use a route. This is cheap and depends on the route. Do not cache the result: `exp`
    /// is checked again each time.
    ///
    /// # Errors
    ///
    /// The [`Rejection`], if the token may not use the route.
    pub fn permit(&self, claims: &Claims, authorization: &RouteAuthorization, now: UnixTime) -> Result<(), Rejection> {
        self.permit_route(claims, authorization, now).map_err(Rejection::from)
    }

    /// Runs every stage from the raw token to its claims.
    pub(crate) fn verify_token(
        &self,
        token: RawToken<'_>,
        keys: &(impl Keys + ?Sized),
        now: UnixTime,
    ) -> Result<Claims, Stop> {
        use RejectionKind as No;
        let (header_buffer, signature_buffer) = (&mut [0; MAX_JOSE_HEADER_BYTES], &mut [0; MAX_SIGNATURE_BYTES]);

        self.check_sent(token)?;

        // Shape. RFC 7515 §3.1 and §5.2 steps 1 to 3, RFC 7519 §7.2.
        let jws = CompactJws::parse(token.as_bytes()).ok_or(No::MalformedToken)?;
        let header_text = json_text(jws.header, header_buffer).ok_or(No::MalformedHeader)?;
        let header = JoseHeader::parse(header_text).map_err(|_| No::MalformedHeader)?;
        let payload = base64url::decode(jws.payload).map_err(|_| No::MalformedClaims)?;
        let claims = UnverifiedClaims::parse(payload).map_err(|_| No::MalformedClaims)?;
        let signature = base64url::decode_into(jws.signature, signature_buffer);
        let signature = signature.map_err(|_| No::MalformedSignature)?;

        // Algorithm. RFC 8725 §3.1 and §3.2; RFC 7515 §4.1.11; behaviour §1.5.5, §1.5.14, §4.1.4.
        deny_if(header.changes_reading(), No::UnsupportedExtension)?;
        let algorithm = header.algorithm(header_text).and_then(Algorithm::from_name).ok_or(No::UnsupportedAlgorithm)?;
        deny_if(!self.rules().algorithms.contains(&algorithm), No::UnsupportedAlgorithm)?;

        // Issuer: a configured one. RFC 8725 §3.8, §3.10.
        let issuer = claims.issuer().and_then(|name| self.issuer(name)).ok_or(No::UnknownIssuer)?;

        // Key: one of that issuer. RFC 7515 §4.1.4; behaviour §1.5.5.
        let kid = header.kid(header_text).ok_or(No::MissingKid)?;
        let kid = Kid::parse(kid).ok_or(No::UnknownKey)?;
        let key = keys.find(issuer, kid).ok_or_else(|| Stop::NeedKeys(Arc::clone(issuer)))?;
        deny_if(key.algorithm() != algorithm, No::UnsupportedAlgorithm)?;

        // Signature. RFC 7518 §3.3.
        let held = key.verify(jws.signing_input, signature).ok_or(No::InvalidSignature)?;
        let claims = claims.signed(held);

        // Time. RFC 7519 §4.1.4 to §4.1.6; behaviour §1.5.8 to §1.5.10, §4.1.8.
        let times = claims.times().ok_or(No::MissingExpiry)?;
        self.check_times(times, now)?;
        let expires_at = times.expires_at;

        // Subject. RFC 8725 §3.8.
        claims.into_claims(expires_at, Arc::clone(issuer)).ok_or(No::MissingSubject.into())
    }

    /// Checks the raw token; this also runs for a token in the token cache.
    pub(crate) fn check_sent(&self, token: RawToken<'_>) -> Result<(), RejectionKind> {
        use RejectionKind as No;
        // Size. AWS: 10,240 bytes of request line and headers.
        deny_if(token.as_bytes().len() > MAX_TOKEN_BYTES, No::TokenTooLong)?;

        // Identity validation expression, if its target is the raw token. Behaviour §1.2.7.
        deny_if(!self.matches_token(token), No::TokenPatternMismatch)
    }

    /// Checks the times of new or cached claims. All times are checked, because a clock can also be set back.
    pub(crate) fn check_times(&self, times: Times<'_>, now: UnixTime) -> Result<(), RejectionKind> {
        use RejectionKind as No;
        let is_ahead = |moment| checks::is_ahead(moment, now, self.not_before_leeway());
        deny_if(checks::is_expired(times.expires_at, now, self.leeway()), No::Expired)?;
        deny_if(is_ahead(times.not_before), No::NotYetValid)?;
        deny_if(self.rules().checks_issued_at && is_ahead(times.issued_at), No::IssuedInFuture)?;
        deny_if(self.outlives(times, now), No::LifetimeTooLong)
    }

    /// Runs every stage after verification. It checks the times again, because the claims may come from a cache.
    pub(crate) fn permit_route(
        &self,
        claims: &Claims,
        authorization: &RouteAuthorization,
        now: UnixTime,
    ) -> Result<(), RejectionKind> {
        use RejectionKind as No;
        if authorization.is_open() {
            return Ok(());
        }
        // Behaviour §10.86: an authorization of API Gateway that this crate cannot check.
        deny_if(authorization.is_unsupported(), No::UnsupportedAuthorization)?;

        // Issuer: claims from another verifier may belong to a user pool that this one does not accept.
        let is_own = |own: &Arc<Issuer>| own.user_pool() == claims.user_pool();
        deny_if(!self.issuer(claims.issuer()).is_some_and(is_own), No::UnknownIssuer)?;

        // Time, because the claims may be old.
        self.check_times(claims.times(), now)?;

        // Sender constraint. RFC 7800 §3.1; behaviour §10.83: the proof of possession is not checked here.
        deny_if(claims.is_sender_constrained() && !self.accepts_sender_constrained(), No::SenderConstrained)?;

        // Token use. RFC 8725 §3.12; behaviour §1.3, §4.1.10.
        deny_if(!self.expected_token_use().admits(claims, authorization), No::WrongTokenUse)?;

        // App client, audience. RFC 8725 §3.9; behaviour §1.2, §1.5.7, §4.1.7.
        deny_if(!self.admits_app_client(claims), No::WrongAppClient)?;
        deny_if(!self.matches_audience(claims), No::AudiencePatternMismatch)?;

        // Scopes. RFC 6749 §3.3; behaviour §1.4, §4.1.9: any one is enough.
        let Some(scopes) = authorization.scopes() else { return Ok(()) };
        deny_if(!checks::holds_scope(claims, scopes, self.rules().reads_scp), No::InsufficientScope)
    }
}

/// Settings that the stages read.
impl Verifier {
    /// Whether the lifetime of a token is longer than the settings allow.
    fn outlives(&self, times: Times<'_>, now: UnixTime) -> bool {
        let latest_issue = now.saturating_add(self.not_before_leeway());
        self.max_lifetime().is_some_and(|longest| checks::outlives(times, latest_issue, longest))
    }

    fn matches_token(&self, token: RawToken<'_>) -> bool {
        self.audience_pattern(PatternTarget::RawToken).is_none_or(|pattern| {
            let text = std::str::from_utf8(token.with_scheme());
            text.is_ok_and(|text| pattern.matches(text))
        })
    }

    /// An access token without `aud` matches no expression, not even one for the empty text.
    fn matches_audience(&self, claims: &Claims) -> bool {
        let pattern = self.audience_pattern(PatternTarget::Audience);
        pattern.is_none_or(|pattern| claims.audience().any(|audience| pattern.matches(audience)))
    }

    fn admits_app_client(&self, claims: &Claims) -> bool {
        let Some(audience) = self.audience() else { return self.accepts_any_app_client() };
        match self.rules().audience {
            AudienceRule::ByTokenUse => checks::is_of_app_client(claims, audience),
            AudienceRule::AudienceElseClientId => checks::is_for_audience(claims, audience),
        }
    }
}

/// The result of a decision. It has exactly these three variants, so a caller can handle all of them.
///
/// ```
/// use cognito_authorizer::{Claims, Verdict};
///
/// fn status(verdict: Verdict<Claims>) -> u16 {
///     match verdict {
///         Verdict::Allow(_) => 200,
///         Verdict::Deny(_) => 401,
///         Verdict::NeedKeys(_) => 503,
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict<T> {
    /// Accepted, with the result of the check.
    Allow(T),
    /// Rejected, with the reason.
    Deny(Rejection),
    /// The token's key is not cached for this issuer: fetch the keys and retry.
    NeedKeys(Arc<Issuer>),
}

/// The cached keys, separate for each issuer: a key of one issuer never verifies a token of another.
///
/// ```
/// use std::{collections::HashMap, sync::Arc};
///
/// use cognito_authorizer::{keys::{JwkSet, Keys, Kid, PublicKey}, user_pool::Issuer};
///
/// /// Keys of one issuer.
/// struct OneIssuer {
///     name: String,
///     keys: JwkSet,
/// }
///
/// impl Keys for OneIssuer {
///     fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
///         // A key of one issuer must never verify a token of another.
///         if issuer.name() == self.name { self.keys.find(kid).cloned() } else { None }
///     }
/// }
/// ```
pub trait Keys {
    /// Returns the key with this `kid` of this issuer.
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>>;
}

/// Maps the name of an issuer to its JWK Set.
impl Keys for HashMap<String, JwkSet> {
    fn find(&self, issuer: &Issuer, kid: Kid<'_>) -> Option<Arc<PublicKey>> {
        self.get(issuer.name())?.find(kid).cloned()
    }
}

/// The reason why the stages ended early.
pub(crate) enum Stop {
    Deny(RejectionKind),
    NeedKeys(Arc<Issuer>),
}

impl<K: Into<RejectionKind>> From<K> for Stop {
    fn from(kind: K) -> Self {
        Self::Deny(kind.into())
    }
}

impl<T> Verdict<T> {
    pub(crate) fn of(result: Result<T, Stop>) -> Self {
        match result {
            Ok(value) => Self::Allow(value),
            Err(Stop::Deny(kind)) => Self::Deny(kind.into()),
            Err(Stop::NeedKeys(issuer)) => Self::NeedKeys(issuer),
        }
    }
}

/// Returns an error of this kind if the condition holds.
pub(crate) fn deny_if(is_bad: bool, kind: RejectionKind) -> Result<(), RejectionKind> {
    if is_bad { Err(kind) } else { Ok(()) }
}

/// Decodes the JSON text of a base64url part of a token.
fn json_text<'b>(part: &[u8], buffer: &'b mut [u8; MAX_JOSE_HEADER_BYTES]) -> Option<&'b str> {
    if part.len() > MAX_JOSE_HEADER_BYTES {
        return None;
    }
    let length = base64url::decode_into(part, buffer).ok()?.len();
    let text = buffer.get_mut(..length)?;
    let length = json::unescape_solidus(text);
    std::str::from_utf8(text.get(..length)?).ok()
}
