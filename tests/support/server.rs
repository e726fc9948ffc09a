//! A key server over real sockets whose behaviour can be changed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cognito_authorizer::{Authorizer, AuthorizerBuilder, UserPool, clock::ManualClock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::tokens::{ISSUER, Key, POOL_ID, jwk_set};

/// How the server behaves.
#[derive(Clone)]
pub enum Behaviour {
    /// Sends these bytes and closes the connection.
    Says(Vec<u8>),
    /// Sends one byte per second, without end.
    Trickles,
    /// Sends a body without end.
    Floods,
    /// Reads the request and never responds.
    IsSilent,
    /// Closes the connection immediately.
    HangsUp,
}

/// A server whose behaviour can be changed.
pub struct Server {
    behaviour: Arc<Mutex<Behaviour>>,
    fetches: Arc<AtomicUsize>,
    /// The last request, as text.
    pub request: Arc<Mutex<String>>,
    pub jwks_uri: String,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_uri = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let (behaviour, fetches) = (Arc::new(Mutex::new(behaviour)), Arc::new(AtomicUsize::new(0)));
        let request = Arc::new(Mutex::new(String::new()));
        let mut server = Self { behaviour, fetches, request, jwks_uri, accepting: None };
        let (behaviour, fetches) = (Arc::clone(&server.behaviour), Arc::clone(&server.fetches));
        let request = Arc::clone(&server.request);
        server.accepting = Some(tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                fetches.fetch_add(1, Ordering::SeqCst);
                let behaviour = behaviour.lock().unwrap().clone();
                tokio::spawn(behave(behaviour, stream, Arc::clone(&request)));
            }
        }));
        server
    }

    /// Stops accepting connections.
    pub async fn stop(&mut self) {
        let accepting = self.accepting.take().unwrap();
        accepting.abort();
        assert!(accepting.await.unwrap_err().is_cancelled());
    }

    pub fn becomes(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    pub fn builder(&self, clock: &ManualClock) -> AuthorizerBuilder {
        let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_issuer(ISSUER).with_jwks_uri(&self.jwks_uri);
        let builder = Authorizer::builder().user_pool(user_pool).clock(clock.clone());
        builder.fetch_timeout(Duration::from_millis(300))
    }

    pub fn authorizer(&self, clock: &ManualClock) -> Authorizer {
        self.builder(clock).build().unwrap()
    }
}

async fn behave(behaviour: Behaviour, mut stream: TcpStream, request: Arc<Mutex<String>>) {
    if matches!(behaviour, Behaviour::HangsUp) {
        return;
    }
    let mut buffer = [0; 4_096];
    let length = stream.read(&mut buffer).await.unwrap_or(0);
    *request.lock().unwrap() = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    match behaviour {
        Behaviour::Says(bytes) => drop(stream.write_all(&bytes).await),
        Behaviour::Trickles => {
            let _ = stream.write_all(head).await;
            while stream.write_all(b"1\r\n{\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Behaviour::Floods => {
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            let _ = stream.write_all(head).await;
            for _ in 0..16_384 {
                if stream.write_all(chunk.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
        Behaviour::IsSilent => tokio::time::sleep(Duration::from_secs(60)).await,
        Behaviour::HangsUp => {}
    }
}

pub fn says(status: &str, headers: &str, body: &[u8]) -> Behaviour {
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    Behaviour::Says([head.as_bytes(), body].concat())
}

pub fn publishes(keys: &[&Key]) -> Behaviour {
    says("200 OK", "", jwk_set(keys.iter().copied()).as_bytes())
}
