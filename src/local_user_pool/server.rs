//! Serves the endpoints over HTTP/1.1.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::{JoinError, JoinSet, spawn_blocking},
    time::timeout,
};

use super::{
    LocalUserPoolError,
    endpoints::Endpoints,
    switches::{Outage, Switches},
};
use crate::clock::Clock;

/// The shared state of a running local user pool.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) endpoints: Arc<Endpoints>,
    pub(super) switches: Switches,
    pub(super) clock: Arc<dyn Clock>,
    /// Limits how many requests are processed at once.
    at_work: Arc<Semaphore>,
    /// Set to `true` to stop the server.
    ends: watch::Sender<bool>,
}

impl Server {
    pub(super) fn new(endpoints: Endpoints, clock: impl Clock) -> Self {
        let at_work = Arc::new(Semaphore::new(MAX_AT_WORK));
        let (endpoints, clock) = (Arc::new(endpoints), Arc::new(clock));
        Self { endpoints, switches: Switches::default(), clock, at_work, ends: watch::Sender::new(false) }
    }

    /// Stops [`serve`].
    pub(super) fn end(&self) {
        self.ends.send_replace(true);
    }

    /// Runs blocking work on a blocking thread once a permit is available; `None` if the semaphore is closed.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Endpoints) -> T + Send + 'static,
    ) -> Option<Result<T, JoinError>> {
        let permit = Arc::clone(&self.at_work).acquire_owned().await.ok()?;
        let endpoints = Arc::clone(&self.endpoints);
        let work = spawn_blocking(move || {
            let done = work(&endpoints);
            // Drop the endpoints, which contain the lock of the state file, before the permit that `rest` waits for.
            drop(endpoints);
            drop(permit);
            done
        });
        Some(work.await)
    }

    /// Waits until all work is done, and lets no new work start.
    pub(super) async fn rest(&self) {
        if let Ok(all) = self.at_work.acquire_many(u32::try_from(MAX_AT_WORK).unwrap_or(u32::MAX)).await {
            all.forget();
        }
    }
}

pub(super) async fn bind(address: SocketAddr, beyond_loopback: bool) -> Result<TcpListener, LocalUserPoolError> {
    if !beyond_loopback && !address.ip().is_loopback() {
        return Err(LocalUserPoolError::NotLoopback { address });
    }
    TcpListener::bind(address).await.map_err(|reason| LocalUserPoolError::Bind { address, reason })
}

/// Serves until the server is stopped or the future is dropped; both close all connections.
pub(super) async fn serve(listener: TcpListener, served: Arc<Server>) {
    let mut connections = JoinSet::new();
    let mut ends = served.ends.subscribe();
    tokio::select! {
        () = accept(listener, served, &mut connections) => {}
        _ = ends.wait_for(|ends| *ends) => {}
    }
    connections.shutdown().await;
}

async fn accept(listener: TcpListener, served: Arc<Server>, connections: &mut JoinSet<()>) {
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((stream, _)) = listener.accept().await else {
            // Usually out of file descriptors; some will be free soon.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if served.switches.outage() == Some(Outage::Refuse) {
            continue;
        }
        let served = Arc::clone(&served);
        let service = service_fn(move |request| {
            let served = Arc::clone(&served);
            async move { answer(request, &served).await }
        });
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        // A broken connection is the client's problem.
        connections.spawn(async move { drop(connection.await) });
    }
}

/// Returns the response, or an error that closes the connection.
async fn answer(request: Request<Incoming>, served: &Server) -> Result<Response<Full<Bytes>>, io::Error> {
    match served.switches.outage() {
        None => Ok(respond_logged(request, served).await),
        Some(Outage::Refuse) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(Outage::Hang) => std::future::pending().await,
        Some(Outage::InternalServerError) => Ok(of_status(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Outage::Garbage) => Ok(Response::new(Full::from("<html><body>Welcome to the network</body></html>"))),
    }
}

/// Responds, and logs the request without its query, headers and body, which can hold secrets.
async fn respond_logged(request: Request<Incoming>, served: &Server) -> Response<Full<Bytes>> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).map(str::to_owned);
    let operation = target.as_deref().and_then(|target| target.rsplit('.').next());
    let response = respond(request, served).await;
    let status = response.status().as_u16();
    tracing::info!(%method, path, operation, status, "local user pool request");
    response
}

async fn respond(request: Request<Incoming>, served: &Server) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = match timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY_BYTES).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return of_status(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return of_status(StatusCode::REQUEST_TIMEOUT),
    };
    let request = Request::from_parts(parts, body);
    if let Some(document) = served.endpoints.document(&request) {
        return document.map(Full::new);
    }
    // Hashing passwords, generating keys and writing files block.
    let now = served.clock.now();
    match served.work(move |endpoints| endpoints.respond(&request, now)).await {
        Some(Ok(response)) => response.map(Full::new),
        Some(Err(_)) => of_status(StatusCode::INTERNAL_SERVER_ERROR),
        None => of_status(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn of_status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// The maximum size of a request body in bytes. Most have a few hundred.
const MAX_BODY_BYTES: usize = 65_536;

/// The maximum time to receive a request body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum number of requests processed at once, each on a thread: the surrounding program needs threads too.
const MAX_AT_WORK: usize = 8;

/// The maximum number of open connections.
const MAX_CONNECTIONS: usize = 512;
