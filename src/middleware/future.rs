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
    gate::{Decision, Resumption, SharedGate, Waiting},
    head::RequestHead,
    rewrite::Passed,
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
        /// The request was rejected.
        Rejected { response: Response<Bytes> },
        /// A fetch of keys is under way that may bring the missing one.
        AwaitKeys { refreshed: Pin<Box<dyn Future<Output = ()> + Send>>, held: Option<(WaitingRequest<S, B>, Resumption)> },
        /// The keys came and the request passed; the service is not ready yet.
        AwaitReady { held: Option<(WaitingRequest<S, B>, Passed)> },
    }
}

/// A request that waits, and the service to call.
struct WaitingRequest<S, B> {
    request: Box<Request<B>>,
    service: S,
    gate: SharedGate,
}

impl<S, B> WaitingRequest<S, B>
where
    S: Service<Request<B>>,
{
    /// Decides again, after a fetch has ended.
    fn resume(self, resumption: Resumption) -> State<S, B> {
        match self.gate.resume(RequestHead::of_request(&self.request), resumption) {
            Decision::Admit(passed) => State::AwaitReady { held: Some((self, passed)) },
            Decision::Reject(response) => State::Rejected { response: *response },
            Decision::Wait(waiting) => State::await_keys(self, waiting),
        }
    }

    /// Calls the service, if the request may still pass: it may have waited for a while.
    fn call(mut self, passed: Passed) -> State<S, B> {
        match self.gate.recheck(RequestHead::of_request(&self.request), passed) {
            Decision::Admit(passed) => {
                self.gate.report(&passed);
                self.gate.prepare(&mut *self.request, passed);
                State::Inner { future: self.service.call(*self.request) }
            }
            Decision::Reject(response) => State::Rejected { response: *response },
            Decision::Wait(waiting) => State::await_keys(self, waiting),
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

    pub(super) fn await_keys(service: S, request: Request<B>, gate: SharedGate, waiting: Waiting) -> Self {
        Self { state: State::await_keys(WaitingRequest { request: Box::new(request), service, gate }, waiting) }
    }
}

impl<S, B> State<S, B>
where
    S: Service<Request<B>>,
{
    fn await_keys(request: WaitingRequest<S, B>, waiting: Waiting) -> Self {
        let resumption = waiting.resumption();
        Self::AwaitKeys { refreshed: Box::pin(waiting.refreshed.wait()), held: Some((request, resumption)) }
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
                    held.take().map_or_else(done, |(request, resumption)| request.resume(resumption))
                }
                StateProjection::AwaitReady { held } => {
                    if let Some((request, _)) = held {
                        ready!(request.service.poll_ready(cx))?;
                    }
                    held.take().map_or_else(done, |(request, passed)| request.call(passed))
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
