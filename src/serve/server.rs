//! A server: the answers to proxies, or the reverse proxy in front of a service.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{
    access_log::Log,
    error::ServerError,
    listener::Listener,
    peer::Listen,
    policy::{Policy, SharedPolicy},
    proxy::Proxy,
    questions::Questions,
    running::{Running, Terms, answers},
    settings::ServerSettings,
    tls::{Certificate, Tls},
    upstream::Upstream,
};
/// A server that answers the questions of proxies, until it is [stopped](Self::stop) or dropped.
///
/// ```
/// use cognito_authorizer::{
///     configuration::Configuration,
///     serve::{Policy, Server, ServerSettings},
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
/// let server = Server::start(policy, &"127.0.0.1:0".parse()?, ServerSettings::default()).await?;
/// println!("ask {}", server.address());
/// server.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    address: Listen,
    policy: SharedPolicy,
    tls: Option<Tls>,
    running: Running,
}

impl Server {
    /// Listens, and answers the questions of proxies with this policy.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if the address or the socket cannot be used.
    pub async fn start(policy: Policy, listen: &Listen, settings: ServerSettings) -> Result<Self, ServerError> {
        let listener = Listener::bind(listen).await?;
        let address = listener.address(listen);
        let policy: SharedPolicy = Arc::new(ArcSwap::from_pointee(policy));
        let log = Log::new(settings.access_log, settings.logged_claims);
        let tls = settings.certificate.map(Tls::new);
        let terms = Terms { tls: tls.clone(), trusted: settings.trusted.clone() };
        let questions = Arc::new(Questions { policy: Arc::clone(&policy), trusted: settings.trusted, log });
        let running = Running::start(listener, terms, move |peer| {
            let questions = Arc::clone(&questions);
            answers(move |request| Arc::clone(&questions).answer(peer.clone(), request))
        });
        Ok(Self { address, policy, tls, running })
    }

    /// Listens, and sends the requests that may pass to a service: a reverse proxy.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if the address or the socket cannot be used.
    pub async fn start_proxy(
        policy: Policy,
        listen: &Listen,
        upstream: Upstream,
        settings: ServerSettings,
    ) -> Result<Self, ServerError> {
        let listener = Listener::bind(listen).await?;
        let address = listener.address(listen);
        let policy: SharedPolicy = Arc::new(ArcSwap::from_pointee(policy));
        let log = Log::new(settings.access_log, settings.logged_claims);
        let tls = settings.certificate.map(Tls::new);
        let terms = Terms { tls: tls.clone(), trusted: settings.trusted.clone() };
        let proxy = Arc::new(Proxy { policy: Arc::clone(&policy), upstream, trusted: settings.trusted, log });
        let running = Running::start(listener, terms, move |peer| {
            let proxy = Arc::clone(&proxy);
            answers(move |request| Arc::clone(&proxy).answer(peer.clone(), request))
        });
        Ok(Self { address, policy, tls, running })
    }

    /// Returns where the server listens.
    pub fn address(&self) -> &Listen {
        &self.address
    }

    /// Replaces the policy. Requests under way are answered by the previous one.
    pub fn replace_policy(&self, policy: Policy) {
        policy.put_into_use();
        self.policy.store(Arc::new(policy));
    }

    /// Replaces the certificate for new connections. Returns whether it is another one; a server without TLS has none.
    pub fn replace_certificate(&self, certificate: Certificate) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.replace(certificate))
    }

    pub(super) fn shared_policy(&self) -> SharedPolicy {
        Arc::clone(&self.policy)
    }

    /// Stops listening, and waits until the requests under way are answered, for at most ten seconds.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}
