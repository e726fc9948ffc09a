//! A client that sends what it is given, byte by byte.
use std::time::Duration;

use cognito_authorizer::serve::Listen;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What came back, until the other end closed or was silent.
pub async fn exchange(address: &Listen, sent: &str) -> String {
    let mut stream = connect(address).await;
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let mut part = [0; 4_096];
    while let Ok(Ok(length @ 1..)) = timeout(Duration::from_secs(1), stream.read(&mut part)).await {
        received.extend_from_slice(&part[..length]);
    }
    String::from_utf8_lossy(&received).into_owned()
}

pub async fn connect(address: &Listen) -> TcpStream {
    let Listen::Tcp(address) = address else { panic!("{address}") };
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the text has come.
pub async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).contains(text) {
        let mut part = [0; 1_024];
        let length = timeout(Duration::from_secs(5), stream.read(&mut part)).await.expect(text).unwrap();
        assert_ne!(length, 0, "{text}: {}", String::from_utf8_lossy(&received));
        received.extend_from_slice(&part[..length]);
    }
    String::from_utf8(received).unwrap()
}

/// A request that closes the connection.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\nhost: service.example\r\nconnection: close\r\n{headers}\r\n")
}
