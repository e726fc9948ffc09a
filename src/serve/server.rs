//! Listens, and answers the questions of proxies.

use std::{
    any::Any,
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};
use tower::{ServiceBuilder, service_fn};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use super::{
    access_log,
    front::Front,
    peer::{Listen, TrustedProxies},
    policy::Policy,
    reply,
};
use crate::{
    clock::{Clock, SystemClock},
    error_text::debug_as_display,
    limits::{MAX_SERVE_CONNECTIONS, MAX_SERVE_HEAD_BYTES, SERVE_HEAD_TIMEOUT, SERVE_TIMEOUT},
};

/// A server that answers the questions of proxies, until it is [stopped](Self::stop) or dropped.
///
/// ```
/// use cognito_authorizer::{
///     configuration::Configuration,
///     serve::{Policy, Server, TrustedProxies},
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let text = r#"
/// # [user_pools.customers]
/// # id = "eu-west-1_Ab129faBb"
/// # [authorizers.pool]
/// # type = "COGNITO_USER_POOLS"
/// # user_pools = ["customers"]
/// # [[routes]]
/// # route = "GET /pets"
/// # "#;
/// let configuration = Configuration::reader().read_toml(text)?;
/// let policy = Policy::new(&configuration)?;
/// let server = Server::start(policy, &"127.0.0.1:0".parse()?, TrustedProxies::local()).await?;
/// println!("ask {}", server.address());
/// server.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    address: Listen,
    policy: SharedPolicy,
    running: Running,
}

/// The policy in use, which a reload replaces.
pub(super) type SharedPolicy = Arc<ArcSwap<Policy>>;

impl Server {
    /// Listens, and answers with this policy.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if the address or the socket cannot be used.
    pub async fn start(policy: Policy, listen: &Listen, trusted: TrustedProxies) -> Result<Self, ServerError> {
        let listener = Listener::bind(listen).await?;
        let address = listener.address(listen);
        let policy: SharedPolicy = Arc::new(ArcSwap::from_pointee(policy));
        let (shared, trusted) = (Arc::clone(&policy), Arc::new(trusted));
        let running = Running::start(listener, move |peer, request| {
            let (policy, trusted) = (shared.load_full(), Arc::clone(&trusted));
            async move { answer(&policy, &trusted, peer, request).await }
        });
        Ok(Self { address, policy, running })
    }

    /// Returns where the server listens.
    pub fn address(&self) -> &Listen {
        &self.address
    }

    /// Replaces the policy. Questions under way are answered by the previous one.
    pub fn replace_policy(&self, policy: Policy) {
        self.policy.store(Arc::new(policy));
    }

    pub(super) fn shared_policy(&self) -> SharedPolicy {
        Arc::clone(&self.policy)
    }

    /// Stops listening, and waits until the questions under way are answered, for at most ten seconds.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

async fn answer(
    policy: &Policy,
    trusted: &TrustedProxies,
    peer: Option<SocketAddr>,
    request: Request<Incoming>,
) -> Response<Bytes> {
    let Some(front) = Front::of(request.uri().path()) else { return reply::message(StatusCode::NOT_FOUND) };
    if !trusted.trusts(peer) {
        access_log::not_trusted(front);
        return front.reject(StatusCode::FORBIDDEN);
    }
    let clock = SystemClock::new();
    let begin = clock.monotonic();
    let (head, _) = request.into_parts();
    let response = match front.original(head) {
        Ok(original) => front.respond(policy, &original).await,
        Err(reason) => {
            access_log::unclear(front, reason);
            return front.reject(StatusCode::BAD_REQUEST);
        }
    };
    access_log::answered(front, &response, clock.monotonic().saturating_sub(begin));
    response
}

/// A running listener, which is stopped when it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    stops: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Answers every request by `answer`, which gets the address of the peer, unless the peer came by a Unix socket.
    pub(super) fn start<F, A>(listener: Listener, answer: F) -> Self
    where
        F: Fn(Option<SocketAddr>, Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<Bytes>> + Send + 'static,
    {
        let stops = watch::Sender::new(false);
        let task = tokio::spawn(accept(listener, answer, stops.subscribe()));
        Self { stops, task }
    }

    pub(super) async fn stop(mut self) {
        self.stops.send_replace(true);
        // A panic of the task is reported where it happens.
        drop((&mut self.task).await);
    }
}

async fn accept<F, A>(listener: Listener, answer: F, mut stops: watch::Receiver<bool>)
where
    F: Fn(Option<SocketAddr>, Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(MAX_SERVE_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stops.wait_for(|stops| *stops) => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Usually out of file descriptors; some will be free soon.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let answer = answer.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answered = answer(peer, request);
            async move { Ok::<_, std::convert::Infallible>(answered.await.map(Full::new)) }
        });
        let service = ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(panicked))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, SERVE_TIMEOUT))
            .service(service);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(SERVE_HEAD_TIMEOUT)
            .max_buf_size(MAX_SERVE_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A broken connection is the proxy's problem.
            drop(connection.await);
            drop(permit);
        });
    }
    drop(listener);
    // The connections that are still open after that are closed when the runtime ends.
    drop(tokio::time::timeout(SERVE_TIMEOUT, graceful.shutdown()).await);
}

/// The answer to a question whose answering panicked: every proxy rejects the request.
fn panicked(_: Box<dyn Any + Send>) -> Response<Full<Bytes>> {
    reply::message(StatusCode::INTERNAL_SERVER_ERROR).map(Full::new)
}

/// A bound listener.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        /// Removed with the listener.
        _file: SocketFile,
    },
}

/// The file of a Unix socket, which is removed at the end.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// A connection of either kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Listener {
    pub(super) async fn bind(listen: &Listen) -> Result<Self, ServerError> {
        let failed = |reason| ServerError::Bind { listen: listen.clone(), reason };
        match listen {
            Listen::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp).map_err(failed),
            #[cfg(unix)]
            Listen::Unix(path) => bind_unix(path).await.map_err(failed),
            #[cfg(not(unix))]
            Listen::Unix(_) => Err(failed(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Returns the address, with the port that was taken.
    pub(super) fn address(&self, listen: &Listen) -> Listen {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(|_| listen.clone(), Listen::Tcp),
            #[cfg(unix)]
            Self::Unix { .. } => listen.clone(),
        }
    }

    async fn accept(&self) -> io::Result<(Box<dyn Stream>, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are small, and the proxy waits for them.
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), Some(peer)))
            }
            #[cfg(unix)]
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), None))
            }
        }
    }
}

/// Binds a socket. A file that a server left behind is replaced; one that a server listens on is not.
#[cfg(unix)]
async fn bind_unix(path: &Path) -> io::Result<Listener> {
    use std::os::unix::fs::FileTypeExt;

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && tokio::net::UnixStream::connect(path).await.is_err() {
        std::fs::remove_file(path)?;
    }
    let listener = tokio::net::UnixListener::bind(path)?;
    Ok(Listener::Unix { listener, _file: SocketFile(path.to_owned()) })
}

/// A server cannot start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The address or the socket cannot be used.
    #[error("cannot listen on `{listen}`: {reason}")]
    Bind {
        /// The address.
        listen: Listen,
        /// The I/O error.
        #[source]
        reason: io::Error,
    },
}

debug_as_display!(ServerError);
