//! The response future.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    ResponseBody,
    gate::{Decision, PendingFetch, ResponseCors, Resumption, SharedGate},
    head::RequestHead,
    rewrite::Pass,
};

pin_project! {
    /// The response future of [`AuthorizerService`](super::AuthorizerService).
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
        Inner { #[pin] future: S::Future, cors: Option<Box<ResponseCors>> },
        /// The request was rejected; `None` once the response was returned.
        Rejected { response: Option<Response<Bytes>> },
        /// The request waits for a fetch that may bring the missing key.
        AwaitKeys { fetch_end: Pin<Box<dyn Future<Output = ()> + Send>>, waiting: Option<(WaitingRequest<S, B>, Resumption)> },
        /// The request passed after a fetch, and waits for the inner service to be ready.
        AwaitReady { waiting: Option<(WaitingRequest<S, B>, Pass)> },
    }
}

/// A request that waits, with the service to call.
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
            Decision::Admit(pass) => State::AwaitReady { waiting: Some((self, pass)) },
            Decision::Respond(response) => State::Rejected { response: Some(*response) },
            Decision::Wait(fetch) => State::await_keys(self, fetch),
        }
    }

    /// Calls the service if the request may still pass, because it may have waited.
    fn call(mut self, pass: Pass) -> State<S, B> {
        match self.gate.recheck(RequestHead::of_request(&self.request), pass) {
            Decision::Admit(pass) => {
                self.gate.report(self.request.method(), &pass);
                let cors = self.gate.response_cors(RequestHead::of_request(&self.request));
                self.gate.forward(&mut *self.request, pass);
                State::Inner { future: self.service.call(*self.request), cors }
            }
            Decision::Respond(response) => State::Rejected { response: Some(*response) },
            Decision::Wait(fetch) => State::await_keys(self, fetch),
        }
    }
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn call(service: &mut S, request: Request<B>, cors: Option<Box<ResponseCors>>) -> Self {
        Self { state: State::Inner { future: service.call(request), cors } }
    }

    pub(super) fn reject(response: Response<Bytes>) -> Self {
        Self { state: State::Rejected { response: Some(response) } }
    }

    pub(super) fn await_keys(service: S, request: Request<B>, gate: SharedGate, fetch: PendingFetch) -> Self {
        Self { state: State::await_keys(WaitingRequest { request: Box::new(request), service, gate }, fetch) }
    }
}

impl<S, B> State<S, B>
where
    S: Service<Request<B>>,
{
    fn await_keys(request: WaitingRequest<S, B>, fetch: PendingFetch) -> Self {
        Self::AwaitKeys { fetch_end: Box::pin(fetch.end.wait()), waiting: Some((request, fetch.resumption)) }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        // A future that is polled again after it returned a response stays pending forever.
        let done = || State::Rejected { response: None };
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Inner { future, cors } => {
                    let mut response = ready!(future.poll(cx))?;
                    if let Some(cors) = cors {
                        cors.apply(response.headers_mut());
                    }
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
                StateProjection::Rejected { response } => {
                    let Some(response) = response.take() else { return Poll::Pending };
                    return Poll::Ready(Ok(response.map(ResponseBody::gateway_response)));
                }
                StateProjection::AwaitKeys { fetch_end, waiting } => {
                    ready!(fetch_end.as_mut().poll(cx));
                    waiting.take().map_or_else(done, |(request, resumption)| request.resume(resumption))
                }
                StateProjection::AwaitReady { waiting } => {
                    if let Some((request, _)) = waiting {
                        ready!(request.service.poll_ready(cx))?;
                    }
                    waiting.take().map_or_else(done, |(request, pass)| request.call(pass))
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
