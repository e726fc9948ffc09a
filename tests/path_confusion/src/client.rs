//! Sends request targets as they are, byte by byte, over connections that are kept open.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::requests::Attempt;

const PATIENCE: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0 if the connection ended without an answer.
    pub status: u16,
    /// The routes whose handlers ran: the values of `x-route`.
    pub routes: Vec<usize>,
}

/// A connection to one server; opened anew when the server closes it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    pub async fn send(&mut self, attempt: &Attempt, authorization: Option<&str>) -> Answer {
        let mut request = Vec::with_capacity(512);
        request.extend_from_slice(attempt.method.as_bytes());
        request.push(b' ');
        request.extend_from_slice(&attempt.target);
        request.extend_from_slice(b" HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in &attempt.headers {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if let Some(value) = authorization {
            request.extend_from_slice(format!("authorization: {value}\r\n").as_bytes());
        }
        if !matches!(attempt.method, "GET" | "HEAD") {
            request.extend_from_slice(b"content-length: 0\r\n");
        }
        request.extend_from_slice(b"\r\n");
        // A server may close a kept connection just before it is used again.
        for _ in 0..2 {
            let was_kept = self.stream.is_some();
            match timeout(PATIENCE, self.exchange(&request, attempt.method == "HEAD")).await {
                Ok(Some(answer)) => return answer,
                Ok(None) if was_kept => {}
                _ => break,
            }
        }
        self.stream = None;
        Answer::default()
    }

    async fn exchange(&mut self, request: &[u8], is_head: bool) -> Option<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await.ok()?;
                stream.set_nodelay(true).ok()?;
                stream
            }
        };
        stream.write_all(request).await.ok()?;
        let mut received = Vec::with_capacity(1024);
        loop {
            let is_open = stream.read_buf(&mut received).await.ok()? > 0;
            match read(&received, is_head, is_open) {
                Some((answer, true)) if is_open => {
                    self.stream = Some(stream);
                    return Some(answer);
                }
                Some((answer, _)) => return Some(answer),
                None if !is_open || received.len() > MAX_ANSWER_BYTES => return None,
                None => {}
            }
        }
    }
}

/// The answer, once it is whole, and whether the connection can be used again.
fn read(received: &[u8], is_head: bool, is_open: bool) -> Option<(Answer, bool)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = response.parse(received).ok()? else { return None };
    let status = response.code?;
    let body = &received[start..];
    if (100..200).contains(&status) {
        return read(body, is_head, is_open);
    }
    let values = |name: &'static str| {
        let named = response.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.filter_map(|header| std::str::from_utf8(header.value).ok())
    };
    let routes = values("x-route").flat_map(|value| value.split(',')).filter_map(|value| value.trim().parse().ok());
    let answer = Answer { status, routes: routes.collect() };
    let is_kept = !values("connection").any(|value| value.eq_ignore_ascii_case("close")) && response.version == Some(1);
    if is_head || matches!(status, 204 | 304) {
        return Some((answer, is_kept));
    }
    if values("transfer-encoding").any(|value| value.eq_ignore_ascii_case("chunked")) {
        let is_whole = body.ends_with(b"0\r\n\r\n") && (body.len() == 5 || body.ends_with(b"\r\n0\r\n\r\n"));
        return is_whole.then_some((answer, is_kept)).or_else(|| (!is_open).then(|| (Answer::default(), false)));
    }
    match values("content-length").next().and_then(|value| value.parse::<usize>().ok()) {
        Some(length) => (body.len() >= length).then_some((answer, is_kept)),
        // Its end is the connection's.
        None => (!is_open).then_some((answer, false)),
    }
}
