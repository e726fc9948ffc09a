//! What API Gateway hands to the service behind: `requestContext.authorizer`.
//!
//! In: the claims of a verified token, and what its route asked for. Out: the JSON that a Lambda
//! function finds in its event, and headers that are made of claims. Every claim becomes a text, a REST
//! API and an HTTP API each in its own way. [Behaviour §3](crate::docs::behaviour).

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

/// `requestContext.authorizer` of the event that API Gateway makes of a request.
///
/// It serializes as `{"claims":{…}}` of a REST API, or `{"jwt":{"claims":{…},"scopes":…}}` of an HTTP API
/// (payload version 2.0).
///
/// ```
/// use cognito_authorizer::{AuthorizerType, Claims, request_context::AuthorizerContext, route::RouteAuthorization};
///
/// fn event(claims: &Claims) -> serde_json::Result<String> {
///     serde_json::to_string(&AuthorizerContext::new(claims, AuthorizerType::Jwt, &RouteAuthorization::guarded()))
/// }
/// ```
///
/// `Debug` shows no claim.
#[derive(Clone)]
pub struct AuthorizerContext<'c> {
    format: ClaimFormat,
    claims: Vec<(String, String)>,
    scopes: Option<Vec<&'c str>>,
}

impl<'c> AuthorizerContext<'c> {
    /// The claims as an API of this type hands them on, from a route with this authorization.
    pub fn new(claims: &'c Claims, authorizer_type: AuthorizerType, authorization: &RouteAuthorization) -> Self {
        let format = authorizer_type.rules().claim_format;
        let members = serde_json::Deserializer::from_str(claims.document()).deserialize_map(AllMembers);
        // The document was read strictly before.
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

    /// Names and texts of the claims: in the order of the token (REST API), or ascending (HTTP API).
    pub fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        self.claims.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// `$context.authorizer.claims.<name>`
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims().find(|(own, _)| *own == name).map(|(_, text)| text)
    }

    /// The scopes of the token, all of them; `None` if the route asked for none. An HTTP API hands them
    /// on, a REST API does not.
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

/// An object whose members keep their order.
struct InOrder<'c>(&'c [(String, String)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

/// `requestContext.authorizer.jwt`
struct Jwt<'a, 'c>(&'a AuthorizerContext<'c>);

impl Serialize for Jwt<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("claims", &InOrder(&self.0.claims))?;
        map.serialize_entry("scopes", &self.0.scopes)?;
        map.end()
    }
}

/// Reads the members of an object in their order.
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
