//! Serves the endpoints over HTTP/1.1 on a loopback address.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, task::JoinSet};

use super::{LocalUserPoolError, endpoints::Endpoints};
use crate::clock::{Clock, SystemClock};

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, LocalUserPoolError> {
    if !address.ip().is_loopback() {
        return Err(LocalUserPoolError::NotLoopback { address });
    }
    TcpListener::bind(address).await.map_err(|source| LocalUserPoolError::Bind { address, source })
}

/// Serves until it is dropped, and its connections with it.
pub(super) async fn serve(listener: TcpListener, endpoints: Arc<Endpoints>) {
    let clock = SystemClock::new();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: some will be free in a moment.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let endpoints = Arc::clone(&endpoints);
        let service = service_fn(move |request| {
            let endpoints = Arc::clone(&endpoints);
            async move { Ok::<_, Infallible>(respond(request, &endpoints, clock).await) }
        });
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is the client's business.
        connections.spawn(async move { drop(connection.await) });
    }
}

async fn respond(request: Request<Incoming>, endpoints: &Endpoints, clock: SystemClock) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return response;
    };
    endpoints.respond(&Request::from_parts(parts, body.to_bytes()), clock.now()).map(Full::new)
}

/// Longest body of a request, in bytes. A token request has a few hundred.
const MAX_BODY_BYTES: usize = 65_536;
