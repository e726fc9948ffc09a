//! Serves the endpoints over HTTP/1.1 on a loopback address.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    LocalUserPoolError,
    endpoints::Endpoints,
    switches::{Outage, Switches},
};
use crate::clock::Clock;

/// A user pool that is being served.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) endpoints: Endpoints,
    pub(super) switches: Switches,
    pub(super) clock: Arc<dyn Clock>,
}

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, LocalUserPoolError> {
    if !address.ip().is_loopback() {
        return Err(LocalUserPoolError::NotLoopback { address });
    }
    TcpListener::bind(address).await.map_err(|source| LocalUserPoolError::Bind { address, source })
}

/// Serves until it is dropped, and its connections with it.
pub(super) async fn serve(listener: TcpListener, pool: Arc<Pool>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: some will be free in a moment.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if pool.switches.outage() == Some(Outage::Refuse) {
            continue;
        }
        let pool = Arc::clone(&pool);
        let service = service_fn(move |request| {
            let pool = Arc::clone(&pool);
            async move { answer(request, &pool).await }
        });
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is the client's business.
        connections.spawn(async move { drop(connection.await) });
    }
}

/// The answer, or an error that ends the connection.
async fn answer(request: Request<Incoming>, pool: &Pool) -> Result<Response<Full<Bytes>>, io::Error> {
    match pool.switches.outage() {
        None => Ok(respond(request, pool).await),
        Some(Outage::Refuse) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(Outage::Hang) => std::future::pending().await,
        Some(Outage::InternalServerError) => Ok(of_status(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Outage::Garbage) => Ok(Response::new(Full::from("<html><body>Welcome to the network</body></html>"))),
    }
}

async fn respond(request: Request<Incoming>, pool: &Pool) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return of_status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    pool.endpoints.respond(&Request::from_parts(parts, body.to_bytes()), pool.clock.now()).map(Full::new)
}

fn of_status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// Longest body of a request, in bytes. A token request has a few hundred.
const MAX_BODY_BYTES: usize = 65_536;
