//! The changes that the layer makes to a request with a valid token before it forwards the request.

use http::{HeaderMap, HeaderName, Uri};

use super::{AuthorizerContext, ClaimHeaders};
use crate::{
    authorizer_type::AuthorizerType, claims::Claims, identity_source::IdentitySource, route::RouteAuthorization,
};

/// The claim headers to add, and the token to strip.
#[derive(Debug)]
pub(crate) struct Forwarding {
    pub(crate) authorizer_type: AuthorizerType,
    pub(crate) claim_headers: ClaimHeaders,
    /// The place from which to strip the token; `None` to forward the token to the inner service.
    pub(crate) stripped: Option<IdentitySource>,
}

impl Forwarding {
    /// Returns whether any request is changed.
    pub(crate) fn changes_requests(&self) -> bool {
        self.stripped.is_some() || !self.claim_headers.is_empty()
    }

    /// Adds the claim headers.
    pub(crate) fn add_claim_headers(
        &self,
        claims: &Claims,
        authorization: &RouteAuthorization,
        headers: &mut HeaderMap,
    ) {
        let context = AuthorizerContext::new(claims, self.authorizer_type, authorization);
        self.claim_headers.add(&context, headers);
    }

    /// Returns the names of the headers to strip from the request.
    pub(crate) fn stripped_headers<'h>(&'h self, headers: &'h HeaderMap) -> impl Iterator<Item = &'h HeaderName> {
        let stripped = self.stripped.as_ref().and_then(IdentitySource::header);
        headers.keys().filter(move |name| Some(*name) == stripped)
    }

    /// Returns the target without the token, if the token to strip is in the query.
    pub(crate) fn strip_query(&self, uri: &Uri) -> Option<Uri> {
        self.stripped.as_ref()?.strip_query(uri)
    }
}
