//! The same requests over HTTP/2, as far as they can be written in it.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::{client::Answer, requests::Attempt};

pub async fn send_all(address: SocketAddr, attempts: &[Attempt], authorization: Option<&str>) -> Vec<Answer> {
    let Ok(stream) = TcpStream::connect(address).await else { return vec![Answer::default(); attempts.len()] };
    let Ok((mut sender, connection)) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await
    else {
        return vec![Answer::default(); attempts.len()];
    };
    tokio::spawn(connection);
    let mut answers = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let Some(request) = request(attempt, authorization) else {
            answers.push(Answer::default());
            continue;
        };
        let Ok(response) = sender.send_request(request).await else {
            answers.push(Answer::default());
            continue;
        };
        let routes = response.headers().get_all("x-route").iter();
        let routes = routes.filter_map(|value| value.to_str().ok()?.parse().ok()).collect();
        answers.push(Answer { status: response.status().as_u16(), routes });
        let _ = response.into_body().collect().await;
    }
    answers
}

fn request(attempt: &Attempt, authorization: Option<&str>) -> Option<Request<Empty<Bytes>>> {
    let path = Bytes::copy_from_slice(&attempt.target);
    let path = http::uri::PathAndQuery::from_maybe_shared(path).ok()?;
    let uri = Uri::builder().scheme("http").authority("localhost").path_and_query(path).build().ok()?;
    let mut request = Request::builder().method(attempt.method).uri(uri).header("content-type", "application/grpc");
    for (name, value) in &attempt.headers {
        request = request.header(*name, value);
    }
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(Empty::new()).ok()
}
