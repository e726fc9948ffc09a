//! A request that may pass, for callers outside of tower.

use std::fmt;

use http::{HeaderMap, HeaderName, Uri, request::Parts};

use super::{
    gate::SharedGate,
    head::RequestHead,
    rewrite::{Changes, Pass},
};
use crate::{claims::Claims, decide::Rejection, route::MatchedRoute};

/// A request that may pass, with its claims, its route, and the changes to make before it is forwarded.
///
/// [`AuthorizerLayer::check`](super::AuthorizerLayer::check) returns it. For a head of the `http` crate,
/// [`apply`](Self::apply) makes the changes. For a request of another type, make them in this order: remove
/// [`removed_headers`](Self::removed_headers), set [`set_headers`](Self::set_headers), and replace the target with
/// [`uri`](Self::uri) if there is one.
///
/// `Debug` shows no claim and no data of the request.
#[derive(Clone)]
pub struct Admission {
    gate: SharedGate,
    pass: Pass,
    /// The target that was matched.
    matched: Uri,
    changes: Changes,
}

impl Admission {
    pub(super) fn new(gate: &SharedGate, head: RequestHead<'_>, pass: Pass) -> Self {
        let matched = gate.matching.uri(head).clone();
        Self { gate: gate.clone(), matched, changes: gate.changes(head, &pass), pass }
    }

    /// Returns the claims of the token; `None` on an open route, for a preflight, and for a request that only a shadow
    /// passes.
    pub fn claims(&self) -> Option<&Claims> {
        self.pass.claims()
    }

    /// Returns why the request would be rejected, if it passes only because the layer is a
    /// [shadow](crate::danger::Dangerous::shadow).
    pub fn rejection(&self) -> Option<Rejection> {
        self.pass.rejection()
    }

    /// Returns the matched route; `None` if the layer has no route table or no route matched.
    pub fn matched_route(&self) -> Option<MatchedRoute> {
        self.gate.matched_route(self.pass.target, &self.matched)
    }

    /// Returns the headers to remove: those that imitate or list claim headers, those of an upgrade to HTTP/2, and the
    /// token, unless the inner service receives it.
    pub fn removed_headers(&self) -> &[HeaderName] {
        &self.changes.removed
    }

    /// Returns the claim headers to set.
    pub fn set_headers(&self) -> &HeaderMap {
        &self.changes.set
    }

    /// Returns the target without the token, if the token came in the query and the inner service does not receive it.
    pub fn uri(&self) -> Option<&Uri> {
        self.changes.uri.as_ref()
    }

    /// Changes the checked head as the layer does: headers, target and extensions, including the [`Claims`].
    ///
    /// Headers that were added since the check are considered too.
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
