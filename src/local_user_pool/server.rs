//! Serves the endpoints over HTTP/1.1.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
    time::timeout,
};

use super::{
    LocalUserPoolError,
    endpoints::Endpoints,
    switches::{Outage, Switches},
};
use crate::clock::Clock;

/// A local user pool that is being served.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) endpoints: Arc<Endpoints>,
    pub(super) switches: Switches,
    pub(super) clock: Arc<dyn Clock>,
    /// Who may be at work.
    at_work: Arc<Semaphore>,
}

impl Served {
    pub(super) fn new(endpoints: Endpoints, clock: impl Clock) -> Self {
        let at_work = Arc::new(Semaphore::new(MAX_AT_WORK));
        Self { endpoints: Arc::new(endpoints), switches: Switches::default(), clock: Arc::new(clock), at_work }
    }

    /// Waits until nobody is at work, and lets nobody begin.
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
    TcpListener::bind(address).await.map_err(|source| LocalUserPoolError::Bind { address, source })
}

/// Serves until it is dropped, and its connections with it.
pub(super) async fn serve(listener: TcpListener, served: Arc<Served>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: some will be free in a moment.
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
        // A connection that breaks is the client's business.
        connections.spawn(async move { drop(connection.await) });
    }
}

/// The answer, or an error that ends the connection.
async fn answer(request: Request<Incoming>, served: &Served) -> Result<Response<Full<Bytes>>, io::Error> {
    match served.switches.outage() {
        None => Ok(respond(request, served).await),
        Some(Outage::Refuse) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(Outage::Hang) => std::future::pending().await,
        Some(Outage::InternalServerError) => Ok(of_status(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Outage::Garbage) => Ok(Response::new(Full::from("<html><body>Welcome to the network</body></html>"))),
    }
}

async fn respond(request: Request<Incoming>, served: &Served) -> Response<Full<Bytes>> {
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
    let Ok(permit) = Arc::clone(&served.at_work).acquire_owned().await else {
        return of_status(StatusCode::SERVICE_UNAVAILABLE);
    };
    let (endpoints, now) = (Arc::clone(&served.endpoints), served.clock.now());
    // Passwords are hashed, keys made and files written: each takes a while.
    let response = spawn_blocking(move || {
        let response = endpoints.respond(&request, now);
        drop((endpoints, permit));
        response
    });
    response.await.map_or_else(|_| of_status(StatusCode::INTERNAL_SERVER_ERROR), |response| response.map(Full::new))
}

fn of_status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// Longest body of a request, in bytes. Most have a few hundred.
const MAX_BODY_BYTES: usize = 65_536;

/// How long a body may be under way.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Requests that are worked on at once, each on a thread: the program around it needs threads too.
const MAX_AT_WORK: usize = 8;

/// Connections at once.
const MAX_CONNECTIONS: usize = 512;
