//! The authorizer context that API Gateway passes to a backend: `requestContext.authorizer`.
//!
//! The context combines the claims of a verified token with the authorization of the route. It serializes to the JSON
//! in the event of a Lambda function, and it supplies the claim headers. Every claim becomes a text. A REST API and an
//! HTTP API format that text differently. [Behaviour §3](crate::docs::behaviour).

mod claim_headers;

mod forwarding;

mod text;

use std::fmt;

use serde::{
    Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::RawValue;

pub use self::claim_headers::{ClaimHeaders, ClaimHeadersBuilder, ClaimHeadersError};
pub(crate) use self::forwarding::Forwarding;
use crate::{
    authorizer_type::{AuthorizerType, ClaimFormat},
    claims::Claims,
    route::RouteAuthorization,
};

/// The `requestContext.authorizer` object of an API Gateway event.
///
/// The context serializes as `{"claims":{…}}` on a REST API, or as `{"jwt":{"claims":{…},"scopes":…}}` on an HTTP API
/// (payload version 2.0).
///
/// ```
/// use cognito_authorizer::{
///     AuthorizerType, Claims, request_context::AuthorizerContext, route::RouteAuthorization,
/// };
///
/// fn event(claims: &Claims) -> serde_json::Result<String> {
///     serde_json::to_string(&AuthorizerContext::new(
///         claims,
///         AuthorizerType::Jwt,
///         &RouteAuthorization::guarded(),
///     ))
/// }
/// ```
///
/// `Debug` does not show any claim.
#[derive(Clone)]
pub struct AuthorizerContext<'c> {
    format: ClaimFormat,
    claims: Vec<(String, String)>,
    scopes: Option<Vec<&'c str>>,
}

impl<'c> AuthorizerContext<'c> {
    /// Creates the context that an API of this type passes on from a route with this authorization.
    pub fn new(claims: &'c Claims, authorizer_type: AuthorizerType, authorization: &RouteAuthorization) -> Self {
        let format = authorizer_type.rules().claim_format;
        let members = serde_json::Deserializer::from_str(claims.document()).deserialize_map(AllMembers);
        // The strict parser has already accepted the document.
        let members = members.unwrap_or_default().into_iter();
        let mut texts: Vec<_> =
            members.filter_map(|(name, value)| Some((text::of_claim(&name, value.get(), format)?, name))).collect();
        if format == ClaimFormat::Http {
            texts.sort_by(|(_, a), (_, b)| a.cmp(b));
        }
        let all = || claims.scope().split(' ').chain(claims.scp().flat_map(|scp| scp.split(' ')));
        let scopes = authorization.scopes().is_some().then(|| all().filter(|scope| !scope.is_empty()).collect());
        Self { format, claims: texts.into_iter().map(|(text, name)| (name, text)).collect(), scopes }
    }

    /// Returns the names and texts of the claims: in the order of the token (REST API) or sorted by name (HTTP API).
    pub fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        self.claims.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns the text of `$context.authorizer.claims.<name>`.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims().find(|(own, _)| *own == name).map(|(_, text)| text)
    }

    /// Returns all scopes of the token; `None` if the route does not require a scope.
    ///
    /// An HTTP API passes the scopes on, a REST API does not.
    pub fn scopes(&self) -> Option<&[&'c str]> {
        self.scopes.as_deref()
    }
}

impl Serialize for AuthorizerContext<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.format {
            ClaimFormat::Rest => map.serialize_entry("claims", &InOrder(&self.claims))?,
            ClaimFormat::Http => map.serialize_entry("jwt", &Jwt(self))?,
        }
        map.end()
    }
}

impl fmt::Debug for AuthorizerContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizerContext").finish_non_exhaustive()
    }
}

/// A JSON object with its members in the given order.
struct InOrder<'c>(&'c [(String, String)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

/// The `requestContext.authorizer.jwt` object of an HTTP API.
struct Jwt<'a, 'c>(&'a AuthorizerContext<'c>);

impl Serialize for Jwt<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("claims", &InOrder(&self.0.claims))?;
        map.serialize_entry("scopes", &self.0.scopes)?;
        map.end()
    }
}

/// Reads the members of an object in order.
struct AllMembers;

impl<'de> Visitor<'de> for AllMembers {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
