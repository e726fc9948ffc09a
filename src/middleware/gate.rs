//! What happens to each request: the question to the core, and what is done about the answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    Method, Request, Response, Uri,
    header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ORIGIN, TRANSFER_ENCODING},
};

use super::{layer::Rule, request_ids};
use crate::{
    authorizer::Authorizer,
    claims::Claims,
    decide::{Rejection, Verdict},
    gateway_response::RefusedRequest,
    jwks::Refreshed,
    route::{NoRoute, Route, RouteAuthorization},
    user_pool::Issuer,
};

/// An authorizer and the rule, or rules, that it applies.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    authorizer: Authorizer,
    rule: Rule,
    #[cfg(feature = "axum")]
    original_uri: bool,
}

/// The gate of a service. There is one count of references for all of it: frameworks clone a service for
/// each request.
pub(super) type SharedGate = Arc<Gate>;

/// What to do with a request.
pub(super) enum Decision {
    /// Prepare it and call the inner service.
    Allow(Passed),
    /// Answer with this.
    Deny(Response<Bytes>),
    /// Decide again once a fetch of keys has ended.
    Wait(Refreshed),
}

/// A request that may pass, and by what.
pub(super) enum Passed {
    /// No token was asked for.
    Open,
    /// What the route asks for is there if claim headers are to be made.
    Token { claims: Claims, authorization: Option<Arc<RouteAuthorization>> },
}

/// What a request falls under.
#[derive(Clone, Copy)]
enum Target<'g> {
    /// Nothing, and it is handed on.
    Unknown,
    Rule {
        authorization: &'g Arc<RouteAuthorization>,
        route_key: Option<&'g str>,
    },
}

impl<'g> Target<'g> {
    fn of(route: &'g Route) -> Self {
        Self::Rule { authorization: route.authorization(), route_key: Some(route.key()) }
    }
}

impl Gate {
    pub(super) fn new(authorizer: Authorizer, rule: Rule) -> Self {
        Self {
            authorizer,
            rule,
            #[cfg(feature = "axum")]
            original_uri: false,
        }
    }

    #[cfg(feature = "axum")]
    pub(super) fn for_nested_router(&self) -> Self {
        Self { original_uri: true, ..self.clone() }
    }

    /// Decides, with a fetch of keys if one is needed and it is not too early for it.
    pub(super) fn decide<B>(&self, request: &Request<B>) -> Decision {
        self.decide_or(request, |issuer| {
            // A fetch may have ended since the verdict, and then another one would be one too many: so
            // the keys are noted, looked at again, and fetched only if they are still those.
            let seen = self.authorizer.keys_version(issuer);
            Ok(self.decide_or(request, |issuer| match self.authorizer.refresh(issuer, seen) {
                Some(refreshed) => Ok(Decision::Wait(refreshed)),
                None => Ok(self.decide_for_good(request)),
            }))
        })
    }

    /// Decides with the keys at hand.
    pub(super) fn decide_for_good<B>(&self, request: &Request<B>) -> Decision {
        self.decide_or(request, |issuer| Err(self.authorizer.key_not_found(issuer)))
    }

    /// Does to an allowed request what is to be done before the inner service is called.
    pub(super) fn prepare<B>(&self, request: &mut Request<B>, passed: Passed) {
        self.authorizer.claim_headers().strip(request.headers_mut());
        if let Passed::Token { claims, authorization } = passed {
            if let Some(authorization) = authorization {
                self.authorizer.add_claim_headers(&claims, &authorization, request.headers_mut());
            }
            self.authorizer.strip_token(request);
            #[cfg(feature = "axum")]
            if let Some(original) = request.extensions_mut().get_mut::<axum::extract::OriginalUri>() {
                self.authorizer.strip_token_of(&mut original.0);
            }
            request.extensions_mut().insert(claims);
        }
    }
}

impl Gate {
    /// Decides, and leaves it to the caller what happens if a key of an issuer is not at hand.
    fn decide_or<B>(
        &self,
        request: &Request<B>,
        key_missing: impl FnOnce(&Issuer) -> Result<Decision, Rejection>,
    ) -> Decision {
        let uri = self.uri(request);
        let passes_preflight = self.authorizer.passes_preflight() && is_preflight(request);
        let found = self.target(request.method(), uri);
        if passes_preflight && matches!(found, Ok(_) | Err(NoRoute::NotFound)) {
            return Decision::Allow(Passed::Open);
        }
        let target = match found.and_then(|target| self.for_whole_path(request, target)) {
            Ok(target) => target,
            Err(no_route) => return self.deny(request, uri, None, no_route.into()),
        };
        let Target::Rule { authorization, .. } = target else { return Decision::Allow(Passed::Open) };
        let verdict = self.authorizer.authorize(authorization, request.headers(), uri.query());
        let decision = match verdict {
            Verdict::Allow(None) => Ok(Decision::Allow(Passed::Open)),
            Verdict::Allow(Some(claims)) => {
                let authorization = self.authorizer.has_claim_headers().then(|| Arc::clone(authorization));
                Ok(Decision::Allow(Passed::Token { claims, authorization }))
            }
            Verdict::Deny(rejection) => Err(rejection),
            Verdict::NeedKeys(issuer) => key_missing(&issuer),
        };
        decision.unwrap_or_else(|rejection| self.deny(request, uri, Some(target), rejection))
    }

    fn target(&self, method: &Method, uri: &Uri) -> Result<Target<'_>, NoRoute> {
        match &self.rule {
            Rule::One(authorization) => Ok(Target::Rule { authorization, route_key: None }),
            Rule::Table(table) => {
                let route = table.find_route(method, uri.path(), self.authorizer.rules().routes)?;
                Ok(route.map_or(Target::Unknown, Target::of))
            }
        }
    }

    /// The target of the request, as it is compared with routes.
    #[cfg(feature = "axum")]
    fn uri<'r, B>(&self, request: &'r Request<B>) -> &'r Uri {
        let original = request.extensions().get::<axum::extract::OriginalUri>().filter(|_| self.original_uri);
        original.map_or(request.uri(), |original| &original.0)
    }

    #[cfg(not(feature = "axum"))]
    fn uri<'r, B>(&self, request: &'r Request<B>) -> &'r Uri {
        request.uri()
    }

    /// The same target, unless a nested axum router left a part of the path only, and the table does not
    /// know the request by that part, or has another rule for the whole.
    #[cfg(feature = "axum")]
    fn for_whole_path<'g, B>(&'g self, request: &Request<B>, target: Target<'g>) -> Result<Target<'g>, NoRoute> {
        let Rule::Table(_) = self.rule else { return Ok(target) };
        let original = request.extensions().get::<axum::extract::OriginalUri>().filter(|_| !self.original_uri);
        let Some(original) = original.filter(|original| original.0.path() != request.uri().path()) else {
            return Ok(target);
        };
        match (target, self.target(request.method(), &original.0)) {
            (Target::Unknown, _) => Err(NoRoute::NotFound),
            (Target::Rule { authorization, .. }, Ok(Target::Rule { authorization: whole, .. }))
                if authorization != whole =>
            {
                Err(NoRoute::Ambiguous)
            }
            (_, Err(NoRoute::Ambiguous)) => Err(NoRoute::Ambiguous),
            _ => Ok(target),
        }
    }

    #[cfg(not(feature = "axum"))]
    fn for_whole_path<'g, B>(&'g self, _request: &Request<B>, target: Target<'g>) -> Result<Target<'g>, NoRoute> {
        Ok(target)
    }

    fn deny<B>(&self, request: &Request<B>, uri: &Uri, target: Option<Target<'_>>, rejection: Rejection) -> Decision {
        let ids = request_ids::random();
        tracing::debug!(
            reason = rejection.kind().code(),
            request_id = ids.sent(self.authorizer.rules()).to_str().ok(),
            "request refused"
        );
        let (authorization, route_key) = match target {
            Some(Target::Rule { authorization, route_key }) => (Some(&**authorization), route_key),
            Some(Target::Unknown) | None => (None, None),
        };
        let refused = RefusedRequest {
            method: request.method(),
            uri,
            version: request.version(),
            headers: request.headers(),
            route_key,
            authorization,
            stage: self.stage(),
            now: &|| self.authorizer.now(),
        };
        let mut response = self.authorizer.renderer().render(rejection, refused, ids);
        response.extensions_mut().insert(rejection);
        Decision::Deny(response)
    }

    fn stage(&self) -> &str {
        match &self.rule {
            Rule::One(_) => "",
            Rule::Table(table) => table.stage(),
        }
    }
}

/// A CORS preflight request (Fetch standard, "CORS-preflight request"): it has no body.
fn is_preflight<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let has_body =
        headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    *request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !has_body
}
