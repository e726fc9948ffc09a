//! A service behind the reverse proxy: it tells what it received.
use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Starts the service.
pub async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let http = auto::Builder::new(TokioExecutor::new());
                drop(http.serve_connection_with_upgrades(TokioIo::new(stream), service_fn(answer)).await);
            });
        }
    });
    address
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let does = request.headers().get("x-do").map(|does| does.to_str().unwrap().to_owned()).unwrap_or_default();
    Ok(match &*does {
        "hang" => std::future::pending().await,
        "upgrade" => {
            let upgraded = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let mut stream = TokioIo::new(upgraded.await.unwrap());
                let mut text = [0; 4];
                stream.read_exact(&mut text).await.unwrap();
                text.reverse();
                stream.write_all(&text).await.unwrap();
            });
            let asked = request.headers().get(header::UPGRADE).cloned();
            let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
            let response = response.header(header::CONNECTION, "upgrade");
            response.header(header::UPGRADE, asked.unwrap_or(HeaderValue::from_static("x"))).body(empty()).unwrap()
        }
        // Each part of the request is answered when it comes.
        "stream" => {
            let (parts, received) = mpsc::unbounded_channel();
            tokio::spawn(async move {
                let mut body = request.into_body();
                while let Some(Ok(frame)) = body.frame().await {
                    let Ok(data) = frame.into_data() else { continue };
                    drop(parts.send(Bytes::from(data.to_ascii_uppercase())));
                }
            });
            Response::new(Received(received).boxed_unsync())
        }
        "trailers" => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            let body = Full::new(Bytes::from("data")).with_trailers(async move { Some(Ok(trailers)) });
            Response::new(body.boxed_unsync())
        }
        "headers" => {
            let response = Response::builder().header("connection", "x-private").header("x-private", "1");
            response.header("keep-alive", "timeout=9").header("x-public", "2").body(empty()).unwrap()
        }
        "slow" => {
            tokio::time::sleep(Duration::from_millis(700)).await;
            tell(request).await
        }
        _ => tell(request).await,
    })
}

/// Tells the request: its first line, its headers in order, and its body.
async fn tell(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let mut lines: Vec<String> = head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    let body = body.collect().await.map_or("broken".to_owned(), |body| {
        let trailers = body.trailers().map(|trailers| format!("trailers: {trailers:?}")).unwrap_or_default();
        String::from_utf8(body.to_bytes().into()).unwrap() + &trailers
    });
    let told = format!("{} {} {:?}\n{}\n\n{body}", head.method, head.uri, head.version, lines.join("\n"));
    Response::new(Full::new(told.into()).boxed_unsync())
}

fn empty() -> Body {
    Full::default().boxed_unsync()
}

/// Parts of a body as they come.
struct Received(mpsc::UnboundedReceiver<Bytes>);

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}
