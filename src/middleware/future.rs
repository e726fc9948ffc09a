//! The response on its way.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{ResponseBody, layer::Gate, request_ids};
use crate::{
    claims::Claims,
    decide::{Rejection, RejectionKind, Verdict},
    gateway_response,
    jwks::Refreshed,
};

pin_project! {
    /// The response of an [`AuthorizerService`](super::AuthorizerService).
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<B>>,
    {
        /// The request passed.
        Inner { #[pin] future: S::Future },
        /// It was refused.
        Rejected { kind: RejectionKind },
        /// A fetch of keys is under way that may bring the one that is missing.
        AwaitKeys { refreshed: Pin<Box<dyn Future<Output = ()> + Send>>, held: Option<Held<S, B>> },
    }
}

/// A request that waits, and the service that was ready for it.
struct Held<S, B> {
    request: Box<Request<B>>,
    service: S,
    gate: Gate,
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn call(service: &mut S, request: Request<B>, claims: Option<Claims>) -> Self {
        Self { state: State::call(service, request, claims) }
    }

    pub(super) fn reject(kind: RejectionKind) -> Self {
        Self { state: State::Rejected { kind } }
    }

    pub(super) fn await_keys(service: S, request: Request<B>, gate: Gate, refreshed: Refreshed) -> Self {
        let held = Held { request: Box::new(request), service, gate };
        Self { state: State::AwaitKeys { refreshed: Box::pin(refreshed.wait()), held: Some(held) } }
    }
}

impl<S, B> State<S, B>
where
    S: Service<Request<B>>,
{
    fn call(service: &mut S, mut request: Request<B>, claims: Option<Claims>) -> Self {
        if let Some(claims) = claims {
            request.extensions_mut().insert(claims);
        }
        Self::Inner { future: service.call(request) }
    }

    /// Decides anew, once the fetch has ended.
    fn resume(held: Held<S, B>) -> Self {
        let Held { request, mut service, gate } = held;
        match gate.decide(request.method(), request.uri(), request.headers()) {
            Verdict::Allow(claims) => Self::call(&mut service, *request, claims),
            Verdict::Deny(rejection) => Self::Rejected { kind: rejection.kind() },
            Verdict::NeedKeys(need) => Self::Rejected { kind: gate.authorizer.without_key(need) },
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Inner { future } => {
                    let response = ready!(future.poll(cx))?;
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
                StateProjection::Rejected { kind } => return Poll::Ready(Ok(refuse(*kind))),
                StateProjection::AwaitKeys { refreshed, held } => {
                    ready!(refreshed.as_mut().poll(cx));
                    held.take().map_or(State::Rejected { kind: RejectionKind::KeysUnavailable }, State::resume)
                }
            };
            state.set(next);
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

fn refuse<R>(kind: RejectionKind) -> Response<ResponseBody<R>> {
    tracing::debug!(reason = kind.code(), "request refused");
    let mut response = gateway_response::render(kind, request_ids::random()).map(ResponseBody::gateway_response);
    response.extensions_mut().insert(Rejection::from(kind));
    response
}
