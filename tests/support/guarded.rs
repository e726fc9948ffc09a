//! A protected service over real sockets, and a client that writes raw bytes.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use cognito_authorizer::Claims;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::Service;

/// Serves a service over HTTP/1.1 on a loopback port, with one task per connection.
pub async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = TowerToHyperService::new(service);
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            stream.set_nodelay(true).unwrap();
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    address
}

/// Responds with the subject of the token.
pub async fn subject(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let subject = request.extensions().get::<Claims>().map_or("nobody", Claims::subject).to_owned();
    Ok(Response::new(subject.into()))
}

/// A client's connection.
pub struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Sends bytes until the server stops reading.
    pub async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Returns the status and body of the next response, or `None` if the server closed the connection.
    pub async fn answer(&mut self) -> Option<(u16, String)> {
        loop {
            if let Some(answer) = self.taken() {
                return Some(answer);
            }
            match self.stream.read_buf(&mut self.read).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub async fn ask(&mut self, request: &[u8]) -> Option<(u16, String)> {
        // A server may respond and close the connection before it has read everything.
        let _ = self.write(request).await;
        self.answer().await
    }

    /// Removes one complete response from the bytes that were read.
    fn taken(&mut self) -> Option<(u16, String)> {
        let end = self.read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.read[..end]).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        let body = self.read.get(end..end + length)?;
        let body = String::from_utf8_lossy(body).into_owned();
        self.read.drain(..end + length);
        Some((status, body))
    }
}

/// Builds a request with these header lines.
pub fn get(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n").into_bytes()
}
