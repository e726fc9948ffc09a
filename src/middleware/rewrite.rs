//! What is changed in a request that may pass, before it is forwarded.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Uri};

use super::{
    gate::Gate,
    h2c,
    head::{EditableHead, RequestHead, original_uri},
    matching::Target,
    shadow,
};
use crate::{
    authorizer::Authorizer,
    claims::Claims,
    decide::Rejection,
    route::{MatchedRoute, RouteAuthorization},
};

/// A request that may pass, and by what.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) target: Target,
    reason: Reason,
}

#[derive(Clone, Debug)]
enum Reason {
    /// No token was asked for.
    Open,
    /// A token, and what else to change in the request, if anything.
    Token { claims: Claims, rewrite: Option<Rewrite> },
    /// The request is rejected, and passes because the gate is a shadow.
    Shadow(Rejection),
}

/// What claim headers are made of.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    pub(super) authorizer: Authorizer,
    pub(super) authorization: Arc<RouteAuthorization>,
}

impl Passed {
    pub(super) fn open(target: Target) -> Self {
        Self { target, reason: Reason::Open }
    }

    pub(super) fn with_token(target: Target, claims: Claims, rewrite: Option<Rewrite>) -> Self {
        Self { target, reason: Reason::Token { claims, rewrite } }
    }

    pub(super) fn rejected(target: Target, rejection: Rejection) -> Self {
        Self { target, reason: Reason::Shadow(rejection) }
    }

    pub(super) fn claims(&self) -> Option<&Claims> {
        match &self.reason {
            Reason::Token { claims, .. } => Some(claims),
            Reason::Open | Reason::Shadow(_) => None,
        }
    }

    pub(super) fn rejection(&self) -> Option<Rejection> {
        match &self.reason {
            Reason::Shadow(rejection) => Some(*rejection),
            Reason::Open | Reason::Token { .. } => None,
        }
    }
}

/// What [`Gate::prepare`] changes in a head, but for its extensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) removed: Vec<HeaderName>,
    pub(super) set: HeaderMap,
    pub(super) uri: Option<Uri>,
}

impl Gate {
    /// Counts and logs what a shadow decided.
    #[inline]
    pub(super) fn report(&self, passed: &Passed) {
        if !self.is_shadow {
            return;
        }
        match &passed.reason {
            Reason::Open => shadow::tell("open"),
            Reason::Token { .. } => shadow::tell("allowed"),
            Reason::Shadow(rejection) => {
                let route_key = self.matching.route(passed.target).map(|route| route.key());
                shadow::tell_refusal(rejection.kind(), route_key);
            }
        }
    }

    /// The route that a request fell under, with the target that was matched.
    pub(super) fn matched_route(&self, target: Target, matched: &Uri) -> Option<MatchedRoute> {
        let Target::Route(place) = target else { return None };
        MatchedRoute::new(Arc::clone(self.matching.table()?), place, matched.clone())
    }

    /// What [`prepare`](Self::prepare) changes in this head.
    pub(super) fn changes(&self, head: RequestHead<'_>, passed: &Passed) -> Changes {
        let mut changes = Changes { removed: self.claim_headers.copies_in(head.headers), ..Changes::default() };
        changes.removed.extend(h2c::upgrade_headers(head.headers).iter().cloned());
        if let Reason::Token { claims, rewrite: Some(Rewrite { authorizer, authorization }) } = &passed.reason {
            authorizer.add_claim_headers(claims, authorization, &mut changes.set);
            changes.removed.extend(authorizer.stripped_headers(head.headers).cloned());
            let mut uri = head.uri.clone();
            authorizer.strip_token_of(&mut uri);
            changes.uri = Some(uri).filter(|uri| uri != head.uri);
        }
        changes
    }

    /// Changes a request that may pass, before the inner service is called.
    #[inline]
    pub(super) fn prepare(&self, head: &mut impl EditableHead, passed: Passed) {
        if self.matching.table().is_some_and(|table| table.inserts_matched_route()) {
            let matched = self.matching.uri(head.uri(), original_uri(head.extensions()));
            if let Some(route) = self.matched_route(passed.target, matched) {
                head.extensions_mut().insert(route);
            }
        }
        self.claim_headers.strip(head.headers_mut());
        h2c::remove_upgrade(head.headers_mut());
        match passed.reason {
            Reason::Open => {}
            Reason::Token { claims, rewrite } => {
                if let Some(Rewrite { authorizer, authorization }) = rewrite {
                    authorizer.add_claim_headers(&claims, &authorization, head.headers_mut());
                    authorizer.strip_token(head.headers_mut());
                    authorizer.strip_token_of(head.uri_mut());
                    #[cfg(feature = "axum")]
                    if let Some(original) = head.extensions_mut().get_mut::<axum::extract::OriginalUri>() {
                        authorizer.strip_token_of(&mut original.0);
                    }
                }
                head.extensions_mut().insert(claims);
            }
            Reason::Shadow(rejection) => {
                head.extensions_mut().insert(rejection);
            }
        }
    }
}
