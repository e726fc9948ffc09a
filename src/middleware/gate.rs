//! Decides about each request: finds the rule, asks the authorizer, then responds or forwards.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, Uri, header::ORIGIN};

use super::{
    decisions::{Decisions, RejectionEvent},
    head::{EditableHead, RequestHead},
    matching::{Matching, Rule, Target},
    question::{Answer, Ask, Question},
    request_ids,
    rewrite::{Changes, ClaimSource, Grounds, Pass, insert_extensions},
};
use crate::{
    authorizer::Authorizers,
    claims::Claims,
    decide::{Rejection, RejectionKind},
    gateway_response::{Cors, RequestFields},
    jwks::FetchEnd,
    request_context::ClaimHeaders,
    route::{MatchedRoute, NoRoute, Route, RouteTable},
};

/// Decides about every request of a layer.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) matching: Matching,
    /// The claim headers of all authorizers, stripped from every request.
    claim_headers: ClaimHeaders,
    /// Whether rejected requests pass nevertheless.
    is_shadow: bool,
    decisions: Decisions,
    /// The CORS configuration of the API, if the layer answers preflight requests.
    cors: Option<Arc<Cors>>,
}

/// The gate of a service, behind one reference count, because frameworks clone a service for each request.
pub(super) type SharedGate = Arc<Gate>;

/// The decision about a request.
pub(super) enum Decision {
    /// Change the request and call the inner service.
    Admit(Pass),
    /// Respond with this response: a rejection, or the answer to a preflight request. Boxed, so that a decision is small on
    /// the common path.
    Respond(Box<Response<Bytes>>),
    /// Decide again once a fetch of keys has ended.
    Wait(PendingFetch),
}

/// The CORS configuration for the response to one request.
#[derive(Debug)]
pub(super) struct ResponseCors {
    cors: Arc<Cors>,
    origin: Option<HeaderValue>,
    is_preflight: bool,
}

impl ResponseCors {
    /// Replaces the CORS headers of the response.
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        self.cors.apply(self.origin.as_ref(), self.is_preflight, headers);
    }
}

/// Marks a response that the layer gives to a request that it does not reject, in the extensions of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnAnswer {
    /// The mock response of an open route.
    Mock,
    /// The answer to a preflight request, of the CORS configuration.
    Preflight,
}

/// A fetch that may bring the key of a request, and where the decision resumes.
pub(super) struct PendingFetch {
    pub(super) end: FetchEnd,
    pub(super) resumption: Resumption,
}

/// Where the decision about a request resumes when the fetch has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumption {
    target: Target,
    /// Whether the fetch was already under way when the request arrived. It may have started too early to bring the
    /// key, so the request may wait for another fetch.
    may_wait_again: bool,
}

impl Gate {
    pub(super) fn new(authorizers: Authorizers, rule: Rule) -> Self {
        let claim_headers = authorizers.iter().map(|(_, authorizer)| &authorizer.forwarding().claim_headers);
        let claim_headers = claim_headers.fold(ClaimHeaders::default(), ClaimHeaders::with_names_of);
        let (is_shadow, decisions) = (false, Decisions::new(false));
        Self { matching: Matching::new(authorizers, rule), claim_headers, is_shadow, decisions, cors: None }
    }

    /// Answers preflight requests that no route covers, and sets the CORS headers of all responses.
    pub(super) fn set_cors(&mut self, cors: Cors) {
        self.cors = Some(Arc::new(cors));
    }

    /// Returns how to change the service's response to this request.
    #[inline]
    pub(super) fn response_cors(&self, head: RequestHead<'_>) -> Option<Box<ResponseCors>> {
        let cors = self.cors.as_ref().filter(|_| !self.is_shadow)?;
        let origin = head.headers.get(ORIGIN).cloned();
        Some(Box::new(ResponseCors { cors: Arc::clone(cors), origin, is_preflight: head.is_preflight() }))
    }

    /// Makes the gate a shadow, which passes every request.
    pub(super) fn watch(&mut self) {
        (self.is_shadow, self.decisions) = (true, Decisions::new(true));
    }

    /// Decides, and starts a fetch of keys if one is needed and allowed.
    #[inline]
    pub(super) fn decide(&self, head: RequestHead<'_>) -> Decision {
        let found = self.matching.find(head);
        if let Some(response) = self.preflight(head, found) {
            return Decision::Respond(Box::new(response));
        }
        if self.matching.passes_preflight(found) && head.is_preflight() {
            return self.open(head, found.unwrap_or(Target::Unknown));
        }
        match found {
            Ok(target) => self.ask(head, target, Ask::MayFetch),
            Err(no_route) => self.reject(head, None, no_route.into()),
        }
    }

    /// Answers a preflight request that no route covers, as API Gateway does if CORS is configured (behaviour §2.4.4), and
    /// one that would pass without a token.
    #[inline]
    fn preflight(&self, head: RequestHead<'_>, found: Result<Target, NoRoute>) -> Option<Response<Bytes>> {
        let cors = self.cors.as_ref().filter(|_| !self.is_shadow && head.is_preflight())?;
        // One rule for the whole service is not a route for `OPTIONS`.
        let is_covered = !matches!(found, Err(NoRoute::NotFound) | Ok(Target::Unknown | Target::Any));
        (!is_covered || self.matching.passes_preflight(found)).then(|| {
            let mut response = cors.preflight(head.headers);
            response.extensions_mut().insert(OwnAnswer::Preflight);
            response
        })
    }

    /// Decides again, after a fetch has ended.
    pub(super) fn resume(&self, head: RequestHead<'_>, resumption: Resumption) -> Decision {
        self.ask(head, resumption.target, if resumption.may_wait_again { Ask::MayFetch } else { Ask::Cached })
    }

    /// Decides again whether a request that waited for the inner service may still pass.
    pub(super) fn recheck(&self, head: RequestHead<'_>, pass: Pass) -> Decision {
        match self.ask(head, pass.target, Ask::Again) {
            Decision::Admit(again) if again.rejection().is_none() => Decision::Admit(pass),
            decision => decision,
        }
    }

    /// Returns the route of a request, with the target that was matched.
    pub(super) fn matched_route(&self, target: Target, matched: &Uri) -> Option<MatchedRoute> {
        let Target::Route(place) = target else { return None };
        MatchedRoute::new(Arc::clone(self.matching.table()?), place, matched.clone())
    }

    /// Returns the changes to a request that passes.
    pub(super) fn changes(&self, head: RequestHead<'_>, pass: &Pass) -> Changes {
        Changes::of(pass, head, &self.claim_headers)
    }

    /// Changes a request that passes, before the inner service is called.
    #[inline]
    pub(super) fn forward(&self, head: &mut impl EditableHead, pass: Pass) {
        // Most requests need no changes.
        let changes = Changes::are_needed(&pass, head.headers(), &self.claim_headers);
        let changes = changes.then(|| self.changes(head.as_request_head(), &pass));
        let inserts_route = self.matching.table().is_some_and(|table| table.inserts_matched_route());
        let matched = || self.matched_route(pass.target, self.matching.uri(head.as_request_head()));
        let route = inserts_route.then(matched).flatten();
        if let Some(changes) = changes {
            changes.apply(head);
        }
        insert_extensions(head, pass.grounds, route);
    }

    /// Counts a request that passes, and logs it if a shadow would reject it.
    #[inline]
    pub(super) fn report(&self, method: &Method, pass: &Pass) {
        match &pass.grounds {
            Grounds::Open => self.decisions.count_open(),
            Grounds::Token { .. } => self.decisions.count_allowed(),
            Grounds::Shadow(rejection) => self.report_shadow(method, pass.target, *rejection),
        }
    }

    #[cold]
    fn report_shadow(&self, method: &Method, target: Target, rejection: Rejection) {
        let (kind, route_key) = (rejection.kind(), self.matching.route(target).map(|route| route.key().as_str()));
        self.decisions.count_rejected(kind);
        RejectionEvent { kind, method, route_key, request_id: None }.log_shadow();
    }

    /// Asks the authorizer of the route whether the request may pass.
    #[inline]
    fn ask(&self, head: RequestHead<'_>, target: Target, ask: Ask) -> Decision {
        let authorization = self.matching.authorization(target).filter(|authorization| !authorization.is_open());
        let Some(authorization) = authorization else { return self.open(head, target) };
        let authorizer = self.matching.authorizer(target);
        let query = self.matching.uri(head).query();
        match (Question { headers: head.headers, query, authorizer, authorization }).answer(ask) {
            Answer::Accept(claims) => {
                let source =
                    || ClaimSource { authorizer: authorizer.clone(), authorization: Arc::clone(authorization) };
                let forwarding = authorizer.forwarding().changes_requests().then(source);
                Decision::Admit(Pass { target, grounds: Grounds::Token { claims, forwarding } })
            }
            Answer::Reject(rejection) => self.reject(head, Some(target), rejection),
            Answer::Fetch(end) => {
                let resumption = Resumption { target, may_wait_again: end.is_joined };
                Decision::Wait(PendingFetch { end, resumption })
            }
        }
    }

    /// Admits a request for an open route, or answers it if the route has a mock response.
    #[inline]
    fn open(&self, head: RequestHead<'_>, target: Target) -> Decision {
        let mock = self.matching.route(target).and_then(Route::mock_response).filter(|_| !self.is_shadow);
        let Some(mock) = mock else { return Decision::Admit(Pass::open(target)) };
        self.decisions.count_open();
        let mut response = mock.answer(head.headers);
        response.extensions_mut().insert(OwnAnswer::Mock);
        if let Some(cors) = &self.cors {
            cors.apply(head.headers.get(ORIGIN), head.is_preflight(), response.headers_mut());
        }
        Decision::Respond(Box::new(response))
    }

    #[cold]
    fn reject(&self, head: RequestHead<'_>, target: Option<Target>, rejection: Rejection) -> Decision {
        if self.is_shadow {
            let target = target.unwrap_or(Target::Unknown);
            return Decision::Admit(Pass { target, grounds: Grounds::Shadow(rejection) });
        }
        let authorizer = self.matching.authorizer(target.unwrap_or(Target::Unknown));
        let ids = request_ids::random();
        let route_key = target.and_then(|target| self.matching.route(target)).map(|route| route.key().as_str());
        self.decisions.count_rejected(rejection.kind());
        if rejection.kind() == RejectionKind::WrongTokenUse && head.extensions.get::<Claims>().is_some() {
            self.decisions.warn_of_stack(route_key);
        }
        let request_id = ids.sent(authorizer.rules()).to_str().ok();
        RejectionEvent { kind: rejection.kind(), method: head.method, route_key, request_id }
            .log(authorizer.rejection_level());
        let request_fields = RequestFields {
            method: head.method,
            uri: self.matching.uri(head),
            version: head.version,
            headers: head.headers,
            route_key,
            authorization: target.and_then(|target| self.matching.authorization(target)).map(|own| &**own),
            stage: self.matching.table().map(|table| RouteTable::stage(table)).unwrap_or_default(),
            now: &|| authorizer.now(),
        };
        let mut response = authorizer.renderer().render(rejection, request_fields, ids);
        response.extensions_mut().insert(rejection);
        if let Some(cors) = &self.cors {
            cors.apply(head.headers.get(ORIGIN), head.is_preflight(), response.headers_mut());
        }
        Decision::Respond(Box::new(response))
    }
}
