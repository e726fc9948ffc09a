//! A request that may pass, for callers outside of tower.

use std::fmt;

use http::{HeaderMap, HeaderName, Uri, request::Parts};

use super::{
    gate::SharedGate,
    head::RequestHead,
    rewrite::{Changes, Pass},
};
use crate::{claims::Claims, decide::Rejection, route::MatchedRoute};

/// A request that may pass: by which claims, under which route, and what to change in it before it is forwarded. From
/// [`AuthorizerLayer::check`](super::AuthorizerLayer::check).
///
/// A head of the `http` crate is changed by [`apply`](Self::apply). For a request of another type do the same by hand, in
/// this order: remove [`removed_headers`](Self::removed_headers), set [`set_headers`](Self::set_headers), replace the target
/// by [`uri`](Self::uri) if there is one.
///
/// `Debug` shows no claim and nothing that was received.
#[derive(Clone)]
pub struct Admission {
    gate: SharedGate,
    pass: Pass,
    /// The target as it was compared with routes.
    matched: Uri,
    changes: Changes,
}

impl Admission {
    pub(super) fn new(gate: &SharedGate, head: RequestHead<'_>, pass: Pass) -> Self {
        let matched = gate.matching.uri(head).clone();
        Self { gate: gate.clone(), matched, changes: gate.changes(head, &pass), pass }
    }

    /// The claims of the token; `None` on an open route and for a preflight, where no token is looked at.
    pub fn claims(&self) -> Option<&Claims> {
        self.pass.claims()
    }

    /// Why the request would be rejected, if it only passes because the layer is a [shadow](crate::danger::Dangerous::shadow).
    pub fn rejection(&self) -> Option<Rejection> {
        self.pass.rejection()
    }

    /// The route that the request fell under; `None` if the layer has no route table, or hands the request on.
    pub fn matched_route(&self) -> Option<MatchedRoute> {
        self.gate.matched_route(self.pass.target, &self.matched)
    }

    /// Headers of the request to remove: those that claim headers are set in place of, and the token, unless the service
    /// gets it.
    pub fn removed_headers(&self) -> &[HeaderName] {
        &self.changes.removed
    }

    /// Headers to set: those that are made of claims.
    pub fn set_headers(&self) -> &HeaderMap {
        &self.changes.set
    }

    /// The target of the request without the token, if the token came in the query and the service does not get it.
    pub fn uri(&self) -> Option<&Uri> {
        self.changes.uri.as_ref()
    }

    /// Changes the head that was checked as the layer does: headers, target and extensions, which then hold the
    /// [`Claims`]. What was added to the head since is looked at too.
    pub fn apply(&self, request: &mut Parts) {
        self.gate.forward(request, self.pass.clone());
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = self.gate.matching.route(self.pass.target).map(|route| route.key());
        let mut shown = f.debug_struct("Admission");
        shown.field("route", &route).field("claims", &self.claims()).field("rejection", &self.rejection());
        shown.finish_non_exhaustive()
    }
}
