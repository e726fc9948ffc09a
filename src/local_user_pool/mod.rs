//! A Cognito user pool on this machine, for development and tests (feature `local-user-pool`).
//!
//! It signs real tokens with real keys, so the authorizer in front of a service does all that it
//! does in production: there is no mode that skips a check. Like Cognito it has two keys, one for ID tokens and
//! one for access tokens, and writes every `/` in its tokens and documents as `\/`.
//!
//! This module is a guest of the crate: its API may change in any release until 1.0.
//!
//! - `/`: the JSON protocol of the Cognito API, for the AWS CLI and the SDKs (`--endpoint-url`): users who sign up and
//!   in with a password, administrators, groups, and user pools with their app clients and resource servers
//!   ([behaviour §7.4](crate::docs::behaviour) lists the operations). Signatures of requests are not looked at.
//! - `/oauth2/token` for the client credentials and the refresh token grant, `/oauth2/revoke`
//! - `/<user pool id>/.well-known/jwks.json` and `…/openid-configuration`
//!
//! In a test it issues tokens made to order ([`TestToken`]), takes new keys, and fails when it is told to
//! ([testing](crate::docs::testing)).
//!
//! **Not for production**: whoever reaches it may do everything, client secrets stand in its configuration, and the
//! code that confirms a new user is always the same. It listens on loopback addresses only, unless
//! `dangerous().listen_beyond_loopback()` is used.

mod claims;

mod config;

mod cryptography;

mod directory;

mod endpoints;

mod error;

mod form_origin;

mod json_api;

mod keys;

mod oauth2;

mod password;

mod renewal;

mod response;

mod revocation;

mod seed;

mod server;

mod store;

mod switches;

mod test_token;

mod text;

mod token;

mod user_config;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
};

use tokio::task::{JoinError, JoinHandle, spawn_blocking};

pub use self::{
    config::LocalUserPoolConfig,
    directory::{AppClientConfig, AppClientMistake},
    error::LocalUserPoolError,
    switches::{KeyRotation, Outage},
    test_token::TestToken,
    user_config::UserConfig,
};
use self::{cryptography::SigningKey, endpoints::Endpoints, server::Server, store::Store, token::TokenSigner};
use crate::{
    clock::{Clock, SystemClock},
    user_pool::{UserPool, UserPoolId},
};

/// A user pool that is being served.
///
/// It stops when this is dropped, without waiting for requests that are under way; [`stop`](Self::stop) waits.
///
/// ```no_run
/// use cognito_authorizer::{Authorizer, local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig}};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = LocalUserPoolConfig::new("us-east-1_LocalPool")
///     .resource_server("pets", ["read", "write"])
///     .app_client(AppClientConfig::new("petstore", "not-a-secret").allowed_scopes(["pets/read"]));
/// let pool = LocalUserPool::start(config, "127.0.0.1:0".parse()?).await?;
///
/// let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LocalUserPool {
    address: SocketAddr,
    user_pool_id: UserPoolId,
    issuer: String,
    served: Arc<Server>,
    /// A key that is in no JWK Set, made when it is first asked for.
    unpublished: OnceLock<SigningKey>,
    server: JoinHandle<()>,
}

impl LocalUserPool {
    /// Serves the user pool on `address`; port 0 takes any that is free. Its keys are new, unless there are some in a
    /// state file.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError`] if the configuration holds a mistake, the address is not a loopback
    /// one or cannot be bound, or the state file cannot be used.
    pub async fn start(config: LocalUserPoolConfig, address: SocketAddr) -> Result<Self, LocalUserPoolError> {
        Self::start_with_clock(config, address, SystemClock::new()).await
    }

    /// The same, with another clock than the system's: by it tokens are issued.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn start_with_clock(
        config: LocalUserPoolConfig,
        address: SocketAddr,
        clock: impl Clock,
    ) -> Result<Self, LocalUserPoolError> {
        let user_pool_id = config.check()?;
        let listener = server::bind(address, config.beyond_loopback).await?;
        let address = listener.local_addr().map_err(|reason| LocalUserPoolError::Bind { address, reason })?;
        let base_url = config.base_url.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
        tracing::warn!(%address, %user_pool_id, "local user pool: for development and tests, not for production");
        let (aws_issuer, confirmation_code) = (config.aws_issuer, config.confirmation_code.clone());
        let allowed_origins = config.allowed_origins.clone();
        let (id, now) = (user_pool_id.clone(), clock.now().as_secs());
        // Passwords are hashed, and keys made if there is a state file.
        let store = spawn_blocking(move || {
            let store = Store::open(config.state_file.as_deref())?;
            seed::seed(&store, &config, id.as_str(), now).map(|()| store)
        });
        let store = store.await.unwrap_or_else(passed_on)?;
        let endpoints = Endpoints { store, base_url, aws_issuer, confirmation_code, allowed_origins };
        let issuer = endpoints.store.read().pool(user_pool_id.as_str()).map(|pool| endpoints.issuer(pool));
        let issuer = issuer.ok_or_else(|| no_user_pool(&user_pool_id))?;
        let served = Arc::new(Server::new(endpoints, clock));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&served)));
        Ok(Self { address, user_pool_id, issuer, served, unpublished: OnceLock::new(), server })
    }

    /// Stops, and waits until it has: the address and the state file are free then, and nothing is written any more.
    pub async fn stop(mut self) {
        self.served.end();
        // It was told to end; how it ends is nobody's concern.
        drop((&mut self.server).await);
        self.served.rest().await;
    }

    /// Issues a token made to order, good or wrong on purpose.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Key`] if it cannot be signed, [`LocalUserPoolError::NoUserPool`] if the user pool was
    /// deleted.
    pub fn issue(&self, token: &TestToken) -> Result<String, LocalUserPoolError> {
        let directory = self.served.endpoints.store.read();
        let pool = directory.pool(self.user_pool_id.as_str()).ok_or_else(|| no_user_pool(&self.user_pool_id))?;
        let unpublished = if token.by_unpublished_key { Some(self.unpublished_key()?) } else { None };
        let name = self.served.endpoints.issuer(pool);
        token.issue(TokenSigner { pool, name: &name, now: self.served.clock.now() }, unpublished)
    }

    /// Takes new keys, and signs with them from now on.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::File`] if they cannot be made or kept in the state file,
    /// [`LocalUserPoolError::NoUserPool`] if the user pool was deleted.
    pub async fn rotate_keys(&self, rotation: KeyRotation) -> Result<(), LocalUserPoolError> {
        let id = self.user_pool_id.clone();
        let work = self.served.work(move |endpoints| {
            endpoints.store.change(|directory| {
                let pool = directory.pool_mut(id.as_str()).ok_or_else(|| no_user_pool(&id))?;
                pool.keys = pool.keys.rotated(rotation);
                Ok(())
            })
        });
        match work.await {
            Some(done) => done.unwrap_or_else(passed_on),
            // It has not stopped while this is at hand.
            None => Err(LocalUserPoolError::Key),
        }
    }

    /// Fails to answer in this way from now on; `None` ends it. Requests that hang go on hanging.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.served.switches.set_outage(outage);
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The user pool, for an authorizer on this machine.
    pub fn user_pool(&self) -> UserPool {
        let jwks_uri = format!("http://{}/{}/.well-known/jwks.json", reachable(self.address), self.user_pool_id);
        UserPool::from(self.user_pool_id.clone()).with_issuer(&self.issuer).with_jwks_uri(jwks_uri)
    }

    /// What `iss` says in its tokens: `<endpoint URL>/<user pool id>`, or the issuer of AWS if the configuration says so.
    /// It is the one that the user pool was started with, whatever `UpdateUserPool` changes.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The domain, to which `/oauth2/token` is added: the endpoint URL.
    pub fn domain(&self) -> String {
        self.endpoint_url()
    }

    /// For `--endpoint-url` of the AWS CLI and `endpoint_url` of the SDKs: `http://<address>`, or the base URL of the
    /// configuration.
    pub fn endpoint_url(&self) -> String {
        self.served.endpoints.base_url.clone()
    }

    fn unpublished_key(&self) -> Result<&SigningKey, LocalUserPoolError> {
        if let Some(key) = self.unpublished.get() {
            return Ok(key);
        }
        let key = SigningKey::generate()?;
        Ok(self.unpublished.get_or_init(|| key))
    }
}

impl Drop for LocalUserPool {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An address to ask: whoever listens everywhere is reached at the loopback address.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

fn no_user_pool(id: &UserPoolId) -> LocalUserPoolError {
    LocalUserPoolError::NoUserPool { id: id.to_string() }
}

/// A panic in work that was done elsewhere is for whoever asked for it.
fn passed_on<T>(error: JoinError) -> T {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => std::panic::resume_unwind(Box::new(error)),
    }
}
