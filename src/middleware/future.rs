//! The response on its way.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    ResponseBody,
    gate::{Decision, SharedGate},
};
use crate::jwks::Refreshed;

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
        Rejected { response: Response<Bytes> },
        /// A fetch of keys is under way that may bring the one that is missing.
        AwaitKeys { refreshed: Pin<Box<dyn Future<Output = ()> + Send>>, held: Option<Held<S, B>> },
        /// The keys came and the request passed, and the service is to be ready for it.
        AwaitReady { held: Option<Held<S, B>> },
    }
}

/// A request that waits.
struct Held<S, B> {
    request: Box<Request<B>>,
    service: S,
    gate: SharedGate,
    /// Whether the fetch was under way when the request came. Then it may have been too early to
    /// bring the key, and another one is worth waiting for.
    may_wait_again: bool,
}

impl<S, B> Held<S, B>
where
    S: Service<Request<B>>,
{
    /// Calls the service, if the request may still pass: it may have waited for a while.
    fn call(mut self) -> State<S, B> {
        match self.gate.decide_for_good(&self.request) {
            Decision::Allow(passed) => {
                self.gate.prepare(&mut self.request, passed);
                State::Inner { future: self.service.call(*self.request) }
            }
            Decision::Deny(response) => State::Rejected { response },
            Decision::Wait(refreshed) => State::await_keys(self, refreshed),
        }
    }
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn call(service: &mut S, request: Request<B>) -> Self {
        Self { state: State::Inner { future: service.call(request) } }
    }

    pub(super) fn reject(response: Response<Bytes>) -> Self {
        Self { state: State::Rejected { response } }
    }

    pub(super) fn await_keys(service: S, request: Request<B>, gate: SharedGate, refreshed: Refreshed) -> Self {
        let held = Held { request: Box::new(request), service, gate, may_wait_again: refreshed.is_joined };
        Self { state: State::await_keys(held, refreshed) }
    }
}

impl<S, B> State<S, B>
where
    S: Service<Request<B>>,
{
    fn await_keys(held: Held<S, B>, refreshed: Refreshed) -> Self {
        Self::AwaitKeys { refreshed: Box::pin(refreshed.wait()), held: Some(held) }
    }

    /// Decides again, after a fetch has ended.
    fn resume(mut held: Held<S, B>) -> Self {
        let decision = if std::mem::take(&mut held.may_wait_again) {
            held.gate.decide(&held.request)
        } else {
            held.gate.decide_for_good(&held.request)
        };
        match decision {
            Decision::Allow(_) => Self::AwaitReady { held: Some(held) },
            Decision::Deny(response) => Self::Rejected { response },
            Decision::Wait(refreshed) => Self::await_keys(held, refreshed),
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
        // What was held is gone only if the future is polled after it was done.
        let done = || State::Rejected { response: polled_again() };
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Inner { future } => {
                    let response = ready!(future.poll(cx))?;
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
                StateProjection::Rejected { response } => {
                    let response = std::mem::replace(response, polled_again());
                    return Poll::Ready(Ok(response.map(ResponseBody::gateway_response)));
                }
                StateProjection::AwaitKeys { refreshed, held } => {
                    ready!(refreshed.as_mut().poll(cx));
                    held.take().map_or_else(done, State::resume)
                }
                StateProjection::AwaitReady { held } => {
                    if let Some(held) = held {
                        ready!(held.service.poll_ready(cx))?;
                    }
                    held.take().map_or_else(done, Held::call)
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

/// What a future answers that is polled after its end, which nobody should do.
fn polled_again() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
