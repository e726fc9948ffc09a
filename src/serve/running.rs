//! Serves the connections of a listener: bounds on what they may hold, and an end that lets answers finish.

use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION},
};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{sync::watch, task::JoinHandle};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::{catch_panic::CatchPanicLayer, sensitive_headers::SetSensitiveRequestHeadersLayer};

use super::{
    first_bytes::FirstBytes,
    listener::Listener,
    peer::TrustedProxies,
    places::{Activity, Place, Places, UnderWay},
    reply,
    tls::Tls,
};
use crate::limits::{
    MAX_SERVE_HEAD_BYTES, MAX_SERVE_STREAMS, SERVE_HEAD_TIMEOUT, SERVE_IDLE_TIMEOUT, SERVE_PING_PERIOD, SERVE_TIMEOUT,
};

/// Any error, of a body.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response.
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// The other end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// `None` for a Unix socket.
    pub(super) address: Option<SocketAddr>,
    pub(super) is_tls: bool,
    /// The connection's place among those that may be open. Whatever outlives the connection keeps it.
    pub(super) _place: Arc<Place>,
}

/// How a listener treats its peers.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) tls: Option<Tls>,
    /// Peers whose connections are not counted by address.
    pub(super) trusted: TrustedProxies,
}

/// A running listener, which is stopped when it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    stops: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Serves each connection by the service that `make` returns for its peer.
    pub(super) fn start<M, S>(listener: Listener, terms: Terms, make: M) -> Self
    where
        M: Fn(Peer) -> S + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        let stops = watch::Sender::new(false);
        let task = tokio::spawn(accept(listener, terms, make, stops.subscribe()));
        Self { stops, task }
    }

    /// Stops listening, and waits for the answers under way.
    pub(super) async fn stop(mut self) {
        self.stops.send_replace(true);
        // A panic of the task is reported where it happens.
        drop((&mut self.task).await);
    }
}

async fn accept<M, S>(listener: Listener, terms: Terms, make: M, mut stops: watch::Receiver<bool>)
where
    M: Fn(Peer) -> S + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let graceful = GracefulShutdown::new();
    let places = Places::new();
    let http = http();
    let next = async || (places.next().await, listener.accept().await);
    loop {
        let accepted = tokio::select! {
            accepted = next() => accepted,
            _ = stops.wait_for(|stops| *stops) => break,
        };
        let (Some(permit), Ok((stream, address))) = accepted else {
            // Usually out of file descriptors; some will be free soon.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let untrusted = address.filter(|_| !terms.trusted.trusts(address)).map(|address| address.ip().to_canonical());
        let Some(place) = places.take(permit, untrusted) else { continue };
        let peer = Peer { address, is_tls: terms.tls.is_some(), _place: Arc::new(place) };
        let activity = Activity::new();
        let service = ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(panicked))
            // Not in a `Debug` text, and not in the tables by which HTTP/2 compresses headers.
            .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION]))
            .service(tracked(make(peer.clone()), Arc::clone(&activity)));
        let (tls, http, watcher) = (terms.tls.clone(), http.clone(), graceful.watcher());
        tokio::spawn(async move {
            let stream = match &tls {
                Some(tls) => tls.accept(stream).await,
                None => Ok(stream),
            };
            // A handshake that fails, and a broken connection, are the peer's problem.
            if let Ok(stream) = stream {
                let service = TowerToHyperService::new(service);
                let connection = http.serve_connection_with_upgrades(TokioIo::new(FirstBytes::new(stream)), service);
                tokio::select! {
                    ended = watcher.watch(connection.into_owned()) => drop(ended),
                    () = activity.idle_for(SERVE_IDLE_TIMEOUT) => {}
                }
            }
            drop(peer);
        });
    }
    drop(listener);
    // The connections that are still open after that are closed when the runtime ends.
    drop(tokio::time::timeout(SERVE_TIMEOUT, graceful.shutdown()).await);
}

/// Returns the service, with each request counted until its response has been sent.
fn tracked<S>(
    service: S,
    activity: Arc<Activity>,
) -> impl Service<Request<Incoming>, Response = Response<Held>, Error = Infallible, Future: Send> + Clone + Send + 'static
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    tower::service_fn(move |request| {
        let (under_way, answered) = (activity.begin(), service.clone().oneshot(request));
        async move { Ok(answered.await?.map(|body| Held { body, _under_way: under_way })) }
    })
}

/// The body of a response, with the mark that its request is under way.
struct Held {
    body: Body,
    _under_way: UnderWay,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// HTTP/1.1 and HTTP/2, with bounds on both.
fn http() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(SERVE_HEAD_TIMEOUT).max_buf_size(MAX_SERVE_HEAD_BYTES);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_SERVE_STREAMS)
        .max_header_list_size(u32::try_from(MAX_SERVE_HEAD_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(SERVE_PING_PERIOD)
        .keep_alive_timeout(SERVE_HEAD_TIMEOUT);
    http
}

/// The answer to a request whose answering panicked: it is rejected.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    boxed(reply::message(StatusCode::INTERNAL_SERVER_ERROR))
}

/// Returns a complete response as one whose body may stream.
pub(super) fn boxed(response: Response<Bytes>) -> Response<Body> {
    response.map(|body| http_body_util::Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

/// A service that answers every request by a function.
pub(super) fn answers<F, A>(
    answer: F,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    tower::service_fn(move |request| {
        let answered = answer(request);
        async move { Ok(answered.await) }
    })
}
