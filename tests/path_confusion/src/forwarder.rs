//! The layer in front of a downstream: a hyper server that forwards what passes, target and headers as they came.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use cognito_authorizer::AuthorizerLayer;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinHandle,
};
use tower::{BoxError, Layer, service_fn};

/// The protocol that a downstream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

type Body = BoxBody<Bytes, BoxError>;

/// Serves until it is dropped.
pub struct Forwarder {
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Forwarder {
    pub async fn start(layer: AuthorizerLayer, downstream: SocketAddr, protocol: Protocol) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, layer.clone(), downstream, protocol));
            }
        });
        Self { address, accepting }
    }
}

/// Each connection has one of its own to the downstream.
async fn serve(stream: TcpStream, layer: AuthorizerLayer, downstream: SocketAddr, protocol: Protocol) {
    let _ = stream.set_nodelay(true);
    let upstream = Arc::new(Upstream { address: downstream, protocol, sender: Mutex::default() });
    let forward = service_fn(move |request| {
        let upstream = Arc::clone(&upstream);
        async move { Ok::<_, std::convert::Infallible>(upstream.forward(request).await) }
    });
    let service = TowerToHyperService::new(layer.layer(forward));
    let io = TokioIo::new(stream);
    // A client that sends what is not HTTP gets 400 or nothing from hyper.
    let _ = match protocol {
        Protocol::Http1 => hyper::server::conn::http1::Builder::new().serve_connection(io, service).await,
        Protocol::Http2 => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
        }
    };
}

struct Upstream {
    address: SocketAddr,
    protocol: Protocol,
    sender: Mutex<Option<Sender>>,
}

#[derive(Clone)]
enum Sender {
    Http1(Arc<Mutex<hyper::client::conn::http1::SendRequest<Incoming>>>),
    Http2(hyper::client::conn::http2::SendRequest<Incoming>),
}

impl Upstream {
    async fn forward(&self, request: Request<Incoming>) -> Response<Body> {
        let mut kept = self.sender.lock().await;
        let is_usable = match &*kept {
            Some(Sender::Http1(sender)) => sender.lock().await.ready().await.is_ok(),
            Some(Sender::Http2(sender)) => !sender.is_closed(),
            None => false,
        };
        if !is_usable {
            *kept = self.connect().await;
        }
        let sender = kept.clone();
        drop(kept);
        let sent = match sender {
            Some(Sender::Http1(sender)) => sender.lock().await.send_request(request).await,
            Some(Sender::Http2(mut sender)) => sender.send_request(request).await,
            None => return unavailable(),
        };
        match sent {
            Ok(response) => response.map(|body| body.map_err(BoxError::from).boxed()),
            Err(_) => unavailable(),
        }
    }

    async fn connect(&self) -> Option<Sender> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let io = TokioIo::new(stream);
        Some(match self.protocol {
            Protocol::Http1 => {
                let (sender, connection) = hyper::client::conn::http1::handshake(io).await.ok()?;
                tokio::spawn(connection);
                Sender::Http1(Arc::new(Mutex::new(sender)))
            }
            Protocol::Http2 => {
                let (sender, connection) =
                    hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.ok()?;
                tokio::spawn(connection);
                Sender::Http2(sender)
            }
        })
    }
}

fn unavailable() -> Response<Body> {
    let mut response = Response::new(Full::default().map_err(|never| match never {}).boxed());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
